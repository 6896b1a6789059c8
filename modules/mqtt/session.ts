// The MQTT 3.1.1 client session over one transport after the other.
//
//   state       event                     next
//   Stopped     start                     Opening
//   Opening     opened                    Greeting     (CONNECT goes out [MQTT-3.1.0-1])
//   Greeting    CONNACK 0                 Up
//   Up          stop                      Leaving      (DISCONNECT goes out, nothing after it [MQTT-3.14.4-2])
//   Leaving     out / closed / late       Stopped      (out: the socket keeps nothing; a reset would lose it)
//   Opening, Greeting, Up
//               any end                   Waiting      (backoff with full jitter)
//   Waiting     pause over                Opening
//   any         stop (not Up)             Stopped
//
// While it is held, for want of a network, Waiting does not end.
//
// A clean session ends with its connection: the source sends again, as new messages, what was not
// acknowledged. One that persists goes on if the server still has it: then PUBLISH and PUBREL go out again as
// they were [MQTT-4.4.0-1].

import { Backoff } from "../core/backoff.js";
import type { Alarm, Clock } from "../core/clock.js";
import {
	type ConnectOptions,
	connectLength,
	publishHeaderLength,
	writeConnect,
	writeEmpty,
	writePublishHeader,
	writeReply,
	writeSubscribe,
	writeUnsubscribe,
} from "./encode.js";
import { Await, InFlight } from "./in-flight.js";
import { Arrival, Inbound } from "./inbound.js";
import { KeepAlive } from "./keep-alive.js";
import { Limits } from "./limits.js";
import type { Output } from "./output.js";
import { PacketType } from "./packet.js";
import { type InboundMessage, Parser, type ParserHandler } from "./parser.js";
import { Publication, type PublishSource } from "./publish-source.js";
import { SessionCounters } from "./session-counters.js";
import type { SessionBook, SessionHandler, SessionOptions } from "./session-parts.js";
import type { Transport, TransportHandler } from "./transport.js";

export const SessionState = Object.freeze({
	Stopped: 0,
	Opening: 1,
	Greeting: 2,
	Up: 3,
	Leaving: 4,
	Waiting: 5,
} as const);

/**
 * Shortest pause after a CONNACK that will not change by itself, ms; what is not here may pass at any moment.
 */
const REFUSAL_PAUSES = Object.freeze([
	0,
	Limits.configurationPauseMs,
	Limits.configurationPauseMs,
	0,
	Limits.credentialPauseMs,
] as const);

/** DUP in the first byte of PUBLISH. */
const DUP = 8;
/** `resent` while nothing is to be sent again. */
const ALL = Number.POSITIVE_INFINITY;

export class Session implements TransportHandler, ParserHandler {
	readonly counters = new SessionCounters();
	private current: number = SessionState.Stopped;
	/** While packets are read, `pump` waits: on XS the stack is small, and a TLS write needs much of it. */
	private parsing = false;
	/**
	 * The last pump ended for want of room or of a free packet id, or one was asked for while packets were
	 * read.
	 */
	private unfinished = false;
	/** Monotonic ms, read once for whatever comes in or is to go out. */
	private now = 0;
	/** Payload bytes of the message being sent that are still to come, and its packet id. */
	private remaining = 0;
	private sendingId = 0;
	private readonly output: Output;
	private readonly transport: Transport;
	private readonly source: PublishSource;
	private readonly exchanges: InFlight;
	private readonly clock: Clock;
	private readonly connect: ConnectOptions;
	private readonly handler: SessionHandler;
	private readonly parser: Parser;
	private readonly inbound: Inbound;
	private readonly backoff: Backoff;
	private readonly publication = new Publication();
	/** Opening, Greeting and Leaving end by this; Waiting begins anew by it. */
	private readonly deadline: Alarm;
	private readonly keepAlive: KeepAlive;
	/** Runs while there may be exchanges, and looks at the oldest when it fires. */
	private readonly acknowledge: Alarm;
	private readonly stable: Alarm;
	private acknowledging = false;
	/**
	 * CONNECTs that may have made a session and whose answer never came; of an earlier boot nothing is known.
	 */
	private unheard = 1;
	/** Order of the exchange that was sent again last; ALL while there is none to be sent again. */
	private resent = ALL;
	/** Order of the last exchange to be sent again. */
	private resendEnd = 0;
	/** SUBSCRIBE, or with a QoS below 0 UNSUBSCRIBE, that waits for the socket. */
	private filter: Uint8Array | undefined;
	private filterQos = 0;
	private filterId = 0;
	private pingDue = false;
	private disconnectDue = false;
	private undrained = false;
	private held = false;
	/** End of the pause in Waiting, monotonic ms. */
	private retryAt = 0;

