// SAP IoT service over MQTT. Delivered means: an ack with 200 or 202 on ack/<id>. The service knows no will,
// no retained messages and no answer to a command.

import { ascii } from "../../core/bytes.js";
import type { Sample } from "../../core/channels.js";
import type { ConnectOptions } from "../../mqtt/encode.js";
import type { InboundMessage } from "../../mqtt/parser.js";
import { topicName } from "../../mqtt/topic.js";
import type { LaneShape } from "../../outbox/lane.js";
import type { TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { IsoStamp, MillisecondStamp, type Stamp } from "../../outbox/stamp.js";
import type { Cloud, CloudHost, OpeningStep, Portion } from "../cloud.js";
import { connectOptions } from "../connect.js";
import { Json, JsonScanner } from "../json.js";
import { utf8 } from "../text.js";
import { SapAck } from "./acks.js";
import { CommandMessage } from "./command-message.js";
import { SapMeasures } from "./measures.js";
import { SapResults } from "./results.js";
import { SapSensors } from "./sensors.js";
import type { SapSettings } from "./settings.js";

const NOTHING = ascii("");
/** Samples and bytes of one message when they travel together; the service documents no limit. */
const MAX_SAMPLES = 50;
const MAX_BYTES = 16000;

export class SapIot implements Cloud {
	readonly connect: ConnectOptions;
	readonly stamp: Stamp;
	readonly measures: LaneShape;
	readonly events: LaneShape;
	declare readonly portions?: readonly Portion[];
	private readonly encoder: SapMeasures;
	private readonly json = new JsonScanner();
	private readonly ack: SapAck;
	private readonly command: CommandMessage;
	private readonly ackTopic: Uint8Array;
	private readonly commandTopic: Uint8Array;
	private readonly capability: Uint8Array;
	private readonly sensor: Uint8Array;
	private host: CloudHost | undefined;
	/** Where what became of commands is told. */
	declare private readonly results?: SapResults;

	/** `boot` makes message ids unique over restarts, since numbers begin anew with each; 0 leaves it out. */
	constructor(settings: SapSettings, boot = 0) {
		this.connect = connectOptions(settings, settings.device.id, undefined);
		this.ackTopic = topicName(`ack/${settings.device.id}`);
		this.commandTopic = topicName(`commands/${settings.device.id}`);
		this.capability = utf8(settings.sap.measureCapability);
		this.sensor = utf8(settings.sap.sensor);
		this.command = commandOf(settings, this.json, this.sensor);
		const idPrefix = boot > 0 ? `${boot}-` : "";
		const sensors = hasSensors(settings) ? new SapSensors(settings, idPrefix) : undefined;
		if (sensors) this.portions = sensors.portions;
		this.ack = new SapAck(ascii(idPrefix), sensors);
		this.encoder = sensors?.first ?? encoderOf(settings, idPrefix);
		this.stamp = this.encoder.dated ? new IsoStamp() : new MillisecondStamp();
		const { resultCapability, sensor } = settings.sap;
		if (resultCapability !== "") this.results = new SapResults(resultCapability, sensor);
		this.measures = measuresLane(settings, this.encoder, sensors);
		this.events = eventsLane(this.measures, this.results);
	}

	attach(host: CloudHost): void {
		this.host = host;
	}

	opening(step: number): OpeningStep | undefined {
		if (step > 1) return undefined;
		const topic = step === 0 ? this.ackTopic : this.commandTopic;
		return { kind: "subscribe", topic, payload: NOTHING, qos: 1, retain: false };
	}

	template(): TemplatePart[] {
		return this.encoder.template();
	}

	encode(record: RecordWriter, values: Sample): number {
		return this.encoder.encode(record, values);
	}

	eventDelivered(): void {}

	message(message: InboundMessage): void {
		// No variables: the journal lies deep below an ack, and each would cost the stack a slot there.
		if (message.isOn(this.ackTopic)) this.acks(message.bytes, message.payloadStart, message.payloadEnd);
		else if (message.isOn(this.commandTopic)) this.commanded(message);
		else (this.host as CloudHost).malformed("a message on an unknown topic");
	}

	private commanded({ bytes, payloadStart, payloadEnd }: InboundMessage): void {
		const host = this.host as CloudHost;
		const command = this.command;
		if (!command.read(bytes, payloadStart, payloadEnd)) return this.refused(host);
		const reason = command.length > 0 ? host.commands.run(command.text, 0, command.length) : "";
		this.results?.tell(host, command.text, command.length, reason);
		if (command.restart && reason === "") host.restart();
	}

	private refused(host: CloudHost): void {
		host.malformed(this.command.error);
		this.results?.tell(host, NOTHING, 0, this.command.error);
	}

	skipped(): void {}

	tick(): void {}

	disconnected(): void {}

	private acks(bytes: Uint8Array, start: number, end: number): void {
		const json = this.json;
		json.reset(bytes, start, end);
		const token = json.next();
		if (token === Json.ObjectStart) {
			if (!this.oneAck()) return;
		} else if (token === Json.ArrayStart) {
			for (;;) {
				const item = json.next();
				if (item === Json.ArrayEnd) break;
				if (item !== Json.ObjectStart) return this.malformed("an ack that is no object");
				if (!this.oneAck()) return;
			}
		} else return this.malformed("an ack that is neither object nor array");
		if (json.next() !== Json.End) this.malformed("an ack");
	}

	private malformed(what: string): void {
		const { error } = this.json;
		(this.host as CloudHost).malformed(error === "" ? what : `${what}: ${error}`);
	}

	private oneAck(): boolean {
		const host = this.host as CloudHost;
		const ack = this.ack;
		if (!ack.read(this.json, this.capability, this.sensor)) {
			this.malformed("an ack");
			return false;
		}
		// What is restored has the id of the boot in which it was written; a new record of that number has not.
		if (ack.former && ack.number > (host.delivery.lastRestored ?? 0)) ack.ours = false;
		if (this.results && !(ack.ours && ack.named)) {
			// Of a result, or it may be: no measure's.
			if (!ack.accepted) host.malformed(`an ack of no measure: ${ack.code} ${ack.reason}`);
			return true;
		}
		if (!ack.ours) host.malformed("an ack for another capability, sensor or message");
		else if (ack.code === 0) host.malformed("an ack without a code");
		else host.delivery.confirm(ack.number, ack.accepted, ack.code, ack.reason, ack.route);
		return true;
	}
}

function hasSensors({ sensors }: SapSettings): boolean {
	return Object.keys(sensors).length > 0;
}

function encoderOf({ sap, channels }: SapSettings, idPrefix: string): SapMeasures {
	return new SapMeasures(sap, channels, sap.sensor, sap.measureCapability, idPrefix);
}

function commandOf({ sap }: SapSettings, json: JsonScanner, sensor: Uint8Array): CommandMessage {
	return new CommandMessage(json, utf8(sap.commandCapability), sensor, sap.restart);
}

/** `first` is what `sap.sensor` sends. */
function measuresLane(
	{ device, sampling, sap }: SapSettings,
	first: SapMeasures,
	sensors: SapSensors | undefined,
): LaneShape {
	const lane = {
		topic: topicName(`measures/${device.id}`),
		qos: sampling.qos,
		recordBytes: sensors?.recordBytes ?? first.recordBytes,
		stamps: 1,
		maxRecords: first.dated ? MAX_SAMPLES : 1,
		maxBytes: MAX_BYTES,
		prefix: first.prefix,
		separator: ascii(first.dated ? "," : ""),
		suffix: first.suffix,
		numberAt: first.numberAt,
		confirmMs: sap.ackMs,
	};
	return sensors ? { ...lane, others: sensors.others } : lane;
}

/** Nothing but measures can be sent to this service: without results the lane stays empty. */
function eventsLane(measures: LaneShape, results: SapResults | undefined): LaneShape {
	const { topic, maxBytes, separator } = measures;
	const frame = { prefix: NOTHING, separator, suffix: NOTHING, numberAt: -1, confirmMs: 0 };
	const recordBytes = results?.recordBytes ?? 16;
	return { topic, maxBytes, qos: 1, maxRecords: 1, recordBytes, stamps: 0, ...frame };
}
