// Pulses of a meter, a rain gauge or a flow sensor: how many there were in all, and how often they come. The
// total outlives restarts: it is recorded when the counter is closed, and while pulses come at most once in
// `recordMs`. So an orderly restart loses only pulses while it boots, a power cut at most those since the
// last record, and nothing is counted twice.

import type { Quantity } from "../modules/core/channels.js";
import type { Store } from "../modules/core/store.js";
import { EdgeInput, type EdgeInputOptions } from "./edge-input.js";

export interface PulseCounterOptions extends EdgeInputOptions {
	/** Where the total is kept, and under which key; without it the total begins at 0. */
	readonly kept?: { readonly store: Pick<Store, "get" | "set">; readonly key: string };
	/** Shortest pause between two records, ms; ten minutes unless given, so at most 144 writes a day. */
	readonly recordMs?: number;
}

export const PULSES: readonly Quantity[] = Object.freeze([
	Object.freeze({ name: "count", unit: "", decimals: 0 }),
	Object.freeze({ name: "frequency", unit: "Hz", decimals: 2, window: "mean" }),
] as const);

const COUNT = 0;
const RECORD_MS = 600_000;
/** Throws for records that would wear the flash out. */
export function checkRecords(ms = RECORD_MS): void {
	if (!(ms >= 1000)) throw new RangeError("counter: a record at most once a second");
}

/** More does not fit into a number of the store: it is kept as a text. */
const MOST = 0x7fffffff;

export class PulseCounter extends EdgeInput {
	private total: number;
	private readonly kept: PulseCounterOptions["kept"];
	private readonly recordMs: number;
	/** What is in the store, and when it was put there; monotonic ms. */
	private recorded: number;
	private recordedAt: number;

	constructor(options: PulseCounterOptions) {
		const { kept, recordMs = RECORD_MS, clock } = options;
		checkRecords(recordMs);
		super(options);
		this.kept = kept;
		this.recordMs = recordMs;
		const total = Number(kept?.store.get(kept.key) ?? 0);
		this.total = this.recorded = Number.isSafeInteger(total) && total >= 0 ? total : 0;
		this.recordedAt = clock.monotonic();
	}

	/** 0: pulses in all; 1: their frequency, Hz. */
	read(quantity = COUNT): number {
		if (quantity !== COUNT) return this.frequency();
		this.opened();
		if (this.total !== this.recorded) this.recordSometimes();
		return this.total;
	}

	sample(): { count: number; frequency: number } {
		return { count: this.read(COUNT), frequency: this.frequency() };
	}

	override close(): void {
		this.record();
		super.close();
	}

	protected override edge(): void {
		super.edge();
		this.total++;
		this.recordSometimes();
	}

	private recordSometimes(): void {
		if (this.clock.monotonic() - this.recordedAt >= this.recordMs) this.record();
	}

	private record(): void {
		const { kept, total } = this;
		if (!kept || total === this.recorded) return;
		this.recordedAt = this.clock.monotonic();
		kept.store.set(kept.key, total <= MOST ? total : String(total));
		this.recorded = total;
	}
}
