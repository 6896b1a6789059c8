// The server's side of MQTT, written from the standard alone: one client, its session, and everything a
// server can do to it: late, withheld, lost and stray acknowledgements, refusals, a restart that keeps or
// forgets, closing at any moment.

import { generate, type Packet } from "mqtt-packet";
import type { Chance } from "./chance.js";
import type { Ledger } from "./ledger.js";
import type { Connection } from "./network.js";
import type { Scheduler, Task } from "./scheduler.js";
import { describePacket } from "./trace.js";

type Qos = 0 | 1 | 2;

/** A message to the node. */
export interface Outbound {
	readonly topic: string;
	readonly payload: Buffer;
	readonly qos: Qos;
	/** 0 while it waits. */
	id: number;
	state: "waits" | "published" | "received";
	/** The node has confirmed it. */
	done(): void;
	/** The server will not send it again although it was not confirmed. */
	forgotten(): void;
}

/** What is behind the server. */
export interface Service {
	/** The node's message has arrived; it is acknowledged afterwards. */
	published(topic: string, payload: Buffer, retain: boolean): void;
	subscribed(filter: string): void;
	/** The session's connection is gone, or was taken over. */
	disconnected(): void;
}

/** What goes wrong; the plan of a run changes it as time goes by. */
export class Trouble {
	/** CONNACK codes of the next attempts; -1: no answer at all. */
	refusals: number[] = [];
	/** SUBSCRIBE packets to refuse. */
	subscribeRefusals = 0;
	/** Connections to close, so many ms after CONNACK. */
	kicks = 0;
	kickAfterMs = 0;
	/** Acknowledgements wait until this moment. */
	withheldUntil = 0;
	/** Acknowledgements that never go out. */
	losses = 0;
	/** Longest time that an acknowledgement takes. */
	slowMs = 0;
	/** Second CONNACK before the server closes. */
	saysWhy = false;
}

interface Client {
	readonly connection: Connection;
	greeted: boolean;
	/** A subscription was refused on this connection. */
	refused: boolean;
	clean: boolean;
	keepAliveMs: number;
	timer: Task | undefined;
	/** When the last acknowledgement leaves: none overtakes another. */
	ackAt: number;
}

export class Server {
	service: Service | undefined;
	trouble = new Trouble();
	/** The client that the session belongs to now. */
	client: Client | undefined;
	/** Sessions that the server dropped although the client wanted them to persist. */
	forgot = 0;
	/** Messages that may await a confirmation. */
	window = 10;
	readonly #subscriptions = new Map<string, Qos>();
	#session = false;
	#queue: Outbound[] = [];
	/** Ids of QoS 2 messages of the node, with what they carried. */
	readonly #received = new Map<number, string>();
	#will: { topic: string; payload: Buffer; retain: boolean } | undefined;
	readonly #scheduler: Scheduler;
	readonly #chance: Chance;
	readonly #ledger: Ledger;

	constructor(scheduler: Scheduler, chance: Chance, ledger: Ledger) {
		this.#scheduler = scheduler;
		this.#chance = chance;
		this.#ledger = ledger;
	}

	isSubscribed(topic: string): boolean {
		return this.#qosOf(topic) >= 0;
	}

	get waiting(): readonly Outbound[] {
		return this.#queue;
	}

	accept(connection: Connection): void {
		connection.server = {
			packet: (packet) => this.#packet(connection, packet),
			lost: () => {
				const { client } = this;
				if (client?.connection === connection) this.#end(client);
			},
		};
	}

