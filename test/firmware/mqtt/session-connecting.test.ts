// The session in virtual time: connecting, reconnecting, keepalive.

import assert from "node:assert/strict";
import fc from "fast-check";
import { CLOSE_CODES } from "../../../modules/mqtt/close-codes.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { Fixture, inbound, utf8 } from "./fixture.js";
import { CONNACK, cmds, greeting, PINGRESP, SECOND, wire } from "./session-fixture.js";

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
