// Leaves out samples that say nothing new: those whose values are all within the deadband of the last one
// that was taken, unless that is too long ago.

import { ChannelIndex, emptySample, type Sample } from "../core/channels.js";
import type { Settings } from "./settings.js";

export class Deadband {
	private readonly celsius: number;
	private readonly rpm: number;
	private readonly heartbeatMs: number;
	/** The last sample that was taken, and when; monotonic ms. */
	private readonly last: Sample = emptySample();
	private at = Number.NEGATIVE_INFINITY;

	/** A deadband as the settings ask for; undefined if there is none. */
	static of(settings: Settings["sampling"]): Deadband | undefined {
		return settings.deadbandC > 0 || settings.deadbandRpm > 0 ? new Deadband(settings) : undefined;
	}

	constructor({ deadbandC, deadbandRpm, heartbeatMs }: Settings["sampling"]) {
		this.celsius = deadbandC;
		this.rpm = deadbandRpm;
		this.heartbeatMs = heartbeatMs;
	}

	/** Whether a sample says something new. */
	isNew(values: Sample, now: number): boolean {
		return now - this.at >= this.heartbeatMs || !this.isNear(values);
	}

	/** A sample was taken into the ring: the next ones are held against it. */
	kept(values: Sample, now: number): void {
		const last = this.last;
		for (let i = 0; i < last.length; i++) last[i] = values[i] as number;
		this.at = now;
	}

	private isNear(values: Sample): boolean {
		const { Temperature, Led, Buzzer, Speed } = ChannelIndex;
		return (
			this.within(values, Temperature, this.celsius) &&
			this.within(values, Speed, this.rpm) &&
			this.within(values, Led, 0) &&
			this.within(values, Buzzer, 0)
		);
	}

	private within(values: Sample, channel: number, band: number): boolean {
		const value = values[channel] as number;
		const last = this.last[channel] as number;
		if (Number.isNaN(value) || Number.isNaN(last)) return Number.isNaN(value) && Number.isNaN(last);
		return Math.abs(value - last) <= band;
	}
}
