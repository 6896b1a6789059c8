// The embedded MQTT broker: aedes behind TLS, under the rules of one cloud's stand-in.
import type { X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { Aedes, type AedesOptions, type Client } from "aedes";
import { generate } from "mqtt-packet";
import { commonNameOf } from "../../certs/library/issue.js";
import type { ReportEvent } from "./events.js";
import { limitPackets } from "./frame-limit.js";
import type { Identities } from "./identities.js";
import { LiveClient } from "./live-client.js";
import type { BrokerPolicy, ConnectRequest, DeviceLink, IncomingPublish } from "./stand-in.js";
import { TlsListener } from "./tls-listener.js";
import { WebSocketListener } from "./web-socket-listener.js";

type Handler<Name extends keyof AedesOptions> = NonNullable<AedesOptions[Name]>;
type ConnectPacket = Parameters<Handler<"preConnect">>[1];

const REFUSED_LINGER = 1000;
/** Largest WebSocket frame, in largest packets: a client may put several into one. */
const FRAME_PACKETS = 4;
const SUBACK_FAILURE = 0x80;

export interface BrokerOptions {
	policy: BrokerPolicy;
	identities: Identities;
	report: ReportEvent;
	/** 0 or nothing = any free one, kept over restarts. */
	port?: number;
	/** Whether there is a WebSocket too: true = on any free port, kept over restarts, or the port. */
	webSocket?: boolean | number;
}

/** The certificate a client has shown, if an authority that is trusted here signed it. */
function certificateOf(conn: unknown): X509Certificate | undefined {
	// A resumed session counts as authorized without any certificate, so that alone says nothing.
	return conn instanceof TLSSocket && conn.authorized ? conn.getPeerX509Certificate() : undefined;
}

export class EmbeddedBroker implements DeviceLink {
	private readonly policy: BrokerPolicy;
	private readonly report: ReportEvent;
	private readonly listener: TlsListener;
	private readonly webSocket: WebSocketListener | undefined;
	private listenPort: number;
	private listenWebSocketPort: number;
	private aedes: Aedes | undefined;
	private stopping = false;
	private readonly live = new Map<string, LiveClient>();
	/** Which device a connection was admitted as, and how it came. */
	private readonly admitted = new WeakMap<Client, { device: string; request: ConnectRequest }>();

	constructor(options: BrokerOptions) {
		this.policy = options.policy;
		this.report = options.report;
		this.listenPort = options.port ?? 0;
		const { identities, report } = options;
		const { admitsPasswords, maxPacketBytes } = this.policy;
		const onClient = (stream: Duplex): void => this.onStream(stream);
		this.listener = new TlsListener({ identities, admitsPasswords, report, onClient });
		this.policy.attach(this);
		const { webSocket = false } = options;
		this.listenWebSocketPort = Number(webSocket === true ? 0 : webSocket);
		if (webSocket === false) return;
		if (!admitsPasswords) throw new Error("this cloud wants certificates, which a WebSocket does not take");
		const maxFrameBytes = FRAME_PACKETS * maxPacketBytes;
		this.webSocket = new WebSocketListener({ identities, maxFrameBytes, report, onClient });
	}

	get port(): number {
		return this.listenPort;
	}

	get url(): string {
		return `mqtts://localhost:${this.listenPort}`;
	}

	/** 0 where there is no WebSocket. */
	get webSocketPort(): number {
		return this.listenWebSocketPort;
	}

	/** wss://localhost:<port>/mqtt; undefined where there is no WebSocket. */
	get webSocketUrl(): string | undefined {
		return this.webSocket && `wss://localhost:${this.listenWebSocketPort}/mqtt`;
	}

	get running(): boolean {
		return this.aedes !== undefined;
	}

	async start(): Promise<void> {
		if (this.aedes) return;
		this.stopping = false;
		const aedes = await Aedes.createBroker(this.aedesOptions());
		aedes.on("client", (client) => this.onClient(client));
		aedes.on("clientDisconnect", (client) => this.onGone(client));
		aedes.on("clientError", (client, error) => this.onClientError(client, error));
		aedes.on("subscribe", (subscriptions, client) => {
			const device = this.admitted.get(client)?.device;
			if (device === undefined) return;
			for (const { topic, qos } of subscriptions) {
				if ((qos as number) === SUBACK_FAILURE) continue;
				this.policy.subscribed(device, topic);
				this.report({ kind: "subscribed", device, topic });
			}
		});
		this.aedes = aedes;
		try {
			this.listenPort = await this.listener.start(this.listenPort);
			if (this.webSocket) this.listenWebSocketPort = await this.webSocket.start(this.listenWebSocketPort);
		} catch (error) {
			await this.stop();
			throw error;
		}
	}

	/** Ends the listener and every connection at once, without wills, as when a broker dies. */
	async stop(): Promise<void> {
		const { aedes } = this;
		if (!aedes) return;
		this.stopping = true;
		this.aedes = undefined;
		const closed = Promise.all([this.listener.stop(), this.webSocket?.stop()]);
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

	send(device: string, topic: string, payload: string, shown = payload): boolean {
		const sent = this.live.get(device)?.send(topic, payload) ?? false;
		if (sent) this.report({ kind: "sent", device, topic, payload: shown });
		return sent;
	}

	trust(authorities: readonly string[]): void {
		this.listener.trust(authorities);
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
				const device = this.admitted.get(client)?.device;
				const allowed = device !== undefined && this.policy.allowsSubscribe(device, subscription.topic);
				done(null, allowed ? subscription : null);
			},
			authorizeForward: (client, packet) => {
				if (this.policy.ordinaryBroker) return packet;
				const device = this.admitted.get(client)?.device;
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

	private onStream(stream: Duplex): void {
		const { maxPacketBytes } = this.policy;
		limitPackets(stream, maxPacketBytes, () => {
			const device = this.deviceOf(stream);
			this.report({ kind: "error", device, text: `packet larger than ${maxPacketBytes} bytes` });
		});
		stream.on("error", () => {});
		if (this.aedes) this.aedes.handle(stream);
		else stream.destroy();
	}

	private deviceOf(stream: Duplex): string {
		for (const { device, client } of this.live.values()) if (client.conn === stream) return device;
		return "";
	}

	private async onConnect(
		client: Client,
		packet: ConnectPacket,
		done: (error: Error | null, success: boolean) => void,
	): Promise<void> {
		const certificate = certificateOf(client.conn);
		const request: ConnectRequest = {
			clientId: packet.clientId,
			certificate,
			commonName: (certificate && commonNameOf(certificate)) ?? "",
			username: packet.username ?? "",
			password: packet.password?.toString("utf8") ?? "",
			protocolLevel: packet.protocolVersion ?? 4,
			cleanSession: packet.clean ?? true,
		};
		const admission = this.policy.admit(request);
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
		this.admitted.set(client, { device, request: { ...request, password: "" } });
		done(null, !this.stopping);
	}

	/** Answers a CONNECT with a return code and an orderly end, so that the client gets to read the code. */
	private refuse(client: Client, returnCode: number): void {
		const { conn } = client;
		conn.end(generate({ cmd: "connack", returnCode, sessionPresent: false }));
		setTimeout(() => conn.destroy(), REFUSED_LINGER).unref();
	}

	private onClient(client: Client): void {
		const admitted = this.admitted.get(client);
		if (!admitted) return;
		const { device, request } = admitted;
		this.live.set(device, new LiveClient(device, client));
		this.policy.connected(device, request);
		this.report({ kind: "connected", device });
	}

	private onGone(client: Client): void {
		const device = this.admitted.get(client)?.device;
		const live = device === undefined ? undefined : this.live.get(device);
		if (device === undefined || live?.client !== client) return;
		this.live.delete(device);
		this.policy.disconnected(device);
		live.markGone();
		this.report({ kind: "disconnected", device });
	}

	private onClientError(client: Client, error: Error): void {
		const device = this.admitted.get(client)?.device;
		if (device === undefined || this.stopping) return;
		this.report({ kind: "error", device, text: error.message });
	}

	private onPublish(
		client: Client | null,
		packet: Parameters<Handler<"authorizePublish">>[1],
		done: (error?: Error | null) => void,
	): void {
		const device = client ? this.admitted.get(client)?.device : undefined;
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
		packet: Omit<IncomingPublish, "payload" | "messageId"> & { payload: string | Buffer; messageId?: number },
	): void {
		const device = this.admitted.get(client)?.device;
		if (device === undefined) return;
		const { topic, qos, retain, messageId = 0 } = packet;
		const payload = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
		this.report({ kind: "publish", device, topic, payload: payload.toString("utf8"), qos });
		this.policy.receive(device, { topic, payload, qos, retain, messageId });
	}
}
