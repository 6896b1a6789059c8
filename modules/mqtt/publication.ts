// A message to the session: what its header says. Its payload comes from its source.

import { publishHeaderLength, writePublishHeader } from "./encode.js";
import type { PublishHeader } from "./publish-header.js";

/** The message that is about to be sent, as its source describes it; holds until the next one is chosen. */
export interface Publication {
	readonly topic: Uint8Array;
	/** The same as kept bytes, where the source has them: of a message that is not retained. */
	readonly header: PublishHeader | undefined;
	readonly qos: number;
	readonly retain: boolean;
	/** Payload bytes. */
	readonly length: number;
}

/**
 * Writes the header of a message of which none is kept. Returns the position behind it, or -1 if it does not
 * fit into `room` bytes or no packet can be so long.
 */
export function writeHeader(
	{ topic, qos, retain, length }: Publication,
	bytes: Uint8Array,
	at: number,
	room: number,
	packetId: number,
): number {
	const headerBytes = publishHeaderLength(topic.length, qos, length);
	if (headerBytes < 0 || headerBytes > room) return -1;
	return writePublishHeader(bytes, at, topic, qos, retain, false, packetId, length);
}
