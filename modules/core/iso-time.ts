// ISO 8601 in UTC with milliseconds, always 24 bytes: 2026-11-20T09:15:30.000Z. Where one is kept in place,
// within a minute only seconds and milliseconds are written.

import { PAIRS, writeDigits } from "./decimal.js";

export const ISO_TIME_BYTES = 24;
/** 9999-12-31T23:59:59.999Z, the last moment with a four-digit year. */
export const LAST_ISO_TIME = 253402300799999;
const DAY = 86400000;
const MINUTE = 60000;

/**
 * Writes a moment (ms since 1970, up to 9999-12-31; fractions are cut) at `at`; false, and nothing, for any
 * other.
 */
export function writeIsoTime(bytes: Uint8Array, view: DataView, at: number, ms: number): boolean {
	const minute = writeMinute(view, at, ms);
	if (!(minute >= 0)) return false;
	const rest = (ms - minute) | 0;
	const seconds = (rest / 1000) | 0;
	writeMarks(bytes, at);
	writeDigits(view, at + 17, seconds, 2);
	writeDigits(view, at + 20, rest - seconds * 1000, 3);
	return true;
}

/**
 * Lays a time out in `bytes`, which `view` shows, at `at`, first of no moment (zeros). The function that it
 * returns sets it as writeIsoTime does; it returns false and keeps the old text for what has no such form.
 */
export function keepIsoTime(bytes: Uint8Array, view: DataView, at: number): (ms: number) => boolean {
	/** First moment of the minute that stands there, since 1970, and the second within it. */
	let minute = Number.NaN;
	let second = -1;
	const millisecondsAt = at + 19;
	bytes.fill(48, at, at + ISO_TIME_BYTES);
	writeMarks(bytes, at);
	return (ms) => {
		let rest = ms - minute;
		if (!(rest >= 0 && rest < 60000)) {
			minute = writeMinute(view, millisecondsAt - 19, ms);
			rest = ms - minute;
			if (!(rest >= 0)) return false;
		}
		rest = rest | 0;
		// Thousands and hundreds by product and shift, exact for what a minute has: XS divides through doubles.
		const seconds = ((rest >> 3) * 33555) >> 22;
		if (seconds !== second) {
			second = seconds;
			view.setUint16(millisecondsAt - 2, PAIRS[seconds] as number);
		}
		rest -= seconds * 1000;
		const hundreds = (rest * 41) >> 12;
		view.setUint32(millisecondsAt, 0x2e300000 + (hundreds << 16) + (PAIRS[rest - hundreds * 100] as number));
		return true;
	};
}

/** Everything that is no digit. */
function writeMarks(bytes: Uint8Array, at: number): void {
	bytes[at + 4] = bytes[at + 7] = 45;
	bytes[at + 10] = 84;
	bytes[at + 13] = bytes[at + 16] = 58;
	bytes[at + 19] = 46;
	bytes[at + 23] = 90;
}

/**
 * Writes date, hour and minute; returns the first moment of the minute, or NaN, with nothing written, if
 * there is none.
 */
function writeMinute(view: DataView, at: number, ms: number): number {
	if (!(ms >= 0 && ms < LAST_ISO_TIME + 1)) return Number.NaN;
	const days = (ms / DAY) | 0;
	const minutes = ((ms - days * DAY) / MINUTE) | 0;
	const hour = (minutes / 60) | 0;
	writeDate(view, at, days);
	writeDigits(view, at + 11, hour, 2);
	writeDigits(view, at + 14, minutes - hour * 60, 2);
	return days * DAY + minutes * MINUTE;
}

/** Days since 1970 as a civil date, in the proleptic Gregorian calendar with years that begin in March. */
function writeDate(view: DataView, at: number, day: number): void {
	const z = day + 719468;
	const era = (z / 146097) | 0;
	const dayOfEra = z - era * 146097;
	const yearOfEra =
		((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0;
	const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
	const shifted = ((5 * dayOfYear + 2) / 153) | 0;
	const month = shifted < 10 ? shifted + 3 : shifted - 9;
	writeDigits(view, at, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
	writeDigits(view, at + 5, month, 2);
	writeDigits(view, at + 8, dayOfYear - (((153 * shifted + 2) / 5) | 0) + 1, 2);
}
