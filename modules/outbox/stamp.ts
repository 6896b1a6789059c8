// Time stamps of fixed width, so that they can be corrected in place once the clock is right.

import { PAIRS, writeDigits } from "../core/decimal.js";
import { ISO_TIME_BYTES, keepIsoTime, writeIsoTime } from "../core/iso-time.js";

export interface Stamp {
	/** Bytes that a stamp takes. */
	readonly length: number;
	/** Writes the moment (ms since 1970) at `at`; returns false and writes nothing if it has no such form. */
	write(bytes: Uint8Array, view: DataView, at: number, ms: number): boolean;
	/**
	 * Lays a stamp out in `bytes`, which `view` shows, at `at`, to stay there. The function that it returns
	 * sets it to a moment, writing only the digits that changed; it returns false and keeps the text if the
	 * moment has no such form.
	 */
	keep(bytes: Uint8Array, view: DataView, at: number): (ms: number) => boolean;
}

/** 2026-11-20T09:15:30.000Z */
export class IsoStamp implements Stamp {
	readonly length = ISO_TIME_BYTES;

	write(bytes: Uint8Array, view: DataView, at: number, ms: number): boolean {
		return writeIsoTime(bytes, view, at, ms);
	}
	keep(bytes: Uint8Array, view: DataView, at: number): (ms: number) => boolean {
		return keepIsoTime(bytes, view, at);
	}
}

/** Milliseconds since 1970, 13 digits: 2001-09-09 to 2286-11-20. */
export class MillisecondStamp implements Stamp {
	readonly length = 13;

	write(_bytes: Uint8Array, view: DataView, at: number, ms: number): boolean {
		const tens = writeTens(view, at, ms);
		if (!(tens >= 0)) return false;
		writeDigits(view, at + 9, (ms - tens) | 0, 4);
		return true;
	}
	keep(_bytes: Uint8Array, view: DataView, at: number): (ms: number) => boolean {
		/** First moment of the ten seconds that stand there. */
		let tens = Number.NaN;
		const lastFour = at + 9;
		return (ms) => {
			let rest = ms - tens;
			if (!(rest >= 0 && rest < 10000)) {
				tens = writeTens(view, lastFour - 9, ms);
				rest = ms - tens;
				if (!(rest >= 0)) return false;
			}
			rest = rest | 0;
			const hundreds = (rest * 5243) >> 19; // exact up to 43698
			view.setUint32(
				lastFour,
				((PAIRS[hundreds] as number) << 16) + (PAIRS[rest - hundreds * 100] as number),
			);
			return true;
		};
	}
}

/**
 * Writes all digits but the last four; returns what they say, ms since 1970, or NaN, with
 * nothing written, if the moment has not 13.
 */
function writeTens(view: DataView, at: number, ms: number): number {
	if (!(ms >= 1e12 && ms < 1e13)) return Number.NaN;
	const high = (ms / 10000) | 0;
	writeDigits(view, at, high, 9);
	return high * 10000;
}
