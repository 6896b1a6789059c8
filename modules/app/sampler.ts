// Reads the sensors and takes samples, without drift: the n-th is due n intervals after the start. Between
// two samples sensors may be read more often.

import type { Alarm, AlarmOwner, Clock, Timers } from "../core/clock.js";

/** A reading may come by so much earlier than its timer meant, ms; half of the shortest interval. */
export const EARLY_MS = 50;

/** Who takes the samples. */
export interface Sampled {
	/** Reads the sensors; `whole`: and takes a sample. */
	sample(whole: boolean): void;
}

/** What comes `every` ms keeps to its grid, unless it is behind it; monotonic ms. */
export function nextOnGrid(due: number, every: number, now: number): number {
	const then = due + every;
	return then > now ? then : now + every;
}

export class Sampler implements AlarmOwner {
	private readonly clock: Clock;
	private readonly alarm: Alarm;
	private readonly owner: Sampled;
	private readonly readMs: number;
	private pauseMs: number;
	private dueAt = 0;
	private sampleAt = 0;
	private running = false;

	/** `readMs`: pause between readings, ms; 0, or not below that of samples: one a sample. */
	constructor(clock: Clock, timers: Timers, intervalMs: number, readMs: number, owner: Sampled) {
		this.clock = clock;
		this.pauseMs = intervalMs;
		this.readMs = readMs;
		this.owner = owner;
		this.alarm = timers.create(this);
	}

	/** Pause between samples, ms. */
	get intervalMs(): number {
		return this.pauseMs;
	}

	start(): void {
		this.running = true;
		const now = this.clock.monotonic();
		this.dueAt = now + this.step;
		this.sampleAt = now + this.pauseMs;
		this.alarm.start(this.step);
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
		const { step } = this;
		this.dueAt += step;
		// After a standstill (a stopped debugger, a slow TLS handshake) the missed samples are not made up.
		if (this.dueAt <= now) this.dueAt = now + step;
		this.alarm.start(this.dueAt - now);
		if (step === this.pauseMs) this.owner.sample(true);
		else this.readOrSample(now);
	}

	private readOrSample(now: number): void {
		const whole = now >= this.sampleAt - EARLY_MS;
		if (whole) this.sampleAt = nextOnGrid(this.sampleAt, this.pauseMs, now);
		this.owner.sample(whole);
	}

	/** Pause until the sensors are read again, ms. */
	private get step(): number {
		const { readMs, pauseMs } = this;
		return readMs > 0 && readMs < pauseMs ? readMs : pauseMs;
	}
}
