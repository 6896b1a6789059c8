// What the machine tells of itself, in words.

import assert from "node:assert/strict";
import { type ChipFacts, Fact, startedBadly, startWords, vitals } from "../../../modules/app/vitals.js";

const facts =
	(known: Readonly<Record<number, number>>): ChipFacts =>
	(fact) =>
		known[fact] ?? -1;
const start = (reason: number) => facts({ [Fact.ResetReason]: reason });

describe("vitals", () => {
	for (const [reason, ordered, words, badly] of [
		[-1, false, "", false],
		[0, false, "reason 0", false],
		[1, false, "power-on", false],
		[3, true, "by request", false],
		[3, false, "by the engine: memory or stack ran out, or an error was not handled", true],
		[4, true, "a panic", true],
		[6, false, "the task watchdog", true],
		[9, false, "a brown-out: the supply was too weak", true],
		[11, false, "USB", false],
		[15, false, "a lock-up of the CPU", true],
		[99, false, "reason 99", false],
	] as const)
		it(`reason ${reason}, ${ordered ? "after an end in order" : "after none"}: ${words || "nothing"}`, () => {
			assert.equal(startWords(start(reason), ordered), words);
			assert.equal(startedBadly(start(reason), ordered), badly);
		});

	it("is empty where nothing is known", () => {
		assert.equal(
			vitals(() => -1, true, 5000),
			"",
		);
	});

	it("lists the system's heap, and XS's memory where it is known", () => {
		const chip = { 0: 1, 1: 119_808, 2: 114_168, 3: 110_592 };
		const text = "started power-on, up 61 s, heap free 119808, at least 114168, in one block 110592";
		assert.equal(vitals(facts(chip), false, 61_999), text);
		assert.equal(
			vitals(facts({ ...chip, 4: 36_400, 5: 32_800, 6: 5312 }), false, 61_999),
			`${text}, XS slots 36400, chunks 32800, stack at most 5312`,
		);
		assert.ok(vitals(facts({ ...chip, 4: 1e5, 5: 1e5, 6: 1e4 }), false, 1e11).length < 200);
	});
});
