// The outbox over a real session: batching, order, eviction, stamps, delivery as the broker or the cloud
// defines it.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Limits } from "../../../modules/mqtt/limits.js";
import { RecordKind, RecordState, stateOf } from "../../../modules/outbox/ring.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { Fixture, utf8 } from "../mqtt/fixture.js";

describe("mqtt: outbox, batching", () => {
	const batch = { maxRecords: 3, prefix: "[", separator: ",", suffix: "]" };

	it("records are put together up to maxRecords, in order, with prefix, separators and suffix", () => {
		const f = new Fixture({ measures: batch }).up();
		f.publish(f.measures, ..."abcdefg");
		assert.deepEqual(f.payloads(), ["[a,b,c]", "[d,e,f]", "[g]"]);
		assert.equal(f.outbox.messages, 3);
	});

	it("a message has no more than maxBytes, and reaches exactly that", () => {
		const f = new Fixture({ measures: { ...batch, maxRecords: 100, maxBytes: 12 } }).up();
		f.publish(f.measures, "aaaa", "bbbbb", "cccc", "ddddd", "e", "ff");
		// "[aaaa,bbbbb]" has 12 bytes
		assert.deepEqual(f.payloads(), ["[aaaa,bbbbb]", "[cccc,ddddd]", "[e,ff]"]);
	});

	it("a record larger than maxBytes goes alone instead of never", () => {
		const f = new Fixture({ measures: { ...batch, maxBytes: 8 } }).up();
		f.publish(f.measures, "a", "b".repeat(20), "c");
		assert.deepEqual(f.payloads(), ["[a]", `[${"b".repeat(20)}]`, "[c]"]);
	});

	it("the message's number is that of its first record and is written into the prefix", () => {
		const f = new Fixture({ measures: { ...batch, prefix: "#0000000000[", numberAt: 1 } }).up();
		f.publish(f.measures, ..."abcd");
		assert.deepEqual(f.payloads(), ["#0000000001[a,b,c]", "#0000000004[d]"]);
	});

	it("any records in any batches come out as they went in, whatever the socket takes at once", () => {
		const shape = fc.record({
			texts: fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 60, minLength: 1 }), { maxLength: 40 }),
			maxRecords: fc.integer({ min: 1, max: 9 }),
			maxBytes: fc.integer({ min: 1, max: 2000 }),
			affix: fc.constantFrom(["", "", ""], ["[", ",", "]"], ["<<<", "", ">"], ["", "\n", ""]),
			capacity: fc.integer({ min: 1, max: 3000 }),
			qos: fc.constantFrom(0 as const, 1 as const),
		});
		fc.assert(
			fc.property(shape, ({ texts, maxRecords, maxBytes, affix, capacity, qos }) => {
				const [prefix, separator, suffix] = affix as [string, string, string];
				const lane = { maxRecords, maxBytes, prefix, separator, suffix, qos };
				const f = new Fixture({ measures: lane });
				f.up();
				f.transport.free = 0;
				f.transport.capacity = capacity;
				f.publish(f.measures, ...texts);
				let guard = 0;
				const found: string[] = [];
				let bytes: number[] = [];
				while (f.outbox.waiting > 0) {
					assert.ok(++guard < 10_000, "stuck");
					f.transport.flush();
					bytes.push(...f.transport.take());
					// Whole packets only; all these have a one- or two-byte length.
					for (;;) {
						const long = ((bytes[1] ?? 0) & 128) !== 0;
						const length = long ? ((bytes[1] ?? 0) & 127) | ((bytes[2] ?? 0) << 7) : (bytes[1] ?? 0);
						const head = long ? 3 : 2;
						if (bytes.length < head + length || bytes.length < 2) break;
						const body = bytes.slice(head + 3 + (qos > 0 ? 2 : 0), head + length);
						if (qos > 0) f.puback(((bytes[head + 3] ?? 0) << 8) | (bytes[head + 4] ?? 0));
						bytes = bytes.slice(head + length);
						found.push(Buffer.from(body).toString());
					}
				}
				assert.equal(found.join(""), joined(texts, found, lane));
				assert.deepEqual(
					f.heard().filter((line) => line.startsWith("delivered")),
					texts.map((text) => `delivered ${text}`),
				);
			}),
			{ numRuns: 300 },
		);

		/** The texts, batched greedily as the lane says. */
		function joined(
			texts: readonly string[],
			found: readonly string[],
			lane: { maxRecords: number; maxBytes: number; prefix: string; separator: string; suffix: string },
		): string {
			const messages: string[][] = [];
			let size = 0;
			for (const text of texts) {
				const last = messages[messages.length - 1];
				const more = text.length + lane.separator.length;
				if (last && last.length < lane.maxRecords && size + more <= lane.maxBytes) {
					last.push(text);
					size += more;
				} else {
					messages.push([text]);
					size = lane.prefix.length + lane.suffix.length + text.length;
				}
			}
			assert.equal(found.length, messages.length);
			return messages.map((m) => lane.prefix + m.join(lane.separator) + lane.suffix).join("");
		}
	});

	it("a record without any bytes is delivered like every other", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "", "b");
		assert.deepEqual(f.payloads(), ["", "b"]);
		f.puback(1, 2);
		assert.equal(f.outbox.waiting, 0);
	});

	it("events go ahead of measures, but not into the middle of a message", () => {
		const f = new Fixture({ measures: batch }).up();
		f.transport.free = 6;
		f.publish(f.measures, ..."abcdef");
		f.add(f.events, "E");
		f.transport.flush();
		assert.deepEqual(f.payloads(), ["[a,b,c]", "E", "[d,e,f]"]);
	});

	it("nothing is sent while the lanes are closed", () => {
		const f = new Fixture();
		f.autoOpen = false;
		f.up();
		f.publish(f.measures, "a");
		assert.deepEqual(f.sent(), []);
		f.outbox.open = true;
		f.session.pump();
		assert.deepEqual(f.payloads(), ["a"]);
	});

	it("while the socket takes nothing, records stay where they can be evicted and batched", () => {
		const f = new Fixture({ measures: { ...batch, slots: 4 } }).up();
		f.transport.free = 0;
		for (const text of "abcdef") f.publish(f.measures, text);
		assert.equal(f.measures.ring.queued, 4);
		f.transport.flush();
		assert.deepEqual(f.payloads(), ["[c,d,e]", "[f]"]);
	});
});

