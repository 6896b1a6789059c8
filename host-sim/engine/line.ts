// The cable between the simulated board and its broker, where somebody wants to pull it, slow it down or look
// at it: what is cut waits at its end and goes on when the cable is whole again, as TCP does it; new
// connections find no way.

import type { Socket } from "node:net";
import { Duplex } from "node:stream";

export type Direction = "up" | "down";

/** Told when a connection that was tried finds the cable cut, ms. */
const UNREACHABLE_MS = 200;

/** Bytes, or that the other side ends, or that it is gone. */
type Piece = Buffer | "end" | "gone";

interface Waiting {
	readonly due: number;
	readonly piece: Piece;
	readonly done: () => void;
}

/**
 * One direction of one connection: in order, each piece not before its time, and nothing while the line is
 * cut.
 */
class Pipe {
	readonly #line: Line;
	readonly #out: (piece: Piece, done: () => void) => void;
	readonly #waiting: Waiting[] = [];
	#timer: NodeJS.Timeout | undefined;

	constructor(line: Line, out: (piece: Piece, done: () => void) => void) {
		this.#line = line;
		this.#out = out;
	}

	push(piece: Piece, done: () => void = () => {}): void {
		this.#waiting.push({ due: performance.now() + this.#line.delayMs, piece, done });
		this.pump();
	}

	pump(): void {
		clearTimeout(this.#timer);
		while (!this.#line.cut) {
			const head = this.#waiting[0];
			if (!head) return;
			const left = head.due - performance.now();
			if (left > 0) {
				this.#timer = setTimeout(() => this.pump(), left);
				return;
			}
			this.#waiting.shift();
			this.#out(head.piece, head.done);
		}
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#waiting.length = 0;
	}
}

/** A socket whose bytes pass through the line. */
class LinedSocket extends Duplex {
	readonly #raw: Socket;
	readonly #up: Pipe;
	readonly #down: Pipe;
	readonly #line: Line;

	constructor(line: Line, raw: Socket) {
		super({ allowHalfOpen: true });
		this.#line = line;
		this.#raw = raw;
		let failure: Error | undefined;
		this.#up = new Pipe(line, (piece, done) => {
			if (raw.destroyed || raw.writableEnded) done();
			else if (typeof piece === "string") raw.end(done);
			else raw.write(piece, () => done());
		});
		this.#down = new Pipe(line, (piece) => {
			if (piece === "gone") this.destroy(failure);
			else if (!this.push(piece === "end" ? null : piece)) raw.pause();
		});
		line.pipes.add(this.#up).add(this.#down);
		raw.on("connect", () => this.emit("connect"));
		raw.on("data", (chunk: Buffer) => this.#down.push(chunk));
		raw.on("end", () => this.#down.push("end"));
		raw.on("error", (error) => {
			failure = error;
		});
		raw.on("close", () => this.#down.push("gone"));
	}

	setNoDelay(): void {
		this.#raw.setNoDelay(true);
	}
	override _read(): void {
		this.#raw.resume();
	}
	override _write(chunk: Buffer, _encoding: string, done: () => void): void {
		this.#up.push(chunk, done);
	}
	override _final(done: () => void): void {
		this.#up.push("end", done);
	}
	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		for (const pipe of [this.#up, this.#down]) {
			pipe.close();
			this.#line.pipes.delete(pipe);
		}
		this.#raw.destroy();
		done(error);
	}
}

export class Line {
	#cut = false;
	/** On the way in each direction, ms. */
	delayMs = 0;
	readonly pipes = new Set<Pipe>();
	/** What passes above TLS: number of the connection, which way, bytes. */
	onBytes: ((connection: number, direction: Direction, bytes: Uint8Array) => void) | undefined;
	#connections = 0;

	get cut(): boolean {
		return this.#cut;
	}
	set cut(cut: boolean) {
		this.#cut = cut;
		for (const pipe of [...this.pipes]) pipe.pump();
	}

	/** The socket that is used in the place of `connect()`'s. */
	open(connect: () => Socket): Duplex {
		if (!this.#cut) return new LinedSocket(this, connect());
		const nowhere = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
		const error = Object.assign(new Error("the network is cut"), { code: "ENETUNREACH" });
		setTimeout(() => nowhere.destroy(error), UNREACHABLE_MS);
		return nowhere;
	}

	/** Looks at the bytes of a socket above TLS. */
	watch(socket: Duplex): void {
		const connection = ++this.#connections;
		const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
		Object.assign(socket, {
			write: (chunk: Uint8Array, ...rest: unknown[]) => {
				this.onBytes?.(connection, "up", chunk);
				return write(chunk, ...rest);
			},
		});
		socket.on("data", (chunk: Buffer) => this.onBytes?.(connection, "down", chunk));
	}
}
