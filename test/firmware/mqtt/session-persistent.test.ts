// Sessions that outlive their connection, QoS 2 out, and payloads larger than any buffer.

import assert from "node:assert/strict";
import type { Packet } from "mqtt-packet";
import { Limits } from "../../../modules/mqtt/limits.js";
import { Fixture, inbound, read, utf8 } from "./fixture.js";

const PRESENT = [0x20, 2, 1, 0];
const ABSENT = [0x20, 2, 0, 0];

const pubrec = (id: number): number[] => [0x50, 2, id >> 8, id & 255];
const pubcomp = (id: number): number[] => [0x70, 2, id >> 8, id & 255];

/** A packet as a short text: "publish 3 dup: text", "pubrel 3". */
function short(packet: Packet): string {
	if (packet.cmd !== "publish") return `${packet.cmd} ${packet.messageId ?? ""}`.trim();
	const id = packet.messageId === undefined ? "" : ` ${packet.messageId}`;
	return `publish${id}${packet.dup ? " dup" : ""}: ${packet.payload}`;
}

const persistent = (qos: 0 | 1 | 2 = 1, more: object = {}): Fixture =>
	new Fixture({ connect: { cleanSession: false }, measures: { qos }, ...more });

/** Loses the connection and gets CONNACK on the next. Returns what is sent behind CONNECT. */
function resume(f: Fixture, connack: readonly number[] = PRESENT): string[] {
	f.sent();
	if (f.transport.active) f.transport.fail();
	while (!f.transport.active) f.time.advance(f.time.untilNext);
	f.up(connack);
	return f.sent().map(short);
}

describe("mqtt: session, QoS 2 out", () => {
	it("[MQTT-4.3.3-1] PUBLISH, PUBREC, PUBREL, PUBCOMP; the record stays until PUBCOMP", () => {
		const f = new Fixture({ measures: { qos: 2 } }).up();
		f.heard();
		f.publish(f.measures, "one");
		const [packet] = f.sent();
		assert.equal(packet?.cmd === "publish" && packet.qos, 2);
		f.transport.deliver(pubrec(1));
		assert.deepEqual(f.sent().map(short), ["pubrel 1"]);
		assert.deepEqual([f.heard(), f.measures.ring.used], [[], 1]);
		f.transport.deliver(pubcomp(1));
		assert.deepEqual([f.heard(), f.measures.ring.used, f.session.inFlight], [["delivered one"], 0, 0]);
	});

	it("[MQTT-4.3.3-1] a repeated PUBREC gets PUBREL again, PUBCOMP alone does not settle a message", () => {
		const f = new Fixture({ measures: { qos: 2 } }).up();
		f.publish(f.measures, "one");
		f.sent();
		f.transport.deliver(pubcomp(1));
		assert.equal(f.measures.ring.used, 1);
		f.transport.deliver([...pubrec(1), ...pubrec(1)]);
		assert.deepEqual(f.sent().map(short), ["pubrel 1", "pubrel 1"]);
	});

	it("a clean session sends what was not complete again as a new message, whatever step it had reached", () => {
		const f = new Fixture({ measures: { qos: 2 } }).up();
		f.publish(f.measures, "one", "two");
		f.transport.deliver(pubrec(1));
		assert.deepEqual(resume(f, ABSENT), ["publish 3: one", "publish 4: two"]);
	});
});

