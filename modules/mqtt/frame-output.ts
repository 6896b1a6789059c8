// The output stage over WebSocket (MQTT 3.1.1, section 6; RFC 6455, section 5): what goes out at once is one
// binary frame. Its header lies in front of the stage, and its payload is masked where it lies, by one native
// call. Nothing masked stays: what the socket did not take was not masked.

import type { Masking } from "./masking.js";
import { LARGE, MEDIUM, Output } from "./output.js";
import type { Transport } from "./transport.js";

/** Longest header of a frame that the stage sends: two bytes, a length of two bytes, a key. */
export const FRAME_HEAD = 8;
/** Header in front of fewer than 126 bytes. */
const SHORT_HEAD = 6;
const SHORT = 126;
/** FIN and binary; masked, and in front of a long payload the mark of a length of two bytes. */
const SHORT_FRAME = 0x8280;
const LONG_FRAME = 0x82fe0000;
/** Keys that are drawn at once. */
export const KEYS = 16;

export class FrameOutput extends Output {
	private readonly masking: Masking;
	private readonly payload: Uint8Array;
	/** The key in front of the payload. */
	private readonly key: Uint8Array;
	private keys: Uint32Array | undefined;
	private used = KEYS;

	/** As `Output`; FRAME_HEAD bytes in front of `base` are its own. */
	constructor(bytes: Uint8Array, base: number, size: number, view: DataView, masking: Masking) {
		super(bytes, base, size, view, FRAME_HEAD);
		const at = bytes.byteOffset + base;
		this.payload = new Uint8Array(bytes.buffer, at, size);
		this.key = new Uint8Array(bytes.buffer, at - 4, 4);
		this.masking = masking;
	}

	/** Writes as much as the transport takes beside a frame's header. Returns the number of bytes. */
	override drain(transport: Transport): number {
		const { base, bytes, length, view } = this;
		const free = transport.free - FRAME_HEAD;
		const n = length < free ? length : free;
		if (n <= 0) return 0;
		if (this.used === KEYS) this.draw();
		view.setUint32(base - 4, (this.keys as Uint32Array)[this.used++] as number);
		let total = n + FRAME_HEAD;
		if (n < SHORT) {
			total = n + SHORT_HEAD;
			view.setUint16(base - SHORT_HEAD, SHORT_FRAME + n);
		} else view.setUint32(base - FRAME_HEAD, LONG_FRAME + n);
		this.masking.mask(this.payload, this.key, n);
		const end = base + n;
		const rest = total % LARGE;
		const small = rest % MEDIUM;
		if (rest > small) bytes.copyWithin(base + this.size, end - rest, end - small);
		if (small > 0) bytes.copyWithin(base + this.size + LARGE, end - small, end);
		transport.write(
			total,
			this.large[(total / LARGE) | 0],
			this.medium[(rest / MEDIUM) | 0],
			this.small[small],
		);
		if (n < length) bytes.copyWithin(base, end, base + length);
		this.length = length - n;
		return n;
	}

	private draw(): void {
		this.keys = new Uint32Array(this.masking.random(4 * KEYS));
		this.used = 0;
	}
}
