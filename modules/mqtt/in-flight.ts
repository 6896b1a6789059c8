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

/** The state after `type` arrives in `state`: Await.Nothing when done, -1 when that is no legal transition. */
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

export class InFlight {
	/** 0 where there is no exchange: `indexOf` finds an id in C, where a loop would cost five times as much on XS. */
	readonly #ids: Uint16Array;
	readonly #states: Uint8Array;
	/** When each exchange last moved, monotonic ms. */
	readonly #moved: Float64Array;
	#count = 0;
	#last = 0;

	constructor(capacity: number) {
		this.#ids = new Uint16Array(capacity);
		this.#states = new Uint8Array(capacity);
		this.#moved = new Float64Array(capacity);
	}

	get count(): number {
		return this.#count;
	}
	get full(): boolean {
		return this.#count === this.#ids.length;
	}

	/** Opens an exchange under an id that is not in use [MQTT-2.3.1-2], never 0 [MQTT-2.3.1-1]. Only when not full. */
	open(state: number, now = 0): number {
		const ids = this.#ids;
		let id = this.#last;
		do id = id === 65535 ? 1 : id + 1;
		while (this.#count > 0 && ids.indexOf(id) >= 0);
		const index = ids.indexOf(0);
		ids[index] = id;
		this.#states[index] = state;
		this.#moved[index] = now;
		this.#count++;
		this.#last = id;
		return id;
	}

	/** Moves the exchange on; returns its new state, Await.Nothing when it is done, or -1 if there is none such. */
	acknowledge(type: number, packetId: number, now = 0): number {
		const index = packetId > 0 ? this.#ids.indexOf(packetId) : -1;
		if (index < 0) return -1;
		const next = transition(this.#states[index] as number, type);
		if (next < 0) return -1;
		if (next === Await.Nothing) {
			this.#ids[index] = 0;
			this.#count--;
		} else {
			this.#states[index] = next;
			this.#moved[index] = now;
		}
		return next;
	}

	/** The exchange is alive: its packet is still being written. */
	touch(packetId: number, now: number): void {
		const index = packetId > 0 ? this.#ids.indexOf(packetId) : -1;
		if (index >= 0) this.#moved[index] = now;
	}

	/** When the exchange that has not moved for longest last moved; only when there is one. */
	oldest(): number {
		let oldest = Number.POSITIVE_INFINITY;
		for (let i = 0; i < this.#ids.length; i++)
			if (this.#ids[i] !== 0 && (this.#moved[i] as number) < oldest) oldest = this.#moved[i] as number;
		return oldest;
	}

	/** Forgets everything: a clean session ends with its connection [MQTT-3.1.2-6]. */
	clear(): void {
		this.#ids.fill(0);
		this.#count = 0;
	}
}
