// The node in virtual time: samples, opening, replay, commands, restart and stop, with a broker and a board of the test.

import assert from "node:assert/strict";
import { BootGuard } from "../../../modules/app/boot-guard.js";
import { MoteNode } from "../../../modules/app/node.js";
import type { Observer } from "../../../modules/app/observer.js";
import type { Board } from "../../../modules/app/parts.js";
import { SafeBoard } from "../../../modules/app/safe-board.js";
import { makeSettings } from "../../../modules/app/settings.js";
import type { Cloud, CloudHost, OpeningStep } from "../../../modules/cloud/cloud.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { utf8 } from "../../../modules/cloud/text.js";
import type { Sample } from "../../../modules/core/channels.js";
import { Log } from "../../../modules/core/log.js";
import type { InboundMessage } from "../../../modules/mqtt/parser.js";
import { Network } from "../../../modules/network/network.js";
import { Connection } from "../../../modules/network/wifi-supervisor.js";
import type { LaneShape } from "../../../modules/outbox/lane.js";
import type { RecordWriter } from "../../../modules/outbox/record-writer.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { IsoStamp } from "../../../modules/outbox/stamp.js";
import { seeded } from "../../support/seeded.js";
import { EPOCH, VirtualTime } from "../../support/virtual-time.js";
import { FakeRadio } from "../network/fake-radio.js";
import { FakeSource, makeStore } from "../network/fixture.js";
import { FakeBroker } from "./fake-broker.js";

/** The simplest cloud: "up" carries `value@time` records, commands come on "down", results go to "done". */
class FakeCloud implements Cloud {
	readonly connect = { clientId: utf8("n"), cleanSession: true, keepAlive: 60 };
	readonly stamp = new IsoStamp();
	readonly measures: LaneShape;
	readonly events: LaneShape;
	readonly deliveredTags: number[] = [];
	disconnects = 0;
	steps: OpeningStep[] = [];
	host: CloudHost | undefined;

	constructor(measures: Partial<LaneShape> = {}) {
		const lane = {
			qos: 1 as const,
			stamps: 1,
			maxRecords: 1,
			maxBytes: 4000,
			prefix: utf8(""),
			separator: utf8(","),
			suffix: utf8(""),
			numberAt: -1,
			confirmMs: 0,
		};
		this.measures = { ...lane, topic: utf8("up"), recordBytes: 72, ...measures };
		this.events = { ...lane, topic: utf8("done"), recordBytes: 60, stamps: 0 };
		const step = { qos: 1 as const, retain: false };
		this.steps = [
			{ kind: "publish", topic: utf8("hello"), payload: utf8("first"), ...step },
			{ kind: "subscribe", topic: utf8("down"), payload: utf8(""), ...step },
			{ kind: "publish", topic: utf8("hello"), payload: utf8("last"), ...step },
		];
	}
	attach(host: CloudHost): void {
		this.host = host;
	}
	opening(step: number): OpeningStep | undefined {
		return this.steps[step];
	}
	encode(record: RecordWriter, values: Sample): number {
		let written = 0;
		for (const value of values) {
			const before = record.length;
			if (record.decimal(value, 0)) {
				record.byte(59);
				written++;
			} else record.rewind(before);
		}
		record.stamp();
		return written;
	}
	eventDelivered(tag: number): void {
		this.deliveredTags.push(tag);
	}
	message({ bytes, payloadStart, payloadEnd }: InboundMessage): void {
		const reason = this.host?.commands.run(bytes, payloadStart, payloadEnd) ?? "";
		this.host?.messages.queue(RecordKind.Operation, 7, (record) =>
			record.put(utf8(reason === "" ? "ok" : "refused")),
		);
	}
	skips = 0;
	ticks = 0;
	skipped(): void {
		this.skips++;
	}
	tick(): void {
		this.ticks++;
	}
	disconnected(): void {
		this.disconnects++;
	}
}

class FakeBoard implements Board {
	values = [1, 2, 3, 4];
	calls: string[] = [];
	/** Thrown by `speed`. */
	failure: unknown;
	closed = 0;
	/** The first channel counts samples. */
	counting = false;
	sample(values: Sample): void {
		Object.assign(values, this.values);
		if (this.counting) (this.values[0] as number)++;
	}
	led(percent: number): void {
		this.calls.push(`led ${percent}`);
	}
	buzzer(hz: number, ms: number): void {
		this.calls.push(`buzzer ${hz} ${ms}`);
	}
	speed(rpm: number): void {
		if (this.failure) throw this.failure;
		this.calls.push(`speed ${rpm}`);
	}
	close(): void {
		this.closed++;
		this.calls.push("close");
	}
}

interface Options {
	cloud?: Cloud;
	settings?: unknown;
	clockSet?: boolean;
	stored?: Map<string, string | number>;
	/** What the node has to join, and whom it asks for the time. */
	radio?: FakeRadio;
	source?: FakeSource;
	tls?: boolean;
	guard?: BootGuard;
}

