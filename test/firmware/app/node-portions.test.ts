// The node in virtual time, with channels that go different ways: to child devices, and as several sensors.

import assert from "node:assert/strict";
import { NorFlash } from "../../../host-sim/circuit/nor-flash.js";
import { settingsOf } from "../../../modules/app/settings.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { SapIot } from "../../../modules/cloud/sap-iot/sap-iot.js";
import { DEFAULT_TABLE } from "../../../modules/core/default-channels.js";
import { type Options, setup, stampAt } from "./node-fixture.js";

const CHILDREN = { pump: { channels: "speed,led" }, oven: { channels: "temperature" } };

function cumulocity(more: object = {}, options: Options = {}) {
	const settings = {
		device: { id: "sn" },
		children: CHILDREN,
		cumulocity: { describe: false, requiredAvailability: 0 },
		...more,
	};
	const cloud = new Cumulocity(settingsOf(DEFAULT_TABLE, settings), "1.0");
	const made = setup({ cloud, settings, ...options });
	/** What was published behind the opening, without the times. */
	const measured = () =>
		made.broker.published
			.filter(({ text }) => text.startsWith("200,"))
			.map(({ topic, text }) => `${topic} ${text.replaceAll(/,20\d\d-[^\n]+\n/g, ";")}`);
	return { ...made, cloud, measured };
}
const OWN = "s/us 200,mote_Buzzer,frequency,3,Hz;";
const PUMP = "s/us/sn:pump 200,mote_Led,brightness,2,%;200,mote_Speed,measured,4.0,rpm;";
const OVEN = "s/us/sn:oven 200,c8y_Temperature,T,1.00,C;";

/** Two samples at once: a message for each topic. */
const batched = (messages: readonly string[]) =>
	messages.map((message) => message + message.slice(message.indexOf(" ") + 1));

