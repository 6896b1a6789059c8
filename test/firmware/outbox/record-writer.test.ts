// The record writer: bounded by its slot, and its stamps where the ring says they are.

import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_DECIMAL_BYTES } from "../../../modules/core/decimal.js";
import { RecordWriter } from "../../../modules/outbox/record-writer.js";
import { RecordKind, Ring, ringBytes } from "../../../modules/outbox/ring.js";
import { IsoStamp, MillisecondStamp, type Stamp } from "../../../modules/outbox/stamp.js";
import { VirtualTime } from "../../support/virtual-time.js";

function setup(payloadBytes: number, stamps = 2, stamp: Stamp = new IsoStamp(), time = new VirtualTime()) {
	const size = ringBytes(3, payloadBytes, stamps);
	const bytes = new Uint8Array(16 + size + 16);
	const ring = new Ring({ bytes, at: 16, slots: 3, payloadBytes, stamps });
	const writer = new RecordWriter(bytes, ring.view, stamp, time, 7);
	const reserve = () => ring.reserve(RecordKind.Measure, false);
	const slots = [reserve(), reserve(), reserve()] as const;
	return { bytes, ring, writer, time, slots };
}

type Put = readonly [op: number, size: number, value: number];

describe("core: record writer", () => {
	it("never writes outside its slot's payload, whatever is put, and says when something did not fit", () => {
		const puts: fc.Arbitrary<Put[]> = fc.array(
			fc.tuple(fc.nat(3), fc.nat(30), fc.double({ min: -1e22, max: 1e22, noNaN: true })),
			{ maxLength: 12 },
		);
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 90 }), puts, (payloadBytes, list) => {
				const { bytes, ring, writer, time, slots } = setup(payloadBytes, 12);
				writer.begin(ring, slots[1], time.monotonic());
				const before = bytes.slice();
				const at = ring.payloadAt(slots[1]);
				let length = 0;
				let overflow = false;
				for (const [op, size, value] of list) {
					const room = payloadBytes - length;
					const need = [size, 1, MAX_DECIMAL_BYTES, 24][op] as number;
					if (need > room) overflow = true;
					if (op === 0) {
						writer.put(new Uint8Array(size).fill(0x55));
						if (need <= room) length += size;
					} else if (op === 1) {
						writer.byte(0x66);
						if (need <= room) length++;
					} else if (op === 2) {
						const fits = Math.abs(value) < 1e21 && need <= room;
						assert.equal(writer.decimal(value, size % 7), fits);
						if (fits) length = writer.length;
					} else {
						writer.stamp();
						if (need <= room) length += 24;
					}
					assert.equal(writer.length, length);
					assert.equal(writer.overflow, overflow);
				}
				assert.ok(writer.length <= payloadBytes);
				const header = at - 40 - 2 * 12;
				for (let i = 0; i < bytes.length; i++)
					if (i < header || i >= at + payloadBytes) assert.equal(bytes[i], before[i], `byte ${i - at}`);
			}),
			{ numRuns: 1000 },
		);
	});

	it("begin clears an earlier overflow", () => {
		const { ring, writer, slots } = setup(4);
		writer.begin(ring, slots[0], 0);
		writer.put(new Uint8Array(5));
		assert.equal(writer.overflow, true);
		writer.begin(ring, slots[1], 0);
		assert.equal(writer.overflow, false);
		writer.put(new Uint8Array(4));
		assert.equal(writer.overflow, false);
		assert.equal(writer.length, 4);
	});

	it("texts, bytes, numbers and stamps follow one another", () => {
		const { bytes, ring, writer, time, slots } = setup(120);
		time.set(Date.UTC(2026, 10, 20, 9, 15, 30), true);
		writer.begin(ring, slots[0], time.monotonic() - 1500);
		writer.put(Buffer.from("T="));
		assert.equal(writer.decimal(-21.456, 2), true);
		writer.byte(59);
		writer.stamp();
		writer.byte(33);
		const at = ring.payloadAt(slots[0]);
		const text = Buffer.from(bytes.subarray(at, at + writer.length)).toString();
		assert.equal(text, "T=-21.46;2026-11-20T09:15:28.500Z!");
		assert.equal(writer.wall, Date.UTC(2026, 10, 20, 9, 15, 28, 500));
		assert.equal(ring.stamped(slots[0]), true);
		assert.equal(ring.boot(slots[0]), 7);
		assert.equal(ring.monotonic(slots[0]), time.monotonic() - 1500);
		assert.equal(ring.stampCount(slots[0]), 1);
		assert.equal(ring.stampAt(slots[0], 0), at + 9);
	});

	it("without a trusted clock the stamp is zeros in its place, and the record is not stamped", () => {
		const { bytes, ring, writer, time, slots } = setup(60, 2, new MillisecondStamp());
		time.clockSet = false;
		writer.begin(ring, slots[0], time.monotonic());
		writer.byte(65);
		writer.stamp();
		writer.byte(66);
		const at = ring.payloadAt(slots[0]);
		assert.equal(Buffer.from(bytes.subarray(at, at + 15)).toString(), "A0000000000000B");
		assert.equal(writer.wall, -1);
		assert.equal(ring.stamped(slots[0]), false);
		assert.equal(ring.stampAt(slots[0], 0), at + 1);
	});

	it("a record whose stamp could not be written is not taken as stamped", () => {
		const { ring, writer, time, slots } = setup(60, 2, new MillisecondStamp());
		time.set(999, true); // trusted, but no moment that 13 digits can say
		writer.begin(ring, slots[0], time.monotonic());
		writer.stamp();
		assert.equal(ring.stamped(slots[0]), false);
	});

	it("rewind drops what came after an earlier length", () => {
		const { bytes, ring, writer, slots } = setup(60);
		writer.begin(ring, slots[0], 0);
		writer.put(Buffer.from("ab"));
		const before = writer.length;
		writer.put(Buffer.from("cdef"));
		assert.equal(writer.decimal(Number.NaN, 2), false);
		writer.rewind(before);
		writer.put(Buffer.from("X"));
		const at = ring.payloadAt(slots[0]);
		assert.equal(Buffer.from(bytes.subarray(at, at + writer.length)).toString(), "abX");
	});

	it("the record's number goes over its place with ten digits", () => {
		const { bytes, ring, writer, slots } = setup(60);
		writer.begin(ring, slots[2], 0);
		writer.put(Buffer.from("id:0000000000;"));
		writer.numberAt(3);
		assert.equal(writer.number, 3);
		const at = ring.payloadAt(slots[2]);
		assert.equal(Buffer.from(bytes.subarray(at, at + writer.length)).toString(), "id:0000000003;");
	});

	it("after an overflow the number is not written, for its place may lie outside", () => {
		const { bytes, ring, writer, slots } = setup(8);
		writer.begin(ring, slots[0], 0);
		const before = bytes.slice();
		writer.put(Buffer.from("id:0000000000;"));
		writer.numberAt(3);
		assert.deepEqual(bytes, before);
	});
});
