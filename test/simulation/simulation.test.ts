// A few hundred runs of the simulation, and that it repeats exactly.

import assert from "node:assert/strict";
import { type Outcome, simulate } from "./simulation.js";

const SEEDS = 400;
const PART = 100;

describe("simulation", () => {
	const outcomes: Outcome[] = [];

	for (let first = 1; first <= SEEDS; first += PART)
		it(`seeds ${first} to ${first + PART - 1}: nothing lost, nothing twice, nobody left behind`, () => {
			for (let seed = first; seed < first + PART; seed++) {
				const outcome = simulate(seed);
				outcomes.push(outcome);
				assert.equal(
					outcome.violation,
					"",
					`seed ${seed} (${outcome.settings}): npm run sim:fuzz -- --seed ${seed} --seeds 1`,
				);
			}
		});

	it("gets around: power cuts, reconnects and full rings are among the runs", () => {
		const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
		assert.equal(outcomes.length, SEEDS);
		assert.ok(sum(({ boots }) => boots - 1) > SEEDS / 10, "restarts");
		assert.ok(sum(({ connections }) => connections - 1) > SEEDS, "reconnects");
		assert.ok(sum(({ taken }) => taken) > 20 * SEEDS, "measures");
		for (const cloud of ["cumulocity", "sap", "plain"])
			assert.ok(
				outcomes.some(({ settings }) => settings.startsWith(cloud)),
				cloud,
			);
	});

	it("repeats exactly, with and without a trace", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const { trace, ...first } = simulate(seed, true);
			const again = simulate(seed, true);
			assert.deepEqual(again.trace, trace);
			assert.ok(trace.length > 20);
			const { trace: none, ...untraced } = simulate(seed);
			assert.deepEqual(untraced, first);
			assert.deepEqual(none, []);
		}
	});
});
