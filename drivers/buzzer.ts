// A piezo buzzer on PWM: square wave of the tone's frequency. Ecma-419 fixes the frequency of a PWM when it
// is constructed, so every tone opens the pin anew; within a pattern only the duty changes.

import type { Alarm, Timers } from "../modules/core/clock.js";
import type { Pin, PulseWidthClass, PulseWidthOutput } from "../modules/core/io.js";
import { orRelease, restAndClose } from "./release.js";

export interface BuzzerOptions {
	readonly output: { readonly io: PulseWidthClass; readonly pin: Pin };
	readonly timers: Timers;
	/** Share of a period in which the pin is high: above 0, up to 0.5, which is loudest and the default. */
	readonly duty?: number;
	/** A tone or pattern ends after this, ms, whatever was asked for; 0, the default: never. */
	readonly longestMs?: number;
}

const LOUDEST = 0.5;
const MAX_HZ = 20_000;
/**
 * Of the PWM. With 10, the default, an ESP32 has no tone below 77 Hz; with 12 it has 20 Hz to 19.5 kHz
 * (drivers/esp32.ts).
 */
const BITS = 12;

export class Buzzer {
	private readonly options: BuzzerOptions;
	/** The next turn from tone to pause or back. */
	private readonly turn: Alarm;
	private output: PulseWidthOutput | undefined;
	private hz = 0;
	private sounds = false;
	/** Length of a tone and of a pause, ms; tones still to come; time left for all of it, ms. */
	private durationMs = 0;
	private times = 0;
	private leftMs = 0;
	private closed = false;

	constructor(options: BuzzerOptions) {
		const { duty = LOUDEST, longestMs = 0, output, timers } = options;
		if (!(duty > 0 && duty <= LOUDEST)) throw new RangeError("buzzer: duty is above 0 and up to 0.5");
		if (!(longestMs >= 0)) throw new RangeError("buzzer: the longest tone is 0 ms or more");
		this.options = options;
		this.turn = timers.create(this);
		// The pin is claimed once now, so that a wrong one is found at start and not at the first tone.
		orRelease(this.turn, () => new output.io({ pin: output.pin, hz: 1000, resolution: BITS }).close());
	}

	/**
	 * Plays a tone of `hz` for `durationMs`, 0 until further notice, `times` times with as long a pause
	 * between; 0 Hz is silence.
	 */
	play(hz: number, durationMs: number, times = 1): void {
		if (this.closed) throw new Error("buzzer: closed");
		if (!(hz >= 0 && hz <= MAX_HZ)) throw new RangeError("buzzer: tone is 0 to 20000 Hz");
		if (!(durationMs >= 0)) throw new RangeError("buzzer: duration is 0 ms or more");
		this.silence();
		if (hz === 0) return;
		const { io, pin } = this.options.output;
		this.output = new io({ pin, hz, resolution: BITS });
		this.hz = hz;
		this.durationMs = durationMs;
		this.times = times;
		this.leftMs = this.options.longestMs || Number.POSITIVE_INFINITY;
		this.sound();
	}

	/** Frequency of the tone, Hz; 0 while silent, also between the tones of a pattern. */
	read(): number {
		if (this.closed) throw new Error("buzzer: closed");
		return this.sounds ? this.hz : 0;
	}

	sample(): { frequency: number } {
		return { frequency: this.read() };
	}

	configure(_options: object): void {
		this.read();
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		try {
			this.silence();
		} finally {
			this.turn.close();
		}
	}

	private sound(): void {
		const output = this.output as PulseWidthOutput;
		output.write(Math.round((2 ** output.resolution - 1) * (this.options.duty ?? LOUDEST)));
		this.sounds = true;
		this.times--;
		this.wait(this.durationMs || Number.POSITIVE_INFINITY);
	}

	/** Waits for the next turn, or for the end of the time that is left. */
	private wait(ms: number): void {
		const wait = Math.min(ms, this.leftMs);
		this.leftMs -= wait;
		if (wait !== Number.POSITIVE_INFINITY) this.turn.start(wait);
	}

	/** The next turn from tone to pause or back. */
	due(): void {
		if (this.leftMs <= 0 || (this.sounds && this.times <= 0)) this.silence();
		else if (this.sounds) {
			this.output?.write(0);
			this.sounds = false;
			this.wait(this.durationMs);
		} else this.sound();
	}

	private silence(): void {
		this.turn.stop();
		const output = this.output;
		this.output = undefined;
		this.hz = 0;
		this.sounds = false;
		restAndClose(output);
	}
}
