// From a sample to a record: what the board reads goes into the ring, unless it is not new; alarms of the
// channels and edges of inputs are told.

import { capital } from "../core/channel-table.js";
import { type EdgeListener, emptySample, type Sample } from "../core/channels.js";
import type { Clock } from "../core/clock.js";
import type { Arena } from "../outbox/arena.js";
import {
	REFUSED,
	type RecordTemplate,
	recordTemplate,
	type TemplatePart,
} from "../outbox/record-template.js";
import type { RecordWriter } from "../outbox/record-writer.js";
import { RecordKind, type Ring } from "../outbox/ring.js";
import { ChannelAlarm, ChannelWatch } from "./channel-watch.js";
import { Deadband } from "./deadband.js";
import type { Delivery } from "./delivery.js";
import type { Health } from "./health.js";
import type { Observer } from "./observer.js";
import type { NodeParts } from "./parts.js";
import { Portions } from "./portions.js";
import { type Sampled, Sampler } from "./sampler.js";
import { Windows } from "./windows.js";

/** Every channel is due. */
const ALL = -1;

export class Measuring implements Sampled, EdgeListener {
	readonly sampler: Sampler;
	observer: Observer | undefined;
	/** The ring has evicted since the last connection, and that was told. */
	evicting = false;
	private readonly clock: Clock;
	private readonly parts: NodeParts;
	private readonly ring: Ring;
	private readonly writer: RecordWriter;
	private readonly template: RecordTemplate | undefined;
	/** Where channels go different ways: then there is no template of all. */
	declare private readonly portions?: Portions;
	private readonly delivery: Delivery;
	private readonly health: Health;
	private readonly values: Sample;
	private readonly watches: readonly ChannelWatch[] | undefined;
	private readonly deadband: Deadband | undefined;
	private readonly windows: Windows | undefined;
	/** Bits of the channels that had no value in the last sample, and of those of which that was told. */
	private missed = 0;
	private silent = 0;
	/** An alarm found no room: it is tried again with the next sample, not with each reading. */
	private crowded = false;
	/** That a sample does not fit into its record was told. */
	private overlong = false;

	/** `texts`: the cloud's template of a sample, or of each portion. */
	constructor(
		parts: NodeParts,
		arena: Arena,
		texts: readonly TemplatePart[][],
		writer: RecordWriter,
		delivery: Delivery,
		health: Health,
	) {
		const { settings, clock, cloud } = parts;
		this.clock = clock;
		this.parts = parts;
		this.ring = arena.measures.ring;
		this.writer = writer;
		const { portions } = cloud;
		const text = texts[0];
		if (portions) this.portions = new Portions(portions, texts, arena, cloud.stamp, writer, health);
		else if (text) {
			const template = recordTemplate(arena.bytes, arena.view, arena.templateAt, cloud.stamp, text);
			if (template.recordBytes > cloud.measures.recordBytes)
				throw new RangeError("node: a record has less room than its template needs");
			this.template = template;
		}
		this.delivery = delivery;
		this.health = health;
		const { channels, sampling } = settings;
		const { intervalMs, readMs, heartbeatMs } = sampling;
		this.values = emptySample(channels);
		this.watches = ChannelWatch.of(channels);
		this.deadband = Deadband.of(channels, heartbeatMs);
		this.windows = Windows.of(channels, readMs);
		this.sampler = new Sampler(clock, parts.timers, intervalMs, readMs, this);
		if (channels.some(({ from }) => typeof from !== "string" && from.states)) parts.board.listener = this;
	}

	sample(whole: boolean): void {
		if (whole) this.crowded = false;
		this.read();
		if (whole) this.take();
		this.delivery.session.pump(); // from here, where no variables of the sample are on the stack
	}

	/** Reads the sensors, and looks for alarms. */
	private read(): void {
		const { values, watches } = this;
		this.parts.board.sample(values);
		if (watches && !this.crowded)
			for (let i = 0; i < watches.length; i++) {
				const watch = watches[i] as ChannelWatch;
				const alarms = watch.update(values[watch.place] as number);
				if (alarms > 0) this.tellAlarms(watch, alarms);
			}
		this.windows?.add(values);
	}

	private take(): void {
		const { clock, ring, values, health, windows } = this;
		const sampledAt = clock.monotonic();
		health.samples++;
		let due = ALL;
		if (windows) {
			due = windows.take(values, sampledAt);
			if (due === 0) return;
		}
		const leftOut = windows ? windows.leftOut : 0;
		if (values.every(Number.isNaN)) {
			// Nothing to send: it must not push a good sample out of a full ring.
			health.missingValues += values.length - leftOut;
			this.noteMissing(due);
			health.droppedSamples++;
			this.observer?.sampled?.(values, -1, 0);
			return;
		}
		const { deadband } = this;
		if (deadband && !deadband.isNew(values, due, sampledAt)) {
			health.unchanged++;
			return;
		}
		// On XS a field that is not there is looked for everywhere.
		if (this.template === undefined && this.portions)
			return this.takePortions(this.portions, sampledAt, due, leftOut);
		const evicted = ring.evicted;
		const slot = ring.reserve(RecordKind.Measure, true);
		if (ring.evicted > evicted) this.reportEviction(ring.evicted);
		if (slot < 0) {
			health.droppedSamples++;
			this.observer?.sampled?.(values, -1, 0);
			return;
		}
		const wall = clock.wallAt(sampledAt);
		const accepted = this.record(slot, values, sampledAt, wall, due);
		health.missingValues -= leftOut; // nothing was wrong with them
		if (accepted) {
			health.accepted++;
			deadband?.kept(values, due, sampledAt);
		} else {
			ring.abandon(slot);
			health.droppedSamples++;
		}
		this.delivery.settled();
		this.observer?.sampled?.(values, wall, accepted ? 1 : 0);
	}

