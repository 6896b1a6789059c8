// The output stage: packets are put together here, at the end of the buffer that also holds the rings, so
// that a record's bytes come over by copyWithin; then they leave through views that are made once. A new view
// of every length would be garbage on XS, and one kept for every length would fill a small board's memory bit
// by bit. So what is to go is cut into so many large units, so many medium ones and so many bytes, and there
// is a view for each number of each. The last two pieces are moved to where their views begin.

import { digitView } from "../core/bytes.js";
import { replyWord } from "./encode.js";
import type { Transport } from "./transport.js";

export const LARGE = 144;
export const MEDIUM = 12;
/** Bytes behind the stage where the ends of what is to go are put. */
export const ENDS_BYTES = LARGE + MEDIUM;

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
	/** Views of 1, 2, 3 … large units, of medium ones and of single bytes; none of 0. */
	protected readonly large: readonly (Uint8Array | undefined)[];
	protected readonly medium: readonly (Uint8Array | undefined)[];
	protected readonly small: readonly (Uint8Array | undefined)[];

	/**
	 * The stage takes `size` bytes of `bytes` from `base` on, at least 64, and ENDS_BYTES behind them; `view` shows
	 * all of `bytes`. What is written may begin `head` bytes in front of the stage.
	 */
	constructor(bytes: Uint8Array, base: number, size: number, view = digitView(bytes), head = 0) {
		if (size < 64 || base + size + ENDS_BYTES > bytes.length) throw new RangeError("output: dimensions");
		this.bytes = bytes;
		this.view = view;
		this.base = base;
		this.size = size;
		this.limit = size;
		const views = (at: number, unit: number, most: number) => {
			const found: (Uint8Array | undefined)[] = [undefined];
			for (let n = unit; n <= most; n += unit)
				found.push(new Uint8Array(bytes.buffer, bytes.byteOffset + at, n));
			return found;
		};
		this.large = views(base - head, LARGE, size + head);
		this.medium = views(base + size, MEDIUM, LARGE - MEDIUM);
		this.small = views(base + size + LARGE, 1, MEDIUM - 1);
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
		const { base, bytes, length } = this;
		const free = transport.free;
		const n = length < free ? length : free;
		if (n === 0) return 0;
		const rest = n % LARGE;
		const small = rest % MEDIUM;
		const end = base + n;
		if (rest > small) bytes.copyWithin(base + this.size, end - rest, end - small);
		if (small > 0) bytes.copyWithin(base + this.size + LARGE, end - small, end);
		transport.write(n, this.large[(n / LARGE) | 0], this.medium[(rest / MEDIUM) | 0], this.small[small]);
		if (n < length) bytes.copyWithin(base, end, base + length);
		this.length = length - n;
		return n;
	}
}
