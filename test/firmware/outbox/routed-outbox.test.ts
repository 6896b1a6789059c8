// A lane whose records go different ways: each message has the records of one route, with its topic and its
// frame.

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lane } from "../../../modules/outbox/lane.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { Fixture, type FixtureOptions } from "../mqtt/fixture.js";

const others = [
	{ topic: "m/one", prefix: "<one:0000000000 " },
	{ topic: "m/two", prefix: "<second:" },
];
const batch = { maxRecords: 3, prefix: "<", separator: ",", suffix: ">", others };

describe("mqtt: outbox, routes", () => {
	const opened = (options: FixtureOptions["measures"] = {}, more: FixtureOptions = {}) =>
		new Fixture({ measures: { ...batch, ...options }, ...more }).up();
	/** Adds records such as "1a": the route, and a text. */
	const add = (f: Fixture, lane: Lane, ...texts: string[]) => {
		for (const text of texts) f.add(lane, text, { route: Number(text[0]) });
		f.session.pump();
	};
	/** Topic and payload of what was published. */
	const published = (f: Fixture) =>
		f.sent().flatMap((packet) => (packet.cmd === "publish" ? [`${packet.topic} ${packet.payload}`] : []));

	it("a message has the records of one route, in order, the route of the oldest first", () => {
		const f = opened();
		add(f, f.measures, "0a", "1b", "0c", "2d", "1e", "0f", "0g");
		assert.deepEqual(published(f), [
			"m <0a,0c,0f>",
			"m/one <one:0000000000 1b,1e>",
			"m/two <second:2d>",
			"m <0g>",
		]);
	});

	it("events have routes of their own, or none", () => {
		const f = opened({}, { events: { others: [{ topic: "e/one", prefix: "" }] } });
		add(f, f.events, "0x", "1y");
		add(f, f.measures, "2m");
		assert.deepEqual(published(f), ["e 0x", "e/one 1y", "m/two <second:2m>"]);
		const plain = opened();
		add(plain, plain.events, "x", "y");
		assert.deepEqual(published(plain), ["e x", "e y"]);
	});

	it("what was not acknowledged goes again on its route, in its messages", () => {
		const f = opened();
		add(f, f.measures, "0a", "1b", "2c", "1d");
		const before = published(f);
		assert.equal(before.length, 3);
		f.reconnect();
		add(f, f.measures, "1e");
		assert.deepEqual(published(f), [...before, "m/one <one:0000000000 1e>"]);
	});

	it("a resumed session sends the very messages again", () => {
		const f = opened({}, { connect: { cleanSession: false } });
		add(f, f.measures, "0a", "1b", "2c", "1d");
		const before = published(f);
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.up([0x20, 2, 1, 0]);
		assert.deepEqual(published(f), before);
	});

	it("a clock that is not right yet holds back what has a stamp, and not the others", () => {
		const f = opened({}, { time: new VirtualTime({ trusted: false, wall: 0 }) });
		f.add(f.measures, "1a", { route: 1, stamp: true });
		add(f, f.measures, "2b", "1c");
		assert.deepEqual(published(f), ["m/two <second:2b>", "m/one <one:0000000000 1c>"]);
	});

	it("the message's number is written into the prefix of its route", () => {
		const numbered = others.map(({ topic }) => ({ topic, prefix: "<0000000000:" }));
		const f = opened({ prefix: "[0000000000:", numberAt: 1, others: numbered });
		add(f, f.measures, "0a", "1b", "1c", "2d");
		assert.deepEqual(published(f), [
			"m [0000000001:0a>",
			"m/one <0000000002:1b,1c>",
			"m/two <0000000004:2d>",
		]);
	});

	it("any records on any routes come out on theirs, in order, once, whatever the socket takes", () => {
		const shape = fc.record({
			routes: fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 40 }),
			maxRecords: fc.integer({ min: 1, max: 9 }),
			maxBytes: fc.integer({ min: 1, max: 200 }),
			capacity: fc.integer({ min: 1, max: 300 }),
			qos: fc.constantFrom(0 as const, 1 as const),
		});
		fc.assert(
			fc.property(shape, ({ routes, capacity, ...lane }) => {
				const f = opened(lane);
				f.transport.free = 0;
				f.transport.capacity = capacity;
				add(f, f.measures, ...routes.map((route, i) => `${route}-${i}`));
				const found: string[][] = [[], [], []];
				let bytes: number[] = [];
				for (let guard = 0; guard < 20_000 && f.outbox.waiting > 0; guard++) {
					f.transport.flush();
					bytes.push(...f.transport.take());
					const { packets, rest } = whole(bytes);
					bytes = rest;
					for (const { topic, payload, id } of packets) {
						const route = topic === "m" ? 0 : topic === "m/one" ? 1 : 2;
						const text = payload.slice(
							(["<", ...others.map(({ prefix }) => prefix)][route] as string).length,
							-1,
						);
						found[route]?.push(...text.split(","));
						if (id > 0) f.puback(id);
					}
				}
				for (const [route, texts] of found.entries())
					assert.deepEqual(
						texts,
						routes.flatMap((one, i) => (one === route ? [`${route}-${i}`] : [])),
					);
			}),
			{ numRuns: 200 },
		);
	});
});

/** The PUBLISH packets at the beginning of some bytes, and what is behind them. */
function whole(bytes: number[]) {
	const packets: Array<{ topic: string; payload: string; id: number }> = [];
	let at = 0;
	for (;;) {
		let length = 0;
		let p = at + 1;
		for (let shift = 0; ; shift += 7) {
			if (p >= bytes.length) return { packets, rest: bytes.slice(at) };
			const digit = bytes[p++] as number;
			length |= (digit & 127) << shift;
			if (digit < 128) break;
		}
		if (p + length > bytes.length) return { packets, rest: bytes.slice(at) };
		const topicEnd = p + 2 + ((bytes[p] as number) << 8) + (bytes[p + 1] as number);
		const qos = ((bytes[at] as number) >> 1) & 3;
		const id = qos > 0 ? ((bytes[topicEnd] as number) << 8) + (bytes[topicEnd + 1] as number) : 0;
		const from = topicEnd + (qos > 0 ? 2 : 0);
		packets.push({
			topic: String.fromCharCode(...bytes.slice(p + 2, topicEnd)),
			payload: String.fromCharCode(...bytes.slice(from, p + length)),
			id,
		});
		at = p + length;
	}
}
