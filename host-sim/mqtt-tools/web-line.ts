// MQTT over WebSocket (MQTT 3.1.1, 6): to the firmware's transport the socket that it asks for.

import { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { Line } from "../engine/line.js";
import { type LentSocket, openSocket } from "../engine/sockets.js";
import type { Address } from "./address.js";
import type { Credentials } from "./credentials.js";
import { failure, farewell, refusal, WEB } from "./web-words.js";

/** Longest message of the server's, bytes: many times what a tool prints of one. */
const MAX_MESSAGE = 16 << 20;

export class WebLine extends Line {
	readonly #address: Address;
	readonly #credentials: Credentials;
	#last: WebStream | undefined;

	constructor(address: Address, credentials: Credentials) {
		super();
		this.#address = address;
		this.#credentials = credentials;
	}

	override open(): Duplex {
		// The transport ends what it has given up on in order, which a server that is silent never does.
		this.#last?.destroy();
		this.#last = new WebStream(this.#address, this.#credentials);
		return this.#last;
	}

	override watch(): void {}
}

/** A stream of its own: that of ws takes text, and leaves no room for words. */
class WebStream extends Duplex {
	readonly #ws: WebSocket;
	readonly #lent: LentSocket;

	constructor({ host, port, tls, path = "/" }: Address, { ca, chain, key }: Credentials) {
		super({ allowHalfOpen: false });
		const bytes = (der: ArrayBuffer) => new Uint8Array(der);
		const secure = {
			serverName: host,
			certificate: ca && bytes(ca),
			clientCertificates: chain.map(bytes),
			clientKey: key && bytes(key),
		};
		const lent = openSocket(host, port, tls ? secure : undefined);
		this.#lent = lent;
		let reached = false;
		// Not before: what TLS meets while HTTP has bytes waiting has lost its cause.
		const createConnection = (_options: unknown, done: (error: Error | null, socket?: Duplex) => void) => {
			lent.socket.on("error", done).once(lent.connectedEvent, () => {
				reached = true;
				done(null, lent.socket);
			});
		};
		const url = `${tls ? "wss" : "ws"}://${host}:${port}${path}`;
		const options = { createConnection, perMessageDeflate: false, maxPayload: MAX_MESSAGE };
		const ws = new WebSocket(url, "mqtt", options as unknown as WebSocket.ClientOptions);
		this.#ws = ws;
		ws.on("open", () => this.emit("connect"));
		ws.on("message", (data: Buffer, binary: boolean) => {
			if (!binary) this.destroy(new Error(`${WEB}it sends text where MQTT is binary [MQTT-6.0.0-1]`));
			else if (!this.push(data)) ws.pause();
		});
		ws.on("unexpected-response", (_request, response) => this.destroy(refusal(response, path)));
		ws.on("error", (error) => this.destroy(reached ? failure(error, tls) : new Error(lent.explain(error))));
		ws.on("close", (code, reason) => {
			// Behind all that came before it.
			this.once("end", () => this.destroy(farewell(code, String(reason))));
			this.push(null);
		});
	}

	override _read(): void {
		if (this.#ws.isPaused) this.#ws.resume();
	}

	override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
		// While the server closes nothing is sent, and why it does is told in a moment.
		if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(chunk, done);
	}

	override _final(done: () => void): void {
		this.#ws.close(1000);
		done();
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		this.#ws.terminate();
		// Which ws does not have before it is connected.
		this.#lent.socket.destroy();
		done(error);
	}
}
