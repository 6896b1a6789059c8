// Time that passes only when a test says so: clock, alarms and repeated calls in the order of their
// deadlines.

import type { Alarm, AlarmOwner, Clock, Timers } from "../../modules/core/clock.js";

/** Wall time at the start. */
export const EPOCH = Date.UTC(2026, 10, 20, 9, 15, 30);

interface Pending {
	at: number;
	order: number;
	fire(): void;
}

export class VirtualTime implements Clock, Timers {
	now: number;
	clockSet: boolean;
	/** What `wall` adds to `now`. */
	wallOffset: number;
	readonly #pending = new Set<Pending>();
	#order = 0;

	/** `start` is the monotonic clock's first reading, which may be any; `wall` is the time of day then. */
	constructor({ start = 0, wall = EPOCH, trusted = true } = {}) {
		this.now = start;
		this.wallOffset = wall - start;
		this.clockSet = trusted;
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
	/** Milliseconds until the next of them, or Infinity. */
	get untilNext(): number {
		const next = this.#next(Number.POSITIVE_INFINITY);
		return next ? next.at - this.now : Number.POSITIVE_INFINITY;
	}

	create(owner: AlarmOwner): Alarm {
		let pending: Pending | undefined;
		let closed = false;
		const stop = () => {
			if (pending) this.#pending.delete(pending);
			pending = undefined;
		};
		const alarm: Alarm = {
			start: (ms) => {
				stop();
				if (closed) return;
				if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(`an alarm in ${ms} ms`);
				pending = {
					at: this.now + Math.ceil(ms),
					order: this.#order++,
					fire: () => {
						pending = undefined;
						owner.due(alarm);
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
		return alarm;
	}

	/** An alarm that calls back. */
	calling(due: () => void): Alarm {
		return this.create({ due });
	}

	/** Calls back every `ms` until the returned function is called. */
	every(ms: number, tick: () => void): () => void {
		const alarm = this.create({
			due: () => {
				alarm.start(ms);
				tick();
			},
		});
		alarm.start(ms);
		return () => alarm.close();
	}

	/** Lets `ms` pass; everything that falls due is called at its own moment. */
	advance(ms: number): void {
		const end = this.now + ms;
		let calls = 0;
		for (let first = this.#next(end); first; first = this.#next(end)) {
			if (++calls > 1_000_000) throw new Error("virtual time does not come to rest");
			this.#pending.delete(first);
			this.now = Math.max(this.now, first.at);
			first.fire();
		}
		this.now = end;
	}

	#next(until: number): Pending | undefined {
		let next: Pending | undefined;
		for (const p of this.#pending)
			if (p.at <= until && (!next || p.at < next.at || (p.at === next.at && p.order < next.order))) next = p;
		return next;
	}
}