describe("MoteNode: channels that go different ways", () => {
	it("each portion is a record on its topic, with the sample's time", () => {
		const { node, time, broker, measured } = cumulocity();
		node.start();
		time.advance(2500);
		assert.deepEqual(measured(), [OWN, PUMP, OVEN, OWN, PUMP, OVEN]);
		assert.ok(broker.published.find(({ text }) => text.startsWith("200,"))?.text.includes(stampAt(1000)));
		const { samples, accepted, missingValues, droppedSamples } = node.health;
		assert.deepEqual([samples, accepted, missingValues, droppedSamples], [2, 6, 0, 0]);
		assert.equal(node.outbox.delivered, 6);
	});

	it("a portion without a value is left out, one with a gap is written part by part", () => {
		const { node, time, board, measured, lines } = cumulocity();
		board.values = [Number.NaN, 2, 3, Number.NaN];
		node.start();
		time.advance(1500);
		assert.deepEqual(measured(), [OWN, "s/us/sn:pump 200,mote_Led,brightness,2,%;"]);
		assert.deepEqual([node.health.accepted, node.health.missingValues], [2, 2]);
		assert.ok(!lines.some((line) => line.includes("no value")), "once is nothing yet");
		time.advance(1000);
		const told = () => lines.filter((line) => line.includes("value"));
		assert.deepEqual(told(), [
			"warn: temperature: no value: out of range",
			"warn: speed: no value: out of range",
		]);
		time.advance(3000);
		assert.equal(told().length, 2, "said once");
		board.values = [1, 2, 3, 4];
		time.advance(1000);
		assert.deepEqual(told().slice(2), ["temperature: values again", "speed: values again"]);
	});

	it("a sample without any value is dropped, and one too long for its record", () => {
		const { node, time, board, measured, lines } = cumulocity();
		node.start();
		board.values = Array(4).fill(Number.NaN);
		time.advance(1500);
		assert.deepEqual([measured(), node.health.droppedSamples], [[], 1]);
		board.values = [1e20, 1e20, 1e20, 1e20];
		time.advance(1000);
		assert.ok(node.health.droppedSamples > 1);
		assert.equal(lines.filter((line) => line.includes("longer than its record")).length, 1);
	});

	it("while offline the oldest records give way; then each topic has its own, in order", () => {
		const { node, time, board, broker, measured } = cumulocity();
		board.counting = true;
		broker.reachable = false;
		node.start();
		time.advance(20_500);
		assert.ok(node.measures.ring.evicted > 0);
		broker.reachable = true;
		time.advance(60_000);
		const of = (topic: string) =>
			measured().flatMap((line) =>
				line.startsWith(`${topic} `) ? line.slice(topic.length + 1).split(";") : [],
			);
		const temperatures = of("s/us/sn:oven")
			.filter((row) => row !== "")
			.map((row) => Number(row.split(",")[3]));
		assert.ok(temperatures.length > 20);
		assert.deepEqual(
			temperatures,
			[...temperatures].sort((a, b) => a - b),
		);
		assert.equal(new Set(temperatures).size, temperatures.length);
		assert.equal(node.outbox.waiting, 0);
		const { accepted } = node.health;
		assert.equal(node.outbox.delivered + node.measures.ring.evicted, accepted);
	});

	it("a deadband and intervals of channels work as ever", () => {
		const { node, time, board, measured } = cumulocity({
			channels: { temperature: { intervalMs: 3000 }, led: { deadband: 5 } },
		});
		node.start();
		time.advance(1500);
		assert.deepEqual(measured(), [OWN, PUMP, OVEN]);
		time.advance(1000);
		assert.equal(measured().length, 3, "nothing has changed");
		board.values = [1, 20, 3, 4];
		time.advance(1000);
		assert.deepEqual(measured().slice(3), [
			OWN,
			"s/us/sn:pump 200,mote_Led,brightness,20,%;200,mote_Speed,measured,4.0,rpm;",
		]);
		assert.equal(node.health.missingValues, 0);
	});

	it("what is kept over a power cut goes on its topic; of other children it means nothing", () => {
		const kept = (children: object) => {
			const flash = new NorFlash(32);
			const keep = { outbox: { keep: "all" } };
			const first = cumulocity(keep, { flash });
			first.broker.reachable = false;
			first.node.start();
			first.time.advance(2500);
			const second = cumulocity({ ...keep, children }, { flash, boot: 2 });
			second.node.start();
			second.time.advance(500);
			return { records: second.node.health.restored, measured: second.measured() };
		};
		assert.deepEqual(kept(CHILDREN), { records: 6, measured: batched([OWN, PUMP, OVEN]) });
		const { pump, oven } = CHILDREN;
		for (const children of [{ pump }, { pump: { ...pump, id: "other" }, oven }, { oven, pump }, {}])
			assert.deepEqual(kept(children), { records: 0, measured: [] });
		// Where they are called otherwise nothing has changed for the records.
		assert.equal(kept({ pump: { ...pump, name: "Pump" }, oven }).records, 6);
	});

	it("an operation that a child has carried out is not told as failed after a power cut", () => {
		for (const operationIds of [false, true]) {
			const life = { flash: new NorFlash(32), stored: new Map<string, string | number>() };
			const settings = {
				children: { pump: { relay: "speed" } },
				outbox: { keep: "events", events: 8 },
				cumulocity: { describe: false, requiredAvailability: 0, operationIds },
				sampling: { intervalMs: 60_000 },
			};
			const first = cumulocity(settings, life);
			first.node.start();
			first.time.advance(5000);
			const json = (id: number, externalId: string) =>
				JSON.stringify({
					id: `${id}`,
					status: "PENDING",
					externalSource: { externalId },
					c8y_Relay: { relayState: "CLOSED" },
				});
			if (operationIds)
				first.broker.publish("devicecontrol/notifications", `${json(7, "sn")}\n${json(8, "sn:pump")}`);
			else first.broker.publish("s/ds", "518,sn,CLOSED\n518,sn:pump,CLOSED");
			first.broker.listener = ({ text }) => {
				if (/50[36],/.test(text)) first.broker.acknowledges = false;
			};
			first.time.advance(3000);
			const second = cumulocity(settings, { ...life, boot: 2 });
			second.broker.reachable = false;
			second.node.start();
			second.time.advance(1200); // the first 500 is queued meanwhile
			second.broker.reachable = true;
			second.time.advance(10_000);
			const said = second.broker.published
				.filter(({ text }) => /^50\d/.test(text))
				.map(({ topic, text }) => `${topic} ${text.trim()}`);
			const done = operationIds ? ["506,7", "506,8"] : ["503,c8y_Relay", "503,c8y_Relay"];
			assert.deepEqual(said, [`s/us ${done[0]}`, `s/us/sn:pump ${done[1]}`, "s/us 500", "s/us 500"]);
		}
	});

	it("what children measure is no sign of life of the device", () => {
		const { node, time, broker } = cumulocity({
			children: { all: { channels: "temperature,led,buzzer,speed" } },
			cumulocity: { describe: false, requiredAvailability: 2 },
			channels: { temperature: { high: 50 } },
		});
		node.start();
		time.advance(10_000);
		const from = broker.published.length;
		time.advance(600_000);
		const own = broker.published.slice(from).filter(({ topic }) => topic === "s/us");
		assert.ok(own.length >= 5, `${own.length} signs of life`);
	});

	it("a portion that was pushed out or found no room is told with the next sample, whatever the deadband", () => {
		const { node, time, broker, board } = cumulocity({
			children: { pump: { channels: "speed" } },
			outbox: { measures: 5 },
			channels: {
				speed: { deadband: 1 },
				led: { deadband: 1 },
				temperature: { deadband: 1 },
				buzzer: { deadband: 1 },
			},
		});
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		for (let i = 1; i <= 3; i++) {
			board.values = [i === 3 ? 50 : 1, 2, 3, 10 * i];
			time.advance(1000);
		}
		assert.ok(node.measures.ring.evicted + node.health.droppedSamples > 0);
		broker.acknowledges = true;
		broker.lose();
		time.advance(60_000);
		assert.ok(broker.published.some(({ text }) => text.includes("c8y_Temperature,T,50.00")));
	});

	it("values that are left out because they are not due are not missing, also without room", () => {
		const { node, time, broker } = cumulocity({
			children: { pump: { channels: "speed,led" } },
			outbox: { measures: 4 },
			channels: { speed: { intervalMs: 3000 } },
		});
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		time.advance(15_000);
		assert.ok(node.health.droppedSamples > 0);
		assert.equal(node.health.missingValues, 0);
	});

	it("an alarm of a child's channel is the child's", () => {
		const { node, time, board, broker } = cumulocity({ channels: { temperature: { high: 50 } } });
		node.start();
		time.advance(1500);
		board.values = [60, 2, 3, 4];
		time.advance(1000);
		const alarm = broker.published.find(({ text }) => text.startsWith("302,"));
		assert.equal(alarm?.topic, "s/us/sn:oven");
	});

	it("what several sensors have measured is kept over a power cut, in both forms", () => {
		for (const dateProperty of ["", "at"]) {
			const flash = new NorFlash(32);
			const settings = {
				device: { id: "sn", cloud: "sap" },
				sap: { dateProperty },
				sensors: { motor: { channels: "speed,led" } },
				outbox: { keep: "all" },
			};
			const boot = (number: number, more: object = {}) => {
				const all = { ...settings, ...more };
				const cloud = new SapIot(settingsOf(DEFAULT_TABLE, all), number);
				const made = setup({ cloud, settings: all, flash, boot: number });
				made.broker.reachable = false;
				made.node.start();
				made.time.advance(2500);
				return made.node.health.restored;
			};
			assert.deepEqual([boot(1), boot(2)], [0, 4], dateProperty);
			const other = { motor: { channels: "speed,led", id: "other" } };
			assert.equal(boot(3, { sensors: other }), dateProperty === "" ? 8 : 0);
		}
	});

	it("acks of measures that came over a power cut carry the id of their boot, and settle them", () => {
		for (const dateProperty of ["", "at"]) {
			const life = { flash: new NorFlash(32) };
			const settings = { device: { id: "sn", cloud: "sap" }, sap: { dateProperty }, outbox: { keep: "all" } };
			const boot = (number: number) => {
				const cloud = new SapIot(settingsOf(DEFAULT_TABLE, settings), number);
				return setup({ cloud, settings, ...life, boot: number });
			};
			const first = boot(1);
			first.broker.reachable = false;
			first.node.start();
			first.time.advance(2500);
			const { node, time, broker } = boot(2);
			node.start();
			time.advance(500);
			const ids = broker.published.flatMap(({ text }) => /measureMessageId":"([^"]+)/.exec(text)?.[1] ?? []);
			assert.deepEqual(ids, dateProperty === "" ? ["1-0000000001", "1-0000000002"] : ["2-0000000001"]);
			// Of no record: a number of another boot that is beyond those that were restored.
			for (const id of [...ids, "1-0000000003", "x-0000000001", "1_0000000001", "123456-0000000001"])
				broker.publish("ack/sn", `[{"id":"${id}","code":202}]`);
			time.advance(100);
			assert.deepEqual([node.outbox.delivered, node.health.malformed], [2, 4]);
		}
	});

	it("an ack without an id that names its sensor settles that sensor's message", () => {
		for (const messageId of [true, false]) {
			const settings = {
				device: { id: "sn", cloud: "sap" },
				sap: { messageId },
				sampling: { intervalMs: 60_000 },
				sensors: { motor: { capability: "drive", channels: "speed,led" } },
			};
			const { node, time, broker } = setup({
				cloud: new SapIot(settingsOf(DEFAULT_TABLE, settings)),
				settings,
			});
			node.start();
			time.advance(61_000);
			const sent = () =>
				broker.published
					.filter(({ topic }) => topic === "measures/sn")
					.map(({ text }) => /sensorAlternateId":"([^"]+)/.exec(text)?.[1]);
			assert.deepEqual(sent(), ["mote-sensor", "motor"]);
			broker.publish("ack/sn", '{"capabilityAlternateId":"drive","sensorAlternateId":"motor","code":202}');
			time.advance(100);
			assert.equal(node.outbox.delivered, 1);
			time.advance(15_000);
			assert.deepEqual(sent().slice(2), ["mote-sensor"], "the other one goes again");
		}
	});

	it("as many messages of several sensors as of one wait for their confirmation", () => {
		const settings = {
			device: { id: "sn", cloud: "sap" },
			sap: { dateProperty: "at", ackMs: 600_000 },
			outbox: { measures: 1200 },
			sensors: { motor: { capability: "drive", channels: "speed,led" } },
		};
		const { node, time, broker } = setup({
			cloud: new SapIot(settingsOf(DEFAULT_TABLE, settings)),
			settings,
		});
		broker.reachable = false;
		node.start();
		time.advance(500_500);
		broker.reachable = true;
		time.advance(40_000);
		const ids = broker.published.flatMap(({ text }) => /measureMessageId":"([^"]+)/.exec(text)?.[1] ?? []);
		assert.equal(new Set(ids).size, 8);
	});

	it("sensors of SAP travel under their names, and are confirmed", () => {
		for (const [dateProperty, expected] of [
			[
				"",
				[
					`{"capabilityAlternateId":"mote-measures","sensorAlternateId":"mote-sensor","measureMessageId":"0000000001","timestamp":T,"measures":[{"temperature":1.00,"buzzer":3}]}`,
					`{"capabilityAlternateId":"drive","sensorAlternateId":"motor","measureMessageId":"0000000002","timestamp":T,"measures":[{"led":2,"speed":4.0}]}`,
				],
			],
			[
				"at",
				[
					`{"capabilityAlternateId":"mote-measures","sensorAlternateId":"mote-sensor","measureMessageId":"0000000001","measures":[{"temperature":1.00,"buzzer":3,"at":"T"}]}`,
					`{"capabilityAlternateId":"drive","sensorAlternateId":"motor","measureMessageId":"0000000002","measures":[{"led":2,"speed":4.0,"at":"T"}]}`,
				],
			],
		] as const) {
			const settings = {
				device: { id: "sn", cloud: "sap" },
				sap: { dateProperty },
				sensors: { motor: { capability: "drive", channels: "speed,led" } },
			};
			const cloud = new SapIot(settingsOf(DEFAULT_TABLE, settings));
			const { node, time, broker } = setup({ cloud, settings });
			node.start();
			time.advance(1500);
			const sent = broker.published.filter(({ topic }) => topic === "measures/sn").map(({ text }) => text);
			const known = sent.map((text) => text.replace(/\d{13}|20\d\d-[^"]+/, "T"));
			assert.deepEqual(known, expected);
			assert.equal(node.outbox.delivered, 0, "held until the service has said something");
			const ack = (number: number, capability: string, sensor: string) => {
				const body = `"capabilityAlternateId":"${capability}","sensorAlternateId":"${sensor}"`;
				broker.publish("ack/sn", `[{"id":"000000000${number}",${body},"code":202}]`);
				time.advance(100);
			};
			ack(2, "drive", "motor");
			assert.equal(node.outbox.delivered, 1);
			ack(1, "mote-measures", "mote-sensor");
			assert.equal(node.outbox.delivered, 2);
			ack(1, "other", "motor");
			ack(1, "drive", "other");
			assert.equal(node.health.malformed, 2);
		}
	});
});
