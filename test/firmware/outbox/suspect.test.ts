// A record on which the server closes the connection does not hold up all others for ever; one that is
// innocent stays.

import assert from "node:assert/strict";
import { Fixture, type FixtureOptions } from "../mqtt/fixture.js";

/**
 * A server that closes the connection at every message that has `poison` in it, and acknowledges all others.
 */
function serve(f: Fixture, poison: string, connections: number, deaf = false): string[] {
	const delivered: string[] = [];
	for (let n = 0; n < connections; n++) {
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.up([0x20, 2, f.session.counters.connections > 0 && f.persists ? 1 : 0, 0]);
		for (;;) {
			const sent = f.sent();
			if (sent.length === 0) break;
			for (const packet of sent) {
				if (packet.cmd !== "publish") continue;
				const text = packet.payload.toString();
				if (deaf || text.includes(poison)) {
					f.transport.fail();
					break;
				}
				delivered.push(text);
				f.puback(packet.messageId as number);
			}
			if (!f.transport.active) break;
		}
		if (f.transport.active) break;
	}
	return delivered;
}

const quarantined = (f: Fixture): string[] => f.heard().filter((line) => line.startsWith("quarantined"));

function make(options: FixtureOptions = {}): Fixture {
	const f = new Fixture(options);
	f.session.start();
	return f;
}

describe("mqtt: a message on which the server closes the connection", () => {
	for (const persists of [false, true])
		it(`is given up and reported, and all others are delivered (${persists ? "persistent" : "clean"})`, () => {
			const f = make({ connect: { cleanSession: !persists } });
			for (const text of ["a", "b", "poison", "c", "d"]) f.add(f.measures, text);
			const delivered = serve(f, "poison", 20);
			assert.deepEqual([...new Set(delivered)].sort(), ["a", "b", "c", "d"]);
			assert.deepEqual(quarantined(f), ["quarantined poison"]);
			assert.deepEqual([f.outbox.quarantined, f.measures.ring.used], [1, 0]);
		});

	it("takes the whole message with it where records travel together", () => {
		const f = make({ measures: { maxRecords: 2, separator: "|" } });
		for (const text of ["a", "b", "poison", "c", "d", "e"]) f.add(f.measures, text);
		serve(f, "poison", 20);
		assert.deepEqual(quarantined(f), ["quarantined poison", "quarantined c"]);
		assert.equal(f.measures.ring.used, 0);
	});

	it("waits for something else to be delivered before it is given up", () => {
		const f = make();
		f.add(f.measures, "poison");
		serve(f, "poison", 5);
		assert.equal(f.measures.ring.used, 1);
		serve(f, "poison", 1);
		assert.deepEqual([f.session.state, f.transport.active], [3, true], "it is not sent any more");
		f.publish(f.measures, "other");
		const sent = f.sent();
		assert.equal(sent[0]?.cmd === "publish" && sent[0].payload.toString(), "other");
		f.puback(sent[0]?.messageId as number);
		assert.deepEqual(f.payloads(), ["poison"]);
		f.transport.fail();
		assert.deepEqual(quarantined(f), ["quarantined poison"]);
	});

	it("where the cloud's own confirmation comes ahead of PUBACK, too", () => {
		const f = make({ measures: { confirmMs: 1000 } });
		f.add(f.measures, "poison");
		serve(f, "poison", 6);
		f.publish(f.measures, "other");
		const [other] = f.sent();
		f.outbox.confirmations?.confirm(2, true);
		f.puback(other?.messageId as number);
		f.session.pump();
		assert.deepEqual(f.payloads(), ["poison"], "in its trial");
	});

	it("in the other lane as well", () => {
		const f = make();
		f.add(f.events, "poison", { kind: 4 });
		for (const text of ["a", "b"]) f.add(f.measures, text);
		const delivered = serve(f, "poison", 20);
		assert.deepEqual([...new Set(delivered)].sort(), ["a", "b"]);
		assert.deepEqual(quarantined(f), ["quarantined poison"]);
	});
});

describe("mqtt: a message that is innocent", () => {
	it("of a server that closes at every message is never given up", () => {
		const f = make();
		for (const text of ["a", "b", "c"]) f.add(f.measures, text);
		serve(f, "", 60, true);
		assert.deepEqual([quarantined(f), f.measures.ring.used], [[], 3]);
		assert.deepEqual(serve(f, "nothing", 1).sort(), ["a", "b", "c"]);
	});

	it("of a link that loses the connection for other reasons is never given up", () => {
		const f = make();
		f.add(f.measures, "a");
		for (let n = 0; n < 30; n++) {
			while (!f.transport.active) f.time.advance(f.time.untilNext);
			f.up();
			f.sent();
			f.time.advance(100_000); // no acknowledgement: the session ends it
		}
		assert.deepEqual([quarantined(f), f.measures.ring.used], [[], 1]);
	});

	it("that is delivered in the trial is free of suspicion", () => {
		const f = make();
		for (const text of ["a", "b"]) f.add(f.measures, text);
		serve(f, "a", 5); // three times with b, two alone
		assert.deepEqual(serve(f, "nothing", 1).sort(), ["a", "b"]);
		assert.deepEqual([quarantined(f), f.measures.ring.used], [[], 0]);
		f.publish(f.measures, "c", "d");
		assert.equal(f.sent().length, 2, "messages go side by side again");
	});

	it("a suspect that a full ring gave up does not hold up the others", () => {
		const f = make({ measures: { slots: 3 } });
		f.add(f.measures, "poison");
		serve(f, "poison", 4);
		for (const text of ["a", "b", "c", "d"]) f.add(f.measures, text);
		while (!f.transport.active) f.time.advance(f.time.untilNext);
		f.up();
		assert.deepEqual(f.payloads(), ["b", "c", "d"]);
	});
});
