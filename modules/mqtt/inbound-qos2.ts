// Packet ids of inbound QoS 2 messages between PUBREC and PUBREL: what comes again meanwhile is a duplicate,
// and after PUBREL the same id is a new message [MQTT-4.3.3-2].

export class InboundQos2 {
	readonly #ids: Uint16Array;

	constructor(capacity: number) {
		this.#ids = new Uint16Array(capacity);
	}

	get full(): boolean {
		return this.#ids.indexOf(0) < 0;
	}

	has(packetId: number): boolean {
		return this.#ids.indexOf(packetId) >= 0;
	}

	/** Returns false if the table is full. */
	add(packetId: number): boolean {
		const free = this.#ids.indexOf(0);
		if (free < 0) return false;
		this.#ids[free] = packetId;
		return true;
	}

	remove(packetId: number): void {
		const at = this.#ids.indexOf(packetId);
		if (at >= 0) this.#ids[at] = 0;
	}

	clear(): void {
		this.#ids.fill(0);
	}
}