describe("mqtt: outbox, reconnect", () => {
	const batch = { maxRecords: 3, prefix: "#0000000000[", separator: ",", suffix: "]", numberAt: 1 };

	it("what was not acknowledged is sent again in its old batches, order and numbers, then the new", () => {
		const f = new Fixture({ measures: batch }).up();
		f.publish(f.measures, "a", "b");
		f.publish(f.measures, "c");
		f.publish(f.measures, "d", "e", "f");
		const first = f.payloads();
		assert.deepEqual(first, ["#0000000001[a,b]", "#0000000003[c]", "#0000000004[d,e,f]"]);
		f.puback(2);
		f.transport.fail();
		f.publish(f.measures, "g", "h");
		f.again();
		assert.deepEqual(f.payloads(), ["#0000000001[a,b]", "#0000000004[d,e,f]", "#0000000007[g,h]"]);
	});

	it("[MQTT-3.1.2-6] in the new clean session they are new messages: no DUP, ids that are free", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "a", "b");
		f.sent();
		f.reconnect();
		const again = f.sent();
		assert.deepEqual(
			again.map((p) => p.cmd === "publish" && [p.payload.toString(), p.dup, p.qos]),
			[
				["a", false, 1],
				["b", false, 1],
			],
		);
		assert.ok(again.every((p) => (p.messageId ?? 0) > 0));
		f.puback(...again.map((p) => p.messageId as number));
		assert.equal(f.outbox.waiting, 0);
		assert.equal(f.outbox.delivered, 2);
	});

	it("an acknowledgement for an id of the former connection settles nothing", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "a");
		f.sent();
		f.autoOpen = false;
		f.reconnect();
		f.puback(1);
		assert.equal(f.outbox.waiting, 1);
		assert.equal(f.session.counters.strayAcknowledgements, 1);
	});

	it("a message cut in its middle is sent again whole", () => {
		const f = new Fixture({ measures: { ...batch, payloadBytes: 600 } }).up();
		f.transport.free = 700;
		f.publish(f.measures, "a".repeat(600), "b".repeat(600), "c");
		f.transport.fail();
		f.again();
		assert.deepEqual(f.payloads(), [`#0000000001[${"a".repeat(600)},${"b".repeat(600)},c]`]);
	});

	it("eviction while messages are in flight takes queued measures only, and the batches in flight stay whole", () => {
		const f = new Fixture({ measures: { ...batch, slots: 6 } }).up();
		f.publish(f.measures, "a", "b", "c");
		f.transport.free = 0;
		f.publish(f.measures, "d", "e", "f", "g", "h");
		assert.equal(f.measures.ring.evicted, 2);
		f.transport.flush();
		assert.deepEqual(f.payloads(), ["#0000000001[a,b,c]", "#0000000006[f,g,h]"]);
		assert.equal(f.add(f.measures, "i"), -1);
		f.puback(1, 2);
		assert.deepEqual(
			f.heard().filter((line) => line.startsWith("delivered")),
			[..."abcfgh"].map((text) => `delivered ${text}`),
		);
	});

	it("eviction while a message is partly written does not change it", () => {
		const f = new Fixture({ measures: { ...batch, slots: 6, payloadBytes: 900 } }).up();
		f.transport.free = 500;
		const texts = ["a", "b", "c"].map((text) => text.repeat(900));
		f.publish(f.measures, ...texts);
		for (const text of "defghijk") f.publish(f.measures, text);
		f.transport.flush();
		assert.deepEqual(f.payloads(), [`#0000000001[${texts.join(",")}]`, "#0000000009[i,j,k]"]);
	});

	it("a long life of losses, evictions and reconnects never sends out of order nor counts twice", () => {
		const op = fc.tuple(fc.nat(7), fc.nat(5));
		fc.assert(
			fc.property(
				fc.array(op, { maxLength: 80, size: "max" }),
				fc.constantFrom(0 as const, 1 as const),
				(ops, qos) => {
					const f = new Fixture({ measures: { maxRecords: 3, separator: ",", slots: 9, qos } });
					f.up();
					let n = 0;
					let open: number[] = [];
					let newest = 0;
					for (const [kind, size] of ops) {
						const isUp = f.session.state === 3;
						if (kind <= 2) f.publish(f.measures, ...Array.from({ length: size }, () => String(++n)));
						else if (kind === 3 && isUp) f.puback(...open.splice(0, size));
						else if (kind === 4 && isUp) {
							// Not by the server: a message that it closes on again and again has to let others pass.
							f.session.drop("keepalive-timeout", "");
							open = [];
							newest = 0;
						} else if (kind === 5 && !isUp) f.again();
						else if (kind === 6 && isUp) f.transport.flush();
						else f.time.advance(100);
						for (const packet of f.session.state === 3 ? f.sent() : []) {
							assert.ok(packet.cmd === "publish");
							if (qos > 0) open.push(packet.messageId as number);
							for (const number of packet.payload.toString().split(",").map(Number)) {
								assert.ok(number > newest, `${number} behind ${newest}`);
								newest = number;
							}
						}
					}
					const settled = f.heard().filter((line) => /^(delivered|unconfirmed)/.test(line));
					assert.equal(new Set(settled.map((line) => line.split(" ")[1])).size, settled.length);
					const { ring } = f.measures;
					assert.equal(settled.length + ring.used + ring.evicted + ring.refused, n);
					assert.equal(f.outbox.delivered + f.outbox.unconfirmed, settled.length);
				},
			),
			{ numRuns: 400 },
		);
	});
});

