// Inputs of their own: a contact that bounces, pulses that are counted over restarts, a voltage behind a
// divider, and sensor classes of somebody else.

import assert from "node:assert/strict";
import { DigitalInput } from "../../../drivers/digital-input.js";
import { ADC } from "../../../drivers/esp32.js";
import { PulseCounter } from "../../../drivers/pulse-counter.js";
import { type Ecma419Sensor, SampledSensor } from "../../../drivers/sampled-sensor.js";
import { VoltageInput } from "../../../drivers/voltage-input.js";
import type { PartPlace } from "../../../host-sim/circuit/part.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { bench } from "./bench.js";

const PIN = 13;

/** A circuit with one part, whose controls are set by their ids. */
function withPart(place: PartPlace) {
	const set = bench(undefined, undefined, [place]);
	const put = (id: string, value: number | boolean) => {
		const control = set.circuit.parts[0]?.controls.find((one) => one.id === id);
		assert.ok(control, id);
		control.value = value;
	};
	/** What a meter has given, once the last pulse is over. */
	const given = () => {
		put("stuck", true);
		set.time.advance(100);
		put("stuck", false);
		return Number(/(\d+) so far/.exec(`${set.circuit.parts[0]?.reading}`)?.[1]);
	};
	return { ...set, put, given };
}

describe("DigitalInput", () => {
	function make(options: object = {}) {
		const set = withPart({ part: "input", pin: PIN });
		const { io, time } = set;
		const changes: Array<[at: number, state: number]> = [];
		const from = time.now;
		const input = new DigitalInput({
			input: { io: io.Digital, pin: PIN },
			timers: time,
			onChange: (state) => changes.push([time.now - from, state]),
			...options,
		});
		return { ...set, input, changes };
	}

	it("has the level of its pin from the start, and tells no change of that", () => {
		const { input, changes } = make();
		assert.equal(input.read(), 1);
		assert.equal(make({ invert: true }).input.read(), 0);
		assert.deepEqual(changes, []);
	});

	it("tells a contact that bounces once, when it has stood for as long as is asked", () => {
		const { input, changes, put, time } = make({ debounceMs: 20 });
		put("closed", true);
		time.advance(5);
		assert.equal(input.read(), 1, "it still bounces");
		time.advance(100);
		assert.equal(input.read(), 0);
		put("closed", false);
		time.advance(100);
		// Six changes of 1 ms each, and then 20 ms.
		assert.deepEqual(changes, [
			[26, 0],
			[131, 1],
		]);
	});

	it("tells nothing of a contact that bounces and is as it was", () => {
		const { changes, put, time } = make({ debounceMs: 20 });
		put("bounces", false);
		put("closed", true);
		time.advance(10);
		put("closed", false);
		time.advance(100);
		assert.deepEqual(changes, []);
	});

	it("tells each edge where it is not debounced", () => {
		const { changes, put, time } = make({ debounceMs: 0, invert: true });
		put("closed", true);
		time.advance(100);
		assert.deepEqual(
			changes.map(([, state]) => state),
			[1, 0, 1, 0, 1, 0, 1],
		);
	});

	it("finds with the next reading what no edge has told", () => {
		const { time, changes, io } = make();
		let level = 1;
		class Deaf extends io.Digital {
			constructor(options: ConstructorParameters<typeof io.Digital>[0]) {
				super({ pin: options.pin, mode: options.mode });
			}
			override read(): number {
				return level;
			}
		}
		const states: number[] = [];
		const input = new DigitalInput({
			input: { io: Deaf as never, pin: 14 },
			timers: time,
			onChange: (state) => states.push(state),
		});
		level = 0;
		assert.equal(input.read(), 1);
		time.advance(10);
		assert.equal(input.read(), 1, "it has not stood yet, and is not put off by being read");
		time.advance(10);
		assert.equal(input.read(), 0);
		assert.deepEqual([states, changes], [[0], []]);
	});

	it("tells nothing once it is closed, and leaves no timer", () => {
		const { input, changes, put, time } = make();
		put("closed", true);
		time.advance(8);
		input.close();
		time.advance(100);
		assert.deepEqual(changes, []);
		assert.equal(time.armed, 0);
	});
});

