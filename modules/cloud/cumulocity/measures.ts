// A sample as SmartREST rows: 200 for each value, or 201 for all of them where the tenant knows it.
// Everything constant is made into bytes once.

import { ascii } from "../../core/bytes.js";
import { CHANNELS, type Channel, type Sample } from "../../core/channels.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { MessageId } from "./message-ids.js";

const LF = 10;
/** Fragment and series of each channel, in the order of CHANNELS. */
const SERIES: readonly string[] = Object.freeze([
	"c8y_Temperature,T",
	"mote_Led,brightness",
	"mote_Buzzer,frequency",
	"mote_Speed,measured",
]);
const MULTIPLE_HEAD = ascii(`${MessageId.MeasurementMultiple},mote_Sample,`);

export class CumulocityMeasures {
	/** Largest sample, bytes, and the time stamps in it. */
	readonly recordBytes: number;
	readonly stamps: number;
	private readonly multiple: boolean;
	private readonly heads: readonly Uint8Array[];
	private readonly units: readonly Uint8Array[];

	/** `multiple`: 201 instead of a 200 for each value. */
	constructor(multiple: boolean) {
		this.multiple = multiple;
		this.stamps = multiple ? 1 : CHANNELS.length;
		this.heads = CHANNELS.map((_, i) =>
			ascii(multiple ? `,${SERIES[i]},` : `${MessageId.Measurement},${SERIES[i]},`),
		);
		this.units = CHANNELS.map((channel) => ascii(multiple ? `,${channel.unit}` : `,${channel.unit},`));
		// Part by part a value asks for 29 bytes, which in 200 the time after it makes up for.
		let bytes = multiple ? MULTIPLE_HEAD.length + ISO_TIME_BYTES + 24 : 0;
		for (let i = 0; i < CHANNELS.length; i++)
			bytes +=
				(this.heads[i]?.length ?? 0) +
				TEMPLATE_VALUE_BYTES +
				(this.units[i]?.length ?? 0) +
				(multiple ? 0 : ISO_TIME_BYTES + 1);
		this.recordBytes = bytes;
	}

	/** The parts of a sample whose values are all there. */
	template(): TemplatePart[] {
		const { multiple } = this;
		const parts: TemplatePart[] = multiple ? [MULTIPLE_HEAD, "stamp"] : [];
		for (const [channel, { decimals }] of CHANNELS.entries()) {
			parts.push(this.heads[channel] as Uint8Array, { channel, decimals }, this.units[channel] as Uint8Array);
			if (!multiple) parts.push("stamp", Uint8Array.of(LF));
		}
		if (multiple) parts.push(Uint8Array.of(LF));
		return parts;
	}

	/** Writes a sample and returns the number of values. */
	encode(record: RecordWriter, values: Sample): number {
		const { multiple } = this;
		let written = 0;
		if (multiple) {
			record.put(MULTIPLE_HEAD);
			record.stamp();
		}
		for (let i = 0; i < CHANNELS.length; i++) {
			const { decimals } = CHANNELS[i] as Channel;
			if (!record.value(this.heads[i] as Uint8Array, values[i] as number, decimals)) continue;
			record.put(this.units[i] as Uint8Array);
			if (!multiple) {
				record.stamp();
				record.byte(LF);
			}
			written++;
		}
		if (multiple) record.byte(LF);
		return written;
	}
}