describe("mqtt: session, persistent", () => {
	it("[MQTT-3.1.2-4] CONNECT asks for a session that stays", () => {
		const f = persistent();
		f.session.start();
		f.transport.connect();
		const [packet] = f.sent();
		assert.equal(packet?.cmd === "connect" && packet.clean, false);
	});

	it("[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-2.3.1-3] resumed: PUBLISH again with DUP, the same id and bytes", () => {
		const f = persistent().up(ABSENT);
		f.publish(f.measures, "one", "two");
		const before = f.transport.take();
		const first = read(before);
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.up(PRESENT);
		const after = f.transport.take();
		assert.deepEqual(read(after).map(short), ["publish 1 dup: one", "publish 2 dup: two"]);
		assert.deepEqual(first.map(short), ["publish 1: one", "publish 2: two"]);
		// nothing but DUP differs
		const cleared = [...after];
		cleared[0] = (cleared[0] as number) & ~8;
		const second = before.length / 2;
		cleared[second] = (cleared[second] as number) & ~8;
		assert.deepEqual(cleared, [...before]);
		f.puback(1, 2);
		assert.equal(f.measures.ring.used, 0);
	});

	it("[MQTT-4.6.0-1] in the order of the first sending, not of the ids, and ahead of what is new", () => {
		const f = persistent(1, { capacity: 10_000_000 }).up(ABSENT);
		for (let n = 0; n < 65_532; n++) {
			f.publish(f.measures, "x");
			f.puback(n + 1);
		}
		f.sent();
		f.publish(f.measures, "a", "b", "c", "d", "e");
		assert.deepEqual(
			f.sent().map((packet) => packet.messageId),
			[65_533, 65_534, 65_535, 1, 2],
		);
		f.transport.fail();
		f.add(f.measures, "new");
		f.add(f.events, "newer");
		assert.deepEqual(resume(f), [
			"publish 65533 dup: a",
			"publish 65534 dup: b",
			"publish 65535 dup: c",
			"publish 1 dup: d",
			"publish 2 dup: e",
			"publish 3: newer",
			"publish 4: new",
		]);
	});

	it("[MQTT-4.3.3-1] QoS 2: before PUBREC the PUBLISH comes again, behind it only PUBREL", () => {
		const f = persistent(2).up(ABSENT);
		f.publish(f.measures, "one", "two", "three");
		f.transport.deliver([...pubrec(3), ...pubrec(1)]);
		// [MQTT-4.6.0-4]: PUBREL in the order of PUBREC
		assert.deepEqual(resume(f), ["publish 2 dup: two", "pubrel 3", "pubrel 1"]);
		assert.deepEqual(resume(f), ["publish 2 dup: two", "pubrel 3", "pubrel 1"]);
		f.transport.deliver([...pubcomp(3), ...pubrec(2), ...pubcomp(1), ...pubcomp(2)]);
		assert.deepEqual(f.sent().map(short), ["pubrel 2"]);
		assert.deepEqual([f.measures.ring.used, f.session.inFlight], [0, 0]);
	});

	it("[MQTT-3.2.2-3] a server that lost the session gets everything as new, without DUP", () => {
		const f = persistent(2).up(ABSENT);
		f.publish(f.measures, "one", "two");
		f.transport.deliver(pubrec(1));
		assert.deepEqual(resume(f, ABSENT), ["publish 3: one", "publish 4: two"]);
	});

	it("[MQTT-3.2.2-2] session present without a session of ours: it goes on", () => {
		const f = persistent();
		f.add(f.measures, "one");
		f.up(PRESENT);
		assert.deepEqual(f.sent().map(short), ["publish 1: one"]);
	});

	it("[MQTT-4.1.0-1] a cut at every byte that is written loses nothing and repeats only with DUP", () => {
		for (let cut = 0; ; cut++) {
			const f = persistent(2).up(ABSENT);
			f.transport.free = cut;
			f.publish(f.measures, "one", "two");
			const whole = f.transport.free > 0;
			f.transport.take();
			f.transport.fail();
			while (!f.transport.active) f.time.advance(f.time.untilNext);
			f.up(PRESENT);
			const texts = f.sent().map(short);
			assert.deepEqual(
				texts.map((text) => text.split(": ")[1]),
				["one", "two"],
				`cut at ${cut}`,
			);
			assert.equal(new Set(texts.map((text) => text.split(" ")[1])).size, 2);
			if (whole) break;
		}
	});

	it("[MQTT-4.3.3-2] ids of inbound QoS 2 messages survive the connection: no second delivery", () => {
		const f = persistent().up(ABSENT);
		f.heard();
		f.transport.deliver(inbound("c", "x", 2, 5));
		resume(f);
		f.transport.deliver(inbound("c", "x", 2, 5, true));
		assert.deepEqual(f.sent().map(short), ["pubrec 5"]);
		f.transport.deliver([0x62, 2, 0, 5]);
		assert.deepEqual(f.sent().map(short), ["pubcomp 5"]);
		f.transport.deliver(inbound("c", "y", 2, 5));
		assert.deepEqual(
			f.heard().filter((line) => line.startsWith("message")),
			["message c x", "message c y"],
		);
	});

	it("[MQTT-3.1.2-6] [MQTT-3.2.2-3] and are forgotten with the server's session", () => {
		const f = persistent().up(ABSENT);
		f.transport.deliver(inbound("c", "x", 2, 5));
		resume(f, ABSENT);
		f.heard();
		f.transport.deliver(inbound("c", "y", 2, 5));
		assert.deepEqual(f.heard(), ["message c y"]);
	});

	it("[MQTT-4.3.3-2] PUBREL of a former connection is answered, also where we know nothing of it", () => {
		const f = persistent().up(PRESENT);
		f.sent();
		f.transport.deliver([0x62, 2, 0, 9, 0x62, 2, 0, 9]);
		assert.deepEqual(f.sent().map(short), ["pubcomp 9", "pubcomp 9"]);
	});

	it("a SUBSCRIBE without SUBACK is no part of the session: it is not sent again", () => {
		const f = persistent().up(ABSENT);
		f.session.subscribe(utf8("c"), 1);
		f.publish(f.measures, "one");
		assert.deepEqual(resume(f), ["publish 2 dup: one"]);
		assert.equal(f.session.inFlight, 1);
	});

	it("[MQTT-4.1.0-2] no acknowledgement in time ends the connection, not the exchange", () => {
		const f = persistent(1, { connect: { cleanSession: false, keepAlive: 0 } }).up(ABSENT);
		f.publish(f.measures, "one");
		f.time.advance(Limits.acknowledgeMs);
		assert.equal(f.heard().at(-1), "closed acknowledge-timeout");
		assert.deepEqual(resume(f), ["publish 1 dup: one"]);
	});

	it("[MQTT-4.4.0-1] what was sent again is waited for like what is new, also when nothing else is under way", () => {
		for (const reached of ["publish", "pubrel"]) {
			const f = persistent(2).up(ABSENT);
			f.publish(f.measures, "one");
			if (reached === "pubrel") f.transport.deliver(pubrec(1));
			assert.equal(resume(f).length, 1);
			f.heard();
			f.time.advance(Limits.acknowledgeMs - 1);
			assert.deepEqual(f.heard(), []);
			f.time.advance(1);
			assert.deepEqual(f.heard(), ["closed acknowledge-timeout"], reached);
		}
	});

	it("[MQTT-4.3.3-1] PUBREL that a PUBREC of this connection asked for is not sent again with the rest", () => {
		const f = persistent(2).up(ABSENT);
		f.publish(f.measures, "one", "two", "three");
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		f.sent();
		f.transport.deliver([...PRESENT, ...pubrec(3), ...pubrec(2)]);
		assert.deepEqual(f.sent().map(short), ["pubrel 3", "pubrel 2", "publish 1 dup: one"]);
	});

	it("an acknowledgement before its turn spares the repetition", () => {
		const f = persistent().up(ABSENT);
		f.publish(f.measures, "one", "two", "three");
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		f.sent();
		// CONNACK and PUBACK in one segment, before anything is written
		f.transport.deliver([...PRESENT, 0x40, 2, 0, 2]);
		assert.deepEqual(f.sent().map(short), ["publish 1 dup: one", "publish 3 dup: three"]);
	});

	it("a full window resumes through a socket that takes a few bytes at a time", () => {
		const f = persistent().up(ABSENT);
		const texts = Array.from({ length: Limits.inFlight }, (_, i) => `message ${i}`);
		f.publish(f.measures, ...texts);
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.up(PRESENT);
		f.sent();
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		f.transport.free = 0;
		f.transport.deliver(PRESENT);
		for (let n = 0; n < 200; n++) f.transport.accept(1);
		assert.deepEqual(
			f.sent().map(short).slice(1),
			texts.map((text, i) => `publish ${i + 1} dup: ${text}`),
		);
	});

	it("QoS 0 is not part of it: what had left is of unknown fate, the rest is sent as new [MQTT-4.3.1-1]", () => {
		const f = persistent(0).up(ABSENT);
		f.heard();
		f.publish(f.measures, "one");
		f.transport.free = 0;
		f.add(f.measures, "two");
		assert.deepEqual(resume(f), ["publish: two"]);
		assert.ok(f.heard().includes("unconfirmed one"));
	});

	it("a batch is sent again with the same records, and nothing joins it", () => {
		const f = persistent(1, { measures: { qos: 1, maxRecords: 3, separator: "|" } }).up(ABSENT);
		f.autoOpen = true;
		f.transport.free = 0;
		f.publish(f.measures, "a", "b");
		f.transport.accept(1000);
		assert.deepEqual(f.sent().map(short), ["publish 1: a|b"]);
		f.transport.fail();
		f.add(f.measures, "c");
		assert.deepEqual(resume(f), ["publish 1 dup: a|b", "publish 2: c"]);
	});

	it("a full ring does not give up what is under way", () => {
		const f = persistent(1, { measures: { qos: 1, slots: 4 } }).up(ABSENT);
		f.publish(f.measures, "a", "b");
		f.transport.fail();
		for (const text of ["c", "d", "e", "f"]) f.add(f.measures, text);
		assert.deepEqual(resume(f).slice(0, 2), ["publish 1 dup: a", "publish 2 dup: b"]);
	});

	it("stop and start resume as well", () => {
		const f = persistent().up(ABSENT);
		f.publish(f.measures, "one");
		f.sent();
		f.session.stop();
		f.time.advance(Limits.closeMs);
		f.session.start();
		f.transport.connect();
		f.sent();
		f.transport.deliver(PRESENT);
		assert.deepEqual(f.sent().map(short), ["publish 1 dup: one"]);
	});

	it("is sure to be the session of before only if every CONNECT was answered", () => {
		const f = persistent().up(PRESENT);
		assert.equal(f.sure, false, "the first one of a boot");
		resume(f);
		assert.equal(f.sure, true);
		resume(f, ABSENT);
		assert.equal(f.sure, true);
		// a CONNECT without an answer: the server may have lost the session and made another one
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		f.sent();
		resume(f);
		assert.equal(f.sure, false);
		resume(f);
		assert.equal(f.sure, true);
		// one that is refused makes none
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		f.transport.deliver([0x20, 2, 0, 3]);
		f.sent();
		resume(f);
		assert.equal(f.sure, true);
	});

	it("[MQTT-3.3.1-1] where it is not sure, what comes without DUP under a known id is new", () => {
		for (const lost of [false, true]) {
			const f = persistent().up(ABSENT);
			f.transport.deliver(inbound("c", "x", 2, 5));
			if (lost) {
				f.transport.fail();
				while (!f.transport.active) f.time.advance(f.time.untilNext);
				f.transport.connect();
			}
			resume(f);
			f.heard();
			f.transport.deliver([...inbound("c", "x", 2, 5, true), ...inbound("c", "y", 2, 5)]);
			assert.deepEqual(f.heard(), lost ? ["message c y"] : []);
			assert.deepEqual(f.sent().map(short), ["pubrec 5", "pubrec 5"]);
			resume(f, ABSENT);
			f.heard();
			f.transport.deliver([...inbound("c", "z", 2, 5), ...inbound("c", "z", 2, 5)]);
			assert.deepEqual(f.heard(), ["message c z"], "a new session is sure again");
		}
	});

	it("ids are told when they are taken, not when a message goes out again", () => {
		const f = persistent().up(ABSENT);
		f.outbox.publishDirect({ topic: utf8("s"), payload: utf8("x"), qos: 1, retain: false });
		f.publish(f.measures, "one");
		resume(f);
		f.publish(f.measures, "two");
		assert.deepEqual(f.ids, [1, 2, 3]);
	});

	it("ids go on behind those of the boot before", () => {
		for (const [last, expected] of [
			[0, 1],
			[2047, 2048],
			[65_535, 1],
		] as const) {
			const f = new Fixture({ lastPacketId: last }).up();
			f.publish(f.measures, "one");
			assert.deepEqual(f.sent().map(short), [`publish ${expected}: one`]);
		}
	});
});

