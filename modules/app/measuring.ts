// From a sample to a record: what the board reads goes into the ring, unless it is not new, and the alarms of
// the temperature are told.

import { CHANNELS, ChannelIndex, emptySample, type Sample } from "../core/channels.js";
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
import { Cadence } from "./cadence.js";
import { Deadband } from "./deadband.js";
import type { Delivery } from "./delivery.js";
import type { Health } from "./health.js";
import type { Observer } from "./observer.js";
import type { NodeParts } from "./parts.js";
import { type Sampled, Sampler } from "./sampler.js";
import { TemperatureAlarm, TemperatureWatch } from "./temperature-watch.js";

export class Measuring implements Sampled {
	readonly sampler: Sampler;
	observer: Observer | undefined;
	/** The ring has evicted since the last connection, and that was told. */
	evicting = false;
	private readonly clock: Clock;
	private readonly parts: NodeParts;
	private readonly ring: Ring;
	private readonly writer: RecordWriter;
	private readonly template: RecordTemplate | undefined;
	private readonly delivery: Delivery;
	private readonly health: Health;
	private readonly values = emptySample();
	private readonly watch: TemperatureWatch | undefined;
	private readonly deadband: Deadband | undefined;
	private readonly cadence: Cadence | undefined;

	/** `text`: the cloud's template of a sample. */
	constructor(
		parts: NodeParts,
		arena: Arena,
		text: TemplatePart[],
		writer: RecordWriter,
		delivery: Delivery,
		health: Health,
	) {
		const { settings, clock, cloud } = parts;
		this.clock = clock;
		this.parts = parts;
		this.ring = arena.measures.ring;
		this.writer = writer;
		if (text.length > 0) {
			const template = recordTemplate(arena.bytes, arena.view, arena.templateAt, cloud.stamp, text);
			if (template.recordBytes > cloud.measures.recordBytes)
				throw new RangeError("node: a record has less room than its template needs");
			this.template = template;
		}
		this.delivery = delivery;
		this.health = health;
		this.watch = TemperatureWatch.of(settings.alarms);
		this.deadband = Deadband.of(settings.sampling);
		this.cadence = Cadence.of(settings.sampling);
		this.sampler = new Sampler(clock, parts.timers, settings.sampling.intervalMs, this);
	}

	sample(): void {
		this.take();
		this.delivery.session.pump(); // from here, where no variables of the sample are on the stack
	}

	private take(): void {
		const { clock, ring, values, health } = this;
		const sampledAt = clock.monotonic();
		this.parts.board.sample(values);
		health.samples++;
		const { watch } = this;
		if (watch) {
			const alarms = watch.update(values[ChannelIndex.Temperature] as number);
			if (alarms > 0) this.tellAlarms(watch, alarms, clock.wallAt(sampledAt));
		}
		if (values.every(Number.isNaN)) {
			// Nothing to send: it must not push a good sample out of a full ring.
			health.missingValues += values.length;
			health.droppedSamples++;
			this.observer?.sampled?.(values, -1, false);
			return;
		}
		const { deadband } = this;
		if (deadband && !deadband.isNew(values, sampledAt)) {
			health.unchanged++;
			return;
		}
		const thinned = this.cadence?.thin(values, sampledAt) ?? 0;
		const evicted = ring.evicted;
		const slot = ring.reserve(RecordKind.Measure, true);
		if (ring.evicted > evicted) this.reportEviction(ring.evicted);
		if (slot < 0) {
			health.droppedSamples++;
			this.observer?.sampled?.(values, -1, false);
			return;
		}
		const wall = clock.wallAt(sampledAt);
		const accepted = this.record(slot, values, sampledAt, wall);
		health.missingValues -= thinned; // nothing was wrong with them
		if (accepted) {
			health.accepted++;
			deadband?.kept(values, sampledAt);
		} else {
			ring.abandon(slot);
			health.droppedSamples++;
		}
		this.delivery.settled();
		this.observer?.sampled?.(values, wall, accepted);
	}

	/** Alarms begin or end seldom: what this allocates does not count. */
	private tellAlarms(watch: TemperatureWatch, alarms: number, wall: number): void {
		const { cloud, log, settings } = this.parts;
		for (const [type, alarm] of Object.entries(TemperatureAlarm)) {
			if ((alarms & alarm) === 0) continue;
			const on = watch.isOn(alarm);
			const text =
				alarm === TemperatureAlarm.Sensor
					? "the temperature sensor gives no value"
					: `temperature ${(this.values[ChannelIndex.Temperature] as number).toFixed(2)} C`;
			if (cloud.alarm?.(`Temperature${type}`, settings.alarms.severity, on, text, wall) === false) continue;
			watch.told(alarm);
			if (on) log.warn(`alarm ${type}: ${text}`);
		}
	}

	/** Writes the sample into its slot: by the template, or part by part where that is not possible. */
	private record(slot: number, values: Sample, sampledAt: number, wall: number): boolean {
		const { ring, template } = this;
		if (template && wall >= 0) {
			const end = template.write(values, wall, ring.lastNumber, ring.writeAt);
			if (end < REFUSED) {
				ring.commit(slot, end - ring.writeAt);
				return true;
			}
		}
		const { writer } = this;
		writer.begin(ring, slot, sampledAt);
		const written = this.parts.cloud.encode(writer, values);
		this.health.missingValues += CHANNELS.length - written;
		if (written === 0 || writer.overflow) return false;
		ring.commit(slot, writer.length);
		return true;
	}

	/** One line in the log for the first of a row: a full ring evicts with every sample. */
	private reportEviction(total: number): void {
		if (!this.evicting) this.parts.log.warn("the ring is full; the oldest measures are dropped");
		this.evicting = true;
		this.observer?.evicted?.(total);
	}
}
