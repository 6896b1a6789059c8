// `npm run --silent mqtt:pub`: publishes with the firmware's session, over lost connections too, and ends
// when all is delivered.

import { exit, stdin } from "node:process";
import type { Publication } from "../../modules/mqtt/publication.js";
import type { PublishSource } from "../../modules/mqtt/publish-source.js";
import type { SessionHandler } from "../../modules/mqtt/session-parts.js";
import { topicName } from "../../modules/mqtt/topic.js";
import { Client, type Prepared } from "./client.js";
import { Lines } from "./lines.js";
import { PUB_USAGE, type PubOptions, parsePub } from "./options.js";
import { giveUp, print, runTool, untilStopped } from "./process.js";
import { escaped } from "./text.js";

/** Lines of standard input that are kept before it is held back. */
const MOST_WAITING = 1000;
/** Longest line, bytes. */
const LONGEST = 1 << 20;

/** Messages in their order: waiting, then under way by packet id. */
class Messages implements PublishSource {
	readonly holds = false;
	/** Of QoS 0 messages whose connection ended while they were on their way. */
	unknown = 0;
	readonly #topic: Uint8Array;
	readonly #qos: 0 | 1 | 2;
	readonly #retain: boolean;
	#waiting: Uint8Array[] = [];
	/** In the order of sending. */
	#underWay = new Map<number, Uint8Array>();
	#written: Uint8Array[] = [];
	#current: Uint8Array = new Uint8Array(0);
	#at = 0;

	constructor({ topic, qos, retain }: PubOptions) {
		this.#topic = topicName(topic);
		this.#qos = qos;
		this.#retain = retain;
	}

	get waiting(): number {
		return this.#waiting.length;
	}
	/** Messages whose delivery is not known yet. */
	get open(): number {
		return this.#waiting.length + this.#underWay.size + this.#written.length;
	}

	add(payload: Uint8Array): void {
		this.#waiting.push(payload);
	}

	/** Takes the message of an acknowledgement; undefined if there is none such. */
	take(packetId: number): Uint8Array | undefined {
		const payload = this.#underWay.get(packetId);
		this.#underWay.delete(packetId);
		return payload;
	}

	/** The QoS 0 messages that have left the socket. */
	takeWritten(): Uint8Array[] {
		const written = this.#written;
		this.#written = [];
		return written;
	}

	get more(): boolean {
		return this.#waiting.length > 0;
	}

	next(windowOpen: boolean): Publication | undefined {
		const payload = this.#waiting[0];
		if (payload === undefined || (this.#qos > 0 && !windowOpen)) return undefined;
		this.#waiting.shift();
		return this.#choose(payload);
	}

	again(packetId: number): Publication | undefined {
		const payload = this.#underWay.get(packetId);
		return payload && this.#choose(payload);
	}

	#choose(payload: Uint8Array): Publication {
		this.#current = payload;
		this.#at = 0;
		return {
			topic: this.#topic,
			header: undefined,
			qos: this.#qos,
			retain: this.#retain,
			length: payload.length,
		};
	}

	start(packetId: number, bytes: Uint8Array, at: number, room: number): number {
		if (packetId === 0) this.#written.push(this.#current);
		else this.#underWay.set(packetId, this.#current);
		return this.copy(bytes, at, room);
	}

	copy(bytes: Uint8Array, at: number, room: number): number {
		const n = Math.min(room, this.#current.length - this.#at);
		bytes.set(this.#current.subarray(this.#at, this.#at + n), at);
		this.#at += n;
		return n;
	}

	suspended(): void {
		this.unknown += this.#written.length;
		this.#written = [];
	}

	interrupted(): void {
		this.suspended();
		this.#waiting.unshift(...this.#underWay.values());
		this.#underWay.clear();
	}
}

class Publisher implements SessionHandler {
	readonly #client: Client;
	readonly #messages: Messages;
	readonly #topic: string;
	readonly #qos: number;
	#ended = false;
	/** Lines that were too long. */
	#left = 0;

	constructor(options: Prepared<PubOptions>) {
		this.#messages = new Messages(options);
		this.#topic = escaped(topicName(options.topic), true);
		this.#qos = options.qos;
		this.#client = new Client(options, this.#messages, this, { print, giveUp });
		untilStopped(this.#client.session);
		if (options.message === undefined) this.#readLines();
		else {
			for (let n = 1; n <= options.count; n++)
				this.#messages.add(Buffer.from(options.message.replaceAll("%n", String(n))));
			this.#ended = true;
		}
		this.#client.start();
	}

	#readLines(): void {
		const lines = new Lines(
			LONGEST,
			(bytes) => this.#messages.add(bytes),
			() => {
				this.#left++;
				this.#client.event(`a line of more than ${LONGEST} bytes is left out`);
			},
		);
		stdin.on("data", (chunk: Buffer) => {
			lines.push(chunk);
			this.#client.session.pump();
			if (this.#messages.waiting >= MOST_WAITING) stdin.pause();
		});
		stdin.on("end", () => {
			lines.close();
			this.#ended = true;
			this.#client.session.pump();
			this.#endIfDone();
		});
		this.#resume = () => {
			if (this.#messages.waiting < MOST_WAITING / 2) stdin.resume();
		};
	}
	#resume: () => void = () => {};

	#delivered(...payloads: readonly Uint8Array[]): void {
		for (const payload of payloads) print(`PUB ${this.#topic}|${this.#qos}|${payload.length}`);
		this.#resume();
		this.#endIfDone();
	}

	#endIfDone(): void {
		if (this.#ended && this.#messages.open === 0) this.#client.session.stop();
	}

	sessionOpened(sessionPresent: boolean): void {
		this.#client.opened(sessionPresent);
		this.#endIfDone();
	}

	sessionClosed(code: string, detail: string, retryMs: number): void {
		this.#client.closed(code, detail, retryMs);
		const { open, unknown } = this.#messages;
		if (retryMs >= 0) return;
		if (unknown > 0)
			this.#client.event(`of ${unknown} messages at QoS 0 it is not known whether they arrived`);
		if (open > 0) this.#client.event(`${open} messages were not delivered`);
		exit(open + this.#left > 0 ? 1 : 0);
	}

	acknowledged(packetId: number): void {
		const payload = this.#messages.take(packetId);
		if (payload) this.#delivered(payload);
	}

	drained(): void {
		this.#delivered(...this.#messages.takeWritten());
	}

	message(): void {}
	stream(): undefined {}
	skipped(): void {}
	subscribed(): void {}
	unsubscribed(): void {}
}

await runTool(parsePub, PUB_USAGE, (options) => new Publisher(options));
