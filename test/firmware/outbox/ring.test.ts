// The ring against a plain array, with every payload byte watched.

import assert from "node:assert/strict";
import fc from "fast-check";
import {
	packetOf,
	RecordKind,
	RecordState,
	Ring,
	ringBytes,
	sendingsOf,
	stateOf,
} from "../../../modules/outbox/ring.js";

const KINDS = Object.values(RecordKind);
const AT = 24;
const GUARD = 0xee;

interface Model {
	slot: number;
	kind: number;
	state: number;
	number: number;
	payload: Uint8Array;
	message: number;
	attempts: number;
	packet: number;
	tag: number;
	stamped: boolean;
}

interface Step {
	op: number;
	pick: number;
	kind: number;
	length: number;
	evict: boolean;
	state: number;
}

const step: fc.Arbitrary<Step> = fc.record({
	op: fc.nat(9),
	pick: fc.nat(1000),
	kind: fc.constantFrom(...KINDS),
	length: fc.nat(13),
	evict: fc.boolean(),
	state: fc.constantFrom(RecordState.Queued, RecordState.Sending, RecordState.InFlight, RecordState.Held),
});

/** Runs the steps on a ring and on an array, and compares all there is to see after each. */
function run(slots: number, stamps: number, steps: readonly Step[]): void {
	const payloadBytes = 13;
	const size = ringBytes(slots, payloadBytes, stamps);
	const buffer = new Uint8Array(8 + AT + size + 16).fill(GUARD);
	// A view with an offset of its own, as the node's buffer may be.
	const bytes = buffer.subarray(8);
	const ring = new Ring({ bytes, at: AT, slots, payloadBytes, stamps });
	const order: Model[] = [];
	const reserved: Model[] = [];
	let number = 0;
	let highWater = 0;
	let evicted = 0;
	let refused = 0;
	let fill = 0;

	const fillPayload = (model: Model): void => {
		for (let i = 0; i < payloadBytes; i++) bytes[ring.payloadAt(model.slot) + i] = model.payload[i] as number;
	};
	const chain = (): number[] => {
		const found: number[] = [];
		for (let slot = ring.first; slot >= 0; slot = ring.after(slot)) {
			found.push(slot);
			assert.ok(found.length <= slots, "the chain does not end");
		}
		return found;
	};

	for (const { op, pick, kind, length, evict, state } of steps) {
		const index = order.length > 0 ? pick % order.length : -1;
		const chosen = order[index];
		if (op <= 2) {
			const full = order.length + reserved.length === slots;
			const victim = order.findIndex((r) => r.state === RecordState.Queued && r.kind === RecordKind.Measure);
			const slot = ring.reserve(kind, evict);
			if (full && !(evict && victim >= 0)) {
				assert.equal(slot, -1);
				refused++;
			} else {
				if (full) {
					order.splice(victim, 1);
					evicted++;
				}
				const payload = Uint8Array.from({ length: payloadBytes }, () => ++fill & 255);
				const model = { slot, kind, state: RecordState.Writing, number: ++number, payload };
				const made: Model = {
					...model,
					message: ring.lastNumber,
					attempts: 0,
					packet: 0,
					tag: 0,
					stamped: true,
				};
				assert.ok(slot >= 0 && slot < slots);
				for (const other of [...order, ...reserved]) assert.notEqual(other.slot, slot, "a slot given twice");
				reserved.push(made);
				fillPayload(made);
			}
		} else if (op <= 4 && reserved.length > 0) {
			const [model] = reserved.splice(pick % reserved.length, 1) as [Model];
			ring.commit(model.slot, length);
			model.payload = model.payload.slice(0, length);
			model.state = RecordState.Queued;
			order.push(model);
			highWater = Math.max(highWater, order.length);
		} else if (op === 5 && reserved.length > 0) {
			const [model] = reserved.splice(pick % reserved.length, 1) as [Model];
			ring.abandon(model.slot);
		} else if (op === 6 && chosen) {
			const next = ring.remove(chosen.slot, order[index - 1]?.slot ?? -1);
			assert.equal(next, order[index + 1]?.slot ?? -1);
			order.splice(index, 1);
		} else if (op === 7 && chosen) {
			ring.setState(chosen.slot, state);
			chosen.state = state;
		} else if (op >= 8 && chosen) {
			ring.send(chosen.slot, 0xffff_ff00 + (pick & 255), 65_535 - (pick & 7), RecordState.InFlight);
			ring.setState(chosen.slot, chosen.state);
			ring.setTag(chosen.slot, pick & 255);
			ring.setSampled(chosen.slot, 65_535, pick + 0.5);
			chosen.stamped = pick % 3 === 0;
			if (chosen.stamped) ring.setStamped(chosen.slot, true);
			else ring.setStamped(chosen.slot, false);
			ring.setTime(chosen.slot, 1e12 + pick);
			assert.equal(ring.time(chosen.slot), 1e12 + pick);
			assert.equal(ring.boot(chosen.slot), 65_535);
			assert.equal(ring.monotonic(chosen.slot), pick + 0.5);
			chosen.message = 0xffff_ff00 + (pick & 255);
			chosen.packet = 65_535 - (pick & 7);
			chosen.tag = pick & 255;
			chosen.attempts++;
		}

		assert.deepEqual(
			chain(),
			order.map((r) => r.slot),
		);
		assert.equal(ring.used, order.length);
		assert.equal(ring.free, slots - order.length);
		assert.equal(ring.queued, order.filter((r) => r.state === RecordState.Queued).length);
		assert.equal(ring.unstamped, [...order, ...reserved].filter((r) => !r.stamped).length);
		assert.equal(ring.highWater, highWater);
		assert.equal(ring.evicted, evicted);
		assert.equal(ring.refused, refused);
		for (const r of [...order, ...reserved]) {
			assert.equal(ring.kind(r.slot), r.kind);
			assert.equal(stateOf(ring, r.slot), r.state);
			assert.equal(ring.number(r.slot), r.number);
			assert.equal(ring.messages[r.slot], r.message);
			assert.equal(sendingsOf(ring, r.slot), r.attempts);
			assert.equal(packetOf(ring, r.slot), r.packet);
			assert.equal(ring.tag(r.slot), r.tag);
			assert.equal(ring.stamped(r.slot), r.stamped);
			const at = ring.payloadAt(r.slot);
			if (r.state !== RecordState.Writing) assert.equal(ring.lengths[r.slot], r.payload.length);
			assert.deepEqual(bytes.slice(at, at + r.payload.length), r.payload, "a neighbour touched the payload");
		}
		for (let i = 0; i < buffer.length; i++)
			if (i < 8 + AT || i >= 8 + AT + size) assert.equal(buffer[i], GUARD, `byte ${i} outside the region`);
	}
}

