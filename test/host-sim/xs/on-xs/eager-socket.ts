// Runs on XS: a socket that calls back at once, inside every call where that is possible, and otherwise when
// it is told to. No socket of the SDK is as eager.

import type { SocketCallbacks } from "../../../../modules/platform/socket.js";

const FREE = 1000;

export class EagerSocket {
	readonly written: number[] = [];
	waiting = 0;
	closed = false;
	readonly #callbacks: SocketCallbacks;

	constructor(callbacks: SocketCallbacks) {
		this.#callbacks = callbacks;
		(globalThis as unknown as { eager: EagerSocket }).eager = this;
		callbacks.onWritable(FREE);
	}
	write(bytes: Uint8Array): number {
		for (let i = 0; i < bytes.length; i++) this.written.push(bytes[i] as number);
		this.waiting += 3;
		this.#callbacks.onReadable(this.waiting);
		this.#callbacks.onWritable(FREE);
		return FREE;
	}
	read(bytes: Uint8Array): number {
		if (bytes.length > this.waiting) throw new Error("invalid");
		bytes.fill(7);
		this.waiting -= bytes.length;
		if (this.waiting > 0) this.#callbacks.onReadable(this.waiting);
		this.#callbacks.onWritable(FREE);
		return bytes.length;
	}
	close(): void {
		this.closed = true;
		this.#callbacks.onReadable(1);
		this.#callbacks.onError();
	}

	/** The network has something. */
	bring(bytes: number): void {
		this.waiting += bytes;
		this.#callbacks.onReadable(this.waiting);
	}
	fail(): void {
		this.#callbacks.onError();
	}
}
