// The ring of records: offline queue, in-flight store and batcher in one preallocated region of bytes.
//
// Records lie in slots of equal size that are chained in the order of their commit. Equal slots, and not a
// bare circle of bytes, because records in flight sit at the old end: evicting right behind them would leave
// holes that a circle can only close by moving bytes under a packet that is being written.
//
// A record is a header and a payload. What is looked at for each record on every way through the ring stands
// in typed arrays behind all of them, because on XS an element of one costs a third of a call that reads a
// header: loops may read them directly, but only the ring writes `states` and `nexts`. Nothing here allocates
// after construction.

import { digitView } from "../core/bytes.js";

/**
 * Life of a record. `Sending`: its packet is partly written. `Held`: sent, the cloud's own confirmation is
 * awaited.
 */
export const RecordState = Object.freeze({
	Free: 0,
	Writing: 1,
	Queued: 2,
	Sending: 3,
	InFlight: 4,
	Held: 5,
} as const);

/**
 * What a record is; decides what may be evicted, and what is kept over a power cut: all but `Passing`, which
 * means nothing then.
 */
export const RecordKind = Object.freeze({
	Measure: 1,
	Event: 2,
	Alarm: 3,
	Operation: 4,
	Passing: 5,
} as const);

/**
 * A mark says in one number what changes of a record on its way: its RecordState in these bits, above them
 * how often it was sent, up to 255, and above that its packet id. On XS an element of a typed array costs as
 * much as four fields.
 */
export const STATE_BITS = 7;
const ONE_SENDING = 8;
export const SENDINGS_BITS = 255 * ONE_SENDING;
/** The packet id is so many bits up. */
export const PACKET_SHIFT = 11;

export function stateOf(ring: Ring, slot: number): number {
	return (ring.marks[slot] as number) & STATE_BITS;
}
export function packetOf(ring: Ring, slot: number): number {
	return (ring.marks[slot] as number) >> PACKET_SHIFT;
}
/** How often the record was sent, up to 255. */
export function sendingsOf(ring: Ring, slot: number): number {
	return ((ring.marks[slot] as number) & SENDINGS_BITS) / ONE_SENDING;
}

const FREE = RecordState.Free;
const WRITING = RecordState.Writing;
const QUEUED = RecordState.Queued;

const KIND = 0; // uint8
const TAG = 1; // uint8: free for the owner
const STAMPS = 2; // uint8: time stamps in the payload
const FLAGS = 3; // uint8
const BOOT = 4; // uint16
const ROUTE = 6; // uint8: where the lane has several
const NUMBER = 8; // uint32: running number, survives re-sending
const SENT = 12; // uint32: order of the last sending
const MONOTONIC = 16; // float64: ms of this boot when the sample was taken
const TIME = 24; // float64: deadline while held
const OFFSETS = 32; // uint16 each: where the stamps are
const UNSTAMPED = 1;
/** The stamps were corrected after the record was committed. */
const RESTAMPED = 2;
const NONE = -1;
const MAX_SLOTS = 65535;

/** Is told that what had to survive a power cut has not to any more; what is new it finds by its number. */
export interface RingKeeper {
	/** The record is about to be removed. */
	removed(ring: Ring, slot: number): void;
}

export interface RingOptions {
	/** The buffer that holds the region; shared with the output stage so that bytes move by copyWithin. */
	readonly bytes: Uint8Array;
	/** Of all of `bytes`; the ring makes one unless it is given. */
	readonly view?: DataView;
	/** Where the region begins; a multiple of 8, also in the memory behind `bytes`. */
	readonly at: number;
	/** Records that fit, 2 to 65535. */
	readonly slots: number;
	/** Largest payload, bytes. */
	readonly payloadBytes: number;
	/** Time stamps that one payload can have. */
	readonly stamps: number;
}

