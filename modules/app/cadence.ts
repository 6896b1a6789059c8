// Sensors that are told less often than samples are taken: their values are left out of the samples between.

import { ChannelIndex, type Sample } from "../core/channels.js";
import type { Settings } from "./settings.js";

/** A sample may come by so much earlier than its timer meant, ms; half of the shortest interval. */
const EARLY_MS = 50;

export class Cadence {
	private readonly temperatureMs: number;
	private readonly speedMs: number;
	/** When the next value is due, monotonic ms. */
	private temperatureDue = Number.NEGATIVE_INFINITY;
	private speedDue = Number.NEGATIVE_INFINITY;

	/** A cadence as the settings ask for; undefined if every sample has all values. */
	static of(settings: Settings["sampling"]): Cadence | undefined {
		return settings.temperatureMs > 0 || settings.speedMs > 0 ? new Cadence(settings) : undefined;
	}

	constructor({ temperatureMs, speedMs }: Settings["sampling"]) {
		this.temperatureMs = temperatureMs;
		this.speedMs = speedMs;
	}

	/** Takes the values out that are not due; returns how many that are. */
	thin(values: Sample, now: number): number {
		let taken = 0;
		if (now < this.temperatureDue - EARLY_MS) {
			values[ChannelIndex.Temperature] = Number.NaN;
			taken++;
		} else this.temperatureDue = next(this.temperatureDue, this.temperatureMs, now);
		if (now < this.speedDue - EARLY_MS) {
			values[ChannelIndex.Speed] = Number.NaN;
			taken++;
		} else this.speedDue = next(this.speedDue, this.speedMs, now);
		return taken;
	}
}

/** Values keep to their grid, unless they are behind it. */
function next(due: number, every: number, now: number): number {
	const then = due + every;
	return then > now ? then : now + every;
}
