// The node in virtual time: commands, and what the cloud confirms.

import assert from "node:assert/strict";
import type { Observer } from "../../../modules/app/observer.js";
import { utf8 } from "../../../modules/cloud/text.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { FakeCloud, setup } from "./node-fixture.js";

describe("MoteNode: confirmation by the cloud", () => {
	const confirming = () => {
		const cloud = new FakeCloud({ confirmMs: 2000 });
		const set = setup({ cloud });
		const seen: string[] = [];
		set.node.observer = {
			delivered: (n) => seen.push(`delivered ${n}`),
			unconfirmed: (n) => seen.push(`unconfirmed ${n}`),
			refused: (code, reason) => seen.push(`refused ${code} ${reason}`),
			sending: (topic, records, _id, resent) => {
				if (topic === cloud.measures.topic) seen.push(`sending ${records}${resent ? " again" : ""}`);
			},
		};
		set.node.start();
		set.time.advance(1100);
		return { ...set, seen };
	};

	it("counts a sample as delivered only when the cloud says so", () => {
		const { node, seen } = confirming();
		assert.deepEqual([seen, node.outbox.delivered], [["sending 1"], 0]);
		node.delivery.confirm(0, true, 202, "");
		assert.deepEqual([seen, node.outbox.delivered], [["sending 1", "delivered 1"], 1]);
	});

	it("removes and counts a refused message, and does not count it as delivered", () => {
		const { node, seen, lines } = confirming();
		node.delivery.confirm(1, false, 400, "bad");
		assert.deepEqual(seen, ["sending 1", "refused 400 bad"]);
		assert.deepEqual([node.health.refusedMessages, node.outbox.delivered, node.outbox.waiting], [1, 0, 0]);
		assert.ok(lines.some((line) => line.includes("400 bad")));
	});

	it("lets the next message go when a confirmation makes room for it", () => {
		const settings = { sampling: { intervalMs: 100 }, outbox: { measures: 60 } };
		const { node, time } = setup({ cloud: new FakeCloud({ confirmMs: 60_000 }), settings });
		node.start();
		time.advance(3_000);
		node.stopSampling();
		time.advance(500);
		assert.equal(node.outbox.messages, 8, "as many as may be outstanding");
		assert.ok(node.outbox.waiting > 9);
		node.delivery.confirm(0, true, 202, "");
		assert.equal(node.outbox.messages, 9);
	});

	it("takes no notice of a confirmation of nothing", () => {
		const { node, seen } = confirming();
		node.delivery.confirm(99, false, 400, "bad");
		assert.deepEqual([seen, node.health.refusedMessages, node.outbox.waiting], [["sending 1"], 0, 1]);
	});

	it("goes on with what waits when messages are given up, with nothing else coming in", () => {
		const settings = {
			sampling: { intervalMs: 100 },
			outbox: { measures: 60 },
			broker: { keepAlive: 65_535 },
		};
		const { node, time } = setup({ cloud: new FakeCloud({ confirmMs: 2000 }), settings });
		node.start();
		time.advance(3_000);
		node.stopSampling();
		const { accepted } = node.health;
		assert.ok(accepted > 16, "more than two rounds of what may be outstanding");
		time.advance(30_000);
		assert.equal(node.outbox.waiting, 0);
		assert.equal(node.outbox.unconfirmed, accepted);
	});

	it("sends again what is not confirmed in time, once, and then counts it as unconfirmed", () => {
		const { node, seen, time } = confirming();
		node.stopSampling();
		time.advance(3000);
		assert.deepEqual(seen, ["sending 1", "sending 1 again"]);
		time.advance(3000);
		assert.deepEqual(seen, ["sending 1", "sending 1 again", "unconfirmed 1"]);
		assert.deepEqual([node.outbox.unconfirmed, node.outbox.waiting], [1, 0]);
	});
});

describe("MoteNode: commands", () => {
	function commanding() {
		const set = setup();
		const results: Array<{ text: string; status: string; reason: string }> = [];
		const observer: Observer = { command: (text, status, reason) => results.push({ text, status, reason }) };
		set.node.observer = observer;
		set.node.start();
		set.time.advance(100);
		const command = (text: string | Buffer) => {
			set.broker.publish("down", text);
			set.time.advance(50);
		};
		const done = () => set.broker.published.filter(({ topic }) => topic === "done").map(({ text }) => text);
		return { ...set, results, command, done };
	}

	it("carries a command out, tells the observer and delivers the result", () => {
		const { command, board, results, done, node, cloud } = commanding();
		command("led 40%;buzzer 880Hz 500ms;speed 5");
		assert.deepEqual(board.calls, ["led 40", "buzzer 880 500", "speed 5"]);
		assert.deepEqual(results, [
			{ text: "led 40%;buzzer 880Hz 500ms;speed 5", status: "SUCCESSFUL", reason: "" },
		]);
		assert.deepEqual(done(), ["ok"]);
		assert.deepEqual((cloud as FakeCloud).deliveredTags, [7]);
		assert.deepEqual([node.health.commands, node.health.refusedCommands], [1, 0]);
	});

	it("moves nothing for a refused command and says why", () => {
		const { command, board, results, done, node } = commanding();
		command("led on;speed 9999");
		assert.deepEqual(board.calls, []);
		assert.equal(results[0]?.status, "FAILED");
		assert.match(results[0]?.reason ?? "", /9999 is outside 0 to 200 rpm/);
		assert.deepEqual(done(), ["refused"]);
		assert.deepEqual([node.health.commands, node.health.refusedCommands], [1, 1]);
	});

	it("turns a refusal of the hardware into a reason", () => {
		for (const [failure, reason] of [
			[new Error("stuck"), "the hardware refused: stuck"],
			["text", "the hardware refused: unknown error"],
		] as const) {
			const { command, board, results, node } = commanding();
			board.failure = failure;
			command("speed 5");
			assert.equal(results[0]?.reason, reason);
			assert.equal(node.health.refusedCommands, 1);
		}
	});

	it("shows the observer any bytes as a text of bounded length", () => {
		const { command, results } = commanding();
		command(Buffer.from([0xff, 0xfe]));
		assert.deepEqual([results[0]?.text, results[0]?.status], ["?", "FAILED"]);
		command("x".repeat(2000));
		assert.ok((results[1]?.text.length ?? 1000) <= 512);
		assert.match(results[1]?.reason ?? "", /longer than 512/);
	});

	it("refuses what does not fit into the event ring, and counts it", () => {
		const { node, broker, done, time } = commanding();
		broker.lose();
		const put = (text: string) =>
			node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8(text)));
		assert.equal(node.messages.room, 4);
		assert.deepEqual(["a", "b", "c", "d", "e"].map(put), [true, true, true, true, false]);
		assert.equal(node.messages.room, 0);
		assert.equal(node.health.droppedEvents, 1);
		time.advance(10_000);
		assert.deepEqual(done(), ["a", "b", "c", "d"]);
		assert.equal(node.messages.room, 4);
		assert.equal(put("x".repeat(61)), false, "longer than its record");
		assert.equal(node.health.droppedEvents, 2);
		assert.equal(node.messages.room, 4, "the place is free again");
	});

	it("delivers results ahead of measures after a time offline", () => {
		const { node, broker, time } = commanding();
		broker.reachable = false;
		broker.lose();
		time.advance(5000);
		node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8("result")));
		broker.published = [];
		broker.reachable = true;
		time.advance(30_000);
		assert.deepEqual(
			broker.published.slice(0, 3).map(({ text }) => text),
			["first", "last", "result"],
		);
	});
});
