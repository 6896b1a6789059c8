// The SDK's global `System`, as modules/platform/system.ts uses it.

import { Board } from "host-sim/xs/board/board";
import { Out } from "host-sim/xs/frames";

const System = Object.freeze({
	resolve(name: string, callback: (name: string, address?: string) => void): void {
		const id = Board.current().awaitName((address) => callback(name, address));
		host.send(Out.Resolve, id, name);
	},
	restart(): void {
		host.send(Out.Restart);
	},
});

Object.assign(globalThis, { System });
