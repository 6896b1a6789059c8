// The node: samples go into the ring, the session carries what the outbox gives it, the cloud says what it means,
// and commands move the actuators.

import type { Cloud, CloudHost } from "../cloud/cloud.js";
import { CHANNELS, ChannelIndex, emptySample, type Sample } from "../core/channels.js";
import type { Alarm, Clock, Random, Timers } from "../core/clock.js";
import type { Flash } from "../core/flash.js";
import type { Log } from "../core/log.js";
import type { Store } from "../core/store.js";
import { cutUtf8, decodeUtf8 } from "../core/utf8.js";
import { describeClose } from "../mqtt/close-codes.js";
import type { PayloadSink } from "../mqtt/inbound.js";
import type { InboundMessage } from "../mqtt/parser.js";
import { Session, type SessionHandler, SessionState } from "../mqtt/session.js";
import type { Transport } from "../mqtt/transport.js";
import type { Network, NetworkHandler } from "../network/network.js";
import { Arena } from "../outbox/arena.js";
import { Keeper } from "../outbox/keeper.js";
import type { Lane } from "../outbox/lane.js";
import { Outbox, type OutboxHandler } from "../outbox/outbox.js";
import { REFUSED, type RecordTemplate, recordTemplate, templateBytes } from "../outbox/record-template.js";
import { RecordWriter } from "../outbox/record-writer.js";
import { RecordKind } from "../outbox/ring.js";
import type { BootGuard } from "./boot-guard.js";
import { Cadence } from "./cadence.js";
import { type CertificateTeller, CertificateWatch } from "./certificate-watch.js";
import { type Actuators, CommandParser } from "./commands.js";
import { Deadband } from "./deadband.js";
import { Health } from "./health.js";
import type { Observer } from "./observer.js";
import { Opening } from "./opening.js";
import { Sampler } from "./sampler.js";
import type { Settings } from "./settings.js";
import { type SignalTeller, SignalWatch } from "./signal-watch.js";
import { TemperatureAlarm, TemperatureWatch } from "./temperature-watch.js";
import { type ChipFacts, joined, startedBadly, startWords, vitals } from "./vitals.js";

/** Longest wait for the outbox to empty before a restart, ms. */
const FLUSH_MS = 5_000;
/** Pause between looks at outstanding confirmations, ms. */
const EXPIRY_MS = 500;
/** Until the first line about the machine in the log, and from each to the next, ms. */
const FIRST_VITALS_MS = 60_000;
const VITALS_MS = 3_600_000;
const FOREVER = Number.POSITIVE_INFINITY;

/**
 * The server may still hold ids that were in flight when the power was cut, and would take a new QoS 2 message under one of
 * them for a repetition: so the ids of a boot begin a block behind those of the one before. One write in 1024 messages.
 */
const ID_BLOCK_KEY = "mqtt-ids";
const ID_BLOCK_BITS = 10;
const ID_BLOCKS = 63;

/** Marks that the cloud was told of a certificate that ends. */
const CERTIFICATE_MARK = "cert-alarm";

/** The actuators, and what they and the sensors read. */
export interface Board extends Omit<Actuators, "interval"> {
	/** Fills in all channels; NaN where there is no value. */
	sample(values: Sample): void;
	/** Tones that it can make, Hz: lowest and highest; undefined: whatever a command may say. */
	readonly tones?: readonly [number, number] | undefined;
	/** Puts everything at rest and releases the pins. */
	close(): void;
}

