// An identity in the form that the firmware takes: DER, the key as unencrypted PKCS#8, under the names of
// modules/platform/identity.ts, as resources of a manifest or for ESP32's NVS.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PUBLIC, SECRET } from "./folder.js";
import { writeWhole } from "./private-folder.js";

export interface BoardIdentity {
	/** DER. */
	readonly ca: Uint8Array | undefined;
	/** DER, leaf first, without the root. */
	readonly chain: readonly Uint8Array[];
	/** Unencrypted PKCS#8, DER. */
	readonly key: Uint8Array;
}

/** Resource names → bytes, in the manifest's order. */
export function boardFiles({ ca, chain, key }: BoardIdentity): Map<string, Uint8Array> {
	const files = new Map<string, Uint8Array>();
	if (ca) files.set("ca.der", ca);
	for (const [i, der] of chain.entries()) files.set(i === 0 ? "client.der" : `client${i}.der`, der);
	files.set("client.pk8", key);
	return files;
}

/** `data` of a manifest in the same folder. */
export function manifestData(files: ReadonlyMap<string, Uint8Array>): { "*": string[] } {
	// mcconfig takes names without their ends, and finds client.der and client.pk8 both by "client".
	return { "*": [...new Set([...files.keys()].map((name) => `./${name.replace(/\.\w+$/, "")}`))] };
}

/** Writes the files and a manifest with what `more` adds to it; returns the names of the files. */
export async function writeBoardFolder(
	folder: string,
	identity: BoardIdentity,
	more: object = {},
): Promise<string[]> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const files = boardFiles(identity);
	for (const [name, bytes] of files)
		await writeWhole(join(folder, name), bytes, name.endsWith(".pk8") ? SECRET : PUBLIC);
	const manifest = { ...more, data: manifestData(files) };
	await writeWhole(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, "\t")}\n`, PUBLIC);
	return [...files.keys(), "manifest.json"];
}

/**
 * The table that ESP-IDF's nvs_partition_gen.py makes an NVS partition of; paths are relative to where it
 * runs.
 */
export function nvsTable(files: ReadonlyMap<string, Uint8Array>, folder: string): string {
	const rows = [...files.keys()].map((name) => `${name.replace(".", "-")},file,binary,${join(folder, name)}`);
	return ["key,type,encoding,value", "mote,namespace,,", ...rows, ""].join("\n");
}
