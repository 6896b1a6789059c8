// The clocks of the board. `time` counts 32-bit milliseconds that wrap after 49 days; here they never do.

import Time from "time";
import type { WallClock } from "../network/time-keeper.js";

/** 2024-01-01: a wall clock behind this was never set. */
const FLOOR = 1704067200000;

export class SystemClock implements WallClock {
	private ticks = Time.ticks;
	private total = 0;
	/** The time of day at monotonic 0; 0 while the system's own clock is asked, -1 while none is trusted. */
	private epoch = 0;

	monotonic(): number {
		const ticks = Time.ticks;
		const total = this.total + ((ticks - this.ticks) | 0); // as Time.delta
		this.total = total;
		this.ticks = ticks;
		return total;
	}
	wallAt(monotonicMs: number): number {
		const epoch = this.epoch;
		if (epoch > 0) return epoch + monotonicMs;
		if (epoch < 0) return -1;
		const now = Date.now();
		return now < FLOOR ? -1 : now - (this.monotonic() - monotonicMs);
	}
	/** The system's clock, which the SDK's TLS asks, takes whole seconds; ours keeps the milliseconds. */
	set(ms: number, trusted: boolean): void {
		if (ms > 0) Time.set(Math.floor(ms / 1000));
		this.epoch = trusted ? ms - this.monotonic() : -1;
	}
}
