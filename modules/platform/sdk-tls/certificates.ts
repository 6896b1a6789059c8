// The certificates of the SDK's TLS: the manifest puts this module in the place of the SDK's "ssl/cert", with the methods
// that a client's handshake calls, and those that our session calls while a chain comes in. The SDK's own (8.2.3) takes a forged certificate in front of the authority's true one,
// see modules/network/server-chain.

import Resource from "Resource";
import BER from "ber";
import Bin from "bin";
import { Digest } from "crypt";
import ECDSA from "ecdsa";
import { type Chain, chainFault, type ServerCertificate } from "modules/network/server-chain";
import PKCS1_5 from "pkcs1_5";
import PKCS8 from "pkcs8";
import X509, { type PublicKey } from "x509";

const BASIC_CONSTRAINTS = Object.freeze([2, 5, 29, 19]);
const KEY_USAGE = Object.freeze([2, 5, 29, 15]);
const NAME_CONSTRAINTS = Object.freeze([2, 5, 29, 30]);
const EXTENDED_KEY_USAGE = Object.freeze([2, 5, 29, 37]);
/** Signatures by their OID: with RSA (PKCS#1 1.5), with ECDSA. Those with MD5 and SHA-1 are no longer taken. */
const RSA_DIGESTS = Object.freeze({
	"1,2,840,113549,1,1,11": "SHA256",
	"1,2,840,113549,1,1,12": "SHA384",
	"1,2,840,113549,1,1,13": "SHA512",
} as const);
const ECDSA_DIGESTS = Object.freeze({
	"1,2,840,10045,4,3,2": "SHA256",
	"1,2,840,10045,4,3,3": "SHA384",
	"1,2,840,10045,4,3,4": "SHA512",
} as const);
/** With a smaller one the SDK's reading of PKCS#1 1.5 padding could be deceived. */
const MINIMUM_EXPONENT = 65537n;
/** Bytes of a key identifier in "ca.ski", the list of the authorities that come with the SDK. */
const IDENTIFIER_BYTES = 20;
const DNS_NAME = 2;
const IP_ADDRESS = 7;

interface Options {
	/** DER of the authority that we trust; without one, those that come with the SDK. */
	certificate?: ArrayBuffer;
	/** DER, leaf first, and its key, for mutual TLS. */
	clientCertificates?: ArrayBuffer[];
	clientKey?: ArrayBuffer;
}

/** Stands for the server's own certificate where the SDK asks for its key: the certificate itself is not kept. */
export const LEAF = Object.freeze(new ArrayBuffer(0));

export default class Certificates {
	readonly #options: Options;
	#sent: Summary[] = [];

	constructor(options: Options) {
		this.#options = options;
	}

	/** Takes what has to be known of the next certificate of the server's chain, its own first. */
	add(der: Uint8Array): void {
		this.#sent.push(new Summary(der, this.#sent.length === 0));
	}

