// Ecma-419's rules for IO and drivers, as one table over all of them. Nothing here names Node: the rules run
// on the engine of the boards too, and there also over the IO classes that host-sim has for it.

import { BME280 } from "../../../drivers/bme280.js";
import { Buzzer } from "../../../drivers/buzzer.js";
import { DigitalInput } from "../../../drivers/digital-input.js";
import { SHT3X, TMP102, TMP117 } from "../../../drivers/i2c-parts.js";
import { I2cSensor } from "../../../drivers/i2c-sensor.js";
import { Led } from "../../../drivers/led.js";
import { Motor } from "../../../drivers/motor.js";
import { NtcThermistor } from "../../../drivers/ntc-thermistor.js";
import { PulseCounter } from "../../../drivers/pulse-counter.js";
import { Tachometer } from "../../../drivers/tachometer.js";
import { VoltageInput } from "../../../drivers/voltage-input.js";
import type { AnalogClass, DigitalClass, I2CClass, PulseWidthClass } from "../../../modules/core/io.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { journal, PINS } from "./bench.js";

export interface IO {
	readonly Analog: AnalogClass;
	readonly Digital: DigitalClass;
	readonly PWM: PulseWidthClass;
	readonly I2C: I2CClass;
}
interface Closable {
	close(): void;
}
export interface Case {
	readonly name: string;
	readonly pin: number;
	/** Good options; one level of `io` objects below. */
	options(io: IO, time: VirtualTime): Record<string, unknown>;
	make(options: Record<string, unknown>, io: IO): Closable;
	/** Methods by name that must throw once closed. */
	methods(thing: never): Record<string, () => unknown>;
	/** Changes of the options that must be refused. */
	readonly bad: ReadonlyArray<Record<string, unknown>>;
}
/** What a rule is tried on; a fresh one each time. */
export interface Bench {
	readonly io: IO;
	readonly time: VirtualTime;
}

/** Options with a wrong address must not come as far as this. */
class NoI2c {
	constructor() {
		throw new Error("hardware was touched");
	}
}

/** Nor these. */
class NoDigital {
	static readonly Input = 0;
	static readonly InputPullUp = 1;
	static readonly InputPullDown = 2;
	static readonly Rising = 1;
	static readonly Falling = 2;
	constructor() {
		throw new Error("hardware was touched");
	}
}
const BAD_INPUTS = [
	{ input: { io: NoDigital, pin: PINS.tachometer, pull: "sideways" } },
	{ input: { io: NoDigital, pin: PINS.tachometer, edge: "both" } },
];

/** Ties the types of one case together and hides them from the table. */
function define<T extends Closable>(definition: {
	name: string;
	pin: number;
	options(io: IO, time: VirtualTime): Record<string, unknown>;
	make(options: never, io: IO): T;
	methods(thing: T): Record<string, () => unknown>;
	bad?: ReadonlyArray<Record<string, unknown>>;
}): Case {
	return { bad: [], ...definition } as unknown as Case;
}

const ledMethods = (d: Led) => ({
	read: () => d.read(),
	sample: () => d.sample(),
	write: () => d.write(1),
	configure: () => d.configure({}),
});

