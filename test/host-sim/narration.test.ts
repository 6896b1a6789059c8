// What a person reads of the node's events: one table, one sentence each.

import assert from "node:assert/strict";
import { EVENTS, narrator, type Sentence, tell, together } from "../../host-sim/engine/narration.js";
import type { Observer } from "../../modules/app/observer.js";

/** What is said of one event. */
function said(event: (observer: Observer) => void): Sentence[] {
	const all: Sentence[] = [];
	event(narrator((sentence) => all.push(sentence)));
	return all;
}

describe("narration", () => {
	const cases: ReadonlyArray<readonly [(o: Observer) => void, Sentence["level"], string]> = [
		[(o) => o.evicted?.(7), "warn", "the ring is full: 7 measures were dropped"],
		[(o) => o.silent?.("attic", "open"), "warn", "attic has no value: open"],
		[(o) => o.silent?.("attic", ""), "info", "attic has values again"],
		[(o) => o.unconfirmed?.(1), "warn", "1 measure sent; it is unknown whether it arrived"],
		[(o) => o.unconfirmed?.(2), "warn", "2 measures sent; it is unknown whether it arrived"],
		[(o) => o.refused?.(422, "no such sensor"), "warn", "the cloud refused a message: 422 no such sensor"],
		[(o) => o.malformed?.("no JSON"), "warn", "not understood: no JSON"],
		[
			(o) => o.skipped?.(9000),
			"warn",
			"a message of 9000 bytes is larger than the node keeps and was skipped",
		],
		[(o) => o.overdue?.(), "warn", "the cloud did not confirm in time; sending again"],
		[(o) => o.online?.(), "info", "connected; measures flow"],
		[
			(o) => o.offline?.("connack-4", "", 2000),
			"warn",
			"CONNACK 4: bad user name or password. Trying again in 2.0 s.",
		],
		[
			(o) => o.offline?.("connection-lost", "ECONNRESET", Number.POSITIVE_INFINITY),
			"warn",
			"the connection was lost (ECONNRESET). Trying again once there is a network.",
		],
		[(o) => o.waiting?.("for somebody"), "info", "waiting: for somebody"],
		[
			(o) => o.rivals?.(5),
			"warn",
			"5 connections in a row were ended by the server soon after they began: another device may have the same id",
		],
		[(o) => o.restarting?.(), "info", "the node restarts itself"],
		[(o) => o.network?.(1), "info", "Wi-Fi is joined; asking for the time"],
		[(o) => o.network?.(9), "info", "network state 9"],
		[
			(o) => o.safe?.(3),
			"warn",
			"safe mode: 3 boots in a row did not last a minute; nothing is measured, nothing moves",
		],
		[(o) => o.quarantined?.(1, true), "warn", "the server closes the connection on 1 measure: given up"],
		[(o) => o.quarantined?.(1, false), "warn", "the server closes the connection on 1 message: given up"],
	];
	for (const [event, level, text] of cases)
		it(text, () => {
			assert.deepEqual(said(event), [{ text, level }]);
		});

	it("says nothing of an end that was asked for, nor of what is shown in its own way", () => {
		assert.deepEqual(
			said((o) => o.offline?.("requested", "", -1)),
			[],
		);
		assert.deepEqual(
			said((o) => o.sampled?.([1, 2, 3, 4], 0, 1)),
			[],
		);
	});

	it("explains an end in the words of who runs it", () => {
		const all: string[] = [];
		const observer = narrator(
			({ text }) => all.push(text),
			(code, detail) => `Because of ${code}, ${detail}.`,
		);
		observer.offline?.("tls-failed", "why", -1);
		assert.deepEqual(all, ["Because of tls-failed, why."]);
	});

	it("has a number for each event, by which an observer is told", () => {
		assert.equal(new Set(EVENTS).size, EVENTS.length);
		for (const [number, event] of EVENTS.entries()) {
			const heard: unknown[][] = [];
			const observer = { [event]: (...args: unknown[]) => heard.push(args) };
			tell(observer as Observer, number, [1, "two"]);
			for (const other of EVENTS.keys()) if (other !== number) tell(observer as Observer, other, []);
			assert.deepEqual(heard, [[1, "two"]], event);
		}
		tell({}, EVENTS.length, []);
	});

	it("tells several observers in their order", () => {
		const heard: string[] = [];
		const all = together(
			{ online: () => heard.push("a") },
			{ safe: () => {} },
			{ online: () => heard.push("b") },
		);
		all.online?.();
		assert.deepEqual(heard, ["a", "b"]);
		assert.equal(all.evicted, undefined);
	});
});
