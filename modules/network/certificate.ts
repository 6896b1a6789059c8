// An X.509 certificate (RFC 5280, 4.1) as a TLS client needs it, read in place. Nothing of it is believed
// here: whoever uses it checks that it was signed. Everything is bounded, and what is not understood is
// refused where it is critical (4.2).

import { timeOf } from "./certificate-end.js";
import { addressOf, matchesName, printable } from "./certificate-names.js";
import { behind, contentAt, derFault, isBytes, Tag } from "./der.js";

/** How a certificate was signed; None: in a way that is broken, or not taken. */
export const Signature = Object.freeze({
	None: 0,
	RsaSha256: 1,
	RsaSha384: 2,
	RsaSha512: 3,
	EcdsaSha256: 4,
	EcdsaSha384: 5,
	EcdsaSha512: 6,
} as const);

/** Bits of keyUsage (4.2.1.3), the first byte. */
const DIGITAL_SIGNATURE = 0x80;
const KEY_ENCIPHERMENT = 0x20;
const KEY_CERT_SIGN = 0x04;

/** Names of a certificate that are told. */
const SHOWN_NAMES = 4;
/** Of a serial number (4.1.2.2), and one for the sign. */
const MAX_SERIAL = 21;
const MIN_MODULUS_BITS = 2048;
const MAX_MODULUS_BITS = 4096;
const MIN_EXPONENT = 65537;

const RSA = Object.freeze([42, 134, 72, 134, 247, 13, 1, 1, 1] as const);
const EC = Object.freeze([42, 134, 72, 206, 61, 2, 1] as const);
const P256 = Object.freeze([42, 134, 72, 206, 61, 3, 1, 7] as const);
const P384 = Object.freeze([43, 129, 4, 0, 34] as const);
/** sha256, 384, 512WithRSAEncryption end in 11, 12, 13; ecdsa-with-SHA256, 384, 512 in 2, 3, 4. */
const RSA_SIGNATURE = Object.freeze([42, 134, 72, 134, 247, 13, 1, 1] as const);
const ECDSA_SIGNATURE = Object.freeze([42, 134, 72, 206, 61, 4, 3] as const);
/** serverAuth; like openssl, anyExtendedKeyUsage does not stand for it. */
const SERVER_AUTH = Object.freeze([43, 6, 1, 5, 5, 7, 3, 1] as const);

/** Extensions below 2.5.29. */
const Extension = Object.freeze({
	SubjectKeyIdentifier: 14,
	KeyUsage: 15,
	SubjectAltName: 17,
	BasicConstraints: 19,
	NameConstraints: 30,
	CertificatePolicies: 32,
	AuthorityKeyIdentifier: 35,
	ExtendedKeyUsage: 37,
} as const);
/** The first that is looked at. */
const FIRST_EXTENSION = Extension.SubjectKeyIdentifier;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;
/** Context tags of a TBSCertificate. */
const VERSION = 0xa0;
const ISSUER_ID = 0x81;
const SUBJECT_ID = 0x82;
const EXTENSIONS = 0xa3;

export class Certificate {
	/** What makes it useless, or "". Without one all that follows is set. */
	readonly fault: string;
	/** Validity, ms since 1970. */
	from = Number.NaN;
	to = Number.NaN;
	signature: number = Signature.None;
	/** May be a server's: no usage is named that leaves that out. */
	server = true;
	/** May sign certificates. */
	authority = false;
	/** Most authorities between this one and the server's certificate; Infinity: no limit. */
	pathLength = Number.POSITIVE_INFINITY;
	/** Limits the names that those below it may have. */
	limited = false;
	/** Whether it is for the server's name, where one was given; and a few of the names it is for. */
	matches = false;
	shown = "";
	/**
	 * Offsets in the DER: what is signed; the signature; issuer and subject with their headers; the identifiers
	 * of their keys.
	 */
	tbsFrom = 0;
	tbsTo = 0;
	signatureFrom = 0;
	signatureTo = 0;
	issuerFrom = 0;
	issuerTo = 0;
	subjectFrom = 0;
	subjectTo = 0;
	issuerKeyFrom = 0;
	issuerKeyTo = 0;
	subjectKeyFrom = 0;
	subjectKeyTo = 0;
	/** An RSA key: modulus and exponent, without a sign. Else an EC key: its curve, bits, and its point. */
	modulusFrom = 0;
	modulusTo = 0;
	exponent = 0;
	curveBits = 0;
	pointFrom = 0;
	pointTo = 0;
	readonly der: Uint8Array;
	private readonly serverName: string;
	/** Where reading goes on. */
	private at = 0;
	/** Bits of the extensions that were seen. */
	private seen = 0;
	private keyUsage = -1;
	private shownNames = 0;

