// ISO 8601 in UTC with milliseconds, always 24 bytes: 2026-11-20T09:15:30.000Z. Kept in place; a second
// later only the digits that changed are written.

import { PAIRS, writeDigits } from "./decimal.js";

export const ISO_TIME_BYTES = 24;
/** 9999-12-31T23:59:59.999Z, the last moment with a four-digit year. */
export const LAST_ISO_TIME = 253402300799999;
const DAY = 86400000;

export class IsoTime {
	/** Holds the text of the last accepted moment; before that, of no moment (zeros). */
	readonly bytes: Uint8Array;
	/** Where it lies in `bytes`; whoever moves the text says so here. */
	at: number;
	readonly #view: DataView;
	#day = -1;
	#second = -1;
	#minutes = -1;
	#millisecond = 0;

	constructor(bytes: Uint8Array = new Uint8Array(ISO_TIME_BYTES), at = 0) {
		this.bytes = bytes;
		this.at = at;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
		bytes.fill(48, at, at + ISO_TIME_BYTES);
		bytes[at + 4] = bytes[at + 7] = 45;
		bytes[at + 10] = 84;
		bytes[at + 13] = bytes[at + 16] = 58;
		bytes[at + 19] = 46;
		bytes[at + 23] = 90;
	}

	/** Milliseconds since 1970, 0 to 9999-12-31; fractions are cut. Returns false and keeps the old text otherwise. */
	set(ms: number): boolean {
		if (!(ms >= 0 && ms < LAST_ISO_TIME + 1)) return false;
		const day = (ms / DAY) | 0;
		const inDay = (ms - day * DAY) | 0;
		const view = this.#view;
		const { at } = this;
		if (day !== this.#day) {
			this.#day = day;
			this.#second = this.#minutes = -1;
			this.#setDate(day);
		}
		const second = (inDay / 1000) | 0;
		if (second !== this.#second) {
			this.#second = second;
			const minutes = (second / 60) | 0;
			if (minutes !== this.#minutes) {
				this.#minutes = minutes;
				const hour = (minutes / 60) | 0;
				view.setUint16(at + 11, PAIRS[hour] as number);
				view.setUint16(at + 14, PAIRS[minutes - hour * 60] as number);
			}
			view.setUint16(at + 17, PAIRS[second - minutes * 60] as number);
		}
		const millisecond = inDay - second * 1000;
		if (millisecond !== this.#millisecond) {
			this.#millisecond = millisecond;
			writeDigits(view, at + 20, millisecond, 3);
		}
		return true;
	}

	/** Days since 1970 to the civil date, in the proleptic Gregorian calendar with years that begin in March. */
	#setDate(day: number): void {
		const z = day + 719468;
		const era = (z / 146097) | 0;
		const dayOfEra = z - era * 146097;
		const yearOfEra =
			((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0;
		const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
		const shifted = ((5 * dayOfYear + 2) / 153) | 0;
		const month = shifted < 10 ? shifted + 3 : shifted - 9;
		writeDigits(this.#view, this.at, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
		writeDigits(this.#view, this.at + 5, month, 2);
		writeDigits(this.#view, this.at + 8, dayOfYear - (((153 * shifted + 2) / 5) | 0) + 1, 2);
	}
}
