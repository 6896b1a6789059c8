// The clocks of the board. `time` counts 32-bit milliseconds that wrap after 49 days; here they never do.

import Time from "time";
import type { Clock } from "../core/clock.js";

/** 2024-01-01: a wall clock behind this was never set. */
const FLOOR = 1704067200000;

export class SystemClock implements Clock {
	#ticks = Time.ticks;
	#total = 0;

	monotonic(): number {
		const ticks = Time.ticks;
		this.#total += (ticks - this.#ticks) | 0; // as Time.delta
		this.#ticks = ticks;
		return this.#total;
	}
	wallAt(monotonicMs: number): number {
		const now = Date.now();
		return now < FLOOR ? -1 : now - (this.monotonic() - monotonicMs);
	}
}
