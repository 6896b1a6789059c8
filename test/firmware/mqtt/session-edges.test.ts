// What the other tests of the session let pass when its code was changed by a mutation run: details,
// counters, what is told to the source, and odd moments.

import assert from "node:assert/strict";
import { connectLength } from "../../../modules/mqtt/encode.js";
import { Await } from "../../../modules/mqtt/in-flight.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { ENDS_BYTES, Output } from "../../../modules/mqtt/output.js";
import type { Publication } from "../../../modules/mqtt/publication.js";
import type { PublishSource } from "../../../modules/mqtt/publish-source.js";
import { Session } from "../../../modules/mqtt/session.js";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import { ScriptedTransport } from "../../support/scripted-transport.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { Fixture, inbound, utf8 } from "./fixture.js";

const PRESENT = [0x20, 2, 1, 0];
const ABSENT = [0x20, 2, 0, 0];
const persistent = { connect: { cleanSession: false } };
const cmds = (f: Fixture): string[] => f.sent().map(({ cmd }) => cmd);

/** The next attempt, up to where CONNACK is due. */
function greet(f: Fixture): void {
	while (!f.transport.active) f.time.advance(f.time.untilNext);
	f.transport.connect();
	f.sent();
}

/**
 * A session over a source that a test has in its hand: one message of `topic` bytes and `length` payload
 * bytes.
 */
class Bare implements PublishSource {
	readonly holds = false;
	readonly told: string[] = [];
	readonly transport = new ScriptedTransport();
	readonly session: Session;
	topic = 1;
	length = 0;
	left = 0;

	constructor(cleanSession: boolean, clientId = "node") {
		const time = new VirtualTime();
		const quiet = (): void => {};
		this.session = new Session({
			transport: this.transport,
			clock: time,
			timers: time,
			random: () => 0.5,
			output: new Output(new Uint8Array(Limits.outputBytes + ENDS_BYTES), 0, Limits.outputBytes),
			connect: { clientId: utf8(clientId), cleanSession, keepAlive: 60 },
			source: this,
			handler: {
				sessionOpened: quiet,
				sessionClosed: quiet,
				acknowledged: quiet,
				drained: quiet,
				subscribed: quiet,
				unsubscribed: quiet,
				message: quiet,
				stream: () => undefined,
				skipped: quiet,
			},
		});
	}
	up(): this {
		this.session.start();
		this.transport.connect();
		this.transport.deliver(ABSENT);
		this.told.length = 0;
		return this;
	}
	get more(): boolean {
		return this.left > 0;
	}
	next(): Publication | undefined {
		if (this.left === 0) return undefined;
		this.left--;
		const topic = new Uint8Array(this.topic).fill(0x74);
		return { topic, header: undefined, qos: 1, retain: false, length: this.length };
	}
	again(): undefined {}
	start(_packetId: number, _bytes: Uint8Array, _at: number, room: number): number {
		return Math.min(room, this.length);
	}
	copy(_bytes: Uint8Array, _at: number, room: number): number {
		return room;
	}
	suspended(byServer: boolean): void {
		this.told.push(`suspended ${byServer}`);
	}
	interrupted(byServer: boolean): void {
		this.told.push(`interrupted ${byServer}`);
	}
}

describe("mqtt: session, what its source is told of an end", () => {
	const ends: ReadonlyArray<readonly [string, boolean, (bare: Bare) => void]> = [
		["a connection lost", true, ({ transport }) => transport.fail()],
		["a CONNACK in mid-session", true, ({ transport }) => transport.deliver([0x20, 2, 0, 5])],
		["a broken rule", false, ({ transport }) => transport.deliver([0, 0])],
		["an end of our own", false, ({ session }) => session.drop("keepalive-timeout", "")],
		["a socket's own reason", false, ({ transport }) => transport.fail("tls-failed")],
	];
	for (const clean of [true, false])
		for (const [what, byServer, end] of ends)
			it(`${what}, ${clean ? "clean" : "persistent"}: ${byServer ? "" : "not "}closed by the server`, () => {
				const bare = new Bare(clean).up();
				end(bare);
				assert.deepEqual(bare.told, [`${clean ? "interrupted" : "suspended"} ${byServer}`]);
			});

	it("nor is one that is lost while we leave", () => {
		const bare = new Bare(true).up();
		bare.transport.free = 0;
		bare.session.stop();
		bare.transport.fail();
		assert.deepEqual(bare.told, ["interrupted false"]);
	});

	it("a connection lost before CONNACK is no end by the server", () => {
		const bare = new Bare(true);
		bare.session.start();
		bare.transport.connect();
		bare.transport.fail();
		assert.deepEqual(bare.told, ["interrupted false"]);
	});

	it("[MQTT-3.2.2-3] a session that the server has lost puts no message under suspicion", () => {
		const bare = new Bare(false);
		bare.session.start();
		bare.transport.connect();
		bare.transport.deliver(ABSENT);
		assert.deepEqual(bare.told, ["interrupted false"]);
	});
});

