// Any MQTT broker: a sample is a JSON object, or its bare values, on a topic of the user's choice; commands
// are texts, and so may be part of their topic; results are JSON, or a word. Delivered means: PUBACK, at QoS
// 2 PUBCOMP, at QoS 0 out of the socket. "online" and, as the will, "offline" are retained.

import { ascii } from "../../core/bytes.js";
import type { Channel, Sample } from "../../core/channels.js";
import { MAX_DECIMAL_BYTES } from "../../core/decimal.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { cutUtf8, isUtf8 } from "../../core/utf8.js";
import type { ConnectOptions } from "../../mqtt/encode.js";
import type { InboundMessage } from "../../mqtt/parser.js";
import { topicFilter, topicMatches, topicName, unshared, withId } from "../../mqtt/topic.js";
import type { LaneShape } from "../../outbox/lane.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../outbox/record-template.js";
import { escapedLength, type RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import { IsoStamp } from "../../outbox/stamp.js";
import type { Cloud, CloudHost, OpeningStep } from "../cloud.js";
import { connectOptions } from "../connect.js";
import { jsonBytes, jsonString, utf8 } from "../text.js";
import type { PlainSettings } from "./settings.js";

const NOTHING = ascii("");
const TIME = ascii('{"time":"');
const COMMAND = ascii('","command":"');
const SUCCESSFUL = ascii('","status":"SUCCESSFUL","reason":"');
const FAILED = ascii('","status":"FAILED","reason":"');
const END = ascii('"}');
const RESULT_BYTES = TIME.length + ISO_TIME_BYTES + COMMAND.length + SUCCESSFUL.length + END.length;
const RAW_SUCCESSFUL = ascii("SUCCESSFUL");
const RAW_FAILED = ascii("FAILED: ");
const COMMA = ascii(",");
const SLASH = 47;
const BLANK = 32;
/** Longest command with the words of its topic, bytes; more than the longest that is accepted. */
const TEXT_BYTES = 1024;
const QUESTION_MARK = 63;
/** Longest command that is repeated in its result, bytes. */
const MAX_ECHO = 120;

/** A broker that lets nobody command may still take measures. */
const REFUSED = Object.freeze({ pauseMs: 5000, tries: 1, finally: "continue" } as const);

export class Plain implements Cloud {
	readonly connect: ConnectOptions;
	readonly stamp = new IsoStamp();
	readonly measures: LaneShape;
	readonly events: LaneShape;
	private readonly channels: readonly Channel[];
	private readonly names: readonly Uint8Array[];
	/** What is subscribed to, and what the topics of commands match. */
	private readonly filter: Uint8Array;
	private readonly commands: Uint8Array;
	/** Where in a command's topic its words begin: what a wildcard at the end stands for. -1: nowhere. */
	private readonly wordsAtLevel: number;
	private readonly status: Uint8Array;
	private readonly raw: boolean;
	private readonly settings: PlainSettings["plain"];
	private readonly id: string;
	/** A command with the words of its topic. */
	private readonly text = new Uint8Array(TEXT_BYTES);
	private host: CloudHost | undefined;
	/** The result that is being written: the command's bytes, how it ended, and why. */
	private bytes: Uint8Array = NOTHING;
	private from = 0;
	private to = 0;
	private outcome: Uint8Array = NOTHING;
	private reason: Uint8Array = NOTHING;
	private readonly putResult = (record: RecordWriter) => {
		if (this.raw) {
			record.put(this.outcome);
			record.put(this.reason);
			return;
		}
		record.put(TIME);
		record.stamp();
		record.put(COMMAND);
		if (isUtf8(this.bytes, this.from, this.to)) record.escaped(this.bytes, this.from, this.to);
		else record.byte(QUESTION_MARK);
		record.put(this.outcome);
		record.put(this.reason);
		record.put(END);
	};

	constructor(settings: PlainSettings) {
		const { device, plain, sampling, channels } = settings;
		this.channels = channels;
		const topic = (pattern: string) => topicName(withId(pattern, device.id));
		this.status = topic(plain.status);
		const filter = withId(plain.commands, device.id);
		this.filter = topicFilter(filter);
		const commands = unshared(filter);
		this.commands = commands === filter ? this.filter : topicFilter(commands);
		const last = commands.split("/").length - 1;
		this.wordsAtLevel = commands.endsWith("#") || commands.endsWith("+") ? last : -1;
		this.settings = plain;
		this.id = device.id;
		this.raw = plain.format === "raw";
		const will = { topic: this.status, payload: ascii("offline"), qos: plain.statusQos, retain: true };
		this.connect = connectOptions(settings, device.id, will, !plain.persistent);
		this.names = channels.map(({ key }, i) =>
			this.raw ? (i > 0 ? COMMA : NOTHING) : utf8(`,${jsonString(key)}:`),
		);
		let recordBytes = TIME.length + ISO_TIME_BYTES + 2 + MAX_DECIMAL_BYTES;
		for (const name of this.names) recordBytes += name.length + TEMPLATE_VALUE_BYTES;
		const lane = {
			maxRecords: 1,
			maxBytes: 16000,
			prefix: NOTHING,
			separator: NOTHING,
			suffix: NOTHING,
			numberAt: -1,
			confirmMs: 0,
			stamps: 1,
		};
		this.measures = { ...lane, topic: topic(plain.measures), qos: sampling.qos, recordBytes };
		this.events = { ...lane, topic: topic(plain.results), qos: plain.resultsQos, recordBytes: 640 };
	}

	attach(host: CloudHost): void {
		this.host = host;
	}

	opening(step: number): OpeningStep | undefined {
		const { commandsQos, statusQos, health } = this.settings;
		if (step === 0)
			return {
				kind: "subscribe",
				topic: this.filter,
				payload: NOTHING,
				qos: commandsQos,
				retain: false,
				refused: REFUSED,
			};
		if (step === 1)
			return { kind: "publish", topic: this.status, payload: ascii("online"), qos: statusQos, retain: true };
		const report = this.host?.report() ?? "";
		if (step > 2 || health === "" || report === "") return undefined;
		return {
			kind: "publish",
			topic: topicName(withId(health, this.id)),
			payload: utf8(this.raw ? report : `{"health":${jsonString(report)}}`),
			qos: statusQos,
			retain: false,
		};
	}

	template(): TemplatePart[] {
		const parts: TemplatePart[] = this.raw ? [] : [TIME, "stamp", ascii('"')];
		for (const [channel, { decimals }] of this.channels.entries())
			parts.push(this.names[channel] as Uint8Array, { channel, decimals });
		if (!this.raw) parts.push(ascii("}"));
		return parts;
	}

	encode(record: RecordWriter, values: Sample): number {
		const { channels } = this;
		let written = 0;
		if (this.raw) {
			// A value that is missing leaves its place empty.
			for (let i = 0; i < channels.length; i++) {
				record.put(this.names[i] as Uint8Array);
				if (record.decimal(values[i] as number, (channels[i] as Channel).decimals)) written++;
			}
			return written;
		}
		record.put(TIME);
		record.stamp();
		record.byte(34);
		for (let i = 0; i < channels.length; i++) {
			const { decimals } = channels[i] as Channel;
			if (record.value(this.names[i] as Uint8Array, values[i] as number, decimals)) written++;
		}
		record.byte(125);
		return written;
	}

	alarm(type: string, severity: string, on: boolean, text: string, wallMs: number): boolean {
		const status = on ? "ACTIVE" : "CLEARED";
		const time = jsonTime(wallMs);
		return this.tell(
			RecordKind.Alarm,
			this.raw
				? `ALARM ${type} ${severity} ${status}: ${text}`
				: `{"time":${time},"alarm":${jsonString(type)},"severity":${jsonString(severity)},"status":"${status}","text":${jsonString(text)}}`,
		);
	}

	event(type: string, text: string, wallMs: number): boolean {
		return this.tell(
			RecordKind.Event,
			this.raw
				? `EVENT ${type}: ${text}`
				: `{"time":${jsonTime(wallMs)},"event":${jsonString(type)},"text":${jsonString(text)}}`,
		);
	}

	private tell(kind: number, text: string): boolean {
		const { messages } = this.host as CloudHost;
		// A command without room for its result is not carried out.
		if (messages.room <= 1) return false;
		const payload = utf8(text);
		return messages.queue(kind, 0, (record) => record.put(payload));
	}

	eventDelivered(): void {}

	message(message: InboundMessage): void {
		const host = this.host as CloudHost;
		const { bytes, topicStart, topicEnd } = message;
		if (!topicMatches(this.commands, bytes, topicStart, topicEnd))
			return host.malformed("a message on an unknown topic");
		if (message.retain && !this.settings.retainedCommands)
			return host.malformed("a retained command, which plain.retainedCommands does not allow");
		// Nothing moves without an answer.
		if (host.messages.room < 1) return host.malformed("a command for whose result there is no room");
		this.bytes = bytes;
		this.from = message.payloadStart;
		this.to = message.payloadEnd;
		if (this.wordsAtLevel >= 0) this.addWords(message);
		const from = this.from;
		const to = this.to;
		this.compose(from, to, host.commands.run(this.bytes, from, to));
		host.messages.queue(RecordKind.Operation, 0, this.putResult);
	}

	/** Makes the result of the command, [from, to) of `bytes`. */
	private compose(from: number, to: number, reason: string): void {
		if (this.raw) {
			this.outcome = reason === "" ? RAW_SUCCESSFUL : RAW_FAILED;
			this.reason = reason === "" ? NOTHING : utf8(reason);
		} else {
			this.outcome = reason === "" ? SUCCESSFUL : FAILED;
			this.reason = reason === "" ? NOTHING : jsonBytes(reason);
			// Escaping can make a text six times as long: then less of it is repeated.
			const room = this.events.recordBytes - RESULT_BYTES - this.reason.length;
			for (let echoed = MAX_ECHO; ; echoed >>= 1) {
				this.to = cutUtf8(this.bytes, from, to, echoed);
				if (echoed === 0 || escapedLength(this.bytes, from, this.to) <= room) break;
			}
		}
	}

	/** What was being carried out is not begun again, because that could move something twice. */
	resumed(_results: boolean, interrupted: Uint8Array | undefined): void {
		if (!interrupted) return;
		this.bytes = interrupted;
		this.from = 0;
		this.compose(0, interrupted.length, "interrupted by a power cut");
		(this.host as CloudHost).messages.queue(RecordKind.Operation, 0, this.putResult);
	}

	/** Puts what the topic has at the wildcard in front of the payload, as words. */
	private addWords(message: InboundMessage): void {
		const { bytes, topicStart, topicEnd, payloadStart, payloadEnd } = message;
		let p = topicStart;
		for (let level = this.wordsAtLevel; level > 0 && p < topicEnd; p++) if (bytes[p] === SLASH) level--;
		const words = topicEnd - p;
		if (words <= 0) return;
		const text = this.text;
		const length = Math.min(payloadEnd - payloadStart, TEXT_BYTES - words - 1);
		if (length < 0) return;
		text.set(bytes.subarray(p, topicEnd), 0);
		for (let i = 0; i < words; i++) if (text[i] === SLASH) text[i] = BLANK;
		text[words] = BLANK;
		text.set(bytes.subarray(payloadStart, payloadStart + length), words + 1);
		this.bytes = text;
		this.from = 0;
		this.to = words + 1 + length;
	}

	skipped(): void {}

	tick(): void {}

	disconnected(): void {}
}

function jsonTime(wallMs: number): string {
	return wallMs < 0 ? "null" : jsonString(new Date(wallMs).toISOString());
}
