// The time of day: asked of several servers in turn, kept right, never believed blindly.
//
// Before the first answer of a boot the clock is not trusted: samples carry monotonic time and are stamped
// when it is. The last time that was known is kept as a floor, and the system's clock is set to it, so that a
// certificate is always checked against some real moment, never against 1970.

import type { Clock } from "../core/clock.js";
import type { Log } from "../core/log.js";
import type { Store } from "../core/store.js";

export interface WallClock extends Clock {
	/** Sets the time of day, ms since 1970; 0: it is not known at all. Not `trusted`: `wallAt` gives -1. */
	set(ms: number, trusted: boolean): void;
}

export interface TimeHandler {
	/** The time of this moment, ms since 1970. */
	timeAnswered(ms: number): void;
	/** The server did not answer, or made no sense. */
	timeFailed(): void;
}

export interface TimeSource {
	/**
	 * Asks a server; ends an earlier question. One of the handler's methods follows, never inside this call.
	 */
	ask(server: string, handler: TimeHandler): void;
	/** No answer is wanted any more. */
	cancel(): void;
}

/** Minutes since 1970 of the last time that was known. */
const FLOOR_KEY = "time";
/** Pause between questions while the time is not known, and while it is, ms. */
const RETRY_MS = 5_000;
const SLOW_RETRY_MS = 300_000;
const RESYNC_MS = 6 * 3_600_000;
/** Longest wait for an answer, DNS included, ms. */
const ANSWER_MS = 8_000;
/** Rounds over all servers at the quick pace. */
const QUICK_ROUNDS = 5;
/** An answer this far from a clock that runs is doubted until a second one agrees, ms. */
const DOUBT_MS = 3_600_000;
/** How well two answers have to agree, ms. */
const AGREE_MS = 10_000;
/** What an answer may lie behind the floor, ms: its minute, and a server that is not quite right. */
const FLOOR_SLACK_MS = 120_000;

export class TimeKeeper implements TimeHandler {
	/** Answers that set the clock. */
	synchronized = 0;
	/** Questions without a good answer. */
	failures = 0;
	/** Answers that were not believed until another agreed. */
	doubted = 0;
	/** How far the clock was off at the last synchronization, ms; positive: it was slow. */
	driftMs = 0;
	private readonly clock: WallClock;
	private readonly source: TimeSource;
	private readonly store: Store;
	private readonly servers: readonly string[];
	private readonly log: Log;
	/** ms since 1970, or 0. */
	private floor: number;
	private isKnown = false;
	private running = false;
	private asking = false;
	/** Next question, or while one is asked its end; monotonic ms. */
	private due = 0;
	/** Questions since the last answer. */
	private tries = 0;
	/** A doubted answer, as the time at monotonic 0; 0: none. */
	private claim = 0;

	constructor(clock: WallClock, source: TimeSource, store: Store, servers: readonly string[], log: Log) {
		if (servers.length === 0) throw new RangeError("time: no server");
		this.clock = clock;
		this.source = source;
		this.store = store;
		this.servers = servers;
		this.log = log;
		const minutes = store.get(FLOOR_KEY);
		this.floor = typeof minutes === "number" && minutes > 0 ? minutes * 60_000 : 0;
		clock.set(this.floor, false);
	}

	/** Whether the time is known in this boot. */
	get known(): boolean {
		return this.isKnown;
	}
	/** Whether a time of an earlier boot is known. */
	get hasFloor(): boolean {
		return this.floor > 0;
	}

	/** The network is there. */
	start(): void {
		if (this.running) return;
		this.running = true;
		this.asking = false;
		// A time that is known is asked for again when it is due, not with every connection.
		if (!this.isKnown) {
			this.due = this.clock.monotonic();
			this.tries = 0;
		}
	}

	/** The network is gone. */
	stop(): void {
		this.running = false;
		if (!this.asking) return;
		this.asking = false;
		this.source.cancel();
		this.due = this.clock.monotonic();
	}

	tick(now: number): void {
		if (!this.running || now < this.due) return;
		if (this.asking) {
			this.source.cancel();
			return this.timeFailed();
		}
		this.asking = true;
		this.due = now + ANSWER_MS;
		this.source.ask(this.servers[this.tries % this.servers.length] as string, this);
	}

	timeAnswered(ms: number): void {
		if (!this.asking) return;
		this.asking = false;
		const now = this.clock.monotonic();
		if (!this.plausible(ms, now)) {
			this.doubted++;
			this.claim = ms - now;
			this.tries++;
			this.due = now + RETRY_MS;
			this.log.warn("time: waiting for a second answer that agrees");
			return;
		}
		if (this.isKnown) {
			this.driftMs = ms - this.clock.wallAt(now);
			this.log.debug("time: the clock was off by ms: ", String(this.driftMs));
		} else this.log.info("time: known");
		this.isKnown = true;
		this.claim = 0;
		this.tries = 0;
		this.synchronized++;
		this.due = now + RESYNC_MS;
		this.clock.set(ms, true);
		this.floor = ms;
		this.store.set(FLOOR_KEY, Math.floor(ms / 60_000));
	}

	timeFailed(): void {
		if (!this.asking) return;
		this.asking = false;
		this.failures++;
		this.tries++;
		const quick = !this.isKnown && this.tries < QUICK_ROUNDS * this.servers.length;
		this.due = this.clock.monotonic() + (quick ? RETRY_MS : SLOW_RETRY_MS);
		if (this.tries === this.servers.length) this.log.warn("time: no server answers");
	}

	/** Whether an answer goes with what is known, or with the answer before it. */
	private plausible(ms: number, now: number): boolean {
		if (this.claim !== 0 && Math.abs(ms - now - this.claim) <= AGREE_MS) return true;
		if (this.isKnown) return Math.abs(ms - this.clock.wallAt(now)) <= DOUBT_MS;
		return ms >= this.floor - FLOOR_SLACK_MS;
	}
}
