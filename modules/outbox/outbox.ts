// What has not been delivered yet, and how it travels: chooses records, batches them into messages, and
// releases them when they are delivered as the cloud defines it. Records stay in their ring until then.

import type { Clock } from "../core/clock.js";
import { writeNumber } from "../core/decimal.js";
import { Limits } from "../mqtt/limits.js";
import type { Publication, PublishSource } from "../mqtt/publish-source.js";
import { Confirmations, MAX_ATTEMPTS, outstanding, type Settling } from "./confirmations.js";
import type { Lane } from "./lane.js";
import { Direct, type DirectMessage } from "./opening-message.js";
import type { OutboxHandler } from "./outbox-handler.js";
import { RecordState } from "./ring.js";
import type { Stamp } from "./stamp.js";
import { Phase, Suspect } from "./suspect.js";

export class Outbox implements PublishSource, Settling {
	/** Whether lanes may send; false until the cloud's opening is done. */
	open = false;
	/** Records delivered, by the cloud's own definition. */
	delivered = 0;
	/** Records that were sent and of which nothing is known. */
	unconfirmed = 0;
	/** Records that were given up because the server closes the connection on them. */
	quarantined = 0;
	/** PUBLISH packets that carried records. */
	messages = 0;
	// The message being sent; it stands first because XS searches fields in their order
	private lane: Lane | undefined;
	private left = 0;
	private segmentAt = 0;
	private segmentLeft = 0;
	private first = -1;
	private count = 0;
	private record = -1;
	private recordsLeft = 0;
	private separatorNext = false;
	/** It was sent before, under the same packet id. */
	private repeats = false;
	private readonly lanes: readonly Lane[];
	private readonly stamp: Stamp;
	private readonly clock: Clock;
	private readonly boot: number;
	private readonly handler: OutboxHandler;
	private readonly bytes: Uint8Array;
	private readonly view: DataView;
	/** Where the cloud confirms messages of its own accord. */
	declare readonly confirmations?: Confirmations;
	private readonly suspect = new Suspect();
	private readonly direct = new Direct();

	/** `boot` is the number of this boot; stamps are only corrected for samples of the same boot. */
	constructor(lanes: readonly Lane[], stamp: Stamp, clock: Clock, boot: number, handler: OutboxHandler) {
		this.lanes = lanes;
		this.stamp = stamp;
		this.clock = clock;
		this.boot = boot;
		this.handler = handler;
		for (const lane of lanes)
			if (lane.topic.length + 16 > Limits.outputBytes / 2)
				throw new RangeError("outbox: a topic is longer than half of the output stage");
		const held = lanes.find((lane) => lane.confirmMs > 0);
		if (held) this.confirmations = new Confirmations(held, clock, handler, this.suspect, this);
		const first = lanes[0] as Lane;
		this.bytes = first.ring.bytes;
		this.view = first.ring.view;
	}

	/** Records that are queued, in flight or held, in all lanes. */
	get waiting(): number {
		let n = 0;
		for (let i = 0; i < this.lanes.length; i++) n += (this.lanes[i] as Lane).ring.used;
		return n;
	}

	/** Publishes a message of its own, ahead of the lanes and also while they are closed; one at a time. */
	publishDirect(message: DirectMessage): void {
		this.direct.set(message);
	}

	// PublishSource

	get holds(): boolean {
		return this.suspect.phase !== Phase.Nobody;
	}

	next(publication: Publication, windowOpen: boolean): boolean {
		this.repeats = false;
		if (this.direct.waits(windowOpen)) {
			this.direct.describe(publication);
			return true;
		}
		if (!this.open) return false;
		const { phase } = this.suspect;
		let alone = phase === Phase.Alone || phase === Phase.Trial;
		if (alone) {
			if (this.underWay > 0) return false;
			if (!this.suspect.waits) {
				this.suspect.clear();
				alone = false;
			}
		}
		for (let i = 0; i < this.lanes.length; i++) {
			const lane = this.lanes[i] as Lane;
			// At QoS 0 the socket's buffer is the window: what is in it can not be evicted and must not fill the
			// ring.
			const open = lane.qos > 0 ? windowOpen : lane.ring.used - lane.ring.queued <= lane.ring.slots >> 1;
			if (alone && lane !== this.suspect.lane) continue;
			if (lane.ring.queued > 0 && open && this.choose(lane)) {
				this.describe(publication, lane);
				return true;
			}
		}
		return false;
	}

