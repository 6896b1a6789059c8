// A broker behind a transport, in virtual time: it answers as a broker does unless a test tells it otherwise.

import { generate, type Packet, parser } from "mqtt-packet";
import type { Piece, Transport, TransportHandler } from "../../../modules/mqtt/transport.js";
import { joined } from "../../support/scripted-transport.js";
import type { VirtualTime } from "../../support/virtual-time.js";

/** One way over the network, ms. */
const DELAY = 2;

export interface Published {
	readonly topic: string;
	readonly text: string;
	readonly qos: number;
	readonly retain: boolean;
	readonly at: number;
}

export class FakeBroker implements Transport {
	free = 0;
	readonly drained = true;
	awaited = false;
	/** Whether connections come about. */
	reachable = true;
	/** Whether PUBLISH is acknowledged. */
	acknowledges = true;
	/** Whether CONNECT is answered. */
	greets = true;
	/** What CONNACK says of a session. */
	sessionPresent = false;
	/** Told of each message, as it comes. */
	listener: ((message: Published) => void) | undefined;
	/** SUBACK code of a filter. */
	grant: (filter: string) => number = () => 1;
	/** Packets by name, a new list for each connection. */
	readonly connections: string[][] = [];
	/** Everything published, over all connections. */
	published: Published[] = [];
	readonly #time: VirtualTime;
	#handler: TransportHandler | undefined;
	#parse = parser();
	#messageId = 0;
	readonly #onTheWay = new Set<Buffer>();

	constructor(time: VirtualTime) {
		this.#time = time;
	}

	get connected(): boolean {
		return this.#handler !== undefined;
	}
	/** Packets of the present connection. */
	get packets(): string[] {
		return this.connections.at(-1) ?? [];
	}

	open(handler: TransportHandler): void {
		if (this.#handler) throw new Error("open while not idle");
		this.#handler = handler;
		this.#later(() => {
			if (!this.reachable) return this.lose("connect-failed");
			this.connections.push([]);
			this.#parse = parser();
			this.#parse.on("packet", (packet) => this.#packet(packet));
			this.free = 4096;
			handler.opened();
		});
	}

	write(bytes: number, ...pieces: readonly Piece[]): void {
		if (bytes > this.free) throw new Error("write beyond free");
		this.free -= bytes;
		const copy = joined(bytes, pieces);
		this.#onTheWay.add(copy);
		this.#later((handler) => {
			this.#onTheWay.delete(copy);
			this.#parse.parse(copy);
			if (this.#handler !== handler) return;
			this.free += copy.length;
			if (!this.awaited) return;
			this.awaited = false;
			handler.writable();
		});
	}

	/** Without `abort`, what was written still arrives. */
	close(abort: boolean): void {
		this.#handler = undefined;
		this.free = 0;
		if (!abort) for (const bytes of this.#onTheWay) this.#parse.parse(bytes);
		this.#onTheWay.clear();
	}

	/** The connection is gone. */
	lose(code = "connection-lost"): void {
		const handler = this.#handler;
		this.close(true);
		handler?.closed(code, "");
	}

	publish(topic: string, payload: string | Buffer, qos: 0 | 1 = 1): void {
		const messageId = ++this.#messageId;
		this.#send({ cmd: "publish", topic, payload, qos, dup: false, retain: false, messageId });
	}

	#later(work: (handler: TransportHandler) => void): void {
		const handler = this.#handler as TransportHandler;
		const generation = this.#parse;
		const alarm = this.#time.calling(() => {
			alarm.close();
			if (this.#handler === handler && (this.#parse === generation || this.free === 0)) work(handler);
		});
		alarm.start(DELAY);
	}

	#send(packet: Packet): void {
		const bytes = Uint8Array.from(generate(packet));
		if (this.#handler) this.#later((handler) => handler.received(bytes));
	}

	#packet(packet: Packet): void {
		this.packets.push(packet.cmd);
		switch (packet.cmd) {
			case "connect":
				if (!this.greets) return;
				return this.#send({ cmd: "connack", returnCode: 0, sessionPresent: this.sessionPresent });
			case "subscribe":
				return this.#send({
					cmd: "suback",
					messageId: packet.messageId ?? 0,
					granted: packet.subscriptions.map(({ topic }) => this.grant(topic)),
				});
			case "publish": {
				const { topic, qos, retain } = packet;
				const message = { topic, text: packet.payload.toString(), qos, retain, at: this.#time.now };
				this.published.push(message);
				this.listener?.(message);
				if (qos === 1 && this.acknowledges) this.#send({ cmd: "puback", messageId: packet.messageId ?? 0 });
				return;
			}
			case "pingreq":
				return this.#send({ cmd: "pingresp" });
			default:
		}
	}
}
