// The node: it composes what measures, what delivers and what carries out commands, starts them, looks after
// them twice a second, and ends them in order.

import type { Cloud, CloudHost } from "../cloud/cloud.js";
import type { Channel } from "../core/channels.js";
import type { Alarm } from "../core/clock.js";
import type { Store } from "../core/store.js";
import type { Session } from "../mqtt/session.js";
import { SessionState } from "../mqtt/session-state.js";
import { Arena } from "../outbox/arena.js";
import { Keeper } from "../outbox/keeper.js";
import type { Lane } from "../outbox/lane.js";
import { MessageQueue } from "../outbox/message-queue.js";
import type { Outbox } from "../outbox/outbox.js";
import { type TemplatePart, templateBytes } from "../outbox/record-template.js";
import { RecordWriter } from "../outbox/record-writer.js";
import { CertificateWatch } from "./certificate-watch.js";
import { CommandDesk } from "./command-desk.js";
import { Delivery, type DeliveryOwner } from "./delivery.js";
import { Health } from "./health.js";
import { Measuring } from "./measuring.js";
import type { Observer } from "./observer.js";
import type { NodeParts } from "./parts.js";
import { Reporter } from "./reporter.js";
import { joined, startedBadly, startWords, vitals } from "./vitals.js";

/** Longest wait for the outbox to empty before a restart, ms. */
const FLUSH_MS = 5_000;
/** Pause between looks at outstanding confirmations, ms. */
const EXPIRY_MS = 500;
/** Until the first line about the machine in the log, and from each to the next, ms. */
const FIRST_VITALS_MS = 60_000;
const VITALS_MS = 3_600_000;

export class MoteNode implements CloudHost, DeliveryOwner {
	readonly health = new Health();
	readonly measures: Lane;
	readonly events: Lane;
	readonly delivery: Delivery;
	readonly messages: MessageQueue;
	readonly commands: CommandDesk;
	/** Whether a restart was asked for and is about to happen. */
	restarting = false;
	private readonly parts: NodeParts;
	private readonly measuring: Measuring;
	declare private readonly certificate?: CertificateWatch;
	declare private readonly reporter?: Reporter;
	private readonly expiry: Alarm;
	private readonly flush: Alarm;
	/** Monotonic ms of the next line about the machine in the log. */
	private vitalsDue = FIRST_VITALS_MS;
	private stopped: (() => void) | undefined;

	constructor(parts: NodeParts) {
		const { settings, cloud, clock, timers, log, network } = parts;
		this.parts = parts;
		const texts = templatesOf(cloud);
		const arena = makeArena(parts, texts);
		this.measures = arena.measures;
		this.events = arena.events;
		const writer = new RecordWriter(arena.bytes, arena.view, cloud.stamp, clock, parts.boot);
		const delivery = new Delivery(parts, arena, this.health, this);
		this.delivery = delivery;
		this.messages = new MessageQueue(this.events.ring, writer, clock, delivery.session, this.health);
		this.measuring = new Measuring(parts, arena, texts, writer, delivery, this.health);
		this.commands = new CommandDesk(parts, this.measuring.sampler, delivery, this.health);
		const certificate = CertificateWatch.of(parts.certificateEnd, settings.alarms.certificateDays);
		if (certificate) this.certificate = certificate;
		if (certificate || network) this.reporter = new Reporter(cloud, log, parts.store, network);
		this.expiry = timers.create(this);
		this.flush = timers.create(this);
		cloud.attach(this);
	}

	get session(): Session {
		return this.delivery.session;
	}
	get outbox(): Outbox {
		return this.delivery.outbox;
	}
	get keeper(): Keeper | undefined {
		return this.delivery.keeper;
	}
	/** What it measures. */
	get channels(): readonly Channel[] {
		return this.parts.settings.channels;
	}
	/** Pause between samples, ms. */
	get intervalMs(): number {
		return this.measuring.sampler.intervalMs;
	}

	/** Whoever watches; at most one. */
	get observer(): Observer | undefined {
		return this.delivery.observer;
	}
	set observer(observer: Observer | undefined) {
		this.delivery.observer = observer;
		this.measuring.observer = observer;
		this.commands.observer = observer;
	}

	start(): void {
		const { network, guard, log } = this.parts;
		const { delivery } = this;
		this.tellStart();
		delivery.resume(this.events);
		if (guard?.safe) {
			log.error(`safe mode: ${guard.failed} boots in a row did not last`);
			this.observer?.safe?.(guard.failed);
		} else this.measuring.sampler.start();
		if (network) {
			delivery.session.hold();
			network.start(delivery, this.now());
		}
		delivery.session.start();
		this.expiry.start(EXPIRY_MS);
	}

	/** Why the machine started, once in the log. */
	private tellStart(): void {
		const { chip, guard, log } = this.parts;
		const ordered = guard?.ordered ?? false;
		const words = chip ? startWords(chip, ordered) : "";
		if (words === "" || !chip) return;
		if (startedBadly(chip, ordered)) log.warn("started ", words);
		else log.info("started ", words);
	}