	again(publication: Publication, packetId: number): boolean {
		this.repeats = true;
		if (this.direct.packetId === packetId) {
			this.direct.describe(publication);
			return true;
		}
		for (let i = 0; i < this.lanes.length; i++) {
			const lane = this.lanes[i] as Lane;
			if (lane.qos > 0 && this.chooseAgain(lane, packetId)) {
				this.describe(publication, lane);
				return true;
			}
		}
		return false;
	}

	private describe(publication: Publication, lane: Lane): void {
		publication.topic = lane.topic;
		publication.header = lane.header;
		publication.qos = lane.qos;
		publication.retain = false;
		publication.length = this.left;
	}

	/** Records that were sent, or are being sent, and whose fate is open. */
	private get underWay(): number {
		let n = 0;
		for (let i = 0; i < this.lanes.length; i++) {
			const { ring } = this.lanes[i] as Lane;
			n += ring.used - ring.queued;
		}
		return n;
	}

	started(packetId: number): void {
		if (packetId > 0 && !this.repeats) this.handler.idTaken(packetId);
		if (this.direct.chosen) return this.direct.started(packetId);
		const lane = this.lane as Lane;
		const ring = lane.ring;
		const states = ring.states;
		const nexts = ring.nexts;
		const first = this.first;
		if (lane.numberAt >= 0) writeNumber(this.view, lane.numberAt, ring.messages[first] as number);
		for (let slot = first, n = this.count; n > 0; slot = nexts[slot] as number) {
			if (states[slot] !== RecordState.Sending) continue;
			ring.packets[slot] = packetId;
			if (lane.confirmMs > 0) ring.setSent(slot, this.messages);
			ring.attempt(slot);
			n--;
		}
		this.messages++;
		this.handler.sending(lane, first, this.count, packetId);
		if (this.left === 0) this.finish();
	}

	copy(bytes: Uint8Array, at: number, room: number): number {
		if (this.direct.chosen) return this.direct.copy(bytes, at, room);
		const all = room < this.left ? room : this.left;
		let done = 0;
		while (done < all) {
			if (this.segmentLeft === 0) this.nextSegment();
			const from = this.segmentAt;
			let n = this.segmentLeft;
			if (n > all - done) n = all - done;
			bytes.copyWithin(at + done, from, from + n);
			this.segmentAt = from + n;
			this.segmentLeft -= n;
			done += n;
		}
		this.left -= done;
		if (this.left === 0) this.finish();
		return done;
	}

	/** PUBACK for one of our messages. */
	acknowledged(packetId: number): void {
		if (this.direct.packetId === packetId && this.direct.done()) this.handler.directDelivered();
		for (let i = 0; i < this.lanes.length; i++) this.settle(this.lanes[i] as Lane, packetId);
	}

	/** All QoS 0 messages have left the socket. */
	drained(): void {
		this.acknowledged(0);
	}

