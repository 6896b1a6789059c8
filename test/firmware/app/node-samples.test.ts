// The node in virtual time: samples on their way into the ring, and what is left out.

import assert from "node:assert/strict";
import { sampleAt, setup, stampAt } from "./node-fixture.js";

describe("MoteNode: samples", () => {
	it("sends every sample with the time at which it was taken", () => {
		const { node, time, up } = setup();
		node.start();
		time.advance(3500);
		assert.deepEqual(up(), [sampleAt(1000), sampleAt(2000), sampleAt(3000)]);
		const { samples, accepted, droppedSamples, missingValues } = node.health;
		assert.deepEqual([samples, accepted, droppedSamples, missingValues], [3, 3, 0, 0]);
		assert.equal(node.outbox.delivered, 3);
	});

	it("leaves out and counts missing values", () => {
		const { node, time, board, up } = setup();
		board.values = [Number.NaN, 2, Number.NaN, 4];
		node.start();
		time.advance(1500);
		assert.deepEqual(up(), [`2;4;${stampAt(1000)}`]);
		assert.deepEqual([node.health.missingValues, node.health.accepted], [2, 1]);
	});

	it("drops and counts a sample without any value, and one too long for its record", () => {
		const { node, time, board, up } = setup();
		const seen: boolean[] = [];
		node.observer = { sampled: (_values, _wall, records) => seen.push(records > 0) };
		node.start();
		board.values = Array(4).fill(Number.NaN);
		time.advance(1500);
		board.values = Array(4).fill(123456789012345678n).map(Number);
		time.advance(1000);
		board.values = [1, 2, 3, 4];
		time.advance(1000);
		assert.deepEqual(up(), [sampleAt(3000)]);
		assert.deepEqual([node.health.samples, node.health.accepted, node.health.droppedSamples], [3, 1, 2]);
		assert.deepEqual(seen, [false, false, true]);
	});

	it("keeps the newest samples while offline, and sends them in order with their own times", () => {
		const { node, time, broker, board, up } = setup();
		board.counting = true;
		broker.reachable = false;
		node.start();
		time.advance(20_500);
		broker.reachable = true;
		time.advance(60_000);
		const first = up().slice(0, 20);
		assert.equal(node.measures.ring.evicted > 0, true);
		const evicted = node.measures.ring.evicted;
		assert.deepEqual(
			first,
			Array.from({ length: 20 }, (_, i) => sampleAt((evicted + i + 1) * 1000, evicted + i + 1)),
		);
	});

	it("tells how many samples gave way, and logs it once for each time offline", () => {
		const { node, time, broker, lines } = setup();
		const totals: number[] = [];
		node.observer = { evicted: (total) => totals.push(total) };
		const warnings = () => lines.filter((line) => line.includes("ring is full")).length;
		broker.reachable = false;
		node.start();
		time.advance(16_500);
		assert.deepEqual([totals, warnings()], [[], 0]);
		time.advance(3000);
		assert.deepEqual([totals, warnings()], [[1, 2, 3], 1]);
		broker.reachable = true;
		time.advance(120_000);
		broker.reachable = false;
		broker.lose();
		time.advance(30_000);
		assert.equal(warnings(), 2);
	});

	it("drops a sample, counts it and says so when everything in the ring is in flight", () => {
		const { node, time, broker } = setup({ settings: { outbox: { measures: 4 } } });
		const seen: boolean[] = [];
		node.observer = { sampled: (_values, _wall, records) => seen.push(records > 0) };
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		time.advance(5600);
		assert.deepEqual([node.health.samples, node.health.accepted, node.health.droppedSamples], [6, 4, 2]);
		assert.deepEqual(seen, [true, true, true, true, false, false]);
	});

	it("holds samples back until the clock is right, and then corrects their times", () => {
		const { node, time, up } = setup({ clockSet: false });
		node.start();
		time.advance(3500);
		assert.deepEqual(up(), []);
		time.clockSet = true;
		time.wallOffset += 5;
		time.advance(1000);
		assert.deepEqual(
			up(),
			[1005, 2005, 3005, 4005].map((ms) => sampleAt(ms)),
		);
	});

	it("changes the pause between samples by command", () => {
		const { node, time, broker } = setup();
		node.start();
		time.advance(1500);
		broker.publish("down", "interval 100ms");
		time.advance(1004);
		assert.equal(node.intervalMs, 100);
		assert.equal(node.health.samples, 1 + 10);
	});

	it("stops sampling but goes on delivering when told so", () => {
		const { node, time, broker, up } = setup();
		broker.reachable = false;
		node.start();
		time.advance(2500);
		node.stopSampling();
		broker.reachable = true;
		time.advance(30_000);
		assert.equal(up().length, 2);
		assert.equal(node.health.samples, 2);
	});
});

describe("MoteNode: deadband", () => {
	it("leaves out and counts samples that say nothing new, but sends one now and then", () => {
		const { node, time, board, up } = setup({
			settings: {
				channels: { temperature: { deadband: 0.5 }, speed: { deadband: 3 } },
				sampling: { heartbeatMs: 5000 },
			},
		});
		const steps: Array<[number[], boolean]> = [
			[[20, 0, 0, 100], true],
			[[20.5, 0, 0, 97], false],
			[[20.51, 0, 0, 100], true],
			[[20.1, 0, 0, 103], false],
			[[20.1, 0, 0, 103.1], true],
			[[20.1, 1, 0, 103.1], true],
			[[20.1, 1, 440, 103.1], true],
			[[Number.NaN, 1, 440, 103.1], true],
			[[Number.NaN, 1, 440, 103.1], false],
			[[20, 1, 440, 103.1], true],
		];
		node.start();
		for (const [values, sent] of steps) {
			board.values = values;
			const before = node.health.accepted;
			time.advance(1000);
			assert.equal(node.health.accepted > before, sent, String(values));
		}
		assert.equal(node.health.unchanged, 3);
		const before = node.health.accepted;
		time.advance(20_500);
		assert.equal(node.health.accepted - before, 4, "every five seconds");
		assert.equal(up().length, node.health.accepted);
		assert.equal(node.health.samples, node.health.accepted + node.health.unchanged);
	});

	it("holds the next samples against the last that the ring had room for", () => {
		const { node, time, broker, board } = setup({
			settings: { channels: { temperature: { deadband: 1 } }, outbox: { measures: 4 } },
		});
		board.counting = true;
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		// Each differs by one from the last that was sent; then they are too far away for good.
		time.advance(20_000);
		board.counting = false;
		const { droppedSamples } = node.health;
		assert.ok(droppedSamples > 0);
		broker.acknowledges = true;
		broker.lose();
		const before = node.health.accepted;
		time.advance(30_000);
		assert.equal(node.health.accepted, before + 1, "what was dropped is not taken for sent");
	});
});

describe("MoteNode: sensors with an interval of their own", () => {
	it("leaves their values out of the samples between, and counts only those as missing that are", () => {
		const { node, time, board, up } = setup({
			settings: { channels: { temperature: { intervalMs: 3000 } } },
		});
		board.values = [20, 1, 0, 100];
		node.start();
		time.advance(4500);
		board.values = [20, 1, 0, Number.NaN];
		time.advance(1000);
		assert.deepEqual(
			up().map((text) => text.split(";").slice(0, -1).join(" ")),
			["20 1 0 100", "1 0 100", "1 0 100", "20 1 0 100", "1 0"],
		);
		assert.equal(node.health.missingValues, 1);
	});
});