describe("mqtt: outbox, QoS 0", () => {
	const qos0 = { qos: 0 } as const;

	it("a record is delivered once the socket has taken and sent all", () => {
		const f = new Fixture({ measures: qos0 }).up();
		f.heard();
		f.publish(f.measures, "a", "b");
		assert.deepEqual(f.payloads(), ["a", "b"]);
		assert.deepEqual(f.heard(), []);
		f.transport.flush();
		assert.deepEqual(f.heard(), ["delivered a", "delivered b"]);
		f.transport.flush();
		assert.deepEqual(f.heard(), []);
	});

	it("while some of it waits in the output stage it is not delivered", () => {
		const f = new Fixture({ measures: qos0 }).up();
		f.transport.free = 3;
		f.publish(f.measures, "aaaaaaaaaa");
		f.heard();
		f.transport.accept(3);
		assert.deepEqual(f.heard(), []);
		f.transport.accept(100);
		assert.deepEqual(f.heard(), []);
		f.transport.flush();
		assert.deepEqual(f.heard(), ["delivered aaaaaaaaaa"]);
	});

	it("[MQTT-4.3.1-1] is never sent again: its fate is unknown when the connection is lost", () => {
		const f = new Fixture({ measures: qos0 }).up();
		f.publish(f.measures, "a");
		f.sent();
		f.transport.fail();
		f.publish(f.measures, "b");
		f.again();
		assert.deepEqual(f.payloads(), ["b"]);
		assert.equal(f.outbox.unconfirmed, 1);
		assert.ok(f.heard().includes("unconfirmed a"));
	});

	it("does not need the window", () => {
		const f = new Fixture({ measures: qos0 }).up();
		for (let i = 0; i < Limits.inFlight; i++) f.add(f.events, `e${i}`);
		f.publish(f.measures, "m");
		assert.equal(f.payloads().at(-1), "m");
		assert.equal(f.session.inFlight, Limits.inFlight);
	});

	it("a direct message at QoS 0 does not keep records from being delivered", () => {
		const f = new Fixture({ measures: qos0 }).up();
		f.heard();
		f.publish(f.measures, "a");
		f.outbox.publishDirect({ topic: utf8("d"), payload: utf8("direct"), qos: 0, retain: false });
		f.session.pump();
		f.transport.flush();
		assert.deepEqual(f.heard().sort(), ["delivered a", "direct delivered"]);
	});
});

