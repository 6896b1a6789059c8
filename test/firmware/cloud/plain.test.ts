// The strategy for any broker: topics, JSON samples, commands and their results.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Plain } from "../../../modules/cloud/plain/plain.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { encode, FakeHost, NOW, opening, settingsWith, text } from "./fake-host.js";

type Groups = Parameters<typeof settingsWith>[0];
const make = (groups: Groups = {}) => new Plain(settingsWith(groups));
function start(groups: Groups = {}) {
	const cloud = make(groups);
	return { cloud, host: new FakeHost(cloud) };
}
const COMMANDS = "mote/sn-1/commands";

describe("Plain: alarms", () => {
	const at = Date.UTC(2026, 10, 27, 8);

	it("go to the results, with time, severity and whether they are on", () => {
		const { cloud, host } = start();
		cloud.alarm("TemperatureHigh", "MAJOR", true, 'over "30"', at);
		cloud.alarm("TemperatureHigh", "MAJOR", false, "x", -1);
		assert.deepEqual(
			host.queued.map(({ kind, text }) => [kind, JSON.parse(text)]),
			[
				[
					RecordKind.Alarm,
					{
						time: "2026-11-27T08:00:00.000Z",
						alarm: "TemperatureHigh",
						severity: "MAJOR",
						status: "ACTIVE",
						text: 'over "30"',
					},
				],
				[
					RecordKind.Alarm,
					{ time: null, alarm: "TemperatureHigh", severity: "MAJOR", status: "CLEARED", text: "x" },
				],
			],
		);
	});

	it("are texts where payloads are raw, and leave room for a command's result", () => {
		const { cloud, host } = start({ plain: { format: "raw" } });
		host.room = 2;
		assert.equal(cloud.alarm("TemperatureLow", "MINOR", true, "x", at), true);
		assert.equal(cloud.alarm("TemperatureLow", "MINOR", false, "x", at), false);
		assert.deepEqual(
			host.queued.map(({ text }) => text),
			["ALARM TemperatureLow MINOR ACTIVE: x"],
		);
	});
});

describe("Plain: connecting", () => {
	it("puts a device's id into its topics as it is, and nothing of it is a pattern", () => {
		for (const id of ["pump$$7", "$&", "$1", "%id", "a\\1"]) {
			const { cloud, host } = start({ device: { id } });
			assert.equal(text(cloud.measures.topic), `mote/${id}/measures`);
			assert.equal(text(cloud.opening(0)?.topic as Uint8Array), `mote/${id}/commands/#`);
			assert.ok(host);
		}
	});

	it("subscribes to a shared filter as it is, and takes the topics that it stands for", () => {
		const { cloud, host } = start({ plain: { commands: "$share/g1/mote/%id/commands/#" } });
		assert.equal(text(cloud.opening(0)?.topic as Uint8Array), "$share/g1/mote/sn-1/commands/#");
		host.receive("mote/sn-1/commands/led", "40%");
		assert.deepEqual(host.carriedOut, ["led 40%"]);
	});

	it("leaves a retained offline as its will, and says a retained online behind the subscription", () => {
		const cloud = make();
		const { clientId, will, cleanSession } = cloud.connect;
		assert.deepEqual([text(clientId), cleanSession], ["sn-1", true]);
		assert.deepEqual(
			[text(will?.topic as Uint8Array), text(will?.payload as Uint8Array), will?.qos, will?.retain],
			["mote/sn-1/status", "offline", 1, true],
		);
		assert.deepEqual(opening(cloud), [
			"subscribe mote/sn-1/commands/# 1",
			"publish mote/sn-1/status 1 retained: online",
		]);
	});

	it("tells how board and network are doing, once a connection and only where something is known", () => {
		for (const [plain, lines] of [
			[{}, ['publish mote/sn-1/health 1: {"health":"started power-on, up 3 s; Wi-Fi \\"joined\\" 1"}']],
			[
				{ format: "raw", statusQos: 0 },
				['publish mote/sn-1/health 0: started power-on, up 3 s; Wi-Fi "joined" 1'],
			],
			[
				{ health: "ü/%id/h" },
				['publish ü/sn-1/h 1: {"health":"started power-on, up 3 s; Wi-Fi \\"joined\\" 1"}'],
			],
			[{ health: "" }, []],
		] as const) {
			const cloud = make({ plain });
			new FakeHost(cloud).reported = 'started power-on, up 3 s; Wi-Fi "joined" 1';
			assert.deepEqual(opening(cloud).slice(2), lines);
		}
	});

	it("puts the id into every %id of a topic", () => {
		const cloud = make({
			plain: { measures: "%id/a/%id", results: "r", commands: "c/%id", status: "ü/%id" },
		});
		assert.deepEqual(
			[text(cloud.measures.topic), text(cloud.events.topic), ...opening(cloud)],
			["sn-1/a/sn-1", "r", "subscribe c/sn-1 1", "publish ü/sn-1 1 retained: online"],
		);
	});

	it("refuses topics with wildcards and U+0000", () => {
		for (const name of ["measures", "commands", "results", "status", "health"] as const)
			for (const bad of name === "commands"
				? ["a#", "a/+b", "#/a", "a\u0000b"]
				: ["a/#", "a/+/b", "a\u0000b"])
				assert.throws(() => make({ plain: { [name]: bad } }), `${name} ${bad}`);
	});

	it("takes the QoS of each topic from the settings", () => {
		for (const [qos, other] of [
			[0, 2],
			[1, 1],
			[2, 0],
		] as const) {
			const cloud = make({
				sampling: { qos },
				plain: { commandsQos: other, resultsQos: qos, statusQos: qos },
			});
			assert.deepEqual([cloud.measures.qos, cloud.events.qos, cloud.connect.will?.qos], [qos, qos, qos]);
			assert.deepEqual(opening(cloud), [
				`subscribe mote/sn-1/commands/# ${other}`,
				`publish mote/sn-1/status ${qos} retained: online`,
			]);
		}
	});

	it("lets the session persist only if told to", () => {
		assert.equal(make({ plain: { persistent: true } }).connect.cleanSession, false);
	});
});

