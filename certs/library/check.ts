// Everything that can be wrong with an identity, with the remedy for each.

import type { X509Certificate } from "node:crypto";
import "reflect-metadata";
import { statSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { hasSigned, isRoot, lengthWarning } from "./chain.js";
import type { Cloud } from "./clouds.js";
import type { Kept, Kind } from "./folder.js";
import { commonName, deviceIdOf, sapName } from "./names.js";

export interface Finding {
	readonly level: "wrong" | "warning" | "good";
	/** Names the kind of finding, for machines and tests. */
	readonly code: string;
	readonly text: string;
	/** What to do; "" for what is good. */
	readonly remedy: string;
}

export interface CheckOptions {
	readonly kind: Kind;
	readonly cloud: Cloud;
	/** ms since 1970. */
	readonly now: number;
}

const DAY = 86_400_000;
const SOON_DAYS = 30;
/** This tool is not older than that: a clock that is behind it is wrong. */
const FLOOR = Date.UTC(2026, 0, 1);
const MIN_BITS = 2048;
/** The SDK's TLS takes longer keys, but a handshake takes a board many seconds. */
const SLOW_BITS = 3072;

export function check(kept: Kept, options: CheckOptions): Finding[] {
	const findings: Finding[] = [];
	const wrong = (code: string, text: string, remedy: string) =>
		findings.push({ level: "wrong", code, text, remedy });
	const warning = (code: string, text: string, remedy: string) =>
		findings.push({ level: "warning", code, text, remedy });
	const good = (code: string, text: string) => findings.push({ level: "good", code, text, remedy: "" });
	const { chain, key } = kept;
	const leaf = chain[0] as X509Certificate;
	const device = options.kind === "devices";

	if (options.now < FLOOR)
		wrong("clock", `this machine's clock says ${day(options.now)}`, "set it: dates cannot be judged by it.");

	if (leaf.checkPrivateKey(key)) good("pair", "key and certificate belong together");
	else
		wrong(
			"pair",
			"the key is not that of the certificate",
			"bring both in anew, from one download (import).",
		);

	checkKey();
	checkDates();
	checkChain();
	checkUse();
	if (device) checkName();
	if (options.kind === "servers") checkServerNames();
	checkFiles();
	return findings;

	function checkKey(): void {
		const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
		const remedy = `make a new one: npm run certs -- ${options.kind === "devices" ? "device" : "server"} …`;
		if (key.asymmetricKeyType !== "rsa")
			wrong("key-type", `the key is ${key.asymmetricKeyType}, and the board's TLS takes RSA only`, remedy);
		else if (bits < MIN_BITS)
			wrong("key-size", `the RSA key has ${bits} bits; the clouds want ${MIN_BITS}`, remedy);
		else if (device && bits > SLOW_BITS)
			warning(
				"key-slow",
				`the RSA key has ${bits} bits: a handshake takes a board many seconds`,
				"2048 bits are enough.",
			);
		else good("key", `RSA, ${bits} bits`);
	}

	function checkDates(): void {
		for (const [i, certificate] of chain.entries()) {
			const what = i === 0 ? "the certificate" : `issuer ${i} (${commonName(certificate)})`;
			const from = Date.parse(certificate.validFrom);
			const to = Date.parse(certificate.validTo);
			const days = Math.floor((to - options.now) / DAY);
			if (to <= options.now)
				wrong("expired", `${what} expired on ${day(to)}`, "renew it, and everything it has signed.");
			else if (from > options.now)
				wrong(
					"not-yet",
					`${what} is valid from ${day(from)} on`,
					"wait, or look whether this machine's clock is right.",
				);
			else if (days < SOON_DAYS) warning("expires", `${what} has ${days} days left`, "renew it in time.");
			else if (i === 0) good("dates", `${days} days left, until ${day(to)}`);
			const above = chain[i + 1];
			if (!above || !hasSigned(above, certificate)) continue;
			if (from < Date.parse(above.validFrom) || to > Date.parse(above.validTo))
				warning(
					"outlives",
					`${what} is valid when its issuer is not`,
					"issue it anew with a date inside the issuer's.",
				);
		}
	}

	function checkChain(): void {
		for (let i = 0; i + 1 < chain.length; i++) {
			const [one, above] = [chain[i] as X509Certificate, chain[i + 1] as X509Certificate];
			if (!hasSigned(above, one)) {
				const elsewhere = chain.some((other) => other !== one && hasSigned(other, one));
				if (elsewhere)
					wrong(
						"order",
						`certificate ${i + 2} is not the issuer of the one before it`,
						"put them in order: npm run certs -- chain.",
					);
				else
					wrong(
						"broken",
						`certificate ${i + 2} has not signed the one before it`,
						"bring the right issuer in: import the certificate together with its issuers.",
					);
				return;
			}
			checkAuthority(above, i);
		}
		const last = chain.at(-1) as X509Certificate;
		if (isRoot(last))
			good(
				"chain",
				`${chain.length} ${chain.length === 1 ? "certificate, which signed itself" : "certificates, up to the root"}`,
			);
		else if (options.cloud === "sap" && device) good("chain", "the issuer is SAP's own and need not be sent");
		else
			wrong(
				"incomplete",
				`who signed ${commonName(last) || "the last certificate"} is not there`,
				"import the certificate together with its issuers, up to the root.",
			);
		const long = device && options.cloud === "cumulocity" ? lengthWarning(chain.length) : "";
		if (long !== "") warning("long", long.slice(0, long.indexOf(":")), long.slice(long.indexOf(":") + 2));
	}

	function checkAuthority(authority: X509Certificate, below: number): void {
		const { basic, usage } = extensions(authority);
		const name = commonName(authority);
		const remedy = "use an authority that is one: npm run certs -- ca, or intermediate.";
		if (!basic?.ca) wrong("no-authority", `${name} is not an authority (basicConstraints)`, remedy);
		else if (basic.pathLength !== undefined && basic.pathLength < below)
			wrong(
				"path-length",
				`${name} allows ${basic.pathLength} authorities below it, and there are ${below}`,
				"issue it with a larger --path-length.",
			);
		if (usage !== undefined && (usage & x509.KeyUsageFlags.keyCertSign) === 0)
			wrong("no-cert-sign", `${name} may not sign certificates (keyUsage)`, remedy);
	}

	function checkUse(): void {
		const { basic, usage, extended } = extensions(leaf);
		if (options.kind === "authorities") {
			checkAuthority(leaf, 0);
			return;
		}
		const wanted = device ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth;
		const remedy = `issue it anew: npm run certs -- ${device ? "device" : "server"} ….`;
		if (basic?.ca) wrong("leaf-is-ca", "the certificate is that of an authority", remedy);
		if (extended && !extended.includes(wanted))
			wrong(
				"purpose",
				`the certificate is not one for ${device ? "clients" : "servers"} (extendedKeyUsage)`,
				remedy,
			);
		if (usage !== undefined && (usage & x509.KeyUsageFlags.digitalSignature) === 0)
			wrong(
				"no-signature",
				"the certificate may not be used for signatures (keyUsage), which a handshake needs",
				remedy,
			);
		const algorithm = new x509.X509Certificate(leaf.raw).signatureAlgorithm as { hash?: { name?: string } };
		const hash = algorithm.hash?.name ?? "";
		if (/SHA-1|MD5/i.test(hash)) wrong("hash", `the certificate is signed with ${hash}`, remedy);
	}

	function checkName(): void {
		const found = commonName(leaf);
		const sap = sapName(found);
		if (found === "") wrong("name", "the certificate has no common name", "issue it for the device's id.");
		else if (options.cloud === "sap" && !sap)
			wrong(
				"name",
				`the common name ${JSON.stringify(found)} is not one of SAP's`,
				"generate the certificate in the cockpit, and import-sap it.",
			);
		else if (deviceIdOf(leaf) !== kept.name)
			wrong(
				"name",
				`the certificate is for ${JSON.stringify(deviceIdOf(leaf))}, not for ${JSON.stringify(kept.name)}`,
				"use the device's id as common name and client id.",
			);
		else if (options.cloud !== "sap" && sap)
			warning("name", "the certificate is one of SAP's", "give --cloud sap, or make one for this cloud.");
		else if (options.cloud === "cumulocity" && found.includes(":"))
			wrong(
				"colon",
				`the common name ${JSON.stringify(found)} has a colon`,
				"Cumulocity takes no id with a colon: choose another.",
			);
		else
			good(
				"name",
				sap
					? `device ${sap.alternateId}, gateway ${sap.gateway}, tenant ${sap.tenant}, instance ${sap.instance}`
					: `common name ${found}`,
			);
	}

	function checkServerNames(): void {
		const names = leaf.subjectAltName;
		if (!names)
			wrong(
				"server-name",
				"the certificate names no host (subjectAltName); clients do not look at its common name",
				"issue it with the names under which clients reach it.",
			);
		else good("server-name", names.replaceAll("IP Address:", "").replaceAll("DNS:", ""));
	}

	function checkFiles(): void {
		const path = join(kept.folder, "key.pem");
		if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
			wrong("mode", "others may read the key", "chmod 600 key.pem.");
		if (!kept.keyPem.includes("-----BEGIN PRIVATE KEY-----"))
			warning(
				"pkcs8",
				"the key is not PKCS#8",
				"nothing for this tool, which converts it for the board; import it to store it so.",
			);
	}
}

function extensions(certificate: X509Certificate) {
	const parsed = new x509.X509Certificate(certificate.raw);
	return {
		basic: parsed.getExtension(x509.BasicConstraintsExtension) ?? undefined,
		usage: parsed.getExtension(x509.KeyUsagesExtension)?.usages,
		extended: parsed.getExtension(x509.ExtendedKeyUsageExtension)?.usages as string[] | undefined,
	};
}

function day(time: number): string {
	return new Date(time).toISOString().slice(0, 10);
}