describe("mqtt: session, what does not fit", () => {
	it("a header of exactly the output stage goes, one byte more is an error, and so is a length beyond the standard", () => {
		const header = (topic: number): number => 1 + 2 + 2 + topic + 2; // QoS 1, a remaining length of two bytes
		const exact = Limits.outputBytes - header(0);
		for (const [topic, length, fits] of [
			[exact, 0, true],
			[exact + 1, 0, false],
			[1, 268_435_456, false],
		] as const) {
			const bare = new Bare(true).up();
			Object.assign(bare, { topic, length, left: 1 });
			if (fits) bare.session.pump();
			else
				assert.throws(
					() => bare.session.pump(),
					/RangeError: session: topic is longer than the output stage/,
				);
			assert.equal(bare.session.counters.publishesSent, fits ? 1 : 0);
		}
	});

	it("a CONNECT of exactly the output stage is taken, one byte more is not", () => {
		const connect = { clientId: new Uint8Array(0), cleanSession: true, keepAlive: 60 };
		const room = Limits.outputBytes - 5 - connectLength(connect);
		assert.ok(new Bare(true, "c".repeat(room)));
		assert.throws(() => new Bare(true, "c".repeat(room + 1)), /CONNECT is longer than the output stage/);
	});

	it("a filter longer than the output stage is an error, not silence", () => {
		const f = new Fixture().up();
		assert.throws(
			() => f.session.subscribe(utf8("f".repeat(Limits.outputBytes)), 1),
			/RangeError: session: filter is longer than the output stage/,
		);
	});

	it("a filter that has to wait for room touches nothing behind the output stage", () => {
		for (let replies = 200; replies <= 212; replies++) {
			const f = new Fixture().up();
			f.onMessage = () => f.session.subscribe(utf8("f".repeat(700)), 1);
			f.transport.deliver(Array.from({ length: replies }, (_, i) => [0x32, 5, 0, 1, 97, 1, i + 1]).flat());
			f.publish(f.events, "x");
			const publish = f.sent().at(-1);
			assert.equal(publish?.cmd === "publish" && publish.topic, "e");
		}
	});
});

describe("mqtt: session, counters and callbacks", () => {
	it("drained is told once for what was sent at QoS 0, when all of it has left, and for nothing else", () => {
		const f = new Fixture({ measures: { qos: 0, payloadBytes: 4000, slots: 4 } }).up();
		f.transport.flush();
		f.publish(f.events, "qos 1");
		f.transport.flush();
		assert.equal(f.drains, 0);
		f.transport.free = 0;
		f.add(f.measures, "x".repeat(4000));
		f.session.pump();
		f.transport.capacity = Limits.outputBytes;
		for (let i = 0; i < 6; i++) f.transport.flush();
		assert.equal(f.drains, 1);
	});

	it("received is told with the first PUBREC of a message, and with nothing else", () => {
		const f = new Fixture({ measures: { qos: 2 } }).up();
		const told: number[] = [];
		f.received = (packetId) => told.push(packetId);
		f.publish(f.events, "one"); // QoS 1, id 1
		f.publish(f.measures, "two");
		f.puback(2);
		f.transport.deliver([0x70, 2, 0, 2]);
		assert.deepEqual(told, []);
		f.transport.deliver([0x50, 2, 0, 1]);
		f.puback(1);
		assert.deepEqual(told, []);
		f.transport.deliver([0x50, 2, 0, 2, 0x50, 2, 0, 2]);
		f.transport.deliver([0x70, 2, 0, 2]);
		assert.deepEqual(told, [2]);
	});

	it("attempts that fail are not the same as connections that end, and resumed ones are counted", () => {
		const f = new Fixture(persistent).up(ABSENT);
		f.transport.fail();
		greet(f);
		f.transport.deliver(PRESENT);
		assert.deepEqual([f.session.counters.failedAttempts, f.session.counters.resumed], [0, 1]);
		f.transport.fail();
		greet(f);
		f.transport.fail("tls-failed", "in words");
		assert.equal(f.heard().at(-1), "closed tls-failed (in words)");
		assert.deepEqual([f.session.counters.failedAttempts, f.session.counters.connections], [1, 2]);
	});

	it("bytes of a CONNECT that leaves in pieces are counted", () => {
		const f = new Fixture({ capacity: 3 });
		f.session.start();
		f.transport.connect();
		for (let i = 0; i < 20; i++) f.transport.flush();
		assert.equal(f.session.counters.bytesSent, f.transport.written.length);
	});
});