describe("mqtt: direct message in a session that persists", () => {
	const online = { topic: utf8("s"), payload: utf8("online"), qos: 1, retain: true } as const;

	it("is sent again, and its acknowledgement serves the step that asks for the same", () => {
		const f = persistent().up(ABSENT);
		f.outbox.publishDirect(online);
		f.session.pump();
		f.onOpened = () => f.outbox.publishDirect(online);
		assert.deepEqual(resume(f), ["publish 1 dup: online"]);
		f.heard();
		f.puback(1);
		assert.deepEqual(f.heard(), ["direct delivered"]);
	});

	it("at QoS 2 the same goes out anew: the server may have it from before the will", () => {
		const f = persistent().up(ABSENT);
		const exactly = { ...online, qos: 2 } as const;
		f.outbox.publishDirect(exactly);
		f.session.pump();
		f.onOpened = () => f.outbox.publishDirect(exactly);
		assert.deepEqual(resume(f), ["publish 1 dup: online"]);
		f.heard();
		f.transport.deliver([...pubrec(1), ...pubcomp(1)]);
		f.session.pump();
		assert.deepEqual(f.sent().map(short), ["pubrel 1", "publish 2: online"]);
		assert.deepEqual(f.heard(), []);
		f.transport.deliver([...pubrec(2), ...pubcomp(2)]);
		assert.deepEqual(f.heard(), ["direct delivered"]);
	});

	it("another one waits for it", () => {
		const f = persistent().up(ABSENT);
		f.outbox.publishDirect(online);
		f.session.pump();
		f.onOpened = () => f.outbox.publishDirect({ ...online, payload: utf8("other") });
		assert.deepEqual(resume(f), ["publish 1 dup: online"]);
		f.heard();
		f.puback(1);
		f.session.pump();
		assert.deepEqual([f.heard(), f.sent().map(short)], [[], ["publish 2: other"]]);
		f.puback(2);
		assert.deepEqual(f.heard(), ["direct delivered"]);
	});

	it("one that nobody asks for is acknowledged in silence", () => {
		const f = persistent().up(ABSENT);
		f.outbox.publishDirect(online);
		f.session.pump();
		resume(f);
		f.heard();
		f.puback(1);
		assert.deepEqual(f.heard(), []);
	});
});

