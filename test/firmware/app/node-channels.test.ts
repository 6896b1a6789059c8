// The node with a table of its own: edges of inputs as events, readings between samples, what a node knows of
// itself; and what each cloud makes of all that.

import assert from "node:assert/strict";
import { PINS } from "../../../drivers/boards/esp32c3/pins.js";
import { CHANNELS as STATION } from "../../../drivers/boards/esp32c3-station/channels.js";
import { digitalInput, sht3x } from "../../../drivers/sources.js";
import { makeCloud } from "../../../main.js";
import { NodeFacts } from "../../../modules/app/node-facts.js";
import { settingsOf } from "../../../modules/app/settings.js";
import { channelTable } from "../../../modules/core/channel-table.js";
import { type Channel, emptySample, NodeFact } from "../../../modules/core/channels.js";
import { DEFAULT_CHANNELS } from "../../../modules/core/default-channels.js";
import { EPOCH, VirtualTime } from "../../support/virtual-time.js";
import { setup, stampAt } from "./node-fixture.js";

const CLOUDS = ["cumulocity", "sap", "plain"] as const;
const DOOR = channelTable(
	{
		...DEFAULT_CHANNELS,
		door: { from: digitalInput({ pin: 0, states: ["closed", "open"] }) },
	},
	PINS,
);

/** A node of this table with a real cloud. */
function start(table: readonly Channel[], cloud: string, more: object = {}) {
	const settings = { device: { cloud }, outbox: { measures: 16, events: 8 }, ...more };
	const resolved = settingsOf(table, settings);
	const set = setup({ cloud: makeCloud(resolved, 1), settings, table });
	set.board.values = resolved.channels.map((_, i) => i + 0.25);
	set.node.start();
	set.time.advance(500);
	return set;
}

describe("MoteNode: edges of inputs", () => {
	for (const [cloud, topic, text] of [
		["cumulocity", "s/us", `400,mote_Door,door open,${stampAt(700)}\n`],
		["plain", "mote/mote-0001/results", `{"time":"${stampAt(700)}","event":"Door","text":"door open"}`],
	] as const)
		it(`are events on ${cloud}, at once`, () => {
			const { time, board, broker } = start(DOOR, cloud);
			time.advance(200);
			board.listener?.edge(4, 1);
			time.advance(20);
			assert.deepEqual(
				broker.published
					.filter((one) => one.topic === topic)
					.map((one) => one.text)
					.slice(-1),
				[text],
			);
		});

	it("are raw text on a plain broker that wants no JSON", () => {
		const { time, board, broker } = start(DOOR, "plain", { plain: { format: "raw" } });
		board.listener?.edge(4, 0);
		time.advance(20);
		assert.equal(broker.published.at(-1)?.text, "EVENT Door: door closed");
	});

	it("are nothing on SAP, which has no place for them", () => {
		const { time, board, broker, node } = start(DOOR, "sap");
		const before = broker.published.length;
		board.listener?.edge(4, 1);
		time.advance(20);
		assert.equal(broker.published.length, before);
		assert.equal(node.health.droppedEvents, 0);
	});

	it("of which there is no room for are counted, and room for answers of operations stays", () => {
		for (const cloud of ["cumulocity", "plain"]) {
			const { time, board, broker, node } = start(DOOR, cloud);
			broker.reachable = false;
			broker.lose();
			for (let i = 0; i < 20; i++) board.listener?.edge(4, i & 1);
			assert.ok(node.health.droppedEvents > 10, cloud);
			assert.ok(node.messages.room > 0, cloud);
			broker.reachable = true;
			time.advance(10_000);
			assert.equal(node.messages.room, 8, cloud);
		}
	});

	it("are listened for only where a table asks for it", () => {
		assert.equal(start(channelTable(DEFAULT_CHANNELS), "plain").board.listener, undefined);
		const quiet = channelTable({ door: { from: digitalInput({ pin: 0 }) } });
		assert.equal(start(quiet, "plain").board.listener, undefined);
		assert.ok(start(DOOR, "plain").board.listener);
	});
});

