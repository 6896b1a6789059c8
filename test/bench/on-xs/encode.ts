// Runs on XS: one way of making PUBLISH packets of measures, many times. What to do comes as `config.bench`.

import config from "mc/config";
import { makeSettings } from "../../../modules/app/settings.js";
import type { Cloud } from "../../../modules/cloud/cloud.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { Plain } from "../../../modules/cloud/plain/plain.js";
import { SapIot } from "../../../modules/cloud/sap-iot/sap-iot.js";
import { CHANNELS, type Channel } from "../../../modules/core/channels.js";
import { RecordWriter } from "../../../modules/core/record-writer.js";
import { RecordKind, Ring } from "../../../modules/core/ring.js";
import { publishHeaderLength, writePublishHeader } from "../../../modules/mqtt/encode.js";
import type { Lane } from "../../../modules/mqtt/lane.js";
import { Outbox } from "../../../modules/mqtt/outbox.js";
import { Publication } from "../../../modules/mqtt/publish-source.js";

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
const SERIES = Object.freeze([
	"c8y_Temperature,T",
	"mote_Led,brightness",
	"mote_Buzzer,frequency",
	"mote_Speed,measured",
]);

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
function makeValues(): Float64Array[] {
	let state = 12345;
	const random = () => {
		state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
		return state / 0x7fffffff;
	};
	const samples: Float64Array[] = [];
	for (let n = 0; n < SAMPLES; n++) {
		const sample = new Float64Array(CHANNELS.length);
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

	run(samples: readonly Float64Array[]): void {
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
		return { monotonic: () => this.#now, wall: () => EPOCH + this.#now, trusted: () => true };
	}

	/** Our encoder: a record, and the packet around it. */
	#encode(samples: readonly Float64Array[]): void {
		const { count, show } = this.#bench;
		const { measures, stamp } = this.#cloud;
		const at = Ring.bytesFor(2, measures.recordBytes, measures.stamps);
		const bytes = new Uint8Array(at + PACKET_BYTES + measures.recordBytes);
		const ring = new Ring({
			bytes,
			at: 0,
			slots: 2,
			payloadBytes: measures.recordBytes,
			stamps: measures.stamps,
		});
		const writer = new RecordWriter(bytes, stamp, this.#clock(), 1);
		writer.useTemplate(at + PACKET_BYTES, measures.recordBytes, this.#cloud.template?.() ?? []);
		const slot = ring.reserve(RecordKind.Measure, false);
		for (let n = 0; n < count; n++) {
			this.#now += 1000;
			const sample = samples[n % SAMPLES] as Float64Array;
			writer.begin(ring, slot, this.#now);
			if (!writer.fromTemplate(sample)) this.#cloud.encode(writer, sample);
			const from = ring.payloadAt(slot);
			const { length } = writer;
			const end = writePublishHeader(bytes, at, measures.topic, 1, false, false, (n % 65535) + 1, length);
			bytes.copyWithin(end, from, from + length);
			if (n < show) host.send(PACKET, bytes.slice(at, end + length));
		}
	}

	/** The node's whole way: ring, outbox, packet, PUBACK, release. */
	#whole(samples: readonly Float64Array[]): void {
		const { count, fill, show } = this.#bench;
		const { measures, stamp } = this.#cloud;
		const slots = fill + 4;
		const at = Ring.bytesFor(slots, measures.recordBytes, measures.stamps);
		const bytes = new Uint8Array(at + PACKET_BYTES + measures.recordBytes);
		const ring = new Ring({
			bytes,
			at: 0,
			slots,
			payloadBytes: measures.recordBytes,
			stamps: measures.stamps,
		});
		const clock = this.#clock();
		const writer = new RecordWriter(bytes, stamp, clock, 1);
		writer.useTemplate(at + PACKET_BYTES, measures.recordBytes, this.#cloud.template?.() ?? []);
		const nothing = {
			prefixStart: 0,
			prefixEnd: 0,
			separatorStart: 0,
			separatorEnd: 0,
			suffixStart: 0,
			suffixEnd: 0,
		};
		const lane: Lane = {
			...measures,
			...nothing,
			ring,
			maxRecords: 1,
			numberAt: -1,
			confirmMs: 0,
			maxHeld: 8,
		};
		const outbox = new Outbox([lane], stamp, clock, 1, {
			delivered() {},
			unconfirmed() {},
			sending() {},
			directDelivered() {},
		});
		outbox.open = true;
		const publication = new Publication();
		const sample = (n: number) => {
			this.#now += 1000;
			const slot = ring.reserve(RecordKind.Measure, true);
			const values = samples[n % SAMPLES] as Float64Array;
			writer.begin(ring, slot, this.#now);
			if (!writer.fromTemplate(values)) this.#cloud.encode(writer, values);
			ring.commit(slot, writer.length);
		};
		for (let n = 0; n < fill; n++) sample(n);
		for (let n = 0; n < count; n++) {
			sample(n);
			if (!outbox.next(publication, true)) throw new Error("nothing to send");
			const { topic, length } = publication;
			const id = (n % 65535) + 1;
			const end = writePublishHeader(bytes, at, topic, 1, false, false, id, length);
			outbox.started(id);
			outbox.copy(bytes, end, length);
			outbox.acknowledged(id);
			if (n < show) host.send(PACKET, bytes.slice(at, end + length));
		}
	}

	/** What is usually written: a text, then bytes, then a packet of them. */
	#strings(samples: readonly Float64Array[]): void {
		const { way, cloud, count, show } = this.#bench;
		const make = way === "stringify" ? stringify : concat;
		for (let n = 0; n < count; n++) {
			this.#now += 1000;
			const sample = samples[n % SAMPLES] as Float64Array;
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

function concat(cloud: string, values: Float64Array, wall: number): string {
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
		const { name, decimals } = CHANNELS[i] as Channel;
		members += `${i > 0 ? "," : ""}"${name}":${(values[i] as number).toFixed(decimals)}`;
	}
	if (cloud === "plain") return `{"time":"${new Date(wall).toISOString()}",${members}}`;
	return `{"capabilityAlternateId":"mote-measures","sensorAlternateId":"mote-sensor","timestamp":${wall},"measures":[{${members}}]}`;
}

function stringify(cloud: string, values: Float64Array, wall: number): string {
	const members: Record<string, number> = {};
	for (let i = 0; i < values.length; i++) {
		const { name, decimals } = CHANNELS[i] as Channel;
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
