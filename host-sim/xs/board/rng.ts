// Moddable's `rng` over the parent's.

import { Out } from "host-sim/xs/frames";

const RNG = Object.freeze({
	get(count: number): ArrayBuffer {
		return host.ask(Out.Random, count) as ArrayBuffer;
	},
});
export default RNG;