export class Ring {
	// First what each message touches: XS looks through an object's fields in their order.
	/** Records that are queued, in flight or held; and of these, queued. */
	used = 0;
	queued = 0;
	/** The oldest record and the newest, or -1. */
	first = NONE;
	last = NONE;
	/** Of each slot: its mark; the record behind it in order, or -1; its payload's bytes. */
	readonly marks: Uint32Array;
	readonly nexts: Int32Array;
	readonly lengths: Uint16Array;
	/** The owner's: first number of the message that it was sent in; before, its own. */
	readonly messages: Uint32Array;
	/** Of the slot that was reserved last: position in `bytes` of its payload, and running number. */
	writeAt = 0;
	lastNumber = 0;
	private firstFree = NONE;
	private readonly at: number;
	private readonly size: number;
	readonly view: DataView;
	/** Bytes of a record's header; its payload lies after it. */
	readonly headerBytes: number;
	/** Records whose time stamps are not right yet. */
	unstamped = 0;
	keeper: RingKeeper | undefined;
	/** Most records that were in the ring at once. */
	highWater = 0;
	/** Records that could not be taken because nothing may be evicted. */
	refused = 0;
	/** Records evicted to make room. */
	evicted = 0;
	readonly bytes: Uint8Array;
	readonly slots: number;
	readonly payloadBytes: number;
	private readonly maxStamps: number;
	/** Highest number of the records that were restored; newer ones have higher numbers. */
	restored = 0;

	constructor(options: RingOptions) {
		const { bytes, at, slots, payloadBytes, stamps } = options;
		if (slots < 2 || slots > MAX_SLOTS || (bytes.byteOffset + at) % 8 !== 0)
			throw new RangeError("ring: dimensions");
		this.bytes = bytes;
		this.slots = slots;
		this.payloadBytes = payloadBytes;
		this.at = at;
		this.maxStamps = stamps;
		this.size = slotSize(payloadBytes, stamps);
		this.headerBytes = recordHeaderBytes(stamps);
		if (at + slots * this.size + arraysSize(slots) > bytes.length) throw new RangeError("ring: does not fit");
		this.view = options.view ?? digitView(bytes);
		const { buffer } = bytes;
		const arrays = bytes.byteOffset + at + slots * this.size;
		this.nexts = new Int32Array(buffer, arrays, slots);
		this.messages = new Uint32Array(buffer, arrays + 4 * slots, slots);
		this.marks = new Uint32Array(buffer, arrays + 8 * slots, slots);
		this.lengths = new Uint16Array(buffer, arrays + 12 * slots, slots);
		for (let slot = slots - 1; slot >= 0; slot--) {
			this.nexts[slot] = this.firstFree;
			this.firstFree = slot;
		}
	}

	get free(): number {
		return this.slots - this.used;
	}
	/** The record behind `slot` in order, or -1. */
	after(slot: number): number {
		return this.nexts[slot] as number;
	}

	/**
	 * A slot to write a record into, or -1 (then `refused` was counted). With `evict`, a full ring gives up its
	 * oldest queued measure; records in flight or held, and operation results, are never evicted.
	 */
	reserve(kind: number, evict: boolean): number {
		let slot = this.firstFree;
		if (slot < 0) {
			if (!(evict && this.evictOldest())) {
				this.refused++;
				return NONE;
			}
			slot = this.firstFree;
		}
		this.firstFree = this.nexts[slot] as number;
		this.marks[slot] = WRITING;
		const p = this.at + slot * this.size;
		const number = this.lastNumber === 0xffffffff ? 1 : this.lastNumber + 1;
		this.lastNumber = number;
		this.messages[slot] = number;
		const view = this.view;
		view.setUint32(p, kind << 24); // no tag, no stamps, no flags
		view.setUint32(p + NUMBER, number);
		this.writeAt = p + this.headerBytes;
		return slot;
	}

	/** Puts a reserved record with `length` payload bytes at the end of the order. */
	commit(slot: number, length: number): void {
		const { nexts, last } = this;
		this.lengths[slot] = length;
		this.marks[slot] = QUEUED;
		nexts[slot] = NONE;
		if (last < 0) this.first = slot;
		else nexts[last] = slot;
		this.last = slot;
		this.queued++;
		if (++this.used > this.highWater) this.highWater = this.used;
	}

