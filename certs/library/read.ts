// Reads certificates and private keys in every form that clouds and tools hand out: PEM and DER, keys as
// PKCS#1, PKCS#8 or SEC1, encrypted or not, and PKCS#12. Files are bounded; whatever is wrong with one is
// said in one sentence.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { CertsError } from "./errors.js";
import { checkPkcs8, readPkcs12 } from "./pkcs12.js";

/** Asks for the secret of an encrypted file, once for all of them. */
export type AskSecret = (file: string) => Promise<string>;

export interface Found {
	readonly certificates: X509Certificate[];
	readonly keys: KeyObject[];
}

const MAX_BYTES = 256 * 1024;
const MAX_ITEMS = 64;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \1-----/g;
const CERTIFICATE = /^(X509 |TRUSTED )?CERTIFICATE$/;

const REQUEST =
	"a certificate request in it: that is what an authority signs; take the certificate that it has made of it.";
const PUBLIC = "a public key in it: take the private key that belongs to it.";
const PKCS7 = "a PKCS#7 bundle in it: take its certificates out with openssl pkcs7 -print_certs.";
/** What is neither a certificate nor a private key that can be read, by its label. */
const NAMED = new Map([
	["CERTIFICATE REQUEST", REQUEST],
	["NEW CERTIFICATE REQUEST", REQUEST],
	["PUBLIC KEY", PUBLIC],
	["RSA PUBLIC KEY", PUBLIC],
	["PKCS7", PKCS7],
	["CMS", PKCS7],
	["OPENSSH PRIVATE KEY", "a key of OpenSSH's own form in it: write it anew with ssh-keygen -p -m PKCS8."],
]);

/**
 * Everything in the files, in their order. Throws a CertsError when there is nothing, or something that
 * cannot be read.
 */
export async function readFiles(files: readonly string[], ask: AskSecret): Promise<Found> {
	const found: Found = { certificates: [], keys: [] };
	for (const file of files) {
		const bytes = await readBounded(file);
		const before = found.certificates.length + found.keys.length;
		const text = normalized(bytes);
		if (text.includes("-----BEGIN ")) await readPem(text, file, ask, found);
		else await readDer(bytes, file, ask, found);
		if (found.certificates.length + found.keys.length === before)
			throw new CertsError(`${basename(file)} has neither a certificate nor a private key in it.`);
	}
	return found;
}

/** The certificates of a file, in whatever form: at least one. */
export async function readAuthorities(file: string): Promise<X509Certificate[]> {
	const { certificates } = await readFiles([file], () => {
		throw new CertsError(`${file} is encrypted; --ca takes certificates only.`);
	});
	if (certificates.length === 0) throw new CertsError(`${file} has no certificate in it.`);
	return certificates;
}

/**
 * PEM as people and editors leave it: UTF-16, a byte order mark, lines that are indented or end in any way.
 */
function normalized(bytes: Buffer): string {
	const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
	const swapped = bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0;
	const text =
		wide || swapped
			? (swapped ? Buffer.from(bytes).swap16() : bytes).toString("utf16le")
			: bytes.toString("latin1");
	return (
		text
			// SAP's API gives the PEM as a JSON string, with \\n for its line ends.
			.replaceAll("\\r", "")
			.replaceAll("\\n", "\n")
			.replace(/\r\n?/g, "\n")
			.replace(/^[ \t]+|[ \t]+$/gm, "")
	);
}

/** `what`: what the file should be, in words. */
export async function readBounded(file: string, what = "certificate or key"): Promise<Buffer> {
	const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
		throw new CertsError(`${file} cannot be read (${error.code}).`);
	});
	if (!info.isFile()) throw new CertsError(`${file} is not a file.`);
	if (info.size > MAX_BYTES)
		throw new CertsError(`${file} is larger than ${MAX_BYTES / 1024} KB: that is no ${what}.`);
	return readFile(file).catch((error: NodeJS.ErrnoException) => {
		throw new CertsError(`${file} cannot be read (${error.code}).`);
	});
}

