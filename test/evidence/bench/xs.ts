// Encoders on XS, side by side: instructions by callgrind where valgrind is there, and wall time. Every
// figure is a difference of two runs of the same program that differ in their number of messages, so that
// start and linking do not count.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PINS } from "../../../drivers/boards/esp32/pins.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { makeProgram, type ProgramModule } from "../../../host-sim/xs/program.js";

const ON_XS = "test/evidence/bench/on-xs";
const PACKET = 100;
/** The SDK's MQTT client, in its folder. */
export const SDK_CLIENT = "examples/io/tcp/mqttclient/mqttclient.js";

export type CloudName = "cumulocity" | "sap" | "plain";
export type Way = "loop" | "stringify" | "concat" | "encode" | "whole" | "publish" | "inbound";

export interface Work {
	readonly cloud?: CloudName;
	readonly way: Way;
	/**
	 * Whose MQTT client publishes or receives; `sdk` is the SDK's folder. With `keeps` it has beside it the
	 * least that delivery at least once needs.
	 */
	readonly client?: "mote" | { readonly sdk: string; readonly keeps?: boolean };
	/** Mote's client over WebSocket. */
	readonly webSocket?: boolean;
	readonly fill?: number;
	/** Values in a measure; the firmware's four unless given. */
	readonly channels?: number;
}

export interface Cost {
	readonly work: Work;
	/** Instructions a message, the bare loop's included; undefined without valgrind. */
	readonly instructions: number | undefined;
	/** Microseconds a message. */
	readonly wallUs: number;
	/** Slots and chunk bytes taken a message, and collections in a thousand. */
	readonly slots: number;
	readonly chunkBytes: number;
	readonly collections: number;
}

export async function hasCallgrind(): Promise<boolean> {
	return promisify(execFile)("valgrind", ["--version"]).then(
		() => true,
		() => false,
	);
}

/** Runs the work `count` times; returns the packets that were shown. */
async function run(
	engine: EngineProgram,
	work: Work,
	count: number,
	show = 0,
	wrapper: readonly string[] = [],
): Promise<{ packets: Buffer[]; ms: number; slots: number; chunkBytes: number; collections: number }> {
	const start = `${ON_XS}/${work.client === undefined ? "encode" : work.client === "mote" ? "client" : "sdk-client"}`;
	const keeps = typeof work.client === "object" && work.client.keeps === true;
	const bench = { fill: 0, ...work, keeps, count, show };
	const program = await programOf(work, start, bench);
	const packets: Buffer[] = [];
	let crash: unknown;
	const { chunk, ...creation } = boardCreation("esp32");
	const machine = new XsMachine({
		engine,
		// Wide measures and full rings may take more than a board has; the rate of collections is that of the
		// board's slots.
		creation:
			(work.channels ?? 0) > 4 || work.fill
				? { ...creation, chunk: { initial: 524_288, incremental: 0 } }
				: { ...creation, chunk },
		program,
		start,
		pins: PINS,
		resources: new Map(),
		lines: false,
		wrapper,
		seed: 1,
		onFrame: (type, [bytes]) => {
			if (type === PACKET) packets.push(Buffer.from(bytes as Uint8Array));
		},
		onCrash: (error) => {
			crash = error;
		},
	});
	const started = performance.now();
	machine.boot();
	await machine.whenIdle();
	const ms = performance.now() - started;
	if (crash) throw crash;
	const memory = await machine.memory(false);
	await machine.exit();
	machine.close();
	if (!memory) throw new Error("the machine has ended");
	const { slotsTaken, chunkBytesTaken, collections } = memory;
	return { packets, ms, slots: slotsTaken, chunkBytes: chunkBytesTaken, collections };
}

