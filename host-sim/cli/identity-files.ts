// The files of --ca, --cert and --key: read in any form, and held against each other before anything starts.

import type { KeyObject, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { CertsError } from "../../certs/library/errors.js";
import { type Found, readFiles } from "../../certs/library/read.js";
import { OptionError } from "./option-error.js";

/** Who has signed the broker's certificate. */
export async function readAuthority(path: string): Promise<X509Certificate> {
	const [ca, ...more] = (await readFile("--ca", path)).certificates;
	if (!ca) throw new OptionError(`--ca: ${path} holds no certificate.`);
	if (more.length > 0)
		throw new OptionError(
			`--ca: ${path} holds several certificates; keep only the root that signed the broker's.`,
		);
	return ca;
}

export interface Identity {
	/** The device's own first, then its issuers. */
	readonly certificates: readonly X509Certificate[];
	readonly key: KeyObject;
}

/** `usable` throws for a key that whoever is to sign with it cannot use. */
export async function readIdentity(
	certPath: string,
	keyPath: string,
	usable: (key: KeyObject) => void = () => {},
): Promise<Identity> {
	const { certificates } = await readFile("--cert", certPath);
	const key = await readKey(keyPath);
	usable(key);
	checkPair(certPath, certificates, keyPath, key);
	return { certificates, key };
}

/** Certificates and keys in any form that `npm run certs` reads, but for what is encrypted. */
async function readFile(option: string, path: string): Promise<Found> {
	if (!existsSync(path)) throw new OptionError(`${option}: ${path} does not exist.`);
	const encrypted = () => {
		throw new OptionError(`${option}: ${path} is encrypted; decrypt it first (npm run certs -- import).`);
	};
	try {
		return await readFiles([path], encrypted);
	} catch (error) {
		throw error instanceof CertsError ? new OptionError(`${option}: ${error.message}`) : error;
	}
}

async function readKey(path: string): Promise<KeyObject> {
	const [key, ...more] = (await readFile("--key", path)).keys;
	if (!key) throw new OptionError(`--key: ${path} holds no private key.`);
	if (more.length > 0)
		throw new OptionError(`--key: ${path} holds several private keys; keep the device's own.`);
	return key;
}

/**
 * The certificate that is sent first has to be the key's: a server tells of anything else by closing the
 * connection.
 */
function checkPair(
	certPath: string,
	certificates: readonly X509Certificate[],
	keyPath: string,
	key: KeyObject,
): void {
	const [first] = certificates;
	if (!first) throw new OptionError(`--cert: ${certPath} holds no certificate.`);
	if (first.checkPrivateKey(key)) return;
	const own = certificates.findIndex((certificate) => certificate.checkPrivateKey(key));
	throw new OptionError(
		own < 0
			? `--cert and --key: no certificate in ${certPath} belongs to the key in ${keyPath}.`
			: `--cert: in ${certPath} the certificate of --key stands at place ${own + 1}; put it first, and its issuers after it.`,
	);
}
