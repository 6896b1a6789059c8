// An LED on a pin: dimmed by PWM, or only on and off by a digital output.

import type {
	DigitalClass,
	DigitalPort,
	Pin,
	PulseWidthClass,
	PulseWidthOutput,
} from "../modules/core/io.js";
import { orRelease, restAndClose } from "./release.js";

export type LedOptions =
	| {
			readonly pwm: { readonly io: PulseWidthClass; readonly pin: Pin; readonly hz?: number };
			/** Duty = brightness to this power; 1 (linear) to 4, 1 unless given. */
			readonly gamma?: number;
	  }
	| { readonly digital: { readonly io: DigitalClass; readonly pin: Pin } };

/** High enough that no eye and few cameras see it flicker. */
const DEFAULT_HZ = 1000;

export class Led {
	private pwm: PulseWidthOutput | undefined;
	private digital: DigitalPort | undefined;
	private percent = 0;
	private readonly gamma: number;

	constructor(options: LedOptions) {
		const { gamma = 1 } = options as { readonly gamma?: number };
		if (!(gamma >= 1 && gamma <= 4)) throw new RangeError("led: gamma is 1 to 4");
		this.gamma = gamma;
		if ("pwm" in options) {
			const { io, pin, hz } = options.pwm;
			this.pwm = new io({ pin, hz: hz ?? DEFAULT_HZ });
		} else {
			const { io, pin } = options.digital;
			this.digital = new io({ pin, mode: io.Output });
		}
		orRelease(this, () => this.write(0));
	}

	/** Brightness 0 to 100 %; on a digital pin every value above 0 is full. */
	write(percent: number): void {
		if (!(percent >= 0 && percent <= 100)) throw new RangeError("led: brightness is 0 to 100 %");
		const pwm = this.pwm;
		if (pwm) {
			pwm.write(Math.round((2 ** pwm.resolution - 1) * (percent / 100) ** this.gamma));
			this.percent = percent;
		} else if (this.digital) {
			this.digital.write(percent > 0 ? 1 : 0);
			this.percent = percent > 0 ? 100 : 0;
		} else throw new Error("led: closed");
	}

	/** Brightness that is put out, %. */
	read(): number {
		if (!this.pwm && !this.digital) throw new Error("led: closed");
		return this.percent;
	}

	sample(): { brightness: number } {
		return { brightness: this.read() };
	}

	configure(_options: object): void {
		this.read();
	}

	/** Switches off and releases the pin. */
	close(): void {
		const pwm = this.pwm;
		const digital = this.digital;
		this.pwm = this.digital = undefined;
		this.percent = 0;
		restAndClose(pwm);
		restAndClose(digital);
	}
}
