// A thermistor bead in air: first-order lag behind the ambient temperature, and its resistance.

/** Time constant of a small bead in still air, ms. */
const TAU_MS = 8000;
const KELVIN = 273.15;

export interface ThermistorPart {
	readonly nominalOhms: number;
	readonly nominalC: number;
	readonly beta: number;
}

export class ThermalMass {
	#celsius: number;
	#at: number;

	constructor(celsius: number, now: number) {
		this.#celsius = celsius;
		this.#at = now;
	}

	/** Moves on to `now` with the surroundings at `ambientC`; returns the bead's temperature, °C. */
	advance(now: number, ambientC: number): number {
		const dt = Math.max(0, now - this.#at);
		this.#at = now;
		this.#celsius = ambientC + (this.#celsius - ambientC) * Math.exp(-dt / TAU_MS);
		return this.#celsius;
	}
}

/** Resistance at a temperature by the beta equation, ohms. */
export function thermistorOhms(part: ThermistorPart, celsius: number): number {
	return part.nominalOhms * Math.exp(part.beta * (1 / (celsius + KELVIN) - 1 / (part.nominalC + KELVIN)));
}
