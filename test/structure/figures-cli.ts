// `npm run figures`: lists the figures in the documents that are older than the code which they measure.

import { execFileSync } from "node:child_process";
import { documents, readDocument } from "../support/documents.js";
import { ROOT } from "./sources.js";

/** What every figure depends on. */
const MEASURED = ["main.ts", "modules", "drivers"];

const changed = execFileSync("git", ["log", "-1", "--format=%cs", "--", ...MEASURED], {
	cwd: ROOT,
	encoding: "utf8",
});
const today = changed.trim();
let old = 0;
let all = 0;
for (const path of documents().filter((one) => one !== "CHANGELOG.md"))
	for (const [at, line] of readDocument(path).split("\n").entries())
		for (const [day] of line.matchAll(/\b20\d\d-\d\d(?:-\d\d)?(?![\dT-])/g)) {
			all++;
			// A month counts as its first day.
			if (day >= today) continue;
			old++;
			process.stdout.write(`${path}:${at + 1} ${day}: the code was changed on ${today}\n`);
		}
process.stdout.write(`${old} of ${all} figures are older than ${MEASURED.join(", ")}\n`);
