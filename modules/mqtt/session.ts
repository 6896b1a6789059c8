// The MQTT 3.1.1 client session over one transport after the other; its states are in session-state.ts.
//
// A clean session ends with its connection: the source sends again, as new messages, what was not
// acknowledged. One that persists goes on if the server still has it: then PUBLISH and PUBREL go out again as
// they were [MQTT-4.4.0-1].

import { Backoff } from "../core/backoff.js";
import type { Alarm, AlarmOwner, Clock } from "../core/clock.js";
import { type ConnectOptions, connectLength, writeConnect, writeEmpty } from "./encode.js";
import { FilterRequest, LEAVE } from "./filter-request.js";
import { Await, InFlight } from "./in-flight.js";
import { Arrival, Inbound } from "./inbound.js";
import { DEAD, KeepAlive } from "./keep-alive.js";
import { Limits } from "./limits.js";
import type { Output } from "./output.js";
import { PacketType } from "./packet.js";
import { type InboundMessage, Parser, type ParserHandler } from "./parser.js";
import { type Publication, writeHeader } from "./publication.js";
import type { PublishSource } from "./publish-source.js";
import type { ReplyQueue } from "./reply-queue.js";
import { SessionCounters } from "./session-counters.js";
import type { SessionBook, SessionHandler, SessionOptions } from "./session-parts.js";
import { isByServer, REFUSAL_PAUSES, SessionState } from "./session-state.js";
import type { Transport, TransportHandler } from "./transport.js";

/** DUP in the first byte of PUBLISH. */
const DUP = 8;
/** `resent` while nothing is to be sent again. */
const ALL = Number.POSITIVE_INFINITY;

// Constants of the module cost XS nothing; a member of a table costs as much as two fields.
const { Stopped: STOPPED, Greeting: GREETING, Up: UP, Leaving: LEAVING, Waiting: WAITING } = SessionState;
const NEW = Arrival.New;
const PUBREC = PacketType.Pubrec;
const WINDOW = Limits.inFlight;
const PUBREL = PacketType.Pubrel;
const UNSUBACK = PacketType.Unsuback;
const { Puback: PUBACK_DUE, Pubrec: PUBREC_DUE, Pubcomp: PUBCOMP_DUE } = Await;

export class Session implements TransportHandler, ParserHandler, AlarmOwner {
	// First what each message touches: XS looks through an object's fields in their order.
	private current: number = STOPPED;
	/** While packets are read, `pump` waits: on XS the stack is small, and a TLS write needs much of it. */
	private parsing = false;
	/**
	 * The last pump ended for want of room or of a free packet id, or one was asked for while packets were
	 * read.
	 */
	private unfinished = false;
	/** Monotonic ms, read once for whatever comes in or is to go out. */
	private now = 0;
	private readonly handler: SessionHandler;
	private readonly output: Output;
	/** Where bytes are written: the transport, or what carries it. */
	private readonly transport: Transport;
	private readonly inbound: Inbound;
	private readonly replies: ReplyQueue;
	readonly counters = new SessionCounters();
	private readonly exchanges: InFlight;
	private readonly clock: Clock;
	private readonly keepAlive: KeepAlive;
	private readonly parser: Parser;
	/** Packet id of the message that is being written, 0 at QoS 0. */
	private sendingId = 0;
	private readonly source: PublishSource;
	/** Something goes ahead of messages: SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT or what is sent again. */
	private urgent = false;
	private acknowledging = false;
	/** A QoS 0 message has not left the socket. */
	private undrained = false;
	private disconnectDue = false;
	private renewing = false;
	private readonly connection: Transport;
	private readonly connect: ConnectOptions;
	private readonly backoff: Backoff;
	/** Opening, Greeting and Leaving end by this; Waiting begins anew by it. */
	private readonly deadline: Alarm;
	/** Runs while there may be exchanges, and looks at the oldest when it fires. */
	private readonly acknowledge: Alarm;
	private readonly stable: Alarm;
	/** The keepalive's. */
	private readonly alive: Alarm;
	/**
	 * CONNECTs that may have made a session and whose answer never came; of an earlier boot nothing is known.
	 */
	private unheard = 1;
	/** Order of the exchange that was sent again last; ALL while there is none to be sent again. */
	private resent = ALL;
	/** Order of the last exchange to be sent again. */
	private resendEnd = 0;
	private readonly request = new FilterRequest();
	private held = false;
	/** CONNACK of this connection, and end of the pause in Waiting; monotonic ms. */
	private openedAt = 0;
	private retryAt = 0;

