// The session in virtual time: every state, every end, flow control, keepalive, and what must never be sent.

import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOSE_CODES } from "../../../modules/mqtt/close-codes.js";
import { Await, InFlight, transition } from "../../../modules/mqtt/in-flight.js";
import { InboundQos2 } from "../../../modules/mqtt/inbound-qos2.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { PacketType } from "../../../modules/mqtt/packet.js";
import { ReplyQueue } from "../../../modules/mqtt/reply-queue.js";
import { SessionState } from "../../../modules/mqtt/session.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { Fixture, inbound, utf8 } from "./fixture.js";

const CONNACK = [0x20, 2, 0, 0];
const PINGRESP = [0xd0, 0];
const SECOND = 1_000;

/** The hexadecimal of what was written since the last look. */
const wire = (f: Fixture): string => Buffer.from(f.transport.take()).toString("hex");
const cmds = (f: Fixture): string[] => f.sent().map((packet) => packet.cmd);

function greeting(options: ConstructorParameters<typeof Fixture>[0] = {}): Fixture {
	const f = new Fixture(options);
	f.session.start();
	f.transport.connect();
	return f;
}

describe("mqtt: session, connecting", () => {
	it("[MQTT-3.1.0-1] CONNECT comes first and alone, also with records waiting and after a reconnect", () => {
		const f = new Fixture();
		f.publish(f.measures, "a", "b");
		f.session.start();
		assert.equal(f.session.state, SessionState.Opening);
		for (let i = 0; i < 3; i++) {
			f.transport.connect();
			assert.equal(f.session.state, SessionState.Greeting);
			f.publish(f.measures, "c");
			f.transport.flush();
			assert.deepEqual(cmds(f), ["connect"]); // [MQTT-3.1.0-2]
			f.transport.deliver(CONNACK);
			assert.equal(f.session.state, SessionState.Up);
			assert.equal(cmds(f)[0], "publish");
			f.transport.fail();
			while (!f.transport.active) f.time.advance(f.time.untilNext);
		}
	});

	it("CONNECT passes through a socket that takes a few bytes at a time", () => {
		const f = new Fixture({ capacity: 3 });
		f.session.start();
		f.transport.connect();
		for (let i = 0; i < 20; i++) f.transport.flush();
		assert.deepEqual(cmds(f), ["connect"]);
		f.transport.deliver(CONNACK);
		assert.equal(f.session.state, SessionState.Up);
	});

	it("[MQTT-3.2.2-5] CONNACK 1 to 5 are reported by their number, others as connack-other; we close", () => {
		for (let code = 1; code < 256; code++)
			for (const present of [0, 1]) {
				// [MQTT-3.2.2-4]: the session present bit of a refusal means nothing
				const f = greeting();
				f.transport.deliver([0x20, 2, present, code, ...inbound("t", "x", 1, 1)]);
				const expected = code <= 5 ? `connack-${code}` : "connack-other";
				assert.ok(expected in CLOSE_CODES);
				assert.deepEqual(f.heard(), [`closed ${expected} (code ${code})`]);
				assert.equal(f.session.state, SessionState.Waiting);
				assert.deepEqual(f.transport.closes, [true]);
				assert.equal(f.session.counters.failedAttempts, 1);
				assert.equal(f.session.counters.connections, 0);
			}
	});

	it("[MQTT-3.1.3-8] [MQTT-3.1.2-2] refusals that somebody has to mend are not asked again soon, others are", () => {
		for (const [code, low, high] of [
			[1, Limits.configurationPauseMs, 2 * Limits.configurationPauseMs],
			[2, Limits.configurationPauseMs, 2 * Limits.configurationPauseMs],
			[3, 0, Limits.backoffMaximumMs],
			[4, Limits.credentialPauseMs, 2 * Limits.credentialPauseMs],
			[5, 0, Limits.backoffMaximumMs],
			[6, 0, Limits.backoffMaximumMs],
		] as const)
			for (const random of [0, 0.5, 0.999]) {
				const f = new Fixture({ random: () => random });
				f.session.start();
				for (let attempt = 0; attempt < 12; attempt++) {
					f.transport.connect();
					f.transport.deliver([0x20, 2, 0, code]);
					const pause = f.retries.at(-1) as number;
					assert.ok(pause >= low && pause < high, `code ${code}: ${pause} ms`);
					f.time.advance(pause);
				}
			}
	});

	it("[MQTT-3.2.2-1] session present with a clean session closes; without one it is passed on", () => {
		const clean = greeting();
		clean.transport.deliver([0x20, 2, 1, 0]);
		assert.deepEqual(clean.heard(), ["closed MQTT-3.2.2-1"]);
		const kept = greeting({ connect: { cleanSession: false } });
		kept.transport.deliver([0x20, 2, 1, 0]);
		assert.deepEqual(kept.heard(), ["opened true"]);
	});

	it("[MQTT-3.1.4-4] no CONNACK in time ends the attempt at its limit, not before", () => {
		const f = greeting();
		f.time.advance(Limits.connackMs - 1);
		assert.equal(f.session.state, SessionState.Greeting);
		f.time.advance(1);
		assert.deepEqual(f.heard(), ["closed connack-timeout"]);
	});

	it("a transport that does not open ends at its limit", () => {
		const f = new Fixture();
		f.session.start();
		f.time.advance(Limits.connectMs - 1);
		assert.equal(f.session.state, SessionState.Opening);
		f.time.advance(1);
		assert.deepEqual(f.heard(), ["closed connect-timeout"]);
		assert.deepEqual(f.transport.closes, [true]);
	});

	it("[MQTT-3.1.4-1] a connection that ends without CONNACK is told apart from one that is lost later", () => {
		const f = greeting();
		f.transport.fail();
		assert.deepEqual(f.heard(), ["closed closed-before-connack"]);
		f.again();
		f.transport.fail();
		assert.deepEqual(f.heard(), ["opened false", "closed connection-lost"]);
	});

	it("the transport's own reasons are passed on", () => {
		for (const code of ["dns-failed", "connect-failed", "tls-failed"]) {
			const f = new Fixture();
			f.session.start();
			f.transport.fail(code);
			assert.deepEqual(f.heard(), [`closed ${code}`]);
			assert.equal(f.session.counters.failedAttempts, 1);
		}
	});

	it("[MQTT-3.2.0-1] any packet before CONNACK closes, and nothing of it is delivered", () => {
		for (const packet of [
			inbound("t", "x"),
			inbound("t", "x", 1, 1),
			inbound("t", "x", 2, 1),
			PINGRESP,
			[0x40, 2, 0, 1],
			[0x62, 2, 0, 1],
			[0x90, 3, 0, 1, 0],
			[0xb0, 2, 0, 1],
		]) {
			const f = greeting();
			f.transport.deliver([...packet, ...CONNACK]);
			assert.deepEqual(f.heard(), ["closed MQTT-3.2.0-1"]);
			assert.deepEqual(cmds(f), ["connect"]);
		}
	});

	it("a second CONNACK in mid-session ends it as closed by the server", () => {
		for (const code of [0, 3]) {
			const f = new Fixture().up();
			f.transport.deliver([0x20, 2, 0, code, ...inbound("t", "x")]);
			assert.deepEqual(f.heard(), ["opened false", `closed closed-by-server (CONNACK ${code})`]);
		}
	});

	it("packets right behind CONNACK are taken, in any chunking [MQTT-3.1.2-5]", () => {
		for (const size of [1, 3, 100]) {
			const f = greeting();
			f.sent();
			f.transport.deliver([...CONNACK, ...inbound("t", "x", 1, 5), ...inbound("u", "y", 2, 6)], size);
			assert.deepEqual(f.heard(), ["opened false", "message t x", "message u y"]);
			assert.equal(wire(f), "4002000550020006");
		}
	});

	it("what the standard forbids in CONNECT, or does not fit, is refused when the session is made", () => {
		assert.throws(
			() => new Fixture({ connect: { clientId: utf8(""), cleanSession: false } }),
			/MQTT-3\.1\.3-7/,
		);
		assert.throws(() => new Fixture({ connect: { password: utf8("x") } }), /MQTT-3\.1\.2-22/);
		assert.throws(
			() => new Fixture({ connect: { clientId: utf8("x".repeat(Limits.outputBytes - 16)) } }),
			/output stage/,
		);
	});

	it("a violation ends the connection with its code", () => {
		const f = new Fixture().up();
		f.transport.deliver([...inbound("t", "x"), 0x36, 5, 0, 1, 0x61, 0, 1, ...inbound("t", "y")]);
		assert.deepEqual(f.heard(), ["opened false", "message t x", "closed MQTT-3.3.1-4"]);
		assert.deepEqual(f.transport.closes, [true]);
	});
});

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

