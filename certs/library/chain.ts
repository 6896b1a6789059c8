// Chains: a leaf and who has signed it, each followed by its issuer.

import type { KeyObject, X509Certificate } from "node:crypto";
import { CertsError } from "./errors.js";

/** What Cumulocity's older and newer versions take, the leaf counted. */
export const OLD_LIMIT = 2;
export const NEW_LIMIT = 10;

export const isRoot = (certificate: X509Certificate): boolean =>
	certificate.subject === certificate.issuer && hasSigned(certificate, certificate);

/**
 * Whether `issuer` has signed `certificate`, by name and by signature; whether it may is another question.
 */
export function hasSigned(issuer: X509Certificate, certificate: X509Certificate): boolean {
	try {
		return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
	} catch {
		return false;
	}
}

/** The leaf, then its issuers as far as they are among `others`; the root last. */
export function orderChain(leaf: X509Certificate, others: readonly X509Certificate[]): X509Certificate[] {
	const chain = [leaf];
	const left = others.filter((other) => other.fingerprint256 !== leaf.fingerprint256);
	for (let last = leaf; !isRoot(last); ) {
		const at = left.findIndex((other) => hasSigned(other, last));
		if (at < 0) break;
		last = left.splice(at, 1)[0] as X509Certificate;
		chain.push(last);
	}
	return chain;
}

/** The one certificate that the key belongs to. */
export function leafOf(key: KeyObject, certificates: readonly X509Certificate[]): X509Certificate {
	const own = certificates.filter((certificate) => certificate.checkPrivateKey(key));
	const [first] = own;
	if (!first)
		throw new CertsError(
			"the private key belongs to none of the certificates: one of the files is of another device.",
		);
	// A renewed one has the same key: the one that lasts longest.
	return own.reduce((best, one) => (Date.parse(one.validTo) > Date.parse(best.validTo) ? one : best), first);
}

/** What the length of a chain means for Cumulocity; "" if nothing. */
export function lengthWarning(length: number): string {
	if (length > NEW_LIMIT) return `${length} certificates: Cumulocity takes at most ${NEW_LIMIT}.`;
	if (length > OLD_LIMIT)
		return `${length} certificates: older versions of Cumulocity take ${OLD_LIMIT} (device and CA); newer ones want proof of possession for longer chains (npm run certs -- possession).`;
	return "";
}