function setup(options: Options = {}) {
	const { cloud = new FakeCloud(), settings, clockSet = true, stored = new Map(), radio } = options;
	const time = new VirtualTime();
	time.clockSet = clockSet;
	const broker = new FakeBroker(time);
	const board = new FakeBoard();
	const lines: string[] = [];
	const restarts: number[] = [];
	const store = {
		get: (key: string) => stored.get(key),
		set: (key: string, value: string | number) => stored.set(key, value),
		delete: (key: string) => stored.delete(key),
	};
	const log = new Log((level, text, detail) => lines.push(level + text + detail), "debug");
	const network =
		radio &&
		new Network({
			radio,
			networks: [{ ssid: "home", password: "" }],
			clock: time,
			source: options.source ?? new FakeSource(),
			servers: ["a"],
			tls: options.tls ?? false,
			random: seeded(2),
			store,
			log,
		});
	const node = new MoteNode({
		settings: makeSettings({ outbox: { measures: 16, events: 4 } }, settings),
		cloud,
		board,
		transport: broker,
		clock: time,
		timers: time,
		random: seeded(1),
		store,
		log,
		network,
		guard: options.guard,
		boot: 1,
		restart: () => restarts.push(time.now),
	});
	const up = () => broker.published.filter(({ topic }) => topic === "up").map(({ text }) => text);
	return { time, broker, board, stored, lines, restarts, node, cloud, up };
}

const stampAt = (ms: number) => new Date(EPOCH + ms).toISOString();
const sampleAt = (ms: number, first = 1) => `${first};2;3;4;${stampAt(ms)}`;

describe("MoteNode: samples", () => {
	it("sends every sample with the time at which it was taken", () => {
		const { node, time, up } = setup();
		node.start();
		time.advance(3500);
		assert.deepEqual(up(), [sampleAt(1000), sampleAt(2000), sampleAt(3000)]);
		const { samples, accepted, droppedSamples, missingValues } = node.health;
		assert.deepEqual([samples, accepted, droppedSamples, missingValues], [3, 3, 0, 0]);
		assert.equal(node.outbox.delivered, 3);
	});

	it("leaves out and counts missing values", () => {
		const { node, time, board, up } = setup();
		board.values = [Number.NaN, 2, Number.NaN, 4];
		node.start();
		time.advance(1500);
		assert.deepEqual(up(), [`2;4;${stampAt(1000)}`]);
		assert.deepEqual([node.health.missingValues, node.health.accepted], [2, 1]);
	});

	it("drops and counts a sample without any value, and one too long for its record", () => {
		const { node, time, board, up } = setup();
		const seen: boolean[] = [];
		node.observer = { sampled: (_values, _wall, accepted) => seen.push(accepted) };
		node.start();
		board.values = Array(4).fill(Number.NaN);
		time.advance(1500);
		board.values = Array(4).fill(123456789012345678n).map(Number);
		time.advance(1000);
		board.values = [1, 2, 3, 4];
		time.advance(1000);
		assert.deepEqual(up(), [sampleAt(3000)]);
		assert.deepEqual([node.health.samples, node.health.accepted, node.health.droppedSamples], [3, 1, 2]);
		assert.deepEqual(seen, [false, false, true]);
	});

	it("keeps the newest samples while offline, and sends them in order with their own times", () => {
		const { node, time, broker, board, up } = setup();
		board.counting = true;
		broker.reachable = false;
		node.start();
		time.advance(20_500);
		broker.reachable = true;
		time.advance(60_000);
		const first = up().slice(0, 20);
		assert.equal(node.measures.ring.evicted > 0, true);
		const evicted = node.measures.ring.evicted;
		assert.deepEqual(
			first,
			Array.from({ length: 20 }, (_, i) => sampleAt((evicted + i + 1) * 1000, evicted + i + 1)),
		);
	});

	it("tells how many samples gave way, and logs it once for each time offline", () => {
		const { node, time, broker, lines } = setup();
		const totals: number[] = [];
		node.observer = { evicted: (total) => totals.push(total) };
		const warnings = () => lines.filter((line) => line.includes("ring is full")).length;
		broker.reachable = false;
		node.start();
		time.advance(16_500);
		assert.deepEqual([totals, warnings()], [[], 0]);
		time.advance(3000);
		assert.deepEqual([totals, warnings()], [[1, 2, 3], 1]);
		broker.reachable = true;
		time.advance(120_000);
		broker.reachable = false;
		broker.lose();
		time.advance(30_000);
		assert.equal(warnings(), 2);
	});

	it("drops a sample, counts it and says so when everything in the ring is in flight", () => {
		const { node, time, broker } = setup({ settings: { outbox: { measures: 4 } } });
		const seen: boolean[] = [];
		node.observer = { sampled: (_values, _wall, accepted) => seen.push(accepted) };
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		time.advance(5600);
		assert.deepEqual([node.health.samples, node.health.accepted, node.health.droppedSamples], [6, 4, 2]);
		assert.deepEqual(seen, [true, true, true, true, false, false]);
	});

	it("holds samples back until the clock is right, and then corrects their times", () => {
		const { node, time, up } = setup({ clockSet: false });
		node.start();
		time.advance(3500);
		assert.deepEqual(up(), []);
		time.clockSet = true;
		time.wallOffset += 5;
		time.advance(1000);
		assert.deepEqual(
			up(),
			[1005, 2005, 3005, 4005].map((ms) => sampleAt(ms)),
		);
	});

	it("changes the pause between samples by command", () => {
		const { node, time, broker } = setup();
		node.start();
		time.advance(1500);
		broker.publish("down", "interval 100ms");
		time.advance(1004);
		assert.equal(node.intervalMs, 100);
		assert.equal(node.health.samples, 1 + 10);
	});

	it("stops sampling but goes on delivering when told so", () => {
		const { node, time, broker, up } = setup();
		broker.reachable = false;
		node.start();
		time.advance(2500);
		node.stopSampling();
		broker.reachable = true;
		time.advance(30_000);
		assert.equal(up().length, 2);
		assert.equal(node.health.samples, 2);
	});
});

