// What has not been delivered yet, and how it travels: chooses records, batches them into messages, and
// releases them when they are delivered as the cloud defines it. Records stay in their ring until then.

import type { Clock } from "../core/clock.js";
import { writeNumber } from "../core/decimal.js";
import { Limits } from "../mqtt/limits.js";
import type { Publication } from "../mqtt/publication.js";
import type { PublishSource } from "../mqtt/publish-source.js";
import { Confirmations, MAX_ATTEMPTS, outstanding, type Settling } from "./confirmations.js";
import type { Lane } from "./lane.js";
import { Direct, type DirectMessage } from "./opening-message.js";
import type { OutboxHandler } from "./outbox-handler.js";
import { Pieces } from "./pieces.js";
import {
	PACKET_SHIFT,
	packetOf,
	RecordState,
	type Ring,
	SENDINGS_BITS,
	STATE_BITS,
	sendingsOf,
	stateOf,
} from "./ring.js";
import type { Stamp } from "./stamp.js";
import { Stamper } from "./stamper.js";
import { Phase, Suspect } from "./suspect.js";

const QUEUED = RecordState.Queued;
const SENDING = RecordState.Sending;
const IN_FLIGHT = RecordState.InFlight;
const NOBODY = Phase.Nobody;
const ASIDE = Phase.Aside;

export class Outbox implements PublishSource, Settling {
	// First what each message touches: XS looks through an object's fields in their order.
	/** Whether lanes may send; false until the cloud's opening is done. */
	open = false;
	more = false;
	/** It was sent before, under the same packet id. */
	private repeats = false;
	private readonly direct = new Direct();
	protected readonly lanes: readonly Lane[];
	private readonly suspect = new Suspect();
	private readonly handler: OutboxHandler;
	// The message being sent.
	private lane: Lane | undefined;
	private first = -1;
	private count = 0;
	/** Its number: that of its first record. */
	private message = 0;
	/** Records delivered, by the cloud's own definition. */
	delivered = 0;
	/** PUBLISH packets that carried records. */
	messages = 0;
	private readonly pieces = new Pieces();
	private readonly clock: Clock;
	private readonly stamper: Stamper;
	/** Records that were sent and of which nothing is known. */
	unconfirmed = 0;
	/** Records that were given up because the server closes the connection on them. */
	quarantined = 0;
	/** Where the cloud confirms messages of its own accord. */
	declare readonly confirmations?: Confirmations;

	/** `boot` is the number of this boot; stamps are only corrected for samples of the same boot. */
	constructor(lanes: readonly Lane[], stamp: Stamp, clock: Clock, boot: number, handler: OutboxHandler) {
		this.lanes = lanes;
		this.clock = clock;
		this.stamper = new Stamper(stamp, clock, boot);
		this.handler = handler;
		for (const lane of lanes) checkTopic(lane.topic);
		const held = lanes.find((lane) => lane.confirmMs > 0);
		if (held) this.confirmations = new Confirmations(held, clock, handler, this.suspect, this);
	}

