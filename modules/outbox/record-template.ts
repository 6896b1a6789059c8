// A record's text in kept pieces: each holds constants and the value behind them, in a place of its own. For
// a sample only the values that changed are written anew, then the pieces are joined in the record by
// copyWithin. Nothing ever moves inside a piece, so a write may touch what lies behind a value's text, and
// four characters go at once.
//
// On XS every step of the script costs hundreds of instructions, so this is several times cheaper than
// putting the text together anew; the arrangement follows what was measured there. A variable of an enclosing
// function costs a quarter of a property to read, hence functions that keep their state in such variables,
// one kind for each number of decimals; an element of an array costs less than one of a typed array, and a
// write of four bytes no more than one of a single byte.

import { digitCount, NUMBER_DIGITS, PAIRS, POINT, writeDigits, writeInteger } from "../core/decimal.js";
import type { Stamp } from "./stamp.js";

/**
 * Constant bytes; a channel's value, in the order of channels; the time of the sample; the record's running
 * number (10 digits).
 */
export type TemplatePart =
	| Uint8Array
	| { readonly channel: number; readonly decimals: number }
	| "stamp"
	| "number";

export interface RecordTemplate {
	/** Most bytes that `write` can write. */
	readonly recordBytes: number;
	/**
	 * Writes a sample to `to` and the `recordBytes` behind it: its values as writeDecimal has them, its wall
	 * time and the record's number. Returns the position behind it; or REFUSED or more for values that
	 * writeDecimal has to look at (none, too large, near a tie) and for a moment that has no stamp, with
	 * anything in these bytes.
	 */
	write(values: readonly number[], wallMs: number, number: number, to: number): number;
}

/**
 * Behind every buffer: copyWithin copies nothing there. So a value that is refused needs no look at each of
 * the pieces that follow it. (Written out below: a constant of the module would cost a function that keeps it
 * more.)
 */
export const REFUSED = 0x40000000;

/**
 * Copies a piece with this value to `to`; returns the position behind it, or REFUSED for a value that is not
 * for us.
 */
type Piece = (value: number, to: number) => number;

/** Most bytes of a value's text here: sign, ten digits, point. Larger values are for writeDecimal. */
export const TEMPLATE_VALUE_BYTES = 12;
/** What a value's place takes: a write of four bytes may begin at its last character. */
const VALUE_PLACE = TEMPLATE_VALUE_BYTES + 4;

/** Bytes of the buffer that a template of these parts takes. */
export function templateBytes(stamp: Stamp, parts: readonly TemplatePart[]): number {
	let bytes = 0;
	for (const part of parts) bytes += placeOf(part, stamp);
	return bytes;
}

function placeOf(part: TemplatePart, stamp: Stamp): number {
	if (part instanceof Uint8Array) return part.length;
	if (part === "stamp") return stamp.length;
	return part === "number" ? NUMBER_DIGITS : VALUE_PLACE;
}

/** Lays the parts out in `bytes`, which `view` shows, from `start` on, in the `templateBytes` bytes there. */
export function recordTemplate(
	bytes: Uint8Array,
	view: DataView,
	start: number,
	stamp: Stamp,
	parts: readonly TemplatePart[],
): RecordTemplate {
	if (start + templateBytes(stamp, parts) > bytes.length) throw new RangeError("template: does not fit");
	const pieces: Piece[] = [];
	const stamps: number[] = [];
	let setNumber: ((number: number) => void) | undefined;
	let recordBytes = 0;
	let tail = start;
	let at = start;
	for (const part of parts) {
		const place = placeOf(part, stamp);
		recordBytes += place;
		if (part instanceof Uint8Array) bytes.set(part, at);
		else if (part === "stamp") stamps.push(at);
		else if (part === "number") setNumber = keepNumber(view, at);
		else {
			recordBytes -= VALUE_PLACE - TEMPLATE_VALUE_BYTES;
			if (part.channel !== pieces.length) throw new RangeError("template: channels in their order");
			pieces.push(makePiece(bytes, view, tail, at, part.decimals));
			tail = at + place;
		}
		at += place;
	}
	const tailEnd = at;
	if (pieces.length === 0) throw new RangeError("template: no channel");
	const prepare = setUp(bytes, view, stamps, stamp, setNumber);
	const count = pieces.length;
	return Object.freeze({
		recordBytes,
		write(values: readonly number[], wallMs: number, number: number, to: number): number {
			if (!prepare(wallMs, number)) return 0x40000000;
			let p = to;
			let i = 0;
			do p = (pieces[i] as Piece)(values[i] as number, p);
			while (++i < count);
			bytes.copyWithin(p, tail, tailEnd);
			return p + tailEnd - tail;
		},
	});
}

