// Moddable's digests, as modules/platform/masking.ts uses them, over the parent's.

import { Out } from "host-sim/xs/frames";

export class Digest {
	readonly #name: string;
	#text = "";

	constructor(name: string) {
		this.#name = name;
	}
	write(text: string): void {
		this.#text += text;
	}
	close(): ArrayBuffer {
		return host.ask(Out.Digest, this.#name, this.#text) as ArrayBuffer;
	}
}
