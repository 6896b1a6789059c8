// The Cumulocity stand-in's upward templates, error rows, subscriptions and what operators read back.
import assert from "node:assert/strict";
import { ask, openDevice, useCloud } from "./fixture.js";
import type { RawClient } from "./raw-client.js";

const T0 = "2026-11-20T10:00:00.000Z";
const T1 = "2026-11-20T10:00:01.000Z";

describe("data for the Cumulocity stand-in", () => {
	/** Of the availability clock. */
	let now = Date.now();
	const used = useCloud({ cloud: "cumulocity", cumulocity: { now: () => now } });
	let client: RawClient;
	const device = "mote-1";

	const tenant = () => used.cloud.cumulocity.tenant;

	beforeEach(async () => {
		client = await openDevice(used.cloud, device);
	});

	it("refuses subscriptions to s/ds before the device exists, to wildcards and to upward topics", async () => {
		assert.equal(await client.subscribe("s/ds"), 0x80);
		await client.publish("s/us", "100,Mote,mote_Node");
		assert.equal(await client.subscribe("s/ds"), 1);
		assert.equal(await client.subscribe("s/e", 0), 0);
		for (const topic of ["s/us", "s/us/child", "s/#", "s/+", "#", "t/us"]) {
			assert.equal(await client.subscribe(topic), 0x80, topic);
		}
	});

	it("takes a signal's strength as a measurement, but not for a part of a sample", async () => {
		await client.publish("s/us", "100,Mote,mote_Node\n210,-61\n210,-62,0.5,2026-11-27T08:00:00.000Z\n210,,");
		assert.deepEqual(
			tenant().measurements.map(({ fragment, series, value, unit }) => [fragment, series, value, unit]),
			[
				["c8y_SignalStrength", "rssi", -61, "dBm"],
				["c8y_SignalStrength", "rssi", -62, "dBm"],
				["c8y_SignalStrength", "ber", 0.5, "%"],
			],
		);
		assert.equal(tenant().values.samples(device), 0);
	});

	it("describes a device with several rows in one publish", async () => {
		await client.publish(
			"s/us",
			'100,"Mote, the first",mote_Node\r\n110,sn,ESP32,1.0\r\n114,c8y_Restart,c8y_Command,\r\n115,mote,0.1.0\r\n117,10\r\n122,mote,0.1.0,,"Me & ""you"""\r\n',
		);
		await client.publish("s/us", "117,99");
		const known = tenant().inventory.devices.get(device);
		assert.deepEqual(known, {
			id: device,
			internalId: known?.internalId,
			name: "Mote, the first",
			type: "mote_Node",
			creationTime: known?.creationTime,
			supportedOperations: ["c8y_Restart", "c8y_Command"],
			hardware: { serialNumber: "sn", model: "ESP32", revision: "1.0" },
			firmware: { name: "mote", version: "0.1.0", url: "" },
			agent: { name: "mote", version: "0.1.0", url: "", maintainer: 'Me & "you"' },
			requiredAvailability: 10,
			fragments: {},
		});
	});

	it("lists its templates for 602, and takes a heartbeat; an older tenant knows neither", async () => {
		await client.publish("s/us", `100,${device},t`);
		await client.subscribe("s/ds");
		await client.subscribe("s/e");
		await client.publish("s/us", "602");
		const list = (await client.message("s/ds")).text.split(",");
		assert.equal(list[0], "603");
		for (const id of ["100", "125", "200", "500", "602"]) assert.ok(list.includes(id), id);
		await client.publish("s/us", "125");
		Object.assign(used.cloud.cumulocity.options, { older: true });
		for (const id of ["602", "125", "504", "505", "506", "507"]) {
			await client.publish("s/us", id);
			assert.equal((await client.message("s/e")).text, `40,${id},No static template for this message id`);
		}
	});

	it("finds a device unavailable that was silent for its interval, and available when it sends again", async () => {
		const { inventory } = tenant();
		now = Date.now();
		const state = async () => {
			const { body } = await ask(`${used.cloud.operatorUrl}/inventory/managedObjects`);
			return body.managedObjects[0].c8y_Availability?.status;
		};
		const alarms = async () => {
			const { body } = await ask(`${used.cloud.operatorUrl}/alarm/alarms`);
			return body.alarms.map(({ type, status }: Record<string, string>) => `${type} ${status}`);
		};
		await client.publish("s/us", `100,${device},t\n117,10`);
		assert.equal(await state(), "AVAILABLE");
		for (const [row, counts] of [
			["200,a,b,1", true],
			["201,t,,a,b,1,", true],
			["210,-60", true],
			["301,t", true],
			["400,t,x", true],
			["125", true],
			["114,c8y_Command", false],
			["306,t", false],
			["500", false],
		] as const) {
			now += 11 * 60_000;
			assert.equal(await state(), "UNAVAILABLE", row);
			assert.deepEqual((await alarms()).at(0), "c8y_UnavailabilityAlarm ACTIVE");
			await client.publish("s/us", row);
			assert.equal(await state(), counts ? "AVAILABLE" : "UNAVAILABLE", row);
			if (!counts) continue;
			assert.deepEqual((await alarms()).at(0), "c8y_UnavailabilityAlarm CLEARED");
			inventory.alarms.length = 0;
		}
	});

	it("lets an operator change the required interval, and nothing else", async () => {
		const url = `${used.cloud.operatorUrl}/inventory/managedObjects`;
		await client.publish("s/us", `100,${device},t`);
		const put = (body: object, id = device) => ask(`${url}/${id}`, { method: "PUT", body });
		const interval = (responseInterval: unknown) => ({ c8y_RequiredAvailability: { responseInterval } });
		assert.equal((await put(interval(30))).body.c8y_RequiredAvailability.responseInterval, 30);
		assert.equal((await put(interval(-1))).body.c8y_Availability.status, "MAINTENANCE");
		await client.publish("s/us", "117,10");
		assert.equal(
			tenant().inventory.devices.get(device)?.requiredAvailability,
			-1,
			"117 sets a first value only",
		);
		for (const body of [{}, { name: "x" }, interval("5"), interval(1.5), { ...interval(5), name: "x" }])
			assert.equal((await put(body)).status, 422, JSON.stringify(body));
		assert.equal((await put(interval(5), "nobody")).status, 404);
	});

	it("creates the device on its first data", async () => {
		await client.publish("s/us", "200,c8y_Temperature,T,20");
		assert.equal(tenant().inventory.devices.get(device)?.name, `MQTT Device ${device}`);
		await client.subscribe("s/e");
		await client.publish("s/us", "100,Other,type");
		assert.equal((await client.message("s/e")).text, "41,100,Device already existing");
	});

	it("stores measurements in order, with number, text, unit and time", async () => {
		await client.publish("s/us", `200,c8y_Temperature,T,20.50,C,${T0}\n200,mote_Led,brightness,0,%,${T0}`);
		await client.publish(
			"q/us",
			`201,mote_Sample,${T1},c8y_Temperature,T,-1e1,C,mote_Speed,measured,7.0,rpm`,
		);
		await client.publish("s/us", `211,25,${T1}`);
		const stored = used.cloud.stored(device);
		assert.deepEqual(
			stored.map(({ series, value, text, unit, time, publish }) => [
				series,
				value,
				text,
				unit,
				time,
				publish,
			]),
			[
				["temperature", 20.5, "20.50", "C", Date.parse(T0), 1],
				["led", 0, "0", "%", Date.parse(T0), 1],
				["temperature", -10, "-1e1", "C", Date.parse(T1), 2],
				["speed", 7, "7.0", "rpm", Date.parse(T1), 2],
				["c8y_TemperatureMeasurement.T", 25, "25", "C", Date.parse(T1), 3],
			],
		);
		assert.equal(used.cloud.measurePublishes(device), 3);
	});

	it("counts complete samples and duplicates", async () => {
		const sample = (time: string): string =>
			`200,c8y_Temperature,T,1,C,${time}\n200,mote_Led,brightness,2,%,${time}`;
		await client.publish("s/us", sample(T0));
		await client.publish("s/us", `200,c8y_Temperature,T,1,C,${T1}`);
		assert.equal(used.cloud.completeSamples(device), 1);
		assert.equal(used.cloud.duplicates(device), 0);
		await client.publish("s/us", sample(T1));
		assert.equal(used.cloud.completeSamples(device), 2);
		assert.equal(used.cloud.duplicates(device), 1);
		assert.equal(used.cloud.stored(device).length, 5);
	});

	it("stores and tells in real time as the processing mode has it", async () => {
		for (const [mode, stored, told] of [
			["s", 3, 3],
			["t", 0, 3],
			["q", 2, 0],
			["c", 0, 0],
		] as const) {
			const { inventory, measurements, notifications } = tenant();
			for (const list of [inventory.events, inventory.alarms, measurements, notifications]) list.length = 0;
			await client.publish(`${mode}/us`, "200,f,s,1\n400,type,text\n301,type");
			const kept = inventory.events.length + inventory.alarms.length + measurements.length;
			assert.deepEqual([kept, notifications.length], [stored, told], mode);
			const { body } = await ask(`${used.cloud.operatorUrl}/notification/realtime?source=${device}`);
			const kinds = body.notifications.map(({ kind }: { kind: string }) => kind);
			assert.deepEqual(kinds, told === 3 ? ["measurement", "event", "alarm"] : []);
		}
		assert.equal(used.cloud.stored(device).length, 2);
		await client.subscribe("s/e");
		for (const row of ["301", "100", "114", "117", "500", "501"]) {
			const refused = `42,${row},This processing mode is for measurements and events only`;
			for (const mode of ["q", "c"]) {
				await client.publish(`${mode}/us`, `${row},x`);
				assert.equal((await client.message("s/e")).text, refused, `${mode} ${row}`);
			}
		}
		await client.publish("t/us", "117,7");
		assert.equal(tenant().inventory.devices.get(device)?.requiredAvailability, 7);
	});

	it("answers faulty rows on s/e, stores nothing of them and goes on with the next", async () => {
		await client.subscribe("s/e");
		const faulty: [string, RegExp][] = [
			["999,x", /^40,999,No static template for this message id$/],
			["constructor", /^40,constructor,/],
			["200,f,s", /^45,200,value is missing$/],
			["200,,s,1", /^45,200,fragment is missing$/],
			["200,f,s,1;5", /^45,200,value is not a number/],
			['200,f,s,"1,5"', /^45,200,"value is not a number: 1,5"$/],
			["200,f,s,1,C,yesterday", /^45,200,time is not/],
			[`201,t,${T0},f,s,1,C,f,s2,NaN,C`, /^45,201,value is not a number/],
			[`201,t,${T0}`, /^45,201,fragment is missing$/],
			["400,type", /^45,400,text is missing$/],
			["117,often", /^45,117,interval/],
			["122,n,v,u", /^45,122,maintainer is missing$/],
			['400,type,"a"b', /^42,400,/],
			["503,c8y_Restart", /^45,503,/],
		];
		for (const [row, line] of faulty) {
			await client.publish("s/us", `${row}\n400,mark,after`);
			assert.match((await client.message("s/e")).text, line, row);
		}
		assert.equal(used.cloud.stored(device).length, 0);
		assert.equal(used.cloud.measurePublishes(device), 0);
		const marks = tenant().inventory.events.filter((event) => event.device === device);
		assert.equal(marks.length, faulty.length);
	});

	it("keeps events and alarms", async () => {
		await client.publish("s/us", `400,mote_Start,"started, ""again""",${T0}\n401,1.5,2.5,,,${T0}`);
		await client.publish(
			"s/us",
			`302,mote_Hot,,${T0}\n302,mote_Hot,hotter,${T1}\n305,mote_Hot,MINOR\n304,mote_Low`,
		);
		await client.publish("s/us", "306,mote_Low\n306,mote_None");
		const { body: events } = await ask(`${used.cloud.operatorUrl}/event/events?source=${device}`);
		assert.deepEqual(
			events.events.map(({ type, text, time }: Record<string, string>) => [type, text, time]),
			[
				["mote_Start", 'started, "again"', T0],
				["c8y_LocationUpdate", "Location updated", T0],
			],
		);
		const { body: alarms } = await ask(`${used.cloud.operatorUrl}/alarm/alarms?source=${device}`);
		assert.deepEqual(
			alarms.alarms.map(({ type, text, severity, status, count: times }: Record<string, unknown>) => [
				type,
				text,
				severity,
				status,
				times,
			]),
			[
				["mote_Hot", "hotter", "MINOR", "ACTIVE", 2],
				["mote_Low", "Alarm of type mote_Low raised", "WARNING", "CLEARED", 1],
			],
		);
	});

	it("shows measurements to operators page by page", async () => {
		for (let value = 1; value <= 7; value++) client.throw("s/us", `200,f,s,${value},u,${T0}`);
		await client.ping();
		const url = `${used.cloud.operatorUrl}/measurement/measurements?source=${device}`;
		const { body } = await ask(`${url}&currentPage=2`);
		assert.deepEqual(body.statistics, { currentPage: 2, pageSize: 5, totalPages: 2, totalElements: 7 });
		assert.deepEqual(
			body.measurements.map(({ f, time, source }: Record<string, object>) => ({ f, time, source })),
			[6, 7].map((value) => ({ f: { s: { value, unit: "u" } }, time: T0, source: { id: device } })),
		);
		assert.equal((await ask(`${url}&pageSize=100`)).body.measurements.length, 7);
		assert.equal((await ask(`${url}&pageSize=many`)).status, 400);
	});

	it("gives the retained flag no effect", async () => {
		await client.publish("s/us", "100", { retain: true });
		await client.subscribe("s/ds");
		await client.publish("s/ds", "510,forged");
		await client.ping();
		assert.deepEqual(client.pending("s/ds"), []);
	});
});
