// Moddable's digests, as modules/platform/masking.ts uses them.

import { createHash, type Hash } from "node:crypto";

export class Digest {
	readonly #hash: Hash;

	constructor(name: string) {
		this.#hash = createHash(name);
	}
	write(bytes: ArrayBuffer | string): void {
		this.#hash.update(typeof bytes === "string" ? bytes : new Uint8Array(bytes));
	}
	close(): ArrayBuffer {
		return Uint8Array.from(this.#hash.digest()).buffer;
	}
}