	/**
	 * The connection is gone, the session may go on: what is under way stays so; at QoS 0 its fate is unknown.
	 */
	suspended(byServer: boolean): void {
		if (byServer) this.closedByServer(true);
		this.lane = undefined;
		this.left = 0;
		this.direct.disconnected(true);
		for (let i = 0; i < this.lanes.length; i++) {
			const lane = this.lanes[i] as Lane;
			if (lane.qos === 0) {
				this.requeue(lane);
				continue;
			}
			const { ring } = lane;
			for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
				const state = ring.states[slot];
				if (state !== RecordState.Queued) n--;
				if (state === RecordState.Sending) ring.setState(slot, RecordState.InFlight);
			}
		}
	}

	/** The session is gone: what was under way is queued again, in order; at QoS 0 its fate stays unknown. */
	interrupted(byServer: boolean): void {
		if (byServer) this.closedByServer(false);
		this.lane = undefined;
		this.left = 0;
		this.direct.disconnected(false);
		for (let i = 0; i < this.lanes.length; i++) this.requeue(this.lanes[i] as Lane);
	}

	private requeue(lane: Lane): void {
		const { ring } = lane;
		const { states, nexts, packets, attempts } = ring;
		let previous = -1;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; ) {
			const state = states[slot];
			if (state === RecordState.Queued) {
				previous = slot;
				slot = nexts[slot] as number;
				continue;
			}
			n--;
			const spent =
				(state === RecordState.InFlight && packets[slot] === 0) ||
				(state === RecordState.Held && (attempts[slot] as number) >= MAX_ATTEMPTS);
			if (spent) slot = this.giveUp(lane, slot, previous);
			else {
				ring.setState(slot, RecordState.Queued);
				previous = slot;
				slot = nexts[slot] as number;
			}
		}
	}

	/** Takes the next message's records out of the lane; false if none can go now. */
	private choose(lane: Lane): boolean {
		const ring = lane.ring;
		if (lane.confirmMs > 0 && outstanding(ring) >= lane.maxHeld) return false;
		const states = ring.states;
		const nexts = ring.nexts;
		const messages = ring.messages;
		const separator = lane.separatorEnd - lane.separatorStart;
		let bytes = lane.prefixEnd - lane.prefixStart + lane.suffixEnd - lane.suffixStart;
		let first = -1;
		let count = 0;
		/**
		 * The message whose boundaries the records keep, or 0 for a new one, whose number is then the first's.
		 */
		let again = 0;
		let message = 0;
		const aside =
			this.suspect.phase === Phase.Aside && this.suspect.lane === lane ? this.suspect.message : -1;
		for (let slot = ring.first; slot >= 0 && count < lane.maxRecords; slot = nexts[slot] as number) {
			if (states[slot] !== RecordState.Queued || messages[slot] === aside) continue;
			if (ring.unstamped > 0 && !this.stampNow(lane, slot)) continue;
			const before = messages[slot] as number;
			if (count === 0) {
				first = slot;
				again = before;
				message = before > 0 ? before : ring.number(slot);
				bytes += ring.lengths[slot] as number;
			} else {
				const more = (ring.lengths[slot] as number) + separator;
				if (before !== again || bytes + more > lane.maxBytes) {
					if (again === 0) break;
					continue;
				}
				bytes += more;
			}
			ring.setState(slot, RecordState.Sending);
			messages[slot] = message;
			count++;
		}
		if (count === 0) return false;
		this.compose(lane, first, count, bytes);
		return true;
	}

	/** Takes the records of a message that was sent under this packet id. */
	private chooseAgain(lane: Lane, packetId: number): boolean {
		const { ring } = lane;
		let bytes = lane.prefixEnd - lane.prefixStart + lane.suffixEnd - lane.suffixStart;
		let first = -1;
		let count = 0;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
			const state = ring.states[slot];
			if (state !== RecordState.Queued) n--;
			if (state !== RecordState.InFlight || ring.packets[slot] !== packetId) continue;
			if (count === 0) first = slot;
			else bytes += lane.separatorEnd - lane.separatorStart;
			bytes += ring.lengths[slot] as number;
			ring.setState(slot, RecordState.Sending);
			count++;
		}
		if (count === 0) return false;
		this.compose(lane, first, count, bytes);
		return true;
	}

	/** The next message has these records. */
	private compose(lane: Lane, first: number, count: number, bytes: number): void {
		const { ring } = lane;
		this.lane = lane;
		this.first = first;
		this.count = count;
		this.left = bytes;
		const prefix = lane.prefixEnd - lane.prefixStart;
		this.separatorNext = prefix === 0;
		if (prefix > 0) {
			this.recordsLeft = count;
			this.record = -1;
			this.segmentAt = lane.prefixStart;
			this.segmentLeft = prefix;
		} else {
			this.recordsLeft = count - 1;
			this.record = first;
			this.segmentAt = ring.payloadAt(first);
			this.segmentLeft = ring.lengths[first] as number;
		}
	}

	/** Corrects the stamps of a record that was taken before the clock was right. */
	private stampNow(lane: Lane, slot: number): boolean {
		const { ring } = lane;
		if (ring.stamped(slot)) return true;
		if (ring.boot(slot) !== this.boot) return false;
		const sampledAt = this.clock.wallAt(ring.monotonic(slot));
		if (sampledAt < 0) return false;
		for (let i = ring.stampCount(slot) - 1; i >= 0; i--)
			if (!this.stamp.write(this.bytes, this.view, ring.stampAt(slot, i), sampledAt)) return false;
		ring.setStamped(slot, true);
		return true;
	}

	private nextSegment(): void {
		const lane = this.lane as Lane;
		const ring = lane.ring;
		if (this.recordsLeft === 0) {
			this.segmentAt = lane.suffixStart;
			this.segmentLeft = lane.suffixEnd - lane.suffixStart;
		} else if (this.separatorNext && lane.separatorEnd > lane.separatorStart) {
			this.segmentAt = lane.separatorStart;
			this.segmentLeft = lane.separatorEnd - lane.separatorStart;
			this.separatorNext = false;
		} else {
			// From the last record on: records being sent never leave the chain, their neighbours may.
			const nexts = ring.nexts;
			let slot = this.record < 0 ? this.first : (nexts[this.record] as number);
			while (ring.states[slot] !== RecordState.Sending) slot = nexts[slot] as number;
			this.segmentAt = ring.payloadAt(slot);
			this.segmentLeft = ring.lengths[slot] as number;
			this.record = slot;
			this.recordsLeft--;
			this.separatorNext = true;
		}
	}

	/** The message is written to its last byte. */
	private finish(): void {
		const ring = (this.lane as Lane).ring;
		const nexts = ring.nexts;
		for (let slot = this.first, n = this.count; n > 0; slot = nexts[slot] as number) {
			if (ring.states[slot] !== RecordState.Sending) continue;
			ring.setState(slot, RecordState.InFlight);
			n--;
		}
		this.lane = undefined;
	}

	/**
	 * What a PUBACK does to the records of its message; those that are not queued are the oldest, or among
	 * them.
	 */
	private settle(lane: Lane, packetId: number): void {
		const ring = lane.ring;
		let n = ring.used - ring.queued;
		if (n === 0) return;
		const states = ring.states;
		const nexts = ring.nexts;
		const packets = ring.packets;
		// One moment for all of them, so that a batch is not torn when it expires.
		const deadline = lane.confirmMs > 0 ? this.clock.monotonic() + lane.confirmMs : 0;
		let previous = -1;
		for (let slot = ring.first; n > 0; ) {
			const state = states[slot];
			if (state !== RecordState.Queued) n--;
			if (state === RecordState.InFlight && packets[slot] === packetId) {
				if (this.suspect.phase !== Phase.Nobody) this.suspect.delivered(lane, ring.messages[slot] as number);
				if (lane.confirmMs === 0) {
					this.delivered++;
					this.handler.delivered(lane, slot);
					slot = ring.remove(slot, previous);
					continue;
				}
				ring.setState(slot, RecordState.Held);
				ring.setTime(slot, deadline);
			}
			previous = slot;
			slot = nexts[slot] as number;
		}
	}

	/** The server closed the connection: a message may be why, and is given up if it surely is. */
	private closedByServer(persistent: boolean): void {
		const suspect = this.suspect;
		if (suspect.closedOn(this.lanes, persistent)) this.quarantined += suspect.quarantine(this.handler);
	}

	/** Removes a record of which nothing is known; returns the one after it. */
	giveUp(lane: Lane, slot: number, previous: number): number {
		this.unconfirmed++;
		this.handler.unconfirmed(lane, slot);
		return lane.ring.remove(slot, previous);
	}
}
