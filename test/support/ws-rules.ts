// What RFC 6455 demands of a client's frames, and MQTT of their kind. Everything that breaks a rule is kept
// as a word, so that a test can hold a client against "none".

import { type Frame, Op, shortestForm } from "./ws-frames.js";

export interface Message {
	readonly opcode: number;
	readonly payload: Buffer;
	/** How many frames it came in. */
	readonly frames: number;
}

/** Status codes that may stand in a close frame (7.4). */
const mayClose = (code: number): boolean =>
	(code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);

export class ClientRules {
	/** The rules that were broken, in their order. */
	readonly faults: string[] = [];
	/** Data messages that are complete. */
	readonly messages: Message[] = [];
	/** The code of the client's close frame; 1005: it had none; undefined: no close frame came. */
	closeCode: number | undefined;
	#opcode: number | undefined;
	#pieces: Buffer[] = [];
	readonly #masks = new Set<string>();

	take(frame: Frame): void {
		const { fin, opcode, payload } = frame;
		if (this.closeCode !== undefined) this.faults.push("a frame behind the close frame");
		this.#header(frame);
		if (opcode >= 8) {
			if (!fin) this.faults.push("a control frame in fragments");
			if (payload.length > 125) this.faults.push("a control frame of more than 125 bytes");
			if (opcode === Op.close) this.#close(payload);
			return;
		}
		if ((opcode === Op.continuation) !== (this.#opcode !== undefined))
			this.faults.push(
				opcode === Op.continuation ? "a continuation of nothing" : "a message inside a message",
			);
		if (opcode === Op.text) this.faults.push("a text frame [MQTT-6.0.0-1]");
		if (opcode !== Op.continuation) {
			this.#opcode = opcode;
			this.#pieces = [];
		}
		this.#pieces.push(payload);
		if (!fin) return;
		const whole = { payload: Buffer.concat(this.#pieces), frames: this.#pieces.length };
		this.messages.push({ opcode: this.#opcode ?? opcode, ...whole });
		this.#opcode = undefined;
		this.#pieces = [];
	}

	#header({ rsv, opcode, mask, form, payload }: Frame): void {
		if (!mask) this.faults.push("a frame without mask");
		else this.#masks.add(Buffer.from(mask).toString("hex"));
		if (rsv !== 0) this.faults.push("a reserved bit");
		if (!(Object.values(Op) as number[]).includes(opcode)) this.faults.push(`the reserved opcode ${opcode}`);
		if (form !== shortestForm(payload.length)) this.faults.push("a length that is not the shortest");
	}

	/** Different masks that were seen: a client has to draw each anew. */
	get masks(): number {
		return this.#masks.size;
	}

	#close(payload: Buffer): void {
		this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE();
		if (payload.length === 1) this.faults.push("half a close code");
		if (payload.length >= 2 && !mayClose(this.closeCode))
			this.faults.push(`the close code ${this.closeCode}, which is never sent`);
		try {
			new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(2));
		} catch {
			this.faults.push("a close reason that is not UTF-8");
		}
	}
}
