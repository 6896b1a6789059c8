// Runs on XS: a socket and timers that only do what the benchmark tells them, in place of the board's. One
// for both clients, so that the difference is theirs. Modules are in the read-only image; what changes hangs
// on the global.

export interface SocketOptions {
	onReadable?(count: number): void;
	onWritable?(count: number): void;
	onError?(error?: unknown): void;
}

/** Room in the socket's buffer, bytes. */
export const FREE = 8192;

class State {
	socket: StubSocket | undefined;
	/**
	 * Timers that are due now, of which `done` have fired; those that are due later never fire. Grows at start
	 * only.
	 */
	readonly due: StubTimer[] = [];
	count = 0;
	done = 0;

	isDue(timer: StubTimer): void {
		this.due[this.count++] = timer;
	}
}

const scope = globalThis as unknown as { benchHardware: State };

/** To be called once, before anything else. */
export function makeHardware(): State {
	scope.benchHardware = new State();
	return scope.benchHardware;
}

export class StubTimer {
	readonly callback: (timer: StubTimer) => void;

	constructor(callback: (timer: StubTimer) => void) {
		this.callback = callback;
	}
	static set(callback: (timer: StubTimer) => void, ms = 0): StubTimer {
		const timer = new StubTimer(callback);
		if (ms === 0) scope.benchHardware.isDue(timer);
		return timer;
	}
	static repeat(callback: (timer: StubTimer) => void): StubTimer {
		return new StubTimer(callback);
	}
	static schedule(timer: StubTimer, ms = 1): void {
		if (ms === 0) scope.benchHardware.isDue(timer);
	}
	static clear(): void {}
}

/** Fires what is due, and what that makes due. */
export function runTimers(): void {
	const state = scope.benchHardware;
	while (state.done < state.count) {
		const timer = state.due[state.done++] as StubTimer;
		timer.callback(timer);
	}
	state.done = state.count = 0;
}

/** Ecma-419's socket: takes everything, and has what `feed` gave it. */
export class StubSocket {
	format = "number";
	readonly #options: SocketOptions;
	#input: Uint8Array = new Uint8Array(0);
	#at = 0;
	/** Keeps a copy of what is written, for the tests. */
	log: number[] | undefined;

	constructor(options: SocketOptions) {
		this.#options = options;
		scope.benchHardware.socket = this;
	}

	write(bytes: Uint8Array): number {
		this.log?.push(...bytes);
		return FREE;
	}
	/** A byte; or so many as an ArrayBuffer; or as many as `target` has. */
	read(target?: number | Uint8Array): unknown {
		const at = this.#at;
		if (target === undefined) {
			this.#at = at + 1;
			return this.#input[at];
		}
		if (typeof target === "number") {
			this.#at = at + target;
			return (this.#input.buffer as ArrayBuffer).slice(at, at + target);
		}
		target.set(this.#input); // always whole in this benchmark
		this.#at = at + target.length;
		return target.length;
	}
	close(): void {}

	writable(): void {
		this.#options.onWritable?.(FREE);
		runTimers();
	}
	feed(bytes: Uint8Array): void {
		this.#input = bytes;
		this.#at = 0;
		this.#options.onReadable?.(bytes.length);
		runTimers();
	}
}

/** What both clients do, over and over. */
export interface Job {
	readonly way: "loop" | "publish" | "inbound";
	readonly count: number;
	/** Bytes written are sent to the parent for the first messages. */
	readonly show: number;
	/** Over WebSocket: what comes in is framed. */
	readonly webSocket?: boolean;
}

/** Frame to the parent: what was written. */
export const WRITTEN = 100;
export const TOPIC = "mote/mote-0001/measures";
/** 150 bytes. */
export const PAYLOAD = Object.freeze(
	Array.from({ length: 150 }, (_, i) => 32 + (i % 90)),
) as readonly number[];

/** An inbound QoS 1 message of 60 bytes on "s/ds". */
export function inboundPacket(): Uint8Array {
	return Uint8Array.of(0x32, 68, 0, 4, 115, 47, 100, 115, 0, 7, ...PAYLOAD.slice(0, 60));
}

export const CONNACK = Object.freeze([0x20, 2, 0, 0]) as readonly number[];

/**
 * Runs the job; `publish` sends one message and returns its packet id, `received` counts inbound payload
 * bytes.
 */
export function runJob(job: Job, client: { publish(): number; received: number }): void {
	const state = scope.benchHardware;
	const socket = state.socket as StubSocket;
	const framed = (bytes: Uint8Array) => (job.webSocket ? Uint8Array.of(0x82, bytes.length, ...bytes) : bytes);
	const puback = framed(Uint8Array.of(0x40, 2, 0, 0));
	const idAt = puback.length - 2;
	const inbound = framed(inboundPacket());
	for (let n = 0; n < job.count; n++) {
		if (job.way === "loop") continue;
		socket.log = n < job.show ? [] : undefined;
		if (job.way === "publish") {
			const id = client.publish();
			puback[idAt] = id >> 8;
			puback[idAt + 1] = id & 255;
			socket.writable();
			socket.feed(puback);
		} else {
			socket.feed(inbound);
			socket.writable();
		}
		if (socket.log) host.send(WRITTEN, Uint8Array.from(socket.log));
	}
	if (job.way === "inbound" && client.received !== 60 * job.count) throw new Error("messages were lost");
}
