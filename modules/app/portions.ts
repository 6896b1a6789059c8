// A sample whose channels go different ways: each portion that has a value becomes a record of its own.

import type { Portion } from "../cloud/cloud.js";
import type { Sample } from "../core/channels.js";
import type { Arena } from "../outbox/arena.js";
import {
	REFUSED,
	type RecordTemplate,
	recordTemplate,
	type TemplatePart,
	templateBytes,
} from "../outbox/record-template.js";
import type { RecordWriter } from "../outbox/record-writer.js";
import { RecordKind, RecordState, type Ring, setRoute, stateOf } from "../outbox/ring.js";
import type { Stamp } from "../outbox/stamp.js";
import type { Health } from "./health.js";

/** A portion, and what is kept for it. */
interface Kept {
	readonly portion: Portion;
	readonly template: RecordTemplate;
	/** Of its own channels. */
	readonly values: number[];
	/** A bit for each of them, by its place in a sample. */
	readonly bits: number;
	/** Its record of the last sample, by slot and number; -1: there is none. */
	slot: number;
	number: number;
}

export class Portions {
	/** A record of the last sample did not fit. */
	overflow = false;
	/** Bits of the channels of which the last sample is in the ring, or had no value. */
	kept = 0;
	private readonly all: readonly Kept[];
	private readonly ring: Ring;
	private readonly writer: RecordWriter;
	private readonly health: Health;

	/** `texts`: the portions' templates. */
	constructor(
		portions: readonly Portion[],
		texts: readonly TemplatePart[][],
		arena: Arena,
		stamp: Stamp,
		writer: RecordWriter,
		health: Health,
	) {
		this.ring = arena.measures.ring;
		this.writer = writer;
		this.health = health;
		let at = arena.templateAt;
		this.all = portions.map((portion, i) => {
			const text = texts[i] as TemplatePart[];
			const template = recordTemplate(arena.bytes, arena.view, at, stamp, text);
			if (template.recordBytes > this.ring.payloadBytes)
				throw new RangeError("node: a record has less room than its template needs");
			at += templateBytes(stamp, text);
			let bits = 0;
			for (const place of portion.places) bits |= 1 << place;
			const values = portion.places.map(() => Number.NaN);
			return { portion, template, values, bits, slot: -1, number: 0 };
		});
	}

	/** Takes a sample; returns how many records it has become. */
	take(values: Sample, sampledAt: number, wall: number): number {
		const { all, ring, health } = this;
		let records = 0;
		this.overflow = false;
		this.kept = 0;
		for (let i = 0; i < all.length; i++) {
			const one = all[i] as Kept;
			one.slot = -1;
			if (!fill(one, values)) {
				health.missingValues += one.values.length;
				this.kept |= one.bits;
				continue;
			}
			const slot = ring.reserve(RecordKind.Measure, true);
			if (slot < 0) {
				health.missingValues += countMissing(one.values);
				health.droppedSamples++;
				continue;
			}
			one.number = ring.lastNumber;
			if (this.write(one, slot, sampledAt, wall)) {
				one.slot = slot;
				records++;
			} else {
				ring.abandon(slot);
				health.droppedSamples++;
			}
		}
		health.accepted += records;
		this.look();
		return records;
	}

	/** In a ring that is full of what is under way, a portion may have pushed out another one. */
	private look(): void {
		const { all, ring } = this;
		for (let i = 0; i < all.length; i++) {
			const { slot, number, bits } = all[i] as Kept;
			if (slot >= 0 && stateOf(ring, slot) === RecordState.Queued && ring.number(slot) === number)
				this.kept |= bits;
		}
	}

	/** Writes a portion into its slot: by the template, or part by part where that is not possible. */
	private write({ portion, template, values }: Kept, slot: number, sampledAt: number, wall: number): boolean {
		const { ring, writer } = this;
		setRoute(ring, slot, portion.route);
		if (wall >= 0) {
			const end = template.write(values, wall, ring.lastNumber, ring.writeAt);
			if (end < REFUSED) {
				ring.commit(slot, end - ring.writeAt);
				return true;
			}
		}
		writer.begin(ring, slot, sampledAt);
		const written = portion.encoder.encode(writer, values);
		this.health.missingValues += values.length - written;
		if (writer.overflow) this.overflow = true;
		if (written === 0 || writer.overflow) return false;
		ring.commit(slot, writer.length);
		return true;
	}
}

/** Takes over the values of its channels; false if there is none. */
function fill({ portion, values }: Kept, sample: Sample): boolean {
	const { places } = portion;
	let any = false;
	for (let i = 0; i < places.length; i++) {
		const value = sample[places[i] as number] as number;
		values[i] = value;
		if (!Number.isNaN(value)) any = true;
	}
	return any;
}

function countMissing(values: readonly number[]): number {
	let missing = 0;
	for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i] as number)) missing++;
	return missing;
}
