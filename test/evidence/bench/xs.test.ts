// What the benchmark on XS compares makes the same packets.

import assert from "node:assert/strict";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { engineOrSkip } from "../../support/engine.js";
import { packetsOf } from "./xs.js";

describe("benchmark on XS", () => {
	let engine: EngineProgram;
	before(async function () {
		engine = await engineOrSkip(this);
	});

	for (const cloud of ["cumulocity", "sap", "plain"] as const)
		it(`${cloud}: the encoder and the whole way write the same packets, and concatenation means the same`, async () => {
			const [ours, whole, theirs] = await Promise.all(
				(["encode", "whole", "concat"] as const).map((way) => packetsOf(engine, { cloud, way }, 50)),
			);
			assert.equal(ours?.length, 50);
			assert.deepEqual(ours, whole);
			// XS 13.3 writes "0." and "-0" where toFixed has "0": compared without these, and without the length
			// before.
			const text = (packet: Buffer) =>
				packet
					.subarray(3)
					.toString("latin1")
					.replace(/(\d)\.(?!\d)/g, "$1")
					.replace(/-0(?![.\d])/g, "0");
			const body = (packet: Buffer) =>
				text(packet).slice(text(packet).indexOf(cloud === "cumulocity" ? "200," : "{"));
			assert.deepEqual(theirs?.map(body), ours?.map(body));
		});
});
