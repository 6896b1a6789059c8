// The SDK's TLS socket over Node's: TLS 1.2 as on the board, certificates in DER, the server's name always checked.

import { checkServerIdentity, connect, type TLSSocket as NodeTLS } from "node:tls";
import TCP, { type Options as TcpOptions } from "../tcp.js";

export interface Options extends TcpOptions {
	host: string;
	secure: {
		serverName: string;
		protocolVersion?: number;
		certificate?: ArrayBuffer;
		clientCertificates?: ArrayBuffer[];
		clientKey?: ArrayBuffer;
	};
}

export default class TLSSocket extends TCP {
	#reached = false;

	protected override connect(options: Options): NodeTLS {
		const { address, port, secure } = options;
		const { serverName } = secure;
		const socket = connect({
			host: address,
			port,
			minVersion: "TLSv1.2",
			maxVersion: "TLSv1.2",
			...(/^[\d.]+$/.test(serverName) ? {} : { servername: serverName }),
			...(secure.certificate ? { ca: pem("CERTIFICATE", secure.certificate) } : {}),
			...(secure.clientCertificates && secure.clientKey
				? {
						cert: secure.clientCertificates.map((der) => pem("CERTIFICATE", der)).join(""),
						key: pem("PRIVATE KEY", secure.clientKey),
					}
				: {}),
			checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
		});
		socket.on("connect", () => {
			this.#reached = true;
		});
		return socket;
	}
	protected override get connectedEvent(): "secureConnect" {
		return "secureConnect";
	}
	protected override explain(error: NodeJS.ErrnoException): string {
		const text = super.explain(error);
		return this.#reached ? `TLS: ${text}` : text;
	}
}

function pem(label: string, der: ArrayBuffer): string {
	const lines =
		Buffer.from(der)
			.toString("base64")
			.match(/.{1,64}/g) ?? [];
	return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
