// A PKCS#12 file from its parts (RFC 7292). node-forge's own writer takes only certificates of RSA keys, and
// leaves out the attribute by which Java takes a certificate without a key for a trusted one; so only the
// parts are forge's.

import { createHmac, randomBytes } from "node:crypto";
import forge from "node-forge";

const { asn1, pki, pkcs12, util } = forge;
export type Part = forge.asn1.Asn1;

/** Of hashing: for the integrity of the file, and for the key's encryption. */
const ROUNDS = 100_000;
const SALT_BYTES = 16;
/** How a secret protects a key. */
export interface Protection {
	readonly algorithm: "aes256" | "3des";
	/** Rounds of hashing. */
	readonly count: number;
	readonly saltSize: number;
}

/** As OpenSSL 3 and current Java read it. */
export const CURRENT: Protection = { algorithm: "aes256", count: ROUNDS, saltSize: SALT_BYTES };

/** What the derived key is for: a MAC. */
const MAC_KEY = 3;
/** Oracle's trustedKeyUsage, and RFC 5280's anyExtendedKeyUsage as its value. */
const TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1";
const ANY_USAGE = "2.5.29.37.0";

/** The whole file: groups of bags, with an HMAC by SHA-1, which Java takes since version 8. ASCII secrets. */
export function pfx(groups: ReadonlyArray<readonly Part[]>, secret: string): Uint8Array {
	const safe = encoded(sequence(...groups.map((bags) => data(encoded(sequence(...bags))))));
	const salt = randomBytes(SALT_BYTES).toString("latin1");
	const key = pkcs12.generateKey(secret, util.createBuffer(salt), MAC_KEY, ROUNDS, 20).getBytes();
	const mac = createHmac("sha1", Buffer.from(key, "latin1")).update(safe, "latin1").digest();
	const algorithm = sequence(oid(pki.oids.sha1 as string), primitive(asn1.Type.NULL, ""));
	const macData = sequence(sequence(algorithm, octets(mac)), octets(salt), integer(ROUNDS));
	return Buffer.from(encoded(sequence(integer(3), data(safe), macData)), "latin1");
}

export function certificateBag(der: Uint8Array, ...attributes: Part[]): Part {
	const certificate = sequence(oid(pki.oids.x509Certificate as string), explicit(octets(der)));
	return bag("certBag", certificate, attributes);
}

/** `der`: PKCS#8. */
export function keyBag(der: Uint8Array, secret: string, protection: Protection, ...attributes: Part[]): Part {
	const key = asn1.fromDer(Buffer.from(der).toString("latin1"));
	const encrypted = pki.encryptPrivateKeyInfo(key, secret, { ...protection });
	return bag("pkcs8ShroudedKeyBag", encrypted, attributes);
}

function bag(kind: string, content: Part, attributes: readonly Part[]): Part {
	const all = attributes.length === 0 ? [] : [constructed(asn1.Type.SET, ...attributes)];
	return sequence(oid(pki.oids[kind] as string), explicit(content), ...all);
}

/** The alias in stores of Java. */
export function friendlyName(name: string): Part {
	return attribute(pki.oids.friendlyName as string, primitive(asn1.Type.BMPSTRING, name));
}
/** The same on a key and on its certificate. */
export function localKeyId(id: Uint8Array): Part {
	return attribute(pki.oids.localKeyId as string, octets(id));
}
export function trusted(): Part {
	return attribute(TRUSTED_KEY_USAGE, oid(ANY_USAGE));
}
function attribute(name: string, value: Part): Part {
	return sequence(oid(name), constructed(asn1.Type.SET, value));
}

/** ContentInfo of PKCS#7: what is not encrypted as a whole. */
function data(content: string): Part {
	return sequence(oid(pki.oids.data as string), explicit(octets(content)));
}
function sequence(...parts: Part[]): Part {
	return constructed(asn1.Type.SEQUENCE, ...parts);
}
function constructed(type: forge.asn1.Type, ...parts: Part[]): Part {
	return asn1.create(asn1.Class.UNIVERSAL, type, true, parts);
}
function explicit(part: Part): Part {
	return asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [part]);
}
function primitive(type: forge.asn1.Type, value: string): Part {
	return asn1.create(asn1.Class.UNIVERSAL, type, false, value);
}
function octets(value: Uint8Array | string): Part {
	const text = typeof value === "string" ? value : Buffer.from(value).toString("latin1");
	return primitive(asn1.Type.OCTETSTRING, text);
}
function oid(dotted: string): Part {
	return primitive(asn1.Type.OID, asn1.oidToDer(dotted).getBytes());
}
function integer(value: number): Part {
	return primitive(asn1.Type.INTEGER, asn1.integerToDer(value).getBytes());
}
function encoded(part: Part): string {
	return asn1.toDer(part).getBytes();
}
