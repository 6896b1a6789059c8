// A voltage on the ADC, behind a divider: a battery, a panel, a sensor with an analog output. With the
// voltages of an empty and a full battery it also says how full that is.

import type { Quantity } from "../modules/core/channels.js";
import type { AnalogClass, AnalogInput, Pin } from "../modules/core/io.js";

export interface VoltageInputOptions {
	readonly sensor: { readonly io: AnalogClass; readonly pin: Pin };
	/** What the ADC measures at its pin: from, and to its largest value, V. */
	readonly adc: { readonly lowVolts: number; readonly fullVolts: number };
	/** Resistors of the divider, from the voltage to the pin and from there to ground; none unless given. */
	readonly upperOhms?: number;
	readonly lowerOhms?: number;
	/** An empty battery and a full one, V; 3.3 and 4.2 (one cell of lithium) unless given. */
	readonly emptyVolts?: number;
	readonly fullVolts?: number;
}

export type VoltageFault = "" | "low" | "high";

export const VOLTAGE: readonly Quantity[] = Object.freeze([
	Object.freeze({ name: "voltage", unit: "V", decimals: 2, window: "mean" }),
	Object.freeze({ name: "level", unit: "%", decimals: 0, window: "mean" }),
] as const);

const VOLTS = 0;
/** One cell of lithium, V. */
const EMPTY = 3.3;
const FULL = 4.2;

/** Throws for a divider or a battery that cannot be. */
export function checkVoltage(
	options: Pick<VoltageInputOptions, "upperOhms" | "lowerOhms" | "emptyVolts" | "fullVolts">,
): void {
	const { upperOhms = 0, lowerOhms = 1, emptyVolts = EMPTY, fullVolts = FULL } = options;
	if (!(upperOhms >= 0 && lowerOhms > 0)) throw new RangeError("voltage: resistances must be positive");
	if (!(fullVolts > emptyVolts)) throw new RangeError("voltage: full must be above empty");
}

export class VoltageInput {
	private input: AnalogInput | undefined;
	/** Volts of one count, and the least and the largest count that says something. */
	private readonly volts: number;
	private readonly low: number;
	private readonly high: number;
	private readonly emptyVolts: number;
	private readonly fullVolts: number;
	private lastFault: VoltageFault = "";

	constructor(options: VoltageInputOptions) {
		const { sensor, adc, upperOhms = 0, lowerOhms = 1, emptyVolts = EMPTY, fullVolts = FULL } = options;
		checkVoltage(options);
		if (!(adc.lowVolts >= 0 && adc.fullVolts > adc.lowVolts))
			throw new RangeError("voltage: the range of the ADC must be positive");
		this.emptyVolts = emptyVolts;
		this.fullVolts = fullVolts;
		this.input = new sensor.io({ pin: sensor.pin });
		const full = 2 ** this.input.resolution - 1;
		this.volts = (adc.fullVolts / full) * (1 + upperOhms / lowerOhms);
		this.low = (full * adc.lowVolts) / adc.fullVolts;
		this.high = full;
	}

	/** 0: V; 1: % of a full battery. NaN outside of what the ADC measures; then `fault` says on which side. */
	read(quantity = VOLTS): number {
		if (this.input === undefined) throw new Error("voltage: closed");
		const counts = this.input.read();
		this.lastFault = counts < this.low ? "low" : counts >= this.high ? "high" : "";
		if (this.lastFault !== "") return Number.NaN;
		const volts = counts * this.volts;
		if (quantity === VOLTS) return volts;
		const { emptyVolts, fullVolts } = this;
		const level = ((volts - emptyVolts) * 100) / (fullVolts - emptyVolts);
		return level < 0 ? 0 : level > 100 ? 100 : level;
	}

	/** The fault of the last `read`. */
	get fault(): VoltageFault {
		return this.lastFault;
	}

	/** Ecma-419: a fresh object; empty when the voltage cannot be measured. */
	sample(): { voltage?: number; level?: number } {
		const voltage = this.read();
		return Number.isNaN(voltage) ? {} : { voltage, level: this.read(1) };
	}

	configure(_options: object): void {
		if (this.input === undefined) throw new Error("voltage: closed");
	}

	close(): void {
		this.input?.close();
		this.input = undefined;
	}
}
