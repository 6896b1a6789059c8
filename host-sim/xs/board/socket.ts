// Ecma-419's TCP socket over the parent's: reads must not ask for more than there is, writes must not exceed
// what was said to be free, callbacks never come inside a call.

import { Hardware, type Listener } from "host-sim/xs/board/hardware";
import { In, Out } from "host-sim/xs/frames";

export interface Options {
	address: string;
	port: number;
	onReadable?: (this: TCP, bytes: number) => void;
	onWritable?: (this: TCP, bytes: number) => void;
	onError?: (this: TCP, error?: Error) => void;
}

export default class TCP implements Listener {
	// As on a board, where they are called with nothing between.
	readonly onReadable: Options["onReadable"];
	readonly onWritable: Options["onWritable"];
	readonly onError: Options["onError"];
	#id: number;
	#free = 0;
	#gone = false;

	constructor(options: Options) {
		this.onReadable = options.onReadable;
		this.onWritable = options.onWritable;
		this.onError = options.onError;
		this.#id = Hardware.current().openSocket(this);
		if (this.#id < 0) throw new Error("no socket is left");
		host.open(this.#id);
		this.connect(this.#id, options);
	}

	/** TLS has its own. */
	protected connect(id: number, options: Options): void {
		host.send(Out.Connect, id, options.address, options.port);
	}

	read(buffer: Uint8Array): number {
		const n = host.take(this.#id, buffer);
		if (!this.#gone) host.send(Out.Taken, this.#id, n);
		return n;
	}

	write(buffer: Uint8Array, _options?: object): number {
		if (this.#id < 0 || this.#gone) throw new Error("closed");
		if (buffer.byteLength > this.#free) throw new Error("would block");
		this.#free -= buffer.byteLength;
		host.send(Out.Write, this.#id, buffer);
		return this.#free;
	}

	close(): void {
		if (this.#id < 0) return;
		if (!this.#gone) host.send(Out.Close, this.#id);
		Hardware.current().closeSocket(this.#id);
		this.#id = -1;
	}

	heard(kind: number, value: number): void {
		if (kind === In.Data) this.onReadable?.(value);
		else if (kind === In.Written) {
			this.#free += value;
			this.onWritable?.(this.#free);
		} else {
			// What was received before can still be read, until the firmware closes.
			const why = host.text();
			this.#gone = true;
			this.onError?.(why === "" ? undefined : new Error(why));
		}
	}
}
