// Where identities are kept: <folder>/authorities|devices|servers/<name>/ with cert.pem, key.pem and
// chain.pem (the certificate, then its issuers). Keys can be read by their owner only; nothing is overwritten
// unless that is asked for.

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { CertsError } from "./errors.js";
import type { IssuedPair } from "./issue.js";
import { folderName } from "./names.js";
import { makePrivateFolder, writeWhole } from "./private-folder.js";
import { readBounded } from "./read.js";

export type Kind = "authorities" | "devices" | "servers";
export const SECRET = 0o600;
export const PUBLIC = 0o644;

export interface Kept {
	readonly name: string;
	readonly folder: string;
	/** The certificate, then its issuers as far as they are known. */
	readonly chain: readonly X509Certificate[];
	readonly key: KeyObject;
	readonly keyPem: string;
}

export class IdentityFolder {
	readonly root: string;
	readonly #force: boolean;

	constructor(root: string, force = false) {
		this.root = root;
		this.#force = force;
	}

	path(kind: Kind, name: string): string {
		return join(this.root, kind, folderName(name));
	}

	names(kind: Kind): string[] {
		const folder = join(this.root, kind);
		return existsSync(folder) ? readdirSync(folder).map(decodeURIComponent).sort() : [];
	}

	/** Throws before anything is made that would lie in the way of something. */
	mustBeFree(kind: Kind, name: string): void {
		const folder = this.path(kind, name);
		if (!this.#force && existsSync(join(folder, "key.pem")))
			throw new CertsError(`${shown(folder)} is there already; --force overwrites it, key and all.`);
	}

	/** Writes a pair with its issuers; returns the folder. */
	async write(
		kind: Kind,
		name: string,
		pair: IssuedPair,
		issuers: readonly X509Certificate[],
	): Promise<string> {
		this.mustBeFree(kind, name);
		const folder = this.path(kind, name);
		for (const private_ of [this.root, join(this.root, kind), folder]) await makePrivateFolder(private_);
		await writeWhole(join(folder, "key.pem"), pair.keyPem, SECRET);
		await writeWhole(join(folder, "cert.pem"), pair.certPem, PUBLIC);
		await writeWhole(join(folder, "chain.pem"), pair.certPem + issuers.map(String).join(""), PUBLIC);
		return folder;
	}

	async read(kind: Kind, name: string): Promise<Kept> {
		const folder = this.path(kind, name);
		if (!existsSync(join(folder, "key.pem"))) {
			const there = this.names(kind);
			const known =
				there.length > 0 ? `there are ${there.join(", ")}` : `there is none in ${shown(this.root)}`;
			throw new CertsError(`there is no ${SINGULAR[kind]} named ${JSON.stringify(name)}: ${known}.`);
		}
		const keyPem = (await readBounded(join(folder, "key.pem"))).toString("latin1");
		const chainPem = (await readBounded(join(folder, "chain.pem"))).toString("latin1");
		return {
			name,
			folder,
			chain: certificatesIn(chainPem, join(folder, "chain.pem")),
			key: keyIn(keyPem, folder),
			keyPem,
		};
	}

	/** For signing with it. */
	async issuer(name: string): Promise<Kept & { readonly pair: IssuedPair }> {
		const kept = await this.read("authorities", name);
		if (kept.key.asymmetricKeyType !== "rsa")
			throw new CertsError(
				`the key of ${JSON.stringify(name)} is not RSA: this tool signs with RSA keys only.`,
			);
		const keyPem = kept.key.export({ format: "pem", type: "pkcs8" }).toString();
		return { ...kept, pair: { certPem: String(kept.chain[0]), keyPem } };
	}
}

const SINGULAR = { authorities: "authority", devices: "device", servers: "server" } as const;

/** A path as a person would type it. */
export function shown(path: string): string {
	const short = relative(process.cwd(), path);
	return short === "" ? "." : short.startsWith("..") ? path : short;
}

function certificatesIn(pem: string, path: string): X509Certificate[] {
	const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
	if (blocks.length === 0) throw new CertsError(`${shown(path)} has no certificate in it.`);
	return blocks.map((block) => {
		try {
			return new X509Certificate(block);
		} catch {
			throw new CertsError(`a certificate in ${shown(path)} is damaged.`);
		}
	});
}

function keyIn(pem: string, folder: string): KeyObject {
	try {
		return createPrivateKey(pem);
	} catch {
		throw new CertsError(
			`${shown(join(folder, "key.pem"))} is damaged or encrypted; bring it in anew with import.`,
		);
	}
}
