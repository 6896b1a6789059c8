// aedes on loopback, on TCP or TLS, by itself or over WebSocket.

import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTls, type TlsOptions } from "node:tls";
import { Aedes, type AedesOptions } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";

export interface BrokerKind {
	readonly tls?: TlsOptions;
	readonly web?: boolean;
	readonly aedes?: AedesOptions;
}

export class AedesBroker {
	readonly aedes: Aedes;
	readonly #server: Server;
	/** Below TLS. */
	readonly #sockets = new Set<Socket>();

	private constructor(aedes: Aedes, server: Server) {
		this.aedes = aedes;
		this.#server = server;
		server.on("connection", (socket: Socket) => {
			this.#sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => this.#sockets.delete(socket));
		});
	}

	static async open({ tls, web = false, aedes: options = {} }: BrokerKind): Promise<AedesBroker> {
		const aedes = await Aedes.createBroker(options);
		const handle = (socket: Socket) => void aedes.handle(socket);
		const server = web
			? tls
				? createHttps(tls)
				: createHttp()
			: tls
				? createTls(tls, handle)
				: createServer(handle);
		if (web)
			new WebSocketServer({ server: server as ReturnType<typeof createHttp>, path: "/mqtt" }).on(
				"connection",
				(socket) => void aedes.handle(createWebSocketStream(socket)),
			);
		const broker = new AedesBroker(aedes, server);
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return broker;
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	cut(): void {
		for (const socket of this.#sockets) socket.destroy();
	}

	close(): Promise<void> {
		this.cut();
		return new Promise((resolve) => this.aedes.close(() => this.#server.close(() => resolve())));
	}
}
