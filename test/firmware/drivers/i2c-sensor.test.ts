// Thermometers on the simulated I²C bus: values, starts, faults of sensor and wire, and how the bus is freed.

import assert from "node:assert/strict";
import { BME280 } from "../../../drivers/bme280.js";
import { freeBus } from "../../../drivers/i2c-bus.js";
import { type Part, partQuantity, SHT3X, TMP102, TMP117 } from "../../../drivers/i2c-parts.js";
import { I2cSensor } from "../../../drivers/i2c-sensor.js";
import type { I2cFault } from "../../../host-sim/circuit/i2c-bus.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { bench, journal, PINS } from "./bench.js";

/** Where the parts hang in the circuit, and the step of their values, °C. */
const PARTS = [
	{ part: TMP117, address: 0x48, step: 1 / 128 },
	{ part: TMP102, address: 0x49, step: 1 / 16 },
	{ part: SHT3X, address: 0x44, step: 175 / 65535 },
];

function make(part: Part, address: number, set = bench()) {
	const { io, time } = set;
	const thermometer = new I2cSensor({
		sensor: { io: io.I2C, data: PINS.data, clock: PINS.clock, address },
		part,
		bus: { io: io.Digital },
		clock: time,
		timers: time,
	});
	return { ...set, thermometer };
}

