// The books of the simulation see what is wrong: each fault is put into a copy of the firmware and has to be
// found.

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { FAULTS } from "./faults.js";
import { runWithFault } from "./with-fault.js";

/** Seeds until a fault has to be found. */
const FAULT_SEEDS = 5000;

describe("simulation of a faulty node", () => {
	type Result = Awaited<ReturnType<typeof runWithFault>>;
	const results = new Map<string, Promise<Result>>();

	before(() => {
		const lanes = Array.from({ length: Math.min(4, availableParallelism()) }, () => Promise.resolve());
		for (const [i, fault] of FAULTS.entries()) {
			const lane = i % lanes.length;
			const result = (lanes[lane] as Promise<void>).then(() => runWithFault(fault, FAULT_SEEDS, fault.first));
			results.set(fault.what, result);
			lanes[lane] = result.then(
				() => {},
				() => {},
			);
		}
	});

	for (const { what, says } of FAULTS)
		it(`sees that ${what}`, async () => {
			const { code, output } = (await results.get(what)) as Result;
			const found = output.split("\n").find((line) => /^seed \d+: /.test(line));
			assert.equal(code, 1, output.slice(-300));
			assert.match(found ?? output.slice(-300), says);
			assert.match(output, /npm run sim:fuzz -- --seed \d+ --seeds 1/);
		});
});
