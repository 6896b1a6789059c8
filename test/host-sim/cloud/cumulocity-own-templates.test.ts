// Own templates of the Cumulocity stand-in: registration, requests by them, and operations in their form.
import assert from "node:assert/strict";
import { openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const T0 = "2026-11-20T10:00:00.000Z";
const COLLECTION = [
	"10,700,POST,MEASUREMENT,,wx_M,,wx_M.T.value,NUMBER,,wx_M.T.unit,STRING,C",
	"10,701,POST,EVENT,,wx_E,,,wx_Own.count,INTEGER,,wx_Flag,FLAG,",
	"10,702,POST,ALARM,,wx_A,,,MAJOR,",
	"10,703,PUT,ALARM,,wx_A,status,ALARMSTATUS,CLEARED",
	"10,704,PUT,OPERATION,,wx_setRate,status,OPERATIONSTATUS,,wx_setRate.result,STRING,",
	"10,705,GET,INVENTORY,,false,c8y_Serial",
	"10,706,PUT,INVENTORY,,false,c8y_Serial,wx_Config.on,STRING,",
	"10,707,POST,EVENT,true,wx_Echo,hello,",
	"10,708,POST,INVENTORY,,c8y_Serial",
	"11,720,wx_setRate,wx_setRate,rate,channels[*]",
	"11,721,,wx_setRate,id,status,wx_setRate.channels[1]",
	"11,730,,c8y_IsDevice,name,wx_Config.on,none",
	"11,731,,hasText,type",
	'11,732,"",text,type,text',
].join("\n");

describe("own templates of the Cumulocity stand-in", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let client: RawClient;
	const device = "mote-1";

	const tenant = () => used.cloud.cumulocity.tenant;
	const create = (fragments: Record<string, unknown>, id = device) =>
		used.cloud.cumulocity.createOperation(id, fragments);
	const error = async () => (await client.message("s/e")).text;
	const told = async () => (await client.message("s/dt")).text;

	beforeEach(async () => {
		client = await openDevice(used.cloud, device, { clientId: `d:${device}:wx_1` });
		await client.publish("s/us", `100,${device},mote_Node`);
		for (const topic of ["s/e", "s/dt"]) await client.subscribe(topic);
	});

	describe("once registered", () => {
		beforeEach(async () => {
			await client.publish("s/ut/wx_1", COLLECTION);
			assert.match(await told(), /^20,wx_1,\d+$/);
		});

		it("take measurements, with the time of the row or the server's, where 200 leaves them", async () => {
			await client.publish("s/uc/wx_1", `700,${T0},21.50\n700,,22`);
			const stored = used.cloud.stored(device);
			assert.deepEqual(
				stored.map(({ series, value, text, unit, publish }) => [series, value, text, unit, publish]),
				[
					["wx_M.T", 21.5, "21.50", "C", 1],
					["wx_M.T", 22, "22", "C", 1],
				],
			);
			assert.equal(stored[0]?.time, Date.parse(T0));
			assert.ok(Math.abs((stored[1]?.time ?? 0) - Date.now()) < 60_000);
			assert.ok(tenant().inventory.devices.get(device)?.lastMessage, "counts for the availability");
		});

		it("take events and alarms, and change alarms", async () => {
			await client.publish("s/uc/wx_1", `701,"a, b",${T0},5\n702,hot,,${T0}`);
			const [event] = tenant().inventory.events;
			assert.deepEqual(
				[event?.type, event?.text, event?.time, event?.fragments],
				["wx_E", "a, b", Date.parse(T0), { wx_Own: { count: 5 }, wx_Flag: {} }],
			);
			const [alarm] = tenant().inventory.alarms;
			assert.deepEqual(
				[alarm?.type, alarm?.text, alarm?.severity, alarm?.status],
				["wx_A", "hot", "MAJOR", "ACTIVE"],
			);
			await client.publish("s/uc/wx_1", "703");
			assert.equal(tenant().inventory.alarms[0]?.status, "CLEARED");
		});

		it("serve children, the client identifier's own collection, and every processing mode", async () => {
			await client.publish("s/uc/wx_1/child", `700,${T0},1`);
			await client.publish("s/ud/child", `700,${T0},2`);
			await client.publish("s/ud", `700,${T0},3`);
			for (const mode of ["t", "q", "c"]) {
				await client.publish(`${mode}/uc/wx_1`, `700,${T0},4`);
				await client.publish(`${mode}/ud`, `700,${T0},5`);
			}
			const values = (id: string) => used.cloud.stored(id).map(({ value }) => value);
			assert.deepEqual(
				[values("child"), values(device)],
				[
					[1, 2],
					[3, 4, 5],
				],
			);
			assert.equal(tenant().inventory.devices.get("child")?.parent, device);
			await client.publish("q/uc/wx_1", "702,hot,,");
			assert.match(await error(), /^42,702,This processing mode/);
		});

		it("bring operations down, with the target in front, where the device has subscribed", async () => {
			await client.publish("s/us", "101,child");
			await client.subscribe("s/dc/wx_1");
			const operation = create({ wx_setRate: { rate: 30, channels: ["a", "b"] } });
			assert.equal((await client.message("s/dc/wx_1")).text, `720,${device},30,a,b`);
			assert.equal((await client.message("s/dc/wx_1")).text, `721,${device},${operation.id},PENDING,b`);
			create({ wx_setRate: { channels: [] } }, "child");
			assert.equal((await client.message("s/dc/wx_1")).text, "720,child,,");
			await client.message("s/dc/wx_1");
			create({ c8y_Restart: {} });
			await client.ping();
			assert.deepEqual(client.pending("s/dc/wx_1"), [], "the condition does not hold");
			assert.equal(await client.subscribe("s/dd"), 1);
			assert.equal((await client.message("s/dd")).text, `720,${device},30,a,b`);
			await client.publish("s/us", "500");
			assert.equal((await client.message("s/dc/wx_1")).text, `720,${device},30,a,b`);
		});

		it("end operations, EXECUTING ones first", async () => {
			const [first, second] = [create({ wx_setRate: { rate: 1 } }), create({ wx_setRate: { rate: 2 } })];
			await client.publish("s/us", `504,${second.id}`);
			await client.publish("s/uc/wx_1", "704,SUCCESSFUL,done");
			assert.deepEqual([first.status, second.status], ["PENDING", "SUCCESSFUL"]);
			assert.deepEqual(second.fragments, { wx_setRate: { rate: 2, result: "done" } });
			await client.publish("s/uc/wx_1", "704,FAILED,no");
			assert.equal(first.status, "FAILED");
			await client.publish("s/uc/wx_1", "704,FAILED,no");
			assert.equal(await error(), "45,704,No operation with fragment wx_setRate");
		});

		it("change and show the inventory, and answer on the collection's topic", async () => {
			await client.subscribe("s/dc/wx_1");
			await client.publish("s/uc/wx_1", `706,${device},yes\n705,${device}`);
			assert.equal((await client.message("s/dc/wx_1")).text, `730,${device},yes,`);
			await client.publish("s/uc/wx_1", `707,${T0}`);
			assert.equal((await client.message("s/dc/wx_1")).text, "732,wx_Echo,hello");
			await client.subscribe("s/dd");
			await client.publish("s/ud", `707,${T0}`);
			assert.equal((await client.message("s/dd")).text, "732,wx_Echo,hello");
			await client.publish("s/uc/wx_1", "705,nobody");
			assert.equal(await error(), "45,705,No device nobody here");
			await client.publish("s/uc/wx_1", "708,x");
			assert.match(await error(), /^50,708,/);
		});

		it("cannot be registered again, and stay as they are", async () => {
			await client.publish("s/ut/wx_1", "10,700,POST,EVENT,,a,b,");
			assert.equal(await error(), "41,,Template collection wx_1 already exists");
			await client.publish("s/ut/wx_1", "");
			assert.match(await told(), /^20,wx_1,\d+$/);
			await client.publish("s/uc/wx_1", `700,${T0},1`);
			assert.equal(used.cloud.stored(device).length, 1);
			assert.deepEqual(client.pending("s/dt"), []);
		});

		it("answer what is wrong with a row, and store nothing of it", async () => {
			for (const [topic, row, line] of [
				["s/uc/wx_1", "799,1", /^40,799,No template/],
				["s/uc/unknown", "700,,1", /^40,700,No template/],
				["s/uc/wx_1", "700,,warm", /^45,700,wx_M\.T\.value is no NUMBER: warm$/],
				["s/uc/wx_1", "700,now,1", /^45,700,time is no DATE: now$/],
				["s/uc/wx_1", "701,,,5", /^45,701,text is missing$/],
				["s/uc/wx_1", "701,x,,5.5", /^45,701,wx_Own\.count is no INTEGER/],
				["s/uc/wx_1", "702,x,OPEN,", /^45,702,status is no ALARMSTATUS: OPEN$/],
				["s/uc/wx_1", "703", /^45,703,No active alarm/],
				["s/uc/wx_1", '700,,"1"x', /^42,700,Malformed/],
			] as const) {
				await client.publish(topic, row);
				assert.match(await error(), line, row);
			}
			assert.equal(used.cloud.stored(device).length, 0);
			assert.equal(tenant().inventory.events.length, 0);
		});
	});

	it("are asked for with an empty message", async () => {
		await client.publish("s/ut/wx_1", "");
		assert.equal(await told(), "41,wx_1");
		await client.publish("s/ud", "700,,1");
		assert.match(await error(), /^40,700,/);
	});

	it("are refused as a whole when one is wrong", async () => {
		for (const [row, line] of [
			["10,1,GET,EVENT,,x", /^45,,No such request: GET EVENT$/],
			["10,1,POST,MEASUREMENT,maybe,x", /^45,,response is neither/],
			["10,1,POST,MEASUREMENT,,x,yesterday", /^45,,time is no DATE/],
			["10,1,POST,MEASUREMENT,,x,,a.b.value,FLOAT,", /^45,,No such type of values: FLOAT$/],
			["10,1,POST,MEASUREMENT,,x,,a..b,NUMBER,", /^45,,not a path: a\.\.b$/],
			["10,1,POST,MEASUREMENT,,x,,a[0],NUMBER,", /^45,,"?not a path of names: a\[0\]/],
			["10,1,POST,EVENT,,x,,,__proto__.x,STRING,1", /^45,,not a name/],
			["10,1,PUT,INVENTORY,,perhaps", /^45,,byId is neither/],
			["10,,POST,EVENT,,x", /^45,,a template needs a message id$/],
			["10,700,POST,EVENT,,x", /^45,,message id 700 is there twice$/],
			["12,1", /^45,,"a template begins with 10 or 11, not 12"$/],
			["11,1,a[x],b", /^45,,not a path/],
			[`11,1,,${",$".repeat(101)}`, /^45,,a response has at most 100 patterns$/],
			["11,1,,a,b\n".repeat(200), /^41,,More than 200 templates$/],
		] as const) {
			await client.publish("s/ut/wx_2", `${COLLECTION}\n${row}`);
			assert.match(await error(), line, row);
		}
		await client.publish("s/ut/wx_2", "");
		assert.equal(await told(), "41,wx_2");
		assert.equal(({} as Record<string, unknown>).x, undefined);
	});
});
