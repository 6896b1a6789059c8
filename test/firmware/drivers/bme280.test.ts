// The BME280: the datasheet's integer formulas, and the driver on the circuit's part, which makes its counts by
// the formulas in floating point.

import assert from "node:assert/strict";
import {
	BME280,
	type Coefficients,
	coefficientsOf,
	fineTemperature,
	humidityOf,
	pressureOf,
	temperatureOf,
} from "../../../drivers/bme280.js";
import { I2cSensor } from "../../../drivers/i2c-sensor.js";
import type { Control } from "../../../host-sim/circuit/part.js";
import { bench } from "./bench.js";

/** Of the worked example in Bosch's datasheet of the BMP280 (BST-BMP280-DS001, 3.12); usual ones for humidity. */
const EXAMPLE: Coefficients = {
	t: [27504, 26435, -1000],
	p: [36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000],
	h: [75, 362, 0, 315, 50, 30],
};

/**
 * Counts of temperature, pressure and humidity; what the datasheet's C code (BST-BME280-DS002, 4.2.3 and
 * 8.2), compiled by gcc, makes of them: 0.01 °C, t_fine, Pa, 1/1024 %RH.
 */
const FROM_C: ReadonlyArray<readonly [number, number, number, number, number, number, number]> = [
	[519888, 415148, 30000, 2508, 128422, 100656, 55588],
	[591675, 288765, 33610, 4751, 243276, 126839, 77786],
	[644072, 309276, 25632, 6382, 326736, 126175, 29494],
	[491920, 450649, 27073, 1631, 83510, 93276, 38886],
	[534381, 311026, 26848, 2962, 151651, 119520, 37562],
	[585860, 491198, 24410, 4570, 233992, 90301, 22749],
	[530020, 537020, 35226, 2825, 144663, 80075, 85543],
	[561828, 327486, 20414, 3820, 195592, 118183, 0],
	[649005, 323679, 36373, 6535, 334569, 123795, 95984],
	[547331, 576460, 34383, 3367, 172396, 73876, 81227],
	[438873, 398052, 25967, -38, -1925, 99594, 32852],
	[421346, 309727, 25084, -590, -30226, 113259, 28162],
	[463308, 323799, 32361, 732, 37464, 113285, 67815],
	[498940, 252071, 33010, 1851, 94785, 127626, 72214],
	[594365, 356453, 34037, 4835, 247565, 114799, 80388],
	[601213, 578665, 25235, 5049, 258488, 75323, 27535],
	[417623, 545037, 36607, -708, -36250, 74585, 89043],
	[621201, 276865, 28093, 5671, 290346, 130785, 44836],
	[587615, 462222, 21773, 4625, 236789, 95532, 6805],
	[559988, 279553, 36585, 3763, 192648, 126583, 94336],
	[610723, 488427, 24989, 5345, 273651, 91835, 25924],
	[645042, 479773, 26716, 6412, 328275, 94856, 36233],
	[568127, 429433, 30868, 4017, 205658, 100458, 61167],
	[550488, 498373, 32939, 3466, 177455, 87577, 72958],
];

describe("BME280: the datasheet's formulas", () => {
	it("give the datasheet's worked example: 25.08 °C, t_fine 128422, 100653.27 Pa", () => {
		const fine = fineTemperature(EXAMPLE, 519888);
		assert.equal(fine, 128422);
		assert.equal(temperatureOf(fine), 25.08);
		// In 32 bits the formula is off by a few Pa.
		assert.ok(Math.abs(pressureOf(EXAMPLE, fine, 415148) - 100653.27) < 4);
	});

	it("give what the datasheet's C code gives, to the last bit", () => {
		for (const [t, p, h, hundredths, tFine, pascal, humidity] of FROM_C) {
			const fine = fineTemperature(EXAMPLE, t);
			assert.deepEqual(
				[fine, Math.round(temperatureOf(fine) * 100), pressureOf(EXAMPLE, fine, p)],
				[tFine, hundredths, pascal],
			);
			assert.equal(humidityOf(EXAMPLE, fine, h) * 1024, humidity);
		}
	});

	it("have no pressure where they would divide by 0", () => {
		const broken = { ...EXAMPLE, p: EXAMPLE.p.map(() => 0) as unknown as Coefficients["p"] };
		assert.ok(Number.isNaN(pressureOf(broken, 128422, 415148)));
	});

	it("read coefficients with their signs, and those of 12 bits out of the byte that they share", () => {
		const low = new Uint8Array(26);
		const high = new Uint8Array(7);
		low.set([0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc, 0x7d, 0x8e]);
		low[25] = 75;
		high.set([0x6a, 0x01, 0x00, 0x13, 0x2b, 0x03, 0xe2]);
		const { t, p, h } = coefficientsOf(low, high);
		assert.deepEqual(t, [27504, 26435, -1000]);
		assert.equal(p[0], 36477);
		assert.deepEqual(h, [75, 362, 0, 0x13b, 0x32, -30]);
		high.set([0xff, 0xff, 0, 0xff, 0xff, 0xff]);
		assert.deepEqual(coefficientsOf(low, high).h.slice(1, 5), [-1, 0, -1, -1]);
	});
});

