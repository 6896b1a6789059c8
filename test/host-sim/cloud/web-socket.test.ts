// MQTT over a WebSocket to an embedded broker.
import assert from "node:assert/strict";
import { once } from "node:events";
import { generate } from "mqtt-packet";
import { type ClientOptions, WebSocket } from "ws";
import { EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { connectUser, removeFolder, temporaryFolder, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const USER = { username: "t12345/fleet", password: "secret" };

describe("a WebSocket of an embedded cloud", () => {
	const used = useCloud({
		cloud: "cumulocity",
		webSocket: true,
		cumulocity: { users: [{ name: "fleet", password: "secret" }] },
	});
	const connect = (device: string, credentials: object = USER) =>
		connectUser(used.cloud, device, { webSocketPort: used.cloud.webSocketPort, ...credentials });

	async function open(device = "mote-1"): Promise<RawClient> {
		const { client, code } = await connect(device);
		assert.equal(code, 0);
		return client;
	}

	/** The HTTP status with which an opening is refused; 101 when it is not. */
	function opening(path: string, protocols: string[], options: ClientOptions = {}): Promise<number> {
		const { cloud } = used;
		const url = `wss://localhost:${cloud.webSocketPort}${path}`;
		const socket = new WebSocket(url, protocols, { ca: cloud.identities.ca.pem, family: 4, ...options });
		return new Promise((resolve, reject) => {
			socket.on("open", () => {
				socket.terminate();
				resolve(101);
			});
			socket.on("unexpected-response", (request, response) => {
				request.destroy();
				resolve(response.statusCode ?? 0);
			});
			socket.on("error", reject);
		});
	}

	it("carries data up and operations down, like the other port", async () => {
		assert.match(used.cloud.webSocketUrl ?? "", /^wss:\/\/localhost:\d+\/mqtt$/);
		const client = await open();
		await client.publish("s/us", "100,Mote,mote_Node\n200,c8y_Temperature,T,20.5,C");
		await client.subscribe("s/ds");
		used.cloud.cumulocity.createOperation("mote-1", { c8y_Restart: {} });
		assert.equal((await client.message("s/ds")).text, "510,mote-1");
		assert.equal(used.cloud.stored("mote-1").length, 1);
		const { client: other } = await connectUser(used.cloud, "mote-1", USER);
		await client.closed;
		await other.disconnect();
	});

	it("takes a user and a password only", async () => {
		const code = async (credentials: object) => (await connect("mote-1", credentials)).code;
		assert.equal(await code({ username: "", password: "" }), 5);
		assert.equal(await code({ ...USER, password: "wrong" }), 4);
		const { chainPem: cert, keyPem: key } = await used.cloud.device("mote-1");
		assert.equal(await opening("/mqtt", ["mqtt"], { cert, key }), 101, "a certificate is not asked for");
	});

	it("demands path /mqtt and sub-protocol mqtt", async () => {
		assert.equal(await opening("/mqtt", ["other", "mqtt"]), 101);
		assert.equal(await opening("/mqtt", ["mqttv3.1"]), 400);
		assert.equal(await opening("/mqtt", []), 400);
		assert.equal(await opening("/", ["mqtt"]), 404);
		assert.equal(await opening("/mqtt/x", ["mqtt"]), 404);
	});

	it("closes on a packet of more than 16184 bytes, and on a text frame", async () => {
		const client = await open();
		client.throw("s/us", "400,before,packet that is fine");
		client.throw("s/us", `400,big,${"x".repeat(16184)}`);
		await client.closed;
		await used.cloud.whenDisconnected("mote-1");
		assert.equal(used.cloud.cumulocity.tenant.inventory.events.at(-1)?.type, "before");

		const url = used.cloud.webSocketUrl as string;
		const socket = new WebSocket(url, "mqtt", { ca: used.cloud.identities.ca.pem, family: 4 });
		const connect = {
			cmd: "connect",
			clientId: "mote-1",
			protocolId: "MQTT",
			clean: true,
			keepalive: 0,
		} as const;
		socket.once("open", () => socket.send(generate(connect).toString("latin1")));
		const closed = once(socket, "close");
		let answers = 0;
		socket.on("message", () => answers++);
		await closed;
		assert.equal(answers, 0, "not even a CONNACK");
	});

	it("keeps its port over an outage", async () => {
		const port = used.cloud.webSocketPort;
		const client = await open();
		await used.cloud.stopBroker();
		await client.closed;
		await assert.rejects(connect("mote-1"));
		await used.cloud.startBroker();
		assert.equal(used.cloud.webSocketPort, port);
		await (await open()).disconnect();
	});
});

describe("an embedded cloud without a WebSocket", () => {
	const used = useCloud({ cloud: "cumulocity" });

	it("opens none that nobody asked for", () => {
		assert.deepEqual([used.cloud.webSocketPort, used.cloud.webSocketUrl], [0, undefined]);
	});

	it("opens none where certificates are demanded", async () => {
		const identitiesFolder = await temporaryFolder();
		await assert.rejects(
			EmbeddedCloud.start({ cloud: "sap", webSocket: true, identitiesFolder }),
			/wants certificates/,
		);
		await removeFolder(identitiesFolder);
	});
});
