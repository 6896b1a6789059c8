// Globals of XS that the firmware uses and Node lacks.

import { lookup } from "node:dns";
import { IPV4_FIRST } from "../engine/sockets.js";
import { Machine } from "./machine.js";

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