describe("I2cSensor", () => {
	for (const { part, address, step } of PARTS)
		describe(part.name, () => {
			it("gives what the circuit has, to the sensor's step, over its whole range", () => {
				for (const celsius of [-39.9, -10.3, -0.07, 0, 0.07, 21.5, 85.3, 124.9]) {
					const set = bench();
					set.circuit.ambientC = celsius;
					set.time.advance(120_000); // the board takes it on
					const { thermometer, time, circuit } = make(part, address, set);
					time.advance(2000);
					const read = thermometer.read();
					assert.ok(Math.abs(read - circuit.temperatureC) <= step, `${read} for ${celsius}`);
					assert.equal(thermometer.fault, "");
					const more = part === SHT3X ? { humidity: thermometer.read(1) } : {};
					assert.deepEqual(thermometer.sample(), { temperature: thermometer.read(), ...more });
				}
			});

			it("has its first value 150 ms after the start, without ever waiting", () => {
				const { thermometer, time } = make(part, address);
				const before = time.now;
				thermometer.read();
				assert.equal(time.now, before);
				time.advance(150);
				assert.ok(!Number.isNaN(thermometer.read()), thermometer.fault);
			});

			it("reads on at any pace", () => {
				for (const pace of [1, 7, 100, 499, 500, 501, 1000, 60_000]) {
					const { thermometer, time } = make(part, address);
					time.advance(200);
					for (let i = 0; i < 40; i++) {
						assert.ok(
							!Number.isNaN(thermometer.read()),
							`${thermometer.fault} at read ${i}, every ${pace} ms`,
						);
						time.advance(pace);
					}
				}
			});

			it("starts anew although the sensor still runs from before", () => {
				const { thermometer, time, circuit, io } = make(part, address);
				time.advance(1000);
				thermometer.read();
				thermometer.close();
				const again = make(part, address, { circuit, time, io }).thermometer;
				time.advance(200);
				assert.ok(!Number.isNaN(again.read()), again.fault);
				again.close();
			});

			it("is silent while the sensor is gone, and back a second after it is", () => {
				const { thermometer, time, circuit } = make(part, address);
				time.advance(1000);
				for (const seconds of [1, 2, 3, 4, 5, 30, 300]) {
					assert.ok(!Number.isNaN(thermometer.read()));
					circuit.i2c.fault = "unplugged";
					time.advance(1500);
					for (let i = 0; i < seconds; i++) {
						assert.ok(Number.isNaN(thermometer.read()));
						assert.equal(thermometer.fault, "silent");
						assert.deepEqual(thermometer.sample(), {});
						time.advance(1000);
					}
					circuit.i2c.fault = "";
					for (let i = 0; i < 3; i++) {
						thermometer.read();
						time.advance(400);
					}
					assert.ok(!Number.isNaN(thermometer.read()), `${thermometer.fault} after ${seconds} s`);
				}
			});

			it("comes although it was missing at the start", () => {
				const set = bench();
				set.circuit.i2c.fault = "unplugged";
				const { thermometer, time, circuit } = make(part, address, set);
				assert.ok(Number.isNaN(thermometer.read()));
				time.advance(10_000);
				circuit.i2c.fault = "";
				for (let i = 0; i < 3; i++) {
					thermometer.read();
					time.advance(1000);
				}
				assert.ok(!Number.isNaN(thermometer.read()));
			});

			it("frees a bus on which a device holds the data line", () => {
				const { thermometer, time, circuit } = make(part, address);
				time.advance(1000);
				thermometer.read();
				circuit.i2c.fault = "stuck";
				time.advance(1500);
				let reads = 0;
				for (; Number.isNaN(thermometer.read()) && reads < 20; reads++) time.advance(1000);
				assert.ok(reads > 0 && reads < 8, `after ${reads} reads`);
				assert.equal(circuit.i2c.fault, "");
			});

			it("tries at most six transfers in a read, and fewer in the long run", () => {
				const { thermometer, time, circuit } = make(part, address);
				time.advance(1000);
				circuit.i2c.fault = "shorted";
				let most = 0;
				const before = circuit.i2c.transfers;
				for (let i = 0; i < 1000; i++) {
					const { transfers } = circuit.i2c;
					thermometer.read();
					most = Math.max(most, circuit.i2c.transfers - transfers);
					time.advance(1000);
				}
				assert.ok(most <= 6, `${most} in a read`);
				assert.ok(circuit.i2c.transfers - before <= 2020);
				assert.equal(thermometer.fault, "silent");
			});

			it("holds its pins until it is closed, whatever happens on the bus", () => {
				for (const fault of ["unplugged", "stuck", "shorted", "noisy"] as I2cFault[]) {
					const { thermometer, time, circuit, io } = make(part, address);
					circuit.i2c.fault = fault;
					for (let i = 0; i < 70; i++) {
						time.advance(1000);
						thermometer.read();
						assert.throws(() => new io.PWM({ pin: PINS.data }), /in use/);
						assert.throws(() => new io.PWM({ pin: PINS.clock }), /in use/);
					}
					thermometer.close();
					for (const pin of [PINS.data, PINS.clock]) new io.PWM({ pin }).close();
					assert.equal(time.armed, 0);
				}
			});
		});

	it("takes no value of an SHT3x whose checksum is wrong", () => {
		const { thermometer, time, circuit } = make(SHT3X, 0x44);
		time.advance(1000);
		const last = thermometer.read();
		circuit.i2c.fault = "noisy";
		time.advance(600);
		assert.equal(thermometer.read(), last, "one lost value is none");
		time.advance(600);
		assert.ok(Number.isNaN(thermometer.read()));
		assert.equal(thermometer.fault, "checksum");
	});

	it("takes no value that a TMP117 has not measured yet", () => {
		const { thermometer, circuit, time } = make(TMP117, 0x48);
		time.advance(1000);
		thermometer.read();
		// A short loss of its supply between two reads
		circuit.i2c.fault = "unplugged";
		circuit.i2c.fault = "";
		assert.ok(Number.isNaN(thermometer.read()));
		assert.equal(thermometer.fault, "not ready");
		time.advance(200);
		assert.ok(!Number.isNaN(thermometer.read()));
	});

	it("names another part at the address", () => {
		for (const [part, address] of [
			[TMP117, 0x49],
			[TMP102, 0x48],
		] as const) {
			const { thermometer, time } = make(part, address);
			time.advance(1000);
			assert.ok(Number.isNaN(thermometer.read()));
			assert.equal(thermometer.fault, "wrong part");
		}
	});

	it("calls a value outside of the datasheet's range implausible", () => {
		const set = bench();
		const { thermometer, time } = make(
			{ ...TMP117, quantities: [partQuantity("temperature", "C", 2, -55, 20)] },
			0x48,
			set,
		);
		time.advance(1000);
		assert.ok(Number.isNaN(thermometer.read()));
		assert.equal(thermometer.fault, "implausible");
	});

	it("sends what the datasheets say", () => {
		for (const [part, start] of [
			[TMP117, ["write 21 15", "read 2"]],
			[TMP102, ["write 21 1 96 128", "write 21 1", "read 2"]],
			[SHT3X, ["write 21 48 147"]],
		] as const) {
			const hardware = journal();
			const time = new VirtualTime();
			new I2cSensor({
				sensor: { io: hardware.io.I2C, data: PINS.data, clock: PINS.clock },
				part,
				clock: time,
				timers: time,
			});
			assert.deepEqual(hardware.calls.slice(1), start);
			assert.equal(hardware.calls[0], `open ${PINS.data} ${PINS.clock} ${part.address}`);
		}
	});
});

