// The proof that the hot path allocates nothing on XS: counts what the machine takes from its memory between
// two moments of steady state, with the memory of the smallest board. From the timer that samples to the
// socket's `write`, and from the socket's readable callback to the actuator, everything counts that the
// machine does, the simulated sockets and pins included.

import type { MemoryStats } from "../../../host-sim/engine/engine.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import type { ProgramModule } from "../../../host-sim/xs/program.js";
import { asTenant, BenchBoard, DEVICE, JournalFlash } from "./bench-board.js";
import type { TableSize } from "./on-xs/tables.js";
import type { Published } from "./peer.js";

type Groups = Record<string, Record<string, unknown>>;

export interface Case {
	readonly name: string;
	readonly mote: Groups;
	/** A table of so many channels in the place of the board's own. */
	readonly channels?: TableSize;
	/** Samples wait for the socket, so that they travel in batches. */
	readonly batch?: boolean;
	/** The thermistor's wire is open: samples are written part by part, because a value is missing. */
	readonly missing?: boolean;
	/** Messages to the node instead of measures. */
	readonly inbound?: (n: number) => { topic: string; payload: string };
}

export interface Taken {
	readonly slots: number;
	readonly chunks: number;
	readonly chunkBytes: number;
	readonly collections: number;
	readonly keys: number;
}

export interface Result {
	readonly name: string;
	readonly messages: number;
	readonly taken: Taken;
	/** Samples of one PUBLISH, on average. */
	readonly batched: number;
	readonly commands: number;
	/** Of the journal; and how often it had to erase or make one itself, deep on the stack. */
	readonly snapshots: number;
	readonly forced: number;
	/** Live after the board's start and the opening, collected. */
	readonly resting: MemoryStats;
	/** At the end. */
	readonly end: MemoryStats;
}

const device = (cloud: string, log = "info") => ({ device: { cloud, log } });
const TWO_SENSORS = { sensors: { a: { channels: "temperature,speed" } } };
const pick = <T>(n: number, all: readonly T[]): T => all[n % all.length] as T;
const WEB_SOCKET = { transport: "websocket", clientCertificate: false };
const fast = { sampling: { intervalMs: 1000 } };

/** A command in every tenth message; the others are what a broker may send as well. */
const led = (n: number) => `led ${n % 101}%`;

/**
 * Pause of the socket, ms; the acknowledgement of a message that is half written is not waited for longer
 * than 20 s.
 */
const HOLD_MS = 8000;
/** Of a board's partition (drivers/boards). */
const BOARD_SECTORS = 32;
/** Of the journal: few, so that it makes snapshots. */
const SECTORS = 12;
/** Bytes; the node's first sample fills it. */
const SMALL_WINDOW = 256;

const BARE: readonly Case[] = [
	{ name: "SmartREST, single", mote: { ...device("cumulocity"), ...fast } },
	{ name: "SmartREST, batched", mote: { ...device("cumulocity"), ...fast }, batch: true },
	{
		name: "SmartREST 201, batched",
		mote: { ...device("cumulocity"), ...fast, cumulocity: { multiple: true } },
		batch: true,
	},
	{
		name: "SmartREST by own templates",
		mote: { ...device("cumulocity"), ...fast, cumulocity: { ownTemplates: "default" } },
	},
	...[{}, { missing: true }, { batch: true }].map((more) => ({
		name: `SmartREST, a child${Object.keys(more)
			.map((key) => `, ${key}`)
			.join("")}`,
		mote: { ...device("cumulocity"), ...fast, children: { a: { channels: "temperature,speed" } } },
		...more,
	})),
	{
		name: "inbound, operations of a child",
		mote: { ...device("cumulocity"), children: { a: { relay: "led" } } },
		inbound: (n: number) => ({
			topic: "s/ds",
			payload:
				n % 10 === 0 ? `511,${DEVICE},${led(n / 10)}` : `518,${pick(n, ["other", `${DEVICE}:b`])},OPEN`,
		}),
	},
	{ name: "SAP, two sensors", mote: { ...device("sap"), ...fast, ...TWO_SENSORS } },
	{
		name: "SAP, two sensors, batched",
		mote: { ...device("sap"), ...fast, ...TWO_SENSORS, sap: { dateProperty: "at" } },
		batch: true,
	},
	{ name: "SAP, objects", mote: { ...device("sap"), ...fast } },
	{ name: "SAP, arrays", mote: { ...device("sap"), ...fast, sap: { arrays: true } } },
	{ name: "plain JSON", mote: { ...device("plain"), ...fast } },
	...["tmp117", "sht3x"].map((sensor) => ({
		name: `plain JSON, ${sensor}`,
		mote: { ...device("plain"), ...fast, temperature: { sensor } },
	})),
	{ name: "SmartREST, a value missing", mote: { ...device("cumulocity"), ...fast }, missing: true },
	{ name: "SAP, a value missing", mote: { ...device("sap"), ...fast }, missing: true },
	{ name: "plain JSON, a value missing", mote: { ...device("plain"), ...fast }, missing: true },
	{
		name: "inbound, SmartREST operations",
		mote: device("cumulocity"),
		inbound: (n) => ({
			topic: "s/ds",
			payload: n % 10 === 0 ? `511,${DEVICE},${led(n / 10)}` : `511,other-${n % 7},led on`,
		}),
	},
	{
		name: "inbound, SAP commands",
		mote: device("sap"),
		inbound: (n) =>
			n % 10 === 0
				? {
						topic: `commands/${DEVICE}`,
						payload: `{"capabilityAlternateId":"mote-commands","sensorAlternateId":"mote-sensor","command":{"Command":"${led(n / 10)}"}}`,
					}
				: { topic: `ack/${DEVICE}`, payload: `[{"id":"9-${String(n).padStart(10, "0")}","code":202}]` },
	},
	{
		name: "inbound, plain commands",
		mote: device("plain"),
		inbound: (n) => ({
			topic: n % 10 === 0 ? `mote/${DEVICE}/commands` : `mote/${DEVICE}/other`,
			payload: n % 10 === 0 ? led(n / 10) : `{"n":${n}}`,
		}),
	},
];

