// board, keystore, possession, upload: identities in the form in which others want them.

import { createPublicKey, sign, verify, type X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { boardFiles, nvsTable, writeBoardFolder } from "../library/board.js";
import { isRoot } from "../library/chain.js";
import { check } from "../library/check.js";
import { CertsError } from "../library/errors.js";
import { type IdentityFolder, PUBLIC, SECRET, shown } from "../library/folder.js";
import { checkIdLength } from "../library/names.js";
import { writePkcs12 } from "../library/pkcs12.js";
import { writeWhole } from "../library/private-folder.js";
import { readAuthorities, readBounded } from "../library/read.js";
import { newSecret, secretSource } from "../library/secret.js";
import { type CertsOptions, needed, onlyName } from "../options.js";
import { cloudOf } from "./look.js";
import { quoted } from "./make.js";
import type { Say } from "./verb.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export async function board(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const kept = await folder.read("devices", onlyName(options, "the device's id"));
	const cloud = cloudOf(options, kept);
	// What a board could not use must not come as far as the board.
	const wrong = check(kept, { kind: "devices", cloud, now: Date.now() }).filter(
		({ level }) => level === "wrong",
	);
	const blocking = wrong.find(({ code }) =>
		["pair", "key-type", "key-size", "order", "broken", "expired", "name"].includes(code),
	);
	if (blocking)
		throw new CertsError(`${blocking.text}: npm run certs -- check ${quoted(kept.name)} says what to do.`);
	checkIdLength(kept.name);
	const ca = options.ca === undefined ? undefined : await rootOf(options.ca);
	const out = options.out ?? join(ROOT, "certs/board");
	if (existsSync(join(out, "client.pk8")) && !options.force)
		throw new CertsError(`${shown(out)} holds an identity already; --force overwrites it.`);
	// The other side has the root; Cumulocity's older rule wants it sent along.
	const last = kept.chain.at(-1);
	const withRoot = cloud === "cumulocity" && !options.withoutCa;
	const sent =
		!withRoot && last && isRoot(last) && kept.chain.length > 1 ? kept.chain.slice(0, -1) : kept.chain;
	const identity = {
		ca: ca?.raw,
		chain: sent.map(({ raw }) => raw),
		key: kept.key.export({ format: "der", type: "pkcs8" }),
	};
	const include = relative(out, join(ROOT, "manifest.json")).replaceAll("\\", "/");
	const config = { mote: { device: { id: kept.name, cloud } } };
	const names = await writeBoardFolder(out, identity, { include: [include], config });
	say(`written to ${shown(out)}: ${names.join(", ")}`);
	if (options.nvs) {
		await writeWhole(join(out, "nvs.csv"), nvsTable(boardFiles(identity), "."), PUBLIC);
		say(
			`for ESP32's store, in ${shown(out)}: nvs_partition_gen.py generate nvs.csv nvs.bin 0x6000, and esptool.py write_flash 0x9000 nvs.bin (it replaces what the store holds)`,
		);
	} else {
		say(
			`in manifest_local.json: "include": ["./${relative(ROOT, join(out, "manifest.json")).replaceAll("\\", "/")}"], with Wi-Fi and broker in "config"`,
		);
	}
	if (!ca) say("! no --ca: the board trusts the authorities that come with the SDK, as for a public cloud");
}

/** The one root in a file. */
async function rootOf(path: string): Promise<X509Certificate> {
	const [certificate, ...more] = await readAuthorities(path);
	if (!certificate || more.length > 0)
		throw new CertsError(
			`${path} holds several certificates; keep only the root that has signed the broker's.`,
		);
	if (!certificate.ca)
		throw new CertsError(
			`${path} is not an authority's certificate; --ca is the root that has signed the broker's.`,
		);
	return certificate;
}

export async function keystore(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const kept = await folder.read("devices", onlyName(options, "the device's id"));
	if (kept.key.asymmetricKeyType !== "rsa") throw new CertsError("a key store is made of RSA keys only.");
	const out = options.out ?? join(kept.folder, "client.p12");
	if (existsSync(out) && !options.force)
		throw new CertsError(`${shown(out)} is there already; --force overwrites it.`);
	const secret = await newSecret(options.secretFile, "the new key store");
	await writeWhole(out, writePkcs12(kept.key, kept.chain, secret, kept.name), SECRET);
	say(`written to ${shown(out)} (PKCS#12; in Paho the key store, with the same secret)`);
}

