// The embedded broker's WebSocket side (MQTT 3.1.1, section 6): TLS without client certificates, path /mqtt,
// sub-protocol mqtt, binary frames.
import type { IncomingMessage } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { ReportEvent } from "./events.js";
import type { Identities } from "./identities.js";

export interface WebSocketListenerOptions {
	identities: Identities;
	/** Largest frame; MQTT packets have their own limit. */
	maxFrameBytes: number;
	report: ReportEvent;
	onClient(stream: Duplex): void;
}

const PATH = "/mqtt";
const PROTOCOL = "mqtt";

/** Why an upgrade is refused, as a status line's end. */
function refusal(request: IncomingMessage): string | undefined {
	if ((request.url ?? "").split("?")[0] !== PATH) return "404 Not Found";
	const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
	return offered.includes(PROTOCOL) ? undefined : "400 Bad Request";
}

export class WebSocketListener {
	private readonly options: WebSocketListenerOptions;
	private readonly sockets = new Set<Duplex>();
	private server: Server | undefined;

	constructor(options: WebSocketListenerOptions) {
		this.options = options;
	}

	/** Listens on this port of the loopback interface, 0 = any free one, and returns it. */
	async start(port: number): Promise<number> {
		const { identities, maxFrameBytes } = this.options;
		const { keyPem: key, chainPem: cert } = identities.server;
		const server = createServer({ key, cert, minVersion: "TLSv1.2", noDelay: true }, (_request, response) => {
			response.writeHead(426, { upgrade: "websocket", connection: "upgrade, close" }).end();
		});
		const upgrades = new WebSocketServer({
			noServer: true,
			maxPayload: maxFrameBytes,
			perMessageDeflate: false,
			handleProtocols: () => PROTOCOL,
		});
		server.on("connection", (socket) => {
			this.sockets.add(socket);
			socket.once("close", () => this.sockets.delete(socket));
		});
		server.on("tlsClientError", (error) => this.refused(`TLS: ${error.message}`));
		server.on("upgrade", (request, socket, head) => {
			socket.on("error", () => {});
			const why = refusal(request);
			if (why === undefined) {
				upgrades.handleUpgrade(request, socket, head, (webSocket) => this.opened(webSocket));
				return;
			}
			this.refused(`WebSocket: it takes path ${PATH} and sub-protocol ${PROTOCOL} only`);
			socket.end(`HTTP/1.1 ${why}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
		});
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, "127.0.0.1", resolve);
		});
		this.server = server;
		return (server.address() as AddressInfo).port;
	}

	/** Ends every connection at once; resolves when all have ended. */
	async stop(): Promise<void> {
		const { server } = this;
		this.server = undefined;
		if (!server) return;
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		for (const socket of this.sockets) socket.destroy();
		await closed;
	}

	private opened(webSocket: WebSocket): void {
		const stream = createWebSocketStream(webSocket);
		// Without this, one that the client has ended stays open for writing.
		stream.once("end", () => stream.destroy());
		webSocket.on("message", (_data, binary) => {
			if (binary) return;
			// MQTT travels in binary frames [MQTT-6.0.0-1]. What this one held is thrown away with the stream.
			stream.destroy();
		});
		this.options.onClient(stream);
	}

	private refused(reason: string): void {
		if (this.server) this.options.report({ kind: "refused", clientId: "", reason });
	}
}
