// Notices a dead link within one and a half keepalive intervals, in every case.
//
// A PINGREQ goes out after three quarters of the interval without sending [MQTT-3.1.2-23] or without
// receiving, so that steady QoS 0 traffic does not hide a dead link; half an interval later without its
// answer the link counts as dead: 1.25 intervals in all.

/** What `check` answers where the broker has fallen silent. */
export const DEAD = -1;

export class KeepAlive {
	/** When something went out, and when something came in, last: monotonic ms. Written by the session. */
	lastSent = 0;
	lastReceived = 0;
	/** PINGREQ is due; its sender takes this back. */
	pingDue = false;
	private readonly intervalMs: number;
	/** When the PINGREQ that awaits its answer fell due; NaN if there is none. */
	private pinged = Number.NaN;

	/** An interval of 0 switches the keepalive off. */
	constructor(intervalMs: number) {
		this.intervalMs = intervalMs;
	}

	/** A connection stands since `now` (monotonic ms). Returns how long to wait before `check`, ms; 0: for ever. */
	start(now: number): number {
		this.lastSent = this.lastReceived = now;
		this.stop();
		return this.intervalMs * 0.75;
	}

	stop(): void {
		this.pingDue = false;
		this.pinged = Number.NaN;
	}

	/** PINGRESP has arrived. */
	answered(): void {
		this.pinged = Number.NaN;
	}

	/** Looks whether PINGREQ is due. Returns how long to wait before the next `check`, ms, or DEAD. */
	check(now: number): number {
		const interval = this.intervalMs;
		const waiting = !Number.isNaN(this.pinged);
		const due = waiting
			? this.pinged + interval * 0.5
			: Math.min(this.lastSent, this.lastReceived) + interval * 0.75;
		if (due > now) return Math.ceil(due - now);
		if (waiting) return DEAD;
		this.pinged = now;
		this.pingDue = true;
		return Math.ceil(interval * 0.5);
	}
}
