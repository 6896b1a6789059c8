// `npm run proof:stack`: the walk over every entry, for each cloud and each `outbox.keep`, as a table.

import { parseArgs } from "node:util";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { printTable } from "../bench/table.js";
import { CLOUDS, deepest, KEEPS, LEFT_FREE, walk } from "./stack.js";

const { values } = parseArgs({
	options: {
		seeds: { type: "string", default: "8" },
		steps: { type: "string", default: "600" },
		/** The engine of the SDK at $MODDABLE, which is what boards run, instead of npm's. */
		sdk: { type: "boolean", default: false },
	},
});
const seeds = Number(values.seeds);
const steps = Number(values.steps);
if (!(seeds > 0) || !(steps > 0)) throw new Error("--seeds and --steps are numbers above 0");
const sdk = values.sdk ? process.env.MODDABLE : undefined;
if (values.sdk && !sdk) throw new Error("--sdk needs MODDABLE to name the SDK's folder");
const engine = await buildEngine((text) => process.stderr.write(`${text}\n`), sdk);

const columns: string[] = [];
const rows = new Map<string, number[]>();
const books: string[][] = [];
let forced = 0;
for (const cloud of CLOUDS)
	for (const keep of KEEPS) {
		const column = columns.push(`${cloud}, ${keep}`) - 1;
		let commands = 0;
		let connections = 0;
		let snapshots = 0;
		for (let seed = 1; seed <= seeds; seed++) {
			const walked = await walk(engine, cloud, keep, seed, steps);
			commands += walked.commands;
			connections += walked.connections;
			snapshots += walked.snapshots;
			forced += walked.forced;
			for (const [name, slots] of walked.entries) {
				const row = rows.get(name) ?? [];
				row[column] = Math.max(slots, row[column] ?? 0);
				rows.set(name, row);
			}
			process.stderr.write(`${cloud}, keep ${keep}, seed ${seed}\n`);
		}
		books.push([columns[column] as string, `${commands}`, `${connections}`, `${snapshots}`]);
	}

const limit = boardCreation("esp32c3-min").stack;
const text = (row: readonly number[]) => columns.map((_, i) => `${row[i] ?? ""}`);
const sorted = [...rows].sort(([, a], [, b]) => deepest(b) - deepest(a));
printTable(
	`Slots of the stack in use at most, by entry (${sdk ? "the SDK's XS" : "npm's XS 13.3"}, ${engine.bits} bit); the smallest board has ${limit}`,
	["entry", ...columns],
	sorted.map(([name, row]) => [name, ...text(row)]),
);
printTable(
	"What was lived through",
	["cloud, keep", "commands", "connections", "snapshots of the journal"],
	books,
);
const most = Math.max(...[...rows.values()].map(deepest));
if (forced > 0) process.stderr.write(`the journal was not snapshots in time: ${forced} times\n`);
if (most > limit - LEFT_FREE)
	process.stderr.write(`${most} slots: less than ${LEFT_FREE} of ${limit} are left\n`);
process.exit(forced > 0 || most > limit - LEFT_FREE ? 1 : 0);