	private takePortions(portions: Portions, sampledAt: number, due: number, leftOut: number): void {
		const { ring, values, health } = this;
		const { evicted } = ring;
		const wall = this.clock.wallAt(sampledAt);
		const records = portions.take(values, sampledAt, wall);
		if (ring.evicted > evicted) this.reportEviction(ring.evicted);
		if (portions.overflow) this.reportOverflow();
		health.missingValues -= leftOut; // nothing was wrong with them
		this.noteMissing(due);
		if (records > 0) this.deadband?.kept(values, due & portions.kept, sampledAt);
		this.delivery.settled();
		this.observer?.sampled?.(values, wall, records);
	}

	/** Alarms begin or end seldom: what this allocates does not count. */
	private tellAlarms(watch: ChannelWatch, alarms: number): void {
		const { cloud, log, settings, clock } = this.parts;
		const { key, decimals, unit } = watch.channel;
		const wall = clock.wallAt(clock.monotonic());
		for (const [type, alarm] of Object.entries(ChannelAlarm)) {
			if ((alarms & alarm) === 0) continue;
			const on = watch.isOn(alarm);
			const text =
				alarm === ChannelAlarm.Sensor
					? `the ${key} sensor gives no value`
					: `${key} ${(this.values[watch.place] as number).toFixed(decimals)} ${unit}`.trimEnd();
			const { severity } = settings.alarms;
			if (cloud.alarm?.(capital(key) + type, severity, on, text, wall, watch.place) === false) {
				this.crowded = true;
				continue;
			}
			watch.told(alarm);
			if (on) log.warn(`alarm ${type}: ${text}`);
		}
	}

	/**
	 * Says of each channel that has no value in a second sample in a row why, and when it has values again;
	 * `due` has a bit for each that is to have one.
	 */
	private noteMissing(due: number): void {
		const { values } = this;
		let missing = 0;
		for (let i = 0; i < values.length; i++)
			if ((due & (1 << i)) !== 0 && Number.isNaN(values[i] as number)) missing |= 1 << i;
		const changed = (missing & this.missed & ~this.silent) | (this.silent & due & ~missing);
		this.missed = (this.missed & ~due) | missing;
		if (changed === 0) return;
		this.silent ^= changed;
		this.tellSilent(changed);
	}

	private tellSilent(changed: number): void {
		const { board, log, settings } = this.parts;
		for (const [place, { key }] of settings.channels.entries()) {
			if ((changed & (1 << place)) === 0) continue;
			const gone = (this.silent & (1 << place)) !== 0;
			const fault = gone ? board.fault?.(place) || "out of range" : "";
			if (gone) log.warn(`${key}: no value: ${fault}`);
			else log.info(`${key}: values again`);
			this.observer?.silent?.(key, fault);
		}
	}

	/** An input has changed: an event. What finds no room is counted; the state goes with the next sample. */
	edge(place: number, state: number): void {
		const { cloud, settings, clock, log } = this.parts;
		const channel = settings.channels[place];
		if (!channel || typeof channel.from === "string") return;
		const text = `${channel.key} ${channel.from.states?.[state] ?? state}`;
		log.info(text);
		if (cloud.event?.(capital(channel.key), text, clock.wallAt(clock.monotonic()), place) === false)
			this.health.droppedEvents++;
		this.delivery.session.pump();
	}

	/** Writes the sample into its slot: by the template, or part by part where that is not possible. */
	private record(slot: number, values: Sample, sampledAt: number, wall: number, due: number): boolean {
		const { ring, template } = this;
		if (template && wall >= 0) {
			const end = template.write(values, wall, ring.lastNumber, ring.writeAt);
			if (end < REFUSED) {
				ring.commit(slot, end - ring.writeAt);
				if (this.missed !== 0) this.noteMissing(due);
				return true;
			}
		}
		const { writer } = this;
		writer.begin(ring, slot, sampledAt);
		const written = this.parts.cloud.encode(writer, values);
		this.health.missingValues += values.length - written;
		if (written < values.length || this.missed !== 0) this.noteMissing(due);
		if (writer.overflow) this.reportOverflow();
		if (written === 0 || writer.overflow) return false;
		ring.commit(slot, writer.length);
		return true;
	}

	/** Values with more digits than a record has room for, in many channels at once. */
	private reportOverflow(): void {
		if (!this.overlong) this.parts.log.error("a sample is longer than its record and was dropped");
		this.overlong = true;
	}

	/** One line in the log for the first of a row: a full ring evicts with every sample. */
	private reportEviction(total: number): void {
		if (!this.evicting) this.parts.log.warn("the ring is full; the oldest measures are dropped");
		this.evicting = true;
		this.observer?.evicted?.(total);
	}
}
