// A WebSocket server on loopback in the hands of a test: plain TCP, or TLS, and what a script says on it.

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { eventually } from "./waiting.js";
import { WsConversation, type WsScript } from "./ws-conversation.js";

export class WsPeer {
	/** One for each connection, in their order. */
	readonly conversations: WsConversation[] = [];
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(script: (connection: number) => WsScript, tls: TlsOptions | undefined) {
		const accept = (socket: Socket) => this.#accept(socket, script(this.conversations.length));
		this.#server = tls ? createTlsServer(tls, accept) : createServer(accept);
		// Below TLS, so that a handshake that hangs is ended too.
		this.#server.on("connection", (socket: Socket) => {
			this.#sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => this.#sockets.delete(socket));
		});
	}

	/** `script`: one for all connections, or one for each, which are counted from 0. */
	static open(script: WsScript | ((connection: number) => WsScript) = {}, tls?: TlsOptions): Promise<WsPeer> {
		const peer = new WsPeer(typeof script === "function" ? script : () => script, tls);
		return new Promise((resolve, reject) => {
			peer.#server.once("error", reject);
			peer.#server.listen(0, "127.0.0.1", () => resolve(peer));
		});
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	/** The conversation of a connection, once `look` finds in it what it looks for. */
	until(look: (talk: WsConversation) => boolean, connection = 0): Promise<WsConversation> {
		return eventually(
			() => {
				const talk = this.conversations[connection];
				return talk && look(talk) ? talk : undefined;
			},
			() => `connection ${connection} of ${this.conversations.length} did not get so far`,
		);
	}

	close(): Promise<void> {
		const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
		for (const socket of this.#sockets) socket.destroy();
		return closed;
	}

	#accept(socket: Socket, script: WsScript): void {
		socket.setNoDelay(true);
		const talk = new WsConversation(script, {
			write: (bytes) => socket.write(bytes),
			end: () => socket.end(),
			reset: () => socket.destroy(),
		});
		this.conversations.push(talk);
		socket.on("data", (bytes: Buffer) => talk.received(bytes));
		socket.on("error", () => {});
		socket.on("close", () => {
			talk.ended = true;
		});
	}
}
