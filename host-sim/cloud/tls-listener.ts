// The embedded broker's TCP side: TLS, where a client shows a certificate or, if the cloud admits passwords,
// none.
import type { AddressInfo, Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { ReportEvent } from "./events.js";
import type { Identities } from "./identities.js";

export interface TlsListenerOptions {
	identities: Identities;
	/** Whether a client may come without a certificate. One that is not trusted ends the handshake anyway. */
	admitsPasswords: boolean;
	report: ReportEvent;
	onClient(socket: TLSSocket): void;
}

export class TlsListener {
	private readonly options: TlsListenerOptions;
	private readonly sockets = new Set<Socket>();
	private server: Server | undefined;
	/** Authorities beside the identities' own. */
	private others: readonly string[] = [];

	constructor(options: TlsListenerOptions) {
		this.options = options;
	}

	/** Listens on this port of the loopback interface, 0 = any free one, and returns it. */
	async start(port: number): Promise<number> {
		const server = createServer({
			...this.secrets(),
			requestCert: true,
			rejectUnauthorized: !this.options.admitsPasswords,
			// Small packets in quick exchange: waiting to fill segments would cost 40 ms each time.
			noDelay: true,
		});
		server.on("connection", (socket) => {
			this.sockets.add(socket);
			socket.once("close", () => this.sockets.delete(socket));
		});
		server.on("tlsClientError", (error) => this.refused(error.message));
		server.on("secureConnection", (socket) => this.judge(socket));
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, "127.0.0.1", resolve);
		});
		this.server = server;
		return (server.address() as AddressInfo).port;
	}

	/** Takes certificates of these authorities too, instead of those named before; from the next client on. */
	trust(authorities: readonly string[]): void {
		this.others = authorities;
		this.server?.setSecureContext(this.secrets());
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

	private secrets(): SecureContextOptions {
		const { server, ca } = this.options.identities;
		const authorities = [ca.pem, ...this.others];
		return { key: server.keyPem, cert: server.chainPem, ca: authorities, minVersion: "TLSv1.2" };
	}

	private judge(socket: TLSSocket): void {
		socket.on("error", () => {});
		if (!socket.authorized && socket.getPeerX509Certificate()) {
			this.refused(String(socket.authorizationError));
			socket.destroy();
			return;
		}
		this.options.onClient(socket);
	}

	private refused(why: string): void {
		if (this.server) this.options.report({ kind: "refused", clientId: "", reason: `TLS: ${why}` });
	}
}
