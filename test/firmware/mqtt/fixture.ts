// A session with an outbox of two lanes over a scripted transport, in virtual time; and the broker's side of
// it.

import assert from "node:assert/strict";
import { type Packet, parser as referenceParser } from "mqtt-packet";
import { digitView } from "../../../modules/core/bytes.js";
import type { ConnectOptions } from "../../../modules/mqtt/encode.js";
import { FRAME_HEAD, FrameOutput } from "../../../modules/mqtt/frame-output.js";
import type { PayloadSink } from "../../../modules/mqtt/inbound.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import type { Masking } from "../../../modules/mqtt/masking.js";
import { ENDS_BYTES, Output } from "../../../modules/mqtt/output.js";
import type { InboundMessage } from "../../../modules/mqtt/parser.js";
import { publishHeader, publishHeaderBytes } from "../../../modules/mqtt/publish-header.js";
import { Session } from "../../../modules/mqtt/session.js";
import type { SessionHandler } from "../../../modules/mqtt/session-parts.js";
import { WebSocketTransport } from "../../../modules/mqtt/web-socket.js";
import type { Lane, Route } from "../../../modules/outbox/lane.js";
import { Outbox } from "../../../modules/outbox/outbox.js";
import type { OutboxHandler } from "../../../modules/outbox/outbox-handler.js";
import { RecordWriter } from "../../../modules/outbox/record-writer.js";
import { RecordKind, Ring, ringBytes, setRoute } from "../../../modules/outbox/ring.js";
import { RoutedOutbox } from "../../../modules/outbox/routed-outbox.js";
import { IsoStamp } from "../../../modules/outbox/stamp.js";
import { ScriptedTransport } from "../../support/scripted-transport.js";
import { VirtualTime } from "../../support/virtual-time.js";

const ADDRESS = { host: "h.example", port: 443, path: "/mqtt", tls: true };

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

export interface LaneOptions {
	topic?: string;
	qos?: 0 | 1 | 2;
	slots?: number;
	payloadBytes?: number;
	stamps?: number;
	maxRecords?: number;
	maxBytes?: number;
	prefix?: string;
	separator?: string;
	suffix?: string;
	/** Offset in the prefix. */
	numberAt?: number;
	confirmMs?: number;
	maxHeld?: number;
	/** Routes beside its own; the suffix is the same for all. */
	others?: ReadonlyArray<{ readonly topic: string; readonly prefix: string }>;
}

export interface FixtureOptions {
	measures?: LaneOptions;
	events?: LaneOptions;
	connect?: Partial<ConnectOptions>;
	random?: () => number;
	lastPacketId?: number;
	time?: VirtualTime;
	capacity?: number;
	/** Over WebSocket, with these masks. */
	masking?: Masking;
}

/** What the node would be: keeps a list of what it hears. */
export class Fixture implements SessionHandler, OutboxHandler {
	readonly time: VirtualTime;
	readonly transport = new ScriptedTransport();
	readonly measures: Lane;
	readonly events: Lane;
	readonly outbox: Outbox;
	readonly session: Session;
	readonly writer: RecordWriter;
	/** All that the handlers heard, as short texts. */
	log: string[] = [];
	retries: number[] = [];
	/** What a test wants to happen in a handler. */
	onMessage: (topic: string, payload: string) => void = () => {};
	onOpened: () => void = () => {};
	onStream: (message: InboundMessage) => PayloadSink | undefined = () => undefined;
	onClosed: () => void = () => {};
	/** What `sessionOpened` was told last. */
	sure = false;
	/** Calls of `drained`. */
	drains = 0;
	/** What a test wants to hear of PUBREC. */
	received?: (packetId: number) => void;
	/** Ids that `idTaken` was told. */
	ids: number[] = [];
	/** Whether `sessionOpened` opens the lanes. */
	autoOpen = true;
	readonly persists: boolean;

