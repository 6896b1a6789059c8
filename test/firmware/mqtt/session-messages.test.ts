// The session in virtual time: messages out and in, and subscriptions.

import assert from "node:assert/strict";
import { Limits } from "../../../modules/mqtt/limits.js";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import { Fixture, inbound, utf8 } from "./fixture.js";
import { CONNACK, cmds, wire } from "./session-fixture.js";

describe("mqtt: session, QoS 1 out", () => {
	it("[MQTT-4.3.2-1] a message is in flight until its PUBACK", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "a");
		const [packet] = f.sent();
		assert.ok(packet?.cmd === "publish");
		assert.deepEqual([packet.qos, packet.dup, packet.retain, packet.topic], [1, false, false, "m"]);
		assert.equal(f.session.inFlight, 1);
		f.puback(packet.messageId as number);
		assert.equal(f.session.inFlight, 0);
		assert.deepEqual(f.heard(), ["opened false", "delivered a"]);
	});

	it("no more than the window is in flight; every PUBACK lets one more go", () => {
		const f = new Fixture().up();
		f.publish(f.measures, ...Array.from({ length: 20 }, (_, i) => `r${i}`));
		const ids = f.sent().map((packet) => packet.messageId as number);
		assert.equal(ids.length, Limits.inFlight);
		assert.equal(new Set(ids).size, ids.length);
		f.puback(ids[3] as number);
		const [next, ...more] = f.sent();
		assert.deepEqual(more, []);
		assert.ok(next?.cmd === "publish");
		assert.equal(next.payload.toString(), `r${Limits.inFlight}`);
		assert.ok(!ids.includes(next.messageId as number), "[MQTT-2.3.1-2]");
	});

	it("acknowledgements out of order settle their own message", () => {
		const f = new Fixture().up();
		f.heard();
		f.publish(f.measures, "a", "b", "c");
		f.puback(3, 1, 2);
		assert.deepEqual(f.heard(), ["delivered c", "delivered a", "delivered b"]);
	});

	it("an acknowledgement that belongs to nothing is counted and does no harm", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "a");
		f.sent();
		f.heard();
		f.transport.deliver([0x40, 2, 0, 9]); // unknown id
		f.transport.deliver([0x50, 2, 0, 1]); // PUBREC for QoS 1
		f.transport.deliver([0x70, 2, 0, 1]); // PUBCOMP for QoS 1
		f.transport.deliver([0xb0, 2, 0, 1]); // UNSUBACK
		f.transport.deliver([0x90, 3, 0, 1, 0]); // SUBACK for a PUBLISH [MQTT-2.3.1-7]
		assert.equal(f.session.counters.strayAcknowledgements, 5);
		assert.equal(f.session.inFlight, 1);
		f.puback(1, 1);
		assert.deepEqual(f.heard(), ["delivered a"]);
		assert.equal(f.session.counters.strayAcknowledgements, 6);
		assert.equal(wire(f), "");
	});

	it("[MQTT-2.3.1-1] [MQTT-2.3.1-2] ids wrap from 65535 to 1 and skip the ones in use", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "stays");
		assert.equal(f.sent()[0]?.messageId, 1);
		// Ids are given by the table alone, so the round is made there and on the session for its end.
		let last = 1;
		for (let i = 0; i < 65_600; i++) {
			f.add(f.measures, "x");
			f.session.pump();
			const bytes = f.transport.take();
			const id = ((bytes[5] as number) << 8) | (bytes[6] as number);
			assert.equal(id, last === 65_535 ? 2 : last + 1);
			last = id;
			f.puback(id);
			f.transport.written = [];
			f.transport.take();
			f.transport.free = 1000;
			if (i % 1000 === 0) f.heard();
		}
		assert.equal(f.session.inFlight, 1);
	});

	it("a PUBLISH larger than the output stage goes out in pieces, whatever the socket takes", () => {
		const text = "0123456789abcdef".repeat(300);
		for (const free of [1, 2, 31, 32, 33, 100, 1023, 1024, 1025, 2047, 2048, 3000]) {
			const f = new Fixture({ measures: { payloadBytes: 5000, slots: 3 } }).up();
			f.transport.free = 0;
			f.transport.capacity = free;
			f.publish(f.measures, text, text, "end");
			for (let i = 0; i < 12_000 && f.session.inFlight + f.measures.ring.queued > 0; i++) {
				f.transport.flush();
				if (i > 11_000 / free + 20) f.puback(1, 2, 3);
			}
			assert.deepEqual(f.payloads(), [text, text, "end"], `free ${free}`);
			assert.equal(f.outbox.delivered, 3);
		}
	});

	it("goes on with a payload when an acknowledgement takes its beginning along, before the socket calls", () => {
		for (const second of [700, 1000, 3000]) {
			const f = new Fixture({ measures: { payloadBytes: second }, connect: { keepAlive: 0 } }).up();
			f.heard();
			f.transport.take();
			f.transport.free = 0;
			f.publish(f.measures, "a".repeat(600), "b".repeat(second));
			f.transport.accept(700);
			// The socket has room again; before it says so, an acknowledgement arrives.
			f.transport.free = 5000;
			f.puback(1);
			f.transport.accept(0);
			assert.deepEqual(f.payloads(), ["a".repeat(600), "b".repeat(second)]);
		}
	});

	it("a topic of more than half the output stage is sent, or refused before any record is", () => {
		const half = Limits.outputBytes / 2;
		const make = () =>
			new Fixture({ measures: { topic: "t".repeat(half + 200) }, events: { payloadBytes: half } });
		let f: Fixture;
		try {
			f = make();
		} catch (error) {
			assert.ok(error instanceof RangeError);
			return;
		}
		f.up();
		f.add(f.events, "e".repeat(half - 100));
		f.publish(f.measures, "a", "b", "c");
		assert.deepEqual(f.payloads(), ["e".repeat(half - 100), "a", "b", "c"]);
	});

	it("no acknowledgement in time ends the connection, and others do not hide the one that is missing", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "a");
		f.time.advance(Limits.acknowledgeMs / 2);
		f.publish(f.measures, "b");
		f.puback(2);
		f.time.advance(Limits.acknowledgeMs / 2 - 1);
		assert.equal(f.session.state, SessionState.Up);
		f.publish(f.measures, "c");
		f.puback(3);
		f.time.advance(1);
		assert.equal(f.heard().at(-1), "closed acknowledge-timeout");
		f.again();
		f.puback(4);
		assert.equal(f.session.inFlight, 0);
		f.time.advance(Limits.acknowledgeMs);
		assert.equal(f.session.state, SessionState.Up, "nothing is due");
	});

	it("an acknowledgement that comes before its message is all out does not leave the record behind", () => {
		const f = new Fixture({ measures: { payloadBytes: 4000, slots: 3 } }).up();
		f.transport.free = 100;
		f.publish(f.measures, "a".repeat(4000));
		f.puback(1);
		f.transport.flush();
		if (f.session.state === SessionState.Up) f.time.advance(Limits.acknowledgeMs);
		assert.ok(f.session.state !== SessionState.Up || f.outbox.waiting === 0);
	});

	it("counters tell bytes and packets", () => {
		const f = new Fixture();
		f.session.start();
		f.transport.connect();
		f.transport.deliver(CONNACK);
		f.publish(f.measures, "a", "b");
		f.transport.deliver(inbound("t", "x"));
		const { counters } = f.session;
		assert.equal(counters.bytesSent, f.transport.written.length);
		assert.equal(counters.bytesReceived, 4 + 6);
		assert.deepEqual([counters.publishesSent, counters.publishesReceived, counters.connections], [2, 1, 1]);
	});
});

