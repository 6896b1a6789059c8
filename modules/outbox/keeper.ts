// What survives a power cut, kept in the journal: records, under which packet id they are under way in a
// session that persists, the packet ids of QoS 2 messages that were received, and the command that is being
// carried out.
//
//   entry      body
//   Record     u8 lane, then the record as it lies in its ring
//   Removed    u8 lane, u32 number
//   Sent       u8 lane, u16 packet id, u32 number, u32 message        before its PUBLISH goes out
//   Received   u16 packet id, twice                                   PUBREC, before PUBREL goes out
//   Lost       u32 0                                                  the server has lost the session
//   Taken      u16 first, u16 last                                    inbound QoS 2 ids, before their PUBREC goes out
//   Released   u16 packet id, twice                                   PUBREL
//   Intent     u16 packet id or 0, text                               before anything moves
//   Done       u32 0                                                  of the intent; a record of an operation says so too

import { FNV_BASIS, foldBytes } from "../core/bytes.js";
import type { Alarm, Timers } from "../core/clock.js";
import type { Flash } from "../core/flash.js";
import { Await } from "../mqtt/in-flight.js";
import { Limits } from "../mqtt/limits.js";
import type { Session } from "../mqtt/session.js";
import type { SessionBook } from "../mqtt/session-parts.js";
import { BODY, entryBytes, Journal, type JournalOwner } from "./journal.js";
import { type Lane, sign } from "./lane.js";
import {
	drop,
	packetOf,
	RecordKind,
	RecordState,
	type Ring,
	type RingKeeper,
	recordHeaderBytes,
	stateOf,
} from "./ring.js";

const Entry = Object.freeze({
	Record: 1,
	Removed: 2,
	Sent: 3,
	Received: 4,
	Lost: 5,
	Taken: 6,
	Released: 7,
	Intent: 8,
	Done: 9,
} as const);

const SENT_BYTES = 12;
/** Longest beginning of a command that is kept with its intent, bytes. */
export const INTENT_BYTES = 120;

export interface KeeperOptions {
	readonly flash: Flash;
	/** Lanes whose records are kept, by their place in this list. */
	readonly lanes: readonly Lane[];
	/** `Keeper.bytesFor`, in the rings' buffer. */
	readonly bytes: Uint8Array;
	readonly session: Session;
	readonly timers: Timers;
	/** Whether the session outlives its connection, so that its packet ids have to as well. */
	readonly persistent: boolean;
	readonly clientId: Uint8Array; // another client's records are not ours
	/** Number of this boot. */
	readonly boot: number;
	/** Flash does not do what it should: from here on nothing is kept. */
	failed(error: unknown): void;
}

export class Keeper implements RingKeeper, JournalOwner, SessionBook {
	/** Records found in flash; of these, measures whose time is lost, and measures that can be sent. */
	restored = 0;
	undated = 0;
	measures = 0;
	/** What was begun and not ended before the power was cut, as its text; undefined: nothing. */
	interrupted: Uint8Array | undefined;
	readonly journal: Journal;
	private readonly lanes: readonly Lane[];
	/** Number of each lane's last record that is in flash, or is none that is kept. */
	private readonly kept: Uint32Array;
	private readonly session: Session;
	private readonly persistent: boolean;
	private readonly failed: (error: unknown) => void;
	private readonly boot: number;
	private broken = false;
	/** The intent that is open: its body is [0, intentEnd). */
	private readonly intentBytes = new Uint8Array(2 + INTENT_BYTES);
	private intentEnd = 0;
	private intentId = 0;
	/** Where in the rings' buffer the body of an entry begins. */
	private readonly bodyAt: number;
	/** A snapshot from the bottom of the stack: below a command there is no room for one. */
	private readonly tidy: Alarm;
	private tidying = false;

	/** Bytes in which an entry is put together, for lanes of these shapes. */
	static bytesFor(shapes: ReadonlyArray<{ readonly recordBytes: number; readonly stamps: number }>): number {
		let body = 2 + INTENT_BYTES;
		for (const { recordBytes, stamps } of shapes)
			body = Math.max(body, 1 + recordHeaderBytes(stamps) + recordBytes);
		return entryBytes(body);
	}