	constructor(options: SessionOptions) {
		const { timers } = options;
		this.transport = options.transport;
		this.clock = options.clock;
		this.output = options.output;
		this.connect = options.connect;
		this.source = options.source;
		this.handler = options.handler;
		this.inbound = new Inbound(options.handler, this.counters);
		this.exchanges = new InFlight(Limits.inFlight, options.lastPacketId);
		if (connectLength(options.connect) + 5 > options.output.size)
			throw new RangeError("session: CONNECT is longer than the output stage");
		writeConnect(new Uint8Array(options.output.size), 0, options.connect); // throws on what is forbidden
		this.parser = new Parser(Limits.inboundBytes, Limits.chunkBytes, this);
		this.backoff = new Backoff(
			{
				minimumMs: Limits.backoffMinimumMs,
				initialMs: Limits.backoffInitialMs,
				maximumMs: Limits.backoffMaximumMs,
			},
			options.random,
		);
		this.deadline = timers.create(() => this.onDeadline());
		this.keepAlive = new KeepAlive(options.connect.keepAlive * 1000, options.clock, timers, {
			ping: () => {
				this.pingDue = true;
				this.pump();
			},
			dead: () => this.end("keepalive-timeout", ""),
		});
		this.acknowledge = timers.create(() => this.onAcknowledge());
		this.stable = timers.create(() => this.backoff.reset());
	}

	get state(): number {
		return this.current;
	}

	/** Outbound exchanges that await an acknowledgement. */
	get inFlight(): number {
		return this.exchanges.count;
	}

	// For a session that outlives a power cut: what the keeper reads and puts back before `start`.

	/** Tells each message under way, in the order in which they would be sent again, and what was received. */
	tell(book: SessionBook): void {
		const inFlight = this.exchanges;
		for (let id = inFlight.after(0); id > 0; id = inFlight.after(inFlight.order(id)))
			if (inFlight.state(id) < Await.Suback) book.exchange(id, inFlight.state(id));
		this.inbound.tell(book);
	}
	restoreExchange(packetId: number, state: number): void {
		this.exchanges.restore(packetId, state);
	}
	restoreTaken(packetId: number, taken: boolean): void {
		const { received } = this.inbound;
		if (!taken) received.remove(packetId);
		else if (!received.has(packetId)) received.add(packetId);
	}
	restoreLost(): void {
		this.exchanges.clear();
		this.inbound.forget();
	}

	start(): void {
		if (this.current !== SessionState.Stopped) return;
		if (this.held) this.current = SessionState.Waiting;
		else this.open();
	}

	/** There is no network: ends the connection, and opens none until `release`. */
	hold(): void {
		if (this.held) return;
		this.held = true;
		if (this.current === SessionState.Waiting) this.deadline.stop();
		else if (this.current !== SessionState.Leaving) this.end("network-lost", "");
	}

	/**
	 * The network is there. A pause that began before goes on to its end: it is the server that is spared by
	 * it.
	 */
	release(): void {
		if (!this.held) return;
		this.held = false;
		if (this.current === SessionState.Waiting)
			this.deadline.start(Math.max(0, this.retryAt - this.clock.monotonic()));
	}

