// Time under a test's control: the monotonic clock moves only by advance(), alarms fire in the order of their deadlines.

import type { Alarm, Clock, Timers } from "../../modules/core/clock.js";

interface Entry {
	callback: (() => void) | undefined;
	/** Deadline, or -Infinity while stopped. */
	due: number;
	/** Order of starting, for equal deadlines. */
	order: number;
}

const STOPPED = Number.NEGATIVE_INFINITY;

export class VirtualTime implements Clock, Timers {
	#now: number;
	#wallOffset: number;
	#trusted: boolean;
	#order = 0;
	readonly #entries: Entry[] = [];

	/** `start` is the monotonic clock's first reading, which may be any. */
	constructor(options: { start?: number; wall?: number; trusted?: boolean } = {}) {
		this.#now = options.start ?? 1_000_000;
		this.#wallOffset = (options.wall ?? 1_795_166_130_000) - this.#now;
		this.#trusted = options.trusted ?? true;
	}

	monotonic(): number {
		return this.#now;
	}
	wall(): number {
		return this.#now + this.#wallOffset;
	}
	wallAt(monotonicMs: number): number {
		return this.#trusted ? this.wall() - (this.monotonic() - monotonicMs) : -1;
	}

	setWall(ms: number): void {
		this.#wallOffset = ms - this.#now;
	}
	setTrusted(trusted: boolean): void {
		this.#trusted = trusted;
	}

	create(callback: () => void): Alarm {
		const entry: Entry = { callback, due: STOPPED, order: 0 };
		this.#entries.push(entry);
		return {
			start: (ms) => {
				if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(`alarm: ${ms} ms`);
				entry.due = this.#now + Math.ceil(ms);
				entry.order = this.#order++;
			},
			stop: () => {
				entry.due = STOPPED;
			},
			close: () => {
				entry.due = STOPPED;
				entry.callback = undefined;
			},
		};
	}

	/** Alarms that are running. */
	get running(): number {
		return this.#entries.filter((entry) => entry.due !== STOPPED).length;
	}

	/** Milliseconds until the next alarm, or Infinity. */
	get untilNext(): number {
		const next = this.#next(Number.POSITIVE_INFINITY);
		return next ? next.due - this.#now : Number.POSITIVE_INFINITY;
	}

	/** Moves on by `ms` and fires what falls due on the way, each at its own moment. */
	advance(ms: number): void {
		const until = this.#now + ms;
		let fired = 0;
		for (let next = this.#next(until); next; next = this.#next(until)) {
			// An alarm that starts itself anew with 0 ms would never let the time go on.
			if (++fired > 1_000_000) throw new Error("virtual time stands still");
			this.#now = Math.max(this.#now, next.due);
			next.due = STOPPED;
			next.callback?.();
		}
		this.#now = until;
	}

	#next(until: number): Entry | undefined {
		let best: Entry | undefined;
		for (const entry of this.#entries) {
			if (entry.due === STOPPED || entry.due > until) continue;
			if (!best || entry.due < best.due || (entry.due === best.due && entry.order < best.order)) best = entry;
		}
		return best;
	}
}
