// The output stage: packets are put together here, at the end of the buffer that also holds the rings, so that a
// record's bytes come over by copyWithin; then they leave through views that are kept, because a new view of
// every length would be garbage on XS.

import type { Transport } from "./transport.js";

/** Lengths are split at a multiple of this, so that size / STEP + STEP views serve every length. */
const STEP = 32;

export class Output {
	readonly bytes: Uint8Array;
	readonly view: DataView;
	/** First position of the stage in `bytes`. */
	readonly base: number;
	readonly size: number;
	/** Bytes that wait to be written. */
	length = 0;
	readonly #whole: Array<Uint8Array | undefined>;
	readonly #rest: Array<Uint8Array | undefined>;

	/** The stage takes `size` bytes of `bytes` from `base` on; size is a multiple of 32, at least 64. */
	constructor(bytes: Uint8Array, base: number, size: number) {
		if (size < 64 || size % STEP !== 0 || base + size > bytes.length)
			throw new RangeError("output: dimensions");
		this.bytes = bytes;
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.base = base;
		this.size = size;
		this.#whole = new Array(size / STEP + 1).fill(undefined);
		this.#rest = new Array(STEP).fill(undefined);
	}

	/** Position in `bytes` behind what waits. */
	get at(): number {
		return this.base + this.length;
	}
	get room(): number {
		return this.size - this.length;
	}

	/** Writes as much as the transport takes. Returns the number of bytes. */
	drain(transport: Transport): number {
		const n = Math.min(this.length, transport.free);
		if (n <= 0) return 0;
		const { bytes, base } = this;
		const rest = n % STEP;
		const whole = n - rest;
		if (whole > 0) transport.write(this.#kept(this.#whole, whole / STEP, whole), rest > 0);
		if (rest > 0) {
			if (whole > 0) bytes.copyWithin(base, base + whole, base + n);
			transport.write(this.#kept(this.#rest, rest, rest), false);
		}
		if (n < this.length) bytes.copyWithin(base, base + n, base + this.length);
		this.length -= n;
		return n;
	}

	#kept(views: Array<Uint8Array | undefined>, index: number, length: number): Uint8Array {
		let view = views[index];
		if (view === undefined) {
			view = new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + this.base, length);
			views[index] = view;
		}
		return view;
	}
}
