// What the benchmarks share: chance that can be repeated, the messages made of it, measuring, and tables of
// text.

import { generate, type IPublishPacket, type Packet } from "mqtt-packet";
import { seeded } from "../../support/seeded.js";

/** A whole number in [from, to]. */
export function between(random: () => number, from: number, to: number): number {
	return from + Math.floor(random() * (to - from + 1));
}

/** The middle one; of an even number, the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	const upper = sorted[half] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

// Messages

export interface Outgoing {
	readonly id: number;
	readonly payload: Buffer;
	/** The same for mqtt-packet. */
	readonly packet: IPublishPacket;
}

/** QoS 1 messages as SmartREST rows with a value that changes sign and width, under changing packet ids. */
export function outgoing(count: number, seed: number, topic: string): Outgoing[] {
	const random = seeded(seed);
	return Array.from({ length: count }, (_, i) => {
		const value = (random() - 0.5) * 10 ** between(random, 0, 6);
		const time = new Date(Date.UTC(2026, 10, 20, 9, 15, 30) + i * 1000).toISOString();
		const payload = Buffer.from(`200,c8y_Temperature,T,${value.toFixed(between(random, 0, 3))},C,${time}\n`);
		const id = between(random, 1, 65535);
		const packet: IPublishPacket = {
			cmd: "publish",
			topic,
			payload,
			qos: 1,
			messageId: id,
			dup: false,
			retain: false,
		};
		return { id, payload, packet };
	});
}

const TOPICS = [
	"s/ds",
	"s/e",
	"s/dt",
	"ack/mote-0001",
	"commands/mote-0001",
	"mote/mote-0001/commands",
	"building/7/floor/2/room/214/setpoint",
	"café/größe/→",
];

/**
 * What a broker sends: 25 % PUBLISH at QoS 0 and 30 % at QoS 1 (on 8 topics of 3 to 36 bytes, payloads of 20
 * to 120 bytes), 41 % PUBACK, 2 % SUBACK, 2 % PINGRESP. Each packet by itself.
 */
export function inbound(count: number, seed: number): Buffer[] {
	const random = seeded(seed);
	const id = () => between(random, 1, 65535);
	return Array.from({ length: count }, () => {
		const choice = random();
		if (choice < 0.02) return generate({ cmd: "pingresp" });
		if (choice < 0.04)
			return generate({ cmd: "suback", messageId: id(), granted: [random() < 0.9 ? 1 : 0x80] });
		if (choice < 0.45) return generate({ cmd: "puback", messageId: id() });
		const qos = choice < 0.7 ? 0 : 1;
		const payload = Buffer.alloc(between(random, 20, 120));
		for (let i = 0; i < payload.length; i++) payload[i] = between(random, 32, 126);
		const packet: Packet = {
			cmd: "publish",
			topic: TOPICS[between(random, 0, TOPICS.length - 1)] as string,
			payload,
			qos,
			dup: qos > 0 && random() < 0.05,
			retain: random() < 0.05,
		};
		return generate(qos === 0 ? packet : { ...packet, messageId: id() });
	});
}

/** The same stream in pieces of `size` bytes. */
export function rechunk(packets: readonly Buffer[], size: number): Buffer[] {
	const stream = Buffer.concat(packets);
	const chunks: Buffer[] = [];
	for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
	return chunks;
}

// Measuring

/** Something that is measured: it handles a list of units, over and over, from the first to the last. */
export interface Contestant {
	readonly name: string;
	readonly units: number;
	/** Packets in all units. */
	readonly packets: number;
	/** Units in one batch of `allocated`. */
	readonly batch: number;
	/** Handles the units [from, to). */
	run(from: number, to: number): void;
}

/**
 * Packets per second of each contestant in each round. They take turns, the order turning with the rounds, so
 * that a machine that gets slower or faster does so for all of them. Two rounds before them warm the compiler
 * up.
 */
export function race(contestants: readonly Contestant[], rounds: number, roundMs: number): number[][] {
	const rates: number[][] = contestants.map(() => []);
	for (let round = -2; round < rounds; round++)
		for (let turn = 0; turn < contestants.length; turn++) {
			const which = (turn + round + 2) % contestants.length;
			const contestant = contestants[which] as Contestant;
			const start = performance.now();
			let packets = 0;
			let elapsed = 0;
			do {
				contestant.run(0, contestant.units);
				packets += contestant.packets;
				elapsed = performance.now() - start;
			} while (elapsed < roundMs);
			if (round >= 0) rates[which]?.push((packets / elapsed) * 1000);
		}
	return rates;
}

/**
 * Bytes that a warm contestant allocates for one packet. Node 20 has no counter of all allocations, so the
 * growth of V8's heap and of the array buffers' memory (Buffers, their pool) is taken over batches too small
 * to need a garbage collection, less what the reading itself takes. Batches in which one ran all the same
 * show as far too small and are left out; the mean of the others counts.
 */
export function allocated(contestant: Contestant): number {
	const { units, batch } = contestant;
	const nothing = median(Array.from({ length: 101 }, () => growth(() => {}).heap));
	const grown: Array<{ heap: number; buffers: number }> = [];
	// Whole passes, because a parser has to see its stream in order; the rest of each pass is not counted.
	while (grown.length < 60) {
		let from = 0;
		for (; from + batch <= units; from += batch) {
			const start = from;
			grown.push(growth(() => contestant.run(start, start + batch)));
		}
		contestant.run(from, units);
	}
	const least = median(grown.map(({ heap }) => heap)) / 2;
	const valid = grown.filter(({ heap, buffers }) => heap >= least && buffers >= 0);
	const bytes = valid.reduce((sum, { heap, buffers }) => sum + heap - nothing + buffers, 0) / valid.length;
	return Math.max(0, bytes / ((batch / units) * contestant.packets));
}

function growth(work: () => void): { heap: number; buffers: number } {
	const before = process.memoryUsage();
	work();
	const after = process.memoryUsage();
	return { heap: after.heapUsed - before.heapUsed, buffers: after.arrayBuffers - before.arrayBuffers };
}

// Tables

export type Cell = string | number;

/** Thousands apart; fraction digits only below 1000. */
export function formatNumber(value: number): string {
	if (!Number.isFinite(value)) return "–";
	const digits = Number.isInteger(value) || Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
	return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d|\.\d*$))(?<!\.\d*)/g, " ");
}

/** A table as lines of text: numbers to the right, texts to the left. */
export function formatTable(
	title: string,
	columns: readonly string[],
	rows: ReadonlyArray<readonly Cell[]>,
): string {
	const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? formatNumber(cell) : cell)));
	const widths = columns.map((column, i) =>
		Math.max(column.length, ...cells.map((row) => (row[i] ?? "").length)),
	);
	const line = (texts: readonly string[], values?: readonly Cell[]) =>
		texts
			.map((text, i) => {
				const right = typeof (values ?? rows[0])?.[i] === "number";
				return right ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
			})
			.join("  ")
			.trimEnd();
	const rule = widths.map((width) => "-".repeat(width)).join("  ");
	return [title, line(columns), rule, ...cells.map((row, i) => line(row, rows[i]))].join("\n");
}

export function printTable(
	title: string,
	columns: readonly string[],
	rows: ReadonlyArray<readonly Cell[]>,
): void {
	console.log(`\n${formatTable(title, columns, rows)}`);
}