describe("MoteNode: readings between samples", () => {
	it("at 10 Hz make one measure a minute: the mean of what is measured, the last of a state", () => {
		const { time, board, broker, node } = start(DOOR, "plain", {
			sampling: { intervalMs: 60_000, readMs: 100 },
		});
		let n = 0;
		board.sample = (values) => {
			n++;
			[n, n % 7, 0, 100, n & 1].forEach((value, i) => {
				values[i] = value;
			});
		};
		time.advance(180_000);
		const measures = broker.published.filter((one) => one.topic.endsWith("/measures"));
		assert.deepEqual(
			measures.slice(1).map(({ text }) => JSON.parse(text).temperature),
			[895.5, 1495.5],
			"600 readings each, whose middle it is",
		);
		assert.deepEqual(
			measures.map(({ text }) => [JSON.parse(text).led, JSON.parse(text).door]),
			[595, 1195, 1795].map((last) => [last % 7, last & 1]),
		);
		assert.equal(node.health.samples, 3);
		assert.equal(node.health.missingValues, 0);
	});

	it("keep to the command that changes the interval", () => {
		const { time, broker, node } = start(DOOR, "plain", { sampling: { intervalMs: 60_000, readMs: 500 } });
		broker.publish("mote/mote-0001/commands", "interval 2s");
		time.advance(10);
		assert.equal(node.intervalMs, 2000);
		const before = node.health.samples;
		time.advance(20_000);
		assert.equal(node.health.samples - before, 10);
	});

	it("try an alarm that found no room again with the next sample, not with each reading", () => {
		const { time, board, broker, node } = start(DOOR, "cumulocity", {
			sampling: { intervalMs: 5000, readMs: 100 },
			channels: { speed: { high: 150 } },
		});
		broker.reachable = false;
		broker.lose();
		for (let i = 0; i < 20; i++) board.listener?.edge(4, i & 1);
		let asked = 0;
		const { board: parts } = { board };
		board.sample = (values) => {
			values.fill(151);
			asked++;
		};
		time.advance(10_000);
		assert.ok(parts && asked >= 99);
		assert.ok(node.messages.room <= 2);
	});

	it("raise alarms as soon as a reading is beyond the limit", () => {
		const { time, board, broker } = start(DOOR, "cumulocity", {
			sampling: { intervalMs: 600_000, readMs: 1000 },
			channels: { speed: { high: 150 } },
		});
		board.values[3] = 151;
		time.advance(1100);
		assert.match(broker.published.at(-1)?.text ?? "", /^302,mote_SpeedHigh,speed 151.0 rpm,/);
	});

	it("leave nothing to send where no channel is due", () => {
		const table = channelTable({ temperature: { from: "thermometer", intervalMs: 5000 } });
		const { time, node } = start(table, "plain");
		time.advance(20_600);
		assert.deepEqual([node.health.samples, node.health.accepted, node.health.droppedSamples], [21, 5, 0]);
		assert.equal(node.health.missingValues, 0);
	});

	it("go together with a deadband: a channel that is not due says nothing new", () => {
		const { time, board, node } = start(DOOR, "plain", {
			channels: {
				temperature: { intervalMs: 5000, deadband: 1, window: "last" },
				speed: { deadband: 1 },
			},
			sampling: { heartbeatMs: 3_600_000 },
		});
		time.advance(30_000);
		assert.equal(node.health.accepted, 1);
		board.values[0] = 20;
		time.advance(10_000);
		assert.equal(node.health.accepted, 2);
	});
});

describe("MoteNode: channels without a value", () => {
	it("are told with the reason in the second sample, and when they have values again", () => {
		const { time, board, lines, node } = start(DOOR, "plain", { channels: { led: { intervalMs: 3000 } } });
		const silent: string[] = [];
		node.observer = { silent: (key, fault) => silent.push(`${key} ${fault}`) };
		Object.assign(board, { fault: (place: number) => (place === 0 ? "open" : "") });
		const sample = (temperature: number, led = 1) => {
			board.values[0] = temperature;
			board.values[1] = led;
			time.advance(1000);
		};
		sample(20);
		sample(Number.NaN);
		assert.deepEqual(silent, [], "one may be lost");
		sample(Number.NaN);
		assert.deepEqual(silent, ["temperature open"]);
		for (let i = 0; i < 5; i++) sample(Number.NaN);
		assert.equal(silent.length, 1);
		sample(21);
		assert.deepEqual(silent, ["temperature open", "temperature "]);
		for (let i = 0; i < 9; i++) sample(21, Number.NaN);
		assert.equal(silent.at(-1), "led out of range", "by its own pace: the samples between have none anyway");
		for (let i = 0; i < 4; i++) sample(21, 5);
		assert.equal(silent.at(-1), "led ");
		assert.ok(lines.includes("warn: temperature: no value: open"));
		assert.equal(silent.length, 4);
	});

	it("of which a sample has none at all are told too", () => {
		const { time, board, lines } = start(DOOR, "plain");
		board.values.fill(Number.NaN);
		time.advance(3000);
		assert.equal(lines.filter((line) => line.includes("no value")).length, 5);
	});
});

