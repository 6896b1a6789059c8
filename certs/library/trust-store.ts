// A PKCS#12 file with nothing but authorities to trust. node-forge's own writer leaves out the attribute by
// which Java takes a certificate without a key for a trusted one; without it keytool sees an empty store. So
// only the parts are forge's. Nothing in it is secret: the secret keeps others from changing it unnoticed.

import { createHmac, randomBytes, type X509Certificate } from "node:crypto";
import forge from "node-forge";
import { commonName } from "./names.js";

const { asn1, pki, pkcs12, util } = forge;
type Node = forge.asn1.Asn1;

/** Oracle's trustedKeyUsage, and RFC 5280's anyExtendedKeyUsage as its value. */
const TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1";
const ANY_USAGE = "2.5.29.37.0";
const ROUNDS = 100_000;
const MAC_KEY = 3;
const MAX_ALIAS = 64;

/** Names by which stores of Java tell them apart, in their order: lower case, each once. */
export function aliases(certificates: readonly X509Certificate[]): string[] {
	const used = new Set<string>();
	return certificates.map((certificate) => {
		// What a certificate says of itself is a stranger's text.
		const said = commonName(certificate).replace(/\p{C}/gu, "?").slice(0, MAX_ALIAS).trim().toLowerCase();
		const first = said === "" ? "ca" : said;
		let alias = first;
		for (let i = 2; used.has(alias); i++) alias = `${first}-${i}`;
		used.add(alias);
		return alias;
	});
}

/** RFC 7292, with an HMAC by SHA-1, which Java takes since version 8. The secret has to be ASCII. */
export function writeTrustStore(certificates: readonly X509Certificate[], secret: string): Uint8Array {
	const names = aliases(certificates);
	const bags = certificates.map(({ raw }, i) => bag(raw, names[i] as string));
	const safe = encoded(sequence(data(encoded(sequence(...bags)))));
	const salt = randomBytes(16).toString("latin1");
	const key = pkcs12.generateKey(secret, util.createBuffer(salt), MAC_KEY, ROUNDS, 20).getBytes();
	const mac = createHmac("sha1", Buffer.from(key, "latin1")).update(safe, "latin1").digest();
	const algorithm = sequence(oid(pki.oids.sha1 as string), primitive(asn1.Type.NULL, ""));
	const macData = sequence(
		sequence(algorithm, octets(mac.toString("latin1"))),
		octets(salt),
		integer(ROUNDS),
	);
	return Buffer.from(encoded(sequence(integer(3), data(safe), macData)), "latin1");
}

function bag(der: Buffer, alias: string): Node {
	const certificate = sequence(
		oid(pki.oids.x509Certificate as string),
		explicit(octets(der.toString("latin1"))),
	);
	return sequence(
		oid(pki.oids.certBag as string),
		explicit(certificate),
		constructed(
			asn1.Type.SET,
			attribute(pki.oids.friendlyName as string, primitive(asn1.Type.BMPSTRING, alias)),
			attribute(TRUSTED_KEY_USAGE, oid(ANY_USAGE)),
		),
	);
}

function attribute(name: string, value: Node): Node {
	return sequence(oid(name), constructed(asn1.Type.SET, value));
}

/** ContentInfo of PKCS#7: what is not encrypted. */
function data(content: string): Node {
	return sequence(oid(pki.oids.data as string), explicit(octets(content)));
}

function sequence(...parts: Node[]): Node {
	return constructed(asn1.Type.SEQUENCE, ...parts);
}
function constructed(type: forge.asn1.Type, ...parts: Node[]): Node {
	return asn1.create(asn1.Class.UNIVERSAL, type, true, parts);
}
function explicit(part: Node): Node {
	return asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [part]);
}
function primitive(type: forge.asn1.Type, value: string): Node {
	return asn1.create(asn1.Class.UNIVERSAL, type, false, value);
}
function octets(value: string): Node {
	return primitive(asn1.Type.OCTETSTRING, value);
}
function oid(dotted: string): Node {
	return primitive(asn1.Type.OID, asn1.oidToDer(dotted).getBytes());
}
function integer(value: number): Node {
	return primitive(asn1.Type.INTEGER, asn1.integerToDer(value).getBytes());
}
function encoded(node: Node): string {
	return asn1.toDer(node).getBytes();
}
