// Settings: defaults, overlays, every mistake in one error, and keys that are names of Object.prototype.

import assert from "node:assert/strict";
import fc from "fast-check";
import { makeSettings, SCHEMA, SettingsError } from "../../../modules/app/settings.js";
import { NAMED_SETTINGS } from "../../../modules/cloud/clouds.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { Plain } from "../../../modules/cloud/plain/plain.js";
import { SapIot } from "../../../modules/cloud/sap-iot/sap-iot.js";
import { DEFAULT_TABLE } from "../../../modules/core/default-channels.js";
import { connectLength } from "../../../modules/mqtt/encode.js";
import { Limits } from "../../../modules/mqtt/limits.js";

/** The mistakes that these settings have. */
function mistakes(...inputs: unknown[]): readonly string[] {
	try {
		makeSettings(...inputs);
	} catch (error) {
		assert.ok(error instanceof SettingsError, `refused, not crashed: ${error}`);
		for (const mistake of error.mistakes) assert.ok(error.message.includes(mistake));
		return error.mistakes;
	}
	return [];
}

describe("makeSettings", () => {
	it("gives the default of every setting without input", () => {
		const settings = makeSettings() as unknown as Record<string, Record<string, unknown>>;
		assert.deepEqual(Object.keys(settings), [
			...Object.keys(SCHEMA),
			...Object.keys(NAMED_SETTINGS),
			"channels",
		]);
		for (const [group, fields] of Object.entries(SCHEMA))
			for (const [key, field] of Object.entries(fields as Record<string, { value: unknown }>))
				assert.equal(settings[group]?.[key], field.value, `${group}.${key}`);
	});

	it("has defaults that are right by its own rules", () => {
		const { channels, ...groups } = makeSettings();
		assert.deepEqual(mistakes(groups), []);
		assert.equal(channels, DEFAULT_TABLE);
	});

	it("gives a fresh group where there is input, and the frozen defaults where there is none", () => {
		const { device, broker } = makeSettings({ device: { id: "x" }, broker: {} });
		assert.notEqual(device, makeSettings({ device: { id: "x" } }).device);
		assert.equal(makeSettings().device.id, "mote-0001");
		assert.equal(broker, makeSettings().broker);
		assert.ok(Object.isFrozen(broker));
	});

	it("lays inputs over the defaults in turn, and leaves out undefined ones", () => {
		const settings = makeSettings(
			{ device: { id: "a", name: "n" } },
			undefined,
			{ device: { id: "b" }, broker: { port: 1883 } },
			{},
			{ sampling: {} },
		);
		assert.deepEqual([settings.device.id, settings.device.name, settings.broker.port], ["b", "n", 1883]);
		assert.equal(settings.broker.host, SCHEMA.broker.host.value);
	});

	it("does not touch what it is given", () => {
		const input = Object.freeze({ device: Object.freeze({ id: "x" }) });
		assert.equal(makeSettings(input).device.id, "x");
	});

	it("takes both bounds of every range and refuses what is beyond them", () => {
		for (const [group, fields] of Object.entries(SCHEMA))
			for (const [key, field] of Object.entries(
				fields as unknown as Record<string, Record<string, unknown>>,
			)) {
				if (field.type !== "number") continue;
				const { min, max } = field as { min: number; max: number };
				const about = (value: unknown) =>
					mistakes({ [group]: { [key]: value } }).filter((mistake) =>
						mistake.startsWith(`${group}.${key}: must be ${min}`),
					);
				assert.deepEqual([about(min), about(max)], [[], []], key);
				assert.deepEqual([about(min - 1).length, about(max + 1).length], [1, 1], key);
				for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, "5", null, undefined, true, [], {}])
					assert.equal(mistakes({ [group]: { [key]: bad } }).length, 1, `${key} ${bad}`);
				if (field.whole) assert.match(mistakes({ [group]: { [key]: min + 0.5 } })[0] ?? "", /whole number/);
			}
	});

	it("refuses texts of other types and lengths, flags that are no flags, and unknown choices", () => {
		for (const [input, mistake] of [
			[{ device: { id: "" } }, "device.id: must have 1 to 64 characters"],
			[{ device: { id: "x".repeat(65) } }, "device.id: must have 1 to 64 characters"],
			[{ device: { id: 5 } }, "device.id: must be a text"],
			[{ device: { cloud: "azure" } }, "device.cloud: must be one of cumulocity, plain, sap"],
			[{ device: { cloud: ["sap"] } }, "device.cloud: must be one of cumulocity, plain, sap"],
			[{ sampling: { qos: 3 } }, "sampling.qos: must be one of 0, 1, 2"],
			[{ sampling: { qos: "1" } }, "sampling.qos: must be one of 0, 1, 2"],
			[{ broker: { tls: 1 } }, "broker.tls: must be true or false"],
			[{ broker: { tls: "false" } }, "broker.tls: must be true or false"],
			[{ broker: { prot: 1 } }, "broker.prot: unknown setting"],
			[{ brokre: {} }, "brokre: unknown group"],
			[{ broker: 5 }, "broker: must be an object"],
			[{ broker: null }, "broker: must be an object"],
			[{ broker: [] }, "broker: must be an object"],
			[5, "settings must be an object of groups"],
			[null, "settings must be an object of groups"],
			[[], "settings must be an object of groups"],
			["{}", "settings must be an object of groups"],
		] as const)
			assert.deepEqual(mistakes(input), [mistake]);
	});

	it("refuses ids with characters that topics and client ids have no place for", () => {
		for (const id of ["a:b", "a/b", "a+b", "a#b", "a b", "a\tb", "a\u00a0b"])
			assert.equal(mistakes({ device: { id } }).length, 1, id);
		for (const id of ["mote-1", "ä", "A.B_c", "a,b"]) assert.deepEqual(mistakes({ device: { id } }), [], id);
	});

	it("checks what only holds between settings, over all inputs together", () => {
		assert.match(mistakes({ broker: { password: "p" } })[0] ?? "", /^broker.password: needs broker.username/);
		assert.deepEqual(mistakes({ broker: { password: "p" } }, { broker: { username: "u" } }), []);
		assert.match(mistakes({ thermistor: { minimumC: 50, maximumC: 50 } })[0] ?? "", /^thermistor.minimumC/);
	});

	it("holds WebSocket and Cumulocity's credentials against what the platform takes", () => {
		const web = { transport: "websocket", clientCertificate: false };
		const boot = { bootstrapPassword: "b" };
		for (const [input, mistake] of [
			[{ broker: { ...web, path: "mqtt" } }, /^broker\.path: must begin with "\/"/],
			[{ broker: { ...web, path: "/a b" } }, /^broker\.path/],
			[{ broker: { ...web, path: "/a\r\nHost: x" } }, /^broker\.path/],
			[{ broker: { ...web, path: "/ä" } }, /^broker\.path/],
			[{ broker: { ...web, host: "h\r\nX: y" } }, /^broker\.host/],
			[{ broker: { transport: "websocket" } }, /^broker\.clientCertificate: Cumulocity takes no certificate/],
			[{ cumulocity: boot }, /^cumulocity\.bootstrapPassword: needs broker\.clientCertificate false/],
			[{ cumulocity: boot, broker: { clientCertificate: false, username: "u" } }, /leave broker\.username/],
			[{ cumulocity: { relays: "led,pump" } }, /^cumulocity\.relays: must be a list of led, buzzer, speed/],
			[{ cumulocity: { position: "91,0" } }, /^cumulocity\.position/],
			[{ cumulocity: { position: "1,2,x" } }, /^cumulocity\.position/],
			[{ cumulocity: { position: "1" } }, /^cumulocity\.position/],
			[{ cumulocity: { position: "1,,3" } }, /^cumulocity\.position/],
			[
				{ device: { cloud: "sap" }, sap: { resultCapability: "mote-measures" } },
				/^sap\.resultCapability: sap\.measureCapability has it/,
			],
			[
				{ device: { cloud: "sap" }, sap: { resultCapability: "r", messageId: false } },
				/^sap\.resultCapability: needs sap\.messageId/,
			],
		] as const) {
			const found = mistakes(input);
			assert.equal(found.length, 1, JSON.stringify(input));
			assert.match(found[0] ?? "", mistake);
		}
		for (const input of [
			{ broker: web },
			{ broker: { transport: "websocket" }, device: { cloud: "plain" } },
			{ broker: { path: "no path" } },
			{ cumulocity: { ...boot, relays: "led, speed", position: "-49.29,8.64,112.5" }, broker: web },
		])
			assert.deepEqual(mistakes(input), [], JSON.stringify(input));
	});

	it("refuses limits of which both alarms stand at once, unless one of them is off", () => {
		const of = (temperature: object) => mistakes({ channels: { temperature } });
		for (const limits of [
			{ high: 20, low: 21 },
			{ high: 20, low: 20 },
			{ high: 30, low: 20, hysteresis: 10.5 },
		])
			assert.match(
				of(limits)[0] ?? "",
				/^channels.temperature.low: must be below high \(\d+\) by hysteresis \([\d.]+\)/,
			);
		for (const limits of [
			{ high: 30, low: 20, hysteresis: 10 },
			{ high: 20, low: 20, hysteresis: 0 },
			{ high: -90, hysteresis: 50 },
			{ low: 290, hysteresis: 50 },
		])
			assert.deepEqual(of(limits), []);
	});

	it("refuses commands on a topic of the node's own: it would answer itself for ever", () => {
		const device = { id: "m$$1" };
		for (const [plain, own] of [
			[{ commands: "#" }, ["measures", "results", "status", "health"]],
			[{ commands: "mote/%id/#" }, ["measures", "results", "status", "health"]],
			[{ commands: "$share/g/mote/+/results" }, ["results"]],
			[{ commands: "mote/%id/commands/+", results: "mote/%id/commands/led" }, ["results"]],
			[{ commands: "mote/m$$1/status" }, ["status"]],
			[{ commands: "a", measures: "a" }, ["measures"]],
		] as const)
			assert.deepEqual(
				mistakes({ device, plain }),
				own.map((key) => `plain.commands: takes in plain.${key}, so that the node would answer itself`),
			);
		for (const plain of [
			{ commands: "mote/%id/commands/#", health: "" },
			{ commands: "mote/m$1/status" },
			{ commands: "+/+/+/led" },
		])
			assert.deepEqual(mistakes({ device, plain }), []);
	});

	it("takes shared subscriptions that have a group and a filter", () => {
		for (const commands of ["$share/g1/mote/%id/commands", "$share/g/+/x", "$share/g/c/#"])
			assert.deepEqual(mistakes({ plain: { commands } }), [], commands);
		for (const commands of [
			"$share",
			"$share/",
			"$share/g",
			"$share/g/",
			"$share//x",
			"$share/+/x",
			"$share/#",
		])
			assert.equal(mistakes({ plain: { commands } }).length, commands === "$share" ? 0 : 1, commands);
	});

	it("checks Wi-Fi networks: ids in bytes, passwords of a length that WPA knows, none without its network", () => {
		for (const [network, mistake] of [
			[{ ssid: "ä".repeat(17) }, "network.ssid: must have at most 32 bytes"],
			[{ password: "12345678" }, "network.password: needs network.ssid"],
			[{ ssid: "a", password3: "12345678" }, "network.password3: needs network.ssid3"],
			[{ ssid: "a", password: "1234567" }, "network.password: must have 8 to 64 characters"],
			[{ ssid: "a", password: "x".repeat(65) }, "network.password: must have 0 to 64 characters"],
			[{ sntp: "" }, "network.sntp: must have 1 to 253 characters"],
			[{ ssid: "x".repeat(33) }, "network.ssid: must have 0 to 32 characters"],
		] as const)
			assert.deepEqual(mistakes({ network }), [mistake]);
		for (const network of [
			{ ssid: "ä".repeat(16) },
			{ ssid: "a", password: "x".repeat(64) },
			{ ssid3: "a", password3: "12345678" },
		])
			assert.deepEqual(mistakes({ network }), []);
	});

	it("lists every mistake of every input in one error", () => {
		assert.deepEqual(
			mistakes({ device: { id: 5, nam: 1 }, brokre: {} }, 7, { sampling: { qos: 3, intervalMs: 1 } }),
			[
				"device.id: must be a text",
				"device.nam: unknown setting",
				"brokre: unknown group",
				"settings must be an object of groups",
				"sampling.qos: must be one of 0, 1, 2",
				"sampling.intervalMs: must be 100 to 86400000",
			],
		);
	});

	it("never repeats a value, which may be a secret", () => {
		const secret = "hunter2-hunter2";
		for (const input of [
			{ broker: { password: secret } },
			{ broker: { username: "u", password: secret.repeat(200) } },
			{ broker: { password: { secret } } },
			{ broker: { tls: secret, port: secret, host: [secret] } },
			{ device: { cloud: secret, id: `${secret}/` } },
			{ broker: secret },
			secret,
		]) {
			const all = mistakes(input);
			assert.ok(all.length > 0);
			assert.ok(!all.join().includes(secret), all.join());
		}
	});

	it("refuses names of Object.prototype as groups", () => {
		for (const name of [
			"__proto__",
			"constructor",
			"toString",
			"hasOwnProperty",
			"valueOf",
			"__defineGetter__",
		]) {
			for (const values of ['{"name":"x"}', '{"toString":1}', "{}", '{"x":1}', "5"]) {
				const input = JSON.parse(`{"${name}":${values}}`);
				assert.deepEqual(mistakes(input), [`${name}: unknown group`], values);
			}
		}
	});

	it("refuses names of Object.prototype as settings", () => {
		for (const name of [
			"__proto__",
			"constructor",
			"toString",
			"hasOwnProperty",
			"valueOf",
			"__defineGetter__",
		])
			for (const value of ["1", '"x"', "{}", "null", "true"]) {
				const input = JSON.parse(`{"device":{"${name}":${value}}}`);
				assert.deepEqual(mistakes(input), [`device.${name}: unknown setting`], value);
			}
	});

	it("leaves Object.prototype alone", () => {
		const before = Reflect.ownKeys(Object.prototype);
		try {
			makeSettings(JSON.parse('{"__proto__":{"polluted":1},"device":{"__proto__":{"polluted":1}}}'));
		} catch {}
		assert.deepEqual(Reflect.ownKeys(Object.prototype), before);
	});

	it("throws nothing else than a SettingsError for any JSON", () => {
		const keys = fc.constantFrom(...Object.keys(SCHEMA), "x");
		const inner = fc.dictionary(
			fc.constantFrom("id", "port", "tls", "qos", "host", "x"),
			fc.jsonValue({ maxDepth: 1 }),
		);
		fc.assert(
			fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.oneof(inner, fc.jsonValue()))), (input) => {
				mistakes(input);
			}),
			{ numRuns: 500 },
		);
	});
});

