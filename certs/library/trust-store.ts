// A PKCS#12 file with nothing but authorities to trust. Nothing in it is secret: the secret keeps others from
// changing it unnoticed.

import type { X509Certificate } from "node:crypto";
import { commonName } from "./names.js";
import { certificateBag, friendlyName, pfx, trusted } from "./pfx.js";

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

/** The secret has to be ASCII. */
export function writeTrustStore(certificates: readonly X509Certificate[], secret: string): Uint8Array {
	const names = aliases(certificates);
	const bags = certificates.map(({ raw }, i) =>
		certificateBag(raw, friendlyName(names[i] as string), trusted()),
	);
	return pfx([bags], secret);
}