	/** `serverName`: a DNS name or an IPv4 address to look for, or "" for an authority's. */
	constructor(der: Uint8Array, serverName: string) {
		this.der = der;
		this.serverName = serverName;
		// One after the other, not each within the one before: a small stack has no room for all.
		let fault = derFault(der, 0, der.length);
		if (fault === "") fault = this.whole();
		if (fault === "") fault = this.head();
		if (fault === "") fault = this.fields();
		for (let at = this.at; fault === "" && at < this.tbsTo; at = behind(der, at)) fault = this.extension(at);
		if (fault === "") fault = this.usage();
		this.fault = fault;
	}

	private whole(): string {
		const { der } = this;
		if (der[0] !== Tag.Sequence) return BROKEN;
		const tbs = contentAt(der, 0);
		const algorithm = behind(der, tbs);
		if (algorithm >= der.length) return BROKEN;
		const bits = behind(der, algorithm);
		if (der[tbs] !== Tag.Sequence || der[algorithm] !== Tag.Sequence || der[bits] !== Tag.BitString)
			return BROKEN;
		if (behind(der, bits) !== der.length) return BROKEN;
		const from = contentAt(der, bits);
		if (der[from] !== 0) return BROKEN;
		this.tbsFrom = tbs;
		this.tbsTo = algorithm;
		this.signatureFrom = from + 1;
		this.signatureTo = der.length;
		this.signature = this.algorithm(algorithm, bits);
		return "";
	}

	private algorithm(at: number, end: number): number {
		const { der } = this;
		const oid = contentAt(der, at);
		if (oid >= end || der[oid] !== Tag.Oid) return Signature.None;
		const from = contentAt(der, oid);
		const last = behind(der, oid) - 1;
		const kind = der[last] as number;
		if (isBytes(der, from, last, RSA_SIGNATURE) && kind >= 11 && kind <= 13)
			return Signature.RsaSha256 + kind - 11;
		if (isBytes(der, from, last, ECDSA_SIGNATURE) && kind >= 2 && kind <= 4)
			return Signature.EcdsaSha256 + kind - 2;
		return Signature.None;
	}

	/** The beginning of the TBSCertificate, up to the issuer. */
	private head(): string {
		const { der, tbsTo: end } = this;
		let at = contentAt(der, this.tbsFrom);
		// Without extensions, as before version 3, nothing would say what it is for.
		if (at >= end || der[at] !== VERSION) return "is not an X.509 certificate of version 3";
		const version = contentAt(der, at);
		if (!isBytes(der, version, behind(der, at), [Tag.Integer, 1, 2]))
			return "is not an X.509 certificate of version 3";
		at = behind(der, at);
		if (at >= end || der[at] !== Tag.Integer || behind(der, at) - contentAt(der, at) > MAX_SERIAL)
			return BROKEN;
		at = behind(der, at);
		if (at >= end) return BROKEN;
		if (!same(der, at, behind(der, at), der, end, behind(der, end)))
			return "names two ways in which it was signed";
		this.at = behind(der, at);
		return "";
	}

	/** Issuer, validity, subject and key, up to the first extension. */
	private fields(): string {
		const { der, tbsTo: end } = this;
		let at = this.at;
		for (let field = 0; field < 4; field++) {
			if (at >= end || der[at] !== Tag.Sequence) return BROKEN;
			const next = behind(der, at);
			let fault = "";
			if (field === 0) {
				this.issuerFrom = at;
				this.issuerTo = next;
			} else if (field === 1) fault = this.validity(at, next);
			else if (field === 2) {
				this.subjectFrom = at;
				this.subjectTo = next;
			} else fault = this.key(at, next);
			if (fault !== "") return fault;
			at = next;
		}
		if (at < end && der[at] === ISSUER_ID) at = behind(der, at);
		if (at < end && der[at] === SUBJECT_ID) at = behind(der, at);
		if (at === end) return "has no extensions, and so does not say what it is for";
		if (der[at] !== EXTENSIONS || behind(der, at) !== end) return BROKEN;
		const list = contentAt(der, at);
		if (list >= end || der[list] !== Tag.Sequence || behind(der, list) !== end) return BROKEN;
		this.at = contentAt(der, list);
		return "";
	}

	private validity(at: number, end: number): string {
		const { der } = this;
		const first = contentAt(der, at);
		if (first >= end) return BROKEN;
		const second = behind(der, first);
		if (second >= end || behind(der, second) !== end) return BROKEN;
		this.from = timeOf(der, first);
		this.to = timeOf(der, second);
		return this.from <= this.to ? "" : "has no dates that can be read";
	}

