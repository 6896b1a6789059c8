// The SDK's global `System`, as modules/platform/system.ts uses it.

import { Hardware } from "host-sim/xs/board/hardware";
import { Out } from "host-sim/xs/frames";

const System = Object.freeze({
	resolve(name: string, callback: (name: string, address?: string) => void): void {
		const id = Hardware.current().awaitName((address) => callback(name, address));
		host.send(Out.Resolve, id, name);
	},
	restart(): void {
		host.send(Out.Restart);
	},
});

Object.assign(globalThis, { System });