export interface NodeParts {
	readonly settings: Settings;
	readonly cloud: Cloud;
	readonly board: Board;
	readonly transport: Transport;
	readonly clock: Clock;
	readonly timers: Timers;
	readonly random: Random;
	readonly store: Store;
	/** Where settings.outbox.keep has its journal; undefined: nowhere. */
	readonly flash?: Flash | undefined;
	readonly log: Log;
	/** Whether this boot is one in safe mode; undefined: nobody looks after boots. */
	readonly guard?: BootGuard | undefined;
	/** What the machine knows of itself; undefined: nothing. */
	readonly chip?: ChipFacts | undefined;
	/** The way to the network, where the node has to make it itself; undefined: it is there. */
	readonly network?: Network | undefined;
	/** When the device's own certificate ends, ms since 1970; undefined: it has none. */
	readonly certificateEnd?: number | undefined;
	/** Number of this boot, 1 to 65535. */
	readonly boot: number;
	/** Restarts the machine; does not return on a board. */
	restart(): void;
}

export class MoteNode
	implements
		CloudHost,
		SessionHandler,
		OutboxHandler,
		NetworkHandler,
		Actuators,
		CertificateTeller,
		SignalTeller
{
	readonly health = new Health();
	readonly outbox: Outbox;
	readonly session: Session;
	readonly measures: Lane;
	readonly events: Lane;
	/** What survives a power cut; undefined: nothing does. */
	readonly keeper: Keeper | undefined;
	observer: Observer | undefined;
	readonly #parts: NodeParts;
	readonly #cloud: Cloud;
	readonly #log: Log;
	readonly #writer: RecordWriter;
	readonly #sampler: Sampler;
	readonly #parser: CommandParser;
	readonly #values = emptySample();
	readonly #template: RecordTemplate | undefined;
	readonly #expiry: Alarm;
	readonly #flush: Alarm;
	readonly #opening: Opening;
	/** Of the packet ids in use, in a session that persists. */
	#idBlock = -1;
	/** Packet id of the QoS 2 message that is being handled, else 0. */
	#inboundId = 0;
	readonly #watch: TemperatureWatch | undefined;
	readonly #deadband: Deadband | undefined;
	readonly #cadence: Cadence | undefined;
	readonly #certificate: CertificateWatch | undefined;
	readonly #signal: SignalWatch | undefined;
	/** The texts of planned commands, for whoever watches. */
	#plans: string[] | undefined;
	#planned = "";
	#restarting = false;
	/** Monotonic ms of the next line about the machine in the log. */
	#vitalsDue = FIRST_VITALS_MS;
	#evicting = false;
	#eventsDelivered = 0;
	#stopped: (() => void) | undefined;

	constructor(parts: NodeParts) {
		const { settings, cloud, clock, timers, boot } = parts;
		this.#parts = parts;
		this.#cloud = cloud;
		this.#log = parts.log;
		const { outbox } = settings;
		const text = cloud.template?.() ?? [];
		const { keep } = outbox;
		const kept = keep === "all" ? [cloud.events, cloud.measures] : [cloud.events];
		const arena = new Arena(
			cloud.measures,
			outbox.measures,
			cloud.events,
			outbox.events,
			templateBytes(cloud.stamp, text),
			keep === "off" ? 0 : Keeper.bytesFor(kept),
		);
		this.measures = arena.measures;
		this.events = arena.events;
		this.#writer = new RecordWriter(arena.bytes, arena.view, cloud.stamp, clock, boot);
		if (text.length > 0) {
			const template = recordTemplate(arena.bytes, arena.view, arena.templateAt, cloud.stamp, text);
			if (template.recordBytes > cloud.measures.recordBytes)
				throw new RangeError("node: a record has less room than its template needs");
			this.#template = template;
		}
		this.outbox = new Outbox([this.events, this.measures], cloud.stamp, clock, boot, this);
		const block = cloud.connect.cleanSession ? -1 : Number(parts.store.get(ID_BLOCK_KEY) ?? -1);
		this.session = new Session({
			transport: parts.transport,
			clock,
			timers,
			random: parts.random,
			output: arena.output,
			connect: cloud.connect,
			source: this.outbox,
			handler: this,
			lastPacketId: block < 0 ? 0 : Math.max(0, (((block + 1) & ID_BLOCKS) << ID_BLOCK_BITS) - 1),
		});
		this.#opening = new Opening({
			cloud,
			session: this.session,
			outbox: this.outbox,
			health: this.health,
			timers,
			log: parts.log,
			finished: () => this.#online(),
		});
		this.#parser = new CommandParser({ maxRpm: settings.motor.maxRpm, tones: parts.board.tones });
		this.#sampler = new Sampler(clock, timers, settings.sampling.intervalMs, () => {
			this.#sample();
			this.session.pump(); // from here, where no variables of the sample are on the stack
		});
		this.keeper = this.#makeKeeper(arena);
		this.#watch = TemperatureWatch.of(settings.alarms);
		this.#deadband = Deadband.of(settings.sampling);
		this.#cadence = Cadence.of(settings.sampling);
		if (parts.network) this.#signal = new SignalWatch();
		this.#certificate = CertificateWatch.of(parts.certificateEnd, settings.alarms.certificateDays);
		this.#expiry = timers.create(() => this.#expire());
		this.#flush = timers.create(() => this.session.stop());
		cloud.attach(this);
	}

	#makeKeeper(arena: Arena): Keeper | undefined {
		const { settings, cloud, flash, log, boot, timers } = this.#parts;
		const { keep } = settings.outbox;
		if (!arena.journal) return undefined;
		const failed = (error: unknown) => {
			this.health.flashFailures++;
			log.error(`outbox.keep: flash failed, nothing is kept: ${error instanceof Error ? error.message : ""}`);
		};
		if (!flash) {
			failed(new Error("there is none"));
			return undefined;
		}
		try {
			return new Keeper({
				flash,
				lanes: keep === "all" ? [this.events, this.measures] : [this.events],
				bytes: arena.journal,
				session: this.session,
				timers,
				persistent: !cloud.connect.cleanSession,
				boot,
				failed,
			});
		} catch (error) {
			failed(error);
			return undefined;
		}
	}

	/** What is kept comes back into the rings. Not in the constructor, whose variables take much of the stack. */
	#resume(keeper: Keeper): void {
		keeper.open();
		this.health.restored = keeper.restored;
		this.health.undated = keeper.undated;
		if (keeper.restored > 0) this.#log.info(`${keeper.restored} records of an earlier boot are there`);
		if (keeper.interrupted) this.#log.warn("a command was interrupted by a power cut");
		this.#cloud.resumed?.(this.events.ring.used > 0, keeper.interrupted);
	}

	get signal(): number {
		return this.#parts.network?.wifi.rssi ?? 0;
	}
	report(): string {
		return joined(this.#vitals(), this.#parts.network?.report() ?? "");
	}
	#vitals(): string {
		const { chip, guard } = this.#parts;
		return chip ? vitals(chip, guard?.ordered ?? false, this.now()) : "";
	}
	get failedBoots(): number {
		const { guard } = this.#parts;
		return guard?.safe ? guard.failed : 0;
	}
	get intervalMs(): number {
		return this.#sampler.intervalMs;
	}

	/** Why the machine started, once in the log. */
	#tellStart(): void {
		const { chip, guard } = this.#parts;
		const ordered = guard?.ordered ?? false;
		const words = chip ? startWords(chip, ordered) : "";
		if (words === "" || !chip) return;
		if (startedBadly(chip, ordered)) this.#log.warn("started ", words);
		else this.#log.info("started ", words);
	}

	start(): void {
		const { network, guard } = this.#parts;
		this.#tellStart();
		if (this.keeper) this.#resume(this.keeper);
		if (guard?.safe) {
			this.#log.error(`safe mode: ${guard.failed} boots in a row did not last`);
			this.observer?.safe?.(guard.failed);
		} else this.#sampler.start();
		if (network) {
			this.session.hold();
			network.start(this, this.now());
		}
		this.session.start();
		this.#expiry.start(EXPIRY_MS);
	}

	/** Ends in order: no more samples, DISCONNECT, everything at rest. */
	stop(stopped?: () => void): void {
		this.#stopped = stopped;
		this.#restarting = false;
		this.#flush.stop();
		this.#sampler.stop();
		this.#expiry.stop();
		if (this.session.state === SessionState.Stopped) this.#rest();
		else this.session.stop();
	}

	/** Ends the sampling but goes on delivering what is in the rings. */
	stopSampling(): void {
		this.#sampler.stop();
	}

	#rest(): void {
		this.#expiry.stop();
		this.#parts.network?.stop();
		this.#parts.guard?.ending();
		this.#parts.board.close();
		const stopped = this.#stopped;
		this.#stopped = undefined;
		stopped?.();
		if (this.#restarting) this.#parts.restart();
	}

	#sample(): void {
		const { clock, board } = this.#parts;
		const { ring } = this.measures;
		const values = this.#values;
		const health = this.health;
		const taken = clock.monotonic();
		board.sample(values);
		health.samples++;
		const watch = this.#watch;
		if (watch) {
			const alarms = watch.update(values[ChannelIndex.Temperature] as number);
			if (alarms > 0) this.#tellAlarms(watch, alarms, clock.wallAt(taken));
		}
		if (values.every(Number.isNaN)) {
			// Nothing to send: it must not push a good sample out of a full ring.
			health.missingValues += values.length;
			health.droppedSamples++;
			this.observer?.sampled?.(values, -1, false);
			return;
		}
		const deadband = this.#deadband;
		if (deadband && !deadband.isNew(values, taken)) {
			health.unchanged++;
			return;
		}
		const thinned = this.#cadence?.thin(values, taken) ?? 0;
		const evicted = ring.evicted;
		const slot = ring.reserve(RecordKind.Measure, true);
		if (ring.evicted > evicted) this.#reportEviction(ring.evicted);
		if (slot < 0) {
			health.droppedSamples++;
			this.observer?.sampled?.(values, -1, false);
			return;
		}
		const wall = clock.wallAt(taken);
		const accepted = this.#record(slot, values, taken, wall);
		health.missingValues -= thinned; // nothing was wrong with them
		if (accepted) {
			health.accepted++;
			deadband?.taken(values, taken);
		} else {
			ring.abandon(slot);
			health.droppedSamples++;
		}
		this.settled();
		this.observer?.sampled?.(values, wall, accepted);
	}

	/** Alarms begin or end seldom: what this allocates does not count. */
	#tellAlarms(watch: TemperatureWatch, alarms: number, wall: number): void {
		const { severity } = this.#parts.settings.alarms;
		for (const [type, alarm] of Object.entries(TemperatureAlarm)) {
			if ((alarms & alarm) === 0) continue;
			const on = watch.isOn(alarm);
			const text =
				alarm === TemperatureAlarm.Sensor
					? "the temperature sensor gives no value"
					: `temperature ${(this.#values[ChannelIndex.Temperature] as number).toFixed(2)} C`;
			if (this.#cloud.alarm?.(`Temperature${type}`, severity, on, text, wall) === false) continue;
			watch.told(alarm);
			if (on) this.#log.warn(`alarm ${type}: ${text}`);
		}
	}

	/** Writes the sample into its slot: by the template, or part by part where that is not possible. */
	#record(slot: number, values: Sample, taken: number, wall: number): boolean {
		const { ring } = this.measures;
		const template = this.#template;
		if (template && wall >= 0) {
			const end = template.write(values, wall, ring.lastNumber, ring.writeAt);
			if (end < REFUSED) {
				ring.commit(slot, end - ring.writeAt);
				return true;
			}
		}
		const writer = this.#writer;
		writer.begin(ring, slot, taken);
		const written = this.#cloud.encode(writer, values);
		this.health.missingValues += CHANNELS.length - written;
		if (written === 0 || writer.overflow) return false;
		ring.commit(slot, writer.length);
		return true;
	}

	/** One line in the log for the first of a row: a full ring evicts with every sample. */
	#reportEviction(total: number): void {
		if (!this.#evicting) this.#log.warn("the ring is full; the oldest measures give way");
		this.#evicting = true;
		this.observer?.evicted?.(total);
	}

	/** On its own, so that its variables are not on the stack below the cloud's: there it is deepest. */
	#lookAround(): void {
		const { network, guard, clock } = this.#parts;
		network?.tick(this.now());
		if (guard?.tick(this.now())) this.restart();
		this.#certificate?.tick(this.now(), clock.wallAt(this.now()), this);
		if (this.now() >= this.#vitalsDue) this.#tellVitals();
		this.#signal?.tick(this.now(), this);
	}

	#tellVitals(): void {
		this.#vitalsDue = this.now() + VITALS_MS;
		const words = this.#vitals();
		if (words !== "") this.#log.info(words);
	}

	#expire(): void {
		this.#expiry.start(EXPIRY_MS);
		this.#lookAround();
		this.#cloud.tick();
		const outbox = this.outbox;
		const { unconfirmed } = outbox;
		const again = this.measures.confirmMs > 0 && outbox.expire(this.measures);
		if (again) {
			this.#log.warn("the cloud did not confirm in time; sending again");
			this.observer?.overdue?.();
		}
		// What is given up makes room for others, and the clock may have become right for samples that wait for it.
		if (again || outbox.unconfirmed > unconfirmed || this.measures.ring.unstamped > 0 || this.session.woken)
			this.session.pump();
	}

	#online(): void {
		this.outbox.open = true;
		this.#signal?.opened(this.now());
		this.#evicting = false;
		this.#log.info("online");
		this.observer?.online?.();
		this.session.pump();
	}

	// SessionHandler

	sessionOpened(sessionPresent: boolean, sure: boolean): void {
		if (this.session.counters.connections > 1) this.health.reconnects++;
		this.#parts.network?.recovery.opened();
		if (!sessionPresent) this.keeper?.lost();
		this.#opening.begin(sessionPresent && sure);
	}

	sessionClosed(code: string, detail: string, retryMs: number): void {
		this.outbox.open = false;
		this.#signal?.closed();
		this.#opening.disconnected();
		this.#cloud.disconnected();
		this.#parts.network?.recovery.closed(code, this.now());
		if (code === "requested") this.#log.info("disconnected");
		else {
			const what = detail === "" ? describeClose(code) : `${describeClose(code)} (${detail})`;
			if (retryMs < 0) this.#log.warn(what);
			else this.#log.warn(what, retryMs < FOREVER ? `; next attempt in ${retryMs} ms` : "");
		}
		this.observer?.offline?.(code, detail, retryMs);
		if (retryMs < 0) this.#rest();
	}

	/** Before an id of another block goes out, in a session that persists: after a power cut ids go on behind it. */
	#enterIdBlock(block: number): void {
		this.#idBlock = block;
		if (!this.#cloud.connect.cleanSession) this.#parts.store.set(ID_BLOCK_KEY, block);
	}

	stream(m: InboundMessage): PayloadSink | undefined {
		return this.#cloud.stream?.(m);
	}

	message(m: InboundMessage): void {
		this.observer?.received?.(m.bytes, m.topicStart, m.topicEnd, m.payloadStart, m.payloadEnd);
		this.#inboundId = m.qos === 2 ? m.packetId : 0;
		this.#cloud.message(m);
		this.keeper?.done();
	}

	taken(packetId: number): void {
		this.keeper?.taken(packetId);
	}
	released(packetId: number): void {
		this.keeper?.released(packetId);
	}
	received(packetId: number): void {
		this.keeper?.received(packetId);
	}

	skipped(m: InboundMessage): void {
		this.#log.warn(`inbound: a message of ${m.payloadBytes} bytes is too large and was skipped`);
		this.observer?.skipped?.(m.payloadBytes);
		this.#cloud.skipped(m);
	}

	settled(): void {
		this.keeper?.flush();
	}

	acknowledged(packetId: number): void {
		this.outbox.acknowledged(packetId);
		this.#cloud.proceed?.();
		this.#restartIfEmpty();
	}

	drained(): void {
		this.outbox.drained();
		this.#cloud.proceed?.();
		this.#restartIfEmpty();
	}

	#restartIfEmpty(): void {
		if (this.#restarting && this.outbox.waiting === 0) this.#flush.start(0);
	}

	subscribed(packetId: number, code: number): void {
		this.#opening.answered(packetId, code);
	}

	unsubscribed(): void {}

	// SignalTeller

	signalStrength(dbm: number): boolean {
		return this.#cloud.signalStrength?.(dbm) ?? true;
	}

	// CertificateTeller

	certificateDays(days: number): boolean {
		return this.#cloud.certificateDays?.(days) ?? true;
	}
	certificateAlarm(on: boolean, days: number, wallMs: number): boolean {
		if (this.#cloud.alarm?.("CertificateEnd", "MAJOR", on, certificateWords(days), wallMs) === false)
			return false;
		this.mark(CERTIFICATE_MARK, on ? 1 : 0);
		return true;
	}
	certificateAlarmStands(): boolean {
		return this.marked(CERTIFICATE_MARK) !== 0;
	}
	certificateEnds(days: number): void {
		if (days < 0) this.#log.error(certificateWords(days));
		else this.#log.warn(certificateWords(days));
	}

	// NetworkHandler

	networkChanged(state: number): void {
		this.observer?.network?.(state);
	}
	networkUp(): void {
		this.session.release();
	}
	networkDown(): void {
		this.session.hold();
	}
	networkLost(): void {
		this.restart();
	}

	// OutboxHandler

	delivered(lane: Lane, slot: number): void {
		if (lane === this.measures) this.observer?.delivered?.(1, lane.ring.used - 1);
		else {
			this.#eventsDelivered++;
			this.#cloud.eventDelivered(lane.ring.tag(slot));
		}
	}

	unconfirmed(lane: Lane, _slot: number): void {
		if (lane === this.measures) this.observer?.unconfirmed?.(1);
	}

	sending(lane: Lane, slot: number, count: number, packetId: number): void {
		this.keeper?.sending(lane, slot, count, packetId);
		this.observer?.sending?.(
			lane.topic,
			count,
			packetId,
			(lane.ring.attempts[slot] as number) > 1,
			lane === this.measures,
		);
	}

	idTaken(packetId: number): void {
		if (packetId >> ID_BLOCK_BITS !== this.#idBlock) this.#enterIdBlock(packetId >> ID_BLOCK_BITS);
	}

	directDelivered(): void {
		this.#opening.delivered();
	}

	quarantined(lane: Lane, slot: number): void {
		this.health.quarantined++;
		this.#log.warn(`the server closes the connection on record ${lane.ring.number(slot)}: it is given up`);
		if (lane === this.events) this.#cloud.eventGivenUp?.(lane.ring.tag(slot));
		this.observer?.quarantined?.(1, lane === this.measures);
	}

	// CloudHost

	now(): number {
		return this.#parts.clock.monotonic();
	}

	get restarting(): boolean {
		return this.#restarting;
	}

	get room(): number {
		return this.events.ring.free;
	}

	get measuresDelivered(): number {
		return this.outbox.delivered - this.#eventsDelivered;
	}

	queue(kind: number, tag: number, write: (record: RecordWriter) => void): boolean {
		const { ring } = this.events;
		const slot = ring.reserve(kind, false);
		if (slot < 0) {
			this.health.droppedEvents++;
			return false;
		}
		const writer = this.#writer;
		writer.begin(ring, slot, this.#parts.clock.monotonic());
		write(writer);
		if (writer.overflow) {
			ring.abandon(slot);
			this.health.droppedEvents++;
			return false;
		}
		ring.setTag(slot, tag);
		ring.commit(slot, writer.length);
		// Sent by who called, where the stack is shallow again.
		this.session.wake();
		return true;
	}

	command(bytes: Uint8Array, start: number, end: number): string {
		const parser = this.#parser;
		let reason = "";
		this.keeper?.intent(this.#inboundId, bytes, start, end);
		// Not by a function of its own: on a small board every call counts here, deep in the stack.
		if (parser.parse(bytes, start, end)) {
			try {
				parser.apply(this);
			} catch (error) {
				reason = refusal(error);
			}
		} else reason = parser.reason;
		this.#told(this.#text(bytes, start, end), reason);
		return reason;
	}

	plan(bytes: Uint8Array, start: number, end: number): string {
		// No variables: they would lie under the parser, where the stack is deepest.
		if (this.#parser.parse(bytes, start, end)) {
			if (this.observer?.command) this.#planned = this.#text(bytes, start, end);
			return "";
		}
		this.#told(this.#text(bytes, start, end), this.#parser.reason);
		return this.#parser.reason;
	}

	keepPlan(place: number): void {
		this.#parser.keep(place);
		if (!this.observer?.command) return;
		this.#plans ??= ["", "", "", ""];
		this.#plans[place] = this.#planned;
	}

	carryOut(place: number): string {
		let reason = "";
		try {
			this.#parser.apply(this, place);
		} catch (error) {
			reason = refusal(error);
		}
		this.#told(this.#plans?.[place] ?? "", reason);
		return reason;
	}

	/** A command as text, for whoever watches. */
	#text(bytes: Uint8Array, start: number, end: number): string {
		if (!this.observer?.command) return "";
		const last = end > start && bytes[end - 1] === 59 ? end - 1 : end;
		return decodeUtf8(bytes, start, cutUtf8(bytes, start, last, 512)) ?? "?";
	}

	/** A command has ended. */
	#told(text: string, reason: string): void {
		this.health.commands++;
		if (reason !== "") this.health.refusedCommands++;
		this.observer?.command?.({ text, status: reason === "" ? "SUCCESSFUL" : "FAILED", reason });
		this.#log.info(reason === "" ? "command carried out" : `command refused: ${reason}`);
	}

	confirm(number: number, accepted: boolean, code: number, reason: string): void {
		const settled = this.outbox.confirm(this.measures, number, accepted);
		if (!accepted && settled > 0) {
			this.health.refusedMessages++;
			this.#log.warn(`the cloud refused a message: ${code} ${reason}`);
			this.observer?.refused?.(code, reason);
		}
		if (settled > 0) this.session.pump();
	}

	/** Delivers what is in the rings as far as that goes in FLUSH_MS, disconnects, and restarts. */
	restart(): void {
		if (this.#restarting) return;
		this.#restarting = true;
		this.#log.info("restart requested");
		this.observer?.restarting?.();
		this.#sampler.stop();
		this.#flush.start(FLUSH_MS);
	}

	malformed(what: string): void {
		this.health.malformed++;
		this.#log.warn("inbound: ", what);
		this.observer?.malformed?.(what);
	}

	mark(key: string, value: number): void {
		if (value !== 0) this.#parts.store.set(key, value);
		else this.#parts.store.delete(key);
	}

	marked(key: string): number {
		const value = this.#parts.store.get(key);
		return typeof value === "number" ? value : 0;
	}

	debug(text: string): void {
		this.#log.debug(text);
	}

	// Actuators

	led(percent: number): void {
		this.#parts.board.led(percent);
	}
	buzzer(hz: number, durationMs: number, times: number): void {
		this.#parts.board.buzzer(hz, durationMs, times);
	}
	speed(rpm: number): void {
		this.#parts.board.speed(rpm);
	}
	interval(ms: number): void {
		this.#sampler.changeInterval(ms);
	}
}

function refusal(error: unknown): string {
	return `the hardware refused: ${error instanceof Error ? error.message : "unknown error"}`;
}

function certificateWords(days: number): string {
	if (days < 0) return "the device's certificate has ended";
	return `the device's certificate ends in ${days} ${days === 1 ? "day" : "days"}`;
}
