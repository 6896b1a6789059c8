// The firmware's session with its outbox, over its own transport, against a real broker behind a proxy that
// cuts the connection every few hundred messages. Nothing may be lost; at QoS 2 nothing may come twice.

import { type Packet, parser } from "mqtt-packet";
import { inMachine } from "../../../host-sim/mqtt-tools/client.js";
import type { InboundMessage } from "../../../modules/mqtt/parser.js";
import { Session } from "../../../modules/mqtt/session.js";
import { Arena } from "../../../modules/outbox/arena.js";
import { Outbox } from "../../../modules/outbox/outbox.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { IsoStamp } from "../../../modules/outbox/stamp.js";
import { SystemClock } from "../../../modules/platform/clock.js";
import { SocketTransport } from "../../../modules/platform/socket-transport.js";
import { SystemTimers } from "../../../modules/platform/timers.js";
import { grace } from "../../support/waiting.js";
import { CuttingProxy, type Trouble } from "./cutting-proxy.js";
import { Witness } from "./witness.js";

export interface CutOptions {
	/** Port of the broker. */
	readonly port: number;
	readonly qos: 1 | 2;
	readonly direction: "out" | "in";
	readonly messages: number;
	readonly persistent: boolean;
	/** A cut after about so many messages. */
	readonly cutEvery: number;
	readonly trouble?: Omit<Trouble, "cutAfter">;
	readonly random: () => number;
}

export interface CutReport {
	readonly delivered: number;
	readonly lost: number;
	readonly twice: number;
	/**
	 * Of these, what the broker itself sent anew at QoS 2 although its PUBREL had passed, or without DUP
	 * [MQTT-3.3.1-1] when a CONNACK was lost that may have said that the session is new: to the standard that
	 * is another message [MQTT-4.3.3-1], and no client can know better.
	 */
	readonly brokerRepeated: number;
	/**
	 * Lost messages at QoS 2 that the broker never offered, or only under a packet id that it had not released
	 * from another message: to the standard that is a repetition of the other one [MQTT-4.3.3-2].
	 */
	readonly brokerLost: number;
	/** First arrivals that came behind a later message. */
	readonly disorder: number;
	readonly cuts: number;
	readonly stalls: number;
	readonly resumed: number;
	readonly seconds: number;
}

const TOPIC = "cuts";
/** Every session has a subscription: aedes does not call a session present that has none. */
const CONTROL = "control";
/**
 * Messages that the witness may be ahead of what has arrived: a longer queue would not pass between two cuts.
 */
const AHEAD = 60;
/** Bytes on the wire that a message takes in both directions, about. */
const MESSAGE_BYTES: Readonly<Record<1 | 2, number>> = { 1: 24, 2: 32 };
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The session with an outbox whose ring has room for 64 messages. */
class Peer {
	readonly session: Session;
	readonly outbox: Outbox;
	readonly arrived: string[] = [];
	subscribed: () => void = () => {};
	readonly #arena: Arena;
	#next = 0;

	constructor(options: CutOptions, port: number, clientId: string) {
		const { qos, messages, direction } = options;
		const clock = new SystemClock();
		const timers = new SystemTimers();
		const nothing = utf8("");
		const shape = {
			...{ topic: utf8(TOPIC), qos, recordBytes: 32, stamps: 0, maxRecords: 1, maxBytes: 1000 },
			...{ prefix: nothing, separator: nothing, suffix: nothing, numberAt: -1, confirmMs: 0 },
		};
		const arena = new Arena(shape, 64, shape, 2, 0);
		this.#arena = arena;
		const more = () => {
			while (direction === "out" && this.#next < messages && arena.measures.ring.free > 0)
				this.#add(String(this.#next++));
		};
		const nobody = () => {};
		const outbox = new Outbox([arena.events, arena.measures], new IsoStamp(), clock, 1, {
			delivered: nobody,
			unconfirmed: nobody,
			quarantined: () => {
				throw new Error("an innocent message was given up");
			},
			sending: nobody,
			idTaken: nobody,
			directDelivered: nobody,
		});
		this.outbox = outbox;
		const session: Session = new Session({
			transport: new SocketTransport({ host: "127.0.0.1", port }, timers),
			clock,
			timers,
			random: () => 0, // the shortest pauses: the test is not about waiting
			output: arena.output,
			connect: { clientId: utf8(clientId), cleanSession: !options.persistent, keepAlive: 5 },
			source: outbox,
			handler: {
				sessionOpened: (present, sure) => {
					outbox.open = true;
					if (present && sure) this.subscribed();
					else session.subscribe(utf8(direction === "in" ? TOPIC : CONTROL), qos);
				},
				sessionClosed: () => {
					outbox.open = false;
				},
				subscribed: () => this.subscribed(),
				unsubscribed: nobody,
				acknowledged: (id) => {
					outbox.acknowledged(id);
					more();
					session.pump();
				},
				drained: () => outbox.drained(),
				message: (m: InboundMessage) => {
					this.arrived.push(Buffer.from(m.bytes.subarray(m.payloadStart, m.payloadEnd)).toString());
				},
				stream: () => undefined,
				skipped: nobody,
			},
		});
		this.session = session;
		more();
		session.start();
	}

	#add(text: string): void {
		const { ring } = this.#arena.measures;
		const payload = utf8(text);
		const slot = ring.reserve(RecordKind.Measure, false);
		ring.bytes.set(payload, ring.writeAt);
		ring.commit(slot, payload.length);
	}
}