describe("MoteNode: network", () => {
	it("connects once there is one, and sends what was sampled meanwhile", () => {
		const radio = new FakeRadio();
		const source = new FakeSource();
		const { node, time, broker, up } = setup({ radio, source });
		node.start();
		time.advance(3_500);
		assert.deepEqual([broker.connections.length, up()], [0, []]);
		radio.connection = Connection.Up;
		time.advance(1_500);
		assert.deepEqual([broker.connections.length, up()], [1, []], "no sample goes without its time");
		source.answer(EPOCH + time.now);
		time.advance(1_500);
		assert.deepEqual(up().slice(0, 3), [sampleAt(1000), sampleAt(2000), sampleAt(3000)]);
	});

	it("waits for the time where it needs it for a certificate, and then sends with the right times", () => {
		const radio = new FakeRadio();
		const source = new FakeSource();
		const { node, time, broker, up } = setup({ radio, source, tls: true });
		radio.connection = radio.afterJoin = Connection.Up;
		node.start();
		time.advance(30_000);
		assert.equal(broker.connections.length, 0);
		for (let i = 0; !source.handler; i++) {
			assert.ok(i < 100);
			time.advance(100);
		}
		source.answer(EPOCH + time.now + 500);
		time.advance(5_000);
		assert.equal(broker.connections.length, 1);
		assert.match(up()[0] ?? "", /:\d\d\.500Z$/);
	});

	it("tells the strength of the signal once an hour while a connection stands, as soon as there is room", () => {
		const radio = new FakeRadio();
		const told: Array<[at: number, dbm: number]> = [];
		const cloud = new FakeCloud() as FakeCloud & Cloud;
		let room = true;
		const HOUR = 3_600_000;
		// The sampler's own pace would make this slow.
		const { node, time, broker } = setup({ radio, cloud, settings: { sampling: { intervalMs: HOUR } } });
		cloud.signalStrength = (dbm) => {
			if (room) told.push([time.now, dbm]);
			return room;
		};
		radio.connection = radio.afterJoin = Connection.Up;
		node.start();
		time.advance(2 * HOUR + 60_000);
		assert.equal(broker.connections.length, 1);
		assert.equal(told.length, 2, "not with the opening, which tells it itself");
		assert.deepEqual(
			told.map(([, dbm]) => dbm),
			[-60, -60],
		);
		radio.rssi = 0;
		time.advance(HOUR);
		assert.equal(told.length, 2, "what is not known is not told");
		radio.rssi = -77;
		room = false;
		time.advance(HOUR);
		room = true;
		time.advance(1_000);
		assert.deepEqual(told.at(-1)?.[1], -77);
		// From each connection on it is an hour again.
		const from = time.now;
		time.advance(HOUR / 2);
		broker.lose();
		time.advance(HOUR / 2 + 60_000);
		assert.equal(broker.connections.length, 2);
		assert.equal(told.length, 3);
		time.advance(HOUR / 2);
		assert.equal(told.length, 4);
		assert.ok((told.at(-1)?.[0] ?? 0) - from > 1.5 * HOUR);
	});

	it("closes with Wi-Fi, says so once, and is back within seconds of it", () => {
		const radio = new FakeRadio();
		const { node, time, broker, lines } = setup({ radio });
		const offline: Array<[string, number]> = [];
		node.observer = { offline: (code, _detail, retryMs) => offline.push([code, retryMs]) };
		radio.connection = radio.afterJoin = Connection.Up;
		node.start();
		time.advance(5_000);
		radio.connection = radio.afterJoin = Connection.Idle;
		time.advance(60_000);
		assert.deepEqual(offline, [["network-lost", Number.POSITIVE_INFINITY]]);
		assert.equal(broker.connected, false);
		assert.ok(lines.some((line) => line === "warn: the network is gone"));
		radio.afterJoin = Connection.Up;
		time.advance(62_000);
		assert.equal(broker.connected, true);
		assert.equal(broker.connections.length, 2);
	});

	it("climbs the ladder while the server is not reached, and restarts at its end", () => {
		const radio = new FakeRadio();
		const { node, time, broker, restarts, stored } = setup({ radio });
		radio.connection = radio.afterJoin = Connection.Up;
		broker.reachable = false;
		node.start();
		time.advance(3_590_000);
		assert.ok(radio.calls.filter((call) => call === "leave").length > 3);
		assert.deepEqual(restarts, []);
		time.advance(20_000); // with the time that it has to say goodbye
		assert.equal(restarts.length, 1);
		assert.equal(stored.get("recoveries"), 1);
	});

	it("leaves Wi-Fi when it stops", async () => {
		const radio = new FakeRadio();
		const { node, time } = setup({ radio });
		radio.connection = Connection.Up;
		node.start();
		time.advance(5_000);
		const stopped = node.stop();
		time.advance(10_000);
		await stopped;
		assert.equal(radio.calls.at(-1), "leave");
		radio.calls.length = 0;
		time.advance(60_000);
		assert.deepEqual(radio.calls, []);
	});
});

