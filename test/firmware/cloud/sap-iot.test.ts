// The strategy for SAP IoT: measures in every form, acknowledgements in both shapes, commands by coercion.

import assert from "node:assert/strict";
import fc from "fast-check";
import { SapIot } from "../../../modules/cloud/sap-iot/sap-iot.js";
import { encode, encodePortion, FakeHost, NOW, opening, settingsWith, text } from "./fake-host.js";

type Sap = NonNullable<NonNullable<Parameters<typeof settingsWith>[0]>["sap"]>;
const make = (sap: Partial<Sap> = {}) => new SapIot(settingsWith({ sap }));
function start(sap: Partial<Sap> = {}) {
	const cloud = make(sap);
	return { cloud, host: new FakeHost(cloud) };
}
const ACK = "ack/sn-1";
const COMMANDS = "commands/sn-1";
const SAMPLE = [21.5, 40, 880, 49.94];
const HEAD = '{"capabilityAlternateId":"mote-measures","sensorAlternateId":"mote-sensor",';
const MS = Date.parse(NOW);

describe("SAP IoT: connecting", () => {
	it("connects clean under the device's alternate id, without a will", () => {
		const { connect } = make();
		assert.equal(text(connect.clientId), "sn-1");
		assert.equal(connect.cleanSession, true);
		assert.equal(connect.will, undefined);
	});

	it("subscribes ack and then commands", () => {
		assert.deepEqual(opening(make()), ["subscribe ack/sn-1 1", "subscribe commands/sn-1 1"]);
	});

	it("waits for the cloud's own confirmation of measures", () => {
		assert.equal(make({ ackMs: 700 }).measures.confirmMs, 700);
		assert.equal(text(make().measures.topic), "measures/sn-1");
	});
});

describe("SAP IoT: samples", () => {
	it("writes objects by default", () => {
		assert.deepEqual(encode(make(), SAMPLE), {
			text: `${HEAD}"measureMessageId":"0000000001","timestamp":${MS},"measures":[{"temperature":21.50,"led":40,"buzzer":880,"speed":49.9}]}`,
			written: 4,
			overflow: false,
		});
	});

	it("writes arrays in property order when asked", () => {
		assert.deepEqual(encode(make({ arrays: true, messageId: false }), SAMPLE), {
			text: `${HEAD}"timestamp":${MS},"measures":[[21.50,40,880,49.9]]}`,
			written: 4,
			overflow: false,
		});
	});

	it("puts the time into the date property instead of the timestamp, and frames messages", () => {
		for (const [arrays, sample] of [
			[false, `{"temperature":21.50,"led":40,"buzzer":880,"speed":49.9,"at":"${NOW}"}`],
			[true, `[21.50,40,880,49.9,"${NOW}"]`],
		] as const) {
			const cloud = make({ arrays, dateProperty: "at" });
			assert.deepEqual(encode(cloud, SAMPLE), { text: sample, written: 4, overflow: false });
			const { prefix, separator, suffix, numberAt, maxRecords } = cloud.measures;
			assert.equal(text(prefix), `${HEAD}"measureMessageId":"0000000000","measures":[`);
			assert.equal(
				text(prefix).slice(numberAt - 20, numberAt + 11),
				'"measureMessageId":"0000000000"'.slice(-31),
			);
			assert.deepEqual([text(separator), text(suffix)], [",", "]}"]);
			assert.ok(maxRecords > 1);
		}
	});

	it("leaves the number out when the settings say so", () => {
		const cloud = make({ dateProperty: "at", messageId: false });
		assert.equal(text(cloud.measures.prefix), `${HEAD}"measures":[`);
		assert.equal(cloud.measures.numberAt, -1);
		assert.ok(!encode(make({ messageId: false }), SAMPLE).text.includes("measureMessageId"));
	});

	it("sends samples without date property one by one", () => {
		const { maxRecords, prefix, suffix, numberAt } = make().measures;
		assert.deepEqual([maxRecords, prefix.length, suffix.length, numberAt], [1, 0, 0, -1]);
	});

	it("writes parseable JSON for every combination of settings and gaps", () => {
		const value = fc.oneof(
			fc.constant(Number.NaN),
			fc.constantFrom(0, -0, -40, 125, 99.995, 1e5),
			fc.double({ min: -1000, max: 100_000, noNaN: true }),
		);
		const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((t) => t.length <= 64);
		fc.assert(
			fc.property(
				fc.array(value, { minLength: 4, maxLength: 4 }),
				fc.record({
					arrays: fc.boolean(),
					messageId: fc.boolean(),
					dateProperty: fc.oneof(fc.constant(""), name),
					sensor: name,
					measureCapability: name,
				}),
				(values, sap) => {
					const reserved = ["temperature", "led", "buzzer", "speed", "__proto__"];
					fc.pre(!reserved.includes(sap.dateProperty));
					const cloud = make(sap);
					const got = encode(cloud, values);
					assert.equal(got.overflow, false);
					const known = values.filter((v) => !Number.isNaN(v)).length;
					assert.equal(got.written, sap.arrays && known < 4 ? 0 : known);
					if (got.written === 0) return;
					const { prefix, suffix } = cloud.measures;
					const message = JSON.parse(text(prefix) + got.text + text(suffix));
					assert.equal(message.sensorAlternateId, sap.sensor);
					assert.equal(message.capabilityAlternateId, sap.measureCapability);
					assert.equal("timestamp" in message, sap.dateProperty === "");
					if (sap.messageId && sap.dateProperty === "") assert.equal(message.measureMessageId, "0000000001");
					const [sample] = message.measures;
					const dated = sap.dateProperty === "" ? 0 : 1;
					assert.equal(Object.keys(sample).length, got.written + dated);
					if (dated) assert.equal(sample[sap.arrays ? 4 : sap.dateProperty], NOW);
				},
			),
			{ numRuns: 500 },
		);
	});
});

