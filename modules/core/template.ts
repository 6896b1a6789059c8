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
const POINT = 46;
const MINUS = 45;
/** What no scaled value can be. */
const NONE = -2147483648;

/** Items that are no value, in place of a channel. */
const STAMP = -1;
const NUMBER = -2;

/** What changes in the text, and how many constant bytes stand before it. */
class Item {
	readonly gap: number;
	readonly channel: number;
	readonly decimals: number;
	readonly scale: number;
	/** Bytes. */
	width: number;
	/** The value that stands there: as it came, and scaled. */
	value = Number.NaN;
	text = NONE;

	constructor(gap: number, channel: number, decimals: number, width: number) {
		this.gap = gap;
		this.channel = channel;
		this.decimals = decimals;
		this.scale = 10 ** decimals;
		this.width = width;
	}
}

export class RecordTemplate {
	/** Bytes of the text. */
	length = 0;
	/** Where it begins in the buffer. */
	readonly start: number;
	readonly #size: number;
	readonly #bytes: Uint8Array;
	readonly #view: DataView;
	readonly #items: Item[] = [];
	readonly #stamp: KeptStamp;
	readonly #stampBytes: number;
	#numberHigh = -1;

	/** Lays the parts out in `bytes` from `start` on; throws if they take more than `size` with every value at "0". */
	constructor(bytes: Uint8Array, start: number, size: number, stamp: Stamp, parts: readonly TemplatePart[]) {
		this.#bytes = bytes;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		this.start = start;
		this.#size = size;
		this.#stampBytes = stamp.length;
		let kept: KeptStamp | undefined;
		let gap = 0;
		for (const part of parts) {
			const at = start + this.length;
			let width: number;
			if (part instanceof Uint8Array) width = part.length;
			else if (part === "stamp") width = stamp.length;
			else if (part === "number") width = NUMBER_DIGITS;
			else width = part.decimals > 0 ? part.decimals + 2 : 1;
			this.length += width;
			if (this.length > size) throw new RangeError("template: does not fit");
			if (part instanceof Uint8Array) {
				bytes.set(part, at);
				gap += width;
				continue;
			}
			if (part === "stamp") {
				kept ??= stamp.keep(bytes, at);
				this.#items.push(new Item(gap, STAMP, 0, width));
			} else if (part === "number") this.#items.push(new Item(gap, NUMBER, 0, width));
			else {
				if (part.decimals > 4) throw new RangeError("template: too many decimals");
				if (part.decimals > 0) this.#view.setUint8(at + 1, POINT);
				this.#items.push(new Item(gap, part.channel, part.decimals, width));
			}
			gap = 0;
		}
		this.#stamp = kept ?? stamp.keep(new Uint8Array(stamp.length), 0);
	}

	/**
	 * Writes the sample's values as toFixed has them, its wall time and the record's number. Returns false, with the
	 * text in no state to be used, for values that writeDecimal has to look at (none, too large, near a tie), for a
	 * moment that has no stamp, and for a text longer than `room`.
	 */
	fill(values: Float64Array, wallMs: number, number: number, room: number): boolean {
		const items = this.#items;
		const count = items.length;
		let p = this.start;
		let stamped = -1;
		for (let i = 0; i < count; i++) {
			const item = items[i] as Item;
			const { channel } = item;
			p += item.gap;
			if (channel >= 0) {
				const value = values[channel] as number;
				if (value === item.value) {
					p += item.width;
					continue;
				}
				const scaled = (value < 0 ? -value : value) * item.scale;
				if (!(scaled < LIMIT)) return false;
				let digits = scaled | 0;
				const rest = scaled - digits;
				if (rest > BELOW_TIE) {
					if (rest < ABOVE_TIE) return false;
					digits++;
				}
				const text = value < 0 ? -digits : digits;
				if (text !== item.text && !this.#write(item, p, text, digits)) return false;
				item.value = value;
			} else if (channel === NUMBER) this.#setNumber(p, number);
			else if (stamped >= 0) this.#bytes.copyWithin(p, stamped, stamped + this.#stampBytes);
			else {
				// What stands before it may have moved it.
				this.#stamp.at = stamped = p;
				if (!this.#stamp.set(wallMs)) return false;
			}
			p += item.width;
		}
		return this.length <= room;
	}

	/** False, with nothing changed, if the text would become too long. */
	#write(item: Item, at: number, text: number, digits: number): boolean {
		const view = this.#view;
		const { decimals } = item;
		let whole = digits;
		let fraction = 0;
		let width = 0;
		if (decimals > 0) {
			const { scale } = item;
			whole = (digits / scale) | 0;
			fraction = digits - whole * scale;
			width = decimals + 1;
		}
		const count = whole < 10 ? 1 : whole < 100 ? 2 : digitCount(whole);
		width += count;
		if (text < 0) width++;
		let p = at;
		if (width !== item.width) {
			// What follows moves; the point stays in front of the fraction.
			const from = at + item.width;
			const delta = width - item.width;
			if (this.length + delta > this.#size) return false;
			this.#bytes.copyWithin(from + delta, from, this.start + this.length);
			this.length += delta;
			item.width = width;
			if (decimals > 0) view.setUint8(at + width - decimals - 1, POINT);
		}
		item.text = text;
		if (text < 0) view.setUint8(p++, MINUS);
		if (count === 2) view.setUint16(p, PAIRS[whole] as number);
		else if (count === 1) view.setUint8(p, 48 + whole);
		else writeDigits(view, p, whole, count);
		if (decimals === 0) return true;
		p += count + 1;
		if (decimals === 2) view.setUint16(p, PAIRS[fraction] as number);
		else if (decimals === 1) view.setUint8(p, 48 + fraction);
		else writeDigits(view, p, fraction, decimals);
		return true;
	}

	/** Mostly the last four digits change. */
	#setNumber(at: number, number: number): void {
		const high = Math.floor(number / 10000);
		if (high !== this.#numberHigh) {
			this.#numberHigh = high;
			writeDigits(this.#view, at, high, NUMBER_DIGITS - 4);
		}
		writeDigits(this.#view, at + NUMBER_DIGITS - 4, number - high * 10000, 4);
	}
}
