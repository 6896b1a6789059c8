// Ecma-419's rules for IO and drivers, as one table over all of them; and the board that holds the drivers.

import assert from "node:assert/strict";
import { Buzzer } from "../../drivers/buzzer.js";
import { SHT3X, TMP102, TMP117 } from "../../drivers/i2c-parts.js";
import { I2cThermometer } from "../../drivers/i2c-thermometer.js";
import type { AnalogClass, DigitalClass, I2CClass, PulseWidthClass } from "../../drivers/io.js";
import { Led } from "../../drivers/led.js";
import { Motor } from "../../drivers/motor.js";
import { NodeBoard } from "../../drivers/node-board.js";
import { NtcThermistor } from "../../drivers/ntc-thermistor.js";
import { Tachometer } from "../../drivers/tachometer.js";
import { makeSettings } from "../../modules/app/settings.js";
import { emptySample } from "../../modules/core/channels.js";
import { VirtualTime } from "../app/virtual-time.js";
import { bench, journal, PINS } from "./bench.js";

interface IO {
	readonly Analog: AnalogClass;
	readonly Digital: DigitalClass;
	readonly PWM: PulseWidthClass;
	readonly I2C: I2CClass;
}
interface Closable {
	close(): void;
}
interface Case {
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

const DRIVERS: readonly Case[] = [
	define<NtcThermistor>({
		name: "NtcThermistor",
		pin: PINS.temperature,
		options: (io) => ({
			sensor: { io: io.Analog, pin: PINS.temperature },
			seriesOhms: 10_000,
			nominalOhms: 10_000,
			beta: 3950,
			minimumC: -40,
			maximumC: 125,
		}),
		make: (options) => new NtcThermistor(options),
		methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
		bad: [{ beta: undefined }, { seriesOhms: "x" }, { maximumC: -41 }],
	}),
	...[TMP117, TMP102, SHT3X].map((part) =>
		define<I2cThermometer>({
			name: `I2cThermometer with ${part.name}`,
			pin: PINS.data,
			options: (io, time) => ({
				sensor: { io: io.I2C, data: PINS.data, clock: PINS.clock },
				part,
				bus: { io: io.Digital },
				clock: time,
				timers: time,
			}),
			make: (options) => new I2cThermometer(options),
			methods: (d) => ({ read: () => d.read(), sample: () => d.sample(), configure: () => d.configure({}) }),
			bad: [
				...[7, 120, (0x48).toString(), Number.NaN, 72.5].map((address) => ({
					sensor: { io: bench().io.I2C, data: PINS.data, clock: PINS.clock, address },
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
		methods: (d) => ({
			read: () => d.read(),
			sample: () => d.sample(),
			write: () => d.write(1),
			configure: () => d.configure({}),
		}),
		bad: [{ gamma: 0.9 }, { gamma: 4.1 }, { gamma: Number.NaN }],
	}),
	define<Led>({
		name: "Led on a digital pin",
		pin: PINS.led,
		options: (io) => ({ digital: { io: io.Digital, pin: PINS.led } }),
		make: (options) => new Led(options),
		methods: (d) => ({
			read: () => d.read(),
			sample: () => d.sample(),
			write: () => d.write(1),
			configure: () => d.configure({}),
		}),
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
		bad: [{ pulsesPerRevolution: 0 }, { pulsesPerRevolution: undefined }],
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
const CLASSES: readonly Case[] = [
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

const EVERYTHING = [...DRIVERS, ...CLASSES];

function frozen(options: Record<string, unknown>): Record<string, unknown> {
	for (const value of Object.values(options))
		if (typeof value === "object" && value !== null && "io" in value) Object.freeze(value);
	return Object.freeze(options);
}

describe("Ecma-419 conformance", () => {
	for (const { name, pin, options, make, methods, bad } of EVERYTHING)
		describe(name, () => {
			it("takes frozen options and leaves them as they are", () => {
				const { io, time } = bench();
				const given = frozen(options(io, time));
				const before = { ...given };
				make(given, io).close();
				assert.deepEqual({ ...given }, before);
			});

			it("ignores options that it does not know", () => {
				const { io, time } = bench();
				const given = { ...options(io, time), unknown: 1, target: {}, toString: 5 };
				make(given, io).close();
			});

			it("refuses bad options before it touches any hardware", () => {
				for (const change of bad) {
					const { io, time } = bench();
					assert.throws(
						() => make({ ...options(io, time), ...change }, io),
						(error: unknown) => error instanceof RangeError || error instanceof TypeError,
						JSON.stringify(change),
					);
					if (!DRIVERS.some((driver) => driver.name === name)) continue;
					const hardware = journal();
					assert.throws(() => make({ ...options(hardware.io, time), ...change }, hardware.io));
					assert.deepEqual(hardware.calls, [], JSON.stringify(change));
				}
			});

			it("refuses a pin that is in use, leaves its owner alone, and works once it is free", () => {
				const { io, time } = bench();
				const owner = new io.PWM({ pin });
				assert.throws(() => make(options(io, time), io), /in use/);
				assert.equal(time.armed, 0);
				owner.write(5);
				owner.close();
				make(options(io, time), io).close();
			});

			it("works before it is closed, and every method throws afterwards", () => {
				const { io, time } = bench();
				const thing = make(options(io, time), io);
				const calls = methods(thing as never);
				for (const call of Object.values(calls)) call();
				thing.close();
				for (const [method, call] of Object.entries(calls))
					assert.throws(call, Error, `${method} after close`);
			});

			it("closes twice without harm, and frees its pin at the first time", () => {
				const { io, time, circuit } = bench();
				const thing = make(options(io, time), io);
				thing.close();
				const next = new io.PWM({ pin });
				thing.close();
				next.write(1023);
				assert.throws(
					() => new io.PWM({ pin }),
					/in use/,
					"the second close did not free the new owner's pin",
				);
				assert.equal(circuit.toneHz, 0);
				next.close();
			});
		});

	for (const { name, options, make } of DRIVERS) {
		it(`${name} releases everything when its hardware fails in the constructor`, () => {
			for (const fail of ["open", "write"]) {
				const hardware = journal();
				const time = new VirtualTime();
				hardware.fail = fail;
				let thing: Closable | undefined;
				try {
					thing = make(options(hardware.io, time), hardware.io);
				} catch (error) {
					assert.match(String(error), new RegExp(`${fail} fails`));
				}
				if (thing) continue; // its constructor makes no such call
				assert.deepEqual([...hardware.open], [], `pins after a failed ${fail}`);
				assert.equal(time.armed, 0);
			}
		});

		it(`${name} frees its pin also when the hardware fails on the way out`, () => {
			const hardware = journal();
			const thing = make(options(hardware.io, new VirtualTime()), hardware.io);
			if (thing instanceof Buzzer) thing.play(440, 0); // it holds its pin only while it sounds
			hardware.fail = "write";
			try {
				thing.close();
			} catch {}
			assert.deepEqual([...hardware.open], []);
		});
	}

	it("gives a fresh sample object every time", () => {
		const { io, time } = bench();
		for (const { name, options, make } of DRIVERS) {
			const thing = make(options(io, time), io) as unknown as { sample?: () => object; close(): void };
			if (thing.sample) {
				const first = thing.sample();
				assert.notEqual(thing.sample(), first, name);
				assert.ok(!Object.isFrozen(first));
			}
			thing.close();
		}
	});

	it("calls nobody back inside a call of the simulated IO", () => {
		const { io, time } = bench();
		let inCall = false;
		let edges = 0;
		const guarded = <T>(call: () => T): T => {
			inCall = true;
			try {
				return call();
			} finally {
				inCall = false;
			}
		};
		const onReadable = () => {
			assert.equal(inCall, false, "onReadable inside a call");
			edges++;
		};
		const { Rising, InputPullUp } = io.Digital;
		const open = () => new io.Digital({ pin: PINS.tachometer, mode: InputPullUp, edge: Rising, onReadable });
		const motor = new io.PWM({ pin: PINS.motor });
		let input = guarded(open);
		guarded(() => motor.write(1023));
		time.advance(2000);
		assert.ok(edges > 50);
		for (let i = 0; i < 40; i++) {
			time.now += 4; // less than a tick, so that edges wait
			guarded(() => motor.write(1000 + (i % 2)));
			guarded(() => input.read());
			time.advance(3);
		}
		for (let i = 0; i < 20; i++) {
			time.now += 4;
			guarded(() => input.close());
			input = guarded(open);
			time.advance(50);
		}
	});

	it("calls nobody back any more once an input is closed", () => {
		const { io, time } = bench();
		let edges = 0;
		const { Rising, InputPullUp } = io.Digital;
		const input = new io.Digital({
			pin: PINS.tachometer,
			mode: InputPullUp,
			edge: Rising,
			onReadable: () => edges++,
		});
		const motor = new io.PWM({ pin: PINS.motor });
		motor.write(1023);
		time.advance(2000);
		input.close();
		const before = edges;
		time.advance(2000);
		assert.equal(edges, before);
	});

	it("releases every pin at a reset, and what runs stops", () => {
		const { io, time, circuit } = bench();
		new io.PWM({ pin: PINS.buzzer, hz: 440 }).write(512);
		new io.PWM({ pin: PINS.motor }).write(1023);
		new io.Analog({ pin: PINS.temperature });
		time.advance(500);
		io.reset();
		assert.equal(circuit.toneHz, 0);
		time.advance(20_000);
		assert.deepEqual([circuit.motorRpm, time.armed], [0, 0]);
		for (const pin of Object.values(PINS)) new io.PWM({ pin }).close();
	});

	it("refuses duties outside of the converter's range", () => {
		const { io } = bench();
		const pwm = new io.PWM({ pin: PINS.led });
		for (const bad of [-1, 1024, Number.NaN]) assert.throws(() => pwm.write(bad), RangeError);
		assert.equal(pwm.resolution, 10);
	});

	it("lets nobody write to an input", () => {
		const { io } = bench();
		const input = new io.Digital({ pin: 5, mode: io.Digital.Input });
		assert.throws(() => input.write(1));
	});
});

describe("NodeBoard", () => {
	const options = (io: IO, time: VirtualTime) => ({
		io,
		pin: PINS,
		...makeSettings(),
		clock: time,
		timers: time,
	});

	it("fills in every channel with what the circuit does", () => {
		const { io, time, circuit } = bench();
		const board = new NodeBoard(options(io, time));
		board.led(40);
		board.buzzer(880, 0);
		board.speed(100);
		time.advance(10_000);
		const values = emptySample();
		board.sample(values);
		time.advance(1000);
		board.sample(values);
		const [celsius, led, buzzer, rpm] = values as unknown as [number, number, number, number];
		assert.ok(Math.abs(celsius - circuit.temperatureC) < 0.5);
		assert.deepEqual([led, buzzer], [40, 880]);
		assert.ok(Math.abs(rpm - circuit.motorRpm) < 1.5);
		assert.deepEqual([circuit.toneHz, Math.round(circuit.ledPercent)], [880, 40]);
	});

	it("gives NaN and the fault for a broken thermistor, and the other channels still", () => {
		const { io, time, circuit } = bench();
		const board = new NodeBoard(options(io, time));
		circuit.thermistorFault = "open";
		const values = [7, 7, 7, 7];
		board.sample(values);
		assert.deepEqual([...values], [Number.NaN, 0, 0, 0]);
		assert.equal(board.temperatureFault, "open");
	});

	it("puts everything at rest and frees all pins when closed, also twice", () => {
		const { io, time, circuit } = bench();
		const board = new NodeBoard(options(io, time));
		board.led(100);
		board.buzzer(880, 5000);
		board.speed(200);
		time.advance(1000);
		board.close();
		board.close();
		assert.deepEqual([circuit.ledPercent, circuit.toneHz, circuit.motor.duty], [0, 0, 0]);
		time.advance(20_000);
		assert.equal(time.armed, 0);
		for (const pin of Object.values(PINS)) new io.PWM({ pin }).close();
		for (const call of [
			() => board.led(1),
			() => board.buzzer(1, 0),
			() => board.speed(1),
			() => board.sample(emptySample()),
		])
			assert.throws(call);
	});

	for (const [name, pin] of Object.entries(PINS))
		it(`is constructed whole or not at all when the pin of the ${name} is in use`, () => {
			const { io, time } = bench();
			const owner = new io.PWM({ pin });
			const { temperature: ntc, ...rest } = options(io, time);
			const onBus = name === "data" || name === "clock";
			const temperature = onBus ? { sensor: "tmp117", address: 0 } : ntc;
			assert.throws(() => new NodeBoard({ ...rest, temperature }), /in use/);
			owner.close();
			assert.equal(time.armed, 0);
			for (const free of Object.values(PINS)) new io.PWM({ pin: free }).close();
			new NodeBoard(options(io, time)).close();
		});

	it("frees all pins when a driver's hardware fails in the middle", () => {
		for (const fail of ["open 27", "write 26", "open 25", "write 2", "write"]) {
			const hardware = journal();
			hardware.fail = fail;
			assert.throws(() => new NodeBoard(options(hardware.io, new VirtualTime())), /fails/);
			assert.deepEqual([...hardware.open], [], fail);
		}
	});

	it("closes the other drivers although one fails on the way out", () => {
		const hardware = journal();
		const board = new NodeBoard(options(hardware.io, new VirtualTime()));
		hardware.fail = `write ${PINS.led}`;
		try {
			board.close();
		} catch {}
		assert.deepEqual([...hardware.open], []);
	});

	it("refuses wrong options of any driver and leaves no pin taken", () => {
		const { io, time } = bench();
		const good = options(io, time);
		for (const bad of [
			{ ...good, thermistor: { ...good.thermistor, beta: 0 } },
			{ ...good, led: { ...good.led, gamma: 5 } },
			{ ...good, buzzer: { ...good.buzzer, dutyPercent: 51 } },
			{ ...good, temperature: { sensor: "tmp117", address: 200 } },
			{ ...good, motor: { ...good.motor, maxRpm: 0 } },
			{ ...good, motor: { ...good.motor, pulsesPerRevolution: 0 } },
		])
			assert.throws(() => new NodeBoard(bad), RangeError);
		new NodeBoard(good).close();
	});
});
