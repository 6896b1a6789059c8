// The node in virtual time: stop and restart.

import assert from "node:assert/strict";
import { makeSettings } from "../../../modules/app/settings.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { utf8 } from "../../../modules/cloud/text.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { FakeCloud, setup } from "./node-fixture.js";

describe("MoteNode: stop", () => {
	it("disconnects in order, puts the board at rest and leaves no alarm behind", () => {
		const { node, time, broker, board, restarts } = setup();
		node.start();
		time.advance(2500);
		let stopped = 0;
		node.stop(() => stopped++);
		time.advance(5000);
		assert.deepEqual([stopped, board.closed, restarts], [1, 1, []]);
		assert.equal(broker.packets.at(-1), "disconnect");
		assert.equal(broker.connected, false);
		assert.equal(node.health.samples, 2);
		assert.equal(time.armed, 0);
	});

	it("ends in every state of the connection", () => {
		for (const when of [0, 1, 3, 5, 8, 700]) {
			for (const reachable of [true, false]) {
				const { node, time, broker, board } = setup();
				broker.reachable = reachable;
				node.start();
				time.advance(when);
				let stopped = 0;
				node.stop(() => stopped++);
				time.advance(10_000);
				assert.deepEqual([stopped, board.closed, time.armed], [1, 1, 0], `${when} ${reachable}`);
			}
		}
	});

	it("ends a node that was never started", () => {
		const { node, board } = setup();
		let stopped = 0;
		node.stop(() => stopped++);
		assert.deepEqual([stopped, board.closed], [1, 1]);
	});

	it("ends although the broker says nothing any more", () => {
		const { node, time, broker } = setup();
		node.start();
		time.advance(500);
		broker.free = 0;
		broker.write = () => undefined;
		let stopped = 0;
		node.stop(() => stopped++);
		time.advance(3000);
		assert.equal(stopped, 1);
	});
});

describe("MoteNode: restart", () => {
	it("delivers what is in the rings, disconnects, puts the board at rest and restarts, once", () => {
		const { node, time, broker, board, restarts } = setup();
		const seen: string[] = [];
		node.observer = { restarting: () => seen.push("restarting") };
		node.start();
		time.advance(1500);
		node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8("result")));
		node.restart();
		node.restart();
		assert.equal(restarts.length, 0);
		const from = time.now;
		time.advance(10_000);
		assert.ok(broker.published.some(({ text }) => text === "result"));
		assert.equal(broker.packets.at(-1), "disconnect");
		assert.deepEqual(seen, ["restarting"]);
		assert.deepEqual([restarts.length, board.closed, node.health.samples], [1, 1, 1]);
		assert.ok((restarts[0] as number) - from < 1000, "as soon as everything is delivered");
		assert.equal(time.armed, 0);
	});

	it("waits no longer than five seconds for acknowledgements that do not come", () => {
		const { node, time, broker, restarts } = setup();
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		time.advance(1000);
		const from = time.now;
		node.restart();
		time.advance(20_000);
		assert.equal(restarts.length, 1);
		const took = (restarts[0] as number) - from;
		assert.ok(took >= 5000 && took < 7500, `${took} ms`);
	});

	it("restarts at QoS 0 as well as soon as everything is out", () => {
		const cloud = new FakeCloud({ qos: 0 });
		const { node, time, broker, restarts, up } = setup({ cloud });
		node.start();
		time.advance(997);
		node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8("result")));
		time.advance(3); // a sample goes out just before the result is acknowledged, and is out just after that
		node.restart();
		const from = time.now;
		time.advance(20_000);
		assert.equal(up().length, 1);
		assert.ok(broker.published.some(({ text }) => text === "result"));
		assert.equal(restarts.length, 1);
		assert.ok((restarts[0] as number) - from < 1000, `${(restarts[0] as number) - from} ms`);
	});

	it("restarts although there is nothing to deliver", () => {
		const { node, time, restarts } = setup();
		node.start();
		time.advance(500);
		node.restart();
		time.advance(20_000);
		assert.equal(restarts.length, 1);
		assert.ok((restarts[0] as number) - 500 <= 7000);
	});

	it("restarts while offline, too", () => {
		const { node, time, broker, restarts, board } = setup();
		broker.reachable = false;
		node.start();
		time.advance(2500);
		node.restart();
		time.advance(20_000);
		assert.deepEqual([restarts.length, board.closed], [1, 1]);
	});

	it("goes through Cumulocity's c8y_Restart: 501 delivered, marker, restart, then 503 at the next boot", () => {
		const settings = makeSettings({ device: { id: "sn-1" } });
		const first = setup({ cloud: new Cumulocity(settings, "1") });
		first.node.start();
		first.time.advance(1500);
		first.broker.acknowledges = false;
		first.broker.publish("s/ds", "510,sn-1");
		first.time.advance(300);
		assert.ok(first.broker.published.some(({ text }) => text === "501,c8y_Restart\n"));
		assert.deepEqual([first.restarts.length, first.stored.get("operation-0")], [0, 510]);
		first.broker.acknowledges = true;
		first.broker.lose(); // so that 501 goes out again, and is acknowledged
		first.time.advance(10_000);
		assert.equal(first.restarts.length, 1);
		assert.equal(first.stored.get("operation-0"), 510);
		const second = setup({ cloud: new Cumulocity(settings, "1") });
		for (const [key, value] of first.stored) second.stored.set(key, value);
		second.node.start();
		second.time.advance(500);
		const said = second.broker.published.map(({ text }) => text);
		const confirmed = said.findIndex((rows) => rows.startsWith("503,c8y_Restart\n"));
		assert.ok(confirmed > 0);
		assert.ok(confirmed < said.indexOf("500\n"));
		assert.equal(second.stored.has("operation-0"), false);
	});
});