	/** Throws an Error that says what is wrong with the server's certificates; the handshake ends with it. */
	verifyChain(serverName: string): void {
		const { certificate } = this.#options;
		const now = Date.now();
		const trusted = certificate && new Uint8Array(certificate);
		if (trusted) {
			const { from, to } = validity(trusted);
			if (!(from <= now && now <= to)) throw new Error("date validation failed");
		}
		const fault = chainFault(new SentChain(this.#sent, trusted), serverName, now);
		if (fault !== "") throw new Error(fault);
		this.#sent.length = 1; // only its key is still wanted
	}

	/** The public key of the server for LEAF, our private one for our certificate. */
	getKey(certificate: ArrayBuffer): object {
		if (certificate === LEAF) return (this.#sent[0] as Summary).key;
		const { clientKey } = this.#options;
		if (!clientKey) throw new Error("there is no key for our certificate");
		return PKCS8.parse(new Uint8Array(clientKey));
	}

	/** What is sent when the server asks for a certificate. */
	findPreferredCert(): ArrayBuffer[] {
		return this.#options.clientCertificates ?? [];
	}
}

/**
 * What has to be known of a certificate once its successor is there: a tenth of it, and nothing of its own bytes. Made step by step:
 * the SDK's readers go deep, and below them a small stack has no room for many variables.
 */
class Summary implements ServerCertificate {
	names: readonly string[] = [];
	readonly from: number;
	readonly to: number;
	strong: boolean;
	readonly server: boolean;
	authority = false;
	pathLength = 0;
	readonly limited: boolean;
	/** DER; copies, since a view would keep the whole certificate. */
	readonly issuer: Uint8Array;
	readonly subject: Uint8Array;
	/** Key identifier of the issuer. */
	readonly issuerKey: Uint8Array | undefined;
	readonly algorithm: string;
	/** Of what is signed, and the signature over it. */
	readonly digest: ArrayBuffer | undefined;
	readonly signature: Uint8Array;
	readonly key: PublicKey;

	/** `own`: the server's, whose names count. */
	constructor(der: Uint8Array, own: boolean) {
		const { tbs, algo, sig } = X509.decode(der);
		this.algorithm = algo.toString();
		this.signature = sig.slice();
		this.digest = digestOf(this.algorithm, tbs);
		const read = X509.decodeTBS(tbs);
		this.from = read.validity.from;
		this.to = read.validity.to;
		this.issuer = read.issuer.slice();
		this.subject = read.subject.slice();
		this.key = X509.decodeSPKI(der);
		this.issuerKey = copy(X509.decodeAKI(der));
		this.strong = this.digest !== undefined && (this.key.exponent ?? MINIMUM_EXPONENT) >= MINIMUM_EXPONENT;
		this.server = isServer(der);
		this.limited = extension(der, NAME_CONSTRAINTS) !== undefined;
		if (own) this.names = namesOf(der);
		else this.#signs(der);
	}

	#signs(der: Uint8Array): void {
		const constraints = extension(der, BASIC_CONSTRAINTS);
		if (constraints === undefined) return;
		this.pathLength = pathLength(constraints);
		const keyUsage = extension(der, KEY_USAGE);
		this.authority = isAuthority(constraints) && (keyUsage === undefined || maySign(keyUsage));
	}
}

function copy(bytes: Uint8Array | undefined): Uint8Array | undefined {
	return bytes && new Uint8Array(bytes).slice();
}

function isServer(der: Uint8Array): boolean {
	const extended = extension(der, EXTENDED_KEY_USAGE);
	return extended === undefined || forServers(extended);
}

class SentChain implements Chain {
	readonly #sent: readonly Summary[];
	readonly #trusted: Uint8Array | undefined;

	constructor(sent: readonly Summary[], trusted: Uint8Array | undefined) {
		this.#sent = sent;
		this.#trusted = trusted;
	}

	get length(): number {
		return this.#sent.length;
	}
	certificate(at: number): ServerCertificate {
		return this.#sent[at] as Summary;
	}
	linked(at: number): boolean {
		const { subject, key } = this.#sent[at + 1] as Summary;
		return issuedBy(this.#sent[at] as Summary, subject, key);
	}
	trusted(at: number): number {
		const sent = this.#sent[at] as Summary;
		const authority = this.#trusted ?? bundled(sent.issuerKey);
		if (authority === undefined) return -1;
		const { subject } = X509.decodeTBS(X509.decode(authority).tbs);
		if (!issuedBy(sent, subject, X509.decodeSPKI(authority))) return -1;
		const constraints = extension(authority, BASIC_CONSTRAINTS);
		return constraints === undefined ? Number.POSITIVE_INFINITY : pathLength(constraints);
	}
}

/** The authority with a key identifier among those that come with the SDK. */
function bundled(identifier: Uint8Array | undefined): Uint8Array | undefined {
	if (identifier === undefined || !Resource.exists("ca.ski")) return undefined;
	const all = new Resource("ca.ski");
	for (let at = 0; at < all.byteLength; at += IDENTIFIER_BYTES) {
		if (!same(new Uint8Array(all.slice(at, at + IDENTIFIER_BYTES)), identifier)) continue;
		const der = new Uint8Array(new Resource(`ca${at / IDENTIFIER_BYTES}.der`).slice(0));
		const { from, to } = validity(der);
		const now = Date.now();
		return from <= now && now <= to ? der : undefined;
	}
	return undefined;
}

function issuedBy(sent: Summary, subject: Uint8Array, key: PublicKey): boolean {
	return same(sent.issuer, subject) && signed(sent, key);
}

function signed({ algorithm, digest: hash, signature }: Summary, key: PublicKey): boolean {
	if (hash === undefined) return false;
	if (algorithm in RSA_DIGESTS) {
		if (key.exponent === undefined || key.exponent < MINIMUM_EXPONENT) return false;
		return new PKCS1_5(key, false, []).verify(hash, signature);
	}
	if (key.pub === undefined) return false;
	const pair = ecdsaPair(signature);
	if (pair === undefined) return false;
	return new ECDSA(key.pub, key.curve)._verify(hash, pair.r, pair.s);
}

/** By the algorithm of a signature; undefined for one that is not taken. */
function digestOf(algorithm: string, signed: Uint8Array): ArrayBuffer | undefined {
	if (algorithm in RSA_DIGESTS) return digest(RSA_DIGESTS[algorithm as keyof typeof RSA_DIGESTS], signed);
	if (!(algorithm in ECDSA_DIGESTS)) return undefined;
	return digest(ECDSA_DIGESTS[algorithm as keyof typeof ECDSA_DIGESTS], signed);
}

function digest(name: "SHA256" | "SHA384" | "SHA512", bytes: Uint8Array): ArrayBuffer {
	const sum = new Digest(name);
	sum.write(bytes as unknown as ArrayBuffer); // its types do not know that it takes views
	return sum.close();
}

function validity(der: Uint8Array): { from: number; to: number } {
	return X509.decodeTBS(X509.decode(der).tbs).validity;
}

function extension(der: Uint8Array, oid: readonly number[]): Uint8Array | undefined {
	const value = X509.decodeExtension(der, oid);
	return value && new Uint8Array(value);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && Bin.comp(a, b) === 0;
}

function namesOf(der: Uint8Array): string[] {
	const names: string[] = [];
	for (const { tag, value } of X509.decodeSAN(der) ?? [])
		if (tag === DNS_NAME) names.push(value as string);
		else if (tag === IP_ADDRESS && (value as ArrayBuffer).byteLength === 4)
			names.push(new Uint8Array(value as ArrayBuffer).join("."));
	return names;
}

/** SEQUENCE { INTEGER r, INTEGER s }, neither of which may be 0. */
function ecdsaPair(signature: Uint8Array): { r: bigint; s: bigint } | undefined {
	const pair = new BER(new BER(signature).getSequence());
	const r = pair.getInteger();
	const s = pair.getInteger();
	return r > 0n && s > 0n ? { r, s } : undefined;
}

// What follows reads DER that is short by its nature; whatever is longer or otherwise made is taken for a no.

/** SEQUENCE { BOOLEAN TRUE, … } */
function isAuthority(der: Uint8Array): boolean {
	return der[0] === 0x30 && der[2] === 0x01 && der[3] === 1 && der[4] === 0xff;
}

/** SEQUENCE { BOOLEAN TRUE, INTEGER }, or without it no limit. */
function pathLength(der: Uint8Array): number {
	if (!isAuthority(der)) return 0;
	if (der[1] === 3) return Number.POSITIVE_INFINITY;
	return der[5] === 0x02 && der[6] === 1 ? (der[7] as number) : 0;
}

/** BIT STRING with keyCertSign, bit 5. */
function maySign(der: Uint8Array): boolean {
	return der[0] === 0x03 && (der[1] as number) >= 2 && ((der[3] as number) & 0x04) !== 0;
}

/** SEQUENCE of OIDs with serverAuth, 1.3.6.1.5.5.7.3.1, or anyExtendedKeyUsage, 2.5.29.37.0. */
function forServers(der: Uint8Array): boolean {
	for (let at = 2; at + 1 < der.length; at += 2 + (der[at + 1] as number)) {
		if (der[at] !== 0x06) return false;
		const oid = der.subarray(at + 2, at + 2 + (der[at + 1] as number)).join(".");
		if (oid === "43.6.1.5.5.7.3.1" || oid === "85.29.37.0") return true;
	}
	return false;
}
