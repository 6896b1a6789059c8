// A plain MQTT client on mqtt-packet, straight at the broker: publishes, subscribes, and completes every
// handshake. It is the witness of what passed; nothing in it is the firmware's.

import { connect, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";

export class Witness {
	/** Payloads that arrived, in order. */
	readonly heard: string[] = [];
	readonly #socket: Socket;
	readonly #waiting: Array<{ cmd: string; id: number | undefined; done: (packet: Packet) => void }> = [];
	readonly #received = new Set<number>();
	#id = 0;

	private constructor(port: number) {
		this.#socket = connect(port, "127.0.0.1");
		this.#socket.setNoDelay(true);
		this.#socket.on("error", () => {});
		const parse = parser({ protocolVersion: 4 });
		parse.on("packet", (packet) => this.#packet(packet));
		this.#socket.on("data", (data) => parse.parse(data));
	}

	static async open(port: number, clientId: string): Promise<Witness> {
		const witness = new Witness(port);
		witness.#send({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 4,
			clientId,
			clean: true,
			keepalive: 0,
		});
		await witness.#next("connack");
		return witness;
	}

	async subscribe(topic: string, qos: 0 | 1 | 2): Promise<void> {
		const messageId = ++this.#id;
		this.#send({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos }] });
		await this.#next("suback", messageId);
	}

	/** Resolves when the broker has the message. */
	async publish(topic: string, payload: string, qos: 1 | 2): Promise<void> {
		const messageId = (this.#id % 65535) + 1;
		this.#id = messageId;
		this.#send({ cmd: "publish", topic, payload, qos, messageId, dup: false, retain: false });
		if (qos === 1) {
			await this.#next("puback", messageId);
			return;
		}
		await this.#next("pubrec", messageId);
		this.#send({ cmd: "pubrel", messageId });
		await this.#next("pubcomp", messageId);
	}

	close(): void {
		this.#send({ cmd: "disconnect" });
		this.#socket.end();
	}

	#next(cmd: string, id?: number): Promise<Packet> {
		return new Promise((done) => this.#waiting.push({ cmd, id, done }));
	}

	#send(packet: Packet): void {
		this.#socket.write(generate(packet));
	}

	#packet(packet: Packet): void {
		const id = packet.messageId;
		const at = this.#waiting.findIndex(
			(one) => one.cmd === packet.cmd && (one.id === undefined || one.id === id),
		);
		if (at >= 0) this.#waiting.splice(at, 1)[0]?.done(packet);
		if (packet.cmd === "pubrel") {
			this.#received.delete(id as number);
			this.#send({ cmd: "pubcomp", messageId: id as number });
		}
		if (packet.cmd !== "publish") return;
		if (packet.qos === 1) this.#send({ cmd: "puback", messageId: id as number });
		if (packet.qos === 2) {
			this.#send({ cmd: "pubrec", messageId: id as number });
			if (this.#received.has(id as number)) return;
			this.#received.add(id as number);
		}
		this.heard.push(packet.payload.toString());
	}
}
