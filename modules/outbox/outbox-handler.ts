// What the outbox tells whoever looks after it.

import type { Lane } from "./lane.js";

export interface OutboxHandler {
	/** The record was delivered and is about to be removed. */
	delivered(lane: Lane, slot: number): void;
	/** Whether the record arrived is unknown and it will not be sent again; it is about to be removed. */
	unconfirmed(lane: Lane, slot: number): void;
	/** The server closes the connection whenever the record is sent; it is about to be removed. */
	quarantined(lane: Lane, slot: number): void;
	/** A message begins to be sent; its records are `count` ones from `slot` on. */
	sending(lane: Lane, slot: number, count: number, packetId: number): void;
	/** A message is about to go out under a packet id for the first time. */
	idTaken(packetId: number): void;
	/** The message of `publishDirect` is delivered. */
	directDelivered(): void;
}
