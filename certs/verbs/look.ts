// chain, check, probe: what there is, what is wrong with it, and what the other side makes of it.

import type { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { hasSigned, isRoot, lengthWarning } from "../library/chain.js";
import { check, type Finding } from "../library/check.js";
import type { Cloud } from "../library/clouds.js";
import { CertsError } from "../library/errors.js";
import { type IdentityFolder, type Kept, type Kind, PUBLIC, shown } from "../library/folder.js";
import { commonName, sapName } from "../library/names.js";
import { writeWhole } from "../library/private-folder.js";
import { probe } from "../library/probe.js";
import { readAuthorities } from "../library/read.js";
import { type CertsOptions, needed, onlyName } from "../options.js";
import { mustBeFree, saveChain } from "./trust.js";
import type { Say } from "./verb.js";

const TIMEOUT_MS = 15_000;

export async function chain(
	options: CertsOptions,
	folder: IdentityFolder,
	say: Say,
	note: Say,
): Promise<void> {
	const kept = await folder.read("devices", onlyName(options, "the device's id"));
	const all = kept.chain;
	const last = all.at(-1) as X509Certificate;
	const sent = options.withoutCa && isRoot(last) && all.length > 1 ? all.slice(0, -1) : all;
	for (const [i, certificate] of sent.entries())
		note(`${i + 1}  ${commonName(certificate)}, signed by ${signer(all, i)}`);
	const warning = cloudOf(options, kept) === "cumulocity" ? lengthWarning(sent.length) : "";
	if (warning !== "") note(`! ${warning}`);
	const pem = sent.map(String).join("");
	if (options.out === undefined) {
		say(pem.trimEnd());
		return;
	}
	if (existsSync(options.out) && !options.force)
		throw new CertsError(`${options.out} is there already; --force overwrites it.`);
	await writeWhole(options.out, pem, PUBLIC);
	note(`written to ${shown(options.out)}`);
}

function signer(chain: readonly X509Certificate[], at: number): string {
	const [one, above] = [chain[at] as X509Certificate, chain[at + 1]];
	if (isRoot(one)) return "itself";
	return above && hasSigned(above, one) ? commonName(above) : "one that is not there";
}

const MARKS = { good: "✓", warning: "!", wrong: "✗" } as const;

/** Returns whether nothing is wrong. */
export async function checkAll(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<boolean> {
	const wanted = options.names[0];
	const all: Array<[Kind, string]> = (["authorities", "servers", "devices"] as const)
		.flatMap((kind) => folder.names(kind).map((name): [Kind, string] => [kind, name]))
		.filter(([, name]) => wanted === undefined || name === wanted);
	if (all.length === 0 && wanted !== undefined) await folder.read("devices", wanted); // says what there is
	if (all.length === 0)
		throw new CertsError(`there is nothing in ${shown(folder.root)} yet; --help says how to begin.`);
	const report: Array<{ kind: Kind; name: string; findings: Finding[] }> = [];
	for (const [kind, name] of all) {
		const findings = await findingsOf(options, folder, kind, name);
		report.push({ kind, name, findings });
	}
	const wrong = report.flatMap(({ findings }) => findings).filter(({ level }) => level === "wrong").length;
	if (options.json) say(JSON.stringify({ wrong, identities: report }));
	else {
		for (const { kind, name, findings } of report) {
			say(`${kind === "authorities" ? "authority" : kind.slice(0, -1)} ${name}`);
			for (const { level, text, remedy } of findings)
				say(`  ${MARKS[level]} ${text}${remedy === "" ? "" : ` → ${remedy}`}`);
		}
		say(wrong === 0 ? "nothing is wrong" : `${wrong} wrong`);
	}
	return wrong === 0;
}

async function findingsOf(
	options: CertsOptions,
	folder: IdentityFolder,
	kind: Kind,
	name: string,
): Promise<Finding[]> {
	try {
		const kept = await folder.read(kind, name);
		return check(kept, { kind, cloud: cloudOf(options, kept), now: Date.now() });
	} catch (error) {
		if (!(error instanceof CertsError)) throw error;
		return [
			{
				level: "wrong",
				code: "unreadable",
				text: error.message.replace(/\.$/, ""),
				remedy: "import it anew.",
			},
		];
	}
}

/** Returns whether all went well. */
export async function probeBroker(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<boolean> {
	const { host, port } = brokerAddress(onlyName(options, "the broker: mqtts://HOST:PORT"));
	const device = await folder.read("devices", needed(options.device, "--device ID", options.verb));
	const ca = options.ca === undefined ? undefined : (await readAuthorities(options.ca)).map(String).join("");
	const cloud = cloudOf(options, device);
	if (options.save !== undefined) mustBeFree(options.save, options.force);
	let chain: readonly X509Certificate[] = [];
	const sent = (certificates: readonly X509Certificate[]) => {
		chain = certificates;
	};
	const good = await probe({ host, port, device, cloud, ca, timeoutMs: TIMEOUT_MS, sent }, (step) =>
		say(`${step.good ? "✓" : "✗"} ${step.text}`),
	);
	if (options.save !== undefined) await saveChain(options.save, chain, say);
	return good;
}

function brokerAddress(text: string): { host: string; port: number } {
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new CertsError(
			`${JSON.stringify(text.slice(0, 100))} is not an address such as mqtts://mqtt.eu-latest.cumulocity.com:8883.`,
		);
	}
	if (url.protocol !== "mqtts:" || url.hostname === "" || url.username !== "" || url.password !== "")
		throw new CertsError("the broker's address has the form mqtts://HOST:PORT.");
	return { host: url.hostname.replace(/^\[|\]$/g, ""), port: url.port === "" ? 8883 : Number(url.port) };
}

/** As the option says, else SAP's where the certificate has one of its names. */
export function cloudOf({ cloud }: CertsOptions, { chain: [leaf] }: Kept): Cloud {
	return cloud ?? (leaf && sapName(commonName(leaf)) ? "sap" : "cumulocity");
}