describe("mqtt: session, inbound", () => {
	it("[MQTT-3.3.4-1] QoS 0 gets nothing, QoS 1 PUBACK, QoS 2 PUBREC, by their ids [MQTT-2.3.1-6]", () => {
		for (const id of [1, 255, 256, 65_535]) {
			const f = new Fixture().up();
			f.transport.deliver([...inbound("t", "x"), ...inbound("t", "y", 1, id), ...inbound("t", "z", 2, id)]);
			const two = id.toString(16).padStart(4, "0");
			assert.equal(wire(f), `4002${two}5002${two}`);
			assert.deepEqual(f.heard().slice(1), ["message t x", "message t y", "message t z"]);
		}
	});

	it("[MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT-4.6.0-4] replies go out in the order of arrival", () => {
		const f = new Fixture().up();
		const ids = [9, 3, 700, 1, 65_535, 2];
		f.transport.free = 1;
		f.transport.deliver(ids.flatMap((id, i) => inbound("t", "", 1 + (i % 2), id)));
		f.transport.deliver([0x62, 2, 2, 188, 0x62, 2, 0, 3]);
		for (let i = 0; i < 5; i++) f.transport.flush();
		const replies = f.sent().map((packet) => `${packet.cmd} ${packet.messageId}`);
		assert.deepEqual(replies, [
			...["puback 9", "pubrec 3", "puback 700", "pubrec 1", "puback 65535", "pubrec 2"],
			...["pubcomp 700", "pubcomp 3"],
		]);
	});

	it("[MQTT-4.3.2-2] the same id at QoS 1 after its PUBACK is a new message, DUP or not", () => {
		const f = new Fixture().up();
		f.transport.deliver([...inbound("t", "x", 1, 4), ...inbound("t", "x", 1, 4, true)]);
		assert.deepEqual(f.heard().slice(1), ["message t x", "message t x"]);
		assert.equal(wire(f), "4002000440020004");
	});

	it("[MQTT-4.3.3-2] QoS 2 is delivered once until PUBREL, every repeat gets PUBREC, then the id is new", () => {
		const f = new Fixture().up();
		f.transport.deliver(inbound("t", "x", 2, 4));
		f.transport.deliver(inbound("t", "x", 2, 4, true));
		f.transport.deliver(inbound("t", "x", 2, 4));
		assert.equal(wire(f), "500200045002000450020004");
		f.transport.deliver([0x62, 2, 0, 4, 0x62, 2, 0, 4]);
		assert.equal(wire(f), "7002000470020004");
		f.transport.deliver(inbound("t", "y", 2, 4));
		assert.deepEqual(f.heard().slice(1), ["message t x", "message t y"]);
		assert.equal(f.session.counters.duplicatesDropped, 2);
	});

	it("[MQTT-3.1.2-6] ids of the former session are forgotten", () => {
		const f = new Fixture().up();
		f.transport.deliver(inbound("t", "x", 2, 4));
		f.reconnect();
		f.heard();
		f.transport.deliver(inbound("t", "x", 2, 4));
		assert.deepEqual(f.heard(), ["message t x"]);
	});

	it("[MQTT-4.5.0-2] a message too large to keep is skipped, counted and acknowledged", () => {
		const f = new Fixture().up();
		for (const qos of [0, 1, 2]) f.transport.deliver(inbound("t", "x".repeat(Limits.inboundBytes), qos, 7));
		f.transport.deliver(inbound("t", "after"));
		assert.deepEqual(f.heard().slice(1), ["skipped 2048", "skipped 2048", "skipped 2048", "message t after"]);
		assert.equal(f.session.counters.oversizeSkipped, 3);
		assert.equal(wire(f), "4002000750020007");
	});

	for (const qos of [1, 2])
		it(`[MQTT-4.8.0-2] QoS ${qos}: what can not be acknowledged was not received, and the connection ends behind the replies`, () => {
			const f = new Fixture({ connect: { cleanSession: false } }).up();
			f.heard();
			f.transport.free = 0;
			// The output stage takes some of the replies.
			const limit = Limits.pendingReplies + Limits.outputBytes / 4;
			for (let id = 1; id <= limit + 3; id++) f.transport.deliver(inbound("t", `${id}`, qos, id));
			f.transport.deliver(inbound("t", "zero"));
			f.transport.deliver([0x50, 2, 0, 77, 0x62, 2, 0, 5]);
			assert.equal(f.session.state, SessionState.Up);
			const ids = Array.from({ length: limit }, (_, i) => i + 1);
			assert.deepEqual(f.heard(), [...ids.map((id) => `message t ${id}`), "message t zero"]);
			assert.equal(f.session.counters.refused, 4);
			f.transport.flush();
			assert.deepEqual(
				f.sent().map((packet) => [packet.cmd, packet.messageId]),
				ids.map((id) => [qos === 1 ? "puback" : "pubrec", id]),
			);
			assert.deepEqual(f.heard(), ["closed inbound-full"]);
			while (!f.transport.active) f.time.advance(f.time.untilNext);
			f.up([0x20, 2, 1, 0]);
			for (let id = limit; id <= limit + 3; id++) f.transport.deliver(inbound("t", `${id}`, qos, id, true));
			const again = [1, 2, 3].map((more) => `message t ${limit + more}`);
			assert.deepEqual(f.heard().slice(1), qos === 2 ? again : [`message t ${limit}`, ...again]);
		});

	it("QoS 2 ids that a server leaves behind without PUBREL do not stop the session: the oldest are forgotten", () => {
		const f = new Fixture({ connect: { cleanSession: false } }).up();
		const ids = Array.from({ length: Limits.inboundQos2 + 4 }, (_, i) => 2 * i + 1);
		f.transport.deliver(ids.flatMap((id) => inbound("t", `${id}`, 2, id)));
		assert.deepEqual(
			f.heard().slice(1),
			ids.map((id) => `message t ${id}`),
		);
		for (const id of ids.slice(4)) f.transport.deliver(inbound("t", `${id}`, 2, id, true));
		assert.deepEqual(f.heard(), [], "these are known");
	});

	it("[MQTT-4.5.0-2] a chunk full of the smallest QoS 1 messages is acknowledged while the socket is free", () => {
		const f = new Fixture().up();
		const count = Math.floor(Limits.chunkBytes / 7);
		const ids = Array.from({ length: count }, (_, i) => i + 1);
		f.transport.deliver(ids.flatMap((id) => inbound("t", "", 1, id)));
		assert.deepEqual(
			f.sent().map((packet) => packet.messageId),
			ids,
		);
	});

	it("replies are not starved by records that wait", () => {
		const f = new Fixture().up();
		f.publish(f.measures, ...Array.from({ length: 30 }, (_, i) => `r${i}`));
		f.sent();
		f.transport.deliver(inbound("t", "", 1, 9));
		assert.deepEqual(cmds(f), ["puback"]);
	});

	it("a handler may drop the connection in the middle of a chunk: nothing follows", () => {
		const f = new Fixture().up();
		f.onMessage = () => f.session.drop("subscribe-refused", "");
		f.transport.deliver([...inbound("t", "x", 1, 1), ...inbound("t", "y", 1, 2)]);
		assert.deepEqual(f.heard().slice(1), ["message t x", "closed subscribe-refused"]);
		assert.equal(wire(f), "");
		assert.deepEqual(f.transport.closes, [true]);
	});
});

