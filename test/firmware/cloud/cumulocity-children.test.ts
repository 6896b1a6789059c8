// The strategy for Cumulocity: child devices.

import assert from "node:assert/strict";
import { settingsOf } from "../../../modules/app/settings.js";
import { MAX_PACKET_BYTES } from "../../../modules/cloud/cumulocity/lanes.js";
import { nameOf } from "../../../modules/cloud/cumulocity/own-measures.js";
import type { ChildSettings } from "../../../modules/cloud/cumulocity/settings.js";
import { DEFAULT_TABLE } from "../../../modules/core/default-channels.js";
import { type Groups, make, ready, start } from "./cumulocity-fixture.js";
import { encodePortion, NOW, opening, text } from "./fake-host.js";

const child = (over: Partial<ChildSettings> = {}): ChildSettings => ({
	id: "",
	name: "",
	type: "mote_Child",
	channels: "",
	relay: "none",
	...over,
});
const children = {
	pump: child({ name: "Pump, left", type: "mote_Pump", channels: "speed, led", relay: "speed" }),
	oven: child({ id: "oven-7", channels: "temperature" }),
};

describe("Cumulocity: children", () => {
	it("have topics, and portions of a sample, of their own", () => {
		const cloud = make({ children });
		const topics = (lane: typeof cloud.measures) =>
			[lane.topic, ...(lane.others ?? []).map(({ topic }) => topic)].map(text);
		assert.deepEqual(topics(cloud.measures), ["s/us", "s/us/sn-1:pump", "s/us/oven-7"]);
		assert.deepEqual(topics(cloud.events), ["s/us", "s/us/sn-1:pump", "s/us/oven-7"]);
		assert.deepEqual(
			cloud.portions?.map(({ route, places }) => [route, ...places]),
			[
				[0, 2],
				[1, 1, 3],
				[2, 0],
			],
		);
		assert.deepEqual(
			cloud.portions?.map((portion) => encodePortion(cloud, portion, [1, 2])),
			[
				`200,mote_Buzzer,frequency,1,Hz,${NOW}\n`,
				`200,mote_Led,brightness,1,%,${NOW}\n200,mote_Speed,measured,2.0,rpm,${NOW}\n`,
				`200,c8y_Temperature,T,1.00,C,${NOW}\n`,
			],
		);
	});

	it("may have all channels: then nothing is the device's own", () => {
		const cloud = make({ children: { all: child({ channels: "temperature,led,buzzer,speed" }) } });
		assert.deepEqual(
			cloud.portions?.map(({ route }) => route),
			[1],
		);
	});

	it("follow the mode of measures, and own templates", () => {
		const topic = (cumulocity: object) => {
			const { measures, events } = make({ children, cumulocity: cumulocity as never });
			return [measures, events].map(({ others }) => text(others?.[1]?.topic as Uint8Array));
		};
		assert.deepEqual(topic({ mode: "transient" }), ["t/us/oven-7", "s/us/oven-7"]);
		assert.deepEqual(topic({ mode: "cep", ownTemplates: "default" }), ["c/ud/oven-7", "s/us/oven-7"]);
		assert.match(topic({ ownTemplates: "named" })[0] ?? "", /^s\/uc\/m[0-9a-f]{10}\/oven-7$/);
	});

	it("with own templates have a row of their own, and one for each channel, in the collection", () => {
		const { cloud, host } = start({ children, cumulocity: { ownTemplates: "named" } as never });
		const steps: string[] = [];
		cloud.opening(0);
		const definition = (() => {
			for (let i = 1; i < 9; i++) {
				const step = cloud.opening(i);
				if (step?.kind !== "publish") {
					step?.done?.();
					if (step?.kind === "wait") host.receive("s/dt", `41,${text(cloud.measures.topic).slice(5)}`);
					continue;
				}
				steps.push(text(step.payload));
				if (step.payload.length > 0 && text(step.topic).startsWith("s/ut/")) return text(step.payload);
				step.done?.();
			}
			return "";
		})();
		assert.equal(text(cloud.measures.topic), `s/uc/${nameOf(definition)}`, steps.join());
		const ids = definition.split("\n").map((row) => row.split(",")[1]);
		assert.deepEqual(ids, ["700", "717", "718", "701", "702", "703", "704", undefined]);
		const row = (id: string) => definition.split("\n").find((line) => line.startsWith(`10,${id},`)) ?? "";
		assert.ok(
			row("717").includes("mote_Led.brightness.value") && row("717").includes("mote_Speed.measured.value"),
		);
		assert.ok(!row("717").includes("c8y_Temperature"));
		assert.deepEqual(
			cloud.portions?.map((portion) => encodePortion(cloud, portion, [1, 2])),
			[`703,${NOW},1\n`, `702,${NOW},1\n704,${NOW},2.0\n`, `701,${NOW},1.00\n`],
		);
		assert.deepEqual(
			cloud.portions?.map(
				(portion) =>
					portion.encoder.template().map((part) => (part instanceof Uint8Array ? text(part) : part))[0],
			),
			["700,", "717,", "718,"],
		);
	});

	it("leave room in the packet for the longest of their topics", () => {
		const id = "x".repeat(128);
		for (const cumulocity of [{}, { ownTemplates: "named" }]) {
			const { measures } = make({
				cumulocity: cumulocity as never,
				children: { a: child({ id, channels: "led" }), b: child({ channels: "speed" }) },
			});
			const longest = Math.max(...[measures, ...(measures.others ?? [])].map(({ topic }) => topic.length));
			assert.equal(measures.maxBytes, MAX_PACKET_BYTES - 3 - 2 - longest - 2);
		}
	});

	it("are made, and say which operations they take, before measures flow", () => {
		const { cloud } = start({ children, cumulocity: { describe: false, requiredAvailability: 0 } as never });
		const steps = opening(cloud);
		const at = steps.findIndex((line) => line.includes("114,"));
		assert.deepEqual(steps.slice(at), [
			"publish s/us 1: 114,c8y_Command,c8y_Restart,c8y_Relay,c8y_MeasurementRequestOperation\n",
			'publish s/us 1: 101,sn-1:pump,"Pump, left",mote_Pump\n',
			"publish s/us/sn-1:pump 1: 114,c8y_MeasurementRequestOperation,c8y_Relay\n",
			"publish s/us 1: 101,oven-7,oven,mote_Child\n",
			"publish s/us/oven-7 1: 114,c8y_MeasurementRequestOperation\n",
			"publish s/us 1: 500\n",
		]);
	});

	it("have alarms and events of their channels on their topics", () => {
		const { cloud, host } = ready({ children });
		cloud.alarm("SpeedHigh", "MAJOR", true, "too fast", -1, 3);
		cloud.alarm("SpeedHigh", "MAJOR", false, "", -1, 3);
		cloud.event("Led", "on", -1, 1);
		cloud.alarm("BuzzerLow", "MAJOR", true, "quiet", -1, 2);
		cloud.alarm("CertificateEnd", "MAJOR", true, "soon", -1);
		assert.deepEqual(host.deliver(), [
			"1: 302,mote_SpeedHigh,too fast,\n",
			"1: 306,mote_SpeedHigh\n",
			"1: 400,mote_Led,on,\n",
			"302,mote_BuzzerLow,quiet,\n",
			"302,mote_CertificateEnd,soon,\n",
		]);
	});
});

