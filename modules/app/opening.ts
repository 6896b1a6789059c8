// What the node does between CONNACK and its first measure: the cloud's steps, one after the other, each
// acknowledged.

import type { Cloud, OpeningStep } from "../cloud/cloud.js";
import type { Alarm, AlarmOwner, Timers } from "../core/clock.js";
import type { Log } from "../core/log.js";
import { SUBACK_FAILURE } from "../mqtt/packet.js";
import type { Session } from "../mqtt/session.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Health } from "./health.js";

/** Pause before another look whether SUBSCRIBE is possible, ms. */
const WINDOW_MS = 100;

export interface OpeningParts {
	readonly cloud: Cloud;
	readonly session: Session;
	readonly outbox: Outbox;
	readonly health: Health;
	readonly timers: Timers;
	readonly log: Log;
	/** Hears that all steps are done. */
	readonly owner: { opened(): void };
}

export class Opening implements AlarmOwner {
	private readonly parts: OpeningParts;
	private readonly again: Alarm;
	private next = 0;
	private step: OpeningStep | undefined;
	private subscribeId = 0;
	private refusals = 0;
	/** The session has our subscriptions: they need not be made again while it goes on. */
	private subscribed = false;
	private failed = false;

	constructor(parts: OpeningParts) {
		this.parts = parts;
		this.again = parts.timers.create(this);
	}

	/** `resumed`: it is surely the session of the connection before. */
	begin(resumed: boolean): void {
		this.subscribed &&= resumed;
		this.next = 0;
		this.failed = false;
		this.advance();
	}

	/** The connection is gone. */
	disconnected(): void {
		this.again.stop();
		this.step = undefined;
		this.subscribeId = 0;
	}

	/** The message of a step was delivered. */
	delivered(): void {
		const step = this.step;
		if (!step) return;
		this.step = undefined;
		step.done?.();
		this.advance();
	}

	/** SUBACK. */
	answered(packetId: number, code: number): void {
		const step = this.step;
		if (packetId !== this.subscribeId || !step) return;
		this.subscribeId = 0;
		if (code !== SUBACK_FAILURE) {
			if (code < step.qos)
				this.parts.log.info(`subscribed at QoS ${code}, asked for ${step.qos} [MQTT-3.8.4-6]`);
			return this.delivered();
		}
		this.parts.health.refusedSubscriptions++;
		const { refused } = step;
		if (refused && this.refusals < refused.tries) {
			this.refusals++;
			this.parts.log.warn(`the broker refused a subscription; asking again in ${refused.pauseMs} ms`);
			this.again.start(refused.pauseMs);
		} else if (refused?.finally === "continue") {
			this.parts.log.warn("the broker refused a subscription; the node goes on without it");
			this.failed = true;
			this.delivered();
		} else this.parts.session.drop("subscribe-refused", "");
	}

	/** What a pause is for has come. */
	goOn(): void {
		if (this.step?.kind === "wait") this.again.start(0);
	}

	/** Tries the step once more; a pause is over. */
	due(): void {
		if (this.step?.kind === "wait") this.delivered();
		else this.take();
	}

	private advance(): void {
		for (;;) {
			const step = this.parts.cloud.opening(this.next++);
			if (step?.kind === "subscribe" && this.subscribed) {
				step.done?.();
				continue;
			}
			this.step = step;
			break;
		}
		this.refusals = 0;
		this.take();
	}

	private take(): void {
		const step = this.step;
		const { session, outbox } = this.parts;
		if (step === undefined) {
			this.subscribed ||= !this.failed;
			return this.parts.owner.opened();
		}
		if (step.kind === "publish") {
			outbox.publishDirect(step);
			session.pump();
			return;
		}
		if (step.kind === "wait") return this.again.start(step.pauseMs ?? 0);
		this.subscribeId = session.subscribe(step.topic, step.qos);
		if (this.subscribeId > 0) return;
		// The window may be full of what a resumed session sends again.
		this.again.start(WINDOW_MS);
	}
}
