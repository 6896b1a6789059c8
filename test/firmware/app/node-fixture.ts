// A node in virtual time, with a broker, a board and a cloud of the test.

import type { BootGuard } from "../../../modules/app/boot-guard.js";
import { MoteNode } from "../../../modules/app/node.js";
import type { Board } from "../../../modules/app/parts.js";
import { settingsOf } from "../../../modules/app/settings.js";
import type { Cloud, CloudHost, OpeningStep } from "../../../modules/cloud/cloud.js";
import { utf8 } from "../../../modules/cloud/text.js";
import type { Channel, EdgeListener, Sample } from "../../../modules/core/channels.js";
import { DEFAULT_TABLE } from "../../../modules/core/default-channels.js";
import type { Flash } from "../../../modules/core/flash.js";
import { Log } from "../../../modules/core/log.js";
import type { InboundMessage } from "../../../modules/mqtt/parser.js";
import { Network } from "../../../modules/network/network.js";
import type { LaneShape } from "../../../modules/outbox/lane.js";
import type { RecordWriter } from "../../../modules/outbox/record-writer.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { IsoStamp } from "../../../modules/outbox/stamp.js";
import { seeded } from "../../support/seeded.js";
import { EPOCH, VirtualTime } from "../../support/virtual-time.js";
import type { FakeRadio } from "../network/fake-radio.js";
import { FakeSource } from "../network/fixture.js";
import { FakeBroker } from "./fake-broker.js";

/** The simplest cloud: "up" carries `value@time` records, commands come on "down", results go to "done". */
export class FakeCloud implements Cloud {
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

export class FakeBoard implements Board {
	listener: EdgeListener | undefined;
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

export interface Options {
	cloud?: Cloud;
	settings?: unknown;
	clockSet?: boolean;
	stored?: Map<string, string | number>;
	/** What the node has to join, and whom it asks for the time. */
	radio?: FakeRadio;
	source?: FakeSource;
	tls?: boolean;
	guard?: BootGuard;
	flash?: Flash;
	/** Number of this boot. */
	boot?: number;
	/** The board's channels; the default ones unless given. */
	table?: readonly Channel[];
	makeBroker?: (time: VirtualTime) => FakeBroker;
}

export function setup(options: Options = {}) {
	const { cloud = new FakeCloud(), settings, clockSet = true, stored = new Map(), radio } = options;
	const time = new VirtualTime();
	time.clockSet = clockSet;
	const broker = options.makeBroker?.(time) ?? new FakeBroker(time);
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
		settings: settingsOf(options.table ?? DEFAULT_TABLE, { outbox: { measures: 16, events: 4 } }, settings),
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
		flash: options.flash,
		boot: options.boot ?? 1,
		restart: () => restarts.push(time.now),
	});
	const up = () => broker.published.filter(({ topic }) => topic === "up").map(({ text }) => text);
	return { time, broker, board, stored, lines, restarts, node, cloud, up };
}

export const stampAt = (ms: number) => new Date(EPOCH + ms).toISOString();
export const sampleAt = (ms: number, first = 1) => `${first};2;3;4;${stampAt(ms)}`;
