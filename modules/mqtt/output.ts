// The output stage: packets are put together here, at the end of the buffer that also holds the rings, so
// that a record's bytes come over by copyWithin; then they leave through views that are made once. A new view
// of every length would be garbage on XS, and one kept for every length would fill a small board's memory bit
// by bit.

import { digitView } from "../core/bytes.js";
import type { Transport } from "./transport.js";

/** Every length is a sum of at most three: so many of each unit. 32 views serve 1536 bytes. */
const UNITS = Object.freeze([144, 12, 1] as const);

export class Output {
	readonly bytes: Uint8Array;
	readonly view: DataView;
	/** First position of the stage in `bytes`. */
	readonly base: number;
	readonly size: number;
	/** Bytes that wait to be written. */
	length = 0;
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

	/** Writes as much as the transport takes. Returns the number of bytes. */
	drain(transport: Transport): number {
		const base = this.base;
		const free = transport.free;
		let length = this.length;
		const all = length < free ? length : free;
		let left = all;
		for (let i = 0; left > 0; i++) {
			const unit = UNITS[i] as number;
			if (left < unit) continue;
			const count = (left / unit) | 0;
			const n = count * unit;
			left -= n;
			length -= n;
			transport.write((this.views[i] as Uint8Array[])[count - 1] as Uint8Array, left > 0);
			if (length > 0) this.bytes.copyWithin(base, base + n, base + n + length);
		}
		this.length = length;
		return all;
	}
}
