// The sampler's timing, and the arena's layout.

import assert from "node:assert/strict";
import { Sampler } from "../../../modules/app/sampler.js";
import { utf8 } from "../../../modules/cloud/text.js";
import { writePublishHeader } from "../../../modules/mqtt/encode.js";
import type { PublishHeader } from "../../../modules/mqtt/publish-header.js";
import { Arena } from "../../../modules/outbox/arena.js";
import type { Lane, LaneShape } from "../../../modules/outbox/lane.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { VirtualTime } from "../../support/virtual-time.js";

describe("Sampler", () => {
	function setup(intervalMs: number, sample?: (at: number) => void) {
		const time = new VirtualTime({ start: 5000 });
		const at: number[] = [];
		const sampler = new Sampler(time, time, intervalMs, 0, {
			sample: () => {
				at.push(time.now - 5000);
				sample?.(time.now);
			},
		});
		return { time, at, sampler };
	}

	it("takes the n-th sample n intervals after the start", () => {
		const { time, at, sampler } = setup(1000);
		sampler.start();
		time.advance(4999);
		assert.deepEqual(at, [1000, 2000, 3000, 4000]);
	});

	it("takes none before the start and none after the stop", () => {
		const { time, at, sampler } = setup(100);
		time.advance(1000);
		sampler.start();
		time.advance(250);
		sampler.stop();
		time.advance(1000);
		assert.deepEqual(at, [1100, 1200]);
		assert.equal(time.armed, 0);
	});

	it("does not drift when alarms come late", () => {
		const { time, at, sampler } = setup(1000);
		sampler.start();
		const lateness = [37, 12, 60];
		for (let n = 1; n <= 100; n++) {
			time.advance(5000 + n * 1000 - 10 - time.now);
			time.now += lateness[n % 3] as number; // nobody looks at the alarms meanwhile
			time.advance(0);
		}
		assert.deepEqual(
			at,
			Array.from({ length: 100 }, (_, i) => (i + 1) * 1000 - 10 + (lateness[(i + 1) % 3] as number)),
		);
	});

	it("does not drift by a sample that takes long", () => {
		const { time, at, sampler } = setup(1000, () => {
			time.now += 300;
		});
		sampler.start();
		time.advance(10_000);
		assert.deepEqual(at, [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000]);
	});

	it("does not make up for samples missed in a standstill", () => {
		const { time, at, sampler } = setup(1000);
		sampler.start();
		time.now += 10_500;
		time.advance(0);
		assert.equal(at.length, 1);
		time.advance(3000);
		assert.equal(at.length, 4);
		for (let i = 1; i < at.length; i++) assert.ok((at[i] as number) - (at[i - 1] as number) <= 1000);
	});

	it("takes the next sample one new interval from now when the interval changes", () => {
		const { time, at, sampler } = setup(1000);
		sampler.start();
		time.advance(1500);
		sampler.changeInterval(200);
		assert.equal(sampler.intervalMs, 200);
		time.advance(500);
		assert.deepEqual(at, [1000, 1700, 1900]);
		sampler.changeInterval(10_000);
		time.advance(10_000);
		assert.deepEqual(at.slice(3), [12_000]);
	});

	it("lets a sample change the interval or stop the sampling", () => {
		const changed = setup(1000, () => changed.sampler.changeInterval(300));
		changed.sampler.start();
		changed.time.advance(1700);
		assert.deepEqual(changed.at, [1000, 1300, 1600]);
		const stopped = setup(1000, () => stopped.sampler.stop());
		stopped.sampler.start();
		stopped.time.advance(5000);
		assert.deepEqual(stopped.at, [1000]);
	});

	it("keeps the interval for later when it changes while stopped", () => {
		const { time, at, sampler } = setup(1000);
		sampler.changeInterval(400);
		time.advance(2000);
		assert.deepEqual(at, []);
		sampler.start();
		time.advance(400);
		assert.deepEqual(at, [2400]);
	});

	it("goes on after a sample that throws", () => {
		let fail = true;
		const { time, at, sampler } = setup(1000, () => {
			if (fail) throw new Error("sensor");
		});
		sampler.start();
		assert.throws(() => time.advance(1000), /sensor/);
		fail = false;
		time.advance(2000);
		assert.deepEqual(at, [1000, 2000, 3000]);
	});
});