describe("SAP IoT: acknowledgements", () => {
	const CASES: ReadonlyArray<readonly [claim: string, payload: string, confirms: unknown[][]]> = [
		[
			"one object without an id settles the oldest",
			'{"capabilityAlternateId":"mote-measures","sensorAlternateId":"mote-sensor","code":202}',
			[[0, true, 202, ""]],
		],
		["the id under the name id", '[{"id":"0000000042","code":202}]', [[42, true, 202, ""]]],
		[
			"the id under the name measureMessageId",
			'{"measureMessageId":"0000000042","code":200}',
			[[42, true, 200, ""]],
		],
		["an id that is a number", '{"id":42,"code":202}', [[42, true, 202, ""]]],
		["the largest id", '{"id":"4294967295","code":202}', [[4294967295, true, 202, ""]]],
		["the code in front of the id, and as a text", '{"code":"202","id":"7"}', [[7, true, 202, ""]]],
		[
			"several in one array, in order",
			'[{"id":"1","code":202},{"id":"2","code":400,"messages":["no"]},{"code":202}]',
			[
				[1, true, 202, ""],
				[2, false, 400, "no"],
				[0, true, 202, ""],
			],
		],
		["messages joined", '{"id":"1","code":400,"messages":["a","b \\u00fc"]}', [[1, false, 400, "a; b ü"]]],
		["message as one text", '{"id":"1","code":400,"message":"a"}', [[1, false, 400, "a"]]],
		[
			"messages that are no texts skipped",
			'{"id":"1","code":500,"messages":[1,{"x":["y"]},null,"z",[]]}',
			[[1, false, 500, "z"]],
		],
		[
			"messages that are an object skipped",
			'{"id":"1","messages":{"a":"b"},"code":500}',
			[[1, false, 500, ""]],
		],
		[
			"unknown members skipped",
			'{"x":{"code":202,"y":[1,2]},"id":"1","z":null,"code":202}',
			[[1, true, 202, ""]],
		],
		["an empty array settles nothing", "[]", []],
	];
	for (const [claim, payload, confirms] of CASES)
		it(`reads ${claim}`, () => {
			const { host } = start();
			host.receive(ACK, payload);
			assert.deepEqual([host.confirms, host.problems], [confirms, []]);
		});

	it("accepts exactly 200 and 202", () => {
		for (const code of [200, 202, 201, 204, 203, 199, 302, 400, 401, 404, 413, 429, 500, 503]) {
			const { host } = start();
			host.receive(ACK, `[{"id":"1","code":${code}}]`);
			assert.deepEqual(host.confirms, [[1, code === 200 || code === 202, code, ""]]);
		}
	});

	it("takes no odd number for a good code", () => {
		for (const code of ["202.7", "4294967498", '"202.5"', "-202"]) {
			const { host } = start();
			host.receive(ACK, `{"id":"1","code":${code}}`);
			assert.ok(!host.confirms.some((confirm) => confirm[1] === true), code);
		}
	});

	it("bounds the reason", () => {
		const { host } = start();
		host.receive(ACK, JSON.stringify({ id: "1", code: 400, messages: Array(40).fill("m".repeat(150)) }));
		assert.equal(host.confirms.length, 1);
		assert.ok(String(host.confirms[0]?.[3]).length < 1000);
	});

	it("settles nothing for another sensor or capability, and counts it", () => {
		for (const other of ['"sensorAlternateId":"x"', '"capabilityAlternateId":"x"', '"sensorAlternateId":5']) {
			const { host } = start();
			host.receive(ACK, `{"id":"1","code":202,${other}}`);
			assert.deepEqual(host.confirms, [], other);
			assert.equal(host.problems.length, 1);
		}
	});

	it("numbers messages with the boot in front, and settles none of another boot", () => {
		// Numbers begin anew with each boot; a late ack of the last one must not settle a message of this one.
		const cloud = new SapIot(settingsWith(), 7);
		const host = new FakeHost(cloud);
		assert.match(encode(cloud, SAMPLE).text, /"measureMessageId":"7-0000000001"/);
		host.receive(ACK, '[{"id":"6-0000000001","code":202},{"id":"0000000001","code":202}]');
		assert.deepEqual(host.confirms, []);
		assert.equal(host.problems.length, 2);
		host.receive(ACK, '{"id":"7-0000000001","code":202}');
		assert.equal(host.confirms[0]?.[0], 1);
	});

	it("settles nothing for an id that was never ours", () => {
		// Taking it for "no id" would settle the oldest message, which may be lost in truth.
		for (const id of ['"m-17"', '"0000000001x"', '"12345678901"', '"1.0"', "-1"]) {
			const { host } = start();
			host.receive(ACK, `[{"id":${id},"code":202}]`);
			assert.deepEqual(host.confirms, [], id);
		}
	});

	it("removes no message for an ack that says nothing", () => {
		for (const payload of ["{}", "[{}]", '{"id":"1"}', '{"code":null}', '{"code":"accepted"}']) {
			const { host } = start();
			host.receive(ACK, payload);
			assert.deepEqual(host.confirms, [], payload);
			assert.equal(host.problems.length, 1, payload);
		}
	});

	it("counts malformed acks", () => {
		for (const payload of [
			"",
			"x",
			"5",
			'"202"',
			"null",
			"{",
			'{"code"',
			'{"code":202',
			'[{"code":',
			"[5]",
			'[[{"code":202}]]',
			"[null]",
		]) {
			const { host } = start();
			host.receive(ACK, payload);
			assert.deepEqual(host.confirms, [], payload);
			assert.equal(host.problems.length, 1, payload);
		}
	});

	it("counts text behind an ack", () => {
		for (const payload of ['{"id":"1","code":202}x', '[{"id":"1","code":202}]]', "[] []"]) {
			const { host } = start();
			host.receive(ACK, payload);
			assert.equal(host.problems.length, 1, payload);
		}
	});

	it("survives any bytes on any topic", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(ACK, COMMANDS, "x"), (bytes, topic) => {
				const { host } = start();
				host.receive(topic, bytes);
				assert.ok(host.problems.length + host.confirms.length + host.carriedOut.length <= 60);
				if (topic === "x") assert.equal(host.problems.length, 1);
			}),
			{ numRuns: 500 },
		);
	});
});

