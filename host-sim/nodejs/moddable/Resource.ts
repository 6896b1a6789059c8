// Moddable's `Resource`: the files that the manifest's `data` puts into the image. As in the SDK, it is a
// buffer itself.

import { Machine } from "../machine.js";

export default class Resource extends ArrayBuffer {
	constructor(path: string) {
		const bytes = Machine.current().options.resources.get(path);
		if (bytes === undefined) throw new URIError(`Resource "${path}" not found`);
		super(bytes.length);
		new Uint8Array(this).set(bytes);
	}
	static exists(path: string): boolean {
		return Machine.current().options.resources.has(path);
	}
}
