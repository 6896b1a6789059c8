// Bytes on the wire for one measure (a sample of all channels): what the node really sends, as each cloud
// wants it, beside Cumulocity's REST with the same values. MQTT counts the whole PUBLISH (fixed header,
// topic, packet id and payload), HTTP the whole request. TLS, TCP and IP are counted for neither, nor is what
// opens a connection.

import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { MoteNode } from "../../../modules/app/node.js";
import { makeSettings, type Settings } from "../../../modules/app/settings.js";
import type { Cloud } from "../../../modules/cloud/cloud.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { MAX_PACKET_BYTES } from "../../../modules/cloud/cumulocity/lanes.js";
import { Plain } from "../../../modules/cloud/plain/plain.js";
import { SapIot } from "../../../modules/cloud/sap-iot/sap-iot.js";
import { DEFAULT_TABLE as CHANNELS } from "../../../modules/core/default-channels.js";
import { Log } from "../../../modules/core/log.js";
import { lengthBytes } from "../../../modules/mqtt/packet.js";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import type { Piece } from "../../../modules/mqtt/transport.js";
import { FakeBroker } from "../../firmware/app/fake-broker.js";
import { joined } from "../../support/scripted-transport.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { between } from "./table.js";

/** Measures in each row of the table; all rows send the same ones, at the same times. */
export const SAMPLES = 100;
/** Buffer of the broker's socket, bytes. */
const FREE = 4096;

/** One form of sending; all figures but the first three are bytes for one measure. */
export interface WireRow {
	readonly name: string;
	/** Measures that were to travel together, and the messages that this took. */
	readonly batch: number;
	readonly messages: number;
	/** Body or payload alone. */
	readonly body: number;
	/** The whole request or PUBLISH. */
	readonly sent: number;
	/**
	 * What it brings back: PUBACK, with SAP also its ack and our PUBACK for that; in HTTP the response's
	 * headers.
	 */
	readonly back: number;
}

export interface Saving {
	readonly smartRest: string;
	readonly rest: string;
	/**
	 * Whether both make the same measurements in the cloud, in messages of equal reach: 200 makes one a
	 * channel.
	 */
	readonly equivalent: boolean;
	/** Percent of REST's requests that SmartREST's PUBLISHes save; negative if they are longer. */
	readonly ofRequest: number;
	/** The same against REST's bodies alone. */
	readonly ofBody: number;
	/** The same with what comes back, both ways. */
	readonly bothWays: number;
}

export interface WireReport {
	readonly rows: readonly WireRow[];
	readonly savings: readonly Saving[];
	/** Whether the claim of the vendor's documentation, "up to 80 %", holds, in one sentence each. */
	readonly verdict: readonly string[];
	readonly notes: readonly string[];
}

/**
 * The measures: temperatures from -9.99 to 39.99 °C, an LED, a buzzer that is mostly silent, 0 to 200 rpm.
 */
export function samples(): number[][] {
	const random = seeded(20261120);
	return Array.from({ length: SAMPLES }, () => [
		between(random, -999, 3999) / 100,
		between(random, 0, 100),
		random() < 0.8 ? 0 : between(random, 100, 4000),
		between(random, 0, 2000) / 10,
	]);
}

/** A packet of the node and its length on the wire. */
export interface Sent {
	readonly packet: Packet;
	readonly bytes: number;
}

/** Notes what the node writes. */
class Recorder extends FakeBroker {
	/** Packets since the last `take`. */
	#sent: Sent[] = [];
	#written = 0;
	readonly #reader = parser().on("packet", (packet) => {
		const length = packet.length ?? 0;
		this.#sent.push({ packet, bytes: 1 + lengthBytes(length) + length });
	});

	override write(bytes: number, ...pieces: readonly Piece[]): void {
		this.#written += bytes;
		this.#reader.parse(joined(bytes, pieces));
		super.write(bytes, ...pieces);
	}

	/** What was sent since the last call; throws if that is not exactly what was written. */
	take(): Sent[] {
		const sent = this.#sent;
		if (total(sent) !== this.#written) throw new Error(`${this.#written} bytes are not the packets'`);
		this.#sent = [];
		this.#written = 0;
		return sent;
	}
}

