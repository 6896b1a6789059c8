// Flights of a TLS server in plaintext: made of messages, cut into records and pieces; and what the readers
// make of them.

import { HandshakeReader } from "../../../modules/network/tls-handshake.js";
import { ContentType, RecordReader } from "../../../modules/network/tls-records.js";

export const bytes = (...parts: Array<number | Uint8Array | readonly number[]>): Uint8Array =>
	Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
export const number24 = (n: number): number[] => [(n >> 16) & 255, (n >> 8) & 255, n & 255];
export const number16 = (n: number): number[] => [(n >> 8) & 255, n & 255];

/** A handshake message. */
export const message = (type: number, body: Uint8Array | readonly number[] = []): Uint8Array =>
	bytes(type, number24(body.length), [...body]);
/** A Certificate message. */
export const chain = (...certificates: readonly Uint8Array[]): Uint8Array => {
	const list = bytes(...certificates.flatMap((der) => [number24(der.length), der]));
	return message(11, bytes(number24(list.length), list));
};
/** A ServerHello with a session id and extensions as type and content. */
export const hello = (
	extensions: ReadonlyArray<readonly [number, readonly number[]]> = [],
	sessionId: readonly number[] = [],
): Uint8Array => {
	const list = extensions.flatMap(([type, content]) => [
		...number16(type),
		...number16(content.length),
		...content,
	]);
	const tail = list.length > 0 ? [...number16(list.length), ...list] : [];
	return message(
		2,
		bytes(3, 3, new Uint8Array(32).fill(7), sessionId.length, sessionId, 0xc0, 0x2f, 0, tail),
	);
};
/** A CertificateRequest with so many names of authorities. */
export const request = (names: number, nameBytes = 75): Uint8Array => {
	const list = bytes(
		...Array.from({ length: names }, (_, i) => [
			number16(nameBytes),
			new Uint8Array(nameBytes).fill(i),
		]).flat(),
	);
	return message(13, bytes(2, 1, 64, number16(4), 4, 1, 4, 3, number16(list.length), list));
};
/** Records of one type with at most `size` bytes of content. */
export const records = (type: number, content: Uint8Array, size: number): Uint8Array => {
	const all: Uint8Array[] = [];
	for (let at = 0; at < content.length; at += size) {
		const piece = content.subarray(at, at + size);
		all.push(bytes(type, 3, 3, number16(piece.length), piece));
	}
	return bytes(...all);
};

/** What the readers told, as lines; and the bytes that are to be hashed, in order. */
export class Heard {
	readonly lines: string[] = [];
	hashed: number[] = [];
	readonly certificates: Uint8Array[] = [];
	readonly messages: Uint8Array[] = [];
	sealed: Uint8Array[] = [];
	resuming = false;
	readonly reader: RecordReader;
	readonly handshake: HandshakeReader;

	constructor() {
		this.handshake = new HandshakeReader({
			message: (type, whole) => {
				this.lines.push(`message ${type} ${whole.length}`);
				this.messages.push(Uint8Array.from(whole));
				this.hashed.push(...whole);
			},
			hash: (piece) => this.hashed.push(...piece),
			certificate: (at, der) => {
				this.lines.push(`certificate ${at} ${der.length}`);
				this.certificates.push(der);
			},
			chainEnded: (count) => this.lines.push(`chain of ${count}`),
			requested: () => this.lines.push("requested"),
			renegotiation: () => this.lines.push("renegotiation"),
		});
		this.reader = new RecordReader({
			open: (type, piece) => {
				if (type === ContentType.Handshake) this.handshake.push(piece);
				else if (type === ContentType.ChangeCipherSpec) {
					this.handshake.changeCipher(this.resuming);
					this.lines.push("change cipher");
					this.reader.encrypted = true;
				} else this.lines.push(`record ${type}: ${piece.join(" ")}`);
			},
			sealed: (type, version, record) => {
				this.lines.push(`sealed ${type} ${version} ${record.length}`);
				this.sealed.push(record);
			},
		});
	}

	/** Delivers bytes as a socket does: at most `size` are there at once. Returns what was thrown. */
	deliver(stream: Uint8Array, size = stream.length): unknown {
		try {
			for (let at = 0; at < stream.length; ) {
				const there = stream.subarray(at, at + size);
				at += there.length;
				for (let taken = 0; taken < there.length; ) {
					const room = this.reader.room(there.length - taken);
					room.set(there.subarray(taken, taken + room.length));
					taken += room.length;
					this.reader.filled(room);
				}
			}
			return undefined;
		} catch (error) {
			return error;
		}
	}
}
