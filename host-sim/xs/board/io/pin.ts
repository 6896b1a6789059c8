// Pins have one owner at a time.

import { Hardware } from "host-sim/xs/board/hardware";

/** Takes a pin; throws what the IO classes of the SDK throw. */
export function claimPin(pin: unknown): number {
	if (typeof pin !== "number" || pin !== Math.floor(pin) || pin < 0 || pin > 48)
		throw new RangeError("invalid pin");
	if (!Hardware.current().claim(pin)) throw new Error(`pin ${pin} is in use`);
	return pin;
}

export function releasePin(pin: number): void {
	Hardware.current().release(pin);
}
