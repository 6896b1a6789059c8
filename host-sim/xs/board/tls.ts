// The SDK's TLS socket over the parent's. The handshake takes none of the machine's memory; what the SDK's
// own would take is kept free of use by a reserve (host-sim/xs/creation.ts).

import TCP, { type Options as TcpOptions } from "host-sim/xs/board/socket";
import { Out } from "host-sim/xs/frames";

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
	protected override connect(id: number, options: Options): void {
		const { address, port, secure } = options;
		const { serverName, certificate, clientKey, clientCertificates = [] } = secure;
		const alpn = secure.applicationLayerProtocolNegotiation ?? "";
		host.send(
			Out.ConnectTls,
			id,
			address,
			port,
			serverName,
			alpn,
			certificate,
			clientKey,
			...clientCertificates,
		);
	}
}
