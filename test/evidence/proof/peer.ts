// The other side of the wire for proofs: a broker and cloud without sockets, which acknowledges at once, or
// when told to, and sends what the proof wants the node to hear. It shares no code with the firmware: its
// parser is mqtt-packet's.

import mqtt, { type Packet } from "mqtt-packet";
import type { LinkEvents, Network } from "../../../host-sim/xs/network.js";
import { WsConversation } from "../../support/ws-conversation.js";
import { encodeFrame, Op } from "../../support/ws-frames.js";
import { accepting, type UpgradeRequest } from "../../support/ws-upgrade.js";

export interface Published {
	readonly topic: string;
	readonly payload: Buffer;
	readonly qos: number;
}

export class Peer {
	/** Connections so far. */
	connections = 0;
	/** Hears every PUBLISH of the node. */
	onPublish: (message: Published) => void = () => {};
	/** Bytes that the node's socket takes. */
	window: number | undefined;
	/** Bytes stay in the node's socket until `flush`, as on a slow network. */
	hold = false;
	/** Speaks WebSocket; set before the first connection. */
	webSocket = false;
	/** What the node did wrong there. */
	get faults(): readonly string[] {
		return this.#talk?.faults ?? [];
	}
	/** Acknowledges what the node publishes, and answers its PINGREQ. */
	answers = true;
	/** Of the next CONNECT and SUBSCRIBE. */
	connack = 0;
	granted = 1;
	#events: LinkEvents | undefined;
	#talk: WsConversation | undefined;
	#held = 0;
	#packetId = 0;

	readonly network: Network = (_address, _port, _tls, events) => {
		this.connections++;
		this.#events = events;
		this.#held = 0;
		const parser = mqtt.parser();
		parser.on("packet", (packet: Packet) => this.#packet(packet));
		const talk = this.webSocket
			? conversation(
					events,
					(bytes) => parser.parse(bytes),
					() => this.answers,
				)
			: undefined;
		this.#talk = talk;
		queueMicrotask(() => events.opened(this.window));
		return {
			write: (bytes) => {
				if (this.hold) this.#held += bytes.length;
				else events.written(bytes.length);
				if (talk) talk.received(bytes);
				else parser.parse(bytes);
			},
			pause() {},
			resume() {},
			end() {},
			destroy() {},
		};
	};

	/** Lets what was held leave. */
	flush(): void {
		const held = this.#held;
		this.#held = 0;
		if (held > 0) this.#events?.written(held);
	}

	send(packet: Packet): void {
		this.#data(mqtt.generate(packet));
	}

	publish(topic: string, payload: string | Buffer, qos: 0 | 1 | 2): void {
		this.#data(this.#message(topic, payload, qos));
	}

	/** Several messages in one piece, as a network brings them. */
	publishAll(messages: ReadonlyArray<{ topic: string; payload: string; qos: 0 | 1 | 2 }>): void {
		this.#data(Buffer.concat(messages.map(({ topic, payload, qos }) => this.#message(topic, payload, qos))));
	}

	#message(topic: string, payload: string | Buffer, qos: 0 | 1 | 2): Buffer {
		this.#packetId = (this.#packetId % 65535) + 1;
		const id = qos === 0 ? {} : { messageId: this.#packetId };
		return mqtt.generate({
			cmd: "publish",
			topic,
			payload,
			qos,
			dup: false,
			retain: false,
			...id,
		} as Packet);
	}

	/** Bytes that need not be a packet. */
	raw(bytes: Buffer): void {
		this.#data(bytes);
	}

	#data(bytes: Buffer): void {
		this.#events?.data(this.#talk ? encodeFrame(bytes) : bytes);
	}

	/** Ends the connection. */
	cut(): void {
		this.#events?.closed("cut");
	}

	#packet(packet: Packet): void {
		switch (packet.cmd) {
			case "connect": {
				const returnCode = this.connack;
				this.connack = 0;
				return this.send({ cmd: "connack", returnCode, sessionPresent: false });
			}
			case "subscribe": {
				const granted = [this.granted];
				this.granted = 1;
				return this.send({ cmd: "suback", messageId: packet.messageId as number, granted } as Packet);
			}
			case "pingreq":
				if (this.answers) this.send({ cmd: "pingresp" });
				return;
			case "publish":
				if (this.answers && packet.qos > 0) {
					const cmd = packet.qos === 1 ? "puback" : "pubrec";
					this.send({ cmd, messageId: packet.messageId as number });
				}
				this.onPublish({ topic: packet.topic, payload: packet.payload as Buffer, qos: packet.qos });
				return;
			case "pubrel":
				return this.send({ cmd: "pubcomp", messageId: packet.messageId as number });
			case "pubrec":
				return this.send({ cmd: "pubrel", messageId: packet.messageId as number });
			default:
		}
	}
}

/** A WebSocket at whose frames nobody has to wait for the end of a message. */
function conversation(
	events: LinkEvents,
	parse: (bytes: Buffer) => void,
	answers: () => boolean,
): WsConversation {
	const wire = { write: (bytes: Buffer) => events.data(bytes), end() {}, reset() {} };
	const frame = ({ opcode, payload }: { opcode: number; payload: Buffer }) => {
		if (opcode === Op.binary || opcode === Op.continuation) parse(payload);
	};
	const answer = (request: UpgradeRequest) => (answers() ? accepting(request) : undefined);
	return new WsConversation({ frame, answer }, wire);
}
