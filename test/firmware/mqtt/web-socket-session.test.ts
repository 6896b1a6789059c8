// The same conversation over WebSocket and over the connection itself: the session hears and says the same,
// however the server cuts packets into frames and the network frames into chunks.

import assert from "node:assert/strict";
import { Limits } from "../../../modules/mqtt/limits.js";
import { seeded } from "../../support/seeded.js";
import { replyTo, WsConversation } from "../../support/ws-conversation.js";
import { closePayload, encodeFrame, Op } from "../../support/ws-frames.js";
import { Fixture, inbound, read } from "./fixture.js";
import { maskingOf } from "./web-socket-fixture.js";

const OPTIONS = { measures: { payloadBytes: 900, qos: 2, slots: 8 }, events: { qos: 1 } } as const;
/** What the server says, step by step, and what the node says before each. */
const STEPS: ReadonlyArray<readonly [(f: Fixture) => void, readonly number[]]> = [
	[() => {}, [0x20, 2, 0, 0]],
	[(f) => f.session.subscribe(Buffer.from("t/#"), 2), [0x90, 3, 0, 1, 2]],
	[(f) => f.publish(f.measures, "x".repeat(900), "y".repeat(700)), [0x50, 2, 0, 2, 0x50, 2, 0, 3]],
	[(f) => f.publish(f.events, "small"), [0x70, 2, 0, 2, 0x40, 2, 0, 4, 0x70, 2, 0, 3]],
	[() => {}, [...inbound("t/a", "hello", 1, 9), ...inbound("t/b", "z".repeat(1500), 2, 10)]],
	[() => {}, [0x62, 2, 0, 10, ...inbound("t/c", "", 0)]],
	[(f) => f.onMessage("", ""), [...inbound("t/d", "q".repeat(3000), 1, 11)]],
	[(f) => f.publish(f.events, "last"), [0x40, 2, 0, 5]],
];

/** Over the connection itself: what was heard, and the packets that were written. */
function plainly(): { heard: string[]; sent: Buffer } {
	const f = new Fixture(OPTIONS);
	f.session.start();
	f.transport.connect();
	for (const [act, bytes] of STEPS) {
		act(f);
		f.transport.deliver(bytes);
	}
	f.session.stop();
	f.transport.flush();
	return { heard: f.heard(), sent: Buffer.from(f.transport.written) };
}

/** Over WebSocket: the server cuts by `random`, sends pings between, and frames of no bytes. */
function overWebSocket(random: () => number, capacity: number): { heard: string[]; sent: Buffer } {
	const f = new Fixture({ ...OPTIONS, masking: maskingOf(3), capacity });
	const talk = new WsConversation(
		{ frame: () => {} },
		{ write: (bytes) => deliver(bytes), end: () => {}, reset: () => {} },
	);
	const deliver = (bytes: Uint8Array) =>
		f.transport.deliver(
			bytes,
			Array.from({ length: 50 }, () => 1 + Math.floor(random() * random() * 512)),
		);
	const serve = () => {
		for (let quiet = 0; quiet < 2; ) {
			const bytes = f.transport.take();
			quiet = bytes.length === 0 ? quiet + 1 : 0;
			if (bytes.length > 0) talk.received(bytes);
			if (f.transport.active) f.transport.flush();
		}
	};
	f.session.start();
	f.transport.connect();
	serve();
	for (const [act, bytes] of STEPS) {
		act(f);
		serve();
		deliver(cut(Buffer.from(bytes), random));
		serve();
	}
	f.session.stop();
	serve();
	assert.deepEqual(talk.faults, []);
	assert.equal(talk.pending, 0);
	return { heard: f.heard(), sent: talk.stream };
}

function cut(bytes: Buffer, random: () => number): Buffer {
	const frames: Buffer[] = [];
	let open = false;
	for (let at = 0; at < bytes.length; ) {
		if (random() < 0.2) frames.push(encodeFrame("p", { opcode: random() < 0.5 ? Op.ping : Op.pong }));
		const end = Math.min(bytes.length, at + Math.floor(random() * random() * 900));
		const fin = random() < 0.6 || end === bytes.length;
		frames.push(encodeFrame(bytes.subarray(at, end), { fin, opcode: open ? Op.continuation : Op.binary }));
		open = !fin;
		at = end;
	}
	return Buffer.concat(frames);
}

/** Up over WebSocket. */
function up(): Fixture {
	const f = new Fixture({ masking: maskingOf() });
	f.session.start();
	f.transport.connect();
	const { said } = replyTo([f.transport.take()]);
	f.transport.deliver(said);
	f.transport.deliver(encodeFrame(Buffer.from([0x20, 2, 0, 0])));
	return f;
}

describe("a session over WebSocket", () => {
	const expected = plainly();

	it("has a conversation with every kind of packet to compare with", () => {
		const kinds = new Set(read(Uint8Array.from(expected.sent)).map(({ cmd }) => cmd));
		for (const kind of [
			"connect",
			"subscribe",
			"publish",
			"pubrel",
			"puback",
			"pubrec",
			"pubcomp",
			"disconnect",
		])
			assert.ok(kinds.has(kind as "connect"), kind);
	});

	for (let seed = 1; seed <= 60; seed++)
		it(`hears and says the same as without, seed ${seed}`, () => {
			const random = seeded(seed);
			const { heard, sent } = overWebSocket(random, [100_000, 2000, 300][seed % 3] as number);
			assert.deepEqual(heard, expected.heard);
			// A smaller socket changes which message waits: the packets are the same.
			const sorted = (bytes: Buffer) =>
				read(Uint8Array.from(bytes))
					.map((packet) => JSON.stringify(packet))
					.sort();
			assert.deepEqual(sorted(sent), sorted(expected.sent));
		});

	it("ends with DISCONNECT, CLOSE, and the end of the connection", () => {
		const f = up();
		f.session.stop();
		f.transport.flush();
		const written = Buffer.from(f.transport.written);
		const behind = written.indexOf("\r\n\r\n") + 4;
		const { talk } = replyTo([written.subarray(0, behind), written.subarray(behind)]);
		assert.deepEqual(
			read(Uint8Array.from(talk.stream)).map(({ cmd }) => cmd),
			["connect", "disconnect"],
		);
		assert.equal(talk.closeCode, 1000);
		assert.deepEqual(talk.faults, []);
		assert.deepEqual(f.heard(), ["opened false", "closed requested"]);
		assert.deepEqual(f.transport.closes, [false]);
	});

	it("takes CLOSE for the server's answer to what it was sent, as it does the loss of the connection", () => {
		for (const close of [true, false]) {
			const f = up();
			const told: boolean[] = [];
			f.outbox.interrupted = (byServer) => told.push(byServer);
			if (close) f.transport.deliver(encodeFrame(closePayload(1001, "restart"), { opcode: Op.close }));
			else f.transport.fail();
			const why = close ? "websocket-closed (code 1001: restart)" : "connection-lost";
			assert.deepEqual(f.heard(), ["opened false", `closed ${why}`]);
			assert.deepEqual(told, [true]);
		}
	});

	it("never has more of the answer in memory than a line", () => {
		const f = new Fixture({ masking: maskingOf() });
		f.session.start();
		f.transport.connect();
		f.transport.deliver(Buffer.from(`HTTP/1.1 101 S\r\n${"x".repeat(10_000)}`), Limits.chunkBytes);
		assert.match(f.heard()[0] ?? "", /^closed upgrade-failed \(the answer has more than 4096 bytes\)$/);
	});
});
