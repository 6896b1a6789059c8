// Speed by counted edges of a slotted disc or Hall sensor.

import { EdgeInput, type EdgeInputOptions } from "./edge-input.js";

export interface TachometerOptions extends EdgeInputOptions {
	/** Edges per revolution. */
	readonly pulsesPerRevolution: number;
}

export class Tachometer extends EdgeInput {
	private readonly pulses: number;

	constructor(options: TachometerOptions) {
		const { pulsesPerRevolution } = options;
		if (!(pulsesPerRevolution >= 1)) throw new RangeError("tachometer: at least one pulse per revolution");
		super(options);
		this.pulses = pulsesPerRevolution;
	}

	/** Mean speed since the last `read`, rpm; 0 once no edge has come for two seconds. */
	read(): number {
		return (this.frequency() * 60) / this.pulses;
	}

	sample(): { speed: number } {
		return { speed: this.read() };
	}
}
