// The node's end of the network, as the firmware's Transport.

import { type Packet, parser } from "mqtt-packet";
import type { Piece, Transport, TransportHandler } from "../../modules/mqtt/transport.js";
import type { Ledger } from "./ledger.js";
import type { Connection, Travelling } from "./network.js";
import type { Scheduler } from "./scheduler.js";
import { describePacket } from "./trace.js";

/** Makes a connection; undefined, after the given time or never (-1), where none comes about. */
export type Dial = () => { connection: Connection | undefined; afterMs: number };

export class SimulatedTransport implements Transport {
	#connection: Connection | undefined;
	#handler: TransportHandler | undefined;
	/** Grows with each `open` and `close`, so that what belongs to an earlier one is ignored. */
	#generation = 0;
	/** Position behind the last packet that was written to its end. */
	#packetsEnd = 0;
	#ending: Travelling[] = [];
	#parse: (bytes: Buffer) => void = () => {};
	/** Bytes that the node believes to be free; told anew when something moves. */
	free = 0;
	awaited = false;
	readonly #scheduler: Scheduler;
	readonly #ledger: Ledger;
	readonly #dial: Dial;
	readonly #powered: () => boolean;

	constructor(scheduler: Scheduler, ledger: Ledger, dial: Dial, powered: () => boolean) {
		this.#scheduler = scheduler;
		this.#ledger = ledger;
		this.#dial = dial;
		this.#powered = powered;
	}

	get drained(): boolean {
		const connection = this.#connection;
		return connection !== undefined && connection.up.left === connection.up.entered;
	}

	open(handler: TransportHandler): void {
		if (this.#handler) throw new Error("open while not idle");
		const generation = ++this.#generation;
		this.#ledger.attempt(this.#scheduler.now);
		this.#handler = handler;
		const { connection, afterMs } = this.#dial();
		if (afterMs < 0) return;
		this.#scheduler.after(afterMs, () => {
			if (generation !== this.#generation || !this.#powered()) return connection?.close("node", true);
			if (!connection || connection.brokenAt >= 0) return this.#lost("connect-failed");
			this.#begin(connection, generation);
			handler.opened();
		});
	}

	write(bytes: number, ...pieces: readonly Piece[]): void {
		const connection = this.#connection;
		if (!connection || !this.#powered()) return;
		if (bytes > this.free) this.#ledger.violated(`${bytes} bytes are written, ${this.free} are free`);
		this.free -= bytes;
		const copy = Buffer.concat(pieces.filter((piece) => piece !== undefined));
		if (copy.length !== bytes) this.#ledger.violated(`pieces of ${copy.length} bytes for ${bytes}`);
		this.#ending = [];
		this.#parse(copy);
		connection.up.push(copy, this.#ending);
	}

	close(abort: boolean): void {
		const connection = this.#connection;
		this.#end();
		connection?.close("node", abort);
	}

	/** The machine is gone. The server does not hear of it. */
	vanish(): void {
		const connection = this.#connection;
		this.#end();
		connection?.break(-1, -1);
	}

	#begin(connection: Connection, generation: number): void {
		this.#connection = connection;
		this.#packetsEnd = 0;
		this.free = connection.buffer;
		this.#ledger.wire.opened();
		const parse = parser();
		parse.on("packet", (packet) => this.#written(packet));
		parse.on("error", (error) => this.#ledger.violated(`the node writes what is not MQTT: ${error.message}`));
		this.#parse = (bytes) => parse.parse(bytes);
		const current = () => generation === this.#generation && this.#powered();
		connection.node = {
			received: (bytes) => {
				if (current()) this.#handler?.received(bytes);
				this.#ledger.handled(connection);
			},
			arrived: (packet) => {
				if (!current()) return;
				this.#ledger.trace?.(`     node < ${describePacket(packet)}`);
				this.#ledger.wire.down(packet);
			},
			moved: () => {
				if (!current()) return;
				const { up, buffer } = connection;
				this.free = buffer - (up.entered - up.left);
				if (!this.awaited) return;
				this.awaited = false;
				this.#handler?.writable();
			},
			lost: () => {
				if (current()) this.#lost("connection-lost");
			},
		};
	}

	/** A packet was written to its end. */
	#written(packet: Packet): void {
		const length = packet.length ?? 0;
		this.#packetsEnd += 1 + (length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4) + length;
		this.#ledger.trace?.(`     node > ${describePacket(packet)}`);
		this.#ledger.wire.up(packet);
		this.#ending.push({ packet, end: this.#packetsEnd });
	}

	#lost(code: string): void {
		const handler = this.#handler;
		this.#end();
		handler?.closed(code, "");
	}

	#end(): void {
		const connection = this.#connection;
		this.#generation++;
		this.#handler = undefined;
		this.#connection = undefined;
		this.free = 0;
		if (!connection) return;
		connection.node = undefined;
		this.#ledger.trace?.("     node   its connection is gone");
		const answers = this.#ledger.wire.closed(this.#packetsEnd < connection.up.entered);
		this.#ledger.doubtfulAnswers += answers;
	}
}
