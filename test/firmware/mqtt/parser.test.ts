// The parser against what mqtt-packet writes, cut in every way; and against streams that break the rules.

import assert from "node:assert/strict";
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { CLOSE_CODES } from "../../../modules/mqtt/close-codes.js";
import { PacketType } from "../../../modules/mqtt/packet.js";
import { type InboundMessage, Parser, type ParserHandler, PEEK_BYTES } from "../../../modules/mqtt/parser.js";
import { push } from "../../support/push.js";

const KEEP = 64;
const CHUNK = 48;

/** Notes every event as plain data. */
class Recorder implements ParserHandler {
	readonly events: unknown[][] = [];
	/** Event at which the handler says that it closed. */
	closeAt = Number.POSITIVE_INFINITY;

	#note(...event: unknown[]): boolean {
		this.events.push(event);
		return this.events.length <= this.closeAt;
	}
	connack(sessionPresent: boolean, code: number): boolean {
		return this.#note("connack", sessionPresent, code);
	}
	publish(m: InboundMessage): boolean {
		const topic = Buffer.from(m.bytes.subarray(m.topicStart, m.topicEnd)).toString("hex");
		const payload = Buffer.from(m.bytes.subarray(m.payloadStart, m.payloadEnd)).toString("hex");
		return this.#note("publish", topic, payload, m.payloadBytes, m.qos, m.packetId, m.dup, m.retain);
	}
	/** The parts are joined: how they are cut is the network's affair. */
	rest(bytes: Uint8Array, start: number, end: number, left: number): boolean {
		const last = this.events.at(-1) as unknown[];
		const part = Buffer.from(bytes.subarray(start, end)).toString("hex");
		if (last[0] === "rest") {
			last[1] = (last[1] as string) + part;
			last[2] = left;
			return true;
		}
		return this.#note("rest", part, left);
	}
	acknowledgement(type: number, packetId: number): boolean {
		return this.#note("acknowledgement", type, packetId);
	}
	suback(packetId: number, bytes: Uint8Array, start: number, end: number): boolean {
		return this.#note("suback", packetId, [...bytes.subarray(start, end)]);
	}
	pingresp(): boolean {
		return this.#note("pingresp");
	}
	violation(code: string): void {
		this.#note("violation", code);
	}
}

/** The events of a stream, cut at the given sizes (the last one repeated). */
function parse(stream: Uint8Array, sizes: readonly number[], keep = KEEP, chunk = CHUNK): unknown[][] {
	const recorder = new Recorder();
	const parser = new Parser(keep, chunk, recorder);
	for (let at = 0, i = 0; at < stream.length; i++) {
		const size = Math.max(1, Math.min(chunk, sizes[Math.min(i, sizes.length - 1)] as number));
		// Not stream.slice, which on a Buffer would be a view.
		const piece = Uint8Array.from(stream.subarray(at, at + size));
		push(parser, piece);
		piece.fill(0xaa); // not valid after the call
		at += size;
	}
	return recorder.events;
}

interface Sent {
	bytes: Uint8Array;
	event: unknown[];
	/** The part of a payload that was too large to be kept. */
	rest?: unknown[] | undefined;
}

function make(packet: Packet, event: unknown[]): Sent {
	const kept = event[0] === "publish" ? (event[2] as string).length / 2 : 0;
	const payload = packet.cmd === "publish" ? Buffer.from(packet.payload) : Buffer.alloc(0);
	const rest = kept < payload.length ? ["rest", flat(payload.subarray(kept)), 0] : undefined;
	return { bytes: Uint8Array.from(generate(packet, { protocolVersion: 4 })), event, rest };
}