describe("mqtt: session, keepalive", () => {
	const K = 60 * SECOND;

	/** Runs for `ms` in steps; `each` is called in every step. Returns the largest gap between packets sent. */
	function gaps(f: Fixture, ms: number, each: (now: number) => void): number {
		let last = f.time.monotonic();
		let largest = 0;
		const until = last + ms;
		while (f.time.monotonic() < until && f.transport.active) {
			f.time.advance(SECOND);
			each(f.time.monotonic());
			const packets = f.sent();
			if (packets.length > 0) {
				largest = Math.max(largest, f.time.monotonic() - last);
				last = f.time.monotonic();
			}
			if (packets.some((packet) => packet.cmd === "pingreq")) f.transport.deliver(PINGRESP);
		}
		return Math.max(largest, f.time.monotonic() - last);
	}

	it("[MQTT-3.1.2-23] an idle link never goes longer than the interval without a packet", () => {
		const f = new Fixture().up();
		assert.ok(gaps(f, 20 * K, () => {}) <= K);
		assert.equal(f.session.state, SessionState.Up);
	});

	it("[MQTT-3.1.2-23] nor does one that only receives", () => {
		const f = new Fixture().up();
		assert.ok(gaps(f, 10 * K, () => f.transport.deliver(inbound("t", "x"))) <= K);
		assert.equal(f.session.state, SessionState.Up);
	});

	it("a link that only sends QoS 0 is probed by PINGREQ, at least every interval", () => {
		const f = new Fixture({ measures: { qos: 0 } }).up();
		let lastPing = f.time.monotonic();
		for (let i = 0; i < 600; i++) {
			f.time.advance(SECOND);
			f.publish(f.measures, "x");
			f.transport.flush();
			if (cmds(f).includes("pingreq")) {
				lastPing = f.time.monotonic();
				f.transport.deliver(PINGRESP);
			}
			assert.ok(f.time.monotonic() - lastPing <= K);
		}
		assert.equal(f.session.state, SessionState.Up);
	});

	it("busy in both directions there is no PINGREQ", () => {
		const f = new Fixture().up();
		for (let i = 0; i < 300; i++) {
			f.time.advance(SECOND);
			f.publish(f.measures, "x");
			const packets = f.sent();
			assert.deepEqual(
				packets.map((packet) => packet.cmd),
				["publish"],
			);
			f.puback(packets[0]?.messageId as number);
		}
	});

	for (const start of [1_000_000, 0, -5_000_000])
		it(`a dead idle link is noticed within 1.5 intervals, with a clock that begins at ${start}`, () => {
			const f = new Fixture({ time: new VirtualTime({ start }) }).up();
			f.time.advance(K);
			assert.deepEqual(cmds(f), ["pingreq"]);
			f.time.advance(0.5 * K);
			assert.deepEqual(f.heard().slice(1), ["closed keepalive-timeout"]);
		});

	it("a dead link is noticed within 1.5 intervals under steady outgoing QoS 0 too", () => {
		for (const offset of [1, 7, 31, 44, 59]) {
			const f = new Fixture({ measures: { qos: 0 } }).up();
			for (let i = 0; i < offset; i++) {
				f.time.advance(SECOND);
				f.transport.deliver(inbound("t", "x"));
			}
			const silent = f.time.monotonic();
			while (f.session.state === SessionState.Up) {
				f.time.advance(SECOND);
				f.publish(f.measures, "x");
				f.transport.free = f.transport.capacity;
				assert.ok(f.time.monotonic() - silent <= 1.5 * K, "not noticed");
			}
			assert.equal(
				f.heard().find((line) => line.startsWith("closed")),
				"closed keepalive-timeout",
			);
		}
	});

	it("a dead link whose socket takes nothing more is noticed as well", () => {
		const f = new Fixture().up();
		f.transport.free = 0;
		f.time.advance(1.5 * K);
		assert.equal(f.heard()[1], "closed keepalive-timeout");
	});

	it("keepalive 0 sends no PINGREQ and never times out", () => {
		const f = new Fixture({ connect: { keepAlive: 0 } }).up();
		f.time.advance(100_000 * SECOND);
		assert.deepEqual(cmds(f), []);
		assert.equal(f.session.state, SessionState.Up);
	});

	it("every interval keeps the bounds", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 65_535 }), (keepAlive) => {
				const f = new Fixture({ connect: { keepAlive } }).up();
				f.time.advance(keepAlive * SECOND);
				assert.deepEqual(cmds(f), ["pingreq"]);
				f.time.advance(keepAlive * SECOND * 0.5);
				assert.equal(f.heard()[1], "closed keepalive-timeout");
			}),
			{ numRuns: 50 },
		);
	});

	it("a PINGRESP of the former connection is not awaited in the next", () => {
		const f = new Fixture().up();
		f.time.advance(0.8 * K);
		f.reconnect();
		f.sent();
		f.time.advance(0.7 * K);
		assert.equal(f.session.state, SessionState.Up);
		assert.deepEqual(cmds(f), []);
	});
});