	/** SubjectPublicKeyInfo. */
	private key(at: number, end: number): string {
		const { der } = this;
		const algorithm = contentAt(der, at);
		if (algorithm >= end || der[algorithm] !== Tag.Sequence) return BROKEN;
		const bits = behind(der, algorithm);
		if (bits >= end || der[bits] !== Tag.BitString || behind(der, bits) !== end) return BROKEN;
		const from = contentAt(der, bits) + 1;
		const oid = contentAt(der, algorithm);
		if (oid >= bits || der[oid] !== Tag.Oid || der[from - 1] !== 0) return BROKEN;
		const name = contentAt(der, oid);
		const parameters = behind(der, oid);
		if (isBytes(der, name, parameters, RSA)) return this.rsa(from, end);
		if (!isBytes(der, name, parameters, EC)) return OTHER_KEY;
		if (parameters >= bits || der[parameters] !== Tag.Oid) return OTHER_KEY;
		const curve = contentAt(der, parameters);
		const last = behind(der, parameters);
		if (isBytes(der, curve, last, P256)) this.curveBits = 256;
		else if (isBytes(der, curve, last, P384)) this.curveBits = 384;
		else return OTHER_KEY;
		// Uncompressed (SEC 1, 2.3.3).
		if (der[from] !== 4 || end - from !== 1 + this.curveBits / 4) return OTHER_KEY;
		this.pointFrom = from;
		this.pointTo = end;
		return "";
	}

	/** RSAPublicKey (RFC 8017, A.1.1), bounded before anybody reckons with it. */
	private rsa(from: number, end: number): string {
		const { der } = this;
		if (derFault(der, from, end) !== "" || der[from] !== Tag.Sequence) return BROKEN;
		const modulus = contentAt(der, from);
		if (modulus >= end || der[modulus] !== Tag.Integer) return BROKEN;
		const exponent = behind(der, modulus);
		if (exponent >= end || der[exponent] !== Tag.Integer || behind(der, exponent) !== end) return BROKEN;
		let first = contentAt(der, modulus);
		if (der[first] === 0) first++;
		else if ((der[first] as number) > 127) return BROKEN;
		let bits = (exponent - first) * 8;
		for (let high = der[first] as number; high < 128 && high > 0; high <<= 1) bits--;
		if (bits < MIN_MODULUS_BITS || bits > MAX_MODULUS_BITS)
			return `has an RSA key of ${bits} bits; ${MIN_MODULUS_BITS} to ${MAX_MODULUS_BITS} are accepted`;
		const bytes = contentAt(der, exponent);
		let value = 0;
		for (let at = bytes; at < end && at < bytes + 5; at++) value = value * 256 + (der[at] as number);
		if (end - bytes > 5 || value < MIN_EXPONENT || value > 0xffffffff || (value & 1) === 0)
			return "has an RSA key with an exponent that is not accepted";
		if (((der[exponent - 1] as number) & 1) === 0) return "has an RSA key that is even";
		this.modulusFrom = first;
		this.modulusTo = exponent;
		this.exponent = value;
		return "";
	}

	private extension(at: number): string {
		const { der } = this;
		const to = behind(der, at);
		const oid = contentAt(der, at);
		if (der[at] !== Tag.Sequence || oid >= to || der[oid] !== Tag.Oid) return BROKEN;
		let value = behind(der, oid);
		const critical = value < to && der[value] === Tag.Boolean && der[value + 2] === 255;
		if (value < to && der[value] === Tag.Boolean) value += 3;
		if (value >= to || der[value] !== Tag.OctetString || behind(der, value) !== to) return BROKEN;
		const from = contentAt(der, value);
		// 2.5.29.x
		const known = der[oid + 1] === 3 && der[oid + 2] === 85 && der[oid + 3] === 29;
		const id = known ? (der[oid + 4] as number) : -1;
		if (id >= FIRST_EXTENSION && id < FIRST_EXTENSION + 32) {
			const bit = 1 << (id - FIRST_EXTENSION);
			if ((this.seen & bit) !== 0) return "has an extension twice";
			this.seen |= bit;
		}
		let fault = "";
		switch (id) {
			case Extension.KeyUsage:
				if (der[from] !== Tag.BitString || derFault(der, from, to) !== "") return BROKEN;
				this.keyUsage = to - from > 3 ? (der[from + 3] as number) : 0;
				return "";
			case Extension.SubjectAltName:
				fault = derFault(der, from, to);
				if (fault !== "" || der[from] !== Tag.Sequence) return BROKEN;
				if (this.serverName !== "") this.names(contentAt(der, from), to);
				return "";
			case Extension.BasicConstraints:
				return this.constraints(from, to);
			case Extension.NameConstraints:
				this.limited = true;
				return "";
			case Extension.ExtendedKeyUsage:
				fault = derFault(der, from, to);
				if (fault !== "" || der[from] !== Tag.Sequence) return BROKEN;
				this.server = this.forServers(contentAt(der, from), to);
				return "";
			case Extension.SubjectKeyIdentifier:
				if (der[from] !== Tag.OctetString || derFault(der, from, to) !== "") return BROKEN;
				this.subjectKeyFrom = contentAt(der, from);
				this.subjectKeyTo = to;
				return "";
			case Extension.AuthorityKeyIdentifier:
				if (derFault(der, from, to) !== "" || der[from] !== Tag.Sequence) return BROKEN;
				this.issuerKey(contentAt(der, from), to);
				return "";
			case Extension.CertificatePolicies:
				// No policy is asked for here, so that any will do (6.1.1).
				return "";
			default:
				return critical ? "has a critical extension that is not understood here" : "";
		}
	}

