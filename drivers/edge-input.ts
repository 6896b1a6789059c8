// A digital input whose edges are counted, and how often they come. Not the SDK's PulseCount: that is a
// quadrature decoder, which nets to zero on one wire. What comes while the script is busy, the SDK tells as
// one edge: so fast signals are counted too low while TLS or a blocked bus holds up the machine.

import type { Alarm, Clock, Timers } from "../modules/core/clock.js";
import type { DigitalClass, DigitalPort, Pin, Pull } from "../modules/core/io.js";
import { checkDebounce, inputMode } from "./input-pin.js";
import { orRelease } from "./release.js";

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
	/** A level counts once it has stood for so long, ms, which takes timers; 0 unless given: each edge counts. */
	readonly debounceMs?: number;
	readonly timers?: Timers;
}

/** Without an edge for this long there is no frequency, ms. */
const STANDSTILL_MS = 2000;

export class EdgeInput {
	protected readonly clock: Clock;
	private readonly debounceMs: number;
	/** The level that counts, and the last one that has stood. */
	private readonly counted: number;
	private level = 0;
	declare private settled?: Alarm;
	private input: DigitalPort | undefined;
	private edges = 0;
	private lastEdge = Number.NaN;
	/** Edge at which the present measurement began, and what the last one came to, edges per ms. */
	private from = Number.NaN;
	private perMs = 0;

	constructor({ input, clock, timers, debounceMs = 0 }: EdgeInputOptions) {
		const { io, pin, pull = "up", edge = "rising" } = input;
		if (edge !== "rising" && edge !== "falling") throw new RangeError("input: edge is rising or falling");
		checkDebounce(debounceMs);
		if (debounceMs > 0 && !timers) throw new RangeError("input: to debounce takes timers");
		this.clock = clock;
		this.debounceMs = debounceMs;
		this.counted = edge === "rising" ? 1 : 0;
		const one = edge === "rising" ? io.Rising : io.Falling;
		const mode = inputMode(io, pull);
		if (debounceMs > 0 && timers) this.settled = timers.create(this);
		orRelease(this, () => {
			this.input = new io({
				pin,
				mode,
				edge: debounceMs > 0 ? io.Rising | io.Falling : one,
				onReadable: () => this.changed(),
			});
			this.level = this.input.read() === 0 ? 0 : 1;
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
		this.settled?.close();
		this.input?.close();
		this.input = undefined;
	}

	/** The level has stood for long enough. */
	due(): void {
		const level = this.input?.read() === 0 ? 0 : 1;
		if (!this.input || level === this.level) return;
		this.level = level;
		if (level === this.counted) this.edge();
	}

	private changed(): void {
		if (this.settled) this.settled.start(this.debounceMs);
		else this.edge();
	}

	protected edge(): void {
		const now = this.clock.monotonic();
		if (Number.isNaN(this.from)) this.from = now;
		else this.edges++;
		this.lastEdge = now;
	}
}
