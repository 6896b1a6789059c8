// Where the session gets its messages from. It asks when it can send, so nothing is queued twice.

import type { Publication } from "./publication.js";

export interface PublishSource {
	/**
	 * Chooses the next message, if there is one. Called only when it can be sent now: `windowOpen` says whether
	 * that holds for QoS 1 and 2 as well.
	 */
	next(windowOpen: boolean): Publication | undefined;
	/** Something else may wait behind the message that `next` has chosen: worth asking for. */
	readonly more: boolean;
	/** Something waits until what is under way is acknowledged, though the window is open. */
	readonly holds: boolean;
	/** Chooses the message that was sent under this packet id, to be sent again as it was, if it is there. */
	again(packetId: number): Publication | undefined;
	/**
	 * The chosen message is being sent under this packet id (0 at QoS 0). Copies its first `room` payload bytes
	 * (or fewer at the end) to `bytes` at `at`; returns how many.
	 */
	start(packetId: number, bytes: Uint8Array, at: number, room: number): number;
	/** Copies the next `room` payload bytes, in the same way. */
	copy(bytes: Uint8Array, at: number, room: number): number;
	/**
	 * The connection is gone but the session may go on: what is under way above QoS 0 keeps its packet id.
	 * `byServer`: an open connection was closed at the other end.
	 */
	suspended(byServer: boolean): void;
	/** The session is gone: what was under way may be sent anew. */
	interrupted(byServer: boolean): void;
}
