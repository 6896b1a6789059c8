// Encodes every packet that a client sends, in place. Each function writes at `at` and returns the position
// behind the packet. Texts come as UTF-8 that was checked before (topic.ts); sizes are known beforehand, so
// that a caller can see whether the packet fits.

import { lengthBytes, MAX_REMAINING_LENGTH, PacketType } from "./packet.js";

export interface Will {
	readonly topic: Uint8Array;
	readonly payload: Uint8Array;
	readonly qos: 0 | 1 | 2;
	readonly retain: boolean;
}

export interface ConnectOptions {
	/** May be empty only with a clean session [MQTT-3.1.3-7]. */
	readonly clientId: Uint8Array;
	readonly cleanSession: boolean;
	/** Seconds, 0 to 65535; 0 switches the keepalive off. */
	readonly keepAlive: number;
	readonly will?: Will | undefined;
	readonly username?: Uint8Array | undefined;
	/** Needs a user name [MQTT-3.1.2-22]. */
	readonly password?: Uint8Array | undefined;
}

const PUBREL = PacketType.Pubrel;

/** Variable byte integer, section 2.2.3. */
export function writeRemainingLength(bytes: Uint8Array, at: number, length: number): number {
	let p = at;
	let rest = length;
	while (rest > 127) {
		bytes[p++] = (rest & 127) | 128;
		rest >>= 7;
	}
	bytes[p++] = rest;
	return p;
}

/** A length-prefixed field, sections 1.5.3 and 3.1.3. */
function writeField(bytes: Uint8Array, at: number, field: Uint8Array): number {
	const length = field.length;
	bytes[at] = length >> 8;
	bytes[at + 1] = length & 255;
	bytes.set(field, at + 2);
	return at + 2 + length;
}

/** Remaining length of CONNECT. */
export function connectLength(options: ConnectOptions): number {
	const { will, username, password } = options;
	let length = 10 + 2 + options.clientId.length;
	if (will) length += 4 + will.topic.length + will.payload.length;
	if (username) length += 2 + username.length;
	if (password) length += 2 + password.length;
	return length;
}

/** Section 3.1. Throws on what the standard forbids, before anything is written. */
export function writeConnect(bytes: Uint8Array, at: number, options: ConnectOptions): number {
	const { will, username, password, keepAlive } = options;
	if (options.clientId.length === 0 && !options.cleanSession)
		throw new RangeError("an empty client id needs a clean session [MQTT-3.1.3-7]");
	if (password && !username) throw new RangeError("a password needs a user name [MQTT-3.1.2-22]");
	if (will && will.qos !== 0 && will.qos !== 1 && will.qos !== 2)
		throw new RangeError("will QoS [MQTT-3.1.2-14]");
	if (!(keepAlive >= 0 && keepAlive <= 65535)) throw new RangeError("keepalive is 0 to 65535 s");
	let flags = options.cleanSession ? 2 : 0;
	if (will) flags |= 4 | (will.qos << 3) | (will.retain ? 32 : 0);
	if (username) flags |= 128;
	if (password) flags |= 64;
	let p = at;
	bytes[p++] = PacketType.Connect << 4;
	p = writeRemainingLength(bytes, p, connectLength(options));
	bytes[p++] = 0;
	bytes[p++] = 4;
	bytes[p++] = 77; // MQTT
	bytes[p++] = 81;
	bytes[p++] = 84;
	bytes[p++] = 84;
	bytes[p++] = 4; // protocol level [MQTT-3.1.2-2]
	bytes[p++] = flags;
	bytes[p++] = keepAlive >> 8;
	bytes[p++] = keepAlive & 255;
	p = writeField(bytes, p, options.clientId); // order: [MQTT-3.1.3-1]
	if (will) {
		p = writeField(bytes, p, will.topic);
		p = writeField(bytes, p, will.payload);
	}
	if (username) p = writeField(bytes, p, username);
	if (password) p = writeField(bytes, p, password);
	return p;
}

/** Bytes of a PUBLISH in front of its payload, or -1 if the packet would be longer than MQTT allows. */
export function publishHeaderLength(topicBytes: number, qos: number, payloadBytes: number): number {
	const remaining = 2 + topicBytes + (qos > 0 ? 2 : 0) + payloadBytes;
	if (remaining > MAX_REMAINING_LENGTH) return -1;
	return 1 + lengthBytes(remaining) + remaining - payloadBytes;
}

/** Section 3.3, all but the payload. `packetId` counts only above QoS 0 [MQTT-2.3.1-5]. */
export function writePublishHeader(
	bytes: Uint8Array,
	at: number,
	topic: Uint8Array,
	qos: number,
	retain: boolean,
	dup: boolean,
	packetId: number,
	payloadBytes: number,
): number {
	let p = at;
	bytes[p++] = (PacketType.Publish << 4) | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
	p = writeRemainingLength(bytes, p, 2 + topic.length + (qos > 0 ? 2 : 0) + payloadBytes);
	p = writeField(bytes, p, topic);
	if (qos > 0) {
		bytes[p++] = packetId >> 8;
		bytes[p++] = packetId & 255;
	}
	return p;
}

/** PUBACK, PUBREC, PUBREL and PUBCOMP, sections 3.4 to 3.7: four bytes as one number, the first one on top. */
export function replyWord(type: number, packetId: number): number {
	return (type << 28) | (type === PUBREL ? 0x2020000 : 0x20000) | packetId;
}

/** Section 3.8, with one filter: clouds differ in what they make of several. */
export function writeSubscribe(
	bytes: Uint8Array,
	at: number,
	packetId: number,
	filter: Uint8Array,
	qos: number,
): number {
	let p = at;
	bytes[p++] = (PacketType.Subscribe << 4) | 2;
	p = writeRemainingLength(bytes, p, 2 + 2 + filter.length + 1);
	bytes[p++] = packetId >> 8;
	bytes[p++] = packetId & 255;
	p = writeField(bytes, p, filter);
	bytes[p++] = qos;
	return p;
}

/** Section 3.10, with one filter. */
export function writeUnsubscribe(
	bytes: Uint8Array,
	at: number,
	packetId: number,
	filter: Uint8Array,
): number {
	let p = at;
	bytes[p++] = (PacketType.Unsubscribe << 4) | 2;
	p = writeRemainingLength(bytes, p, 2 + 2 + filter.length);
	bytes[p++] = packetId >> 8;
	bytes[p++] = packetId & 255;
	return writeField(bytes, p, filter);
}

/** PINGREQ and DISCONNECT, sections 3.12 and 3.14: two bytes. */
export function writeEmpty(bytes: Uint8Array, at: number, type: number): number {
	bytes[at] = type << 4;
	bytes[at + 1] = 0;
	return at + 2;
}
