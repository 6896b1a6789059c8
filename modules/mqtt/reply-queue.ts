// Acknowledgements that wait for the socket, in the order in which their packets came [MQTT-4.6.0-2 to -4].

export class ReplyQueue {
	/** Replies that wait. */
	length = 0;
	private head = 0;
	private readonly types: Uint8Array;
	private readonly ids: Uint16Array;
	private readonly capacity: number;

	constructor(capacity: number) {
		this.capacity = capacity;
		this.types = new Uint8Array(capacity);
		this.ids = new Uint16Array(capacity);
	}

	get full(): boolean {
		return this.length === this.capacity;
	}
	/** Packet type and id of the oldest reply. */
	get type(): number {
		return this.types[this.head] as number;
	}

	/** Only when not full. */
	add(type: number, packetId: number): void {
		const at = (this.head + this.length) % this.capacity;
		this.types[at] = type;
		this.ids[at] = packetId;
		this.length++;
	}

	get packetId(): number {
		return this.ids[this.head] as number;
	}

	/** Removes the oldest reply. */
	shift(): void {
		this.head = (this.head + 1) % this.capacity;
		this.length--;
	}

	clear(): void {
		this.head = 0;
		this.length = 0;
	}
}
