// The server's side of one WebSocket connection, without a socket: bytes go in, and what the script answers
// goes out through the wire that it is given.

import { closePayload, encodeFrame, type Frame, type FrameOptions, FrameReader, Op } from "./ws-frames.js";
import { ClientRules, type Message } from "./ws-rules.js";
import { accepting, MAX_REQUEST, parseUpgrade, type UpgradeRequest } from "./ws-upgrade.js";

/** Where the answers go. */
export interface Wire {
	write(bytes: Buffer): void;
	/** After what was written. */
	end(): void;
	/** At once. */
	reset(): void;
}

export interface WsScript {
	/**
	 * What is said to the request; undefined: nothing, and `upgrade` can say it later. Without it, the right
	 * answer.
	 */
	answer?(request: UpgradeRequest, talk: WsConversation): Buffer | undefined;
	/** Called for each frame. Without it, pings and the close frame are answered. */
	frame?(frame: Frame, talk: WsConversation): void;
	/** Called for each complete data message. */
	message?(message: Message, talk: WsConversation): void;
	/** Longest payload of a frame that is read, bytes; 1 MB unless given. */
	readonly most?: number;
}

export class WsConversation {
	/** Undefined until the request is complete. */
	request: UpgradeRequest | undefined;
	/** The answer was a 101. */
	upgraded = false;
	/** The connection has ended, whoever ended it. */
	ended = false;
	readonly frames: Frame[] = [];
	readonly #script: WsScript;
	readonly #wire: Wire;
	readonly #reader: FrameReader;
	readonly #rules = new ClientRules();
	readonly #faults: string[] = [];
	#head = Buffer.alloc(0);

	constructor(script: WsScript, wire: Wire) {
		this.#script = script;
		this.#wire = wire;
		this.#reader = new FrameReader(script.most);
	}

	/** All that the client has done wrong, its request and its frames together. */
	get faults(): readonly string[] {
		return [...(this.request?.faults ?? []), ...this.#faults, ...this.#rules.faults];
	}
	get messages(): readonly Message[] {
		return this.#rules.messages;
	}
	/** The payloads of all complete data messages, one behind the other: MQTT knows no frames [MQTT-6.0.0-2]. */
	get stream(): Buffer {
		return Buffer.concat(this.messages.map(({ payload }) => payload));
	}
	/** Code of the client's close frame; 1005: it had none. */
	get closeCode(): number | undefined {
		return this.#rules.closeCode;
	}
	/** Different masks of the client's frames. */
	get masks(): number {
		return this.#rules.masks;
	}
	/** Bytes of a frame that is not complete. */
	get pending(): number {
		return this.#reader.pending;
	}

	/** Bytes of the client, in pieces of any size. */
	received(bytes: Uint8Array): void {
		if (this.upgraded) this.#frames(bytes);
		else if (this.request) this.#faults.push("bytes that the answer does not allow");
		else this.#request(bytes);
	}

	/** Answers the request, with a 101 or anything else. Bytes behind the headers may follow in the same piece. */
	upgrade(answer: Buffer): void {
		this.upgraded = /^HTTP\/1\.1 101\b/.test(answer.toString("latin1", 0, 13));
		this.#wire.write(answer);
	}

	/** Writes bytes as they are. */
	raw(bytes: Uint8Array): void {
		this.#wire.write(Buffer.from(bytes));
	}
	/** Writes one frame: binary and whole unless the options say otherwise. */
	send(payload: Uint8Array | string, options?: FrameOptions): void {
		this.raw(encodeFrame(payload, options));
	}
	ping(payload: Uint8Array | string = ""): void {
		this.send(payload, { opcode: Op.ping });
	}
	pong(payload: Uint8Array | string = ""): void {
		this.send(payload, { opcode: Op.pong });
	}
	close(code?: number, reason?: string): void {
		this.send(closePayload(code, reason), { opcode: Op.close });
	}
	/** Ends the connection below WebSocket, after what was written. */
	end(): void {
		this.#wire.end();
	}
	reset(): void {
		this.#wire.reset();
	}

	#request(bytes: Uint8Array): void {
		this.#head = Buffer.concat([this.#head, bytes]);
		const end = this.#head.indexOf("\r\n\r\n");
		if (end < 0 && this.#head.length > MAX_REQUEST) {
			this.#faults.push(`a request of more than ${MAX_REQUEST} bytes`);
			this.#head = Buffer.alloc(0);
			this.reset();
		}
		if (end < 0) return;
		this.request = parseUpgrade(this.#head.toString("latin1", 0, end + 4));
		if (this.#head.length > end + 4) this.#faults.push("bytes before the answer");
		const { answer = accepting } = this.#script;
		const said = answer(this.request, this);
		if (said) this.upgrade(said);
	}

	#frames(bytes: Uint8Array): void {
		try {
			for (const frame of this.#reader.push(bytes)) this.#frame(frame);
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			this.#faults.push(error.message);
			this.reset();
		}
	}

	#frame(frame: Frame): void {
		this.frames.push(frame);
		const before = this.messages.length;
		this.#rules.take(frame);
		if (this.#script.frame) this.#script.frame(frame, this);
		else this.#usual(frame);
		const message = this.messages[before];
		if (message) this.#script.message?.(message, this);
	}

	#usual({ opcode, payload }: Frame): void {
		if (opcode === Op.ping) this.pong(payload);
		if (opcode !== Op.close) return;
		this.send(payload, { opcode: Op.close });
		this.end();
	}
}

/** What a script answers to these pieces of a client, as one, with no socket: for tests of a parser. */
export function replyTo(pieces: readonly Uint8Array[], script: WsScript = {}) {
	const said: Buffer[] = [];
	let ended: "" | "end" | "reset" = "";
	const talk = new WsConversation(script, {
		write: (bytes) => said.push(bytes),
		end: () => {
			ended ||= "end";
		},
		reset: () => {
			ended = "reset";
		},
	});
	for (const piece of pieces) talk.received(piece);
	return { talk, said: Buffer.concat(said), ended: ended as "" | "end" | "reset" };
}
