// The recorder on a plain MQTT broker: measures, statuses, and commands with their results.
import assert from "node:assert/strict";
import type { CloudEvent } from "../../../host-sim/cloud/embedded-cloud.js";
import { ask, connectDevice, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

describe("the recorder on a plain broker", () => {
	const events: CloudEvent[] = [];
	const used = useCloud({ cloud: "plain", onEvent: (event) => events.push(event) });
	let client: RawClient;

	beforeEach(async () => {
		events.length = 0;
		client = await openDevice(used.cloud, "mote-1", {
			will: { topic: "mote/mote-1/status", payload: "offline", retain: true },
		});
		await client.subscribe("mote/mote-1/commands");
	});

	it("answers 5 to a foreign certificate name", async () => {
		const identity = await used.cloud.device("mote-1");
		assert.equal((await connectDevice(used.cloud, "mote-2", { identity })).code, 5);
	});

	it("records measures and shows them", async () => {
		const measure = { time: "2026-11-20T10:00:00.000Z", temperature: 20.5, led: 50 };
		await client.publish("mote/mote-1/measures", JSON.stringify(measure));
		assert.deepEqual(
			used.cloud.stored("mote-1").map(({ series, value, time }) => [series, value, time]),
			[
				["temperature", 20.5, Date.parse(measure.time)],
				["led", 50, Date.parse(measure.time)],
			],
		);
		assert.equal(used.cloud.completeSamples("mote-1"), 1);
		assert.equal(used.cloud.measurePublishes("mote-1"), 1);
		assert.deepEqual((await ask(`${used.cloud.operatorUrl}/devices/mote-1/measures`)).body, [measure]);
	});

	it("reports what it does not understand and records nothing of it", async () => {
		const before = used.cloud.stored("mote-1").length;
		const payloads = [
			"{",
			"[]",
			'{"temperature":1}',
			'{"time":"2026-11-20T10:00:00Z","temperature":1}',
			'{"time":"2026-02-30T10:00:00.000Z","temperature":1}',
			'{"time":"2026-11-20T10:00:00.000Z"}',
			'{"time":"2026-11-20T10:00:00.000Z","temperature":"1"}',
			'{"time":"2026-11-20T10:00:00.000Z","temperature":null}',
		];
		for (const payload of payloads) await client.publish("mote/mote-1/measures", payload);
		await client.publish("mote/mote-1/results", '{"command":"x","status":"DONE"}');
		assert.equal(used.cloud.stored("mote-1").length, before);
		assert.equal(events.filter(({ kind }) => kind === "error").length, payloads.length + 1);
	});

	it("sends commands and matches their results", async () => {
		const [on, fly] = [used.cloud.sendCommand("mote-1", "led on"), used.cloud.sendCommand("mote-1", "fly")];
		const [first, second] = [
			await client.message("mote/mote-1/commands"),
			await client.message("mote/mote-1/commands"),
		];
		assert.deepEqual([first.text, first.qos, second.text], ["led on", 1, "fly"]);
		const failed = { command: "fly", status: "FAILED", reason: 'no "wings"' };
		await client.publish("mote/mote-1/results", JSON.stringify(failed));
		await client.publish("mote/mote-1/results", '{"command":"led on","status":"SUCCESSFUL","reason":""}');
		assert.deepEqual(await on, { text: "led on", status: "SUCCESSFUL", reason: "" });
		assert.deepEqual(await fly, { text: "fly", status: "FAILED", reason: 'no "wings"' });
	});

	it("says when a result does not come", async () => {
		await assert.rejects(
			used.cloud.sendCommand("mote-1", "sleep", 20),
			/has not answered the command "sleep"/,
		);
	});

	it("takes commands from operators", async () => {
		await client.publish("mote/mote-1/status", "online");
		const url = `${used.cloud.operatorUrl}/devices`;
		assert.deepEqual((await ask(url)).body, [{ id: "mote-1", status: "online", online: true }]);
		const post = (device: string, body: object) => ask(`${url}/${device}/commands`, { method: "POST", body });
		assert.equal((await post("mote-1", { text: "led on" })).status, 202);
		assert.equal((await client.message("mote/mote-1/commands")).text, "led on");
		assert.equal((await post("mote-1", {})).status, 400);
		assert.equal((await post("nobody", { text: "x" })).status, 404);
	});

	it("is an ordinary broker: wills are published, retained messages kept, topics owned", async () => {
		const panel = await openDevice(used.cloud, "mote-2");
		await panel.subscribe("mote/+/status");
		await client.cut();
		assert.equal((await panel.message("mote/mote-1/status")).text, "offline");
		const late = await openDevice(used.cloud, "mote-3");
		await late.subscribe("mote/+/status");
		assert.deepEqual(await late.message("mote/mote-1/status"), {
			topic: "mote/mote-1/status",
			text: "offline",
			qos: 0,
			retain: true,
		});
		late.throw("mote/mote-1/measures", "{}");
		await late.closed;
		await panel.disconnect();
	});
});
