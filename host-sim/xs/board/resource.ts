// Moddable's `Resource`: the files that the manifest's `data` puts into the image. They stay with the parent, as they
// stay in flash on a board; `slice` copies into RAM.

import { Out } from "host-sim/xs/frames";

export default class Resource {
	readonly #path: string;

	constructor(path: string) {
		if (!Resource.exists(path)) throw new URIError(`Resource "${path}" not found`);
		this.#path = path;
	}
	get byteLength(): number {
		return (host.ask(Out.Resource, this.#path) as ArrayBuffer).byteLength;
	}
	slice(begin: number, end?: number): ArrayBuffer {
		const whole = host.ask(Out.Resource, this.#path) as ArrayBuffer;
		return begin === 0 && end === undefined ? whole : whole.slice(begin, end);
	}
	static exists(path: string): boolean {
		return host.ask(Out.Resource, path) !== undefined;
	}
}
