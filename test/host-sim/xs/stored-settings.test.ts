// What is in a board's store may be anything: with the smallest board's memory, a text that is wrong counts
// for nothing, the log says why, and the node measures.

import assert from "node:assert/strict";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { BenchBoard } from "../../evidence/proof/bench-board.js";
import { engineOrSkip } from "../../support/engine.js";

describe("settings in the store, on XS", () => {
	let engine: EngineProgram;

	before(async function () {
		engine = await engineOrSkip(this);
	});

	for (const [what, text, why] of [
		["nested 400 deep", `{"led":${'{"a":'.repeat(400)}1${"}".repeat(401)}`, /nested too deep/],
		["1900 brackets", `${"[".repeat(1900)}${"]".repeat(1900)}`, /nested too deep/],
		["brackets that never close", "[".repeat(3999), /nested too deep/],
		["one text of 3,900 characters", `{"device":{"name":"${"x".repeat(3900)}"}}`, /device.name: must have/],
		["300 names", `{${Array.from({ length: 300 }, (_, i) => `"n${i}":1`).join()}}`, /n0: unknown group/],
	] as const)
		it(`${what}: refused in words, and the node measures`, async () => {
			const preferences = new Map([["mote/settings", text]]);
			const board = await BenchBoard.open({ engine, mote: { device: { cloud: "plain" } }, preferences });
			try {
				await board.wait(10_000);
				assert.ok((await board.status()).delivered >= 5);
				assert.match(board.said, /the stored settings are rejected: settings: /);
				assert.match(board.said, why);
			} finally {
				board.close();
			}
		});
});
