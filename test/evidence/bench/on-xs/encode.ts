// Runs on XS: one way of making PUBLISH packets of measures, many times. What to do comes as `config.bench`.

import config from "mc/config";
import { makeSettings } from "../../../../modules/app/settings.js";
import type { Cloud } from "../../../../modules/cloud/cloud.js";
import { Cumulocity } from "../../../../modules/cloud/cumulocity/cumulocity.js";
import { Plain } from "../../../../modules/cloud/plain/plain.js";
import { SapIot } from "../../../../modules/cloud/sap-iot/sap-iot.js";
import { type Channel, emptySample, type Sample } from "../../../../modules/core/channels.js";
import { DEFAULT_TABLE as CHANNELS } from "../../../../modules/core/default-channels.js";
import { publishHeaderLength } from "../../../../modules/mqtt/encode.js";
import type { PublishHeader } from "../../../../modules/mqtt/publish-header.js";
import { Arena } from "../../../../modules/outbox/arena.js";
import type { Lane } from "../../../../modules/outbox/lane.js";
import { Outbox } from "../../../../modules/outbox/outbox.js";
import { REFUSED, recordTemplate, templateBytes } from "../../../../modules/outbox/record-template.js";
import { RecordWriter } from "../../../../modules/outbox/record-writer.js";
import { RecordKind, type Ring } from "../../../../modules/outbox/ring.js";

interface Bench {
	readonly cloud: "cumulocity" | "sap" | "plain";
	/** "loop" does nothing but count. */
	readonly way: "loop" | "stringify" | "concat" | "encode" | "whole";
	readonly count: number;
	/** Records in the ring before and behind each message ("whole"). */
	readonly fill: number;
	/** Sends the first packets to the parent, to be compared. */
	readonly show: number;
}

/** Frame to the parent: a packet. */
const PACKET = 100;
const PACKET_BYTES = 8192;
const SAMPLES = 256;
const EPOCH = 1767225600000;
/** Names of the rows and values of SmartREST, as Cumulocity.encode writes them. */
const SERIES = Object.freeze(CHANNELS.map(({ fragment, series }) => `${fragment},${series}`));

export default function start(): void {
	const bench = (config as unknown as { bench: Bench }).bench;
	const settings = makeSettings({
		device: { id: "mote-0001", cloud: bench.cloud },
		sap: { messageId: false },
	});
	const cloud: Cloud =
		bench.cloud === "sap"
			? new SapIot(settings, 1)
			: bench.cloud === "plain"
				? new Plain(settings)
				: new Cumulocity(settings, "0");
	const values = makeValues();
	new Runner(bench, cloud).run(values);
}

/** Samples whose values change sign and width: seeded, the same in every run. */
function makeValues(): Sample[] {
	let state = 12345;
	const random = () => {
		state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
		return state / 0x7fffffff;
	};
	const samples: Sample[] = [];
	for (let n = 0; n < SAMPLES; n++) {
		const sample = emptySample(CHANNELS);
		for (let i = 0; i < sample.length; i++) {
			const wide = 10 ** Math.floor(random() * 4);
			sample[i] = (random() < 0.3 ? -1 : 1) * random() * wide;
		}
		samples.push(sample);
	}
	return samples;
}

class Runner {
	readonly #bench: Bench;
	readonly #cloud: Cloud;
	readonly #topic: string;
	#now = 0;

	constructor(bench: Bench, cloud: Cloud) {
		this.#bench = bench;
		this.#cloud = cloud;
		this.#topic = String.fromArrayBuffer(Uint8Array.from(cloud.measures.topic).buffer);
	}

	run(samples: readonly Sample[]): void {
		switch (this.#bench.way) {
			case "encode":
				return this.#encode(samples);
			case "whole":
				return this.#whole(samples);
			default:
				return this.#strings(samples);
		}
	}

	#clock() {
		return { monotonic: () => this.#now, wallAt: (ms: number) => EPOCH + ms };
	}