export async function possession(
	options: CertsOptions,
	folder: IdentityFolder,
	say: Say,
	note: Say,
): Promise<void> {
	const authority = await folder.read("authorities", onlyName(options, "the authority's name"));
	const code = await readBounded(
		needed(options.code, "--code FILE, with the verification code as downloaded", options.verb),
	);
	if (code.length === 0)
		throw new CertsError(`${options.code} is empty: download the verification code anew.`);
	const signature = sign("sha256", code, authority.key);
	const [certificate] = authority.chain;
	if (!certificate || !verify("sha256", code, createPublicKey(String(certificate)), signature))
		throw new CertsError(`the key of ${authority.name} is not that of its certificate: check says more.`);
	say(signature.toString("base64"));
	if (/[\r\n]$/.test(code.toString("latin1")))
		note("! the file ends with a line end, which is signed too; the code as downloaded has none");
}

export async function upload(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const authority = await folder.read("authorities", onlyName(options, "the authority's name"));
	const tenant = needed(options.tenant, "--tenant T, such as t12345", options.verb);
	if (!/^[\w-]{1,64}$/.test(tenant)) throw new CertsError("--tenant is the tenant's id, such as t12345.");
	const [certificate] = authority.chain;
	const body = JSON.stringify({
		name: authority.name,
		status: "ENABLED",
		autoRegistrationEnabled: "true", // a text in Cumulocity's own example
		certInPemFormat: String(certificate).replaceAll(/-----(BEGIN|END) CERTIFICATE-----|\s/g, ""),
	});
	const path = `/tenant/tenants/${tenant}/trusted-certificates`;
	if (options.url === undefined) {
		say(
			`curl -u ${tenant}/ADMIN -H 'content-type: application/json' \\\n  -d ${quoted(body)} \\\n  https://TENANT.cumulocity.com${path}`,
		);
		return;
	}
	const url = uploadAddress(options.url, path);
	const user = needed(options.user, "--user U", options.verb);
	const password = await secretSource(options.secretFile)(`the password of ${user}`);
	const authorization = `Basic ${Buffer.from(`${tenant}/${user}:${password}`).toString("base64")}`;
	const headers = { "content-type": "application/json", accept: "application/json", authorization };
	let status: number;
	try {
		// A redirect would take the password to another host.
		const response = await fetch(url, {
			method: "POST",
			headers,
			body,
			redirect: "error",
			signal: AbortSignal.timeout(30_000),
		});
		status = response.status;
	} catch (error) {
		const { code } = ((error as Error).cause ?? {}) as { code?: string };
		throw new CertsError(`${url.origin} cannot be reached (${code ?? (error as Error).name}).`);
	}
	if (status !== 201 && status !== 200)
		throw new CertsError(`Cumulocity answered ${status}: ${STATUS[status] ?? "look into its audit log"}.`);
	say(`registered ${authority.name}; its devices are registered at their first connection`);
}

const STATUS: Readonly<Record<number, string>> = {
	401: "user or password are wrong",
	403: "the user may not register certificates (ROLE_TENANT_ADMIN or ROLE_TENANT_MANAGEMENT_ADMIN)",
	404: "there is no such tenant under this address",
	409: "this certificate is registered already",
	422: "it takes no such certificate: it must be an authority's (CA:true), X.509 version 3",
};

function uploadAddress(text: string, path: string): URL {
	let url: URL;
	try {
		url = new URL(path, text);
	} catch {
		throw new CertsError("--url is an address such as https://mytenant.cumulocity.com.");
	}
	const local = url.hostname === "127.0.0.1" || url.hostname === "localhost";
	if (url.protocol !== "https:" && !(url.protocol === "http:" && local))
		throw new CertsError("--url begins with https://: a password goes with it.");
	if (url.username !== "" || url.password !== "")
		throw new CertsError("--url holds no user and password: give --user, and the password like a secret.");
	return url;
}
