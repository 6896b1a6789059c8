// The circuit's physics: bead, motor and slotted disc, against their closed forms.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Circuit } from "../../../host-sim/circuit/circuit.js";
import { MotorModel } from "../../../host-sim/circuit/motor.js";
import { ThermalMass, thermistorOhms } from "../../../host-sim/circuit/thermal.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { bench, PINS } from "./bench.js";

describe("ThermalMass", () => {
	it("covers 63 % of a step in one time constant and approaches the ambient temperature without overshoot", () => {
		const bead = new ThermalMass(20, 0);
		let last = 20;
		for (let t = 100; t <= 80_000; t += 100) {
			const now = bead.advance(t, 60);
			assert.ok(now > last && now <= 60);
			last = now;
			if (t === 8000) assert.ok(Math.abs(now - (60 - 40 / Math.E)) < 1e-9);
		}
		assert.ok(60 - last < 0.01);
	});

	it("does not depend on how often it is looked at", () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1 }), (steps) => {
				const often = new ThermalMass(20, 0);
				const once = new ThermalMass(20, 0);
				let now = 0;
				let got = 20;
				for (const step of steps) {
					now += step;
					got = often.advance(now, -5);
				}
				assert.ok(Math.abs(got - once.advance(now, -5)) < 1e-6);
			}),
		);
	});

	it("stands still when time goes back", () => {
		const bead = new ThermalMass(20, 1000);
		assert.equal(bead.advance(500, 90), 20);
	});
});

describe("thermistorOhms", () => {
	it("gives the nominal resistance at the nominal temperature, and falls with the temperature", () => {
		const part = { nominalOhms: 10_000, nominalC: 25, beta: 3950 };
		assert.equal(thermistorOhms(part, 25), 10_000);
		for (let c = -40; c < 125; c++) assert.ok(thermistorOhms(part, c) > thermistorOhms(part, c + 1));
		// 10 kΩ, B = 3950: 0 °C is 33.6 kΩ by the same equation in a common data sheet
		assert.ok(Math.abs(thermistorOhms(part, 0) - 33_620) < 50);
	});
});

describe("MotorModel", () => {
	it("covers 63 % of a step in its time constant, and settles at duty × speed × (1 - load)", () => {
		const motor = new MotorModel(200, 20, 0);
		motor.duty = 0.5;
		motor.advance(250);
		assert.ok(Math.abs(motor.rpm - 100 * (1 - 1 / Math.E)) < 1e-9);
		motor.advance(10_000);
		assert.ok(Math.abs(motor.rpm - 100) < 1e-9);
		motor.load = 0.25;
		motor.advance(20_000);
		assert.ok(Math.abs(motor.rpm - 75) < 1e-9);
	});

	it("runs down and comes to rest", () => {
		const motor = new MotorModel(200, 20, 0);
		motor.duty = 1;
		motor.advance(5000);
		motor.duty = 0;
		motor.advance(5250);
		assert.ok(motor.rpm > 70 && motor.rpm < 76);
		motor.advance(10_000);
		assert.equal(motor.rpm, 0);
		assert.equal(motor.advance(1e9), 0);
	});

	it("passes as many slots as turns × slots, however often it is looked at", () => {
		fc.assert(
			fc.property(
				fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 60 }),
				fc.integer({ min: 1, max: 40 }),
				(steps, slots) => {
					const motor = new MotorModel(300, slots, 0);
					motor.duty = 1;
					let now = 0;
					let edges = 0;
					for (const step of steps) {
						now += step;
						edges += motor.advance(now);
					}
					const turns = (300 * now - 300 * 250 * (1 - Math.exp(-now / 250))) / 60_000;
					assert.ok(
						Math.abs(edges - Math.floor(turns * slots + 1e-6)) <=
							(Math.abs(turns * slots - Math.round(turns * slots)) < 1e-6 ? 1 : 0),
					);
				},
			),
		);
	});

	it("never turns backwards", () => {
		const motor = new MotorModel(200, 20, 1000);
		motor.duty = 1;
		assert.equal(motor.advance(0), 0);
		assert.equal(motor.rpm, 0);
	});
});

describe("Circuit", () => {
	it("calls back for each slot that passes, at every speed", () => {
		const { circuit, time } = bench({ maxRpm: 200, slots: 20 });
		let edges = 0;
		circuit.watch(PINS.tachometer, () => edges++);
		let turns = 0;
		let rpm = 0;
		for (const duty of [1, 0.5, 0.2, 0]) {
			circuit.pwm(PINS.motor, 1000, duty);
			const goal = duty * 200;
			time.advance(5000);
			turns += (goal * 5000 + (rpm - goal) * 250 * (1 - Math.exp(-20))) / 60_000;
			rpm = goal + (rpm - goal) * Math.exp(-20);
		}
		assert.ok(Math.abs(edges - turns * 20) <= 1, `${edges} edges of ${turns * 20}`);
	});

	it("ticks only while something turns", () => {
		const { circuit, time } = bench();
		assert.equal(time.armed, 0);
		circuit.pwm(PINS.motor, 1000, 1);
		assert.equal(time.armed, 1);
		circuit.pwm(PINS.motor, 1000, 0.5);
		assert.equal(time.armed, 1);
		time.advance(1000);
		circuit.pwm(PINS.motor, 1000, 0);
		time.advance(20_000);
		assert.equal(time.armed, 0);
		circuit.pwm(PINS.motor, 1000, 1);
		circuit.close();
		assert.equal(time.armed, 0);
	});

	it("swings around the ambient temperature, and the bead follows behind", () => {
		const time = new VirtualTime();
		const world = {
			now: () => time.now,
			every: (ms: number, tick: () => void) => time.every(ms, tick),
			random: seeded(3),
		};
		const circuit = new Circuit(PINS, world);
		circuit.ambientC = 20;
		circuit.swingC = 2;
		let low = 99;
		let high = -99;
		for (let i = 0; i < 1200; i++) {
			time.advance(1000);
			low = Math.min(low, circuit.temperatureC);
			high = Math.max(high, circuit.temperatureC);
		}
		// First-order lag of 8 s at a period of 300 s: 98.6 % of the swing
		assert.ok(Math.abs(high - 21.97) < 0.02 && Math.abs(low - 18.03) < 0.02, `${low} … ${high}`);
	});

	it("makes noise of the standard deviation that it says, around the true value", () => {
		const { circuit } = bench();
		circuit.noise = 3;
		const n = 4000;
		const counts = Array.from({ length: n }, () => circuit.analog(PINS.temperature));
		const mean = counts.reduce((a, b) => a + b) / n;
		const deviation = Math.sqrt(counts.reduce((a, b) => a + (b - mean) ** 2, 0) / n);
		assert.ok(Math.abs(deviation - 3) < 0.2, `${deviation}`);
		circuit.noise = 0;
		assert.ok(Math.abs(circuit.analog(PINS.temperature) - mean) < 0.75);
	});

	it("sounds only while the piezo is neither always low nor always high", () => {
		const { circuit } = bench();
		for (const [duty, hz] of [
			[0, 0],
			[0.5, 440],
			[0.01, 440],
			[1, 0],
		] as const) {
			circuit.pwm(PINS.buzzer, 440, duty);
			assert.equal(circuit.toneHz, hz);
		}
	});
});
