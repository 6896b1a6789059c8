// `npm run fuzz:parser -- [--streams N] [--seed S]`.

import { parseArgs } from "node:util";
import { fuzzParser } from "./parser.js";

const { values } = parseArgs({
	options: { streams: { type: "string", default: "10000000" }, seed: { type: "string", default: "1" } },
});
const began = performance.now();
const report = fuzzParser(Number(values.streams), Number(values.seed), (done) =>
	process.stderr.write(`${Math.round((performance.now() - began) / 1000)} s  ${done} streams\n`),
);
console.log(`${report.streams} streams: no exception, and the same events for both chunkings`);
console.log(`  ${report.agreed} accepted by both, with the same events; ${report.refused} refused by both`);
for (const [code, n] of report.stricter) console.log(`  ${n} refused by us only: ${code}`);
for (const [message, n] of report.laxer) console.log(`  ${n} refused by mqtt-packet only: ${message}`);
for (const example of report.different) console.log(`  different: ${example}`);
process.exit(report.different.length > 0 ? 1 : 0);
