// The board in safe mode: no driver is loaded, so nothing is measured, and what would move says why it does
// not.

import type { Sample } from "../core/channels.js";
import type { Board } from "./parts.js";

const REASON = "the node is in safe mode, because it has failed too often; a restart tries everything again";

export class SafeBoard implements Board {
	sample(values: Sample): void {
		values.fill(Number.NaN);
	}
	led(): void {
		throw new Error(REASON);
	}
	buzzer(): void {
		throw new Error(REASON);
	}
	speed(): void {
		throw new Error(REASON);
	}
	close(): void {}
}
