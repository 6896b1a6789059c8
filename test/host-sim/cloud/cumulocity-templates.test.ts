// Every static template of the Cumulocity stand-in that describes a device, and what operations leave behind.
import assert from "node:assert/strict";
import { TEMPLATES } from "../../../host-sim/cloud/cumulocity/template-names.js";
import { ask, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const T0 = "2026-11-20T10:00:00.000Z";

describe("static templates of the Cumulocity stand-in", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let client: RawClient;
	const device = "mote-1";

	const tenant = () => used.cloud.cumulocity.tenant;
	const own = () => tenant().inventory.devices.get(device);
	const fragment = (name: string) => own()?.fragments[name];
	const create = (fragments: Record<string, unknown>) =>
		used.cloud.cumulocity.createOperation(device, fragments);
	const error = async () => (await client.message("s/e")).text;

	beforeEach(async () => {
		client = await openDevice(used.cloud, device);
		await client.publish("s/us", `100,${device},mote_Node`);
		await client.subscribe("s/e");
		await client.subscribe("s/ds");
	});

	it("write their fragments", async () => {
		const cases: [string, string, unknown][] = [
			[
				"111,1,2,3,4,5,6,7",
				"c8y_Mobile",
				{ imei: "1", iccid: "2", imsi: "3", mcc: "4", mnc: "5", lac: "6", cellId: "7" },
			],
			["112,50.5,7,100,5", "c8y_Position", { lat: 50.5, lng: 7, alt: 100, accuracy: 5 }],
			['113,"a=1\nb=2"', "c8y_Configuration", { config: "a=1\nb=2" }],
			[
				"116,a,1,u,b,,",
				"c8y_SoftwareList",
				[
					{ name: "a", version: "1", url: "u" },
					{ name: "b", version: "", url: "" },
				],
			],
			["118,syslog,app", "c8y_SupportedLogs", ["syslog", "app"]],
			["119,wifi", "c8y_SupportedConfigurations", ["wifi"]],
			[
				`120,wifi,http://x,,${T0}`,
				"c8y_Configuration_wifi",
				{ type: "wifi", url: "http://x", name: "wifi", time: T0 },
			],
			["121,true,7", "c8y_Profile", { profileId: "7", profileExecuted: true }],
			["150,SSH,VNC", "c8y_RemoteAccessSupportedProtocols", ["SSH", "VNC"]],
			["150", "c8y_RemoteAccessSupportedProtocols", undefined],
			["143,apt,oci", "c8y_SupportedSoftwareTypes", ["apt", "oci"]],
			["143", "c8y_SupportedSoftwareTypes", undefined],
		];
		for (const [row, name, value] of cases) {
			await client.publish("s/us", row);
			assert.deepEqual(fragment(name), value, row);
		}
		await client.publish("s/us", "110,sn,ESP32,1\n107,c8y_Mobile,c8y_Hardware,c8y_Unknown");
		assert.deepEqual([fragment("c8y_Mobile"), own()?.hardware], [undefined, undefined]);
		assert.ok(fragment("c8y_Position"), "107 leaves the others");
		const { body } = await ask(`${used.cloud.operatorUrl}/inventory/managedObjects`);
		assert.equal(body.managedObjects[0].c8y_Position.lat, 50.5);
	});

	it("set, add to and take from the list of software", async () => {
		const names = () =>
			(fragment("c8y_SoftwareList") as Record<string, string>[]).map(
				({ name, version, softwareType, url }) => `${name} ${version} ${softwareType} ${url}`,
			);
		await client.publish("s/us", "140,a,1,apt,u,b,2,,");
		assert.deepEqual(names(), ["a 1 apt u", "b 2  "]);
		await client.publish("s/us", "141,b,2,oci,v,c,3");
		assert.deepEqual(names(), ["a 1 apt u", "b 2 oci v", "c 3  "]);
		await client.publish("s/us", "142,b,2,a,9");
		assert.deepEqual(names(), ["a 1 apt u", "c 3  "]);
		await client.publish("s/us", "140,,,,");
		assert.deepEqual(names(), []);
	});

	it("keep services below a device, which are no devices", async () => {
		await client.publish("s/us", "102,mote-1:ssh,systemd,ssh,up\n105");
		assert.equal((await client.message("s/ds")).text, "106");
		const service = () => tenant().inventory.devices.get("mote-1:ssh")?.service;
		assert.deepEqual(service(), { serviceType: "systemd", status: "up" });
		await client.publish("s/us/mote-1:ssh", "104,down");
		assert.equal(service()?.status, "down");
		await client.publish("s/us/other", "104,up");
		assert.match(await error(), /^45,104,other is no service$/);
		assert.ok(!tenant().inventory.devices.has("other"));
	});

	it("answer with the device's internal id, the platform's version and the templates there are", async () => {
		const answer = async (row: string) => {
			await client.publish("s/us", row);
			return (await client.message("s/ds")).text;
		};
		assert.equal(await answer("123"), `124,${own()?.internalId}`);
		assert.match(await answer("600"), /^601,\d+\.\d+\.\d+$/);
		const ids = (await answer("602")).split(",").slice(1);
		for (const id of ids) assert.ok(Object.hasOwn(TEMPLATES, id), `${id} has a name`);
		const wanted =
			"100 101 102 104 105 107 110 111 112 113 114 115 116 117 118 119 120 121 122 123 125 140 141 142 143 " +
			"150 200 201 210 211 212 301 302 303 304 305 306 307 400 401 402 407 408 " +
			"500 501 502 503 504 505 506 507 600 602";
		assert.equal(ids.join(" "), wanted);
	});

	it("write the position with 402, and not with 401", async () => {
		await client.publish("s/us", `401,1,2,3,4,${T0}`);
		assert.equal(fragment("c8y_Position"), undefined);
		await client.publish("t/us", `402,1,2,3,4,${T0}`);
		assert.equal(fragment("c8y_Position"), undefined);
		await client.publish("s/us", `402,1,2,3,4,${T0}`);
		assert.deepEqual(fragment("c8y_Position"), { lat: 1, lng: 2, alt: 3, accuracy: 4 });
		assert.equal(tenant().inventory.events.length, 2);
	});

	it("report parameters with 408, only changes when told so, and take fragments away with 407", async () => {
		const row = `408,,${T0},true,rate,n,5,wifi.on,b,true,wifi.ssid,s,net,gone,s,`;
		await client.publish("s/us", `${row}\n${row}`);
		const { events } = tenant().inventory;
		const parameters = { rate: 5, wifi: { on: true, ssid: "net" }, gone: null };
		assert.deepEqual(
			events.map(({ type, fragments }) => [type, fragments]),
			[["c8y_ParameterUpdate", { c8y_ParameterUpdate: parameters }]],
		);
		await client.publish("s/us", `${row.replace("true", "false")}\n${row.replace("n,5", "n,6")}`);
		assert.equal(events.length, 3);
		await client.publish("s/us", "407,c8y_ParameterUpdate,c8y_ParameterUpdate");
		assert.deepEqual(events.at(-1)?.fragments, {});
	});

	it("answer what is wrong with a row", async () => {
		for (const [row, line] of [
			["102,a,b,c", /^45,102,status is missing$/],
			["101,a,b,c,maybe", /^45,101,isChildDevice is neither true nor false: maybe$/],
			["107", /^45,107,fragment is missing$/],
			["112,1,2,3,4.5", /^45,112,accuracy is not an integer$/],
			["112,north", /^45,112,latitude is not a number/],
			["120,a b,u", /^45,120,not a name of a fragment/],
			["121,yes,1", /^45,121,executed is neither/],
			["121,true", /^45,121,"No profile id, and no profile under way"$/],
			["140,a", /^45,140,version is missing$/],
			["307,none,f", /^45,307,No active alarm/],
			["407,none", /^45,407,No event of type none$/],
			["408,,,", /^45,408,path is missing$/],
			["408,,,,a,n,x", /^45,408,a is no value of type n: x$/],
			["408,,,,a,b,1", /^45,408,a is no value of type b: 1$/],
			["408,,,,__proto__.a,n,1", /^45,408,not a name/],
			["103,x", /^40,103,/],
		] as const) {
			await client.publish("s/us", row);
			assert.match(await error(), line, row);
		}
		assert.equal(({} as Record<string, unknown>).a, undefined);
	});

	it("take fragments from an alarm, and finish a profile without naming it", async () => {
		await client.publish("alarm/alarms/create", '{"type":"hot","text":"hot","severity":"MAJOR","a":1,"b":2}');
		await client.publish("s/us", "307,hot,a");
		assert.deepEqual(tenant().inventory.alarms[0]?.fragments, { b: 2 });
		create({ c8y_DeviceProfile: {}, profileId: "77" });
		await client.publish("s/us", "501,c8y_DeviceProfile\n121,true\n503,c8y_DeviceProfile");
		assert.deepEqual(fragment("c8y_Profile"), { profileId: "77", profileExecuted: true });
	});

	it("leave an operation's outcome where the platform has it", async () => {
		const done = async (fragments: Record<string, unknown>, extra: string) => {
			const operation = create(fragments);
			const [name] = Object.keys(fragments);
			await client.publish("s/us", `501,${name}\n503,${name}${extra}`);
			return operation.fragments;
		};
		await done({ c8y_RelayArray: ["OPEN"] }, ",OPEN,CLOSED");
		assert.deepEqual(own()?.relayArray, ["OPEN", "CLOSED"]);
		await done({ c8y_CommunicationMode: { mode: "SMS" } }, "");
		assert.deepEqual(fragment("c8y_CommunicationMode"), { mode: "SMS" });
		const log = await done({ c8y_LogfileRequest: { logFile: "l" } }, ",http://x");
		assert.deepEqual(log.c8y_LogfileRequest, { logFile: "l", file: "http://x" });
		const upload = await done({ c8y_UploadConfigFile: { type: "t" } }, ",http://y");
		assert.deepEqual(upload.c8y_UploadConfigFile, { type: "t", file: "http://y" });
		await done({ c8y_DownloadConfigFile: { url: "u" } }, `,${T0}`);
		assert.equal((fragment("c8y_ConfigurationDump") as Record<string, string>).time, T0);
	});

	it("bring profiles and typed software down", async () => {
		const software = [{ name: "n", version: "1", softwareType: "apt", url: "u", action: "install" }];
		create({ c8y_SoftwareUpdate: software });
		assert.equal((await client.message("s/ds")).text, `528,${device},n,1,u,install`);
		await client.publish("s/us", "143,apt");
		create({ c8y_SoftwareUpdate: software });
		assert.equal((await client.message("s/ds")).text, `529,${device},n,1,apt,u,install`);
		create({
			c8y_DeviceProfile: {
				firmware: { name: "f", version: "2", url: "v", isPatch: false },
				software: [{ name: "n", version: "1", url: "u", action: "install" }],
				configuration: [{ url: "c", type: "wifi" }],
			},
		});
		const row = `527,${device},$FW,f,2,v,false,,$SW,n,1,u,install,$CONF,c,wifi`;
		assert.equal((await client.message("s/ds")).text, row);
	});
});
