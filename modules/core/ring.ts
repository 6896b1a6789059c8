// The ring of records: offline queue, in-flight store and batcher in one preallocated region of bytes.
//
// Records lie in slots of equal size that are chained in the order of their commit. Equal slots, and not a bare
// circle of bytes, because records in flight sit at the old end: evicting right behind them would leave holes
// that a circle can only close by moving bytes under a packet that is being written.
//
// A record is a header and a payload. Nothing here allocates after construction.

/** Life of a record. `Sending`: its packet is partly written. `Held`: sent, the cloud's own confirmation is awaited. */
export const RecordState = Object.freeze({
	Free: 0,
	Writing: 1,
	Queued: 2,
	Sending: 3,
	InFlight: 4,
	Held: 5,
} as const);

/** What a record is; decides what may be evicted. */
export const RecordKind = Object.freeze({ Measure: 1, Event: 2, Alarm: 3, Operation: 4 } as const);

const KIND = 0;
const STATE = 1;
const ATTEMPTS = 2;
const FLAGS = 3;
const PACKET = 4; // uint16: packet id while in flight
const BOOT = 6; // uint16
const NUMBER = 8; // uint32: running number, survives re-sending
const LENGTH = 12; // uint16: payload bytes
const STAMPS = 14; // uint8: time stamps in the payload
const TAG = 15; // uint8: free for the owner
const MONOTONIC = 16; // float64: ms of this boot when the sample was taken
const TIME = 24; // float64: deadline while held
const MESSAGE = 32; // uint32: number of the first record of the message it was sent in, 0 before
const SENT = 36; // uint32: order of the last sending
const OFFSETS = 40; // uint16 each: where the stamps are
const STAMPED = 1;
const NONE = 0xffff;

export interface RingOptions {
	/** The buffer that holds the region; shared with the output stage so that bytes move by copyWithin. */
	readonly bytes: Uint8Array;
	/** Where the region begins; a multiple of 8. */
	readonly at: number;
	/** Records that fit, 2 to 65534. */
	readonly slots: number;
	/** Largest payload, bytes. */
	readonly payloadBytes: number;
	/** Time stamps that one payload can have. */
	readonly stamps: number;
}

export class Ring {
	readonly bytes: Uint8Array;
	readonly slots: number;
	readonly payloadBytes: number;
	/** Most records that were in the ring at once. */
	highWater = 0;
	/** Records evicted to make room. */
	evicted = 0;
	/** Records that could not be taken because nothing may be evicted. */
	refused = 0;
	/** Of the slot that was reserved last: position in `bytes` of its payload, and running number. */
	writeAt = 0;
	lastNumber = 0;
	readonly #at: number;
	readonly #size: number;
	readonly #payload: number;
	readonly #maxStamps: number;
	readonly #view: DataView;
	readonly #next: Uint16Array;
	#free = NONE;
	#head = NONE;
	#tail = NONE;
	#used = 0;
	#queued = 0;

	/** Bytes that a ring of these dimensions takes. */
	static bytesFor(slots: number, payloadBytes: number, stamps: number): number {
		return slots * slotSize(payloadBytes, stamps);
	}

