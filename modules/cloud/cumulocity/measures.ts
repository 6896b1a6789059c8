// A sample as SmartREST rows: 200 for each value (212 for a battery's level), or 201 for all of them where
// the tenant knows it. Everything constant is made into bytes once.

import { ascii } from "../../core/bytes.js";
import type { Channel, Sample } from "../../core/channels.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { utf8 } from "../text.js";
import { MessageId } from "./message-ids.js";

const LF = 10;
/** Of this fragment and series 212 makes a measurement: its row has a value and a time, and no unit. */
const BATTERY = Object.freeze({ fragment: "c8y_Battery", series: "level" } as const);
const MULTIPLE_HEAD = ascii(`${MessageId.MeasurementMultiple},mote_Sample,`);

export class CumulocityMeasures {
	/** Largest sample, bytes, and the time stamps in it. */
	readonly recordBytes: number;
	readonly stamps: number;
	private readonly channels: readonly Channel[];
	private readonly multiple: boolean;
	private readonly heads: Uint8Array[] = [];
	private readonly units: Uint8Array[] = [];

	/** `multiple`: 201 instead of a row for each value. */
	constructor(channels: readonly Channel[], multiple: boolean) {
		this.channels = channels;
		this.multiple = multiple;
		this.stamps = multiple ? 1 : channels.length;
		for (let i = 0; i < channels.length; i++) {
			this.heads.push(utf8(head(channels[i] as Channel, multiple)));
			this.units.push(utf8(tail(channels[i] as Channel, multiple)));
		}
		// Part by part a value asks for 29 bytes, which in 200 the time after it makes up for.
		let bytes = multiple ? MULTIPLE_HEAD.length + ISO_TIME_BYTES + 24 : 0;
		for (let i = 0; i < channels.length; i++)
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
		for (const [channel, { decimals }] of this.channels.entries()) {
			parts.push(this.heads[channel] as Uint8Array, { channel, decimals }, this.units[channel] as Uint8Array);
			if (!multiple) parts.push("stamp", Uint8Array.of(LF));
		}
		if (multiple) parts.push(Uint8Array.of(LF));
		return parts;
	}

	/** Writes a sample and returns the number of values. */
	encode(record: RecordWriter, values: Sample): number {
		const { multiple, channels } = this;
		let written = 0;
		if (multiple) {
			record.put(MULTIPLE_HEAD);
			record.stamp();
		}
		for (let i = 0; i < channels.length; i++) {
			const { decimals } = channels[i] as Channel;
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

function isBattery({ fragment, series }: Channel): boolean {
	return fragment === BATTERY.fragment && series === BATTERY.series;
}

/** What stands before a value. */
function head(channel: Channel, multiple: boolean): string {
	const { fragment, series } = channel;
	if (multiple) return `,${fragment},${series},`;
	return isBattery(channel) ? `${MessageId.Battery},` : `${MessageId.Measurement},${fragment},${series},`;
}

/** What stands behind it. */
function tail(channel: Channel, multiple: boolean): string {
	if (multiple) return `,${channel.unit}`;
	return isBattery(channel) ? "," : `,${channel.unit},`;
}
