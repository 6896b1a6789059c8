// Moddable's `Resource`: the files that the manifest's `data` puts into the image.

import { Machine } from "../node/machine.js";

export default class Resource {
	readonly #bytes: Uint8Array;

	constructor(path: string) {
		const bytes = Machine.current().options.resources.get(path);
		if (bytes === undefined) throw new URIError(`Resource "${path}" not found`);
		this.#bytes = bytes;
	}
	get byteLength(): number {
		return this.#bytes.length;
	}
	slice(begin: number, end?: number): ArrayBuffer {
		return Uint8Array.from(this.#bytes.subarray(begin, end)).buffer;
	}
	static exists(path: string): boolean {
		return Machine.current().options.resources.has(path);
	}
}
