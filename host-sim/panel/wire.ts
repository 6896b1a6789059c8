// The wire for people: MQTT packets of both directions, decoded by the oracle of the tests, with what their
// payloads mean. Passwords are covered before anything leaves this file.

import { type Packet, parser } from "mqtt-packet";
import { parseJson } from "../cloud/bounded-json.js";
import { type NamedRow, nameRows } from "../cloud/cumulocity/template-names.js";
import type { Direction } from "../engine/line.js";
import { coverSecrets } from "./covering.js";
import type { WirePacket } from "./messages.js";

const MAX_FRAME = 300_000;
const MAX_TEXT = 16_384;
const MAX_HEX = 2048;
/** Topics whose rows have the names of static templates; own ones may use the same numbers. */
const STATIC = /^([stqc]\/us|s\/(ds|e|dt|ucr|dcr))(\/|$)/;

/** Cuts one direction of a connection into packets. */
class Frames {
	#bytes = Buffer.alloc(0);
	#lost = false;

	push(chunk: Uint8Array, take: (frame: Buffer) => void): void {
		if (this.#lost) return;
		this.#bytes = this.#bytes.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#bytes, chunk]);
		for (;;) {
			const length = frameLength(this.#bytes);
			if (length === 0) return;
			// What is no MQTT any more: nothing of this connection can be read.
			if (length < 0 || length > MAX_FRAME) {
				this.#lost = true;
				this.#bytes = Buffer.alloc(0);
				return;
			}
			if (this.#bytes.length < length) return;
			take(Buffer.from(this.#bytes.subarray(0, length)));
			this.#bytes = this.#bytes.subarray(length);
		}
	}
}

/** Of the first packet, with its header; 0: not known yet, -1: never. */
function frameLength(bytes: Uint8Array): number {
	let length = 0;
	for (let i = 0; i < 4; i++) {
		const byte = bytes[1 + i];
		if (byte === undefined) return 0;
		length |= (byte & 127) << (7 * i);
		if (byte < 128) return 2 + i + length;
	}
	return -1;
}

export class Wire {
	readonly #frames = new Map<string, Frames>();
	readonly #tell: (packet: WirePacket, frame: Uint8Array) => void;
	readonly #smartRest: boolean;
	#count = 0;

	/** Each packet is told with its bytes, in which passwords are covered. */
	constructor(smartRest: boolean, tell: (packet: WirePacket, frame: Uint8Array) => void) {
		this.#smartRest = smartRest;
		this.#tell = tell;
	}

	push(connection: number, direction: Direction, bytes: Uint8Array): void {
		const key = `${connection} ${direction}`;
		let frames = this.#frames.get(key);
		if (!frames) {
			// Of connections before the last ones nothing comes any more.
			for (const old of [...this.#frames.keys()].slice(0, -8)) this.#frames.delete(old);
			frames = new Frames();
			this.#frames.set(key, frames);
		}
		frames.push(bytes, (frame) => {
			coverSecrets(frame);
			this.#tell(this.#decode(connection, direction, frame), frame);
		});
	}

	#decode(connection: number, direction: Direction, frame: Buffer): WirePacket {
		const base = {
			number: ++this.#count,
			at: Date.now(),
			connection,
			direction,
			bytes: frame.length,
			hex: frame.subarray(0, MAX_HEX).toString("hex"),
		};
		let packet: Packet | undefined;
		let wrong = "";
		const reader = parser();
		reader.on("packet", (found: Packet) => {
			packet = found;
		});
		reader.on("error", (error: Error) => {
			wrong = error.message;
		});
		reader.parse(frame);
		if (!packet) return { ...base, type: "?", about: wrong };
		const type = packet.cmd.toUpperCase();
		const id = packet.messageId;
		const common = { ...base, type, ...(id !== undefined && { id }) };
		if (packet.cmd !== "publish") return { ...common, about: words(packet) };
		const { qos, dup, retain, topic } = packet;
		const text = Buffer.from(packet.payload).subarray(0, MAX_TEXT).toString("utf8");
		const rows = this.#smartRest && STATIC.test(topic) ? nameRows(text) : undefined;
		return {
			...common,
			...{ qos, dup, retain, topic, payload: text, about: rows ? rowWords(rows) : "" },
			...(rows && { rows }),
			...(!rows && isJson(text) && { json: true }),
		};
	}
}

function words(packet: Packet): string {
	switch (packet.cmd) {
		case "connect": {
			const will = packet.will ? `, will on ${packet.will.topic}` : "";
			const user = packet.username ? `, user ${packet.username}` : "";
			return `${packet.clientId}, keepalive ${packet.keepalive} s${packet.clean ? ", clean session" : ""}${will}${user}`;
		}
		case "connack":
			return `code ${packet.returnCode}${packet.sessionPresent ? ", session present" : ""}`;
		case "subscribe":
			return packet.subscriptions.map(({ topic, qos }) => `${topic} at QoS ${qos}`).join(", ");
		case "unsubscribe":
			return packet.unsubscriptions.join(", ");
		case "suback":
			return packet.granted.map((code) => (code === 128 ? "refused" : `QoS ${String(code)}`)).join(", ");
		default:
			return "";
	}
}

function rowWords(rows: readonly NamedRow[]): string {
	const names = [...new Set(rows.map(({ name }) => name))];
	return `${rows.length > 1 ? `${rows.length} rows: ` : ""}${names.join(", ")}`;
}

function isJson(text: string): boolean {
	if (!/^\s*[[{]/.test(text)) return false;
	try {
		parseJson(text);
		return true;
	} catch {
		return false;
	}
}
