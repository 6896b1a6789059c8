// Ecma-419's Analog over the parent's circuit.

import { claimPin, releasePin } from "host-sim/xs/board/io/pin";
import { Out } from "host-sim/xs/frames";

export default class Analog {
	#pin: number;

	constructor(options: { pin: number }) {
		this.#pin = claimPin(options.pin);
	}
	get resolution(): number {
		return 12;
	}
	read(): number {
		if (this.#pin < 0) throw new Error("closed");
		return host.ask(Out.Analog, this.#pin) as number;
	}
	close(): void {
		releasePin(this.#pin);
		this.#pin = -1;
	}
}