	/** Ends in order: what is being written is finished, DISCONNECT goes out, the connection is closed. */
	stop(): void {
		if (this.current === SessionState.Up) {
			this.current = SessionState.Leaving;
			this.disconnectDue = true;
			this.deadline.start(Limits.closeMs);
			this.pump();
		} else if (this.current !== SessionState.Stopped && this.current !== SessionState.Leaving) {
			this.current = SessionState.Leaving;
			this.end("requested", "");
		}
	}

	/** Ends the connection without DISCONNECT, so that the will is published, and connects again later. */
	drop(code: string, detail: string): void {
		this.end(code, detail);
	}

	/** Sends SUBSCRIBE for one filter; returns its packet id, or 0 if that is not possible now. */
	subscribe(filter: Uint8Array, qos: 0 | 1 | 2): number {
		return this.request(filter, qos, Await.Suback);
	}

	/** Sends UNSUBSCRIBE for one filter; returns its packet id, or 0 if that is not possible now. */
	unsubscribe(filter: Uint8Array): number {
		return this.request(filter, -1, Await.Unsuback);
	}

	private request(filter: Uint8Array, qos: number, state: number): number {
		if (this.current !== SessionState.Up || this.filter || this.exchanges.full) return 0;
		this.filter = filter;
		this.filterQos = qos;
		this.now = this.clock.monotonic();
		this.filterId = this.openExchange(state);
		this.pump();
		return this.filterId;
	}

	/** The source has something new, which goes out with the next `pump` or once what comes in is read. */
	wake(): void {
		this.unfinished = true;
	}

	/** Whether there may be something to send. */
	get woken(): boolean {
		return this.unfinished;
	}

	/** Sends what there is to send. To be called when the source has something new. */
	pump(): void {
		if (this.parsing) {
			this.unfinished = true;
			return;
		}
		this.now = this.clock.monotonic();
		this.pumpOut();
	}

	private pumpOut(): void {
		const output = this.output;
		const transport = this.transport;
		this.handler.settled?.();
		this.unfinished = false;
		let more = true;
		while (more && (this.current === SessionState.Up || this.current === SessionState.Leaving)) {
			more = this.fill();
			if (output.length === 0) break;
			const n = output.drain(transport);
			if (n > 0) {
				this.counters.bytesSent += n;
				this.keepAlive.sent(this.now);
				// The broker can not acknowledge a message before it is out.
				if (this.sendingId > 0) {
					if (this.remaining > 0 || output.length > 0) this.exchanges.touch(this.sendingId, this.now);
					else this.sendingId = 0;
				}
			}
			if (output.length > 0) return; // the socket is full; `writable` goes on
			this.handler.settled?.();
		}
		if (this.current === SessionState.Leaving) {
			// Not before it is acknowledged: the machine may be reset next, and the server would publish the will.
			if (!this.disconnectDue && transport.drained) this.end("requested", "");
		} else if (this.inbound.overrun) this.end("inbound-full", "");
	}

	/**
	 * Puts as much into the output stage as there is and as fits. Returns whether there may be more than
	 * fitted.
	 */
	private fill(): boolean {
		const output = this.output;
		const bytes = output.bytes;
		const replies = this.inbound.replies;
		for (;;) {
			const room = output.size - output.length;
			const remaining = this.remaining;
			if (remaining > 0) {
				const n = this.source.copy(bytes, output.at, room < remaining ? room : remaining);
				output.length += n;
				this.remaining = remaining - n;
				if (n < remaining) return true;
			} else if (room < 4) return true;
			else if (this.current === SessionState.Leaving && !this.disconnectDue) return false;
			else if (replies.length > 0)
				output.length = writeReply(bytes, output.at, replies.type, replies.take()) - output.base;
			else if (this.disconnectDue) {
				this.disconnectDue = false;
				output.length = writeEmpty(bytes, output.at, PacketType.Disconnect) - output.base;
				return false;
			} else if (this.pingDue) {
				this.pingDue = false;
				output.length = writeEmpty(bytes, output.at, PacketType.Pingreq) - output.base;
			} else if (this.filter) {
				const filter = this.filter;
				if (room < filter.length + 10) {
					if (output.length > 0) return true;
					throw new RangeError("session: filter is longer than the output stage");
				}
				this.filter = undefined;
				const qos = this.filterQos;
				const end =
					qos < 0
						? writeUnsubscribe(bytes, output.at, this.filterId, filter)
						: writeSubscribe(bytes, output.at, this.filterId, filter, qos);
				output.length = end - output.base;
			} else if (room < output.size / 2) return true;
			else if (this.resent < ALL ? !this.resend(room) : !this.begin(room)) return false;
		}
	}

