// One ring and how its records become messages: the outbox has one lane for measures and one, sent first, for
// alarms, events and operation results. Order holds within a lane. To the session a lane is the message of
// it that was chosen last.

import { fold, foldBytes } from "../core/bytes.js";
import type { Publication } from "../mqtt/publication.js";
import type { PublishHeader } from "../mqtt/publish-header.js";
import type { Ring } from "./ring.js";

export interface Lane extends Publication {
	// First what each message touches: XS looks through an object's fields in their order.
	readonly ring: Ring;
	/** Payload bytes of the message that was chosen last. */
	length: number;
	/** Not kept for routes that are seldom gone. */
	header: PublishHeader | undefined;
	readonly qos: 0 | 1 | 2;
	/** Records that one message may carry. */
	readonly maxRecords: number;
	/** A message of one record is that record: no constant parts, no number, no confirmation. */
	readonly bare: boolean;
	/** Constant parts of a message: bytes of prefix and suffix together, and of each part. */
	frameBytes: number;
	prefixBytes: number;
	readonly separatorBytes: number;
	readonly suffixBytes: number;
	/** Position in the buffer of 10 digits in the prefix that take the message number, or -1. */
	numberAt: number;
	/**
	 * Milliseconds that the cloud's own confirmation may take after the broker's; 0: the broker's is enough.
	 */
	readonly confirmMs: number;
	topic: Uint8Array;
	readonly retain: false;
	/** Payload bytes that one message may carry. */
	readonly maxBytes: number;
	/** Where the constant parts are in the rings' buffer. */
	prefixAt: number;
	readonly separatorAt: number;
	readonly suffixAt: number;
	/** Messages whose confirmation may be outstanding at once. */
	readonly maxHeld: number;
	/** Where records do not all go the same way: the fields above are then those of the message's route. */
	routes?: readonly Route[];
}

/** What a lane takes over of a route for a message. */
export interface Route {
	readonly topic: Uint8Array;
	readonly header: PublishHeader | undefined;
	readonly frameBytes: number;
	readonly prefixBytes: number;
	readonly prefixAt: number;
	readonly numberAt: number;
	readonly signBytes: number;
}

/** How records that go the same way become messages: on a topic, with a constant beginning. */
export interface RouteShape {
	readonly topic: Uint8Array;
	readonly prefix: Uint8Array;
	/** Bytes at the prefix's begin that tell the route from another one, in any boot; none unless given. */
	readonly signBytes?: number;
	/** Its messages are few: their header is put together anew for each. */
	readonly seldom?: boolean;
	/** Where in the prefix 10 digits of the message number go, or -1. */
	readonly numberAt: number;
}

/** How the records of a lane become messages. */
export interface LaneShape extends RouteShape {
	readonly qos: 0 | 1 | 2;
	/** Largest payload of one record, bytes. */
	readonly recordBytes: number;
	/** Time stamps in one record. */
	readonly stamps: number;
	/** Records in one message, and payload bytes of one message. */
	readonly maxRecords: number;
	readonly maxBytes: number;
	readonly separator: Uint8Array;
	readonly suffix: Uint8Array;
	/** Wait for the cloud's own confirmation behind the broker's, ms; 0: the broker's is delivery. */
	readonly confirmMs: number;
	/** Routes beside the lane's own, which is 0; these are 1 and on. */
	readonly others?: readonly RouteShape[] | undefined;
}

/**
 * Folds into `hash` (FNV-1a) what tells a lane from another one: its records mean nothing where that differs.
 * Byte by byte, as lists of bytes take sixteen times as much on XS.
 */
export function sign(hash: number, { ring, topic, qos, routes }: Lane): number {
	let h = foldBytes(
		fold(fold(fold(fold(hash, ring.slots), ring.headerBytes), ring.payloadBytes), qos),
		topic,
	);
	for (const route of routes ?? []) {
		h = foldBytes(h, route.topic);
		for (let i = 0; i < route.signBytes; i++) h = fold(h, ring.bytes[route.prefixAt + i] as number);
	}
	return h;
}
