// What can go wrong at the Cumulocity stand-in, by options that are changed while it runs.
import assert from "node:assert/strict";
import { mock } from "node:test";
import { connectUser, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const BOOTSTRAP = { username: "management/devicebootstrap", password: "bootstrap" };
const DAY_MS = 24 * 60 * 60 * 1000;

describe("faults of the Cumulocity stand-in", () => {
	let now = Date.now();
	const used = useCloud({
		cloud: "cumulocity",
		cumulocity: { awaited: ["mote-1"], acceptAtOnce: true, now: () => now },
	});
	afterEach(() => mock.timers.reset());
	const options = () => used.cloud.cumulocity.options;

	async function asking(): Promise<RawClient> {
		const { client, code } = await connectUser(used.cloud, "mote-1", BOOTSTRAP);
		assert.equal(code, 0);
		await client.subscribe("s/dcr");
		// The first one makes the request known; from the next on there are answers.
		await client.publish("s/ucr", "");
		return client;
	}

	it("credentials get lost, and come when asked again", async () => {
		options().bootstrapAnswers = { lose: 2 };
		const client = await asking();
		await client.publish("s/ucr", "");
		await client.publish("s/ucr", "");
		await client.ping();
		assert.deepEqual(client.pending("s/dcr"), []);
		await client.publish("s/ucr", "");
		assert.match((await client.message("s/dcr")).text, /^70,t12345,device_mote-1,/);
	});

	it("credentials come twice, and late", async () => {
		options().bootstrapAnswers = { twice: true };
		const client = await asking();
		await client.publish("s/ucr", "");
		const first = await client.message("s/dcr");
		assert.deepEqual(await client.message("s/dcr"), first);
		options().bootstrapAnswers = { delay: 200 };
		mock.timers.enable({ apis: ["setTimeout"] });
		await client.publish("s/ucr", "");
		mock.timers.tick(199);
		await client.ping();
		assert.deepEqual(client.pending("s/dcr"), []);
		mock.timers.tick(1);
		assert.deepEqual(await client.message("s/dcr"), first);
	});

	it("the bootstrap is refused for a day", async () => {
		now = Date.now();
		options().bootstrapRefusedUntil = now + DAY_MS;
		const code = async () => (await connectUser(used.cloud, "mote-1", BOOTSTRAP)).code;
		now += DAY_MS - 1;
		assert.equal(await code(), 5);
		const device = await openDevice(used.cloud, "mote-1");
		await device.disconnect();
		now++;
		assert.equal(await code(), 0);
	});

	it("answers about templates get lost, and come late and twice", async () => {
		const client = await openDevice(used.cloud, "mote-1");
		await client.subscribe("s/dt");
		options().templateAnswers = { lose: 1 };
		await client.publish("s/ut/wx", "");
		await client.ping();
		assert.deepEqual(client.pending("s/dt"), []);
		options().templateAnswers = { delay: 200, twice: true };
		mock.timers.enable({ apis: ["setTimeout"] });
		await client.publish("s/ut/wx", "10,1,POST,EVENT,,a,b,");
		await client.ping();
		assert.deepEqual(client.pending("s/dt"), []);
		mock.timers.tick(200);
		assert.match((await client.message("s/dt")).text, /^20,wx,/);
		assert.match((await client.message("s/dt")).text, /^20,wx,/);
	});

	it("operations come twice, a child's or all", async () => {
		const client = await openDevice(used.cloud, "mote-1");
		await client.publish("s/us", "100,Mote,t\n101,child");
		await client.subscribe("s/ds");
		const rows = async (device: string) => {
			used.cloud.cumulocity.createOperation(device, { c8y_Restart: {} });
			await client.ping();
			const rows = client.pending("s/ds");
			for (const _ of rows) await client.message("s/ds");
			return rows.length;
		};
		options().repeat = "children";
		assert.deepEqual([await rows("child"), await rows("mote-1")], [2, 1]);
		options().repeat = "all";
		assert.deepEqual([await rows("child"), await rows("mote-1")], [2, 2]);
	});
});
