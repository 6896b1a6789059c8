// A bare MQTT client for the tests of the embedded clouds: one connection, packets in, packets out.
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { createWebSocketStream, WebSocket } from "ws";

export interface RawOptions {
	port: number;
	/** Goes through a WebSocket on this port instead of TLS alone. */
	webSocketPort?: number;
	ca: string;
	identity?: { chainPem: string; keyPem: string };
	clientId: string;
	username?: string;
	password?: string;
	clean?: boolean;
	protocol?: Pick<IConnectPacket, "protocolId" | "protocolVersion">;
	will?: { topic: string; payload: string; qos?: 0 | 1; retain?: boolean };
}

export interface Message {
	topic: string;
	text: string;
	qos: number;
	retain: boolean;
}

type Of<Command extends Packet["cmd"]> = Extract<Packet, { cmd: Command }>;

const PATIENCE = 3000;

function openTls({ port, ca, identity }: Pick<RawOptions, "port" | "ca" | "identity">): Duplex {
	const keys = identity ? { cert: identity.chainPem, key: identity.keyPem } : {};
	const socket = tlsConnect({ host: "127.0.0.1", servername: "localhost", port, ca, ...keys });
	return socket.setNoDelay();
}

function openWebSocket({ webSocketPort, ca }: Pick<RawOptions, "webSocketPort" | "ca">): Duplex {
	const url = `wss://localhost:${webSocketPort}/mqtt`;
	const stream = createWebSocketStream(new WebSocket(url, "mqtt", { ca, family: 4 }));
	return stream.once("end", () => stream.destroy());
}

export class RawClient {
	readonly socket: Duplex;
	/** Resolves when the connection has ended, with the error if there was one. */
	readonly closed: Promise<Error | undefined>;
	private readonly inbox: Packet[] = [];
	private readonly waiting = new Set<() => void>();
	private messageId = 0;

	constructor(options: Pick<RawOptions, "port" | "webSocketPort" | "ca" | "identity">) {
		this.socket = options.webSocketPort === undefined ? openTls(options) : openWebSocket(options);
		const parse = parser();
		parse.on("packet", (packet) => {
			this.inbox.push(packet);
			if (packet.cmd === "publish" && packet.qos === 1)
				this.send({ cmd: "puback", messageId: packet.messageId ?? 0 });
			for (const check of [...this.waiting]) check();
		});
		let failure: Error | undefined;
		this.socket.on("data", (data) => parse.parse(data));
		this.socket.on("error", (error) => {
			failure = error;
		});
		this.closed = new Promise((resolve) => this.socket.once("close", () => resolve(failure)));
	}

	/** Connects and returns the client with the CONNACK's return code. */
	static async open(
		options: RawOptions,
	): Promise<{ client: RawClient; code: number; sessionPresent: boolean }> {
		const client = new RawClient(options);
		const { clientId, clean = true, will, protocol, username, password } = options;
		client.send({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 4,
			...protocol,
			clientId,
			clean,
			keepalive: 60,
			...(username !== undefined && { username }),
			...(password !== undefined && { password: Buffer.from(password) }),
			...(will && { will: { qos: 0 as const, retain: false, ...will } }),
		});
		const { returnCode = -1, sessionPresent } = await client.next("connack");
		return { client, code: returnCode, sessionPresent };
	}

	send(packet: Packet): void {
		this.socket.write(generate(packet));
	}

	/** Takes the oldest packet of this kind that fits, waiting for it if need be. */
	next<Command extends Packet["cmd"]>(
		command: Command,
		fits: (packet: Of<Command>) => boolean = () => true,
	): Promise<Of<Command>> {
		return new Promise((resolve, reject) => {
			const stop = (): void => {
				clearTimeout(timer);
				this.waiting.delete(check);
			};
			const check = (): void => {
				const at = this.inbox.findIndex((packet) => packet.cmd === command && fits(packet as Of<Command>));
				if (at < 0) return;
				stop();
				resolve(this.inbox.splice(at, 1)[0] as Of<Command>);
			};
			const timer = setTimeout(() => {
				stop();
				reject(new Error(`no ${command} in time`));
			}, PATIENCE);
			this.waiting.add(check);
			void this.closed.then((error) => {
				if (!this.waiting.has(check)) return;
				stop();
				reject(error ?? new Error(`closed before ${command}`));
			});
			check();
		});
	}

	/** Returns the packet's identifier, after the PUBACK. */
	async publish(topic: string, payload: string, options: { retain?: boolean } = {}): Promise<number> {
		const messageId = this.nextId();
		const { retain = false } = options;
		this.send({ cmd: "publish", topic, payload, qos: 1, dup: false, retain, messageId });
		await this.next("puback", (ack) => ack.messageId === messageId);
		return messageId;
	}

	/** Sends at QoS 0, without any answer to wait for. */
	throw(topic: string, payload: string): void {
		this.send({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false });
	}

	/** Returns the SUBACK's code. */
	async subscribe(topic: string, qos: 0 | 1 = 1): Promise<number> {
		const messageId = this.nextId();
		this.send({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos }] });
		const { granted } = await this.next("suback", (ack) => ack.messageId === messageId);
		return granted[0] as number;
	}

	async message(topic: string): Promise<Message> {
		const packet = await this.next("publish", (candidate) => candidate.topic === topic);
		return { topic, text: packet.payload.toString(), qos: packet.qos, retain: packet.retain };
	}

	/** Everything sent before has been processed and answered when this returns. */
	async ping(): Promise<void> {
		this.send({ cmd: "pingreq" });
		await this.next("pingresp");
	}

	/** Messages on a topic that have arrived and were not taken yet. */
	pending(topic: string): string[] {
		return this.inbox.flatMap((packet) =>
			packet.cmd === "publish" && packet.topic === topic ? [packet.payload.toString()] : [],
		);
	}

	async disconnect(): Promise<void> {
		this.send({ cmd: "disconnect" });
		await this.closed;
	}

	/** Ends the connection without DISCONNECT, so that the will is executed. */
	async cut(): Promise<void> {
		this.socket.destroy();
		await this.closed;
	}

	private nextId(): number {
		this.messageId++;
		return this.messageId;
	}
}