describe("mqtt: session, reconnecting", () => {
	it("pauses grow from attempt to attempt up to the maximum", () => {
		const f = new Fixture({ random: () => 0.999_999_999 });
		f.session.start();
		for (let i = 0; i < 10; i++) {
			f.transport.fail("connect-failed");
			f.time.advance((f.retries.at(-1) as number) - 1);
			assert.equal(f.transport.active, false);
			f.time.advance(1);
			assert.equal(f.transport.active, true);
		}
		const ceilings = Array.from({ length: 10 }, (_, i) =>
			Math.min(Limits.backoffInitialMs * 2 ** i, Limits.backoffMaximumMs),
		);
		assert.deepEqual(
			f.retries.map((ms) => Math.ceil(ms / 10) * 10),
			ceilings,
		);
	});

	it("[MQTT-3.3.5-2] [MQTT-3.1.4-2] a kick soon after CONNACK does not begin the pauses anew", () => {
		const f = new Fixture({ random: () => 0.999_999_999 });
		f.session.start();
		for (let i = 0; i < 5; i++) {
			f.up();
			f.time.advance(Limits.stableMs - 1);
			f.transport.fail();
			f.time.advance(f.retries.at(-1) as number);
		}
		assert.ok((f.retries.at(-1) as number) > 15 * Limits.backoffInitialMs);
	});

	it("a session that stood stableMs begins them anew", () => {
		const f = new Fixture({ random: () => 0.999_999_999 });
		f.session.start();
		for (let i = 0; i < 5; i++) {
			f.transport.fail("connect-failed");
			f.time.advance(f.retries.at(-1) as number);
		}
		f.up();
		f.time.advance(Limits.stableMs);
		f.transport.fail();
		assert.ok((f.retries.at(-1) as number) <= Limits.backoffInitialMs);
	});

	it("drop ends without DISCONNECT, so that the will is published, and connects again [MQTT-3.1.2-8]", () => {
		const f = new Fixture().up();
		f.session.drop("subscribe-refused", "x");
		assert.equal(wire(f), "");
		assert.deepEqual(f.transport.closes, [true]);
		f.again();
		assert.equal(f.session.counters.connections, 2);
	});

	it("no alarm of an ended connection fires in the next", () => {
		const f = new Fixture({ connect: { keepAlive: 10 } }).up();
		f.publish(f.measures, "x");
		f.transport.fail();
		assert.equal(f.time.armed, 1, "only the pause runs");
	});

	it("what waited in the output stage is not sent on the next connection", () => {
		const f = new Fixture().up();
		f.transport.free = 3;
		f.transport.deliver(inbound("t", "", 1, 9));
		f.session.subscribe(utf8("abc"), 0);
		f.publish(f.measures, "x");
		f.autoOpen = false;
		f.reconnect();
		f.transport.flush();
		assert.deepEqual(cmds(f), []);
		assert.equal(f.session.inFlight, 0);
	});
});

