// What the tests of the clouds share: a host that writes down what a cloud asks of it, and samples as bytes.

import { makeSettings, type Settings } from "../../../modules/app/settings.js";
import type { Cloud, CloudHost, Commands, OpeningStep, Portion } from "../../../modules/cloud/cloud.js";
import { utf8 } from "../../../modules/cloud/text.js";
import { mark, marked, type Store } from "../../../modules/core/store.js";
import { InboundMessage } from "../../../modules/mqtt/parser.js";
import type { LaneShape } from "../../../modules/outbox/lane.js";
import { RecordWriter } from "../../../modules/outbox/record-writer.js";
import { RecordKind, Ring, ringBytes } from "../../../modules/outbox/ring.js";
import { VirtualTime } from "../../support/virtual-time.js";

/** What EPOCH of the virtual time reads as. */
export const NOW = "2026-11-20T09:15:30.000Z";

const decoder = new TextDecoder("utf-8", { fatal: true });
export const text = (bytes: Uint8Array): string => decoder.decode(bytes);

type Groups = { readonly [G in keyof Settings]?: Partial<Settings[G]> };
export const settingsWith = (groups: Groups = {}): Settings =>
	makeSettings({ device: { id: "sn-1", name: "Mote" } }, groups);

/** One record of a lane, written by `write`. */
function record<T>(cloud: Cloud, lane: LaneShape, write: (writer: RecordWriter) => T) {
	const bytes = new Uint8Array(ringBytes(2, lane.recordBytes, lane.stamps));
	const ring = new Ring({ bytes, at: 0, slots: 2, payloadBytes: lane.recordBytes, stamps: lane.stamps });
	const writer = new RecordWriter(bytes, ring.view, cloud.stamp, new VirtualTime(), 1);
	const slot = ring.reserve(RecordKind.Measure, false);
	writer.begin(ring, slot, 0);
	const result = write(writer);
	const at = ring.payloadAt(slot);
	return { result, overflow: writer.overflow, text: text(bytes.slice(at, at + writer.length)) };
}

/** A portion of a sample as the cloud encodes it; `values` are those of its own channels. */
export function encodePortion(cloud: Cloud, portion: Portion, values: readonly number[]) {
	return record(cloud, cloud.measures, (writer) => portion.encoder.encode(writer, [...values])).text;
}

/** A sample as the cloud encodes it. */
export function encode(cloud: Cloud, values: readonly number[]) {
	const { result, ...rest } = record(cloud, cloud.measures, (writer) => cloud.encode(writer, [...values]));
	return { ...rest, written: result };
}

export interface Queued {
	readonly kind: number;
	readonly tag: number;
	readonly text: string;
	readonly route: number;
}

export class FakeHost implements CloudHost {
	/** Free places; each `queue` takes one. */
	room = 100;
	/** Refuses everything although there is room. */
	full = false;
	/** What `commands.run` and `carryOut` answer. */
	reason = "";
	restarts = 0;
	restarting = false;
	/** Monotonic ms. */
	time = 0;
	queued: Queued[] = [];
	readonly carriedOut: string[] = [];
	readonly confirms: unknown[][] = [];
	readonly problems: string[] = [];
	readonly debugs: string[] = [];
	readonly marks = new Map<string, number>();
	readonly store = this.marks as Store;
	readonly #cloud: Cloud;

	constructor(cloud: Cloud) {
		this.#cloud = cloud;
		cloud.attach(this);
	}

	now(): number {
		return this.time;
	}
	signal = 0;
	failedBoots = 0;
	reported = "";
	report(): string {
		return this.reported;
	}

