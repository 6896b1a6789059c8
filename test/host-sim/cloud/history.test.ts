// What the stand-ins remember is bounded, and the counts stay right.

import assert from "node:assert/strict";
import { HISTORY } from "../../../host-sim/cloud/history.js";
import { ValueStore } from "../../../host-sim/cloud/values.js";

describe("the stand-ins' memory", () => {
	it("gives up old values, but not their number", () => {
		const store = new ValueStore(() => {});
		const samples = HISTORY * 2;
		for (let time = 0; time < samples; time++)
			for (const series of ["temperature", "led", "speed"])
				store.add("d", 1, { series, value: 1, text: "1", unit: "", time });
		assert.ok(store.of("d").length < 2 * HISTORY);
		assert.equal(store.of("d").at(-1)?.time, samples - 1);
		assert.equal(store.samples("d"), samples);
		assert.equal(store.completeSamples("d"), samples);
	});
});
