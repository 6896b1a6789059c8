// The operations in progress. Each one is answered by 501, and then 503, or 502 with a reason; it stays in
// the table until the broker has acknowledged the last answer. Nothing moves before 501 is acknowledged: from
// then on the cloud never offers the operation again, so that whatever happens it is carried out once at
// most.
//
//   the operation is   event                             it becomes  what follows
//   free               a row of a kind that is carried   begun       marker; 501
//                        out, right, wrong or unreadable
//   free               a row of another kind             ended       501 and 502 in one record
//   begun              501 is acknowledged               ended       a right one is carried out; 503, or 502 and the reason
//                        the same, of c8y_Restart        free        the node restarts; the next boot says 503 by the marker
//   begun              501 is given up                   free        500, because it is still PENDING
//   ended              the last answer has no room       late        once more as soon as there is, without the words
//   ended              the last answer is acknowledged   free        the marker goes
//                        the same, and a copy may come   lingers
//   ended              the last answer is given up       free        the marker stays, and the next boot says 502
//   lingers            LINGER_MS are over                free
//   any but free       the same row comes again          –           it is a duplicate; see pending.ts
//
// Rows carry no operation id, so a row that comes again (500 asks for all that is pending) can only be told
// by its content. Where a 500 was under way while an operation was pending, or only just acknowledged, the
// cloud may have sent its row twice, and the copy may come after the answers: then the entry lingers for a
// while, or the copy would be carried out and its answers would finish another operation. When to ask with
// 500 says pending.ts.

import { equals } from "../../core/bytes.js";
import { mark, marked } from "../../core/store.js";
import { decodeUtf8 } from "../../core/utf8.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";
import { MessageId, Operation, operationFragment } from "./message-ids.js";
import { LEFT_WORDS, LINGER_MS, Pending, TAG_PENDING } from "./pending.js";
import { quoteColumn, type RowReader } from "./rows.js";

/** Operations that may be in progress at once; further ones stay pending in the cloud. */
const CAPACITY = 4;
/** Places in the lane of events that all else leaves free for answers. */
export const ROOM_FOR_ANSWERS = 2;
const MARK = CAPACITY;
const TAKEN = 2 * CAPACITY;
const LATE = CAPACITY;
/** After the words of the entries: those of `Pending`. */
const LEFT = 3 * CAPACITY;

/** Longest reason of a failure, UTF-16 units; with three bytes each, the row still fits into its record. */
const MAX_REASON = 140;

/**
 * Markers in the store: an operation of this template is under way in this place. Written before 501 goes
 * out, and gone once the last answer is acknowledged: what stands there at a boot was interrupted.
 */
const UNDER_WAY: readonly string[] = Object.freeze([
	"operation-0",
	"operation-1",
	"operation-2",
	"operation-3",
]);

/** How the one actuator that 518 switches is driven, as command texts. */
export interface Relay {
	readonly closed: Uint8Array;
	readonly open: Uint8Array;
}

const Next = Object.freeze({ Nothing: 0, Restart: 1, CarryOut: 2, Refuse: 3 } as const);

const LF = 10;
const NOTHING = utf8("");
const EXECUTING = utf8(`${MessageId.SetExecuting},`);
const FAILED = utf8(`${MessageId.SetFailed},`);
const SUCCESSFUL = utf8(`${MessageId.SetSuccessful},`);
const CLOSED = utf8("CLOSED");
const CLOSE = utf8("CLOSE"); // what the documentation of 519 writes
const OPEN = utf8("OPEN");

