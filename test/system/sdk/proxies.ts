// Between the node and a server: pass on what both say, but for what a test wants changed.

import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";

abstract class Relay {
	readonly #to: number;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	constructor(to: number) {
		this.#to = to;
		this.#server = createServer((from) => this.#pass(from));
	}

	listen(port: number): Promise<void> {
		return new Promise((listening) => this.#server.listen(port, "127.0.0.1", () => listening()));
	}

	close(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
	}

	/** What becomes of the server's bytes in one connection; `end` closes both sides. */
	protected abstract toClient(from: Socket, end: () => void): (data: Buffer) => void;

	#pass(from: Socket): void {
		const to = connect(this.#to, "127.0.0.1");
		const end = () => {
			for (const socket of [from, to]) {
				this.#sockets.delete(socket);
				socket.destroy();
			}
		};
		for (const socket of [from, to]) {
			this.#sockets.add(socket);
			socket.on("error", end);
			socket.on("close", end);
		}
		from.on("data", (data) => void to.write(data));
		to.on("data", this.toClient(from, end));
	}
}

/** Passes on so many bytes of the server's, then cuts. */
export class CuttingProxy extends Relay {
	cutAt = 1;

	protected toClient(from: Socket, end: () => void): (data: Buffer) => void {
		let left = this.cutAt;
		return (data) => {
			const part = data.subarray(0, Math.min(left, data.length));
			left -= part.length;
			from.write(part);
			if (left <= 0) from.end(end);
		};
	}
}

/** Changes what the server's ServerKeyExchange says of its signature. */
export class SigningProxy extends Relay {
	pair: readonly [digest: number, kind: number] | undefined;

	protected toClient(from: Socket): (data: Buffer) => void {
		const { pair } = this;
		let flight: Buffer | undefined = Buffer.alloc(0);
		return (data) => {
			if (!flight) return void from.write(data);
			flight = Buffer.concat([flight, data]);
			// A named curve, secp256r1, a point of 65 bytes; then the digest and the kind of signature.
			const at = flight.indexOf(Buffer.from([3, 0, 23, 65, 4])) + 4 + 65;
			if (at < 4 + 65 || at + 2 > flight.length) return;
			assert.deepEqual([...flight.subarray(at, at + 2)], [4, 1]);
			if (pair) flight.set(pair, at);
			from.write(flight);
			flight = undefined;
		};
	}
}
