// Exponential backoff with full jitter: each pause is drawn anew from [minimum, ceiling), the ceiling
// doubles.
//
// Two devices of one id end each other's connections: the server takes the one that came last. Each then
// stands only as long as the other pauses. In that rhythm a connection that stood for a while does not start
// the ceiling anew, so that both become quiet. It goes no higher: a bad network has the same rhythm.

import type { Random } from "./clock.js";

export interface BackoffOptions {
	/** Shortest pause, ms. Keeps a lucky draw from hammering the broker. */
	readonly minimumMs: number;
	/** Ceiling of the first pause, ms. */
	readonly initialMs: number;
	/** Largest ceiling, ms. */
	readonly maximumMs: number;
}

/** Kicks in a row that are no chance any more. */
export const RIVALS = 5;
/** Longest a connection stands that a rival ends: its longest pause, and its way back; ms. */
const RIVAL_MS = 40_000;

export class Backoff {
	private readonly options: BackoffOptions;
	private readonly random: Random;
	private failed = 0;
	/** Connections in a row that the server ended soon after they began. */
	private kicks = 0;

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

	/**
	 * To be called for each connection that has ended: whether the server ended it, and how long it stood, ms.
	 * Returns the number of kicks in a row.
	 */
	stood(byServer: boolean, ms: number): number {
		this.kicks = byServer && ms < RIVAL_MS ? this.kicks + 1 : 0;
		return this.kicks;
	}

	/** To be called once a connection has proved stable, not when it merely opened. */
	reset(): void {
		if (this.kicks < RIVALS) this.failed = 0;
	}
}