	constructor(options: KeeperOptions) {
		const { lanes, persistent, session, bytes, flash, clientId } = options;
		this.lanes = lanes;
		this.kept = new Uint32Array(lanes.length);
		this.session = session;
		this.persistent = persistent;
		this.failed = options.failed;
		this.boot = options.boot;
		this.bodyAt = bytes.byteOffset - (lanes[0] as Lane).ring.bytes.byteOffset + BODY;
		let snapshotBytes = entryBytes(this.intentBytes.length);
		let fingerprint = persistent ? FNV_BASIS : 0x11c9dc58;
		for (const lane of lanes) {
			const { ring } = lane;
			const body = 1 + ring.headerBytes + ring.payloadBytes;
			snapshotBytes += ring.slots * entryBytes(body);
			if (persistent) snapshotBytes += ring.slots * entryBytes(SENT_BYTES);
			fingerprint = foldBytes(sign(fingerprint, lane), clientId);
		}
		snapshotBytes += (Limits.inFlight + Limits.inboundQos2) * entryBytes(4);
		this.tidy = options.timers.create(this);
		this.journal = new Journal({ flash, bytes, fingerprint, snapshotBytes, owner: this });
	}

	/** Puts back what was kept; to be called before the session starts. */
	open(): void {
		try {
			this.journal.open();
		} catch (error) {
			this.fail(error);
			return;
		}
		if (this.intentEnd > 0) this.interrupted = this.intentBytes.slice(2, this.intentEnd);
		for (const [place, { ring }] of this.lanes.entries()) {
			this.kept[place] = ring.lastNumber;
			this.restored += ring.used;
			for (let slot = ring.first; slot >= 0; ) {
				const next = ring.after(slot);
				if (ring.kind(slot) === RecordKind.Measure) this.measures++;
				if (!ring.stamped(slot)) this.redate(ring, slot);
				slot = next;
			}
			ring.keeper = this;
		}
	}

	/** The clock of the boot in which it was taken never became right. A result must go out all the same. */
	private redate(ring: Ring, slot: number): void {
		if (ring.kind(slot) === RecordKind.Measure) {
			this.undated++;
			this.measures--;
			drop(ring, slot);
		} else ring.setSampled(slot, this.boot, 0);
	}

	/**
	 * Writes the records that are new, and has room ready for what comes. Not done where they are queued,
	 * because the stack is deep there: to be called before anything goes out, and after whatever may have
	 * queued or removed some.
	 */
	flush(): void {
		try {
			for (let place = 0; place < this.lanes.length; place++) {
				const { ring } = this.lanes[place] as Lane;
				if (ring.lastNumber !== this.kept[place]) this.flushLane(ring, place);
			}
			if (this.broken) return;
			this.journal.prepare();
			if (this.tidying || !this.journal.due) return;
			this.tidying = true;
			this.tidy.start(0);
		} catch (error) {
			this.fail(error);
		}
	}

	private flushLane(ring: Ring, place: number): void {
		const kept = this.kept[place] as number;
		const { last } = ring;
		// The usual case is one new record, and must not cost more where many wait.
		let slot = last < 0 || ring.number(last) - kept === 1 ? last : ring.first;
		for (; slot >= 0; slot = ring.after(slot)) {
			if (ring.number(slot) <= kept || ring.kind(slot) === RecordKind.Passing) continue;
			this.record(ring, slot);
			if (ring.kind(slot) === RecordKind.Operation) this.intentEnd = 0;
		}
		this.kept[place] = ring.lastNumber;
	}

	// RingKeeper

	removed(ring: Ring, slot: number): void {
		if (ring.kind(slot) === RecordKind.Passing) return;
		const place = this.place(ring);
		if (ring.number(slot) > (this.kept[place] as number)) return; // it never came into flash
		try {
			const journal = this.begin(Entry.Removed, 5);
			if (!journal) return;
			journal.bytes[BODY] = place;
			journal.view.setUint32(BODY + 1, ring.number(slot));
			journal.end(5);
		} catch (error) {
			this.fail(error);
		}
	}

	// What the session says

