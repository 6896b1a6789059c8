// Every statement that concerns a client has a test that names it, or a reason. Whether these pass says `npm
// run conformance`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { CLIENT, REASONS, SERVER } from "../evidence/conformance/statements.js";
import { named } from "../evidence/conformance/titles.js";

describe("conformance", () => {
	const tests = ["core", "mqtt", "outbox", "app", "cloud"].flatMap((folder) => {
		const names = readdirSync(`test/firmware/${folder}`).filter((name) => name.endsWith(".test.ts"));
		return names.map((name) => readFileSync(`test/firmware/${folder}/${name}`, "utf8"));
	});
	const ids = new Set(tests.flatMap(named));

	it("every statement has a test or a reason, and none has both", () => {
		const statements = [...CLIENT, ...SERVER];
		assert.deepEqual(
			statements.filter((id) => !ids.has(id) && !REASONS[id]),
			[],
		);
		assert.deepEqual(
			Object.keys(REASONS).filter((id) => ids.has(id) || !statements.includes(id)),
			[],
		);
	});
});