export class Operations {
	/** Rows that were taken for duplicates. */
	duplicates = 0;
	/** When to ask for more. */
	readonly pending: Pending;
	private readonly host: CloudHost;
	private readonly relay: Relay;
	/** Hashes; after them the mark of `Pending` of each row; after these when it came, as a running number. */
	private readonly words = new Uint32Array(LEFT + LEFT_WORDS);
	/** Template ids, 0 where the entry is free; behind them last answers that found no room, as templates. */
	private readonly ids = new Uint16Array(2 * CAPACITY);
	/** 0 while free or in progress, else until when the finished entry lingers, monotonic ms. */
	private readonly until = new Float64Array(CAPACITY);
	/**
	 * What follows once 501 is acknowledged, so that last answers go in the order of the operations: a byte for
	 * each.
	 */
	private next = 0;
	/** A bit for each entry whose 501 is acknowledged. */
	private confirmed = 0;
	private takes = 0;
	/** Why the operation that is being read is refused, or "". */
	private refusal = "";
	/** Why operations are refused, by entry; made when it is needed. */
	private refusals: string[] | undefined;
	/**
	 * The answer that is being written, and kept functions that write: one made for each row would be garbage.
	 */
	private head: Uint8Array = NOTHING;
	private fragment: Uint8Array = NOTHING;
	private reason: Uint8Array = NOTHING;
	/** Whether 501 goes with it. */
	private both = false;
	private readonly putAnswer = (record: RecordWriter) => {
		if (this.both) {
			record.put(EXECUTING);
			record.put(this.fragment);
			record.byte(LF);
		}
		record.put(this.head);
		record.put(this.fragment);
		record.put(this.reason);
		record.byte(LF);
	};

	constructor(host: CloudHost, relay: Relay) {
		this.host = host;
		this.relay = relay;
		this.pending = new Pending(host, this.words, LEFT);
	}

	/** An operation row; `id` is its template. */
	row(row: RowReader, id: number): void {
		// Two of the same hash only delay each other.
		const index = this.take(id, row.hash(true));
		if (index < 0) return;
		if (!isSupported(id)) return this.answer(index, MessageId.SetFailed, unsupported(id), true);
		if (id === Operation.Restart) this.setNext(index, Next.Restart);
		else {
			this.refusal = this.plan(row, id);
			if (this.refusal === "") this.host.commands.keep(index);
			this.refuseUnless(index, this.refusal);
		}
		this.answer(index, MessageId.SetExecuting, "", false);
	}

	/**
	 * More rows follow that could not be kept: 500 brings them once those in progress are done. False if none
	 * is.
	 */
	more(): boolean {
		for (let i = 0; i < CAPACITY; i++) if (this.ids[i] !== 0) this.pending.askAgain();
		return this.pending.due;
	}

	private refuseUnless(index: number, reason: string): void {
		this.setNext(index, reason === "" ? Next.CarryOut : Next.Refuse);
		if (reason === "") return;
		this.refusals ??= ["", "", "", ""];
		this.refusals[index] = reason;
	}

	/** An operation that could not be read; `row` has its beginning. */
	unreadable(row: RowReader, id: number, reason: string): void {
		const index = this.take(id, row.hash(false));
		if (index < 0) return;
		if (!isSupported(id)) return this.answer(index, MessageId.SetFailed, reason, true);
		this.refuseUnless(index, reason);
		this.answer(index, MessageId.SetExecuting, "", false);
	}

	/** An entry of the table for a new operation, or -1 if it is not to be acted on (now). */
	private take(id: number, hash: number): number {
		// Not in the last moments before a restart: 500 brings it again afterwards.
		if (this.host.restarting) return -1;
		// 500 is left to `tick`: sent here, it would stand between two rows that one answer brings.
		this.release();
		for (let i = 0; i < CAPACITY; i++) {
			if (this.ids[i] === id && this.words[i] === hash) {
				this.duplicates++;
				this.pending.cameAgain(hash, (this.until[i] as number) > 0);
				return -1;
			}
		}
		if (this.pending.mustWait(hash)) return -1;
		const index = this.ids.indexOf(0);
		// Both answers must fit, and the last ones of others, or the cloud would never hear how it ended.
		if (index < 0 || index >= CAPACITY || this.host.messages.room < 2 + this.owed) {
			this.pending.noRoom(hash, this.until.some(isSet));
			return -1;
		}
		this.ids[index] = id;
		this.words[index] = hash;
		this.setNext(index, Next.Nothing);
		this.ids[LATE + index] = 0;
		this.words[TAKEN + index] = ++this.takes;
		if (isSupported(id)) mark(this.host.store, UNDER_WAY[index] as string, id);
		this.words[MARK + index] = this.pending.mark;
		return index;
	}