describe("mqtt: session, subscribing", () => {
	it("[MQTT-3.8.1-1] SUBSCRIBE goes out and its SUBACK codes come back, 0x80 too", () => {
		for (const code of [0, 1, 2, 0x80]) {
			const f = new Fixture().up();
			const id = f.session.subscribe(utf8("a/+"), 1);
			const [packet] = f.sent();
			assert.ok(packet?.cmd === "subscribe");
			assert.deepEqual(
				[packet.messageId, packet.subscriptions[0]?.topic, packet.subscriptions[0]?.qos],
				[id, "a/+", 1],
			);
			assert.equal(f.session.inFlight, 1);
			f.transport.deliver([0x90, 3, id >> 8, id & 255, code]);
			assert.deepEqual(f.heard().slice(1), [`subscribed ${id} ${code}`]);
			assert.equal(f.session.inFlight, 0);
		}
	});

	it("[MQTT-3.8.4-5] SUBACK with another number of codes closes", () => {
		const f = new Fixture().up();
		const id = f.session.subscribe(utf8("a"), 1);
		f.transport.deliver([0x90, 4, 0, id, 0, 0]);
		assert.deepEqual(f.heard().slice(1), ["closed MQTT-3.8.4-5"]);
	});

	it("[MQTT-3.8.4-2] SUBACK with a foreign id does not complete it; [MQTT-3.8.4-1] a missing one ends in time", () => {
		const f = new Fixture().up();
		f.session.subscribe(utf8("a"), 1);
		f.transport.deliver([0x90, 3, 0, 77, 0]);
		assert.deepEqual(f.heard().slice(1), []);
		f.time.advance(Limits.acknowledgeMs);
		assert.deepEqual(f.heard(), ["closed acknowledge-timeout"]);
	});

	it("is not possible before CONNACK, while another waits for the socket, or with a full window", () => {
		const f = new Fixture();
		assert.equal(f.session.subscribe(utf8("a"), 1), 0);
		f.up();
		f.transport.free = 0;
		f.publish(f.measures, "x");
		assert.ok(f.session.subscribe(utf8("b"), 1) > 0);
		f.transport.flush();
		for (let i = 0; i < 20; i++) f.add(f.measures, "x");
		f.session.pump();
		assert.equal(f.session.subscribe(utf8("c"), 1), 0);
	});

	it("a SUBSCRIBE may be asked for in sessionOpened and shares its ids with PUBLISH [MQTT-2.3.1-2]", () => {
		const f = new Fixture();
		let id = 0;
		f.onOpened = () => {
			id = f.session.subscribe(utf8("a"), 0);
		};
		f.add(f.measures, "x");
		f.up();
		const ids = f.sent().map((packet) => `${packet.cmd} ${packet.messageId}`);
		assert.deepEqual(ids, [`subscribe ${id}`, `publish ${id + 1}`]);
	});
});