	constructor(options: SessionOptions) {
		const { timers } = options;
		this.connection = options.transport;
		this.transport = options.transport.below ?? options.transport;
		this.clock = options.clock;
		this.output = options.output;
		this.connect = options.connect;
		this.source = options.source;
		this.handler = options.handler;
		this.inbound = new Inbound(options.handler, options.output, this.counters);
		this.replies = this.inbound.replies;
		this.exchanges = new InFlight(WINDOW, options.lastPacketId);
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
		this.keepAlive = new KeepAlive(options.connect.keepAlive * 1000);
		this.deadline = timers.create(this);
		this.alive = timers.create(this);
		this.acknowledge = timers.create(this);
		this.stable = timers.create(this);
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
		if (this.current !== STOPPED) return;
		if (this.held) this.current = WAITING;
		else this.open();
	}

	/** There is no network: ends the connection, and opens none until `release`. */
	hold(): void {
		if (this.held) return;
		this.held = true;
		if (this.current === WAITING) this.deadline.stop();
		else if (this.current !== LEAVING) this.end("network-lost", "");
	}

	/**
	 * The network is there. A pause that began before goes on to its end: it is the server that is spared by
	 * it.
	 */
	release(): void {
		if (!this.held) return;
		this.held = false;
		if (this.current === WAITING) this.deadline.start(Math.max(0, this.retryAt - this.clock.monotonic()));
	}

	/**
	 * Ends in order: what is being written is finished, DISCONNECT goes out, the connection is closed. With
	 * `again` it is then opened anew, because something in the options of CONNECT has changed.
	 */
	stop(again = false): void {
		if (again && (this.current === STOPPED || this.current === LEAVING)) return;
		this.renewing = again;
		if (this.current === UP) {
			this.current = LEAVING;
			this.disconnectDue = this.urgent = true;
			this.deadline.start(Limits.closeMs);
			this.pump();
		} else if (this.current !== STOPPED && this.current !== LEAVING) {
			this.current = LEAVING;
			this.end("requested", "");
		}
	}

	/** Ends the connection without DISCONNECT, so that the will is published, and connects again later. */
	drop(code: string, detail: string): void {
		this.end(code, detail);
	}

	/** Sends SUBSCRIBE for one filter; returns its packet id, or 0 if that is not possible now. */
	subscribe(filter: Uint8Array, qos: 0 | 1 | 2): number {
		return this.ask(filter, qos, Await.Suback);
	}

	/** Sends UNSUBSCRIBE for one filter; returns its packet id, or 0 if that is not possible now. */
	unsubscribe(filter: Uint8Array): number {
		return this.ask(filter, LEAVE, Await.Unsuback);
	}

	private ask(filter: Uint8Array, qos: number, state: number): number {
		if (this.current !== UP || this.request.filter || this.exchanges.full) return 0;
		this.now = this.clock.monotonic();
		this.awaitAcknowledge();
		const id = this.exchanges.open(state, this.now);
		this.request.set(filter, qos, id);
		this.urgent = true;
		this.pump();
		return id;
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
		this.handler.settled?.();
		this.unfinished = false;
		while (this.current === UP || this.current === LEAVING) {
			const more = this.fill();
			if (output.length === 0) break;
			if (!this.flush()) return;
			this.handler.settled?.();
			if (!more) break;
		}
		if (this.undrained) this.transport.awaited = true;
		if (this.current === LEAVING) {
			// Not before it is acknowledged: the machine may be reset next, and the server would publish the will.
			if (this.disconnectDue || !this.transport.drained) this.transport.awaited = true;
			else this.end("requested", "");
		} else if (this.inbound.overrun) this.end("inbound-full", "");
	}

