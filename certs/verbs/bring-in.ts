// import, import-sap: identities that others have made.

import type { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { leafOf, orderChain } from "../library/chain.js";
import { CertsError } from "../library/errors.js";
import { type IdentityFolder, type Kind, shown } from "../library/folder.js";
import { checkDeviceId, commonName, deviceIdOf, sapName } from "../library/names.js";
import { readFiles } from "../library/read.js";
import { secretSource } from "../library/secret.js";
import { type CertsOptions, onlyName } from "../options.js";
import { quoted } from "./make.js";
import type { Say } from "./verb.js";

/** RFC 1123, 2.1: what may stand in a command to paste without quotes. */
const HOST_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export async function importSap(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	onlyName(options, "the file that the cockpit hands out");
	const { leaf } = await take(options, folder, say);
	const name = sapName(commonName(leaf));
	if (!name) {
		say(
			`the common name ${JSON.stringify(commonName(leaf))} is not one of SAP's (deviceAlternateId:…|gatewayId:…|tenantId:…|instanceId:…)`,
		);
		return;
	}
	say(`alternate id  ${name.alternateId}   (client id, and the last level of measures/ and commands/)`);
	say(`gateway       ${name.gateway}`);
	say(`tenant        ${name.tenant}`);
	say(`instance      ${name.instance}`);
	say(`next: npm run certs -- check ${quoted(options.as ?? name.alternateId)} --cloud sap`);
	const host = HOST_LABEL.test(name.instance) ? name.instance : "INSTANCE";
	say(
		`      npm run certs -- probe mqtts://${host}.eu10.cp.iot.sap:8883 --device ${quoted(options.as ?? name.alternateId)}   (your host may have another region)`,
	);
}

export async function importAny(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	if (options.names.length === 0) throw new CertsError("import needs files: npm run certs -- import FILE….");
	const { leaf, name, kind } = await take(options, folder, say);
	const { validTo } = leaf;
	say(`for ${commonName(leaf) || "nobody by name"}, until ${new Date(validTo).toISOString().slice(0, 10)}`);
	if (kind === "devices") say(`next: npm run certs -- check ${quoted(name)}`);
}

async function take(
	options: CertsOptions,
	folder: IdentityFolder,
	say: Say,
): Promise<{ leaf: X509Certificate; name: string; kind: Kind }> {
	const { certificates, keys } = await readFiles(options.names, secretSource(options.secretFile));
	const [key, ...more] = keys;
	if (!key) throw new CertsError("there is no private key in what was given: name its file too.");
	if (more.some((other) => !other.equals(key)))
		throw new CertsError(
			"there is more than one private key in what was given: import one identity at a time.",
		);
	if (certificates.length === 0)
		throw new CertsError("there is no certificate in what was given: name its file too.");
	const leaf = leafOf(key, certificates);
	const chain = orderChain(leaf, certificates);
	const kind = sapName(commonName(leaf))
		? "devices"
		: leaf.ca
			? "authorities"
			: isServer(leaf)
				? "servers"
				: "devices";
	const name = options.as ?? (kind === "devices" ? deviceIdOf(leaf) : commonName(leaf));
	if (kind === "devices") checkDeviceId(name);
	else if (name === "") throw new CertsError("the certificate has no common name: give one by --as NAME.");
	const pair = { certPem: String(leaf), keyPem: key.export({ format: "pem", type: "pkcs8" }).toString() };
	const where = await folder.write(kind, name, pair, chain.slice(1));
	say(
		`imported into ${shown(join(where, "cert.pem"))}, key.pem (decrypted: keep it to yourself) and chain.pem`,
	);
	const unused = certificates.filter(
		(one) => !chain.some((used) => used.fingerprint256 === one.fingerprint256),
	);
	for (const one of unused)
		say(`left out: ${commonName(one) || one.subject.replaceAll("\n", ", ")}, which has signed none of them`);
	return { leaf, name, kind };
}

function isServer(leaf: X509Certificate): boolean {
	const uses = leaf.keyUsage as readonly string[] | undefined; // extended key usage, by number
	const [server, client] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
	return uses?.includes(server) === true && !uses.includes(client);
}
