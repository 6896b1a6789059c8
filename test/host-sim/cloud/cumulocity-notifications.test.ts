// Operations of the Cumulocity stand-in by their ids: JSON down, templates 504 to 506 up.
import assert from "node:assert/strict";
import { packDocuments } from "../../../host-sim/cloud/cumulocity/notifications.js";
import { openDevice, useCloud } from "./fixture.js";
import type { Message, RawClient } from "./raw-client.js";

const JSON_DOWN = "devicecontrol/notifications";
const ROWS_DOWN = "s/ds";

describe("operations of the Cumulocity stand-in by id", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let client: RawClient;
	const device = "mote-1";

	const cumulocity = () => used.cloud.cumulocity;
	const create = (fragments: Record<string, unknown>, id = device) =>
		cumulocity().createOperation(id, fragments);
	const status = (id: string) => cumulocity().tenant.operations.get(id)?.status;
	const documents = ({ text }: Message): Record<string, unknown>[] =>
		text.split("\n").map((line) => JSON.parse(line));

	beforeEach(async () => {
		client = await openDevice(used.cloud, device);
		await client.publish("s/us", `100,${device},mote_Node`);
		await client.subscribe("s/e");
	});

	it("sends an operation as JSON with its id, beside its row", async () => {
		await client.subscribe(ROWS_DOWN);
		assert.equal(await client.subscribe(JSON_DOWN), 1);
		const operation = create({ c8y_Command: { text: "led on" } });
		assert.equal((await client.message(ROWS_DOWN)).text, `511,${device},led on`);
		const [document] = documents(await client.message(JSON_DOWN));
		const creationTime = new Date(operation.creationTime).toISOString();
		assert.deepEqual(document, {
			id: operation.id,
			status: "PENDING",
			creationTime,
			deviceId: cumulocity().tenant.inventory.devices.get(device)?.internalId,
			delivery: { log: [], time: creationTime, status: "PENDING" },
			externalSource: { externalId: device, type: "c8y_Serial" },
			c8y_Command: { text: "led on" },
		});
		assert.notEqual(document?.deviceId, device, "the tenant's own id is no external id");
	});

	it("refuses the subscription before the device exists", async () => {
		const other = await openDevice(used.cloud, "mote-2");
		assert.equal(await other.subscribe(JSON_DOWN), 0x80);
		await other.disconnect();
	});

	it("sends what is pending on SUBSCRIBE on that topic only, and on 500 on both", async () => {
		const ids = [create({ c8y_Restart: {} }).id, create({ mote_Own: [1] }).id];
		await client.subscribe(JSON_DOWN);
		const both = documents(await client.message(JSON_DOWN));
		assert.deepEqual(
			both.map(({ id }) => id),
			ids,
			"two documents in one message",
		);
		await client.subscribe(ROWS_DOWN);
		assert.equal((await client.message(ROWS_DOWN)).text, `510,${device}`);
		await client.ping();
		assert.deepEqual(client.pending(JSON_DOWN), []);
		await client.publish("s/us", "500");
		assert.equal((await client.message(ROWS_DOWN)).text, `510,${device}`);
		assert.equal(documents(await client.message(JSON_DOWN)).length, 2);
	});

	it("sends rows or JSON first, and loses either of a new operation", async () => {
		await client.subscribe(ROWS_DOWN);
		await client.subscribe(JSON_DOWN);
		const order = async () => {
			create({ c8y_Restart: {} });
			const first = await client.next("publish");
			const second = await client.next("publish");
			return [first.topic, second.topic];
		};
		assert.deepEqual(await order(), [ROWS_DOWN, JSON_DOWN]);
		cumulocity().options.jsonFirst = true;
		assert.deepEqual(await order(), [JSON_DOWN, ROWS_DOWN]);
		for (const [lose, comes, lost] of [
			["rows", JSON_DOWN, ROWS_DOWN],
			["json", ROWS_DOWN, JSON_DOWN],
		] as const) {
			cumulocity().options.lose = lose;
			create({ c8y_Restart: {} });
			await client.message(comes);
			await client.ping();
			assert.deepEqual(client.pending(lost), []);
		}
		await client.publish("s/us", "500");
		await client.message(ROWS_DOWN);
		assert.equal(documents(await client.message(JSON_DOWN)).length, 4, "on 500 nothing is lost");
	});

	it("moves the operation of the id, whatever else waits", async () => {
		const [first, second, third] = ["a", "b", "c"].map((text) => create({ c8y_Command: { text } }).id);
		await client.publish("s/us", `504,${second}\n504,${third}`);
		assert.deepEqual(
			[first, second, third].map((id) => status(id as string)),
			["PENDING", "EXECUTING", "EXECUTING"],
		);
		await client.publish("s/us", `506,${third},"on, now"\n505,${second},too hot\n505,${first},not now`);
		const operations = cumulocity().tenant.operations.select({ deviceId: device });
		assert.deepEqual(
			operations.map(({ status, result, failureReason }) => [status, failureReason ?? result]),
			[
				["FAILED", "not now"],
				["FAILED", "too hot"],
				["SUCCESSFUL", ["on, now"]],
			],
		);
	});

	it("refuses an id that does not exist, is another device's, or stands elsewhere", async () => {
		cumulocity().tenant.inventory.create("mote-2", "", "");
		const foreign = create({ c8y_Restart: {} }, "mote-2").id;
		const own = create({ c8y_Restart: {} }).id;
		for (const [row, line] of [
			["504", /^45,504,operation id is missing$/],
			["504,1", /^45,504,No operation 1 of this device$/],
			[`504,${foreign}`, /^45,504,No operation/],
			[`506,${own}`, /^45,506,Operation \d+ is PENDING$/],
			[`504,${own}\n504,${own}`, /^45,504,Operation \d+ is EXECUTING$/],
			[`506,${own}\n505,${own}`, /^45,505,Operation \d+ is SUCCESSFUL$/],
		] as const) {
			await client.publish("s/us", row);
			assert.match((await client.message("s/e")).text, line, row);
		}
		assert.deepEqual([status(foreign), status(own)], ["PENDING", "SUCCESSFUL"]);
	});

	it("takes the relays' states from the operation that ends", async () => {
		const { id } = create({ c8y_RelayArray: ["OPEN", "CLOSED"] });
		await client.publish("s/us", `504,${id}\n506,${id},OPEN,CLOSED`);
		assert.deepEqual(cumulocity().tenant.inventory.devices.get(device)?.relayArray, ["OPEN", "CLOSED"]);
	});
});

describe("documents in messages", () => {
	it("are as many as a packet takes, and none is cut", () => {
		const document = (size: number) => JSON.stringify("x".repeat(size - 2));
		const { messages, tooLarge } = packDocuments([60, 60, 10, 200, 150].map(document), "topic", 171);
		assert.equal(tooLarge, 1);
		assert.deepEqual(
			messages.map((message) => message.split("\n").map(({ length }) => length)),
			[[60, 60, 10], [150]],
		);
	});
});
