// A capture that opens in Wireshark: the packets above TLS, wrapped into TCP on port 1883 as if they had
// travelled in clear. Classic pcap (draft-ietf-opsawg-pcap) with raw IPv4.

import type { Direction } from "../engine/line.js";

export interface CapturedFrame {
	/** ms since 1970. */
	readonly at: number;
	readonly connection: number;
	readonly direction: Direction;
	readonly frame: Uint8Array;
}

const LINKTYPE_RAW = 101;
const SNAPLEN = 65_535;
const HEADERS = 40;
/** Of MQTT in one segment, so that an IPv4 packet holds it. */
const SEGMENT = 60_000;
const NODE = [10, 0, 0, 2];
const BROKER = [10, 0, 0, 1];
const PORT = 1883;
const FIRST_PORT = 50_000;
const PUSH_ACK = 0x18;

/** The bytes of the file. */
export function writeCapture(frames: readonly CapturedFrame[]): Buffer {
	const head = Buffer.alloc(24);
	head.writeUInt32LE(0xa1b2c3d4, 0);
	head.writeUInt16LE(2, 4);
	head.writeUInt16LE(4, 6);
	head.writeUInt32LE(SNAPLEN, 16);
	head.writeUInt32LE(LINKTYPE_RAW, 20);
	const parts: Buffer[] = [head];
	/** Next sequence numbers of a connection's two directions. */
	const next = new Map<number, Record<Direction, number>>();
	for (const { at, connection, direction, frame } of frames) {
		const sequence = next.get(connection) ?? { up: 1, down: 1 };
		next.set(connection, sequence);
		for (let from = 0; from < frame.length; from += SEGMENT) {
			const content = frame.subarray(from, from + SEGMENT);
			parts.push(record(at, segment(connection, direction, sequence, content)));
			sequence[direction] = (sequence[direction] + content.length) >>> 0;
		}
	}
	return Buffer.concat(parts);
}

function record(at: number, packet: Buffer): Buffer {
	const head = Buffer.alloc(16);
	head.writeUInt32LE(Math.floor(at / 1000), 0);
	head.writeUInt32LE(Math.floor((at % 1000) * 1000), 4);
	head.writeUInt32LE(packet.length, 8);
	head.writeUInt32LE(packet.length, 12);
	return Buffer.concat([head, packet]);
}

/** An IPv4 packet with a TCP segment; the checksums are right. */
function segment(
	connection: number,
	direction: Direction,
	sequence: Record<Direction, number>,
	content: Uint8Array,
): Buffer {
	const up = direction === "up";
	const packet = Buffer.alloc(HEADERS + content.length);
	packet[0] = 0x45;
	packet.writeUInt16BE(packet.length, 2);
	packet[8] = 64;
	packet[9] = 6;
	packet.set(up ? NODE : BROKER, 12);
	packet.set(up ? BROKER : NODE, 16);
	packet.writeUInt16BE(checksum(packet.subarray(0, 20)), 10);
	const port = FIRST_PORT + (connection % 10_000);
	packet.writeUInt16BE(up ? port : PORT, 20);
	packet.writeUInt16BE(up ? PORT : port, 22);
	packet.writeUInt32BE(sequence[direction], 24);
	packet.writeUInt32BE(sequence[up ? "down" : "up"], 28);
	packet[32] = 0x50;
	packet[33] = PUSH_ACK;
	packet.writeUInt16BE(65_535, 34);
	packet.set(content, HEADERS);
	const pseudo = Buffer.alloc(12);
	packet.copy(pseudo, 0, 12, 20);
	pseudo[9] = 6;
	pseudo.writeUInt16BE(packet.length - 20, 10);
	packet.writeUInt16BE(checksum(Buffer.concat([pseudo, packet.subarray(20)])), 36);
	return packet;
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
	let sum = 0;
	for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
	while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
	return ~sum & 0xffff;
}
