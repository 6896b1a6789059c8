// What MQTT 3.1.1 asks of a client, held against every packet that the node sends and every one that reaches
// it.

import type { Packet } from "mqtt-packet";

/** One of the node's messages that awaits an acknowledgement. */
interface UnderWay {
	readonly content: string;
	readonly qos: number;
	readonly order: number;
	/** PUBREC has reached the node, as the n-th. */
	received: number;
}

/** Messages that a node may have under way; its own stated limit. */
const WINDOW = 8;

/** Rows 501, 502 and 503 on s/us, or on a child's topic. */
const ANSWER = /( s\/us(\/\S+)? |\n)50[123],/;

type Publish = Packet & { cmd: "publish" };

export class WireRules {
	readonly #violated: (what: string) => void;
	readonly #underWay = new Map<number, UnderWay>();
	readonly #subscribes = new Set<number>();
	/** Inbound messages in the order of their arrival that the node has to confirm on this connection. */
	#toAcknowledge: number[] = [];
	#toReceive: number[] = [];
	#toComplete: number[] = [];
	#toRelease: number[] = [];
	#greeted = false;
	#connected = false;
	#disconnected = false;
	#clean = true;
	#order = 0;
	#received = 0;
	/**
	 * What of the resumed session has to go out again, in its order, before anything new: PUBLISH and PUBREL.
	 */
	#again: number[] = [];
	#release: number[] = [];
	/**
	 * Packets that were being written when a connection ended: so many messages of the session may have begun
	 * unseen.
	 */
	#partly = 0;
	/** The memory of the node was lost with messages under way. */
	#forgetful = false;

	constructor(violated: (what: string) => void) {
		this.#violated = violated;
	}

	/** A new connection. */
	opened(): void {
		this.#greeted = this.#connected = this.#disconnected = false;
		this.#toAcknowledge = [];
		this.#toReceive = [];
		this.#toComplete = [];
		this.#toRelease = [];
		this.#again = [];
		this.#release = [];
		this.#subscribes.clear();
	}

