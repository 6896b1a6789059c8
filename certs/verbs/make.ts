// ca, intermediate, device, server: certificates of one's own.

import { isIP } from "node:net";
import { join } from "node:path";
import { CertsError } from "../library/errors.js";
import { type IdentityFolder, type Kept, type Kind, shown } from "../library/folder.js";
import { type IssueOptions, issueLeaf, issueRoot } from "../library/issue.js";
import { checkDeviceId } from "../library/names.js";
import { type CertsOptions, needed, onlyName } from "../options.js";
import type { Say } from "./verb.js";

const DAY = 86_400_000;
/** As in Cumulocity's tutorial. */
const DAYS = { ca: 7300, intermediate: 3650, leaf: 365 } as const;
const MAX_NAME = 64;
const MAX_HOSTS = 50;

export async function ca(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const name = checkName(onlyName(options, "a name"));
	folder.mustBeFree("authorities", name);
	const pair = await issueRoot(name, { ...lasting(options, DAYS.ca), pathLength: options.pathLength ?? 1 });
	made(await folder.write("authorities", name, pair, []), say);
	say(`next: npm run certs -- device ID --issuer ${quoted(name)}`);
	say(`and register it: npm run certs -- upload ${quoted(name)} --tenant TENANT`);
}

export async function intermediate(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const name = checkName(onlyName(options, "a name"));
	folder.mustBeFree("authorities", name);
	const issuer = await issuerOf(options, folder);
	const pathLength = options.pathLength ?? 0;
	const pair = await issueLeaf(issuer.pair, name, "authority", {
		...lasting(options, DAYS.intermediate),
		pathLength,
	});
	made(await folder.write("authorities", name, pair, issuer.chain), say);
	sayShortened(pair.certPem, issuer, options.days ?? DAYS.intermediate, say);
}

export async function device(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const id = onlyName(options, "the device's id");
	checkDeviceId(id);
	await leaf(options, folder, "devices", id, "client", {}, say);
	say(`next: npm run certs -- check ${quoted(id)}`);
}

export async function server(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const hosts = options.names;
	if (hosts.length === 0 || hosts.length > MAX_HOSTS)
		throw new CertsError(
			"server needs the names and addresses under which clients reach it: npm run certs -- server HOST… --issuer CA.",
		);
	for (const host of hosts)
		if (
			isIP(host) === 0 &&
			!/^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(host)
		)
			throw new CertsError(`${JSON.stringify(host.slice(0, 80))} is neither a host's name nor an address.`);
	await leaf(options, folder, "servers", hosts[0] as string, "server", { hosts }, say);
}

async function leaf(
	options: CertsOptions,
	folder: IdentityFolder,
	kind: Kind,
	name: string,
	use: "client" | "server",
	more: IssueOptions,
	say: Say,
): Promise<void> {
	folder.mustBeFree(kind, name);
	const issuer = await issuerOf(options, folder);
	const pair = await issueLeaf(issuer.pair, name.slice(0, MAX_NAME), use, {
		...lasting(options, DAYS.leaf),
		...more,
	});
	made(await folder.write(kind, name, pair, issuer.chain), say);
	sayShortened(pair.certPem, issuer, options.days ?? DAYS.leaf, say);
}

async function issuerOf(
	options: CertsOptions,
	folder: IdentityFolder,
): Promise<Kept & { pair: { certPem: string; keyPem: string } }> {
	const issuer = await folder.issuer(needed(options.issuer, "--issuer CA", options.verb));
	const [own] = issuer.chain;
	if (!own?.ca) throw new CertsError(`${issuer.name} is not an authority: it may not sign.`);
	if (Date.parse(own.validTo) <= Date.now())
		throw new CertsError(`${issuer.name} has expired: make or import a new one first.`);
	return issuer;
}

function lasting({ days, bits }: CertsOptions, usual: number): IssueOptions {
	return { notAfter: Date.now() + (days ?? usual) * DAY, bits };
}

function made(folder: string, say: Say): void {
	say(
		`made ${shown(join(folder, "cert.pem"))} and key.pem (its secret key: keep it to yourself), chain.pem with the issuers`,
	);
}

/** A certificate that would outlive its issuer is cut off. */
function sayShortened(certPem: string, issuer: Kept, days: number, say: Say): void {
	const to = Date.parse(issuer.chain[0]?.validTo ?? "");
	if (certPem !== "" && to < Date.now() + (days - 1) * DAY)
		say(`it ends with its issuer, on ${new Date(to).toISOString().slice(0, 10)}`);
}

function checkName(name: string): string {
	if (name.trim() === "" || name.length > MAX_NAME || /\p{Cc}/u.test(name))
		throw new CertsError(`an authority's name has 1 to ${MAX_NAME} printable characters.`);
	return name;
}

/** As one types it in a shell. */
export function quoted(name: string): string {
	return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
}
