// Numbers as text without allocating: the same digits as ECMA-262 Number.prototype.toFixed, written in place.
// Not toFixed itself, because that allocates a wrapper and a string per call, and is wrong on some engines.

/** Most fraction digits that `writeDecimal` can write. */
export const MAX_DECIMALS = 6;
/** Most bytes that one number can take: sign, 21 digits, point, 6 digits. */
export const MAX_DECIMAL_BYTES = 29;
/** First magnitude that is refused, as toFixed would turn to exponents here. */
const LIMIT = 1e21;
export const MINUS = 45;
export const POINT = 46;
const VELTKAMP = 134217729; // 2^27 + 1, splits a double into two halves whose products are exact

const SCALE: readonly number[] = Object.freeze([1, 10, 100, 1000, 10000, 100000, 1000000]);
/**
 * "00" to "99" as big-endian pairs. No typed array: on XS an element of one costs nearly twice as much to
 * read.
 */
export const PAIRS: readonly number[] = Object.freeze(
	Array.from({ length: 100 }, (_, n) => ((48 + ((n / 10) | 0)) << 8) | (48 + (n % 10))),
);

/**
 * Writes exactly `width` (even or odd) decimal digits of an integer below 2^31 and returns the position
 * behind them.
 */
export function writeDigits(view: DataView, at: number, value: number, width: number): number {
	let p = at + width;
	let v = value;
	while (p - at >= 2) {
		const rest = (v / 100) | 0;
		p -= 2;
		view.setUint16(p, PAIRS[v - rest * 100] as number);
		v = rest;
	}
	if (p > at) view.setUint8(at, 48 + (v % 10));
	return at + width;
}

/** Number of decimal digits of an integer in [0, 2^31). */
export function digitCount(value: number): number {
	if (value < 10000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
	if (value < 1e8) return value < 1e6 ? (value < 1e5 ? 5 : 6) : value < 1e7 ? 7 : 8;
	return value < 1e9 ? 9 : 10;
}

/** Writes an unsigned integer below 1e21. */
export function writeInteger(view: DataView, at: number, value: number): number {
	if (value < 1e9) return writeDigits(view, at, value, digitCount(value));
	const low = value % 1e9; // exact, as fmod is
	// The difference may need more than 53 bits; rounding restores the quotient, which never does.
	const p = writeInteger(view, at, Math.round((value - low) / 1e9));
	return writeDigits(view, p, low, 9);
}

/**
 * Writes `value` with `decimals` (0 to 6) fraction digits at `at` and returns the position behind the text.
 * Ties of the exact binary value go away from zero, as in toFixed; a negative value that rounds to zero has
 * no sign. Returns -1 and writes nothing if the value is NaN, infinite, or not below 1e21 in magnitude.
 */
export function writeDecimal(view: DataView, at: number, value: number, decimals: number): number {
	const magnitude = value < 0 ? -value : value;
	if (!(magnitude < LIMIT)) return -1;
	let whole = magnitude < 2147483648 ? magnitude | 0 : Math.floor(magnitude);
	const fraction = magnitude - whole; // exact
	const scale = SCALE[decimals] as number;
	const scaled = fraction * scale;
	let digits = scaled | 0;
	const rest = scaled - digits; // exact
	if (rest > 0.5) digits++;
	else if (rest === 0.5) {
		// Only here can the rounding of the product hide on which side of the tie the exact value lies (Dekker).
		const c = VELTKAMP * fraction;
		const high = c - (c - fraction);
		if (high * scale - scaled + (fraction - high) * scale >= 0) digits++;
	}
	if (digits === scale) {
		digits = 0;
		whole++;
	}
	let p = at;
	if (value < 0 && (whole > 0 || digits > 0)) view.setUint8(p++, MINUS);
	p = writeInteger(view, p, whole);
	if (decimals > 0) {
		view.setUint8(p, POINT);
		p = writeDigits(view, p + 1, digits, decimals);
	}
	return p;
}

/** Digits of `writeNumber`. */
export const NUMBER_DIGITS = 10;

/** Ten digits, for numbers up to 2^32 - 1. */
export function writeNumber(view: DataView, at: number, number: number): void {
	const high = Math.floor(number / 100000);
	writeDigits(view, at, high, 5);
	writeDigits(view, at + 5, number - high * 100000, 5);
}
