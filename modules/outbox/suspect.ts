// Finds the message on which the server closes the connection again and again, so that it does not hold up all others
// for ever. A bad network closes connections too, therefore a message is only convicted when it was sent alone, others
// got through without it, and it failed alone once more.
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
// In a session that persists messages must be sent again in their order, so nothing can go alone or wait: there a message
// is convicted when RESUMED connections in a row ended on it.

import type { Lane } from "./lane.js";

export const Phase = Object.freeze({ Nobody: 0, Watched: 1, Alone: 2, Aside: 3, Trial: 4 } as const);

const CLOSINGS = 3;
const ALONE = 2;
const RESUMED = 6;

export class Suspect {
	phase: number = Phase.Nobody;
	/** Where its records are, and the number of its message. */
	lane: Lane | undefined;
	message = 0;
	#closings = 0;

	/**
	 * The server closed the connection while this was the oldest message without an answer; no lane: there was none.
	 * Returns whether the suspect is convicted.
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
			this.#closings = 1;
			return false;
		}
		if (this.phase === Phase.Trial) return true;
		this.#closings++;
		if (persistent) return this.#closings >= RESUMED;
		if (this.phase === Phase.Watched && this.#closings >= CLOSINGS) {
			this.phase = Phase.Alone;
			this.#closings = 0;
		} else if (this.phase === Phase.Alone && this.#closings >= ALONE) this.phase = Phase.Aside;
		return false;
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
