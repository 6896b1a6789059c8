// A sample by templates of our own (SmartREST 2.0): one row with a time and a value for each channel, the
// shortest measure there is. A sample of which a value is missing has a row for each that is there.
//
//   10,700,POST,MEASUREMENT,,mote_Sample,,c8y_Temperature.T.value,NUMBER,,c8y_Temperature.T.unit,STRING,C,…
//   700,2026-11-20T09:15:30.000Z,21.51,0,0,0.0

import { MAX_CHANNELS } from "../../core/channel-table.js";
import type { Channel, Sample } from "../../core/channels.js";
import { MAX_DECIMAL_BYTES } from "../../core/decimal.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { MAX_NAMED } from "../../core/schema.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { channelsAt } from "../portions.js";
import { utf8 } from "../text.js";
import { quoteColumn } from "./rows.js";

/** Message id of a whole sample, beyond the static ones; those of single channels follow it. */
const WHOLE = 700;
/** Those of a child's whole samples follow it, behind all channels'. */
const CHILD = WHOLE + MAX_CHANNELS;
/** Behind the last. */
const END = CHILD + MAX_NAMED + 1;
const COMMA = 44;
const LF = 10;
const TYPE = "mote_Sample";
/** Of a row of one channel, without its value: the id, the time, two commas, the line feed. */
const ROW_BYTES = 4 + ISO_TIME_BYTES + 2;
/** First magnitude that has no decimal form. */
const LIMIT = 1e21;
/** Longest name, for `quoteColumn`. */
const MAX_NAME = 128;

export class OwnMeasures {
	/** Largest sample, bytes, and the time stamps in it. */
	readonly recordBytes: number;
	readonly stamps: number;
	private readonly channels: readonly Channel[];
	/** Message id of a whole sample. */
	private readonly whole: number;
	/** In front of each channel's own row. */
	private readonly heads: Uint8Array[] = [];

	/**
	 * `places` of these channels in a sample of all, where they are those of the `target`-th child, or with 0 of
	 * the device.
	 */
	constructor(channels: readonly Channel[], places?: readonly number[], target = 0) {
		this.channels = channels;
		this.whole = wholeOf(target);
		this.stamps = channels.length;
		for (let i = 0; i < channels.length; i++) this.heads.push(utf8(`${WHOLE + 1 + (places?.[i] ?? i)},`));
		// Part by part a value asks for more room than it mostly takes.
		this.recordBytes =
			channels.length * (ROW_BYTES + TEMPLATE_VALUE_BYTES) + MAX_DECIMAL_BYTES - TEMPLATE_VALUE_BYTES;
	}

	/** The parts of a sample whose values are all there. */
	template(): TemplatePart[] {
		const parts: TemplatePart[] = [utf8(`${this.whole},`), "stamp"];
		for (const [channel, { decimals }] of this.channels.entries())
			parts.push(Uint8Array.of(COMMA), { channel, decimals });
		parts.push(Uint8Array.of(LF));
		return parts;
	}

	/**
	 * Writes a sample and returns the number of values: a row for each, because a value may be missing, which a
	 * row of all has no place for.
	 */
	encode(record: RecordWriter, values: Sample): number {
		const { channels, heads } = this;
		let written = 0;
		for (let i = 0; i < channels.length; i++) {
			const value = values[i] as number;
			if (!(Math.abs(value) < LIMIT)) continue;
			record.put(heads[i] as Uint8Array);
			record.stamp();
			record.byte(COMMA);
			record.decimal(value, (channels[i] as Channel).decimals);
			record.byte(LF);
			written++;
		}
		return written;
	}
}

/**
 * The collection that these rows are of, as it is registered: all in one message. `portions`: the places of each
 * child's channels, behind those of the device.
 */
export function definition(
	channels: readonly Channel[],
	portions?: ReadonlyArray<readonly number[]>,
): string {
	let rows = "";
	if (!portions) rows = request(WHOLE, channels);
	for (const [target, places] of (portions ?? []).entries())
		if (places.length > 0) rows += request(wholeOf(target), channelsAt(channels, places));
	for (const [i, channel] of channels.entries()) rows += request(WHOLE + 1 + i, [channel]);
	return rows;
}

/** Message id of a whole sample of the `target`-th child, or with 0 of the device. */
function wholeOf(target: number): number {
	return target === 0 ? WHOLE : CHILD + target;
}

function request(id: number, channels: readonly Channel[]): string {
	let row = `10,${id},POST,MEASUREMENT,,${TYPE},`;
	for (const { fragment, series, unit } of channels) {
		row += `,${fragment}.${series}.value,NUMBER,`;
		if (unit !== "") row += `,${fragment}.${series}.unit,STRING,${quoteColumn(unit, MAX_NAME)}`;
	}
	return `${row}\n`;
}

/** Whether a message id is one of these rows'. */
export function isOwn(id: number): boolean {
	return id >= WHOLE && id < END;
}

/** A collection cannot change, so its name has a digest of its definition: "m" and ten digits. */
export function nameOf(text: string): string {
	let one = 0x811c9dc5;
	let other = 0x01000193;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		one = Math.imul(one ^ c, 0x01000193);
		other = Math.imul(other ^ c, 0x85ebca6b) + one;
	}
	return `m${hex(one, 8)}${hex(other >>> 24, 2)}`;
}

function hex(value: number, digits: number): string {
	return `0000000${(value >>> 0).toString(16)}`.slice(-digits);
}
