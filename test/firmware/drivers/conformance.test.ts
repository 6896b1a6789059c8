// Ecma-419's rules over every driver and IO class, on Node and on the boards' engine; what only the circuit's
// IO can show; and the board that holds the drivers.

import assert from "node:assert/strict";
import { PINS as BOARD_PINS } from "../../../drivers/boards/esp32/pins.js";
import { ADC } from "../../../drivers/esp32.js";
import { NodeBoard } from "../../../drivers/node-board.js";
import { type BoardSource, digitalInput, sht3x } from "../../../drivers/sources.js";
import { partsOf } from "../../../host-sim/engine/parts.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { makeProgram } from "../../../host-sim/xs/program.js";
import { makeSettings } from "../../../modules/app/settings.js";
import { channelTable } from "../../../modules/core/channel-table.js";
import { emptySample, NodeFact } from "../../../modules/core/channels.js";
import { DEFAULT_TABLE } from "../../../modules/core/default-channels.js";
import { engineOrSkip } from "../../support/engine.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { bench, journal, PINS } from "./bench.js";
import { CLASSES, DRIVER_RULES, DRIVERS, type IO, RULES, tryAll } from "./rules.js";

/** Violations by what was tried and rule. */
type Results = Map<string, string>;
const key = (name: string, rule: string) => `${name}: ${rule}`;

/** A test for each rule on each of the table. */
function table(results: () => Results): void {
	for (const [cases, rules] of [
		[[...DRIVERS, ...CLASSES], RULES],
		[DRIVERS, DRIVER_RULES],
	] as const)
		for (const { name } of cases)
			for (const rule of Object.keys(rules))
				it(key(name, rule), () => assert.equal(results().get(key(name, rule)), ""));
}

describe("Ecma-419 conformance of drivers and the circuit's IO, on Node", () => {
	const results: Results = new Map();
	before(() => tryAll(bench, (name, rule, violation) => results.set(key(name, rule), violation)));
	table(() => results);
});

describe("Ecma-419 conformance on XS", () => {
	let engine: EngineProgram;
	before(async function () {
		engine = await engineOrSkip(this);
	});

	/** What the rules say inside the machine. */
	async function onXs(io: "circuit" | "board"): Promise<Results> {
		const results: Results = new Map();
		const start = "test/firmware/drivers/on-xs/conformance";
		const more = ["rules", "bench", "on-xs/conformance"].map((name) => `test/firmware/drivers/${name}`);
		const program = await makeProgram("esp32", { io }, [
			...more,
			"test/support/virtual-time",
			"test/support/seeded",
			...[
				"bme280",
				"bus-part",
				"circuit",
				"io",
				"i2c-bus",
				"i2c-parts",
				"motor",
				"part",
				"pin-parts",
				"thermal",
			].map((name) => `host-sim/circuit/${name}`),
		]);
		let crash: unknown;
		const machine = new XsMachine({
			engine,
			// The table is larger than a board's memory.
			creation: {
				...boardCreation("esp32"),
				chunk: { initial: 1_000_000, incremental: 0 },
				heap: { initial: 60_000, incremental: 0 },
			},
			program,
			start,
			pins: BOARD_PINS,
			resources: new Map(),
			onFrame: (_type, [name, rule, violation]) => {
				results.set(key(String(name), String(rule)), String(violation));
			},
			onCrash: (error) => {
				crash = error;
			},
		});
		machine.boot();
		await machine.whenIdle();
		machine.close();
		if (crash) throw crash;
		return results;
	}

	for (const [io, whose] of [
		["circuit", "the circuit's IO"],
		["board", "the IO of host-sim's boards"],
	] as const)
		describe(whose, () => {
			let results: Results = new Map();
			before(async () => {
				results = await onXs(io);
			});
			table(() => results);
		});
});

