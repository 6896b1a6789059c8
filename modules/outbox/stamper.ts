// Corrects the time stamps of records that were taken before the clock was right.

import type { Clock } from "../core/clock.js";
import type { Ring } from "./ring.js";
import type { Stamp } from "./stamp.js";

export class Stamper {
	private readonly stamp: Stamp;
	private readonly clock: Clock;
	private readonly boot: number;

	/** `boot` is the number of this boot: of others the clock knows nothing. */
	constructor(stamp: Stamp, clock: Clock, boot: number) {
		this.stamp = stamp;
		this.clock = clock;
		this.boot = boot;
	}

	/** Whether the record's stamps are right now. */
	correct(ring: Ring, slot: number): boolean {
		if (ring.stamped(slot)) return true;
		if (ring.boot(slot) !== this.boot) return false;
		const sampledAt = this.clock.wallAt(ring.monotonic(slot));
		if (sampledAt < 0) return false;
		for (let i = ring.stampCount(slot) - 1; i >= 0; i--)
			if (!this.stamp.write(ring.bytes, ring.view, ring.stampAt(slot, i), sampledAt)) return false;
		ring.setStamped(slot, true);
		return true;
	}
}
