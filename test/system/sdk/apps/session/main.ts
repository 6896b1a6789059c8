// The MQTT session alone, as another project takes it: modules/manifest_platform.json is all of Mote that it
// includes. It subscribes, publishes one message at QoS 1, and traces what comes back.

import config from "mc/config";
import { Limits } from "modules/mqtt/limits";
import { ENDS_BYTES, Output } from "modules/mqtt/output";
import type { InboundMessage } from "modules/mqtt/parser";
import type { Publication } from "modules/mqtt/publication";
import type { PublishSource } from "modules/mqtt/publish-source";
import { Session } from "modules/mqtt/session";
import type { SessionHandler } from "modules/mqtt/session-parts";
import { topicFilter, topicName } from "modules/mqtt/topic";
import { SystemClock } from "modules/platform/clock";
import { SocketTransport } from "modules/platform/socket-transport";
import { SystemTimers } from "modules/platform/timers";

const FILTER = "garden/+";
const TOPIC = "garden/gate";
const MESSAGE = "open";

/** One message, until it is acknowledged. */
class OneMessage implements PublishSource, Publication {
	readonly holds = false;
	readonly more = false;
	readonly topic = topicName(TOPIC);
	readonly header = undefined;
	readonly qos = 1;
	readonly retain = false;
	waits = false;
	#copied = 0;
	readonly #payload = new Uint8Array(ArrayBuffer.fromString(MESSAGE));

	get length(): number {
		return this.#payload.length;
	}
	next(windowOpen: boolean): Publication | undefined {
		if (!this.waits || !windowOpen) return undefined;
		this.waits = false;
		return this.again();
	}
	again(): Publication {
		this.#copied = 0;
		return this;
	}
	start(_packetId: number, bytes: Uint8Array, at: number, room: number): number {
		return this.copy(bytes, at, room);
	}
	copy(bytes: Uint8Array, at: number, room: number): number {
		const part = this.#payload.subarray(this.#copied, this.#copied + room);
		bytes.set(part, at);
		this.#copied += part.length;
		return part.length;
	}
	suspended(): void {}
	interrupted(): void {}
}

export default function main(): void {
	const { host = "127.0.0.1", port = 1883 } = config as { host?: string; port?: number };
	const timers = new SystemTimers();
	const source = new OneMessage();
	const handler: SessionHandler = {
		sessionOpened() {
			trace("connected\n");
			session.subscribe(topicFilter(FILTER), 1);
		},
		sessionClosed(code, detail) {
			trace(`closed: ${code} ${detail}\n`);
		},
		subscribed(_packetId, code) {
			trace(`subscribed at QoS ${code}\n`);
			source.waits = true;
			session.pump();
		},
		unsubscribed() {},
		acknowledged() {
			trace("acknowledged\n");
		},
		drained() {},
		message(message: InboundMessage) {
			const { bytes, topicStart, topicEnd, payloadStart, payloadEnd } = message;
			const text = (from: number, to: number) => String.fromArrayBuffer(bytes.slice(from, to).buffer);
			trace(`${text(topicStart, topicEnd)}: ${text(payloadStart, payloadEnd)}\n`);
		},
		stream() {
			return undefined;
		},
		skipped() {},
	};
	const session: Session = new Session({
		transport: new SocketTransport({ host, port }, timers),
		clock: new SystemClock(),
		timers,
		random: Math.random,
		output: new Output(new Uint8Array(Limits.outputBytes + ENDS_BYTES), 0, Limits.outputBytes),
		connect: {
			clientId: new Uint8Array(ArrayBuffer.fromString("garden")),
			cleanSession: true,
			keepAlive: 60,
		},
		source,
		handler,
	});
	session.start();
}
