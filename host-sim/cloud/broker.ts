// The embedded MQTT broker: aedes behind TLS with client certificates, under the rules of one cloud's
// stand-in.
import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { Aedes, type AedesOptions, type Client } from "aedes";
import { generate } from "mqtt-packet";
import { commonNameOf } from "../../certs/library/issue.js";
import type { ReportEvent } from "./events.js";
import { limitPackets } from "./frame-limit.js";
import type { Identities } from "./identities.js";
import { LiveClient } from "./live-client.js";
import type { BrokerPolicy, DeviceLink } from "./stand-in.js";

type Handler<Name extends keyof AedesOptions> = NonNullable<AedesOptions[Name]>;
type ConnectPacket = Parameters<Handler<"preConnect">>[1];

const REFUSED_LINGER = 1000;
const SUBACK_FAILURE = 0x80;

export interface BrokerOptions {
	policy: BrokerPolicy;
	identities: Identities;
	report: ReportEvent;
	/** 0 or nothing = any free one, kept over restarts. */
	port?: number;
}

export class EmbeddedBroker implements DeviceLink {
	private readonly policy: BrokerPolicy;
	private readonly identities: Identities;
	private readonly report: ReportEvent;
	private listenPort: number;
	private server: Server | undefined;
	private aedes: Aedes | undefined;
	private stopping = false;
	private readonly sockets = new Set<Socket>();
	private readonly live = new Map<string, LiveClient>();
	/** Which device a connection was admitted as. */
	private readonly admitted = new WeakMap<Client, string>();

	constructor(options: BrokerOptions) {
		this.policy = options.policy;
		this.identities = options.identities;
		this.report = options.report;
		this.listenPort = options.port ?? 0;
		this.policy.attach(this);
	}

	get port(): number {
		return this.listenPort;
	}

	get url(): string {
		return `mqtts://localhost:${this.listenPort}`;
	}

	get running(): boolean {
		return this.server !== undefined;
	}