describe("SAP IoT: commands", () => {
	const OURS = '"sensorAlternateId":"mote-sensor","capabilityAlternateId":"mote-commands"';
	const send = (command: string) => {
		const { host } = start();
		host.receive(COMMANDS, `{${OURS},"command":${command}}`);
		return host;
	};

	for (const [property, word] of [
		["LED", "led"],
		["Buzzer", "buzzer"],
	] as const) {
		for (const on of ["true", '"true"', '"TRUE"', '"True"', '"1"', "1"])
			it(`coerces ${property} ${on} to on`, () => {
				assert.deepEqual(send(`{"${property}":${on}}`).carriedOut, [`${word} on;`]);
			});
		for (const off of ["false", '"false"', '"FALSE"', '"0"', "0"])
			it(`coerces ${property} ${off} to off`, () => {
				assert.deepEqual(send(`{"${property}":${off}}`).carriedOut, [`${word} off;`]);
			});
		for (const bad of ["2", '"yes"', '""', "null", "[]", "{}", "[true]", '{"a":true}', '"true "', "-1"])
			it(`refuses ${property} ${bad}`, () => {
				const host = send(`{"${property}":${bad}}`);
				assert.deepEqual([host.carriedOut, host.problems.length], [[], 1]);
			});
	}

	for (const [value, rpm] of [
		["50", "50.000"],
		["50.0", "50.000"],
		['"50.0"', "50.000"],
		['"50"', "50.000"],
		["5e1", "50.000"],
		["0", "0.000"],
		["12.5", "12.500"],
		["-3", "-3.000"],
	] as const)
		it(`coerces Speed ${value}`, () => {
			assert.deepEqual(send(`{"Speed":${value}}`).carriedOut, [`speed ${rpm};`]);
		});
	for (const bad of ["true", '"fast"', '""', '"50 "', '"50rpm"', "null", "[50]", '{"a":50}', "1e999", "1e30"])
		it(`refuses Speed ${bad}`, () => {
			const host = send(`{"Speed":${bad}}`);
			assert.deepEqual([host.carriedOut, host.problems.length], [[], 1]);
		});

	it("carries all properties of a message out as one command text", () => {
		assert.deepEqual(send('{"LED":"true","Buzzer":"false","Speed":50.0}').carriedOut, [
			"led on;buzzer off;speed 50.000;",
		]);
		assert.deepEqual(send('{"Command":"led 40%; interval 5s","LED":true}').carriedOut, [
			"led 40%; interval 5s;led on;",
		]);
	});

	it("takes members in any order, and skips unknown ones outside of the command", () => {
		const { host } = start();
		host.receive(COMMANDS, `{"x":[{"command":{"LED":true}}],"command":{"LED":false},"n":null,${OURS}}`);
		assert.deepEqual(host.carriedOut, ["led off;"]);
	});

	it("takes a command text of up to 512 bytes, the most that the command parser takes with its semicolon", () => {
		const command = "led on".padEnd(511, " ");
		assert.deepEqual(send(JSON.stringify({ Command: command })).carriedOut, [`${command};`]);
	});

	it("moves nothing for an unknown sensor or capability, wherever it stands and whatever it is", () => {
		for (const members of [
			'"sensorAlternateId":"other","capabilityAlternateId":"mote-commands","command":{"LED":true}',
			'"command":{"LED":true},"sensorAlternateId":"other"',
			'"command":{"LED":true},"capabilityAlternateId":"mote-measures"',
			'"capabilityAlternateId":"Mote-Commands","command":{"LED":true}',
			'"sensorAlternateId":"","command":{"LED":true}',
			'"sensorAlternateId":5,"command":{"LED":true}',
			'"sensorAlternateId":null,"command":{"LED":true}',
			'"capabilityAlternateId":{"a":"mote-commands"},"command":{"LED":true}',
		]) {
			const { host } = start();
			host.receive(COMMANDS, `{${members}}`);
			assert.deepEqual([host.carriedOut, host.problems.length], [[], 1], members);
		}
	});

	it("moves nothing when one property is unknown or wrong, wherever it stands", () => {
		for (const command of [
			'{"LED":true,"Fan":true}',
			'{"Fan":true,"LED":true}',
			'{"led":true}',
			'{"LED":true,"Speed":"x"}',
			'{"LED":true,"Command":5}',
			'{"__proto__":true}',
			"{}",
			"null",
			"[]",
			'"led on"',
		]) {
			const host = send(command);
			assert.deepEqual([host.carriedOut, host.problems.length], [[], 1], command);
		}
	});

	it("moves nothing for malformed JSON, also when the fault is at the very end", () => {
		const good = `{${OURS},"command":{"LED":true}}`;
		for (const bad of [
			"",
			"[]",
			"5",
			good.slice(0, -1),
			`${good}}`,
			`${good} x`,
			good.replace("true", "tru"),
			`[${good}]`,
		]) {
			const { host } = start();
			host.receive(COMMANDS, bad);
			assert.deepEqual([host.carriedOut, host.problems.length], [[], 1], bad);
		}
	});

	it("moves nothing for two commands in one message", () => {
		const { host } = start();
		host.receive(COMMANDS, `{${OURS},"command":{"LED":true},"command":{"LED":false}}`);
		assert.deepEqual([host.carriedOut, host.problems.length], [[], 1]);
	});

	it("refuses commands that are too long together", () => {
		const host = send(
			JSON.stringify({ Command: "x".repeat(400) }).replace("}", `,"Command":"${"y".repeat(400)}"}`),
		);
		assert.deepEqual([host.carriedOut, host.problems.length], [[], 1]);
		const many = Array(200).fill('"LED":true').join(",");
		assert.deepEqual(send(`{${many}}`).carriedOut, []);
	});
});

