// The part of a PUBLISH in front of its payload, kept for one topic: only its length and packet id are
// written for a message, which on XS is several times cheaper than putting it together anew. As in
// outbox/record-template.ts the state is in variables of the enclosing function, which cost a quarter of
// properties there.

import { writePublishHeader } from "./encode.js";

export interface PublishHeader {
	/** Most bytes that `write` writes. */
	readonly maxBytes: number;
	/** Writes the header of a message at `at` in the same buffer; returns the position behind it. */
	write(at: number, packetId: number, payloadBytes: number): number;
}

/** Largest remaining length of two bytes; longer messages are rare. */
const TWO_BYTES = 16383;

/** Bytes of the buffer that the header of a topic takes. */
export function publishHeaderBytes(topic: Uint8Array): number {
	return 7 + topic.length;
}

/** Lays the header of messages that are not retained out in `bytes`, which `view` shows, from `kept` on. */
export function publishHeader(
	bytes: Uint8Array,
	view: DataView,
	kept: number,
	topic: Uint8Array,
	qos: 0 | 1 | 2,
): PublishHeader {
	/** Remaining length without the payload. */
	const rest = 2 + topic.length + (qos > 0 ? 2 : 0);
	const end = writePublishHeader(bytes, kept, topic, qos, false, false, 0, TWO_BYTES - rest);
	const size = end - kept;
	/** The first byte, in front of a remaining length of one byte. */
	const first = (bytes[kept] as number) << 8;
	/** On its own, as what it needs would cost the others too. */
	const writeLong = (at: number, packetId: number, payloadBytes: number) =>
		writePublishHeader(bytes, at, topic, qos, false, false, packetId, payloadBytes);
	/** Where the kept header ends in front of the packet id, or without one ends. */
	const idAt = qos > 0 ? end - 2 : end;
	const write = (at: number, packetId: number, payloadBytes: number) => {
		const remaining = payloadBytes + rest;
		let behind = at + size;
		if (remaining > 127) {
			if (remaining > 16383) return writeLong(at, packetId, payloadBytes);
			// First the id: where there is none, the topic then covers it.
			view.setUint16(behind - 2, packetId);
			bytes.copyWithin(at, kept, idAt);
			// (remaining & 127 | 128) << 8 | remaining >> 7
			view.setUint16(at + 1, remaining * 256 - (remaining >> 7) * 32767 + 32768);
		} else {
			behind--;
			view.setUint16(behind - 2, packetId);
			bytes.copyWithin(at, kept + 1, idAt);
			view.setUint16(at, first + remaining);
		}
		return behind;
	};
	return Object.freeze({ write, maxBytes: size + 2 });
}
