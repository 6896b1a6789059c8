// Ecma-419's PWM over the parent's circuit.

import { claimPin, releasePin } from "host-sim/xs/board/io/pin";
import { Out } from "host-sim/xs/frames";

const BITS = 10;
const FULL = 1023;
const MAX_HZ = 40_000;

export default class PWM {
	readonly hz: number;
	#pin: number;

	constructor(options: { pin: number; hz?: number }) {
		const hz = options.hz ?? 1000;
		if (!(hz >= 1 && hz <= MAX_HZ)) throw new RangeError("invalid hz");
		this.hz = hz;
		this.#pin = claimPin(options.pin);
	}
	get resolution(): number {
		return BITS;
	}
	write(value: number): void {
		if (!(value >= 0 && value <= FULL)) throw new RangeError("invalid duty");
		if (this.#pin < 0) throw new Error("closed");
		host.send(Out.Pwm, this.#pin, this.hz, value / FULL);
	}
	close(): void {
		if (this.#pin < 0) return;
		host.send(Out.Pwm, this.#pin, this.hz, 0);
		releasePin(this.#pin);
		this.#pin = -1;
	}
}