describe("PulseCounter", () => {
	class Kept extends Map<string, string | number> {
		writes = 0;
		override set(key: string, value: string | number): this {
			this.writes++;
			return super.set(key, value);
		}
	}

	function make(store: Kept | undefined, options: object = {}) {
		const set = withPart({ part: "pulses", pin: PIN });
		const { io, time } = set;
		const counter = new PulseCounter({
			input: { io: io.Digital, pin: PIN },
			clock: time,
			...(store && { kept: { store, key: "count-13" } }),
			...options,
		});
		return { ...set, counter };
	}

	it("counts pulses, and says how often they come", () => {
		const { counter, put, time } = make(undefined);
		put("hz", 10);
		time.advance(1050);
		const before = counter.read();
		counter.read(1);
		time.advance(10_000);
		assert.equal(counter.read() - before, 100);
		assert.ok(Math.abs(counter.read(1) - 10) < 0.1);
		assert.deepEqual(Object.keys(counter.sample()), ["count", "frequency"]);
		put("stuck", true);
		time.advance(5000);
		assert.ok(counter.read() - before <= 101);
		assert.equal(counter.read(1), 0);
	});

	it("counts each pulse once, whichever edge is asked for", () => {
		for (const edge of ["rising", "falling"]) {
			const { io, time, put, given } = withPart({ part: "pulses", pin: PIN });
			const counter = new PulseCounter({
				input: { io: io.Digital, pin: PIN, edge: edge as "rising" },
				clock: time,
			});
			for (const hz of [4, 100]) {
				put("hz", hz);
				time.advance(10_000);
				assert.equal(given(), counter.read());
			}
			assert.ok(counter.read() > 1000);
		}
	});

	it("counts a contact that bounces once a pulse, at both of its ends", () => {
		for (const edge of ["rising", "falling"] as const)
			for (const debounceMs of [5, 8]) {
				const { io, time, put, given } = withPart({ part: "pulses", pin: PIN });
				const counter = new PulseCounter({
					input: { io: io.Digital, pin: PIN, edge },
					debounceMs,
					clock: time,
					timers: time,
				});
				put("bounces", true);
				put("hz", 4);
				time.advance(10_000);
				assert.ok(Math.abs(counter.read(1) - 4) < 0.2);
				assert.equal(given(), counter.read(), `${edge}, ${debounceMs} ms`);
				assert.ok(counter.read() > 35);
				counter.close();
				assert.ok(time.armed <= 1, "only the circuit's own");
			}
		const { io, time, put } = withPart({ part: "pulses", pin: PIN });
		const raw = new PulseCounter({ input: { io: io.Digital, pin: PIN, edge: "falling" }, clock: time });
		put("bounces", true);
		time.advance(10_000);
		assert.ok(raw.read() > 60, "without that each of its edges counts");
	});

	it("goes on after an orderly restart where it was, and loses only what came meanwhile", () => {
		const store = new Kept();
		const first = make(store);
		first.time.advance(60_050);
		const total = first.counter.read();
		assert.equal(total, 120);
		first.counter.close();
		first.time.advance(60_000);
		assert.equal(store.get("count-13"), 120);
		const second = make(store);
		assert.equal(second.counter.read(), 120);
		second.time.advance(60_050);
		assert.equal(second.counter.read(), 240);
		first.counter.close();
		assert.equal(store.get("count-13"), 120, "a second close of the first one changes nothing");
	});

	it("loses at most what came since the last record to a power cut, at any moment, and counts nothing twice", () => {
		for (const cutAt of [1000, 599_000, 600_400, 601_000, 1_234_500, 3_600_000]) {
			const store = new Kept();
			const { counter, time } = make(store);
			time.advance(cutAt);
			const total = counter.read();
			const again = make(new Kept(store)).counter.read();
			assert.ok(again <= total && total - again <= 2 * 600 + 1, `${again} of ${total}`);
		}
	});

	it("writes at most once in ten minutes, and nothing while nothing comes", () => {
		const store = new Kept();
		const { counter, put, time } = make(store);
		for (let minute = 0; minute < 24 * 60; minute++) {
			time.advance(60_000);
			counter.read();
		}
		assert.ok(store.writes > 140 && store.writes <= 144, `${store.writes} in a day`);
		put("stuck", true);
		const before = store.writes;
		for (let minute = 0; minute < 24 * 60; minute++) {
			time.advance(60_000);
			counter.read();
		}
		assert.ok(store.writes <= before + 1);
	});

	it("keeps totals beyond 31 bits as a text, and begins at 0 with what is no total", () => {
		const store = new Kept([["count-13", 0x7fffffff]]);
		const { counter, time } = make(store);
		time.advance(1050);
		counter.close();
		assert.equal(store.get("count-13"), String(0x7fffffff + 2));
		assert.equal(make(store).counter.read(), 0x7fffffff + 2);
		for (const wrong of ["", "x", -1, 1.5, "1e99"])
			assert.equal(make(new Kept([["count-13", wrong]])).counter.read(), 0, String(wrong));
	});
});