	/**
	 * Puts back a record from its header and payload, [start, end) of `from`: at the end of the order, or over
	 * the record with the same number. Returns its slot, or -1 if there is no room.
	 */
	restore(from: Uint8Array, start: number, end: number): number {
		const length = end - start - this.headerBytes;
		if (length < 0 || length > this.payloadBytes) return NONE;
		const number = new DataView(from.buffer, from.byteOffset + start).getUint32(NUMBER);
		let slot = this.find(number);
		const fresh = slot < 0;
		if (fresh) slot = this.reserve(0, false);
		if (slot < 0) return NONE;
		if (this.unstamped > 0) this.setStamped(slot, true);
		const p = this.at + slot * this.size;
		this.bytes.set(from.subarray(start, end), p);
		this.messages[slot] = number;
		if (this.flags(slot) === UNSTAMPED) this.unstamped++;
		if (number > this.restored) this.restored = number;
		this.lastNumber = this.restored;
		if (fresh) this.commit(slot, length);
		return slot;
	}

	/** The record with this number, or -1. */
	find(number: number): number {
		for (let slot = this.first; slot >= 0; slot = this.after(slot))
			if (this.number(slot) === number) return slot;
		return NONE;
	}

	/** Gives a reserved slot back unused. */
	abandon(slot: number): void {
		if (this.unstamped > 0) this.setStamped(slot, true);
		this.marks[slot] = FREE;
		this.nexts[slot] = this.firstFree;
		this.firstFree = slot;
	}

	/**
	 * Removes a record; `previous` is the one before it in order, or -1. Returns the record behind it, or -1.
	 */
	remove(slot: number, previous: number): number {
		this.keeper?.removed(this, slot);
		const { nexts, marks } = this;
		const next = nexts[slot] as number;
		if (previous < 0) this.first = next;
		else nexts[previous] = next;
		if (next < 0) this.last = previous;
		if (((marks[slot] as number) & STATE_BITS) === QUEUED) this.queued--;
		this.used--;
		if (this.unstamped > 0) this.setStamped(slot, true);
		marks[slot] = FREE;
		nexts[slot] = this.firstFree;
		this.firstFree = slot;
		return next;
	}

	private evictOldest(): boolean {
		let previous = NONE;
		for (let slot = this.first; slot >= 0; previous = slot, slot = this.after(slot)) {
			if (stateOf(this, slot) === QUEUED && this.kind(slot) === RecordKind.Measure) {
				this.remove(slot, previous);
				this.evicted++;
				return true;
			}
		}
		return false;
	}