	/** Writes what is in the output stage, as far as the socket takes it. Returns whether all of it is out. */
	private flush(): boolean {
		const output = this.output;
		const n = output.drain(this.transport);
		if (n > 0) {
			const now = this.now;
			this.counters.bytesSent += n;
			this.keepAlive.lastSent = now;
			// The broker can not acknowledge a message before it is out.
			const id = this.sendingId;
			if (id > 0) {
				if (output.remaining > 0 || output.length > 0) this.exchanges.touch(id, now);
				else this.sendingId = 0;
			}
		}
		if (output.length === 0) return true;
		this.transport.awaited = true; // the socket is full
		return false;
	}

	/**
	 * Puts as much into the output stage as there is and as fits. Returns whether there may be more than
	 * fitted.
	 */
	private fill(): boolean {
		const output = this.output;
		const size = output.size;
		for (;;) {
			const room = size - output.length;
			if (output.remaining > 0) {
				if (!this.pour(room)) return true;
			} else if (room < 4) return true;
			else if (this.urgent) {
				const more = this.fillAhead(room);
				if (more !== undefined) return more;
			} else if (this.replies.length > 0) this.reply();
			else if (room < size / 2) return true;
			else if (!this.begin(room)) return false;
		}
	}

	/** Goes on with the payload that did not fit at once. Returns whether all of it is there now. */
	private pour(room: number): boolean {
		const output = this.output;
		const { remaining } = output;
		output.took(this.source.copy(output.bytes, output.at, room < remaining ? room : remaining));
		return output.remaining === 0;
	}

	/** Takes the oldest acknowledgement that waits; there is room for it. */
	private reply(): void {
		const { replies } = this;
		this.output.reply(replies.type, replies.packetId);
		replies.shift();
	}

	/** What goes ahead of messages: one step of `fill`, whose answer this returns where that ends it. */
	private fillAhead(room: number): boolean | undefined {
		const output = this.output;
		if (this.current === LEAVING && !this.disconnectDue) return false;
		if (this.replies.length > 0) this.reply();
		else if (this.disconnectDue) {
			this.disconnectDue = false;
			output.length = writeEmpty(output.bytes, output.at, PacketType.Disconnect) - output.base;
			output.limit = 0;
			return false;
		} else if (this.keepAlive.pingDue) {
			this.keepAlive.pingDue = false;
			output.length = writeEmpty(output.bytes, output.at, PacketType.Pingreq) - output.base;
		} else if (this.request.filter) {
			if (!this.request.write(output)) return true;
		} else if (this.resent === ALL) this.urgent = false;
		else if (room < output.size / 2) return true;
		else if (!this.resend(room)) return false;
		return undefined;
	}

	/** Begins the next message of the source, if one can go now. Returns whether there may be more to do. */
	private begin(room: number): boolean {
		if (this.transport.free <= this.output.length) return this.blocked();
		const source = this.source;
		const publication = source.next(this.exchanges.count < WINDOW);
		if (!publication) {
			if (this.exchanges.full || source.holds) this.unfinished = true;
			return false;
		}
		const { qos } = publication;
		let id = 0;
		if (qos === 0) this.undrained = true;
		else {
			if (!this.acknowledging) this.awaitAcknowledge();
			id = this.exchanges.open(qos === 1 ? PUBACK_DUE : PUBREC_DUE, this.now);
		}
		this.write(publication, room, id);
		const output = this.output;
		const { length } = output;
		const n = source.start(id, output.bytes, output.base + length, output.size - length);
		output.length = length + n;
		output.remaining -= n;
		return output.remaining > 0 || source.more;
	}

	/**
	 * The socket takes nothing. A message that can not move now stays with its source, where it can be evicted.
	 */
	private blocked(): false {
		this.unfinished = true;
		this.transport.awaited = true;
		return false;
	}

	/** Sends the next exchange of a resumed session again, PUBLISH with DUP [MQTT-3.3.1-1]. */
	private resend(room: number): boolean {
		const output = this.output;
		if (this.transport.free <= output.length) return this.blocked();
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
		if (inFlight.state(id) === Await.Pubcomp) output.reply(PUBREL, id);
		else if (inFlight.state(id) < Await.Suback) {
			const publication = this.source.again(id);
			if (!publication) inFlight.remove(id);
			else {
				const { at } = output;
				this.write(publication, room, id);
				output.bytes[at] = (output.bytes[at] as number) | DUP;
				output.took(this.source.start(id, output.bytes, output.at, output.size - output.length));
			}
		}
		return true;
	}

