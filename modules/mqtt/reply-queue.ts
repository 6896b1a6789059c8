// Acknowledgements that wait for the socket, in the order in which their packets came [MQTT-4.6.0-2 to -4].

export class ReplyQueue {
	private readonly types: Uint8Array;
	private readonly ids: Uint16Array;
	private head = 0;
	private waiting = 0;

	constructor(capacity: number) {
		this.types = new Uint8Array(capacity);
		this.ids = new Uint16Array(capacity);
	}

	get length(): number {
		return this.waiting;
	}
	get full(): boolean {
		return this.waiting === this.ids.length;
	}
	/** Packet type of the oldest reply. */
	get type(): number {
		return this.types[this.head] as number;
	}

	/** Only when not full. */
	add(type: number, packetId: number): void {
		const at = (this.head + this.waiting) % this.ids.length;
		this.types[at] = type;
		this.ids[at] = packetId;
		this.waiting++;
	}

	/** Removes the oldest reply and returns its packet id. */
	take(): number {
		const id = this.ids[this.head] as number;
		this.head = (this.head + 1) % this.ids.length;
		this.waiting--;
		return id;
	}

	clear(): void {
		this.head = 0;
		this.waiting = 0;
	}
}
