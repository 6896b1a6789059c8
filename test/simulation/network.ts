// The network between a node and its server: byte pipes with latency, small buffers and arbitrary pieces,
// which can be cut at any byte, stall, or fall silent with neither end hearing of it.

import type { Packet } from "mqtt-packet";
import type { Chance } from "./chance.js";
import type { Scheduler } from "./scheduler.js";

/** A packet on its way: it has arrived when the byte before `end` has. */
export interface Travelling {
	readonly packet: Packet;
	readonly end: number;
}

/** Most bytes that the transport hands over at once (Limits.chunkBytes). */
const SEGMENT = 512;

/** One direction of a connection. */
export class Pipe {
	/** Bytes that went in, and that came out. */
	entered = 0;
	left = 0;
	/** Position at which the connection is cut. */
	cutAt = Number.POSITIVE_INFINITY;
	/** Told when that happens. */
	onCut: () => void = () => {};
	#stalledUntil = 0;
	/** Pieces that should have come out since. */
	#held = 0;
	#dead = false;
	#lastAt = 0;
	readonly #queue: Buffer[] = [];
	readonly #travelling: Travelling[] = [];
	readonly #latencyMs: number;
	readonly #pieces: boolean;
	readonly #scheduler: Scheduler;
	readonly #chance: Chance;
	readonly #arrived: (packet: Packet) => void;
	readonly #out: (bytes: Buffer) => void;
	readonly #cut: () => void;

	constructor(
		options: { scheduler: Scheduler; chance: Chance; latencyMs: number; pieces: boolean },
		arrived: (packet: Packet) => void,
		out: (bytes: Buffer) => void,
		cut: () => void,
	) {
		this.#scheduler = options.scheduler;
		this.#chance = options.chance;
		this.#latencyMs = options.latencyMs;
		this.#pieces = options.pieces;
		this.#arrived = arrived;
		this.#out = out;
		this.#cut = cut;
	}

	get dead(): boolean {
		return this.#dead;
	}

	/** `ending` are the packets that end in these bytes. */
	push(bytes: Buffer, ending: readonly Travelling[]): void {
		this.entered += bytes.length;
		if (this.#dead) return;
		this.#travelling.push(...ending);
		let from = 0;
		while (from < bytes.length) {
			const most = Math.min(SEGMENT, bytes.length - from);
			const n = this.#pieces ? Math.min(most, this.#chance.span(1, SEGMENT)) : most;
			this.#queue.push(bytes.subarray(from, from + n));
			from += n;
			this.#schedule();
		}
	}

	stall(ms: number): void {
		this.#stalledUntil = Math.max(this.#stalledUntil, this.#scheduler.now + ms);
	}
	unstall(): void {
		this.#stalledUntil = 0;
		this.#release();
	}
	/** What was held up comes out now, unless it is held up again. */
	#release(): void {
		const wait = this.#stalledUntil - this.#scheduler.now;
		if (wait > 0) {
			this.#scheduler.after(wait, () => this.#release());
			return;
		}
		for (let held = this.#held; held > 0; held--) {
			this.#held--;
			this.#deliver();
		}
	}
	/** Nothing comes out any more. */
	kill(): void {
		this.#dead = true;
		this.#queue.length = 0;
	}

	#schedule(): void {
		// A piece never overtakes the one before it.
		const at = Math.max(this.#lastAt, this.#scheduler.now + this.#latencyMs);
		this.#lastAt = at;
		this.#scheduler.after(at - this.#scheduler.now, () => this.#deliver());
	}

	#deliver(): void {
		if (this.#dead) return;
		const wait = this.#stalledUntil - this.#scheduler.now;
		if (wait > 0) {
			if (++this.#held === 1) this.#scheduler.after(wait, () => this.#release());
			return;
		}
		const bytes = this.#queue.shift();
		if (!bytes) return;
		const n = Math.min(bytes.length, this.cutAt - this.left);
		this.left += n;
		const travelling = this.#travelling;
		while (travelling.length > 0 && (travelling[0] as Travelling).end <= this.left)
			this.#arrived((travelling.shift() as Travelling).packet);
		if (n > 0 && !this.#dead) this.#out(bytes.subarray(0, n));
		if (n === bytes.length || this.#dead) return;
		this.onCut();
		this.#cut();
	}
}

/** What the node's end of a connection hears. */
export interface NodeEnd {
	received(bytes: Buffer): void;
	/** A packet has arrived whole; called before its last bytes are handed over. */
	arrived(packet: Packet): void;
	/** All that was sent before this position has arrived at the server. */
	moved(position: number): void;
	lost(): void;
}

/** What the server's end hears. */
export interface ServerEnd {
	packet(packet: Packet): void;
	lost(): void;
}

/** One TCP connection. The server's end comes about a latency later than the node's. */
export class Connection {
	readonly up: Pipe;
	readonly down: Pipe;
	/** Something was done to it that a sound network does not do. */
	touched = false;
	/** When it was cut or fell silent, or -1. */
	brokenAt = -1;
	/** Bytes of the node's that its socket holds at most. */
	readonly buffer: number;
	readonly latencyMs: number;
	node: NodeEnd | undefined;
	server: ServerEnd | undefined;
	/** It fell silent, and the node does not hear of it. */
	silent: () => void = () => {};
	readonly #scheduler: Scheduler;

	constructor(scheduler: Scheduler, chance: Chance, latencyMs: number, buffer: number, pieces: boolean) {
		this.#scheduler = scheduler;
		this.latencyMs = latencyMs;
		this.buffer = buffer;
		const options = { scheduler, chance, latencyMs, pieces };
		const cut = () => this.break(latencyMs, latencyMs);
		this.up = new Pipe(
			options,
			(packet) => this.server?.packet(packet),
			() => this.node?.moved(this.up.left),
			cut,
		);
		this.down = new Pipe(
			options,
			(packet) => this.node?.arrived(packet),
			(bytes) => this.node?.received(bytes),
			cut,
		);
	}

	/** Nothing gets through any more; each end hears of it after so many ms, or, below 0, never. */
	break(nodeHearsMs: number, serverHearsMs: number): void {
		if (this.brokenAt >= 0) return;
		this.brokenAt = this.#scheduler.now;
		this.touched = true;
		this.up.kill();
		this.down.kill();
		if (nodeHearsMs < 0) this.silent();
		if (nodeHearsMs >= 0) this.#scheduler.after(nodeHearsMs, () => this.#lose("node"));
		if (serverHearsMs >= 0) this.#scheduler.after(serverHearsMs, () => this.#lose("server"));
	}

	/** An end closes; what it sent still arrives, then the other end hears of it. */
	close(who: "node" | "server", abort: boolean): void {
		const pipe = who === "node" ? this.up : this.down;
		const other = who === "node" ? "server" : "node";
		this[who] = undefined;
		(who === "node" ? this.down : this.up).kill();
		if (this.brokenAt >= 0) return;
		if (abort) pipe.kill();
		this.#end(pipe, other);
	}

	#end(pipe: Pipe, other: "node" | "server"): void {
		this.#scheduler.after(this.latencyMs, () => {
			if (pipe.dead || pipe.left === pipe.entered) this.#lose(other);
			else this.#end(pipe, other);
		});
	}

	#lose(who: "node" | "server"): void {
		const end = this[who];
		this[who] = undefined;
		end?.lost();
	}
}
