// A record's text in kept pieces: each holds constants and the value behind them, in a place of its own. For a sample
// only the values that changed are written anew, then the pieces are joined in the record by copyWithin. Nothing ever
// moves inside a piece, so a write may touch what lies behind a value's text, and four characters go at once.
//
// On XS every step of the script costs hundreds of instructions, so this is several times cheaper than putting the
// text together anew; the arrangement follows what was measured there. A variable of an enclosing function costs a
// quarter of a property to read, hence functions that keep their state in such variables, one kind for each number of
// decimals; an element of an array costs less than one of a typed array, and a write of four bytes no more than one of
// a single byte.

import { digitCount, MINUS, NUMBER_DIGITS, PAIRS, POINT, writeDigits, writeInteger } from "./decimal.js";
import type { Stamp } from "./stamp.js";

/** Constant bytes; a channel's value, in the order of channels; the time of the sample; the record's running number (10 digits). */
export type TemplatePart =
	| Uint8Array
	| { readonly channel: number; readonly decimals: number }
	| "stamp"
	| "number";

export interface RecordTemplate {
	/** Most bytes that `write` can write. */
	readonly recordBytes: number;
	/**
	 * Writes a sample to `to` and the `recordBytes` behind it: its values as writeDecimal has them, its wall time and the
	 * record's number. Returns the position behind it, or -1 for values that writeDecimal has to look at (none, too
	 * large, near a tie) and for a moment that has no stamp.
	 */
	write(values: readonly number[], wallMs: number, number: number, to: number): number;
}

/** Copies a piece with this value to `to`; returns the position behind it, or -1 for a value that is not for us. */
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

/** Lays the parts out in `bytes` from `start` on, in the `templateBytes` bytes there. */
export function recordTemplate(
	bytes: Uint8Array,
	start: number,
	stamp: Stamp,
	parts: readonly TemplatePart[],
): RecordTemplate {
	if (start + templateBytes(stamp, parts) > bytes.length) throw new RangeError("template: does not fit");
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const pieces: Piece[] = [];
	/** The first stamp is kept, the others are copies of it. */
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
	const stampAt = stamps.shift() ?? -1;
	const stampEnd = stampAt + stamp.length;
	const setStamp = stampAt < 0 ? () => true : stamp.keep(bytes, stampAt);
	const copies = stamps.length;
	const count = pieces.length;
	return Object.freeze({
		recordBytes,
		write(values: readonly number[], wallMs: number, number: number, to: number): number {
			if (!setStamp(wallMs)) return -1;
			for (let i = 0; i < copies; i++) bytes.copyWithin(stamps[i] as number, stampAt, stampEnd);
			if (setNumber !== undefined) setNumber(number);
			let p = to;
			for (let i = 0; i < count; i++) {
				p = (pieces[i] as Piece)(values[i] as number, p);
				if (p < 0) return -1;
			}
			bytes.copyWithin(p, tail, tailEnd);
			return p + tailEnd - tail;
		},
	});
}

/**
 * The constants at [from, at), with a value behind them.
 *
 * The product of a value with its scale is rounded: only within a millionth of a tie can that hide on which side the
 * exact value lies, and such a value is refused. So is what has no 31 bits, or is no number: its rest is not below 1.
 * (The bounds are written out in each: a constant of the module would cost a function that keeps it more.)
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
			let rest = value < 0 ? -value : value;
			let whole = rest | 0;
			rest -= whole;
			if (!(rest < 0.499999)) {
				if (!(rest > 0.500001 && rest < 1)) return -1;
				whole++;
			}
			end = at;
			if (value < 0 && whole > 0) view.setUint8(end++, MINUS);
			if (whole < 10) view.setUint8(end++, 48 + whole);
			else if (whole < 100) {
				view.setUint16(end, PAIRS[whole] as number);
				end += 2;
			} else end = putHundreds(view, end, whole);
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
			let rest = value < 0 ? value * -10 : value * 10;
			let digits = rest | 0;
			rest -= digits;
			if (!(rest < 0.499999)) {
				if (!(rest > 0.500001 && rest < 1)) return -1;
				digits++;
			}
			end = at;
			if (value < 0 && digits > 0) view.setUint8(end++, MINUS);
			const whole = (digits / 10) | 0;
			digits -= whole * 10;
			if (whole < 10) {
				view.setUint32(end, 0x302e3000 + (whole << 24) + (digits << 8));
				end += 3;
			} else if (whole < 100) {
				view.setUint32(end, ((PAIRS[whole] as number) << 16) + 0x2e30 + digits);
				end += 4;
			} else {
				end = putHundreds(view, end, whole);
				view.setUint16(end, 0x2e30 + digits);
				end += 2;
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
			let rest = value < 0 ? value * -100 : value * 100;
			let digits = rest | 0;
			rest -= digits;
			if (!(rest < 0.499999)) {
				if (!(rest > 0.500001 && rest < 1)) return -1;
				digits++;
			}
			end = at;
			if (value < 0 && digits > 0) view.setUint8(end++, MINUS);
			const whole = (digits / 100) | 0;
			const pair = PAIRS[digits - whole * 100] as number;
			if (whole < 10) {
				view.setUint32(end, 0x302e0000 + (whole << 24) + pair);
				end += 4;
			} else {
				if (whole < 100) {
					view.setUint16(end, PAIRS[whole] as number);
					end += 2;
				} else end = putHundreds(view, end, whole);
				view.setUint32(end, 0x2e000000 + (pair << 8));
				end += 3;
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
			let rest = value < 0 ? value * -scale : value * scale;
			let digits = rest | 0;
			rest -= digits;
			if (!(rest < 0.499999)) {
				if (!(rest > 0.500001 && rest < 1)) return -1;
				digits++;
			}
			end = at;
			if (value < 0 && digits > 0) view.setUint8(end++, MINUS);
			const whole = (digits / scale) | 0;
			end = writeDigits(view, end, whole, digitCount(whole));
			view.setUint8(end, POINT);
			end = writeDigits(view, end + 1, digits - whole * scale, decimals);
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
