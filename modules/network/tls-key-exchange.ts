// The form of a ServerKeyExchange (RFC 5246, 7.4.3; RFC 8422, 5.4). The SDK (8.2.3) checks its signature, but
// not if the message names a digest or a kind of signature that it does not know: then it takes the server's
// key unsigned, from whoever sent it.

import { isPair } from "./signature.js";
import { Alert, TlsFault } from "./tls-fault.js";

const HEADER = 4;
const NAMED_CURVE = 3;
/** What our ClientHello offers: secp256r1, SHA-256. */
const SECP256R1 = 23;
const SHA256 = 4;
const RSA = 1;
const ECDSA = 3;
/** Bytes of a finite field's prime. */
const MIN_PRIME = 256;
const MAX_PRIME = 512;

/**
 * Throws a TlsFault unless the message, with its header, is what we offered: signed with SHA-256 by the kind
 * of key that the server's certificate has. `elliptic`: ECDHE, else DHE; `curveBits`: of the certificate's
 * key, 0 for an RSA key.
 */
export function checkKeyExchange(message: Uint8Array, elliptic: boolean, curveBits: number): void {
	let at = HEADER;
	if (elliptic) {
		if (message[at] !== NAMED_CURVE || pair(message, at + 1) !== SECP256R1)
			throw new TlsFault(Alert.IllegalParameter, "the server exchanges keys on a curve that was not offered");
		if (message[at + 3] !== 65 || message[at + 4] !== 4) throw broken();
		at += 4 + 65;
	} else
		for (let number = 0; number < 3; number++) {
			const length = pair(message, at);
			// The prime, the generator, the server's share.
			if (length === 0 || length > MAX_PRIME) throw broken();
			if (number === 0 && length < MIN_PRIME)
				throw new TlsFault(Alert.InsufficientSecurity, "the server exchanges keys of less than 2048 bits");
			at += 2 + length;
		}
	if (at + 4 > message.length) throw broken();
	if (message[at] !== SHA256 || message[at + 1] !== (curveBits > 0 ? ECDSA : RSA))
		throw new TlsFault(
			Alert.IllegalParameter,
			"the server signs its key exchange in a way that was not offered",
		);
	const from = at + 4;
	if (from + pair(message, at + 2) !== message.length) throw broken();
	if (curveBits > 0 && !isPair(message, from, message.length, curveBits)) throw broken();
}

function pair(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function broken(): TlsFault {
	return new TlsFault(Alert.DecodeError, "the server's ServerKeyExchange is broken");
}
