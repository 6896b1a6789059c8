// What host-sim expects of the place where the firmware runs: XS in a process of its own, or Node itself.

import type { CommandStatus, Observer } from "../../modules/app/observer.js";
import type { Circuit } from "../circuit/circuit.js";
import type { NodeStatus } from "./status.js";

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

/** How a command ended. */
export interface CommandResult {
	readonly text: string;
	readonly status: CommandStatus;
	readonly reason: string;
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