describe("mqtt: outbox, direct messages", () => {
	it("go ahead of the lanes and while they are closed, and are delivered by their PUBACK", () => {
		const f = new Fixture();
		f.autoOpen = false;
		f.up();
		f.add(f.measures, "m");
		f.outbox.publishDirect({ topic: utf8("d"), payload: utf8("x".repeat(5000)), qos: 1, retain: true });
		f.session.pump();
		const [packet, ...rest] = f.sent();
		assert.ok(packet?.cmd === "publish");
		assert.deepEqual(
			[packet.topic, packet.payload.length, packet.qos, packet.retain, rest],
			["d", 5000, 1, true, []],
		);
		f.heard();
		f.puback(packet.messageId as number);
		assert.deepEqual(f.heard(), ["direct delivered"]);
	});

	it("an empty one is sent and delivered too, and the lanes go on", () => {
		const f = new Fixture().up();
		f.heard();
		f.outbox.publishDirect({ topic: utf8("d"), payload: utf8(""), qos: 1, retain: true });
		f.publish(f.measures, "m");
		assert.deepEqual(f.payloads(), ["", "m"]);
		f.puback(1, 2);
		assert.deepEqual(f.heard(), ["direct delivered", "delivered m"]);
	});

	it("are forgotten with the connection", () => {
		const f = new Fixture().up();
		f.transport.free = 20;
		f.outbox.publishDirect({ topic: utf8("d"), payload: utf8("x".repeat(5000)), qos: 1, retain: true });
		f.session.pump();
		f.transport.fail();
		f.publish(f.measures, "m");
		f.again();
		assert.deepEqual(f.payloads(), ["m"]);
	});
});

