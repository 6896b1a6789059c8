// `npm run proof:alloc`: the proof at full length, as tables.

import { parseArgs } from "node:util";
import type { MemoryStats } from "../../../host-sim/engine/engine.js";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { boardCreation, SLOT_BYTES, TLS_RESERVE, withoutReserve } from "../../../host-sim/xs/creation.js";
import { printTable } from "../bench/table.js";
import {
	BETWEEN,
	CASES,
	costs,
	isClean,
	OVER_WEB_SOCKET,
	ofChannels,
	prove,
	type Reconnected,
	type Result,
	reconnect,
	type Worn,
	wear,
} from "./alloc.js";
import { TABLES, type TableSize } from "./on-xs/tables.js";

const { values } = parseArgs({
	options: {
		messages: { type: "string", default: "100000" },
		reconnects: { type: "string", default: "1000" },
		json: { type: "boolean", default: false },
		/** Only tables of so many channels: 1, 4, 9, 16. */
		channels: { type: "string" },
		/** The engine of the SDK at $MODDABLE, which is what boards run, instead of npm's. */
		sdk: { type: "boolean", default: false },
	},
});
const messages = Number(values.messages);
const times = Number(values.reconnects);
if (!(messages > 0) || !(times > 0)) throw new Error("--messages and --reconnects are numbers above 0");

const sdk = values.sdk ? process.env.MODDABLE : undefined;
if (values.sdk && !sdk) throw new Error("--sdk needs MODDABLE to name the SDK's folder");
const engine = await buildEngine((text) => process.stderr.write(`${text}\n`), sdk);
const started = performance.now();
const note = (text: string) =>
	process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${text}\n`);

const sizes = values.channels?.split(",").map(Number);
for (const size of sizes ?? [])
	if (!(size in TABLES)) throw new Error(`--channels is a list of ${Object.keys(TABLES).join(", ")}`);
const cases = sizes ? [...sizes.flatMap((size) => ofChannels(size as TableSize)), BETWEEN] : CASES;

const results: Result[] = [];
for (const test of cases) {
	results.push(await prove(test, { engine, messages }));
	note(test.name);
}
const framed: Result[] = [];
for (const test of sizes ? [] : OVER_WEB_SOCKET) framed.push(await prove(test, { engine, messages }));
const reconnected: Reconnected[] = [];
const clouds = sizes ? [] : ["cumulocity", "sap", "plain"];
for (const cloud of clouds) {
	reconnected.push(await reconnect(cloud, engine, times));
	note(`${times} reconnects, ${cloud}`);
}
const costly = sizes ? [] : await costs(engine);
const worn: Worn[] = [];
for (const cloud of clouds) worn.push(await wear(cloud, engine));

/** Slots and chunks as bytes of a board. */
function bytes(slots: number, chunkBytes: number): number {
	return slots * SLOT_BYTES + chunkBytes;
}

const board = boardCreation("esp32c3-min");
const left = withoutReserve(board).static - board.stack * SLOT_BYTES;
const share = (m: MemoryStats) => `${((100 * bytes(m.slots, m.chunkBytes)) / left).toFixed(0)} %`;

if (values.json)
	process.stdout.write(
		`${JSON.stringify({ engine: engine.bits, messages, results, reconnected, costly, worn })}\n`,
	);
else {
	printTable(
		`Taken from the machine's memory in ${messages} messages (${sdk ? "the SDK's XS" : "npm's XS 13.3"}, ${engine.bits} bit, ESP32-C3's memory less TLS)`,
		["path", "messages", "slots", "chunk bytes", "collections", "new keys", "samples a PUBLISH", "commands"],
		[...results, ...framed].map(({ name, messages: n, taken, batched, commands }) => [
			name,
			`${n}`,
			`${taken.slots}`,
			`${taken.chunkBytes}`,
			`${taken.collections}`,
			`${taken.keys}`,
			batched > 0 ? batched.toFixed(1) : "",
			commands > 0 ? `${commands}` : "",
		]),
	);
	printTable(
		`Memory on the 32-bit layout; ${left} bytes of ESP32-C3's ${board.static} are left for slots and chunks after the stack and the reserve for TLS (${TLS_RESERVE.slots} slots, ${TLS_RESERVE.chunkBytes} bytes)`,
		[
			"path",
			"slots at rest",
			"chunk bytes",
			"of what is left",
			"slots at most",
			"chunk bytes at most",
			"stack at most",
			"keys",
		],
		results.map(({ name, resting, end }) => [
			name,
			`${resting.slots}`,
			`${resting.chunkBytes}`,
			share(resting),
			`${end.slotsPeak}`,
			`${end.chunkBytesPeak}`,
			`${end.stackPeak} of ${end.stackLimit}`,
			`${end.keys}`,
		]),
	);
	if (sizes) process.exit(results.every(({ taken }) => isClean(taken)) ? 0 : 1);
	printTable(
		`Live memory before and after ${times} reconnects`,
		["cloud", "slots", "after", "chunk bytes", "after", "keys", "after", "taken and given back, each"],
		reconnected.map(({ cloud, first, last, slots, chunkBytes }) => [
			cloud,
			`${first.slots}`,
			`${last.slots}`,
			`${first.chunkBytes}`,
			`${last.chunkBytes}`,
			`${first.keys}`,
			`${last.keys}`,
			`${slots.toFixed(0)} slots, ${chunkBytes.toFixed(0)} bytes`,
		]),
	);
	printTable(
		"Flash in a day of one measure in 5 s, outbox.keep all",
		["cloud", "measures", "bytes a measure", "erases of a sector", "snapshots", "of these in need"],
		worn.map(({ cloud, measures, bytes: written, most, least, snapshots, forced }) => [
			cloud,
			`${measures}`,
			written.toFixed(0),
			`${least} to ${most}`,
			`${snapshots}`,
			`${forced}`,
		]),
	);
	printTable(
		"What is not free, each time",
		["what", "slots", "chunk bytes"],
		costly.map(({ what, slots, chunkBytes }) => [what, `${slots}`, `${chunkBytes}`]),
	);
}
const dirty = results.filter(({ taken }) => !isClean(taken));
const grown = reconnected.filter(
	({ first, last }) =>
		last.slots > first.slots || last.chunkBytes > first.chunkBytes || last.keys > first.keys,
);
for (const { name } of dirty) process.stderr.write(`${name}: not free of allocations\n`);
for (const { cloud } of grown) process.stderr.write(`${cloud}: memory has grown over the reconnects\n`);
process.exit(dirty.length + grown.length > 0 ? 1 : 0);