describe("mqtt: session, stopping", () => {
	it("[MQTT-3.14.4-1] DISCONNECT goes out, the connection is closed in order, and nothing comes after", () => {
		const f = new Fixture().up();
		f.session.stop();
		assert.equal(wire(f), "e000");
		f.transport.flush();
		assert.deepEqual(f.heard().slice(1), ["closed requested"]);
		assert.deepEqual(f.transport.closes, [false]);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.deepEqual(f.retries, [-1]);
		assert.equal(f.time.armed, 0);
		f.publish(f.measures, "x");
		f.time.advance(1_000_000);
		assert.equal(wire(f), "");
		assert.equal(f.transport.opens, 1);
	});

	it("is not told of the end before DISCONNECT is out, for then the machine may be reset", () => {
		for (const end of ["acknowledged", "closed by the server", "lost", "late"]) {
			const f = new Fixture().up();
			f.transport.take();
			f.transport.write(Uint8Array.of(0xc0, 0), false); // still on its way
			f.session.stop();
			f.transport.accept(1);
			assert.deepEqual([f.session.state, f.retries], [SessionState.Leaving, []], end);
			assert.equal(wire(f), "c000e000");
			if (end === "acknowledged") f.transport.flush();
			else if (end === "closed by the server") f.transport.fail("closed-by-server");
			else if (end === "lost") f.transport.fail();
			else f.time.advance(Limits.closeMs);
			assert.deepEqual(f.heard().slice(1), ["closed requested"], end);
			assert.deepEqual([f.session.state, f.retries], [SessionState.Stopped, [-1]], end);
			assert.equal(f.time.armed, 0);
		}
	});

	it("[MQTT-3.14.4-2] a message being written is finished, then DISCONNECT; what waits stays", () => {
		const f = new Fixture({ measures: { payloadBytes: 3000, slots: 4 } }).up();
		f.transport.free = 100;
		f.publish(f.measures, "a".repeat(3000), "b");
		f.session.stop();
		f.publish(f.measures, "c");
		for (let i = 0; i < 3; i++) f.transport.accept(1500);
		f.transport.flush();
		const packets = f.sent();
		assert.deepEqual(
			packets.map((packet) => packet.cmd),
			["publish", "disconnect"],
		);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.equal(f.outbox.waiting, 3);
	});

	it("[MQTT-3.14.4-2] E0 00 are the last bytes, also when a QoS 1 message comes while they wait for the socket", () => {
		for (const free of [0, 1]) {
			const f = new Fixture().up();
			f.transport.free = free;
			f.session.stop();
			f.transport.deliver([...inbound("t", "x", 1, 9), ...inbound("t", "y", 2, 8), 0x62, 2, 0, 7]);
			for (let i = 0; i < 3; i++) if (f.transport.active) f.transport.flush();
			assert.equal(wire(f), "e000");
			assert.equal(f.session.state, SessionState.Stopped);
		}
	});

	it("replies that already wait go out before DISCONNECT", () => {
		const f = new Fixture().up();
		f.onMessage = () => f.session.stop();
		f.transport.deliver(inbound("t", "x", 1, 9));
		assert.equal(wire(f), "40020009e000");
		f.transport.flush();
		assert.equal(f.session.state, SessionState.Stopped);
	});

	it("a socket that takes nothing does not hold it longer than closeMs", () => {
		const f = new Fixture().up();
		f.transport.free = 0;
		f.session.stop();
		f.session.stop();
		f.time.advance(Limits.closeMs - 1);
		assert.equal(f.session.state, SessionState.Leaving);
		f.time.advance(1);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.deepEqual(f.heard().slice(1), ["closed requested"]);
	});

	it("works in every state, reports once and leaves no alarm running", () => {
		const states: Record<string, (f: Fixture) => void> = {
			Opening: (f) => f.session.start(),
			Greeting: (f) => {
				f.session.start();
				f.transport.connect();
			},
			Up: (f) => f.up(),
			Waiting: (f) => {
				f.up();
				f.transport.fail();
			},
			"in sessionOpened": (f) => {
				f.onOpened = () => f.session.stop();
				f.up();
			},
			"in sessionClosed": (f) => {
				let stopping = false;
				f.onClosed = () => {
					if (!stopping) {
						stopping = true;
						f.session.stop();
					}
				};
				f.up();
				f.transport.fail();
			},
		};
		for (const [name, reach] of Object.entries(states)) {
			const f = new Fixture();
			reach(f);
			f.session.stop();
			if (f.transport.active) f.transport.flush();
			assert.equal(f.session.state, SessionState.Stopped, name);
			assert.equal(f.heard().filter((line) => line === "closed requested").length, 1, name);
			assert.equal(f.retries.at(-1), -1, name);
			assert.equal(f.transport.active, false, name);
			assert.equal(f.time.armed, 0, name);
			f.session.stop();
			assert.deepEqual(f.heard(), [], name);
			// and it can be started again
			f.onOpened = f.onClosed = () => {};
			f.up();
			assert.equal(f.session.state, SessionState.Up, name);
		}
	});

	it("a connection lost meanwhile, or a broken rule, ends it all the same", () => {
		for (const act of [
			(f: Fixture) => f.transport.fail(),
			(f: Fixture) => f.transport.deliver([0]),
			(f: Fixture) => f.transport.deliver(CONNACK),
			(f: Fixture) => f.session.drop("requested", ""),
		]) {
			const f = new Fixture().up();
			f.transport.free = 0;
			f.session.stop();
			act(f);
			assert.equal(f.session.state, SessionState.Stopped);
			assert.deepEqual(f.retries, [-1]);
			assert.equal(f.time.armed, 0);
		}
	});

	it("drop, pump and subscribe do nothing while stopped or waiting", () => {
		const f = new Fixture();
		f.session.drop("requested", "");
		f.session.pump();
		assert.deepEqual(f.heard(), []);
		f.up();
		f.transport.fail();
		f.heard();
		f.session.drop("requested", "");
		f.session.pump();
		assert.equal(f.session.subscribe(utf8("a"), 0), 0);
		assert.deepEqual(f.heard(), []);
		assert.equal(f.session.state, SessionState.Waiting);
	});
});

