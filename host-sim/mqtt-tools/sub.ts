// `npm run --silent mqtt:sub`: subscribes with the firmware's session and prints what it delivers.

import { exit } from "node:process";
import type { PayloadSink } from "../../modules/mqtt/inbound.js";
import type { InboundMessage } from "../../modules/mqtt/parser.js";
import type { PublishSource } from "../../modules/mqtt/publish-source.js";
import type { SessionHandler } from "../../modules/mqtt/session-parts.js";
import { topicFilter } from "../../modules/mqtt/topic.js";
import { Client, type Prepared } from "./client.js";
import { parseSub, SUB_USAGE, type SubOptions } from "./options.js";
import { giveUp, print, runTool, untilStopped } from "./process.js";
import { escaped } from "./text.js";

/** Largest payload that is delivered, bytes. */
const MAX_PAYLOAD = 1 << 20;
/** Pause before a refused subscription is asked for again, ms. */
const REFUSED_MS = 5_000;

/** Nothing is published. */
const NOTHING: PublishSource = {
	holds: false,
	more: false,
	next: () => undefined,
	again: () => undefined,
	start: () => 0,
	copy: () => 0,
	suspended() {},
	interrupted() {},
};

class Subscriber implements SessionHandler {
	readonly #client: Client;
	readonly #options: SubOptions;
	readonly #filter: Uint8Array;
	readonly #again;
	#subscribed = false;

	constructor(options: Prepared<SubOptions>) {
		this.#options = options;
		this.#filter = topicFilter(options.filter);
		this.#client = new Client(options, NOTHING, this, { print, giveUp });
		this.#again = this.#client.timers.create({ due: () => this.#subscribe() });
		untilStopped(this.#client.session);
		this.#client.start();
	}

	#subscribe(): void {
		this.#client.session.subscribe(this.#filter, this.#options.qos);
	}

	sessionOpened(sessionPresent: boolean, sure: boolean): void {
		this.#client.opened(sessionPresent);
		// A session that went on has the subscription, if it was made by this process: another may have had
		// another filter.
		if (!sessionPresent || !sure || !this.#subscribed) this.#subscribe();
	}

	sessionClosed(code: string, detail: string, retryMs: number): void {
		this.#again.stop();
		this.#client.closed(code, detail, retryMs);
		if (retryMs < 0) exit(0);
	}

	subscribed(_packetId: number, code: number): void {
		if (code > 2) {
			this.#client.event(`subscription refused; asking again in ${REFUSED_MS} ms`);
			this.#again.start(REFUSED_MS);
			return;
		}
		this.#subscribed = true;
		this.#client.event(`subscribed at QoS ${code}`);
	}

	message({ bytes, topicStart, topicEnd, payloadStart, payloadEnd, qos }: InboundMessage): void {
		const topic = escaped(bytes.subarray(topicStart, topicEnd), true);
		deliver(topic, qos, bytes.subarray(payloadStart, payloadEnd));
	}

	stream(m: InboundMessage): PayloadSink | undefined {
		const { payloadBytes, qos } = m;
		if (payloadBytes > MAX_PAYLOAD) return undefined;
		const topic = escaped(m.bytes.subarray(m.topicStart, m.topicEnd), true);
		const payload = new Uint8Array(payloadBytes);
		let at = 0;
		return {
			part(bytes, start, end) {
				payload.set(bytes.subarray(start, end), at);
				at += end - start;
			},
			end: (whole) => {
				if (whole) deliver(topic, qos, payload);
				else this.#client.event(`lost the connection at byte ${at} of a message of ${payloadBytes}`);
			},
		};
	}

	skipped(m: InboundMessage): void {
		this.#client.event(`skipped a message of ${m.payloadBytes} bytes; the most is ${MAX_PAYLOAD}`);
	}

	acknowledged(): void {}
	drained(): void {}
	unsubscribed(): void {}
}

function deliver(topic: string, qos: number, payload: Uint8Array): void {
	print(`APP ${topic}|${qos}|${payload.length}|${escaped(payload)}`);
}

await runTool(parseSub, SUB_USAGE, (options) => new Subscriber(options));