	/** The records of a message begin to be sent. */
	sending(lane: Lane, first: number, count: number, packetId: number): void {
		const { ring } = lane;
		if (!this.persistent || packetId === 0 || ring.keeper !== this) return;
		try {
			for (let slot = first, n = count; n > 0; slot = ring.after(slot)) {
				if (count > 1 && stateOf(ring, slot) !== RecordState.Sending) continue;
				n--;
				if (ring.kind(slot) === RecordKind.Passing) continue;
				// The very bytes have to go out again.
				if (ring.restamped(slot)) this.record(ring, slot);
				this.sent(ring, slot);
			}
		} catch (error) {
			this.fail(error);
		}
	}

	/** PUBREC for one of our messages. */
	received(packetId: number): void {
		if (this.persistent) this.id(Entry.Received, packetId, packetId);
	}

	/** The server has lost the session. */
	lost(): void {
		if (this.persistent) this.id(Entry.Lost, 0, 0);
	}

	/** An inbound QoS 2 message is about to be acknowledged. */
	taken(packetId: number): void {
		if (this.persistent && packetId !== this.intentId) this.id(Entry.Taken, packetId, packetId);
		this.intentId = 0;
	}

	/** PUBREL. */
	released(packetId: number): void {
		if (this.persistent) this.id(Entry.Released, packetId, packetId);
	}

	/** A command is about to be carried out; `packetId` is that of its message at QoS 2, else 0. */
	intent(packetId: number, bytes: Uint8Array, start: number, end: number): void {
		const length = Math.min(end - start, INTENT_BYTES);
		const intent = this.intentBytes;
		intent[0] = packetId >> 8;
		intent[1] = packetId & 255;
		for (let i = 0; i < length; i++) intent[2 + i] = bytes[start + i] as number;
		this.intentEnd = 2 + length;
		this.intentId = packetId;
		try {
			this.writeIntent();
		} catch (error) {
			this.fail(error);
		}
	}

	/** A message was handled: a command in it that was carried out and has no result is done. */
	done(): void {
		this.flush();
		if (this.intentEnd === 0) return;
		this.intentEnd = 0;
		this.id(Entry.Done, 0, 0);
	}

	// Entries

	/** Undefined: flash has failed. */
	private begin(type: number, length: number): Journal | undefined {
		if (this.broken) return undefined;
		this.journal.begin(type, length);
		return this.journal;
	}

	private record(ring: Ring, slot: number): void {
		const from = ring.payloadAt(slot) - ring.headerBytes;
		const length = ring.headerBytes + (ring.lengths[slot] as number);
		const journal = this.begin(Entry.Record, 1 + length);
		if (!journal) return;
		journal.bytes[BODY] = this.place(ring);
		ring.bytes.copyWithin(this.bodyAt + 1, from, from + length);
		journal.end(1 + length);
	}

	private sent(ring: Ring, slot: number): void {
		const journal = this.begin(Entry.Sent, SENT_BYTES);
		if (!journal) return;
		const { view } = journal;
		view.setUint16(BODY, this.place(ring));
		view.setUint16(BODY + 2, packetOf(ring, slot));
		view.setUint32(BODY + 4, ring.number(slot));
		view.setUint32(BODY + 8, ring.messages[slot] as number);
		journal.end(SENT_BYTES);
	}

	/** An entry of two packet ids. */
	private id(type: number, first: number, last: number): void {
		try {
			const journal = this.begin(type, 4);
			if (!journal) return;
			journal.view.setUint16(BODY, first);
			journal.view.setUint16(BODY + 2, last);
			journal.end(4);
		} catch (error) {
			this.fail(error);
		}
	}

	private writeIntent(): void {
		const end = this.intentEnd;
		const journal = this.begin(Entry.Intent, end);
		if (!journal) return;
		journal.bytes.set(this.intentBytes, BODY);
		journal.end(end);
	}

	private place(ring: Ring): number {
		for (let i = 0; i < this.lanes.length; i++) if ((this.lanes[i] as Lane).ring === ring) return i;
		return -1;
	}

	private fail(error: unknown): void {
		if (this.broken) return;
		this.broken = true;
		this.failed(error);
	}

	due(): void {
		this.tidying = false;
		if (this.broken) return;
		try {
			this.journal.tidy();
		} catch (error) {
			this.fail(error);
		}
	}

	// JournalOwner

