// Packet ids of a session that outlives a power cut. The server may still hold ids that were in flight when
// the power was cut, and would take a new QoS 2 message under one of them for a repetition: so the ids of a
// boot begin a block after those of the one before. One write in 1024 messages.

import type { Store } from "../core/store.js";

const KEY = "mqtt-ids";
const BITS = 10;
const BLOCKS = 63;

export class IdBlocks {
	private readonly store: Store;
	/** Of the ids in use. */
	private block = -1;

	constructor(store: Store) {
		this.store = store;
	}

	/** The packet id after which this boot goes on. */
	get last(): number {
		const block = Number(this.store.get(KEY) ?? -1);
		return block < 0 ? 0 : Math.max(0, (((block + 1) & BLOCKS) << BITS) - 1);
	}

	/** A message is about to go out under this id for the first time. */
	used(packetId: number): void {
		if (packetId >> BITS !== this.block) this.enter(packetId >> BITS);
	}

	private enter(block: number): void {
		this.block = block;
		this.store.set(KEY, block);
	}
}