describe("Cumulocity: operations of children", () => {
	it("are told by the second column, and answered on their topics", () => {
		const { host } = ready({ children, motor: { maxRpm: 90 } });
		host.receive("s/ds", "518,sn-1:pump,CLOSED\n518,sn-1,CLOSED\n517,oven-7,x\n");
		assert.deepEqual(host.deliver(), [
			"1: 501,c8y_Relay\n",
			"501,c8y_Relay\n",
			"2: 501,c8y_MeasurementRequestOperation\n",
			"1: 503,c8y_Relay\n",
			"503,c8y_Relay\n",
			"2: 503,c8y_MeasurementRequestOperation\n",
		]);
		assert.deepEqual(host.carriedOut, ["speed 90", "led on"]);
		assert.equal(host.samples, 1);
	});

	it("of the same content for two targets are two operations", () => {
		const two = { a: child({ relay: "led" }), b: child({ relay: "led" }) };
		const { host } = ready({ children: two });
		host.receive("s/ds", "518,sn-1:a,OPEN\n518,sn-1:b,OPEN\n518,sn-1:a,OPEN\n");
		const answers = host.deliver();
		assert.deepEqual(
			answers.filter((line) => !line.endsWith("500\n")).map((line) => line.slice(0, 6)),
			["1: 501", "2: 501", "1: 503", "2: 503"],
		);
		assert.deepEqual(host.carriedOut, ["led off", "led off"]);
	});

	it("are refused where the child does not take them, or the state is none", () => {
		const { host } = ready({ children });
		host.receive("s/ds", "511,sn-1:pump,led on\n510,oven-7\n518,oven-7,OPEN\n519,sn-1:pump,OPEN\n");
		assert.deepEqual(host.deliver(), [
			"1: 501,c8y_Command\n502,c8y_Command,c8y_Command is not supported\n",
			"2: 501,c8y_Restart\n502,c8y_Restart,c8y_Restart is not supported\n",
			"2: 501,c8y_Relay\n502,c8y_Relay,c8y_Relay is not supported\n",
			"1: 501,c8y_RelayArray\n502,c8y_RelayArray,c8y_RelayArray is not supported\n",
		]);
		host.receive("s/ds", "518,sn-1:pump,AJAR");
		assert.deepEqual(host.deliver(), [
			"1: 501,c8y_Relay\n",
			"1: 502,c8y_Relay,the state is neither OPEN nor CLOSED\n",
		]);
		assert.deepEqual([host.restarts, host.carriedOut], [0, []]);
	});

	it("for somebody else are not acted on", () => {
		const { host } = ready({ children });
		for (const id of ["sn-1:pum", "sn-1:pump2", "pump", "oven", "oven-77", "SN-1:pump", ""])
			host.receive("s/ds", `518,${id},OPEN`);
		assert.deepEqual(host.deliver(), []);
		assert.equal(host.problems.length, 7);
	});

	it("that cannot be read, or are too long, are refused on their topics", () => {
		const { host } = ready({ children });
		host.receive("s/ds", '518,sn-1:pump,"OPEN');
		assert.deepEqual(host.deliver(), [
			"1: 501,c8y_Relay\n",
			"1: 502,c8y_Relay,the operation cannot be read: its quotes do not match\n",
		]);
		host.skip("s/ds", `518,sn-1:pump,${"x".repeat(60)}`);
		assert.deepEqual(host.deliver(), ["1: 501,c8y_Relay\n", "1: 502,c8y_Relay,the operation is too long\n"]);
	});

	it("with ids are told by the source of the JSON, and answered by their ids on the child's topic", () => {
		const { host } = ready({ children, cumulocity: { operationIds: true } as never });
		const json = (id: number, externalId: string, fragment: object) =>
			JSON.stringify({
				id: `${id}`,
				status: "PENDING",
				externalSource: { externalId, type: "c8y_Serial" },
				...fragment,
			});
		host.receive(
			"devicecontrol/notifications",
			[
				json(7, "sn-1:pump", { c8y_Relay: { relayState: "OPEN" } }),
				json(8, "oven-7", { c8y_Unknown: {} }),
				json(9, "elsewhere", { c8y_Relay: { relayState: "OPEN" } }),
			].join("\n"),
		);
		assert.deepEqual(host.deliver(), [
			"1: 504,7\n",
			"2: 504,8\n505,8,this kind of operation is not supported\n",
			"1: 506,7\n",
		]);
		assert.deepEqual(host.carriedOut, ["speed stop"]);
	});

	it("as JSON that is too long to be kept are refused on the topic of whom the source names", () => {
		for (const [externalId, place] of [
			["sn-1:pump", "1: "],
			["oven-7", "2: "],
			["sn-1", ""],
			["elsewhere", ""],
		] as const)
			for (const size of [1, 7, 512]) {
				const { cloud, host } = ready({ children, cumulocity: { operationIds: true } as never });
				const source = { externalId, type: "c8y_Serial" };
				const text = JSON.stringify({
					c8y_Command: { text: "y".repeat(3000), externalIds: "sn-1:pump" },
					externalSource: source,
					id: "77",
				});
				const bytes = new TextEncoder().encode(text);
				const sink = cloud.stream({ isOn: (topic: Uint8Array) => topic.length > 20 } as never);
				for (let at = 0; at < bytes.length; at += size)
					sink?.part(bytes, at, Math.min(bytes.length, at + size));
				sink?.end(true);
				assert.deepEqual(host.deliver(), [`${place}504,77\n505,77,the operation is too long\n`], externalId);
			}
	});

	it("tell the inventory of their relay", () => {
		const { cloud, host } = ready({ children });
		host.receive("s/ds", "518,sn-1:pump,CLOSED\n518,sn-1,OPEN\n");
		host.deliver();
		host.tick();
		cloud.disconnected("server-closed");
		assert.deepEqual(host.sent, [
			'inventory/managedObjects/update/sn-1:pump {"c8y_Relay":{"relayState":"CLOSED"}}',
		]);
		opening(cloud);
		host.publishes = false;
		host.tick();
		host.publishes = true;
		host.tick();
		host.tick();
		host.tick();
		assert.deepEqual(host.sent.slice(1).sort(), [
			'inventory/managedObjects/update/sn-1 {"c8y_Relay":{"relayState":"OPEN"}}',
			'inventory/managedObjects/update/sn-1:pump {"c8y_Relay":{"relayState":"CLOSED"}}',
		]);
	});

	it("that a restart interrupted are ended on their topics, each in a message", () => {
		const first = ready({ children, cumulocity: { operationIds: true } as never });
		first.host.receive("s/ds", "518,sn-1:pump,CLOSED\n517,sn-1,x\n517,oven-7,x\n");
		assert.deepEqual(Object.fromEntries(first.host.marks), {
			"operation-0": "518,,sn-1:pump",
			"operation-1": 517,
			"operation-2": "517,,oven-7",
		});
		for (const settings of [{ children }, {}] as Groups[]) {
			const { cloud, host } = start(settings);
			for (const [key, value] of first.host.marks) host.marks.set(key, value);
			const steps = opening(cloud);
			const words = ",interrupted by a restart\n";
			assert.deepEqual(steps.slice(-4), [
				`publish s/us/sn-1:pump 1: 502,c8y_Relay${words}`,
				`publish s/us 1: 502,c8y_MeasurementRequestOperation${words}`,
				`publish s/us/oven-7 1: 502,c8y_MeasurementRequestOperation${words}`,
				"publish s/us 1: 500\n",
			]);
			assert.equal(host.marks.size, 0);
			assert.deepEqual(opening(cloud).slice(-1), ["publish s/us 1: 500\n"]);
		}
	});

	it("of which some words are acknowledged are not ended again", () => {
		const { cloud, host } = start({ children });
		host.marks.set("operation-0", "518,,sn-1:pump" as never);
		host.mark("operation-1", 511);
		const isWords = (payload: Uint8Array) => text(payload).startsWith("502");
		for (let i = 0; ; i++) {
			const step = cloud.opening(i);
			step?.done?.();
			if (step && isWords(step.payload)) break;
		}
		assert.deepEqual(Object.fromEntries(host.marks), { "operation-1": 511 });
		cloud.disconnected("server-closed");
		assert.deepEqual(
			opening(cloud).filter((line) => line.includes(": 502")),
			["publish s/us 1: 502,c8y_Command,interrupted by a restart\n"],
		);
		assert.equal(host.marks.size, 0);
	});

	it("that a power cut interrupted are ended behind the answers of the boot before", () => {
		const { cloud, host } = start({ children });
		host.marks.set("operation-1", "518,12,sn-1:pump" as never);
		host.mark("operation-2", 511);
		cloud.resumed(true);
		assert.ok(!opening(cloud).some((line) => line.includes("50")));
		host.tick();
		host.room = 0; // one place, once that is delivered: not enough for both
		assert.deepEqual(host.deliver(1), ["500\n"]);
		assert.equal(host.queued.length, 0);
		host.room = 5;
		host.tick();
		assert.deepEqual(host.deliver(), [
			"1: 505,12,interrupted by a restart\n",
			"502,c8y_Command,interrupted by a restart\n",
		]);
		assert.deepEqual(host.deliver(), ["500\n"]);
		assert.equal(host.marks.size, 0);
	});
});

