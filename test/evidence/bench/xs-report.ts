// The part of `npm run bench` that runs on XS: npm's engine, and the SDK's where MODDABLE says where that is.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildEngine, type EngineProgram } from "../../../host-sim/xs/build.js";
import { type Cell, formatNumber } from "./table.js";
import { type CloudName, type Cost, costsOf, hasCallgrind, SDK_CLIENT, type Way, type Work } from "./xs.js";

type Print = (title: string, columns: readonly string[], rows: ReadonlyArray<readonly Cell[]>) => void;

const CLOUDS: readonly CloudName[] = ["cumulocity", "sap", "plain"];
const WAYS: Readonly<Partial<Record<Way, string>>> = {
	stringify: "JSON.stringify, then bytes",
	concat: "concatenation with toFixed, then bytes",
	encode: "Mote: record and packet",
	whole: "Mote: ring, outbox, packet, release",
};
/** How many times fewer instructions than the other way ours has to take on npm's XS, and should. */
const TARGETS: ReadonlyArray<readonly [cloud: CloudName, way: Way, floor: number, aim: number]> = [
	["sap", "stringify", 3.8, 5],
	["sap", "concat", 2, 2],
	["cumulocity", "concat", 1.25, 1.5],
];

interface Engine {
	readonly name: string;
	readonly program: EngineProgram;
}

/** Prints the tables; returns the same as data. */
export async function reportXs(print: Print, note: (text: string) => void): Promise<object> {
	const callgrind = await hasCallgrind();
	if (!callgrind) note("valgrind is not there: wall time only");
	const npm = await buildEngine(note);
	const engines: Engine[] = [{ name: "npm's XS 13.3", program: npm }];
	const sdk = process.env.MODDABLE ?? "";
	const hasSdk = existsSync(join(sdk, SDK_CLIENT));
	if (hasSdk) engines.push({ name: "the SDK's XS", program: await buildEngine(note, sdk) });
	else note("MODDABLE is not set: without the SDK's XS and its MQTT client");
	const reporter = new Reporter(print, note, callgrind);
	const data: object[] = [];
	for (const engine of engines) {
		const encoders = await reporter.encoders(engine);
		const growth = await reporter.growth(engine);
		const clients = hasSdk ? await reporter.clients(engine, sdk) : undefined;
		data.push({ engine: engine.name, bits: engine.program.bits, encoders, growth, clients });
	}
	return { engines: data };
}

class Reporter {
	readonly #print: Print;
	readonly #note: (text: string) => void;
	readonly #callgrind: boolean;

	constructor(print: Print, note: (text: string) => void, callgrind: boolean) {
		this.#print = print;
		this.#note = note;
		this.#callgrind = callgrind;
	}

