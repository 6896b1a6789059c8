// The output stage: packets are put together here, at the end of the buffer that also holds the rings, so
// that a record's bytes come over by copyWithin; then they leave through views that are made once. A new view
// of every length would be garbage on XS, and one kept for every length would fill a small board's memory bit
// by bit.

import { digitView } from "../core/bytes.js";
import { replyWord } from "./encode.js";
import type { Transport } from "./transport.js";

/** Every length is a sum of at most three: so many of each unit. 32 views serve 1536 bytes. */
const UNITS = Object.freeze([144, 12, 1] as const);

export class Output {
	// First what each message touches: XS looks through an object's fields in their order.
	/** Bytes that wait to be written. */
	length = 0;
	/** Payload bytes of the last packet that are still to come: before them no other packet begins. */
	remaining = 0;
	/** First position of the stage in `bytes`. */
	readonly base: number;
	readonly size: number;
	readonly bytes: Uint8Array;
	readonly view: DataView;
	/** Bytes up to which an acknowledgement may be put in: `size`, and 0 behind DISCONNECT. */
	limit: number;
	/** For each unit, views of 1, 2, 3 … times its length. */
	private readonly views: readonly Uint8Array[][];

	/** The stage takes `size` bytes of `bytes` from `base` on, 64 to 1727; `view` shows all of them. */
	constructor(bytes: Uint8Array, base: number, size: number, view = digitView(bytes)) {
		if (size < 64 || size >= 12 * UNITS[0] || base + size > bytes.length)
			throw new RangeError("output: dimensions");
		this.bytes = bytes;
		this.view = view;
		this.base = base;
		this.size = size;
		this.limit = size;
		this.views = UNITS.map((unit) => {
			const views: Uint8Array[] = [];
			for (let n = unit; n <= size && n < 12 * unit; n += unit)
				views.push(new Uint8Array(bytes.buffer, bytes.byteOffset + base, n));
			return views;
		});
	}

	/** Position in `bytes` behind what waits. */
	get at(): number {
		return this.base + this.length;
	}

	/**
	 * Takes an acknowledgement, sections 3.4 to 3.7: four bytes. Returns false if no packet can begin here now.
	 */
	reply(type: number, packetId: number): boolean {
		const length = this.length;
		if (this.remaining > 0 || length + 4 > this.limit) return false;
		this.view.setUint32(this.base + length, replyWord(type, packetId));
		this.length = length + 4;
		return true;
	}

	/** So many bytes of the last packet's payload were put in. */
	took(n: number): void {
		this.length += n;
		this.remaining -= n;
	}

	/** Forgets what waits: its connection has ended. */
	clear(): void {
		this.length = 0;
		this.remaining = 0;
		this.limit = this.size;
	}

	/** Writes as much as the transport takes. Returns the number of bytes. */
	drain(transport: Transport): number {
		const { base, bytes, views } = this;
		const free = transport.free;
		let length = this.length;
		const all = length < free ? length : free;
		let left = all;
		for (let i = left < 12 ? 2 : 0; left > 0; i++) {
			const unit = UNITS[i] as number;
			if (left < unit) continue;
			const count = (left / unit) | 0;
			const n = count * unit;
			left -= n;
			length -= n;
			transport.write((views[i] as Uint8Array[])[count - 1] as Uint8Array, left > 0);
			if (length > 0) bytes.copyWithin(base, base + n, base + n + length);
		}
		this.length = length;
		return all;
	}
}
