// What it says: the values of a sample with blanks between on <root>/<id>/values; commands come on
// <root>/<id>/do, and what became of one goes to <root>/<id>/done.

import type { Cloud, CloudHost, OpeningStep } from "../../../../modules/cloud/cloud.js";
import { connectOptions } from "../../../../modules/cloud/connect.js";
import { utf8 } from "../../../../modules/cloud/text.js";
import { ascii } from "../../../../modules/core/bytes.js";
import type { Channel, Sample } from "../../../../modules/core/channels.js";
import { DEFAULT_TABLE as CHANNELS } from "../../../../modules/core/default-channels.js";
import type { InboundMessage } from "../../../../modules/mqtt/parser.js";
import { topicFilter, topicName } from "../../../../modules/mqtt/topic.js";
import type { LaneShape } from "../../../../modules/outbox/lane.js";
import type { RecordWriter } from "../../../../modules/outbox/record-writer.js";
import { RecordKind } from "../../../../modules/outbox/ring.js";
import { IsoStamp } from "../../../../modules/outbox/stamp.js";
import type { MadeUpSettings } from "./settings.js";

const NOTHING = ascii("");
const BLANK = ascii(" ");

export class MadeUp implements Cloud {
	readonly connect;
	readonly stamp = new IsoStamp();
	readonly measures: LaneShape;
	readonly events: LaneShape;
	private readonly commands: Uint8Array;
	private host: CloudHost | undefined;

	constructor(settings: MadeUpSettings) {
		const root = `${settings.madeUp.root}/${settings.device.id}`;
		this.connect = connectOptions(settings, settings.device.id, undefined);
		this.commands = topicFilter(`${root}/do`);
		const lane = {
			...({ qos: 1, recordBytes: 160, stamps: 0, maxRecords: 1, maxBytes: 1000 } as const),
			...{ prefix: NOTHING, separator: NOTHING, suffix: NOTHING, numberAt: -1, confirmMs: 0 },
		};
		this.measures = { ...lane, topic: topicName(`${root}/values`) };
		this.events = { ...lane, topic: topicName(`${root}/done`) };
	}

	attach(host: CloudHost): void {
		this.host = host;
	}
	opening(step: number): OpeningStep | undefined {
		if (step > 0) return undefined;
		return { kind: "subscribe", topic: this.commands, payload: NOTHING, qos: 1, retain: false };
	}
	encode(record: RecordWriter, values: Sample): number {
		let written = 0;
		for (let i = 0; i < CHANNELS.length; i++) {
			if (i > 0) record.put(BLANK);
			if (record.decimal(values[i] as number, (CHANNELS[i] as Channel).decimals)) written++;
		}
		return written;
	}
	message({ bytes, payloadStart, payloadEnd }: InboundMessage): void {
		const reason = this.host?.commands.run(bytes, payloadStart, payloadEnd) ?? "";
		const words = utf8(reason === "" ? "done" : reason);
		this.host?.messages.queue(RecordKind.Operation, 0, (record) => record.put(words));
	}
	eventDelivered(): void {}
	skipped(): void {}
	tick(): void {}
	disconnected(): void {}
}
