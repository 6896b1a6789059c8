// What happened in a run, over all boots of the node: the summary that `npm start` ends with.

import type { CommandResult, MemoryStats } from "../engine/engine.js";

export interface Summary {
	readonly cloud: string;
	readonly device: string;
	/** Measures that went out at least once, at any QoS. */
	readonly published: number;
	/** Measures delivered, as the cloud defines it. */
	readonly acknowledged: number;
	/**
	 * Accepted by the node minus stored by the cloud (without a stand-in: acknowledged) minus still in the
	 * ring.
	 */
	readonly lost: number;
	readonly accepted: number;
	/** Of the accepted ones, those that an earlier run has left in the board's flash. */
	readonly restored: number;
	/** Measures that the stand-in has; null with a broker of one's own. */
	readonly stored: number | null;
	/** Measures of which nobody knows whether they arrived. */
	readonly unconfirmed: number;
	readonly reconnects: number;
	readonly boots: number;
	readonly ring: {
		readonly capacity: number;
		readonly waiting: number;
		readonly highWater: number;
		readonly evicted: number;
	};
	readonly malformed: number;
	/** After a collection, at the end of the run; on XS only. */
	readonly memory?: MemoryStats | undefined;
	readonly commands: readonly CommandResult[];
	readonly seconds: number;
}

export class Tally {
	/**
	 * In this run, but for what was restored at its first boot: later boots restore what is counted already.
	 */
	accepted = 0;
	restored = 0;
	published = 0;
	acknowledged = 0;
	unconfirmed = 0;
	connections = 0;
	boots = 0;
	readonly commands: CommandResult[] = [];
	/** When the node was started, ms. */
	started = performance.now();

	/** Adds up; `end` is what was found when the run ended. */
	summary(end: Pick<Summary, "cloud" | "device" | "stored" | "ring" | "malformed" | "memory">): Summary {
		const { stored, ring } = end;
		return {
			...end,
			published: this.published,
			acknowledged: this.acknowledged,
			lost: this.accepted + this.restored - (stored ?? this.acknowledged) - ring.waiting,
			accepted: this.accepted + this.restored,
			restored: this.restored,
			unconfirmed: this.unconfirmed,
			reconnects: Math.max(0, this.connections - 1),
			boots: this.boots,
			commands: this.commands,
			seconds: Math.round((performance.now() - this.started) / 100) / 10,
		};
	}
}