describe("MoteNode: deadband", () => {
	it("leaves out and counts samples that say nothing new, but sends one now and then", () => {
		const { node, time, board, up } = setup({
			settings: { sampling: { deadbandC: 0.5, deadbandRpm: 3, heartbeatMs: 5000 } },
		});
		const steps: Array<[number[], boolean]> = [
			[[20, 0, 0, 100], true],
			[[20.5, 0, 0, 97], false],
			[[20.51, 0, 0, 100], true],
			[[20.1, 0, 0, 103], false],
			[[20.1, 0, 0, 103.1], true],
			[[20.1, 1, 0, 103.1], true],
			[[20.1, 1, 440, 103.1], true],
			[[Number.NaN, 1, 440, 103.1], true],
			[[Number.NaN, 1, 440, 103.1], false],
			[[20, 1, 440, 103.1], true],
		];
		node.start();
		for (const [values, sent] of steps) {
			board.values = values;
			const before = node.health.accepted;
			time.advance(1000);
			assert.equal(node.health.accepted > before, sent, String(values));
		}
		assert.equal(node.health.unchanged, 3);
		const before = node.health.accepted;
		time.advance(20_500);
		assert.equal(node.health.accepted - before, 4, "every five seconds");
		assert.equal(up().length, node.health.accepted);
		assert.equal(node.health.samples, node.health.accepted + node.health.unchanged);
	});

	it("holds the next samples against the last that the ring had room for", () => {
		const { node, time, broker, board } = setup({
			settings: { sampling: { deadbandC: 1 }, outbox: { measures: 4 } },
		});
		board.counting = true;
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		// Each differs by one from the last that was sent; then they are too far away for good.
		time.advance(20_000);
		board.counting = false;
		const { droppedSamples } = node.health;
		assert.ok(droppedSamples > 0);
		broker.acknowledges = true;
		broker.lose();
		const before = node.health.accepted;
		time.advance(30_000);
		assert.equal(node.health.accepted, before + 1, "what was dropped is not taken for sent");
	});
});

describe("MoteNode: sensors with an interval of their own", () => {
	it("leaves their values out of the samples between, and counts only those as missing that are", () => {
		const { node, time, board, up } = setup({ settings: { sampling: { temperatureMs: 3000 } } });
		board.values = [20, 1, 0, 100];
		node.start();
		time.advance(4500);
		board.values = [20, 1, 0, Number.NaN];
		time.advance(1000);
		assert.deepEqual(
			up().map((text) => text.split(";").slice(0, -1).join(" ")),
			["20 1 0 100", "1 0 100", "1 0 100", "20 1 0 100", "1 0"],
		);
		assert.equal(node.health.missingValues, 1);
	});
});

describe("MoteNode: alarms", () => {
	class AlarmCloud extends FakeCloud {
		readonly alarms: unknown[][] = [];
		room = true;
		alarm(...alarm: unknown[]): boolean {
			if (this.room) this.alarms.push(alarm);
			return this.room;
		}
	}

	it("tells one that begins and ends, and again what it had no room for", () => {
		const cloud = new AlarmCloud();
		const { node, time, board, lines } = setup({
			cloud,
			settings: { alarms: { highC: 30, hysteresisC: 2, severity: "MINOR" } },
		});
		board.values = [20, 0, 0, 0];
		node.start();
		time.advance(3500);
		assert.deepEqual(cloud.alarms, [
			["TemperatureHigh", "MINOR", false, "temperature 20.00 C", EPOCH + 1000],
		]);
		cloud.room = false;
		board.values = [30.5, 0, 0, 0];
		time.advance(3000);
		cloud.room = true;
		time.advance(2000);
		assert.deepEqual(cloud.alarms.slice(1), [
			["TemperatureHigh", "MINOR", true, "temperature 30.50 C", EPOCH + 7000],
		]);
		assert.ok(lines.includes("warn: alarm High: temperature 30.50 C"));
		board.values = [28.1, 0, 0, 0];
		time.advance(2000);
		assert.equal(cloud.alarms.length, 2);
		board.values = [28, 0, 0, 0];
		time.advance(2000);
		assert.equal(cloud.alarms[2]?.[2], false);
	});

	it("does without a cloud that has a place for them, and without settings watches nothing", () => {
		const { node, time, board, lines } = setup({ settings: { alarms: { lowC: 0 } } });
		board.values = [-5, 0, 0, 0];
		node.start();
		time.advance(5000);
		assert.equal(lines.filter((line) => line.startsWith("warn: alarm")).length, 1);
		const cloud = new AlarmCloud();
		const other = setup({ cloud });
		other.board.values = [Number.NaN, 1, 1, 1];
		other.node.start();
		other.time.advance(10_000);
		assert.deepEqual(cloud.alarms, []);
	});
});

describe("MoteNode: safe mode", () => {
	const safe = () => {
		const stored = new Map<string, string | number>([["boots-failed", 4]]);
		return { stored, guard: new BootGuard(makeStore(stored), 0) };
	};

	it("measures nothing and says so, but keeps the connection and takes commands", () => {
		const { guard } = safe();
		const { node, time, broker, up, lines } = setup({ guard });
		const seen: number[] = [];
		node.observer = { safe: (boots) => seen.push(boots) };
		node.start();
		time.advance(10_000);
		assert.deepEqual([up(), seen, broker.connected], [[], [4], true]);
		assert.ok(lines.includes("error: safe mode: 4 boots in a row did not last"));
		broker.publish("down", "interval 5s");
		time.advance(1000);
		assert.equal(broker.published.at(-1)?.text, "ok");
		assert.equal(node.health.samples, 0);
	});

	it("restarts after an hour, in order, to try everything again", () => {
		const { guard, stored } = safe();
		const { node, time, restarts } = setup({ guard });
		node.start();
		time.advance(3_599_000);
		assert.deepEqual(restarts, []);
		time.advance(30_000);
		assert.equal(restarts.length, 1);
		assert.equal(stored.get("boots-failed"), 3);
	});

	it("says with a reason why nothing moves", () => {
		const board = new SafeBoard();
		const values = [1, 2, 3, 4];
		board.sample(values);
		assert.deepEqual(values, Array(4).fill(Number.NaN));
		for (const move of [() => board.led(), () => board.buzzer(), () => board.speed()])
			assert.throws(move, /safe mode/);
		board.close();
	});

	it("a node that stops in order leaves no failed boot behind", () => {
		const stored = new Map<string, string | number>();
		const { node, time } = setup({ guard: new BootGuard(makeStore(stored), 0) });
		node.start();
		time.advance(3000);
		assert.equal(stored.get("boots-failed"), 1);
		node.stop();
		time.advance(10_000);
		assert.equal(stored.has("boots-failed"), false);
	});
});

