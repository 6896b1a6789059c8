// Incremental, bounded parser of every packet that a server sends. Packets are read where they came in; of
// one that a chunk cuts, the rest is appended in an assembly buffer. So every chunking of a stream gives the
// same events, and nothing is allocated.

import { equals } from "../core/bytes.js";
import { PacketType, SUBACK_FAILURE } from "./packet.js";
import { topicFault } from "./topic.js";

/** Payload bytes that are kept of a message too large to be kept whole. */
export const PEEK_BYTES = 96;

/** In the place of a packet's type: a part of a payload. */
const REST = 0;
const CONNACK = PacketType.Connack;
const PUBLISH = PacketType.Publish;
const PUBACK = PacketType.Puback;
const PUBACK_BYTE = PUBACK << 4;
const PUBREL = PacketType.Pubrel;
const SUBACK = PacketType.Suback;
const PINGRESP = PacketType.Pingresp;

/** A bit for each packet type that a server may send. */
const FROM_SERVER =
	(1 << PacketType.Connack) |
	(1 << PacketType.Publish) |
	(1 << PacketType.Puback) |
	(1 << PacketType.Pubrec) |
	(1 << PacketType.Pubrel) |
	(1 << PacketType.Pubcomp) |
	(1 << PacketType.Suback) |
	(1 << PacketType.Unsuback) |
	(1 << PacketType.Pingresp);

/** A PUBLISH as received. Positions are in `bytes` and hold during the call only. */
export class InboundMessage {
	bytes: Uint8Array = new Uint8Array(0);
	topicStart = 0;
	topicEnd = 0;
	payloadStart = 0;
	payloadEnd = 0;
	/**
	 * Payload bytes that the packet has; more than payloadEnd - payloadStart if it was too large to keep: they
	 * follow.
	 */
	payloadBytes = 0;
	qos = 0;
	packetId = 0;
	dup = false;
	retain = false;

	/** Whether it came on this topic. */
	isOn(topic: Uint8Array): boolean {
		return equals(this.bytes, this.topicStart, this.topicEnd, topic);
	}
}

/** One call per packet. A handler that returns false ends the parsing, because it closed the connection. */
export interface ParserHandler {
	connack(sessionPresent: boolean, code: number): boolean;
	publish(message: InboundMessage): boolean;
	/**
	 * The next part, [start, end), of a payload that was too large to keep; `left` bytes of it are still to
	 * come.
	 */
	rest(bytes: Uint8Array, start: number, end: number, left: number): boolean;
	/** PUBACK, PUBREC, PUBREL, PUBCOMP and UNSUBACK. */
	acknowledgement(type: number, packetId: number): boolean;
	/** Return codes lie in `bytes` at [start, end). */
	suback(packetId: number, bytes: Uint8Array, start: number, end: number): boolean;
	pingresp(): boolean;
	/** The stream broke a rule; nothing more can be read from it. `code` is a key of CLOSE_CODES. */
	violation(code: string): void;
}

export class Parser {
	// First what each message touches: XS looks through an object's fields in their order.
	/** Where packets are read: the last chunk, or `assembly`. */
	private bytes: Uint8Array;
	/** What was read of `bytes`, and what is there. */
	private at = 0;
	private fill = 0;
	private skip = 0;
	private dead = false;
	/** What was found last. */
	private type = 0;
	private bodyAt = 0;
	private bodyLength = 0;
	/** Of an acknowledgement. */
	private packetId = 0;
	private readonly handler: ParserHandler;
	private readonly message = new InboundMessage();
	private readonly keep: number;
	private readonly assembly: Uint8Array;

	/** Packets with a body of up to `keepBytes` are kept whole; chunks have up to `chunkBytes`. */
	constructor(keepBytes: number, chunkBytes: number, handler: ParserHandler) {
		this.keep = keepBytes;
		this.assembly = new Uint8Array(5 + keepBytes + chunkBytes);
		this.bytes = this.assembly;
		this.handler = handler;
	}

	/** Forgets everything, for a new connection. */
	reset(): void {
		this.at = 0;
		this.fill = 0;
		this.skip = 0;
		this.dead = false;
	}

	/**
	 * Takes the next bytes of the stream, [start, end) of `chunk`. To be followed by `next`, and by `tell` for
	 * all that it finds, until it finds nothing; until then the bytes stay in use.
	 */
	feed(chunk: Uint8Array, start: number, end: number): void {
		if (this.dead) return;
		const fill = this.fill;
		if (fill === 0) {
			this.bytes = chunk;
			this.at = start;
			this.fill = end;
		} else {
			const { assembly } = this;
			assembly.set(chunk, fill); // no view of a part of the chunk: that would be garbage
			if (start > 0) assembly.copyWithin(fill, fill + start, fill + end);
			this.bytes = assembly;
			this.fill = fill + end - start;
		}
	}

	/** Finds the next packet, or part of one; false when there is none. */
	next(): boolean {
		if (this.dead) return false;
		const at = this.at;
		const fill = this.fill;
		if (at < fill) {
			if (this.skip > 0) {
				this.type = REST;
				this.bodyAt = at;
				this.bodyLength = Math.min(this.skip, fill - at);
				this.skip -= this.bodyLength;
				this.at = at + this.bodyLength;
				return true;
			}
			const consumed = this.packet(at, fill);
			if (consumed > 0) {
				this.at = at + consumed;
				return true;
			}
			this.assemble(at);
		}
		this.fill = fill - at;
		this.at = 0;
		return false;
	}

	/** Keeps the beginning of a packet, from `at` on, until the rest comes. */
	private assemble(at: number): void {
		const { assembly, fill } = this;
		if (this.dead) return;
		if (this.bytes !== assembly) assembly.set(this.bytes);
		if (at > 0) assembly.copyWithin(0, at, fill);
	}

