// Statements of the standard that no other test names; `npm run conformance` prints which test stands for
// which.

import assert from "node:assert/strict";
import { generate } from "mqtt-packet";
import { parseSub } from "../../../host-sim/mqtt-tools/options.js";
import type { ConnectOptions } from "../../../modules/mqtt/encode.js";
import {
	replyWord,
	writeConnect,
	writeEmpty,
	writePublishHeader,
	writeSubscribe,
	writeUnsubscribe,
} from "../../../modules/mqtt/encode.js";
import { PacketType } from "../../../modules/mqtt/packet.js";
import type { InboundMessage } from "../../../modules/mqtt/parser.js";
import { mqttText, topicFilter, topicMatches, topicName } from "../../../modules/mqtt/topic.js";
import { Fixture, inbound, read, utf8 } from "./fixture.js";

const bytes = new Uint8Array(400);
const hex = (end: number, from = 0): string => Buffer.from(bytes.subarray(from, end)).toString("hex");

const WILL = { topic: utf8("w"), payload: utf8("x"), qos: 1, retain: true } as const;
const CONNECTS: readonly ConnectOptions[] = [
	{ clientId: utf8("id"), cleanSession: true, keepAlive: 1 },
	{ clientId: utf8("id"), cleanSession: false, keepAlive: 60, will: WILL },
	{ clientId: utf8("id"), cleanSession: false, keepAlive: 60, username: utf8("") },
	{ clientId: utf8("id"), cleanSession: true, keepAlive: 0, username: utf8("u"), password: Uint8Array.of(0) },
];

describe("mqtt: conformance, what is sent", () => {
	it("[MQTT-2.2.2-1] the reserved bits of every first byte are as the table says", () => {
		const first: string[] = [];
		const note = (end: number) => first.push(hex(end).slice(0, 2));
		note(writeConnect(bytes, 0, CONNECTS[0] as ConnectOptions));
		for (const type of [PacketType.Puback, PacketType.Pubrec, PacketType.Pubrel, PacketType.Pubcomp]) {
			new DataView(bytes.buffer).setUint32(0, replyWord(type, 1));
			note(4);
		}
		note(writeSubscribe(bytes, 0, 1, utf8("f"), 1));
		note(writeUnsubscribe(bytes, 0, 1, utf8("f")));
		note(writeEmpty(bytes, 0, PacketType.Pingreq));
		note(writeEmpty(bytes, 0, PacketType.Disconnect));
		assert.deepEqual(first, ["10", "40", "50", "62", "70", "82", "a2", "c0", "e0"]);
	});

	it("[MQTT-3.1.2-1] [MQTT-3.1.2-3] [MQTT-3.1.3-3] CONNECT: protocol name, reserved flag 0, then the client id", () => {
		for (const options of CONNECTS) {
			writeConnect(bytes, 0, options);
			assert.equal(hex(9, 2), "00044d51545404");
			assert.equal((bytes[9] as number) & 1, 0);
			assert.equal(hex(16, 12), "00026964");
		}
	});

	it("[MQTT-3.1.3-4] [MQTT-3.1.3-10] [MQTT-3.1.3-11] texts beyond ASCII have their length in bytes", () => {
		const text = "ä€😀";
		const field = mqttText(text, "text");
		assert.equal(field.length, 9);
		const will = { topic: field, payload: utf8("x"), qos: 0, retain: false } as const;
		const options = { clientId: field, cleanSession: true, keepAlive: 1, will, username: field };
		const [packet] = read(bytes.slice(0, writeConnect(bytes, 0, options)));
		assert.ok(packet?.cmd === "connect");
		assert.deepEqual([packet.clientId, packet.will?.topic, packet.username], [text, text, text]);
		for (const wrong of ["\ud800", "a\0"]) assert.throws(() => mqttText(wrong, "text"), RangeError);
	});

	it("[MQTT-3.1.3-5] an id that is made up has letters and digits, at most 23", () => {
		for (let i = 0; i < 20; i++)
			assert.match(parseSub(["--port", "1"])?.clientId ?? "", /^[0-9a-zA-Z]{1,23}$/);
	});

	it("[MQTT-3.1.3-6] [MQTT-3.1.3-7] an empty id goes with a clean session only", () => {
		const clientId = utf8("");
		writeConnect(bytes, 0, { clientId, cleanSession: true, keepAlive: 1 });
		assert.equal(hex(14, 12), "0000");
		assert.throws(() => writeConnect(bytes, 0, { clientId, cleanSession: false, keepAlive: 1 }), /3\.1\.3-7/);
	});

	it("[MQTT-3.3.1-5] [MQTT-3.3.2-1] PUBLISH: RETAIN in the first byte, then topic, then the id", () => {
		for (const [qos, first] of [
			[0, "31"],
			[1, "33"],
			[2, "35"],
		] as const) {
			const end = writePublishHeader(bytes, 0, utf8("a/b"), qos, true, false, 0x1234, 1);
			const id = qos > 0 ? "1234" : "";
			assert.equal(hex(end), `${first}0${qos > 0 ? 8 : 6}0003612f62${id}`);
		}
	});

	it("[MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT-3.10.4-1] filters: length and bytes, unchanged; no QoS in UNSUBSCRIBE", () => {
		const filter = topicFilter("ä//+/€/");
		const text = `000a${Buffer.from("ä//+/€/").toString("hex")}`;
		assert.equal(hex(writeSubscribe(bytes, 0, 7, filter, 1)), `820f0007${text}01`);
		assert.equal(hex(writeUnsubscribe(bytes, 0, 7, filter)), `a20e0007${text}`);
	});

	it("[MQTT-3.8.3-4] the QoS that is asked for is 0, 1 or 2 in a byte of its own", () => {
		for (const qos of [0, 1, 2] as const)
			assert.equal(bytes[writeSubscribe(bytes, 0, 7, utf8("f"), qos) - 1], qos);
	});

	it("[MQTT-4.7.3-2] U+0000 is refused in names and filters", () => {
		assert.throws(() => topicName("a\0"), /1\.5\.3-2/);
		assert.throws(() => topicFilter("\0"), /1\.5\.3-2/);
	});
});