	/** SEQUENCE { BOOLEAN cA DEFAULT FALSE, INTEGER pathLenConstraint OPTIONAL } */
	private constraints(from: number, to: number): string {
		const { der } = this;
		if (derFault(der, from, to) !== "" || der[from] !== Tag.Sequence) return BROKEN;
		let at = contentAt(der, from);
		this.authority = at < to && der[at] === Tag.Boolean && der[at + 2] === 255;
		if (at < to && der[at] === Tag.Boolean) at = behind(der, at);
		if (at === to) return "";
		if (der[at] !== Tag.Integer || behind(der, at) !== to || !this.authority) return BROKEN;
		const value = contentAt(der, at);
		if ((der[value] as number) > 127) return BROKEN;
		// Longer ones are no limit for a chain that is taken.
		if (to - value === 1) this.pathLength = der[value] as number;
		return "";
	}

	private forServers(first: number, to: number): boolean {
		const { der } = this;
		for (let at = first; at < to; at = behind(der, at)) {
			const from = contentAt(der, at);
			const end = behind(der, at);
			if (der[at] !== Tag.Oid) return false;
			if (isBytes(der, from, end, SERVER_AUTH)) return true;
		}
		return false;
	}

	private issuerKey(first: number, to: number): void {
		if (first >= to || this.der[first] !== 0x80) return;
		this.issuerKeyFrom = contentAt(this.der, first);
		this.issuerKeyTo = behind(this.der, first);
	}

	private names(first: number, to: number): void {
		const { der } = this;
		const address = addressOf(this.serverName);
		for (let at = first; at < to; at = behind(der, at)) {
			const from = contentAt(der, at);
			const end = behind(der, at);
			if (der[at] === DNS_NAME) {
				// An address is matched by addresses only (RFC 6125, 1.7.2; RFC 2818, 3.1).
				if (address < 0 && matchesName(der, from, end, this.serverName)) this.matches = true;
				this.show(printable(der, from, end));
			} else if (der[at] === IP_ADDRESS && end - from === 4) {
				if (
					address >= 0 &&
					address ===
						(der[from] as number) * 0x1000000 +
							(der[from + 1] as number) * 0x10000 +
							(der[from + 2] as number) * 0x100 +
							(der[from + 3] as number)
				)
					this.matches = true;
				this.show(der.subarray(from, end).join("."));
			}
		}
	}

	private show(name: string): void {
		if (this.shownNames < SHOWN_NAMES) this.shown += this.shownNames === 0 ? name : `, ${name}`;
		else if (this.shownNames === SHOWN_NAMES) this.shown += " and others";
		this.shownNames++;
	}

	/** What keyUsage says beside the rest. */
	private usage(): string {
		const usage = this.keyUsage;
		if (usage < 0) return "";
		if ((usage & KEY_CERT_SIGN) === 0) this.authority = false;
		if ((usage & (DIGITAL_SIGNATURE | KEY_ENCIPHERMENT)) === 0 && this.serverName !== "") this.server = false;
		return "";
	}
}

const BROKEN = "is no certificate that can be read";
const OTHER_KEY = "has a kind of key that is not accepted";

/** Whether two stretches are the same. */
export function same(
	a: Uint8Array,
	aFrom: number,
	aTo: number,
	b: Uint8Array,
	bFrom: number,
	bTo: number,
): boolean {
	if (aTo - aFrom !== bTo - bFrom) return false;
	for (let i = aFrom, j = bFrom; i < aTo; i++, j++) if (a[i] !== b[j]) return false;
	return true;
}
