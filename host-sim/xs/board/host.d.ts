// The host that a machine runs in (host-sim/xs/host/script.c). None of these calls takes slots or chunks, but
// for those that say so.

declare const host: {
	/**
	 * Sends a frame to the parent: numbers, booleans, strings, bytes and arrays of numbers behind its type (see
	 * frames.ts).
	 */
	send(type: number, ...values: readonly unknown[]): void;
	/** Writes to the flash: what `Flash.write` is. */
	flash(offset: number, byteLength: number, buffer: Uint8Array): void;
	/** Sends a frame and waits for the answer; a string or bytes take a chunk. */
	ask(type: number, ...values: readonly unknown[]): unknown;
	/** Keeps the object whose `handle` hears what the parent has to say. */
	attach(board: { handle(kind: number, id: number, value: number): void }): void;
	attached(): unknown;
	/** Milliseconds on the parent's clock; stands still during a call of `handle`. */
	now(): number;
	/** The same in 32 bits that wrap. */
	ticks(): number;
	/** Text of the frame that is being handled; takes a chunk. */
	text(): string;
	/** Empties a socket's receive buffer. */
	open(socket: number): void;
	/** Fills `bytes` from a socket's receive buffer; throws when there is less. */
	take(socket: number, bytes: Uint8Array): number;
	/** A new timer's number, or -1; it calls `callback` with `self`, and frees itself after a single shot. */
	timer(callback: (self: never) => void, self: unknown): number;
	forget(timer: number): void;
	/** Lets a timer fire in `ms`, and then every `repeat` ms unless that is 0. */
	arm(timer: number, ms: number, repeat: number): void;
	stop(timer: number): void;
	/** XORs the first `count` bytes with `by`, over and over. */
	xor(bytes: Uint8Array, by: Uint8Array, count: number): void;
};
