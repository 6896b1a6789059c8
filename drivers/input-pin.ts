// The resistor that an input is read with.

import type { DigitalClass } from "../modules/core/io.js";

/** Of the chip, to its supply or to ground; or none, where the board has one. */
export type Pull = "up" | "down" | "none";

export function inputMode(io: DigitalClass, pull: Pull): number {
	if (pull === "none") return io.Input;
	if (pull !== "up" && pull !== "down") throw new RangeError("input: pull is up, down or none");
	return pull === "up" ? io.InputPullUp : io.InputPullDown;
}