	async start(): Promise<void> {
		if (this.server) return;
		this.stopping = false;
		const aedes = await Aedes.createBroker(this.aedesOptions());
		aedes.on("client", (client) => this.onClient(client));
		aedes.on("clientDisconnect", (client) => this.onGone(client));
		aedes.on("clientError", (client, error) => this.onClientError(client, error));
		aedes.on("subscribe", (subscriptions, client) => {
			const device = this.admitted.get(client);
			if (device === undefined) return;
			for (const { topic, qos } of subscriptions) {
				if ((qos as number) === SUBACK_FAILURE) continue;
				this.policy.subscribed(device, topic);
				this.report({ kind: "subscribed", device, topic });
			}
		});
		const { server: own, ca } = this.identities;
		const server = createServer({
			key: own.keyPem,
			cert: own.chainPem,
			ca: ca.pem,
			requestCert: true,
			rejectUnauthorized: true,
			minVersion: "TLSv1.2",
			// Small packets in quick exchange: waiting to fill segments would cost 40 ms each time.
			noDelay: true,
		});
		server.on("connection", (socket) => {
			this.sockets.add(socket);
			socket.once("close", () => this.sockets.delete(socket));
		});
		server.on("tlsClientError", (error) => {
			if (!this.stopping) this.report({ kind: "refused", clientId: "", reason: `TLS: ${error.message}` });
		});
		server.on("secureConnection", (socket) => this.onSecure(aedes, socket));
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(this.listenPort, "127.0.0.1", resolve);
		});
		this.listenPort = (server.address() as AddressInfo).port;
		this.aedes = aedes;
		this.server = server;
	}

	/** Ends the listener and every connection at once, without wills, as when a broker dies. */
	async stop(): Promise<void> {
		const { server, aedes } = this;
		if (!server || !aedes) return;
		this.stopping = true;
		this.server = undefined;
		this.aedes = undefined;
		const closed = new Promise<void>((resolve) => server.close(() => resolve()));
		for (const socket of this.sockets) socket.destroy();
		await Promise.all(
			[...this.live.values()].map(({ client }) => new Promise<void>((done) => client.close(done))),
		);
		await new Promise<void>((resolve) => aedes.close(resolve));
		await closed;
		for (const { client } of [...this.live.values()]) this.onGone(client);
	}

	connected(device: string): boolean {
		return this.live.has(device);
	}

	subscribed(device: string, topic: string): boolean {
		return this.live.get(device)?.grantedQos(topic) !== undefined;
	}

	send(device: string, topic: string, payload: string): boolean {
		const sent = this.live.get(device)?.send(topic, payload) ?? false;
		if (sent) this.report({ kind: "sent", device, topic, payload });
		return sent;
	}

	/** Ends one device's connection without warning (its will is executed). */
	drop(device: string): void {
		this.live.get(device)?.client.conn.destroy();
	}

	private aedesOptions(): AedesOptions {
		return {
			// Client identifiers of MQTT 3.1 are judged by the stand-in.
			maxClientsIdLength: 0xffff,
			queueLimit: 1000,
			preConnect: (client, packet, done) => void this.onConnect(client, packet, done),
			authorizePublish: (client, packet, done) => this.onPublish(client, packet, done),
			authorizeSubscribe: (client, subscription, done) => {
				const device = this.admitted.get(client);
				const allowed = device !== undefined && this.policy.allowsSubscribe(device, subscription.topic);
				done(null, allowed ? subscription : null);
			},
			authorizeForward: (client, packet) => {
				if (this.policy.ordinaryBroker) return packet;
				const device = this.admitted.get(client);
				const live = device === undefined ? undefined : this.live.get(device);
				return live?.wasSentDirectly(packet.payload) ? packet : null;
			},
			published: (packet, client, done) => {
				// QoS 0 and 1 were processed in onPublish, in the order of arrival.
				if (packet.qos === 2 && client) this.process(client, packet);
				done(null);
			},
		};
	}

	private onSecure(aedes: Aedes, socket: TLSSocket): void {
		const { maxPacketBytes } = this.policy;
		limitPackets(socket, maxPacketBytes, () => {
			const device = this.deviceOf(socket);
			this.report({ kind: "error", device, text: `packet larger than ${maxPacketBytes} bytes` });
		});
		socket.on("error", () => {});
		aedes.handle(socket);
	}

	private deviceOf(socket: TLSSocket): string {
		for (const { device, client } of this.live.values()) if (client.conn === socket) return device;
		return "";
	}

	private async onConnect(
		client: Client,
		packet: ConnectPacket,
		done: (error: Error | null, success: boolean) => void,
	): Promise<void> {
		const certificate = (client.conn as TLSSocket).getPeerX509Certificate?.();
		const admission = this.policy.admit({
			clientId: packet.clientId,
			commonName: (certificate && commonNameOf(certificate)) ?? "",
			protocolLevel: packet.protocolVersion ?? 4,
			cleanSession: packet.clean ?? true,
		});
		if ("refuse" in admission) {
			this.report({ kind: "refused", clientId: packet.clientId, reason: admission.refuse });
			this.refuse(client, admission.code);
			return;
		}
		const { device, warning } = admission;
		if (warning) this.report({ kind: "warning", device, text: warning });
		// aedes' own takeover goes wrong while the old connection is just closing, so it is finished here first.
		for (let old = this.live.get(device); old; old = this.live.get(device)) {
			old.client.close();
			await old.gone;
		}
		packet.clientId = device;
		if (!this.policy.ordinaryBroker) packet.clean = true;
		this.admitted.set(client, device);
		done(null, !this.stopping);
	}

	/** Answers a CONNECT with a return code and an orderly end, so that the client gets to read the code. */
	private refuse(client: Client, returnCode: number): void {
		const { conn } = client;
		conn.end(generate({ cmd: "connack", returnCode, sessionPresent: false }));
		setTimeout(() => conn.destroy(), REFUSED_LINGER).unref();
	}

	private onClient(client: Client): void {
		const device = this.admitted.get(client);
		if (device === undefined) return;
		this.live.set(device, new LiveClient(device, client));
		this.policy.connected(device);
		this.report({ kind: "connected", device });
	}

	private onGone(client: Client): void {
		const device = this.admitted.get(client);
		const live = device === undefined ? undefined : this.live.get(device);
		if (device === undefined || live?.client !== client) return;
		this.live.delete(device);
		this.policy.disconnected(device);
		live.markGone();
		this.report({ kind: "disconnected", device });
	}

	private onClientError(client: Client, error: Error): void {
		const device = this.admitted.get(client);
		if (device === undefined || this.stopping) return;
		this.report({ kind: "error", device, text: error.message });
	}

	private onPublish(
		client: Client | null,
		packet: Parameters<Handler<"authorizePublish">>[1],
		done: (error?: Error | null) => void,
	): void {
		const device = client ? this.admitted.get(client) : undefined;
		if (!client || device === undefined || this.stopping) {
			done(new Error("not accepted"));
			return;
		}
		const refusal = this.policy.refusesPublish(device, packet.topic);
		if (refusal !== undefined) {
			done(new Error(refusal));
			return;
		}
		if ((packet.qos ?? 0) < 2) this.process(client, packet);
		if (!this.policy.ordinaryBroker) packet.retain = false;
		done(null);
	}

	private process(
		client: Client,
		packet: { topic: string; payload: string | Buffer; qos: number; retain: boolean },
	): void {
		const device = this.admitted.get(client);
		if (device === undefined) return;
		const { topic, qos, retain } = packet;
		const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
		this.report({ kind: "publish", device, topic, payload: payload.toString("utf8"), qos });
		this.policy.receive(device, { topic, payload, qos, retain });
	}
}