async function programOf(work: Work, start: string, bench: object): Promise<ProgramModule[]> {
	const { client, channels } = work;
	if (client === undefined) {
		const program = await makeProgram("esp32", { bench }, [start]);
		return channels ? program.map((module) => widened(module, channels)) : program;
	}
	// Both clients get the benchmark's socket and timers.
	const hardware = `${ON_XS}/hardware`;
	const instead = new Map([
		["timer", "StubTimer"],
		["embedded:io/socket/tcp", "StubSocket"],
	]);
	const program = (await makeProgram("esp32", { bench }, [start, hardware])).map((module) => {
		const stub = instead.get(module.name);
		return stub ? { ...module, source: `export { ${stub} as default } from "${hardware}";` } : module;
	});
	if (client !== "mote") {
		const source = readFileSync(join(client.sdk, SDK_CLIENT), "utf8");
		program.push({ name: "sdk/mqttclient", source, preload: true });
	}
	return program;
}

/** The firmware with another number of channels. */
function widened(module: ProgramModule, channels: number): ProgramModule {
	if (module.name !== "modules/core/default-channels") return module;
	const entries = Array.from({ length: channels }, (_, i) => {
		const decimals = [2, 0, 0, 1][i % 4];
		return `v${i}:{from:"uptime",unit:"C",decimals:${decimals},fragment:"mote_V",series:"v${i}"}`;
	});
	const source =
		`import { channelTable } from "./channel-table.js";\n` +
		`export const DEFAULT_CHANNELS = Object.freeze({${entries}});\n` +
		"export const DEFAULT_TABLE = channelTable(DEFAULT_CHANNELS);\n";
	return { ...module, source };
}

/** The first packets of a way, for comparison. */
export async function packetsOf(engine: EngineProgram, work: Work, count: number): Promise<Buffer[]> {
	return (await run(engine, work, count, count)).packets;
}

async function instructions(engine: EngineProgram, work: Work, count: number): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), "mote-bench-"));
	const file = join(folder, "callgrind.out");
	const options = ["--tool=callgrind", `--callgrind-out-file=${file}`, `--log-file=${join(folder, "log")}`];
	try {
		await run(engine, work, count, 0, ["valgrind", ...options]);
		const total = /^(?:totals|summary): (\d+)/m.exec(readFileSync(file, "utf8"))?.[1];
		if (total === undefined) throw new Error("callgrind left no total");
		return Number(total);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

export interface CostOptions {
	readonly callgrind: boolean;
	/** Messages of the runs that are timed, and of those that are counted. */
	readonly messages: number;
	readonly counted: number;
	readonly rounds: number;
}

/** Costs of several ways, their timed rounds taking turns. */
export async function costsOf(
	engine: EngineProgram,
	works: readonly Work[],
	options: CostOptions,
): Promise<Cost[]> {
	const { callgrind, messages, counted, rounds } = options;
	const times: number[][] = works.map(() => []);
	const memory: Array<Pick<Cost, "slots" | "chunkBytes" | "collections">> = [];
	for (let round = 0; round < rounds; round++)
		for (const [i, work] of works.entries()) {
			const less = await run(engine, work, 100);
			const more = await run(engine, work, 100 + messages);
			times[i]?.push(((more.ms - less.ms) * 1000) / messages);
			memory[i] = {
				slots: (more.slots - less.slots) / messages,
				chunkBytes: (more.chunkBytes - less.chunkBytes) / messages,
				collections: (1000 * (more.collections - less.collections)) / messages,
			};
		}
	const found: Cost[] = [];
	for (const [i, work] of works.entries()) {
		let counts: number | undefined;
		if (callgrind) {
			const less = await instructions(engine, work, 100);
			counts = ((await instructions(engine, work, 100 + counted)) - less) / counted;
		}
		const sorted = [...(times[i] as number[])].sort((a, b) => a - b);
		const wallUs = sorted[sorted.length >> 1] as number;
		found.push({ work, instructions: counts, wallUs, ...(memory[i] as (typeof memory)[number]) });
	}
	return found;
}
