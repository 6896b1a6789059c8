// SAP's tutorials "Send Commands with MQTT" and "Send Data with MQTT", and the guide that does it in Python,
// from their first step to the last: against the stand-in, by curl and openssl. What is sent is the
// tutorials' own text; what a cockpit is clicked for goes by the interface.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { startProgram } from "../e2e/cli.js";
import { OpensslMqtt } from "./openssl-mqtt.js";
import { curl, needs, run } from "./outside.js";

const LOGIN = { user: "jo", password: "their own", everywhere: true };

describe("peers: SAP's tutorials by curl and openssl", () => {
	let folder: string;
	let cloud: EmbeddedCloud;
	let mqtt: OpensslMqtt | undefined;
	/** Where the interface is: without a tenant as in the older tutorial, or with instance and tenant. */
	let api: string;

	before(function () {
		needs(this, "curl", "openssl");
		folder = mkdtempSync(join(tmpdir(), "mote-tutorials-"));
	});
	after(() => {
		if (folder !== undefined) rmSync(folder, { recursive: true });
	});
	beforeEach(async () => {
		cloud = await EmbeddedCloud.start({
			cloud: "sap",
			identitiesFolder: join(folder, "identities"),
			sap: { login: LOGIN, ackShape: "object" },
		});
		api = `${cloud.operatorUrl}/iot/core/api/v1`;
	});
	afterEach(async () => {
		mqtt?.close();
		mqtt = undefined;
		await cloud?.close();
	});

	const path = (name: string) => join(folder, name);

	// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, as the tutorials show them
	async function ask(rest: string, body?: string): Promise<any> {
		const login = `${LOGIN.user}:${LOGIN.password}`;
		const { status, text } = await curl(`${api}/${rest}`, { login, ...(body === undefined ? {} : { body }) });
		assert.equal(status, 200, text);
		return JSON.parse(text);
	}

	/** "Generate the Device Certificate": the file, and the secret to note down. */
	async function certificate(device: string): Promise<string> {
		const { secret, pem } = await ask(`devices/${device}/authentications/clientCertificate/pem`);
		writeFileSync(path("certificate.pem"), pem);
		return secret;
	}

	const openssl = (secret: string, ...args: string[]) =>
		run("openssl", args, { cwd: folder, env: { SECRET: secret } });

	/** What Paho does with its key store: the identity without the secret. */
	async function keyStore(secret: string): Promise<string> {
		const both = ["-passin", "env:SECRET", "-passout", "env:SECRET"];
		const source = ["-in", "certificate.pem", "-inkey", "certificate.pem"];
		await openssl(secret, "pkcs12", "-export", ...source, "-out", "client.ks", ...both);
		await openssl(
			secret,
			"pkcs12",
			"-in",
			"client.ks",
			"-nodes",
			"-passin",
			"env:SECRET",
			"-out",
			"client.pem",
		);
		return path("client.pem");
	}

	function client(identity: string | undefined): OpensslMqtt {
		mqtt = new OpensslMqtt({ port: cloud.port, ca: path("identities/ca.pem"), identity });
		return mqtt;
	}

	it("Send Commands with MQTT", async () => {
		// Step 1: create a capability.
		const capability = await ask(
			"capabilities",
			`{
    "name": "MyCapability",
      "properties": [
        {
          "name" : "LED",
          "dataType" : "boolean"
        },
        {
          "name" : "Buzzer",
          "dataType" : "boolean"
        },
        {
          "name" : "Speed",
          "dataType" : "float",
          "unitOfMeasure" : "mph"
        }
      ]
    }`,
		);
		assert.deepEqual(Object.keys(capability), ["id", "name", "alternateId", "properties"]);
		assert.deepEqual(capability.properties[2], {
			...{ name: "Speed", dataType: "float", unitOfMeasure: "mph" },
			formatter: { scale: 0, shift: 0, swap: false },
		});

		// Step 2: create a sensor type.
		const type = await ask(
			"sensorTypes",
			`{
      "capabilities": [
        {
          "id": "${capability.id}",
          "type": "command"
        }
      ],
      "name": "MySensorType"
    }`,
		);
		assert.deepEqual(type.capabilities, [{ id: capability.id, type: "command" }]);

		// Step 3: create an MQTT device.
		const gateways: { id: string; name: string }[] = await ask("gateways");
		const gateway = gateways.find(({ name }) => name === "IoT Gateway MQTT");
		const device = await ask(
			"devices",
			`{
    	"gatewayId" : "${gateway?.id}",
    	"name": "MyDevice"
    }`,
		);
		assert.equal(device.status, "fullyFunctional");
		assert.deepEqual(device.authentications, [{ type: "clientCertificate" }]);

		// Step 4: create a sensor.
		const sensor = await ask(
			"sensors",
			`{
      "deviceId": "${device.id}",
      "name": "MySensor",
      "sensorTypeId": "${type.id}"
    }`,
		);
		assert.deepEqual([device.id, device.sensors[0].id, sensor.id], ["5", "10", "11"], "the tutorial's ids");

		// Step 5: generate the device certificate.
		const identity = await keyStore(await certificate(device.id));

		// Step 6: send commands. First the client connects and subscribes.
		const paho = client(identity);
		assert.equal(await paho.connect(device.alternateId), 0);
		assert.equal(await paho.subscribe(`commands/${device.alternateId}`), 0);
		const issued = await ask(
			`devices/${device.id}/commands`,
			`{
        "sensorId": "${sensor.id}",
        "capabilityId": "${capability.id}",
        "command": {
            "LED": "true",
            "Buzzer": "true",
            "Speed": "50.0"
        }
    }`,
		);
		assert.deepEqual(issued, { message: "Command issued successfully." });
		assert.deepEqual(await paho.message(), {
			topic: `commands/${device.alternateId}`,
			text: `{"sensorAlternateId":"${sensor.alternateId}","capabilityAlternateId":"${capability.alternateId}","command":{"LED":"true","Buzzer":"true","Speed":50.0}}`,
		});
		await paho.disconnect();
	});

	/** The model of "Send Data with MQTT", steps 1 to 4. */
	async function dataModel(): Promise<{ deviceId: string; capabilityId: string }> {
		api = `${cloud.operatorUrl}/instance/iot/core/api/v1/tenant/1`;
		const properties = [{ name: "temperature", dataType: "float", unitOfMeasure: "Celsius" }];
		const entity = { name: "MyCapability", alternateId: "2345", properties };
		const { id: capabilityId } = await ask("capabilities", JSON.stringify(entity));
		const uses = [{ id: capabilityId, type: "measure" }];
		const { id: sensorTypeId } = await ask(
			"sensorTypes",
			JSON.stringify({ name: "MySensorType", capabilities: uses }),
		);
		const device = { name: "MyDevice", gatewayId: "2", alternateId: "22334455" };
		const { id: deviceId } = await ask("devices", JSON.stringify(device));
		await ask("sensors", JSON.stringify({ name: "MySensor", alternateId: "5432", deviceId, sensorTypeId }));
		return { deviceId, capabilityId };
	}

	it("Send Data with MQTT, and the measures read back", async () => {
		const { deviceId, capabilityId } = await dataModel();
		const identity = await keyStore(await certificate(deviceId));
		const paho = client(identity);
		assert.equal(await paho.connect("22334455"), 0);
		assert.equal(await paho.subscribe("ack/22334455"), 0);
		for (const message of [
			'{ "capabilityAlternateId": "2345", "sensorAlternateId": "5432", "measures": [["25"]] }',
			'{ "capabilityAlternateId": "2345", "sensorAlternateId": "5432", "measures": [{"temperature": "26"}] }',
		]) {
			await paho.publish("measures/22334455", message);
			const { topic, text } = await paho.message();
			assert.equal(topic, "ack/22334455");
			assert.deepEqual(JSON.parse(text), {
				capabilityAlternateId: "2345",
				sensorAlternateId: "5432",
				code: 202,
			});
		}
		await paho.publish(
			"measures/22334455",
			'{ "capabilityAlternateId": "2345", "sensorAlternateId": "54321", "measures": [["27"]] }',
		);
		const refused = JSON.parse((await paho.message()).text);
		assert.deepEqual([refused.code, refused.messages], [400, ["unknown sensor 54321"]]);
		await paho.disconnect();

		const read: { capabilityId: string; measure: object }[] = await ask(`devices/${deviceId}/measures`);
		assert.deepEqual(
			read.map(({ capabilityId, measure }) => [capabilityId, measure]),
			[25, 26].map((temperature) => [capabilityId, { temperature }]),
		);
		// "Consume Measures": the message processing interface.
		api = `${cloud.operatorUrl}/iot/processing/api/v1/tenant/1`;
		const top = `filter=deviceId%20eq%20'${deviceId}'&orderby=timestamp%20desc&top=1`;
		const [newest] = await ask(`measures/capabilities/${capabilityId}?${top}`);
		assert.equal(newest.deviceId, deviceId);
		assert.ok([25, 26].includes(newest.measure.temperature));
	});

	it("MQTT from Python: the file without its secret", async () => {
		const { deviceId } = await dataModel();
		const secret = await certificate(deviceId);
		await openssl(secret, "rsa", "-in", "certificate.pem", "-out", "private.key", "-passin", "env:SECRET");
		const x509 = ["-inform", "PEM", "-in", "certificate.pem", "-outform", "PEM", "-out", "certificate.crt"];
		await openssl(secret, "x509", ...x509);
		const parts = ["private.key", "certificate.crt"].map((name) => readFileSync(path(name), "utf8"));
		writeFileSync(path("newcert.pem"), parts.join(""));

		const python = client(path("newcert.pem"));
		assert.equal(await python.connect("22334455"), 0);
		await python.subscribe("ack/22334455");
		await python.publish(
			"measures/22334455",
			'{ "capabilityAlternateId": "2345", "sensorAlternateId": "5432", "measures": [{"temperature": "31"}] }',
		);
		assert.equal(JSON.parse((await python.message()).text).code, 202);
		await python.disconnect();
	});

	it("lets in neither another device nor one without its certificate", async () => {
		const { deviceId } = await dataModel();
		const identity = await keyStore(await certificate(deviceId));
		assert.equal(await client(identity).connect("22334456"), 3);
		mqtt?.close();
		await assert.rejects(client(undefined).connect("22334455"), /has ended without a connack/);
	});

	it("hands out what import-sap takes, as PEM and as PKCS#12", async () => {
		const { deviceId } = await dataModel();
		for (const form of ["pem", "p12"]) {
			const issued = await ask(`devices/${deviceId}/authentications/clientCertificate/${form}`);
			const file = path(`22334455-device_certificate.${form}`);
			writeFileSync(file, form === "pem" ? issued.pem : Buffer.from(issued.p12, "base64"));
			if (form === "p12")
				await openssl(issued.secret, "pkcs12", "-in", file, "-nodes", "-passin", "env:SECRET");
			const args = ["import-sap", file, "--folder", path(form)];
			const { code, out, err } = await startProgram("certs/cli.ts", args, { MOTE_SECRET: issued.secret })
				.ended;
			assert.equal(code, 0, err);
			assert.match(out, /22334455/);
			assert.ok(!`${out}${err}`.includes(issued.secret));
			const key = readFileSync(path(`${form}/devices/22334455/key.pem`), "utf8");
			assert.match(key, /^-----BEGIN PRIVATE KEY-----/);
		}
	});

	it("turns away who does not log in", async () => {
		for (const login of [undefined, "jo:wrong"]) {
			const { status, text } = await curl(`${api}/gateways`, login === undefined ? {} : { login });
			assert.equal(status, 401);
			assert.equal(JSON.parse(text).error, "unauthorized");
		}
	});
});
