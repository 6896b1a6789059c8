// LED, buzzer, motor and tachometer on the simulated circuit, in virtual time.

import assert from "node:assert/strict";
import { Buzzer } from "../../../drivers/buzzer.js";
import { Led } from "../../../drivers/led.js";
import { Motor } from "../../../drivers/motor.js";
import { Tachometer } from "../../../drivers/tachometer.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { bench, journal, PINS } from "./bench.js";

describe("Led", () => {
	it("dims by PWM, to the step of the converter", () => {
		const { circuit, io } = bench();
		const led = new Led({ pwm: { io: io.PWM, pin: PINS.led } });
		assert.equal(circuit.ledPercent, 0);
		for (let percent = 0; percent <= 100; percent += 0.5) {
			led.write(percent);
			assert.ok(Math.abs(circuit.ledPercent - percent) <= 50 / 1023 + 1e-9);
			assert.equal(led.read(), percent);
			assert.deepEqual(led.sample(), { brightness: percent });
		}
		led.write(100);
		assert.equal(circuit.ledPercent, 100);
		led.close();
		assert.equal(circuit.ledPercent, 0);
	});

	it("bends its brightness by gamma, from dark to full", () => {
		const { circuit, io } = bench();
		const led = new Led({ pwm: { io: io.PWM, pin: PINS.led }, gamma: 2.2 });
		for (const [percent, duty] of [
			[0, 0],
			[10, 0.63],
			[50, 21.76],
			[75, 53.1],
			[100, 100],
		] as const) {
			led.write(percent);
			assert.ok(Math.abs(circuit.ledPercent - duty) < 0.06, `${circuit.ledPercent} for ${percent}`);
			assert.equal(led.read(), percent);
		}
	});

	it("is on or off on a digital pin", () => {
		const { circuit, io } = bench();
		const led = new Led({ digital: { io: io.Digital, pin: PINS.led } });
		for (const [percent, out] of [
			[0, 0],
			[1, 100],
			[100, 100],
			[0, 0],
			[0.1, 100],
		] as const) {
			led.write(percent);
			assert.deepEqual([led.read(), circuit.ledPercent], [out, out]);
		}
		led.close();
		assert.equal(circuit.ledPercent, 0);
	});

	it("refuses brightness outside 0 to 100 and keeps the last", () => {
		const { io } = bench();
		const led = new Led({ pwm: { io: io.PWM, pin: PINS.led } });
		led.write(40);
		for (const bad of [-1, 100.1, Number.NaN, Number.POSITIVE_INFINITY])
			assert.throws(() => led.write(bad), RangeError);
		assert.equal(led.read(), 40);
	});
});

