// Globals of XS that the firmware uses and Node lacks.

import { lookup } from "node:dns";
import { Machine } from "./node/machine.js";
import { IPV4_FIRST } from "./sockets.js";

declare global {
	/** XS: prints to the debugger's console. */
	function trace(...parts: readonly (string | number | boolean)[]): void;
}

globalThis.trace = (...parts) => {
	Machine.current().options.onTrace?.(parts.join(""));
};

/** The SDK's `System`, as modules/platform/system.ts uses it. */
Object.assign(globalThis, {
	System: {
		resolve(name: string, callback: (name: string, address?: string) => void): void {
			const machine = Machine.current();
			lookup(name, IPV4_FIRST, (error, address) => {
				machine.enter(() => callback(name, error ? undefined : address));
			});
		},
		restart(): void {
			Machine.current().restart();
		},
	},
});