export const DRIVERS: readonly Case[] = [
	define<NtcThermistor>({
		name: "NtcThermistor",
		pin: PINS.temperature,
		options: (io) => ({
			sensor: { io: io.Analog, pin: PINS.temperature },
			seriesOhms: 33_000,
			nominalOhms: 10_000,
			beta: 3950,
			minimumC: -40,
			maximumC: 125,
		}),
		make: (options) => new NtcThermistor(options),
		methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
		bad: [
			{ beta: undefined },
			{ seriesOhms: "x" },
			{ maximumC: -41 },
			{ supplyVolts: 0 },
			{ adc: { lowVolts: 3, fullVolts: 2.45 } },
		],
	}),
	...[TMP117, TMP102, SHT3X, BME280].map((part) =>
		define<I2cSensor>({
			name: `I2cSensor with ${part.name}`,
			pin: PINS.data,
			options: (io, time) => ({
				sensor: { io: io.I2C, data: PINS.data, clock: PINS.clock },
				part,
				bus: { io: io.Digital },
				clock: time,
				timers: time,
			}),
			make: (options) => new I2cSensor(options),
			methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
			bad: [
				...[7, 120, (0x48).toString(), Number.NaN, 72.5].map((address) => ({
					sensor: { io: NoI2c, data: PINS.data, clock: PINS.clock, address },
				})),
				{ part: undefined },
			],
		}),
	),
	define<Led>({
		name: "Led by PWM",
		pin: PINS.led,
		options: (io) => ({ pwm: { io: io.PWM, pin: PINS.led } }),
		make: (options) => new Led(options),
		methods: ledMethods,
		bad: [{ gamma: 0.9 }, { gamma: 4.1 }, { gamma: Number.NaN }],
	}),
	define<Led>({
		name: "Led on a digital pin",
		pin: PINS.led,
		options: (io) => ({ digital: { io: io.Digital, pin: PINS.led } }),
		make: (options) => new Led(options),
		methods: ledMethods,
	}),
	define<Buzzer>({
		name: "Buzzer",
		pin: PINS.buzzer,
		options: (io, timers) => ({ output: { io: io.PWM, pin: PINS.buzzer }, timers }),
		make: (options) => new Buzzer(options),
		methods: (d) => ({
			read: () => d.read(),
			sample: () => d.sample(),
			play: () => d.play(440, 0),
			silence: () => d.play(0, 0),
			configure: () => d.configure({}),
		}),
		bad: [{ duty: 0 }, { duty: 0.51 }, { duty: Number.NaN }, { longestMs: -1 }, { longestMs: Number.NaN }],
	}),
	define<Motor>({
		name: "Motor",
		pin: PINS.motor,
		options: (io, timers) => ({
			output: { io: io.PWM, pin: PINS.motor },
			maxRpm: 200,
			rampRpmPerS: 400,
			timers,
		}),
		make: (options) => new Motor(options),
		methods: (d) => ({ read: () => d.read(), write: () => d.write(1), configure: () => d.configure({}) }),
		bad: [{ maxRpm: 0 }, { maxRpm: Number.NaN }, { rampRpmPerS: -1 }, { rampRpmPerS: undefined }],
	}),
	define<Tachometer>({
		name: "Tachometer",
		pin: PINS.tachometer,
		options: (io, clock) => ({
			input: { io: io.Digital, pin: PINS.tachometer },
			pulsesPerRevolution: 20,
			clock,
		}),
		make: (options) => new Tachometer(options),
		methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
		bad: [{ pulsesPerRevolution: 0 }, { pulsesPerRevolution: undefined }, ...BAD_INPUTS],
	}),
	define<PulseCounter>({
		name: "PulseCounter",
		pin: PINS.tachometer,
		options: (io, clock) => ({ input: { io: io.Digital, pin: PINS.tachometer }, clock }),
		make: (options) => new PulseCounter(options),
		methods: (d) => ({
			read: () => d.read(),
			frequency: () => d.read(1),
			sample: () => d.sample(),
			configure: () => d.configure({}),
		}),
		bad: [{ recordMs: 10 }, { recordMs: Number.NaN }, ...BAD_INPUTS],
	}),
	define<DigitalInput>({
		name: "DigitalInput",
		pin: PINS.tachometer,
		options: (io, timers) => ({ input: { io: io.Digital, pin: PINS.tachometer }, timers }),
		make: (options) => new DigitalInput(options),
		methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
		bad: [
			{ debounceMs: -1 },
			{ debounceMs: Number.NaN },
			{ input: { io: NoDigital, pin: PINS.tachometer, pull: "sideways" } },
		],
	}),
	define<VoltageInput>({
		name: "VoltageInput",
		pin: PINS.temperature,
		options: (io) => ({
			sensor: { io: io.Analog, pin: PINS.temperature },
			adc: { lowVolts: 0.15, fullVolts: 2.45 },
			upperOhms: 100_000,
			lowerOhms: 100_000,
		}),
		make: (options) => new VoltageInput(options),
		methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
		bad: [
			{ upperOhms: -1 },
			{ lowerOhms: 0 },
			{ upperOhms: Number.NaN },
			{ emptyVolts: 4.2 },
			{ fullVolts: 3.3 },
			{ adc: { lowVolts: 3, fullVolts: 2.45 } },
		],
	}),
];