describe("Buzzer", () => {
	function make() {
		const set = bench();
		const buzzer = new Buzzer({ output: { io: set.io.PWM, pin: PINS.buzzer }, timers: set.time });
		return { ...set, buzzer };
	}

	it("is silent at first, and sounds with exactly the frequency asked for", () => {
		const { circuit, buzzer } = make();
		assert.equal(circuit.toneHz, 0);
		for (const hz of [50, 440, 440.5, 880, 10_000, 19_500]) {
			buzzer.play(hz, 0);
			assert.deepEqual([circuit.toneHz, buzzer.read(), buzzer.sample()], [hz, hz, { frequency: hz }]);
		}
	});

	it("falls silent after the duration, to the millisecond", () => {
		const { circuit, time, buzzer } = make();
		buzzer.play(880, 500);
		time.advance(499);
		assert.equal(circuit.toneHz, 880);
		time.advance(1);
		assert.deepEqual([circuit.toneHz, buzzer.read()], [0, 0]);
	});

	it("sounds until further notice with duration 0", () => {
		const { circuit, time, buzzer } = make();
		buzzer.play(880, 0);
		time.advance(1e7);
		assert.equal(circuit.toneHz, 880);
		buzzer.play(0, 0);
		assert.equal(circuit.toneHz, 0);
	});

	it("takes a new tone with its own duration; the old one's end does not silence it", () => {
		const { circuit, time, buzzer } = make();
		buzzer.play(880, 500);
		time.advance(400);
		buzzer.play(440, 500);
		time.advance(499);
		assert.equal(circuit.toneHz, 440);
		time.advance(1);
		assert.equal(circuit.toneHz, 0);
		buzzer.play(880, 500);
		time.advance(400);
		buzzer.play(440, 0);
		time.advance(10_000);
		assert.equal(circuit.toneHz, 440);
	});

	it("refuses tones and durations that cannot be, and goes on with the last", () => {
		const { circuit, buzzer } = make();
		buzzer.play(880, 0);
		for (const [hz, ms] of [
			[-1, 0],
			[20_001, 0],
			[Number.NaN, 0],
			[440, -1],
			[440, Number.NaN],
		] as const)
			assert.throws(() => buzzer.play(hz, ms), RangeError);
		assert.equal(circuit.toneHz, 880);
	});

	it("is silent and rings no alarm any more once closed", () => {
		const { circuit, time, buzzer } = make();
		buzzer.play(880, 500);
		buzzer.close();
		assert.deepEqual([circuit.toneHz, time.armed], [0, 0]);
	});

	it("plays a pattern: so many tones, with as long a pause between", () => {
		const { circuit, time, buzzer } = make();
		buzzer.play(880, 100, 3);
		const heard: number[] = [];
		for (let i = 0; i < 7; i++) {
			time.advance(50);
			heard.push(circuit.toneHz);
			assert.equal(buzzer.read(), circuit.toneHz);
			time.advance(50);
		}
		assert.deepEqual(heard, [880, 0, 880, 0, 880, 0, 0]);
		assert.equal(time.armed, 0);
		buzzer.play(880, 100, 3);
		time.advance(250);
		buzzer.play(440, 0);
		time.advance(10_000);
		assert.equal(circuit.toneHz, 440, "a new tone ends the pattern");
		buzzer.close();
		assert.deepEqual([circuit.toneHz, time.armed], [0, 0]);
	});

	it("ends every tone and pattern after the longest time that is allowed", () => {
		const { circuit, io, time } = bench();
		const buzzer = new Buzzer({ output: { io: io.PWM, pin: PINS.buzzer }, timers: time, longestMs: 1000 });
		for (const [durationMs, times] of [
			[0, 1],
			[5000, 1],
			[300, 9],
			[1000, 2],
		] as const) {
			buzzer.play(880, durationMs, times);
			time.advance(999);
			assert.equal(time.armed, 1);
			time.advance(1);
			assert.deepEqual([circuit.toneHz, buzzer.read(), time.armed], [0, 0, 0], `${durationMs} ms`);
		}
		buzzer.play(880, 100, 2);
		time.advance(300);
		assert.equal(time.armed, 0, "a short one ends when it is over");
	});

	it("drives the piezo with the duty that is set", () => {
		const hardware = journal();
		const buzzer = new Buzzer({
			output: { io: hardware.io.PWM, pin: 1 },
			timers: new VirtualTime(),
			duty: 0.1,
		});
		buzzer.play(880, 0);
		assert.ok(hardware.calls.includes("write 1 26"), hardware.calls.join(", ")); // a tenth of 255
	});
});

describe("Motor", () => {
	const RAMP = 400;
	function make() {
		const set = bench();
		const motor = new Motor({
			output: { io: set.io.PWM, pin: PINS.motor },
			maxRpm: 200,
			rampRpmPerS: RAMP,
			timers: set.time,
		});
		return { ...set, motor };
	}

	it("brings its duty to the target along the ramp, up and down, and the shaft follows", () => {
		const { circuit, time, motor } = make();
		for (const target of [200, 50, 120.5, 0]) {
			const from = motor.read();
			motor.write(target);
			assert.equal(motor.target, target);
			const expected = (Math.abs(target - from) / RAMP) * 1000;
			let took = 0;
			while (motor.read() !== target && took < 5000) {
				time.advance(1);
				took++;
				const moved = Math.abs(motor.read() - from);
				// The ramp goes by steps of 20 ms, and may be one step ahead.
				assert.ok(moved <= (RAMP * (took + 20)) / 1000 + 1e-9, `${moved} rpm after ${took} ms`);
			}
			assert.ok(Math.abs(took - expected) <= 21, `${took} ms instead of ${expected}`);
			time.advance(3000);
			assert.ok(Math.abs(circuit.motorRpm - target) <= 200 / 1023 + 0.05, `${circuit.motorRpm}`);
		}
		assert.equal(circuit.motor.duty, 0);
	});

	it("keeps to the ramp however often the target changes", () => {
		const { time, motor } = make();
		const start = time.now;
		for (let i = 0; i < 100; i++) {
			motor.write(150 + (i % 2));
			time.advance(1);
			assert.ok(
				motor.read() <= (RAMP * (time.now - start + 20)) / 1000 + 1e-9,
				`${motor.read()} rpm after ${i + 1} ms`,
			);
		}
	});

	it("turns back in the middle of the ramp", () => {
		const { time, motor } = make();
		motor.write(200);
		time.advance(250);
		const there = motor.read();
		assert.ok(there > 80 && there < 130);
		motor.write(0);
		time.advance(350);
		assert.equal(motor.read(), 0);
	});

	it("does nothing inside `write`", () => {
		const { circuit, motor } = make();
		motor.write(200);
		assert.deepEqual([circuit.motor.duty, motor.read()], [0, 0]);
	});

	it("stops at once when closed, and leaves no alarm", () => {
		const { circuit, time, motor } = make();
		motor.write(200);
		time.advance(300);
		assert.ok(circuit.motor.duty > 0);
		motor.close();
		assert.equal(circuit.motor.duty, 0);
		time.advance(10_000);
		assert.deepEqual([circuit.motorRpm, circuit.motor.duty, time.armed], [0, 0, 0]);
	});

	it("refuses targets outside 0 to the maximum and keeps the last", () => {
		const { motor } = make();
		motor.write(100);
		for (const bad of [-1, 200.1, Number.NaN, Number.POSITIVE_INFINITY])
			assert.throws(() => motor.write(bad), RangeError);
		assert.equal(motor.target, 100);
	});
});

