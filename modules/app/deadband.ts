// Leaves out samples that say nothing new: those whose values are all within the deadband of the last one
// that was taken, unless that is too long ago.

import { type Channel, emptySample, type Sample } from "../core/channels.js";

export class Deadband {
	private readonly channels: readonly Channel[];
	private readonly heartbeatMs: number;
	/** The last values that were taken, and when; monotonic ms. */
	private readonly last: Sample;
	private at = Number.NEGATIVE_INFINITY;

	/** A deadband as the channels ask for; undefined if none does. */
	static of(channels: readonly Channel[], heartbeatMs: number): Deadband | undefined {
		return channels.some(({ deadband }) => deadband > 0) ? new Deadband(channels, heartbeatMs) : undefined;
	}

	constructor(channels: readonly Channel[], heartbeatMs: number) {
		this.channels = channels;
		this.heartbeatMs = heartbeatMs;
		this.last = emptySample(channels);
	}

	/** Whether a sample says something new; `due` has a bit for each channel that it is to have. */
	isNew(values: Sample, due: number, now: number): boolean {
		if (now - this.at >= this.heartbeatMs) return true;
		const { last, channels } = this;
		for (let i = 0; i < last.length; i++) {
			if ((due & (1 << i)) === 0) continue;
			const value = values[i] as number;
			const before = last[i] as number;
			if (Number.isNaN(value) || Number.isNaN(before)) {
				if (!(Number.isNaN(value) && Number.isNaN(before))) return true;
			} else if (Math.abs(value - before) > (channels[i] as Channel).deadband) return true;
		}
		return false;
	}

	/** A sample was taken into the ring: the next ones are held against it. */
	kept(values: Sample, due: number, now: number): void {
		const last = this.last;
		for (let i = 0; i < last.length; i++) if ((due & (1 << i)) !== 0) last[i] = values[i] as number;
		this.at = now;
	}
}
