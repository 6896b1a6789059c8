// The firmware's WebSocket over a scripted transport, and a server at the other end that a test scripts.

import { createHash } from "node:crypto";
import { digitView } from "../../../modules/core/bytes.js";
import { FRAME_HEAD, FrameOutput } from "../../../modules/mqtt/frame-output.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import type { Masking } from "../../../modules/mqtt/masking.js";
import { ENDS_BYTES } from "../../../modules/mqtt/output.js";
import type { TransportHandler } from "../../../modules/mqtt/transport.js";
import { WebSocketTransport } from "../../../modules/mqtt/web-socket.js";
import { type Chunking, ScriptedTransport } from "../../support/scripted-transport.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { WsConversation, type WsScript } from "../../support/ws-conversation.js";

/** Random bytes of a seed; `first` are the first that are asked for. */
export function maskingOf(seed = 1, first?: string): Masking & { drawn: number } {
	const random = seeded(seed);
	let begin = first;
	return {
		drawn: 0,
		mask(bytes, key, count) {
			for (let i = 0; i < count; i++) bytes[i] = (bytes[i] as number) ^ (key[i % 4] as number);
		},
		random(count) {
			this.drawn += count;
			const own = begin;
			begin = undefined;
			if (own !== undefined) return new TextEncoder().encode(own).buffer;
			return Uint8Array.from({ length: count }, () => random() * 256).buffer;
		},
		sha1: (text) => Uint8Array.from(createHash("sha1").update(text).digest()).buffer,
	};
}

/** An output stage by itself, with marks around it that nothing may touch. */
export function frameOutput(masking: Masking = maskingOf()): FrameOutput {
	const base = 16 + FRAME_HEAD;
	const bytes = new Uint8Array(base + Limits.outputBytes + ENDS_BYTES + 16).fill(0xee);
	return new FrameOutput(bytes, base, Limits.outputBytes, digitView(bytes), masking);
}

/** The transport with a listener that notes all that it hears. */
export class Rig implements TransportHandler {
	readonly time = new VirtualTime();
	readonly below = new ScriptedTransport();
	readonly masking = maskingOf();
	readonly socket: WebSocketTransport;
	readonly talk: WsConversation;
	/** What the server has said and is not delivered yet. */
	said: Buffer = Buffer.alloc(0);
	/** `opened`, `writable`, `closed code (detail)`. */
	heard: string[] = [];
	data: Buffer = Buffer.alloc(0);
	onReceived: () => void = () => {};

	constructor(script: WsScript = {}, address = { host: "h.example", port: 443, path: "/mqtt", tls: true }) {
		this.socket = new WebSocketTransport(this.below, address, this.masking, this.time);
		this.talk = new WsConversation(script, {
			write: (bytes) => {
				this.said = Buffer.concat([this.said, bytes]);
			},
			end: () => {},
			reset: () => {},
		});
	}

	/** Hands what was written to the server. */
	serve(): void {
		const bytes = this.below.take();
		if (bytes.length > 0) this.talk.received(bytes);
	}

	/** Delivers what the server has said. */
	deliver(chunking: Chunking = Limits.chunkBytes): void {
		const { said } = this;
		this.said = Buffer.alloc(0);
		this.below.deliver(said, chunking);
	}

	/** Up to the open WebSocket. */
	open(chunking: Chunking = Limits.chunkBytes): this {
		this.socket.open(this);
		this.below.connect();
		this.serve();
		this.deliver(chunking);
		return this;
	}

	// TransportHandler

	opened(): void {
		this.heard.push("opened");
	}
	received(bytes: Uint8Array, start = 0, end = bytes.length): void {
		this.data = Buffer.concat([this.data, bytes.subarray(start, end)]);
		this.onReceived();
	}
	writable(): void {
		this.heard.push("writable");
	}
	closed(code: string, detail: string): void {
		this.heard.push(`closed ${code} (${detail})`);
	}
}
