// What WebSocket needs of the machine, from Moddable's modules.

import { Digest } from "crypt";
import Logical from "logical";
import RNG from "rng";
import type { Masking } from "../mqtt/masking.js";

export const masking: Masking = Object.freeze({
	// The native function itself: no call in script stands between.
	mask: Logical.xor,
	random: (count: number) => RNG.get(count),
	sha1(text: string): ArrayBuffer {
		const digest = new Digest("SHA1");
		digest.write(text);
		return digest.close();
	},
});
