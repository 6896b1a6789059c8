// Packet ids of inbound QoS 2 messages between PUBREC and PUBREL: what comes again meanwhile is a duplicate,
// and after PUBREL the same id is a new message [MQTT-4.3.3-2].
//
// Kept as ranges, the oldest first. MQTT 3.1.1 sets no bound on what a server has under way, and servers count their ids up
// and release them in order [MQTT-4.6.0-6], so one or two ranges hold any number of them. A server that leaves ids behind
// without PUBREL makes more: then the oldest range is forgotten, because a table that only fills up would stop the session
// for ever.

export class InboundQos2 {
	/** Ranges that were forgotten. */
	forgotten = 0;
	/** First and last ids of the ranges [0, #count); no two of them touch. */
	readonly #firsts: Uint16Array;
	readonly #lasts: Uint16Array;
	#count = 0;

	/** `ranges`: at least 2. */
	constructor(ranges: number) {
		this.#firsts = new Uint16Array(ranges);
		this.#lasts = new Uint16Array(ranges);
	}

	has(packetId: number): boolean {
		return this.#find(packetId) >= 0;
	}

	/** Only an id that is not there. */
	add(packetId: number): void {
		const firsts = this.#firsts;
		const lasts = this.#lasts;
		let before = -1;
		let behind = -1;
		for (let i = 0; i < this.#count; i++) {
			if (lasts[i] === packetId - 1) before = i;
			if (firsts[i] === packetId + 1) behind = i;
		}
		if (before >= 0) {
			lasts[before] = packetId;
			if (behind < 0) return;
			lasts[before] = lasts[behind] as number;
			this.#drop(behind);
		} else if (behind >= 0) firsts[behind] = packetId;
		else this.#append(packetId, packetId);
	}

	remove(packetId: number): void {
		const at = this.#find(packetId);
		if (at < 0) return;
		const first = this.#firsts[at] as number;
		const last = this.#lasts[at] as number;
		if (first === last) this.#drop(at);
		else if (first === packetId) this.#firsts[at] = packetId + 1;
		else {
			this.#lasts[at] = packetId - 1;
			if (last !== packetId) this.#append(packetId + 1, last);
		}
	}

	/** Calls `range` for each range of ids. */
	each(range: (first: number, last: number) => void): void {
		for (let i = 0; i < this.#count; i++) range(this.#firsts[i] as number, this.#lasts[i] as number);
	}

	clear(): void {
		this.#count = 0;
	}

	#find(packetId: number): number {
		for (let i = 0; i < this.#count; i++)
			if ((this.#firsts[i] as number) <= packetId && packetId <= (this.#lasts[i] as number)) return i;
		return -1;
	}

	#append(first: number, last: number): void {
		if (this.#count === this.#firsts.length) {
			this.forgotten++;
			this.#drop(0);
		}
		this.#firsts[this.#count] = first;
		this.#lasts[this.#count++] = last;
	}

	#drop(at: number): void {
		this.#firsts.copyWithin(at, at + 1, this.#count);
		this.#lasts.copyWithin(at, at + 1, this.#count);
		this.#count--;
	}
}
