// A DC motor behind a PWM-driven transistor: the duty follows the target along a ramp, so that neither gear
// nor supply take a blow. Open loop: full duty counts as `maxRpm`.

import type { Alarm, AlarmOwner, Timers } from "../modules/core/clock.js";
import type { Pin, PulseWidthClass, PulseWidthOutput } from "../modules/core/io.js";
import { orRelease, restAndClose } from "./release.js";

export interface MotorOptions {
	readonly output: { readonly io: PulseWidthClass; readonly pin: Pin; readonly hz?: number };
	/** Speed at full duty, rpm. */
	readonly maxRpm: number;
	/** Change per second, rpm/s. */
	readonly rampRpmPerS: number;
	readonly timers: Timers;
}

const STEP_MS = 20;
/** Above hearing for most, and within what common motor drivers switch. */
const DEFAULT_HZ = 20_000;

export class Motor implements AlarmOwner {
	private readonly maxRpm: number;
	private readonly step: number;
	private readonly ramp: Alarm;
	private output: PulseWidthOutput | undefined;
	private targetRpm = 0;
	private now = 0;
	private ramping = false;

	constructor(options: MotorOptions) {
		const { output, maxRpm, rampRpmPerS, timers } = options;
		if (!(maxRpm > 0 && rampRpmPerS > 0)) throw new RangeError("motor: speed and ramp must be positive");
		this.maxRpm = maxRpm;
		this.step = (rampRpmPerS * STEP_MS) / 1000;
		this.ramp = timers.create(this);
		orRelease(this, () => {
			this.output = new output.io({ pin: output.pin, hz: output.hz ?? DEFAULT_HZ });
			this.output.write(0);
		});
	}

	/** Target speed, 0 to `maxRpm`. */
	write(rpm: number): void {
		if (this.output === undefined) throw new Error("motor: closed");
		if (!(rpm >= 0 && rpm <= this.maxRpm)) throw new RangeError(`motor: speed is 0 to ${this.maxRpm} rpm`);
		this.targetRpm = rpm;
		if (this.ramping) return; // the next step goes the new way
		this.ramping = true;
		this.ramp.start(0);
	}

	/** Speed that the duty stands for now, rpm; the tachometer knows the real one. */
	read(): number {
		if (this.output === undefined) throw new Error("motor: closed");
		return this.now;
	}

	get target(): number {
		return this.targetRpm;
	}

	configure(_options: object): void {
		this.read();
	}

	/** Stops at once and releases the pin. */
	close(): void {
		const output = this.output;
		this.output = undefined;
		this.ramp.close();
		this.ramping = false;
		this.now = this.targetRpm = 0;
		restAndClose(output);
	}

	/** The next step along the ramp. */
	due(): void {
		const output = this.output;
		if (output === undefined) return;
		const left = this.targetRpm - this.now;
		this.now = Math.abs(left) <= this.step ? this.targetRpm : this.now + Math.sign(left) * this.step;
		output.write(Math.round(((2 ** output.resolution - 1) * this.now) / this.maxRpm));
		this.ramping = this.now !== this.targetRpm;
		if (this.ramping) this.ramp.start(STEP_MS);
	}
}
