// Who may connect to an embedded broker, takeovers, packet limits, outages and the operators' Host check.
import assert from "node:assert/strict";
import type { CloudEvent } from "../../../host-sim/cloud/embedded-cloud.js";
import { openIdentities } from "../../../host-sim/cloud/identities.js";
import {
	ask,
	connectDevice,
	connectUser,
	openDevice,
	removeFolder,
	temporaryFolder,
	useCloud,
} from "./fixture.js";
import { RawClient } from "./raw-client.js";

describe("connecting to an embedded cloud", () => {
	const events: CloudEvent[] = [];
	const used = useCloud({ cloud: "cumulocity", onEvent: (event) => events.push(event) });

	it("ends a TLS handshake with a foreign CA's certificate", async () => {
		const folder = await temporaryFolder();
		const foreign = await (await openIdentities(folder)).device("mote-1", "mote-1");
		const { port, identities } = used.cloud;
		await assert.rejects(
			RawClient.open({ port, ca: identities.ca.pem, clientId: "mote-1", identity: foreign }),
		);
		await removeFolder(folder);
	});

	it("presents a certificate of its own CA only", async () => {
		const folder = await temporaryFolder();
		const other = await openIdentities(folder);
		const identity = await used.cloud.device("mote-1");
		await assert.rejects(
			RawClient.open({ port: used.cloud.port, ca: other.ca.pem, clientId: "mote-1", identity }),
		);
		await removeFolder(folder);
	});

	it("answers 5 when the certificate is another device's, and closes", async () => {
		const identity = await used.cloud.device("mote-1");
		const { client, code } = await connectDevice(used.cloud, "mote-2", { identity });
		assert.equal(code, 5);
		await client.closed;
		assert.ok(events.some((event) => event.kind === "refused" && event.clientId === "mote-2"));
		assert.equal(used.cloud.connected("mote-2"), false);
	});

	it("refuses other protocol levels, empty, malformed and too long client identifiers", async () => {
		const mqtt5 = { protocolId: "MQTT", protocolVersion: 5 } as const;
		const mqtt31 = { protocolId: "MQIsdp", protocolVersion: 3 } as const;
		const long = "mote-with-a-name-of-24-ch";
		const codes = [
			await connectDevice(used.cloud, "mote-1", { protocol: mqtt5 }),
			await connectDevice(used.cloud, "mote-1", { clientId: "" }),
			await connectDevice(used.cloud, "mote-1", { clientId: "x:mote-1:t" }),
			await connectDevice(used.cloud, long, { protocol: mqtt31 }),
		].map(({ code }) => code);
		assert.deepEqual(codes, [1, 2, 5, 5]);
	});

	it("takes the three forms of the client identifier as one device, and the newer connection wins", async () => {
		const first = await openDevice(used.cloud, "mote-1");
		const second = await openDevice(used.cloud, "mote-1", { clientId: "d:mote-1" });
		await first.closed;
		const third = await openDevice(used.cloud, "mote-1", { clientId: "d:mote-1:template" });
		await second.closed;
		assert.ok(used.cloud.connected("mote-1"));
		await third.ping();
		await third.disconnect();
		await used.cloud.whenDisconnected("mote-1");
	});

	it("starts a new session even when asked to continue one", async () => {
		const first = await openDevice(used.cloud, "mote-1", { clean: false });
		await first.publish("s/us", "100,Mote,test");
		await first.subscribe("s/ds");
		await first.disconnect();
		const { client, code, sessionPresent } = await connectDevice(used.cloud, "mote-1", { clean: false });
		assert.deepEqual([code, sessionPresent], [0, false]);
		assert.equal(used.cloud.subscribed("mote-1"), false);
		assert.ok(events.some((event) => event.kind === "warning" && /clean session/.test(event.text)));
		await client.disconnect();
	});

	it("closes on a packet of more than 16184 bytes and takes one of exactly that", async () => {
		const client = await openDevice(used.cloud, "mote-1");
		// Fixed header 3, topic 2 + 4, packet identifier 2.
		const room = 16184 - 3 - 6 - 2;
		const row = "400,big,";
		await client.publish("s/us", row + "x".repeat(room - row.length));
		assert.equal(used.cloud.cumulocity.tenant.inventory.events.at(-1)?.type, "big");
		client.throw("s/us", "400,before,packet that is fine");
		client.throw("s/us", row + "x".repeat(16184));
		await client.closed;
		await used.cloud.whenDisconnected("mote-1");
		assert.equal(used.cloud.cumulocity.tenant.inventory.events.at(-1)?.type, "before");
	});

	it("stores the will of a connection that breaks, and not of one that ends properly", async () => {
		const will = { topic: "s/us", payload: "400,mote_Lost,connection lost" };
		const wills = (): number =>
			used.cloud.cumulocity.tenant.inventory.events.filter(({ type }) => type === "mote_Lost").length;
		const proper = await openDevice(used.cloud, "mote-1", { will });
		await proper.disconnect();
		await used.cloud.whenDisconnected("mote-1");
		assert.equal(wills(), 0);
		const broken = await openDevice(used.cloud, "mote-1", { will });
		await broken.cut();
		await used.cloud.whenDisconnected("mote-1");
		assert.equal(wills(), 1);
	});

	it("keeps its port and all it has stored over an outage", async () => {
		const { cloud } = used;
		const { port } = cloud;
		const client = await openDevice(cloud, "mote-1", { will: { topic: "s/us", payload: "400,late,will" } });
		await client.publish("s/us", "200,c8y_Temperature,T,20.5,C,2026-11-20T10:00:00.000Z");
		const before = cloud.stored("mote-1").length;
		await cloud.stopBroker();
		await client.closed;
		assert.equal(cloud.connected("mote-1"), false);
		await assert.rejects(openDevice(cloud, "mote-1"));
		await cloud.startBroker();
		assert.equal(cloud.port, port);
		const again = await openDevice(cloud, "mote-1");
		assert.equal(cloud.stored("mote-1").length, before);
		await again.publish("s/us", "200,c8y_Temperature,T,21,C,2026-11-20T10:00:01.000Z");
		assert.equal(cloud.stored("mote-1").length, before + 1);
		// A dead broker executes no wills.
		assert.ok(!cloud.cumulocity.tenant.inventory.events.some(({ type }) => type === "late"));
		await again.disconnect();
	});

	it("serves operators on this machine only, and JSON only", async () => {
		const url = `${used.cloud.operatorUrl}/inventory/managedObjects`;
		const operations = `${used.cloud.operatorUrl}/devicecontrol/operations`;
		assert.equal((await ask(url)).status, 200);
		assert.equal((await ask(url, { headers: { host: "localhost:1" } })).status, 200);
		assert.equal((await ask(url, { headers: { host: "evil.example" } })).status, 403);
		assert.equal((await ask(url, { method: "DELETE" })).status, 405);
		assert.equal((await ask(`${used.cloud.operatorUrl}/elsewhere`)).status, 404);
		const text = { "content-type": "text/plain" };
		assert.equal((await ask(operations, { method: "POST", body: "{}", headers: text })).status, 415);
		assert.equal((await ask(operations, { method: "POST", body: "{" })).status, 400);
		assert.equal((await ask(operations, { method: "POST", body: "[]" })).status, 400);
		const huge = JSON.stringify({ deviceId: "x".repeat(70_000) });
		assert.equal((await ask(operations, { method: "POST", body: huge })).status, 413);
	});
});

describe("connecting to a cloud that wants certificates", () => {
	const used = useCloud({ cloud: "sap" });

	it("ends a TLS handshake without one, whatever the password", async () => {
		await assert.rejects(connectUser(used.cloud, "mote-1", { username: "t12345/x", password: "y" }));
		const client = await openDevice(used.cloud, "mote-1");
		await client.disconnect();
	});
});