describe("SAP IoT: results and restarts", () => {
	const command = (fields: object) =>
		JSON.stringify({
			capabilityAlternateId: "mote-commands",
			sensorAlternateId: "mote-sensor",
			command: fields,
		});
	const result = (text: string, status: string, reason: string) =>
		JSON.stringify({
			capabilityAlternateId: "mote-results",
			sensorAlternateId: "mote-sensor",
			measures: [{ command: text, status, reason }],
		});

	it("tell what became of each command, on the topic of measures, at QoS 1", () => {
		const { cloud, host } = start({ resultCapability: "mote-results" });
		assert.equal(text(cloud.events.topic), "measures/sn-1");
		assert.equal(cloud.events.qos, 1);
		host.receive(COMMANDS, command({ LED: "true", Speed: 5 }));
		host.reason = 'no "such" speed\\';
		host.receive(COMMANDS, command({ Command: 'say "hi"\n' }));
		host.receive(COMMANDS, command({ Unknown: 1 }));
		host.receive(COMMANDS, "rubbish");
		assert.deepEqual(host.deliver(), [
			result("led on;speed 5.000;", "SUCCESSFUL", ""),
			result('say "hi"\n;', "FAILED", 'no "such" speed\\').replaceAll("\\n", "\\u000a"),
			result("", "FAILED", "a command with an unknown property"),
			result("", "FAILED", host.problems[1] as string),
		]);
	});

	it("cut long commands and reasons, whole characters at a time", () => {
		const { host } = start({ resultCapability: "mote-results" });
		host.reason = "x".repeat(500);
		host.receive(COMMANDS, command({ Command: `a${"ü".repeat(200)}` }));
		const [sent = ""] = host.deliver();
		const [measure] = JSON.parse(sent).measures;
		assert.equal(measure.command, `a${"ü".repeat(49)}`);
		assert.equal(measure.reason.length, 100);
	});

	it("are not told where the settings name no capability", () => {
		const { host } = start();
		host.receive(COMMANDS, command({ LED: true }));
		assert.deepEqual(host.deliver(), []);
	});

	it("take the acks of results for no measure's", () => {
		const { host } = start({ resultCapability: "mote-results" });
		host.receive(
			ACK,
			'{"code":202,"capabilityAlternateId":"mote-results","sensorAlternateId":"mote-sensor"}',
		);
		assert.deepEqual([host.confirms, host.problems], [[], []]);
		host.receive(
			ACK,
			'{"code":400,"capabilityAlternateId":"mote-results","sensorAlternateId":"mote-sensor"}',
		);
		assert.deepEqual([host.confirms.length, host.problems.length], [0, 1]);
		// What names nothing may be a result's.
		host.receive(ACK, '[{"code":202}]');
		host.receive(ACK, '[{"code":400,"messages":["no such capability"]}]');
		assert.deepEqual([host.confirms.length, host.problems.length], [0, 2]);
		host.receive(ACK, '{"code":202,"measureMessageId":"0000000007"}');
		assert.deepEqual(host.confirms, [[7, true, 202, ""]]);
	});

	for (const [value, restarts] of [
		[true, 1],
		["true", 1],
		[1, 1],
		[false, 0],
		["0", 0],
	] as const)
		it(`restart by the property Restart: ${JSON.stringify(value)}`, () => {
			const { host } = start({ restart: true, resultCapability: "mote-results" });
			host.receive(COMMANDS, command({ Restart: value }));
			assert.equal(host.restarts, restarts);
		});

	it("restart after the other properties, and not where these are refused", () => {
		const { host } = start({ restart: true });
		host.receive(COMMANDS, command({ Restart: true, LED: false }));
		assert.deepEqual([host.carriedOut, host.restarts], [["led off;"], 1]);
		host.reason = "no";
		host.receive(COMMANDS, command({ Speed: 1e9, Restart: true }));
		host.receive(COMMANDS, command({ Restart: "maybe" }));
		assert.equal(host.restarts, 1);
		assert.deepEqual(host.problems, ["Restart takes true or false"]);
	});

	it("do not restart where the settings do not say so", () => {
		const { host } = start();
		host.receive(COMMANDS, command({ Restart: true }));
		assert.equal(host.restarts, 0);
		assert.deepEqual(host.problems, ["a command with an unknown property"]);
	});
});

