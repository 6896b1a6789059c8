// SAP IoT measures as JSON: objects by property name, or arrays in property order. Everything constant is
// made into bytes once; per sample only digits are written.

import { ascii } from "../../core/bytes.js";
import type { Channel, Sample } from "../../core/channels.js";
import { MAX_DECIMAL_BYTES, NUMBER_DIGITS } from "../../core/decimal.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { jsonString, utf8 } from "../text.js";
import type { SapSettings } from "./settings.js";

const COMMA = 44;
const PLACEHOLDER = "0000000000";

export class SapMeasures {
	/** With a date property, samples travel together between these; else they are empty. */
	readonly prefix: Uint8Array;
	readonly suffix: Uint8Array;
	/** Where in the prefix the message number goes, or -1. */
	readonly numberAt: number;
	readonly recordBytes: number;
	readonly dated: boolean;
	private readonly channels: readonly Channel[];
	private readonly arrays: boolean;
	private readonly head: Uint8Array;
	private readonly headNumberAt: number;
	private readonly beforeMeasures: Uint8Array;
	private readonly names: readonly Uint8Array[];
	private readonly date: Uint8Array;
	private readonly tail: Uint8Array;

	/** Of a sensor's channels; `idPrefix` goes in front of the number in the message id. */
	constructor(
		sap: SapSettings["sap"],
		channels: readonly Channel[],
		sensor: string,
		capability: string,
		idPrefix: string,
	) {
		this.channels = channels;
		this.dated = sap.dateProperty !== "";
		this.arrays = sap.arrays;
		const id = sap.messageId ? `"measureMessageId":"${idPrefix}${PLACEHOLDER}",` : "";
		const head =
			`{"capabilityAlternateId":${jsonString(capability)},` +
			`"sensorAlternateId":${jsonString(sensor)},${id}`;
		const numberAt = utf8(head).length - NUMBER_DIGITS - 2;
		const open = sap.arrays ? "[" : "{";
		const close = sap.arrays ? "]" : "}";
		const opening = `"measures":[`;
		this.prefix = utf8(this.dated ? head + opening : "");
		this.suffix = ascii(this.dated ? "]}" : "");
		this.numberAt = this.dated && sap.messageId ? numberAt : -1;
		this.headNumberAt = !this.dated && sap.messageId ? numberAt : -1;
		this.head = utf8(this.dated ? open : `${head}"timestamp":`);
		this.beforeMeasures = ascii(this.dated ? "" : `,${opening}${open}`);
		this.names = channels.map(({ property }) => utf8(sap.arrays ? "" : `${jsonString(property)}:`));
		this.date = utf8(sap.arrays ? ',"' : `,${jsonString(sap.dateProperty)}:"`);
		this.tail = ascii(this.dated ? `"${close}` : `${close}]}`);
		let bytes = this.head.length + this.beforeMeasures.length + this.date.length + this.tail.length;
		for (const name of this.names) bytes += name.length + TEMPLATE_VALUE_BYTES;
		this.recordBytes = bytes + ISO_TIME_BYTES + MAX_DECIMAL_BYTES;
	}

	/** The parts of a sample whose values are all there. */
	template(): TemplatePart[] {
		const parts: TemplatePart[] = [];
		const at = this.headNumberAt;
		if (at < 0) parts.push(this.head);
		else parts.push(this.head.slice(0, at), "number", this.head.slice(at + NUMBER_DIGITS));
		if (!this.dated) parts.push("stamp");
		parts.push(this.beforeMeasures);
		for (const [channel, { decimals }] of this.channels.entries()) {
			if (channel > 0) parts.push(Uint8Array.of(COMMA));
			parts.push(this.names[channel] as Uint8Array, { channel, decimals });
		}
		if (this.dated) parts.push(this.date, "stamp");
		parts.push(this.tail);
		return parts;
	}

	/**
	 * Writes a sample and returns the number of values. In array form a sample with a gap has no values at all.
	 */
	encode(record: RecordWriter, values: Sample): number {
		record.put(this.head);
		if (this.headNumberAt >= 0) record.numberAt(this.headNumberAt);
		if (!this.dated) record.stamp();
		record.put(this.beforeMeasures);
		const { channels } = this;
		let written = 0;
		for (let i = 0; i < channels.length; i++) {
			const before = record.length;
			if (written > 0) record.byte(COMMA);
			record.put(this.names[i] as Uint8Array);
			if (record.decimal(values[i] as number, (channels[i] as Channel).decimals)) written++;
			else if (this.arrays) return 0;
			else record.rewind(before);
		}
		if (this.dated) {
			record.put(this.date);
			record.stamp();
		}
		record.put(this.tail);
		return written;
	}
}
