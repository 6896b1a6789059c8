// What a server's PUBLISH and PUBREL lead to: a message for the handler, once at QoS 2, and a reply in the
// order of arrival: into the output stage where it has room, else into a queue. The session decides when they
// go out.

import { InboundQos2, type TakenBook } from "./inbound-qos2.js";
import { Limits } from "./limits.js";
import type { Output } from "./output.js";
import { PacketType } from "./packet.js";
import type { InboundMessage } from "./parser.js";
import { ReplyQueue } from "./reply-queue.js";
import type { SessionCounters } from "./session-counters.js";

/** Takes a payload that is larger than any buffer, part by part. */
export interface PayloadSink {
	/** The next bytes, [start, end); they hold during the call only. */
	part(bytes: Uint8Array, start: number, end: number): void;
	/**
	 * All of it was there, or the connection ended before: then, above QoS 0, the message comes again from its
	 * start.
	 */
	end(whole: boolean): void;
}

export interface InboundHandler {
	/** A message has arrived; positions hold during the call. At QoS 1 its PUBACK follows the call. */
	message(message: InboundMessage): void;
	/**
	 * A message too large to be kept begins to arrive. Whoever wants it returns a sink, which gets the payload
	 * from its first byte on; undefined skips it.
	 */
	stream(message: InboundMessage): PayloadSink | undefined;
	/** A message too large to be kept is skipped; the first bytes of its payload are there. */
	skipped(message: InboundMessage): void;
	/** PUBREC is about to go out for the first time: this QoS 2 message must not be taken for new again. */
	taken?(packetId: number): void;
	/** PUBREL: the id is free for a new message. */
	released?(packetId: number): void;
}

const PUBACK = PacketType.Puback;
const PUBREC = PacketType.Pubrec;

/** What `take` made of a message. Refused: it counts as not received. */
export const Arrival = Object.freeze({ Refused: 0, Duplicate: 1, New: 2 } as const);

const NEW = Arrival.New;

export class Inbound {
	// First what each message touches: XS looks through an object's fields in their order.
	/** The message that is being taken. */
	private qos = 0;
	private packetId = 0;
	/** It is a QoS 2 message that was not there before. */
	private fresh = false;
	/** It is too large to be kept, and its end has not arrived. */
	private partial = false;
	readonly replies = new ReplyQueue(Limits.pendingReplies);
	private readonly output: Output;
	private readonly counters: SessionCounters;
	/**
	 * Something could not be remembered, and what comes behind it must not overtake it [MQTT-4.6.0-2]: the
	 * connection has to end once the replies are out; then the server sends again what has none.
	 */
	overrun = false;
	/**
	 * The ids may be those of a session that the server has lost, and has made anew without our hearing of it.
	 * Then what comes under one of them without DUP is a new message, for whatever is sent again has DUP
	 * [MQTT-3.3.1-1].
	 */
	doubtful = false;
	readonly received = new InboundQos2(Limits.inboundQos2);
	private readonly handler: InboundHandler;
	private sink: PayloadSink | undefined;

	constructor(handler: InboundHandler, output: Output, counters: SessionCounters) {
		this.handler = handler;
		this.output = output;
		this.counters = counters;
	}

	/** Takes a message, or the beginning of one; whoever calls hands it on if it is new. */
	take(message: InboundMessage): number {
		const { qos, packetId } = message;
		const counters = this.counters;
		counters.publishesReceived++;
		this.qos = qos;
		this.packetId = packetId;
		this.fresh = false;
		if (qos === 0) return NEW;
		const { replies } = this;
		if (replies.length > 0 && replies.full) this.overrun = true;
		if (qos === 2 && !this.overrun) {
			if (!this.received.has(packetId)) this.received.add(packetId);
			else if (message.dup || !this.doubtful) {
				counters.duplicatesDropped++;
				return Arrival.Duplicate;
			}
			this.fresh = true;
		}
		if (!this.overrun) return NEW;
		this.qos = 0;
		counters.refused++;
		return Arrival.Refused;
	}

	/** The message that was taken is too large to be kept. */
	stream(message: InboundMessage): void {
		this.partial = true;
		const sink = this.handler.stream(message);
		this.sink = sink;
		if (sink) return sink.part(message.bytes, message.payloadStart, message.payloadEnd);
		this.counters.oversizeSkipped++;
		this.handler.skipped(message);
	}

	/** The next part of the message that was taken. */
	rest(bytes: Uint8Array, start: number, end: number, left: number): void {
		const sink = this.sink;
		if (!sink) return;
		sink.part(bytes, start, end);
		if (left > 0) return;
		this.sink = undefined;
		sink.end(true);
	}

	/**
	 * Acknowledges the message that was taken, whatever the handler made of it [MQTT-4.5.0-2], in the order of
	 * arrival [MQTT-4.6.0-2].
	 */
	acknowledge(): void {
		this.partial = false;
		if (this.fresh) this.settle();
		if (this.qos > 0) this.answer(this.qos === 1 ? PUBACK : PUBREC, this.packetId);
	}

	/** Only where the queue is not full. */
	private answer(type: number, packetId: number): void {
		const { replies } = this;
		if (replies.length > 0 || !this.output.reply(type, packetId)) replies.add(type, packetId);
	}

	private settle(): void {
		this.fresh = false;
		this.handler.taken?.(this.packetId);
	}

	/** The ids that `taken` was called for, and no `released`. */
	tell(book: TakenBook): void {
		if (this.fresh) this.received.remove(this.packetId);
		this.received.tell(book);
		if (this.fresh) this.received.add(this.packetId);
	}

	/** Replies to an acknowledgement of ours. */
	reply(type: number, packetId: number): void {
		if (this.replies.full) this.overrun = true;
		else this.answer(type, packetId);
	}

	/** PUBREL: the id is free for a new message [MQTT-4.3.3-2]. */
	pubrel(packetId: number): void {
		if (this.overrun || this.replies.full) {
			this.overrun = true;
			this.counters.refused++;
			return;
		}
		this.received.remove(packetId);
		this.handler.released?.(packetId);
		this.answer(PacketType.Pubcomp, packetId);
	}

	/**
	 * The connection ended: what waits for the socket is asked for again by the server, if the session goes on.
	 */
	disconnected(): void {
		const sink = this.sink;
		this.sink = undefined;
		if (this.partial && this.fresh) {
			this.received.remove(this.packetId);
			this.fresh = false;
		}
		if (this.fresh) this.settle(); // the handler itself may have ended the connection
		this.partial = false;
		this.overrun = false;
		this.replies.clear();
		sink?.end(false);
	}

	/** The session is gone [MQTT-3.1.2-6]. */
	forget(): void {
		this.received.clear();
		this.doubtful = false;
	}
}
