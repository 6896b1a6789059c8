// Mote's encoder and parser beside the npm package mqtt-packet, in one run of Node and for the same
// deliverable.
//
// Encoding: one QoS 1 PUBLISH, complete and in order in memory. mqtt-packet gets its packet objects
// ready-made, which spares it an object a message; the topic is a string to it and kept bytes to us, as
// applications have it. Parsing: for each PUBLISH a topic string, a view of the payload, the packet id and
// the flags; for the others the same that a handler of mqtt-packet sees. Our views hold during the call only,
// those of mqtt-packet longer.

import { generate, parser, writeToStream } from "mqtt-packet";
import { equals } from "../../../modules/core/bytes.js";
import { decodeUtf8 } from "../../../modules/core/utf8.js";
import { writePublishHeader } from "../../../modules/mqtt/encode.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { PacketType } from "../../../modules/mqtt/packet.js";
import { type InboundMessage, Parser, type ParserHandler } from "../../../modules/mqtt/parser.js";
import { topicName } from "../../../modules/mqtt/topic.js";
import { push } from "../../support/push.js";
import {
	allocated,
	type Contestant,
	inbound,
	median,
	type Outgoing,
	outgoing,
	race,
	rechunk,
} from "./table.js";

export interface BenchOptions {
	readonly seed: number;
	/** Different messages in a case; they are gone through again and again. */
	readonly messages: number;
	/** Measured rounds; in each every contestant runs once. Two more before them are not measured. */
	readonly rounds: number;
	/** Length of one contestant's part of a round, ms. */
	readonly roundMs: number;
}

export const DEFAULTS: BenchOptions = Object.freeze({
	seed: 20261120,
	messages: 4096,
	rounds: 11,
	roundMs: 100,
});

/** The project's targets: so many times mqtt-packet's packets per second. */
export const TARGETS = Object.freeze({ encode: 10, parse: 5 });

export interface Figures {
	readonly name: string;
	/** Packets per second, median of the rounds. */
	readonly perSecond: number;
	/** Bytes allocated for one packet, on V8's heap and in array buffers; see `allocated` in table.ts. */
	readonly bytes: number;
}

/** One of our ways beside one of mqtt-packet's. */
export interface Result {
	readonly kind: "encode" | "parse";
	readonly name: string;
	/** Whether both sides deliver the same; else the row shows what the rest costs. */
	readonly same: boolean;
	readonly ours: Figures;
	readonly theirs: Figures;
	/** Ours over theirs in the same round. */
	readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
	readonly target: number;
}

// Encoding

/**
 * Our encoder with its kept output stage; behind the stage lie the payloads, as the ring's records do in a
 * node.
 */
export class Encoding {
	readonly bytes: Uint8Array;
	readonly #topic: Uint8Array;
	readonly #starts: number[] = [];

