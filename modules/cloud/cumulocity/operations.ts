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
//
// With ids (operation-ids.ts) a row of which the JSON is awaited stays without 501 for a moment, and a
// finished operation lingers where its other form may still be on its way.

import { RecordKind } from "../../outbox/ring.js";
import type { CloudHost } from "../cloud.js";
import type { Children } from "./children.js";
import { MessageId, Operation } from "./message-ids.js";
import { type Answer, isSupported, OperationAnswers, unsupported } from "./operation-answers.js";
import { OperationIds } from "./operation-ids.js";
import {
	interruptedOperations,
	isOf,
	type LastWords,
	noteOperation,
	settleOperation,
} from "./operation-markers.js";
import { CAPACITY } from "./operations-limits.js";
import { LEFT_WORDS, LINGER_MS, Pending, TAG_PENDING } from "./pending.js";
import { RelayStates } from "./relay-states.js";
import type { Relays } from "./relays.js";
import type { RowReader } from "./rows.js";

/** Places in the lane of events that all else leaves free for answers. */
export const ROOM_FOR_ANSWERS = 2;
const MARK = CAPACITY;
const TAKEN = 2 * CAPACITY;
const LATE = CAPACITY;
/** After the words of the entries: those of `Pending`. */
const LEFT = 3 * CAPACITY;

const Next = Object.freeze({ Nothing: 0, Restart: 1, CarryOut: 2, Refuse: 3, Sample: 4 } as const);

const NO_PARAMETER = "the operation has no parameter";

export class Operations {
	/** Rows that were taken for duplicates. */
	duplicates = 0;
	/** When to ask for more. */
	readonly pending: Pending;
	private readonly host: CloudHost;
	private readonly relays: Relays;
	private readonly answers: OperationAnswers;
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
	/** Why operations are refused, or what they ask of relays, by entry; made when it is needed. */
	private texts: string[] | undefined;
	/** What 518 has switched; made when it is needed. */
	declare relayStates?: RelayStates;
	/** Operations come with ids, too. */
	declare readonly byId?: OperationIds;
	declare private readonly children?: Children;
	/** With children: whose the operation is that is being read; and by place. */
	declare target?: number;
	declare private readonly targets?: Uint8Array;
	private readonly device: string;

	/** `device` is its external id; `ids`: whether operations come with ids, too. */
	constructor(host: CloudHost, relays: Relays, device: string, ids = false, children?: Children) {
		this.host = host;
		this.relays = relays;
		this.device = device;
		if (children) {
			this.children = children;
			this.targets = new Uint8Array(CAPACITY);
		}
		this.answers = new OperationAnswers(host);
		if (ids) this.byId = new OperationIds();
		this.pending = new Pending(host, this.words, LEFT);
	}

	/** An operation; `id` is its row's template, `operationId` its id, or 0 where it came as a row. */
	row(row: RowReader, id: number, operationId = 0): void {
		const { byId } = this;
		if (byId && operationId > 0) byId.heard = true;
		// What is only refused needs no waiting for its JSON: that will do.
		if (byId?.heard && operationId === 0 && !this.supports(id, this.target)) return;
		// Two of the same hash only delay each other.
		const index = this.take(id, row.hash(true), operationId);
		if (index < 0) return;
		if (!this.supports(id, this.target))
			return this.answer(index, MessageId.SetFailed, unsupported(id), true);
		if (id === Operation.Restart) this.setNext(index, Next.Restart);
		else if (id === Operation.MeasurementRequest) this.setNext(index, Next.Sample);
		else {
			this.relays.states = "";
			this.refusal = this.plan(row, id);
			if (this.refusal === "") this.host.commands.keep(index);
			this.refuseUnless(index, this.refusal);
		}
		if (!byId?.isWaiting(index)) this.answer(index, MessageId.SetExecuting, "", false);
	}

	/** An operation as JSON that is too long to be kept; `row` has its beginning. */
	refuse(row: RowReader, id: number, reason: string, operationId: number): void {
		if (this.byId) this.byId.heard = true;
		const index = this.take(id, row.hash(true), operationId);
		if (index < 0) return;
		if (!this.supports(id, this.target))
			return this.answer(index, MessageId.SetFailed, unsupported(id), true);
		this.relays.states = "";
		this.refuseUnless(index, reason);
		if (!this.byId?.isWaiting(index)) this.answer(index, MessageId.SetExecuting, "", false);
	}

	/** Whether operations of this kind are carried out for this target. */
	private supports(id: number, target = 0): boolean {
		if (target > 0) return this.children?.supports(target, id) ?? false;
		return isSupported(id) && (id !== Operation.RelayArray || this.relays.isArray);
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
		const text = reason === "" ? this.relays.states : reason;
		if (text === "") return;
		this.texts ??= ["", "", "", ""];
		this.texts[index] = text;
	}

	/** An operation that could not be read; `row` has its beginning. */
	unreadable(row: RowReader, id: number, reason: string): void {
		if (this.byId?.heard) return; // it comes as JSON
		const index = this.take(id, row.hash(false), 0);
		if (index < 0) return;
		if (!this.supports(id, this.target)) return this.answer(index, MessageId.SetFailed, reason, true);
		this.refuseUnless(index, reason);
		this.answer(index, MessageId.SetExecuting, "", false);
	}

