// The node in virtual time: what it says after CONNACK, and what it sends again.

import assert from "node:assert/strict";
import { FakeCloud, sampleAt, setup } from "./node-fixture.js";

describe("MoteNode: opening", () => {
	it("takes one step after the other, and lets samples flow only then", () => {
		const { node, time, broker } = setup({ settings: { sampling: { intervalMs: 100 } } });
		const online: number[] = [];
		node.observer = { online: () => online.push(time.now) };
		broker.acknowledges = false;
		node.start();
		time.advance(1000);
		assert.deepEqual(broker.packets, ["connect", "publish"], "the first step is not acknowledged");
		assert.deepEqual(online, []);
		broker.acknowledges = true;
		broker.lose();
		time.advance(3000);
		assert.deepEqual(broker.packets.slice(0, 4), ["connect", "publish", "subscribe", "publish"]);
		assert.equal(online.length, 1);
		const texts = broker.published.map(({ text }) => text);
		const firstSample = broker.published.findIndex(({ topic }) => topic === "up");
		assert.ok(firstSample > texts.lastIndexOf("last"), "samples were queued all the time");
	});

	it("calls a step's `done` once, when that step is acknowledged", () => {
		const cloud = new FakeCloud();
		const done: string[] = [];
		cloud.steps = cloud.steps.map((step, i) => ({ ...step, done: () => done.push(`${i}`) }));
		const { node, time, broker } = setup({ cloud });
		node.start();
		time.advance(8); // CONNECT, CONNACK, the first publish
		assert.deepEqual(done, []);
		time.advance(500);
		assert.deepEqual(done, ["0", "1", "2"]);
		broker.lose();
		time.advance(5000);
		assert.deepEqual(done, ["0", "1", "2", "0", "1", "2"]);
	});

	it("drops the connection on SUBACK 0x80, tries again later, and works once it is granted", () => {
		const { node, time, broker, up } = setup();
		const offline: Array<[string, boolean]> = [];
		node.observer = { offline: (code, _detail, retryMs) => offline.push([code, retryMs > 0]) };
		broker.grant = () => 0x80;
		node.start();
		time.advance(900);
		assert.deepEqual(offline[0], ["subscribe-refused", true]);
		assert.ok(!broker.packets.includes("disconnect"));
		const refused = node.health.refusedSubscriptions;
		assert.ok(refused >= 1);
		broker.grant = () => 1;
		time.advance(10_000);
		assert.ok(up().length >= 9);
		assert.equal(node.health.refusedSubscriptions <= refused + 1, true);
		assert.equal(node.health.reconnects, node.health.refusedSubscriptions);
	});

	it("asks again on the same connection where the cloud says so, then goes on without, or begins anew", () => {
		for (const finally_ of ["continue", "reconnect"] as const) {
			const cloud = new FakeCloud();
			cloud.steps = cloud.steps.map((step) => ({
				...step,
				refused: { pauseMs: 1000, tries: 2, finally: finally_ },
			}));
			const { node, time, broker, up } = setup({ cloud });
			broker.grant = () => 0x80;
			node.start();
			time.advance(1500);
			assert.deepEqual([node.health.refusedSubscriptions, up().length], [2, 0]);
			time.advance(1500);
			assert.equal(node.health.reconnects > 0, finally_ === "reconnect");
			assert.equal(up().length > 0, finally_ === "continue");
		}
	});

	it("does not subscribe again in a session that went on, unless it knows nothing of it", () => {
		const cloud = new FakeCloud();
		Object.assign(cloud.connect, { cleanSession: false });
		const { node, time, broker, up } = setup({ cloud });
		const subscribes = () => broker.connections.map((all) => all.filter((cmd) => cmd === "subscribe").length);
		broker.sessionPresent = true; // of a boot before
		node.start();
		time.advance(2000);
		broker.lose();
		time.advance(5000);
		broker.sessionPresent = false;
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [1, 0, 1]);
		assert.ok(up().length >= 11);
	});

	it("subscribes again until it was heard, and where the session may be another one", () => {
		const cloud = new FakeCloud();
		Object.assign(cloud.connect, { cleanSession: false });
		const { node, time, broker } = setup({ cloud });
		const subscribes = () => broker.connections.map((all) => all.filter((cmd) => cmd === "subscribe").length);
		node.start();
		time.advance(2000);
		// the session is lost, and this connection before SUBACK
		broker.acknowledges = false;
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [1, 0], "the steps in front of it are not acknowledged");
		broker.acknowledges = broker.sessionPresent = true;
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [1, 0, 1]);
		// a CONNECT without an answer
		broker.greets = false;
		broker.lose();
		time.advance(20_000);
		broker.greets = true;
		time.advance(60_000);
		const unheard = subscribes();
		assert.equal(unheard.at(-1), 1);
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [...unheard, 0]);
	});

	it("begins its packet ids behind those of the boot before, in a session that persists", () => {
		for (const persistent of [true, false]) {
			const cloud = new FakeCloud();
			Object.assign(cloud.connect, { cleanSession: !persistent });
			const kept = new Map<string, string | number>([["mqtt-ids", 62]]);
			const { node, time } = setup({ cloud, stored: kept });
			const ids: number[] = [];
			node.observer = { sending: (_topic, _records, packetId) => ids.push(packetId) };
			node.start();
			time.advance(1_100_000);
			assert.equal(ids[0], persistent ? 63 * 1024 + 3 : 4);
			assert.equal(kept.get("mqtt-ids"), persistent ? 0 : 62);
		}
	});

	it("notes no block of packet ids for what goes at QoS 0, which has none", () => {
		const cloud = new FakeCloud({ qos: 0 });
		Object.assign(cloud.connect, { cleanSession: false });
		const noted: unknown[] = [];
		const kept = new Map<string, string | number>([["mqtt-ids", 4]]);
		kept.set = (key, value) => {
			if (key === "mqtt-ids") noted.push(value);
			return Map.prototype.set.call(kept, key, value) as typeof kept;
		};
		const { node, time, broker } = setup({ cloud, stored: kept });
		node.start();
		for (let i = 0; i < 5; i++) {
			time.advance(2000);
			broker.publish("down", "led on");
		}
		time.advance(2000);
		assert.equal(node.health.commands, 5);
		assert.deepEqual(noted, [5]);
	});

	it("retries refused subscriptions ever more slowly", () => {
		const { node, time, broker } = setup();
		broker.grant = () => 0x80;
		node.start();
		time.advance(600_000);
		assert.ok(node.health.refusedSubscriptions < 60, `${node.health.refusedSubscriptions}`);
		assert.ok(node.health.refusedSubscriptions > 8);
	});

	it("redoes the opening after a reconnect and replays in order, with the samples' own times", () => {
		const cloud = new FakeCloud({ maxRecords: 3 });
		const { node, time, broker, board } = setup({ cloud });
		board.counting = true;
		node.start();
		time.advance(1500);
		broker.acknowledges = false;
		time.advance(3000);
		assert.equal(node.outbox.delivered, 1);
		const before = broker.published.length;
		broker.reachable = false;
		broker.lose();
		time.advance(4000);
		broker.reachable = broker.acknowledges = true;
		time.advance(30_000);
		const replay = broker.published.slice(before).map(({ text }) => text);
		assert.deepEqual(replay.slice(0, 2), ["first", "last"]);
		const records = replay.slice(2).join(",").split(",");
		assert.deepEqual(
			records.slice(0, 7),
			[2, 3, 4, 5, 6, 7, 8].map((n) => sampleAt(n * 1000, n)),
		);
		assert.equal(new Set(records).size, records.length, "nothing twice once it is acknowledged");
		assert.equal(node.health.reconnects, 1);
		assert.equal(cloud.disconnects >= 1, true);
	});

	it("tells the observer and the log why it is offline", () => {
		const { node, time, broker, lines } = setup();
		const codes: string[] = [];
		node.observer = { offline: (code) => codes.push(code) };
		broker.reachable = false;
		node.start();
		time.advance(100);
		assert.deepEqual(codes, ["connect-failed"]);
		assert.ok(
			lines.some((line) => /^warn: the broker could not be reached; next attempt in \d+ ms$/.test(line)),
		);
	});
});
