// Channels that are told less often than sensors are read: when each is due, and what its readings since the
// last time come to.

import type { Channel, Sample } from "../core/channels.js";
import { EARLY_MS, nextOnGrid } from "./sampler.js";

export class Windows {
	/** Channels that were not due at the last `take`. */
	leftOut = 0;
	private readonly channels: readonly Channel[];
	/** Of each channel: the sum or the extreme of its readings, and how many they are. */
	private readonly held: number[];
	private readonly counts: number[];
	/** When the next value is due, monotonic ms. */
	private readonly due: number[];

	/** Undefined where each reading is a sample, and each sample has all values. */
	static of(channels: readonly Channel[], readMs: number): Windows | undefined {
		return readMs > 0 || channels.some(({ intervalMs }) => intervalMs > 0)
			? new Windows(channels)
			: undefined;
	}

	constructor(channels: readonly Channel[]) {
		this.channels = channels;
		this.held = channels.map(() => Number.NaN);
		this.counts = channels.map(() => 0);
		this.due = channels.map(() => Number.NEGATIVE_INFINITY);
	}

	/** A reading of all channels; NaN counts for nothing. */
	add(values: Sample): void {
		const { channels, held, counts } = this;
		for (let i = 0; i < values.length; i++) {
			const value = values[i] as number;
			if (Number.isNaN(value)) continue;
			const { window } = channels[i] as Channel;
			const before = held[i] as number;
			if (counts[i] === 0 || window === "last") held[i] = value;
			else if (window === "mean") held[i] = before + value;
			else if (window === "minimum" ? value < before : value > before) held[i] = value;
			(counts[i] as number)++;
		}
	}

	/**
	 * Puts into a sample what the channels that are due have come to, and NaN for the others; returns a bit for
	 * each that is due.
	 */
	take(values: Sample, now: number): number {
		const { channels, held, counts, due } = this;
		let mask = 0;
		this.leftOut = 0;
		for (let i = 0; i < values.length; i++) {
			if (now < (due[i] as number) - EARLY_MS) {
				values[i] = Number.NaN;
				this.leftOut++;
				continue;
			}
			mask |= 1 << i;
			const { intervalMs, window } = channels[i] as Channel;
			due[i] = nextOnGrid(due[i] as number, intervalMs, now);
			const count = counts[i] as number;
			const all = held[i] as number;
			values[i] = count === 0 ? Number.NaN : window === "mean" ? all / count : all;
			counts[i] = 0;
		}
		return mask;
	}
}