	#packet(connection: Connection, packet: Packet): void {
		const client = this.client?.connection === connection ? this.client : undefined;
		if (packet.cmd === "connect") return this.#connect(connection, packet);
		if (!client?.greeted) return;
		this.#keepAlive(client);
		const messageId = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "publish":
				return this.#publish(client, packet, messageId);
			case "pubrel":
				this.#received.delete(messageId);
				return this.#acknowledge(client, { cmd: "pubcomp", messageId });
			case "subscribe": {
				const [{ topic, qos } = { topic: "", qos: 0 as Qos }] = packet.subscriptions;
				if (this.trouble.subscribeRefusals > 0) {
					this.trouble.subscribeRefusals--;
					client.refused = true;
					return this.#acknowledge(client, { cmd: "suback", messageId, granted: [128] });
				}
				this.#subscriptions.set(topic, qos);
				this.#acknowledge(client, { cmd: "suback", messageId, granted: [qos] });
				this.service?.subscribed(topic);
				return this.pump();
			}
			case "puback":
			case "pubcomp":
				return this.#confirmed(messageId);
			case "pubrec": {
				const message = this.#queue.find(({ id }) => id === messageId);
				if (message) message.state = "received";
				return this.#acknowledge(client, { cmd: "pubrel", messageId });
			}
			case "pingreq":
				return this.#send(client, { cmd: "pingresp" });
			case "disconnect":
				this.#will = undefined;
				return;
			default:
		}
	}

	/** Sends to the node if it is subscribed, or will be in the session it has. */
	publish(topic: string, payload: Buffer, done: () => void, forgotten: () => void): void {
		const qos = this.#qosOf(topic);
		if (qos < 0) return forgotten();
		this.#queue.push({ topic, payload, qos: qos as Qos, id: 0, state: "waits", done, forgotten });
		this.pump();
	}

	/** Closes the connection, by a second CONNACK if the trouble says so. */
	kick(): void {
		const { client } = this;
		if (!client) return;
		if (this.trouble.saysWhy) this.#send(client, { cmd: "connack", returnCode: 5, sessionPresent: false });
		this.#end(client);
		client.connection.close("server", false);
	}

	/** All at once: the process is gone. With `forget` its sessions are, too. */
	restart(forget: boolean, heardByNode: boolean): void {
		const { client } = this;
		if (client) {
			this.#end(client);
			client.connection.break(heardByNode ? client.connection.latencyMs : -1, -1);
		}
		if (forget && this.#session) {
			this.forgot++;
			this.#dropSession();
		}
	}

	/** Bytes that no server may send. */
	garbage(bytes: Buffer): void {
		const { client } = this;
		if (!client) return;
		client.connection.touched = true;
		this.#ledger.garbageSent(client.connection, client.connection.down.entered + bytes.length);
		client.connection.down.push(bytes, []);
	}

	/** An acknowledgement of something that is not under way. */
	stray(packet: Packet): void {
		if (this.client) this.#send(this.client, packet);
	}

	pump(): void {
		const { client } = this;
		if (!client?.greeted) return;
		let underWay = 0;
		for (const message of this.#queue) if (message.state !== "waits") underWay++;
		for (const message of this.#queue) {
			if (message.state !== "waits" || underWay >= this.window) continue;
			message.state = "published";
			if (message.qos > 0) {
				underWay++;
				// The lowest that is free: used again as soon as the standard allows it.
				let id = 1;
				while (this.#queue.some((other) => other.id === id)) id++;
				message.id = id;
			}
			this.#sendMessage(client, message, false);
		}
		const sent = this.#queue.filter(({ qos, state }) => qos === 0 && state !== "waits");
		this.#queue = this.#queue.filter(({ qos, state }) => qos > 0 || state === "waits");
		for (const message of sent) message.forgotten();
	}

	#sendMessage(client: Client, { topic, payload, qos, id }: Outbound, dup: boolean): void {
		this.#send(client, { cmd: "publish", topic, payload, qos, messageId: id, dup, retain: false });
	}

	#qosOf(topic: string): number {
		for (const [filter, qos] of this.#subscriptions)
			if (filter === topic || (filter.endsWith("/#") && topic.startsWith(filter.slice(0, -1)))) return qos;
		return -1;
	}

	#connect(connection: Connection, packet: Packet & { cmd: "connect" }): void {
		const { trouble } = this;
		if (this.client) this.#end(this.client); // taken over [MQTT-3.1.4-2]
		const client: Client = {
			connection,
			greeted: false,
			refused: false,
			clean: packet.clean ?? true,
			keepAliveMs: (packet.keepalive ?? 0) * 1000,
			timer: undefined,
			ackAt: 0,
		};
		this.client = client;
		const refusal = trouble.refusals.shift();
		if (refusal === -1) return;
		if (refusal !== undefined && refusal > 0) {
			this.#send(client, { cmd: "connack", returnCode: refusal, sessionPresent: false });
			this.#ledger.refused(refusal);
			this.#end(client);
			return connection.close("server", false);
		}
		const { will } = packet;
		this.#will = will && {
			topic: will.topic,
			payload: Buffer.from(will.payload),
			retain: will.retain ?? false,
		};
		if (client.clean || !this.#session) this.#dropSession();
		const sessionPresent = this.#session;
		this.#session = !client.clean;
		client.greeted = true;
		this.#ledger.greeted(sessionPresent);
		this.#send(client, { cmd: "connack", returnCode: 0, sessionPresent });
		this.#keepAlive(client);
		if (trouble.kicks > 0) {
			trouble.kicks--;
			this.#scheduler.after(trouble.kickAfterMs, () => {
				if (this.client === client) this.kick();
			});
		}
		for (const message of this.#queue)
			if (message.state === "published") this.#sendMessage(client, message, true);
			else if (message.state === "received") this.#send(client, { cmd: "pubrel", messageId: message.id });
		this.pump();
	}

	#publish(client: Client, packet: Packet & { cmd: "publish" }, messageId: number): void {
		const { topic, qos, retain } = packet;
		const payload = packet.payload as Buffer;
		if (qos === 2) {
			const content = `${topic} ${payload.toString("latin1")}`;
			const before = this.#received.get(messageId);
			if (before !== undefined && before !== content)
				this.#ledger.violated(
					`packet id ${messageId} is used for another message before its PUBREL [MQTT-2.3.1-4]`,
				);
			this.#received.set(messageId, content);
			if (before === undefined) this.service?.published(topic, payload, retain);
			return this.#acknowledge(client, { cmd: "pubrec", messageId });
		}
		this.service?.published(topic, payload, retain);
		if (qos === 1) this.#acknowledge(client, { cmd: "puback", messageId });
	}

	#confirmed(messageId: number): void {
		const at = this.#queue.findIndex(({ id }) => id === messageId);
		if (at < 0) return;
		const [message] = this.#queue.splice(at, 1);
		message?.done();
		this.pump();
	}

	/** Acknowledgements keep their order, however late they are. */
	#acknowledge(client: Client, packet: Packet): void {
		const { trouble } = this;
		const { now } = this.#scheduler;
		if (trouble.losses > 0 && packet.cmd !== "pubrel") {
			trouble.losses--;
			client.connection.touched = true;
			return;
		}
		if (trouble.withheldUntil > now) client.connection.touched = true;
		const at = Math.max(client.ackAt, trouble.withheldUntil, now + this.#chance.whole(0, trouble.slowMs));
		client.ackAt = at;
		if (at === now) return this.#send(client, packet);
		this.#scheduler.after(at - now, () => {
			if (this.client === client) this.#send(client, packet);
		});
	}

	#send(client: Client, packet: Packet): void {
		const bytes = generate(packet);
		const { down } = client.connection;
		this.#ledger.trace?.(`server      ${describePacket(packet)}`);
		down.push(bytes, [{ packet, end: down.entered + bytes.length }]);
	}

	/** A client that is silent for one and a half intervals is gone [MQTT-3.1.2-24]. */
	#keepAlive(client: Client): void {
		if (client.timer) client.timer.work = undefined;
		client.timer = this.#scheduler.after(client.keepAliveMs * 1.5, () => {
			if (this.client !== client) return;
			if (!client.connection.touched)
				this.#ledger.violated("the node was silent for one and a half keepalive intervals [MQTT-3.1.2-23]");
			this.#end(client);
			client.connection.close("server", true);
		});
	}

	#end(client: Client): void {
		if (client.timer) client.timer.work = undefined;
		this.client = undefined;
		const will = this.#will;
		this.#will = undefined;
		if (will && client.greeted) this.service?.published(will.topic, will.payload, will.retain);
		this.service?.disconnected();
		if (client.clean) this.#dropSession();
	}

	#dropSession(): void {
		const queue = this.#queue;
		this.#session = false;
		this.#queue = [];
		this.#subscriptions.clear();
		this.#received.clear();
		for (const message of queue) message.forgotten();
	}
}
