// Where the session gets its messages from. It asks when it can send, so nothing is queued twice.

import type { PublishHeader } from "./publish-header.js";

/** The message that is about to be sent; filled in by the source, reused for every message. */
export class Publication {
	topic: Uint8Array = new Uint8Array(0);
	/** The same as kept bytes, where the source has them: of a message that is not retained. */
	header: PublishHeader | undefined;
	qos = 0;
	retain = false;
	/** Payload bytes. */
	length = 0;
}

export interface PublishSource {
	/**
	 * Chooses the next message and describes it, or returns false. Called only when it can be sent now:
	 * `windowOpen` says whether that holds for QoS 1 and 2 as well.
	 */
	next(publication: Publication, windowOpen: boolean): boolean;
	/** Something waits until what is under way is acknowledged, though the window is open. */
	readonly holds: boolean;
	/**
	 * Chooses the message that was sent under this packet id, to be sent again as it was; false if it is not
	 * there.
	 */
	again(publication: Publication, packetId: number): boolean;
	/** The chosen message is being sent under this packet id (0 at QoS 0). */
	started(packetId: number): void;
	/** Copies the next `room` payload bytes (or fewer at the end) to `bytes` at `at`; returns how many. */
	copy(bytes: Uint8Array, at: number, room: number): number;
	/**
	 * The connection is gone but the session may go on: what is under way above QoS 0 keeps its packet id.
	 * `byServer`: an open connection was closed at the other end.
	 */
	suspended(byServer: boolean): void;
	/** The session is gone: what was under way may be sent anew. */
	interrupted(byServer: boolean): void;
}
