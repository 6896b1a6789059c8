// The ladder of recovery: what counts as not reached, when Wi-Fi is joined again, when the machine restarts.

import assert from "node:assert/strict";
import { CLOSE_CODES } from "../../../modules/mqtt/close-codes.js";
import { Recovery, Step } from "../../../modules/network/recovery.js";
import { makeStore } from "./fixture.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function make(stored = new Map<string, string | number>()) {
	return { stored, recovery: new Recovery(makeStore(stored), 1_000) };
}

/** `count` attempts in vain at `now`. */
function fail(recovery: Recovery, count: number, now: number, code = "connect-failed"): void {
	for (let i = 0; i < count; i++) recovery.closed(code, now);
}

describe("recovery", () => {
	const COUNTERS = [
		["dns-failed", "dnsFailures", true],
		["connect-failed", "connectFailures", true],
		["connect-timeout", "connectFailures", true],
		["connack-timeout", "silences", true],
		["closed-before-connack", "silences", true],
		["connection-lost", "silences", true],
		["tls-failed", "tlsFailures", false],
		["connack-5", "refusals", false],
		["connack-4", "refusals", false],
		["subscribe-refused", "refusals", false],
	] as const;
	for (const [code, counter, climbs] of COUNTERS)
		it(`${code}: counts in ${counter}${climbs ? ", and climbs" : "; the server was reached"}`, () => {
			assert.ok(code in CLOSE_CODES || code.startsWith("connack-"), code);
			const { recovery } = make();
			fail(recovery, 6, 2 * MINUTE, code);
			assert.equal(recovery[counter], 6);
			const { dnsFailures, connectFailures, silences, tlsFailures, refusals } = recovery;
			assert.equal(dnsFailures + connectFailures + silences + tlsFailures + refusals, 6);
			assert.equal(recovery.due(3 * MINUTE, true), climbs ? Step.Rejoin : Step.None);
		});

	it("does not count what is no attempt: a network that went, a stop", () => {
		const { recovery } = make();
		fail(recovery, 9, 2 * MINUTE, "network-lost");
		fail(recovery, 9, 2 * MINUTE, "requested");
		assert.equal(recovery.due(10 * MINUTE, true), Step.None);
		assert.deepEqual([recovery.refusals, recovery.silences, recovery.connectFailures], [0, 0, 0]);
	});

	it("joins Wi-Fi again after six attempts in vain and two minutes, whatever comes last", () => {
		const { recovery } = make();
		fail(recovery, 6, 30_000);
		assert.equal(recovery.due(120_999, true), Step.None, "too early");
		assert.equal(recovery.due(121_000, true), Step.Rejoin);
		assert.equal(recovery.due(121_000, false), Step.None, "nothing to leave");
		recovery.rejoined(121_000);
		fail(recovery, 5, 10 * MINUTE);
		assert.equal(recovery.due(10 * MINUTE, true), Step.None, "five");
		fail(recovery, 1, 10 * MINUTE);
		assert.equal(recovery.due(10 * MINUTE, true), Step.Rejoin);
		assert.equal(recovery.rejoins, 1);
	});

	it("begins anew with a server that was reached", () => {
		const { recovery } = make();
		fail(recovery, 5, 4 * MINUTE);
		recovery.opened();
		recovery.closed("connection-lost", 5 * MINUTE);
		assert.equal(recovery.silences, 0, "an open session that ended is no attempt");
		fail(recovery, 5, 10 * MINUTE);
		assert.equal(recovery.due(10 * MINUTE, true), Step.None);
		fail(recovery, 5, 5 * MINUTE);
		recovery.closed("connack-5", 10 * MINUTE);
		fail(recovery, 5, 14 * MINUTE);
		assert.equal(recovery.due(14 * MINUTE, true), Step.None);
	});

	it("does nothing while a session is open, however long", () => {
		const { recovery } = make();
		fail(recovery, 20, MINUTE);
		recovery.opened();
		assert.equal(recovery.due(1_000 * HOUR, true), Step.None);
	});

	it("restarts after an hour, with and without Wi-Fi, three times in a row; then once a day", () => {
		const stored = new Map<string, string | number>();
		for (const patience of [HOUR, HOUR, HOUR, 24 * HOUR, 24 * HOUR])
			for (const wifi of [true, false]) {
				const { recovery } = make(new Map(stored));
				assert.equal(recovery.due(1_000 + patience - 1, wifi), Step.None);
				assert.equal(recovery.due(1_000 + patience, wifi), Step.Restart);
				if (wifi) continue;
				const again = make(stored).recovery;
				const before = again.restarts;
				again.restarting();
				assert.equal(again.due(1_000 * HOUR, wifi), Step.None, "once is enough");
				assert.equal(stored.get("recoveries"), before + 1);
			}
	});

	it("has its restarts back once a session is open, and writes to the store only then", () => {
		const stored = new Map<string, string | number>([["recoveries", 3]]);
		const { recovery } = make(stored);
		assert.equal(recovery.restarts, 3);
		recovery.opened();
		assert.equal(stored.has("recoveries"), false);
		assert.equal(make(stored).recovery.restarts, 0);
		// In the same boot too.
		recovery.closed("connection-lost", 5 * HOUR);
		assert.equal(recovery.due(6 * HOUR - 1, true), Step.None);
		assert.equal(recovery.due(6 * HOUR, true), Step.Restart);
		recovery.restarting();
		assert.equal(stored.get("recoveries"), 1);
	});

	it("counts the hour from the last time the server was reached, also when it refused", () => {
		const { recovery } = make();
		recovery.closed("connack-5", 50 * MINUTE);
		assert.equal(recovery.due(109 * MINUTE, true), Step.None);
		assert.equal(recovery.due(110 * MINUTE, true), Step.Restart);
	});

	it("takes a store that holds something else for an unused budget", () => {
		assert.equal(make(new Map([["recoveries", "many"]])).recovery.restarts, 0);
	});
});
