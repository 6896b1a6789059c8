// Any MQTT broker: one JSON object a sample on a topic of the user's choice, commands as text, results as JSON.
// Delivered means: PUBACK (at QoS 0: out of the socket). "online" and, as the will, "offline" are retained.

import { ascii, equals } from "../../core/bytes.js";
import { CHANNELS, type Channel, type Sample } from "../../core/channels.js";
import { MAX_DECIMAL_BYTES } from "../../core/decimal.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { escapedLength, type RecordWriter } from "../../core/record-writer.js";
import { RecordKind } from "../../core/ring.js";
import { IsoStamp } from "../../core/stamp.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../core/template.js";
import { cutUtf8, isUtf8 } from "../../core/utf8.js";
import type { ConnectOptions } from "../../mqtt/encode.js";
import type { InboundMessage } from "../../mqtt/parser.js";
import { topicName } from "../../mqtt/topic.js";
import type { Cloud, CloudHost, LaneShape, OpeningStep } from "../cloud.js";
import type { CloudSettings } from "../cloud-settings.js";
import { connectOptions } from "../connect.js";
import { jsonBytes, jsonString, utf8 } from "../text.js";

const NOTHING = ascii("");
const TIME = ascii('{"time":"');
const COMMAND = ascii('","command":"');
const SUCCESSFUL = ascii('","status":"SUCCESSFUL","reason":"');
const FAILED = ascii('","status":"FAILED","reason":"');
const END = ascii('"}');
const RESULT_BYTES = TIME.length + ISO_TIME_BYTES + COMMAND.length + SUCCESSFUL.length + END.length;
const QUESTION_MARK = 63;
/** Longest command that is repeated in its result, bytes. */
const MAX_ECHO = 120;

export class Plain implements Cloud {
	readonly connect: ConnectOptions;
	readonly stamp = new IsoStamp();
	readonly measures: LaneShape;
	readonly events: LaneShape;
	readonly #names: readonly Uint8Array[];
	readonly #commands: Uint8Array;
	readonly #status: Uint8Array;
	#host: CloudHost | undefined;
	/** The result that is being written: the command's bytes, how it ended, and why. */
	#bytes: Uint8Array = NOTHING;
	#from = 0;
	#to = 0;
	#outcome: Uint8Array = NOTHING;
	#reason: Uint8Array = NOTHING;
	readonly #putResult = (record: RecordWriter) => {
		record.put(TIME);
		record.stamp();
		record.put(COMMAND);
		if (isUtf8(this.#bytes, this.#from, this.#to)) record.escaped(this.#bytes, this.#from, this.#to);
		else record.byte(QUESTION_MARK);
		record.put(this.#outcome);
		record.put(this.#reason);
		record.put(END);
	};

	constructor(settings: CloudSettings) {
		const { device, plain, sampling } = settings;
		const topic = (pattern: string) => topicName(pattern.replaceAll("%id", device.id));
		this.#status = topic(plain.status);
		this.#commands = topic(plain.commands);
		this.connect = connectOptions(settings, device.id, {
			topic: this.#status,
			payload: ascii("offline"),
			qos: 1,
			retain: true,
		});
		this.#names = CHANNELS.map((channel) => utf8(`,${jsonString(channel.name)}:`));
		let recordBytes = TIME.length + ISO_TIME_BYTES + 2 + MAX_DECIMAL_BYTES;
		for (const name of this.#names) recordBytes += name.length + TEMPLATE_VALUE_BYTES;
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
		this.events = { ...lane, topic: topic(plain.results), qos: 1, recordBytes: 640 };
	}

	attach(host: CloudHost): void {
		this.#host = host;
	}

	opening(step: number): OpeningStep | undefined {
		if (step === 0)
			return { kind: "subscribe", topic: this.#commands, payload: NOTHING, qos: 1, retain: false };
		if (step === 1)
			return { kind: "publish", topic: this.#status, payload: ascii("online"), qos: 1, retain: true };
		return undefined;
	}

	template(): TemplatePart[] {
		const parts: TemplatePart[] = [TIME, "stamp", ascii('"')];
		for (const [channel, { decimals }] of CHANNELS.entries())
			parts.push(this.#names[channel] as Uint8Array, { channel, decimals });
		parts.push(ascii("}"));
		return parts;
	}

	encode(record: RecordWriter, values: Sample): number {
		let written = 0;
		record.put(TIME);
		record.stamp();
		record.byte(34);
		for (let i = 0; i < CHANNELS.length; i++) {
			const { decimals } = CHANNELS[i] as Channel;
			if (record.value(this.#names[i] as Uint8Array, values[i] as number, decimals)) written++;
		}
		record.byte(125);
		return written;
	}

	eventDelivered(): void {}

	message(message: InboundMessage): void {
		const host = this.#host as CloudHost;
		const { bytes, topicStart, topicEnd, payloadStart, payloadEnd } = message;
		if (!equals(bytes, topicStart, topicEnd, this.#commands))
			return host.malformed("a message on an unknown topic");
		// Nothing moves without an answer.
		if (host.room < 1) return host.malformed("a command for whose result there is no room");
		const reason = host.command(bytes, payloadStart, payloadEnd);
		this.#outcome = reason === "" ? SUCCESSFUL : FAILED;
		this.#reason = reason === "" ? NOTHING : jsonBytes(reason);
		this.#bytes = bytes;
		this.#from = payloadStart;
		// Escaping can make a text six times as long: then less of it is repeated.
		const room = this.events.recordBytes - RESULT_BYTES - this.#reason.length;
		for (let echoed = MAX_ECHO; ; echoed >>= 1) {
			this.#to = cutUtf8(bytes, payloadStart, payloadEnd, echoed);
			if (echoed === 0 || escapedLength(bytes, payloadStart, this.#to) <= room) break;
		}
		host.queue(RecordKind.Operation, 0, this.#putResult);
	}

	skipped(): void {}

	tick(): void {}

	disconnected(): void {}
}