/** Tried once more with a journal, which makes snapshots meanwhile. */
const KEPT: readonly Case[] = [
	...["SmartREST, batched", "SAP, objects", "plain JSON"].map(bare),
	{
		name: "plain JSON, persistent session, QoS 2",
		mote: { ...device("plain"), plain: { persistent: true }, sampling: { intervalMs: 1000, qos: 2 } },
	},
	...["inbound, SmartREST operations", "inbound, SAP commands", "inbound, plain commands"].map(bare),
].map((test) => ({
	...test,
	name: `${test.name}, kept in flash`,
	mote: { ...test.mote, outbox: { keep: "all" } },
}));

function bare(name: string): Case {
	return BARE.find((one) => one.name === name) as Case;
}

export const CASES: readonly Case[] = [...BARE, ...KEPT];

/** Over WebSocket: nothing but the keys of KEYS frames, which the SDK's random source makes anew each time. */
export const OVER_WEB_SOCKET: readonly Case[] = [
	"SmartREST, single",
	"SmartREST, batched",
	"inbound, plain commands",
].map((name) => {
	const test = bare(name);
	return { ...test, name: `${name}, over WebSocket`, mote: { ...test.mote, broker: WEB_SOCKET } };
});

/** Each cloud with a table of so many channels, whole and with a value missing in every sample. */
export function ofChannels(channels: TableSize): Case[] {
	return ["cumulocity", "sap", "plain"].flatMap((cloud) => {
		// A wide record leaves room for fewer of them.
		const mote = { ...device(cloud), ...fast, outbox: { measures: channels > 9 ? 8 : 16 } };
		const name = `${cloud}, ${channels} channel${channels === 1 ? "" : "s"}`;
		// Of one channel that is missing there is nothing to send.
		const missing = { name: `${name}, a value missing`, mote, channels, missing: true };
		return [{ name, mote, channels }, ...(channels === 1 ? [] : [missing])];
	});
}

/** What lies between reading and ring, where settings ask for it: windows, deadband, scale, alarms. */
export const BETWEEN: Case = {
	name: "plain, 16 channels, windows, deadband, scale and alarms",
	channels: 16,
	mote: {
		...device("plain"),
		sampling: { intervalMs: 1000, readMs: 250, heartbeatMs: 1000 },
		channels: {
			temperature: { deadband: 0.1, scale: 1.01, offset: -0.5 },
			// Not the thermistor: that leaves its range now and then, and an alarm is a text.
			pressure: { intervalMs: 5000, window: "minimum", high: 2000, low: 0, missing: true },
			rate: { window: "maximum", minimum: -1, maximum: 1e6 },
		},
	},
};

export interface ProofOptions {
	readonly engine: EngineProgram;
	readonly messages: number;
	readonly warmUp?: number;
	readonly patch?: (module: ProgramModule) => ProgramModule;
}

