// Messages for the cloud ahead of measures: answers of operations, alarms, signs of life. They are never
// evicted.

import type { Clock } from "../core/clock.js";
import type { Session } from "../mqtt/session.js";
import type { RecordWriter } from "./record-writer.js";
import { type Ring, setRoute } from "./ring.js";

/** Counts the messages that found no room. */
export interface DroppedEvents {
	droppedEvents: number;
}

export class MessageQueue {
	private readonly ring: Ring;
	private readonly writer: RecordWriter;
	private readonly clock: Clock;
	private readonly session: Session;
	private readonly counter: DroppedEvents;

	constructor(ring: Ring, writer: RecordWriter, clock: Clock, session: Session, counter: DroppedEvents) {
		this.ring = ring;
		this.writer = writer;
		this.clock = clock;
		this.session = session;
		this.counter = counter;
	}

	/** Free places. */
	get room(): number {
		return this.ring.free;
	}

	/**
	 * Queues a message; `write` fills in its payload, and `tag` comes back once it is delivered. Returns false,
	 * and counts, if there is no room.
	 */
	queue(kind: number, tag: number, write: (record: RecordWriter) => void, route = 0): boolean {
		const { ring } = this;
		const slot = ring.reserve(kind, false);
		if (slot < 0) {
			this.counter.droppedEvents++;
			return false;
		}
		const { writer } = this;
		writer.begin(ring, slot, this.clock.monotonic());
		write(writer);
		if (writer.overflow) {
			ring.abandon(slot);
			this.counter.droppedEvents++;
			return false;
		}
		ring.setTag(slot, tag);
		setRoute(ring, slot, route);
		ring.commit(slot, writer.length);
		// Sent by who called, where the stack is shallow again.
		this.session.wake();
		return true;
	}
}