	queue(kind: number, tag: number, write: (record: RecordWriter) => void, route = 0): boolean {
		if (this.room === 0 || this.full) return false;
		const written = record(this.#cloud, this.#cloud.events, write);
		if (written.overflow) return false;
		this.room--;
		this.queued.push({ kind, tag, text: written.text, route });
		return true;
	}
	get delivery(): this {
		return this;
	}
	get messages(): this {
		return this;
	}
	readonly plans: string[] = [];
	/** What `commands.plan` answers. */
	refusal = "";
	#planned = "";
	readonly commands: Commands = {
		run: (bytes, start, end) => {
			this.carriedOut.push(Buffer.from(bytes.slice(start, end)).toString());
			return this.reason;
		},
		plan: (bytes, start, end) => {
			this.#planned = Buffer.from(bytes.slice(start, end)).toString();
			return this.refusal;
		},
		keep: (place) => {
			this.plans[place] = this.#planned;
		},
		carryOut: (place) => {
			this.carriedOut.push(this.plans[place] as string);
			return this.reason;
		},
	};
	confirm(number: number, accepted: boolean, code: number, reason: string, route = -1): void {
		// Without several sensors there is no route.
		this.confirms.push([number, accepted, code, reason, ...(route >= 0 ? [route] : [])]);
	}
	reconnects = 0;
	reconnect(): void {
		this.reconnects++;
	}
	readonly lights: boolean[] = [];
	light(on: boolean): void {
		this.lights.push(on);
	}
	samples = 0;
	sampleNow(): void {
		this.samples++;
	}
	readonly sent: string[] = [];
	/** What `publish` answers. */
	publishes = true;
	publish(topic: Uint8Array, payload: Uint8Array): boolean {
		if (this.publishes) this.sent.push(`${text(topic)} ${text(payload)}`);
		return this.publishes;
	}
	wentOn = 0;
	goOn(): void {
		this.wentOn++;
	}
	readonly waits: string[] = [];
	waiting(what: string): void {
		this.waits.push(what);
	}
	restart(): void {
		this.restarts++;
	}
	malformed(what: string): void {
		this.problems.push(what);
	}
	mark(key: string, value: number): void {
		mark(this.store, key, value);
	}
	marked(key: string): number {
		return marked(this.store, key);
	}
	measuresDelivered = 0;
	lastRestored = 0;
	debug(line: string): void {
		this.debugs.push(line);
	}

	/** Lets the cloud receive a message; it lies inside a larger buffer. */
	receive(topic: string, payload: string | Uint8Array, retain = false): void {
		const message = inbound(topic, payload);
		message.retain = retain;
		this.#cloud.message(message);
	}

	/** A message arrives that is too large to be kept but for its beginning. */
	skip(topic: string, head: string): void {
		this.#cloud.skipped(inbound(topic, head));
	}

	tick(): void {
		this.#cloud.tick();
	}

	/**
	 * The broker acknowledges the first `count` messages that are queued; or all, and the answers that follow
	 * from that. Returns them.
	 */
	deliver(count?: number): string[] {
		const sent = this.queued.splice(0, count ?? this.queued.length);
		for (const { tag } of sent) {
			this.room++;
			this.#cloud.eventDelivered(tag);
		}
		this.#cloud.proceed?.();
		// Those of a child or a sensor with its place in front.
		const texts = sent.map(({ text, route }) => (route > 0 ? `${route}: ${text}` : text));
		if (count !== undefined || texts.length === 0) return texts;
		const answers = this.queued.filter((message) => message.text !== "500\n").length;
		return answers > 0 ? [...texts, ...this.deliver(this.queued.length)] : texts;
	}
}

function inbound(topic: string, payload: string | Uint8Array): InboundMessage {
	const name = utf8(topic);
	const body = typeof payload === "string" ? utf8(payload) : payload;
	const message = new InboundMessage();
	message.bytes = new Uint8Array(name.length + body.length + 20).fill(59);
	message.bytes.set(name, 4);
	message.bytes.set(body, 6 + name.length);
	message.topicStart = 4;
	message.topicEnd = 4 + name.length;
	message.payloadStart = 6 + name.length;
	message.payloadEnd = message.payloadStart + body.length;
	message.payloadBytes = body.length;
	return message;
}

/** All steps of the opening, as short texts; every step is acknowledged. */
export function opening(cloud: Cloud): string[] {
	const lines: string[] = [];
	for (let i = 0; ; i++) {
		const step: OpeningStep | undefined = cloud.opening(i);
		if (step === undefined) return lines;
		const { kind, topic, payload, qos, retain, done } = step;
		lines.push(
			`${kind} ${text(topic)} ${qos}${retain ? " retained" : ""}${payload.length ? `: ${text(payload)}` : ""}`,
		);
		done?.();
	}
}
