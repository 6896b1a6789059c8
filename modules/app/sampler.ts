// Takes a sample every interval, without drift: the n-th sample is due n intervals after the start.

import type { Alarm, Clock, Timers } from "../core/clock.js";

/** Who takes the samples. */
export interface Sampled {
	sample(): void;
}

export class Sampler {
	readonly #clock: Clock;
	readonly #alarm: Alarm;
	readonly #owner: Sampled;
	#intervalMs: number;
	#due = 0;
	#running = false;

	constructor(clock: Clock, timers: Timers, intervalMs: number, owner: Sampled) {
		this.#clock = clock;
		this.#intervalMs = intervalMs;
		this.#owner = owner;
		this.#alarm = timers.create(() => this.tick());
	}

	get intervalMs(): number {
		return this.#intervalMs;
	}

	start(): void {
		this.#running = true;
		this.#due = this.#clock.monotonic() + this.#intervalMs;
		this.#alarm.start(this.#intervalMs);
	}

	stop(): void {
		this.#running = false;
		this.#alarm.stop();
	}

	/** The next sample comes one new interval from now. */
	changeInterval(ms: number): void {
		this.#intervalMs = ms;
		if (this.#running) this.start();
	}

	private tick(): void {
		const now = this.#clock.monotonic();
		this.#due += this.#intervalMs;
		// After a standstill (a stopped debugger, a slow TLS handshake) the missed samples are not made up.
		if (this.#due <= now) this.#due = now + this.#intervalMs;
		this.#alarm.start(this.#due - now);
		this.#owner.sample();
	}
}