describe("MoteNode: opening", () => {
	it("takes one step after the other, and lets samples flow only then", () => {
		const { node, time, broker } = setup({ settings: { sampling: { intervalMs: 100 } } });
		const online: number[] = [];
		node.observer = { online: () => online.push(time.now) };
		broker.acknowledges = false;
		node.start();
		time.advance(1000);
		assert.deepEqual(broker.packets, ["connect", "publish"], "the first step is not acknowledged");
		assert.deepEqual(online, []);
		broker.acknowledges = true;
		broker.lose();
		time.advance(3000);
		assert.deepEqual(broker.packets.slice(0, 4), ["connect", "publish", "subscribe", "publish"]);
		assert.equal(online.length, 1);
		const texts = broker.published.map(({ text }) => text);
		const firstSample = broker.published.findIndex(({ topic }) => topic === "up");
		assert.ok(firstSample > texts.lastIndexOf("last"), "samples were queued all the time");
	});

	it("calls a step's `done` once, when that step is acknowledged", () => {
		const cloud = new FakeCloud();
		const done: string[] = [];
		cloud.steps = cloud.steps.map((step, i) => ({ ...step, done: () => done.push(`${i}`) }));
		const { node, time, broker } = setup({ cloud });
		node.start();
		time.advance(8); // CONNECT, CONNACK, the first publish
		assert.deepEqual(done, []);
		time.advance(500);
		assert.deepEqual(done, ["0", "1", "2"]);
		broker.lose();
		time.advance(5000);
		assert.deepEqual(done, ["0", "1", "2", "0", "1", "2"]);
	});

	it("drops the connection on SUBACK 0x80, tries again later, and works once it is granted", () => {
		const { node, time, broker, up } = setup();
		const offline: Array<[string, boolean]> = [];
		node.observer = { offline: (code, _detail, retryMs) => offline.push([code, retryMs > 0]) };
		broker.grant = () => 0x80;
		node.start();
		time.advance(900);
		assert.deepEqual(offline[0], ["subscribe-refused", true]);
		assert.ok(!broker.packets.includes("disconnect"));
		const refused = node.health.refusedSubscriptions;
		assert.ok(refused >= 1);
		broker.grant = () => 1;
		time.advance(10_000);
		assert.ok(up().length >= 9);
		assert.equal(node.health.refusedSubscriptions <= refused + 1, true);
		assert.equal(node.health.reconnects, node.health.refusedSubscriptions);
	});

	it("asks again on the same connection where the cloud says so, then goes on without, or begins anew", () => {
		for (const finally_ of ["continue", "reconnect"] as const) {
			const cloud = new FakeCloud();
			cloud.steps = cloud.steps.map((step) => ({
				...step,
				refused: { pauseMs: 1000, tries: 2, finally: finally_ },
			}));
			const { node, time, broker, up } = setup({ cloud });
			broker.grant = () => 0x80;
			node.start();
			time.advance(1500);
			assert.deepEqual([node.health.refusedSubscriptions, up().length], [2, 0]);
			time.advance(1500);
			assert.equal(node.health.reconnects > 0, finally_ === "reconnect");
			assert.equal(up().length > 0, finally_ === "continue");
		}
	});

	it("does not subscribe again in a session that went on, unless it knows nothing of it", () => {
		const cloud = new FakeCloud();
		Object.assign(cloud.connect, { cleanSession: false });
		const { node, time, broker, up } = setup({ cloud });
		const subscribes = () => broker.connections.map((all) => all.filter((cmd) => cmd === "subscribe").length);
		broker.sessionPresent = true; // of a boot before
		node.start();
		time.advance(2000);
		broker.lose();
		time.advance(5000);
		broker.sessionPresent = false;
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [1, 0, 1]);
		assert.ok(up().length >= 11);
	});

	it("subscribes again until it was heard, and where the session may be another one", () => {
		const cloud = new FakeCloud();
		Object.assign(cloud.connect, { cleanSession: false });
		const { node, time, broker } = setup({ cloud });
		const subscribes = () => broker.connections.map((all) => all.filter((cmd) => cmd === "subscribe").length);
		node.start();
		time.advance(2000);
		// the session is lost, and this connection before SUBACK
		broker.acknowledges = false;
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [1, 0], "the steps in front of it are not acknowledged");
		broker.acknowledges = broker.sessionPresent = true;
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [1, 0, 1]);
		// a CONNECT without an answer
		broker.greets = false;
		broker.lose();
		time.advance(20_000);
		broker.greets = true;
		time.advance(60_000);
		const unheard = subscribes();
		assert.equal(unheard.at(-1), 1);
		broker.lose();
		time.advance(5000);
		assert.deepEqual(subscribes(), [...unheard, 0]);
	});

	it("begins its packet ids behind those of the boot before, in a session that persists", () => {
		for (const persistent of [true, false]) {
			const cloud = new FakeCloud();
			Object.assign(cloud.connect, { cleanSession: !persistent });
			const kept = new Map<string, string | number>([["mqtt-ids", 62]]);
			const { node, time } = setup({ cloud, stored: kept });
			const ids: number[] = [];
			node.observer = { sending: (_topic, _records, packetId) => ids.push(packetId) };
			node.start();
			time.advance(1_100_000);
			assert.equal(ids[0], persistent ? 63 * 1024 + 3 : 4);
			assert.equal(kept.get("mqtt-ids"), persistent ? 0 : 62);
		}
	});

	it("notes no block of packet ids for what goes at QoS 0, which has none", () => {
		const cloud = new FakeCloud({ qos: 0 });
		Object.assign(cloud.connect, { cleanSession: false });
		const noted: unknown[] = [];
		const kept = new Map<string, string | number>([["mqtt-ids", 4]]);
		kept.set = (key, value) => {
			if (key === "mqtt-ids") noted.push(value);
			return Map.prototype.set.call(kept, key, value) as typeof kept;
		};
		const { node, time, broker } = setup({ cloud, stored: kept });
		node.start();
		for (let i = 0; i < 5; i++) {
			time.advance(2000);
			broker.publish("down", "led on");
		}
		time.advance(2000);
		assert.equal(node.health.commands, 5);
		assert.deepEqual(noted, [5]);
	});

	it("retries refused subscriptions ever more slowly", () => {
		const { node, time, broker } = setup();
		broker.grant = () => 0x80;
		node.start();
		time.advance(600_000);
		assert.ok(node.health.refusedSubscriptions < 60, `${node.health.refusedSubscriptions}`);
		assert.ok(node.health.refusedSubscriptions > 8);
	});

	it("redoes the opening after a reconnect and replays in order, with the samples' own times", () => {
		const cloud = new FakeCloud({ maxRecords: 3 });
		const { node, time, broker, board } = setup({ cloud });
		board.counting = true;
		node.start();
		time.advance(1500);
		broker.acknowledges = false;
		time.advance(3000);
		assert.equal(node.outbox.delivered, 1);
		const before = broker.published.length;
		broker.reachable = false;
		broker.lose();
		time.advance(4000);
		broker.reachable = broker.acknowledges = true;
		time.advance(30_000);
		const replay = broker.published.slice(before).map(({ text }) => text);
		assert.deepEqual(replay.slice(0, 2), ["first", "last"]);
		const records = replay.slice(2).join(",").split(",");
		assert.deepEqual(
			records.slice(0, 7),
			[2, 3, 4, 5, 6, 7, 8].map((n) => sampleAt(n * 1000, n)),
		);
		assert.equal(new Set(records).size, records.length, "nothing twice once it is acknowledged");
		assert.equal(node.health.reconnects, 1);
		assert.equal(cloud.disconnects >= 1, true);
	});

	it("tells the observer and the log why it is offline", () => {
		const { node, time, broker, lines } = setup();
		const codes: string[] = [];
		node.observer = { offline: (code) => codes.push(code) };
		broker.reachable = false;
		node.start();
		time.advance(100);
		assert.deepEqual(codes, ["connect-failed"]);
		assert.ok(
			lines.some((line) => /^warn: the broker could not be reached; next attempt in \d+ ms$/.test(line)),
		);
	});
});

