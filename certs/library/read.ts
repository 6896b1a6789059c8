// Reads certificates and private keys in every form that clouds and tools hand out: PEM and DER, keys as PKCS#1, PKCS#8 or
// SEC1, encrypted or not, and PKCS#12. Files are bounded; whatever is wrong with one is said in one sentence.

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

/** Everything in the files, in their order. Throws a CertsError when there is nothing, or something that cannot be read. */
export async function readFiles(files: readonly string[], ask: AskSecret): Promise<Found> {
	const found: Found = { certificates: [], keys: [] };
	for (const file of files) {
		const bytes = await readBounded(file);
		const before = found.certificates.length + found.keys.length;
		// SAP's API gives the PEM as a JSON string, with \\n for its line ends.
		const text = bytes.toString("latin1").replaceAll("\\r", "").replaceAll("\\n", "\n");
		if (text.includes("-----BEGIN ")) await readPem(text, file, ask, found);
		else await readDer(bytes, file, ask, found);
		if (found.certificates.length + found.keys.length === before)
			throw new CertsError(`${basename(file)} has neither a certificate nor a private key in it.`);
	}
	return found;
}

export async function readBounded(file: string): Promise<Buffer> {
	const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
		throw new CertsError(`${file} cannot be read (${error.code}).`);
	});
	if (!info.isFile()) throw new CertsError(`${file} is not a file.`);
	if (info.size > MAX_BYTES)
		throw new CertsError(`${file} is larger than ${MAX_BYTES / 1024} KB: that is no certificate or key.`);
	return readFile(file).catch((error: NodeJS.ErrnoException) => {
		throw new CertsError(`${file} cannot be read (${error.code}).`);
	});
}

async function readPem(text: string, file: string, ask: AskSecret, found: Found): Promise<void> {
	// The headers of old encrypted keys ("DEK-Info: DES-EDE3-CBC,…") have dashes.
	const blocks = [
		...text.replace(/^(Proc-Type|DEK-Info):.*$/gm, (line) => line.replaceAll("-", "\u0001")).matchAll(BLOCK),
	];
	if (blocks.length === 0) throw new CertsError(`${basename(file)} is cut off: its PEM block has no end.`);
	if (blocks.length > MAX_ITEMS)
		throw new CertsError(`${basename(file)} has more than ${MAX_ITEMS} PEM blocks.`);
	for (const [whole, label = ""] of blocks) {
		const pem = whole.replaceAll("\u0001", "-");
		if (CERTIFICATE.test(label))
			found.certificates.push(certificate(pem.replaceAll(label, "CERTIFICATE"), file));
		else if (label.endsWith("PRIVATE KEY"))
			found.keys.push(await privateKey({ key: pem, format: "pem" }, file, ask));
	}
}

async function readDer(bytes: Buffer, file: string, ask: AskSecret, found: Found): Promise<void> {
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