describe("mqtt: session, tables", () => {
	it("[MQTT-2.3.1-2] [MQTT-2.3.1-3] ids are never 0, distinct while in use, and free again only when done", () => {
		const step = fc.tuple(
			fc.boolean(),
			fc.nat(1000),
			fc.constantFrom(Await.Puback, Await.Pubrec, Await.Suback),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
				const table = new InFlight(8);
				const open = new Map<number, number>();
				for (const [acknowledge, pick, state] of steps) {
					if (acknowledge && open.size > 0) {
						const [id, awaited] = [...open][pick % open.size] as [number, number];
						if (awaited === Await.Pubrec) {
							assert.equal(table.acknowledge(PacketType.Puback, id), -1);
							assert.equal(table.acknowledge(PacketType.Pubrec, id), Await.Pubcomp);
							assert.equal(table.acknowledge(PacketType.Pubrec, id), Await.Pubcomp);
							open.set(id, Await.Pubcomp);
							continue;
						}
						const type = { [Await.Puback]: 4, [Await.Pubcomp]: 7, [Await.Suback]: 9 }[awaited] as number;
						assert.equal(table.acknowledge(type, id), Await.Nothing);
						assert.equal(table.acknowledge(type, id), -1);
						open.delete(id);
					} else if (!table.full) {
						const id = table.open(state);
						assert.ok(id >= 1 && id <= 65_535 && !open.has(id));
						open.set(id, state);
					}
					assert.equal(table.count, open.size);
					assert.equal(table.full, open.size === 8);
				}
			}),
		);
	});

	it("[MQTT-2.3.1-2] the wrap skips whole runs of ids in use", () => {
		const table = new InFlight(4);
		const first = [table.open(Await.Puback), table.open(Await.Puback), table.open(Await.Puback)];
		assert.deepEqual(first, [1, 2, 3]);
		for (let id = 4; id <= 65_535; id++) {
			assert.equal(table.open(Await.Puback), id);
			table.acknowledge(PacketType.Puback, id);
		}
		assert.equal(table.open(Await.Puback), 4);
	});

	it("only the legal transitions are taken, of all states and packet types", () => {
		const legal = new Map([
			[`${Await.Puback} 4`, Await.Nothing],
			[`${Await.Pubrec} 5`, Await.Pubcomp],
			[`${Await.Pubcomp} 5`, Await.Pubcomp],
			[`${Await.Pubcomp} 7`, Await.Nothing],
			[`${Await.Suback} 9`, Await.Nothing],
			[`${Await.Unsuback} 11`, Await.Nothing],
		]);
		for (let state = 0; state <= 5; state++)
			for (let type = 0; type <= 15; type++)
				assert.equal(transition(state, type), legal.get(`${state} ${type}`) ?? -1, `${state} ${type}`);
	});

	it("replies leave in their order, round and round", () => {
		const queue = new ReplyQueue(5);
		const model: number[] = [];
		for (let i = 1; i < 200; i++) {
			if (model.length === 5 || (model.length > 0 && i % 3 === 0)) {
				assert.equal(queue.type, (model[0] as number) % 8);
				assert.equal(queue.take(), model.shift());
			} else {
				queue.add(i % 8, i);
				model.push(i);
			}
			assert.equal(queue.length, model.length);
			assert.equal(queue.full, model.length === 5);
		}
		queue.clear();
		assert.equal(queue.length, 0);
	});

	it("the table of inbound QoS 2 ids is a set of ranges that forgets the oldest", () => {
		const table = new InboundQos2(2);
		for (const id of [65_535, 65_534, 1, 2, 3]) table.add(id);
		for (const id of [1, 2, 3, 65_534, 65_535]) assert.equal(table.has(id), true, `${id}`);
		for (const id of [4, 65_533]) assert.equal(table.has(id), false, `${id}`);
		table.remove(4);
		table.remove(1);
		assert.deepEqual(
			[1, 2, 3].map((id) => table.has(id)),
			[false, true, true],
		);
		assert.equal(table.forgotten, 0);
		table.add(9);
		assert.equal(table.forgotten, 1);
		assert.deepEqual(
			[65_534, 65_535, 2, 3, 9].map((id) => table.has(id)),
			[false, false, true, true, true],
		);
		table.clear();
		assert.deepEqual([table.has(2), table.has(9)], [false, false]);
	});

	it("the table of inbound QoS 2 ids agrees with a Set", () => {
		const random = seeded(7);
		const table = new InboundQos2(13);
		const model = new Set<number>();
		for (let i = 0; i < 20_000; i++) {
			const id = 1 + Math.floor(random() * 24);
			if (model.has(id)) {
				table.remove(id);
				model.delete(id);
			} else {
				table.add(id);
				model.add(id);
			}
			for (let each = 1; each <= 24; each++) assert.equal(table.has(each), model.has(each));
			const ranges: number[] = [];
			table.tell({ takenRange: (first, last) => ranges.push(last - first + 1) });
			assert.equal(
				ranges.reduce((sum, n) => sum + n, 0),
				model.size,
			);
		}
		assert.equal(table.forgotten, 0);
	});
});