describe("VoltageInput", () => {
	function make(options: object = {}) {
		const set = withPart({ part: "voltage", pin: PIN, ratio: 0.5 });
		const { io } = set;
		set.circuit.noise = 0;
		const sensor = { io: io.Analog, pin: PIN };
		const input = new VoltageInput({ sensor, adc: ADC, upperOhms: 47_000, lowerOhms: 47_000, ...options });
		return { ...set, input };
	}

	it("measures what stands before its divider", () => {
		const { input, put } = make();
		for (const volts of [0.4, 2.5, 3.3, 3.85, 4.2, 4.85]) {
			put("volts", volts);
			assert.ok(Math.abs(input.read() - volts) < 0.002, `${input.read()} for ${volts}`);
		}
	});

	it("says how full a battery is, within 0 and 100", () => {
		const { input, put } = make({ emptyVolts: 3, fullVolts: 4 });
		for (const [volts, level] of [
			[2.5, 0],
			[3, 0],
			[3.25, 25],
			[3.5, 50],
			[4, 100],
			[4.2, 100],
		] as const) {
			put("volts", volts);
			assert.ok(Math.abs(input.read(1) - level) < 0.2, `${input.read(1)} for ${volts}`);
		}
	});

	it("has no value outside of what the ADC measures, and says on which side", () => {
		const { input, put } = make();
		put("loose", true);
		assert.ok(Number.isNaN(input.read()));
		assert.equal(input.fault, "low");
		assert.deepEqual(input.sample(), {});
		put("loose", false);
		put("volts", 5.5);
		assert.ok(Number.isNaN(input.read(1)));
		assert.equal(input.fault, "high");
	});
});

describe("SampledSensor", () => {
	/** As the SDK's sensors are: an object for each sample, exceptions when the part is missing. */
	class Foreign implements Ecma419Sensor {
		static failing = "";
		static made = 0;
		closed = false;
		samples = 0;
		constructor() {
			if (Foreign.failing === "constructor") throw new Error("no such part");
			Foreign.made++;
		}
		sample(): object | undefined {
			if (Foreign.failing === "sample") throw new Error("write failed");
			if (Foreign.failing === "nothing") return undefined;
			this.samples++;
			return { thermometer: { temperature: 21 + this.samples }, hygrometer: {}, near: true };
		}
		close(): void {
			this.closed = true;
		}
	}

	function make() {
		Foreign.failing = "";
		Foreign.made = 0;
		const clock = new VirtualTime();
		const made: Foreign[] = [];
		const sensor = new SampledSensor({
			make: () => {
				const foreign = new Foreign();
				made.push(foreign);
				return foreign;
			},
			paths: [["thermometer", "temperature"], ["hygrometer", "humidity"], ["near"], ["a", "b", "c"]],
			clock,
		});
		return { sensor, clock, made };
	}

	it("takes one sample for all channels also where that takes its time", () => {
		const clock = new VirtualTime();
		let samples = 0;
		const sensor = new SampledSensor({
			make: () => ({
				sample() {
					samples++;
					clock.advance(150);
					return { a: 1, b: 2 };
				},
				close() {},
			}),
			paths: [["a"], ["b"]],
			clock,
		});
		assert.deepEqual([sensor.read(0), sensor.read(1), samples], [1, 2, 1]);
	});

	it("takes one sample for all channels, and finds what they want by name", () => {
		const { sensor, clock, made } = make();
		assert.deepEqual(
			[0, 1, 2, 3].map((i) => sensor.read(i)),
			[22, Number.NaN, 1, Number.NaN],
		);
		clock.advance(1000);
		assert.equal(sensor.read(), 23);
		assert.equal(made[0]?.samples, 2);
		assert.equal(sensor.fault, "");
		assert.ok(Number.isNaN(sensor.read(1)));
		assert.equal(sensor.fault, "what sample() returns has no number there");
	});

	it("has no value while a sample is not there yet", () => {
		const { sensor } = make();
		Foreign.failing = "nothing";
		assert.ok(Number.isNaN(sensor.read()));
		assert.equal(sensor.fault, "not ready");
	});

	it("is closed and made anew after a failure, with a pause that grows to a minute", () => {
		const { sensor, clock, made } = make();
		for (const failing of ["sample", "constructor"]) {
			Foreign.failing = failing;
			clock.advance(1000);
			for (let i = 0; i < 600; i++) {
				assert.ok(Number.isNaN(sensor.read()));
				clock.advance(1000);
			}
		}
		assert.equal(made[0]?.closed, true);
		assert.ok(Foreign.made < 25, `${Foreign.made} tries in ten minutes`);
		assert.equal(sensor.fault, "Error: no such part");
		Foreign.failing = "";
		clock.advance(60_000);
		assert.equal(sensor.read(), 22);
	});

	it("throws once closed, and closes what it holds", () => {
		const { sensor, made } = make();
		sensor.close();
		assert.equal(made[0]?.closed, true);
		assert.throws(() => sensor.read(), /closed/);
	});
});