const BAD_PINS: ReadonlyArray<Record<string, unknown>> = [
	{ pin: -1 },
	{ pin: 49 },
	{ pin: 1.5 },
	{ pin: "2" },
	{ pin: undefined },
	{ pin: Number.NaN },
];
export const CLASSES: readonly Case[] = [
	define<InstanceType<AnalogClass>>({
		name: "the simulated Analog",
		pin: PINS.temperature,
		options: () => ({ pin: PINS.temperature }),
		make: (options, io) => new io.Analog(options),
		methods: (d) => ({ read: () => d.read() }),
		bad: BAD_PINS,
	}),
	define<InstanceType<PulseWidthClass>>({
		name: "the simulated PWM",
		pin: PINS.led,
		options: () => ({ pin: PINS.led, hz: 1000 }),
		make: (options, io) => new io.PWM(options),
		methods: (d) => ({ write: () => d.write(1) }),
		bad: [...BAD_PINS, { hz: 0 }, { hz: -5 }, { hz: Number.NaN }, { hz: 1e6 }],
	}),
	define<InstanceType<I2CClass>>({
		name: "the simulated I2C",
		pin: PINS.data,
		options: () => ({ data: PINS.data, clock: PINS.clock, hz: 100_000, address: 0x48 }),
		make: (options, io) => new io.I2C(options),
		methods: (d) => ({ read: () => d.read(new Uint8Array(2)), write: () => d.write(new Uint8Array(1)) }),
		bad: [
			...BAD_PINS.flatMap(({ pin }) => [{ data: pin }, { clock: pin }]),
			{ clock: PINS.data },
			{ hz: 0 },
			{ hz: undefined },
			{ hz: 1e9 },
			{ address: -1 },
			{ address: 128 },
			{ address: 7.5 },
			{ address: undefined },
		],
	}),
	define<InstanceType<DigitalClass>>({
		name: "the simulated Digital as an output",
		pin: PINS.led,
		options: (io) => ({ pin: PINS.led, mode: io.Digital.Output }),
		make: (options, io) => new io.Digital(options),
		methods: (d) => ({ read: () => d.read(), write: () => d.write(1) }),
		bad: [...BAD_PINS, { mode: 99 }, { mode: "x" }, { mode: undefined }],
	}),
	define<InstanceType<DigitalClass>>({
		name: "the simulated Digital as an open drain",
		pin: PINS.clock,
		options: (io) => ({ pin: PINS.clock, mode: io.Digital.OutputOpenDrain }),
		make: (options, io) => new io.Digital(options),
		methods: (d) => ({ read: () => d.read(), write: () => d.write(1) }),
		bad: BAD_PINS,
	}),
	define<InstanceType<DigitalClass>>({
		name: "the simulated Digital as an input",
		pin: PINS.tachometer,
		options: (io) => ({
			pin: PINS.tachometer,
			mode: io.Digital.InputPullUp,
			edge: io.Digital.Rising,
			onReadable: () => {},
		}),
		make: (options, io) => new io.Digital(options),
		methods: (d) => ({ read: () => d.read() }),
		bad: [...BAD_PINS, { mode: -1 }, { edge: 0 }, { edge: undefined }],
	}),
];

type Rule = (tried: Case, bench: () => Bench) => void;

function must(holds: boolean, otherwise: string): void {
	if (!holds) throw new Error(otherwise);
}

/** What the call throws; it has to throw something. */
function thrown(call: () => unknown, otherwise: string): unknown {
	try {
		call();
	} catch (error) {
		return error;
	}
	throw new Error(otherwise);
}

function frozen(options: Record<string, unknown>): Record<string, unknown> {
	for (const value of Object.values(options))
		if (typeof value === "object" && value !== null && "io" in value) Object.freeze(value);
	return Object.freeze(options);
}

/** Not by JSON: XS marks what it goes through, and the table is in its read-only image. */
function written(change: Record<string, unknown>): string {
	return Object.keys(change)
		.map((key) => `${key} ${String(change[key])}`)
		.join(", ");
}

const isInUse = (error: unknown) => String(error).includes("in use");
const isMisuse = (error: unknown) => error instanceof RangeError || error instanceof TypeError;