/** Sets the stamps and the number of a record; false for a moment that has no stamp. */
function setUp(
	bytes: Uint8Array,
	view: DataView,
	stamps: readonly number[],
	stamp: Stamp,
	setNumber: ((number: number) => void) | undefined,
): (wallMs: number, number: number) => boolean {
	/** The first stamp is kept, the others are copies of it. */
	const [first, ...copies] = stamps;
	const setStamp = first === undefined ? () => true : stamp.keep(bytes, view, first);
	if (setNumber === undefined && copies.length === 0) return setStamp;
	const count = copies.length;
	const start = first as number;
	const end = start + stamp.length;
	return (wallMs, number) => {
		if (!setStamp(wallMs)) return false;
		for (let i = 0; i < count; i++) bytes.copyWithin(copies[i] as number, start, end);
		if (setNumber !== undefined) setNumber(number);
		return true;
	};
}

/**
 * The constants at [from, at), with a value behind them.
 *
 * The product of a value with its scale is rounded: only within a millionth of a tie can that hide on which
 * side the exact value lies, and such a value is refused. So is what has no 31 bits, or is no number: it is
 * not within half of its digits then. (Of integers a product and a shift divide at half the price of a
 * division, which goes through a double.)
 */
function makePiece(bytes: Uint8Array, view: DataView, from: number, at: number, decimals: number): Piece {
	switch (decimals) {
		case 0:
			return wholePiece(bytes, view, from, at);
		case 1:
			return tenthsPiece(bytes, view, from, at);
		case 2:
			return hundredthsPiece(bytes, view, from, at);
		default:
			if (decimals > 4) throw new RangeError("template: too many decimals");
			return finePiece(bytes, view, from, at, decimals);
	}
}

function wholePiece(bytes: Uint8Array, view: DataView, from: number, at: number): Piece {
	let last = Number.NaN;
	let end = at;
	return (value, to) => {
		if (value !== last) {
			let p = at;
			let scaled = value;
			if (value < 0) {
				scaled = -value;
				if (scaled > 0.5) view.setUint8(p++, 45);
			}
			const digits = (scaled + 0.5) | 0;
			scaled -= digits;
			if (!(scaled * scaled < 0.249999)) {
				last = Number.NaN; // its sign may stand there already
				return 0x40000000;
			}
			if (digits < 10) {
				view.setUint8(p, 48 + digits);
				end = p + 1;
			} else if (digits < 100) {
				view.setUint16(p, PAIRS[digits] as number);
				end = p + 2;
			} else end = putHundreds(view, p, digits);
			last = value;
		}
		bytes.copyWithin(to, from, end);
		return to + end - from;
	};
}

function tenthsPiece(bytes: Uint8Array, view: DataView, from: number, at: number): Piece {
	let last = Number.NaN;
	let end = at;
	return (value, to) => {
		if (value !== last) {
			let p = at;
			let scaled = value * 10;
			if (value < 0) {
				scaled = -scaled;
				if (scaled > 0.5) view.setUint8(p++, 45);
			}
			const digits = (scaled + 0.5) | 0;
			scaled -= digits;
			if (!(scaled * scaled < 0.249999)) {
				last = Number.NaN; // its sign may stand there already
				return 0x40000000;
			}
			if (digits < 1000) {
				const whole = (digits * 205) >> 11;
				if (whole < 10) {
					view.setUint32(p, 0x302e3000 + (whole << 24) + ((digits - whole * 10) << 8));
					end = p + 3;
				} else {
					view.setUint32(p, ((PAIRS[whole] as number) << 16) + 0x2e30 + digits - whole * 10);
					end = p + 4;
				}
			} else {
				const whole = (digits / 10) | 0;
				p = putHundreds(view, p, whole);
				view.setUint16(p, 0x2e30 + digits - whole * 10);
				end = p + 2;
			}
			last = value;
		}
		bytes.copyWithin(to, from, end);
		return to + end - from;
	};
}

