// Reads WebSocket frames of a server (RFC 6455, section 5) from any chunks. The payload of data frames goes
// on as it lies in the chunk; that of control frames is kept.

import { ascii } from "../core/bytes.js";
import { decodeUtf8 } from "../core/utf8.js";
import { visible } from "../core/visible.js";

/** Most bytes that a control frame may have. */
const CONTROL_BYTES = 125;
const CONTINUATION = 0;
const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;
const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const WHOLE = FIN | BINARY;
const NOTHING = ascii("");

export interface FrameHandler {
	/** CLOSE, PING or PONG, with its payload. Returns whether the connection still stands. */
	control(opcode: number, payload: Uint8Array): boolean;
	/** A rule was broken; nothing more can be read. */
	violation(what: string): void;
}

export class FrameReader {
	/** Payload bytes of the frame that are still to come. */
	private left = 0;
	/** Bytes of a header that were read, and bytes of its length that are still to come. */
	private head = 0;
	private more = 0;
	private first = 0;
	/** A message whose last frame has not begun. */
	private open = false;
	private dead = false;
	/** What is read, and the part of a payload that was found last. */
	private bytes: Uint8Array = NOTHING;
	private at = 0;
	private end = 0;
	from = 0;
	to = 0;
	/** Of a control frame, once there was one: payload, and how much of it is there. */
	private kept: Uint8Array | undefined;
	private fill = 0;
	private readonly handler: FrameHandler;

	constructor(handler: FrameHandler) {
		this.handler = handler;
	}

	/** For a new connection. */
	reset(): void {
		this.left = this.head = this.more = this.fill = 0;
		this.open = this.dead = false;
	}

	/** Whether the bytes are a message in one frame of 1 to 125 bytes, and nothing else: what most are. */
	isWhole(bytes: Uint8Array, start: number, end: number): boolean {
		const length = bytes[start + 1] as number;
		return (
			end - start - 2 === length &&
			bytes[start] === WHOLE &&
			length > 0 &&
			length < 126 &&
			this.head === 0 &&
			!this.open &&
			!this.dead
		);
	}

	/** Takes the next bytes of the stream, [start, end) of `bytes`. To be followed by `next`. */
	feed(bytes: Uint8Array, start: number, end: number): void {
		this.bytes = bytes;
		this.at = start;
		this.end = end;
	}

	/**
	 * Finds the next part of a payload, [from, to) of the bytes; false when there is none. Not told by a call:
	 * what a payload leads to needs the stack.
	 */
	next(): boolean {
		const { bytes, end } = this;
		while (this.at < end && !this.dead) {
			if (this.head < 2 || this.more > 0) {
				this.header(bytes[this.at++] as number);
				if (this.head === 2 && this.more === 0 && this.left === 0) this.ended();
			} else if (this.part(end)) return true;
		}
		return false;
	}

	/** Takes what there is of the payload; whether it is data. */
	private part(end: number): boolean {
		const { at } = this;
		const to = end - at < this.left ? end : at + this.left;
		this.left -= to - at;
		this.from = at;
		this.at = this.to = to;
		const isControl = (this.first & 8) > 0;
		if (isControl) this.keep(this.bytes, at, to);
		if (this.left === 0) this.ended();
		return !isControl;
	}

	/** Nothing more is read. */
	stop(): void {
		this.dead = true;
	}

	/** The next byte of a header. */
	private header(byte: number): void {
		if (this.head === 0) {
			this.head = 1;
			this.first = byte;
			this.left = 0;
			const fault = this.firstFault(byte);
			if (fault !== "") this.fail(fault);
		} else if (this.head === 1) {
			this.head = 2;
			if (byte & MASKED) return this.fail("a masked frame");
			if ((this.first & 8) > 0 && byte > CONTROL_BYTES) return this.fail("a control frame that is too long");
			if (byte < 126) this.left = byte;
			else this.more = byte === 126 ? 2 : 8;
		} else {
			if (this.more === 8 && byte > 127) return this.fail("a length beyond 63 bits");
			this.more--;
			this.left = this.left * 256 + byte;
		}
	}

	/** What is wrong with the first byte of a header, or "". */
	private firstFault(byte: number): string {
		const opcode = byte & 15;
		if (byte & RESERVED) return "reserved bits";
		if (opcode === CLOSE || opcode === PING || opcode === PONG)
			return byte & FIN ? "" : "a control frame in parts";
		if (opcode !== BINARY && opcode !== CONTINUATION)
			return opcode === 1 ? "text [MQTT-6.0.0-1]" : `opcode ${opcode}`;
		if ((opcode === CONTINUATION) !== this.open)
			return this.open ? "a message inside another" : "a continuation of nothing";
		this.open = (byte & FIN) === 0;
		return "";
	}

	/** Keeps a part of a control frame's payload. */
	private keep(bytes: Uint8Array, start: number, end: number): void {
		this.kept ??= new Uint8Array(CONTROL_BYTES);
		for (let at = start; at < end; at++) this.kept[this.fill++] = bytes[at] as number;
	}

	/** The frame is read. */
	private ended(): void {
		this.head = 0;
		if (this.first & 8 && !this.dead) this.controlled();
	}

	private controlled(): void {
		const payload = this.kept ? this.kept.subarray(0, this.fill) : NOTHING;
		this.fill = 0;
		if (!this.handler.control(this.first & 15, payload)) this.dead = true;
	}

	private fail(what: string): void {
		this.dead = true;
		this.handler.violation(what);
	}
}

/** Code and reason of a CLOSE (RFC 6455, 7.4), for people. */
export function closeWords(payload: Uint8Array): string {
	if (payload.length < 2) return "without a code";
	const code = ((payload[0] as number) << 8) | (payload[1] as number);
	const reason = visible(decodeUtf8(payload, 2, payload.length) ?? "");
	return reason === "" ? `code ${code}` : `code ${code}: ${reason}`;
}
