// A cloud is a strategy: how to connect, what to say first, how a sample becomes bytes, what an inbound
// message means, and what counts as delivered. Adding a cloud touches one folder.

import type { Sample } from "../core/channels.js";
import type { Store } from "../core/store.js";
import type { ConnectOptions } from "../mqtt/encode.js";
import type { PayloadSink } from "../mqtt/inbound.js";
import type { InboundMessage } from "../mqtt/parser.js";
import type { LaneShape } from "../outbox/lane.js";
import type { TemplatePart } from "../outbox/record-template.js";
import type { RecordWriter } from "../outbox/record-writer.js";
import type { Stamp } from "../outbox/stamp.js";

/** One thing to say or ask for after CONNACK; each is acknowledged before the next. */
export interface OpeningStep {
	/** `wait`: nothing but a pause. */
	readonly kind: "publish" | "subscribe" | "wait";
	readonly topic: Uint8Array;
	readonly payload: Uint8Array;
	readonly qos: 0 | 1 | 2;
	readonly retain: boolean;
	/**
	 * What follows a SUBACK 0x80: the same again after a pause, so many times; then the connection begins anew,
	 * or the measures flow without the subscription. Without this it begins anew at once.
	 */
	readonly refused?: {
		readonly pauseMs: number;
		readonly tries: number;
		readonly finally: "reconnect" | "continue";
	};
	/** Of `wait`, ms. */
	readonly pauseMs?: number;
	/** Called once the step was acknowledged. */
	readonly done?: (() => void) | undefined;
}

/** What turns samples of some channels into bytes; see `Cloud`. */
export interface Encoder {
	template(): TemplatePart[];
	encode(record: RecordWriter, values: Sample): number;
}

/** Channels of a sample that are a record of their own: those of the node, of a child device, of a sensor. */
export interface Portion {
	/** Its route in the lane of measures. */
	readonly route: number;
	/** Places of its channels in a sample, in order. */
	readonly places: readonly number[];
	/** Of a sample that has only these channels. */
	readonly encoder: Encoder;
}

/** Messages for the cloud, ahead of measures. */
export interface Messages {
	/** Free places. */
	readonly room: number;
	/**
	 * Queues a message; `write` fills in its payload. Operation results are never evicted. Returns false, and
	 * counts, if there is no room. `tag` comes back in `eventDelivered`. It goes on this route of the lane of
	 * events, else on the first.
	 */
	queue(kind: number, tag: number, write: (record: RecordWriter) => void, route?: number): boolean;
}

/** Commands as texts; each returns "" or the reason of the refusal. */
export interface Commands {
	/** Checks and carries out. That it begins is kept before anything moves, where commands are kept. */
	run(bytes: Uint8Array, start: number, end: number): string;
	/** Checks only. */
	plan(bytes: Uint8Array, start: number, end: number): string;
	/** Keeps what `plan` found right in a place, 0 to 3. */
	keep(place: number): void;
	/** Carries out what a place has. */
	carryOut(place: number): string;
}

/** What became of measures. */
export interface Deliveries {
	/** Since the boot. */
	readonly measuresDelivered: number;
	/** Highest number of the measures of earlier boots, where any are kept. */
	readonly lastRestored?: number;
	/**
	 * The cloud confirmed (or refused, with a code and a reason) a message of measures; 0: the oldest, of this
	 * route if it is given and not -1.
	 */
	confirm(number: number, accepted: boolean, code: number, reason: string, route?: number): void;
}

