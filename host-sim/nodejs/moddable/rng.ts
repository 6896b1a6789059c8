// Moddable's `rng`.

import { getRandomValues } from "node:crypto";

const RNG = Object.freeze({
	get(count: number): ArrayBuffer {
		return getRandomValues(new Uint8Array(count)).buffer;
	},
});
export default RNG;
