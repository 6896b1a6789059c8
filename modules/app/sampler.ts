// Takes a sample every interval, without drift: the n-th sample is due n intervals after the start.

import type { Alarm, AlarmOwner, Clock, Timers } from "../core/clock.js";

/** Who takes the samples. */
export interface Sampled {
	sample(): void;
}

export class Sampler implements AlarmOwner {
	private readonly clock: Clock;
	private readonly alarm: Alarm;
	private readonly owner: Sampled;
	private pauseMs: number;
	private dueAt = 0;
	private running = false;

	constructor(clock: Clock, timers: Timers, intervalMs: number, owner: Sampled) {
		this.clock = clock;
		this.pauseMs = intervalMs;
		this.owner = owner;
		this.alarm = timers.create(this);
	}

	get intervalMs(): number {
		return this.pauseMs;
	}

	start(): void {
		this.running = true;
		this.dueAt = this.clock.monotonic() + this.pauseMs;
		this.alarm.start(this.pauseMs);
	}

	stop(): void {
		this.running = false;
		this.alarm.stop();
	}

	/** The next sample comes one new interval from now. */
	changeInterval(ms: number): void {
		this.pauseMs = ms;
		if (this.running) this.start();
	}

	due(): void {
		const now = this.clock.monotonic();
		this.dueAt += this.pauseMs;
		// After a standstill (a stopped debugger, a slow TLS handshake) the missed samples are not made up.
		if (this.dueAt <= now) this.dueAt = now + this.pauseMs;
		this.alarm.start(this.dueAt - now);
		this.owner.sample();
	}
}