describe("mqtt: session, odd moments", () => {
	it("a second 'opened' of the socket changes nothing", () => {
		const f = new Fixture().up();
		f.session.opened();
		assert.equal(f.session.state, SessionState.Up);
		assert.equal(f.transport.take().length, 0);
	});

	it("a socket that takes nothing is noticed although more is asked to go all the time", () => {
		const f = new Fixture().up();
		f.transport.free = 3; // the rest of a packet waits
		const since = f.time.monotonic();
		for (let i = 0; i < 90 && f.session.state === SessionState.Up; i++) {
			f.publish(f.events, `${i}`);
			f.transport.deliver(inbound("t", "x"));
			f.time.advance(1_000);
		}
		assert.notEqual(f.session.state, SessionState.Up);
		assert.ok(f.time.monotonic() - since <= 90_000);
	});

	it("PINGREQ is asked for by what has left, not by what waits", () => {
		const f = new Fixture({ events: { slots: 80 } }).up();
		f.transport.free = 0;
		for (let i = 0; i < 45; i++) {
			f.publish(f.events, "x");
			f.time.advance(1_000);
		}
		f.transport.flush();
		assert.ok(cmds(f).includes("pingreq"));
	});

	it("[MQTT-4.8.0-1] an acknowledgement of a message that is still being sent ends the connection, wherever it stands", () => {
		for (const capacity of [100, Limits.outputBytes, 2 * Limits.outputBytes]) {
			const f = new Fixture({ measures: { payloadBytes: 4000, slots: 3 }, capacity }).up();
			f.publish(f.measures, "a".repeat(4000));
			f.puback(1);
			assert.equal(f.heard().at(-1), "closed MQTT-4.8.0-1 (acknowledged before it was sent)");
		}
	});

	it("one whose last bytes only wait for the socket is settled", () => {
		const f = new Fixture().up();
		f.transport.free = 3;
		f.publish(f.measures, "a");
		f.puback(1);
		f.transport.flush();
		assert.deepEqual([f.session.state, f.outbox.delivered, f.session.inFlight], [SessionState.Up, 1, 0]);
	});

	it("what a handler ended is not acknowledged on the next connection", () => {
		for (const qos of [1, 2]) {
			const f = new Fixture(persistent).up(ABSENT);
			f.onMessage = () => f.session.drop("subscribe-refused", "");
			f.transport.deliver(inbound("t", "x", qos, 1));
			greet(f);
			f.transport.deliver(PRESENT);
			assert.deepEqual(cmds(f), []);
		}
	});

	it("nor is a payload in parts whose last part did", () => {
		const f = new Fixture(persistent).up(ABSENT);
		const large = inbound("t", "y".repeat(Limits.inboundBytes + 1_000), 1, 7);
		f.onStream = () => ({ part: () => {}, end: () => f.session.drop("subscribe-refused", "") });
		f.transport.deliver(large);
		assert.equal(f.transport.active, false);
		greet(f);
		f.transport.deliver(PRESENT);
		assert.deepEqual(cmds(f), []);
	});

	it("while leaving nothing is acted on, but what was sent is settled", () => {
		for (const payload of ["x", "y".repeat(Limits.inboundBytes + 1_000)]) {
			const f = new Fixture().up();
			f.publish(f.measures, "one");
			f.transport.free = 0;
			f.session.stop();
			f.heard();
			f.transport.deliver([...inbound("t", payload), 0x40, 2, 0, 1]);
			assert.deepEqual(f.heard(), ["delivered one"]);
		}
	});

	it("what is to be sent again waits where an acknowledgement can still spare it, while the socket takes nothing", () => {
		const f = new Fixture(persistent).up(ABSENT);
		f.publish(f.measures, "one", "two");
		f.transport.fail();
		greet(f);
		f.transport.free = 0;
		f.transport.deliver(PRESENT);
		f.puback(1);
		f.transport.flush();
		assert.deepEqual(f.payloads(), ["two"]);
	});
});

describe("mqtt: session, what a keeper reads and puts back", () => {
	function told({ session }: Fixture): { exchanges: number[][]; ranges: number[][] } {
		const exchanges: number[][] = [];
		const ranges: number[][] = [];
		session.tell({
			exchange: (id, state) => exchanges.push([id, state]),
			takenRange: (first, last) => ranges.push([first, last]),
		});
		return { exchanges, ranges };
	}

	it("exchanges in the order of sending again, without requests; ranges of ids", () => {
		const f = new Fixture({ ...persistent, measures: { qos: 2 } }).up(ABSENT);
		f.publish(f.measures, "one", "two", "three");
		f.session.subscribe(utf8("t"), 1);
		f.transport.deliver([0x50, 2, 0, 1]);
		for (const id of [5, 6, 9]) f.transport.deliver(inbound("t", "x", 2, id));
		const { exchanges, ranges } = told(f);
		assert.deepEqual(exchanges, [
			[2, Await.Pubrec],
			[3, Await.Pubrec],
			[1, Await.Pubcomp],
		]);
		assert.deepEqual(ranges, [
			[5, 6],
			[9, 9],
		]);
	});

	it("an id that is put back twice is one, and a session that was lost has none", () => {
		const f = new Fixture(persistent);
		f.session.restoreTaken(5, true);
		f.session.restoreTaken(5, true);
		f.session.restoreTaken(7, true);
		f.session.restoreTaken(7, false);
		assert.deepEqual(told(f).ranges, [[5, 5]]);
		f.session.restoreExchange(3, Await.Pubrec);
		assert.equal(f.session.inFlight, 1);
		f.session.restoreLost();
		assert.equal(f.session.inFlight, 0);
		assert.deepEqual(told(f).ranges, []);
	});
});
