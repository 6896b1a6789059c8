// The SDK's global `System`: names and restart.

import Timer from "timer";

interface SystemLike {
	resolve(name: string, callback: (name: string, address?: string) => void): void;
	/** Boards only. */
	restart?(): void;
}

function system(): SystemLike {
	return (globalThis as unknown as { System: SystemLike }).System;
}

/** Resolves a name to an IPv4 address, or undefined; never calls back inside this call. */
export function resolve(name: string, callback: (address: string | undefined) => void): void {
	const fail = () => {
		Timer.set(() => callback(undefined), 0);
	};
	try {
		system().resolve(name, (_name, address) => {
			Timer.set(() => callback(address), 0);
		});
	} catch {
		fail(); // lwIP throws when its queue is full
	}
}

/** Restarts the machine; where there is none to restart (Moddable's simulator), the program begins anew. */
export function restart(main: () => void): void {
	const { restart: restartMachine } = system();
	if (restartMachine) restartMachine.call(system());
	else Timer.set(() => main(), 0);
}