	/** A record goes out under this packet id, in the message with this number. */
	send(slot: number, message: number, packetId: number, state: number): void {
		const { marks } = this;
		const mark = marks[slot] as number;
		const sendings = mark & SENDINGS_BITS;
		if ((mark & STATE_BITS) === QUEUED) this.queued--;
		marks[slot] =
			(packetId << PACKET_SHIFT) | (sendings < SENDINGS_BITS ? sendings + ONE_SENDING : sendings) | state;
		this.messages[slot] = message;
	}
	setState(slot: number, state: number): void {
		const mark = this.marks[slot] as number;
		if ((mark & STATE_BITS) === QUEUED) this.queued--;
		if (state === QUEUED) this.queued++;
		this.marks[slot] = (mark & ~STATE_BITS) | state;
	}
	kind(slot: number): number {
		return this.view.getUint8(this.at + slot * this.size + KIND);
	}
	/** Position of the last sending among all of them. */
	sent(slot: number): number {
		return this.view.getUint32(this.at + slot * this.size + SENT);
	}
	setSent(slot: number, order: number): void {
		this.view.setUint32(this.at + slot * this.size + SENT, order);
	}
	number(slot: number): number {
		return this.view.getUint32(this.at + slot * this.size + NUMBER);
	}
	tag(slot: number): number {
		return this.view.getUint8(this.at + slot * this.size + TAG);
	}
	setTag(slot: number, tag: number): void {
		this.view.setUint8(this.at + slot * this.size + TAG, tag);
	}
	boot(slot: number): number {
		return this.view.getUint16(this.at + slot * this.size + BOOT);
	}
	monotonic(slot: number): number {
		return this.view.getFloat64(this.at + slot * this.size + MONOTONIC);
	}
	/** Notes in which boot and when the sample was taken. */
	setSampled(slot: number, boot: number, monotonicMs: number): void {
		const p = this.at + slot * this.size;
		this.view.setUint16(p + BOOT, boot);
		this.view.setFloat64(p + MONOTONIC, monotonicMs);
	}
	/** Whether the time stamps in the payload are right, or there are none. */
	stamped(slot: number): boolean {
		return this.unstamped === 0 || this.flags(slot) !== UNSTAMPED;
	}
	/** Whether the stamps were corrected after the record was committed. */
	restamped(slot: number): boolean {
		return this.flags(slot) === RESTAMPED;
	}
	/**
	 * Whether the time stamps in the payload are right from now on; others have to be corrected before it is
	 * sent.
	 */
	setStamped(slot: number, right: boolean): void {
		if (this.stamped(slot) === right) return;
		this.unstamped += right ? -1 : 1;
		this.view.setUint8(this.at + slot * this.size + FLAGS, right ? RESTAMPED : UNSTAMPED);
	}
	private flags(slot: number): number {
		return this.view.getUint8(this.at + slot * this.size + FLAGS);
	}
	/** While held: the owner's deadline, monotonic ms. */
	time(slot: number): number {
		return this.view.getFloat64(this.at + slot * this.size + TIME);
	}
	setTime(slot: number, ms: number): void {
		this.view.setFloat64(this.at + slot * this.size + TIME, ms);
	}
	/** Position in `bytes` of the payload. */
	payloadAt(slot: number): number {
		return this.at + slot * this.size + this.headerBytes;
	}
	stampCount(slot: number): number {
		return this.view.getUint8(this.at + slot * this.size + STAMPS);
	}
	/** Position in `bytes` of the i-th time stamp. */
	stampAt(slot: number, i: number): number {
		return this.payloadAt(slot) + this.view.getUint16(this.at + slot * this.size + OFFSETS + 2 * i);
	}
	/** Notes that a time stamp lies at this position in `bytes`. */
	addStamp(slot: number, position: number): void {
		const p = this.at + slot * this.size;
		const count = this.view.getUint8(p + STAMPS);
		if (count >= this.maxStamps) throw new RangeError("ring: too many stamps");
		this.view.setUint16(p + OFFSETS + 2 * count, position - this.payloadAt(slot));
		this.view.setUint8(p + STAMPS, count + 1);
	}
}

/** Which of its lane's routes a record goes: where there are several, it is set for each. */
export function routeOf(ring: Ring, slot: number): number {
	return ring.view.getUint8(ring.payloadAt(slot) - ring.headerBytes + ROUTE);
}
export function setRoute(ring: Ring, slot: number, route: number): void {
	ring.view.setUint8(ring.payloadAt(slot) - ring.headerBytes + ROUTE, route);
}

/** Removes a record wherever it is. */
export function drop(ring: Ring, slot: number): void {
	let previous = -1;
	for (let p = ring.first; p >= 0 && p !== slot; p = ring.after(p)) previous = p;
	ring.remove(slot, previous);
}

/** Bytes that a ring of these dimensions takes. */
export function ringBytes(slots: number, payloadBytes: number, stamps: number): number {
	return slots * slotSize(payloadBytes, stamps) + arraysSize(slots);
}

/** Bytes of the header of a record with so many time stamps. */
export function recordHeaderBytes(stamps: number): number {
	return OFFSETS + 2 * stamps;
}

function slotSize(payloadBytes: number, stamps: number): number {
	return (OFFSETS + 2 * stamps + payloadBytes + 7) & ~7;
}

/** Bytes of the typed arrays: 4, 4, 4 and 2 a slot. */
function arraysSize(slots: number): number {
	return (slots * 14 + 7) & ~7;
}
