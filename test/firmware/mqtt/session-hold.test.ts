// A session that is held for want of a network: nothing is tried, nothing is lost, and the server's pause is
// kept.

import assert from "node:assert/strict";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import { Fixture } from "./fixture.js";

describe("mqtt: session, held", () => {
	it("does not open while it is held from the beginning, and opens at once when it is released", () => {
		const f = new Fixture();
		f.session.hold();
		f.session.start();
		assert.equal(f.session.state, SessionState.Waiting);
		f.time.advance(3_600_000);
		assert.equal(f.transport.opens, 0);
		f.session.release();
		f.time.advance(0);
		assert.equal(f.transport.opens, 1);
		f.up();
	});

	it("ends a connection at once, says when it does not go on, and sends again what was not acknowledged", () => {
		const f = new Fixture().up();
		f.publish(f.measures, "a");
		f.sent();
		f.session.hold();
		assert.deepEqual(f.heard(), ["opened false", "closed network-lost"]);
		assert.deepEqual(f.retries, [Number.POSITIVE_INFINITY]);
		assert.equal(f.transport.active, false);
		f.time.advance(3_600_000);
		assert.equal(f.transport.opens, 1);
		f.session.release();
		f.time.advance(0);
		f.up();
		f.session.pump();
		assert.deepEqual(f.payloads(), ["a"]);
	});

	for (const state of ["opening", "greeting"] as const)
		it(`ends an attempt that is ${state}`, () => {
			const f = new Fixture();
			f.session.start();
			if (state === "greeting") f.transport.connect();
			f.session.hold();
			assert.deepEqual(f.heard(), ["closed network-lost"]);
			f.time.advance(3_600_000);
			assert.equal(f.transport.opens, 1);
		});

	it("keeps the pause that was begun: the rest of it is waited for after the release", () => {
		const f = new Fixture().up();
		f.transport.fail();
		const [pause = 0] = f.retries;
		assert.ok(pause > 100);
		f.time.advance(50);
		f.session.hold();
		f.time.advance(20);
		f.session.release();
		f.time.advance(pause - 71);
		assert.equal(f.transport.opens, 1);
		f.time.advance(1);
		assert.equal(f.transport.opens, 2);
	});

	it("takes hold and release twice, and a release that was never held", () => {
		const f = new Fixture().up();
		f.session.release();
		f.session.hold();
		f.session.hold();
		assert.deepEqual(f.heard(), ["opened false", "closed network-lost"]);
		f.session.release();
		f.session.release();
		f.time.advance(f.time.untilNext);
		assert.equal(f.transport.opens, 2);
		assert.deepEqual(f.heard(), []);
	});

	it("stops while it is held, and stays stopped when it is released", () => {
		const f = new Fixture();
		f.session.start();
		f.session.hold();
		f.session.stop();
		assert.equal(f.session.state, SessionState.Stopped);
		f.session.release();
		f.time.advance(3_600_000);
		assert.equal(f.transport.opens, 1);
	});

	it("lets a session that leaves finish", () => {
		const f = new Fixture().up();
		f.transport.capacity = 0;
		f.session.stop();
		f.session.hold();
		f.time.advance(60_000);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.deepEqual(f.heard(), ["opened false", "closed requested"]);
	});
});
