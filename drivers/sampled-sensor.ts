// Any Ecma-419 sensor class, such as the SDK's (modules/drivers/sensors), as a source of channels: its `sample`
// is called once for all channels of a sample, and what it returns is read by name. Unlike our own drivers
// such a class makes an object for each sample, and may throw when its part is missing: then it is made anew,
// after a pause, for as long as it takes.

import type { Clock } from "../modules/core/clock.js";
import { closeQuietly } from "./release.js";

/** What Ecma-419 says of a sensor. */
export interface Ecma419Sensor {
	sample(): object | undefined;
	configure?(options: object): void;
	close(): void;
}

export interface SampledSensorOptions {
	/** Makes and configures the sensor; may throw. */
	make(): Ecma419Sensor;
	/** Where each quantity is in what `sample` returns: names from the outside in. */
	readonly paths: ReadonlyArray<readonly string[]>;
	readonly clock: Clock;
}

/** A class spells its quantities otherwise than the table, or leaves one out. */
const NOTHING_THERE = "what sample() returns has no number there";
/** One `sample` serves for so long, ms. */
const HOLD_MS = 50;
/** Until a sensor that failed is tried again, ms; doubled up to the largest. */
const PAUSE_MS = 1000;
const LONGEST_MS = 60_000;

export class SampledSensor {
	private readonly options: SampledSensorOptions;
	private sensor: Ecma419Sensor | undefined;
	private last: object | undefined;
	/** When it was taken, and when a failed sensor is tried again; monotonic ms. */
	private at = Number.NEGATIVE_INFINITY;
	private retryAt = Number.NEGATIVE_INFINITY;
	private pauseMs = PAUSE_MS;
	private lastFault = "not ready";
	private closed = false;

	/** Throws for bad options; a part that does not answer is a fault. */
	constructor(options: SampledSensorOptions) {
		if (options.paths.length === 0) throw new RangeError("sensor: at least one quantity");
		this.options = options;
		this.open();
	}

	/** A quantity by its place in `paths`, or NaN; then `fault` says why. */
	read(quantity = 0): number {
		if (this.closed) throw new Error("sensor: closed");
		const now = this.options.clock.monotonic();
		if (now - this.at >= HOLD_MS) this.take(now);
		let value: unknown = this.last;
		if (value === undefined) return Number.NaN;
		const path = this.options.paths[quantity] as readonly string[];
		for (let i = 0; i < path.length && typeof value === "object" && value !== null; i++)
			value = (value as Record<string, unknown>)[path[i] as string];
		if (typeof value === "number") return value;
		if (typeof value === "boolean") return Number(value);
		this.lastFault = NOTHING_THERE;
		return Number.NaN;
	}

	/** Why there is no value, or "". */
	get fault(): string {
		return this.lastFault;
	}

	close(): void {
		this.closed = true;
		const { sensor } = this;
		this.sensor = undefined;
		sensor?.close();
	}

	private take(now: number): void {
		this.last = undefined;
		if (!this.sensor && now >= this.retryAt) this.open();
		const { sensor } = this;
		if (!sensor) return;
		try {
			this.last = sensor.sample();
			this.lastFault = this.last === undefined ? "not ready" : "";
			this.pauseMs = PAUSE_MS;
		} catch (error) {
			this.sensor = undefined;
			closeQuietly(sensor);
			this.failed(error);
		}
		this.at = this.options.clock.monotonic(); // some wait in it
	}

	private open(): void {
		try {
			this.sensor = this.options.make();
		} catch (error) {
			this.failed(error);
		}
	}

	private failed(error: unknown): void {
		this.lastFault = String(error);
		this.retryAt = this.options.clock.monotonic() + this.pauseMs;
		this.pauseMs = Math.min(LONGEST_MS, this.pauseMs * 2);
	}
}
