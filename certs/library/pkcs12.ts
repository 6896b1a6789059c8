// PKCS#12 by node-forge: Node and WebCrypto can neither take such a file apart nor make one, and what clouds
// and older tools hand out is encrypted with 3DES or RC2, which OpenSSL 3 reads only with its legacy
// provider. It is used here and in pfx.ts only.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import forge from "node-forge";
import { CertsError } from "./errors.js";
import { CURRENT, certificateBag, friendlyName, keyBag, localKeyId, type Protection, pfx } from "./pfx.js";

/** Rounds above this only waste time. */
const MAX_ITERATIONS = 5_000_000;
const TOO_MANY = "asks for more rounds of hashing than anybody needs";

// Counts inside of what is encrypted are only known once it is decrypted: they are bounded where they are
// used.
type Derive = (...all: unknown[]) => unknown;
const { pbe } = forge.pki as unknown as { pbe: Record<string, Derive> };
boundIn(pbe, "generatePkcs12Key", 3);
boundIn(forge.pkcs5 as unknown as Record<string, Derive>, "pbkdf2", 2);

function boundIn(holder: Record<string, Derive>, name: string, rounds: number): void {
	const derive = holder[name] as Derive;
	holder[name] = (...all) => {
		bound(all[rounds] as number);
		return derive(...all);
	};
}

function bound(rounds: number): void {
	if (!(rounds <= MAX_ITERATIONS)) throw new CertsError(TOO_MANY);
}

export async function readPkcs12(
	bytes: Uint8Array,
	name: string,
	ask: () => Promise<string>,
): Promise<{ certificates: X509Certificate[]; keys: KeyObject[] }> {
	let asn1: forge.asn1.Asn1;
	try {
		asn1 = forge.asn1.fromDer(Buffer.from(bytes).toString("latin1"));
		checkIterations(asn1);
	} catch (error) {
		if (error instanceof CertsError) throw new CertsError(`${name} ${error.message}.`);
		throw new CertsError(`${name} is no certificate, key or PKCS#12 file, or it is damaged.`);
	}
	const secret = await ask();
	// Encodings of anything else differ between the tools, and within node-forge.
	if (!isAscii(secret))
		throw new CertsError(`of ${name} the secret must be ASCII: change it with openssl pkcs12.`);
	let p12: forge.pkcs12.Pkcs12Pfx;
	try {
		p12 = forge.pkcs12.pkcs12FromAsn1(asn1, false, secret);
	} catch (error) {
		if (error instanceof CertsError) throw new CertsError(`${name} ${error.message}.`);
		throw new CertsError(`${name} cannot be decrypted: the secret is another one, or the file is damaged.`);
	}
	const { pki, asn1: asn } = forge;
	const certificates: X509Certificate[] = [];
	const keys: KeyObject[] = [];
	try {
		for (const { safeBags } of p12.safeContents)
			for (const bag of safeBags) {
				// What forge does not know (EC) it leaves as ASN.1.
				if (bag.cert) certificates.push(new X509Certificate(pki.certificateToPem(bag.cert)));
				else if (bag.key) {
					const info = pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(bag.key));
					const key = Buffer.from(asn.toDer(info).getBytes(), "latin1");
					keys.push(createPrivateKey({ key, format: "der", type: "pkcs8" }));
				} else if (bag.asn1 && bag.type === pki.oids.certBag)
					certificates.push(new X509Certificate(Buffer.from(asn.toDer(bag.asn1).getBytes(), "latin1")));
				else if (bag.asn1 && (bag.type === pki.oids.keyBag || bag.type === pki.oids.pkcs8ShroudedKeyBag)) {
					const key = Buffer.from(asn.toDer(bag.asn1).getBytes(), "latin1");
					keys.push(createPrivateKey({ key, format: "der", type: "pkcs8" }));
				}
			}
	} catch {
		throw new CertsError(`${name} holds a key or certificate that cannot be read.`);
	}
	return { certificates, keys };
}

/** A PKCS#12 file, with AES-256 as OpenSSL 3 and current Java read it. The secret has to be ASCII. */
export function writePkcs12(
	key: KeyObject,
	chain: readonly X509Certificate[],
	secret: string,
	name: string,
	protection = CURRENT,
): Uint8Array {
	const same = [
		friendlyName(name),
		localKeyId(
			createHash("sha1")
				.update(chain[0]?.raw ?? "")
				.digest(),
		),
	];
	const certificates = chain.map(({ raw }, i) => certificateBag(raw, ...(i === 0 ? same : [])));
	const der = key.export({ format: "der", type: "pkcs8" });
	return pfx([certificates, [keyBag(der, secret, protection, ...same)]], secret);
}

function keyInfo(key: KeyObject): forge.asn1.Asn1 {
	return forge.asn1.fromDer(key.export({ format: "der", type: "pkcs8" }).toString("latin1"));
}

/** An encrypted PKCS#8 key as PEM. With 3DES it is PKCS#12's older scheme, which Node cannot write. */
export function encryptKey(key: KeyObject, secret: string, protection: Protection): string {
	const { pki } = forge;
	const info = pki.encryptPrivateKeyInfo(keyInfo(key), secret, { ...protection });
	return pki.encryptedPrivateKeyToPem(info).replaceAll("\r\n", "\n");
}

/** Throws where an encrypted PKCS#8 key (RFC 5958, 3) asks for too many rounds. */
export function checkPkcs8(bytes: Uint8Array, name: string): void {
	try {
		checkIterations(forge.asn1.fromDer(Buffer.from(bytes).toString("latin1")));
	} catch (error) {
		if (error instanceof CertsError) throw new CertsError(`${name} ${error.message}.`);
		throw new CertsError(`the private key in ${name} is damaged.`);
	}
}

/** A hostile file may ask for more rounds of hashing than a day has. */
function checkIterations(node: forge.asn1.Asn1, depth = 0): void {
	if (depth > 32) throw new Error("too deep");
	const { value } = node;
	if (typeof value === "string") {
		if (
			node.type === forge.asn1.Type.INTEGER &&
			value.length <= 8 &&
			Number.parseInt(Buffer.from(value, "latin1").toString("hex"), 16) > MAX_ITERATIONS
		)
			throw new CertsError(TOO_MANY);
		return;
	}
	for (const child of value) checkIterations(child, depth + 1);
}

export function isAscii(text: string): boolean {
	return /^[\x20-\x7e]*$/.test(text);
}