function hundredthsPiece(bytes: Uint8Array, view: DataView, from: number, at: number): Piece {
	let last = Number.NaN;
	let end = at;
	return (value, to) => {
		if (value !== last) {
			let p = at;
			let scaled = value * 100;
			if (value < 0) {
				scaled = -scaled;
				if (scaled > 0.5) view.setUint8(p++, 45);
			}
			const digits = (scaled + 0.5) | 0;
			scaled -= digits;
			if (!(scaled * scaled < 0.249999)) {
				last = Number.NaN; // its sign may stand there already
				return 0x40000000;
			}
			if (digits < 1000) {
				const whole = (digits * 41) >> 12;
				view.setUint32(p, 0x302e0000 + (whole << 24) + (PAIRS[digits - whole * 100] as number));
				end = p + 4;
			} else if (digits < 10000) {
				const whole = (digits * 5243) >> 19;
				view.setUint16(p, PAIRS[whole] as number);
				view.setUint32(p + 2, 0x2e000000 + ((PAIRS[digits - whole * 100] as number) << 8));
				end = p + 5;
			} else if (digits < 100000) {
				const whole = ((digits >> 2) * 5243) >> 17;
				const high = (whole * 41) >> 12;
				view.setUint32(p, 0x3000002e + (high << 24) + ((PAIRS[whole - high * 100] as number) << 8));
				view.setUint16(p + 4, PAIRS[digits - whole * 100] as number);
				end = p + 6;
			} else {
				const whole = (digits / 100) | 0;
				p = putHundreds(view, p, whole);
				view.setUint32(p, 0x2e000000 + ((PAIRS[digits - whole * 100] as number) << 8));
				end = p + 3;
			}
			last = value;
		}
		bytes.copyWithin(to, from, end);
		return to + end - from;
	};
}

/** Three or four decimals. */
function finePiece(bytes: Uint8Array, view: DataView, from: number, at: number, decimals: number): Piece {
	const scale = 10 ** decimals;
	let last = Number.NaN;
	let end = at;
	return (value, to) => {
		if (value !== last) {
			let p = at;
			let scaled = value * scale;
			if (value < 0) {
				scaled = -scaled;
				if (scaled > 0.5) view.setUint8(p++, 45);
			}
			const digits = (scaled + 0.5) | 0;
			scaled -= digits;
			if (!(scaled * scaled < 0.249999)) {
				last = Number.NaN; // its sign may stand there already
				return 0x40000000;
			}
			const whole = (digits / scale) | 0;
			p = writeDigits(view, p, whole, digitCount(whole));
			view.setUint8(p, POINT);
			end = writeDigits(view, p + 1, digits - whole * scale, decimals);
			last = value;
		}
		bytes.copyWithin(to, from, end);
		return to + end - from;
	};
}

/** An integer above 99 in as many digits as it has; a byte behind it may be touched. */
function putHundreds(view: DataView, at: number, whole: number): number {
	if (whole > 9999) return writeInteger(view, at, whole);
	const high = (whole / 100) | 0;
	const pair = PAIRS[whole - high * 100] as number;
	if (high < 10) {
		view.setUint32(at, 0x30000000 + (high << 24) + (pair << 8));
		return at + 3;
	}
	view.setUint32(at, ((PAIRS[high] as number) << 16) + pair);
	return at + 4;
}

/** Ten digits at `at`, of which mostly the last four change. */
function keepNumber(view: DataView, at: number): (number: number) => void {
	let highest = -1;
	return (number) => {
		const high = Math.floor(number / 10000);
		if (high !== highest) {
			highest = high;
			writeDigits(view, at, high, NUMBER_DIGITS - 4);
		}
		const low = number - high * 10000;
		const hundreds = (low / 100) | 0;
		view.setUint32(at + 6, ((PAIRS[hundreds] as number) << 16) + (PAIRS[low - hundreds * 100] as number));
	};
}
