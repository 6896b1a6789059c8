// The time of day in virtual time: from whom it comes, when it is believed, when it is asked for again.

import assert from "node:assert/strict";
import { TimeKeeper } from "../../../modules/network/time-keeper.js";
import { FakeClock, FakeSource, makeLog, makeStore, NOON } from "./fixture.js";

const HOUR = 3_600_000;

function make(stored = new Map<string, string | number>(), servers = ["a", "b"]) {
	const clock = new FakeClock();
	const source = new FakeSource();
	const lines: string[] = [];
	const time = new TimeKeeper(clock, source, makeStore(stored), servers, makeLog(lines));
	const pass = (ms: number) => {
		for (const end = clock.now + ms; clock.now < end; ) {
			clock.now += 500;
			time.tick(clock.now);
		}
	};
	return { clock, source, stored, lines, time, pass };
}

/** Known since NOON. */
function known(stored?: Map<string, string | number>) {
	const all = make(stored);
	all.time.start();
	all.pass(500);
	all.source.answer(NOON);
	return all;
}

describe("time of day", () => {
	it("needs a server", () => {
		assert.throws(() => make(new Map(), []), RangeError);
	});

	it("is not known before an answer, and asks for it as soon as there is a network", () => {
		const { clock, source, time, pass } = make();
		pass(60_000);
		assert.deepEqual([source.asked, clock.sets], [[], [[0, false]]]);
		time.start();
		pass(500);
		assert.deepEqual(source.asked, ["a"]);
		assert.deepEqual([time.known, time.hasFloor], [false, false]);
		source.answer(NOON);
		assert.deepEqual(clock.sets.at(-1), [NOON, true]);
		assert.deepEqual([time.known, time.synchronized, time.failures, time.driftMs], [true, 1, 0, 0]);
	});

	it("keeps the minute in the store, which is the floor of the next boot: a clock for certificates, not for samples", () => {
		const { stored } = known();
		assert.equal(stored.get("time"), NOON / 60_000);
		const { clock, time } = make(stored);
		assert.deepEqual(clock.sets, [[NOON, false]]);
		assert.deepEqual([time.known, time.hasFloor, clock.wallAt(0)], [false, true, -1]);
	});

	it("takes no floor from a store that holds something else", () => {
		for (const value of ["yesterday", -5, 0]) {
			const { clock, time } = make(new Map([["time", value]]));
			assert.deepEqual([clock.sets, time.hasFloor], [[[0, false]], false]);
		}
	});

	it("asks the next server 5 s after one that fails, and only every 5 minutes after five rounds", () => {
		const { source, clock, time, pass, lines } = make();
		time.start();
		const at: number[] = [];
		for (let i = 0; i < 12; i++) {
			while (!source.handler) pass(500);
			at.push(clock.now);
			source.fail();
		}
		assert.deepEqual(source.asked.slice(0, 5), ["a", "b", "a", "b", "a"]);
		const pauses = at.slice(1).map((ms, i) => ms - (at[i] as number));
		assert.deepEqual(pauses, [...Array(9).fill(5_000), 300_000, 300_000]);
		assert.deepEqual([time.failures, lines], [12, ["time: no server answers"]]);
	});

	it("waits 8 s for an answer, then counts it as missing; a late one is not heard", () => {
		const { source, time, pass } = make();
		time.start();
		pass(500);
		const late = source.handler;
		pass(7_500);
		assert.equal(time.failures, 0);
		pass(500);
		assert.deepEqual([time.failures, source.cancelled], [1, 1]);
		late?.timeAnswered(NOON);
		late?.timeFailed();
		assert.deepEqual([time.known, time.failures], [false, 1]);
	});

	it("is asked for again after six hours, and notes how far the clock was off", () => {
		const { source, time, pass, clock } = known();
		pass(6 * HOUR - 500);
		assert.equal(source.asked.length, 1);
		pass(500);
		assert.equal(source.asked.length, 2);
		source.answer(NOON + 6 * HOUR + 1_250);
		assert.deepEqual([time.driftMs, time.synchronized], [1_250, 2]);
		assert.equal(clock.wallAt(clock.now), NOON + 6 * HOUR + 1_250);
		pass(6 * HOUR);
		source.answer(NOON + 12 * HOUR);
		assert.equal(time.driftMs, -1_250);
	});

	it("does not believe an answer an hour from a clock that runs until another one agrees", () => {
		const { source, time, pass, clock } = known();
		pass(6 * HOUR);
		source.answer(NOON + 6 * HOUR + 2 * HOUR);
		assert.deepEqual([time.doubted, time.synchronized], [1, 1]);
		assert.equal(clock.wallAt(clock.now), NOON + 6 * HOUR);
		pass(5_000);
		assert.equal(source.asked.at(-1), "b", "another server is asked");
		source.answer(NOON + 8 * HOUR + 5_000 + 9_000);
		assert.deepEqual([time.doubted, time.synchronized], [1, 2]);
		assert.equal(clock.wallAt(clock.now), NOON + 8 * HOUR + 14_000);
	});

	it("goes on with its clock when the second answer is as it, not as the first", () => {
		const { source, time, pass, clock } = known();
		pass(6 * HOUR);
		source.answer(NOON - 48 * HOUR);
		pass(5_000);
		source.answer(NOON + 6 * HOUR + 5_000);
		assert.deepEqual([time.doubted, time.synchronized, time.driftMs], [1, 2, 0]);
		// The doubted claim is forgotten with that: the same one is doubted again.
		pass(6 * HOUR);
		source.answer(NOON - 42 * HOUR);
		assert.deepEqual([time.doubted, clock.wallAt(clock.now) > NOON], [2, true]);
	});

	it("doubts a time before the floor, also at boot", () => {
		const { source, time, pass } = make(new Map([["time", NOON / 60_000]]));
		time.start();
		pass(500);
		source.answer(NOON - 121_000);
		assert.deepEqual([time.known, time.doubted], [false, 1]);
		pass(5_000);
		source.answer(NOON - 119_000);
		assert.equal(time.known, true);
	});

	it("drops the question with the network, and asks anew with the next", () => {
		const { source, time, pass } = make();
		time.start();
		pass(500);
		time.stop();
		assert.equal(source.cancelled, 1);
		pass(60_000);
		assert.equal(source.asked.length, 1);
		time.start();
		time.start();
		pass(500);
		assert.deepEqual([source.asked.length, time.failures], [2, 0]);
	});

	it("does not ask with every connection once it is known, but what fell due without a network is asked with the next", () => {
		const { source, time, pass } = known();
		time.stop();
		pass(HOUR);
		time.start();
		pass(HOUR);
		assert.equal(source.asked.length, 1);
		time.stop();
		pass(5 * HOUR);
		time.start();
		pass(500);
		assert.equal(source.asked.length, 2);
		// Interrupted: again with the next.
		time.stop();
		time.start();
		pass(500);
		assert.equal(source.asked.length, 3);
	});

	it("counts failures while it is known, at the slow pace", () => {
		const { source, time, pass } = known();
		pass(6 * HOUR);
		source.fail();
		pass(299_500);
		assert.equal(source.asked.length, 2);
		pass(500);
		assert.equal(source.asked.length, 3);
		assert.deepEqual([time.known, time.failures], [true, 1]);
	});
});
