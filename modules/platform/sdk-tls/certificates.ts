// The certificates of the SDK's TLS: the manifest puts this module in the place of the SDK's "ssl/cert", with
// the methods that a client's handshake calls, and those that our session calls while a chain comes in.
// Certificates are read and judged by ours (modules/network/certificate, server-chain); the SDK's (8.2.3)
// readers trust every length, and its check takes a forged certificate in front of the authority's true one.
// The arithmetic is the SDK's.

import Resource from "Resource";
import BER from "ber";
import Bin from "bin";
import { Digest } from "crypt";
import ECDSA from "ecdsa";
import { Certificate, Signature, same } from "modules/network/certificate";
import { type Chain, chainFault, type ServerCertificate } from "modules/network/server-chain";
import { isPair, paddedDigest } from "modules/network/signature";
import PKCS1_5 from "pkcs1_5";
import PKCS8 from "pkcs8";
import X509, { type PublicKey } from "x509";

/** Bytes of a key identifier in "ca.ski", the list of the authorities that come with the SDK. */
const IDENTIFIER_BYTES = 20;

interface Options {
	/** DER of the authority that we trust; without one, those that come with the SDK. */
	certificate?: ArrayBuffer;
	/** DER, leaf first, and its key, for mutual TLS. */
	clientCertificates?: ArrayBuffer[];
	clientKey?: ArrayBuffer;
}

/**
 * Stands for the server's own certificate where the SDK asks for its key: the certificate itself is not kept.
 */
export const LEAF = Object.freeze(new ArrayBuffer(0));

export default class Certificates {
	readonly #options: Options;
	readonly #sent: Summary[] = [];

	constructor(options: Options) {
		this.#options = options;
	}

	/** Takes what has to be known of the next certificate of the server's chain, its own first. */
	add(der: Uint8Array, serverName: string): void {
		this.#sent.push(new Summary(new Certificate(der, this.#sent.length === 0 ? serverName : "")));
	}

