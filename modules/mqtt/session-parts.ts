// What a session is made of, and whom it tells.

import type { Clock, Random, Timers } from "../core/clock.js";
import type { ConnectOptions } from "./encode.js";
import type { InboundHandler } from "./inbound.js";
import type { TakenBook } from "./inbound-qos2.js";
import type { Output } from "./output.js";
import type { PublishSource } from "./publish-source.js";
import type { Transport } from "./transport.js";

/** Contract: may call `pump`, `subscribe`, `unsubscribe`, `stop` and `drop` of the session. */
export interface SessionHandler extends InboundHandler {
	/**
	 * CONNACK 0 has arrived. Not `sure`: a CONNACK before it did not, so the session that is present may be one
	 * that the server made meanwhile, without our subscriptions; likewise in the first connection of a boot.
	 */
	sessionOpened(sessionPresent: boolean, sure: boolean): void;
	/**
	 * The connection ended; the next attempt comes in `retryMs`, never when that is -1, once `release` is
	 * called when Infinity.
	 */
	sessionClosed(code: string, detail: string, retryMs: number): void;
	/**
	 * Called after each packet that was read, and before each output stage that goes out, where the stack is
	 * shallow.
	 */
	settled?(): void;
	/** PUBREC for one of our messages, the first time; PUBREL is about to go out. */
	received?(packetId: number): void;
	/** PUBACK or PUBCOMP for one of our messages. */
	acknowledged(packetId: number): void;
	/** All QoS 0 messages started so far have left the socket. */
	drained(): void;
	/** SUBACK: the granted QoS, or 0x80. */
	subscribed(packetId: number, code: number): void;
	/** UNSUBACK. */
	unsubscribed(packetId: number): void;
}

/** Hears what has to be known of a session that outlives a power cut. */
export interface SessionBook extends TakenBook {
	/** A message under way, and which acknowledgement it awaits. */
	exchange(packetId: number, state: number): void;
}

export interface SessionOptions {
	readonly transport: Transport;
	readonly clock: Clock;
	readonly timers: Timers;
	readonly random: Random;
	readonly output: Output;
	readonly connect: ConnectOptions;
	readonly source: PublishSource;
	readonly handler: SessionHandler;
	/** The packet id used last, in this boot or the one before it; ids go on behind it. */
	readonly lastPacketId?: number;
}
