// Exponential backoff with full jitter: each pause is drawn anew from [minimum, ceiling), the ceiling
// doubles.

import type { Random } from "./clock.js";

export interface BackoffOptions {
	/** Shortest pause, ms. Keeps a lucky draw from hammering the broker. */
	readonly minimumMs: number;
	/** Ceiling of the first pause, ms. */
	readonly initialMs: number;
	/** Largest ceiling, ms. */
	readonly maximumMs: number;
}

export class Backoff {
	private readonly options: BackoffOptions;
	private readonly random: Random;
	private failed = 0;

	constructor(options: BackoffOptions, random: Random) {
		this.options = options;
		this.random = random;
	}

	/** Failures since the last `reset`. */
	get failures(): number {
		return this.failed;
	}

	/** The next pause in ms: at least `floorMs`, and then below twice as long. */
	next(floorMs = 0): number {
		const { minimumMs, initialMs, maximumMs } = this.options;
		const exponent = Math.min(this.failed++, 20);
		const floor = Math.max(minimumMs, floorMs);
		const ceiling = Math.max(2 * floorMs, Math.min(maximumMs, initialMs * 2 ** exponent));
		return Math.floor(floor + this.random() * Math.max(0, ceiling - floor));
	}

	/** To be called once a connection has proved stable, not when it merely opened. */
	reset(): void {
		this.failed = 0;
	}
}