describe("core: ring", () => {
	it("does what an array would do, for any sequence of operations", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 2, max: 7 }),
				fc.nat(4),
				fc.array(step, { maxLength: 60, size: "max" }),
				run,
			),
			{ numRuns: 400 },
		);
	});

	it("does so over a long run", () => {
		for (const seed of [1, 2, 3]) {
			const [steps] = fc.sample(fc.array(step, { minLength: 1500, maxLength: 1500 }), { numRuns: 1, seed });
			run(11, 2, steps as Step[]);
		}
	});

	const make = (slots: number, stamps = 1) => {
		const bytes = new Uint8Array(ringBytes(slots, 16, stamps));
		return new Ring({ bytes, at: 0, slots, payloadBytes: 16, stamps });
	};
	const add = (ring: Ring, kind: number, state: number): number => {
		const slot = ring.reserve(kind, false);
		ring.commit(slot, 4);
		ring.setState(slot, state);
		return slot;
	};

	it("never evicts what is being written, in flight or held, nor events, alarms and operation results", () => {
		const ring = make(7);
		for (const state of [RecordState.Sending, RecordState.InFlight, RecordState.Held])
			add(ring, RecordKind.Measure, state);
		for (const kind of [RecordKind.Event, RecordKind.Alarm, RecordKind.Operation])
			add(ring, kind, RecordState.Queued);
		assert.ok(ring.reserve(RecordKind.Measure, false) >= 0, "still being written");
		assert.equal(ring.reserve(RecordKind.Alarm, true), -1);
		assert.equal(ring.refused, 1);
		assert.equal(ring.evicted, 0);
		assert.equal(ring.used, 6);
	});

	it("evicts the oldest queued measure, also from behind records in flight", () => {
		const ring = make(4);
		const flying = add(ring, RecordKind.Measure, RecordState.InFlight);
		const oldest = add(ring, RecordKind.Measure, RecordState.Queued);
		const alarm = add(ring, RecordKind.Alarm, RecordState.Queued);
		const younger = add(ring, RecordKind.Measure, RecordState.Queued);
		assert.equal(ring.reserve(RecordKind.Measure, true), oldest);
		ring.commit(oldest, 1);
		assert.deepEqual(
			[ring.first, ring.after(flying), ring.after(alarm), ring.after(younger)],
			[flying, alarm, younger, oldest],
		);
	});

	it("numbers run on over evictions and are never 0", () => {
		const ring = make(2);
		const numbers: number[] = [];
		for (let i = 0; i < 5; i++) {
			const slot = ring.reserve(RecordKind.Measure, true);
			numbers.push(ring.number(slot));
			ring.commit(slot, 0);
		}
		assert.deepEqual(numbers, [1, 2, 3, 4, 5]);
	});

	it("numbers begin anew at 1 behind the last of 32 bits", () => {
		const ring = make(2);
		ring.lastNumber = 0xffff_ffff;
		const slot = ring.reserve(RecordKind.Measure, true);
		assert.deepEqual([ring.number(slot), ring.lastNumber], [1, 1]);
	});

	it("the order of sending is each record's own", () => {
		const ring = make(3);
		const slots = [1, 2, 3].map(() => add(ring, RecordKind.Measure, RecordState.Queued));
		for (const slot of slots) ring.setSent(slot, 10 + slot);
		assert.deepEqual(
			slots.map((slot) => ring.sent(slot)),
			slots.map((slot) => 10 + slot),
		);
	});

	it("stamps that are corrected later leave a mark, others do not", () => {
		const ring = make(2);
		const slot = add(ring, RecordKind.Measure, RecordState.Queued);
		assert.equal(ring.restamped(slot), false);
		ring.setStamped(slot, false);
		assert.equal(ring.restamped(slot), false);
		ring.setStamped(slot, true);
		assert.equal(ring.restamped(slot), true);
	});

	/** Header and payload of a record, as they are kept. */
	const image = (ring: Ring, slot: number): Uint8Array => {
		const at = ring.payloadAt(slot);
		return ring.bytes.slice(at - ring.headerBytes, at + (ring.lengths[slot] as number));
	};
	const restore = (ring: Ring, bytes: Uint8Array): number => ring.restore(bytes, 0, bytes.length);

	it("restores records by their numbers: the same one twice is one, the highest goes on", () => {
		const from = make(3);
		const images = [1, 2, 3].map(() => image(from, add(from, RecordKind.Measure, RecordState.Queued)));
		const ring = make(3);
		for (const i of [1, 0, 1, 0, 2, 1]) assert.ok(restore(ring, images[i] as Uint8Array) >= 0);
		assert.deepEqual([ring.used, ring.queued, ring.lastNumber], [3, 3, 3]);
		assert.equal(ring.number(ring.first), 2, "in the order in which they came first");
	});

	it("restores what has no time yet as such, also over itself", () => {
		const from = make(2);
		const slot = add(from, RecordKind.Measure, RecordState.Queued);
		const stamped = image(from, slot);
		from.setStamped(slot, false);
		const unstamped = image(from, slot);
		const ring = make(2);
		for (const [bytes, expected] of [
			[stamped, 0],
			[unstamped, 1],
			[unstamped, 1],
			[stamped, 0],
		] as const) {
			restore(ring, bytes);
			assert.equal(ring.unstamped, expected);
		}
	});

	it("restores nothing that is too short or too long, or for which there is no room", () => {
		const from = make(2);
		const bytes = (length: number): Uint8Array => {
			const slot = from.reserve(RecordKind.Measure, true);
			from.commit(slot, length);
			return image(from, slot);
		};
		const ring = make(2);
		const longest = bytes(16);
		assert.equal(restore(ring, longest.subarray(0, ring.headerBytes - 1)), -1);
		assert.equal(restore(ring, Uint8Array.of(...longest, 0)), -1);
		assert.equal(ring.used, 0);
		assert.ok(restore(ring, longest) >= 0);
		assert.ok(restore(ring, bytes(0)) >= 0);
		assert.equal(restore(ring, bytes(4)), -1, "full: nothing is evicted for it");
		assert.deepEqual([ring.used, ring.evicted], [2, 0]);
	});

	it("counts sendings up to 255, and touches neither state nor packet id with that", () => {
		const ring = make(2);
		const slot = add(ring, RecordKind.Measure, RecordState.Queued);
		for (let i = 1; i < 300; i++) {
			ring.send(slot, 1, 65_535 - i, i % 2 ? RecordState.Sending : RecordState.Held);
			assert.deepEqual(
				[sendingsOf(ring, slot), packetOf(ring, slot), stateOf(ring, slot)],
				[Math.min(i, 255), 65_535 - i, i % 2 ? RecordState.Sending : RecordState.Held],
			);
		}
		assert.equal(ring.queued, 0);
	});

	it("a slot that is used again has nothing left of its former record", () => {
		const ring = make(2, 2);
		const slot = add(ring, RecordKind.Alarm, RecordState.InFlight);
		ring.send(slot, 78, 77, RecordState.InFlight);
		ring.setTag(slot, 79);
		ring.setStamped(slot, false);
		assert.deepEqual([ring.stamped(slot), ring.unstamped], [false, 1]);
		ring.addStamp(slot, ring.payloadAt(slot) + 3);
		ring.remove(slot, -1);
		assert.equal(ring.unstamped, 0);
		assert.equal(stateOf(ring, slot), RecordState.Free);
		assert.equal(ring.reserve(RecordKind.Measure, false), slot);
		assert.deepEqual(
			[
				ring.kind(slot),
				packetOf(ring, slot),
				ring.messages[slot],
				ring.tag(slot),
				sendingsOf(ring, slot),
				ring.stampCount(slot),
				ring.stamped(slot),
			],
			[RecordKind.Measure, 0, 2, 0, 0, 0, true],
		);
	});

	it("refuses dimensions that do not work", () => {
		const bytes = new Uint8Array(1000);
		const options = { bytes, at: 0, slots: 4, payloadBytes: 16, stamps: 1 };
		assert.throws(() => new Ring({ ...options, slots: 1 }), /ring: dimensions/);
		assert.throws(() => new Ring({ ...options, slots: 65_536 }), /ring: dimensions/);
		assert.throws(() => new Ring({ ...options, at: 4 }), /ring: dimensions/);
		// The place in memory counts, not the one in the view.
		assert.ok(new Ring({ ...options, bytes: new Uint8Array(1006).subarray(6), at: 2 }));
		assert.throws(
			() => new Ring({ ...options, bytes: new Uint8Array(1006).subarray(6) }),
			/ring: dimensions/,
		);
		assert.ok(make(65_535));
		assert.throws(() => new Ring({ ...options, slots: 15 }), /does not fit/);
		assert.ok(new Ring({ ...options, slots: 14 }));
	});

	it("refuses more stamps than it has room for", () => {
		const ring = make(2, 2);
		const slot = ring.reserve(RecordKind.Measure, false);
		const at = ring.payloadAt(slot);
		ring.addStamp(slot, at + 1);
		ring.addStamp(slot, at + 9);
		assert.throws(() => ring.addStamp(slot, at + 12), /ring: too many stamps/);
		assert.deepEqual([ring.stampAt(slot, 0), ring.stampAt(slot, 1)], [at + 1, at + 9]);
	});
});