describe("mqtt: session, unsubscribing", () => {
	it("[MQTT-3.10.1-1] [MQTT-3.10.4-4] UNSUBSCRIBE goes out with the filter as it is; UNSUBACK ends it", () => {
		const f = new Fixture().up();
		const id = f.session.unsubscribe(utf8("a//B/#"));
		const bytes = f.transport.take();
		assert.equal(bytes[0], 0xa2);
		const [packet] = read(bytes);
		assert.deepEqual(packet?.cmd === "unsubscribe" && packet.unsubscriptions, ["a//B/#"]);
		f.heard();
		f.transport.deliver([0xb0, 2, 0, 77]);
		assert.deepEqual(f.heard(), []);
		f.transport.deliver([0xb0, 2, 0, id]);
		assert.deepEqual([f.heard(), f.session.inFlight], [[`unsubscribed ${id}`], 0]);
	});

	it("[MQTT-3.10.4-3] messages that come behind UNSUBACK are acknowledged", () => {
		const f = new Fixture().up();
		const id = f.session.unsubscribe(utf8("a"));
		f.sent();
		f.transport.deliver([0xb0, 2, 0, id, ...inbound("a", "x", 1, 3), ...inbound("a", "y", 2, 4)]);
		assert.deepEqual(f.sent().map(short), ["puback 3", "pubrec 4"]);
	});

	it("a missing UNSUBACK ends in time", () => {
		const f = new Fixture({ connect: { keepAlive: 0 } }).up();
		f.session.unsubscribe(utf8("a"));
		f.time.advance(Limits.acknowledgeMs);
		assert.equal(f.heard().at(-1), "closed acknowledge-timeout");
	});
});