	/** A measure to its finished packet, with the firmware's four values and with one. */
	async encoders({ name, program }: Engine): Promise<object> {
		const options = { callgrind: this.#callgrind, messages: 20_000, counted: 1500, rounds: 3 };
		const all: Cost[] = [];
		const reached: Cell[][] = [];
		for (const values of [1, 4])
			for (const cloud of CLOUDS) {
				this.#note(`${name}: ${cloud}, ${values} of 4 values`);
				const ways = (["loop", "stringify", "concat", "encode", "whole"] as const)
					.filter((way) => way !== "stringify" || cloud !== "cumulocity")
					.map((way): Work => ({ cloud, way, ...(values === 1 ? { channels: 1 } : {}) }));
				const found = await costsOf(program, ways, options);
				all.push(...found);
				const net = netOf(found);
				const ours = net("encode");
				this.#print(
					`${name}, ${cloud}: ${values === 1 ? "one value" : "four values"} to a finished PUBLISH packet, per message; the loop is taken off`,
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
					ways.slice(1).map(({ way }) => {
						const cost = net(way);
						return [
							WAYS[way] ?? way,
							number(cost.instructions),
							ratio(cost.instructions, ours.instructions),
							cost.wallUs.toFixed(2),
							ratio(cost.wallUs, ours.wallUs),
							cost.slots.toFixed(1),
							cost.chunkBytes.toFixed(1),
							cost.collections.toFixed(2),
						];
					}),
				);
				for (const [target, way, floor, aim] of TARGETS) {
					if (target !== cloud || ours.instructions === undefined) continue;
					const times = (net(way).instructions as number) / ours.instructions;
					const verdict = times >= aim ? "aim" : times >= floor ? "floor" : "below the floor";
					reached.push([cloud, values, WAYS[way] ?? way, times.toFixed(2), floor, aim, verdict]);
				}
			}
		if (reached.length > 0)
			this.#print(
				`${name}: instructions of the other way, in times ours`,
				["cloud", "values", "way", "times", "floor", "aim", "reached"],
				reached,
			);
		return all;
	}

	/** As measures get wider, and as the ring fills. */
	async growth({ name, program }: Engine): Promise<object> {
		this.#note(`${name}: growth`);
		const options = { callgrind: this.#callgrind, messages: 4000, rounds: 1, counted: 300 };
		const widths = [1, 4, 9, 16];
		const wide: Cost[] = [];
		for (const cloud of CLOUDS)
			for (const channels of widths)
				for (const way of ["concat", "encode"] as const)
					wide.push(...(await costsOf(program, [{ cloud, way, channels }], options)));
		const cost = (wanted: Work) => {
			const found = wide.find(
				({ work }) =>
					work.cloud === wanted.cloud && work.way === wanted.way && work.channels === wanted.channels,
			);
			return this.#callgrind ? found?.instructions : found?.wallUs;
		};
		const unit = this.#callgrind ? "instructions" : "µs";
		this.#print(
			`${name}: ${unit} a message as the values in a measure grow (concatenation's / ours)`,
			["cloud", ...widths.map((width) => `${width}`)],
			CLOUDS.map((cloud) => [
				cloud,
				...widths.map((channels) => {
					const theirs = cost({ cloud, channels, way: "concat" });
					const ours = cost({ cloud, channels, way: "encode" });
					return `${number(theirs)} / ${number(ours)} = ${ratio(theirs, ours)}`;
				}),
			]),
		);
		const fills = [0, 10, 100, 500];
		const filled = await costsOf(
			program,
			fills.map((fill): Work => ({ cloud: "plain", way: "whole", fill })),
			options,
		);
		this.#print(
			`${name}: the whole way with so many records in the ring, ${unit} a message`,
			fills.map((fill) => `${fill}`),
			[filled.map((one) => number(this.#callgrind ? one.instructions : one.wallUs))],
		);
		return { wide, filled };
	}

	/** Our client beside the SDK's own. */
	async clients({ name, program }: Engine, sdk: string): Promise<object> {
		this.#note(`${name}: MQTT clients`);
		const options = { callgrind: this.#callgrind, messages: 20_000, counted: 1000, rounds: 3 };
		const all: Cost[] = [];
		const rows: Cell[][] = [];
		for (const way of ["publish", "inbound"] as const) {
			const works: Work[] = [
				{ client: "mote", way: "loop" },
				{ client: "mote", way },
				{ client: { sdk }, way },
				{ client: "mote", way, webSocket: true },
			];
			if (way === "publish") works.push({ client: { sdk, keeps: true }, way });
			const found = await costsOf(program, works, options);
			all.push(...found);
			const [loop, mote, theirs, framed, keeping] = found as [Cost, Cost, Cost, Cost, Cost?];
			const what =
				way === "publish"
					? "QoS 1 message of 150 bytes out, PUBACK in"
					: "QoS 1 message of 60 bytes in, PUBACK out";
			for (const [who, cost] of [
				["Mote", mote],
				["Mote, over WebSocket", framed],
				["the SDK's", theirs],
				["the SDK's, that keeps each message until its PUBACK", keeping],
			] as const) {
				if (!cost) continue;
				const own = minus(cost, loop);
				const ours = minus(mote, loop);
				rows.push([
					what,
					who,
					number(own.instructions),
					ratio(own.instructions, ours.instructions),
					ratio(own.wallUs, ours.wallUs),
					own.slots.toFixed(1),
					own.chunkBytes.toFixed(1),
					own.collections.toFixed(2),
				]);
			}
		}
		this.#print(
			`${name}: MQTT clients over a socket and timers of the benchmark, written in script; Mote's tracks what is under way and times out, the SDK's does neither, and the one that keeps has the least that delivery at least once needs`,
			["what", "client", "instructions", "times ours", "time", "slots", "chunk bytes", "collections in 1000"],
			rows,
		);
		return all;
	}
}

function minus(cost: Cost, loop: Cost): Cost {
	const instructions =
		cost.instructions === undefined || loop.instructions === undefined
			? undefined
			: cost.instructions - loop.instructions;
	return { ...cost, instructions, wallUs: cost.wallUs - loop.wallUs };
}

/** Each way's cost without the loop's. */
function netOf(found: readonly Cost[]): (way: Way) => Cost {
	const of = (way: Way) => found.find((cost) => cost.work.way === way) as Cost;
	return (way) => minus(of(way), of("loop"));
}

function number(value: number | undefined): string {
	return value === undefined ? "–" : formatNumber(Math.round(value));
}

function ratio(a: number | undefined, b: number | undefined): string {
	return a === undefined || b === undefined ? "–" : (a / b).toFixed(2);
}
