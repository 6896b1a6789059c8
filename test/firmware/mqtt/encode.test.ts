// Every packet that we send, read back by mqtt-packet, an independent implementation; and byte by byte in a
// table.

import assert from "node:assert/strict";
import fc from "fast-check";
import { type Packet, parser as referenceParser } from "mqtt-packet";
import {
	type ConnectOptions,
	connectLength,
	publishHeaderLength,
	replyWord,
	writeConnect,
	writeEmpty,
	writePublishHeader,
	writeRemainingLength,
	writeSubscribe,
	writeUnsubscribe,
} from "../../../modules/mqtt/encode.js";
import { lengthBytes, MAX_REMAINING_LENGTH, PacketType } from "../../../modules/mqtt/packet.js";
import { mqttText, topicFault, topicFilter, topicName } from "../../../modules/mqtt/topic.js";

const AT = 3;
const GUARD = 0xee;

/** What `write` puts at AT into a buffer of guards; fails if it touched a byte before. */
function encoded(room: number, write: (bytes: Uint8Array, at: number) => number): Uint8Array {
	const bytes = new Uint8Array(AT + room + AT).fill(GUARD);
	const end = write(bytes, AT);
	assert.ok(end <= AT + room, "longer than announced");
	for (let i = 0; i < bytes.length; i++)
		if (i < AT || i >= end) assert.equal(bytes[i], GUARD, `byte ${i - AT} beside the packet`);
	return bytes.slice(AT, end);
}