describe("mqtt: outbox, stamps", () => {
	const boot = Date.UTC(2026, 10, 20, 9, 0, 0);

	it("records wait while the clock is not right, then go out with the time at which they were taken", () => {
		const time = new VirtualTime({ trusted: false, wall: 0 });
		const f = new Fixture({ time, measures: { maxRecords: 2, separator: ";" } }).up();
		f.add(f.measures, "a", { stamp: true });
		time.advance(1_500);
		f.add(f.measures, "b", { stamp: true });
		time.advance(2_000);
		f.session.pump();
		assert.deepEqual(f.payloads(), []);
		assert.equal(f.outbox.waiting, 2);
		time.set(boot, true);
		f.session.pump();
		assert.deepEqual(f.payloads(), ["a2026-11-20T08:59:56.500Z;b2026-11-20T08:59:58.000Z"]);
	});

	it("every stamp of a record is put right, once", () => {
		const time = new VirtualTime({ trusted: false, wall: 0 });
		const f = new Fixture({ time, measures: { stamps: 2 } }).up();
		const slot = f.measures.ring.reserve(RecordKind.Measure, false);
		f.writer.begin(f.measures.ring, slot, time.monotonic());
		f.writer.stamp();
		f.writer.byte(124);
		f.writer.stamp();
		f.measures.ring.commit(slot, f.writer.length);
		time.set(boot, true);
		f.session.pump();
		const text = new Date(boot).toISOString();
		assert.deepEqual(f.payloads(), [`${text}|${text}`]);
		f.transport.fail();
		time.set(boot + 86_400_000, true); // the clock jumps; what was right stays
		f.again();
		assert.deepEqual(f.payloads(), [`${text}|${text}`]);
	});

	it("records without a stamp go at once", () => {
		const f = new Fixture({ time: new VirtualTime({ trusted: false }) }).up();
		f.publish(f.measures, "a");
		assert.deepEqual(f.payloads(), ["a"]);
	});

	it("a record of another boot is not given a wrong time", () => {
		const time = new VirtualTime({ trusted: false, wall: 0 });
		const f = new Fixture({ time }).up();
		const slot = f.add(f.measures, "a", { stamp: true });
		f.measures.ring.setSampled(slot, 2, time.monotonic());
		time.set(boot, true);
		f.publish(f.measures, "b");
		assert.deepEqual(f.payloads(), ["b"]);
	});

	it("a message around a record that leaves meanwhile is still written right", () => {
		// "b" has no stamp and goes ahead; "a" and "c" then make one message around it.
		const time = new VirtualTime({ trusted: false, wall: 0 });
		const long = Limits.outputBytes + 400;
		const big = { maxRecords: 3, separator: ";", payloadBytes: long + 50, slots: 3 };
		const f = new Fixture({ time, measures: big }).up();
		f.add(f.measures, "a".repeat(long), { stamp: true });
		f.publish(f.measures, "b");
		f.add(f.measures, "c".repeat(long), { stamp: true });
		assert.deepEqual(f.payloads(), ["b"]);
		time.set(boot, true);
		f.transport.free = 100;
		f.session.pump();
		f.puback(1); // while "a" is partly in the output stage, "b" leaves
		f.add(f.measures, "d");
		f.transport.flush();
		const text = new Date(boot).toISOString();
		assert.deepEqual(f.payloads(), [`${"a".repeat(long)}${text};${"c".repeat(long)}${text}`, "d"]);
	});
});