const id = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(1, 255, 256, 65_535));
const topic = fc
	.string({ unit: "binary", minLength: 1, maxLength: 9 })
	.map((value) => value.toWellFormed())
	.filter((value) => !/[\0+#]/.test(value));
const flat = (value: string | Uint8Array): string => Buffer.from(value).toString("hex");

/** Every packet that a server sends, with the event that it should be. */
function packets(keep: number, payloadBytes: number): fc.Arbitrary<Sent> {
	return fc.oneof(
		fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 255 })).map(([sessionPresent, returnCode]) => {
			// mqtt-packet refuses codes above 5 for lack of a name; the standard's bytes are the same.
			const bytes = Uint8Array.of(0x20, 2, sessionPresent ? 1 : 0, returnCode);
			return { bytes, event: ["connack", sessionPresent, returnCode] };
		}),
		fc
			.tuple(topic, fc.uint8Array({ maxLength: payloadBytes }), fc.nat(2), id, fc.boolean(), fc.boolean())
			.map(([name, payload, level, messageId, again, retain]) => {
				const qos = level as 0 | 1 | 2;
				const dup = again && qos > 0;
				const packet = {
					cmd: "publish",
					topic: name,
					payload: Buffer.from(payload),
					qos,
					dup,
					retain,
				} as const;
				const head = 2 + Buffer.byteLength(name) + (qos > 0 ? 2 : 0);
				const kept = keptOf(payload, head, keep);
				const number = qos > 0 ? messageId : 0;
				return make(qos > 0 ? { ...packet, messageId } : packet, [
					...["publish", flat(name), kept, payload.length, qos, number, dup, retain],
				]);
			}),
		fc
			.tuple(fc.constantFrom("puback", "pubrec", "pubrel", "pubcomp", "unsuback"), id)
			.map(([cmd, messageId]) => {
				const types = { puback: 4, pubrec: 5, pubrel: 6, pubcomp: 7, unsuback: 11 } as const;
				const packet = { cmd, messageId, granted: [] } as unknown as Packet;
				return make(packet, ["acknowledgement", types[cmd as keyof typeof types], messageId]);
			}),
		fc
			.tuple(id, fc.array(fc.constantFrom(0, 1, 2, 128), { minLength: 1, maxLength: 5 }))
			.map(([messageId, granted]) =>
				make({ cmd: "suback", messageId, granted } as Packet, ["suback", messageId, granted]),
			),
		fc.constant(make({ cmd: "pingresp" }, ["pingresp"])),
	);
}

const join = (sent: readonly Sent[]): Uint8Array => Buffer.concat(sent.map((one) => one.bytes));
const events = (sent: readonly Sent[]): unknown[][] =>
	sent.flatMap((one) => (one.rest ? [one.event, one.rest] : [one.event]));

/**
 * Of a packet too large to be kept, up to PEEK_BYTES of the payload remain, as far as they fit behind the
 * head.
 */
const keptOf = (payload: Uint8Array, head: number, keep: number): string =>
	flat(head + payload.length <= keep ? payload : payload.subarray(0, Math.min(PEEK_BYTES, keep - head)));

