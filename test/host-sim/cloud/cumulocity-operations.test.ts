// The life cycle of operations between an operator, the Cumulocity stand-in and a device.
import assert from "node:assert/strict";
import { ask, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

describe("operations of the Cumulocity stand-in", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let client: RawClient;
	const device = "mote-1";

	const operations = (): string => `${used.cloud.operatorUrl}/devicecontrol/operations`;
	const create = (fragments: object) =>
		ask(operations(), { method: "POST", body: { deviceId: device, ...fragments } });
	const statuses = (): string[] =>
		used.cloud.cumulocity.tenant.operations.select({ deviceId: device }).map(({ status }) => status);

	beforeEach(async () => {
		client = await openDevice(used.cloud, device);
		await client.publish("s/us", `100,${device},mote_Node`);
	});

	it("brings a command down and its result up", async () => {
		await client.subscribe("s/ds");
		const { status, body } = await create({ c8y_Command: { text: "led on" } });
		assert.equal(status, 201);
		assert.equal(body.status, "PENDING");
		const down = await client.message("s/ds");
		assert.deepEqual(down, { topic: "s/ds", text: `511,${device},led on`, qos: 1, retain: false });
		await client.publish("s/us", "501,c8y_Command");
		assert.equal((await ask(`${operations()}/${body.id}`)).body.status, "EXECUTING");
		await client.publish("s/us", '503,c8y_Command,"on, now"');
		const { body: finished } = await ask(`${operations()}/${body.id}`);
		assert.equal(finished.status, "SUCCESSFUL");
		assert.deepEqual(finished.c8y_Command, { text: "led on", result: "on, now" });
	});

	it("keeps the reason of a failure", async () => {
		await client.subscribe("s/ds", 0);
		const outcome = used.cloud.sendCommand(device, 'say "hi",\nplease');
		const down = await client.message("s/ds");
		assert.equal(down.text, `511,${device},"say \\"hi\\",\nplease"`);
		assert.equal(down.qos, 0);
		await client.publish("s/us", '501,c8y_Command\n502,c8y_Command,"unknown ""command"""');
		const expected = { text: 'say "hi",\nplease', status: "FAILED", reason: 'unknown "command"' };
		assert.deepEqual(await outcome, expected);
	});

	it("doubles quotes when told so, and may put several rows into one message", async () => {
		Object.assign(used.cloud.cumulocity.options, { quoting: "double", multiRow: true });
		await create({ c8y_Command: { text: 'a "b"' } });
		await create({ c8y_Restart: {} });
		await client.subscribe("s/ds");
		assert.equal((await client.message("s/ds")).text, `511,${device},"a ""b"""\n510,${device}`);
	});

	it("sends each kind of operation as its template", async () => {
		await client.subscribe("s/ds");
		const kinds: [object, string][] = [
			[{ c8y_Restart: {} }, "510,D"],
			[{ c8y_Relay: { relayState: "OPEN" } }, "518,D,OPEN"],
			[{ c8y_RelayArray: ["OPEN", "CLOSED"] }, "519,D,OPEN,CLOSED"],
			[{ c8y_MeasurementRequestOperation: { requestName: "LOG" } }, "517,D,LOG"],
			[{ c8y_SoftwareList: [{ name: "n", version: "1" }] }, "516,D,n,1,"],
			[{ c8y_UploadConfigFile: {} }, "520,D"],
			[{ c8y_CommunicationMode: { mode: "SMS" } }, "523,D,SMS"],
			[{ c8y_Firmware: { name: "n", version: "1", url: "u", dependency: "d" } }, "525,D,n,1,u,d"],
			[{ c8y_RemoteAccessConnect: { hostname: "h", port: 22, connectionKey: "k" } }, "530,D,h,22,k"],
			[{ c8y_Configuration: { config: "a=1\nb=2" } }, '513,D,"a=1\nb=2"'],
			[{ c8y_Firmware: { name: "n", version: "1", url: "u" } }, "515,D,n,1,u"],
			[{ c8y_DownloadConfigFile: { url: "u", type: "t" } }, "524,D,u,t"],
			[{ c8y_DownloadConfigFile: { url: "u" } }, "521,D,u"],
			[{ c8y_UploadConfigFile: { type: "t" } }, "526,D,t"],
			[
				{ c8y_ParameterUpdate: { rate: 5, wifi: { on: true, ssid: "a,b" }, gone: null } },
				'532,D,rate,n,5,wifi.on,b,true,wifi.ssid,s,"a,b",gone,,',
			],
			[
				{ c8y_SoftwareUpdate: [{ name: "n", version: "1", url: "u", action: "install" }] },
				"528,D,n,1,u,install",
			],
			[
				{ c8y_LogfileRequest: { logFile: "l", dateFrom: "a", dateTo: "b", searchText: "", maximumLines: 9 } },
				"522,D,l,a,b,,9",
			],
		];
		for (const [fragments, row] of kinds) {
			await create(fragments);
			assert.equal((await client.message("s/ds")).text, row.replace("D", device));
		}
	});

	it("pushes what is pending on SUBSCRIBE, in order", async () => {
		await create({ c8y_Command: { text: "first" } });
		await create({ c8y_Command: { text: "second" } });
		await client.subscribe("s/ds");
		assert.equal((await client.message("s/ds")).text, `511,${device},first`);
		assert.equal((await client.message("s/ds")).text, `511,${device},second`);
	});

	it("sends again on 500 what is PENDING, never what is EXECUTING", async () => {
		used.cloud.cumulocity.options.silentSubscribe = true;
		await create({ c8y_Command: { text: "first" } });
		await create({ c8y_Command: { text: "second" } });
		await client.subscribe("s/ds");
		await client.ping();
		assert.deepEqual(client.pending("s/ds"), []);
		await client.publish("s/us", "501,c8y_Command");
		await client.publish("s/us", "500");
		assert.equal((await client.message("s/ds")).text, `511,${device},second`);
		await client.publish("s/us", "501,c8y_Command\n500");
		await client.ping();
		assert.deepEqual(client.pending("s/ds"), []);
		assert.deepEqual(statuses(), ["EXECUTING", "EXECUTING"]);

		used.cloud.cumulocity.options.silentSubscribe = false;
		await client.disconnect();
		client = await openDevice(used.cloud, device);
		await client.subscribe("s/ds");
		await client.ping();
		assert.deepEqual(client.pending("s/ds"), []);
	});

	it("moves the oldest operation of the fragment, and only from the right status", async () => {
		await client.subscribe("s/e");
		await create({ c8y_Restart: {} });
		await create({ c8y_Command: { text: "a" } });
		await create({ c8y_Command: { text: "b" } });
		await client.publish("s/us", "503,c8y_Command");
		assert.match((await client.message("s/e")).text, /^45,503,No EXECUTING operation/);
		await client.publish("s/us", "501,c8y_Command");
		assert.deepEqual(statuses(), ["PENDING", "EXECUTING", "PENDING"]);
		await client.publish("s/us", "501,c8y_Command\n503,c8y_Command");
		assert.deepEqual(statuses(), ["PENDING", "SUCCESSFUL", "EXECUTING"]);
		await client.publish("s/us", "501,c8y_Relay");
		assert.match((await client.message("s/e")).text, /^45,501,No PENDING operation/);
	});

	it("fails all that is executing on 507", async () => {
		await create({ c8y_Command: { text: "a" } });
		await create({ c8y_Restart: {} });
		await create({ c8y_Relay: { relayState: "CLOSED" } });
		await client.publish("s/us", "501,c8y_Command\n501,c8y_Restart");
		await client.publish("s/us", "507,c8y_Restart,power was cut");
		assert.deepEqual(statuses(), ["EXECUTING", "FAILED", "PENDING"]);
		await client.publish("s/us", "507,,after a crash");
		assert.deepEqual(statuses(), ["FAILED", "FAILED", "PENDING"]);
		const { body } = await ask(`${operations()}?deviceId=${device}&status=FAILED`);
		const reasons = body.operations.map(({ failureReason }: { failureReason: string }) => failureReason);
		assert.deepEqual(reasons, ["after a crash", "power was cut"]);
	});

	it("waits for the device with a command, and says so when it does not come", async () => {
		await assert.rejects(
			used.cloud.sendCommand("absent", "led on", 20),
			/absent has not subscribed s\/ds in 20 ms/,
		);
		const waiting = used.cloud.sendCommand(device, "led on");
		await client.subscribe("s/ds");
		await client.message("s/ds");
		await client.publish("s/us", "501,c8y_Command\n503,c8y_Command");
		assert.deepEqual(await waiting, { text: "led on", status: "SUCCESSFUL", reason: "" });
	});

	it("refuses operations that make no sense", async () => {
		assert.equal((await create({})).status, 422);
		const elsewhere = { deviceId: "nobody", c8y_Restart: {} };
		assert.equal((await ask(operations(), { method: "POST", body: elsewhere })).status, 422);
		assert.equal((await ask(`${operations()}/0`)).status, 404);
	});

	it("keeps operations over an outage of the broker", async () => {
		await client.subscribe("s/ds");
		await used.cloud.stopBroker();
		await client.closed;
		await create({ c8y_Command: { text: "later" } });
		await used.cloud.startBroker();
		client = await openDevice(used.cloud, device);
		await client.subscribe("s/ds");
		assert.equal((await client.message("s/ds")).text, `511,${device},later`);
	});
});