	/** Ends in order: no more samples, DISCONNECT, everything at rest. */
	stop(stopped?: () => void): void {
		this.stopped = stopped;
		this.restarting = false;
		this.flush.stop();
		this.measuring.sampler.stop();
		this.expiry.stop();
		if (this.session.state === SessionState.Stopped) this.ended();
		else this.session.stop();
	}

	/** Ends the sampling but goes on delivering what is in the rings. */
	stopSampling(): void {
		this.measuring.sampler.stop();
	}

	/** Delivers what is in the rings as far as that goes in FLUSH_MS, disconnects, and restarts. */
	restart(): void {
		if (this.restarting) return;
		this.restarting = true;
		this.parts.log.info("restart requested");
		this.observer?.restarting?.();
		this.measuring.sampler.stop();
		this.flush.start(FLUSH_MS);
	}

	due(alarm: Alarm): void {
		if (alarm === this.expiry) this.expire();
		else this.session.stop();
	}

	private expire(): void {
		this.expiry.start(EXPIRY_MS);
		this.lookAround();
		this.parts.cloud.tick();
		this.delivery.expire();
	}

	/** On its own, so that its variables are not on the stack below the cloud's: there it is deepest. */
	private lookAround(): void {
		const { network, guard, clock } = this.parts;
		const { reporter } = this;
		network?.tick(this.now());
		if (guard?.tick(this.now())) this.restart();
		if (reporter) this.certificate?.tick(this.now(), clock.wallAt(this.now()), reporter);
		if (this.now() >= this.vitalsDue) this.tellVitals();
		if (reporter) this.delivery.signal?.tick(this.now(), reporter);
	}

	private tellVitals(): void {
		this.vitalsDue = this.now() + VITALS_MS;
		const words = this.vitals();
		if (words !== "") this.parts.log.info(words);
	}
	private vitals(): string {
		const { chip, guard } = this.parts;
		return chip ? vitals(chip, guard?.ordered ?? false, this.now()) : "";
	}

	// DeliveryOwner

	online(): void {
		this.delivery.signal?.opened(this.now());
		this.measuring.evicting = false;
	}

	progressed(): void {
		if (this.restarting && this.outbox.waiting === 0) this.flush.start(0);
	}

	ended(): void {
		const { network, guard, board, log } = this.parts;
		this.expiry.stop();
		network?.stop();
		guard?.ending();
		try {
			board.close();
		} catch (error) {
			log.error("hardware: ", String(error)); // what is asked for goes on all the same
		}
		const { stopped } = this;
		this.stopped = undefined;
		stopped?.();
		if (this.restarting) this.parts.restart();
	}

	// CloudHost

	now(): number {
		return this.parts.clock.monotonic();
	}
	get store(): Store {
		return this.parts.store;
	}
	get signal(): number {
		return this.parts.network?.wifi.rssi ?? 0;
	}
	report(): string {
		return joined(this.vitals(), this.parts.network?.report() ?? "");
	}
	get failedBoots(): number {
		const { guard } = this.parts;
		return guard?.safe ? guard.failed : 0;
	}
	reconnect(): void {
		// What is still acknowledged belongs to no step of the next opening.
		this.delivery.opening.disconnected();
		this.session.stop(true);
	}
	sampleNow(): void {
		if (!this.parts.guard?.safe) this.measuring.sample(true);
	}
	publish(topic: Uint8Array, payload: Uint8Array): boolean {
		const { outbox, session } = this.delivery;
		if (!outbox.open || outbox.hasDirect) return false;
		outbox.publishDirect({ topic, payload, qos: 1, retain: false });
		session.pump();
		return true;
	}
	goOn(): void {
		this.delivery.opening.goOn();
	}
	waiting(what: string): void {
		this.parts.log.info("waiting: ", what);
		this.observer?.waiting?.(what);
	}
	light(on: boolean): void {
		this.parts.board.led(on ? 100 : 0);
	}
	malformed(what: string): void {
		this.health.malformed++;
		this.parts.log.warn("inbound: ", what);
		this.observer?.malformed?.(what);
	}
	debug(text: string): void {
		this.parts.log.debug(text);
	}
}

/** The cloud's templates of a sample, or of its portions. */
function templatesOf(cloud: Cloud): TemplatePart[][] {
	if (cloud.portions) return cloud.portions.map((portion) => portion.encoder.template());
	return cloud.template ? [cloud.template()] : [];
}

/** With room for what the settings keep, and for the cloud's template. */
function makeArena({ settings, cloud, masking }: NodeParts, texts: readonly TemplatePart[][]): Arena {
	const { outbox } = settings;
	let textBytes = 0;
	for (const text of texts) textBytes += templateBytes(cloud.stamp, text);
	const kept = outbox.keep === "all" ? [cloud.events, cloud.measures] : [cloud.events];
	return new Arena(
		cloud.measures,
		outbox.measures,
		cloud.events,
		outbox.events,
		textBytes,
		outbox.keep === "off" ? 0 : Keeper.bytesFor(kept),
		masking,
	);
}
