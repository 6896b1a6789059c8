// A piezo buzzer on PWM: square wave of the tone's frequency. Ecma-419 fixes the frequency of a PWM when it is
// constructed, so every tone opens the pin anew.

import type { Alarm, Timers } from "../modules/core/clock.js";
import type { Pin, PulseWidthClass, PulseWidthOutput } from "./io.js";
import { orRelease, restAndClose } from "./release.js";

export interface BuzzerOptions {
	readonly output: { readonly io: PulseWidthClass; readonly pin: Pin };
	readonly timers: Timers;
}

/** Half of the time high: loudest, and what piezos are specified with. */
const DUTY = 0.5;
const MAX_HZ = 20_000;

export class Buzzer {
	readonly #options: BuzzerOptions;
	readonly #end: Alarm;
	#output: PulseWidthOutput | undefined;
	#hz = 0;
	#closed = false;

	constructor(options: BuzzerOptions) {
		this.#options = options;
		this.#end = options.timers.create(() => this.#silence());
		// The pin is claimed once now, so that a wrong one is found at start and not at the first tone.
		orRelease(this.#end, () => new options.output.io({ pin: options.output.pin, hz: 1000 }).close());
	}

	/** Plays a tone of `hz` for `durationMs`, 0 until further notice; 0 Hz is silence. */
	play(hz: number, durationMs: number): void {
		if (this.#closed) throw new Error("buzzer: closed");
		if (!(hz >= 0 && hz <= MAX_HZ)) throw new RangeError("buzzer: tone is 0 to 20000 Hz");
		if (!(durationMs >= 0)) throw new RangeError("buzzer: duration is 0 ms or more");
		this.#silence();
		if (hz === 0) return;
		const { io, pin } = this.#options.output;
		const output = new io({ pin, hz });
		this.#output = output;
		output.write(Math.round((2 ** output.resolution - 1) * DUTY));
		this.#hz = hz;
		if (durationMs > 0) this.#end.start(durationMs);
	}

	/** Frequency of the tone, Hz; 0 while silent. */
	read(): number {
		if (this.#closed) throw new Error("buzzer: closed");
		return this.#hz;
	}

	sample(): { frequency: number } {
		return { frequency: this.read() };
	}

	configure(_options: object): void {
		this.read();
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		try {
			this.#silence();
		} finally {
			this.#end.close();
		}
	}

	#silence(): void {
		this.#end.stop();
		const output = this.#output;
		this.#output = undefined;
		this.#hz = 0;
		restAndClose(output);
	}
}