/** A driver on a circuit with a BME280 at its usual address. */
function make() {
	const set = bench(undefined, undefined, [{ part: "BME280", address: 0x76 }]);
	const { io, time, circuit } = set;
	circuit.swingC = 0;
	const sensor = new I2cSensor({
		sensor: { io: io.I2C, data: circuit.pins.data, clock: circuit.pins.clock },
		part: BME280,
		bus: { io: io.Digital },
		clock: time,
		timers: time,
	});
	const part = circuit.parts[0];
	const put = (id: string, value: number | boolean) => {
		(part?.controls.find((control) => control.id === id) as Control).value = value;
	};
	return { ...set, sensor, put, part };
}

describe("BME280: on the circuit", () => {
	it("measures what its place has, over its whole range", () => {
		const { sensor, put, time, circuit } = make();
		for (const [celsius, humidity, hPa] of [
			[-38, 5, 300],
			[0, 95, 700],
			[21.5, 40, 1013],
			[60, 0, 1100],
			[84, 100, 950],
		] as const) {
			circuit.ambientC = celsius;
			put("humidity", humidity);
			put("pressure", hPa);
			time.advance(120_000);
			sensor.read(0);
			time.advance(1000);
			const [t, h, p] = [sensor.read(0), sensor.read(1), sensor.read(2)];
			assert.ok(Math.abs(t - circuit.temperatureC) < 0.02, `${t} °C for ${celsius}`);
			assert.ok(Math.abs(h - humidity) < 0.2, `${h} %RH for ${humidity}`);
			assert.ok(Math.abs(p - hPa) < 0.2, `${p} hPa for ${hPa}`);
			assert.equal(sensor.fault, "");
		}
	});

	it("has nothing before the first measurement has ended, and never waits for it", () => {
		const { sensor, time } = make();
		const before = time.now;
		assert.ok(Number.isNaN(sensor.read()));
		assert.equal(sensor.fault, "not ready");
		assert.equal(time.now, before);
		time.advance(50);
		assert.ok(!Number.isNaN(sensor.read(2)));
		assert.deepEqual(Object.keys(sensor.sample()), ["temperature", "humidity", "pressure"]);
	});

	it("fetches once for its three channels", () => {
		const { sensor, time, circuit } = make();
		time.advance(2000);
		const before = circuit.i2c.transfers;
		for (const quantity of [0, 1, 2]) sensor.read(quantity);
		assert.equal(circuit.i2c.transfers - before, 2);
	});

	it("that is pulled is asked once a sample, whatever its channels are, and comes back", () => {
		const { sensor, put, time, circuit } = make();
		time.advance(2000);
		sensor.read();
		put("pulled", true);
		time.advance(2000);
		for (let i = 0; i < 3; i++) {
			const before = circuit.i2c.transfers;
			for (const quantity of [0, 1, 2]) assert.ok(Number.isNaN(sensor.read(quantity)));
			assert.ok(circuit.i2c.transfers - before <= 2, `${circuit.i2c.transfers - before} tries`);
			assert.equal(sensor.fault, "silent");
			time.advance(1000);
		}
		put("pulled", false);
		time.advance(1000);
		sensor.read();
		time.advance(1000);
		assert.ok(Math.abs(sensor.read() - circuit.temperatureC) < 0.1);
	});

	it("is another part: a BMP280 at its address has another id", () => {
		const { io, circuit, time } = bench();
		circuit.i2c.plug(0x76, {
			written: () => true,
			read: (bytes) => {
				bytes.fill(0x58);
				return true;
			},
			powered: () => {},
		});
		const sensor = new I2cSensor({
			sensor: { io: io.I2C, data: circuit.pins.data, clock: circuit.pins.clock },
			part: BME280,
			clock: time,
			timers: time,
		});
		assert.ok(Number.isNaN(sensor.read()));
		assert.equal(sensor.fault, "wrong part");
	});

	it("does not take flipped bits for values that no air has", () => {
		const { sensor, circuit, time } = make();
		time.advance(2000);
		sensor.read();
		circuit.i2c.fault = "noisy";
		for (let i = 0; i < 200; i++) {
			time.advance(1000);
			for (const [quantity, low, high] of [
				[0, -40, 85],
				[1, 0, 100],
				[2, 295, 1105],
			] as const) {
				const value = sensor.read(quantity);
				assert.ok(Number.isNaN(value) || (value >= low && value <= high), `${value}`);
			}
		}
	});
});
