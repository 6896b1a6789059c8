// What goes out while a TLS connection is made, as the socket takes it: lwIP's buffer on a C3 has 5,744
// bytes, and a chain of three with keys of 4096 bits has more.

const VERSION_MAJOR = 3;
const VERSION_MINOR = 3;
/** Header of a record. */
const HEADER = 5;

/** A socket of Ecma-419; the SDK's TLS keeps in it how much it takes. */
export interface Writable {
	/** Bytes that it takes now. */
	writable: number;
	write(bytes: Uint8Array): unknown;
}

export class TlsOutput {
	/** Parts that the socket has not taken, and how much of the first it has. */
	private readonly waiting: Uint8Array[] = [];
	private sent = 0;

	/** Whether all is out. */
	get empty(): boolean {
		return this.waiting.length === 0;
	}

	/** A whole record. */
	record(bytes: Uint8Array): void {
		this.waiting.push(bytes);
	}

	/**
	 * Records that are not encrypted, with these parts, of `bytes` bytes together, for their content; none
	 * longer than `longest`.
	 */
	parts(type: number, parts: readonly Uint8Array[], bytes: number, longest: number): void {
		let left = bytes;
		let room = 0;
		for (const part of parts)
			for (let at = 0; at < part.length; ) {
				if (room === 0) {
					room = left < longest ? left : longest;
					left -= room;
					const header = new Uint8Array(HEADER);
					header[0] = type;
					header[1] = VERSION_MAJOR;
					header[2] = VERSION_MINOR;
					header[3] = room >> 8;
					header[4] = room;
					this.waiting.push(header);
				}
				const piece = part.subarray(at, at + room);
				this.waiting.push(piece);
				at += piece.length;
				room -= piece.length;
			}
	}

	/** Writes as much as the socket takes. */
	flush(socket: Writable): void {
		const waiting = this.waiting;
		while (waiting.length > 0 && socket.writable > 0) {
			const first = waiting[0] as Uint8Array;
			const piece = first.subarray(this.sent, this.sent + socket.writable);
			socket.write(piece);
			socket.writable -= piece.length;
			this.sent += piece.length;
			if (this.sent < first.length) return;
			waiting.shift();
			this.sent = 0;
		}
	}
}

/**
 * The parts of a Certificate message (RFC 5246, 7.4.6): its lengths, and the certificates from where they
 * lie.
 */
export function certificateParts(type: number, chain: readonly Uint8Array[]): Uint8Array[] {
	let list = 0;
	for (const der of chain) list += 3 + der.length;
	const head = new Uint8Array(7);
	head[0] = type;
	put24(head, 1, list + 3);
	put24(head, 4, list);
	const parts: Uint8Array[] = [head];
	for (const der of chain) {
		const length = new Uint8Array(3);
		put24(length, 0, der.length);
		parts.push(length, der);
	}
	return parts;
}

function put24(bytes: Uint8Array, at: number, value: number): void {
	bytes[at] = value >> 16;
	bytes[at + 1] = value >> 8;
	bytes[at + 2] = value;
}
