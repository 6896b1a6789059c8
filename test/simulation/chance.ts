// Draws from a seeded stream of numbers in [0, 1).

import { seeded } from "../support/seeded.js";

export class Chance {
	readonly random: () => number;

	constructor(seed: number) {
		this.random = seeded(seed);
	}

	/** Whether something of this probability happens. */
	happens(probability: number): boolean {
		return this.random() < probability;
	}
	/** A whole number, low to high. */
	whole(low: number, high: number): number {
		return low + Math.floor(this.random() * (high - low + 1));
	}
	/** A number of ms between low and high, small ones more often. */
	span(low: number, high: number): number {
		return Math.round(low * (high / low) ** this.random());
	}
	pick<T>(among: readonly T[]): T {
		return among[Math.floor(this.random() * among.length)] as T;
	}
}