	constructor(options: FixtureOptions = {}) {
		this.time = options.time ?? new VirtualTime();
		this.persists = options.connect?.cleanSession === false;
		if (options.capacity !== undefined) this.transport.capacity = options.capacity;
		const shapes = [
			{ topic: "m", ...options.measures },
			{ topic: "e", ...options.events },
		];
		const sizes = shapes.map((s) => ringBytes(s.slots ?? 40, s.payloadBytes ?? 64, s.stamps ?? 1));
		const constants = shapes.map((s) => utf8((s.prefix ?? "") + (s.separator ?? "") + (s.suffix ?? "")));
		let at = (sizes[0] as number) + (sizes[1] as number);
		const { masking } = options;
		const head = masking ? FRAME_HEAD : 0;
		const constantsEnd = at + (constants[0] as Uint8Array).length + (constants[1] as Uint8Array).length;
		const base = head + ((constantsEnd + 7) & ~7);
		const headers = shapes.map((s) => publishHeaderBytes(utf8(s.topic)));
		let headerAt = base + Limits.outputBytes + ENDS_BYTES;
		let routeAt = headers.reduce((sum, size) => sum + size, headerAt);
		const others = shapes.flatMap((s) => s.others ?? []);
		const bytes = new Uint8Array(
			others.reduce((sum, s) => sum + s.prefix.length + s.topic.length + 7, routeAt),
		);
		const lanes = shapes.map((s, i): Lane => {
			const ringAt = i === 0 ? 0 : (sizes[0] as number);
			bytes.set(constants[i] as Uint8Array, at);
			const prefixAt = at;
			const { prefix = "", separator = "", suffix = "" } = s;
			const separatorAt = prefixAt + prefix.length;
			const suffixAt = separatorAt + separator.length;
			at += (constants[i] as Uint8Array).length;
			const header = publishHeader(bytes, digitView(bytes), headerAt, utf8(s.topic), s.qos ?? 1);
			headerAt += headers[i] as number;
			const lane: Lane = {
				header,
				ring: new Ring({
					bytes,
					at: ringAt,
					slots: s.slots ?? 40,
					payloadBytes: s.payloadBytes ?? 64,
					stamps: s.stamps ?? 1,
				}),
				topic: utf8(s.topic),
				length: 0,
				retain: false,
				qos: s.qos ?? 1,
				maxRecords: s.maxRecords ?? 1,
				maxBytes: s.maxBytes ?? 10_000,
				bare: prefix.length + suffix.length === 0 && !s.confirmMs,
				frameBytes: prefix.length + suffix.length,
				prefixBytes: prefix.length,
				separatorBytes: separator.length,
				suffixBytes: suffix.length,
				prefixAt,
				separatorAt,
				suffixAt,
				numberAt: s.numberAt === undefined ? -1 : prefixAt + s.numberAt,
				confirmMs: s.confirmMs ?? 0,
				maxHeld: s.maxHeld ?? 8,
			};
			if (!s.others) return lane;
			const routes: Route[] = [{ ...lane, signBytes: 0 }];
			for (const { topic, prefix } of s.others) {
				bytes.set(utf8(prefix), routeAt);
				const behind = routeAt + prefix.length;
				routes.push({
					topic: utf8(topic),
					header: publishHeader(bytes, digitView(bytes), behind, utf8(topic), s.qos ?? 1),
					frameBytes: prefix.length + suffix.length,
					prefixBytes: prefix.length,
					prefixAt: routeAt,
					numberAt: s.numberAt === undefined ? -1 : routeAt + s.numberAt,
					signBytes: 0,
				});
				routeAt = behind + publishHeaderBytes(utf8(topic));
			}
			return Object.assign(lane, { routes });
		});
		this.measures = lanes[0] as Lane;
		this.events = lanes[1] as Lane;
		const stamp = new IsoStamp();
		this.writer = new RecordWriter(bytes, digitView(bytes), stamp, this.time, 1);
		const Kind = this.measures.routes ? RoutedOutbox : Outbox;
		this.outbox = new Kind([this.events, this.measures], stamp, this.time, 1, this);
		this.session = new Session({
			transport: masking
				? new WebSocketTransport(this.transport, ADDRESS, masking, this.time)
				: this.transport,
			clock: this.time,
			timers: this.time,
			random: options.random ?? (() => 0.5),
			output: masking
				? new FrameOutput(bytes, base, Limits.outputBytes, digitView(bytes), masking)
				: new Output(bytes, base, Limits.outputBytes),
			connect: { clientId: utf8("node"), cleanSession: true, keepAlive: 60, ...options.connect },
			source: this.outbox,
			handler: this,
			...(options.lastPacketId === undefined ? {} : { lastPacketId: options.lastPacketId }),
		});
	}

	/** From the start to CONNACK 0; forgets the CONNECT that was written. */
	up(connack: readonly number[] = [0x20, 2, 0, 0]): this {
		if (this.session.state === 0) this.session.start();
		this.transport.connect();
		assert.equal(this.sent()[0]?.cmd, "connect");
		this.transport.deliver(connack);
		return this;
	}

	/** Up, after the time at which the session counts as good. */
	reconnect(): this {
		this.transport.fail();
		return this.again();
	}

	/** The next attempt, up to CONNACK 0. */
	again(): this {
		while (!this.transport.active) this.time.advance(this.time.untilNext);
		return this.up();
	}