describe("Plain: samples", () => {
	it("writes one JSON object", () => {
		assert.deepEqual(encode(make(), [21.5, 40, 880, 49.94]), {
			text: `{"time":"${NOW}","temperature":21.50,"led":40,"buzzer":880,"speed":49.9}`,
			written: 4,
			overflow: false,
		});
	});

	it("writes JSON that parses to the values, without those that are missing", () => {
		const value = fc.oneof(fc.constant(Number.NaN), fc.double({ min: -1000, max: 100_000, noNaN: true }));
		fc.assert(
			fc.property(fc.array(value, { minLength: 4, maxLength: 4 }), (values) => {
				const got = encode(make(), values);
				const sample = JSON.parse(got.text) as Record<string, unknown>;
				const expected: Record<string, unknown> = { time: NOW };
				for (const [i, [name, decimals]] of (
					[
						["temperature", 2],
						["led", 0],
						["buzzer", 0],
						["speed", 1],
					] as const
				).entries()) {
					const v = values[i] as number;
					// "-0" as a text reads as -0, and the writer leaves the sign out
					if (!Number.isNaN(v)) expected[name] = Number(v.toFixed(decimals)) + 0;
				}
				assert.deepEqual(sample, expected);
				assert.equal(got.written, Object.keys(expected).length - 1);
				assert.equal(got.overflow, false);
			}),
		);
	});
});

describe("Plain: raw", () => {
	it("writes the values alone, and leaves the place of a missing one empty", () => {
		const cloud = make({ plain: { format: "raw" } });
		assert.equal(encode(cloud, [21.5, 40, 880, 49.94]).text, "21.50,40,880,49.9");
		assert.equal(encode(cloud, [Number.NaN, 40, Number.NaN, 1]).text, ",40,,1.0");
		assert.equal(encode(cloud, [1, 2, 3, Number.NaN]).text, "1.00,2,3,");
	});

	it("answers a command with a word, and the reason", () => {
		const { host } = start({ plain: { format: "raw" } });
		host.receive(COMMANDS, "led on");
		host.reason = 'no "LED"';
		host.receive(COMMANDS, "led off");
		assert.deepEqual(
			host.queued.map((queued) => queued.text),
			["SUCCESSFUL", 'FAILED: no "LED"'],
		);
	});
});

