// Time stamps of fixed width, so that they can be corrected in place once the clock is right.

import { PAIRS, writeDigits } from "./decimal.js";
import { ISO_TIME_BYTES, IsoTime, LAST_ISO_TIME } from "./iso-time.js";

export interface Stamp {
	/** Bytes that a stamp takes. */
	readonly length: number;
	/** Writes the moment (ms since 1970) at `at`; returns false and writes nothing if it has no such form. */
	write(bytes: Uint8Array, view: DataView, at: number, ms: number): boolean;
	/** Lays a stamp out in `bytes` at `at`, to stay. */
	keep(bytes: Uint8Array, at: number): KeptStamp;
}

/** A stamp that stays where it is, so that only the digits that changed are written. */
export interface KeptStamp {
	/** Position in the buffer; whoever moves the text says so here. */
	at: number;
	/** Ms since 1970; returns false and keeps the text if the moment has no such form. */
	set(ms: number): boolean;
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
	keep(bytes: Uint8Array, at: number): KeptStamp {
		return new IsoTime(bytes, at);
	}
}

/** Milliseconds since 1970, 13 digits: 2001-09-09 to 2286-11-20. */
export class MillisecondStamp implements Stamp {
	readonly length = 13;

	write(_bytes: Uint8Array, view: DataView, at: number, ms: number): boolean {
		if (!(ms >= 1e12 && ms < 1e13 && ms <= LAST_ISO_TIME)) return false;
		const whole = Math.floor(ms);
		const high = (whole / 1e7) | 0;
		writeDigits(view, at, high, 6);
		writeDigits(view, at + 6, whole - high * 1e7, 7);
		return true;
	}
	keep(bytes: Uint8Array, at: number): KeptStamp {
		return new KeptMilliseconds(bytes, at);
	}
}

class KeptMilliseconds implements KeptStamp {
	at: number;
	readonly #view: DataView;
	/** Tens of seconds. */
	#high = -1;

	constructor(bytes: Uint8Array, at: number) {
		this.at = at;
		this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	set(ms: number): boolean {
		if (!(ms >= 1e12 && ms < 1e13 && ms <= LAST_ISO_TIME)) return false;
		const view = this.#view;
		const high = (ms / 10000) | 0;
		const low = (ms - high * 10000) | 0;
		if (high !== this.#high) {
			this.#high = high;
			writeDigits(view, this.at, high, 9);
		}
		const hundreds = (low / 100) | 0;
		view.setUint16(this.at + 9, PAIRS[hundreds] as number);
		view.setUint16(this.at + 11, PAIRS[low - hundreds * 100] as number);
		return true;
	}
}
