// The SAP IoT stand-in: certificates, topics, measures in both forms, acknowledgements and commands.
import assert from "node:assert/strict";
import { mock } from "node:test";
import { turns } from "../../support/waiting.js";
import { ask, connectDevice, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const T0 = Date.UTC(2026, 10, 20, 10);
const HEAD = { capabilityAlternateId: "mote-measures", sensorAlternateId: "mote-sensor" };
const SAMPLE = { temperature: 20.5, led: 50, buzzer: 440, speed: 7.25 };

describe("the SAP IoT stand-in", () => {
	const used = useCloud({ cloud: "sap" });
	let client: RawClient;
	const device = "mote-1";

	const api = (rest: string): string => `${used.cloud.operatorUrl}/iot/core/api/v1/${rest}`;

	/** Publishes measures and returns the acknowledgement. */
	async function send(message: unknown): Promise<unknown> {
		const text = typeof message === "string" ? message : JSON.stringify(message);
		await client.publish(`measures/${device}`, text);
		return JSON.parse((await client.message(`ack/${device}`)).text);
	}

	const values = (): unknown[] =>
		used.cloud.stored(device).map(({ series, value, unit, time }) => [series, value, unit, time]);

	beforeEach(async () => {
		client = await openDevice(used.cloud, device);
		assert.equal(await client.subscribe(`ack/${device}`), 1);
		assert.equal(await client.subscribe(`commands/${device}`), 1);
	});

	it("answers 3 when the certificate is another device's", async () => {
		const identity = await used.cloud.device(device);
		const { client: other, code } = await connectDevice(used.cloud, "mote-2", { identity });
		assert.equal(code, 3);
		await other.closed;
	});

	it("lets a device use its own topics only", async () => {
		for (const topic of ["ack/other", "commands/other", "commands/#", `measures/${device}`]) {
			assert.equal(await client.subscribe(topic), 0x80, topic);
		}
		const intruder = await openDevice(used.cloud, "mote-2");
		intruder.throw(`measures/${device}`, JSON.stringify({ ...HEAD, measures: [SAMPLE] }));
		await intruder.closed;
		assert.equal(used.cloud.stored(device).length, 0);
	});

	it("takes samples as objects, with native and with text values", async () => {
		const message = { ...HEAD, timestamp: T0, measureMessageId: "m-1", measures: [SAMPLE] };
		assert.deepEqual(await send(message), [{ id: "m-1", code: 202 }]);
		assert.deepEqual(
			await send({ ...HEAD, timestamp: "2026-11-20T10:00:00.000Z", measures: [{ led: "7" }] }),
			[{ code: 202 }],
		);
		assert.deepEqual(values(), [
			["temperature", 20.5, "°C", T0],
			["led", 50, "%", T0],
			["buzzer", 440, "Hz", T0],
			["speed", 7.25, "rpm", T0],
			["led", 7, "%", T0],
		]);
		assert.equal(used.cloud.measurePublishes(device), 2);
	});

	it("takes samples as arrays in the order of the properties, several at once, and a flat one", async () => {
		assert.deepEqual(
			await send({
				...HEAD,
				timestamp: T0,
				measures: [
					[1, 2, 3, 4],
					["5", "6", "7", "8"],
				],
			}),
			[{ code: 202 }],
		);
		await send({ ...HEAD, timestamp: T0, measures: [9, 10, 11, 12] });
		assert.deepEqual(
			used.cloud.stored(device).map(({ value }) => value),
			[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
		);
	});

	it("stamps measures without a time with their arrival", async () => {
		const before = Date.now();
		await send({ ...HEAD, measures: [SAMPLE] });
		const time = used.cloud.stored(device)[0]?.time ?? 0;
		assert.ok(time >= before && time <= Date.now());
	});

	it("acknowledges in the shape of a single object, too", async () => {
		used.cloud.sap.ackShape = "object";
		assert.deepEqual(await send({ ...HEAD, measureMessageId: "m-1", measures: [SAMPLE] }), {
			...HEAD,
			code: 202,
		});
		const refused = (await send({ ...HEAD, measures: [] })) as Record<string, unknown>;
		assert.deepEqual({ ...refused, messages: undefined }, { ...HEAD, code: 400, messages: undefined });
	});

	it("acknowledges each message of a batch", async () => {
		const good = { ...HEAD, timestamp: T0, measures: [SAMPLE] };
		const acks = (await send([
			{ ...good, measureMessageId: 1 },
			{ ...good, sensorAlternateId: "x" },
		])) as object[];
		assert.deepEqual(acks[0], { id: 1, code: 202 });
		assert.deepEqual(acks[1], { code: 400, messages: ["unknown sensor x"] });
		assert.equal(used.cloud.measurePublishes(device), 1);
	});

	const refused: [string, unknown, RegExp][] = [
		["what is not JSON", "{", /not JSON/],
		["what is not an object", "7", /not a JSON object/],
		[
			"a missing capability",
			{ ...HEAD, capabilityAlternateId: undefined, measures: [SAMPLE] },
			/capabilityAlternateId/,
		],
		["a missing sensor", { ...HEAD, sensorAlternateId: undefined, measures: [SAMPLE] }, /sensorAlternateId/],
		["missing measures", HEAD, /measures/],
		["empty measures", { ...HEAD, measures: [] }, /measures/],
		[
			"an unknown capability",
			{ ...HEAD, capabilityAlternateId: "other", measures: [SAMPLE] },
			/unknown capability other/,
		],
		[
			"a capability that is no measure",
			{ ...HEAD, capabilityAlternateId: "mote-commands", measures: [SAMPLE] },
			/mote-commands is no measure of sensor mote-sensor/,
		],
		[
			"an unknown sensor type",
			{ ...HEAD, sensorTypeAlternateId: "77", measures: [SAMPLE] },
			/unknown sensor type "77"/,
		],
		[
			"a new sensor with too long a name",
			{ ...HEAD, sensorAlternateId: "x".repeat(65), sensorTypeAlternateId: "4", measures: [SAMPLE] },
			/more than 64 characters/,
		],
		["an unknown sensor", { ...HEAD, sensorAlternateId: "other", measures: [SAMPLE] }, /unknown sensor/],
		[
			"an unknown property",
			{ ...HEAD, measures: [SAMPLE, { Temperature: 1 }] },
			/unknown property Temperature/,
		],
		["text for a number", { ...HEAD, measures: [{ temperature: "warm" }] }, /cannot be converted to double/],
		["a fraction for an integer", { ...HEAD, measures: [{ led: 1.5 }] }, /cannot be converted to integer/],
		[
			"an integer out of range",
			{ ...HEAD, measures: [{ led: 2147483648 }] },
			/cannot be converted to integer/,
		],
		["null", { ...HEAD, measures: [{ led: null }] }, /cannot be converted/],
		["too few columns", { ...HEAD, measures: [[1, 2, 3]] }, /3 columns instead of 4/],
		["a bad timestamp", { ...HEAD, timestamp: 1.5, measures: [SAMPLE] }, /timestamp/],
		["an empty sample", { ...HEAD, measures: [{}] }, /no values/],
	];
	for (const [name, message, text] of refused) {
		it(`refuses ${name}`, async () => {
			const [ack] = (await send(message)) as [{ code: number; messages: string[] }];
			assert.equal(ack.code, 400);
			assert.match(ack.messages.join(), text);
			assert.equal(used.cloud.stored(device).length, 0);
			assert.equal(used.cloud.measurePublishes(device), 0);
		});
	}

	it("creates an unknown sensor of a known type", async () => {
		const message = { ...HEAD, sensorAlternateId: "second", sensorTypeAlternateId: "4", measures: [SAMPLE] };
		assert.deepEqual(await send(message), [{ code: 202 }]);
		const { body } = await ask(api("sensors?filter=alternateId%20eq%20'second'"));
		assert.equal(body.length, 1);
	});

	it("can lose, delay and refuse acknowledgements", async () => {
		const good = { ...HEAD, timestamp: T0, measures: [{ led: 1 }] };
		const { faults } = used.cloud.sap;
		faults.dropAcks = 1;
		await client.publish(`measures/${device}`, JSON.stringify(good));
		faults.refuse = 1;
		const [ack] = (await send({ ...good, measureMessageId: "second" })) as [object];
		assert.deepEqual(ack, { id: "second", code: 500, messages: ["refused"] });
		faults.ackDelay = 30;
		mock.timers.enable({ apis: ["setTimeout"] });
		try {
			const answer = send(good);
			while (used.cloud.duplicates(device) < 1) await turns(1);
			mock.timers.tick(30);
			assert.deepEqual(await answer, [{ code: 202 }]);
		} finally {
			mock.timers.reset();
		}
		faults.ackDelay = 0;
		assert.equal(used.cloud.stored(device).length, 2);
		assert.equal(used.cloud.duplicates(device), 1);
	});

	it("answers the management interface, with and without instance and tenant", async () => {
		const devices = (await ask(api(`devices?filter=alternateId%20eq%20'${device}'`))).body;
		assert.equal(devices.length, 1);
		const [{ id, online, sensors }] = devices;
		assert.equal(online, true);
		assert.equal(sensors[0].alternateId, "mote-sensor");
		const other = `${used.cloud.operatorUrl}/instance/iot/core/api/v1/tenant/1/devices/${id}`;
		assert.equal((await ask(other)).body.alternateId, device);
		const capabilities = (await ask(api("capabilities"))).body;
		assert.deepEqual(capabilities[0].properties[0], {
			name: "temperature",
			dataType: "double",
			unitOfMeasure: "°C",
			formatter: { scale: 0, shift: 0, swap: false },
		});
		const [type] = (await ask(api("sensorTypes"))).body;
		assert.deepEqual(
			type.capabilities.map((capability: { type: string }) => capability.type),
			["measure", "command"],
		);
		assert.deepEqual(
			(await ask(api("gateways"))).body.map((gateway: { id: string }) => gateway.id),
			["2", "3"],
		);
		await send({ ...HEAD, timestamp: T0, measures: [{ led: 1 }] });
		await send({ ...HEAD, timestamp: T0 + 1000, measures: [{ led: 2 }] });
		const measures = (await ask(api(`devices/${id}/measures?orderby=timestamp%20desc&top=1`))).body;
		assert.deepEqual(
			measures.map(({ measure }: { measure: object }) => measure),
			[{ led: 2 }],
		);
		assert.equal((await ask(api("devices/none/measures"))).status, 404);
	});

	it("coerces commands as the service does and publishes them once", async () => {
		const [{ id, sensors }] = (await ask(api(`devices?filter=alternateId%20eq%20'${device}'`))).body;
		const capabilities = (await ask(api("capabilities"))).body;
		const post = (body: object) => ask(api(`devices/${id}/commands`), { method: "POST", body });
		const ids = { sensorId: sensors[0].id, capabilityId: capabilities[1].id };
		const issued = await post({ ...ids, command: { LED: "true", Buzzer: false, Speed: "50.0" } });
		assert.deepEqual(issued, { status: 200, body: { message: "Command issued successfully." } });
		assert.equal(
			(await client.message(`commands/${device}`)).text,
			'{"sensorAlternateId":"mote-sensor","capabilityAlternateId":"mote-commands","command":{"LED":"true","Buzzer":false,"Speed":50.0}}',
		);
		const wrong = [
			{ ...ids, command: { LED: "maybe" } },
			{ ...ids, command: { Speed: "fast" } },
			{ ...ids, command: { Led: "true" } },
			{ ...ids, command: "led on" },
			{ ...ids, sensorId: "0", command: {} },
			{ ...ids, capabilityId: capabilities[0].id, command: {} },
		];
		for (const body of wrong) assert.equal((await post(body)).status, 400);
		await client.ping();
		assert.deepEqual(client.pending(`commands/${device}`), []);
	});

	it("drops a command for an absent device", async () => {
		const [{ id, sensors }] = (await ask(api(`devices?filter=alternateId%20eq%20'${device}'`))).body;
		const capabilities = (await ask(api("capabilities"))).body;
		const body = { sensorId: sensors[0].id, capabilityId: capabilities[1].id, command: { Command: "x" } };
		await client.disconnect();
		await used.cloud.whenDisconnected(device);
		assert.equal((await ask(api(`devices/${id}/commands`), { method: "POST", body })).status, 200);
		client = await openDevice(used.cloud, device);
		await client.subscribe(`commands/${device}`);
		await client.ping();
		assert.deepEqual(client.pending(`commands/${device}`), []);
	});

	it("turns command texts into members of the capability", async () => {
		const texts: [string, object][] = [
			["led on", { LED: "true" }],
			["buzzer off", { Buzzer: "false" }],
			["speed 12.5", { Speed: 12.5 }],
			["speed stop", { Speed: 0 }],
			["led 50", { Command: "led 50" }],
			['say "x"', { Command: 'say "x"' }],
		];
		for (const [text, command] of texts) {
			assert.equal(await used.cloud.sendCommand(device, text), undefined);
			assert.deepEqual(JSON.parse((await client.message(`commands/${device}`)).text).command, command);
		}
	});
});

describe("the SAP IoT stand-in with a property of type date", () => {
	const used = useCloud({
		cloud: "sap",
		sap: {
			keepCommands: true,
			model: {
				sensorAlternateId: "s",
				measureCapability: {
					alternateId: "c",
					name: "dated",
					properties: [
						{ name: "at", dataType: "date" },
						{ name: "on", dataType: "boolean" },
						{ name: "note", dataType: "string" },
					],
				},
				commandCapability: {
					alternateId: "k",
					name: "k",
					properties: [{ name: "Command", dataType: "string" }],
				},
			},
		},
	});

	it("takes the time of each sample from it", async () => {
		const client = await openDevice(used.cloud, "mote-1");
		await client.subscribe("ack/mote-1");
		const measures = [
			["2026-11-20T10:00:00.000Z", "true", "a"],
			["2026-11-20T11:00:01.000+01:00", false, "b"],
		];
		const head = { capabilityAlternateId: "c", sensorAlternateId: "s" };
		await client.publish("measures/mote-1", JSON.stringify({ ...head, measures }));
		assert.equal((await client.message("ack/mote-1")).text, '[{"code":202}]');
		assert.deepEqual(
			used.cloud.stored("mote-1").map(({ series, value, time }) => [series, value, time]),
			[
				["on", 1, T0],
				["on", 0, T0 + 1000],
			],
		);
		await client.publish(
			"measures/mote-1",
			JSON.stringify({ ...head, measures: [{ at: "2026-11-31T00:00:00Z" }] }),
		);
		assert.match((await client.message("ack/mote-1")).text, /cannot be converted to date/);
		await client.disconnect();
	});

	it("keeps a hundred commands for an absent device, the newest", async () => {
		const { sap } = used.cloud;
		const target = sap.model.ensure("mote-1");
		const [sensor] = target.sensors;
		const [capability] = sap.model.capabilitiesOf(sensor?.sensorTypeId ?? "", "command");
		assert.ok(sensor && capability);
		for (let at = 1; at <= 102; at++) sap.sendToDevice(target, sensor, capability, { Command: `led ${at}` });
		const client = await openDevice(used.cloud, "mote-1");
		await client.subscribe("commands/mote-1");
		await client.ping();
		const texts = client.pending("commands/mote-1").map((text) => JSON.parse(text).command.Command);
		assert.deepEqual([texts.length, texts[0], texts[99]], [100, "led 3", "led 102"]);
		await client.disconnect();
	});
});