describe("two sensors on a bus", () => {
	it("let go of a bus that is blocked, and both measure once one has freed it", () => {
		const { io, time, circuit } = bench(undefined, undefined, [{ part: "BME280", address: 0x76 }]);
		const bus = { io: io.Digital, sensors: [] };
		const { data, clock } = circuit.pins;
		const make = (part: Part) =>
			new I2cSensor({ sensor: { io: io.I2C, data, clock }, part, bus, clock: time, timers: time });
		const [one, two] = [make(SHT3X), make(BME280)];
		const both = () => [one.read(), two.read(), two.read(1)];
		time.advance(2000);
		both();
		time.advance(2000);
		assert.ok(both().every((value) => !Number.isNaN(value)));
		circuit.i2c.fault = "stuck";
		for (let second = 0; second < 20; second++) {
			time.advance(1000);
			both();
		}
		assert.equal(circuit.i2c.fault, "", "nine pulses have freed it");
		assert.ok(both().every((value) => !Number.isNaN(value)));
		one.close();
		time.advance(1000);
		assert.ok(!Number.isNaN(two.read()));
		assert.equal(bus.sensors.length, 1);
		two.close();
		for (const pin of [data, clock]) new io.PWM({ pin }).close();
	});

	it("stay silent while somebody else has the pins, and come back", () => {
		const { io, time, circuit } = bench();
		const bus = { io: io.Digital, sensors: [] };
		const { data, clock } = circuit.pins;
		const sensor = new I2cSensor({
			sensor: { io: io.I2C, data, clock },
			part: SHT3X,
			bus,
			clock: time,
			timers: time,
		});
		// A class of the SDK's on the same bus, which knows nothing of ours.
		const other = new io.I2C({ data, clock, hz: 100_000, address: 0x10 });
		time.advance(2000);
		circuit.i2c.fault = "stuck";
		for (let second = 0; second < 40; second++) {
			time.advance(1000);
			assert.ok(second < 3 || Number.isNaN(sensor.read()));
		}
		other.close();
		for (let second = 0; second < 80; second++) {
			time.advance(1000);
			sensor.read();
		}
		assert.ok(!Number.isNaN(sensor.read()));
	});
});

describe("freeBus", () => {
	it("stops at the first pulse that frees the line, and leaves both pins free", () => {
		const { io, circuit } = bench();
		assert.equal(freeBus(io.Digital, PINS.data, PINS.clock), true);
		circuit.i2c.fault = "stuck";
		assert.equal(freeBus(io.Digital, PINS.data, PINS.clock), true);
		assert.equal(circuit.i2c.fault, "");
		circuit.i2c.fault = "shorted";
		assert.equal(freeBus(io.Digital, PINS.data, PINS.clock), false);
		for (const pin of [PINS.data, PINS.clock]) new io.PWM({ pin }).close();
	});

	it("ends with a STOP: the data line rises while the clock is high", () => {
		const hardware = journal();
		hardware.analog = 1; // the data line is high
		freeBus(hardware.io.Digital, PINS.data, PINS.clock);
		const { data, clock } = PINS;
		assert.deepEqual(hardware.calls, [
			...[`open ${clock}`, `write ${clock} 1`, `open ${data}`, `close ${data}`],
			...[`write ${clock} 0`, `open ${data}`, `write ${data} 0`, `write ${clock} 1`, `write ${data} 1`],
			...[`close ${clock}`, `close ${data}`],
		]);
	});

	it("gives nine pulses and no more to a line that stays low", () => {
		const hardware = journal();
		hardware.analog = 0;
		assert.equal(freeBus(hardware.io.Digital, PINS.data, PINS.clock), false);
		assert.equal(hardware.calls.filter((call) => call === `write ${PINS.clock} 0`).length, 10);
	});

	it("leaves both pins free when the hardware fails", () => {
		for (const fail of ["open 21", "open 22", "write 21", "write 22", "read"]) {
			const hardware = journal();
			hardware.fail = fail;
			assert.throws(() => freeBus(hardware.io.Digital, PINS.data, PINS.clock), /fails/);
			assert.deepEqual([...hardware.open], [], fail);
		}
	});
});