	/** Measures delivered that are not the device's own. */
	get deliveredOfParts(): number {
		return 0;
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

	/** Whether one waits, or is under way. */
	get hasDirect(): boolean {
		return this.direct.message !== undefined;
	}

	// PublishSource

	get holds(): boolean {
		return this.suspect.phase !== Phase.Nobody;
	}

	next(windowOpen: boolean): Publication | undefined {
		this.repeats = false;
		if (this.direct.message && this.direct.waits(windowOpen)) {
			this.more = true;
			return this.direct.choose();
		}
		if (!this.open) return undefined;
		if (this.suspect.phase !== NOBODY && this.isAlone()) return this.nextAlone(windowOpen);
		/** Something waits in a lane before this one, and can not go now. */
		let waits = false;
		const { lanes } = this;
		const { length } = lanes;
		for (let i = 0; i < length; i++) {
			const lane = lanes[i] as Lane;
			const ring = lane.ring;
			if (ring.queued === 0) continue;
			if ((lane.qos > 0 ? windowOpen : isOpen(ring)) && this.choose(lane)) {
				this.more = waits || ring.queued > (this.count === 1 ? 1 : 0) || i < length - 1;
				return lane;
			}
			waits = true;
		}
		return undefined;
	}

	/** The same where only one message may go. */
	private nextAlone(windowOpen: boolean): Publication | undefined {
		const lane = this.suspect.lane as Lane;
		const { ring } = lane;
		if (this.underWay > 0 || ring.queued === 0) return undefined;
		this.more = true;
		return (lane.qos > 0 ? windowOpen : isOpen(ring)) && this.choose(lane) ? lane : undefined;
	}

	/** Whether only the message goes that the server is suspected to close the connection on. */
	private isAlone(): boolean {
		const { suspect } = this;
		if (suspect.phase !== Phase.Alone && suspect.phase !== Phase.Trial) return false;
		if (this.underWay > 0 || suspect.waits) return true;
		suspect.clear();
		return false;
	}

	again(packetId: number): Publication | undefined {
		this.repeats = true;
		if (this.direct.packetId === packetId) return this.direct.choose();
		for (let i = 0; i < this.lanes.length; i++) {
			const lane = this.lanes[i] as Lane;
			if (lane.qos > 0 && this.chooseAgain(lane, packetId)) return lane;
		}
		return undefined;
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

	start(packetId: number, bytes: Uint8Array, at: number, room: number): number {
		const handler = this.handler;
		if (packetId > 0 && !this.repeats) handler.idTaken(packetId);
		if (this.direct.chosen) {
			this.direct.started(packetId);
			return this.direct.copy(bytes, at, room);
		}
		const lane = this.lane as Lane;
		const ring = lane.ring;
		const first = this.first;
		const { length } = lane;
		this.messages++;
		if (!lane.bare || this.count > 1 || length > room) {
			this.mark(lane, packetId);
			return this.copy(bytes, at, room);
		}
		// Most are one record, in one piece.
		ring.send(first, this.message, packetId, IN_FLIGHT);
		handler.sending(lane, first, 1, packetId);
		const from = ring.payloadAt(first);
		bytes.copyWithin(at, from, from + length);
		this.lane = undefined;
		return length;
	}

	/** The records of the message are being sent under this packet id. */
	private mark(lane: Lane, packetId: number): void {
		const { ring } = lane;
		if (lane.numberAt >= 0) writeNumber(ring.view, lane.numberAt, this.message);
		for (let slot = this.first, n = this.count; n > 0; slot = ring.after(slot)) {
			if (this.count > 1 && stateOf(ring, slot) !== SENDING) continue;
			ring.send(slot, this.message, packetId, SENDING);
			if (lane.confirmMs > 0) ring.setSent(slot, this.messages);
			n--;
		}
		this.handler.sending(lane, this.first, this.count, packetId);
		this.pieces.begin(lane, this.first, this.count);
	}

	copy(bytes: Uint8Array, at: number, room: number): number {
		if (this.direct.chosen) return this.direct.copy(bytes, at, room);
		const { pieces } = this;
		const n = pieces.copy(bytes, at, room);
		if (pieces.left === 0) this.finish();
		return n;
	}

	/** PUBACK for one of our messages. */
	acknowledged(packetId: number): void {
		if (this.direct.packetId === packetId && this.direct.done()) this.handler.directDelivered();
		const { lanes } = this;
		const { length } = lanes;
		for (let i = 0; i < length; i++) {
			const lane = lanes[i] as Lane;
			const ring = lane.ring;
			if (ring.used === ring.queued) continue;
			if (lane.confirmMs > 0) this.hold(lane, packetId);
			else this.settle(lane, packetId);
		}
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
		this.direct.disconnected(true);
		for (let i = 0; i < this.lanes.length; i++) {
			const lane = this.lanes[i] as Lane;
			if (lane.qos === 0) {
				this.requeue(lane);
				continue;
			}
			const { ring } = lane;
			for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
				const state = stateOf(ring, slot);
				if (state !== QUEUED) n--;
				if (state === SENDING) ring.setState(slot, IN_FLIGHT);
			}
		}
	}

	/** The session is gone: what was under way is queued again, in order; at QoS 0 its fate stays unknown. */
	interrupted(byServer: boolean): void {
		if (byServer) this.closedByServer(false);
		this.lane = undefined;
		this.direct.disconnected(false);
		for (let i = 0; i < this.lanes.length; i++) this.requeue(this.lanes[i] as Lane);
	}

	private requeue(lane: Lane): void {
		const { ring } = lane;
		let previous = -1;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; ) {
			const state = stateOf(ring, slot);
			if (state === QUEUED) {
				previous = slot;
				slot = ring.after(slot);
				continue;
			}
			n--;
			const spent =
				(state === IN_FLIGHT && packetOf(ring, slot) === 0) ||
				(state === RecordState.Held && sendingsOf(ring, slot) >= MAX_ATTEMPTS);
			if (spent) slot = this.giveUp(lane, slot, previous);
			else {
				ring.setState(slot, QUEUED);
				previous = slot;
				slot = ring.after(slot);
			}
		}
	}

	/** Takes the next message's records out of the lane; false if none can go now. */
	protected choose(lane: Lane): boolean {
		const ring = lane.ring;
		if (lane.confirmMs > 0 && this.outstanding(ring) >= lane.maxHeld) return false;
		let slot = ring.first;
		for (; ; slot = ring.after(slot)) {
			if (slot < 0) return false;
			if (((ring.marks[slot] as number) & STATE_BITS) !== QUEUED) continue;
			if ((ring.unstamped === 0 && this.suspect.phase !== ASIDE) || this.mayGo(lane, slot)) break;
		}
		lane.length = lane.frameBytes + (ring.lengths[slot] as number);
		this.lane = lane;
		this.first = slot; // alone it is marked when it is started
		this.count = 1;
		this.message = ring.messages[slot] as number;
		if (lane.maxRecords > 1 && ring.queued > 1) this.gather(lane);
		return true;
	}

