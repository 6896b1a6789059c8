// Writes one record's payload into its slot, bounded, without allocating.

import type { Clock } from "../core/clock.js";
import { MAX_DECIMAL_BYTES, writeDecimal, writeInteger, writeNumber } from "../core/decimal.js";
import type { Ring } from "./ring.js";
import type { Stamp } from "./stamp.js";

const QUOTE = 34;
const BACKSLASH = 92;

/** Bytes that `escaped` writes. */
export function escapedLength(bytes: Uint8Array, start: number, end: number): number {
	let length = end - start;
	for (let i = start; i < end; i++) {
		const c = bytes[i] as number;
		if (c < 32) length += 5;
		else if (c === QUOTE || c === BACKSLASH) length++;
	}
	return length;
}

export class RecordWriter {
	/** Set when something did not fit; nothing was written beyond the slot. */
	overflow = false;
	private readonly stampForm: Stamp;
	private readonly clock: Clock;
	private readonly boot: number;
	private readonly view: DataView;
	private readonly bytes: Uint8Array;
	private ring: Ring | undefined;
	private slot = -1;
	private start = 0;
	private at = 0;
	private end = 0;
	private wallMs = -1;
	private sampledAt = 0;

	constructor(bytes: Uint8Array, view: DataView, stamp: Stamp, clock: Clock, boot: number) {
		this.bytes = bytes;
		this.view = view;
		this.stampForm = stamp;
		this.clock = clock;
		this.boot = boot;
	}

	/** Begins a record that was taken at `monotonicMs` of this boot. */
	begin(ring: Ring, slot: number, monotonicMs: number): void {
		this.ring = ring;
		this.slot = slot;
		this.start = this.at = ring.payloadAt(slot);
		this.end = this.start + ring.payloadBytes;
		this.overflow = false;
		this.sampledAt = monotonicMs;
		this.wallMs = this.clock.wallAt(monotonicMs);
	}

	/** Bytes written so far. */
	get length(): number {
		return this.at - this.start;
	}
	/** The record's running number. */
	get number(): number {
		return (this.ring as Ring).number(this.slot);
	}
	/**
	 * Writes the record's number with 10 digits at `offset` from the payload's begin, over what was put there.
	 */
	numberAt(offset: number): void {
		if (!this.overflow) writeNumber(this.view, this.start + offset, this.number);
	}
	/** Wall time of the sample, or -1 if it is not known yet. */
	get wall(): number {
		return this.wallMs;
	}

	put(text: Uint8Array): void {
		if (!this.fits(text.length)) return;
		this.bytes.set(text, this.at);
		this.at += text.length;
	}

	/**
	 * Bytes of well-formed text as the inside of a JSON string (RFC 8259, section 7). For short texts: a loop.
	 */
	escaped(bytes: Uint8Array, start: number, end: number): void {
		if (!this.fits(escapedLength(bytes, start, end))) return;
		const view = this.view;
		let p = this.at;
		for (let i = start; i < end; i++) {
			const c = bytes[i] as number;
			if (c === QUOTE || c === BACKSLASH) view.setUint8(p++, BACKSLASH);
			if (c >= 32) view.setUint8(p++, c);
			else {
				view.setUint32(p, 0x5c753030); // \u00
				view.setUint8(p + 4, 48 + (c >> 4));
				view.setUint8(p + 5, (c & 15) + ((c & 15) < 10 ? 48 : 87));
				p += 6;
			}
		}
		this.at = p;
	}

	byte(value: number): void {
		if (this.fits(1)) this.view.setUint8(this.at++, value);
	}

	/** A whole number from 0 to below 1e21: where the stack is deep, `decimal` takes too much of it. */
	whole(value: number): void {
		if (this.fits(MAX_DECIMAL_BYTES)) this.at = writeInteger(this.view, this.at, value);
	}

	/** Returns false and writes nothing for a value that has no decimal form (see writeDecimal). */
	decimal(value: number, decimals: number): boolean {
		if (!this.fits(MAX_DECIMAL_BYTES)) return false;
		const p = writeDecimal(this.view, this.at, value, decimals);
		if (p < 0) return false;
		this.at = p;
		return true;
	}

	/** A constant text with a value behind it; neither is written if the value has no decimal form (false). */
	value(head: Uint8Array, value: number, decimals: number): boolean {
		const before = this.at;
		this.put(head);
		if (this.decimal(value, decimals)) return true;
		this.at = before;
		return false;
	}

	/** The time of the sample; corrected later if the clock is not right yet. */
	stamp(): void {
		const stamp = this.stampForm;
		if (!this.fits(stamp.length)) return;
		const ring = this.ring as Ring;
		if (ring.stampCount(this.slot) === 0) ring.setSampled(this.slot, this.boot, this.sampledAt);
		ring.addStamp(this.slot, this.at);
		if (this.wallMs < 0 || !stamp.write(this.bytes, this.view, this.at, this.wallMs)) {
			ring.setStamped(this.slot, false);
			this.bytes.fill(48, this.at, this.at + stamp.length);
		}
		this.at += stamp.length;
	}

	/** Goes back to an earlier `length`, to drop a part that turned out to have no value. */
	rewind(length: number): void {
		this.at = this.start + length;
	}

	private fits(n: number): boolean {
		if (this.at + n <= this.end) return true;
		this.overflow = true;
		return false;
	}
}