describe("a station of nine channels on the wire", () => {
	const packets = (cloud: string, more: object = {}) => {
		const { time, broker } = start(STATION, cloud, more);
		time.advance(600);
		return broker.published.at(-1)?.text ?? "";
	};
	const at = stampAt(1000);

	it("is a row each on Cumulocity, the battery as 212", () => {
		assert.equal(
			packets("cumulocity"),
			[
				`200,c8y_Temperature,T,0.25,C,${at}`,
				`200,mote_Humidity,humidity,1.3,%RH,${at}`,
				`200,mote_Pressure,pressure,2.3,hPa,${at}`,
				`200,mote_OutdoorTemperature,outdoorTemperature,3.25,C,${at}`,
				`200,mote_OutdoorHumidity,outdoorHumidity,4.3,%RH,${at}`,
				`200,mote_Window,window,5,,${at}`,
				`200,mote_Rain,rain,6.3,mm,${at}`,
				`200,mote_Voltage,voltage,7.25,V,${at}`,
				`212,8,${at}`,
				"",
			].join("\n"),
		);
	});

	it("is one 201 where the tenant knows it", () => {
		assert.equal(
			packets("cumulocity", { cumulocity: { multiple: true } }),
			`201,mote_Sample,${at},c8y_Temperature,T,0.25,C,mote_Humidity,humidity,1.3,%RH,` +
				"mote_Pressure,pressure,2.3,hPa,mote_OutdoorTemperature,outdoorTemperature,3.25,C," +
				"mote_OutdoorHumidity,outdoorHumidity,4.3,%RH,mote_Window,window,5,,mote_Rain,rain,6.3,mm," +
				"mote_Voltage,voltage,7.25,V,c8y_Battery,level,8,%\n",
		);
	});

	it("is an object, or an array in the table's order, on SAP", () => {
		const values = [0.25, 1.3, 2.3, 3.25, 4.3, 5, 6.3, 7.25, 8];
		const object = Object.fromEntries(STATION.map(({ property }, i) => [property, values[i]]));
		assert.deepEqual(JSON.parse(packets("sap")).measures, [object]);
		assert.deepEqual(JSON.parse(packets("sap", { sap: { arrays: true } })).measures, [values]);
	});

	it("is JSON by keys, or bare values, on a plain broker", () => {
		const text = packets("plain");
		assert.deepEqual(Object.keys(JSON.parse(text)), ["time", ...STATION.map(({ key }) => key)]);
		assert.equal(packets("plain", { plain: { format: "raw" } }), "0.25,1.3,2.3,3.25,4.3,5,6.3,7.25,8");
	});

	for (const cloud of CLOUDS)
		it(`leaves out what has no value, whatever it is: ${cloud}`, () => {
			for (let missing = 0; missing < STATION.length; missing++) {
				const { time, board, broker, node } = start(STATION, cloud);
				board.values[missing] = Number.NaN;
				time.advance(600);
				const text = broker.published.at(-1)?.text ?? "";
				const { key, fragment } = STATION[missing] as Channel;
				const name = cloud === "cumulocity" ? (key === "battery" ? "212," : `,${fragment},`) : `"${key}"`;
				assert.ok(text.length > 100 && !text.includes(name), `${key}: ${text}`);
				assert.equal(node.health.missingValues, 1);
			}
		});

	it("has room in a record for the widest values, with and without a template", () => {
		for (const cloud of CLOUDS)
			for (const [value, rain] of [
				[-99_999.99, -99_999.99],
				[99_999_999, 99_999_999],
				[21.5, 123_456_789_012],
			] as const) {
				const { time, board, node } = start(STATION, cloud);
				board.values.fill(value);
				board.values[6] = rain;
				time.advance(600);
				assert.equal(node.health.accepted, 1, `${cloud} ${value}`);
				assert.equal(node.health.missingValues, 0, `${cloud} ${value}`);
			}
	});
});

describe("NodeFacts", () => {
	const time = new VirtualTime();
	time.advance(61_500);
	const wall = EPOCH + 61_500;
	const network = { wifi: { rssi: -61 }, time: { synchronized: 2, driftMs: 150 } };
	const read = (parts: object) => {
		const none = { chip: undefined, network: undefined, certificateEnd: undefined };
		const facts = new NodeFacts({ clock: time, boot: 7, ...none, ...parts } as never);
		return Object.entries(NodeFact).map(([name, fact]) => [name, facts.read(fact)]);
	};

	it("tell what is known, and nothing of what is not", () => {
		assert.deepEqual(
			read({
				network,
				chip: (fact: number) => (fact === 1 ? 141_512 : 0),
				certificateEnd: wall + 40.5 * 86_400_000,
			}),
			[
				["signal", -61],
				["uptime", 61],
				["memory", 141_512],
				["restarts", 7],
				["certificate", 40],
				["clockOffset", 150],
			],
		);
		assert.deepEqual(
			read({ chip: () => -1 }).filter(([, value]) => !Number.isNaN(value)),
			[
				["uptime", 61],
				["restarts", 7],
			],
		);
		const early = { wifi: { rssi: 0 }, time: { synchronized: 0, driftMs: 0 } };
		assert.ok(read({ network: early }).every(([, value], i) => i === 1 || i === 3 || Number.isNaN(value)));
	});

	it("are channels like any other", () => {
		const table = channelTable({ uptime: { from: "uptime" }, humidity: { from: sht3x() } });
		assert.deepEqual(emptySample(table), [Number.NaN, Number.NaN]);
		const { time: virtual, board, broker } = start(table, "plain");
		board.values = [61, 40];
		virtual.advance(600);
		assert.match(broker.published.at(-1)?.text ?? "", /"uptime":61,"humidity":40\.0\}$/);
	});
});
