// Watches an MQTT byte stream and finds the first packet that is larger than a limit, before it has arrived
// whole.
import type { Duplex } from "node:stream";

const MAX_LENGTH_BYTES = 4;

export class FrameLimit {
	private readonly limit: number;
	/** Bytes of the current packet's body that are still to come. */
	private body = 0;
	/** Bytes of the current fixed header seen so far; 0 = the next byte starts a packet. */
	private header = 0;
	private length = 0;

	constructor(limit: number) {
		this.limit = limit;
	}

	/**
	 * Takes the next bytes. Returns how many of them belong to acceptable packets: less than all of them
	 * means that an oversize (or malformed) packet begins there.
	 */
	accept(bytes: Uint8Array): number {
		let at = 0;
		let good = 0;
		while (at < bytes.length) {
			if (this.body > 0) {
				const taken = Math.min(this.body, bytes.length - at);
				this.body -= taken;
				at += taken;
				good = at;
				continue;
			}
			const byte = bytes[at++] as number;
			if (this.header === 0) {
				this.header = 1;
				this.length = 0;
				continue;
			}
			this.length += (byte & 0x7f) * 128 ** (this.header - 1);
			this.header++;
			if (this.header + this.length > this.limit) return good;
			if (byte & 0x80) {
				if (this.header > MAX_LENGTH_BYTES) return good;
				continue;
			}
			this.header = 0;
			this.body = this.length;
			good = at;
		}
		return at;
	}
}

/** Hands a reader of the stream nothing of an oversize packet, and destroys the stream. */
export function limitPackets(stream: Duplex, maxBytes: number, onOversize: () => void): void {
	const limit = new FrameLimit(maxBytes);
	const read = stream.read.bind(stream);
	stream.read = (size?: number) => {
		const bytes = read(size) as Buffer | null;
		if (!bytes) return bytes;
		const good = limit.accept(bytes);
		if (good === bytes.length) return bytes;
		onOversize();
		// After the acceptable packets before it have been processed.
		setImmediate(() => stream.destroy());
		return good > 0 ? bytes.subarray(0, good) : null;
	};
}
