// Speed by counted edges of a slotted disc or Hall sensor. Not PulseCount: the SDK's is a quadrature decoder
// that nets to zero on one wire.

import type { Clock } from "../modules/core/clock.js";
import type { DigitalClass, DigitalPort, Pin } from "../modules/core/io.js";

export interface TachometerOptions {
	readonly input: { readonly io: DigitalClass; readonly pin: Pin };
	/** Rising edges per revolution. */
	readonly pulsesPerRevolution: number;
	readonly clock: Clock;
}

/** Without an edge for this long the shaft counts as standing, ms. */
const STANDSTILL_MS = 2000;

export class Tachometer {
	private readonly pulses: number;
	private readonly clock: Clock;
	private input: DigitalPort | undefined;
	private edges = 0;
	private lastEdge = Number.NaN;
	/** Edge at which the present measurement began, and edges since. */
	private from = Number.NaN;
	private rpm = 0;

	constructor(options: TachometerOptions) {
		const { input, pulsesPerRevolution, clock } = options;
		if (!(pulsesPerRevolution >= 1)) throw new RangeError("tachometer: at least one pulse per revolution");
		this.pulses = pulsesPerRevolution;
		this.clock = clock;
		this.input = new input.io({
			pin: input.pin,
			mode: input.io.InputPullUp,
			edge: input.io.Rising,
			onReadable: () => this.edge(),
		});
	}

	/**
	 * Mean speed since the last `read`, rpm, from edge to edge, so that it is not rounded to whole edges; 0
	 * once no edge has come for two seconds. With fewer than one new edge the last value stands until then.
	 */
	read(): number {
		if (this.input === undefined) throw new Error("tachometer: closed");
		const since = this.clock.monotonic() - this.lastEdge;
		if (!(since <= STANDSTILL_MS)) {
			this.from = Number.NaN;
			this.edges = 0;
			this.rpm = 0;
		} else if (this.edges > 0 && this.lastEdge > this.from) {
			this.rpm = (this.edges * 60_000) / (this.pulses * (this.lastEdge - this.from));
			this.from = this.lastEdge;
			this.edges = 0;
		}
		return this.rpm;
	}

	sample(): { speed: number } {
		return { speed: this.read() };
	}

	configure(_options: object): void {
		if (this.input === undefined) throw new Error("tachometer: closed");
	}

	close(): void {
		this.input?.close();
		this.input = undefined;
	}

	private edge(): void {
		const now = this.clock.monotonic();
		if (Number.isNaN(this.from)) this.from = now;
		else this.edges++;
		this.lastEdge = now;
	}
}
