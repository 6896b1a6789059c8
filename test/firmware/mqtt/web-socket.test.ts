// MQTT over WebSocket: the upgrade, frames in every form and every chunking, what a server must not send, and
// a whole session over it.

import assert from "node:assert/strict";
import { FRAME_HEAD, KEYS } from "../../../modules/mqtt/frame-output.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { base64, Upgrade } from "../../../modules/mqtt/upgrade.js";
import { seeded } from "../../support/seeded.js";
import { closePayload, encodeFragments, encodeFrame, FrameReader, Op } from "../../support/ws-frames.js";
import { accepting, refusing, type UpgradeRequest } from "../../support/ws-upgrade.js";
import { frameOutput, maskingOf, Rig } from "./web-socket-fixture.js";

const ADDRESS = { host: "h.example", port: 443, path: "/mqtt", tls: true };

describe("the upgrade to WebSocket", () => {
	it("asks as RFC 6455 has it, with a key of 16 random bytes", () => {
		const { request } = new Upgrade(ADDRESS, maskingOf(1, "the sample nonce"));
		assert.equal(
			Buffer.from(request).toString(),
			"GET /mqtt HTTP/1.1\r\nHost: h.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n" +
				"Sec-WebSocket-Version: 13\r\n\r\n",
		);
	});

	it("accepts the answer to the key of section 1.3", () => {
		const upgrade = new Upgrade(ADDRESS, maskingOf(1, "the sample nonce"));
		const answer = Buffer.from(
			"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
		);
		assert.equal(upgrade.take(answer, 0, answer.length), answer.length);
		assert.equal(upgrade.fault(), "");
	});

	it("names a port that is not the usual one", () => {
		for (const [port, tls, host] of [
			[443, true, "h.example"],
			[80, false, "h.example"],
			[443, false, "h.example:443"],
			[8084, true, "h.example:8084"],
		] as const) {
			const rig = new Rig({}, { ...ADDRESS, port, tls }).open();
			assert.equal(rig.talk.request?.headers.get("host"), host);
			assert.deepEqual(rig.talk.faults, []);
		}
	});

	it("encodes base64 as RFC 4648 has it", () => {
		for (let n = 0; n < 20; n++) {
			const bytes = Uint8Array.from({ length: n }, (_, i) => i * 37 + n);
			assert.equal(base64(bytes.buffer), Buffer.from(bytes).toString("base64"));
		}
	});

	it("sends the request in as many pieces as the socket takes", () => {
		const rig = new Rig();
		rig.below.capacity = 7;
		rig.socket.open(rig);
		rig.below.connect();
		for (let i = 0; !rig.talk.request; i++) {
			assert.ok(i < 100);
			rig.serve();
			rig.below.flush();
		}
		assert.deepEqual(rig.talk.faults, []);
		rig.deliver();
		assert.deepEqual(rig.heard, ["opened"]);
	});

	it("opens at every chunking of the answer, and takes frames that follow it at once", () => {
		for (let size = 1; size < 300; size++) {
			const rig = new Rig({ answer: (request) => Buffer.concat([accepting(request), encodeFrame("abc")]) });
			rig.open(size);
			assert.deepEqual(rig.heard, ["opened"], `chunks of ${size}`);
			assert.equal(rig.data.toString(), "abc");
		}
	});

	it("takes names of headers in any case, lists, and blanks around values", () => {
		const answer = (request: UpgradeRequest) =>
			Buffer.from(
				accepting(request)
					.toString("latin1")
					.replace("Upgrade: websocket", "UPGRADE:  h2c , WebSocket\t")
					.replace("Connection: Upgrade", "connection: keep-alive,uPgrade")
					.replace("\r\n\r\n", `\r\nSet-Cookie: ${"x".repeat(900)}\r\nno header\r\n\r\n`),
				"latin1",
			);
		assert.deepEqual(new Rig({ answer }).open().heard, ["opened"]);
	});

	const without = (name: string) => (request: UpgradeRequest) =>
		accepting(request, { headers: { [name]: undefined } });
	const instead = (name: string, value: string) => (request: UpgradeRequest) =>
		accepting(request, { headers: { [name]: value } });
	const WRONG: ReadonlyArray<readonly [string, (request: UpgradeRequest) => Buffer, RegExp]> = [
		["401", () => refusing("401 Unauthorized"), /^the server answers 401 Unauthorized$/],
		[
			"302",
			() => refusing("302 Found", { headers: { Location: "https://login.example/" } }),
			/^the server answers 302 Found, and names https:\/\/login\.example\/$/,
		],
		["404 of HTTP/1.0", () => Buffer.from("HTTP/1.0 404 Not Found\r\n\r\n"), /answers 404 Not Found/],
		["200", () => refusing("200 OK"), /answers 200 OK/],
		["no HTTP", () => Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"), /does not speak HTTP/],
		["an empty line", () => Buffer.from("\r\n"), /does not speak HTTP/],
		["binary", () => Buffer.from([0x20, 2, 0, 5, 10]), /does not speak HTTP/],
		["no Upgrade", without("Upgrade"), /does not upgrade to websocket/],
		["another Upgrade", instead("Upgrade", "websockets"), /does not upgrade to websocket/],
		["no Connection", without("Connection"), /does not upgrade the connection/],
		["another Connection", instead("Connection", "close"), /does not upgrade the connection/],
		["no accept value", without("Sec-WebSocket-Accept"), /Sec-WebSocket-Accept/],
		["a wrong accept value", instead("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), /Accept/],
		["no sub-protocol", without("Sec-WebSocket-Protocol"), /does not offer the sub-protocol mqtt/],
		["another sub-protocol", instead("Sec-WebSocket-Protocol", "mqttv3.1"), /sub-protocol mqttv3\.1/],
		["an extension", instead("Sec-WebSocket-Extensions", "permessage-deflate"), /an extension/],
		["invisible text", () => refusing("403 \u001b[31mred"), /403 \\x1b\[31mred/],
		[
			"too much",
			(request) => accepting(request, { headers: { "X-Long": "y".repeat(5000) } }),
			/more than 4096 bytes/,
		],
	];
	for (const [name, answer, words] of WRONG)
		for (const size of [1, 3, 512])
			it(`refuses an answer: ${name}, in chunks of ${size}`, () => {
				const rig = new Rig({ answer }).open(size);
				assert.equal(rig.heard.length, 1);
				const [, code, detail] = /^closed (\S+) \((.*)\)$/.exec(rig.heard[0] ?? "") ?? [];
				assert.equal(code, "upgrade-failed");
				assert.match(detail ?? "", words);
				assert.ok((detail ?? "").length < 250);
				assert.deepEqual(rig.below.closes, [true]);
				assert.equal(rig.time.armed, 0);
			});

	it("gives up after 10 s without an answer, and not before", () => {
		const rig = new Rig({ answer: () => undefined }).open();
		rig.below.deliver(Buffer.from("HTTP/1.1 101 Sw"));
		rig.time.advance(Limits.upgradeMs - 1);
		assert.deepEqual(rig.heard, []);
		rig.time.advance(1);
		assert.deepEqual(rig.heard, ["closed upgrade-silent ()"]);
	});

	it("says when the server closes without an answer, and passes on why nothing was reached", () => {
		const rig = new Rig({ answer: () => undefined }).open();
		rig.below.fail();
		assert.match(rig.heard[0] ?? "", /^closed upgrade-silent \(it closed the connection\)$/);
		const unreached = new Rig();
		unreached.socket.open(unreached);
		unreached.below.fail("dns-failed", "h");
		assert.deepEqual(unreached.heard, ["closed dns-failed (h)"]);
	});

	it("can be closed while it opens, and opened again", () => {
		const rig = new Rig({ answer: () => undefined });
		rig.socket.open(rig);
		rig.below.connect();
		rig.socket.close(true);
		assert.equal(rig.time.armed, 0);
		const again = new Rig().open();
		again.below.fail();
		again.socket.open(again);
		assert.deepEqual(again.heard, ["opened", "closed connection-lost ()"]);
		again.below.connect();
		assert.equal(again.time.armed, 1);
	});
});

describe("frames from the server", () => {
	/** MQTT packets as a server may frame them: fragments, pings between them, empty frames, long lengths. */
	const stream = Buffer.concat([
		encodeFrame("a"),
		encodeFrame("", {}),
		encodeFrame("bcd", { fin: false }),
		encodeFrame("ping", { opcode: Op.ping }),
		encodeFrame("ef", { opcode: Op.continuation, fin: false }),
		encodeFrame("", { opcode: Op.pong }),
		encodeFrame("", { opcode: Op.continuation }),
		encodeFrame("g".repeat(125)),
		encodeFrame("h".repeat(126)),
		encodeFrame("i".repeat(700)),
		encodeFrame("jk", { form: 16 }),
		encodeFrame("lm", { form: 64 }),
		encodeFrame("", { form: 64 }),
		...encodeFragments("nopq", [1, 0, 2]),
		encodeFrame("z", { opcode: Op.ping, form: 7 }),
	]);
	const content = `abcdef${"g".repeat(125)}${"h".repeat(126)}${"i".repeat(700)}jklmnopq`;

	it("give the same bytes in every chunking", () => {
		for (let size = 1; size <= Limits.chunkBytes; size++) {
			const rig = new Rig().open();
			rig.below.deliver(stream, size);
			assert.equal(rig.data.toString(), content, `chunks of ${size}`);
			assert.deepEqual(rig.heard, ["opened"]);
		}
		for (let cut = 1; cut < stream.length; cut++) {
			const rig = new Rig().open();
			for (const part of [stream.subarray(0, cut), stream.subarray(cut)])
				rig.below.deliver(part, Limits.chunkBytes);
			assert.equal(rig.data.toString(), content, `cut at ${cut}`);
		}
	});

	it("answers each ping with its payload, masked", () => {
		const rig = new Rig().open();
		rig.below.deliver(stream, 5);
		rig.serve();
		const pongs = rig.talk.frames.map(({ opcode, mask, payload }) => [opcode, !!mask, payload.toString()]);
		assert.deepEqual(pongs, [
			[Op.pong, true, "ping"],
			[Op.pong, true, "z"],
		]);
		assert.deepEqual(rig.talk.faults, []);
	});

	it("answers the last ping once the socket has room", () => {
		const rig = new Rig().open();
		rig.below.free = 9;
		rig.below.deliver(encodeFrame("first", { opcode: Op.ping }));
		rig.below.deliver(encodeFrame("second", { opcode: Op.ping }));
		rig.serve();
		assert.equal(rig.talk.frames.length, 0);
		rig.below.flush();
		rig.serve();
		assert.deepEqual(
			rig.talk.frames.map(({ payload }) => payload.toString()),
			["second"],
		);
		assert.deepEqual(rig.heard, ["opened", "writable"]);
	});

	const BROKEN: ReadonlyArray<readonly [string, Buffer, RegExp]> = [
		["text", encodeFrame("x", { opcode: Op.text }), /text \[MQTT-6\.0\.0-1\]/],
		["masked", encodeFrame("x", { mask: Uint8Array.of(1, 2, 3, 4) }), /a masked frame/],
		["RSV1", encodeFrame("x", { rsv: 4 }), /reserved bits/],
		["RSV2", encodeFrame("x", { rsv: 2 }), /reserved bits/],
		["RSV3", encodeFrame("x", { rsv: 1 }), /reserved bits/],
		["opcode 3", encodeFrame("x", { opcode: 3 }), /opcode 3/],
		["opcode 11", encodeFrame("x", { opcode: 11 }), /opcode 11/],
		["a continuation of nothing", encodeFrame("x", { opcode: Op.continuation }), /continuation of nothing/],
		[
			"a message inside another",
			Buffer.concat([encodeFrame("x", { fin: false }), encodeFrame("y")]),
			/a message inside another/,
		],
		["a ping in parts", encodeFrame("x", { opcode: Op.ping, fin: false }), /control frame in parts/],
		["a ping of 126 bytes", encodeFrame("p".repeat(126), { opcode: Op.ping }), /too long/],
		["a length of 64 bits", encodeFrame("", { claimed: 1n << 63n }), /beyond 63 bits/],
	];
	for (const [name, bytes, words] of BROKEN)
		for (const size of [1, 512])
			it(`end the connection: ${name}, in chunks of ${size}`, () => {
				const rig = new Rig().open();
				rig.below.deliver(Buffer.concat([encodeFrame("ok"), bytes, encodeFrame("never")]), size);
				assert.match(rig.heard[1] ?? "", /^closed websocket-broken/);
				assert.match(rig.heard[1] ?? "", words);
				assert.equal(rig.heard.length, 2);
				assert.match(rig.data.toString(), /^okx?$/);
				assert.deepEqual(rig.below.closes, [true]);
				rig.serve();
				assert.equal(rig.talk.closeCode, 1002);
			});

	for (const [name, payload, words] of [
		["no code", closePayload(), "without a code"],
		["a code", closePayload(1001), "code 1001"],
		["a code and a reason", closePayload(1008, "too many"), "code 1008: too many"],
		["half a code", Buffer.from([3]), "without a code"],
		["an ill-formed reason", closePayload(1007, Uint8Array.of(0xff)), "code 1007"],
	] as const)
		it(`close the connection with ${name}`, () => {
			const rig = new Rig().open();
			rig.below.deliver(Buffer.concat([encodeFrame(payload, { opcode: Op.close }), encodeFrame("late")]));
			assert.deepEqual(rig.heard, ["opened", `closed websocket-closed (${words})`]);
			assert.equal(rig.data.length, 0);
			rig.serve();
			assert.equal(rig.talk.closeCode, 1000);
			assert.deepEqual(rig.talk.faults, []);
		});

	it("hands nothing on once the session has closed", () => {
		const rig = new Rig().open();
		rig.onReceived = () => rig.socket.close(true);
		rig.below.deliver(Buffer.concat([encodeFrame("a"), encodeFrame("b")]));
		assert.equal(rig.data.toString(), "a");
	});

	it("survive any bytes: never a throw, and an end that is told once", () => {
		const random = seeded(7);
		for (let round = 0; round < 3000; round++) {
			const rig = new Rig().open();
			const bytes = Uint8Array.from({ length: 1 + random() * 200 }, () => random() * 256);
			if (random() < 0.5) bytes[0] = [0x82, 0x02, 0x80, 0x89, 0x88][Math.floor(random() * 5)] as number;
			rig.below.deliver(bytes, 1 + Math.floor(random() * 40));
			assert.ok(rig.heard.length <= 2);
			assert.ok(rig.data.length < bytes.length);
		}
	});
});

describe("frames to the server", () => {
	it("have every length, one frame for what goes out at once, each with a key of its own", () => {
		const output = frameOutput();
		const rig = new Rig().open();
		const before = rig.talk.frames.length;
		for (let n = 1; n <= Limits.outputBytes; n++) {
			for (let i = 0; i < n; i++) output.bytes[output.base + i] = (i * 7 + n) & 255;
			output.length = n;
			assert.equal(output.drain(rig.below), n);
			assert.equal(output.length, 0);
			rig.serve();
			rig.below.flush();
			const frame = rig.talk.frames.at(-1);
			assert.equal(rig.talk.frames.length, before + n);
			assert.equal(frame?.form, n < 126 ? 7 : 16);
			assert.ok(
				frame?.payload.every((byte, i) => byte === ((i * 7 + n) & 255)) && frame.payload.length === n,
			);
		}
		assert.deepEqual(rig.talk.faults, []);
		assert.ok(rig.talk.masks > Limits.outputBytes - 5, `${rig.talk.masks} keys`);
		assert.ok(output.bytes.subarray(0, output.base - FRAME_HEAD).every((byte) => byte === 0xee));
		assert.ok(output.bytes.subarray(-16).every((byte) => byte === 0xee));
	});

	it("go on with what the socket did not take, unmasked until it goes", () => {
		for (const capacity of [9, 10, 20, 131, 134, 135, 300, 1000]) {
			const output = frameOutput();
			const rig = new Rig().open();
			rig.below.capacity = capacity;
			rig.below.flush();
			const reader = new FrameReader();
			const content = Buffer.from(Array.from({ length: 1200 }, (_, i) => (i * 13) & 255));
			output.bytes.set(content, output.base);
			output.length = content.length;
			let seen = Buffer.alloc(0);
			while (output.length > 0) {
				const n = output.drain(rig.below);
				assert.ok(n > 0);
				const [frame, ...more] = reader.push(rig.below.take());
				assert.deepEqual(more, []);
				seen = Buffer.concat([seen, frame?.payload ?? Buffer.alloc(0)]);
				assert.deepEqual(
					Buffer.from(output.bytes.subarray(output.base, output.base + output.length)),
					content.subarray(seen.length),
				);
				rig.below.flush();
			}
			assert.deepEqual(seen, content, `a socket of ${capacity} bytes`);
		}
	});

	it("wait where the socket has no room for a header and a byte", () => {
		const output = frameOutput();
		const rig = new Rig().open();
		output.length = 5;
		for (let free = 0; free <= FRAME_HEAD; free++) {
			rig.below.free = free;
			assert.equal(output.drain(rig.below), 0, `${free} bytes free`);
		}
		rig.below.free = FRAME_HEAD + 1;
		assert.equal(output.drain(rig.below), 1);
	});

	it("draw their keys in blocks", () => {
		const masking = maskingOf();
		const output = frameOutput(masking);
		const rig = new Rig().open();
		for (let i = 0; i < 3 * KEYS; i++) {
			output.length = 10;
			output.drain(rig.below);
		}
		assert.equal(masking.drawn, 3 * KEYS * 4);
	});

	it("end with CLOSE 1000 after an orderly end, and without after any other", () => {
		const rig = new Rig().open();
		rig.socket.close(false);
		rig.serve();
		assert.equal(rig.talk.closeCode, 1000);
		assert.deepEqual(rig.below.closes, [false]);
		const other = new Rig().open();
		other.socket.close(true);
		other.serve();
		assert.equal(other.talk.frames.length, 0);
	});
});
