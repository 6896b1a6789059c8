// A contact, a button or a motion sensor: its state, debounced, and a callback when that changes.

import type { Quantity } from "../modules/core/channels.js";
import type { Alarm, Timers } from "../modules/core/clock.js";
import type { DigitalClass, DigitalPort, Pin, Pull } from "../modules/core/io.js";
import { checkDebounce, inputMode } from "./input-pin.js";
import { orRelease } from "./release.js";

export interface DigitalInputOptions {
	readonly input: {
		readonly io: DigitalClass;
		readonly pin: Pin;
		/** Resistor of the chip; "up" unless given. */
		readonly pull?: Pull;
	};
	/** A low level is 1: for a contact to ground. */
	readonly invert?: boolean;
	/** The level counts once it has stood for so long, ms; 20 unless given. */
	readonly debounceMs?: number;
	readonly timers: Timers;
	/** The state has changed, to 0 or 1. */
	readonly onChange?: (state: number) => void;
}

export const STATE: readonly Quantity[] = Object.freeze([
	Object.freeze({ name: "state", unit: "", decimals: 0 }),
] as const);

const DEBOUNCE_MS = 20;

export class DigitalInput {
	private readonly settled: Alarm;
	private readonly debounceMs: number;
	private readonly invert: boolean;
	private readonly onChange: ((state: number) => void) | undefined;
	private input: DigitalPort | undefined;
	private state = 0;
	/** The level has changed, and has not stood for long enough yet. */
	private settling = false;

	constructor(options: DigitalInputOptions) {
		const { input, invert = false, debounceMs = DEBOUNCE_MS, timers, onChange } = options;
		checkDebounce(debounceMs);
		const { io, pin, pull = "up" } = input;
		this.invert = invert;
		this.debounceMs = debounceMs;
		this.onChange = onChange;
		const mode = inputMode(io, pull);
		this.settled = timers.create(this);
		orRelease(this, () => {
			this.input = new io({
				pin,
				mode,
				edge: io.Rising | io.Falling,
				onReadable: () => this.edge(),
			});
			this.state = this.level();
		});
	}

	/** 0 or 1. */
	read(): number {
		// An edge that nobody was told of is made up for.
		if (this.level() !== this.state && !this.settling) this.edge();
		return this.state;
	}

	sample(): { state: number } {
		return { state: this.read() };
	}

	configure(_options: object): void {
		this.level();
	}

	close(): void {
		this.settled.close();
		this.input?.close();
		this.input = undefined;
	}

	/** The level has stood for long enough. */
	due(): void {
		this.settling = false;
		const state = this.level();
		if (state === this.state) return;
		this.state = state;
		this.onChange?.(state);
	}

	private edge(): void {
		if (this.debounceMs === 0) this.due();
		else {
			this.settling = true;
			this.settled.start(this.debounceMs);
		}
	}

	private level(): number {
		if (this.input === undefined) throw new Error("input: closed");
		return (this.input.read() === 0) === this.invert ? 1 : 0;
	}
}
