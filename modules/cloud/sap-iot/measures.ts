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
	private readonly names: Uint8Array[] = [];
	private readonly date: Uint8Array;
	private readonly tail: Uint8Array;

	/**
	 * Of a sensor's channels; `idPrefix` goes in front of the number in the message id. It is made deep on the
	 * stack of a board that holds settings against its memory: hence few variables.
	 */
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
		const head = headOf(sap, sensor, capability, idPrefix);
		const { dated, arrays } = this;
		this.prefix = bytesOf(dated ? head + OPENING : "");
		this.suffix = bytesOf(dated ? "]}" : "");
		const numberAt = sap.messageId ? utf8(head).length - NUMBER_DIGITS - 2 : -1;
		this.numberAt = dated ? numberAt : -1;
		this.headNumberAt = dated ? -1 : numberAt;
		this.head = utf8(dated ? open(arrays) : `${head}"timestamp":`);
		this.beforeMeasures = bytesOf(dated ? "" : `,${OPENING}${open(arrays)}`);
		this.date = bytesOf(!dated ? "" : arrays ? ',"' : `,${jsonString(sap.dateProperty)}:"`);
		this.tail = ascii(dated ? `"${close(arrays)}` : `${close(arrays)}]}`);
		for (let i = 0; i < channels.length; i++) this.names.push(nameOf(channels[i] as Channel, arrays));
		this.recordBytes = this.bytes();
	}

	private bytes(): number {
		let bytes = this.head.length + this.beforeMeasures.length + this.date.length + this.tail.length;
		for (const name of this.names) bytes += name.length + TEMPLATE_VALUE_BYTES;
		return bytes + ISO_TIME_BYTES + MAX_DECIMAL_BYTES;
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

/** One object for all that is empty. */
const NOTHING = ascii("");

const OPENING = `"measures":[`;
const ID = `"measureMessageId":"`;

/** Bytes of a prefix in front of the message id, which has the number of the boot. */
export function nameBytes({ prefix, numberAt }: SapMeasures, idPrefix: string): number {
	return numberAt < 0 ? prefix.length : numberAt - idPrefix.length - ID.length;
}

function headOf(
	{ messageId }: SapSettings["sap"],
	sensor: string,
	capability: string,
	idPrefix: string,
): string {
	const id = messageId ? `${ID}${idPrefix}${PLACEHOLDER}",` : "";
	return `{"capabilityAlternateId":${jsonString(capability)},"sensorAlternateId":${jsonString(sensor)},${id}`;
}

function open(arrays: boolean): string {
	return arrays ? "[" : "{";
}
function close(arrays: boolean): string {
	return arrays ? "]" : "}";
}

function nameOf({ property }: Channel, arrays: boolean): Uint8Array {
	return bytesOf(arrays ? "" : `${jsonString(property)}:`);
}

function bytesOf(text: string): Uint8Array {
	return text === "" ? NOTHING : utf8(text);
}
