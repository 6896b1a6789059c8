// Packet ids of inbound QoS 2 messages between PUBREC and PUBREL: what comes again meanwhile is a duplicate,
// and after PUBREL the same id is a new message [MQTT-4.3.3-2].
//
// Kept as ranges, the oldest first. MQTT 3.1.1 sets no bound on what a server has under way, and servers
// count their ids up and release them in order [MQTT-4.6.0-6], so one or two ranges hold any number of them.
// A server that leaves ids behind without PUBREL makes more: then the oldest range is forgotten, because a
// table that only fills up would stop the session for ever.

export interface TakenBook {
	/** Inbound QoS 2 ids between PUBREC and PUBREL. */
	takenRange(first: number, last: number): void;
}

export class InboundQos2 {
	/** Ranges that were forgotten. */
	forgotten = 0;
	/** First ids of the ranges [0, count), no two of which touch; `size` after each its last id. */
	private readonly ids: Uint16Array;
	private readonly size: number;
	private count = 0;

	/** `ranges`: at least 2. */
	constructor(ranges: number) {
		this.ids = new Uint16Array(2 * ranges);
		this.size = ranges;
	}

	has(packetId: number): boolean {
		return this.find(packetId) >= 0;
	}

	/** Only an id that is not there. */
	add(packetId: number): void {
		const ids = this.ids;
		const size = this.size;
		let before = -1;
		let behind = -1;
		for (let i = 0; i < this.count; i++) {
			if (ids[size + i] === packetId - 1) before = i;
			if (ids[i] === packetId + 1) behind = i;
		}
		if (before >= 0) {
			ids[size + before] = packetId;
			if (behind < 0) return;
			ids[size + before] = ids[size + behind] as number;
			this.drop(behind);
		} else if (behind >= 0) ids[behind] = packetId;
		else this.append(packetId, packetId);
	}

	remove(packetId: number): void {
		const at = this.find(packetId);
		if (at < 0) return;
		const first = this.ids[at] as number;
		const last = this.ids[this.size + at] as number;
		if (first === last) this.drop(at);
		else if (first === packetId) this.ids[at] = packetId + 1;
		else {
			this.ids[this.size + at] = packetId - 1;
			if (last !== packetId) this.append(packetId + 1, last);
		}
	}

	tell(book: TakenBook): void {
		for (let i = 0; i < this.count; i++)
			book.takenRange(this.ids[i] as number, this.ids[this.size + i] as number);
	}

	clear(): void {
		this.count = 0;
	}

	private find(packetId: number): number {
		for (let i = 0; i < this.count; i++)
			if ((this.ids[i] as number) <= packetId && packetId <= (this.ids[this.size + i] as number)) return i;
		return -1;
	}

	private append(first: number, last: number): void {
		if (this.count === this.size) {
			this.forgotten++;
			this.drop(0);
		}
		this.ids[this.count] = first;
		this.ids[this.size + this.count++] = last;
	}

	private drop(at: number): void {
		this.ids.copyWithin(at, at + 1, this.count);
		this.ids.copyWithin(this.size + at, this.size + at + 1, this.size + this.count);
		this.count--;
	}
}
