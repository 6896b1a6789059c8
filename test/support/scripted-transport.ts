// A transport in the hands of a test: it says how much can be written, keeps what was written, and delivers
// bytes. It never calls its handler from within one of its own methods that the session calls, as the
// contract demands.

import { Limits } from "../../modules/mqtt/limits.js";
import type { Piece, Transport, TransportHandler } from "../../modules/mqtt/transport.js";

/** What a transport was told to write, as one; the pieces have to be so many bytes. */
export function joined(bytes: number, pieces: readonly Piece[]): Buffer {
	const all = Buffer.concat(pieces.filter((piece) => piece !== undefined));
	if (all.length !== bytes) throw new Error(`pieces of ${all.length} bytes for ${bytes}`);
	return all;
}

/** How a delivery is cut: sizes of the chunks, the last one repeated. */
export type Chunking = number | readonly number[];

export class ScriptedTransport implements Transport {
	/** Bytes that can be written; `accept` and `capacity` change it. */
	free = 0;
	get drained(): boolean {
		return this.free === this.capacity;
	}
	awaited = false;
	/** What `accept` and `opened` make of `free`. */
	capacity = 100_000;
	/** Every byte written on the current connection. */
	written: number[] = [];
	/** The written bytes of earlier connections. */
	readonly earlier: number[][] = [];
	/** `abort` of every call of `close`. */
	readonly closes: boolean[] = [];
	/** Calls of `open`. */
	opens = 0;
	#handler: TransportHandler | undefined;
	#connected = false;
	#taken = 0;

	/** Whether `open` was called and the connection has not ended since. */
	get active(): boolean {
		return this.#handler !== undefined;
	}

	open(handler: TransportHandler): void {
		if (this.#handler) throw new Error("open while not idle");
		this.#handler = handler;
		this.opens++;
		if (this.opens > 1) this.earlier.push(this.written);
		this.written = [];
		this.#taken = 0;
		this.free = 0;
	}

	write(bytes: number, ...pieces: readonly Piece[]): void {
		if (!this.#connected) throw new Error("write while not connected");
		const all = joined(bytes, pieces);
		if (bytes === 0 || bytes > this.free) throw new Error(`write of ${bytes}, free are ${this.free}`);
		for (const byte of all) this.written.push(byte);
		this.free -= bytes;
	}

	close(abort: boolean): void {
		this.closes.push(abort);
		this.#drop();
	}

	// From here on: what the network does.

	/** The connection stands. */
	connect(): void {
		const handler = this.#idle();
		this.#connected = true;
		this.free = this.capacity;
		handler.opened();
	}

	/** Delivers bytes in chunks; stops when the session closes. */
	deliver(bytes: Uint8Array | readonly number[], chunking: Chunking = Limits.chunkBytes): void {
		const all = Uint8Array.from(bytes);
		let at = 0;
		for (let i = 0; at < all.length && this.#handler; i++) {
			const size =
				typeof chunking === "number" ? chunking : (chunking[Math.min(i, chunking.length - 1)] as number);
			const chunk = all.slice(at, at + size);
			at += chunk.length;
			this.#handler.received(chunk);
			// The bytes are valid during the call only.
			chunk.fill(0xaa);
		}
	}

	/** Room for `bytes` more, and the news of it. */
	accept(bytes: number): void {
		this.free += bytes;
		this.#writable();
	}

	/** All that was written is out. */
	flush(): void {
		this.free = this.capacity;
		this.#writable();
	}

	/** The connection is gone. */
	fail(code = "connection-lost", detail = ""): void {
		const handler = this.#idle();
		this.#drop();
		handler.closed(code, detail);
	}

	/** What was written since the last call. */
	take(): Uint8Array {
		const bytes = Uint8Array.from(this.written.slice(this.#taken));
		this.#taken = this.written.length;
		return bytes;
	}

	#writable(): void {
		if (!this.awaited) return;
		this.awaited = false;
		this.#handler?.writable();
	}

	#idle(): TransportHandler {
		if (!this.#handler) throw new Error("not open");
		return this.#handler;
	}

	#drop(): void {
		this.#handler = undefined;
		this.#connected = false;
		this.free = 0;
	}
}
