// What a node shows of itself to whoever watches: host-sim's live view and summary, the log. All optional,
// and nothing is prepared for an observer that is not there.

import type { Sample } from "../core/channels.js";

export type CommandStatus = "SUCCESSFUL" | "FAILED";

/** What the log says of `rivals`, behind their number. */
export const RIVAL_WORDS =
	"connections in a row were ended by the server soon after they began: another device may have the same id";
/** What the log says of `refused`, ahead of code and reason, and of `overdue`; whoever shows them says it too. */
export const REFUSED_WORDS = "the cloud refused a message: ";
export const OVERDUE_WORDS = "the cloud did not confirm in time; sending again";

/**
 * Contract: must not throw and must not call the node back. Arrays are only valid during the call. At most
 * five arguments: texts, numbers, flags, bytes, or numbers in an array (host-sim/engine/narration.ts has the
 * table of what people read).
 */
export interface Observer {
	/** A sample was taken and is so many records in the ring, mostly one. NaN: a channel without a value. */
	sampled?(values: Sample, wallMs: number, records: number): void;
	/** A channel has had no value in two samples, and why; or, with "", it has values again. */
	silent?(key: string, fault: string): void;
	/** A message with `records` records begins to go out; `packetId` is 0 at QoS 0. */
	sending?(topic: Uint8Array, records: number, packetId: number, resent: boolean, measures: boolean): void;
	/** The ring is full: the oldest queued measures were dropped; `total` since this boot. */
	evicted?(total: number): void;
	/** Measures were delivered as the cloud defines it; `waiting` are still in the ring. */
	delivered?(measures: number, waiting: number): void;
	/** Measures of which it is unknown whether they arrived; they are not sent again. */
	unconfirmed?(measures: number): void;
	/** Records that were given up because the server closes the connection on them. */
	quarantined?(records: number, measures: boolean): void;
	/** The cloud refused a message of measures. */
	refused?(code: number, reason: string): void;
	/** An inbound message, before it is acted on. */
	received?(
		bytes: Uint8Array,
		topicStart: number,
		topicEnd: number,
		payloadStart: number,
		payloadEnd: number,
	): void;
	/** A command has ended; `reason` says why it failed. */
	command?(text: string, status: CommandStatus, reason: string): void;
	/** An inbound message could not be understood or acted on. */
	malformed?(what: string): void;
	/** An inbound message of this many payload bytes was too large to be kept. */
	skipped?(bytes: number): void;
	/** The cloud did not confirm in time; what it has not confirmed is sent again. */
	overdue?(): void;
	/** The node waits for somebody to do something, in words. */
	waiting?(what: string): void;
	/** The server has ended so many connections in a row soon after they began. */
	rivals?(kicks: number): void;
	/** The session is open and the cloud's opening is done: measures flow. */
	online?(): void;
	/**
	 * A connection ended or did not come about. `retryMs` is -1 when no other follows, Infinity while the
	 * network is awaited.
	 */
	offline?(code: string, detail: string, retryMs: number): void;
	/** Where the node makes its own way to the network: a value of NetworkState. */
	network?(state: number): void;
	/** This boot is one in safe mode, after so many that did not last: nothing is measured, nothing moves. */
	safe?(failedBoots: number): void;
	/** The node is going to restart itself. */
	restarting?(): void;
}