export async function prove(test: Case, options: ProofOptions): Promise<Result> {
	const { engine, messages, warmUp = 400, patch } = options;
	// Samples come seldom while messages are counted: both together are shown by the run of a day.
	const mote = test.inbound ? { ...test.mote, sampling: { intervalMs: 86_400_000 } } : test.mote;
	const window = test.batch ? SMALL_WINDOW : undefined;
	const flash = new JournalFlash(SECTORS);
	const { channels: table } = test;
	const board = await BenchBoard.open({ engine, mote, window, flash, table, ...(patch && { patch }) });
	try {
		const { peer } = board;
		if (test.missing) board.machine.circuit.thermistorFault = "open";
		let publishes = 0;
		peer.onPublish = (message) => {
			asTenant(peer, message);
			if (!isMeasure(message)) return;
			publishes++;
			confirm(board, message);
		};
		await opened(board);
		const resting = await board.memory(true);
		const go = test.inbound ? inbound(board, test.inbound) : outbound(board, test.batch ?? false);
		await go(warmUp);
		const before = await board.memory();
		const from = await board.status();
		publishes = 0;
		const { snapshots } = flash;
		await go(messages);
		// Some write little: on until a snapshot was among what is counted.
		if (test.mote.outbox?.keep)
			for (let i = 0; i < 9 && flash.snapshots === snapshots; i++) await go(messages);
		const end = await board.memory();
		const to = await board.status();
		const done = test.inbound ? to.publishesReceived - from.publishesReceived : to.delivered - from.delivered;
		if (done < messages) throw new Error(`${test.name}: ${done} of ${messages} arrived`);
		return {
			name: test.name,
			messages: done,
			taken: difference(before, end),
			batched: test.inbound || publishes === 0 ? 0 : (to.delivered - from.delivered) / publishes,
			commands: to.commands - to.refusedCommands - (from.commands - from.refusedCommands),
			snapshots: flash.snapshots - snapshots,
			forced: to.forcedSnapshots,
			resting,
			end,
		};
	} finally {
		board.close();
	}
}

/** Waits until measures may flow. */
async function opened(board: BenchBoard): Promise<void> {
	for (;;) {
		await board.run(() => true);
		if ((await board.status()).open) return;
		board.time.step(board.time.now() + 200);
	}
}

export interface Reconnected {
	readonly cloud: string;
	/** Live memory, collected, after the first connection and after the last. */
	readonly first: MemoryStats;
	readonly last: MemoryStats;
	/** What one reconnect takes and gives back, on average. */
	readonly slots: number;
	readonly chunkBytes: number;
}

/** Live memory after so many connections, each with its opening and some samples. */
export async function reconnect(cloud: string, engine: EngineProgram, times: number): Promise<Reconnected> {
	const board = await BenchBoard.open({ engine, mote: { ...device(cloud), ...fast } });
	const { peer } = board;
	peer.onPublish = (message) => {
		if (isMeasure(message)) confirm(board, message);
	};
	const again = async (count: number) => {
		for (let i = 0; i < count; i++) {
			const before = peer.connections;
			peer.cut();
			await board.run(() => peer.connections > before);
			await opened(board);
			await board.wait(2000);
		}
	};
	try {
		await opened(board);
		await again(5);
		const first = await board.memory(true);
		await again(times);
		const last = await board.memory(true);
		return {
			cloud,
			first,
			last,
			slots: (last.slotsTaken - first.slotsTaken) / times,
			chunkBytes: (last.chunkBytesTaken - first.chunkBytesTaken) / times,
		};
	} finally {
		board.close();
	}
}

export interface Worn {
	readonly cloud: string;
	readonly measures: number;
	/** Bytes written for a measure that is delivered. */
	readonly bytes: number;
	/** Erases of the sector that was erased most, and least. */
	readonly most: number;
	readonly least: number;
	readonly snapshots: number;
	readonly forced: number;
}

/** What a day of measures, one in five seconds, does to a board's flash while everything is kept there. */
export async function wear(cloud: string, engine: EngineProgram): Promise<Worn> {
	const flash = new JournalFlash(BOARD_SECTORS);
	const mote = { ...device(cloud), sampling: { intervalMs: 5000 }, outbox: { keep: "all" } };
	const board = await BenchBoard.open({ engine, mote, flash });
	board.peer.onPublish = (message) => {
		if (isMeasure(message)) confirm(board, message);
	};
	try {
		await opened(board);
		const from = await board.status();
		const before = flash.bytesWritten;
		const worn = [...flash.wear];
		await board.wait(86_400_000);
		const to = await board.status();
		const measures = to.delivered - from.delivered;
		const erases = [...flash.wear].map((n, sector) => n - (worn[sector] as number));
		return {
			cloud,
			measures,
			bytes: (flash.bytesWritten - before) / measures,
			most: Math.max(...erases),
			least: Math.min(...erases),
			snapshots: flash.snapshots,
			forced: to.forcedSnapshots,
		};
	} finally {
		board.close();
	}
}