	/** An entry of the table for a new operation, or -1 if it is not to be acted on (now). */
	private take(id: number, hash: number, operationId: number): number {
		// Not in the last moments before a restart: 500 brings it again afterwards.
		if (this.host.restarting) return -1;
		// 500 is left to `tick`: sent here, it would stand between two rows that one answer brings.
		this.release();
		for (let i = 0; i < CAPACITY; i++) {
			if (this.ids[i] === id && this.words[i] === hash && (this.byId?.isSame(i, operationId) ?? true)) {
				if (this.byId?.pairs(i, operationId)) {
					this.paired(i);
					return -1;
				}
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
		if (this.targets) this.targets[index] = this.target ?? 0;
		this.setNext(index, Next.Nothing);
		this.ids[LATE + index] = 0;
		this.words[TAKEN + index] = ++this.takes;
		this.byId?.begin(index, operationId, this.host.now());
		this.note(index);
		this.words[MARK + index] = this.pending.mark;
		return index;
	}

	/** Writes the marker of an operation that is carried out. */
	private note(index: number): void {
		const id = this.ids[index] as number;
		const target = this.targetOf(index);
		if (!this.supports(id, target)) return;
		const child = target > 0 ? this.idOf(target) : "";
		noteOperation(this.host.store, index, id, this.byId?.of(index) ?? 0, child);
	}

	/** Whose the operation in this place is. */
	private targetOf(index: number): number {
		return this.targets?.[index] ?? 0;
	}
	private idOf(target: number): string {
		return target > 0 && this.children ? this.children.idOf(target) : this.device;
	}

	/** The operation has come in its other form, too. */
	private paired(index: number): void {
		if ((this.until[index] as number) > 0) return;
		this.note(index);
		this.proceedWaiting(index);
	}

	/** 501 of a row that has waited for its id. */
	private proceedWaiting(index: number): void {
		const { byId } = this;
		if (!byId?.isReady(index, this.host.now())) return;
		// What is only refused is left to its JSON: 502 might go to another operation of its kind.
		if (byId.of(index) === 0 && this.nextOf(index) === Next.Refuse) {
			this.pending.leave(this.words[index] as number);
			return this.drop(index);
		}
		if (this.host.messages.room === 0) return; // with the next tick
		byId.go(index);
		this.answer(index, MessageId.SetExecuting, "", false);
	}

	/** Forgets an operation of which nothing was said yet. */
	private drop(index: number): void {
		this.setNext(index, Next.Nothing);
		this.settle(index);
		this.free(index);
	}

	/** The connection is gone: rows of which nothing was said yet come again. */
	disconnected(): void {
		this.pending.disconnected();
		const { byId } = this;
		if (!byId) return;
		byId.heard = false;
		for (let i = 0; i < CAPACITY; i++) if (this.ids[i] !== 0 && byId.isWaiting(i)) this.drop(i);
	}

	private free(index: number): void {
		this.byId?.forget(index);
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
				const awaitsOther = this.byId !== undefined && !this.byId.isPaired(index);
				const lingers = awaitsOther || this.pending.copied(this.words[MARK + index] as number);
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
		settleOperation(this.host.store, index);
	}

	/** What the cloud has to hear of operations that were under way when the last boot ended. */
	interrupted(): LastWords[] {
		return interruptedOperations(this.host.store);
	}
	/** The cloud has heard it: of a child, or with "" of the device; or all of it. */
	settled(child?: string): void {
		for (let i = 0; i < CAPACITY; i++)
			if (child === undefined || isOf(this.host.store, i, child)) this.settle(i);
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
				const text = this.texts?.[index] ?? "";
				if (text !== "" && this.texts) this.texts[index] = "";
				this.finish(index, next, text);
			}
		}
		this.tick();
	}

	private finish(index: number, next: number, text: string): void {
		let reason = next === Next.Refuse ? text : "";
		if (next === Next.CarryOut) reason = this.host.commands.carryOut(index);
		else if (next === Next.Sample) this.host.sampleNow();
		if (reason !== "") return this.answer(index, MessageId.SetFailed, reason, true);
		if (this.ids[index] === Operation.Relay) this.switched(this.idOf(this.targetOf(index)), text);
		const extra = this.ids[index] === Operation.RelayArray ? text : "";
		this.answer(index, MessageId.SetSuccessful, extra, true);
	}

	private switched(device: string, state: string): void {
		this.relayStates ??= new RelayStates(this.host);
		this.relayStates.set(device, state);
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
		for (let i = 0; i < CAPACITY; i++) {
			if (this.nextOf(i) > Next.Restart || (this.ids[LATE + i] as number) > 0) owed++;
			if (this.byId?.isWaiting(i)) owed++; // its 501, too
		}
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
				this.answer(i, late as Answer, "", true);
			}
			this.proceedWaiting(i);
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
		if (row.count < 3) return NO_PARAMETER;
		// Whatever is kept here, or in `row`, lies on the stack below the command's parser, where it is deepest.
		if (id === Operation.Command) return this.host.commands.plan(row.text, row.start(2), row.end(2));
		if (this.children) this.relays.child = this.children.relayOf(this.target ?? 0);
		return this.relays.plan(row, id);
	}

	private answer(index: number, kind: Answer, text: string, last: boolean): void {
		const template = this.ids[index] as number;
		const target = this.targetOf(index);
		const both = !this.supports(template, target);
		const tag = 1 + index * 2 + (last ? 1 : 0);
		// An operation that does not get further than 501 is ended by its marker, or comes again with 500.
		const record = last ? RecordKind.Operation : RecordKind.Passing;
		const id = this.byId?.of(index) ?? 0;
		if (this.answers.queue(kind, template, id, text, both, record, tag, target)) return;
		// The cloud must hear how it ended, if need be without the words, or later.
		if (text !== "") this.answer(index, kind, "", last);
		else if (last) this.ids[LATE + index] = kind;
	}
}

function isSet(value: number): boolean {
	return value > 0;
}