	/** Begins the next message of the source, if there is one that can go now. */
	private begin(room: number): boolean {
		const publication = this.publication;
		if (!this.takes()) return false;
		const windowOpen = !this.exchanges.full;
		if (!this.source.next(publication, windowOpen)) {
			if (!windowOpen || this.source.holds) this.unfinished = true;
			return false;
		}
		const { qos } = publication;
		if (qos === 0) this.undrained = true;
		this.write(room, qos > 0 ? this.openExchange(qos === 1 ? Await.Puback : Await.Pubrec) : 0, 0);
		this.source.started(this.sendingId);
		return true;
	}

	/**
	 * Whether the socket takes anything. A message that can not move now stays with its source, where it can be
	 * evicted.
	 */
	private takes(): boolean {
		if (this.transport.free > this.output.length) return true;
		this.unfinished = true;
		return false;
	}

	/** Sends the next exchange of a resumed session again, PUBLISH with DUP [MQTT-3.3.1-1]. */
	private resend(room: number): boolean {
		if (!this.takes()) return false;
		const output = this.output;
		const inFlight = this.exchanges;
		const id = inFlight.after(this.resent);
		// What moved on this connection is behind the end.
		if (id === 0 || inFlight.order(id) > this.resendEnd) {
			this.resent = ALL;
			return true;
		}
		this.resent = inFlight.order(id);
		inFlight.touch(id, this.now);
		this.awaitAcknowledge();
		if (inFlight.state(id) === Await.Pubcomp)
			output.length = writeReply(output.bytes, output.at, PacketType.Pubrel, id) - output.base;
		else if (inFlight.state(id) < Await.Suback) {
			if (this.source.again(this.publication, id)) {
				this.write(room, id, DUP);
				this.source.started(id);
			} else inFlight.remove(id);
		}
		return true;
	}

	/**
	 * Writes the header of the publication; its payload follows, once the source was told that it is `started`.
	 */
	private write(room: number, id: number, dup: number): void {
		const output = this.output;
		const { topic, header, qos, retain, length } = this.publication;
		const headerBytes = header ? header.maxBytes : publishHeaderLength(topic.length, qos, length);
		if (headerBytes < 0 || headerBytes > room)
			throw new RangeError("session: topic is longer than the output stage");
		const at = output.at;
		const end = header
			? header.write(at, id, length)
			: writePublishHeader(output.bytes, at, topic, qos, retain, false, id, length);
		if (dup > 0) output.bytes[at] = (output.bytes[at] as number) | dup;
		output.length = end - output.base;
		this.remaining = length;
		this.sendingId = id;
		this.counters.publishesSent++;
	}

	private open(): void {
		this.current = SessionState.Opening;
		this.deadline.start(Limits.connectMs);
		this.transport.open(this);
	}

