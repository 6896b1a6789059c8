// The forms of signatures, before and around the arithmetic: nothing here reckons with a key.

import { behind, contentAt, derFault, Tag } from "./der.js";

/** DigestInfo of SHA-256, 384 and 512 in front of the digest (RFC 8017, 9.2, note 1); two bytes differ. */
const DIGEST_INFO = Object.freeze([
	0x30, 0, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0, 0x05, 0x00, 0x04, 0,
] as const);
/** Orders of the curves (FIPS 186-4, D.1.2.3 and 4). */
const ORDER_256 = Object.freeze([
	255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 188, 230, 250, 173, 167, 23, 158,
	132, 243, 185, 202, 194, 252, 99, 37, 81,
] as const);
const ORDER_384 = Object.freeze([
	255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
	255, 255, 255, 199, 99, 77, 129, 244, 55, 45, 223, 88, 26, 13, 178, 72, 176, 167, 122, 236, 236, 25, 106,
	204, 197, 41, 115,
] as const);

/**
 * What an RSA signature has to hold: EMSA-PKCS1-v1_5 (RFC 8017, 9.2) of a digest in `size` bytes, 256 and
 * more. Whoever compares with all of it cannot be deceived by what a reader of it might pass over.
 */
export function paddedDigest(digest: Uint8Array, size: number): Uint8Array {
	const { length } = digest;
	const padded = new Uint8Array(size).fill(255);
	const info = size - length - DIGEST_INFO.length;
	padded[0] = 0;
	padded[1] = 1;
	padded[info - 1] = 0;
	padded.set(DIGEST_INFO, info);
	padded[info + 1] = DIGEST_INFO.length - 2 + length;
	// Of the identifier 2.16.840.1.101.3.4.2.x: 1, 2, 3.
	padded[info + 14] = length === 32 ? 1 : length === 48 ? 2 : 3;
	padded[info + 18] = length;
	padded.set(digest, size - length);
	return padded;
}

/**
 * Whether [from, to) is an ECDSA signature, SEQUENCE { INTEGER r, INTEGER s }, whose numbers lie between 0
 * and the curve's order (FIPS 186-4, 6.4.2). With a 0 some arithmetic is content with any message.
 */
export function isPair(der: Uint8Array, from: number, to: number, curveBits: number): boolean {
	if (derFault(der, from, to) !== "" || der[from] !== Tag.Sequence) return false;
	const r = contentAt(der, from);
	if (r >= to) return false;
	const s = behind(der, r);
	return s < to && behind(der, s) === to && inOrder(der, r, curveBits) && inOrder(der, s, curveBits);
}

function inOrder(der: Uint8Array, at: number, curveBits: number): boolean {
	if (der[at] !== Tag.Integer) return false;
	let from = contentAt(der, at);
	const to = behind(der, at);
	if ((der[from] as number) > 127) return false;
	if (der[from] === 0) from++;
	if (from === to) return false;
	const order = curveBits === 256 ? ORDER_256 : ORDER_384;
	if (to - from !== order.length) return to - from < order.length;
	for (let i = 0; i < order.length; i++) {
		const byte = der[from + i] as number;
		if (byte !== order[i]) return byte < (order[i] as number);
	}
	return false;
}
