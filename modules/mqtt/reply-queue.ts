// Acknowledgements that wait for the socket, in the order in which their packets came [MQTT-4.6.0-2 to -4].

export class ReplyQueue {
	readonly #types: Uint8Array;
	readonly #ids: Uint16Array;
	#head = 0;
	#length = 0;

	constructor(capacity: number) {
		this.#types = new Uint8Array(capacity);
		this.#ids = new Uint16Array(capacity);
	}

	get length(): number {
		return this.#length;
	}
	get full(): boolean {
		return this.#length === this.#ids.length;
	}
	/** Packet type of the oldest reply. */
	get type(): number {
		return this.#types[this.#head] as number;
	}

	/** Only when not full. */
	add(type: number, packetId: number): void {
		const at = (this.#head + this.#length) % this.#ids.length;
		this.#types[at] = type;
		this.#ids[at] = packetId;
		this.#length++;
	}

	/** Removes the oldest reply and returns its packet id. */
	take(): number {
		const id = this.#ids[this.#head] as number;
		this.#head = (this.#head + 1) % this.#ids.length;
		this.#length--;
		return id;
	}

	clear(): void {
		this.#head = 0;
		this.#length = 0;
	}
}