	/**
	 * Rings with their constants, as the node lays them out, with room for `slots` measures and for a packet.
	 */
	#arena(slots: number) {
		const { measures, events, stamp } = this.#cloud;
		const parts = this.#cloud.template?.() ?? [];
		const size = templateBytes(stamp, parts);
		const arena = new Arena(measures, slots, events, 2, size + PACKET_BYTES);
		const template = recordTemplate(arena.bytes, arena.view, arena.templateAt, stamp, parts);
		return { arena, template, bytes: arena.bytes, at: arena.templateAt + size };
	}

	/** Our encoder: a record in a reserved slot, as the node writes it, and the packet with it. */
	#encode(samples: readonly Sample[]): void {
		const { count, show } = this.#bench;
		const { arena, template, bytes, at } = this.#arena(4);
		const { ring, header } = arena.measures;
		const clock = this.#clock();
		const writer = new RecordWriter(bytes, arena.view, this.#cloud.stamp, clock, 1);
		const slot = ring.reserve(RecordKind.Measure, false);
		for (let n = 0; n < count; n++) {
			this.#now += 1000;
			const sample = samples[n % SAMPLES] as Sample;
			const from = ring.writeAt;
			const end = template.write(sample, clock.wallAt(this.#now), ring.lastNumber, from);
			const length = end < REFUSED ? end - from : this.#byParts(writer, ring, slot, sample);
			const behind = (header as PublishHeader).write(at, (n % 65535) + 1, length);
			bytes.copyWithin(behind, from, from + length);
			if (n < show) host.send(PACKET, bytes.slice(at, behind + length));
		}
	}

	/** What the template leaves to others. */
	#byParts(writer: RecordWriter, ring: Ring, slot: number, sample: Sample): number {
		writer.begin(ring, slot, this.#now);
		this.#cloud.encode(writer, sample);
		return writer.length;
	}

	/** The node's whole way: ring, outbox, packet, PUBACK, release. */
	#whole(samples: readonly Sample[]): void {
		const { count, fill, show } = this.#bench;
		const { arena, template, bytes, at } = this.#arena(fill + 4);
		const { stamp } = this.#cloud;
		const { ring } = arena.measures;
		const clock = this.#clock();
		const writer = new RecordWriter(bytes, arena.view, stamp, clock, 1);
		const lane: Lane = { ...arena.measures, maxRecords: 1, confirmMs: 0 };
		const outbox = new Outbox([lane], stamp, clock, 1, {
			delivered() {},
			unconfirmed() {},
			quarantined() {},
			sending() {},
			directDelivered() {},
			idTaken() {},
		});
		outbox.open = true;
		const sample = (n: number) => {
			this.#now += 1000;
			const slot = ring.reserve(RecordKind.Measure, true);
			const values = samples[n % SAMPLES] as Sample;
			const from = ring.writeAt;
			const end = template.write(values, clock.wallAt(this.#now), ring.lastNumber, from);
			if (end < REFUSED) ring.commit(slot, end - from);
			else ring.commit(slot, this.#byParts(writer, ring, slot, values));
		};
		for (let n = 0; n < fill; n++) sample(n);
		for (let n = 0; n < count; n++) {
			sample(n);
			const publication = outbox.next(true);
			if (!publication) throw new Error("nothing to send");
			const { length } = publication;
			const id = (n % 65535) + 1;
			const end = (lane.header as PublishHeader).write(at, id, length);
			outbox.start(id, bytes, end, length);
			outbox.acknowledged(id);
			if (n < show) host.send(PACKET, bytes.slice(at, end + length));
		}
	}

	/** What is usually written: a text, then bytes, then a packet of them. */
	#strings(samples: readonly Sample[]): void {
		const { way, cloud, count, show } = this.#bench;
		const make = way === "stringify" ? stringify : concat;
		for (let n = 0; n < count; n++) {
			this.#now += 1000;
			const sample = samples[n % SAMPLES] as Sample;
			if (way === "loop") continue;
			const text = make(cloud, sample, EPOCH + this.#now);
			const packet = wrap(this.#topic, text, (n % 65535) + 1);
			if (n < show) host.send(PACKET, packet);
		}
	}
}

/** A PUBLISH of texts, by the SDK's own conversion. */
function wrap(topic: string, text: string, id: number): Uint8Array {
	const name = new Uint8Array(ArrayBuffer.fromString(topic));
	const payload = new Uint8Array(ArrayBuffer.fromString(text));
	const length = 2 + name.length + 2 + payload.length;
	const header = publishHeaderLength(name.length, 1, payload.length) + payload.length;
	const packet = new Uint8Array(header);
	let p = 0;
	packet[p++] = 0x32;
	let rest = length;
	do {
		packet[p++] = (rest & 127) | (rest > 127 ? 128 : 0);
		rest >>= 7;
	} while (rest > 0);
	packet[p++] = name.length >> 8;
	packet[p++] = name.length & 255;
	packet.set(name, p);
	p += name.length;
	packet[p++] = id >> 8;
	packet[p++] = id & 255;
	packet.set(payload, p);
	return packet;
}

function concat(cloud: string, values: Sample, wall: number): string {
	if (cloud === "cumulocity") {
		const time = new Date(wall).toISOString();
		let rows = "";
		for (let i = 0; i < values.length; i++) {
			const { unit, decimals } = CHANNELS[i] as Channel;
			rows += `200,${SERIES[i]},${(values[i] as number).toFixed(decimals)},${unit},${time}\n`;
		}
		return rows;
	}
	let members = "";
	for (let i = 0; i < values.length; i++) {
		const { key: name, decimals } = CHANNELS[i] as Channel;
		members += `${i > 0 ? "," : ""}"${name}":${(values[i] as number).toFixed(decimals)}`;
	}
	if (cloud === "plain") return `{"time":"${new Date(wall).toISOString()}",${members}}`;
	return `{"capabilityAlternateId":"mote-measures","sensorAlternateId":"mote-sensor","timestamp":${wall},"measures":[{${members}}]}`;
}

function stringify(cloud: string, values: Sample, wall: number): string {
	const members: Record<string, number> = {};
	for (let i = 0; i < values.length; i++) {
		const { key: name, decimals } = CHANNELS[i] as Channel;
		const scale = 10 ** decimals;
		members[name] = Math.round((values[i] as number) * scale) / scale;
	}
	if (cloud === "plain") return JSON.stringify({ time: new Date(wall).toISOString(), ...members });
	return JSON.stringify({
		capabilityAlternateId: "mote-measures",
		sensorAlternateId: "mote-sensor",
		timestamp: wall,
		measures: [members],
	});
}
