// Packet ids of inbound QoS 2 messages between PUBREC and PUBREL: what comes again meanwhile is a duplicate,
// and after PUBREL the same id is a new message [MQTT-4.3.3-2].
//
// Kept as ranges. MQTT 3.1.1 sets no bound on what a server has under way, and servers count their ids up and release them
// in order [MQTT-4.6.0-6], so one or two ranges hold any number of them.

export class InboundQos2 {
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

	/** Only an id that is not there. Returns false, and changes nothing, if it would need one range too many. */
	add(packetId: number): boolean {
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
			if (behind < 0) return true;
			lasts[before] = lasts[behind] as number;
			this.#drop(behind);
		} else if (behind >= 0) firsts[behind] = packetId;
		else return this.#append(packetId, packetId);
		return true;
	}

	/** Returns false, and changes nothing, if it would need one range too many. */
	remove(packetId: number): boolean {
		const at = this.#find(packetId);
		if (at < 0) return true;
		const first = this.#firsts[at] as number;
		const last = this.#lasts[at] as number;
		if (first === last) this.#drop(at);
		else if (first === packetId) this.#firsts[at] = packetId + 1;
		else if (last !== packetId && !this.#append(packetId + 1, last)) return false;
		else this.#lasts[at] = packetId - 1;
		return true;
	}

	clear(): void {
		this.#count = 0;
	}

	#find(packetId: number): number {
		for (let i = 0; i < this.#count; i++)
			if ((this.#firsts[i] as number) <= packetId && packetId <= (this.#lasts[i] as number)) return i;
		return -1;
	}

	#append(first: number, last: number): boolean {
		if (this.#count === this.#firsts.length) return false;
		this.#firsts[this.#count] = first;
		this.#lasts[this.#count++] = last;
		return true;
	}

	#drop(at: number): void {
		const end = --this.#count;
		this.#firsts[at] = this.#firsts[end] as number;
		this.#lasts[at] = this.#lasts[end] as number;
	}
}
