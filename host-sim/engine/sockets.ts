// The sockets that host-sim lends to a machine: Node's, with TLS 1.2 as on the board, certificates in DER,
// and the server's name always checked.

import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { checkServerIdentity, connect } from "node:tls";
import type { Line } from "./line.js";

export interface TlsOptions {
	readonly serverName: string;
	/** Application protocol to ask for; "": none. */
	readonly alpn?: string;
	/** DER. */
	readonly certificate?: Uint8Array | undefined;
	readonly clientCertificates?: readonly Uint8Array[] | undefined;
	/** PKCS#8 DER. */
	readonly clientKey?: Uint8Array | undefined;
}

export interface LentSocket {
	readonly socket: Duplex;
	/** What Node calls the moment from which bytes may be written. */
	readonly connectedEvent: "connect" | "secureConnect";
	/** Words for what Node reports. */
	explain(error: NodeJS.ErrnoException): string;
}

/** How names are looked up: a board knows IPv4 only, a laptop may have a broker that is not there. */
export const IPV4_FIRST = Object.freeze({ verbatim: false });

/** Bytes that can be on their way; about lwIP's send buffer. */
export const WINDOW = 5744;
/** Received bytes that are kept before the peer is held back. */
export const RECEIVE = 8192;

export function openSocket(address: string, port: number, tls?: TlsOptions, line?: Line): LentSocket {
	const reach = () => {
		const raw = createConnection({ host: address, port });
		raw.setNoDelay(true);
		return raw;
	};
	if (tls === undefined) {
		const socket = line ? line.open(reach) : reach();
		line?.watch(socket);
		return { socket, connectedEvent: "connect", explain: (error) => error.code ?? error.message };
	}
	const { serverName, alpn = "", certificate, clientCertificates = [], clientKey } = tls;
	let reached = false;
	const raw = line?.open(reach);
	const socket = connect({
		...(raw ? { socket: raw } : { host: address, port }),
		minVersion: "TLSv1.2",
		maxVersion: "TLSv1.2",
		...(alpn === "" ? {} : { ALPNProtocols: [alpn] }),
		...(/^[\d.]+$/.test(serverName) ? {} : { servername: serverName }),
		...(certificate ? { ca: pem("CERTIFICATE", certificate) } : {}),
		...(clientCertificates.length > 0 && clientKey
			? {
					cert: clientCertificates.map((der) => pem("CERTIFICATE", der)).join(""),
					key: pem("PRIVATE KEY", clientKey),
				}
			: {}),
		checkServerIdentity: (_host, presented) => checkServerIdentity(serverName, presented),
	});
	(raw ?? socket).on("connect", () => {
		reached = true;
	});
	// What ends below TLS before it has begun is not told there.
	raw?.on("error", (error) => socket.destroy(error));
	if (!raw) socket.setNoDelay(true);
	line?.watch(socket);
	return {
		socket,
		connectedEvent: "secureConnect",
		explain: (error) => (reached ? `TLS: ${error.code ?? error.message}` : (error.code ?? error.message)),
	};
}

function pem(label: string, der: Uint8Array): string {
	const lines =
		Buffer.from(der)
			.toString("base64")
			.match(/.{1,64}/g) ?? [];
	return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