	/** Throws an Error that says what is wrong with the server's certificates; the handshake ends with it. */
	verifyChain(serverName: string): void {
		const { certificate } = this.#options;
		const trusted = certificate && new Certificate(new Uint8Array(certificate), "");
		const fault = chainFault(new SentChain(this.#sent, trusted), serverName, Date.now());
		if (fault !== "") throw new Error(fault);
		this.#sent.length = 1; // only its key is still wanted
	}

	/** Bits of the curve of the server's key, 0 for an RSA key. */
	get curveBits(): number {
		return (this.#sent[0] as Summary).curveBits;
	}

	/** The public key of the server for LEAF, our private one for our certificate. */
	getKey(certificate: ArrayBuffer): object {
		if (certificate === LEAF) return (this.#sent[0] as Summary).key as PublicKey;
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
 * What has to be known of a certificate once its successor is there: a tenth of it, and nothing of its own
 * bytes.
 */
class Summary implements ServerCertificate {
	readonly fault: string;
	readonly matches: boolean;
	readonly shown: string;
	readonly from: number;
	readonly to: number;
	readonly signature: number;
	readonly server: boolean;
	readonly authority: boolean;
	readonly pathLength: number;
	readonly limited: boolean;
	readonly curveBits: number;
	/** DER; copies, since a view would keep the whole certificate. Undefined where there is a fault. */
	issuer: Uint8Array | undefined;
	subject: Uint8Array | undefined;
	/** Identifiers of their keys, where they are given. */
	issuerKey: Uint8Array | undefined;
	subjectKey: Uint8Array | undefined;
	/** Of what is signed, and the signature over it. */
	digest: Uint8Array | undefined;
	value: Uint8Array | undefined;
	key: PublicKey | undefined;

	constructor(certificate: Certificate) {
		this.fault = certificate.fault;
		this.matches = certificate.matches;
		this.shown = certificate.shown;
		this.from = certificate.from;
		this.to = certificate.to;
		this.signature = certificate.signature;
		this.server = certificate.server;
		this.authority = certificate.authority;
		this.pathLength = certificate.pathLength;
		this.limited = certificate.limited;
		this.curveBits = certificate.curveBits;
		if (this.fault === "" && this.signature !== Signature.None) this.#keep(certificate);
	}

	#keep(certificate: Certificate): void {
		const { der, issuerKeyFrom, issuerKeyTo, subjectKeyFrom, subjectKeyTo } = certificate;
		this.issuer = der.slice(certificate.issuerFrom, certificate.issuerTo);
		this.subject = der.slice(certificate.subjectFrom, certificate.subjectTo);
		if (issuerKeyTo > 0) this.issuerKey = der.slice(issuerKeyFrom, issuerKeyTo);
		if (subjectKeyTo > 0) this.subjectKey = der.slice(subjectKeyFrom, subjectKeyTo);
		this.digest = digestOf(this.signature, der.subarray(certificate.tbsFrom, certificate.tbsTo));
		this.value = der.slice(certificate.signatureFrom, certificate.signatureTo);
		this.key = keyOf(certificate);
	}
}

class SentChain implements Chain {
	readonly #sent: readonly Summary[];
	readonly #trusted: Certificate | undefined;
	missing = "";
	/** The authority that `anchor` has found. */
	#anchor: Certificate | undefined;

	constructor(sent: readonly Summary[], trusted: Certificate | undefined) {
		this.#sent = sent;
		this.#trusted = trusted;
	}

	get length(): number {
		return this.#sent.length;
	}
	get ownAuthority(): boolean {
		return this.#trusted !== undefined;
	}
	certificate(at: number): ServerCertificate {
		return this.#sent[at] as Summary;
	}
	linked(at: number): boolean {
		const { issuer, issuerKey } = this.#sent[at] as Summary;
		const { subject, subjectKey } = this.#sent[at + 1] as Summary;
		// The one behind may be broken: that is said of it when its turn comes.
		if (subject === undefined) return true;
		if (issuerKey && subjectKey && !equal(issuerKey, subjectKey)) return false;
		return issuer !== undefined && equal(issuer, subject);
	}
	anchor(at: number): ServerCertificate | undefined {
		const { issuer, issuerKey } = this.#sent[at] as Summary;
		const authority = this.#trusted ?? this.#bundled(issuerKey);
		if (issuer === undefined || authority === undefined) return undefined;
		// With a fault it has no name to compare, and the fault is what is to be said.
		if (authority.fault === "" && !names(authority, issuer, issuerKey)) return undefined;
		this.#anchor = authority;
		return authority;
	}
	/**
	 * The SDK's authority with a key identifier. An image has the list of all, and the certificates that its
	 * manifest names.
	 */
	#bundled(identifier: Uint8Array | undefined): Certificate | undefined {
		if (identifier === undefined || !Resource.exists("ca.ski")) return undefined;
		const all = new Resource("ca.ski");
		for (let at = 0; at < all.byteLength; at += IDENTIFIER_BYTES) {
			if (!equal(new Uint8Array(all.slice(at, at + IDENTIFIER_BYTES)), identifier)) continue;
			const file = `ca${at / IDENTIFIER_BYTES}.der`;
			if (Resource.exists(file))
				return new Certificate(new Uint8Array(new Resource(file) as unknown as ArrayBuffer), "");
			this.missing = file;
			return undefined;
		}
		return undefined;
	}
	signed(at: number): boolean {
		const { key, curveBits } = this.#sent[at + 1] as Summary;
		return isSigned(this.#sent[at] as Summary, key as PublicKey, curveBits);
	}
	anchored(at: number): boolean {
		const anchor = this.#anchor as Certificate;
		return isSigned(this.#sent[at] as Summary, keyOf(anchor), anchor.curveBits);
	}
}

/** Whether a certificate names this authority as its issuer. */
function names(authority: Certificate, issuer: Uint8Array, issuerKey: Uint8Array | undefined): boolean {
	const { der, subjectFrom, subjectTo, subjectKeyFrom, subjectKeyTo } = authority;
	if (!same(der, subjectFrom, subjectTo, issuer, 0, issuer.length)) return false;
	return (
		issuerKey === undefined ||
		subjectKeyTo === 0 ||
		same(der, subjectKeyFrom, subjectKeyTo, issuerKey, 0, issuerKey.length)
	);
}

/** Of a certificate without a fault: the SDK's reader trusts every length. */
function keyOf(certificate: Certificate): PublicKey {
	const { der, modulusFrom, modulusTo, exponent, curveBits } = certificate;
	if (curveBits > 0) return X509.decodeSPKI(der);
	return { modulus: number(der.slice(modulusFrom, modulusTo)), exponent: BigInt(exponent) };
}

function isSigned(certificate: Summary, key: PublicKey, curveBits: number): boolean {
	const { signature } = certificate;
	const digest = certificate.digest as Uint8Array;
	const value = certificate.value as Uint8Array;
	if (signature <= Signature.RsaSha512) return curveBits === 0 && isRsa(value, digest, key);
	if (curveBits === 0 || !isPair(value, 0, value.length, curveBits)) return false;
	const pair = new BER(new BER(value).getSequence());
	const r = pair.getInteger();
	// Of a digest that is longer than the curve's order its beginning counts (FIPS 186-4, 6.4).
	const counted = digest.slice(0, curveBits / 8).buffer as ArrayBuffer;
	return new ECDSA(key.pub as object, key.curve)._verify(counted, r, pair.getInteger());
}

function isRsa(value: Uint8Array, digest: Uint8Array, key: PublicKey): boolean {
	const { rsa } = new PKCS1_5(key, false, []);
	const modulus = key.modulus as bigint;
	const given = number(value);
	if (given >= modulus || value.length !== Math.ceil(BigInt.bitLength(modulus) / 8)) return false;
	return rsa.process(given) === number(paddedDigest(digest, value.length));
}

/** Of bytes that fill their buffer. */
function number(bytes: Uint8Array): bigint {
	return BigInt.fromArrayBuffer(bytes.buffer as ArrayBuffer) as bigint;
}

function digestOf(signature: number, signed: Uint8Array): Uint8Array {
	const size = (signature - 1) % 3;
	const digest = new Digest(size === 0 ? "SHA256" : size === 1 ? "SHA384" : "SHA512");
	digest.write(signed as unknown as ArrayBuffer); // its types do not know that it takes views
	return new Uint8Array(digest.close());
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && Bin.comp(a, b) === 0;
}