describe("the circuit's IO", () => {
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
		adc: ADC,
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
		const values = emptySample(DEFAULT_TABLE);
		board.sample(values);
		time.advance(1000);
		board.sample(values);
		const [celsius, led, buzzer, rpm] = values as unknown as [number, number, number, number];
		assert.ok(Math.abs(celsius - circuit.temperatureC) < 0.5);
		assert.deepEqual([led, buzzer], [40, 880]);
		assert.ok(Math.abs(rpm - circuit.motorRpm) < 1.5);
		assert.deepEqual([circuit.toneHz, Math.round(circuit.ledPercent)], [880, 40]);
	});

	it("keeps several parts of a kind apart, between actuators and what the node knows of itself", () => {
		const [inside, outside] = [sht3x(), sht3x(0x45)];
		const [door, window, gate] = [4, 5, 12].map((pin) =>
			digitalInput({ pin, debounceMs: 0, states: ["closed", "open"] }),
		) as [BoardSource, BoardSource, BoardSource];
		const channels = channelTable({
			led: { from: "led" },
			outside: { from: outside, value: "temperature" },
			door: { from: door },
			uptime: { from: "uptime" },
			inside: { from: inside, value: "temperature" },
			window: { from: window },
			humidity: { from: outside },
			gate: { from: gate },
		});
		const { io, time, circuit } = bench(undefined, undefined, partsOf(channels));
		const put = (part: string, control: string, value: number | boolean) => {
			const found = circuit.parts.find(({ id }) => id === part)?.controls.find(({ id }) => id === control);
			if (found?.kind === "slider") found.value = Number(value);
			else if (found) found.value = value === true;
		};
		put("sht3x-45", "warmer", -15);
		put("sht3x-45", "humidity", 80);
		const facts = { read: (fact: number) => 100 + fact, close: () => undefined };
		const board = new NodeBoard({ ...options(io, time), channels, facts });
		const edges: Array<[place: number, state: number]> = [];
		board.listener = { edge: (...edge) => edges.push(edge) };
		board.led(40);
		const values = emptySample(channels);
		for (let second = 0; second < 3; second++) {
			time.advance(1000);
			board.sample(values);
		}
		put("input-5", "bounces", false);
		put("input-5", "closed", true);
		board.sample(values);
		const [led, cold, one, uptime, warm, two, humidity, three] = values as [number, ...number[]];
		assert.deepEqual([led, uptime, one, two, three], [40, 100 + NodeFact.uptime, 1, 0, 1]);
		assert.ok(Math.abs((warm as number) - circuit.temperatureC) < 0.1);
		assert.ok(Math.abs((cold as number) + 15 - circuit.temperatureC) < 0.1);
		assert.ok(Math.abs((humidity as number) - 80) < 0.1);
		assert.deepEqual(edges, [[5, 0]]);
		board.close();
		assert.throws(() => new NodeBoard({ ...options(io, time), channels }), /nobody knows the node's uptime/);
		assert.equal(time.armed, 0);
	});

	it("adds the offset to the temperature, and to a fault nothing", () => {
		const { io, time, circuit } = bench();
		circuit.noise = 0;
		const good = options(io, time);
		const values = emptySample(DEFAULT_TABLE);
		const board = new NodeBoard({
			...good,
			...makeSettings({ channels: { temperature: { offset: -2.5 } } }),
		});
		board.sample(values);
		assert.ok(Math.abs((values[0] as number) + 2.5 - circuit.temperatureC) < 0.1);
		circuit.thermistorFault = "open";
		board.sample(values);
		assert.ok(Number.isNaN(values[0]));
	});

	it("gives NaN and the fault for a broken thermistor, and the other channels still", () => {
		const { io, time, circuit } = bench();
		const board = new NodeBoard(options(io, time));
		circuit.thermistorFault = "open";
		const values = [7, 7, 7, 7];
		board.sample(values);
		assert.deepEqual([...values], [Number.NaN, 0, 0, 0]);
		assert.equal(board.fault(0), "open");
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
			() => board.sample(emptySample(DEFAULT_TABLE)),
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
			{ ...good, thermistor: { ...good.thermistor, supplyVolts: 0 } },
			{ ...good, motor: { ...good.motor, maxRpm: 0 } },
			{ ...good, motor: { ...good.motor, pulsesPerRevolution: 0 } },
		])
			assert.throws(() => new NodeBoard(bad), RangeError);
		new NodeBoard(good).close();
	});
});