	/** The one way out of a connection. */
	private end(code: string, detail: string, floorMs = 0): void {
		const state = this.current;
		if (state === SessionState.Stopped || state === SessionState.Waiting) return;
		this.transport.close(state !== SessionState.Leaving);
		this.deadline.stop();
		this.keepAlive.stop();
		this.acknowledge.stop();
		this.acknowledging = false;
		this.stable.stop();
		this.output.length = 0;
		this.remaining = 0;
		this.filter = undefined;
		this.pingDue = this.disconnectDue = this.undrained = false;
		this.resent = ALL;
		this.inbound.disconnected();
		const byServer = state === SessionState.Up && (code === "connection-lost" || code === "closed-by-server");
		if (this.connect.cleanSession) this.forget(byServer);
		else {
			this.exchanges.forgetRequests();
			this.source.suspended(byServer);
		}
		if (state === SessionState.Opening || state === SessionState.Greeting) this.counters.failedAttempts++;
		let retryMs = -1;
		if (state === SessionState.Leaving) this.current = SessionState.Stopped;
		else {
			this.current = SessionState.Waiting;
			retryMs = this.backoff.next(floorMs);
			this.retryAt = this.clock.monotonic() + retryMs;
			if (this.held) retryMs = Number.POSITIVE_INFINITY;
			else this.deadline.start(retryMs);
		}
		this.handler.sessionClosed(code, detail, retryMs);
	}

	/** The session is gone, on both sides. */
	private forget(byServer: boolean): void {
		this.exchanges.clear();
		this.inbound.forget();
		this.source.interrupted(byServer);
	}

	private onDeadline(): void {
		switch (this.current) {
			case SessionState.Opening:
				return this.end("connect-timeout", "");
			case SessionState.Greeting:
				return this.end("connack-timeout", "");
			case SessionState.Leaving:
				return this.end("requested", "");
			case SessionState.Waiting:
				return this.open();
			default:
		}
	}

	// TransportHandler

	opened(): void {
		if (this.current !== SessionState.Opening) return;
		this.current = SessionState.Greeting;
		this.unheard++;
		this.parser.reset();
		this.deadline.start(Limits.connackMs);
		const output = this.output;
		output.length = writeConnect(output.bytes, output.base, this.connect) - output.base;
		this.counters.bytesSent += output.drain(this.transport);
	}

	received(bytes: Uint8Array): void {
		this.counters.bytesReceived += bytes.length;
		this.now = this.clock.monotonic();
		this.keepAlive.received(this.now);
		this.parsing = true;
		this.parser.feed(bytes);
		while (this.parser.next()) {
			this.parser.tell();
			this.handler.settled?.();
		}
		this.parsing = false;
		if (this.unfinished || this.inbound.replies.length > 0) this.pumpOut();
	}

	writable(): void {
		if (this.current === SessionState.Greeting) {
			this.counters.bytesSent += this.output.drain(this.transport);
			return;
		}
		if (this.undrained && this.output.length === 0 && this.transport.drained) {
			this.undrained = false;
			this.handler.drained();
			this.unfinished = true;
		}
		if (this.unfinished || this.output.length > 0 || this.current === SessionState.Leaving) this.pump();
	}

	closed(code: string, detail: string): void {
		const state = this.current;
		// The server closes once it has read DISCONNECT.
		if (state === SessionState.Leaving && !this.disconnectDue && this.output.length === 0)
			this.end("requested", "");
		else
			this.end(
				state === SessionState.Greeting && code === "connection-lost" ? "closed-before-connack" : code,
				detail,
			);
	}

	// ParserHandler

	connack(sessionPresent: boolean, code: number): boolean {
		if (this.current !== SessionState.Greeting) {
			// Cumulocity says so why it closes; to the standard it is a violation all the same [MQTT-3.2.0-1].
			this.end("closed-by-server", `CONNACK ${code}`);
			return false;
		}
		if (code !== 0) {
			this.unheard--;
			this.end(code <= 5 ? `connack-${code}` : "connack-other", `code ${code}`, REFUSAL_PAUSES[code]);
			return false;
		}
		if (sessionPresent && this.connect.cleanSession) {
			this.end("MQTT-3.2.2-1", "");
			return false;
		}
		this.current = SessionState.Up;
		this.deadline.stop();
		this.stable.start(Limits.stableMs);
		this.keepAlive.start();
		this.counters.connections++;
		if (sessionPresent) this.counters.resumed++;
		const sure = this.unheard === 1;
		this.unheard = 0;
		if (sessionPresent) {
			this.resent = 0;
			this.resendEnd = this.exchanges.lastOrder;
			if (!sure) this.inbound.doubtful = true;
		} else if (!this.connect.cleanSession) this.forget(false); // [MQTT-3.2.2-3]: the server has lost it
		this.unfinished = true; // what waits for a connection
		this.handler.sessionOpened(sessionPresent, sure);
		return this.alive();
	}