describe("MoteNode: confirmation by the cloud", () => {
	const confirming = () => {
		const cloud = new FakeCloud({ confirmMs: 2000 });
		const set = setup({ cloud });
		const seen: string[] = [];
		set.node.observer = {
			delivered: (n) => seen.push(`delivered ${n}`),
			unconfirmed: (n) => seen.push(`unconfirmed ${n}`),
			refused: (code, reason) => seen.push(`refused ${code} ${reason}`),
			sending: (topic, records, _id, resent) => {
				if (topic === cloud.measures.topic) seen.push(`sending ${records}${resent ? " again" : ""}`);
			},
		};
		set.node.start();
		set.time.advance(1100);
		return { ...set, seen };
	};

	it("counts a sample as delivered only when the cloud says so", () => {
		const { node, seen } = confirming();
		assert.deepEqual([seen, node.outbox.delivered], [["sending 1"], 0]);
		node.delivery.confirm(0, true, 202, "");
		assert.deepEqual([seen, node.outbox.delivered], [["sending 1", "delivered 1"], 1]);
	});

	it("removes and counts a refused message, and does not count it as delivered", () => {
		const { node, seen, lines } = confirming();
		node.delivery.confirm(1, false, 400, "bad");
		assert.deepEqual(seen, ["sending 1", "refused 400 bad"]);
		assert.deepEqual([node.health.refusedMessages, node.outbox.delivered, node.outbox.waiting], [1, 0, 0]);
		assert.ok(lines.some((line) => line.includes("400 bad")));
	});

	it("lets the next message go when a confirmation makes room for it", () => {
		const settings = { sampling: { intervalMs: 100 }, outbox: { measures: 60 } };
		const { node, time } = setup({ cloud: new FakeCloud({ confirmMs: 60_000 }), settings });
		node.start();
		time.advance(3_000);
		node.stopSampling();
		time.advance(500);
		assert.equal(node.outbox.messages, 8, "as many as may be outstanding");
		assert.ok(node.outbox.waiting > 9);
		node.delivery.confirm(0, true, 202, "");
		assert.equal(node.outbox.messages, 9);
	});

	it("takes no notice of a confirmation of nothing", () => {
		const { node, seen } = confirming();
		node.delivery.confirm(99, false, 400, "bad");
		assert.deepEqual([seen, node.health.refusedMessages, node.outbox.waiting], [["sending 1"], 0, 1]);
	});

	it("goes on with what waits when messages are given up, with nothing else coming in", () => {
		const settings = {
			sampling: { intervalMs: 100 },
			outbox: { measures: 60 },
			broker: { keepAlive: 65_535 },
		};
		const { node, time } = setup({ cloud: new FakeCloud({ confirmMs: 2000 }), settings });
		node.start();
		time.advance(3_000);
		node.stopSampling();
		const { accepted } = node.health;
		assert.ok(accepted > 16, "more than two rounds of what may be outstanding");
		time.advance(30_000);
		assert.equal(node.outbox.waiting, 0);
		assert.equal(node.outbox.unconfirmed, accepted);
	});

	it("sends again what is not confirmed in time, once, and then counts it as unconfirmed", () => {
		const { node, seen, time } = confirming();
		node.stopSampling();
		time.advance(3000);
		assert.deepEqual(seen, ["sending 1", "sending 1 again"]);
		time.advance(3000);
		assert.deepEqual(seen, ["sending 1", "sending 1 again", "unconfirmed 1"]);
		assert.deepEqual([node.outbox.unconfirmed, node.outbox.waiting], [1, 0]);
	});
});

