// The node in virtual time: its way to the network, and safe mode.

import assert from "node:assert/strict";
import { BootGuard } from "../../../modules/app/boot-guard.js";
import { SafeBoard } from "../../../modules/app/safe-board.js";
import type { Cloud } from "../../../modules/cloud/cloud.js";
import { Connection } from "../../../modules/network/wifi-supervisor.js";
import { EPOCH } from "../../support/virtual-time.js";
import { FakeRadio } from "../network/fake-radio.js";
import { FakeSource, makeStore } from "../network/fixture.js";
import { FakeCloud, sampleAt, setup } from "./node-fixture.js";

describe("MoteNode: network", () => {
	it("connects once there is one, and sends what was sampled meanwhile", () => {
		const radio = new FakeRadio();
		const source = new FakeSource();
		const { node, time, broker, up } = setup({ radio, source });
		node.start();
		time.advance(3_500);
		assert.deepEqual([broker.connections.length, up()], [0, []]);
		radio.connection = Connection.Up;
		time.advance(1_500);
		assert.deepEqual([broker.connections.length, up()], [1, []], "no sample goes without its time");
		source.answer(EPOCH + time.now);
		time.advance(1_500);
		assert.deepEqual(up().slice(0, 3), [sampleAt(1000), sampleAt(2000), sampleAt(3000)]);
	});

	it("waits for the time where it needs it for a certificate, and then sends with the right times", () => {
		const radio = new FakeRadio();
		const source = new FakeSource();
		const { node, time, broker, up } = setup({ radio, source, tls: true });
		radio.connection = radio.afterJoin = Connection.Up;
		node.start();
		time.advance(30_000);
		assert.equal(broker.connections.length, 0);
		for (let i = 0; !source.handler; i++) {
			assert.ok(i < 100);
			time.advance(100);
		}
		source.answer(EPOCH + time.now + 500);
		time.advance(5_000);
		assert.equal(broker.connections.length, 1);
		assert.match(up()[0] ?? "", /:\d\d\.500Z$/);
	});

	it("tells the strength of the signal once an hour while a connection stands, as soon as there is room", () => {
		const radio = new FakeRadio();
		const told: Array<[at: number, dbm: number]> = [];
		const cloud = new FakeCloud() as FakeCloud & Cloud;
		let room = true;
		const HOUR = 3_600_000;
		// The sampler's own pace would make this slow.
		const { node, time, broker } = setup({ radio, cloud, settings: { sampling: { intervalMs: HOUR } } });
		cloud.signalStrength = (dbm) => {
			if (room) told.push([time.now, dbm]);
			return room;
		};
		radio.connection = radio.afterJoin = Connection.Up;
		node.start();
		time.advance(2 * HOUR + 60_000);
		assert.equal(broker.connections.length, 1);
		assert.equal(told.length, 2, "not with the opening, which tells it itself");
		assert.deepEqual(
			told.map(([, dbm]) => dbm),
			[-60, -60],
		);
		radio.rssi = 0;
		time.advance(HOUR);
		assert.equal(told.length, 2, "what is not known is not told");
		radio.rssi = -77;
		room = false;
		time.advance(HOUR);
		room = true;
		time.advance(1_000);
		assert.deepEqual(told.at(-1)?.[1], -77);
		// From each connection on it is an hour again.
		const from = time.now;
		time.advance(HOUR / 2);
		broker.lose();
		time.advance(HOUR / 2 + 60_000);
		assert.equal(broker.connections.length, 2);
		assert.equal(told.length, 3);
		time.advance(HOUR / 2);
		assert.equal(told.length, 4);
		assert.ok((told.at(-1)?.[0] ?? 0) - from > 1.5 * HOUR);
	});

	it("closes with Wi-Fi, says so once, and is back within seconds of it", () => {
		const radio = new FakeRadio();
		const { node, time, broker, lines } = setup({ radio });
		const offline: Array<[string, number]> = [];
		node.observer = { offline: (code, _detail, retryMs) => offline.push([code, retryMs]) };
		radio.connection = radio.afterJoin = Connection.Up;
		node.start();
		time.advance(5_000);
		radio.connection = radio.afterJoin = Connection.Idle;
		time.advance(60_000);
		assert.deepEqual(offline, [["network-lost", Number.POSITIVE_INFINITY]]);
		assert.equal(broker.connected, false);
		assert.ok(lines.some((line) => line === "warn: the network is gone"));
		radio.afterJoin = Connection.Up;
		time.advance(62_000);
		assert.equal(broker.connected, true);
		assert.equal(broker.connections.length, 2);
	});

	it("climbs the ladder while the server is not reached, and restarts at its end", () => {
		const radio = new FakeRadio();
		const { node, time, broker, restarts, stored } = setup({ radio });
		radio.connection = radio.afterJoin = Connection.Up;
		broker.reachable = false;
		node.start();
		time.advance(3_590_000);
		assert.ok(radio.calls.filter((call) => call === "leave").length > 3);
		assert.deepEqual(restarts, []);
		time.advance(20_000); // with the time that it has to say goodbye
		assert.equal(restarts.length, 1);
		assert.equal(stored.get("recoveries"), 1);
	});

	it("leaves Wi-Fi when it stops", async () => {
		const radio = new FakeRadio();
		const { node, time } = setup({ radio });
		radio.connection = Connection.Up;
		node.start();
		time.advance(5_000);
		const stopped = node.stop();
		time.advance(10_000);
		await stopped;
		assert.equal(radio.calls.at(-1), "leave");
		radio.calls.length = 0;
		time.advance(60_000);
		assert.deepEqual(radio.calls, []);
	});
});

describe("MoteNode: safe mode", () => {
	const safe = () => {
		const stored = new Map<string, string | number>([["boots-failed", 4]]);
		return { stored, guard: new BootGuard(makeStore(stored), 0) };
	};

	it("measures nothing and says so, but keeps the connection and takes commands", () => {
		const { guard } = safe();
		const { node, time, broker, up, lines } = setup({ guard });
		const seen: number[] = [];
		node.observer = { safe: (boots) => seen.push(boots) };
		node.start();
		time.advance(10_000);
		assert.deepEqual([up(), seen, broker.connected], [[], [4], true]);
		assert.ok(lines.includes("error: safe mode: 4 boots in a row did not last"));
		broker.publish("down", "interval 5s");
		time.advance(1000);
		assert.equal(broker.published.at(-1)?.text, "ok");
		assert.equal(node.health.samples, 0);
	});

	it("restarts after an hour, in order, to try everything again", () => {
		const { guard, stored } = safe();
		const { node, time, restarts } = setup({ guard });
		node.start();
		time.advance(3_599_000);
		assert.deepEqual(restarts, []);
		time.advance(30_000);
		assert.equal(restarts.length, 1);
		assert.equal(stored.get("boots-failed"), 3);
	});

	it("says with a reason why nothing moves", () => {
		const board = new SafeBoard();
		const values = [1, 2, 3, 4];
		board.sample(values);
		assert.deepEqual(values, Array(4).fill(Number.NaN));
		for (const move of [() => board.led(), () => board.buzzer(), () => board.speed()])
			assert.throws(move, /safe mode/);
		board.close();
	});

	it("a node that stops in order leaves no failed boot behind", () => {
		const stored = new Map<string, string | number>();
		const { node, time } = setup({ guard: new BootGuard(makeStore(stored), 0) });
		node.start();
		time.advance(3000);
		assert.equal(stored.get("boots-failed"), 1);
		node.stop();
		time.advance(10_000);
		assert.equal(stored.has("boots-failed"), false);
	});
});
