// Finds the message on which the server closes the connection again and again, so that it does not hold up
// all others for ever. A bad network closes connections too, therefore a message is only convicted when it
// was sent alone, others got through without it, and it failed alone once more.
//
//   phase     closed by the server            delivered                 next
//   Nobody    its oldest message unanswered                             Watched
//   Watched   the same message, CLOSINGS in all                         Alone     (it is sent with nothing beside it)
//   Watched   another message                                           Watched   (the other one)
//   Alone     ALONE times                                               Aside     (it is not sent)
//   Aside                                     anything                  Trial     (alone once more)
//   Aside     yes: it is not the message                                Nobody
//   Trial     yes                                                       Nobody, convicted
//   Watched, Alone, Trial                     the message itself        Nobody
//
// In a session that persists messages must be sent again in their order, so nothing can go alone or wait:
// there a message is convicted when RESUMED connections in a row ended on it.

import type { Lane } from "./lane.js";
import type { OutboxHandler } from "./outbox-handler.js";
import { RecordState, stateOf } from "./ring.js";

export const Phase = Object.freeze({ Nobody: 0, Watched: 1, Alone: 2, Aside: 3, Trial: 4 } as const);

const CLOSINGS = 3;
const ALONE = 2;
const RESUMED = 6;

export class Suspect {
	phase: number = Phase.Nobody;
	/** Where its records are, and the number of its message. */
	lane: Lane | undefined;
	message = 0;
	private closings = 0;

	/**
	 * The server closed the connection while this was the oldest message without an answer; no lane: there was
	 * none. Returns whether the suspect is convicted.
	 */
	closed(lane: Lane | undefined, message: number, persistent: boolean): boolean {
		if (this.phase === Phase.Aside || lane === undefined) {
			if (this.phase === Phase.Aside) this.clear();
			return false;
		}
		if (lane !== this.lane || message !== this.message) {
			if (this.phase > Phase.Watched) return false;
			this.phase = Phase.Watched;
			this.lane = lane;
			this.message = message;
			this.closings = 1;
			return false;
		}
		if (this.phase === Phase.Trial) return true;
		this.closings++;
		if (persistent) return this.closings >= RESUMED;
		if (this.phase === Phase.Watched && this.closings >= CLOSINGS) {
			this.phase = Phase.Alone;
			this.closings = 0;
		} else if (this.phase === Phase.Alone && this.closings >= ALONE) this.phase = Phase.Aside;
		return false;
	}

	/**
	 * The server closed the connection: the oldest message without an answer may be why. Returns whether it is
	 * convicted.
	 */
	closedOn(lanes: readonly Lane[], persistent: boolean): boolean {
		for (let i = 0; i < lanes.length; i++) {
			const lane = lanes[i] as Lane;
			const { ring } = lane;
			if (lane.qos === 0) continue;
			for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
				const state = stateOf(ring, slot);
				if (state === RecordState.Queued) continue;
				n--;
				if (state === RecordState.Held) continue;
				return this.closed(lane, ring.messages[slot] as number, persistent);
			}
		}
		return this.closed(undefined, 0, persistent);
	}

	/** Whether the suspect's message is still there: a full ring may have given it up. */
	get waits(): boolean {
		const { message } = this;
		const { ring } = this.lane as Lane;
		for (let slot = ring.first; slot >= 0; slot = ring.after(slot))
			if (ring.messages[slot] === message) return true;
		return false;
	}

	/** Removes the records of its message; returns how many. */
	quarantine(handler: OutboxHandler): number {
		const { message } = this;
		const lane = this.lane as Lane;
		const { ring } = lane;
		let removed = 0;
		let previous = -1;
		for (let slot = ring.first; slot >= 0; ) {
			if (ring.messages[slot] === message) {
				removed++;
				handler.quarantined(lane, slot);
				slot = ring.remove(slot, previous);
			} else {
				previous = slot;
				slot = ring.after(slot);
			}
		}
		this.clear();
		return removed;
	}

	/** A message was delivered. */
	delivered(lane: Lane, message: number): void {
		if (lane === this.lane && message === this.message) this.clear();
		else if (this.phase === Phase.Aside) this.phase = Phase.Trial;
	}

	clear(): void {
		this.phase = Phase.Nobody;
		this.lane = undefined;
		this.message = 0;
	}
}