describe("Arena", () => {
	const shape = (over: Partial<LaneShape>): LaneShape => ({
		topic: utf8("t"),
		qos: 1,
		recordBytes: 13,
		stamps: 1,
		maxRecords: 3,
		maxBytes: 100,
		prefix: utf8(""),
		separator: utf8(""),
		suffix: utf8(""),
		numberAt: -1,
		confirmMs: 0,
		...over,
	});
	const constant = (bytes: Uint8Array, start: number, length: number) =>
		Buffer.from(bytes.slice(start, start + length)).toString();
	const constants = (arena: Arena, lane: Lane) => [
		constant(arena.bytes, lane.prefixAt, lane.prefixBytes),
		constant(arena.bytes, lane.separatorAt, lane.separatorBytes),
		constant(arena.bytes, lane.suffixAt, lane.suffixBytes),
	];

	it("keeps rings, constants and output apart for any sizes", () => {
		for (const recordBytes of [1, 7, 8, 13, 480])
			for (const slots of [2, 3, 17])
				for (const stamps of [0, 1, 4]) {
					const measures = shape({
						recordBytes,
						stamps,
						prefix: utf8('{"n":"0000000000",['),
						separator: utf8(","),
						suffix: utf8("]}"),
						numberAt: 6,
						others: [
							{ topic: utf8("t/first"), prefix: utf8('{"o":"0000000000",['), numberAt: 6 },
							{ topic: utf8("t/second"), prefix: utf8(""), numberAt: -1, seldom: true },
						],
					});
					const events = shape({
						recordBytes: recordBytes + 3,
						stamps,
						prefix: utf8("<"),
						suffix: utf8(">"),
					});
					const arena = new Arena(measures, slots, events, slots + 1, 99);
					const fill = (lane: Lane, n: number, byte: number) => {
						for (let i = 0; i < n; i++) {
							const slot = lane.ring.reserve(RecordKind.Measure, false);
							assert.ok(slot >= 0);
							const at = lane.ring.payloadAt(slot);
							arena.bytes.fill(byte, at, at + lane.ring.payloadBytes);
							lane.ring.commit(slot, lane.ring.payloadBytes);
						}
						assert.equal(lane.ring.reserve(RecordKind.Measure, false), -1);
					};
					fill(arena.measures, slots, 109);
					fill(arena.events, slots + 1, 101);
					arena.bytes.fill(111, arena.output.base, arena.output.base + arena.output.size);
					assert.equal(arena.bytes.length, arena.templateAt + 99);
					arena.bytes.fill(116, arena.templateAt);
					assert.deepEqual(constants(arena, arena.measures), ['{"n":"0000000000",[', ",", "]}"]);
					assert.deepEqual(constants(arena, arena.events), ["<", "", ">"]);
					const routes = arena.measures.routes ?? [];
					assert.deepEqual(
						routes.map(({ prefixAt, prefixBytes }) => constant(arena.bytes, prefixAt, prefixBytes)),
						['{"n":"0000000000",[', '{"o":"0000000000",[', ""],
					);
					assert.deepEqual(
						routes.map(({ numberAt, prefixAt, frameBytes }) => [numberAt - prefixAt, frameBytes]),
						[
							[6, 21],
							[6, 21],
							[-1 - (routes[2]?.prefixAt ?? 0), 2],
						],
					);
					assert.equal(routes[2]?.header, undefined, "put together anew for each message");
					assert.equal(arena.events.routes, undefined);
					assert.equal(arena.measures.numberAt, arena.measures.prefixAt + 6);
					assert.equal(arena.events.numberAt, -1);
					for (const [lane, byte] of [
						[arena.measures, 109],
						[arena.events, 101],
					] as const)
						for (let slot = lane.ring.first; slot >= 0; slot = lane.ring.after(slot)) {
							const at = lane.ring.payloadAt(slot);
							assert.ok(
								arena.bytes.subarray(at, at + (lane.ring.lengths[slot] as number)).every((b) => b === byte),
							);
						}
					assert.equal(arena.output.bytes, arena.bytes);
					const { qos } = arena.measures;
					for (const { header, topic } of [...routes.slice(0, 2), arena.events]) {
						const end = (header as PublishHeader).write(arena.output.base, 77, 500);
						const written = arena.bytes.subarray(arena.output.base, end);
						const expected = new Uint8Array(written.length);
						writePublishHeader(expected, 0, topic, qos, false, false, 77, 500);
						assert.deepEqual(written, expected);
					}
				}
	});

	it("carries the lanes' rules over", () => {
		const arena = new Arena(
			shape({ qos: 0, confirmMs: 700, maxRecords: 9 }),
			4,
			shape({ maxBytes: 55 }),
			4,
			0,
		);
		const { measures, events } = arena;
		assert.deepEqual([measures.qos, measures.confirmMs, measures.maxRecords], [0, 700, 9]);
		assert.deepEqual([events.qos, events.confirmMs, events.maxBytes], [1, 0, 55]);
		assert.ok(measures.maxHeld >= 1);
	});
});