/** Counts QoS 2 messages that a broker sends again as if they were new, in what passes to the client. */
class Repeats {
	count = 0;
	/** What was offered under an id that was free. */
	readonly offered = new Set<string>();
	readonly #payloads = new Map<number, string>();
	readonly #released = new Set<string>();
	#connection = 0;
	/** The last connection whose CONNACK passed; whether that of any was lost. */
	#greeted = 0;
	#doubtful = false;
	#parser: ReturnType<typeof parser> | undefined;

	passed(connection: number, data: Buffer | undefined): void {
		if (data === undefined) {
			if (connection === this.#connection) this.#parser = undefined;
			if (connection !== this.#greeted) this.#doubtful = true;
			return;
		}
		if (connection !== this.#connection || !this.#parser) {
			this.#connection = connection;
			this.#parser = parser({ protocolVersion: 4 });
			this.#parser.on("packet", (packet) => this.#packet(packet));
		}
		this.#parser.parse(data);
	}

	#packet(packet: Packet): void {
		const id = packet.messageId as number;
		if (packet.cmd === "connack") this.#greeted = this.#connection;
		else if (packet.cmd === "pubrel") {
			const payload = this.#payloads.get(id);
			if (payload !== undefined) this.#released.add(payload);
			this.#payloads.delete(id);
		} else if (packet.cmd === "publish" && packet.qos === 2) {
			if (this.#payloads.has(id)) {
				if (this.#doubtful && !packet.dup) this.count++;
				return;
			}
			const payload = packet.payload.toString();
			if (this.#released.has(payload)) this.count++;
			this.offered.add(payload);
			this.#payloads.set(id, payload);
		}
	}
}

/** Runs so far: each has sessions of its own at the broker. */
let runs = 0;

export async function runCuts(options: CutOptions): Promise<CutReport> {
	const { qos, direction, messages, cutEvery, random } = options;
	const began = performance.now();
	const run = ++runs;
	const proxy = await CuttingProxy.open(options.port, {
		...options.trouble,
		// Also in the middle of CONNECT or of an acknowledgement.
		cutAfter: () => Math.floor(random() * 2 * cutEvery * MESSAGE_BYTES[qos]),
	});
	const repeats = new Repeats();
	proxy.onPassed = (connection, data) => repeats.passed(connection, data);
	const witness = await Witness.open(options.port, `witness${process.pid}-${run}`);
	if (direction === "out") await witness.subscribe(TOPIC, 2);
	let peer: Peer | undefined;
	let crash: unknown;
	const subscribed = new Promise<void>((resolve) => {
		proxy.calm = true;
		inMachine(
			() => {
				peer = new Peer(options, proxy.port, `peer${process.pid}-${run}`);
				peer.subscribed = resolve;
			},
			(error) => {
				crash = error;
			},
		);
	});
	await subscribed;
	proxy.calm = false;
	const own = peer as unknown as Peer;
	const arrivals = direction === "out" ? witness.heard : own.arrived;
	const seenSoFar = new Set<string>();
	let looked = 0;
	/** Whether everything is there. */
	const complete = (): boolean => {
		while (looked < arrivals.length) seenSoFar.add(arrivals[looked++] as string);
		return seenSoFar.size === messages;
	};
	// Long enough for any honest run, also on a busy machine; what is missing then is lost.
	const until = performance.now() + 120_000 + messages * 30;
	for (let next = 0; direction === "in" && next < messages; next++) {
		while (!complete() && next - seenSoFar.size > AHEAD && performance.now() < until) await grace(1);
		await witness.publish(TOPIC, String(next), qos);
	}
	while (!complete() && crash === undefined && performance.now() < until) await grace(20);
	// What is on its way twice would come now.
	proxy.calm = true;
	await grace(500);
	own.session.stop();
	witness.close();
	await grace(50);
	proxy.close();
	if (crash !== undefined) throw crash;
	const seen = new Set(arrivals);
	let disorder = 0;
	let highest = -1;
	for (const text of seen) {
		if (Number(text) < highest) disorder++;
		highest = Math.max(highest, Number(text));
	}
	return {
		delivered: seen.size,
		lost: messages - seen.size,
		twice: arrivals.length - seen.size,
		brokerRepeated: repeats.count,
		brokerLost:
			direction === "out" || qos === 1
				? 0
				: Array.from({ length: messages }, (_, i) => String(i)).filter(
						(text) => !seen.has(text) && !repeats.offered.has(text),
					).length,
		disorder,
		cuts: proxy.cuts,
		stalls: proxy.stalls,
		resumed: own.session.counters.resumed,
		seconds: (performance.now() - began) / 1000,
	};
}