	constructor(options: RingOptions) {
		const { bytes, at, slots, payloadBytes, stamps } = options;
		if (slots < 2 || slots >= NONE || at % 8 !== 0) throw new RangeError("ring: dimensions");
		this.bytes = bytes;
		this.slots = slots;
		this.payloadBytes = payloadBytes;
		this.#at = at;
		this.#maxStamps = stamps;
		this.#size = slotSize(payloadBytes, stamps);
		this.#payload = OFFSETS + 2 * stamps;
		if (at + slots * this.#size > bytes.length) throw new RangeError("ring: does not fit");
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.#next = new Uint16Array(slots);
		for (let slot = slots - 1; slot >= 0; slot--) {
			this.#next[slot] = this.#free;
			this.#free = slot;
		}
	}

	/** Records that are queued, in flight or held. */
	get used(): number {
		return this.#used;
	}
	get queued(): number {
		return this.#queued;
	}
	get free(): number {
		return this.slots - this.#used;
	}
	/** The oldest record, or -1. */
	get first(): number {
		return this.#head === NONE ? -1 : this.#head;
	}
	/** The record behind `slot` in order, or -1. */
	after(slot: number): number {
		const next = this.#next[slot] as number;
		return next === NONE ? -1 : next;
	}

	/**
	 * A slot to write a record into, or -1 (then `refused` was counted). With `evict`, a full ring gives up its
	 * oldest queued measure; records in flight or held, and operation results, are never evicted.
	 */
	reserve(kind: number, evict: boolean): number {
		if (this.#free === NONE && !(evict && this.#evictOldest())) {
			this.refused++;
			return -1;
		}
		const slot = this.#free;
		this.#free = this.#next[slot] as number;
		const p = this.#at + slot * this.#size;
		const view = this.#view;
		view.setUint8(p + KIND, kind);
		view.setUint8(p + STATE, RecordState.Writing);
		view.setUint8(p + ATTEMPTS, 0);
		view.setUint8(p + FLAGS, 0);
		view.setUint16(p + PACKET, 0);
		view.setUint32(p + MESSAGE, 0);
		view.setUint8(p + STAMPS, 0);
		view.setUint8(p + TAG, 0);
		const number = this.lastNumber === 0xffffffff ? 1 : this.lastNumber + 1;
		this.lastNumber = number;
		view.setUint32(p + NUMBER, number);
		this.writeAt = p + this.#payload;
		return slot;
	}

	/** Puts a reserved record with `length` payload bytes at the end of the order; `stamped`: as `setStamped`. */
	commit(slot: number, length: number, stamped = false): void {
		const p = this.#at + slot * this.#size;
		this.#view.setUint16(p + LENGTH, length);
		this.#view.setUint8(p + STATE, RecordState.Queued);
		if (stamped) this.#view.setUint8(p + FLAGS, STAMPED);
		this.#next[slot] = NONE;
		if (this.#tail === NONE) this.#head = slot;
		else this.#next[this.#tail] = slot;
		this.#tail = slot;
		this.#queued++;
		if (++this.#used > this.highWater) this.highWater = this.#used;
	}

	/** Gives a reserved slot back unused. */
	abandon(slot: number): void {
		this.#toFree(slot);
	}

	/** Removes a record; `previous` is the one before it in order, or -1. Returns the record behind it, or -1. */
	remove(slot: number, previous: number): number {
		const next = this.#next[slot] as number;
		if (previous < 0) this.#head = next;
		else this.#next[previous] = next;
		if (next === NONE) this.#tail = previous < 0 ? NONE : previous;
		if (this.state(slot) === RecordState.Queued) this.#queued--;
		this.#used--;
		this.#toFree(slot);
		return next === NONE ? -1 : next;
	}

	#toFree(slot: number): void {
		this.#view.setUint8(this.#at + slot * this.#size + STATE, RecordState.Free);
		this.#next[slot] = this.#free;
		this.#free = slot;
	}

	#evictOldest(): boolean {
		let previous = -1;
		for (let slot = this.first; slot >= 0; previous = slot, slot = this.after(slot)) {
			if (this.state(slot) === RecordState.Queued && this.kind(slot) === RecordKind.Measure) {
				this.remove(slot, previous);
				this.evicted++;
				return true;
			}
		}
		return false;
	}

	kind(slot: number): number {
		return this.#view.getUint8(this.#at + slot * this.#size + KIND);
	}
	state(slot: number): number {
		return this.#view.getUint8(this.#at + slot * this.#size + STATE);
	}
	setState(slot: number, state: number): void {
		const p = this.#at + slot * this.#size + STATE;
		if (this.#view.getUint8(p) === RecordState.Queued) this.#queued--;
		if (state === RecordState.Queued) this.#queued++;
		this.#view.setUint8(p, state);
	}
	attempts(slot: number): number {
		return this.#view.getUint8(this.#at + slot * this.#size + ATTEMPTS);
	}
	/** Counts one more sending, up to 255. */
	attempt(slot: number): void {
		const p = this.#at + slot * this.#size + ATTEMPTS;
		const n = this.#view.getUint8(p);
		if (n < 255) this.#view.setUint8(p, n + 1);
	}
	packet(slot: number): number {
		return this.#view.getUint16(this.#at + slot * this.#size + PACKET);
	}
	setPacket(slot: number, id: number): void {
		this.#view.setUint16(this.#at + slot * this.#size + PACKET, id);
	}
	/** The message in which the record was sent; keeps the boundaries of a batch until it is delivered. */
	message(slot: number): number {
		return this.#view.getUint32(this.#at + slot * this.#size + MESSAGE);
	}
	setMessage(slot: number, number: number): void {
		this.#view.setUint32(this.#at + slot * this.#size + MESSAGE, number);
	}
	/** Position of the last sending among all of them. */
	sent(slot: number): number {
		return this.#view.getUint32(this.#at + slot * this.#size + SENT);
	}
	setSent(slot: number, order: number): void {
		this.#view.setUint32(this.#at + slot * this.#size + SENT, order);
	}
	number(slot: number): number {
		return this.#view.getUint32(this.#at + slot * this.#size + NUMBER);
	}
	tag(slot: number): number {
		return this.#view.getUint8(this.#at + slot * this.#size + TAG);
	}
	setTag(slot: number, tag: number): void {
		this.#view.setUint8(this.#at + slot * this.#size + TAG, tag);
	}
	boot(slot: number): number {
		return this.#view.getUint16(this.#at + slot * this.#size + BOOT);
	}
	monotonic(slot: number): number {
		return this.#view.getFloat64(this.#at + slot * this.#size + MONOTONIC);
	}
	/** Notes in which boot and when the sample was taken. */
	setTaken(slot: number, boot: number, monotonicMs: number): void {
		const p = this.#at + slot * this.#size;
		this.#view.setUint16(p + BOOT, boot);
		this.#view.setFloat64(p + MONOTONIC, monotonicMs);
	}
	/** Whether the time stamps in the payload are right. */
	stamped(slot: number): boolean {
		return (this.#view.getUint8(this.#at + slot * this.#size + FLAGS) & STAMPED) !== 0;
	}
	setStamped(slot: number): void {
		this.#view.setUint8(this.#at + slot * this.#size + FLAGS, STAMPED);
	}
	/** While held: the owner's deadline, monotonic ms. */
	time(slot: number): number {
		return this.#view.getFloat64(this.#at + slot * this.#size + TIME);
	}
	setTime(slot: number, ms: number): void {
		this.#view.setFloat64(this.#at + slot * this.#size + TIME, ms);
	}
	/** Position in `bytes` of the payload. */
	payloadAt(slot: number): number {
		return this.#at + slot * this.#size + this.#payload;
	}
	length(slot: number): number {
		return this.#view.getUint16(this.#at + slot * this.#size + LENGTH);
	}
	stampCount(slot: number): number {
		return this.#view.getUint8(this.#at + slot * this.#size + STAMPS);
	}
	/** Position in `bytes` of the i-th time stamp. */
	stampAt(slot: number, i: number): number {
		return this.payloadAt(slot) + this.#view.getUint16(this.#at + slot * this.#size + OFFSETS + 2 * i);
	}
	/** Notes that a time stamp lies at this position in `bytes`. */
	addStamp(slot: number, position: number): void {
		const p = this.#at + slot * this.#size;
		const count = this.#view.getUint8(p + STAMPS);
		if (count >= this.#maxStamps) throw new RangeError("ring: too many stamps");
		this.#view.setUint16(p + OFFSETS + 2 * count, position - this.payloadAt(slot));
		this.#view.setUint8(p + STAMPS, count + 1);
	}
}

function slotSize(payloadBytes: number, stamps: number): number {
	return (OFFSETS + 2 * stamps + payloadBytes + 7) & ~7;
}
