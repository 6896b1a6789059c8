// The node, and soon after its start a fault as firmware has them: for test/system/chip/qemu.test.ts.

import main from "main";
import config from "mc/config";
import Timer from "timer";

/** After the start, ms. */
const AFTER_MS = 1500;

function deeper(level: number): number {
	return 1 + deeper(level + 1);
}

function fill(): void {
	const kept: Uint8Array[] = [];
	for (;;) kept.push(new Uint8Array(1024));
}

export default function start(): void {
	main();
	const { fault } = config as unknown as { fault: string };
	Timer.set(() => {
		if (fault === "stack") deeper(0);
		else if (fault === "memory") fill();
		else throw new Error("nobody handles this");
	}, AFTER_MS);
}