describe("mqtt: outbox, confirmation by the cloud", () => {
	const lane = {
		maxRecords: 2,
		prefix: "#0000000000:",
		separator: ",",
		numberAt: 1,
		confirmMs: 5_000,
		maxHeld: 3,
	};
	const make = () => {
		const f = new Fixture({ measures: lane }).up();
		f.heard();
		return f;
	};
	const states = (f: Fixture) => {
		const found: number[] = [];
		for (let slot = f.measures.ring.first; slot >= 0; slot = f.measures.ring.after(slot))
			found.push(stateOf(f.measures.ring, slot));
		return found;
	};

	it("PUBACK alone delivers nothing; the record is held until confirmed by its number", () => {
		const f = make();
		f.publish(f.measures, "a", "b", "c");
		assert.deepEqual(f.payloads(), ["#0000000001:a,b", "#0000000003:c"]);
		f.puback(1, 2);
		assert.deepEqual(f.heard(), []);
		assert.deepEqual(states(f), [RecordState.Held, RecordState.Held, RecordState.Held]);
		assert.equal(f.outbox.confirmations?.confirm(3, true), 1);
		assert.equal(f.outbox.confirmations?.confirm(1, true), 2);
		assert.deepEqual(f.heard(), ["delivered c", "delivered a", "delivered b"]);
		assert.equal(f.outbox.delivered, 3);
		assert.equal(f.outbox.confirmations?.confirm(1, true), 0);
	});

	it("number 0 confirms the oldest outstanding message", () => {
		const f = make();
		f.publish(f.measures, "a", "b", "c");
		f.puback(1, 2);
		assert.equal(f.outbox.confirmations?.confirm(0, true), 2);
		assert.equal(f.outbox.confirmations?.confirm(0, true), 1);
		assert.equal(f.outbox.confirmations?.confirm(0, true), 0);
		assert.deepEqual(f.heard(), ["delivered a", "delivered b", "delivered c"]);
	});

	it("a confirmation may come before the PUBACK", () => {
		const f = make();
		f.publish(f.measures, "a");
		assert.equal(f.outbox.confirmations?.confirm(1, true), 1);
		f.publish(f.measures, "b");
		f.puback(1);
		assert.deepEqual(f.heard(), ["delivered a"]);
		assert.equal(f.session.counters.strayAcknowledgements, 0);
		f.puback(2);
		assert.deepEqual(states(f), [RecordState.Held]);
	});

	it("a refused message is removed and not counted as delivered", () => {
		const f = make();
		f.publish(f.measures, "a", "b");
		f.puback(1);
		assert.equal(f.outbox.confirmations?.confirm(1, false), 2);
		assert.deepEqual(f.heard(), []);
		assert.equal(f.outbox.delivered, 0);
		assert.equal(f.outbox.waiting, 0);
	});

	it("unconfirmed in time it is sent once more under the same number, then given up", () => {
		const f = make();
		f.publish(f.measures, "a", "b");
		const first = f.payloads();
		f.puback(1);
		f.time.advance(4_999);
		assert.equal(f.outbox.confirmations?.expire(), false);
		f.time.advance(1);
		assert.equal(f.outbox.confirmations?.expire(), true);
		f.publish(f.measures, "c");
		assert.deepEqual(f.payloads(), [...first, "#0000000003:c"]);
		f.puback(2, 3);
		f.time.advance(5_000);
		assert.equal(f.outbox.confirmations?.expire(), true, "c goes again");
		assert.deepEqual(f.heard(), ["unconfirmed a", "unconfirmed b"]);
		assert.equal(f.outbox.unconfirmed, 2);
		f.session.pump();
		assert.deepEqual(f.payloads(), ["#0000000003:c"]);
	});

	it("a held message is sent once more after a reconnect, and given up at the next", () => {
		const f = make();
		f.publish(f.measures, "a");
		f.puback(1);
		f.sent();
		f.reconnect();
		const [packet] = f.sent();
		assert.ok(packet?.cmd === "publish");
		assert.equal(packet.payload.toString(), "#0000000001:a");
		f.puback(packet.messageId as number);
		f.reconnect();
		assert.deepEqual(f.sent(), []);
		assert.equal(f.outbox.unconfirmed, 1);
	});

	it("no more than maxHeld messages are outstanding; a confirmation lets the next one go", () => {
		const f = make();
		for (const text of "abcde") f.publish(f.measures, text);
		assert.deepEqual(f.payloads(), ["#0000000001:a", "#0000000002:b", "#0000000003:c"]);
		f.puback(1, 2, 3);
		assert.deepEqual(f.payloads(), []);
		f.outbox.confirmations?.confirm(2, true);
		f.session.pump();
		assert.deepEqual(f.payloads(), ["#0000000004:d,e"]);
	});

	it("a late confirmation of a message that waits to be sent again spares the second sending", () => {
		const f = make();
		f.publish(f.measures, "a");
		f.puback(1);
		f.sent();
		f.time.advance(5_000);
		f.outbox.confirmations?.expire();
		assert.equal(f.outbox.confirmations?.confirm(1, true), 1);
		f.session.pump();
		assert.deepEqual(f.sent(), []);
		assert.equal(f.outbox.delivered, 1);
	});

	it("events are not held up by measures that are", () => {
		const f = make();
		for (const text of "abcde") f.publish(f.measures, text);
		f.sent();
		f.publish(f.events, "E");
		assert.deepEqual(f.payloads(), ["E"]);
		f.puback(4);
		assert.deepEqual(f.heard(), ["delivered E"]);
	});
});