	constructor(topic: string, messages: readonly Outgoing[]) {
		this.#topic = topicName(topic);
		let end = Limits.outputBytes;
		for (const { payload } of messages) {
			this.#starts.push(end);
			end += payload.length;
		}
		this.bytes = new Uint8Array(end);
		for (const [i, { payload }] of messages.entries()) this.bytes.set(payload, this.#starts[i]);
	}

	/** Writes the PUBLISH to the front of `bytes`; returns its length. */
	write(id: number, payload: Uint8Array): number {
		const { bytes } = this;
		const { length } = payload;
		const end = writePublishHeader(bytes, 0, this.#topic, 1, false, false, id, length);
		bytes.set(payload, end);
		return end + length;
	}

	/** The same with the i-th payload as it lies in `bytes`. */
	writeKept(id: number, i: number, length: number): number {
		const { bytes } = this;
		const start = this.#starts[i] as number;
		const end = writePublishHeader(bytes, 0, this.#topic, 1, false, false, id, length);
		bytes.copyWithin(end, start, start + length);
		return end + length;
	}
}

/** A stream for writeToStream that puts the pieces together in a kept buffer. */
class Assembly {
	readonly bytes = Buffer.alloc(Limits.outputBytes);
	length = 0;

	write(piece: string | Buffer): boolean {
		if (typeof piece === "string") this.length += this.bytes.write(piece, this.length);
		else {
			this.bytes.set(piece, this.length);
			this.length += piece.length;
		}
		return true;
	}
	/** As a stream without cork: with it, every packet would wait for the next tick. */
	get stream(): NodeJS.WritableStream {
		return this as unknown as NodeJS.WritableStream;
	}
}

/** Throws if any message has other bytes than mqtt-packet's. Returns the number of messages. */
export function verifyEncoding(topic: string, messages: readonly Outgoing[]): number {
	const encoding = new Encoding(topic, messages);
	const assembly = new Assembly();
	for (const [i, { id, payload, packet }] of messages.entries()) {
		const expected = generate(packet);
		assembly.length = 0;
		writeToStream(packet, assembly.stream);
		for (const found of [
			encoding.bytes.subarray(0, encoding.write(id, payload)),
			encoding.bytes.subarray(0, encoding.writeKept(id, i, payload.length)),
			assembly.bytes.subarray(0, assembly.length),
		])
			if (Buffer.compare(found, expected) !== 0) throw new Error(`message ${i} differs`);
	}
	return messages.length;
}

/** Keeps what was made from being optimised away. */
const sink: { last: unknown } = { last: undefined };

/** Takes the pieces and drops them, the topic as the string it came as: less than a packet in memory. */
const NULL_STREAM = "writeToStream, pieces dropped";

function encoders(topic: string, messages: readonly Outgoing[]): Contestant[] {
	const encoding = new Encoding(topic, messages);
	const assembly = new Assembly();
	const nowhere = { write: () => true } as unknown as NodeJS.WritableStream;
	const each = (name: string, work: (message: Outgoing, i: number) => unknown): Contestant => ({
		name,
		units: messages.length,
		packets: messages.length,
		batch: 256,
		run: (from, to) => {
			for (let i = from; i < to; i++) sink.last = work(messages[i] as Outgoing, i);
		},
	});
	return [
		each("payload from a Buffer", ({ id, payload }) => encoding.write(id, payload)),
		each("payload from the ring", ({ id, payload }, i) => encoding.writeKept(id, i, payload.length)),
		each("generate", ({ packet }) => generate(packet)),
		each("writeToStream, kept buffer", ({ packet }) => {
			assembly.length = 0;
			return writeToStream(packet, assembly.stream);
		}),
		each(NULL_STREAM, ({ packet }) => writeToStream(packet, nowhere)),
	];
}

// Parsing

type TopicOf = (message: InboundMessage) => string;

const decoded: TopicOf = (m) => decodeUtf8(m.bytes, m.topicStart, m.topicEnd) as string;

/** Topics seen before are found by their bytes, so that only the first of each (up to 16) is decoded. */
function cached(): TopicOf {
	const known: Uint8Array[] = [];
	const texts: string[] = [];
	return (m) => {
		for (let i = 0; i < known.length; i++)
			if (equals(m.bytes, m.topicStart, m.topicEnd, known[i] as Uint8Array)) return texts[i] as string;
		const text = decoded(m);
		if (known.length < 16) {
			known.push(m.bytes.slice(m.topicStart, m.topicEnd));
			texts.push(text);
		}
		return text;
	};
}

/** Takes what our parser delivers. */
class Receiver implements ParserHandler {
	topic = "";
	payload: Uint8Array = new Uint8Array(0);
	sum = 0;
	/** Everything delivered, a line each, if it is to be compared. */
	log: string[] | undefined;
	readonly #topicOf: TopicOf | undefined;

	constructor(topicOf: TopicOf | undefined) {
		this.#topicOf = topicOf;
	}

	publish(m: InboundMessage): boolean {
		if (this.#topicOf) {
			this.topic = this.#topicOf(m);
			this.payload = m.bytes.subarray(m.payloadStart, m.payloadEnd);
		}
		this.sum += m.packetId;
		this.log?.push(publication(m.packetId, this.topic, this.payload, m));
		return true;
	}
	rest(): boolean {
		return true;
	}
	acknowledgement(type: number, id: number): boolean {
		this.sum += id;
		this.log?.push(`${type === PacketType.Puback ? "puback" : type} ${id}`);
		return true;
	}
	suback(id: number, bytes: Uint8Array, start: number, end: number): boolean {
		this.sum += id;
		this.log?.push(`suback ${id} ${[...bytes.subarray(start, end)]}`);
		return true;
	}
	pingresp(): boolean {
		this.log?.push("pingresp 0");
		return true;
	}
	connack(): boolean {
		throw new Error("no CONNACK was sent");
	}
	violation(code: string): void {
		throw new Error(`violation ${code}`);
	}
}

type Flags = { readonly qos: number; readonly dup: boolean; readonly retain: boolean };

function publication(id: number, topic: string, payload: Uint8Array, { qos, dup, retain }: Flags): string {
	return `publish ${id} ${topic} ${qos} ${dup} ${retain} ${Buffer.from(payload).toString("hex")}`;
}

/** What mqtt-packet makes of the chunks, a line each. */
function theirDeliveries(chunks: readonly Buffer[]): string[] {
	const log: string[] = [];
	const their = parser();
	their.on("packet", (packet) => {
		const id = packet.messageId ?? 0;
		if (packet.cmd === "publish") log.push(publication(id, packet.topic, packet.payload as Buffer, packet));
		else log.push(packet.cmd === "suback" ? `suback ${id} ${packet.granted}` : `${packet.cmd} ${id}`);
	});
	for (const chunk of chunks) their.parse(chunk);
	return log;
}

/**
 * Throws if any packet is delivered otherwise than by mqtt-packet, in any variant. Returns the number of
 * packets.
 */
export function verifyParsing(chunks: readonly Buffer[]): number {
	const expected = theirDeliveries(chunks);
	for (const topicOf of [decoded, cached()]) {
		const receiver = new Receiver(topicOf);
		const found: string[] = [];
		receiver.log = found;
		const our = new Parser(Limits.inboundBytes, Limits.chunkBytes, receiver);
		for (const chunk of chunks) push(our, chunk);
		if (found.length !== expected.length) throw new Error(`${found.length} packets of ${expected.length}`);
		for (const [i, line] of found.entries())
			if (line !== expected[i]) throw new Error(`packet ${i}: ${line}, mqtt-packet: ${expected[i]}`);
	}
	return expected.length;
}

/** What the firmware uses: it compares topics as bytes and reads payloads in place. */
const POSITIONS = "positions only";

function parsers(chunks: readonly Buffer[], packets: number): Contestant[] {
	const units = chunks.length;
	// About 100 packets.
	const all = { units, packets, batch: Math.max(1, Math.round((100 * units) / packets)) };
	const ours = (name: string, topicOf?: TopicOf): Contestant => {
		const our = new Parser(Limits.inboundBytes, Limits.chunkBytes, new Receiver(topicOf));
		const run = (from: number, to: number) => {
			for (let i = from; i < to; i++) push(our, chunks[i] as Buffer);
		};
		return { name, ...all, run };
	};
	let sum = 0;
	const their = parser();
	their.on("packet", (packet) => {
		if (packet.cmd === "publish") sink.last = packet;
		sum += packet.messageId ?? 0;
	});
	return [
		ours("topic by decodeUtf8", decoded),
		ours("topic from a cache", cached()),
		ours(POSITIONS),
		{
			name: "parser",
			...all,
			run: (from, to) => {
				for (let i = from; i < to; i++) their.parse(chunks[i] as Buffer);
				sink.last = sum;
			},
		},
	];
}

/** Each of the first `ours` contestants beside each of the others. */
function compare(
	kind: Result["kind"],
	name: string,
	contestants: readonly Contestant[],
	ours: number,
	{ rounds, roundMs }: BenchOptions,
): Result[] {
	const rates = race(contestants, rounds, roundMs);
	const figures = contestants.map((contestant, i): Figures => {
		const perSecond = median(rates[i] as number[]);
		return { name: contestant.name, perSecond, bytes: allocated(contestant) };
	});
	return figures.slice(0, ours).flatMap((our, i) =>
		figures.slice(ours).map((their, j): Result => {
			const theirRates = rates[ours + j] as number[];
			const ratios = theirRates.map((rate, round) => (rates[i]?.[round] as number) / rate);
			return {
				kind,
				name,
				same: our.name !== POSITIONS && their.name !== NULL_STREAM,
				ours: our,
				theirs: their,
				ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
				target: TARGETS[kind],
			};
		}),
	);
}

/** Verifies, then measures; takes about `(rounds + 2) * roundMs` for each of 13 contestants. */
export function benchNode(options: Partial<BenchOptions> = {}): Result[] {
	const all = { ...DEFAULTS, ...options };
	const { seed, messages } = all;
	const topic = "s/us";
	const sent = outgoing(messages, seed, topic);
	verifyEncoding(topic, sent);
	const results = compare("encode", "PUBLISH QoS 1", encoders(topic, sent), 2, all);
	const packets = inbound(messages, seed);
	for (const [name, chunks] of [
		["one packet a chunk", packets],
		["1460-byte chunks", rechunk(packets, Limits.chunkBytes)],
	] as const) {
		verifyParsing(chunks);
		results.push(...compare("parse", name, parsers(chunks, packets.length), 3, all));
	}
	return results;
}
