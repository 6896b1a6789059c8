// WebSocket frames (RFC 6455, 5.2) as bytes and back, without a judgement: a test can say anything with them,
// and sees what was said. test/support/ws-rules.ts judges.

export const Op = Object.freeze({ continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 });

/** How the length is written: in the 7 bits, or in the 16 or 64 that follow them. */
export type LengthForm = 7 | 16 | 64;

export interface Frame {
	readonly fin: boolean;
	/** RSV1 is 4, RSV2 2, RSV3 1. */
	readonly rsv: number;
	readonly opcode: number;
	/** Four bytes; undefined: the frame is not masked. */
	readonly mask: Uint8Array | undefined;
	readonly form: LengthForm;
	/** Without the mask. */
	readonly payload: Buffer;
}

/** What may differ from one whole, unmasked binary frame with the shortest length. */
export interface FrameOptions {
	readonly fin?: boolean;
	readonly rsv?: number;
	readonly opcode?: number;
	readonly mask?: Uint8Array | undefined;
	readonly form?: LengthForm;
	/** Written in place of the payload's own length, for what lies. */
	readonly claimed?: number | bigint;
}

export const shortestForm = (length: number | bigint): LengthForm =>
	length < 126 ? 7 : length < 65_536 ? 16 : 64;

/** Throws a RangeError for what does not fit into its field. */
export function encodeFrame(payload: Uint8Array | string = "", options: FrameOptions = {}): Buffer {
	const { fin = true, rsv = 0, opcode = Op.binary, mask } = options;
	const data = Buffer.from(payload as string);
	const length = BigInt(options.claimed ?? data.length);
	const form = options.form ?? shortestForm(length);
	if (opcode < 0 || opcode > 15 || rsv < 0 || rsv > 7) throw new RangeError("opcode or RSV does not fit");
	if (mask && mask.length !== 4) throw new RangeError("a mask has four bytes");
	if (length < 0n || length >= 1n << BigInt(form) || (form === 7 && length > 125n))
		throw new RangeError(`${length} does not fit into ${form} bits`);
	const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
	const masked = mask ? 0x80 : 0;
	const head = Buffer.alloc({ 7: 2, 16: 4, 64: 10 }[form]);
	head[0] = first;
	head[1] = masked | { 7: Number(length & 0x7fn), 16: 126, 64: 127 }[form];
	if (form === 16) head.writeUInt16BE(Number(length), 2);
	if (form === 64) head.writeBigUInt64BE(length, 2);
	return Buffer.concat([head, mask ?? Buffer.alloc(0), mask ? masking(data, mask) : data]);
}

/**
 * A message in several frames: one for each length in `sizes`, and one for the rest, which may be empty. The
 * options are those of the first frame; `fin` is the last one's.
 */
export function encodeFragments(
	payload: Uint8Array | string,
	sizes: readonly number[],
	options: FrameOptions = {},
): Buffer[] {
	const data = Buffer.from(payload as string);
	const frames: Buffer[] = [];
	let at = 0;
	for (const [i, size] of [...sizes, Number.POSITIVE_INFINITY].entries()) {
		const piece = data.subarray(at, Math.min(at + size, data.length));
		at += piece.length;
		const later = i === 0 ? {} : { opcode: Op.continuation, rsv: 0 };
		frames.push(encodeFrame(piece, { ...options, ...later, fin: i === sizes.length }));
	}
	return frames;
}

/** The payload of a close frame; without a code it is empty. */
export function closePayload(code?: number, reason: Uint8Array | string = ""): Buffer {
	if (code === undefined) return Buffer.alloc(0);
	const bytes = Buffer.alloc(2);
	bytes.writeUInt16BE(code);
	return Buffer.concat([bytes, Buffer.from(reason as string)]);
}

/** Reads frames from pieces of any size. */
export class FrameReader {
	readonly #most: number;
	#bytes: Buffer = Buffer.alloc(0);

	/** `most`: longest payload, bytes; a frame that claims more is a RangeError. */
	constructor(most = 1 << 20) {
		this.#most = most;
	}

	/** Bytes of a frame that is not complete. */
	get pending(): number {
		return this.#bytes.length;
	}

	/** The frames that these bytes complete. */
	push(bytes: Uint8Array): Frame[] {
		this.#bytes = Buffer.concat([this.#bytes, bytes]);
		const frames: Frame[] = [];
		for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame);
		return frames;
	}

	#next(): Frame | undefined {
		const bytes = this.#bytes;
		if (bytes.length < 2) return undefined;
		const [first, second] = [bytes[0] as number, bytes[1] as number];
		const short = second & 0x7f;
		const form: LengthForm = short === 127 ? 64 : short === 126 ? 16 : 7;
		const lengthEnd = { 7: 2, 16: 4, 64: 10 }[form];
		const head = lengthEnd + (second & 0x80 ? 4 : 0);
		if (bytes.length < head) return undefined;
		const length =
			form === 64 ? bytes.readBigUInt64BE(2) : BigInt(form === 16 ? bytes.readUInt16BE(2) : short);
		if (length > BigInt(this.#most))
			throw new RangeError(`a frame of ${length} bytes, at most ${this.#most}`);
		const end = head + Number(length);
		if (bytes.length < end) return undefined;
		const mask = second & 0x80 ? Uint8Array.from(bytes.subarray(lengthEnd, head)) : undefined;
		const data = bytes.subarray(head, end);
		this.#bytes = bytes.subarray(end);
		return {
			fin: (first & 0x80) !== 0,
			rsv: (first >> 4) & 7,
			opcode: first & 15,
			mask,
			form,
			payload: mask ? masking(data, mask) : Buffer.from(data),
		};
	}
}

/** Masks, or takes the mask away. */
function masking(data: Uint8Array, mask: Uint8Array): Buffer {
	return Buffer.from(data.map((byte, i) => byte ^ (mask[i & 3] as number)));
}
