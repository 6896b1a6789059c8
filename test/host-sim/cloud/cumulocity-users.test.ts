// Devices that connect to the Cumulocity stand-in with a user and a password.
import assert from "node:assert/strict";
import type { CloudEvent } from "../../../host-sim/cloud/embedded-cloud.js";
import { ask, connectDevice, connectUser, useCloud } from "./fixture.js";

const PASSWORD = 'secret, of "mote-1"';

describe("device users of the Cumulocity stand-in", () => {
	const events: CloudEvent[] = [];
	const used = useCloud({
		cloud: "cumulocity",
		onEvent: (event) => events.push(event),
		cumulocity: { users: [{ name: "device_mote-1", password: PASSWORD, device: "mote-1" }] },
	});
	const right = { username: "t12345/device_mote-1", password: PASSWORD };
	const codeOf = async (clientId: string, credentials: { username?: string; password?: string }) => {
		const { client, code } = await connectUser(used.cloud, clientId, credentials);
		if (code === 0) await client.disconnect();
		return code;
	};
	const users = (name = "") => `${used.cloud.operatorUrl}/user/t12345/users${name && `/${name}`}`;

	it("admits a device with its user's password, and takes its data", async () => {
		const { client, code } = await connectUser(used.cloud, "d:mote-1", right);
		assert.equal(code, 0);
		await client.publish("s/us", "100,Mote,mote_Node");
		assert.equal(used.cloud.cumulocity.tenant.inventory.devices.get("mote-1")?.name, "Mote");
		await client.disconnect();
	});

	it("answers 4 to a wrong tenant, user or password, and 5 to everything else", async () => {
		const { password } = right;
		assert.equal(await codeOf("mote-1", { ...right, password: `${PASSWORD} ` }), 4);
		assert.equal(await codeOf("mote-1", { username: "t1/device_mote-1", password }), 4);
		assert.equal(await codeOf("mote-1", { username: "t12345/nobody", password }), 4);
		assert.equal(await codeOf("mote-1", { username: "device_mote-1", password }), 4);
		assert.equal(await codeOf("mote-1", { username: right.username, password: "" }), 5);
		assert.equal(await codeOf("mote-1", { username: right.username }), 5);
		assert.equal(await codeOf("mote-1", {}), 5);
		assert.equal(await codeOf("mote-2", right), 5, "the user is another device's");
	});

	it("looks at the certificate alone where there is one", async () => {
		const { client, code } = await connectDevice(used.cloud, "mote-1", { ...right, password: "wrong" });
		assert.equal(code, 0);
		await client.disconnect();
		const identity = await used.cloud.device("mote-2");
		const other = await connectDevice(used.cloud, "mote-1", { ...right, identity });
		assert.equal(other.code, 5);
		await other.client.closed;
	});

	it("admits an added user as any device, and none that is disabled or whose password has changed", async () => {
		const added = await ask(users(), { method: "POST", body: { userName: "fleet", password: "one" } });
		assert.deepEqual(added, { status: 201, body: { id: "fleet", userName: "fleet", enabled: true } });
		const fleet = (password: string) => codeOf("mote-7", { username: "t12345/fleet", password });
		assert.equal(await fleet("one"), 0);
		const put = (body: object, name = "fleet") => ask(users(name), { method: "PUT", body });
		assert.equal((await put({ password: "two" })).status, 200);
		assert.deepEqual([await fleet("one"), await fleet("two")], [4, 0]);
		assert.equal((await put({ enabled: false })).body.enabled, false);
		assert.equal(await fleet("two"), 4);
		await put({ enabled: true });
		assert.equal(await fleet("two"), 0);

		assert.equal((await put({ enabled: "no" })).status, 422);
		assert.equal((await put({ password: "" })).status, 422);
		assert.equal((await put({}, "nobody")).status, 404);
		assert.equal(
			(await ask(users(), { method: "POST", body: { userName: "fleet", password: "x" } })).status,
			422,
		);
		assert.equal((await ask(users().replace("t12345", "t1"))).status, 404);
		const { body } = await ask(users());
		assert.deepEqual(
			body.users.map(({ userName }: { userName: string }) => userName),
			["device_mote-1", "fleet"],
		);
		assert.ok(!JSON.stringify(body).includes("secret"));
	});

	it("names no password in its events", () => {
		assert.ok(events.some(({ kind }) => kind === "refused"));
		assert.ok(!JSON.stringify(events).includes("secret"));
	});
});
