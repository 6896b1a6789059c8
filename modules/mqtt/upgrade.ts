// How a connection becomes a WebSocket (RFC 6455, section 4): the request, and what of the answer is checked.
// Once per connection.

import { ascii, equals, equalsIgnoringCase } from "../core/bytes.js";
import { cutUtf8, decodeUtf8 } from "../core/utf8.js";
import { visible } from "../core/visible.js";
import type { Masking } from "./masking.js";

/** Longest answer, bytes: what servers and what stands in front of them send has a few hundred. */
export const ANSWER_BYTES = 4096;
/** What is kept of a line, bytes. */
const LINE_BYTES = 160;
const KEY_BYTES = 16;
/** Characters of somebody else's text in a message. */
const MAX_SHOWN = 80;
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const W = Object.freeze({
	upgrade: ascii("upgrade"),
	websocket: ascii("websocket"),
	connection: ascii("connection"),
	accept: ascii("sec-websocket-accept"),
	protocol: ascii("sec-websocket-protocol"),
	extensions: ascii("sec-websocket-extensions"),
	location: ascii("location"),
});
const HTTP = "HTTP/1.1 ";
const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const COMMA = 44;

export interface UpgradeAddress {
	readonly host: string;
	readonly port: number;
	/** Begins with "/". */
	readonly path: string;
	readonly tls: boolean;
}

export class Upgrade {
	readonly request: Uint8Array;
	/** What the server has to answer to our key. */
	private readonly accept: Uint8Array;
	/** The line that is being read; of a longer one its beginning. */
	private readonly line = new Uint8Array(LINE_BYTES);
	private fill = 0;
	private length = 0;
	/** What was found: the status line, and whether each header is right, or what it says instead. */
	private status = "";
	private upgraded = false;
	private connection = false;
	private accepted = false;
	private protocol: string | undefined;
	private extension = false;
	private location = "";

	constructor(address: UpgradeAddress, masking: Masking) {
		const key = base64(masking.random(KEY_BYTES));
		const { host, port, path, tls } = address;
		const usual = port === (tls ? 443 : 80);
		this.request = ascii(
			`GET ${path} HTTP/1.1\r\nHost: ${host}${usual ? "" : `:${port}`}\r\nUpgrade: websocket\r\n` +
				`Connection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: mqtt\r\n` +
				"Sec-WebSocket-Version: 13\r\n\r\n",
		);
		this.accept = ascii(base64(masking.sha1(key + GUID)));
	}

	/**
	 * Takes the next bytes of the answer. Returns the position behind its end, where the first frame begins, or
	 * -1 if more has to come. The end is also where it is no answer any more.
	 */
	take(bytes: Uint8Array, start: number, end: number): number {
		for (let at = start; at < end; at++) {
			const byte = bytes[at] as number;
			if (++this.length > ANSWER_BYTES) return at;
			if (byte !== LF) {
				if (this.fill < LINE_BYTES) this.line[this.fill++] = byte;
				continue;
			}
			this.fill = this.trimmed(0, this.fill);
			if (this.fill === 0 && this.status !== "") return at + 1;
			this.read();
			if (!this.isHttp()) return at;
			this.fill = 0;
		}
		return -1;
	}

	/** What is wrong with the answer, or "". */
	fault(): string {
		const { status, protocol, location } = this;
		if (!this.isHttp()) return "the server does not speak HTTP";
		if (this.length > ANSWER_BYTES) return `the answer has more than ${ANSWER_BYTES} bytes`;
		if (!status.startsWith("101", HTTP.length))
			return `the server answers ${status.slice(HTTP.length)}${location === "" ? "" : `, and names ${location}`}`;
		if (!this.upgraded) return "the answer does not upgrade to websocket";
		if (!this.connection) return "the answer does not upgrade the connection";
		if (!this.accepted) return "the answer does not belong to the key (Sec-WebSocket-Accept)";
		if (protocol === undefined) return "the server does not offer the sub-protocol mqtt";
		if (protocol !== "mqtt") return `the server chose the sub-protocol ${protocol}`;
		return this.extension ? "the server uses an extension that was not asked for" : "";
	}

	private isHttp(): boolean {
		return this.status.startsWith("HTTP/1.1 ") || this.status.startsWith("HTTP/1.0 ");
	}

	/** Reads the line. */
	private read(): void {
		const { line, fill } = this;
		if (this.status === "") {
			this.status = this.text(0) || "?";
			return;
		}
		const colon = line.indexOf(COLON);
		if (colon < 0 || colon >= fill) return;
		const value = this.skip(colon + 1);
		if (this.is(colon, W.upgrade)) this.upgraded ||= this.lists(value, W.websocket);
		else if (this.is(colon, W.connection)) this.connection ||= this.lists(value, W.upgrade);
		else if (this.is(colon, W.accept)) this.accepted = equals(line, value, fill, this.accept);
		else if (this.is(colon, W.protocol)) this.protocol = this.text(value);
		else if (this.is(colon, W.extensions)) this.extension = true;
		else if (this.is(colon, W.location)) this.location = this.text(value);
	}

	/** Whether the line's name is this one. */
	private is(colon: number, name: Uint8Array): boolean {
		return equalsIgnoringCase(this.line, 0, colon, name);
	}

	/** Whether one of the words from `start` on is this one. */
	private lists(start: number, word: Uint8Array): boolean {
		const { line, fill } = this;
		let at = start;
		while (at < fill) {
			let end = line.indexOf(COMMA, at);
			if (end < 0 || end > fill) end = fill;
			const from = this.skip(at);
			if (equalsIgnoringCase(line, from, this.trimmed(from, end), word)) return true;
			at = end + 1;
		}
		return false;
	}

	/** Behind the blanks at `at`. */
	private skip(at: number): number {
		let p = at;
		while (p < this.fill && isBlank(this.line[p] as number)) p++;
		return p;
	}

	/** `end` without the blanks in front of it. */
	private trimmed(start: number, end: number): number {
		let p = end;
		while (p > start && isBlank(this.line[p - 1] as number)) p--;
		return p;
	}

	/** The line from `start` on, for people. */
	private text(start: number): string {
		const end = cutUtf8(this.line, start, this.fill, MAX_SHOWN);
		return visible(decodeUtf8(this.line, start, end) ?? "?");
	}
}

function isBlank(c: number): boolean {
	return c === SPACE || c === TAB || c === CR;
}

/** RFC 4648, section 4. */
export function base64(buffer: ArrayBuffer): string {
	const bytes = new Uint8Array(buffer);
	let text = "";
	for (let i = 0; i < bytes.length; i += 3) {
		const left = bytes.length - i;
		const word =
			((bytes[i] as number) << 16) |
			((left > 1 ? (bytes[i + 1] as number) : 0) << 8) |
			(left > 2 ? (bytes[i + 2] as number) : 0);
		text +=
			sign(word >> 18) +
			sign(word >> 12) +
			(left > 1 ? sign(word >> 6) : "=") +
			(left > 2 ? sign(word) : "=");
	}
	return text;
}

function sign(bits: number): string {
	return SIGNS.charAt(bits & 63);
}
