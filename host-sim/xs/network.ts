// The sockets of a machine on XS: the machine has numbers, the parent has sockets. What the firmware has not
// read yet holds the peer back, as a small receive window does.

import type { Line } from "../engine/line.js";
import { openSocket, RECEIVE, type TlsOptions, WINDOW } from "../engine/sockets.js";
import type { Value } from "./codec.js";
import { In, Out } from "./frames.js";

/** Longest wait for the peer to close too, ms. */
const CLOSE_MS = 2000;

/** One connection as the parent sees it. */
export interface Link {
	write(bytes: Buffer): void;
	pause(): void;
	resume(): void;
	end(): void;
	destroy(): void;
}

export interface LinkEvents {
	/** Bytes may be written: a whole window of them, unless said otherwise. */
	opened(window?: number): void;
	data(bytes: Buffer): void;
	/** Bytes have left. */
	written(count: number): void;
	/** Empty without a reason. */
	closed(why: string): void;
}

/** Opens connections; tests have one without any sockets. */
export type Network = (
	address: string,
	port: number,
	tls: TlsOptions | undefined,
	events: LinkEvents,
) => Link;

/** Node's sockets, through a line if there is one. */
export const nodeNetwork =
	(line?: Line): Network =>
	(address, port, tls, events) => {
		const { socket, connectedEvent, explain } = openSocket(address, port, tls, line);
		socket.on(connectedEvent, () => events.opened());
		socket.on("data", (chunk: Buffer) => events.data(chunk));
		socket.on("error", (error) => events.closed(explain(error)));
		socket.on("close", () => events.closed(""));
		return {
			write: (bytes) =>
				void socket.write(bytes, (error) => {
					if (!error) events.written(bytes.length); // what failed has not left
				}),
			pause: () => void socket.pause(),
			resume: () => void socket.resume(),
			end: () => {
				// A peer that is silent or held back must not keep it for ever.
				socket.end();
				socket.resume();
				setTimeout(() => socket.destroy(), CLOSE_MS).unref();
			},
			destroy: () => void socket.destroy(),
		};
	};

interface Open {
	link: Link | undefined;
	/** Received bytes that the firmware has not read. */
	unread: number;
	gone: boolean;
}

export class LentSockets {
	readonly #network: Network;
	readonly #call: (kind: number, id: number, content: number | Uint8Array) => void;
	readonly #open = new Map<number, Open>();

	constructor(network: Network, call: (kind: number, id: number, content: number | Uint8Array) => void) {
		this.#network = network;
		this.#call = call;
	}

	/** A frame of the machine that is about a socket. */
	asked(type: number, content: Value[]): void {
		const id = content[0] as number;
		const open = this.#open.get(id);
		switch (type) {
			case Out.Connect:
				return this.#connect(id, content[1] as string, content[2] as number, undefined);
			case Out.ConnectTls: {
				const [, address, port, serverName, alpn, ca, key, ...chain] = content;
				// Views into the frame: the sockets keep them.
				const copy = (bytes: Value) =>
					bytes === undefined ? undefined : Uint8Array.from(bytes as Uint8Array);
				return this.#connect(id, address as string, port as number, {
					serverName: serverName as string,
					alpn: alpn as string,
					certificate: copy(ca),
					clientKey: copy(key),
					clientCertificates: chain.map((der) => copy(der) as Uint8Array),
				});
			}
			case Out.Write:
				open?.link?.write(Buffer.from(content[1] as Uint8Array));
				return;
			case Out.Taken:
				if (!open) return;
				open.unread -= content[1] as number;
				if (open.unread < RECEIVE) open.link?.resume();
				return;
			case Out.Close:
				if (!open) return;
				open.gone = true;
				this.#open.delete(id);
				open.link?.end();
				return;
			default:
		}
	}

	/** Ends all at once. */
	destroy(): void {
		for (const open of this.#open.values()) {
			open.gone = true;
			open.link?.destroy();
		}
		this.#open.clear();
	}

	#connect(id: number, address: string, port: number, tls: TlsOptions | undefined): void {
		const open: Open = { link: undefined, unread: 0, gone: false };
		this.#open.set(id, open);
		const events: LinkEvents = {
			opened: (window = WINDOW) => {
				if (!open.gone) this.#call(In.Written, id, window);
			},
			data: (bytes) => {
				if (open.gone) return;
				open.unread += bytes.length;
				if (open.unread >= RECEIVE) open.link?.pause();
				this.#call(In.Data, id, bytes);
			},
			written: (count) => {
				if (!open.gone) this.#call(In.Written, id, count);
			},
			closed: (why) => {
				if (open.gone) return;
				open.gone = true;
				this.#open.delete(id);
				open.link?.destroy();
				this.#call(In.Closed, id, Buffer.from(why));
			},
		};
		try {
			open.link = this.#network(address, port, tls, events);
		} catch (error) {
			// Certificates that cannot be read, or do not belong together: told like any other failure, and not in
			// this call.
			const why = `${tls ? "TLS: " : ""}${error instanceof Error ? error.message : String(error)}`;
			queueMicrotask(() => events.closed(why));
		}
	}
}