	snapshot(): void {
		for (let place = 0; place < this.lanes.length; place++) {
			const { ring } = this.lanes[place] as Lane;
			for (let slot = ring.first; slot >= 0; slot = ring.after(slot))
				if (ring.kind(slot) !== RecordKind.Passing) this.record(ring, slot);
		}
		if (this.persistent) this.session.tell(this);
		if (this.intentEnd > 0) this.writeIntent();
	}

	// SessionBook, for a snapshot

	exchange(packetId: number, state: number): void {
		for (let place = 0; place < this.lanes.length; place++) {
			const { ring } = this.lanes[place] as Lane;
			for (let slot = ring.first; slot >= 0; slot = ring.after(slot)) {
				if (packetOf(ring, slot) !== packetId || stateOf(ring, slot) === RecordState.Queued) continue;
				if (ring.kind(slot) !== RecordKind.Passing) this.sent(ring, slot);
			}
		}
		if (state === Await.Pubcomp) this.id(Entry.Received, packetId, packetId);
	}

	takenRange(first: number, last: number): void {
		this.id(Entry.Taken, first, last);
	}

	// JournalOwner, at a start

	replay(type: number, bytes: Uint8Array, view: DataView, start: number, end: number): void {
		const session = this.session;
		switch (type) {
			case Entry.Record: {
				const ring = this.lanes[bytes[start] as number]?.ring;
				const slot = ring ? ring.restore(bytes, start + 1, end) : -1;
				if (!ring || slot < 0) return;
				if (ring.kind(slot) === RecordKind.Operation) this.intentEnd = 0;
				// What it stood for is forgotten; but the answer of an operation says whose it is, for the marker in
				// the store.
				if (ring.kind(slot) !== RecordKind.Operation) ring.setTag(slot, 0);
				return;
			}
			case Entry.Removed: {
				const ring = this.lanes[bytes[start] as number]?.ring;
				const slot = ring ? ring.find(view.getUint32(start + 1)) : -1;
				if (!ring || slot < 0) return;
				const packetId = packetOf(ring, slot);
				drop(ring, slot);
				if (packetId > 0 && !this.isUnderWay(packetId)) session.restoreExchange(packetId, Await.Nothing);
				return;
			}
			case Entry.Sent:
				return this.replaySent(view, start);
			case Entry.Received: {
				const packetId = view.getUint16(start);
				if (this.isUnderWay(packetId)) session.restoreExchange(packetId, Await.Pubcomp);
				return;
			}
			case Entry.Lost:
				return this.replayLost();
			case Entry.Taken:
				for (let id = view.getUint16(start); id <= view.getUint16(start + 2); id++)
					session.restoreTaken(id, true);
				return;
			case Entry.Released:
				return session.restoreTaken(view.getUint16(start), false);
			case Entry.Intent:
				this.intentBytes.set(bytes.subarray(start, end), 0);
				this.intentEnd = end - start;
				if (this.persistent && view.getUint16(start) > 0) session.restoreTaken(view.getUint16(start), true);
				return;
			case Entry.Done:
				this.intentEnd = 0;
				return;
			default:
		}
	}

	private replaySent(view: DataView, start: number): void {
		const lane = this.lanes[view.getUint16(start)];
		const slot = lane ? lane.ring.find(view.getUint32(start + 4)) : -1;
		if (!lane || slot < 0) return;
		const { ring, qos } = lane;
		const packetId = view.getUint16(start + 2);
		// A snapshot says it once more.
		if (packetOf(ring, slot) === packetId && stateOf(ring, slot) === RecordState.InFlight) return;
		ring.send(slot, view.getUint32(start + 8), packetId, RecordState.InFlight);
		this.session.restoreExchange(packetId, qos === 1 ? Await.Puback : Await.Pubrec);
	}

	private replayLost(): void {
		this.session.restoreLost();
		for (const { ring } of this.lanes)
			for (let slot = ring.first; slot >= 0; slot = ring.after(slot)) ring.setState(slot, RecordState.Queued);
	}

	private isUnderWay(packetId: number): boolean {
		for (const { ring } of this.lanes)
			for (let slot = ring.first; slot >= 0; slot = ring.after(slot))
				if (packetOf(ring, slot) === packetId && stateOf(ring, slot) === RecordState.InFlight) return true;
		return false;
	}
}
