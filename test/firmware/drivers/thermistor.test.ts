// The thermistor on the simulated divider: accuracy within what ADC and noise allow, and its faults.

import assert from "node:assert/strict";
import { ADC } from "../../../drivers/esp32.js";
import { NtcThermistor, type NtcThermistorOptions } from "../../../drivers/ntc-thermistor.js";
import { ADC_BITS } from "../../../host-sim/circuit/circuit.js";
import { bench, journal, PINS } from "./bench.js";

const FULL = 2 ** ADC_BITS - 1;
const KELVIN = 273.15;
const BETA = 3950;
const OHMS = 10_000;
const SERIES = 33_000;
/** Share of the supply at the ADC's largest value. */
const SHARE = ADC.fullVolts / 3.3;

/** The simulated divider: temperature of a count, not rounded. */
const celsiusOf = (counts: number): number => {
	const ratio = (counts * SHARE) / FULL;
	const ohms = (SERIES * ratio) / (1 - ratio);
	return 1 / (1 / (25 + KELVIN) + Math.log(ohms / OHMS) / BETA) - KELVIN;
};
const countsOf = (celsius: number): number => {
	const ohms = OHMS * Math.exp(BETA * (1 / (celsius + KELVIN) - 1 / (25 + KELVIN)));
	return (FULL * ohms) / (ohms + SERIES) / SHARE;
};

function make(io: Pick<ReturnType<typeof bench>["io"], "Analog">, over: Partial<NtcThermistorOptions> = {}) {
	return new NtcThermistor({
		sensor: { io: io.Analog, pin: PINS.temperature },
		seriesOhms: SERIES,
		nominalOhms: OHMS,
		adc: ADC,
		beta: BETA,
		minimumC: -40,
		maximumC: 125,
		...over,
	});
}