async function readPem(text: string, file: string, ask: AskSecret, found: Found): Promise<void> {
	// The headers of old encrypted keys ("DEK-Info: DES-EDE3-CBC,…") have dashes.
	const blocks = [
		...text.replace(/^(Proc-Type|DEK-Info):.*$/gm, (line) => line.replaceAll("-", "\u0001")).matchAll(BLOCK),
	];
	const begun = text.split("-----BEGIN ").length - 1;
	if (blocks.length < begun)
		throw new CertsError(
			begun === 1
				? `${basename(file)} is cut off: its PEM block has no end.`
				: `${basename(file)} is cut off: of its ${begun} PEM blocks ${begun - blocks.length} have no end.`,
		);
	if (blocks.length > MAX_ITEMS)
		throw new CertsError(`${basename(file)} has more than ${MAX_ITEMS} PEM blocks.`);
	for (const [whole, label = ""] of blocks) {
		const pem = whole.replaceAll("\u0001", "-");
		if (CERTIFICATE.test(label))
			found.certificates.push(certificate(pem.replaceAll(label, "CERTIFICATE"), file));
		else if (NAMED.has(label)) throw new CertsError(`${basename(file)} has ${NAMED.get(label)}`);
		else if (label.endsWith("PRIVATE KEY"))
			found.keys.push(await privateKey({ key: pem, format: "pem" }, file, ask));
	}
}

async function readDer(bytes: Buffer, file: string, ask: AskSecret, found: Found): Promise<void> {
	if (bytes.length >= 4 && (bytes.readUInt32BE() === 0xfeedfeed || bytes.readUInt32BE() === 0xcececece))
		throw new CertsError(
			`${basename(file)} is a Java key store: make a PKCS#12 file of it with keytool -importkeystore -deststoretype PKCS12.`,
		);
	if (bytes[0] !== 0x30) throw new CertsError(`${basename(file)} is neither PEM nor DER.`);
	try {
		found.certificates.push(new X509Certificate(bytes));
		return;
	} catch {
		// No certificate: a key, or PKCS#12.
	}
	for (const type of ["pkcs8", "pkcs1", "sec1"] as const)
		try {
			found.keys.push(createPrivateKey({ key: bytes, format: "der", type }));
			return;
		} catch {
			// Not in this form.
		}
	if (isEncryptedPkcs8(bytes)) {
		found.keys.push(await privateKey({ key: bytes, format: "der", type: "pkcs8" }, file, ask));
		return;
	}
	const { certificates, keys } = await readPkcs12(bytes, basename(file), () => ask(file));
	found.certificates.push(...certificates);
	found.keys.push(...keys);
}

/** EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier; PKCS#12 with its version. */
function isEncryptedPkcs8(bytes: Buffer): boolean {
	const header = (bytes[1] ?? 0) < 0x80 ? 2 : 2 + ((bytes[1] ?? 0) & 0x7f);
	return bytes[header] === 0x30;
}

function certificate(pem: string, file: string): X509Certificate {
	try {
		return new X509Certificate(pem);
	} catch {
		throw new CertsError(`a certificate in ${basename(file)} is damaged.`);
	}
}

type Encoded = { key: string; format: "pem" } | { key: Buffer; format: "der"; type: "pkcs8" };

async function privateKey(encoded: Encoded, file: string, ask: AskSecret): Promise<KeyObject> {
	const name = basename(file);
	if (encoded.format === "pem" && !/ENCRYPTED/.test(encoded.key))
		try {
			return createPrivateKey(encoded);
		} catch {
			throw new CertsError(`the private key in ${name} is damaged.`);
		}
	if (encoded.format === "der") checkPkcs8(encoded.key, name);
	else if (/BEGIN ENCRYPTED PRIVATE KEY/.test(encoded.key))
		checkPkcs8(Buffer.from(encoded.key.replaceAll(/-----[^-]*-----|\s/g, ""), "base64"), name);
	const passphrase = await ask(file);
	try {
		return createPrivateKey({ ...encoded, passphrase });
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (/UNSUPPORTED/.test(code))
			throw new CertsError(
				`the private key in ${name} is encrypted by a method that is no longer supported; encrypt it anew with openssl pkcs8 -topk8 -v2 aes256.`,
			);
		throw new CertsError(
			`the private key in ${name} cannot be decrypted: the secret is another one, or the file is damaged.`,
		);
	}
}
