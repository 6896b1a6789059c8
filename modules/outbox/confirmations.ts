// Where the broker's acknowledgement is not delivery: records stay in their ring until the cloud confirms
// their message, and go once more if it does not in time.

import type { Clock } from "../core/clock.js";
import type { Lane } from "./lane.js";
import type { OutboxHandler } from "./outbox-handler.js";
import { RecordState, type Ring, routeOf, sendingsOf, stateOf } from "./ring.js";
import { Phase, type Suspect } from "./suspect.js";

/** Times that a record without confirmation is sent in all. */
export const MAX_ATTEMPTS = 2;

/** Who counts what becomes of records. */
export interface Settling {
	/** Records delivered. */
	delivered: number;
	/** Removes a record of which nothing is known; returns the one after it. */
	giveUp(lane: Lane, slot: number, previous: number): number;
}

export class Confirmations {
	private readonly lane: Lane;
	private readonly clock: Clock;
	private readonly handler: OutboxHandler;
	private readonly suspect: Suspect;
	private readonly outbox: Settling;

	constructor(lane: Lane, clock: Clock, handler: OutboxHandler, suspect: Suspect, outbox: Settling) {
		this.lane = lane;
		this.clock = clock;
		this.handler = handler;
		this.suspect = suspect;
		this.outbox = outbox;
	}

	/**
	 * Sends again, or gives up, what was held longer than allowed. Returns whether something was queued again.
	 */
	expire(): boolean {
		const { lane } = this;
		const ring = lane.ring;
		const nexts = ring.nexts;
		const now = this.clock.monotonic();
		let again = false;
		let previous = -1;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; ) {
			const state = stateOf(ring, slot);
			if (state !== RecordState.Queued) n--;
			if (state === RecordState.Held && ring.time(slot) <= now) {
				if (sendingsOf(ring, slot) >= MAX_ATTEMPTS) {
					slot = this.outbox.giveUp(lane, slot, previous);
					continue;
				}
				ring.setState(slot, RecordState.Queued);
				again = true;
			}
			previous = slot;
			slot = nexts[slot] as number;
		}
		return again;
	}

	/**
	 * The cloud confirmed (or refused, then they are removed without being counted as delivered) the message
	 * with this number; 0 means the oldest outstanding, of this route if it is not -1. Returns the records that
	 * this settled.
	 */
	confirm(number: number, accepted: boolean, route = -1): number {
		const ring = this.lane.ring;
		const message = number === 0 ? oldestSent(ring, route) : number;
		if (message === 0) return 0;
		let settled = this.settle(message, accepted, ring.used - ring.queued);
		// A confirmation may come so late that its records are queued again.
		if (settled === 0) settled = this.settle(message, accepted, ring.used);
		// It may come ahead of the acknowledgement, too: no record is left then that this would find.
		if (settled > 0 && this.suspect.phase !== Phase.Nobody) this.suspect.delivered(this.lane, message);
		return settled;
	}

	/** Settles the message's records, looking at the oldest records until `sent` of them are not queued. */
	private settle(message: number, accepted: boolean, sent: number): number {
		const ring = this.lane.ring;
		let settled = 0;
		let previous = -1;
		for (let slot = ring.first, n = sent; n > 0 && slot >= 0; ) {
			const state = stateOf(ring, slot);
			if (state !== RecordState.Queued) n--;
			const was = ring.messages[slot] === message && sendingsOf(ring, slot) > 0;
			if (was && state !== RecordState.Sending) {
				if (accepted) {
					this.outbox.delivered++;
					this.handler.delivered(this.lane, slot);
				}
				settled++;
				slot = ring.remove(slot, previous);
			} else {
				previous = slot;
				slot = ring.after(slot);
			}
		}
		return settled;
	}
}

/** The message that was sent first of those outstanding on the route (-1: on any), or 0. */
function oldestSent(ring: Ring, route: number): number {
	let message = 0;
	let order = Number.POSITIVE_INFINITY;
	for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.nexts[slot] as number) {
		const state = stateOf(ring, slot);
		if (state === RecordState.Queued) continue;
		n--;
		if (route >= 0 && routeOf(ring, slot) !== route) continue;
		if (state !== RecordState.Sending && ring.sent(slot) < order) {
			order = ring.sent(slot);
			message = ring.messages[slot] as number;
		}
	}
	return message;
}

/** Messages that were sent and are not delivered yet. */
export function outstanding(ring: Ring): number {
	let count = 0;
	let message = 0;
	for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.nexts[slot] as number) {
		if (stateOf(ring, slot) === RecordState.Queued) continue;
		n--;
		const own = ring.messages[slot] as number;
		if (own === message) continue;
		message = own;
		count++;
	}
	return count;
}