describe("Cumulocity: settings of children", () => {
	const mistakes = (over: object): readonly string[] => {
		try {
			settingsOf(DEFAULT_TABLE, { device: { id: "sn-1" }, ...over });
		} catch (error) {
			return (error as { mistakes: readonly string[] }).mistakes;
		}
		return [];
	};

	it("may have names that every object has", () => {
		for (const name of ["constructor", "toString", "valueOf"])
			assert.deepEqual(settingsOf(DEFAULT_TABLE, { children: { [name]: { channels: "led" } } }).children, {
				[name]: child({ channels: "led" }),
			});
	});

	it("are laid over each other by name", () => {
		const settings = settingsOf(
			DEFAULT_TABLE,
			{ children: { pump: { channels: "speed", name: "Pump" } } },
			{ children: { pump: { name: "Left" }, oven: { relay: "led" } } },
		);
		assert.deepEqual(settings.children, {
			pump: child({ channels: "speed", name: "Left" }),
			oven: child({ relay: "led" }),
		});
		assert.equal(Object.keys(settingsOf(DEFAULT_TABLE).children).length, 0);
	});

	for (const [what, over, expected] of [
		[
			"a name that is none",
			{ children: { Pump: { channels: "led" } } },
			[/^children.Pump: a name is a small letter/],
		],
		[
			"fewer places than two samples take",
			{ outbox: { measures: 4 }, children: { a: { channels: "led" }, b: { channels: "speed" } } },
			[/^outbox.measures: must be at least 6, because a sample is 3 records/],
		],
		["no object", { children: { pump: 1 } }, [/^children.pump: must be an object/]],
		[
			"an unknown setting",
			{ children: { pump: { channels: "led", size: 1 } } },
			[/^children.pump.size: unknown/],
		],
		["nothing of its own", { children: { pump: {} } }, [/^children.pump: needs channels, or a relay/]],
		[
			"a channel that there is not",
			{ children: { pump: { channels: "led,flow" } } },
			[/pump.channels: there is no channel flow/],
		],
		[
			"a channel that is off",
			{ children: { pump: { channels: "led" } }, channels: { led: { off: true } } },
			[/there is no channel led, or it is off/],
		],
		[
			"a channel of two",
			{ children: { pump: { channels: "led" }, oven: { channels: "speed,led" } } },
			[/children.oven.channels: led stands twice/],
		],
		["an id that is no topic", { children: { pump: { id: "a/b", relay: "led" } } }, [/pump.id: no slash/]],
		["an id that is no column", { children: { pump: { id: "a,b", relay: "led" } } }, [/pump.id: no slash/]],
		[
			"the device's id",
			{ children: { pump: { id: "sn-1", relay: "led" } } },
			[/pump.id: another one has it, or the device/],
		],
		[
			"too many",
			{ children: Object.fromEntries([..."abcdefghi"].map((name) => [name, { relay: "led" }])) },
			[/^children: at most 8/],
		],
	] as ReadonlyArray<readonly [string, object, readonly RegExp[]]>)
		it(`are refused with ${what}`, () => {
			const found = mistakes(over);
			assert.equal(found.length, expected.length, found.join("; "));
			for (const [i, words] of expected.entries()) assert.match(found[i] ?? "", words);
		});

	it("are nothing to other clouds", () => {
		assert.deepEqual(mistakes({ device: { cloud: "plain" }, children: { pump: { channels: "flow" } } }), []);
	});
});