/** What the node lends to a cloud. */
export interface CloudHost {
	readonly messages: Messages;
	readonly commands: Commands;
	readonly delivery: Deliveries;
	/** For markers that survive a restart. */
	readonly store: Store;
	/** Monotonic ms. */
	now(): number;
	/** Strength of the Wi-Fi signal, dBm; 0: not known, or no Wi-Fi. */
	readonly signal: number;
	/**
	 * How machine and network are doing, for people: why it started, memory, counters that are not 0. Empty:
	 * nothing is known.
	 */
	report(): string;
	/** In safe mode: how many boots in a row did not last; else 0. */
	readonly failedBoots: number;
	/** Whether a restart was asked for and is about to happen. */
	readonly restarting: boolean;
	/** Restarts the node, in order. */
	restart(): void;
	/** Ends the connection in order, and begins another: `Cloud.connect` has changed. */
	reconnect(): void;
	/** Takes a sample now, beside those that are due. */
	sampleNow(): void;
	/**
	 * Publishes a message of its own at QoS 1, ahead of all that waits; false if that is not possible now. It
	 * is not sent again where the connection ends.
	 */
	publish(topic: Uint8Array, payload: Uint8Array): boolean;
	/** What a step of the opening with the kind `wait` waits for is there. */
	goOn(): void;
	/** The node waits for somebody, in words. */
	waiting(what: string): void;
	/** Lights the LED, or not, meanwhile. */
	light(on: boolean): void;
	/** Something came in that could not be understood. */
	malformed(what: string): void;
	debug(text: string): void;
}

export interface Cloud {
	readonly connect: ConnectOptions;
	readonly stamp: Stamp;
	readonly measures: LaneShape;
	readonly events: LaneShape;
	/** Gives the cloud its host, once, before anything else is called. */
	attach(host: CloudHost): void;
	/** The i-th thing to say after CONNACK, or undefined when measures may flow. */
	opening(step: number): OpeningStep | undefined;
	/** Where channels of a sample go different ways: then `template` and `encode` are theirs. */
	readonly portions?: readonly Portion[] | undefined;
	/** What `encode` writes for a sample whose values are all there, in parts; asked for once. */
	template?(): TemplatePart[];
	/** Writes a sample; NaN stands for a channel without a value. Returns the number of values written. */
	encode(record: RecordWriter, values: Sample): number;
	/**
	 * An alarm of a type (a name of ASCII letters) begins or ends, `at` a time (ms since 1970, or -1); `place` is
	 * that of its channel in a sample, if it is one's. Returns false if there is no room for it now. Without
	 * this method the cloud has no place for alarms.
	 */
	alarm?(type: string, severity: string, on: boolean, text: string, at: number, place?: number): boolean;
	/**
	 * Something has happened, such as an edge of an input: its type (letters and digits) and what it is in
	 * words, at a time (ms since 1970, or -1); `place` is that of its channel in a sample. Returns false if
	 * there is no room for it. Without this method the cloud has no place for events.
	 */
	event?(type: string, text: string, wallMs: number, place?: number): boolean;
	/** Days left of the device's certificate, once a day. Returns false if there is no room for it now. */
	certificateDays?(days: number): boolean;
	/**
	 * Strength of the Wi-Fi signal, dBm, once an hour while a connection stands. Returns false if there is no
	 * room for it now.
	 */
	signalStrength?(dbm: number): boolean;
	/** A message of the lane `events` was delivered. */
	eventDelivered(tag: number): void;
	/** A message of the lane `events` was given up, because the server closes the connection on it. */
	eventGivenUp?(tag: number): void;
	/** What follows from deliveries that were told: called once behind them, where the stack is not so deep. */
	proceed?(): void;
	/** A message has arrived; positions hold during the call. */
	message(message: InboundMessage): void;
	/** A message too large to be kept begins: a sink for its payload, if it is wanted; else it is skipped. */
	stream?(message: InboundMessage): PayloadSink | undefined;
	/**
	 * A message too large to be kept; of its payload only the first bytes, [payloadStart, payloadEnd), are
	 * there.
	 */
	skipped(message: InboundMessage): void;
	/** Called twice a second. */
	tick(): void;
	/** Whether a message holds a secret, which nobody may see. Without this method none does. */
	isSecret?(message: InboundMessage): boolean;
	/** The connection is gone, or did not come about; `code` is a key of CLOSE_CODES. */
	disconnected(code: string): void;
	/**
	 * After a power cut, before the first connection: whether results of an earlier boot are in the lane, and
	 * the beginning of the command that was being carried out and has no result, if there is one.
	 */
	resumed?(results: boolean, interrupted: Uint8Array | undefined): void;
}
