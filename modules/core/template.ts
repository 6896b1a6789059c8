// A record's text kept in place: constants are written once, and for each sample only the digits that changed. What
// follows a value moves only when the value's text gets longer or shorter. On XS every step of the script costs
// hundreds of instructions, so this is much cheaper than putting the text together anew; the arrangement follows what
// was measured there: reading a property is cheaper than an element, an element of an array cheaper than one of a
// typed array.

import { digitCount, PAIRS, writeDigits } from "./decimal.js";
import type { KeptStamp, Stamp } from "./stamp.js";

/** Constant bytes; a channel's value; the time of the sample; the record's running number (10 digits). */
export type TemplatePart =
	| Uint8Array
	| { readonly channel: number; readonly decimals: number }
	| "stamp"
	| "number";

/** Largest scaled value that is written here: 31 bits. Larger ones are for writeDecimal. */
const LIMIT = 2147483647;
/** The product with the scale is rounded: only this near to a tie can that hide on which side the exact value lies. */
const BELOW_TIE = 0.499999;
const ABOVE_TIE = 0.500001;
const NUMBER_DIGITS = 10;
/** What no scaled value can be. */
const NONE = -2147483648;

/** A value in the text. */
class Field {
	readonly channel: number;
	readonly decimals: number;
	readonly scale: number;
	/** Position in the buffer, and bytes. */
	at: number;
	width: number;
	/** What stands there, scaled. */
	text = NONE;

	constructor(channel: number, decimals: number, at: number) {
		this.channel = channel;
		this.decimals = decimals;
		this.scale = 10 ** decimals;
		this.at = at;
		this.width = decimals > 0 ? decimals + 2 : 1;
	}
}

export class RecordTemplate {
	/** Bytes of the text. */
	length = 0;
	/** Where it begins in the buffer. */
	readonly start: number;
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	readonly #fields: Field[] = [];
	/** The first stamp, and where copies of it go. */
	#stamp: KeptStamp | undefined;
	readonly #stampBytes: number;
	readonly #copies: number[] = [];
	#numberAt = -1;
	#numberHigh = -1;

	/** Lays the parts out in `bytes` from `start` on; throws if they take more than `size` with every value at "0". */
	constructor(bytes: Uint8Array, start: number, size: number, stamp: Stamp, parts: readonly TemplatePart[]) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.start = start;
		this.#stampBytes = stamp.length;
		for (const part of parts) {
			const at = start + this.length;
			if (part === "stamp") this.length += stamp.length;
			else if (part === "number") this.length += NUMBER_DIGITS;
			else if (part instanceof Uint8Array) this.length += part.length;
			else this.length += part.decimals > 0 ? part.decimals + 2 : 1;
			if (this.length > size) throw new RangeError("template: does not fit");
			if (part === "number") this.#numberAt = at;
			else if (part === "stamp") {
				if (this.#stamp) this.#copies.push(at);
				else this.#stamp = stamp.keep(bytes, at);
			} else if (part instanceof Uint8Array) bytes.set(part, at);
			else {
				if (part.decimals > 4) throw new RangeError("template: too many decimals");
				const field = new Field(part.channel, part.decimals, at);
				if (part.decimals > 0) this.#view.setUint8(at + 1, 46);
				this.#fields.push(field);
			}
		}
	}

	/**
	 * Writes the sample's values as toFixed has them, its wall time and the record's number. Returns false, with the
	 * text in no state to be used, for values that writeDecimal has to look at (none, too large, near a tie), for a
	 * moment that has no stamp, and for a text longer than `room`.
	 */
	fill(values: Float64Array, wallMs: number, number: number, room: number): boolean {
		const fields = this.#fields;
		const count = fields.length;
		for (let i = 0; i < count; i++) {
			const field = fields[i] as Field;
			const value = values[field.channel] as number;
			const scaled = (value < 0 ? -value : value) * field.scale;
			if (!(scaled < LIMIT)) return false;
			let digits = scaled | 0;
			const rest = scaled - digits;
			if (rest > BELOW_TIE) {
				if (rest < ABOVE_TIE) return false;
				digits++;
			}
			if (value < 0) {
				if (-digits !== field.text) this.#write(field, i, -digits, digits);
			} else if (digits !== field.text) this.#write(field, i, digits, digits);
		}
		if (this.length > room) return false;
		const stamp = this.#stamp;
		if (stamp) {
			if (!stamp.set(wallMs)) return false;
			const copies = this.#copies;
			for (let i = 0; i < copies.length; i++)
				this.#bytes.copyWithin(copies[i] as number, stamp.at, stamp.at + this.#stampBytes);
		}
		if (this.#numberAt >= 0) this.#setNumber(number);
		return true;
	}

	#write(field: Field, i: number, text: number, digits: number): void {
		const view = this.#view;
		const { decimals } = field;
		field.text = text;
		let whole = digits;
		let fraction = 0;
		let width = 0;
		if (decimals > 0) {
			const { scale } = field;
			whole = (digits / scale) | 0;
			fraction = digits - whole * scale;
			width = decimals + 1;
		}
		const count = whole < 10 ? 1 : whole < 100 ? 2 : digitCount(whole);
		width += count;
		if (text < 0) width++;
		if (width !== field.width) this.#resize(field, i, width);
		let p = field.at;
		if (text < 0) view.setUint8(p++, 45);
		if (count === 2) view.setUint16(p, PAIRS[whole] as number);
		else if (count === 1) view.setUint8(p, 48 + whole);
		else writeDigits(view, p, whole, count);
		if (decimals === 0) return;
		p += count + 1;
		if (decimals === 2) view.setUint16(p, PAIRS[fraction] as number);
		else if (decimals === 1) view.setUint8(p, 48 + fraction);
		else writeDigits(view, p, fraction, decimals);
	}

	/** Makes room for a value of another width; the point stays in front of the fraction. */
	#resize(field: Field, i: number, width: number): void {
		const fields = this.#fields;
		const from = field.at + field.width;
		const delta = width - field.width;
		this.#bytes.copyWithin(from + delta, from, this.start + this.length);
		this.length += delta;
		field.width = width;
		for (let j = i + 1; j < fields.length; j++) (fields[j] as Field).at += delta;
		const stamp = this.#stamp;
		if (stamp && stamp.at >= from) stamp.at += delta;
		const copies = this.#copies;
		for (let j = copies.length - 1; j >= 0 && (copies[j] as number) >= from; j--)
			copies[j] = (copies[j] as number) + delta;
		if (this.#numberAt >= from) this.#numberAt += delta;
		if (field.decimals > 0) this.#view.setUint8(field.at + width - field.decimals - 1, 46);
	}

	/** Mostly the last four digits change. */
	#setNumber(number: number): void {
		const at = this.#numberAt;
		const high = Math.floor(number / 10000);
		if (high !== this.#numberHigh) {
			this.#numberHigh = high;
			writeDigits(this.#view, at, high, NUMBER_DIGITS - 4);
		}
		writeDigits(this.#view, at + NUMBER_DIGITS - 4, number - high * 10000, 4);
	}
}