function total(sent: readonly Sent[]): number {
	return sent.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What went over the wire, without the opening. */
export interface Recording {
	readonly published: ReadonlyArray<Sent & { readonly packet: IPublishPacket }>;
	/** Bytes that the measures brought back, in either direction. */
	readonly back: number;
	/** Wall time of each measure, ms. */
	readonly times: readonly number[];
}

type Groups = { readonly [G in keyof Settings]?: Partial<Settings[G]> };

/**
 * Runs a real node in virtual time: the socket takes nothing until `batch` measures wait, then everything.
 */
export function record(makeCloud: MakeCloud, groups: Groups, batch: number): Recording {
	const settings = makeSettings(
		{
			broker: { keepAlive: 600 },
			sampling: { intervalMs: 1000 },
			outbox: { measures: SAMPLES + 4 },
			cumulocity: { requiredAvailability: 0 }, // a sign of life is no measure
		},
		groups,
	);
	const time = new VirtualTime();
	const broker = new Recorder(time);
	const cloud = makeCloud(settings);
	const all = samples();
	const times: number[] = [];
	const node = new MoteNode({
		settings,
		cloud,
		board: {
			sample: (values) => {
				Object.assign(values, all[times.length]);
				times.push(time.wall());
			},
			led: () => {},
			buzzer: () => {},
			speed: () => {},
			close: () => {},
		},
		transport: broker,
		clock: time,
		timers: time,
		random: seeded(1),
		store: { get: () => undefined, set: () => {}, delete: () => {} },
		log: new Log(() => {}, "off"),
		boot: 1,
		restart: () => {},
	});
	const topic = Buffer.from(cloud.measures.topic).toString();
	const published: Array<Sent & { packet: IPublishPacket }> = [];
	let back = 0;
	const until = (what: () => boolean) => {
		for (let i = 0; !what(); i++) {
			if (i > 100_000) throw new Error("the node stands still");
			time.advance(5);
		}
	};
	const settle = () => {
		for (const { packet, bytes } of broker.take()) {
			if (packet.cmd === "puback") back += bytes;
			if (packet.cmd !== "publish" || packet.topic !== topic) continue;
			published.push({ packet, bytes });
			back += 4; // the broker's PUBACK, section 3.4
			if (settings.device.cloud === "sap") back += acknowledge(broker, settings, packet);
		}
	};
	// The tenant has the templates already.
	broker.listener = ({ topic }) => {
		if (topic.startsWith("s/ut/")) broker.publish("s/dt", `20,${topic.slice(5)},1`);
	};
	node.start();
	until(() => node.session.state === SessionState.Up && node.outbox.open);
	broker.take();
	for (let target = batch; target <= SAMPLES; target += batch) {
		broker.free = 0;
		until(() => node.health.accepted === target);
		if (target === SAMPLES) node.stopSampling();
		broker.free = FREE;
		node.session.pump();
		for (let i = 0; i < 10; i++) {
			time.advance(10);
			settle();
		}
		if (node.outbox.delivered !== target) throw new Error(`${node.outbox.delivered} of ${target} delivered`);
	}
	node.stop();
	return { published, back, times };
}

/**
 * Lets SAP confirm the message; returns the length of its ack. Our PUBACK for it is counted when it comes.
 */
function acknowledge(broker: FakeBroker, settings: Settings, { payload }: IPublishPacket): number {
	const { measureMessageId: id } = JSON.parse(payload.toString()) as { measureMessageId: string };
	const topic = `ack/${settings.device.id}`;
	const ack = JSON.stringify([{ id, code: 202 }]);
	broker.publish(topic, ack);
	const packet = {
		cmd: "publish",
		topic,
		payload: ack,
		qos: 1,
		messageId: 1,
		dup: false,
		retain: false,
	} as const;
	return generate(packet).length;
}

// REST

const HOST = "t12345678.eu-latest.cumulocity.com";
const SOURCE = "4801234567";
const SERIES = [
	["c8y_Temperature", "T"],
	["mote_Led", "brightness"],
	["mote_Buzzer", "frequency"],
	["mote_Speed", "measured"],
] as const;
/**
 * Basic, of a device user with a password of 32 characters; a JSON Web Token would be several times as long.
 */
export const AUTHORIZATION = `Basic ${Buffer.from(`t12345678/device_mote-0001:${"p".repeat(32)}`).toString("base64")}`;

/** A measure in JSON as short as the same digits allow: `channels` of it in one measurement. */
function measurement(values: readonly number[], ms: number, channels: readonly number[]): string {
	const fragments = channels.map((i) => {
		const [fragment, series] = SERIES[i] as (typeof SERIES)[number];
		const { decimals, unit } = CHANNELS[i] as (typeof CHANNELS)[number];
		return `"${fragment}":{"${series}":{"value":${(values[i] as number).toFixed(decimals)},"unit":"${unit}"}}`;
	});
	const type = channels.length > 1 ? "mote_Sample" : SERIES[channels[0] as number]?.[0];
	const time = new Date(ms).toISOString();
	return `{"source":{"id":"${SOURCE}"},"time":"${time}","type":"${type}",${fragments.join(",")}}`;
}

/** A request and the headers of its response. */
function exchange(body: string, collection: boolean): { request: string; response: string } {
	const type = `application/vnd.com.nsn.cumulocity.measurement${collection ? "collection" : ""}+json`;
	return {
		request:
			`POST /measurement/measurements HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: ${AUTHORIZATION}\r\n` +
			`Content-Type: ${collection ? type : "application/json"}\r\nAccept: application/json\r\n` +
			`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
		response:
			"HTTP/1.1 201 Created\r\nDate: Fri, 20 Nov 2026 09:15:31 GMT\r\n" +
			`Content-Type: ${type};charset=UTF-8;ver=0.9\r\nContent-Length: 512\r\n` +
			`Location: https://${HOST}/measurement/measurements/9012345678\r\n\r\n`,
	};
}

function rest(name: string, batch: number, times: readonly number[], split = false): WireRow {
	const all = samples();
	const channels = CHANNELS.map((_, i) => i);
	const bodies: string[] = [];
	for (let from = 0; from < SAMPLES; from += batch) {
		const each = all.slice(from, from + batch).flatMap((values, i) => {
			const ms = times[from + i] as number;
			return split
				? channels.map((channel) => measurement(values, ms, [channel]))
				: [measurement(values, ms, channels)];
		});
		if (batch > 1) bodies.push(`{"measurements":[${each.join(",")}]}`);
		else bodies.push(...each);
	}
	let body = 0;
	let sent = 0;
	let back = 0;
	for (const text of bodies) {
		const { request, response } = exchange(text, batch > 1);
		body += Buffer.byteLength(text);
		sent += Buffer.byteLength(request);
		back += Buffer.byteLength(response);
	}
	return row(name, batch, bodies.length, body, sent, back);
}

function row(
	name: string,
	batch: number,
	messages: number,
	body: number,
	sent: number,
	back: number,
): WireRow {
	return { name, batch, messages, body: body / SAMPLES, sent: sent / SAMPLES, back: back / SAMPLES };
}

function mqtt(name: string, batch: number, makeCloud: MakeCloud, groups: Groups): WireRow {
	const { published, back } = record(makeCloud, groups, batch);
	const body = published.reduce((sum, { packet }) => sum + packet.payload.length, 0);
	return row(name, batch, published.length, body, total(published), back);
}

type MakeCloud = (settings: Settings) => Cloud;
export const cumulocity: MakeCloud = (settings) => new Cumulocity(settings, "0.1.0");
export const sap: MakeCloud = (settings) => new SapIot(settings, 1);
export const plain: MakeCloud = (settings) => new Plain(settings);

function saving(smartRest: WireRow, other: WireRow, equivalent: boolean): Saving {
	const percent = (ours: number, theirs: number) => 100 * (1 - ours / theirs);
	return {
		smartRest: smartRest.name,
		rest: other.name,
		equivalent,
		ofRequest: percent(smartRest.sent, other.sent),
		ofBody: percent(smartRest.sent, other.body),
		bothWays: percent(smartRest.sent + smartRest.back, other.sent + other.back),
	};
}

/** Runs every form; the figures are the same each time. */
export function wireBytes(): WireReport {
	const { times } = record(cumulocity, {}, 1);
	const multiple = { cumulocity: { multiple: true } };
	const smart = [1, 10, 100].flatMap((batch) => [
		mqtt(`SmartREST 200, by ${batch}`, batch, cumulocity, {}),
		mqtt(`SmartREST 201, by ${batch}`, batch, cumulocity, multiple),
	]);
	const dated = (arrays: boolean) => ({
		device: { cloud: "sap" as const },
		sap: { arrays, dateProperty: "time" },
	});
	const undated = (arrays: boolean) => ({ device: { cloud: "sap" as const }, sap: { arrays } });
	const own = (ownTemplates: "named" | "default") => ({ cumulocity: { ownTemplates } });
	const others = [
		...[1, 10, 100].flatMap((batch) => [
			mqtt(`SmartREST by own templates, by ${batch}`, batch, cumulocity, own("named")),
			mqtt(`SmartREST by own default templates, by ${batch}`, batch, cumulocity, own("default")),
		]),
		mqtt("SAP objects, by 1", 1, sap, undated(false)),
		mqtt("SAP arrays, by 1", 1, sap, undated(true)),
		...[10, 100].flatMap((batch) => [
			mqtt(`SAP objects with date, by ${batch}`, batch, sap, dated(false)),
			mqtt(`SAP arrays with date, by ${batch}`, batch, sap, dated(true)),
		]),
		mqtt("plain JSON, by 1", 1, plain, { device: { cloud: "plain" } }),
	];
	const joined = [1, 10, 100].map((batch) => rest(`REST joined, by ${batch}`, batch, times));
	const apart = [1, 10, 100].map((batch) => rest(`REST apart, by ${batch}`, batch, times, true));
	const savings = smart.flatMap((form, i) => {
		const [one, same, alike] = [joined[0], joined[i >> 1], apart[i >> 1]] as [WireRow, WireRow, WireRow];
		const multiple = i % 2 === 1;
		return [
			...(multiple ? [] : [saving(form, alike, true)]),
			saving(form, same, multiple),
			...(same === one ? [] : [saving(form, one, false)]),
		];
	});
	return {
		rows: [...smart, ...others, ...apart, ...joined],
		savings,
		verdict: verdict(savings),
		notes: NOTES,
	};
}

/** Is it "up to 80 %"? */
function verdict(savings: readonly Saving[]): string[] {
	return (["ofRequest", "ofBody", "bothWays"] as const).map((against) => {
		const percents = savings.map((each) => each[against]);
		const best = savings[percents.indexOf(Math.max(...percents))] as Saving;
		const reached = savings.filter((each) => each[against] >= 80).length;
		const range = `${Math.min(...percents).toFixed(1)} to ${best[against].toFixed(1)} %`;
		return (
			`${against}: ${range}, most with ${best.smartRest} against ${best.rest}; ` +
			`80 % are ${reached === 0 ? "never reached" : `reached in ${reached} of ${savings.length} comparisons`}`
		);
	});
}

const NOTES: readonly string[] = Object.freeze([
	`A measure is a sample of ${CHANNELS.length} channels; every row sends the same ${SAMPLES}. Without TLS, TCP and IP.`,
	`Cumulocity takes packets of up to ${MAX_PACKET_BYTES} bytes: 100 samples as 200 need two, as 201 one.`,
	"REST apart: a measurement per channel, as 200 makes them; joined: one for all channels, as 201 does. By 10 and 100: collections in one POST.",
	"The node sends at most 50 SAP samples a message, and several only with a date property; plain JSON goes singly.",
	`REST: HTTP/1.1 on an open connection, Authorization of ${AUTHORIZATION.length} characters (Basic); the response's body, which Accept asks for, is not counted.`,
]);
