// The way to the server: what session, outbox and network report goes to the opening, to the cloud, to what
// is kept in flash, and to whoever watches.

import type { Cloud } from "../cloud/cloud.js";
import { RIVALS } from "../core/backoff.js";
import { describeClose } from "../mqtt/close-codes.js";
import type { PayloadSink } from "../mqtt/inbound.js";
import type { InboundMessage } from "../mqtt/parser.js";
import { Session } from "../mqtt/session.js";
import type { SessionHandler } from "../mqtt/session-parts.js";
import type { NetworkHandler } from "../network/network.js";
import type { Arena } from "../outbox/arena.js";
import { IdBlocks } from "../outbox/id-blocks.js";
import { Keeper } from "../outbox/keeper.js";
import type { Lane } from "../outbox/lane.js";
import { Outbox } from "../outbox/outbox.js";
import type { OutboxHandler } from "../outbox/outbox-handler.js";
import { sendingsOf } from "../outbox/ring.js";
import { RoutedOutbox } from "../outbox/routed-outbox.js";
import type { Health } from "./health.js";
import { type Observer, OVERDUE_WORDS, REFUSED_WORDS, RIVAL_WORDS } from "./observer.js";
import { Opening } from "./opening.js";
import type { NodeParts } from "./parts.js";
import { SignalWatch } from "./signal-watch.js";

const FOREVER = Number.POSITIVE_INFINITY;

/** Whom it tells; called where the stack may be deep. */
export interface DeliveryOwner {
	/** The cloud's opening is done: measures flow. */
	online(): void;
	/** Something was delivered. */
	progressed(): void;
	/** The connection has ended, and no other follows. */
	ended(): void;
	/** The network cannot be had in any other way. */
	restart(): void;
}

export class Delivery implements SessionHandler, OutboxHandler, NetworkHandler {
	readonly session: Session;
	readonly outbox: Outbox;
	/** What survives a power cut; undefined: nothing does. */
	readonly keeper: Keeper | undefined;
	/** As in Deliveries. */
	declare lastRestored?: number;
	/** Where there is a radio. */
	declare readonly signal?: SignalWatch;
	observer: Observer | undefined;
	/** Packet id of the QoS 2 message that is being handled, else 0. */
	inboundId = 0;
	private eventsDelivered = 0;
	private readonly cloud: Cloud;
	private readonly measures: Lane;
	private readonly health: Health;
	private readonly parts: NodeParts;
	private readonly owner: DeliveryOwner;
	readonly opening: Opening;
	/** In a session that outlives a power cut. */
	private readonly ids: IdBlocks | undefined;

	constructor(parts: NodeParts, arena: Arena, health: Health, owner: DeliveryOwner) {
		const { cloud, clock, timers, log, network } = parts;
		this.cloud = cloud;
		this.measures = arena.measures;
		this.health = health;
		this.parts = parts;
		this.owner = owner;
		const Kind = arena.measures.routes ? RoutedOutbox : Outbox;
		this.outbox = new Kind([arena.events, arena.measures], cloud.stamp, clock, parts.boot, this);
		this.ids = cloud.connect.cleanSession ? undefined : new IdBlocks(parts.store);
		this.session = new Session({
			transport: parts.transport,
			clock,
			timers,
			random: parts.random,
			output: arena.output,
			connect: cloud.connect,
			source: this.outbox,
			handler: this,
			lastPacketId: this.ids?.last ?? 0,
		});
		this.opening = new Opening({
			cloud,
			session: this.session,
			outbox: this.outbox,
			health,
			timers,
			log,
			owner: this,
		});
		this.keeper = this.makeKeeper(parts, arena);
		if (network) this.signal = new SignalWatch();
	}

	private makeKeeper({ settings, flash, timers, boot }: NodeParts, arena: Arena): Keeper | undefined {
		if (!arena.journal) return undefined;
		const failed = (error: unknown) => {
			this.health.flashFailures++;
			const why = error instanceof Error ? error.message : "";
			this.parts.log.error(`outbox.keep: flash failed, nothing is kept: ${why}`);
		};
		if (!flash) {
			failed(new Error("there is none"));
			return undefined;
		}
		try {
			return new Keeper({
				flash,
				lanes: settings.outbox.keep === "all" ? [arena.events, arena.measures] : [arena.events],
				bytes: arena.journal,
				session: this.session,
				timers,
				persistent: this.ids !== undefined,
				clientId: this.cloud.connect.clientId,
				boot,
				failed,
			});
		} catch (error) {
			failed(error);
			return undefined;
		}
	}

	/**
	 * What is kept comes back into the rings. Not in the constructor, whose variables take much of the stack.
	 */
	resume(events: Lane): void {
		const { keeper, health } = this;
		if (!keeper) return;
		keeper.open();
		this.lastRestored = this.measures.ring.restored;
		health.restored = keeper.restored;
		health.undated = keeper.undated;
		if (keeper.restored > 0) this.parts.log.info(`${keeper.restored} records of an earlier boot are kept`);
		if (keeper.interrupted) this.parts.log.warn("a command was interrupted by a power cut");
		this.cloud.resumed?.(events.ring.used > 0, keeper.interrupted);
	}