describe("SAP IoT: several sensors", () => {
	const sensors = {
		motor: { id: "", capability: "drive", channels: "led,speed" },
		box: { id: "box-1", capability: "", channels: "buzzer" },
	};
	const several = (sap: Partial<Sap> = {}) => new SapIot(settingsWith({ sap, sensors }));

	it("have portions of a sample; a date property gives each a frame of its own", () => {
		const cloud = several({ messageId: false });
		const texts = (values: number[]) =>
			cloud.portions?.map((portion) => encodePortion(cloud, portion, values));
		const sample = (capability: string, sensor: string, measure: string) =>
			`{"capabilityAlternateId":"${capability}","sensorAlternateId":"${sensor}","timestamp":${MS},"measures":[${measure}]}`;
		assert.deepEqual(texts([1, 2]), [
			sample("mote-measures", "mote-sensor", '{"temperature":1.00}'),
			sample("drive", "motor", '{"led":1,"speed":2.0}'),
			sample("mote-measures", "box-1", '{"buzzer":1}'),
		]);
		assert.deepEqual(
			several().measures.others?.map(({ prefix, topic }) => text(topic) + text(prefix)),
			["measures/sn-1", "measures/sn-1"],
		);
		const dated = several({ dateProperty: "at", messageId: false }).measures;
		assert.deepEqual(
			[dated, ...(dated.others ?? [])].map(({ prefix }) => text(prefix).split('"')[7]),
			["mote-sensor", "motor", "box-1"],
		);
	});

	it("leave nothing to the first where they have all channels", () => {
		const all = { all: { id: "", capability: "", channels: "temperature,led,buzzer,speed" } };
		const { portions } = new SapIot(settingsWith({ sensors: all }));
		assert.deepEqual(
			portions?.map(({ route, places }) => [route, ...places]),
			[[1, 0, 1, 2, 3]],
		);
	});

	it("send results and take commands as the first", () => {
		const cloud = several({ resultCapability: "mote-results" });
		const host = new FakeHost(cloud);
		const command = (sensor: string) =>
			`{"capabilityAlternateId":"mote-commands","sensorAlternateId":"${sensor}","command":{"LED":true}}`;
		host.receive(COMMANDS, command("mote-sensor"));
		host.receive(COMMANDS, command("motor"));
		assert.deepEqual(host.carriedOut, ["led on;"]);
		assert.deepEqual(
			host.queued.map(({ route, text: told }) => [route, told.includes('"sensorAlternateId":"mote-sensor"')]),
			[
				[0, true],
				[0, true],
			],
		);
	});

	for (const [what, groups, expected] of [
		["without channels", { sensors: { a: {} } }, [/^sensors.a.channels: needs at least one/]],
		[
			"with a channel that there is not",
			{ sensors: { a: { channels: "x" } } },
			[/a.channels: there is no channel x/],
		],
		[
			"with the first one's id",
			{ sensors: { a: { id: "mote-sensor", channels: "led" } } },
			[/^sensors.a.id: another/],
		],
		[
			"of one id",
			{ sensors: { a: { channels: "led" }, b: { id: "a", channels: "speed" } } },
			[/^sensors.b.id: another/],
		],
		[
			"with the capability of results",
			{ sap: { resultCapability: "r" }, sensors: { a: { channels: "led", capability: "r" } } },
			[/^sensors.a.capability: sap.resultCapability/],
		],
		[
			"as arrays of the first one's capability",
			{
				sap: { arrays: true },
				sensors: { a: { channels: "led" }, b: { channels: "speed", capability: "mote-measures" } },
			},
			[/^sensors.a.capability: sap.arrays/, /^sensors.b.capability: sap.arrays/],
		],
		[
			"as arrays of one capability",
			{
				sap: { arrays: true },
				sensors: { a: { channels: "led", capability: "c" }, b: { channels: "speed", capability: "c" } },
			},
			[/^sensors.b.capability: sap.arrays/],
		],
		[
			"with fewer places than two samples take",
			{ outbox: { measures: 4 }, sensors: { a: { channels: "led" }, b: { channels: "speed" } } },
			[/^outbox.measures: must be at least 6/],
		],
	] as ReadonlyArray<readonly [string, object, readonly RegExp[]]>)
		it(`are refused ${what}`, () => {
			const found: readonly string[] = (() => {
				try {
					settingsWith({ device: { cloud: "sap" }, ...groups } as never);
				} catch (error) {
					return (error as { mistakes: readonly string[] }).mistakes;
				}
				return [];
			})();
			assert.equal(found.length, expected.length, found.join("; "));
			for (const [i, words] of expected.entries()) assert.match(found[i] ?? "", words);
		});
});
