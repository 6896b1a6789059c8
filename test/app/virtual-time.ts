// Time that passes only when a test says so: clock, alarms and repeated calls in the order of their deadlines.

import type { Alarm, Clock, Timers } from "../../modules/core/clock.js";

/** Wall time at monotonic 0. */
export const EPOCH = Date.UTC(2026, 10, 20, 9, 15, 30);

interface Pending {
	at: number;
	order: number;
	fire(): void;
}

export class VirtualTime implements Clock, Timers {
	now: number;
	clockSet = true;
	/** What `wall` adds to `now`. */
	wallOffset: number;
	readonly #pending = new Set<Pending>();
	#order = 0;

	constructor(now = 0) {
		this.now = now;
		this.wallOffset = EPOCH - now;
	}

	monotonic(): number {
		return this.now;
	}
	wall(): number {
		return this.now + this.wallOffset;
	}
	/** As WallClock wants it. */
	set(ms: number, trusted: boolean): void {
		if (trusted) this.wallOffset = ms - this.now;
		this.clockSet = trusted;
	}
	wallAt(monotonicMs: number): number {
		return this.clockSet ? this.wall() - (this.monotonic() - monotonicMs) : -1;
	}

	/** Alarms that are armed. */
	get armed(): number {
		return this.#pending.size;
	}

	create(callback: () => void): Alarm {
		let pending: Pending | undefined;
		let closed = false;
		const stop = () => {
			if (pending) this.#pending.delete(pending);
			pending = undefined;
		};
		return {
			start: (ms) => {
				stop();
				if (closed) return;
				if (!(ms >= 0)) throw new RangeError(`an alarm in ${ms} ms`);
				pending = {
					at: this.now + ms,
					order: this.#order++,
					fire: () => {
						pending = undefined;
						callback();
					},
				};
				this.#pending.add(pending);
			},
			stop,
			close: () => {
				stop();
				closed = true;
			},
		};
	}

	/** Calls back every `ms` until the returned function is called. */
	every(ms: number, tick: () => void): () => void {
		const alarm = this.create(() => {
			alarm.start(ms);
			tick();
		});
		alarm.start(ms);
		return () => alarm.close();
	}

	/** Lets `ms` pass; everything that falls due is called at its own moment. */
	advance(ms: number): void {
		const end = this.now + ms;
		for (let calls = 0; ; calls++) {
			if (calls > 1_000_000) throw new Error("virtual time does not come to rest");
			let first: Pending | undefined;
			for (const p of this.#pending)
				if (p.at <= end && (!first || p.at < first.at || (p.at === first.at && p.order < first.order)))
					first = p;
			if (!first) break;
			this.#pending.delete(first);
			this.now = Math.max(this.now, first.at);
			first.fire();
		}
		this.now = end;
	}
}