describe("mqtt: session, payloads larger than any buffer", () => {
	const SIZE = 50_000;
	const payload = Array.from({ length: SIZE }, (_, i) => String.fromCharCode(97 + (i % 23))).join("");

	/** PUBLISH of any length. */
	function large(qos: number, id: number, dup = false): number[] {
		const body = [0, 1, 116, ...(qos > 0 ? [id >> 8, id & 255] : []), ...utf8(payload)];
		const { length } = body;
		return [
			0x30 | (dup ? 8 : 0) | (qos << 1),
			(length & 127) | 128,
			((length >> 7) & 127) | 128,
			length >> 14,
			...body,
		];
	}

	function streaming(options: object = {}): { f: Fixture; ends: string[] } {
		const f = new Fixture(options);
		const ends: string[] = [];
		f.onStream = () => {
			let text = "";
			return {
				part: (bytes, start, end) => {
					text += Buffer.from(bytes.subarray(start, end)).toString("latin1");
				},
				end: (whole) => ends.push(`${whole} ${text === payload ? "all" : text.length}`),
			};
		};
		f.up();
		f.sent();
		return { f, ends };
	}

	it("reach whoever asked for them whole, in any chunking, and are acknowledged at their end", () => {
		for (const size of [512, 300, 7, [1, 2, 3, 96, 512]])
			for (const qos of [0, 1, 2]) {
				const { f, ends } = streaming();
				const all = large(qos, 7);
				f.transport.deliver(all.slice(0, -1), size);
				assert.deepEqual([ends, f.sent()], [[], []], "not before the last byte");
				f.transport.deliver(all.slice(-1));
				f.transport.deliver([0xd0, 0]); // the stream is still in step
				assert.deepEqual(ends, ["true all"]);
				assert.deepEqual(f.sent().map(short), qos === 0 ? [] : [qos === 1 ? "puback 7" : "pubrec 7"]);
				assert.equal(f.session.counters.oversizeSkipped, 0);
			}
	});

	it("[MQTT-4.3.3-2] at QoS 2 once", () => {
		const { f, ends } = streaming();
		f.transport.deliver([...large(2, 7), ...large(2, 7, true)]);
		assert.deepEqual([ends, f.sent().map(short)], [["true all"], ["pubrec 7", "pubrec 7"]]);
	});

	it("a connection that ends before: the sink hears of it, nothing is acknowledged, and it may come again", () => {
		for (const qos of [1, 2]) {
			const { f, ends } = streaming({ connect: { cleanSession: false } });
			f.transport.deliver(large(qos, 7).slice(0, 3000));
			assert.deepEqual(resume(f), []);
			assert.deepEqual(ends, ["false 2991"]);
			f.transport.deliver(large(qos, 7, true));
			assert.deepEqual(ends, ["false 2991", "true all"]);
			assert.deepEqual(f.sent().map(short), [qos === 1 ? "puback 7" : "pubrec 7"]);
		}
	});

	it("a sink that drops the connection stops the stream", () => {
		const f = new Fixture();
		let parts = 0;
		f.onStream = () => ({
			part: () => {
				if (++parts === 3) f.session.drop("requested", "");
			},
			end: () => {},
		});
		f.up();
		f.transport.deliver(large(1, 7));
		assert.equal(parts, 3);
		assert.equal(f.transport.active, false);
	});

	it("what comes while leaving is not acknowledged", () => {
		const { f, ends } = streaming();
		const all = large(1, 7);
		f.transport.deliver(all.slice(0, 2000));
		f.transport.free = 0;
		f.session.stop();
		f.transport.deliver(all.slice(2000));
		f.transport.accept(1000);
		f.transport.flush();
		assert.deepEqual(f.sent().map(short), ["disconnect"]);
		assert.deepEqual(ends, ["false 1991"]);
	});
});