	/** Writes the header of the publication. What follows is not done here: it needs the stack. */
	private write(publication: Publication, room: number, id: number): void {
		const output = this.output;
		const { header, length } = publication;
		const at = output.base + output.length;
		let end = -1;
		if (!header) end = writeHeader(publication, output.bytes, at, room, id);
		else if (header.maxBytes <= room) end = header.write(at, id, length);
		if (end < 0) throw new RangeError("session: topic is longer than the output stage");
		this.sendingId = id;
		this.counters.publishesSent++;
		output.length = end - output.base;
		output.remaining = length;
	}

	private open(): void {
		this.current = SessionState.Opening;
		this.deadline.start(Limits.connectMs);
		this.connection.open(this);
	}

	/** The one way out of a connection. */
	private end(code: string, detail: string, floorMs = 0): void {
		const state = this.current;
		if (state === STOPPED || state === WAITING) return;
		this.connection.close(state !== LEAVING);
		this.deadline.stop();
		this.keepAlive.stop();
		this.alive.stop();
		this.acknowledge.stop();
		this.acknowledging = false;
		this.stable.stop();
		this.output.clear();
		this.request.clear();
		this.urgent = this.disconnectDue = this.undrained = false;
		this.resent = ALL;
		this.inbound.disconnected();
		const byServer = state === UP && isByServer(code);
		if (state === UP)
			this.counters.kicks = this.backoff.stood(byServer, this.clock.monotonic() - this.openedAt);
		if (this.connect.cleanSession) this.forget(byServer);
		else {
			this.exchanges.forgetRequests();
			this.source.suspended(byServer);
		}
		if (state === SessionState.Opening || state === GREETING) this.counters.failedAttempts++;
		let retryMs = -1;
		if (state === LEAVING && !this.renewing) this.current = STOPPED;
		else {
			this.current = WAITING;
			this.renewing = false;
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

	due(alarm: Alarm): void {
		if (alarm === this.deadline) this.onDeadline();
		else if (alarm === this.alive) this.onKeepAlive();
		else if (alarm === this.acknowledge) this.onAcknowledge();
		else this.backoff.reset();
	}

	private onKeepAlive(): void {
		const quietMs = this.keepAlive.check(this.clock.monotonic());
		if (quietMs === DEAD) return this.end("keepalive-timeout", "");
		this.alive.start(quietMs);
		if (!this.keepAlive.pingDue) return;
		this.urgent = true;
		this.pump();
	}

	private onDeadline(): void {
		switch (this.current) {
			case SessionState.Opening:
				return this.end("connect-timeout", "");
			case GREETING:
				return this.end("connack-timeout", "");
			case LEAVING:
				return this.end("requested", "");
			case WAITING:
				return this.open();
			default:
		}
	}

	// TransportHandler

	opened(): void {
		if (this.current !== SessionState.Opening) return;
		this.current = GREETING;
		this.unheard++;
		this.parser.reset();
		this.deadline.start(Limits.connackMs);
		const output = this.output;
		output.length = writeConnect(output.bytes, output.base, this.connect) - output.base;
		this.counters.bytesSent += output.drain(this.transport);
		this.transport.awaited = true;
	}

	received(bytes: Uint8Array, start = 0, end = bytes.length): void {
		this.counters.bytesReceived += end - start;
		this.now = this.clock.monotonic();
		this.keepAlive.lastReceived = this.now;
		this.parsing = true;
		this.parser.feed(bytes, start, end);
		while (this.parser.next()) {
			const more = this.parser.tell();
			this.handler.settled?.();
			if (!more) break;
		}
		this.parsing = false;
		if (this.unfinished || this.replies.length > 0) this.pumpOut();
		else if (this.output.length > 0) this.flush();
	}

	writable(): void {
		const { output, transport } = this;
		if (this.current === GREETING) {
			this.counters.bytesSent += output.drain(transport);
			if (output.length > 0) transport.awaited = true;
			return;
		}
		if (this.undrained && output.length === 0) {
			transport.awaited = !transport.drained;
			if (transport.drained) {
				this.undrained = false;
				this.handler.drained();
				this.unfinished = true;
			}
		}
		// The rest of a payload is not in the stage yet.
		const rest = output.length > 0 || output.remaining > 0;
		if (this.unfinished || rest || this.current === LEAVING) this.pump();
	}

	closed(code: string, detail: string): void {
		const state = this.current;
		// The server closes once it has read DISCONNECT.
		if (state === LEAVING && !this.disconnectDue && this.output.length === 0) this.end("requested", "");
		else this.end(state === GREETING && code === "connection-lost" ? "closed-before-connack" : code, detail);
	}

	// ParserHandler

	connack(sessionPresent: boolean, code: number): boolean {
		if (this.current !== GREETING) {
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
		this.current = UP;
		this.deadline.stop();
		this.stable.start(Limits.stableMs);
		this.openedAt = this.clock.monotonic();
		const quietMs = this.keepAlive.start(this.openedAt);
		if (quietMs > 0) this.alive.start(quietMs);
		this.counters.connections++;
		if (sessionPresent) this.counters.resumed++;
		const sure = this.unheard === 1;
		this.unheard = 0;
		if (sessionPresent) {
			this.resent = 0;
			this.urgent = true;
			this.resendEnd = this.exchanges.lastOrder;
			if (!sure) this.inbound.doubtful = true;
		} else if (!this.connect.cleanSession) this.forget(false); // [MQTT-3.2.2-3]: the server has lost it
		this.unfinished = true; // what waits for a connection
		this.handler.sessionOpened(sessionPresent, sure);
		return this.isAlive();
	}

	publish(message: InboundMessage): boolean {
		if (this.current !== UP && !this.greeted()) return false;
		// What comes while leaving is neither acted on nor acknowledged: it was not received.
		if (this.current === LEAVING) return true;
		const inbound = this.inbound;
		const isNew = inbound.take(message) === NEW;
		const whole = message.payloadBytes === message.payloadEnd - message.payloadStart;
		if (isNew) {
			if (whole) this.handler.message(message);
			else inbound.stream(message);
			if (this.current !== UP && !this.isAlive()) return false;
		}
		if (whole) inbound.acknowledge();
		return true;
	}

	rest(bytes: Uint8Array, start: number, end: number, left: number): boolean {
		if (this.current === LEAVING) return true;
		this.inbound.rest(bytes, start, end, left);
		if (!this.isAlive()) return false;
		if (left === 0) this.inbound.acknowledge();
		return true;
	}

	acknowledgement(type: number, packetId: number): boolean {
		if (this.current !== UP && !this.greeted()) return false;
		if (type === PUBREL) {
			this.inbound.pubrel(packetId);
			return true;
		}
		if (this.output.remaining > 0 && packetId === this.sendingId) {
			this.end("MQTT-4.8.0-1", "acknowledged before it was sent");
			return false;
		}
		if (type === PUBREC && this.exchanges.awaitsPubrec(packetId)) this.handler.received?.(packetId);
		const next = this.exchanges.acknowledge(type, packetId, this.now);
		if (next < 0) {
			this.counters.strayAcknowledgements++;
			return true;
		}
		if (next === PUBCOMP_DUE) {
			this.inbound.reply(PUBREL, packetId);
			return true;
		}
		if (type === UNSUBACK) this.handler.unsubscribed(packetId);
		else this.handler.acknowledged(packetId);
		return this.current === UP || this.isAlive();
	}

	suback(packetId: number, bytes: Uint8Array, start: number, end: number): boolean {
		if (this.current !== UP && !this.greeted()) return false;
		if (this.exchanges.acknowledge(PacketType.Suback, packetId, 0) < 0) {
			this.counters.strayAcknowledgements++;
			return true;
		}
		if (end - start !== 1) {
			this.end("MQTT-3.8.4-5", "");
			return false;
		}
		this.handler.subscribed(packetId, bytes[start] as number);
		return this.isAlive();
	}

	pingresp(): boolean {
		if (this.current !== UP && !this.greeted()) return false;
		this.keepAlive.answered();
		return true;
	}

	violation(code: string): void {
		this.end(code, "");
	}

	/** CONNACK comes first [MQTT-3.2.0-1]. */
	private greeted(): boolean {
		if (this.current === GREETING) this.end("MQTT-3.2.0-1", "");
		return this.current === LEAVING;
	}

	private isAlive(): boolean {
		return this.current === UP || this.current === LEAVING;
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