export interface Cost {
	readonly what: string;
	readonly slots: number;
	readonly chunkBytes: number;
}

/** What cannot be free: taken and given back for each, exactly. */
export async function costs(engine: EngineProgram): Promise<Cost[]> {
	const board = await BenchBoard.open({
		engine,
		mote: { ...device("plain"), sampling: { intervalMs: 86_400_000 } },
	});
	const count = 100;
	const send = async (n: number, payload: (i: number) => string) => {
		for (let i = 0; i < n; i++) {
			board.peer.publish(`mote/${DEVICE}/commands`, payload(i), 1);
			await settle(board);
		}
	};
	const found: Cost[] = [];
	try {
		await opened(board);
		for (const [what, payload] of COSTLY) {
			await send(10, payload);
			const before = await board.memory();
			await send(count, payload);
			const taken = difference(before, await board.memory());
			found.push({ what, slots: taken.slots / count, chunkBytes: taken.chunkBytes / count });
		}
		return found;
	} finally {
		board.close();
	}
}

const COSTLY: ReadonlyArray<readonly [string, (i: number) => string]> = [
	["a tone of the buzzer: Ecma-419's PWM takes its frequency when it is made", (i) => `buzzer ${200 + i}Hz`],
	["a command that is refused: the reason is a text", () => "led 101%"],
	["a command that does not exist, in another alphabet", () => "λαμπτήρας"],
];

/** Does what the callbacks noted for a timer. */
async function settle(board: BenchBoard): Promise<void> {
	await board.run(() => true);
	while (board.machine.due >= 0 && board.machine.due <= board.time.now()) {
		board.time.step(board.time.now());
		await board.run(() => true);
	}
}

function difference(a: MemoryStats, b: MemoryStats): Taken {
	return {
		slots: b.slotsTaken - a.slotsTaken,
		chunks: b.chunksTaken - a.chunksTaken,
		chunkBytes: b.chunkBytesTaken - a.chunkBytesTaken,
		collections: b.collections - a.collections,
		keys: b.keys - a.keys,
	};
}

export function isClean(taken: Taken): boolean {
	return Object.values(taken).every((count) => count === 0);
}

function isMeasure({ topic, payload }: Published): boolean {
	if (topic === "s/us") return /^2(0[01]|12),/.test(payload.subarray(0, 4).toString());
	return topic === "s/ud" || topic === `measures/${DEVICE}` || topic === `mote/${DEVICE}/measures`;
}

/** SAP's own confirmation of a measure. */
function confirm(board: BenchBoard, { topic, payload }: Published): void {
	if (topic !== `measures/${DEVICE}`) return;
	const id = /"measureMessageId":"([^"]+)"/.exec(payload.toString())?.[1];
	board.peer.publish(`ack/${DEVICE}`, `[{"id":"${id}","code":202}]`, 1);
}

/** Samples until so many more are delivered. In batches, the socket takes nothing for a while. */
function outbound(board: BenchBoard, batch: boolean): (count: number) => Promise<void> {
	const { peer } = board;
	const wait = async (ms: number) => {
		await board.wait(ms);
	};
	return async (count) => {
		const goal = (await board.status()).delivered + count;
		for (let look = 1; ; look++) {
			peer.hold = batch;
			await wait(HOLD_MS);
			if (batch) {
				peer.hold = false;
				peer.flush();
				await settle(board);
			}
			if (look % 5 === 0 && (await board.status()).delivered >= goal) return;
		}
	};
}

function inbound(board: BenchBoard, make: NonNullable<Case["inbound"]>): (count: number) => Promise<void> {
	let n = 0;
	return async (count) => {
		for (let i = 0; i < count; i++, n++) {
			const { topic, payload } = make(n);
			board.peer.publish(topic, payload, (n & 1) as 0 | 1);
			await settle(board); // answers to operations follow
			if (n % 10 !== 0) continue;
			// Operations that come while another may still be copied are left for a 500, which this cloud does not
			// answer.
			await board.wait(4000);
		}
	};
}
