// What inputs have in common: the resistor that the pin is read with, and how long a level has to stand.

import type { DigitalClass, Pull } from "../modules/core/io.js";

export function inputMode(io: DigitalClass, pull: Pull): number {
	if (pull === "none") return io.Input;
	if (pull !== "up" && pull !== "down") throw new RangeError("input: pull is up, down or none");
	return pull === "up" ? io.InputPullUp : io.InputPullDown;
}

/** Throws for a time, ms, that no contact takes. */
export function checkDebounce(ms = 0): void {
	if (!(ms >= 0 && ms <= 10_000)) throw new RangeError("input: debounce is 0 to 10000 ms");
}