describe("MoteNode: commands", () => {
	function commanding() {
		const set = setup();
		const results: Array<{ text: string; status: string; reason: string }> = [];
		const observer: Observer = { command: (text, status, reason) => results.push({ text, status, reason }) };
		set.node.observer = observer;
		set.node.start();
		set.time.advance(100);
		const command = (text: string | Buffer) => {
			set.broker.publish("down", text);
			set.time.advance(50);
		};
		const done = () => set.broker.published.filter(({ topic }) => topic === "done").map(({ text }) => text);
		return { ...set, results, command, done };
	}

	it("carries a command out, tells the observer and delivers the result", () => {
		const { command, board, results, done, node, cloud } = commanding();
		command("led 40%;buzzer 880Hz 500ms;speed 5");
		assert.deepEqual(board.calls, ["led 40", "buzzer 880 500", "speed 5"]);
		assert.deepEqual(results, [
			{ text: "led 40%;buzzer 880Hz 500ms;speed 5", status: "SUCCESSFUL", reason: "" },
		]);
		assert.deepEqual(done(), ["ok"]);
		assert.deepEqual((cloud as FakeCloud).deliveredTags, [7]);
		assert.deepEqual([node.health.commands, node.health.refusedCommands], [1, 0]);
	});

	it("moves nothing for a refused command and says why", () => {
		const { command, board, results, done, node } = commanding();
		command("led on;speed 9999");
		assert.deepEqual(board.calls, []);
		assert.equal(results[0]?.status, "FAILED");
		assert.match(results[0]?.reason ?? "", /9999 is outside 0 to 200 rpm/);
		assert.deepEqual(done(), ["refused"]);
		assert.deepEqual([node.health.commands, node.health.refusedCommands], [1, 1]);
	});

	it("turns a refusal of the hardware into a reason", () => {
		for (const [failure, reason] of [
			[new Error("stuck"), "the hardware refused: stuck"],
			["text", "the hardware refused: unknown error"],
		] as const) {
			const { command, board, results, node } = commanding();
			board.failure = failure;
			command("speed 5");
			assert.equal(results[0]?.reason, reason);
			assert.equal(node.health.refusedCommands, 1);
		}
	});

	it("shows the observer any bytes as a text of bounded length", () => {
		const { command, results } = commanding();
		command(Buffer.from([0xff, 0xfe]));
		assert.deepEqual([results[0]?.text, results[0]?.status], ["?", "FAILED"]);
		command("x".repeat(2000));
		assert.ok((results[1]?.text.length ?? 1000) <= 512);
		assert.match(results[1]?.reason ?? "", /longer than 512/);
	});

	it("refuses what does not fit into the event ring, and counts it", () => {
		const { node, broker, done, time } = commanding();
		broker.lose();
		const put = (text: string) =>
			node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8(text)));
		assert.equal(node.messages.room, 4);
		assert.deepEqual(["a", "b", "c", "d", "e"].map(put), [true, true, true, true, false]);
		assert.equal(node.messages.room, 0);
		assert.equal(node.health.droppedEvents, 1);
		time.advance(10_000);
		assert.deepEqual(done(), ["a", "b", "c", "d"]);
		assert.equal(node.messages.room, 4);
		assert.equal(put("x".repeat(61)), false, "longer than its record");
		assert.equal(node.health.droppedEvents, 2);
		assert.equal(node.messages.room, 4, "the place is free again");
	});

	it("delivers results ahead of measures after a time offline", () => {
		const { node, broker, time } = commanding();
		broker.reachable = false;
		broker.lose();
		time.advance(5000);
		node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8("result")));
		broker.published = [];
		broker.reachable = true;
		time.advance(30_000);
		assert.deepEqual(
			broker.published.slice(0, 3).map(({ text }) => text),
			["first", "last", "result"],
		);
	});
});

