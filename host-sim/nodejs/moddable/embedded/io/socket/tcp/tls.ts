// The SDK's TLS socket over Node's.

import { type LentSocket, openSocket } from "../../../../../../engine/sockets.js";
import TCP, { type Options as TcpOptions } from "../tcp.js";

export interface Options extends TcpOptions {
	host: string;
	secure: {
		serverName: string;
		protocolVersion?: number;
		applicationLayerProtocolNegotiation?: string;
		certificate?: ArrayBuffer;
		clientCertificates?: ArrayBuffer[];
		clientKey?: ArrayBuffer;
	};
}

export default class TLSSocket extends TCP {
	protected override connect(options: Options): LentSocket {
		const { address, port, secure } = options;
		const { serverName, certificate, clientCertificates, clientKey } = secure;
		const tls = {
			serverName,
			alpn: secure.applicationLayerProtocolNegotiation ?? "",
			certificate: certificate && new Uint8Array(certificate),
			clientCertificates: clientCertificates?.map((der) => new Uint8Array(der)),
			clientKey: clientKey && new Uint8Array(clientKey),
		};
		return openSocket(address, port, tls, this.machine.options.line);
	}
}
