// `npm run conformance`: runs the tests and prints, for each statement, those that name it. Fails when a
// statement has none, or one that did not pass.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLIENT, REASONS, SERVER } from "./statements.js";
import { named } from "./titles.js";

interface Outcome {
	readonly passes: ReadonlyArray<{ fullTitle: string }>;
	readonly failures: ReadonlyArray<{ fullTitle: string }>;
	readonly pending: ReadonlyArray<{ fullTitle: string }>;
}

function run(): Outcome {
	const folder = mkdtempSync(join(tmpdir(), "mote-conformance-"));
	const file = join(folder, "report.json");
	try {
		const options = ["--reporter", "json", "--reporter-option", `output=${file}`];
		const tests = "test/firmware/@(core|mqtt|outbox|app|cloud)/**/*.test.ts";
		spawnSync("node_modules/.bin/mocha", [...options, tests], { stdio: ["ignore", "ignore", "inherit"] });
		return JSON.parse(readFileSync(file, "utf8")) as Outcome;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

const { passes, failures, pending } = run();
const passed = new Map<string, string[]>();
const failed = new Set<string>();
for (const { fullTitle } of passes)
	for (const id of named(fullTitle)) passed.set(id, [...(passed.get(id) ?? []), fullTitle]);
for (const { fullTitle } of [...failures, ...pending]) for (const id of named(fullTitle)) failed.add(id);

let bad = 0;
let tested = 0;
for (const [who, ids] of [
	["can bind a client", CLIENT],
	["bind the server, and a client copes with", SERVER],
] as const) {
	console.log(`\nStatements that ${who}\n`);
	for (const id of ids) {
		const tests = passed.get(id) ?? [];
		const reason = REASONS[id];
		if (failed.has(id)) console.log(`  ${id.padEnd(16)} FAILED or skipped`);
		else if (tests.length > 0) {
			const [first] = tests;
			console.log(`  ${id.padEnd(16)} ${first}${tests.length > 1 ? ` (and ${tests.length - 1} more)` : ""}`);
		} else console.log(`  ${id.padEnd(16)} ${reason ? `– ${reason}` : "NO TEST"}`);
		if (failed.has(id) || (tests.length === 0 && !reason)) bad++;
		else if (tests.length > 0) tested++;
	}
}
const all = CLIENT.length + SERVER.length;
console.log(
	`\n${all} statements: ${tested} tested, ${all - tested - bad} with a reason, ${bad} missing or failed`,
);
process.exit(bad > 0 ? 1 : 0);
