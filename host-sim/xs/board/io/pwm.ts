// Ecma-419's PWM over the parent's circuit.

import { checkLedc, PWM_BITS } from "host-sim/circuit/ledc";
import { claimPin, releasePin } from "host-sim/xs/board/io/pin";
import { Out } from "host-sim/xs/frames";

export default class PWM {
	readonly hz: number;
	readonly resolution: number;
	#pin: number;

	constructor(options: { pin: number; hz?: number; resolution?: number }) {
		const { hz = 1000, resolution = PWM_BITS } = options;
		checkLedc(hz, resolution);
		this.hz = hz;
		this.resolution = resolution;
		this.#pin = claimPin(options.pin);
	}
	write(value: number): void {
		const full = 2 ** this.resolution - 1;
		if (!(value >= 0 && value <= full)) throw new RangeError("invalid duty");
		if (this.#pin < 0) throw new Error("closed");
		host.send(Out.Pwm, this.#pin, this.hz, value / full);
	}
	close(): void {
		if (this.#pin < 0) return;
		host.send(Out.Pwm, this.#pin, this.hz, 0);
		releasePin(this.#pin);
		this.#pin = -1;
	}
}