describe("settings and what is made of them", () => {
	const longest = (n: number) => "x".repeat(n);

	it("leave room in the output stage for CONNECT with the longest credentials", () => {
		const { id } = SCHEMA.device;
		const { username, password } = SCHEMA.broker;
		const settings = makeSettings({
			device: { id: longest(id.max) },
			broker: { username: longest(username.max), password: longest(password.max) },
			plain: { status: longest(SCHEMA.plain.status.max) },
		});
		for (const cloud of [new Cumulocity(settings, "1"), new SapIot(settings), new Plain(settings)])
			assert.ok(connectLength(cloud.connect) + 5 <= Limits.outputBytes, cloud.constructor.name);
	});

	it("allow no topics for which the output stage has no room once %id is replaced", () => {
		for (const [name, pattern] of [
			["measures", "%id".repeat(85)],
			["commands", "%id/".repeat(60)],
			["results", "%id".repeat(85)],
			["status", "%id".repeat(85)],
		] as const) {
			const input = { device: { id: longest(64) }, plain: { [name]: pattern } };
			const refused = mistakes(input);
			assert.ok(refused.every((mistake) => mistake.startsWith(`plain.${name}:`)));
			if (refused.length > 0) continue;
			let cloud: Plain;
			try {
				cloud = new Plain(makeSettings(input));
			} catch {
				continue; // at start is early enough, too
			}
			for (const topic of [
				cloud.measures.topic,
				cloud.events.topic,
				cloud.opening(0)?.topic,
				cloud.opening(1)?.topic,
			])
				assert.ok((topic?.length ?? 0) + 10 <= Limits.outputBytes / 2, `${name}: ${topic?.length} bytes`);
		}
	});

	it("allow no texts that cannot be sent", () => {
		for (const input of [
			{ device: { name: "\ud800" } },
			{ cumulocity: { type: "\udc00" } },
			{ device: { id: "a\u0000" } },
		]) {
			if (mistakes(input).length > 0) continue;
			const cloud = new Cumulocity(makeSettings(input), "1");
			cloud.attach({ marked: () => 0 } as never);
			assert.doesNotThrow(() => cloud.opening(0), JSON.stringify(input));
		}
	});
});
