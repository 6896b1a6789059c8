// `npm run bench`: tables of ratios, measured side by side in one run; `--json` the same as data.

import { parseArgs } from "node:util";
import { buildEngine } from "../../host-sim/xs/build.js";
import { benchNode, TARGETS } from "./node.js";
import { formatNumber, printTable } from "./table.js";
import { wireBytes } from "./wire.js";
import { type CloudName, type Cost, costsOf, hasCallgrind, type Work } from "./xs.js";

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

const n = (value: number | undefined) => (value === undefined ? "–" : formatNumber(value));
const ratio = (a: number | undefined, b: number | undefined) =>
	a === undefined || b === undefined ? "–" : (a / b).toFixed(2);

const WAYS = {
	stringify: "JSON.stringify, then bytes",
	concat: "concatenation with toFixed, then bytes",
	encode: "Mote: record and packet",
	whole: "Mote: ring, outbox, packet, release",
} as const;

if (wants("xs")) {
	const engine = await buildEngine(note);
	const callgrind = await hasCallgrind();
	if (!callgrind) note("valgrind is not there: wall time only");
	const options = { callgrind, messages: 20_000, counted: 1500, rounds: 3 };
	const clouds: CloudName[] = ["cumulocity", "sap", "plain"];
	const all: Cost[] = [];
	for (const cloud of clouds) {
		note(`XS: ${cloud}`);
		const ways: Work[] = (["loop", "stringify", "concat", "encode", "whole"] as const)
			.filter((way) => way !== "stringify" || cloud !== "cumulocity")
			.map((way) => ({ cloud, way }));
		const found = await costsOf(engine, ways, options);
		all.push(...found);
		const of = (way: string) => found.find((cost) => cost.work.way === way);
		const loop = of("loop");
		const net = (cost: Cost | undefined) =>
			cost?.instructions === undefined || loop?.instructions === undefined
				? undefined
				: cost.instructions - loop.instructions;
		const ours = of("encode");
		print(
			`XS (npm's 13.3, ${engine.bits} bit), ${cloud}: four values to a finished PUBLISH packet, per message; the loop of ${n(loop?.instructions)} instructions is taken off`,
			[
				"way",
				"instructions",
				"times ours",
				"µs",
				"times ours",
				"slots",
				"chunk bytes",
				"collections in 1000",
			],
			found
				.filter((cost) => cost.work.way !== "loop")
				.map((cost) => [
					WAYS[cost.work.way as keyof typeof WAYS],
					n(net(cost)),
					ratio(net(cost), net(ours)),
					(cost.wallUs - (loop?.wallUs ?? 0)).toFixed(2),
					ratio(cost.wallUs - (loop?.wallUs ?? 0), (ours?.wallUs ?? 0) - (loop?.wallUs ?? 0)),
					cost.slots.toFixed(1),
					cost.chunkBytes.toFixed(1),
					cost.collections.toFixed(2),
				]),
		);
	}
	note("XS: growth");
	const light = { ...options, messages: 4000, rounds: 1, counted: 300 };
	const widths = [1, 4, 16, 64];
	const growth: Cost[] = [];
	for (const cloud of clouds)
		for (const channels of widths)
			growth.push(
				...(await costsOf(
					engine,
					(["concat", "encode"] as const).map((way) => ({ cloud, way, channels })),
					light,
				)),
			);
	const unit = callgrind ? "instructions" : "µs";
	const cost = (work: Partial<Work>) => {
		const found = growth.find((one) =>
			Object.entries(work).every(([key, value]) => one.work[key as keyof Work] === value),
		);
		return callgrind ? found?.instructions : found?.wallUs;
	};
	print(
		`XS: ${unit} a message as the values in a measure grow (concatenation's / ours)`,
		["cloud", ...widths.map((width) => `${width}`)],
		clouds.map((cloud) => [
			cloud,
			...widths.map((channels) => {
				const theirs = cost({ cloud, channels, way: "concat" });
				const ours = cost({ cloud, channels, way: "encode" });
				return `${n(theirs)} / ${n(ours)} = ${ratio(theirs, ours)}`;
			}),
		]),
	);
	const fills = [0, 10, 100, 500];
	const filled = await costsOf(
		engine,
		fills.map((fill) => ({ cloud: "plain", way: "whole", fill })),
		light,
	);
	print(
		`XS: the whole way with so many records in the ring, ${unit} a message`,
		fills.map((fill) => `${fill}`),
		[filled.map((one) => n(callgrind ? one.instructions : one.wallUs))],
	);
	data.xs = { bits: engine.bits, encoders: all, growth, filled };
}

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