describe("Tachometer", () => {
	function make(maxRpm = 200, slots = 20) {
		const set = bench({ maxRpm, slots });
		const { io, time } = set;
		const tachometer = new Tachometer({
			input: { io: io.Digital, pin: PINS.tachometer },
			pulsesPerRevolution: slots,
			clock: time,
		});
		const motor = new io.PWM({ pin: PINS.motor });
		return { ...set, tachometer, turn: (rpm: number) => motor.write((1023 * rpm) / maxRpm) };
	}

	it("agrees with the shaft within the grid of the circuit, at every speed", () => {
		for (const [maxRpm, slots] of [
			[200, 20],
			[3000, 1],
			[1000, 4],
		] as const)
			for (const part of [1, 0.75, 0.5, 0.25, 0.1, 0.05]) {
				const { time, circuit, tachometer, turn } = make(maxRpm, slots);
				turn(maxRpm * part);
				time.advance(5000);
				tachometer.read();
				for (let i = 0; i < 5; i++) {
					time.advance(1000);
					const rpm = tachometer.read();
					const truth = circuit.motorRpm;
					// Edges come on a grid of 5 ms: each end of the measurement, which spans at least one edge less
					// than a second, is up to 5 ms late.
					const edgeMs = 60_000 / (truth * slots);
					const span = Math.max(edgeMs, 1000 - edgeMs - 5);
					assert.ok(
						Math.abs(rpm - truth) <= truth * (5.1 / span),
						`${rpm} instead of ${truth} (${maxRpm}, ${slots})`,
					);
				}
			}
	});

	it("reads 0 at first, and two seconds after the last edge", () => {
		const { time, circuit, tachometer, turn } = make();
		assert.equal(tachometer.read(), 0);
		turn(100);
		time.advance(3000);
		assert.ok(tachometer.read() > 90);
		turn(0);
		while (circuit.motorRpm > 0) time.advance(100);
		time.advance(2001);
		assert.equal(tachometer.read(), 0);
		assert.deepEqual(tachometer.sample(), { speed: 0 });
	});

	it("keeps the last value without a new edge, for two seconds", () => {
		const { time, tachometer, turn } = make();
		turn(100);
		time.advance(3000);
		const rpm = tachometer.read();
		assert.equal(tachometer.read(), rpm);
	});

	it("measures anew after a standstill, without counting the pause", () => {
		const { time, tachometer, turn } = make();
		turn(100);
		time.advance(3000);
		turn(0);
		time.advance(60_000);
		assert.equal(tachometer.read(), 0);
		turn(100);
		time.advance(3000);
		tachometer.read();
		time.advance(1000);
		assert.ok(Math.abs(tachometer.read() - 100) < 1.5);
	});

	it("reads 0 while its sensor is stuck", () => {
		const { time, circuit, tachometer, turn } = make();
		turn(100);
		time.advance(3000);
		tachometer.read();
		circuit.tachometerStuck = true;
		time.advance(2100);
		assert.equal(tachometer.read(), 0);
		assert.ok(circuit.motorRpm > 99);
		circuit.tachometerStuck = false;
		time.advance(2000);
		tachometer.read();
		time.advance(1000);
		assert.ok(Math.abs(tachometer.read() - 100) < 1.5);
	});

	it("works wherever the monotonic clock starts", () => {
		for (const start of [0, -1e6, -3000, 1e12]) {
			const hardware = journal();
			const time = new VirtualTime({ start });
			const tachometer = new Tachometer({
				input: { io: hardware.io.Digital, pin: 1 },
				pulsesPerRevolution: 1,
				clock: time,
			});
			for (let i = 0; i <= 10; i++) {
				hardware.edge();
				if (i < 10) time.advance(100);
			}
			assert.equal(tachometer.read(), 600, `from ${start}`);
		}
	});

	it("refuses less than one pulse per revolution, before it touches the pin", () => {
		for (const pulsesPerRevolution of [0, -1, Number.NaN]) {
			const hardware = journal();
			const options = {
				input: { io: hardware.io.Digital, pin: 1 },
				pulsesPerRevolution,
				clock: new VirtualTime(),
			};
			assert.throws(() => new Tachometer(options), RangeError);
			assert.deepEqual(hardware.calls, []);
		}
	});
});
