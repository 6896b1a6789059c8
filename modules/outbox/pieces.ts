// A message that goes out in pieces: its constant parts, its records, and what of it fits at a time.

import type { Lane } from "./lane.js";
import { RecordState, stateOf } from "./ring.js";

export class Pieces {
	/** Bytes that are still to come. */
	left = 0;
	private segmentAt = 0;
	private segmentLeft = 0;
	private lane: Lane | undefined;
	private first = -1;
	/** The record that was taken last. */
	private record = -1;
	private recordsLeft = 0;
	private separatorNext = false;

	/** The message of `lane.length` bytes has these records, which are being sent. */
	begin(lane: Lane, first: number, count: number): void {
		this.lane = lane;
		this.first = first;
		this.left = lane.length;
		const prefix = lane.prefixBytes;
		if (prefix > 0) {
			this.segmentAt = lane.prefixAt;
			this.segmentLeft = prefix;
			this.record = -1;
			this.recordsLeft = count;
			this.separatorNext = false;
		} else {
			const { ring } = lane;
			this.segmentAt = ring.payloadAt(first);
			this.segmentLeft = ring.lengths[first] as number;
			this.record = first;
			this.recordsLeft = count - 1;
			this.separatorNext = true;
		}
	}

	/** Copies the next `room` bytes (or fewer at the end) to `bytes` at `at`; returns how many. */
	copy(bytes: Uint8Array, at: number, room: number): number {
		const left = this.left;
		const all = room < left ? room : left;
		let done = 0;
		while (done < all) {
			if (this.segmentLeft === 0) this.nextSegment();
			const from = this.segmentAt;
			const segment = this.segmentLeft;
			const n = segment > all - done ? all - done : segment;
			bytes.copyWithin(at + done, from, from + n);
			this.segmentAt = from + n;
			this.segmentLeft = segment - n;
			done += n;
		}
		this.left = left - done;
		return done;
	}

	private nextSegment(): void {
		const lane = this.lane as Lane;
		const ring = lane.ring;
		if (this.recordsLeft === 0) {
			this.segmentAt = lane.suffixAt;
			this.segmentLeft = lane.suffixBytes;
		} else if (this.separatorNext && lane.separatorBytes > 0) {
			this.segmentAt = lane.separatorAt;
			this.segmentLeft = lane.separatorBytes;
			this.separatorNext = false;
		} else {
			// From the last record on: records being sent never leave the chain, their neighbours may.
			let slot = this.record < 0 ? this.first : ring.after(this.record);
			while (stateOf(ring, slot) !== RecordState.Sending) slot = ring.after(slot);
			this.segmentAt = ring.payloadAt(slot);
			this.segmentLeft = ring.lengths[slot] as number;
			this.record = slot;
			this.recordsLeft--;
			this.separatorNext = true;
		}
	}
}
