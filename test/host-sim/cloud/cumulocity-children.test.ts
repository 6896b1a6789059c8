// Child devices of the Cumulocity stand-in: rows on their topics, and operations for them through the root.
import assert from "node:assert/strict";
import { ask, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

describe("child devices of the Cumulocity stand-in", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let client: RawClient;
	const root = "mote-1";
	const child = "mote-1:relay";

	const tenant = () => used.cloud.cumulocity.tenant;
	const device = (id: string) => tenant().inventory.devices.get(id);
	const create = (id: string, fragments: Record<string, unknown>) =>
		used.cloud.cumulocity.createOperation(id, fragments);
	const down = async () => (await client.message("s/ds")).text;
	const error = async () => (await client.message("s/e")).text;

	beforeEach(async () => {
		client = await openDevice(used.cloud, root);
		await client.publish("s/us", `100,${root},mote_Node`);
		await client.subscribe("s/e");
		await client.subscribe("s/ds");
	});

	it("creates them with 101, at any depth, and lists them with 105", async () => {
		await client.publish("s/us", `101,${child},Relay,mote_Relay\n101,second\n105`);
		assert.equal(await down(), `106,${child},second`);
		assert.deepEqual(
			[device(child), device("second")].map((one) => [one?.name, one?.type, one?.parent]),
			[
				["Relay", "mote_Relay", root],
				["MQTT Device second", "c8y_MQTTChildDevice", root],
			],
		);
		await client.publish(`s/us/${child}`, "101,deep\n105");
		assert.equal(await down(), "106,deep");
		await client.publish("s/us", `101,${child}`);
		assert.equal(await error(), "41,101,Device already existing");
		await client.publish("s/us", "101");
		assert.match(await error(), /^45,101,child id is missing$/);
	});

	it("creates one of the first level by itself, on its first data", async () => {
		await client.publish("s/us/own", "501,c8y_Restart");
		assert.equal(device("own"), undefined, "an operation is no data");
		await client.publish("s/us/own", "114,c8y_Restart,c8y_Relay");
		assert.deepEqual(device("own")?.supportedOperations, ["c8y_Restart", "c8y_Relay"]);
		assert.deepEqual([device("own")?.parent, device("own")?.type], [root, "c8y_MQTTChildDevice"]);
		await client.publish("s/us/named", "100,Name,type");
		assert.deepEqual([device("named")?.parent, device("named")?.name], [root, "Name"]);
		assert.deepEqual(device(root)?.supportedOperations, []);
	});

	it("takes measurements, events and alarms as the child's", async () => {
		await client.publish(`s/us/${child}`, "117,5\n200,c8y_Temperature,T,20.5,C\n400,t,x\n302,a");
		assert.deepEqual(
			used.cloud.stored(child).map(({ series, value, publish }) => [series, value, publish]),
			[["temperature", 20.5, 1]],
		);
		assert.equal(used.cloud.stored(root).length, 0);
		const { events, alarms } = tenant().inventory;
		assert.deepEqual(
			[...events, ...alarms].map((one) => one.device),
			[child, child],
		);
		assert.equal(device(child)?.availability, "AVAILABLE");
		await client.publish(`s/us/${child}`, "306,a");
		assert.equal(alarms[0]?.status, "CLEARED");
	});

	it("sends their operations to the root, and ends them on their topics only", async () => {
		await client.publish("s/us", `101,${child}\n101,other`);
		const operation = create(child, { c8y_Relay: { relayState: "CLOSED" } });
		assert.equal(await down(), `518,${child},CLOSED`);
		await client.publish("s/us", "501,c8y_Relay");
		assert.match(await error(), /^45,501,No PENDING operation/);
		await client.publish("s/us/other", `504,${operation.id}`);
		assert.match(await error(), /^45,504,No operation/);
		await client.publish(`s/us/${child}`, `501,c8y_Relay\n506,${operation.id}`);
		assert.equal(operation.status, "SUCCESSFUL");
		const failing = create(child, { c8y_Restart: {} });
		assert.equal(await down(), `510,${child}`);
		await client.publish(`s/us/${child}`, "501,c8y_Restart\n507,,crashed");
		assert.deepEqual([failing.status, failing.failureReason], ["FAILED", "crashed"]);
	});

	it("sends again on 500 what is pending for the device and all below it, and names the child in JSON", async () => {
		await client.publish("s/us", `101,${child}\n101,other`);
		await client.publish(`s/us/${child}`, "101,deep");
		for (const id of [root, child, "deep", "other"]) {
			create(id, { c8y_Restart: {} });
			await down();
		}
		const rows = async (count: number) => {
			const got: string[] = [];
			for (let i = 0; i < count; i++) got.push(await down());
			await client.ping();
			assert.deepEqual(client.pending("s/ds"), []);
			return got.map((row) => row.replace("510,", ""));
		};
		await client.publish("s/us", "500");
		assert.deepEqual(await rows(4), [root, child, "deep", "other"]);
		await client.publish(`s/us/${child}`, "500");
		assert.deepEqual(await rows(2), [child, "deep"]);
		await client.subscribe("devicecontrol/notifications");
		const { text } = await client.message("devicecontrol/notifications");
		assert.deepEqual(
			text.split("\n").map((line) => JSON.parse(line).externalSource.externalId),
			[root, child, "deep", "other"],
		);
	});

	it("refuses another device's children", async () => {
		const other = await openDevice(used.cloud, "mote-2");
		await other.publish("s/us/theirs", "114,c8y_Restart");
		await client.publish("s/us/theirs", "114,c8y_Command\n200,f,s,1");
		assert.match(await error(), /^41,,theirs is no child/);
		assert.deepEqual(device("theirs")?.supportedOperations, ["c8y_Restart"]);
		await other.disconnect();
	});

	it("takes their data in every processing mode, and no topic below them", async () => {
		for (const mode of ["s", "q"]) await client.publish(`${mode}/us/${child}`, "200,f,s,1");
		for (const mode of ["t", "c"]) await client.publish(`${mode}/us/${child}`, "200,f,s,1");
		assert.equal(used.cloud.stored(child).length, 2);
		for (const topic of [`s/us/${child}/x`, "s/us/", `x/us/${child}`]) {
			await client.publish(topic, "200,f,s,1");
			assert.match(await error(), /^40,,Nothing is expected/, topic);
		}
	});

	it("shows operators who belongs to whom, and takes operations for a child", async () => {
		await client.publish("s/us", `101,${child},Relay`);
		const { body } = await ask(`${used.cloud.operatorUrl}/inventory/managedObjects`);
		const [first, second] = body.managedObjects;
		assert.deepEqual(first.childDevices.references, [{ managedObject: { id: child, name: "Relay" } }]);
		assert.deepEqual(second.deviceParents.references, [{ managedObject: { id: root } }]);
		assert.deepEqual([first.c8y_IsDevice, second.c8y_IsDevice], [{}, undefined]);
		const url = `${used.cloud.operatorUrl}/devicecontrol/operations`;
		const answer = await ask(url, { method: "POST", body: { deviceId: child, c8y_Restart: {} } });
		assert.equal(answer.status, 201);
		assert.equal(await down(), `510,${child}`);
	});
});
