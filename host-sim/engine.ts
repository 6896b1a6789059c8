// What host-sim expects of the place where the firmware runs: XS in a process of its own, or Node itself.

import type { Observer } from "../modules/app/observer.js";
import type { Circuit } from "./circuit/circuit.js";

/** The node's own figures, in the order in which host-sim/xs/board/status.ts lists them. */
export interface NodeStatus {
	readonly capacity: number;
	readonly used: number;
	readonly highWater: number;
	readonly evicted: number;
	readonly malformed: number;
	/** Records that are not delivered yet, of both rings. */
	readonly waiting: number;
	/** Whether measures may flow. */
	readonly open: boolean;
	readonly delivered: number;
	/** Records of which nobody knows whether they arrived. */
	readonly unconfirmed: number;
	/** PUBLISH packets that carried records. */
	readonly messages: number;
	readonly accepted: number;
	readonly missingValues: number;
	readonly commands: number;
	readonly refusedCommands: number;
	readonly refusedMessages: number;
	readonly droppedSamples: number;
	readonly publishesReceived: number;
	readonly oversizeSkipped: number;
	readonly connections: number;
	/** Snapshots of the journal that were made deep on the stack. */
	readonly forcedSnapshots: number;
	/** Measures of an earlier boot that were in its flash. */
	readonly restoredMeasures: number;
}

/** Memory of a machine on XS. Slots have `slotBytes`, everything else is in bytes or counts. */
export interface MemoryStats {
	readonly slotBytes: number;
	readonly slots: number;
	readonly slotsPeak: number;
	readonly slotsLimit: number;
	readonly chunkBytes: number;
	readonly chunkBytesPeak: number;
	readonly chunkBytesLimit: number;
	/** Slots. */
	readonly stackPeak: number;
	/** Slots. */
	readonly stackLimit: number;
	/** Property names made at run time; never given back. */
	readonly keys: number;
	readonly keysLimit: number;
	/** The block that slots, chunks and stack share, or 0. */
	readonly staticBytes: number;
	/** Of that block, what none of them has taken yet. */
	readonly staticFree: number;
	readonly collections: number;
	/** Taken since the machine was made, whether given back or not. */
	readonly slotsTaken: number;
	readonly chunksTaken: number;
	readonly chunkBytesTaken: number;
	/** Slots and names of the read-only image. */
	readonly imageSlots: number;
	readonly imageKeys: number;
}

export interface EngineEvents {
	/** What the node shows of itself, over all boots. */
	readonly observer?: Observer | undefined;
	onTrace?(text: string): void;
	/** A boot has begun; the node is up and running. */
	onBoot?(): void;
	/** The firmware has ended as it would by an abort on a board. */
	onCrash?(error: unknown): void;
}

export interface Engine {
	readonly circuit: Circuit;
	boot(): void;
	/** Takes everything from the firmware at once, as a power cut does; storage stays. */
	reset(): void;
	stopSampling(): void;
	status(): Promise<NodeStatus | undefined>;
	/** DISCONNECT, everything at rest; resolves when that is done. */
	stop(): Promise<void>;
	/** Undefined where the engine is not XS. */
	memory(collect: boolean): Promise<MemoryStats | undefined>;
	/** Ends the machine for good. */
	close(): void;
}