	/**
	 * Tells the handler what was found. Not done where it was read: what a handler does needs the stack.
	 * Returns whether `next` may find more.
	 */
	tell(): boolean {
		const type = this.type;
		if (type === PUBACK && this.packetId > 0)
			this.dead = !this.handler.acknowledgement(PUBACK, this.packetId);
		else if (type === PUBLISH) this.dead = !this.handler.publish(this.message);
		else if (type !== REST) this.dead = !this.body(type, this.bodyAt, this.bodyLength);
		else this.dead = !this.handler.rest(this.bytes, this.bodyAt, this.bodyAt + this.bodyLength, this.skip);
		if (this.at < this.fill) return true;
		this.at = this.fill = 0;
		return false;
	}

	/** Finds one packet at `p`; returns the bytes consumed, or 0 if more are needed. */
	private packet(p: number, end: number): number {
		const bytes = this.bytes;
		// The acknowledgement that each message brings comes in one piece.
		if (bytes[p] === PUBACK_BYTE && end - p > 3 && bytes[p + 1] === 2) {
			this.type = PUBACK;
			this.packetId = ((bytes[p + 2] as number) << 8) | (bytes[p + 3] as number);
			return 4;
		}
		// The first byte alone can be wrong; a server must not be able to hold us with a length that never
		// comes.
		const first = bytes[p] as number;
		const type = first >> 4;
		const flags = first & 15;
		if (((FROM_SERVER >> type) & 1) === 0) return this.violation("MQTT-4.8.0-1");
		if (type === PUBLISH) {
			if ((flags & 6) === 6) return this.violation("MQTT-3.3.1-4");
			if ((flags & 14) === 8) return this.violation("MQTT-3.3.1-2");
		} else if (flags !== (type === PUBREL ? 2 : 0)) return this.violation("MQTT-2.2.2-2");
		let length = 0;
		let at = p + 1;
		for (let shift = 0; ; shift += 7) {
			if (at >= end) return 0;
			const b = bytes[at++] as number;
			length |= (b & 127) << shift;
			if (b < 128) break;
			if (shift === 21) return this.violation("MQTT-4.8.0-1"); // a fifth length byte
		}
		this.type = type;
		if (type === PUBLISH) return this.publish(p, at, length, end, flags);
		if (type < SUBACK ? length !== 2 : !fits(type, length)) return this.violation("MQTT-4.8.0-1");
		if (length > this.keep) return this.violation("MQTT-4.8.0-1");
		if (end - at < length) return 0;
		this.bodyAt = at;
		this.bodyLength = length;
		this.packetId = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
		return at + length - p;
	}

	/** Reads a packet that is no PUBLISH, and tells it. */
	private body(type: number, at: number, length: number): boolean {
		const bytes = this.bytes;
		const handler = this.handler;
		if (type === PINGRESP) return handler.pingresp();
		if (type === CONNACK) {
			const flags = bytes[at] as number;
			if (flags > 1) return this.violation("MQTT-4.8.0-1") > 0; // reserved, section 3.2.2.1
			return handler.connack(flags === 1, bytes[at + 1] as number);
		}
		const id = this.packetId;
		if (id === 0) return this.violation("MQTT-2.3.1-1") > 0;
		if (type !== SUBACK) return handler.acknowledgement(type, id);
		for (let i = at + 2; i < at + length; i++) {
			const code = bytes[i] as number;
			if (code > 2 && code !== SUBACK_FAILURE) return this.violation("MQTT-3.9.3-2") > 0;
		}
		return handler.suback(id, bytes, at + 2, at + length);
	}

	private publish(p: number, at: number, length: number, end: number, flags: number): number {
		const bytes = this.bytes;
		const qos = (flags >> 1) & 3;
		const idBytes = qos > 0 ? 2 : 0;
		if (length < 2 + idBytes) return this.violation("MQTT-4.8.0-1");
		if (end - at < 2) return 0;
		const topicBytes = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
		if (topicBytes === 0) return this.violation("MQTT-4.7.3-1");
		const head = 2 + topicBytes + idBytes;
		if (head > length) return this.violation("MQTT-4.8.0-1");
		const whole = length <= this.keep;
		// Of a packet too large to keep, the topic and the id are still needed, to acknowledge and to count it.
		if (!whole && head > this.keep) return this.violation("MQTT-4.8.0-1");
		// A little of the payload tells the reader what it was.
		const kept = whole ? length : Math.min(length, head + PEEK_BYTES, this.keep);
		if (end - at < kept) return 0;
		const topicStart = at + 2;
		const topicEnd = topicStart + topicBytes;
		const fault = topicFault(bytes, topicStart, topicEnd);
		if (fault !== "") return this.violation(fault);
		const message = this.message;
		message.bytes = bytes;
		message.packetId = qos > 0 ? ((bytes[topicEnd] as number) << 8) | (bytes[topicEnd + 1] as number) : 0;
		if (qos > 0 && message.packetId === 0) return this.violation("MQTT-2.3.1-1");
		message.topicStart = topicStart;
		message.topicEnd = topicEnd;
		message.payloadStart = topicEnd + idBytes;
		message.payloadEnd = at + kept;
		message.payloadBytes = length - head;
		message.qos = qos;
		message.dup = (flags & 8) !== 0;
		message.retain = (flags & 1) !== 0;
		if (!whole) this.skip = length - kept;
		return at + kept - p;
	}

	private violation(code: string): number {
		this.handler.violation(code);
		this.dead = true;
		return 0;
	}
}

/** Whether a body of this length is legal for the type. */
function fits(type: number, length: number): boolean {
	if (type === PINGRESP) return length === 0;
	return type === SUBACK ? length >= 3 : length === 2;
}