describe("NtcThermistor", () => {
	it("reads -18 to 72 °C within half a count of the ADC without noise", () => {
		const { circuit, time, io } = bench();
		circuit.noise = 0;
		const sensor = make(io);
		for (let celsius = -18; celsius <= 72; celsius += 0.25) {
			circuit.ambientC = celsius;
			time.advance(200_000); // 25 time constants of the bead
			const truth = circuit.temperatureC;
			assert.ok(Math.abs(truth - celsius) < 1e-6);
			const step = celsiusOf(countsOf(truth) - 0.5) - celsiusOf(countsOf(truth) + 0.5);
			const got = sensor.read();
			assert.ok(Math.abs(got - truth) <= step * 0.51, `${got} instead of ${truth}, a count is ${step}`);
			assert.equal(sensor.fault, "");
		}
	});

	it("reads within the noise of the ADC, and right in the mean", () => {
		const { circuit, time, io } = bench();
		circuit.noise = 2;
		const sensor = make(io);
		for (const celsius of [-17, 0, 25, 50, 70]) {
			circuit.ambientC = celsius;
			time.advance(200_000);
			const around = countsOf(celsius);
			// The noise is a sum of twelve uniform numbers: never beyond six deviations, plus half a count of
			// rounding.
			const low = celsiusOf(around + 12.5);
			const high = celsiusOf(around - 12.5);
			let sum = 0;
			const n = 2000;
			for (let i = 0; i < n; i++) {
				const got = sensor.read();
				assert.ok(got >= low && got <= high, `${got} is not in ${low}…${high}`);
				sum += got;
			}
			// Standard error of the mean: 2 counts / sqrt(2000); five of them, and the curve's bend.
			const degreesPerCount = (high - low) / 25;
			assert.ok(Math.abs(sum / n - celsius) < degreesPerCount * (5 * (2 / Math.sqrt(n)) + 0.1));
		}
	});

	it("says open and shorted, gives NaN for both, and recovers", () => {
		const { circuit, io } = bench();
		const sensor = make(io);
		for (const fault of ["open", "shorted"] as const) {
			circuit.thermistorFault = fault;
			assert.ok(Number.isNaN(sensor.read()));
			assert.equal(sensor.fault, fault);
			assert.deepEqual(sensor.sample(), {});
			circuit.thermistorFault = "";
			assert.ok(Math.abs(sensor.read() - circuit.ambientC) < 0.5);
			assert.equal(sensor.fault, "");
		}
	});

	it("says implausible outside of its range, on both sides", () => {
		const { circuit, time, io } = bench();
		circuit.noise = 0;
		const sensor = make(io, { minimumC: 0, maximumC: 50 });
		for (const [celsius, fault] of [
			[-1, "implausible"],
			[1, ""],
			[49, ""],
			[51, "implausible"],
		] as const) {
			circuit.ambientC = celsius;
			time.advance(300_000);
			assert.equal(Number.isNaN(sensor.read()), fault !== "", `${celsius}`);
			assert.equal(sensor.fault, fault, `${celsius}`);
		}
	});

	it("calls what the ADC does not measure a fault, and everything within none", () => {
		const hardware = journal();
		hardware.resolution = 12;
		const sensor = make(hardware.io, { minimumC: -55, maximumC: 150 });
		for (let counts = 0; counts <= FULL; counts++) {
			hardware.analog = counts;
			const got = sensor.read();
			const truth = celsiusOf(counts);
			const told = counts >= FULL * (ADC.lowVolts / ADC.fullVolts + 0.002) && counts <= FULL * 0.998;
			if (told) {
				assert.ok(Math.abs(got - truth) < 1e-9, `${counts}`);
				assert.equal(sensor.fault, "");
			} else {
				assert.ok(Number.isNaN(got), `${counts}`);
				assert.notEqual(sensor.fault, "");
			}
		}
		hardware.analog = FULL;
		sensor.read();
		assert.equal(sensor.fault, "open");
		hardware.analog = 0;
		sensor.read();
		assert.equal(sensor.fault, "shorted");
	});

	it("says too cold as open and too hot as shorted, for the ADC does not tell them apart", () => {
		const { circuit, time, io } = bench();
		const sensor = make(io);
		for (const [celsius, fault] of [
			[-19, "open"],
			[-40, "open"],
			[74, "shorted"],
			[120, "shorted"],
			[20, ""],
		] as const) {
			circuit.ambientC = celsius;
			time.advance(300_000);
			assert.equal(Number.isNaN(sensor.read()), fault !== "", `${celsius}`);
			assert.equal(sensor.fault, fault, `${celsius}`);
		}
	});

	it("calls a wire to ground a fault also where a chip without calibration cannot go below 150 mV", () => {
		const hardware = journal();
		hardware.resolution = 12;
		const sensor = make(hardware.io);
		hardware.analog = Math.floor((150 * FULL) / 2450); // as the SDK gives it then
		assert.ok(Number.isNaN(sensor.read()));
		assert.equal(sensor.fault, "shorted");
	});

	it("takes the ADC's largest value for the supply where the board says nothing of it", () => {
		const hardware = journal();
		hardware.resolution = 12;
		const sensor = new NtcThermistor({
			sensor: { io: hardware.io.Analog, pin: 1 },
			...{ seriesOhms: OHMS, nominalOhms: OHMS, beta: BETA, minimumC: -40, maximumC: 125 },
		});
		hardware.analog = Math.round(FULL / 2);
		assert.ok(Math.abs(sensor.read() - 25) < 0.02);
	});

	it("never takes more than the supply for a temperature", () => {
		const hardware = journal();
		hardware.resolution = 12;
		const sensor = make(hardware.io, { supplyVolts: 1.8 });
		for (let counts = 0; counts <= FULL; counts++) {
			hardware.analog = counts;
			const got = sensor.read();
			assert.equal(Number.isNaN(got), sensor.fault !== "");
			assert.ok(Number.isNaN(got) || (got >= -40 && got <= 125), `${counts}: ${got}`);
		}
	});

	it("uses the Steinhart-Hart equation when it has the coefficients", () => {
		// Coefficients and resistances of a common 10 kΩ thermistor's data sheet
		const steinhartHart = { a: 1.129148e-3, b: 2.34125e-4, c: 8.76741e-8 };
		const hardware = journal();
		hardware.resolution = 16;
		const { beta: _beta, ...rest } = { beta: 0 };
		const sensor = new NtcThermistor({
			sensor: { io: hardware.io.Analog, pin: 1 },
			seriesOhms: OHMS,
			nominalOhms: OHMS,
			steinhartHart,
			minimumC: -40,
			maximumC: 125,
			...rest,
		});
		for (const [ohms, celsius] of [
			[32_650, 0],
			[10_000, 25],
			[3_603, 50],
			[678.3, 100],
		] as const) {
			hardware.analog = Math.round((65535 * ohms) / (ohms + OHMS));
			assert.ok(Math.abs(sensor.read() - celsius) < 0.15, `${sensor.read()} instead of ${celsius}`);
		}
	});

	it("takes another nominal temperature and other resistors", () => {
		const hardware = journal();
		hardware.resolution = 16;
		const sensor = new NtcThermistor({
			sensor: { io: hardware.io.Analog, pin: 1 },
			...{ nominalC: 0, nominalOhms: 5000, seriesOhms: 2000, beta: BETA, minimumC: -40, maximumC: 125 },
		});
		hardware.analog = Math.round((65535 * 5000) / 7000);
		assert.ok(Math.abs(sensor.read()) < 0.01);
	});

	it("refuses options that cannot be right, before it touches the pin", () => {
		for (const bad of [
			{ seriesOhms: 0 },
			{ seriesOhms: Number.NaN },
			{ supplyVolts: 0 },
			{ supplyVolts: Number.NaN },
			{ adc: { lowVolts: -1, fullVolts: 2 } },
			{ adc: { lowVolts: 2, fullVolts: 2 } },
			{ nominalOhms: -1 },
			{ beta: 0 },
			{ beta: Number.NaN },
			{ minimumC: 10, maximumC: 10 },
			{ minimumC: Number.NaN },
		]) {
			const hardware = journal();
			assert.throws(() => make(hardware.io, bad), RangeError, JSON.stringify(bad));
			assert.deepEqual(hardware.calls, []);
		}
	});
});