	private free(index: number): void {
		this.ids[index] = 0;
		this.until[index] = 0;
	}

	/** An answer was acknowledged. */
	delivered(tag: number): void {
		if (tag === TAG_PENDING) this.pending.delivered();
		else if (tag > 0) {
			const index = (tag - 1) >> 1;
			const last = ((tag - 1) & 1) === 1;
			if (last) {
				this.settle(index);
				if (this.ids[index] === 0) return; // of an earlier boot
				const lingers = this.pending.copied(this.words[MARK + index] as number);
				if (lingers) this.until[index] = this.host.now() + LINGER_MS;
				else this.free(index);
			} else this.confirmed |= 1 << index;
		}
		this.tick();
	}

	/**
	 * The server does not take an answer, and it is given up: the place is free, and the next boot ends the
	 * operation.
	 */
	givenUp(tag: number): void {
		if (tag === TAG_PENDING) this.pending.givenUp();
		else if (tag > 0) {
			const index = (tag - 1) >> 1;
			this.setNext(index, Next.Nothing);
			this.confirmed &= ~(1 << index);
			this.ids[LATE + index] = 0;
			this.free(index);
			if (((tag - 1) & 1) === 0) this.pending.askAgain(); // without 501 it is still PENDING
		}
	}

	/** Nothing is under way in this place any more. */
	private settle(index: number): void {
		const key = UNDER_WAY[index] as string;
		if (marked(this.host.store, key) !== 0) mark(this.host.store, key, 0);
	}

	/**
	 * What the cloud has to hear of operations that were under way when the last boot ended, as rows; empty
	 * where there were none. A restart that was asked for has succeeded by now. The others have not: left
	 * alone, they would take the answers of those to come.
	 */
	interrupted(): string {
		let rows = "";
		for (const key of UNDER_WAY) rows += lastWords(marked(this.host.store, key));
		return rows;
	}
	/** The cloud has heard it. */
	settled(): void {
		for (let i = 0; i < CAPACITY; i++) this.settle(i);
	}

	/** Goes on with the operations whose 501 is acknowledged, in the order of their places' 501. */
	proceed(): void {
		if (this.confirmed === 0) return; // called behind every acknowledgement
		while (this.confirmed !== 0) {
			const index = this.oldestConfirmed();
			this.confirmed &= ~(1 << index);
			const next = this.nextOf(index);
			this.setNext(index, Next.Nothing);
			if (next === Next.Restart) {
				this.free(index);
				this.host.restart();
			} else if (next !== Next.Nothing) {
				const reason =
					next === Next.CarryOut ? this.host.commands.carryOut(index) : (this.refusals?.[index] as string);
				if (this.refusals) this.refusals[index] = "";
				this.answer(index, reason === "" ? MessageId.SetSuccessful : MessageId.SetFailed, reason, true);
			}
		}
		this.tick();
	}

	/** The cloud gives each answer to the oldest operation that is executing, so order is kept. */
	private oldestConfirmed(): number {
		let oldest = -1;
		for (let i = 0; i < CAPACITY; i++)
			if (
				(this.confirmed >> i) & 1 &&
				(oldest < 0 || (this.words[TAKEN + i] as number) < (this.words[TAKEN + oldest] as number))
			)
				oldest = i;
		return oldest;
	}

	private nextOf(index: number): number {
		return (this.next >> (8 * index)) & 255;
	}
	private setNext(index: number, next: number): void {
		this.next = (this.next & ~(255 << (8 * index))) | (next << (8 * index));
	}