describe("mqtt: parser", () => {
	it("every packet that a server sends is read field by field", () => {
		fc.assert(
			fc.property(packets(KEEP, 30), (one) => {
				assert.deepEqual(parse(one.bytes, [CHUNK]), [one.event]);
			}),
			{ numRuns: 3000 },
		);
	});

	it("[MQTT-6.0.0-2] streams of packets give the same events whichever way they are cut", () => {
		const sizes = fc.array(fc.integer({ min: 1, max: CHUNK }), { minLength: 1, maxLength: 30 });
		fc.assert(
			fc.property(fc.array(packets(KEEP, 150), { minLength: 1, maxLength: 12 }), sizes, (sent, cut) => {
				assert.deepEqual(parse(join(sent), cut), events(sent));
				assert.deepEqual(parse(join(sent), [1]), events(sent));
			}),
			{ numRuns: 1500 },
		);
	});

	it("every cut of a stream in two gives the same events", () => {
		for (const seed of [1, 2, 3, 4, 5]) {
			const [sent] = fc.sample(fc.array(packets(KEEP, 100), { minLength: 12, maxLength: 12 }), {
				numRuns: 1,
				seed,
			}) as [Sent[]];
			const stream = join(sent);
			for (let at = 0; at <= stream.length; at++)
				assert.deepEqual(
					parse(stream, [Math.max(at, 1), stream.length], KEEP, 4096),
					events(sent),
					`at ${at}`,
				);
		}
	});

	it("every cut in three around the length bytes of a long packet gives the same events", () => {
		const payload = Buffer.alloc(20_000, 0x62);
		const long = make(
			{ cmd: "publish", topic: "a/b", payload, qos: 1, messageId: 513, dup: false, retain: true },
			[...["publish", flat("a/b"), keptOf(payload, 7, 2048), 20_000, 1, 513, false, true]],
		);
		const sent = [make({ cmd: "pingresp" }, ["pingresp"]), long, make({ cmd: "pingresp" }, ["pingresp"])];
		const stream = join(sent);
		for (let a = 1; a < 14; a++)
			for (let b = 1; b < 14; b++) assert.deepEqual(parse(stream, [a, b, 1460], 2048, 1460), events(sent));
		for (let a = 1; a < 14; a++)
			assert.deepEqual(parse(stream, [stream.length - a, 1], 2048, stream.length), events(sent));
	});

	it("a body of exactly the limit is kept, one byte more is skipped and reported with its size", () => {
		for (const qos of [0, 1, 2] as const) {
			const head = 2 + 1 + (qos > 0 ? 2 : 0);
			for (const extra of [-1, 0, 1, 2, 1000]) {
				const payload = Buffer.alloc(KEEP - head + extra, 0x63);
				const kept = extra <= 0 ? flat(payload) : keptOf(payload, head, KEEP);
				const messageId = qos > 0 ? 7 : 0;
				const packet = {
					cmd: "publish",
					topic: "t",
					payload,
					qos,
					messageId,
					dup: false,
					retain: false,
				} as const;
				const sent = [
					make(packet, ["publish", "74", kept, payload.length, qos, messageId, false, false]),
					make({ cmd: "pingresp" }, ["pingresp"]),
				];
				for (const size of [1, 2, 7, CHUNK]) assert.deepEqual(parse(join(sent), [size]), events(sent));
			}
		}
	});

	it("[MQTT-1.5.3-3] a byte-order mark in a topic is kept", () => {
		assert.deepEqual(parse(Uint8Array.of(0x30, 6, 0, 4, 0xef, 0xbb, 0xbf, 0x61), [3]), [
			["publish", "efbbbf61", "", 0, 0, 0, false, false],
		]);
	});

	it("[MQTT-3.3.1-3] DUP is passed on and decides nothing", () => {
		assert.deepEqual(parse(Uint8Array.of(0x3a, 5, 0, 1, 0x61, 0, 9), [9]), [
			["publish", "61", "", 0, 1, 9, true, false],
		]);
	});

	it("tells a PUBLISH that can not be whole from its first bytes", () => {
		for (const [code, bytes] of [
			["MQTT-4.8.0-1", [0x30, 0]],
			["MQTT-4.8.0-1", [0x30, 1]],
			["MQTT-4.8.0-1", [0x32, 3]],
			["MQTT-4.7.3-1", [0x30, 5, 0, 0]],
			["MQTT-4.8.0-1", [0x30, 5, 0, 4]],
		] as const)
			assert.deepEqual(parse(Uint8Array.from(bytes), [1]), [["violation", code]]);
	});

	it("reports the first of two violations in one chunk, and no other", () => {
		const next = [0x40, 2, 0, 1, 0, 0];
		for (const [code, bytes] of [
			["MQTT-2.3.1-1", [0x40, 2, 0, 0]],
			["MQTT-3.9.3-2", [0x90, 3, 0, 1, 3]],
			["MQTT-4.8.0-1", [0x20, 2, 2, 0]],
		] as const)
			assert.deepEqual(parse(Uint8Array.of(...bytes, ...next), [CHUNK]), [["violation", code]]);
		assert.deepEqual(parse(Uint8Array.of(0x40, 2, 0, 0, 0, 0), [CHUNK]), [["violation", "MQTT-2.3.1-1"]]);
	});

	it("keeps what is exactly as large as it keeps", () => {
		assert.deepEqual(parse(Uint8Array.of(0x90, 4, 0, 1, 0, 1), [3], 4), [["suback", 1, [0, 1]]]);
		// topic and id fill what is kept, the payload does not
		assert.deepEqual(parse(Uint8Array.of(0x32, 7, 0, 2, 0x61, 0x62, 0, 9, 0x78), [3], 6), [
			["publish", "6162", "", 1, 1, 9, false, false],
			["rest", "78", 0],
		]);
	});

	it("a handler that closes on a part of a payload hears nothing more", () => {
		const recorder = new Recorder();
		recorder.closeAt = 1;
		const parser = new Parser(6, CHUNK, recorder);
		push(parser, Uint8Array.of(0x32, 7, 0, 2, 0x61, 0x62, 0, 9, 0x78, 0xd0, 0));
		push(parser, Uint8Array.of(0xd0, 0));
		assert.deepEqual(
			recorder.events.map(([event]) => event),
			["publish", "rest"],
		);
	});

	const violations: ReadonlyArray<readonly [string, string, string]> = [
		["MQTT-4.8.0-1", "type 0", "0000"],
		["MQTT-4.8.0-1", "CONNECT", "1000"],
		["MQTT-4.8.0-1", "SUBSCRIBE", "8200"],
		["MQTT-4.8.0-1", "UNSUBSCRIBE", "a200"],
		["MQTT-4.8.0-1", "PINGREQ", "c000"],
		["MQTT-4.8.0-1", "DISCONNECT", "e000"],
		["MQTT-4.8.0-1", "type 15", "f000"],
		["MQTT-2.2.2-2", "CONNACK 21", "21020000"],
		["MQTT-2.2.2-2", "PUBACK 41", "41020001"],
		["MQTT-2.2.2-2", "PUBREC 51", "51020001"],
		["MQTT-2.2.2-2", "PUBREL 60 [MQTT-3.6.1-1]", "60020001"],
		["MQTT-2.2.2-2", "PUBREL 63", "63020001"],
		["MQTT-2.2.2-2", "PUBCOMP 72", "72020001"],
		["MQTT-2.2.2-2", "SUBACK 92", "9203000100"],
		["MQTT-2.2.2-2", "UNSUBACK b8", "b8020001"],
		["MQTT-2.2.2-2", "PINGRESP d1", "d100"],
		["MQTT-3.3.1-4", "PUBLISH with QoS 3", "36050001610001"],
		["MQTT-3.3.1-4", "PUBLISH with QoS 3 and DUP", "3e050001610001"],
		["MQTT-3.3.1-2", "QoS 0 with DUP", "3803000161"],
		["MQTT-3.3.1-2", "QoS 0 with DUP and RETAIN", "3903000161"],
		["MQTT-4.8.0-1", "a length of five bytes", "308080808001"],
		["MQTT-4.8.0-1", "a length of five bytes of an acknowledgement", "408280808000"],
		["MQTT-4.8.0-1", "CONNACK of 1 byte", "200100"],
		["MQTT-4.8.0-1", "CONNACK of 3 bytes", "2003000000"],
		["MQTT-4.8.0-1", "CONNACK with reserved flags", "20020200"],
		["MQTT-4.8.0-1", "PUBACK of 0 bytes", "4000"],
		["MQTT-4.8.0-1", "PUBACK of 3 bytes", "4003000100"],
		["MQTT-4.8.0-1", "PUBREC of 4 bytes", "500400010000"],
		["MQTT-4.8.0-1", "PUBREL of 1 byte", "620100"],
		["MQTT-4.8.0-1", "PUBCOMP of 3 bytes", "7003000100"],
		["MQTT-4.8.0-1", "UNSUBACK of 3 bytes", "b003000100"],
		["MQTT-4.8.0-1", "SUBACK without a code", "90020001"],
		["MQTT-4.8.0-1", "PINGRESP of 1 byte", "d00100"],
		["MQTT-4.8.0-1", "a SUBACK longer than is kept", "90c801"],
		["MQTT-4.8.0-1", "PUBLISH of 0 bytes", "3000"],
		["MQTT-4.8.0-1", "PUBLISH of 1 byte", "300100"],
		["MQTT-4.8.0-1", "QoS 1 without an id", "3203000161"],
		["MQTT-4.8.0-1", "QoS 2 with half an id", "340400016100"],
		["MQTT-4.8.0-1", "a topic longer than its packet", "3003000261"],
		["MQTT-4.8.0-1", "a topic too long to keep in a packet too long to keep", "30c8010064"],
		["MQTT-4.7.3-1", "an empty topic", "30020000"],
		["MQTT-1.5.3-1", "an overlong topic", "30040002c080"],
		["MQTT-1.5.3-1", "a surrogate in the topic", "30050003eda080"],
		["MQTT-1.5.3-1", "a topic above U+10FFFF", "30060004f4908080"],
		["MQTT-1.5.3-1", "a cut sequence at the topic's end", "30050002 61c3 80"],
		["MQTT-1.5.3-2", "U+0000 in the topic", "30050003610062"],
		["MQTT-3.3.2-2", "a # in the topic", "3003000123"],
		["MQTT-3.3.2-2", "a + in the topic", "30050003612b62"],
		["MQTT-2.3.1-1", "QoS 1 with id 0", "32050001610000"],
		["MQTT-2.3.1-1", "QoS 2 with id 0", "34050001610000"],
		["MQTT-2.3.1-1", "PUBACK with id 0", "40020000"],
		["MQTT-2.3.1-1", "PUBREL with id 0", "62020000"],
		["MQTT-2.3.1-1", "SUBACK with id 0", "9003000000"],
		["MQTT-3.9.3-2", "SUBACK code 3", "9003000103"],
		["MQTT-3.9.3-2", "SUBACK code 7f", "9004000100 7f"],
		["MQTT-3.9.3-2", "SUBACK code 81", "9003000181"],
		["MQTT-2.3.1-1", "an oversize PUBLISH with id 0", `32c8010001610000${"62".repeat(195)}`],
		["MQTT-3.3.2-2", "an oversize PUBLISH with a wildcard", `30c80100012b${"62".repeat(197)}`],
	];

	for (const [code, what, bytes] of violations)
		it(`[${code}] ${what}: reported once, nothing after it`, () => {
			const bad = Uint8Array.from(Buffer.from(bytes.replaceAll(" ", ""), "hex"));
			const good = Uint8Array.of(0xd0, 0, 0x40, 2, 0, 1);
			const stream = Buffer.concat([good, bad, good, good]);
			const expected = [["pingresp"], ["acknowledgement", PacketType.Puback, 1], ["violation", code]];
			assert.ok(code in CLOSE_CODES);
			for (const size of [1, 2, 3, 5, CHUNK])
				assert.deepEqual(parse(stream, [size]), expected, `in pieces of ${size}`);
		});

	it("a wrong first byte or length is noticed before the rest comes", () => {
		for (const head of ["00", "36", "21", "2003", "3080808080", "4000", "d001"]) {
			const found = parse(Uint8Array.from(Buffer.from(head, "hex")), [CHUNK]);
			assert.equal(found[0]?.[0], "violation", head);
		}
	});

	it("a handler that closed hears nothing more, in this chunk and the next", () => {
		const recorder = new Recorder();
		const parser = new Parser(KEEP, CHUNK, recorder);
		const all = "2002000032050001610001400200019003000100d000";
		recorder.closeAt = 0;
		for (let at = 0; at < all.length; ) {
			// each packet in turn is the one at which the handler closes
			parser.reset();
			recorder.events.length = 0;
			const rest = Buffer.from(all.slice(at), "hex");
			push(parser, rest);
			push(parser, rest);
			assert.equal(recorder.events.length, 1);
			at += 2 * (2 + (rest[1] as number));
		}
	});

	it("reset forgets half a packet, a skip and a violation", () => {
		for (const before of ["3205000161", `30c801000161${"62".repeat(20)}`, "00"]) {
			const recorder = new Recorder();
			const parser = new Parser(KEEP, CHUNK, recorder);
			push(parser, Uint8Array.from(Buffer.from(before, "hex")));
			parser.reset();
			recorder.events.length = 0;
			push(parser, Uint8Array.of(0x20, 2, 1, 0));
			assert.deepEqual(recorder.events, [["connack", true, 0]], before);
		}
	});

	it("garbage never throws nor hangs, and gives the same events however it is cut", () => {
		const plausible = fc.constantFrom(
			0x20,
			0x30,
			0x32,
			0x34,
			0x40,
			0x62,
			0x90,
			0xb0,
			0xd0,
			0,
			1,
			2,
			3,
			5,
			0x61,
		);
		const garbage = fc.array(fc.oneof(plausible, plausible, fc.nat(255)), { maxLength: 300, size: "max" });
		fc.assert(
			fc.property(garbage, fc.array(fc.integer({ min: 1, max: CHUNK }), { minLength: 1 }), (bytes, cut) => {
				const stream = Uint8Array.from(bytes);
				const found = parse(stream, [CHUNK]);
				assert.deepEqual(parse(stream, cut), found);
				assert.deepEqual(parse(stream, [1]), found);
				const bad = found.findIndex((event) => event[0] === "violation");
				assert.ok(bad < 0 || bad === found.length - 1, "events behind a violation");
				assert.ok(bad < 0 || (found[bad]?.[1] as string) in CLOSE_CODES);
			}),
			{ numRuns: 3000 },
		);
	});

	it("damaged streams never throw", () => {
		const damage = fc.tuple(fc.nat(10_000), fc.nat(255));
		fc.assert(
			fc.property(
				fc.array(packets(KEEP, 100), { minLength: 1, maxLength: 8 }),
				fc.array(damage, { minLength: 1, maxLength: 4 }),
				(sent, damages) => {
					const stream = Uint8Array.from(join(sent));
					for (const [at, value] of damages) stream[at % stream.length] = value;
					assert.deepEqual(parse(stream, [1]), parse(stream, [CHUNK]));
				},
			),
			{ numRuns: 2000 },
		);
	});
});
