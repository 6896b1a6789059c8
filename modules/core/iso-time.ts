// ISO 8601 in UTC with milliseconds, always 24 bytes: 2026-11-20T09:15:30.000Z. Kept in place; a second
// later only the digits that changed are written.

import { writeDigits } from "./decimal.js";

export const ISO_TIME_BYTES = 24;
/** 9999-12-31T23:59:59.999Z, the last moment with a four-digit year. */
export const LAST_ISO_TIME = 253402300799999;
const DAY = 86400000;

export class IsoTime {
	/** The text of the last accepted moment; before that, of no moment (zeros). */
	readonly bytes: Uint8Array;
	readonly #view: DataView;
	#day = -1;
	#second = -1;

	constructor() {
		this.bytes = new Uint8Array(ISO_TIME_BYTES);
		this.#view = new DataView(this.bytes.buffer);
		this.bytes.fill(48);
		this.bytes[4] = this.bytes[7] = 45;
		this.bytes[10] = 84;
		this.bytes[13] = this.bytes[16] = 58;
		this.bytes[19] = 46;
		this.bytes[23] = 90;
	}

	/** Milliseconds since 1970, 0 to 9999-12-31; fractions are cut. Returns false and keeps the old text otherwise. */
	set(ms: number): boolean {
		if (!(ms >= 0 && ms < LAST_ISO_TIME + 1)) return false;
		const day = (ms / DAY) | 0;
		const inDay = (ms - day * DAY) | 0;
		const view = this.#view;
		if (day !== this.#day) {
			this.#day = day;
			this.#second = -1;
			this.#setDate(day);
		}
		const second = (inDay / 1000) | 0;
		if (second !== this.#second) {
			this.#second = second;
			const hour = (second / 3600) | 0;
			const minute = ((second - hour * 3600) / 60) | 0;
			writeDigits(view, 11, hour, 2);
			writeDigits(view, 14, minute, 2);
			writeDigits(view, 17, second - hour * 3600 - minute * 60, 2);
		}
		writeDigits(view, 20, inDay - second * 1000, 3);
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
		writeDigits(this.#view, 0, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
		writeDigits(this.#view, 5, month, 2);
		writeDigits(this.#view, 8, dayOfYear - (((153 * shifted + 2) / 5) | 0) + 1, 2);
	}
}