describe("MoteNode: stop", () => {
	it("disconnects in order, puts the board at rest and leaves no alarm behind", () => {
		const { node, time, broker, board, restarts } = setup();
		node.start();
		time.advance(2500);
		let stopped = 0;
		node.stop(() => stopped++);
		time.advance(5000);
		assert.deepEqual([stopped, board.closed, restarts], [1, 1, []]);
		assert.equal(broker.packets.at(-1), "disconnect");
		assert.equal(broker.connected, false);
		assert.equal(node.health.samples, 2);
		assert.equal(time.armed, 0);
	});

	it("ends in every state of the connection", () => {
		for (const when of [0, 1, 3, 5, 8, 700]) {
			for (const reachable of [true, false]) {
				const { node, time, broker, board } = setup();
				broker.reachable = reachable;
				node.start();
				time.advance(when);
				let stopped = 0;
				node.stop(() => stopped++);
				time.advance(10_000);
				assert.deepEqual([stopped, board.closed, time.armed], [1, 1, 0], `${when} ${reachable}`);
			}
		}
	});

	it("ends a node that was never started", () => {
		const { node, board } = setup();
		let stopped = 0;
		node.stop(() => stopped++);
		assert.deepEqual([stopped, board.closed], [1, 1]);
	});

	it("ends although the broker says nothing any more", () => {
		const { node, time, broker } = setup();
		node.start();
		time.advance(500);
		broker.free = 0;
		broker.write = () => undefined;
		let stopped = 0;
		node.stop(() => stopped++);
		time.advance(3000);
		assert.equal(stopped, 1);
	});
});

describe("MoteNode: restart", () => {
	it("delivers what is in the rings, disconnects, puts the board at rest and restarts, once", () => {
		const { node, time, broker, board, restarts } = setup();
		const seen: string[] = [];
		node.observer = { restarting: () => seen.push("restarting") };
		node.start();
		time.advance(1500);
		node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8("result")));
		node.restart();
		node.restart();
		assert.equal(restarts.length, 0);
		const from = time.now;
		time.advance(10_000);
		assert.ok(broker.published.some(({ text }) => text === "result"));
		assert.equal(broker.packets.at(-1), "disconnect");
		assert.deepEqual(seen, ["restarting"]);
		assert.deepEqual([restarts.length, board.closed, node.health.samples], [1, 1, 1]);
		assert.ok((restarts[0] as number) - from < 1000, "as soon as everything is delivered");
		assert.equal(time.armed, 0);
	});

	it("waits no longer than five seconds for acknowledgements that do not come", () => {
		const { node, time, broker, restarts } = setup();
		node.start();
		time.advance(500);
		broker.acknowledges = false;
		time.advance(1000);
		const from = time.now;
		node.restart();
		time.advance(20_000);
		assert.equal(restarts.length, 1);
		const took = (restarts[0] as number) - from;
		assert.ok(took >= 5000 && took < 7500, `${took} ms`);
	});

	it("restarts at QoS 0 as well as soon as everything is out", () => {
		const cloud = new FakeCloud({ qos: 0 });
		const { node, time, broker, restarts, up } = setup({ cloud });
		node.start();
		time.advance(997);
		node.messages.queue(RecordKind.Operation, 3, (record) => record.put(utf8("result")));
		time.advance(3); // a sample goes out just before the result is acknowledged, and is out just after that
		node.restart();
		const from = time.now;
		time.advance(20_000);
		assert.equal(up().length, 1);
		assert.ok(broker.published.some(({ text }) => text === "result"));
		assert.equal(restarts.length, 1);
		assert.ok((restarts[0] as number) - from < 1000, `${(restarts[0] as number) - from} ms`);
	});

	it("restarts although there is nothing to deliver", () => {
		const { node, time, restarts } = setup();
		node.start();
		time.advance(500);
		node.restart();
		time.advance(20_000);
		assert.equal(restarts.length, 1);
		assert.ok((restarts[0] as number) - 500 <= 7000);
	});

	it("restarts while offline, too", () => {
		const { node, time, broker, restarts, board } = setup();
		broker.reachable = false;
		node.start();
		time.advance(2500);
		node.restart();
		time.advance(20_000);
		assert.deepEqual([restarts.length, board.closed], [1, 1]);
	});

	it("goes through Cumulocity's c8y_Restart: 501 delivered, marker, restart, then 503 at the next boot", () => {
		const settings = makeSettings({ device: { id: "sn-1" } });
		const first = setup({ cloud: new Cumulocity(settings, "1") });
		first.node.start();
		first.time.advance(1500);
		first.broker.acknowledges = false;
		first.broker.publish("s/ds", "510,sn-1");
		first.time.advance(300);
		assert.ok(first.broker.published.some(({ text }) => text === "501,c8y_Restart\n"));
		assert.deepEqual([first.restarts.length, first.stored.get("operation-0")], [0, 510]);
		first.broker.acknowledges = true;
		first.broker.lose(); // so that 501 goes out again, and is acknowledged
		first.time.advance(10_000);
		assert.equal(first.restarts.length, 1);
		assert.equal(first.stored.get("operation-0"), 510);
		const second = setup({ cloud: new Cumulocity(settings, "1") });
		for (const [key, value] of first.stored) second.stored.set(key, value);
		second.node.start();
		second.time.advance(500);
		const said = second.broker.published.map(({ text }) => text);
		const confirmed = said.findIndex((rows) => rows.startsWith("503,c8y_Restart\n"));
		assert.ok(confirmed > 0);
		assert.ok(confirmed < said.indexOf("500\n"));
		assert.equal(second.stored.has("operation-0"), false);
	});
});
