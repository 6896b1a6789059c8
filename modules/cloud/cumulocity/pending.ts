// When to ask for pending operations with 500. Rows carry no operation id, and the cloud gives each answer to
// the oldest operation of a kind: so what is left pending must not be overtaken, and what comes again may be
// a copy.
//
//   what happens                                           what follows
//   a row is left pending: not listening, no room, …       500 once nothing is open
//   a row comes again while its operation is open          the same: it may be a second one of the same content
//   a row comes again while its operation lingers          500 once nothing lingers
//   a new row while something is left pending, and no      left pending too: only the answer of a 500 has them in order
//     500 was sent since
//   … and a 500 was sent since the last one was left       it begins: nothing older came before it
//   a 500 is acknowledged                                  for LINGER_MS its rows may still come
//   after that, nothing that was left has come             nothing is left: they were copies, or settled without us
//   the connection ends                                    nothing is left: the opening's 500 brings all that is pending

import type { RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";
import { MessageId } from "./message-ids.js";

/** How long a copy of a finished operation may be on its way, ms. */
export const LINGER_MS = 3000;
/** Tag of our own 500 in the lane of events. */
export const TAG_PENDING = 255;
/** Words in which the hashes of what was left are known: a bit for each of 1024 classes. */
export const LEFT_WORDS = 32;

const GET_PENDING = utf8(`${MessageId.GetPendingOperations}\n`);

export class Pending {
	private readonly host: CloudHost;
	/** LEFT_WORDS of it, from `at` on. */
	private readonly words: Uint32Array;
	private readonly at: number;
	/** 500s sent so far, and those not acknowledged yet. */
	private sent = 0;
	private underWay = 0;
	/** Until when rows may come that a 500 asked for which is acknowledged, monotonic ms. */
	private copiesUntil = Number.NEGATIVE_INFINITY;
	/** Whether a 500 of ours is in the lane. */
	private queued = false;
	/** Whether to ask once nothing is open, and once nothing lingers either. */
	private again = false;
	private later = false;
	/** Whether operations were left pending. */
	private left = false;
	/**
	 * Whether a 500 was sent since the last one was left: in its answer, what comes first of them is the oldest
	 * one.
	 */
	private leftAsked = false;
	/** Kept: a function made for each message would be garbage. */
	private readonly put = (record: RecordWriter) => record.put(GET_PENDING);

	constructor(host: CloudHost, words: Uint32Array, at: number) {
		this.host = host;
		this.words = words;
		this.at = at;
	}

	/** 500 is under way; until `answered` its replies are, too. */
	asked(): void {
		this.sent++;
		this.underWay++;
		this.leftAsked = true;
	}
	/** A 500 was acknowledged; the rows that answer it may come a little later. */
	answered(): void {
		if (this.underWay > 0) this.underWay--;
		this.copiesUntil = this.host.now() + LINGER_MS;
	}
	/** The 500 in the lane was acknowledged. */
	delivered(): void {
		this.queued = false;
		this.answered();
	}
	/** The server does not take the 500 in the lane. */
	givenUp(): void {
		this.queued = false;
		if (this.underWay > 0) this.underWay--;
	}
	/** The connection is gone, and with it what was on its way; a 500 of ours in the lane goes out again. */
	disconnected(): void {
		this.clear();
		this.underWay = this.queued ? 1 : 0;
	}

	/** To ask once nothing is open. */
	askAgain(): void {
		this.again = true;
	}
	get due(): boolean {
		return this.again;
	}

	/** An operation is left pending. */
	leave(hash: number): void {
		const bit = 1 << (hash & 31);
		const at = this.at + ((hash >>> 5) & (LEFT_WORDS - 1));
		const word = this.words[at] as number;
		if ((word & bit) !== 0) return;
		this.words[at] = word | bit;
		this.left = true;
		this.leftAsked = false;
	}
	private clear(): void {
		this.left = false;
		this.words.fill(0, this.at);
	}

	/** A row has come again while its operation is open, or lingers. */
	cameAgain(hash: number, lingers: boolean): void {
		this.leave(hash);
		this.leftAsked = false; // also where it was left before: what follows in this answer is younger
		if (lingers) this.later = true;
		else this.again = true;
	}

	/**
	 * There is no room for an operation; what lingers may be what takes it, and 500 would change nothing before
	 * that is gone.
	 */
	noRoom(hash: number, lingering: boolean): void {
		this.leave(hash);
		if (lingering) this.later = true;
		else this.again = true;
	}

	/**
	 * Whether a new operation has to wait, because an older one may be pending. Only the answer of a 500 has
	 * them in order, and a new operation may come ahead of it: it begins where something comes that was seen
	 * before, and nothing else came since 500 was sent.
	 */
	mustWait(hash: number): boolean {
		if (!this.left && !this.again && !this.later) return false;
		this.leave(hash);
		if (!this.leftAsked) {
			if (!this.later) this.again = true;
			return true;
		}
		this.clear();
		return false;
	}

	/** To be kept with a new operation, for `copied`. */
	get mark(): number {
		const copies = this.underWay > 0 || this.host.now() < this.copiesUntil;
		return copies ? this.sent - 1 : this.sent;
	}
	/** Whether the cloud may have sent the row of an operation with this mark twice. */
	copied(mark: number): boolean {
		return mark !== this.sent;
	}

	/** Asks if that is due; how many operations are open, and how many linger. */
	tick(open: number, lingering: number): void {
		const awaited = this.left && this.leftAsked;
		if (this.later && lingering === 0 && !awaited) {
			this.later = false;
			this.again = true;
		}
		// None came again: they were copies, or settled without us.
		if (awaited && this.underWay === 0 && this.copiesUntil <= this.host.now()) this.clear();
		if (!this.again || open > 0 || this.underWay > 0) return;
		if (!this.host.messages.queue(RecordKind.Passing, TAG_PENDING, this.put)) return;
		this.again = false;
		this.queued = true;
		this.asked();
	}
}
