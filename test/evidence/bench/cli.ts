// `npm run bench`: tables of ratios, measured side by side in one run; `--json` the same as data.

import { parseArgs } from "node:util";
import { benchNode, TARGETS } from "./node.js";
import { formatNumber, printTable } from "./table.js";
import { wireBytes } from "./wire.js";
import { reportXs } from "./xs-report.js";

const { values } = parseArgs({
	options: { json: { type: "boolean", default: false }, only: { type: "string" } },
});
const wants = (part: string) => values.only === undefined || values.only === part;
const note = (text: string) => process.stderr.write(`${text}\n`);
const data: Record<string, unknown> = {};
const print = (
	title: string,
	columns: readonly string[],
	rows: ReadonlyArray<readonly (string | number)[]>,
) => {
	if (!values.json) printTable(title, columns, rows);
};

if (wants("xs")) data.xs = await reportXs(print, note);

if (wants("node")) {
	note("Node");
	const results = benchNode();
	data.node = results;
	print(
		`Node ${process.version}: Mote / mqtt-packet, one round after the other (targets: encode ${TARGETS.encode}, parse ${TARGETS.parse})`,
		[
			"what",
			"ours",
			"mqtt-packet's",
			"same deliverable",
			"ours/s",
			"theirs/s",
			"ratio",
			"from",
			"to",
			"bytes allocated, ours",
			"theirs",
		],
		results.map((one) => [
			one.name,
			one.ours.name,
			one.theirs.name,
			one.same ? "yes" : "no",
			formatNumber(one.ours.perSecond),
			formatNumber(one.theirs.perSecond),
			one.ratio.median.toFixed(1),
			one.ratio.min.toFixed(1),
			one.ratio.max.toFixed(1),
			formatNumber(one.ours.bytes),
			formatNumber(one.theirs.bytes),
		]),
	);
}

if (wants("wire")) {
	const report = wireBytes();
	data.wire = report;
	print(
		"Bytes on the wire for one measure of four values (MQTT or HTTP; without TLS, TCP and IP)",
		["form", "measures together", "messages for 100", "body", "sent", "comes back"],
		report.rows.map((row) => [
			row.name,
			`${row.batch}`,
			`${row.messages}`,
			row.body.toFixed(1),
			row.sent.toFixed(1),
			row.back.toFixed(1),
		]),
	);
	print(
		"Saved by SmartREST, percent",
		["SmartREST", "REST", "same measurements", "of the request", "of the body alone", "both ways"],
		report.savings.map((saving) => [
			saving.smartRest,
			saving.rest,
			saving.equivalent ? "yes" : "no",
			saving.ofRequest.toFixed(1),
			saving.ofBody.toFixed(1),
			saving.bothWays.toFixed(1),
		]),
	);
	if (!values.json) for (const line of [...report.verdict, ...report.notes]) console.log(line);
}

if (values.json) process.stdout.write(`${JSON.stringify(data)}\n`);
process.exit(0);