	publish(message: InboundMessage): boolean {
		if (!this.greeted()) return false;
		// What comes while leaving is neither acted on nor acknowledged: it was not received.
		if (this.current === SessionState.Leaving) return true;
		const inbound = this.inbound;
		const arrival = inbound.take(message);
		const whole = message.payloadBytes === message.payloadEnd - message.payloadStart;
		if (arrival === Arrival.New) {
			if (whole) this.handler.message(message);
			else inbound.stream(message);
			if (!this.alive()) return false;
		}
		if (whole) inbound.acknowledge();
		return true;
	}

	rest(bytes: Uint8Array, start: number, end: number, left: number): boolean {
		if (this.current === SessionState.Leaving) return true;
		this.inbound.rest(bytes, start, end, left);
		if (!this.alive()) return false;
		if (left === 0) this.inbound.acknowledge();
		return true;
	}

	acknowledgement(type: number, packetId: number): boolean {
		if (!this.greeted()) return false;
		if (type === PacketType.Pubrel) {
			this.inbound.pubrel(packetId);
			return true;
		}
		if (this.remaining > 0 && packetId === this.sendingId) {
			this.end("MQTT-4.8.0-1", "acknowledged before it was sent");
			return false;
		}
		if (type === PacketType.Pubrec && this.exchanges.awaitsPubrec(packetId))
			this.handler.received?.(packetId);
		const next = this.exchanges.acknowledge(type, packetId, this.now);
		if (next < 0) {
			this.counters.strayAcknowledgements++;
			return true;
		}
		if (next === Await.Pubcomp) {
			this.inbound.reply(PacketType.Pubrel, packetId);
			return true;
		}
		if (type === PacketType.Unsuback) this.handler.unsubscribed(packetId);
		else this.handler.acknowledged(packetId);
		return this.alive();
	}

	suback(packetId: number, bytes: Uint8Array, start: number, end: number): boolean {
		if (!this.greeted()) return false;
		if (this.exchanges.acknowledge(PacketType.Suback, packetId, 0) < 0) {
			this.counters.strayAcknowledgements++;
			return true;
		}
		if (end - start !== 1) {
			this.end("MQTT-3.8.4-5", "");
			return false;
		}
		this.handler.subscribed(packetId, bytes[start] as number);
		return this.alive();
	}

	pingresp(): boolean {
		if (!this.greeted()) return false;
		this.keepAlive.answered();
		return true;
	}

	violation(code: string): void {
		this.end(code, "");
	}

	/** CONNACK comes first [MQTT-3.2.0-1]. */
	private greeted(): boolean {
		if (this.current === SessionState.Greeting) this.end("MQTT-3.2.0-1", "");
		return this.alive();
	}

	private alive(): boolean {
		return this.current === SessionState.Up || this.current === SessionState.Leaving;
	}

	private openExchange(state: number): number {
		this.awaitAcknowledge();
		return this.exchanges.open(state, this.now);
	}

	private awaitAcknowledge(): void {
		if (this.acknowledging) return;
		this.acknowledging = true;
		this.acknowledge.start(Limits.acknowledgeMs);
	}

	/** The oldest exchange counts, so that other acknowledgements do not hide one that never comes. */
	private onAcknowledge(): void {
		this.acknowledging = this.exchanges.count > 0;
		if (!this.acknowledging) return;
		const left = this.exchanges.oldest() + Limits.acknowledgeMs - this.clock.monotonic();
		if (left > 0) this.acknowledge.start(Math.ceil(left));
		else this.end("acknowledge-timeout", "");
	}
}