	/** Messages that were sent and are not delivered yet. */
	protected outstanding(ring: Ring): number {
		return outstanding(ring);
	}

	/** Adds what goes in the same message: of one that was sent before what it had, of a new one what is new. */
	private gather(lane: Lane): void {
		const { ring } = lane;
		const { first } = this;
		/** The message whose boundaries the records keep, or 0 for a new one. */
		const again = sendingsOf(ring, first) > 0 ? this.message : 0;
		let bytes = lane.length;
		let count = 1;
		for (let slot = ring.after(first); slot >= 0 && count < lane.maxRecords; slot = ring.after(slot)) {
			if (stateOf(ring, slot) !== QUEUED || !this.mayGo(lane, slot)) continue;
			const before = sendingsOf(ring, slot) > 0 ? (ring.messages[slot] as number) : 0;
			const more = (ring.lengths[slot] as number) + lane.separatorBytes;
			if (before !== again || bytes + more > lane.maxBytes) {
				if (again === 0) break;
				continue;
			}
			if (count === 1) ring.setState(first, SENDING);
			ring.setState(slot, SENDING);
			bytes += more;
			count++;
		}
		lane.length = bytes;
		this.count = count;
	}

	/** Whether its stamps are right, and it is not of the message that is put aside. */
	protected mayGo(lane: Lane, slot: number): boolean {
		const { suspect } = this;
		const { ring } = lane;
		if (suspect.phase === ASIDE && suspect.lane === lane && sendingsOf(ring, slot) > 0)
			if (ring.messages[slot] === suspect.message) return false;
		return ring.unstamped === 0 || this.stamper.correct(ring, slot);
	}

	/** Takes the records of a message that was sent under this packet id. */
	protected chooseAgain(lane: Lane, packetId: number): boolean {
		const { ring } = lane;
		let bytes = lane.frameBytes;
		let first = -1;
		let count = 0;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
			const state = stateOf(ring, slot);
			if (state !== QUEUED) n--;
			if (state !== IN_FLIGHT || packetOf(ring, slot) !== packetId) continue;
			if (count === 0) first = slot;
			else bytes += lane.separatorBytes;
			bytes += ring.lengths[slot] as number;
			ring.setState(slot, SENDING);
			count++;
		}
		if (count === 0) return false;
		lane.length = bytes;
		this.lane = lane;
		this.first = first;
		this.count = count;
		this.message = ring.messages[first] as number;
		return true;
	}

	/** The message is written to its last byte. */
	private finish(): void {
		const ring = (this.lane as Lane).ring;
		for (let slot = this.first, n = this.count; ; slot = ring.after(slot)) {
			if (stateOf(ring, slot) !== SENDING) continue;
			ring.setState(slot, IN_FLIGHT);
			if (--n === 0) break;
		}
		this.lane = undefined;
	}

	/**
	 * Releases the records of the message that a PUBACK is for; those that are not queued are the oldest, or
	 * among them.
	 */
	private settle(lane: Lane, packetId: number): void {
		const ring = lane.ring;
		/** In flight under this packet id. */
		const key = (packetId << PACKET_SHIFT) | IN_FLIGHT;
		let n = ring.used - ring.queued;
		let previous = -1;
		for (let slot = ring.first; n > 0; ) {
			const mark = ring.marks[slot] as number;
			if ((mark & STATE_BITS) !== QUEUED) n--;
			if ((mark & ~SENDINGS_BITS) === key) {
				if (this.suspect.phase !== NOBODY) this.suspect.delivered(lane, ring.messages[slot] as number);
				this.delivered++;
				this.handler.delivered(lane, slot);
				slot = ring.remove(slot, previous);
			} else {
				previous = slot;
				slot = ring.after(slot);
			}
		}
	}

	/** The same where the cloud confirms messages of its own accord: the records are held until then. */
	private hold(lane: Lane, packetId: number): void {
		const { ring } = lane;
		// One moment for all of them, so that a batch is not torn when it expires.
		const deadline = this.clock.monotonic() + lane.confirmMs;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
			const state = stateOf(ring, slot);
			if (state !== QUEUED) n--;
			if (state !== IN_FLIGHT || packetOf(ring, slot) !== packetId) continue;
			if (this.suspect.phase !== NOBODY) this.suspect.delivered(lane, ring.messages[slot] as number);
			ring.setState(slot, RecordState.Held);
			ring.setTime(slot, deadline);
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

/**
 * At QoS 0 the socket's buffer is the window: what is in it can not be evicted and must not fill the ring.
 */
function isOpen(ring: Ring): boolean {
	return ring.used - ring.queued <= ring.slots >> 1;
}

/** Throws for one that is too long. */
export function checkTopic(topic: Uint8Array): void {
	if (topic.length + 16 > Limits.outputBytes / 2)
		throw new RangeError("outbox: a topic is longer than half of the output stage");
}
