// An MQTT client that is not ours where it matters: TLS with the client certificate is `openssl s_client`,
// the packets are mqtt-packet's. It stands for the client of a tutorial.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { generate, type Packet, parser } from "mqtt-packet";
import { eventually } from "../../support/waiting.js";

export interface Trust {
	readonly port: number;
	/** File with the authority that has signed the server's certificate. */
	readonly ca: string;
	/** File with the client's certificate and key, neither encrypted. */
	readonly identity: string | undefined;
}

export class OpensslMqtt {
	readonly #child: ChildProcessWithoutNullStreams;
	readonly #packets: Packet[] = [];
	#said = "";
	#ended = false;

	constructor({ port, ca, identity }: Trust) {
		const keys = identity === undefined ? [] : ["-cert", identity, "-key", identity];
		const name = ["-servername", "localhost", "-verify_hostname", "localhost"];
		this.#child = spawn("openssl", [
			...["s_client", "-quiet", "-verify_return_error", "-connect", `127.0.0.1:${port}`],
			...["-CAfile", ca, ...name, ...keys],
		]);
		const parse = parser();
		parse.on("packet", (packet) => this.#packets.push(packet));
		this.#child.stdout.on("data", (data: Buffer) => parse.parse(data));
		this.#child.stderr.on("data", (data: Buffer) => {
			this.#said += data;
		});
		// It may end before all is written to it.
		this.#child.stdin.on("error", () => {});
		this.#child.on("close", () => {
			this.#ended = true;
		});
	}

	/** Returns the CONNACK's code; fails where the connection ends without one. */
	async connect(clientId: string): Promise<number> {
		this.send({
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 4,
			clientId,
			clean: true,
			keepalive: 60,
		});
		const { returnCode = -1 } = await this.next("connack");
		return returnCode;
	}

	async subscribe(topic: string): Promise<number> {
		this.send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 0 }] });
		return (await this.next("suback")).granted[0] as number;
	}

	/** At QoS 1. */
	async publish(topic: string, payload: string): Promise<void> {
		this.send({ cmd: "publish", topic, payload, qos: 1, dup: false, retain: false, messageId: 2 });
		await this.next("puback");
	}

	async message(): Promise<{ topic: string; text: string }> {
		const { topic, payload } = await this.next("publish");
		return { topic, text: payload.toString() };
	}

	send(packet: Packet): void {
		this.#child.stdin.write(generate(packet));
	}

	async disconnect(): Promise<void> {
		this.send({ cmd: "disconnect" });
		await eventually(() => this.#ended);
	}

	close(): void {
		if (!this.#ended) this.#child.kill();
	}

	async next<Command extends Packet["cmd"]>(command: Command): Promise<Extract<Packet, { cmd: Command }>> {
		const at = () => this.#packets.findIndex(({ cmd }) => cmd === command);
		await eventually(
			() => at() >= 0 || this.#ended,
			() => `no ${command}: ${this.#said}`,
		);
		if (at() < 0) throw new Error(`the connection has ended without a ${command}: ${this.#said}`);
		return this.#packets.splice(at(), 1)[0] as Extract<Packet, { cmd: Command }>;
	}
}
