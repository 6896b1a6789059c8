// Which identity a build for a board takes: the files that a manifest, or one that it includes, names in its
// `data`. mcconfig copies them only where they are newer than what an earlier build has copied, so that an
// older identity would stay out of the image without a word: they are marked as new.

import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { commonName } from "./names.js";

const FILES = ["ca.der", "client.der", "client.pk8"];

interface Manifest {
	/** Texts, or objects that name a repository. */
	readonly include?: unknown;
	readonly data?: Readonly<Record<string, unknown>>;
}

/** Files of identities that a build with this manifest puts into the image. */
export function identityFiles(manifest: string): string[] {
	const found: string[] = [];
	const visit = (path: string): void => {
		const { include = [], data = {} } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
		for (const other of [include].flat().filter(isRelative)) visit(join(dirname(path), other));
		for (const entry of Object.values(data).flat().filter(isRelative)) {
			// mcconfig takes names without their ends.
			for (const end of ["", ".der", ".pk8"]) {
				const file = join(dirname(path), entry + end);
				if (FILES.some((name) => file.endsWith(name)) && existsSync(file)) found.push(file);
			}
		}
	};
	visit(manifest);
	return [...new Set(found)];
}

function isRelative(entry: unknown): entry is string {
	return typeof entry === "string" && !entry.startsWith("$");
}

/** Marks the files as new; returns a sentence about whose they are. */
export function announceIdentity(manifest: string, now = new Date()): string {
	const files = identityFiles(manifest);
	for (const file of files) utimesSync(file, now, now);
	const certificate = (name: string): X509Certificate | undefined => {
		const file = files.findLast((path) => path.endsWith(name));
		return file === undefined ? undefined : new X509Certificate(readFileSync(file));
	};
	const [ca, client] = [certificate("ca.der"), certificate("client.der")];
	const authority = ca
		? `trusts ${nameOf(ca)}`
		: "trusts the authorities that come with the SDK, as there is no ca.der";
	return client
		? `identity: ${nameOf(client)}, until ${new Date(client.validTo).toISOString().slice(0, 10)}; ${authority}`
		: `identity: none in the image, unless the board's store has one; ${authority}`;
}

/** Escaped where a terminal would take it for more than text. */
function nameOf(certificate: X509Certificate): string {
	const name = commonName(certificate) || certificate.subject.replaceAll("\n", ", ");
	return name.replace(/\p{Cc}/gu, (c) => `\\x${(c.codePointAt(0) as number).toString(16).padStart(2, "0")}`);
}
