// Moddable's `Resource`: the files that the manifest's `data` puts into the image. As in the SDK, it is a
// buffer itself; here in RAM, because the parent has to be asked for it.

import { Out } from "host-sim/xs/frames";

export default class Resource extends ArrayBuffer {
	constructor(path: string) {
		const bytes = host.ask(Out.Resource, path) as ArrayBuffer | undefined;
		if (bytes === undefined) throw new URIError(`Resource "${path}" not found`);
		super(bytes.byteLength);
		new Uint8Array(this).set(new Uint8Array(bytes));
	}
	static exists(path: string): boolean {
		return host.ask(Out.Resource, path) !== undefined;
	}
}
