// Nothing waits longer than it must: whatever can go goes with the event that made room for it, and timeouts
// are exact to the millisecond, whatever happened before.

import assert from "node:assert/strict";
import { Await, InFlight } from "../../../modules/mqtt/in-flight.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { PacketType } from "../../../modules/mqtt/packet.js";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import { RecordState, stateOf } from "../../../modules/outbox/ring.js";
import { Fixture, type FixtureOptions, utf8 } from "./fixture.js";

/** A session that is up, without keepalive unless asked for. */
function make(options: FixtureOptions = {}): Fixture {
	const f = new Fixture({ ...options, connect: { keepAlive: 0, ...options.connect } }).up();
	f.heard();
	return f;
}

describe("mqtt: session, timeouts to the millisecond", () => {
	const ends = (f: Fixture, ms: number, code: string) => {
		f.heard();
		f.time.advance(ms - 1);
		assert.equal(f.session.state, SessionState.Up, `${code} too early`);
		f.time.advance(1);
		assert.deepEqual(f.heard(), [`closed ${code}`]);
	};

	it("an acknowledgement that is missing after one that came and a long silence", () => {
		const f = make();
		f.publish(f.measures, "a");
		f.puback(1);
		f.time.advance(Limits.acknowledgeMs + 5_000);
		f.publish(f.measures, "b");
		ends(f, Limits.acknowledgeMs, "acknowledge-timeout");
	});

	it("one of a message that began while the alarm of an earlier one was half run down", () => {
		const f = make();
		f.publish(f.measures, "a");
		f.time.advance(5_000);
		f.puback(1);
		f.time.advance(7_000);
		f.publish(f.measures, "b");
		ends(f, Limits.acknowledgeMs, "acknowledge-timeout");
	});

	it("one on a second connection, when the first ended with one outstanding", () => {
		const f = make();
		f.publish(f.measures, "a");
		f.time.advance(5_000);
		f.reconnect();
		assert.deepEqual(f.payloads(), ["a"]);
		ends(f, Limits.acknowledgeMs, "acknowledge-timeout");
	});

	it("a SUBACK that is missing, when the alarm of an earlier message still runs", () => {
		const f = make();
		f.publish(f.measures, "a");
		f.time.advance(1_000);
		f.puback(1);
		f.time.advance(9_000);
		assert.notEqual(f.session.subscribe(utf8("x"), 1), 0);
		ends(f, Limits.acknowledgeMs, "acknowledge-timeout");
	});

	for (const last of ["received", "sent"] as const)
		it(`PINGREQ comes three quarters of the interval behind the ${last === "sent" ? "receipt" : "sending"} before`, () => {
			const f = make({ connect: { keepAlive: 60 }, measures: { qos: 0 } });
			const step = (what: string) => {
				if (what === "sent") f.publish(f.measures, "x");
				else f.transport.deliver([0x30, 3, 0, 1, 97]);
			};
			f.time.advance(30_000);
			step(last === "sent" ? "received" : "sent");
			f.time.advance(10_000);
			step(last);
			f.sent();
			f.time.advance(34_999);
			assert.deepEqual(f.sent(), []);
			f.time.advance(1);
			assert.deepEqual(
				f.sent().map(({ cmd }) => cmd),
				["pingreq"],
			);
		});

	it("a long message that trickles out for minutes is not taken for one without acknowledgement", () => {
		const f = make({ measures: { payloadBytes: 5000, slots: 2 } });
		f.transport.free = 0;
		f.publish(f.measures, "x".repeat(5000));
		for (let i = 0; i < 26; i++) {
			f.time.advance(5_000);
			f.transport.accept(200);
			assert.equal(f.session.state, SessionState.Up, `after ${i} pieces`);
		}
		f.puback(1);
		assert.equal(f.outbox.delivered, 1);
	});
});