describe("Plain: commands by topic", () => {
	const commands = (plain: object, topic: string, payload: string, retain = false) => {
		// A filter that takes in everything needs topics of the node's own that no wildcard in front matches.
		const own = { measures: "$node/m", results: "$node/r", status: "$node/s", health: "" };
		const { host } = start({
			plain: { ...("commands" in plain && plain.commands === "#" ? own : {}), ...plain },
		});
		host.receive(topic, payload, retain);
		return [host.carriedOut, host.problems.length];
	};

	it("puts what the topic has at the last wildcard in front of the payload", () => {
		for (const [filter, topic, payload, command] of [
			["mote/%id/commands/#", "mote/sn-1/commands", "led on", "led on"],
			["mote/%id/commands/#", "mote/sn-1/commands/led", "on", "led on"],
			["mote/%id/commands/#", "mote/sn-1/commands/buzzer/880Hz", "500ms", "buzzer 880Hz 500ms"],
			["mote/+/set/+", "mote/any/set/speed", "50", "speed 50"],
			["all/+/commands", "all/x/commands", "led on", "led on"],
			["#", "led", "40%", "led 40%"],
			["c/#", "c/led", "", "led "],
		] as const)
			assert.deepEqual(commands({ commands: filter }, topic, payload), [[command], 0], `${filter} ${topic}`);
	});

	it("takes nothing from a topic that does not match", () => {
		for (const [filter, topic] of [
			["mote/%id/commands/#", "mote/sn-1/commandsX"],
			["mote/%id/commands/#", "mote/sn-2/commands"],
			["mote/+/set", "mote/a/b/set"],
			["mote/+/set", "mote/a/set/x"],
			["#", "$SYS/led"],
		] as const)
			assert.deepEqual(commands({ commands: filter }, topic, "led on"), [[], 1], `${filter} ${topic}`);
	});

	it("does not carry out a retained command, unless told to", () => {
		assert.deepEqual(commands({}, COMMANDS, "led on", true), [[], 1]);
		assert.deepEqual(commands({ retainedCommands: true }, COMMANDS, "led on", true), [["led on"], 0]);
	});

	it("leaves a command that is far too long to the parser, which refuses it", () => {
		const long = "x".repeat(2000);
		assert.equal((commands({}, "mote/sn-1/commands/led", long)[0] as string[])[0]?.length, 1024);
		assert.equal((commands({}, `mote/sn-1/commands/${long}`, "on")[0] as string[])[0], "on");
	});
});

describe("Plain: commands", () => {
	const result = (host: FakeHost): unknown => {
		assert.equal(host.queued.length, 1, "a result is queued");
		const [queued] = host.queued;
		assert.deepEqual([queued?.kind, queued?.tag], [RecordKind.Operation, 0]);
		return JSON.parse(queued?.text ?? "");
	};

	it("answers a command with its result", () => {
		const { host } = start();
		host.receive(COMMANDS, "led on");
		assert.deepEqual(host.carriedOut, ["led on"]);
		assert.deepEqual(result(host), { time: NOW, command: "led on", status: "SUCCESSFUL", reason: "" });
	});

	it("answers a refused command with the reason, whatever is in either", () => {
		for (const [command, reason] of [
			["x", "no"],
			['say "hi"\\', 'not "hi"\\, a\nb'],
			["größe 𝄞", "zu groß: 温度"],
			["", "no command"],
		] as const) {
			const { host } = start();
			host.reason = reason;
			host.receive(COMMANDS, command);
			assert.deepEqual(result(host), { time: NOW, command, status: "FAILED", reason });
		}
	});

	it("repeats only the beginning of a long command, and never cuts it inside a character", () => {
		for (const character of ["x", "ü", "温", "𝄞"])
			for (const shift of ["", "a", "ab", "abc"]) {
				const { host } = start();
				const command = shift + character.repeat(200);
				host.receive(COMMANDS, command);
				const { command: echo } = result(host) as { command: string };
				assert.ok(echo.length > 20 && command.startsWith(echo), `${echo.slice(0, 9)}… is no beginning of it`);
			}
	});

	it("answers commands that are not UTF-8", () => {
		const { host } = start();
		host.reason = "unknown";
		host.receive(COMMANDS, Uint8Array.of(0xff, 0xfe));
		assert.equal((result(host) as { status: string }).status, "FAILED");
	});

	it("answers every command, also one whose echo grows by escaping", () => {
		for (const byte of [1, 0x1f, 34, 92, 10]) {
			const { host } = start();
			const bytes = new Uint8Array(200).fill(byte);
			// as the command parser would say it
			host.reason = `unknown command "${text(bytes.slice(0, 40))}"; there are led, buzzer, speed and interval`;
			host.receive(COMMANDS, bytes);
			assert.equal((result(host) as { status: string }).status, "FAILED", `byte ${byte}`);
		}
	});

	it("counts messages on other topics and answers nothing", () => {
		const { host } = start();
		host.receive("mote/sn-2/commands", "led on");
		assert.deepEqual([host.carriedOut, host.queued, host.problems.length], [[], [], 1]);
	});
});