	/**
	 * `partly`: bytes of an unfinished packet were written. Returns messages with answers of operations of
	 * which the node does not know whether they arrived.
	 */
	closed(partly: boolean): number {
		if (partly) this.#partly++;
		let answers = 0;
		for (const { content } of this.#underWay.values()) if (ANSWER.test(content)) answers++;
		return answers;
	}

	/** The node lost its memory: what was under way may never be heard of again. */
	restarted(): void {
		this.#forgetful = true;
		// What reached it last may not have reached its flash.
		for (const message of this.#underWay.values()) message.received = 0;
		this.#partly += WINDOW;
	}

	/** A packet that the node wrote to its end. */
	up(packet: Packet): void {
		if (!this.#connected && packet.cmd !== "connect")
			this.#violated(`${packet.cmd} before CONNECT [MQTT-3.1.0-1]`);
		if (this.#disconnected) this.#violated(`${packet.cmd} after DISCONNECT [MQTT-3.14.4-2]`);
		const id = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "connect":
				if (this.#connected) this.#violated("a second CONNECT [MQTT-3.1.0-2]");
				this.#connected = true;
				this.#clean = packet.clean ?? true;
				if (this.#clean) this.#underWay.clear();
				return;
			case "publish":
				return this.#publish(packet, id);
			case "pubrel":
				return this.#pubrel(id);
			case "subscribe":
			case "unsubscribe":
				if (id === 0) this.#violated("SUBSCRIBE with packet id 0 [MQTT-2.3.1-1]");
				if (this.#underWay.has(id) || this.#subscribes.has(id))
					this.#violated(`packet id ${id} is in use [MQTT-2.3.1-2]`);
				this.#subscribes.add(id);
				return;
			case "puback":
				return this.#expect(this.#toAcknowledge, id, "PUBACK", "MQTT-4.6.0-2");
			case "pubrec":
				return this.#expect(this.#toReceive, id, "PUBREC", "MQTT-4.6.0-3");
			case "pubcomp":
				return this.#expect(this.#toComplete, id, "PUBCOMP", "MQTT-4.3.3-2");
			case "disconnect":
				this.#disconnected = true;
				return;
			default:
		}
	}

	/** A packet that has reached the node. */
	down(packet: Packet): void {
		const id = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "connack":
				if (packet.returnCode === 0 && !this.#greeted) this.#resume(packet.sessionPresent === true);
				return;
			case "publish":
				if (packet.qos === 1) this.#toAcknowledge.push(id);
				if (packet.qos === 2) this.#toReceive.push(id);
				return;
			case "pubrel":
				this.#toComplete.push(id);
				return;
			case "puback":
				if (this.#underWay.get(id)?.qos === 1) this.#underWay.delete(id);
				return;
			case "pubrec": {
				const message = this.#underWay.get(id);
				if (message?.qos !== 2) return;
				if (message.received === 0) message.received = ++this.#received;
				this.#toRelease.push(id);
				return;
			}
			case "pubcomp": {
				const message = this.#underWay.get(id);
				if (message?.qos === 2 && (message.received > 0 || this.#forgetful)) this.#underWay.delete(id);
				return;
			}
			case "suback":
			case "unsuback":
				this.#subscribes.delete(id);
				return;
			default:
		}
	}

	get greeted(): boolean {
		return this.#greeted;
	}

	#resume(sessionPresent: boolean): void {
		this.#greeted = true;
		if (!sessionPresent) {
			this.#underWay.clear();
			this.#partly = 0;
			return;
		}
		const all = [...this.#underWay];
		const published = all.filter(([, { received }]) => received === 0);
		const released = all.filter(([, { received }]) => received > 0);
		this.#again = published.sort(([, a], [, b]) => a.order - b.order).map(([id]) => id);
		this.#release = released.sort(([, a], [, b]) => a.received - b.received).map(([id]) => id);
	}

	#publish(packet: Publish, id: number): void {
		if (!this.#greeted) this.#violated("PUBLISH before CONNACK");
		const { qos, dup, topic } = packet;
		if (qos === 0) {
			if (dup) this.#violated("DUP at QoS 0 [MQTT-3.3.1-2]");
			return;
		}
		if (id === 0) this.#violated("PUBLISH with packet id 0 [MQTT-2.3.1-1]");
		const content = `${qos} ${packet.retain} ${topic} ${packet.payload.toString("latin1")}`;
		const before = this.#underWay.get(id);
		const again = this.#again.indexOf(id);
		if (before) {
			if (again < 0) this.#violated(`packet id ${id} is in use [MQTT-2.3.1-2]`);
			if (!dup) this.#violated(`packet id ${id} is sent again without DUP [MQTT-3.3.1-1]`);
			if (before.content !== content) this.#violated(`packet id ${id} is sent again with other content`);
			if (before.received > 0)
				this.#violated(`packet id ${id} is sent again behind its PUBREC [MQTT-4.3.3-1]`);
			this.#sentAgain(this.#again, again);
			return;
		}
		if (dup && (this.#clean || this.#partly-- <= 0))
			this.#violated(`packet id ${id} has DUP the first time [MQTT-3.3.1-1]`);
		const due = this.#again[0] ?? this.#release[0];
		if (!dup && due !== undefined && !this.#forgetful)
			this.#violated(`packet id ${due} is not sent again before something new [MQTT-4.4.0-1]`);
		if (this.#subscribes.has(id)) this.#violated(`packet id ${id} is in use [MQTT-2.3.1-2]`);
		this.#underWay.set(id, { content, qos, order: ++this.#order, received: 0 });
		if (!this.#forgetful && this.#underWay.size > WINDOW)
			this.#violated(`${this.#underWay.size} messages are under way`);
	}

	#pubrel(id: number): void {
		const expected = this.#toRelease.indexOf(id);
		const again = this.#release.indexOf(id);
		// A power cut may come between a PUBCOMP and what it changes in flash.
		if (expected < 0 && again < 0 && !this.#forgetful)
			this.#violated(`PUBREL ${id} without a PUBREC [MQTT-4.3.3-1]`);
		if (expected >= 0) this.#toRelease.splice(expected, 1);
		else this.#sentAgain(this.#release, again);
	}

	/** Of a resumed session the order is kept [MQTT-4.6.0-1]. */
	#sentAgain(due: number[], at: number): void {
		if (at > 0 && !this.#forgetful)
			this.#violated(`packet id ${due[at]} is sent again out of order [MQTT-4.6.0-1]`);
		if (!this.#forgetful) due.splice(0, at + 1);
		else if (at >= 0) due.splice(at, 1);
	}

	#expect(waiting: number[], id: number, what: string, statement: string): void {
		if (waiting[0] !== id)
			this.#violated(`${what} ${id}, but ${waiting[0] ?? "none"} is next [${statement}]`);
		waiting.shift();
	}
}
