// truststore, and what probe keeps of a server: certificates of authorities for clients to trust.

import type { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../library/chain.js";
import { CertsError } from "../library/errors.js";
import { type IdentityFolder, PUBLIC, shown } from "../library/folder.js";
import { commonName, oneLine } from "../library/names.js";
import { makePrivateFolder, writeWhole } from "../library/private-folder.js";
import { readAuthorities } from "../library/read.js";
import { newSecret } from "../library/secret.js";
import { aliases, writeTrustStore } from "../library/trust-store.js";
import type { CertsOptions } from "../options.js";
import type { Say } from "./verb.js";

const MAX_AUTHORITIES = 64;

export async function truststore(
	options: CertsOptions,
	folder: IdentityFolder,
	say: Say,
	note: Say,
): Promise<void> {
	const out = options.out ?? join(folder.root, "trust.pem");
	mustBeFree(out, options.force);
	const given: X509Certificate[] = [];
	for (const name of options.names)
		given.push((await folder.read("authorities", name)).chain[0] as X509Certificate);
	if (options.ca !== undefined) given.push(...(await readAuthorities(options.ca)));
	if (given.length === 0)
		throw new CertsError("truststore needs whom to trust: names of your authorities, or --ca FILE.");
	const different = [...new Map(given.map((one) => [one.fingerprint256, one])).values()];
	const trusted = different.filter((one) => one.ca || isRoot(one));
	for (const one of different.filter((other) => !trusted.includes(other)))
		note(`! left out: ${nameOf(one)}, which is no authority; whoever renews it has another certificate then`);
	if (trusted.length === 0)
		throw new CertsError("there is no authority in what was given: name who has signed the certificate.");
	if (trusted.length > MAX_AUTHORITIES)
		throw new CertsError(`a client trusts at most ${MAX_AUTHORITIES} authorities here: leave some out.`);
	const names = aliases(trusted);
	const pkcs12 = /\.(p12|pfx|pkcs12)$/i.test(out);
	const content = pkcs12
		? writeTrustStore(trusted, await newSecret(options.secretFile, "the new trust store"))
		: trusted.map(String).join("");
	if (options.out === undefined) await makePrivateFolder(folder.root);
	await writeWhole(out, content, PUBLIC);
	say(`written to ${shown(out)} (${pkcs12 ? "PKCS#12, with the secret" : "PEM"}):`);
	for (const [i, one] of trusted.entries())
		tell(one, pkcs12 ? `alias ${names[i]}` : `${i + 1}  ${nameOf(one)}`, say);
	for (const one of trusted) {
		if (!isRoot(one)) note(`! ${nameOf(one)} is no root: OpenSSL and boards want the root above it as well`);
		if (Date.parse(one.validTo) <= Date.now()) note(`! ${nameOf(one)} has expired: nobody will take it`);
	}
}

/** Before the server is asked: throws where --save names what is there already. */
export function mustBeFree(path: string, force: boolean): void {
	if (existsSync(path) && !force)
		throw new CertsError(`${shown(path)} is there already; --force overwrites it.`);
}

/** Keeps what a server has sent, for people to look at. */
export async function saveChain(path: string, chain: readonly X509Certificate[], say: Say): Promise<void> {
	if (chain.length === 0) {
		say(`nothing is kept in ${shown(path)}: the server has sent no certificate that can be read`);
		return;
	}
	await writeWhole(path, chain.map(String).join(""), PUBLIC);
	say(`kept in ${shown(path)} what the server has sent:`);
	for (const [i, one] of chain.entries())
		tell(one, `${i + 1}  ${nameOf(one)}, by ${oneLine(one.issuer)}`, say);
	say("to save is not to trust: whoever has answered has sent this. Compare SHA-256 with what the server's");
	say("operator tells you on another way, before you give the file to a client.");
}

function tell(certificate: X509Certificate, line: string, say: Say): void {
	say(`  ${line}, until ${new Date(certificate.validTo).toISOString().slice(0, 10)}`);
	say(`     SHA-256 ${certificate.fingerprint256}`);
}

function nameOf(certificate: X509Certificate): string {
	return oneLine(commonName(certificate) || certificate.subject || "nobody by name");
}
