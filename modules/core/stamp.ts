// Time stamps of fixed width, so that they can be corrected in place once the clock is right.

import { writeInteger } from "./decimal.js";
import { ISO_TIME_BYTES, IsoTime, LAST_ISO_TIME } from "./iso-time.js";

export interface Stamp {
	/** Bytes that a stamp takes. */
	readonly length: number;
	/** Writes the moment (ms since 1970) at `at`; returns false and writes nothing if it has no such form. */
	write(bytes: Uint8Array, view: DataView, at: number, ms: number): boolean;
}

/** 2026-11-20T09:15:30.000Z */
export class IsoStamp implements Stamp {
	readonly length = ISO_TIME_BYTES;
	readonly #time = new IsoTime();

	write(bytes: Uint8Array, _view: DataView, at: number, ms: number): boolean {
		if (!this.#time.set(ms)) return false;
		bytes.set(this.#time.bytes, at);
		return true;
	}
}

/** Milliseconds since 1970, 13 digits: 2001-09-09 to 2286-11-20. */
export class MillisecondStamp implements Stamp {
	readonly length = 13;

	write(_bytes: Uint8Array, view: DataView, at: number, ms: number): boolean {
		if (!(ms >= 1e12 && ms < 1e13 && ms <= LAST_ISO_TIME)) return false;
		writeInteger(view, at, Math.floor(ms));
		return true;
	}
}