/** The one packet that mqtt-packet reads from the bytes. */
function read(bytes: Uint8Array): Packet {
	const packets: Packet[] = [];
	const parser = referenceParser({ protocolVersion: 4 });
	parser.on("packet", (packet) => packets.push(packet));
	parser.on("error", (error) => assert.fail(error));
	assert.equal(parser.parse(Buffer.from(bytes)), 0, "bytes left over");
	assert.equal(packets.length, 1);
	return packets[0] as Packet;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const name = fc
	.string({ unit: "binary", minLength: 1, maxLength: 40 })
	.filter((value) => !/[\0+#]/.test(value))
	// mqtt-packet decodes with Buffer#toString, which is no matter for well-formed text.
	.map((value) => value.toWellFormed());
const anyText = fc.string({ unit: "binary", maxLength: 30 }).filter((value) => !value.includes("\0"));
const binary = fc.uint8Array({ maxLength: 200 });
const packetId = fc.integer({ min: 1, max: 65_535 });

describe("mqtt: CONNECT", () => {
	const base = { clientId: text("a"), cleanSession: true, keepAlive: 60 };

	it("[MQTT-3.1.3-1] reads back field by field, for every valid set of optional fields", () => {
		const shape = fc.record({
			clientId: anyText,
			cleanSession: fc.boolean(),
			keepAlive: fc.integer({ min: 0, max: 65_535 }),
			will: fc.option(
				fc.record({
					topic: name,
					payload: binary,
					qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
					retain: fc.boolean(),
				}),
			),
			username: fc.option(anyText),
			password: fc.option(binary),
		});
		const seen = new Set<string>();
		fc.assert(
			fc.property(shape, (s) => {
				fc.pre((s.clientId !== "" || s.cleanSession) && (s.password === null || s.username !== null));
				const options: ConnectOptions = {
					clientId: text(s.clientId),
					cleanSession: s.cleanSession,
					keepAlive: s.keepAlive,
					will: s.will ? { ...s.will, topic: text(s.will.topic) } : undefined,
					username: s.username === null ? undefined : text(s.username),
					password: s.password ?? undefined,
				};
				const length = connectLength(options);
				const bytes = encoded(5 + length, (b, at) => writeConnect(b, at, options));
				assert.equal(bytes.length, 1 + lengthBytes(length) + length);
				const packet = read(bytes);
				assert.ok(packet.cmd === "connect");
				assert.equal(packet.protocolId, "MQTT");
				assert.equal(packet.protocolVersion, 4);
				assert.equal(packet.clientId, s.clientId);
				assert.equal(packet.clean, s.cleanSession);
				assert.equal(packet.keepalive, s.keepAlive);
				assert.equal(packet.username, s.username ?? undefined);
				assert.deepEqual(
					packet.password && Uint8Array.from(packet.password),
					s.password ? Uint8Array.from(s.password) : undefined,
				);
				assert.equal(packet.will?.topic, s.will?.topic);
				assert.equal(packet.will?.qos, s.will?.qos);
				assert.equal(packet.will?.retain, s.will?.retain);
				if (s.will) assert.equal(hex(Buffer.from(packet.will?.payload ?? "x")), hex(s.will.payload));
				seen.add(`${!!s.will}${s.username !== null}${s.password !== null}`);
			}),
			{ numRuns: 2000 },
		);
		assert.equal(seen.size, 6, "every valid set of optional fields occurred");
	});

	it("[MQTT-3.1.2-9 to -22] flags say what is there, and nothing else", () => {
		const will = { topic: text("w"), payload: text(""), qos: 2, retain: true } as const;
		const table: ReadonlyArray<readonly [Partial<ConnectOptions>, string]> = [
			[{}, "100d00044d51545404 02 003c 0001 61"],
			[{ cleanSession: false }, "100d00044d51545404 00 003c 0001 61"],
			[{ keepAlive: 65_535 }, "100d00044d51545404 02 ffff 0001 61"],
			[{ keepAlive: 0, clientId: text("") }, "100c00044d51545404 02 0000 0000"],
			[{ will }, "101200044d51545404 36 003c 000161 000177 0000"],
			[{ will: { ...will, qos: 1, retain: false } }, "101200044d51545404 0e 003c 000161 000177 0000"],
			[{ will: { ...will, qos: 0 } }, "101200044d51545404 26 003c 000161 000177 0000"],
			[{ username: text("") }, "100f00044d51545404 82 003c 000161 0000"],
			[
				{ username: text("é"), password: Uint8Array.of(0, 255) },
				"101500044d51545404 c2 003c 000161 0002c3a9 000200ff",
			],
			[{ username: text("u"), password: text("") }, "101200044d51545404 c2 003c 000161 000175 0000"],
			[
				{ will: { ...will, payload: text("p") }, username: text("u"), password: text("s") },
				"101900044d51545404 f6 003c 000161 000177 000170 000175 000173",
			],
		];
		for (const [part, expected] of table) {
			const bytes = encoded(100, (b, at) => writeConnect(b, at, { ...base, ...part }));
			assert.equal(hex(bytes), expected.replaceAll(" ", ""));
		}
	});

	it("what the standard forbids is refused before anything is written", () => {
		const table: ReadonlyArray<readonly [Partial<ConnectOptions>, RegExp]> = [
			[{ clientId: text(""), cleanSession: false }, /MQTT-3\.1\.3-7/],
			[{ password: text("x") }, /MQTT-3\.1\.2-22/],
			[{ keepAlive: -1 }, /keepalive/],
			[{ keepAlive: 65_536 }, /keepalive/],
			[{ keepAlive: Number.NaN }, /keepalive/],
		];
		for (const [part, message] of table) {
			const bytes = new Uint8Array(100).fill(GUARD);
			assert.throws(() => writeConnect(bytes, 0, { ...base, ...part }), { name: "RangeError", message });
			assert.ok(bytes.every((byte) => byte === GUARD));
		}
	});

	it("[MQTT-3.1.2-14] a will with QoS 3 is refused", () => {
		const will = { topic: text("w"), payload: text(""), qos: 3 as 2, retain: false };
		assert.throws(() => writeConnect(new Uint8Array(100), 0, { ...base, will }), /MQTT-3\.1\.2-14/);
	});
});

describe("mqtt: PUBLISH as sent", () => {
	it("reads back field by field at every QoS, with DUP and RETAIN", () => {
		fc.assert(
			fc.property(
				name,
				fc.nat(2),
				fc.boolean(),
				fc.boolean(),
				packetId,
				fc.uint8Array({ maxLength: 400 }),
				(topic, qos, retain, dup, id, payload) => {
					const header = publishHeaderLength(text(topic).length, qos, payload.length);
					const head = encoded(header, (b, at) =>
						writePublishHeader(b, at, text(topic), qos, retain, dup, id, payload.length),
					);
					assert.equal(head.length, header);
					const packet = read(Buffer.concat([head, payload]));
					assert.ok(packet.cmd === "publish");
					assert.equal(packet.topic, topic);
					assert.equal(packet.qos, qos);
					assert.equal(packet.retain, retain);
					assert.equal(packet.dup, dup);
					assert.equal(packet.messageId, qos > 0 ? id : undefined); // [MQTT-2.3.1-5]
					assert.equal(hex(Buffer.from(packet.payload)), hex(payload));
				},
			),
			{ numRuns: 1500 },
		);
	});

	it("payloads around every size of the length field read back whole", () => {
		for (const remaining of [127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
			const payload = Buffer.alloc(remaining - 5, 0x61);
			const head = encoded(10, (b, at) =>
				writePublishHeader(b, at, text("t"), 1, false, false, 258, payload.length),
			);
			assert.equal(publishHeaderLength(1, 1, payload.length), head.length);
			const packet = read(Buffer.concat([head, payload]));
			assert.ok(packet.cmd === "publish");
			assert.equal(packet.payload.length, payload.length);
			assert.equal(packet.messageId, 258);
		}
	});

	it("a packet longer than MQTT allows is refused, the longest is not", () => {
		assert.equal(publishHeaderLength(1, 0, MAX_REMAINING_LENGTH - 3), 1 + 4 + 3);
		assert.equal(publishHeaderLength(1, 0, MAX_REMAINING_LENGTH - 2), -1);
		assert.equal(publishHeaderLength(1, 1, MAX_REMAINING_LENGTH - 5), 1 + 4 + 5);
		assert.equal(publishHeaderLength(1, 1, MAX_REMAINING_LENGTH - 4), -1);
	});

	it("[MQTT-2.3.1-5] [MQTT-3.3.1-2] bytes and their meaning", () => {
		const publish = (qos: number, retain: boolean, dup: boolean, id: number) =>
			hex(encoded(20, (b, at) => writePublishHeader(b, at, text("a/b"), qos, retain, dup, id, 2)));
		assert.equal(publish(0, false, false, 9), "30070003612f62");
		assert.equal(publish(0, true, false, 0), "31070003612f62");
		assert.equal(publish(1, false, false, 1), "32090003612f620001");
		assert.equal(publish(1, true, true, 256), "3b090003612f620100");
		assert.equal(publish(2, false, true, 65_535), "3c090003612f62ffff");
	});
});

describe("mqtt: the other packets we send", () => {
	it("[MQTT-2.3.1-6] PUBACK, PUBREC, PUBREL and PUBCOMP carry their id, for all ids", () => {
		const table = [
			[PacketType.Puback, 0x40, "puback"],
			[PacketType.Pubrec, 0x50, "pubrec"],
			[PacketType.Pubrel, 0x62, "pubrel"], // [MQTT-3.6.1-1]
			[PacketType.Pubcomp, 0x70, "pubcomp"],
		] as const;
		for (const [type, first, cmd] of table)
			for (let id = 1; id < 65_536; id += id < 300 || id > 65_500 ? 1 : 509) {
				const bytes = encoded(4, (b, at) => {
					new DataView(b.buffer).setUint32(at, replyWord(type, id));
					return at + 4;
				});
				assert.deepEqual([...bytes], [first, 2, id >> 8, id & 255]);
				const packet = read(bytes);
				assert.equal(packet.cmd, cmd);
				assert.equal(packet.messageId, id);
			}
	});

	it("[MQTT-3.8.1-1] SUBSCRIBE reads back", () => {
		fc.assert(
			fc.property(packetId, anyText, fc.nat(2), (id, filter, qos) => {
				fc.pre(filter !== "");
				const bytes = encoded(200, (b, at) => writeSubscribe(b, at, id, text(filter), qos));
				assert.equal(bytes[0], 0x82);
				const packet = read(bytes);
				assert.ok(packet.cmd === "subscribe");
				assert.equal(packet.messageId, id);
				assert.deepEqual(
					packet.subscriptions.map((s) => [s.topic, s.qos]),
					[[filter, qos]],
				);
			}),
		);
		const bytes = encoded(20, (b, at) => writeSubscribe(b, at, 515, text("s/ds"), 1));
		assert.equal(hex(bytes), "820902030004732f647301");
	});

	it("[MQTT-3.10.1-1] UNSUBSCRIBE reads back", () => {
		fc.assert(
			fc.property(packetId, anyText, (id, filter) => {
				fc.pre(filter !== "");
				const bytes = encoded(200, (b, at) => writeUnsubscribe(b, at, id, text(filter)));
				assert.equal(bytes[0], 0xa2);
				const packet = read(bytes);
				assert.ok(packet.cmd === "unsubscribe");
				assert.equal(packet.messageId, id);
				assert.deepEqual(packet.unsubscriptions, [filter]);
			}),
		);
		const bytes = encoded(20, (b, at) => writeUnsubscribe(b, at, 515, text("s/ds")));
		assert.equal(hex(bytes), "a20802030004732f6473");
	});

	it("[MQTT-3.14.1-1] PINGREQ and DISCONNECT are two bytes", () => {
		const ping = encoded(2, (b, at) => writeEmpty(b, at, PacketType.Pingreq));
		const disconnect = encoded(2, (b, at) => writeEmpty(b, at, PacketType.Disconnect));
		assert.equal(hex(ping), "c000");
		assert.equal(hex(disconnect), "e000");
		assert.equal(read(ping).cmd, "pingreq");
		assert.equal(read(disconnect).cmd, "disconnect");
	});

	it("the remaining length has the shortest form, up to the largest", () => {
		const table: ReadonlyArray<readonly [number, string]> = [
			[0, "00"],
			[127, "7f"],
			[128, "8001"],
			[16_383, "ff7f"],
			[16_384, "808001"],
			[2_097_151, "ffff7f"],
			[2_097_152, "80808001"],
			[MAX_REMAINING_LENGTH, "ffffff7f"],
		];
		for (const [length, expected] of table) {
			assert.equal(hex(encoded(4, (b, at) => writeRemainingLength(b, at, length))), expected);
			assert.equal(lengthBytes(length) * 2, expected.length);
		}
	});
});

describe("mqtt: topics", () => {
	it("topic names and filters come as UTF-8, unchanged", () => {
		for (const topic of ["a", "/", "a//b", "/a/", "é/\u{1f600}", "\ufeffa", " ", "$SYS/x"]) {
			assert.deepEqual(topicName(topic), text(topic));
			assert.deepEqual(topicFilter(topic), text(topic));
		}
	});

	it("[MQTT-4.7.1-1] a topic name with a wildcard is refused", () => {
		for (const topic of ["+", "#", "a/+/b", "a#", "a/b+"])
			assert.throws(() => topicName(topic), /MQTT-3\.3\.2-2/, topic);
	});

	it("[MQTT-4.7.1-2] [MQTT-4.7.1-3] wildcards stand where they may", () => {
		for (const filter of ["#", "+", "a/#", "/#", "+/a", "a/+/b", "/+", "+/#", "+/+/+"])
			assert.deepEqual(topicFilter(filter), text(filter));
		for (const filter of ["a#", "a/#/b", "#/a", "a/b#", "##", "#a", "a/##", "+#"])
			assert.throws(() => topicFilter(filter), /MQTT-4\.7\.1-2/, filter);
		for (const filter of ["a+", "+a/b", "a/b+", "++", "a/+b/c"])
			assert.throws(() => topicFilter(filter), /MQTT-4\.7\.1-3/, filter);
	});

	it("[MQTT-4.7.3-1] empty ones are refused", () => {
		assert.throws(() => topicName(""), /MQTT-4\.7\.3-1/);
		assert.throws(() => topicFilter(""), /MQTT-4\.7\.3-1/);
		assert.deepEqual(mqttText("", "user"), new Uint8Array(0));
	});

	it("[MQTT-1.5.3-1] [MQTT-1.5.3-2] ill-formed text and U+0000 are refused", () => {
		for (const make of [topicName, topicFilter, (value: string) => mqttText(value, "x")]) {
			assert.throws(() => make("a\ud800b"), /MQTT-1\.5\.3-1/);
			assert.throws(() => make("a\udc00"), /MQTT-1\.5\.3-1/);
			assert.throws(() => make("a\0b"), /MQTT-1\.5\.3-2/);
		}
	});

	it("[MQTT-4.7.3-3] 65535 bytes are taken, one more is refused, counted in bytes", () => {
		assert.equal(topicName("a".repeat(65_535)).length, 65_535);
		assert.equal(topicName("é".repeat(32_767)).length, 65_534);
		assert.throws(() => topicName("a".repeat(65_536)), /MQTT-4\.7\.3-3/);
		assert.throws(() => topicFilter("é".repeat(32_768)), /MQTT-4\.7\.3-3/);
	});

	it("topicFault looks at its piece only, and names the first fault", () => {
		const fault = (...bytes: number[]) => topicFault(Uint8Array.of(35, ...bytes, 43), 1, 1 + bytes.length);
		assert.equal(fault(), "");
		assert.equal(fault(97, 47, 36, 45, 127), "");
		assert.equal(fault(0xc3, 0xa4, 0xf0, 0x9f, 0x98, 0x80), "");
		assert.equal(fault(97, 35), "MQTT-3.3.2-2");
		assert.equal(fault(43, 0), "MQTT-3.3.2-2");
		assert.equal(fault(0, 43), "MQTT-1.5.3-2");
		assert.equal(fault(97, 0xc3), "MQTT-1.5.3-1"); // cut by the end
		assert.equal(fault(0xed, 0xa0, 0x80), "MQTT-1.5.3-1"); // a surrogate
	});
});
