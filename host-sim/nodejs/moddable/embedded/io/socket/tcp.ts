// Ecma-419's TCP socket over Node's, with the rules of the SDK's: reads must not ask for more than there is,
// writes must not exceed what was said to be free, callbacks never come inside a call.

import type { Duplex } from "node:stream";
import { type LentSocket, openSocket, RECEIVE, WINDOW } from "../../../../../engine/sockets.js";
import { Machine, type Resource } from "../../../../machine.js";

export interface Options {
	address: string;
	port: number;
	onReadable?: (this: TCP, bytes: number) => void;
	onWritable?: (this: TCP, bytes: number) => void;
	onError?: (this: TCP, error?: Error) => void;
}

export default class TCP implements Resource {
	protected readonly machine = Machine.current();
	readonly #options: Options;
	#socket: Duplex | undefined;
	#chunks: Buffer[] = [];
	#readable = 0;
	#free = 0;

	constructor(options: Options) {
		this.#options = options;
		this.machine.hold(this);
		const { socket, connectedEvent, explain } = this.connect(options);
		this.#socket = socket;
		socket.on(connectedEvent, () => this.#call(() => this.#writable(WINDOW)));
		socket.on("data", (chunk: Buffer) => this.#call(() => this.#received(chunk)));
		socket.on("error", (error) =>
			this.#call(() => this.#failed(new Error(explain(error), { cause: error }))),
		);
		socket.on("close", () => this.#call(() => this.#failed(undefined)));
	}

	/** TLS has its own. */
	protected connect(options: Options): LentSocket {
		return openSocket(options.address, options.port, undefined, this.machine.options.line);
	}

	read(buffer: Uint8Array): number {
		if (buffer.length > this.#readable) throw new Error("invalid");
		let filled = 0;
		while (filled < buffer.length) {
			const chunk = this.#chunks[0] as Buffer;
			const n = Math.min(chunk.length, buffer.length - filled);
			buffer.set(chunk.subarray(0, n), filled);
			filled += n;
			if (n === chunk.length) this.#chunks.shift();
			else this.#chunks[0] = chunk.subarray(n);
		}
		this.#readable -= filled;
		if (this.#readable < RECEIVE) this.#socket?.resume();
		return filled;
	}

	write(buffer: Uint8Array, _options?: object): number {
		const socket = this.#socket;
		if (socket === undefined) throw new Error("closed");
		if (buffer.length > this.#free) throw new Error("would block");
		this.#free -= buffer.length;
		// A copy: the firmware uses its buffer again at once.
		socket.write(Buffer.from(buffer), (error) => {
			if (!error) this.#call(() => this.#writable(this.#free + buffer.length));
		});
		return this.#free;
	}

	close(): void {
		this.#release()?.end();
	}

	destroy(): void {
		this.#release()?.destroy();
	}

	#release(): Duplex | undefined {
		const socket = this.#socket;
		this.#socket = undefined;
		this.machine.release(this);
		socket?.on("error", () => {}); // an end that nobody waits for any more
		return socket;
	}

	#call(callback: () => void): void {
		if (this.#socket) this.machine.enter(callback);
	}

	#writable(free: number): void {
		this.#free = free;
		this.#options.onWritable?.call(this, free);
	}

	#received(chunk: Buffer): void {
		this.#chunks.push(chunk);
		this.#readable += chunk.length;
		if (this.#readable >= RECEIVE) this.#socket?.pause();
		this.#options.onReadable?.call(this, this.#readable);
	}

	#failed(error: Error | undefined): void {
		this.#release();
		this.#options.onError?.call(this, error);
	}
}
