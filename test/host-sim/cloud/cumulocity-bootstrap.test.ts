// How a device without credentials gets its own from the Cumulocity stand-in.
import assert from "node:assert/strict";
import { parseRows } from "../../../host-sim/cloud/cumulocity/rows.js";
import type { CloudEvent } from "../../../host-sim/cloud/embedded-cloud.js";
import { ask, connectUser, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const BOOTSTRAP = { username: "management/devicebootstrap", password: "bootstrap" };
const SECRET = 'a,"b" ';

describe("the credentials bootstrap of the Cumulocity stand-in", () => {
	const events: CloudEvent[] = [];
	const used = useCloud({
		cloud: "cumulocity",
		onEvent: (event) => events.push(event),
		cumulocity: { makePassword: () => SECRET },
	});
	const requests = (id = "") => `${used.cloud.operatorUrl}/devicecontrol/newDeviceRequests${id && `/${id}`}`;
	const announce = (id: string) => ask(requests(), { method: "POST", body: { id } });
	const accept = (id: string) => ask(requests(id), { method: "PUT", body: { status: "ACCEPTED" } });
	const status = async (id: string): Promise<string> => (await ask(requests(id))).body.status;

	async function open(id = "mote-1"): Promise<RawClient> {
		const { client, code } = await connectUser(used.cloud, id, BOOTSTRAP);
		assert.equal(code, 0);
		return client;
	}
	async function answered(client: RawClient): Promise<string[]> {
		await client.publish("s/ucr", "");
		return parseRows((await client.message("s/dcr")).text)[0]?.columns ?? [];
	}

	it("hands out a user of the device's own, which it can connect with", async () => {
		assert.equal((await announce("mote-1")).status, 201);
		assert.equal(await status("mote-1"), "WAITING_FOR_CONNECTION");
		assert.equal((await accept("mote-1")).status, 422, "before the device has come");
		const client = await open();
		assert.equal(await client.subscribe("s/dcr"), 1);
		assert.equal(await status("mote-1"), "WAITING_FOR_CONNECTION", "a connection alone asks for nothing");
		await client.publish("s/ucr", "");
		assert.equal(await status("mote-1"), "PENDING_ACCEPTANCE");
		await client.publish("s/ucr", "  \n");
		assert.equal((await accept("mote-1")).body.status, "ACCEPTED");
		await client.ping();
		assert.deepEqual(client.pending("s/dcr"), [], "nothing before the next publish");
		const row = ["70", "t12345", "device_mote-1", SECRET];
		assert.deepEqual(await answered(client), row);
		assert.deepEqual(await answered(client), row, "the same again, for the first may have been lost");
		await client.disconnect();

		const credentials = { username: `${row[1]}/${row[2]}`, password: row[3] as string };
		const { client: device, code } = await connectUser(used.cloud, "mote-1", credentials);
		assert.equal(code, 0);
		await device.disconnect();
		assert.equal((await ask(requests("mote-1"))).status, 404, "the request is done with");
		const { code: other } = await connectUser(used.cloud, "mote-2", credentials);
		assert.equal(other, 5);
	});

	it("keeps the password out of its events", async () => {
		const shown = events.filter((event) => event.kind === "sent" && event.topic === "s/dcr");
		assert.ok(shown.length >= 2);
		for (const event of shown) assert.match(JSON.stringify(event), /70,t12345,device_mote-1,\(covered\)/);
		assert.deepEqual(
			events.flatMap((event) => (event.kind === "registration" ? [event.status] : [])),
			["WAITING_FOR_CONNECTION", "PENDING_ACCEPTANCE", "ACCEPTED", ""],
		);
	});

	it("wants the bootstrap password, which may be set, and a name that is a device's", async () => {
		const code = async (password: string, id = "mote-1") =>
			(await connectUser(used.cloud, id, { ...BOOTSTRAP, password })).code;
		assert.equal(await code("wrong"), 4);
		assert.equal(await code(""), 5);
		assert.equal(await code("bootstrap", "x:y:z"), 5);
		used.cloud.cumulocity.options.bootstrapPassword = "other";
		assert.equal(await code("bootstrap"), 4);
		assert.equal(await code("other"), 0);
	});

	it("allows nothing but s/dcr and s/ucr", async () => {
		await announce("mote-1");
		const client = await open();
		for (const topic of ["s/ds", "s/e", "s/dt", "s/dcr/x", "#", "s/#"])
			assert.equal(await client.subscribe(topic), 0x80, topic);
		await client.subscribe("s/dcr");
		await client.publish("s/ucr", "100");
		assert.equal(await status("mote-1"), "WAITING_FOR_CONNECTION");
		client.throw("s/us", "100,Mote,mote_Node");
		await client.closed;
		await used.cloud.whenDisconnected("mote-1");
		assert.equal(used.cloud.cumulocity.tenant.inventory.devices.size, 0);
		const device = await openDevice(used.cloud, "mote-1");
		assert.equal(await device.subscribe("s/dcr"), 0x80, "an ordinary device has no use for it");
		await device.disconnect();
	});

	it("says nothing to a device that nobody has announced, or whose request was deleted", async () => {
		const client = await open();
		await client.subscribe("s/dcr");
		await client.publish("s/ucr", "");
		assert.deepEqual((await ask(requests())).body.newDeviceRequests, []);
		assert.ok(events.some((event) => event.kind === "warning" && /nobody has announced/.test(event.text)));
		await announce("mote-1");
		await client.publish("s/ucr", "");
		await accept("mote-1");
		assert.equal((await ask(requests("mote-1"), { method: "DELETE" })).status, 204);
		await client.publish("s/ucr", "");
		await client.ping();
		assert.deepEqual(client.pending("s/dcr"), []);
	});

	it("gives a device that is announced again a new password, and the old one no longer holds", async () => {
		let number = 0;
		Object.assign(used.cloud.cumulocity.options, { makePassword: () => `p${++number}`, acceptAtOnce: true });
		const fetched = async (): Promise<string> => {
			await announce("mote-1");
			const client = await open();
			await client.subscribe("s/dcr");
			await client.publish("s/ucr", "");
			const [, , , password = ""] = await answered(client);
			await client.disconnect();
			return password;
		};
		const code = async (password: string): Promise<number> => {
			const username = "t12345/device_mote-1";
			const { client, code } = await connectUser(used.cloud, "mote-1", { username, password });
			if (code === 0) await client.disconnect();
			return code;
		};
		assert.equal(await fetched(), "p1");
		assert.equal(await code("p1"), 0);
		assert.equal(await fetched(), "p2");
		assert.deepEqual([await code("p1"), await code("p2")], [4, 0]);
	});

	it("refuses announcements that make no sense", async () => {
		for (const body of [{}, { id: "" }, { id: 5 }, { id: "a:b" }, { id: "x".repeat(300) }])
			assert.equal((await ask(requests(), { method: "POST", body })).status, 422, JSON.stringify(body));
		assert.equal((await announce("mote-1")).status, 201);
		assert.equal((await announce("mote-1")).status, 422);
		const refuse = { method: "PUT", body: { status: "REJECTED" } } as const;
		assert.equal((await ask(requests("mote-1"), refuse)).status, 422);
		assert.equal((await accept("mote-2")).status, 404);
		assert.equal((await ask(requests("mote-2"), { method: "DELETE" })).status, 404);
	});
});
