// Temperature by an NTC thermistor on an ADC pin: supply – series resistor – pin – thermistor – ground.
// A sensor class in the sense of Ecma-419 (section 13), with `read` beside `sample` that allocates nothing.

import type { AnalogClass, AnalogInput, Pin } from "../modules/core/io.js";

export interface NtcThermistorOptions {
	readonly sensor: { readonly io: AnalogClass; readonly pin: Pin };
	/** Fixed resistor, ohms. */
	readonly seriesOhms: number;
	/**
	 * Of the divider, V. Without `adc` it does not count: then the ADC's largest value stands for the supply.
	 */
	readonly supplyVolts?: number;
	/** The voltages that the ADC measures, V: from, and to its largest value. */
	readonly adc?: { readonly lowVolts: number; readonly fullVolts: number };
	/** Resistance at `nominalC`, ohms. */
	readonly nominalOhms: number;
	/** °C; 25 unless given. */
	readonly nominalC?: number;
	/** Beta equation, kelvin. One of `beta` and `steinhartHart` is needed. */
	readonly beta?: number;
	/** 1/T = a + b ln R + c (ln R)^3, kelvin and ohms. */
	readonly steinhartHart?: { readonly a: number; readonly b: number; readonly c: number };
	/** Plausible range, °C; a reading outside is a fault. */
	readonly minimumC: number;
	readonly maximumC: number;
}

/**
 * What is wrong with the sensor. "open" also stands for a bead too cold for the divider, "shorted" for one
 * too hot: the ADC does not tell them apart.
 */
export type NtcFault = "" | "open" | "shorted" | "implausible";

const KELVIN = 273.15;
/** Closer than this to an end of what the ADC measures, in parts of its full scale, a value says nothing. */
const RAIL = 0.002;

export class NtcThermistor {
	private input: AnalogInput | undefined;
	private readonly options: NtcThermistorOptions;
	/**
	 * Share of the supply that one count stands for, and the least and the largest count that says something.
	 */
	private readonly share: number;
	private readonly low: number;
	private readonly high: number;
	private lastFault: NtcFault = "";

	constructor(options: NtcThermistorOptions) {
		const { seriesOhms, nominalOhms, beta, steinhartHart, minimumC, maximumC, sensor } = options;
		if (!(seriesOhms > 0 && nominalOhms > 0))
			throw new RangeError("thermistor: resistances must be positive");
		if (!(steinhartHart || (beta !== undefined && beta > 0)))
			throw new RangeError("thermistor: beta or Steinhart-Hart coefficients are needed");
		if (!(minimumC < maximumC)) throw new RangeError("thermistor: minimum must be below maximum");
		const { supplyVolts = 3.3, adc = { lowVolts: 0, fullVolts: supplyVolts } } = options;
		if (!(supplyVolts > 0 && adc.lowVolts >= 0 && adc.fullVolts > adc.lowVolts))
			throw new RangeError("thermistor: supply and range of the ADC must be positive");
		this.options = options;
		this.input = new sensor.io({ pin: sensor.pin });
		const full = 2 ** this.input.resolution - 1;
		this.share = adc.fullVolts / supplyVolts / full;
		this.low = full * (adc.lowVolts / adc.fullVolts + RAIL);
		this.high = full * (1 - RAIL);
	}

	/** Temperature in °C, or NaN; then `fault` says why. */
	read(): number {
		if (this.input === undefined) throw new Error("thermistor: closed");
		const options = this.options;
		const counts = this.input.read();
		if (counts > this.high) return this.failed("open");
		if (counts < this.low) return this.failed("shorted");
		const ratio = counts * this.share;
		if (ratio >= 1) return this.failed("open"); // a supply below what the ADC measures
		const log = Math.log((options.seriesOhms * ratio) / (1 - ratio));
		const { steinhartHart } = options;
		let inverse: number;
		if (steinhartHart) inverse = steinhartHart.a + steinhartHart.b * log + steinhartHart.c * log * log * log;
		else
			inverse =
				1 / ((options.nominalC ?? 25) + KELVIN) +
				(log - Math.log(options.nominalOhms)) / (options.beta as number);
		const celsius = 1 / inverse - KELVIN;
		if (!(celsius >= options.minimumC && celsius <= options.maximumC)) return this.failed("implausible");
		this.lastFault = "";
		return celsius;
	}

	/** The fault of the last `read`. */
	get fault(): NtcFault {
		return this.lastFault;
	}

	/** Ecma-419: a fresh object; without `temperature` when the sensor is faulty. */
	sample(): { temperature?: number } {
		const temperature = this.read();
		return Number.isNaN(temperature) ? {} : { temperature };
	}

	configure(_options: object): void {
		if (this.input === undefined) throw new Error("thermistor: closed");
	}

	close(): void {
		this.input?.close();
		this.input = undefined;
	}

	private failed(fault: NtcFault): number {
		this.lastFault = fault;
		return Number.NaN;
	}
}
