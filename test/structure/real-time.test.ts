// On a busy machine everything takes longer, and no test may mind. So real time is waited for in one place
// (test/support/waiting.ts), whose limits are for what hangs; tests of the machine's own time are named here,
// and why.

import assert from "node:assert/strict";
import { sources } from "./sources.js";

/** What waits in real time, measures it, or limits it. */
const WAITS =
	/\b(?:setTimeout|setInterval)\(|timers\/promises|\bAtomics\.wait|\bperformance\.now\(|\bhrtime\b|\.timeout\(|\btimeoutMs:/g;

/** File → how often, and why. */
const EXCUSED: Readonly<Record<string, readonly [count: number, why: string]>> = {
	"test/support/waiting.ts": [3, "the one place"],
	"test/support/engine.ts": [1, "the first test compiles the engine"],
	"test/host-sim/cloud/raw-client.ts": [1, "says which packet did not come, where something hangs"],
	"test/system/peers/cutting-proxy.ts": [2, "a network that is slow is what the tests of it are about"],
	"test/system/peers/cuts.ts": [
		5,
		"a network that is slow is what the tests of it are about; seconds are told",
	],
	"test/firmware/network/certificate-fuzz.ts": [
		2,
		"tells the slowest certificate; the command's own limit is seconds",
	],
	"test/evidence/bench/table.ts": [2, "the benchmark"],
	"test/evidence/bench/xs.ts": [2, "the benchmark"],
	"test/evidence/fuzz/cli.ts": [2, "tells how far it is"],
	"test/evidence/proof/cli.ts": [2, "tells how far it is"],
};

/** Builds, simulators and emulators have limits of their own, and hang. */
const LEFT_OUT = ["test/system/sdk/", "test/system/chip/", "test/structure/"];

describe("real time in tests", () => {
	const found = new Map<string, number>();
	for (const { path, text } of sources("test")) {
		const count = text.match(WAITS)?.length ?? 0;
		if (count > 0 && !LEFT_OUT.some((folder) => path.startsWith(folder))) found.set(path, count);
	}

	it("is waited for in one place; what else needs it is excused, and needs its excuse", () => {
		const excused = Object.entries(EXCUSED).map(([path, [count]]) => [path, count]);
		assert.deepEqual(Object.fromEntries(found), Object.fromEntries(excused));
	});

	it("is seen in every form", () => {
		for (const text of [
			"await new Promise((resolve) => setTimeout(resolve, 50));",
			"setInterval(look, 10);",
			'import { setTimeout } from "node:timers/promises";',
			"assert.ok(performance.now() - began < 50);",
			"const began = process.hrtime();",
			"this.timeout(20_000);",
			"}).timeout(60_000);",
			"Atomics.wait(cell, 0, 0, 50);",
		])
			assert.match(text, new RegExp(WAITS.source), text);
	});
});
