// The device model that operators of the SAP IoT stand-in make: what they are answered, and what a device
// can do with it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { MOST } from "../../../host-sim/cloud/sap/entities.js";
import { DEFAULT_LOGIN } from "../../../host-sim/cloud/sap/login.js";
import { type Answer, ask, openDevice, useCloud } from "./fixture.js";

const authorization = `Basic ${Buffer.from(`${DEFAULT_LOGIN.user}:${DEFAULT_LOGIN.password}`).toString("base64")}`;
const HEX = /^[0-9a-f]{16}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SPEED = { name: "Speed", dataType: "float", unitOfMeasure: "mph" };
const CAPABILITY = { name: "MyCapability", properties: [{ name: "LED", dataType: "boolean" }, SPEED] };

describe("the device model that SAP IoT's operators make", () => {
	const used = useCloud({ cloud: "sap" });

	const call = (path: string, body?: unknown): Promise<Answer> =>
		ask(`${used.cloud.operatorUrl}/iot/core/api/v1/${path}`, {
			...(body === undefined ? {} : { method: "POST", body }),
			headers: { authorization },
		});
	// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
	async function make(path: string, body: unknown): Promise<any> {
		const answer = await call(path, body);
		assert.equal(answer.status, 200, JSON.stringify(answer.body));
		return answer.body;
	}

	/** A device `d` with a sensor `s` of a type that measures `c` and takes `c` as a command. */
	async function makeAll() {
		const capability = await make("capabilities", { ...CAPABILITY, alternateId: "c" });
		const uses = ["measure", "command"].map((type) => ({ id: capability.id, type }));
		const type = await make("sensorTypes", { name: "t", alternateId: "77", capabilities: uses });
		const device = await make("devices", { gatewayId: "2", name: "MyDevice", alternateId: "d" });
		const entity = { deviceId: device.id, sensorTypeId: type.id, name: "MySensor", alternateId: "s" };
		return { capability, type, device, sensor: await make("sensors", entity) };
	}

	it("answers as the documents show", async () => {
		const capability = await make("capabilities", CAPABILITY);
		assert.match(capability.id, UUID);
		assert.match(capability.alternateId, HEX);
		const formatter = { scale: 0, shift: 0, swap: false };
		assert.deepEqual(
			{ ...capability, id: 0, alternateId: 0 },
			{
				...CAPABILITY,
				id: 0,
				alternateId: 0,
				properties: [CAPABILITY.properties[0], { ...SPEED, formatter }],
			},
		);
		const uses = [{ id: capability.id, type: "COMMAND" }];
		const type = await make("sensorTypes", { name: "MySensorType", capabilities: uses });
		assert.match(type.id, UUID);
		assert.deepEqual(
			{ ...type, id: 0 },
			{
				id: 0,
				alternateId: "5",
				name: "MySensorType",
				capabilities: [{ id: capability.id, type: "command" }],
			},
		);
		const device = await make("devices", { gatewayId: "2", name: "MyDevice" });
		assert.match(device.alternateId, HEX);
		assert.ok(Math.abs(device.creationTimestamp - Date.now()) < 60_000);
		assert.deepEqual(
			{ ...device, alternateId: 0, creationTimestamp: 0 },
			{
				id: "5",
				gatewayId: "2",
				name: "MyDevice",
				alternateId: 0,
				creationTimestamp: 0,
				status: "fullyFunctional",
				online: false,
				sensors: [
					{ id: "10", deviceId: "5", sensorTypeId: "0", name: "Sensor: 0:0:0:0", alternateId: "0:0:0:0" },
				],
				authentications: [{ type: "clientCertificate" }],
			},
		);
		const sensor = await make("sensors", { deviceId: "5", name: "MySensor", sensorTypeId: type.id });
		assert.match(sensor.alternateId, HEX);
		assert.deepEqual(
			{ ...sensor, alternateId: 0 },
			{ id: "11", deviceId: "5", sensorTypeId: type.id, name: "MySensor", alternateId: 0 },
		);
		for (const [path, entity] of [
			["capabilities", capability],
			["sensorTypes", type],
			["sensors", sensor],
		] as const) {
			assert.deepEqual((await call(`${path}/${entity.id}`)).body, entity);
			const listed = (await call(`${path}?filter=alternateId%20eq%20'${entity.alternateId}'`)).body;
			assert.deepEqual(listed, [entity]);
		}
		assert.deepEqual((await call("devices/5")).body.sensors.at(-1), sensor);
		assert.equal((await call("gateways/2")).body.protocolId, "mqtt");
	});

	it("is what the device's measures are held against, and they can be read back", async () => {
		const { capability, device, sensor, type } = await makeAll();
		const client = await openDevice(used.cloud, "d");
		await client.subscribe("ack/d");
		const send = async (message: object) => {
			await client.publish("measures/d", JSON.stringify(message));
			return JSON.parse((await client.message("ack/d")).text)[0];
		};
		const good = { capabilityAlternateId: "c", sensorAlternateId: "s", measures: [{ Speed: "2.5" }] };
		const { code, messages } = await send({ ...good, capabilityAlternateId: "mote-measures" });
		assert.deepEqual([code, messages], [400, ["capability mote-measures is no measure of sensor s"]]);
		const untyped = await send({ ...good, sensorAlternateId: "0:0:0:0" });
		assert.deepEqual(untyped.messages, ["capability c is no measure of sensor 0:0:0:0"]);
		assert.deepEqual((await send({ ...good, sensorAlternateId: "mote-sensor" })).messages, [
			"unknown sensor mote-sensor",
		]);
		assert.deepEqual(await send({ ...good, timestamp: 1000 }), { code: 202 });
		const made = { ...good, sensorAlternateId: "s2", sensorTypeAlternateId: "77", timestamp: 2000 };
		assert.deepEqual(await send(made), { code: 202 });
		const nameless = { ...good, sensorAlternateId: undefined, sensorTypeAlternateId: "77", timestamp: 3000 };
		assert.deepEqual(await send(nameless), { code: 202 });

		const measure = {
			deviceId: device.id,
			sensorId: sensor.id,
			sensorTypeId: type.id,
			sensorAlternateId: "s",
			capabilityAlternateId: "c",
			capabilityId: capability.id,
			timestamp: "1970-01-01T00:00:01.000Z",
			measure: { Speed: 2.5 },
		};
		const later = { ...measure, timestamp: "1970-01-01T00:00:03.000Z" };
		assert.deepEqual((await call(`sensors/${sensor.id}/measures`)).body, [measure, later]);
		const filter = `filter=sensorAlternateId eq 's' and capabilityId eq '${capability.id}'&top=1`;
		assert.deepEqual((await call(encodeURI(`devices/${device.id}/measures?${filter}`))).body, [measure]);
		const processing = `${used.cloud.operatorUrl}/i/iot/processing/api/v1/tenant/1/measures/capabilities`;
		const newest = `${processing}/${capability.id}?orderby=timestamp%20desc&filter=deviceId%20eq%20'${device.id}'`;
		const { body } = await ask(newest);
		assert.deepEqual(
			body.map((one: { timestamp: string }) => one.timestamp),
			[3, 2, 1].map((second) => `1970-01-01T00:00:0${second}.000Z`),
		);
		assert.deepEqual(body[0], later);
		assert.equal((await ask(`${processing}/none`)).status, 404);
		await client.disconnect();
	});

	it("is what commands are held against", async () => {
		const { capability, device, sensor } = await makeAll();
		const client = await openDevice(used.cloud, "d");
		await client.subscribe("commands/d");
		const ids = { sensorId: sensor.id, capabilityId: capability.id };
		const command = { LED: "true", Speed: "50.0" };
		const answer = await call(`devices/${device.id}/commands`, { ...ids, command });
		assert.deepEqual(answer.body, { message: "Command issued successfully." });
		assert.equal(
			(await client.message("commands/d")).text,
			'{"sensorAlternateId":"s","capabilityAlternateId":"c","command":{"LED":"true","Speed":50.0}}',
		);
		const own = await used.cloud.sap.issueCommand("d", "led on");
		assert.equal(own, undefined);
		assert.match((await client.message("commands/d")).text, /"sensorAlternateId":"s"/);
		const [untyped] = device.sensors;
		for (const [body, words] of [
			[{ ...ids, command: undefined }, /JSON object/],
			[{ ...ids, sensorId: untyped.id, command }, /sensor 10 has no command with the id/],
			[{ ...ids, sensorId: undefined, command }, /sensorId is missing/],
			[{ ...ids, command, more: 1 }, /member "more"/],
		] as const) {
			const refused = await call(`devices/${device.id}/commands`, body);
			assert.equal(refused.status, 400);
			assert.match(refused.body.message, words);
		}
		await client.disconnect();
	});

	it("lets nobody take an alternateId twice, the node's own included", async () => {
		const { type, device, capability } = await makeAll();
		used.cloud.sap.model.ensure("mote-1");
		const uses = [{ id: capability.id, type: "measure" }];
		for (const [path, body] of [
			["capabilities", { ...CAPABILITY, alternateId: "c" }],
			["capabilities", { ...CAPABILITY, alternateId: "mote-measures" }],
			["sensorTypes", { name: "t", alternateId: "77", capabilities: uses }],
			["sensorTypes", { name: "t", alternateId: "4", capabilities: uses }],
			["devices", { gatewayId: "2", name: "d", alternateId: "d" }],
			["devices", { gatewayId: "2", name: "d", alternateId: "mote-1" }],
			["sensors", { deviceId: device.id, sensorTypeId: type.id, name: "s", alternateId: "s" }],
		] as const) {
			const { status, body: answer } = await call(path, body);
			assert.deepEqual([path, status, answer.error], [path, 409, "conflict"]);
			assert.match(answer.message, /there is already a .* with the alternateId "/);
		}
		const second = await make("devices", { gatewayId: "2", name: "other" });
		const entity = { deviceId: second.id, sensorTypeId: type.id, name: "s", alternateId: "s" };
		assert.equal((await make("sensors", entity)).deviceId, second.id);
	});

	it("has an end", async () => {
		const { model } = used.cloud.sap;
		const { device, type } = await makeAll();
		const known = model.deviceById(device.id);
		for (let at = known?.sensors.length ?? 0; at < MOST.sensors; at++)
			await make("sensors", { deviceId: device.id, sensorTypeId: type.id, name: "s" });
		const one = await call("sensors", { deviceId: device.id, sensorTypeId: type.id, name: "s" });
		assert.deepEqual([one.status, one.body.error], [409, "conflict"]);
		assert.match(one.body.message, /there are 100 sensors of device 5 already/);
		const client = await openDevice(used.cloud, "d");
		await client.subscribe("ack/d");
		const measures = [{ Speed: 1 }];
		const message = {
			capabilityAlternateId: "c",
			sensorAlternateId: "n",
			sensorTypeAlternateId: "77",
			measures,
		};
		await client.publish("measures/d", JSON.stringify(message));
		assert.match((await client.message("ack/d")).text, /"code":400.*100 sensors of device 5/);
		await client.disconnect();

		const free = () => randomBytes(8).toString("hex");
		const fill = [
			["capabilities", model.capabilities, MOST.capabilities, () => model.addCapability({ ...capability() })],
			[
				"sensorTypes",
				model.sensorTypes,
				MOST.sensorTypes,
				() => model.addSensorType({ name: "t", capabilities: [] }),
			],
			["devices", model.devices, MOST.devices, () => model.addDevice({ name: free() })],
		] as const;
		for (const [what, kept, most, add] of fill) {
			const count = () => ("size" in kept ? kept.size : kept.length);
			while (count() < most) add();
			assert.throws(add, { status: 409, message: /there are 1000 .* already/ }, what);
			assert.equal(count(), most);
		}
	});

	const capability = () => ({ name: "x", properties: [] });
});
