// A ServerHello and its extensions (RFC 5246, 7.4.1.3 and 7.4.1.4). The SDK (8.2.3) passes over all of the
// extensions, takes TLS 1.3 for 1.2, and keeps a session id of any length, which it would then offer to the
// server for ever.

import { Alert, TlsFault } from "./tls-fault.js";

/** RFC 6066, 4. */
export const MAX_FRAGMENT_LENGTH = 1;
/** Behind the message's header: version and random. */
const SESSION_ID_AT = 4 + 2 + 32;

/** Longest session id, bytes. */
const MAX_SESSION_ID = 32;

/** Throws a TlsFault unless the message is TLS 1.2, with a session id that can be offered. */
export function checkHello(message: Uint8Array): void {
	if (message.length <= SESSION_ID_AT) throw broken();
	if (message[4] !== 3 || message[5] !== 3)
		throw new TlsFault(Alert.ProtocolVersion, "the server does not speak TLS 1.2");
	if ((message[SESSION_ID_AT] as number) > MAX_SESSION_ID) throw broken();
}

/**
 * The content of one extension in a ServerHello with its header; undefined: it is not there. Throws a
 * TlsFault.
 */
export function helloExtension(message: Uint8Array, wanted: number): Uint8Array | undefined {
	const end = message.length;
	let at = SESSION_ID_AT;
	if (at >= end) throw broken();
	at += 1 + (message[at] as number) + 3; // session id, cipher suite, compression
	if (at === end) return undefined; // no extensions
	if (at + 2 > end || at + 2 + pair(message, at) !== end) throw broken();
	at += 2;
	while (at < end) {
		if (at + 4 > end) throw broken();
		const type = pair(message, at);
		const from = at + 4;
		at = from + pair(message, at + 2);
		if (at > end) throw broken();
		if (type === wanted) return message.subarray(from, at);
	}
	return undefined;
}

/**
 * The length that both sides have agreed on, bytes, or 0. `asked`: 512, 1024, 2048, 4096, or 0 for nothing.
 */
export function agreedFragment(message: Uint8Array, asked: number): number {
	const answer = helloExtension(message, MAX_FRAGMENT_LENGTH);
	if (answer === undefined) return 0;
	if (asked === 0 || answer.length !== 1 || 256 << (answer[0] as number) !== asked)
		throw new TlsFault(
			Alert.IllegalParameter,
			"the server answers another length of records than was asked for",
		);
	return asked;
}

function pair(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function broken(): TlsFault {
	return new TlsFault(Alert.DecodeError, "the server's ServerHello is broken");
}
