// A TCP proxy on loopback between a session and a broker that cuts, stalls and throttles the connection.

import { connect, createServer, type Server, type Socket } from "node:net";

export interface Trouble {
	/**
	 * Both directions together: after so many bytes, drawn anew for each connection, both sides are cut off.
	 */
	readonly cutAfter: () => number;
	/** After so many bytes nothing passes for a while. */
	readonly stallAfter?: (() => number) | undefined;
	readonly stallMs?: number | undefined;
	/** Bytes that pass at once, every millisecond; without it, as they come. */
	readonly bytesPerMs?: number | undefined;
}

export class CuttingProxy {
	/** No more trouble: what comes passes. */
	calm = false;
	cuts = 0;
	stalls = 0;
	connections = 0;
	/** Sees what passes to the client; called with undefined when a connection ends. */
	onPassed: ((connection: number, data: Buffer | undefined) => void) | undefined;
	readonly #trouble: Trouble;
	readonly #broker: number;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(broker: number, trouble: Trouble) {
		this.#broker = broker;
		this.#trouble = trouble;
		this.#server = createServer((socket) => this.#accept(socket));
	}

	static open(broker: number, trouble: Trouble): Promise<CuttingProxy> {
		const proxy = new CuttingProxy(broker, trouble);
		return new Promise((resolve) => proxy.#server.listen(0, "127.0.0.1", () => resolve(proxy)));
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	close(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	#accept(client: Socket): void {
		const connection = ++this.connections;
		const server = connect(this.#broker, "127.0.0.1");
		const { cutAfter, stallAfter, stallMs = 0, bytesPerMs } = this.#trouble;
		let left = cutAfter();
		let untilStall = stallAfter?.() ?? Number.POSITIVE_INFINITY;
		const cut = () => {
			client.destroy();
			server.destroy();
			this.onPassed?.(connection, undefined);
		};
		for (const [from, to] of [
			[client, server],
			[server, client],
		] as const) {
			this.#sockets.add(from);
			from.setNoDelay(true);
			from.on("error", cut);
			from.on("close", () => {
				this.#sockets.delete(from);
				cut();
			});
			const write = (data: Buffer) => {
				if (to.destroyed || data.length === 0) return;
				if (to === client) this.onPassed?.(connection, data);
				to.write(data);
			};
			from.on("data", (data: Buffer) => {
				if (this.calm) return write(data);
				// Up to the very byte: the other side may have got half a packet.
				const passing = data.subarray(0, left);
				left -= passing.length;
				untilStall -= passing.length;
				let pause = bytesPerMs ? passing.length / bytesPerMs : 0;
				if (untilStall <= 0) {
					untilStall = stallAfter?.() ?? Number.POSITIVE_INFINITY;
					this.stalls++;
					pause += stallMs;
				}
				const pass = () => {
					if (from.destroyed && to.destroyed) return;
					write(passing);
					if (left > 0) {
						from.resume();
						return;
					}
					this.cuts++;
					// What was let through still goes out.
					setTimeout(cut, 2);
				};
				from.pause();
				if (pause < 1) pass();
				else setTimeout(pass, pause);
			});
		}
	}
}
