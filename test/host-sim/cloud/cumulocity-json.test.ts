// JSON over MQTT to the Cumulocity stand-in.
import assert from "node:assert/strict";
import { openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const T0 = "2026-11-20T10:00:00.000Z";

describe("JSON topics of the Cumulocity stand-in", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let client: RawClient;
	const device = "mote-1";

	const inventory = () => used.cloud.cumulocity.tenant.inventory;
	const own = () => inventory().devices.get(device);
	const send = (topic: string, body: unknown) => client.publish(topic, JSON.stringify(body));

	beforeEach(async () => {
		client = await openDevice(used.cloud, device);
		await client.publish("s/us", `100,${device},mote_Node`);
		assert.equal(await client.subscribe("error"), 1);
	});

	it("merge fragments into the device and its children", async () => {
		const topic = `inventory/managedObjects/update/${device}`;
		await send(topic, { c8y_Relay: { relayState: "CLOSED" }, mote_Own: [1], name: "New" });
		await send(topic, { c8y_Relay: { relayState: "OPEN" }, c8y_Hardware: { model: "ESP32" } });
		assert.deepEqual(own()?.fragments, { c8y_Relay: { relayState: "OPEN" }, mote_Own: [1] });
		assert.deepEqual([own()?.name, own()?.hardware], ["New", { model: "ESP32" }]);
		await send(topic, {
			mote_Own: null,
			c8y_RelayArray: ["OPEN"],
			c8y_RequiredAvailability: { responseInterval: 5 },
		});
		assert.deepEqual(own()?.fragments, { c8y_Relay: { relayState: "OPEN" } });
		assert.deepEqual([own()?.relayArray, own()?.requiredAvailability], [["OPEN"], 5]);
		await client.publish("s/us", "101,child");
		await send("inventory/managedObjects/update/child", { mote_Own: "x" });
		assert.deepEqual(inventory().devices.get("child")?.fragments, { mote_Own: "x" });
	});

	it("take events, alarms and measurements, also a child's", async () => {
		await client.publish("s/us", "101,child");
		await send("event/events/create", { type: "t", text: "x", time: T0, mote_Own: { a: 1 } });
		await send("alarm/alarms/create", { type: "hot", text: "hot", severity: "MAJOR", time: T0 });
		await send("alarm/alarms/create", { type: "hot", text: "hotter", severity: "MINOR" });
		await send("measurement/measurements/create", {
			type: "sample",
			time: T0,
			c8y_Temperature: { T: { value: 20.5, unit: "C" } },
			mote_Led: { brightness: { value: 40 } },
		});
		const externalSource = { externalId: "child", type: "c8y_Serial" };
		await send("event/events/create", { type: "t2", text: "x", externalSource });
		const [first, second] = inventory().events;
		assert.deepEqual(
			[first?.device, first?.time, first?.fragments],
			[device, Date.parse(T0), { mote_Own: { a: 1 } }],
		);
		assert.equal(second?.device, "child");
		assert.deepEqual(
			inventory().alarms.map(({ text, severity, count }) => [text, severity, count]),
			[["hotter", "MINOR", 2]],
		);
		assert.deepEqual(
			used.cloud
				.stored(device)
				.map(({ series, value, unit, time, publish }) => [series, value, unit, time, publish]),
			[
				["temperature", 20.5, "C", Date.parse(T0), 1],
				["led", 40, "", Date.parse(T0), 1],
			],
		);
		assert.ok(own()?.lastMessage, "counts for the availability");
	});

	it("know the processing modes", async () => {
		const body = { type: "t", text: "x", f: { s: { value: 1 } } };
		await send("t/event/events/create", body);
		await send("c/measurement/measurements/create", { type: "t", f: { s: { value: 1 } } });
		await send("q/event/events/create", body);
		assert.deepEqual([inventory().events.length, used.cloud.stored(device).length], [1, 0]);
		await send("q/alarm/alarms/create", { type: "hot", text: "hot", severity: "MAJOR" });
		assert.match((await client.message("error")).text, /"alarm\/Not Found"/);
		await send(`q/inventory/managedObjects/update/${device}`, { a: 1 });
		assert.match((await client.message("error")).text, /measurements and events only/);
	});

	it("answer on topic error what is wrong, with the packet's identifier", async () => {
		const event = "event/events/create";
		const good = { type: "t", text: "x" };
		for (const [topic, body, pattern] of [
			[event, "{", /not JSON/],
			[event, "[]", /JSON object/],
			[event, { ...good, text: 5 }, /text is missing or no text/],
			[event, { ...good, time: "now" }, /time is not/],
			[event, { ...good, externalSource: { externalId: "x" } }, /neither this device nor a child/],
			[event, { ...good, "a b": 1 }, /not a name/],
			["alarm/alarms/create", { ...good, severity: "BAD" }, /no severity BAD/],
			["measurement/measurements/create", { type: "t" }, /needs a series/],
			[
				"measurement/measurements/create",
				{ type: "t", f: { s: { value: 1 } }, g: { s: { value: "1" } } },
				/g\.s has no value/,
			],
			["inventory/managedObjects/update/other", { a: 1 }, /neither this device/],
			[`inventory/managedObjects/update/${device}`, { c8y_RelayArray: "OPEN" }, /list of texts/],
			[
				"inventory/managedObjects/create",
				{},
				/nothing is expected on topic inventory\/managedObjects\/create/,
			],
			["event/events/createBulk", {}, /nothing is expected/],
			["t/devicecontrol/operations", {}, /nothing is expected on topic t\/devicecontrol/],
		] as const) {
			const messageId = await client.publish(topic, typeof body === "string" ? body : JSON.stringify(body));
			const { text } = await client.message("error");
			assert.match(text, pattern, topic);
			const answer = JSON.parse(text);
			assert.equal(answer.messageId, messageId);
			assert.match(answer.error, /^[a-z]+\/[A-Z]/);
		}
		assert.deepEqual([inventory().events.length, used.cloud.stored(device).length], [0, 0]);
		const bomb = `{"type":"t","text":"x","a":${"[".repeat(5000)}${"]".repeat(5000)}}`;
		await client.publish(event, bomb);
		assert.match((await client.message("error")).text, /nests deeper/);
	});
});
