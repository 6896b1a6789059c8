// A digital input whose edges are counted, and how often they come. Not the SDK's PulseCount: that is a
// quadrature decoder, which nets to zero on one wire.

import type { Clock } from "../modules/core/clock.js";
import type { DigitalClass, DigitalPort, Pin } from "../modules/core/io.js";
import { inputMode, type Pull } from "./pull.js";

export interface EdgeInputOptions {
	readonly input: {
		readonly io: DigitalClass;
		readonly pin: Pin;
		/** Resistor of the chip; "up" unless given. */
		readonly pull?: Pull;
		/** Which edges count; "rising" unless given. */
		readonly edge?: "rising" | "falling";
	};
	readonly clock: Clock;
}

/** Without an edge for this long there is no frequency, ms. */
const STANDSTILL_MS = 2000;

export class EdgeInput {
	protected readonly clock: Clock;
	private input: DigitalPort | undefined;
	private edges = 0;
	private lastEdge = Number.NaN;
	/** Edge at which the present measurement began, and what the last one came to, edges per ms. */
	private from = Number.NaN;
	private perMs = 0;

	constructor({ input, clock }: EdgeInputOptions) {
		const { io, pin, pull = "up", edge = "rising" } = input;
		if (edge !== "rising" && edge !== "falling") throw new RangeError("input: edge is rising or falling");
		this.clock = clock;
		this.input = new io({
			pin,
			mode: inputMode(io, pull),
			edge: edge === "rising" ? io.Rising : io.Falling,
			onReadable: () => this.edge(),
		});
	}

	/**
	 * Mean frequency since the last call, Hz, from edge to edge, so that it is not rounded to whole edges; 0
	 * once no edge has come for two seconds. With fewer than one new edge the last value stands until then.
	 */
	protected frequency(): number {
		this.opened();
		const since = this.clock.monotonic() - this.lastEdge;
		if (!(since <= STANDSTILL_MS)) {
			this.from = Number.NaN;
			this.edges = 0;
			this.perMs = 0;
		} else if (this.edges > 0 && this.lastEdge > this.from) {
			this.perMs = this.edges / (this.lastEdge - this.from);
			this.from = this.lastEdge;
			this.edges = 0;
		}
		return this.perMs * 1000;
	}

	/** Throws once closed. */
	protected opened(): void {
		if (this.input === undefined) throw new Error("input: closed");
	}

	configure(_options: object): void {
		this.opened();
	}

	close(): void {
		this.input?.close();
		this.input = undefined;
	}

	protected edge(): void {
		const now = this.clock.monotonic();
		if (Number.isNaN(this.from)) this.from = now;
		else this.edges++;
		this.lastEdge = now;
	}
}