	/** Places in the lane that the last answers of operations will need. */
	private get owed(): number {
		let owed = 0;
		for (let i = 0; i < CAPACITY; i++)
			if (this.nextOf(i) > Next.Restart || (this.ids[LATE + i] as number) > 0) owed++;
		return owed;
	}

	/** After a boot: 500 once nothing is open. */
	askAgain(): void {
		this.pending.askAgain();
		this.tick();
	}

	/** Lets go of what has lingered long enough, and gives the answers that found no room. */
	private release(): void {
		for (let i = 0; i < CAPACITY; i++) {
			if (this.ids[i] === 0) continue;
			const late = this.ids[LATE + i] as number;
			if (late > 0) {
				this.ids[LATE + i] = 0;
				this.answer(i, late, "", true);
			}
			const until = this.until[i] as number;
			if (until > 0 && until <= this.host.now()) this.free(i);
		}
	}

	/** Does that, and asks again for what is pending if that is due. */
	tick(): void {
		this.release();
		let open = 0;
		let lingering = 0;
		for (let i = 0; i < CAPACITY; i++) {
			if (this.ids[i] === 0) continue;
			if (this.until[i] === 0) open++;
			else lingering++;
		}
		this.pending.tick(open, lingering);
	}

	private plan(row: RowReader, id: number): string {
		if (row.count < 3) return "the operation has no parameter";
		// Whatever is kept here, or in `row`, lies on the stack below the command's parser, where it is deepest.
		if (id === Operation.Command) return this.host.commands.plan(row.text, row.start(2), row.end(2));
		return this.planRelay(row);
	}

	private planRelay(row: RowReader): string {
		const closed = this.is(row, CLOSED) || this.is(row, CLOSE);
		if (!closed && !this.is(row, OPEN)) return "the state is neither OPEN nor CLOSED";
		const command = closed ? this.relay.closed : this.relay.open;
		return this.host.commands.plan(command, 0, command.length);
	}

	private is(row: RowReader, word: Uint8Array): boolean {
		return equals(row.text, row.start(2), row.end(2), word);
	}

	/**
	 * Where nothing is carried out, both answers go in one record: a power cut between them would leave
	 * EXECUTING what the next boot knows nothing of.
	 */
	private answer(index: number, template: number, reason: string, last: boolean): void {
		this.both = !isSupported(this.ids[index] as number);
		this.fragment = operationFragment(this.ids[index] as number);
		this.head =
			template === MessageId.SetExecuting
				? EXECUTING
				: template === MessageId.SetFailed
					? FAILED
					: SUCCESSFUL;
		this.reason = reason === "" ? NOTHING : utf8(`,${quoteColumn(reason, MAX_REASON)}`);
		const tag = 1 + index * 2 + (last ? 1 : 0);
		// An operation that does not get further than 501 is ended by its marker, or comes again with 500.
		const kind = last ? RecordKind.Operation : RecordKind.Passing;
		if (this.host.messages.queue(kind, tag, this.putAnswer)) return;
		// The cloud must hear how it ended, if need be without the words, or later.
		if (reason !== "") this.answer(index, template, "", last);
		else if (last) this.ids[LATE + index] = template;
	}
}

function isSet(value: number): boolean {
	return value > 0;
}

/** Operations of other kinds are refused. */
function isSupported(id: number): boolean {
	return id === Operation.Restart || id === Operation.Command || id === Operation.Relay;
}

/** The last answer for an operation that a restart interrupted. */
function lastWords(id: number): string {
	if (id === Operation.Restart) return `${MessageId.SetSuccessful},c8y_Restart\n`;
	if (!isSupported(id)) return "";
	return `${MessageId.SetFailed},${fragmentName(id)},interrupted by a restart\n`;
}

function fragmentName(id: number): string {
	const fragment = operationFragment(id);
	return decodeUtf8(fragment, 0, fragment.length) as string;
}

/** Why an operation of a kind that is not carried out failed. */
function unsupported(id: number): string {
	return `${fragmentName(id)} is not supported`;
}