	/**
	 * Commits a record; `stamp` puts a time stamp behind the text. Returns its slot, or -1 if it was refused.
	 */
	add(
		lane: Lane,
		text: string,
		options: { stamp?: boolean; kind?: number; evict?: boolean; route?: number } = {},
	): number {
		const slot = lane.ring.reserve(options.kind ?? RecordKind.Measure, options.evict ?? true);
		if (slot < 0) return -1;
		if (options.route !== undefined) setRoute(lane.ring, slot, options.route);
		this.writer.begin(lane.ring, slot, this.time.monotonic());
		this.writer.put(utf8(text));
		if (options.stamp) this.writer.stamp();
		assert.equal(this.writer.overflow, false);
		lane.ring.commit(slot, this.writer.length);
		return slot;
	}

	/** Adds and sends. */
	publish(lane: Lane, ...texts: string[]): void {
		for (const text of texts) this.add(lane, text);
		this.session.pump();
	}

	/** The packets written since the last call, as the broker reads them. */
	sent(): Packet[] {
		return read(this.transport.take());
	}

	/** The payloads of the PUBLISH packets among them. */
	payloads(): string[] {
		return this.sent().flatMap((packet) => (packet.cmd === "publish" ? [packet.payload.toString()] : []));
	}

	/** Acknowledges. */
	puback(...ids: number[]): void {
		for (const id of ids) this.transport.deliver([0x40, 2, id >> 8, id & 255]);
	}

	/** What was heard since the last call. */
	heard(): string[] {
		const log = this.log;
		this.log = [];
		return log;
	}

	payload(lane: Lane, slot: number): string {
		const at = lane.ring.payloadAt(slot);
		return latin(lane.ring.bytes.subarray(at, at + (lane.ring.lengths[slot] as number)));
	}

	// SessionHandler

	sessionOpened(sessionPresent: boolean, sure: boolean): void {
		this.log.push(`opened ${sessionPresent}`);
		this.sure = sure;
		this.outbox.open = this.autoOpen;
		this.onOpened();
	}
	sessionClosed(code: string, detail: string, retryMs: number): void {
		this.log.push(detail === "" ? `closed ${code}` : `closed ${code} (${detail})`);
		this.retries.push(retryMs);
		this.outbox.open = false;
		this.onClosed();
	}
	message(m: InboundMessage): void {
		const topic = latin(m.bytes.subarray(m.topicStart, m.topicEnd));
		const payload = latin(m.bytes.subarray(m.payloadStart, m.payloadEnd));
		this.log.push(`message ${topic} ${payload}`.trimEnd());
		this.onMessage(topic, payload);
	}
	acknowledged(packetId: number): void {
		this.outbox.acknowledged(packetId);
	}
	stream(message: InboundMessage): PayloadSink | undefined {
		return this.onStream(message);
	}
	unsubscribed(packetId: number): void {
		this.log.push(`unsubscribed ${packetId}`);
	}
	skipped(message: InboundMessage): void {
		this.log.push(`skipped ${message.payloadBytes}`);
	}
	drained(): void {
		this.drains++;
		this.outbox.drained();
	}
	subscribed(packetId: number, code: number): void {
		this.log.push(`subscribed ${packetId} ${code}`);
	}

	// OutboxHandler

	delivered(lane: Lane, slot: number): void {
		this.log.push(`delivered ${this.payload(lane, slot)}`);
	}
	unconfirmed(lane: Lane, slot: number): void {
		this.log.push(`unconfirmed ${this.payload(lane, slot)}`);
	}
	quarantined(lane: Lane, slot: number): void {
		this.log.push(`quarantined ${this.payload(lane, slot)}`);
	}
	sending(): void {}
	idTaken(packetId: number): void {
		this.ids.push(packetId);
	}
	directDelivered(): void {
		this.log.push("direct delivered");
	}
}

/** The packets in some bytes; fails on half a packet. */
export function read(bytes: Uint8Array): Packet[] {
	const packets: Packet[] = [];
	const parser = referenceParser({ protocolVersion: 4 });
	parser.on("packet", (packet) => packets.push(packet));
	parser.on("error", (error) => assert.fail(error));
	assert.equal(parser.parse(Buffer.from(bytes)), 0, "half a packet");
	return packets;
}

/** PUBLISH from the broker. */
export function inbound(topic: string, payload: string, qos = 0, id = 0, dup = false): number[] {
	const body = [0, topic.length, ...utf8(topic), ...(qos > 0 ? [id >> 8, id & 255] : []), ...utf8(payload)];
	const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
	return [0x30 | (dup ? 8 : 0) | (qos << 1), ...length, ...body];
}
