// `npm run proof:memory`: what lives at rest, by room and by owner; with `--features` what each feature costs.

import { parseArgs } from "node:util";
import { BOARDS } from "../../../host-sim/engine/boards.js";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { printTable } from "../bench/table.js";
import {
	byRoom,
	bytesOf,
	CONFIGURATIONS,
	costOf,
	FEATURES,
	mostMeasures,
	type Resting,
	rest,
} from "./memory.js";

const { values } = parseArgs({
	options: {
		features: { type: "boolean", default: false },
		/** The engine of the SDK at $MODDABLE, which is what boards run, instead of npm's. */
		sdk: { type: "boolean", default: false },
	},
});
const sdk = values.sdk ? process.env.MODDABLE : undefined;
if (values.sdk && !sdk) throw new Error("--sdk needs MODDABLE to name the SDK's folder");
const engine = await buildEngine((text) => process.stderr.write(`${text}\n`), sdk);
const what = `${sdk ? "the SDK's XS" : "npm's XS 13.3"}, ${engine.bits} bit`;

if (values.features) {
	const rows: Array<Array<string | number>> = [];
	for (const feature of FEATURES) {
		process.stderr.write(`${feature.name}\n`);
		const cost = await costOf(engine, feature);
		rows.push([feature.name, cost.slots, cost.chunkBytes, bytesOf(cost)]);
	}
	printTable(
		`What a feature adds at rest, its group of settings included (${what})`,
		["feature", "slots", "chunk bytes", "bytes in all"],
		rows,
	);
	for (const [whose, table] of [
		["its own channels", undefined],
		["the channels of esp32c3-station", "esp32c3-station"],
	] as const)
		printTable(
			`The most measures that fit into a board's outbox, with ${whose} and 8 events`,
			["configuration", ...BOARDS],
			Object.entries(CONFIGURATIONS).map(([name, mote]) => [
				name,
				...BOARDS.map((board) => mostMeasures(board, mote, table) || "–"),
			]),
		);
} else {
	const found = new Map<string, Resting>();
	for (const [name, mote] of Object.entries(CONFIGURATIONS)) {
		process.stderr.write(`${name}\n`);
		found.set(name, await rest(engine, mote));
	}
	printTable(
		`Bytes at rest by room: slots × 16 and chunks (${what}); certificates and keys stay in flash`,
		[
			"configuration",
			"slots",
			"chunk bytes",
			"bytes in all",
			...byRoom([...found.values()][0] as Resting).keys(),
		],
		[...found].map(([name, resting]) => [
			name,
			resting.total.slots,
			resting.total.chunkBytes,
			bytesOf(resting.total),
			...[...byRoom(resting).values()].map(bytesOf),
		]),
	);
	const [[name, { owners }]] = [...found] as [[string, Resting]];
	printTable(
		`${name}: by owner, which is the nearest to the node; what others reach too stands apart`,
		["owner", "room", "instances", "slots", "chunk bytes", "bytes in all"],
		owners.map((row) => [row.name, row.room, row.instances, row.slots, row.chunkBytes, bytesOf(row)]),
	);
}
process.exit(0);