/** Of every driver and IO class. */
export const RULES: Readonly<Record<string, Rule>> = {
	"takes frozen options and leaves them as they are": ({ options, make }, bench) => {
		const { io, time } = bench();
		const given = frozen(options(io, time));
		const before = { ...given };
		make(given, io).close();
		must(Object.keys(given).join() === Object.keys(before).join(), "other keys");
		for (const key of Object.keys(before)) must(given[key] === before[key], `${key} was changed`);
	},

	"ignores options that it does not know": ({ options, make }, bench) => {
		const { io, time } = bench();
		make({ ...options(io, time), unknown: 1, target: {}, toString: 5 }, io).close();
	},

	"refuses bad options, and has taken no pin then": ({ options, make, bad, pin }, bench) => {
		for (const change of bad) {
			const { io, time } = bench();
			const what = written(change);
			const error = thrown(() => make({ ...options(io, time), ...change }, io), `${what} was taken`);
			must(isMisuse(error), `${what}: ${error}`);
			must(time.armed === 0, `${what} left a timer`);
			new io.PWM({ pin }).close();
		}
	},

	"refuses a pin that is in use, leaves its owner alone, and works once it is free": (
		{ options, make, pin },
		bench,
	) => {
		const { io, time } = bench();
		const owner = new io.PWM({ pin });
		const error = thrown(() => make(options(io, time), io), "two owners");
		must(isInUse(error), String(error));
		must(time.armed === 0, "a timer is left");
		owner.write(5);
		owner.close();
		make(options(io, time), io).close();
	},

	"works before it is closed, and every method throws afterwards": ({ options, make, methods }, bench) => {
		const { io, time } = bench();
		const thing = make(options(io, time), io);
		const calls = methods(thing as never);
		for (const call of Object.values(calls)) call();
		thing.close();
		for (const [method, call] of Object.entries(calls)) {
			const error = thrown(call, `${method} after close`);
			must(error instanceof Error, `${method} throws ${error}`);
		}
	},

	"closes twice without harm, and frees its pin at the first time": ({ options, make, pin }, bench) => {
		const { io, time } = bench();
		const thing = make(options(io, time), io);
		thing.close();
		const next = new io.PWM({ pin });
		thing.close();
		next.write(1023);
		const error = thrown(() => new io.PWM({ pin }), "the second close freed the new owner's pin");
		must(isInUse(error), String(error));
		next.close();
	},
};

/** Of drivers only: they are held against hardware that fails or writes down what is done to it. */
export const DRIVER_RULES: Readonly<Record<string, Rule>> = {
	"looks at its options before it touches any hardware": ({ options, make, bad }) => {
		for (const change of bad) {
			const hardware = journal();
			const given = { ...options(hardware.io, new VirtualTime()), ...change };
			thrown(() => make(given, hardware.io), `${written(change)} was taken`);
			must(hardware.calls.length === 0, `${written(change)}: ${hardware.calls.join(", ")}`);
		}
	},

	"releases everything when its hardware fails in the constructor": ({ options, make }) => {
		for (const fail of ["open", "write"]) {
			const hardware = journal();
			const time = new VirtualTime();
			hardware.fail = fail;
			let thing: Closable | undefined;
			try {
				thing = make(options(hardware.io, time), hardware.io);
			} catch (error) {
				must(String(error).includes(`${fail} fails`), String(error));
			}
			if (thing) continue; // its constructor makes no such call, or takes its failure for a fault
			must(hardware.open.size === 0, `pins after a failed ${fail}`);
			must(time.armed === 0, `a timer after a failed ${fail}`);
		}
	},

	"frees its pin also when the hardware fails on the way out": ({ options, make }) => {
		const hardware = journal();
		const thing = make(options(hardware.io, new VirtualTime()), hardware.io);
		if (thing instanceof Buzzer) thing.play(440, 0); // it holds its pin only while it sounds
		hardware.fail = "write";
		try {
			thing.close();
		} catch {}
		must(hardware.open.size === 0, "a pin is left");
	},

	"gives a fresh sample object every time": ({ options, make }, bench) => {
		const { io, time } = bench();
		const thing = make(options(io, time), io) as Closable & { sample?(): object };
		if (thing.sample) {
			const first = thing.sample();
			must(thing.sample() !== first, "the same object");
			must(!Object.isFrozen(first), "a frozen object");
		}
		thing.close();
	},
};

/** Tries each rule on what it is for; tells what came of it, "" if it holds. */
export function tryAll(
	bench: () => Bench,
	tell: (name: string, rule: string, violation: string) => void,
): void {
	for (const [cases, rules] of [
		[[...DRIVERS, ...CLASSES], RULES],
		[DRIVERS, DRIVER_RULES],
	] as const)
		for (const tried of cases)
			for (const [name, rule] of Object.entries(rules)) {
				let violation = "";
				try {
					rule(tried, bench);
				} catch (error) {
					violation = String(error);
				}
				tell(tried.name, name, violation);
			}
}