describe("mqtt: session, nothing is left waiting", () => {
	it("QoS 0 above half of the ring goes on when the socket is empty", () => {
		const f = make({ measures: { qos: 0, slots: 8 } });
		f.publish(f.measures, ..."abcdefgh");
		const first = f.payloads();
		assert.ok(first.length > 4 && first.length < 8, `${first.length} of 8 at once`);
		for (let i = 0; i < 4 && f.outbox.waiting > 0; i++) f.transport.flush();
		assert.deepEqual([...first, ...f.payloads()], [..."abcdefgh"]);
		assert.equal(f.outbox.waiting, 0);
	});

	for (const left of [0, 1, 2, 3])
		it(`what follows a message that fills the output stage up to ${left} bytes goes in the same call`, () => {
			const header = 8; // topic "m", QoS 1, two length bytes
			const f = make({ measures: { payloadBytes: 1600 } });
			const long = "x".repeat(Limits.outputBytes - header - left);
			f.publish(f.measures, long, "next");
			assert.deepEqual(f.payloads(), [long, "next"]);
		});

	it("a long filter behind many replies goes in the same call", () => {
		const f = make();
		const filter = utf8("f".repeat(700));
		f.onMessage = () => f.session.subscribe(filter, 1);
		const messages = Array.from({ length: 208 }, (_, i) => [0x32, 5, 0, 1, 97, 1, i + 1]).flat();
		f.transport.deliver(messages);
		const sent = f.sent();
		assert.equal(sent.filter(({ cmd }) => cmd === "puback").length, 208);
		assert.equal(sent.at(-1)?.cmd, "subscribe");
	});

	it("at rest one more pump changes nothing, whatever came last", () => {
		const f = make({ measures: { slots: 20 } });
		const quiet = (what: string) => {
			const { length } = f.transport.written;
			f.session.pump();
			assert.equal(f.transport.written.length, length, what);
		};
		for (const text of "abcdefghijkl") f.add(f.measures, text);
		f.session.pump();
		quiet("a full window");
		f.puback(3);
		quiet("a PUBACK");
		f.transport.free = 0;
		f.puback(1, 2);
		f.transport.deliver([0x32, 5, 0, 1, 97, 0, 9]);
		f.transport.accept(3);
		quiet("a socket with little room");
		f.transport.flush();
		quiet("a flush");
		f.puback(4, 5, 6, 7, 8, 9, 10, 11, 12);
		assert.equal(f.outbox.waiting, 0);
		quiet("the last PUBACK");
	});
});

describe("mqtt: outbox, confirmations at odd moments", () => {
	const confirming = { confirmMs: 5_000, payloadBytes: 4000, slots: 8 };

	it("one that names a message that is still being written leaves it whole", () => {
		const f = make({ measures: confirming });
		f.transport.free = 100;
		const text = "x".repeat(4000);
		f.publish(f.measures, text);
		const { ring } = f.measures;
		assert.equal(stateOf(ring, ring.first), RecordState.Sending);
		assert.equal(f.outbox.confirmations?.confirm(1, true), 0);
		f.transport.flush();
		assert.deepEqual(f.payloads(), [text]);
		assert.equal(f.outbox.confirmations?.confirm(1, true), 1);
	});

	it("the oldest is the one that was sent first, not the one that stands first", () => {
		const f = make({ measures: confirming });
		f.publish(f.measures, "a", "b");
		f.puback(1);
		f.time.advance(2_000);
		f.puback(2);
		f.time.advance(3_000);
		assert.equal(f.outbox.confirmations?.expire(), true);
		f.session.pump();
		assert.deepEqual(f.payloads(), ["a", "b", "a"]);
		f.puback(3);
		f.heard();
		f.outbox.confirmations?.confirm(0, true);
		f.outbox.confirmations?.confirm(0, true);
		assert.deepEqual(f.heard(), ["delivered b", "delivered a"]);
	});

	it("a batch has one deadline, even if the clock moves while it is settled", () => {
		const f = make({ measures: { ...confirming, maxRecords: 3, separator: "," } });
		f.publish(f.measures, "a", "b", "c");
		const { ring } = f.measures;
		const { time } = f;
		const start = time.monotonic();
		let readings = 0;
		time.monotonic = () => start + readings++;
		f.puback(1);
		const deadlines = new Set<number>();
		for (let slot = ring.first; slot >= 0; slot = ring.after(slot)) deadlines.add(ring.time(slot));
		assert.equal(deadlines.size, 1);
		assert.ok(readings > 0);
	});
});

it("mqtt: in-flight table: id 0 belongs to nothing, also not to a free place", () => {
	const table = new InFlight(3);
	table.acknowledge(PacketType.Puback, table.open(Await.Puback));
	const id = table.open(Await.Puback);
	table.open(Await.Puback);
	table.acknowledge(PacketType.Puback, id + 1);
	assert.equal(table.acknowledge(PacketType.Puback, 0), -1);
	table.touch(0, 5);
	assert.equal(table.count, 1);
	assert.equal(table.acknowledge(PacketType.Puback, id), Await.Nothing);
	assert.equal(table.count, 0);
});
