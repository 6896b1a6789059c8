// Frames between a machine on XS and its parent, as host/frames.c has them: uint32 length, uint8 type,
// payload.

import type { MemoryStats } from "../engine/engine.js";

export const InFrame = Object.freeze({
	Module: 1,
	Start: 2,
	Tick: 3,
	Call: 4,
	Epoch: 5,
	Reply: 6,
	Stats: 7,
	Walk: 8,
	Owners: 9,
});
export const OutFrame = Object.freeze({ Idle: 1, Trace: 2, Stats: 3, Crash: 4, Walk: 5, Owners: 6 });

/** What the script may be answered, and what it sends. */
export type Answer = undefined | number | string | boolean | Uint8Array;
export type Value = Answer | readonly number[];

const STATS: ReadonlyArray<keyof MemoryStats> = [
	"slotBytes",
	"slots",
	"slotsPeak",
	"slotsLimit",
	"chunkBytes",
	"chunkBytesPeak",
	"chunkBytesLimit",
	"stackPeak",
	"stackLimit",
	"keys",
	"keysLimit",
	"staticBytes",
	"staticFree",
	"collections",
	"slotsTaken",
	"chunksTaken",
	"chunkBytesTaken",
	"imageSlots",
	"imageKeys",
];

export function frame(type: number, ...parts: readonly Uint8Array[]): Buffer {
	const size = parts.reduce((sum, part) => sum + part.length, 0);
	const head = Buffer.alloc(5);
	head.writeUInt32LE(size);
	head.writeUInt8(type, 4);
	return Buffer.concat([head, ...parts]);
}

export function doubles(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(8 * values.length);
	for (const [i, value] of values.entries()) bytes.writeDoubleLE(value, 8 * i);
	return bytes;
}

export function integers(...values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(4 * values.length);
	for (const [i, value] of values.entries()) bytes.writeInt32LE(value, 4 * i);
	return bytes;
}

/** The answer to a question of the script. */
export function reply(value: Answer): Buffer {
	switch (typeof value) {
		case "number":
			return frame(InFrame.Reply, Buffer.of(1), doubles(value));
		case "string":
			return frame(InFrame.Reply, Buffer.of(2), Buffer.from(value));
		case "boolean":
			return frame(InFrame.Reply, Buffer.of(value ? 4 : 5));
		case "undefined":
			return frame(InFrame.Reply, Buffer.of(0));
		default:
			return frame(InFrame.Reply, Buffer.of(3), value);
	}
}

/** Values of a frame that the script sent. Bytes are views into `payload`. */
export function values(payload: Buffer): Value[] {
	const found: Value[] = [];
	for (let at = 0; at < payload.length; ) {
		const tag = payload[at++];
		if (tag === 1) {
			found.push(payload.readDoubleLE(at));
			at += 8;
		} else if (tag === 2 || tag === 3) {
			const size = payload.readUInt32LE(at);
			const bytes = payload.subarray(at + 4, at + 4 + size);
			found.push(tag === 2 ? bytes.toString() : bytes);
			at += 4 + size;
		} else if (tag === 6) {
			const size = payload.readUInt32LE(at);
			found.push(Array.from({ length: size }, (_, i) => payload.readDoubleLE(at + 4 + 8 * i)));
			at += 4 + 8 * size;
		} else found.push(tag === 0 ? undefined : tag === 4);
	}
	return found;
}

export function readStats(payload: Buffer): MemoryStats {
	return Object.fromEntries(
		STATS.map((name, i) => [name, payload.readDoubleLE(8 * i)]),
	) as unknown as MemoryStats;
}

/**
 * How deep the stack got below one entry of the machine: a timer, something the parent told, or the start.
 */
export interface Entry {
	/** A timer's is the place where it was made: "module:line". */
	readonly name: string;
	/** Slots. */
	readonly deepest: number;
	readonly times: number;
}

export function readWalk(payload: Buffer): Entry[] {
	const found: Entry[] = [];
	for (let at = 0; at < payload.length; ) {
		const end = payload.indexOf(0, at + 8);
		const name = payload.toString("utf8", at + 8, end);
		found.push({ name, deepest: payload.readUInt32LE(at), times: payload.readUInt32LE(at + 4) });
		at = end + 1;
	}
	return found;
}

/** What one instance of a class owns of a machine's memory: see host/owners.c. */
export interface Owner {
	/** Of its class: the module's name as the program has it; "" is what belongs to no instance of a module. */
	readonly module: string;
	readonly name: string;
	readonly slots: number;
	readonly chunkBytes: number;
	/** What is nearest to it, and another owner reaches too. */
	readonly sharedSlots: number;
	readonly sharedBytes: number;
}

export function readOwners(payload: Buffer): Owner[] {
	const found: Owner[] = [];
	for (let at = 0; at < payload.length; ) {
		const [slots, chunkBytes, sharedSlots, sharedBytes] = [0, 4, 8, 12].map((n) =>
			payload.readUInt32LE(at + n),
		) as [number, number, number, number];
		const middle = payload.indexOf(0, at + 16);
		const end = payload.indexOf(0, middle + 1);
		const module = payload.toString("utf8", at + 16, middle);
		const name = payload.toString("utf8", middle + 1, end);
		found.push({ module, name, slots, chunkBytes, sharedSlots, sharedBytes });
		at = end + 1;
	}
	return found;
}

/** Cuts a stream into frames. */
export class FrameReader {
	#rest: Buffer = Buffer.alloc(0);
	readonly #onFrame: (type: number, payload: Buffer) => void;

	constructor(onFrame: (type: number, payload: Buffer) => void) {
		this.#onFrame = onFrame;
	}

	push(chunk: Buffer): void {
		let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
		while (bytes.length >= 5) {
			const end = 5 + bytes.readUInt32LE();
			if (bytes.length < end) break;
			this.#onFrame(bytes.readUInt8(4), bytes.subarray(5, end));
			bytes = bytes.subarray(end);
		}
		this.#rest = bytes;
	}
}
