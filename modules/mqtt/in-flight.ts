// Outbound packets that await an acknowledgement: their ids and states, as a table.
//
//   state      PUBACK  PUBREC   PUBCOMP  SUBACK  UNSUBACK
//   Puback     done    –        –        –       –
//   Pubrec     –       Pubcomp  –        –       –         (then PUBREL is sent)
//   Pubcomp    –       Pubcomp  done     –       –         (a repeated PUBREC gets PUBREL again)
//   Suback     –       –        –        done    –
//   Unsuback   –       –        –        –       done
//
// – is no legal transition: the packet is ignored and counted, because it belongs to nothing of ours.

import { PacketType } from "./packet.js";

/** What a packet in flight awaits. */
export const Await = Object.freeze({
	Nothing: 0,
	Puback: 1,
	Pubrec: 2,
	Pubcomp: 3,
	Suback: 4,
	Unsuback: 5,
} as const);

/**
 * The state after `type` arrives in `state`: Await.Nothing when done, -1 when that is no legal transition.
 */
export function transition(state: number, type: number): number {
	switch (type) {
		case PacketType.Puback:
			return state === Await.Puback ? Await.Nothing : -1;
		case PacketType.Pubrec:
			return state === Await.Pubrec || state === Await.Pubcomp ? Await.Pubcomp : -1;
		case PacketType.Pubcomp:
			return state === Await.Pubcomp ? Await.Nothing : -1;
		case PacketType.Suback:
			return state === Await.Suback ? Await.Nothing : -1;
		case PacketType.Unsuback:
			return state === Await.Unsuback ? Await.Nothing : -1;
		default:
			return -1;
	}
}

/** What ends an exchange in each state at once. */
const ENDINGS = Object.freeze([
	0,
	PacketType.Puback,
	0,
	PacketType.Pubcomp,
	PacketType.Suback,
	PacketType.Unsuback,
] as const);

export class InFlight {
	// First what each message touches: XS looks through an object's fields in their order.
	/** Exchanges that are open. */
	count = 0;
	private last = 0;
	private nextOrder = 0;
	// Arrays, not typed ones: of a few numbers these take no more memory on XS, and half the time.
	/** 0 where there is no exchange. */
	private readonly ids: number[];
	private readonly states: number[];
	/** When each exchange last moved, monotonic ms. */
	private readonly moved: number[];
	/**
	 * The order in which messages are sent again: of their first sending, and of a PUBREL that of its PUBREC.
	 */
	private readonly orders: number[];
	private readonly capacity: number;

	/** The first id that `open` gives out is the one behind `last`. */
	constructor(capacity: number, last = 0) {
		this.capacity = capacity;
		this.ids = new Array(capacity).fill(0);
		this.states = new Array(capacity).fill(0);
		this.moved = new Array(capacity).fill(0);
		this.orders = new Array(capacity).fill(0);
		this.last = last;
	}

	get full(): boolean {
		return this.count === this.capacity;
	}

	/**
	 * Opens an exchange under an id that is not in use [MQTT-2.3.1-2], never 0 [MQTT-2.3.1-1]. Only when not
	 * full.
	 */
	open(state: number, now = 0): number {
		const ids = this.ids;
		let id = this.last === 65535 ? 1 : this.last + 1;
		let index = 0;
		if (this.count > 0) {
			while (ids.indexOf(id) >= 0) id = id === 65535 ? 1 : id + 1;
			index = ids.indexOf(0);
		}
		this.count++;
		ids[index] = id;
		this.states[index] = state;
		this.moved[index] = now;
		this.orders[index] = ++this.nextOrder;
		this.last = id;
		return id;
	}

	/**
	 * Moves the exchange on; returns its new state, Await.Nothing when it is done, or -1 if there is none such.
	 */
	acknowledge(type: number, packetId: number, now = 0): number {
		const ids = this.ids;
		const index = ids[0] === packetId ? 0 : ids.indexOf(packetId);
		if (index < 0 || packetId === 0) return -1;
		const before = this.states[index] as number;
		if (ENDINGS[before] === type) {
			ids[index] = 0;
			this.count--;
			return 0;
		}
		const next = transition(before, type);
		if (next < 0) return -1;
		if (next !== before) this.orders[index] = ++this.nextOrder;
		this.states[index] = next;
		this.moved[index] = now;
		return next;
	}

	/** Where the exchange stands, or -1. Alone it stands first. */
	private find(packetId: number): number {
		const ids = this.ids;
		if (packetId === 0) return -1;
		return ids[0] === packetId ? 0 : ids.indexOf(packetId);
	}

	/** Whether this is a QoS 2 message of ours whose PUBREC has not come yet. */
	awaitsPubrec(packetId: number): boolean {
		const index = this.find(packetId);
		return index >= 0 && this.states[index] === Await.Pubrec;
	}

	/** The exchange is alive: its packet is still being written. */
	touch(packetId: number, now: number): void {
		const index = this.find(packetId);
		if (index >= 0) this.moved[index] = now;
	}

	/** When the exchange that has not moved for longest last moved; only when there is one. */
	oldest(): number {
		let oldest = Number.POSITIVE_INFINITY;
		for (let i = 0; i < this.ids.length; i++)
			if (this.ids[i] !== 0 && (this.moved[i] as number) < oldest) oldest = this.moved[i] as number;
		return oldest;
	}

	/** The exchange whose order comes next behind `order`, as an id, or 0. Orders begin at 1. */
	after(order: number): number {
		let id = 0;
		let best = Number.POSITIVE_INFINITY;
		for (let i = 0; i < this.ids.length; i++) {
			const own = this.orders[i] as number;
			if (this.ids[i] !== 0 && own > order && own < best) {
				best = own;
				id = this.ids[i] as number;
			}
		}
		return id;
	}

	/** Order of the exchange that began, or moved on, last. */
	get lastOrder(): number {
		return this.nextOrder;
	}

	/** Of an id that is in use. */
	order(packetId: number): number {
		return this.orders[this.ids.indexOf(packetId)] as number;
	}
	state(packetId: number): number {
		return this.states[this.ids.indexOf(packetId)] as number;
	}

	/** Puts an exchange of an earlier boot into a state, behind all others; Await.Nothing ends it. */
	restore(packetId: number, state: number): void {
		if (state === Await.Nothing) return this.remove(packetId);
		let index = this.ids.indexOf(packetId);
		if (index < 0) {
			if (this.full) return;
			index = this.ids.indexOf(0);
			this.ids[index] = packetId;
			this.count++;
		}
		this.states[index] = state;
		this.moved[index] = 0;
		this.orders[index] = ++this.nextOrder;
	}

	/** Forgets one exchange. */
	remove(packetId: number): void {
		const index = this.find(packetId);
		if (index < 0) return;
		this.ids[index] = 0;
		this.count--;
	}

	/** Forgets SUBSCRIBE and UNSUBSCRIBE: they are no part of a session, which goes on without them. */
	forgetRequests(): void {
		for (let i = 0; i < this.ids.length; i++)
			if ((this.states[i] as number) >= Await.Suback) this.remove(this.ids[i] as number);
	}

	/** Forgets everything: a clean session ends with its connection [MQTT-3.1.2-6]. */
	clear(): void {
		this.ids.fill(0);
		this.count = 0;
	}
}