	/** Measures delivered since the boot, of the device itself. */
	get measuresDelivered(): number {
		return this.outbox.delivered - this.eventsDelivered - this.outbox.deliveredOfParts;
	}

	/** As in Deliveries. */
	confirm(number: number, accepted: boolean, code: number, reason: string, route = -1): void {
		const settled = this.outbox.confirmations?.confirm(number, accepted, route) ?? 0;
		if (!accepted && settled > 0) {
			this.health.refusedMessages++;
			this.parts.log.warn(`${REFUSED_WORDS}${code} ${reason}`);
			this.observer?.refused?.(code, reason);
		}
		if (settled > 0) this.session.pump();
	}

	/** To be called now and then: gives up waiting for the cloud's confirmations. */
	expire(): void {
		const { outbox, measures } = this;
		const { unconfirmed } = outbox;
		const again = outbox.confirmations?.expire() ?? false;
		if (again) {
			this.parts.log.warn(OVERDUE_WORDS);
			this.observer?.overdue?.();
		}
		// What is given up makes room for others, and the clock may have become right for samples that wait for
		// it.
		if (again || outbox.unconfirmed > unconfirmed || measures.ring.unstamped > 0 || this.session.woken)
			this.session.pump();
	}

	/** The cloud's opening is done. */
	opened(): void {
		this.outbox.open = true;
		this.owner.online();
		this.parts.log.info("online");
		this.observer?.online?.();
		this.session.pump();
	}

	// SessionHandler

	sessionOpened(sessionPresent: boolean, sure: boolean): void {
		if (this.session.counters.connections > 1) this.health.reconnects++;
		this.parts.network?.recovery.opened();
		if (!sessionPresent) this.keeper?.lost();
		this.opening.begin(sessionPresent && sure);
	}

	sessionClosed(code: string, detail: string, retryMs: number): void {
		this.outbox.open = false;
		this.signal?.closed();
		this.opening.disconnected();
		this.cloud.disconnected(code);
		this.parts.network?.recovery.closed(code, this.parts.clock.monotonic());
		const { kicks } = this.session.counters;
		if (kicks > 0 && kicks % RIVALS === 0) {
			this.parts.log.warn(`${kicks} `, RIVAL_WORDS);
			this.observer?.rivals?.(kicks);
		}
		if (code === "requested") this.parts.log.info("disconnected");
		else {
			const what = detail === "" ? describeClose(code) : `${describeClose(code)} (${detail})`;
			if (retryMs < 0) this.parts.log.warn(what);
			else this.parts.log.warn(what, retryMs < FOREVER ? `; next attempt in ${retryMs} ms` : "");
		}
		this.observer?.offline?.(code, detail, retryMs);
		if (retryMs < 0) this.owner.ended();
	}

	stream(m: InboundMessage): PayloadSink | undefined {
		return this.cloud.stream?.(m);
	}

	message(m: InboundMessage): void {
		const { observer } = this;
		if (observer?.received && !this.cloud.isSecret?.(m))
			observer.received(m.bytes, m.topicStart, m.topicEnd, m.payloadStart, m.payloadEnd);
		this.inboundId = m.qos === 2 ? m.packetId : 0;
		this.cloud.message(m);
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
		this.parts.log.warn(`inbound: a message of ${m.payloadBytes} bytes is too large and was skipped`);
		this.observer?.skipped?.(m.payloadBytes);
		this.cloud.skipped(m);
	}

	settled(): void {
		this.keeper?.flush();
	}

	acknowledged(packetId: number): void {
		this.outbox.acknowledged(packetId);
		this.cloud.proceed?.();
		this.owner.progressed();
	}

	drained(): void {
		this.outbox.drained();
		this.cloud.proceed?.();
		this.owner.progressed();
	}

	subscribed(packetId: number, code: number): void {
		this.opening.answered(packetId, code);
	}

	unsubscribed(): void {}

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
		this.owner.restart();
	}

	// OutboxHandler

	delivered(lane: Lane, slot: number): void {
		if (lane === this.measures) this.observer?.delivered?.(1, lane.ring.used - 1);
		else {
			this.eventsDelivered++;
			this.cloud.eventDelivered(lane.ring.tag(slot));
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
			sendingsOf(lane.ring, slot) > 1,
			lane === this.measures,
		);
	}

	idTaken(packetId: number): void {
		this.ids?.used(packetId);
	}

	directDelivered(): void {
		this.opening.delivered();
	}

	quarantined(lane: Lane, slot: number): void {
		const measures = lane === this.measures;
		this.health.quarantined++;
		this.parts.log.warn(
			`the server closes the connection on record ${lane.ring.number(slot)}: it is given up`,
		);
		if (!measures) this.cloud.eventGivenUp?.(lane.ring.tag(slot));
		this.observer?.quarantined?.(1, measures);
	}
}
