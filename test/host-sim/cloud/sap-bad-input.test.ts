// What operators of the SAP IoT stand-in send wrongly: each is refused in a sentence, and nothing is made.
import assert from "node:assert/strict";
import { DEFAULT_LOGIN } from "../../../host-sim/cloud/sap/login.js";
import { type Answer, ask, useCloud } from "./fixture.js";

const { user, password } = DEFAULT_LOGIN;
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const many = <Item>(count: number, make: (at: number) => Item): Item[] =>
	Array.from({ length: count }, (_, at) => make(at));

const PROPERTY = { name: "p", dataType: "float" };
const CAPABILITY = { name: "c", properties: [PROPERTY] };
const property = (more: object) => ({ ...CAPABILITY, properties: [{ ...PROPERTY, ...more }] });
const USE = { id: "CAPABILITY", type: "measure" };
const TYPE = { name: "t", capabilities: [USE] };
const DEVICE = { gatewayId: "2", name: "d" };
const SENSOR = { deviceId: "5", sensorTypeId: "0", name: "s" };

/** Path, what is wrong, body, what the answer says; CAPABILITY stands for the id of one that is there. */
const WRONG: ReadonlyArray<readonly [path: string, what: string, body: unknown, words: RegExp]> = [
	...["capabilities", "sensorTypes", "devices", "sensors", "devices/5/commands"].flatMap(
		(path) =>
			[
				[path, "broken JSON", "{", /the body is not JSON/],
				[path, "JSON that nests too deep", `${"[".repeat(40)}${"]".repeat(40)}`, /nests deeper/],
				[path, "an array", [], /has to be a JSON object/],
				[path, "null", "null", /has to be a JSON object/],
				[path, "a foreign member", { nmae: 1 }, /has a member "nmae", which is none of /],
				[path, "an empty object", {}, /is missing or no /],
			] as const,
	),
	["capabilities", "no name", { ...CAPABILITY, name: undefined }, /name is missing or no text/],
	["capabilities", "a name that is a number", { ...CAPABILITY, name: 7 }, /name is missing or no text/],
	["capabilities", "an empty name", { ...CAPABILITY, name: "" }, /name is missing or no text/],
	["capabilities", "a long name", { ...CAPABILITY, name: "x".repeat(256) }, /more than 255 characters/],
	["capabilities", "a control character", { ...CAPABILITY, name: "a\nb" }, /name has a control character/],
	["capabilities", "a number as alternateId", { ...CAPABILITY, alternateId: 5 }, /alternateId is missing/],
	["capabilities", "a long alternateId", { ...CAPABILITY, alternateId: "x".repeat(65) }, /more than 64/],
	["capabilities", "no properties", { name: "c" }, /properties is missing or no filled array/],
	["capabilities", "empty properties", { ...CAPABILITY, properties: [] }, /no filled array/],
	["capabilities", "a property that is a text", { ...CAPABILITY, properties: ["p"] }, /a property has to be/],
	["capabilities", "a nameless property", property({ name: undefined }), /property's name is missing/],
	["capabilities", "a property without a type", property({ dataType: undefined }), /dataType of property p/],
	["capabilities", "an unknown type", property({ dataType: "int" }), /p is "int", which is none of integer/],
	["capabilities", "a unit that is none", property({ unitOfMeasure: 1 }), /unitOfMeasure of property p/],
	["capabilities", "a foreign word in a property", property({ unit: "C" }), /a property has a member "unit"/],
	[
		"capabilities",
		"a property twice",
		{ ...CAPABILITY, properties: [PROPERTY, PROPERTY] },
		/the property "p" is there twice/,
	],
	[
		"capabilities",
		"too many properties",
		{ ...CAPABILITY, properties: many(101, (at) => ({ ...PROPERTY, name: `p${at}` })) },
		/more than 100 elements/,
	],
	["sensorTypes", "no capabilities", { name: "t" }, /capabilities is missing or no filled array/],
	[
		"sensorTypes",
		"a capability as text",
		{ ...TYPE, capabilities: ["x"] },
		/capability has to be a JSON obj/,
	],
	[
		"sensorTypes",
		"an unknown capability",
		{ ...TYPE, capabilities: [{ ...USE, id: "none" }] },
		/there is no capability with the id "none"/,
	],
	["sensorTypes", "no use", { ...TYPE, capabilities: [{ id: "CAPABILITY" }] }, /neither measure nor command/],
	[
		"sensorTypes",
		"an unknown use",
		{ ...TYPE, capabilities: [{ ...USE, type: "event" }] },
		/type "event", which is neither measure nor command/,
	],
	["sensorTypes", "a use twice", { ...TYPE, capabilities: [USE, USE] }, /is there twice as measure/],
	["sensorTypes", "a word as alternateId", { ...TYPE, alternateId: "four" }, /whole number from 0 to/],
	["sensorTypes", "a leading zero", { ...TYPE, alternateId: "04" }, /whole number from 0 to/],
	["sensorTypes", "a number too large", { ...TYPE, alternateId: "2147483648" }, /whole number from 0 to/],
	["devices", "no gateway", { name: "d" }, /gatewayId is missing or no text/],
	["devices", "a gateway as number", { ...DEVICE, gatewayId: 2 }, /gatewayId is missing or no text/],
	["devices", "an unknown gateway", { ...DEVICE, gatewayId: "9" }, /no gateway with the id "9"/],
	["devices", "the REST gateway", { ...DEVICE, gatewayId: "3" }, /gateway 3 is listed only: .* take 2/],
	["devices", "a router", { ...DEVICE, authorizations: [{ type: "router" }] }, /not part of this stand-in/],
	...["/", "+", "#", "|"].map(
		(sign) =>
			[
				"devices",
				`${sign} in the alternateId`,
				{ ...DEVICE, alternateId: `a${sign}b` },
				/none of the/,
			] as const,
	),
	["sensors", "no device", { ...SENSOR, deviceId: undefined }, /deviceId is missing/],
	["sensors", "an unknown device", { ...SENSOR, deviceId: "6" }, /no device with the id "6"/],
	["sensors", "an unknown type", { ...SENSOR, sensorTypeId: "4" }, /no sensor type with the id "4"/],
	["sensors", "no name", { ...SENSOR, name: undefined }, /name is missing/],
];

describe("bad input of SAP IoT's operators", () => {
	const used = useCloud({ cloud: "sap" });
	const call = (path: string, body?: unknown, headers = {}): Promise<Answer> =>
		ask(`${used.cloud.operatorUrl}/iot/core/api/v1/${path}`, {
			...(body === undefined ? {} : { method: "POST", body }),
			headers: { authorization, ...headers },
		});
	const all = () => {
		const { capabilities, sensorTypes, devices, sensors } = used.cloud.sap.model;
		return [capabilities.length, sensorTypes.length, devices.size, sensors.length];
	};
	/** As an id that is there. */
	const known = (body: unknown): unknown => {
		const text = typeof body === "string" ? body : JSON.stringify(body);
		return text.replaceAll('"CAPABILITY"', JSON.stringify(used.cloud.sap.model.capabilities[0]?.id));
	};
	let before: number[];
	beforeEach(() => {
		used.cloud.sap.model.ensure("mote-1");
		before = all();
	});
	afterEach(() => assert.deepEqual(all(), before));

	for (const [path, what, body, words] of WRONG)
		it(`${path}: ${what}`, async () => {
			const { status, body: answer } = await call(path, known(body));
			assert.deepEqual([status, answer.error], [400, "badRequest"], answer.message);
			assert.match(answer.message, words);
			assert.ok(answer.message.length < 400, answer.message);
		});

	for (const path of ["capabilities", "sensorTypes", "devices", "sensors", "devices/5/commands"])
		it(`${path}: a body that is too large, or no JSON by its type`, async () => {
			const huge = await call(path, { name: "x".repeat(70_000) });
			assert.deepEqual([huge.status, huge.body.error], [413, "tooLarge"]);
			const text = await call(path, "{}", { "content-type": "text/plain" });
			assert.deepEqual([text.status, text.body.error], [415, "unsupportedMediaType"]);
		});

	it("what is not there is not found, and what cannot be done is not allowed", async () => {
		for (const path of [
			...["capabilities/x", "sensorTypes/x", "sensors/x", "gateways/x", "devices/x", "devices/x/measures"],
			...["sensors/x/measures", "devices/x/authentications/clientCertificate/pem", "tenants"],
		]) {
			const { status, body } = await call(path);
			assert.deepEqual([path, status, body.error], [path, 404, "notFound"]);
		}
		assert.match((await call("capabilities/x")).body.message, /^there is no capability x$/);
		assert.equal((await call("devices/x/commands", {})).status, 404);
		assert.equal((await call("gateways", {})).status, 405);
		assert.equal((await call("devices/5/authentications/clientCertificate/pem", {})).status, 405);
	});

	it("lists are asked for in the one form there is", async () => {
		for (const query of [
			...["filter=name", "filter=name%20eq%20x", "filter=name%20eq%20'x'%20or%20name%20eq%20'y'"],
			...["top=-1", "top=x", "skip=1.5"],
		])
			assert.equal((await call(`devices?${query}`)).status, 400, query);
		assert.equal((await call("devices/5/measures?orderby=name")).status, 400);
		assert.deepEqual((await call("devices?filter=name%20eq%20'x'")).body, []);
	});
});