/** Notes the flag RETAIN. */
class Retaining extends Fixture {
	readonly flags: boolean[] = [];
	override message(m: InboundMessage): void {
		this.flags.push(m.retain);
		super.message(m);
	}
}

describe("mqtt: conformance, what comes", () => {
	it("[MQTT-3.1.3-2] [MQTT-3.1.2-24] a broker that closes is a lost connection, and the next CONNECT has the same id", () => {
		const f = new Fixture({ connect: { cleanSession: false } }).up();
		f.heard();
		f.transport.fail();
		assert.deepEqual(f.heard(), ["closed connection-lost"]);
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		const [again] = f.sent();
		assert.ok(again?.cmd === "connect");
		assert.equal(again.clientId, "node");
	});

	it("[MQTT-3.1.3-9] [MQTT-3.2.2-6] [MQTT-3.1.4-5] any code but 0, and none, is a failure; nothing but CONNECT was sent", () => {
		for (const code of [1, 2, 3, 4, 5, 6, 127, 255, undefined]) {
			const f = new Fixture();
			f.add(f.measures, "waits");
			f.session.start();
			f.transport.connect();
			assert.deepEqual(
				f.sent().map((packet) => packet.cmd),
				["connect"],
			);
			if (code === undefined) f.transport.fail();
			else f.transport.deliver([0x20, 2, 0, code]);
			assert.equal(f.session.counters.connections, 0);
			assert.equal(f.transport.active, false);
			assert.equal(f.measures.ring.queued, 1);
			assert.equal(f.transport.take().length, 0);
		}
	});

	it("[MQTT-2.3.1-7] SUBACK and UNSUBACK with another id complete nothing", () => {
		const f = new Fixture().up();
		f.heard();
		const id = f.session.subscribe(utf8("f"), 1);
		f.transport.deliver([0x90, 3, 0, id + 1, 1, 0xb0, 2, 0, id]);
		assert.deepEqual(f.heard(), []);
		assert.equal(f.session.counters.strayAcknowledgements, 2);
		f.transport.deliver([0x90, 3, 0, id, 1]);
		assert.deepEqual(f.heard(), [`subscribed ${id} 1`]);
	});

	it("[MQTT-3.1.0-2] never a second CONNECT on one connection, whatever is asked of the session", () => {
		const f = new Fixture().up();
		f.session.start();
		f.time.advance(600_000 / 20);
		f.publish(f.measures, "x");
		assert.ok(f.sent().every((packet) => packet.cmd !== "connect"));
	});

	it("[MQTT-3.2.2-4] a refusal that says session present is a refusal, and nothing goes on", () => {
		const f = new Fixture({ connect: { cleanSession: false } }).up();
		f.publish(f.measures, "under way");
		f.transport.fail();
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.transport.connect();
		f.sent();
		f.transport.deliver([0x20, 2, 1, 5]);
		assert.equal(f.transport.take().length, 0);
		assert.equal(f.heard().at(-1), "closed connack-5 (code 5)");
		assert.equal(f.session.inFlight, 1, "the session is as it was");
	});

	it("[MQTT-3.3.1-6] [MQTT-3.3.1-8] [MQTT-3.3.1-9] [MQTT-3.3.1-10] retained messages come before SUBACK and with their flag", () => {
		const f = new Retaining().up();
		f.session.subscribe(utf8("r"), 1);
		f.sent();
		const retained = inbound("r", "", 1, 5);
		retained[0] = (retained[0] as number) | 1;
		f.transport.deliver(retained);
		f.transport.deliver(inbound("r", "x", 1, 6));
		assert.deepEqual(f.flags, [true, false]);
		assert.deepEqual(f.heard().slice(1), ["message r", "message r x"]);
		assert.deepEqual(
			f.sent().map((packet) => [packet.cmd, packet.messageId]),
			[
				["puback", 5],
				["puback", 6],
			],
		);
	});

	it("[MQTT-3.3.2-3] [MQTT-3.3.5-1] [MQTT-4.6.0-6] what no filter asked for, and copies, arrive in order and are acknowledged", () => {
		const f = new Fixture().up();
		f.heard();
		const copies = [1, 2, 3].flatMap((id) => inbound("never/asked", "same", 1, id));
		f.transport.deliver([
			...copies,
			...inbound("t", "a", 0),
			...inbound("t", "b", 2, 9),
			...inbound("t", "c", 1, 4),
		]);
		assert.deepEqual(f.heard(), [
			...Array(3).fill("message never/asked same"),
			...["a", "b", "c"].map((x) => `message t ${x}`),
		]);
		assert.deepEqual(
			f.sent().map((packet) => packet.messageId),
			[1, 2, 3, 9, 4],
		);
	});

	it("[MQTT-3.8.3-2] [MQTT-3.8.4-3] [MQTT-3.8.4-6] a refusal and a lower QoS are told, and the same filter may be asked for again", () => {
		const f = new Fixture().up();
		f.heard();
		for (const code of [0x80, 0, 1]) {
			const id = f.session.subscribe(utf8("f/#"), 2);
			assert.ok(id > 0);
			f.transport.deliver([0x90, 3, 0, id, code]);
			assert.deepEqual(f.heard(), [`subscribed ${id} ${code}`]);
		}
		f.transport.deliver(inbound("f/1", "x", 2, 1));
		assert.deepEqual(f.heard(), ["message f/1 x"], "whatever was granted");
	});

	it("[MQTT-3.10.4-5] an UNSUBSCRIBE of what was never subscribed ends as any other", () => {
		const f = new Fixture().up();
		f.heard();
		const id = f.session.unsubscribe(utf8("never"));
		f.transport.deliver([0xb0, 2, 0, id]);
		assert.deepEqual(f.heard(), [`unsubscribed ${id}`]);
	});

	it("[MQTT-3.12.4-1] without PINGRESP the connection ends within 1.5 times the interval", () => {
		const f = new Fixture({ connect: { keepAlive: 10 } }).up();
		f.heard();
		f.time.advance(15_000);
		assert.deepEqual(f.heard(), ["closed keepalive-timeout"]);
	});

	it("[MQTT-3.14.4-3] an orderly end sends DISCONNECT, and then closes", () => {
		const f = new Fixture().up();
		f.session.stop();
		assert.deepEqual(
			f.sent().map((packet) => packet.cmd),
			["disconnect"],
		);
		assert.equal(f.transport.active, true, "until it is out");
		f.transport.flush();
		assert.equal(f.transport.active, false);
		assert.deepEqual(f.transport.closes, [false], "what was written still goes out");
	});

	it("[MQTT-4.7.2-1] [MQTT-4.7.3-4] topics are compared byte for byte, and wildcards leave $ alone", () => {
		const matches = (filter: string, topic: string) =>
			topicMatches(utf8(filter), utf8(topic), 0, utf8(topic).length);
		for (const [filter, topic] of [
			["#", "$SYS/x"],
			["+/x", "$SYS/x"],
			["a", "A"],
			["a/b", "a//b"],
			["a", "a/"],
			["\u00e9", "e\u0301"],
		] as const)
			assert.equal(matches(filter, topic), false, `${filter} ${topic}`);
		assert.equal(matches("$SYS/#", "$SYS/x"), true);
		assert.equal(matches("a//+", "a//"), true);
	});

	it("[MQTT-7.1.2-1] a whole conversation byte by byte gives the same as all at once", () => {
		const talk = [
			[0x20, 2, 0, 0],
			inbound("t", "one", 1, 1),
			inbound("t", "two", 2, 2),
			[...generate({ cmd: "pubrel", messageId: 2 })],
			inbound("t", "x".repeat(3000), 1, 3),
			[0xd0, 0],
		].flat();
		const logs = [1, 7, 512].map((chunking) => {
			const f = new Fixture();
			f.session.start();
			f.transport.connect();
			f.sent();
			f.transport.deliver(talk, chunking);
			return [f.heard(), f.sent()];
		});
		assert.deepEqual(logs[1], logs[0]);
		assert.deepEqual(logs[2], logs[0]);
	});
});
