// An app of the tests: the node's manifest, or another of ours, with an identity of the embedded cloud and
// settings.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { ROOT } from "./sdk.js";

/** Inside the project, because mcconfig wants to reach the manifest by a relative path. */
export function appFolder(): string {
	mkdirSync(join(ROOT, "certs/dev"), { recursive: true });
	return mkdtempSync(join(ROOT, "certs/dev/sdk-"));
}

export interface App {
	/** Manifest that is included, from the project's root. */
	readonly include?: string;
	readonly device: string;
	/** Whose CA and client certificate go into the image. */
	readonly cloud?: EmbeddedCloud | undefined;
	/** In the place of the cloud's CA, DER. */
	readonly ca?: Uint8Array | undefined;
	/** More resources in the folder, as the manifest's `data` names them. */
	readonly data?: readonly string[];
	/** Settings of the node. */
	readonly mote: object;
	/** More of the manifest's `config`. */
	readonly config?: object;
}

/** Writes the app's manifest; returns its path from the project's root. */
export async function writeApp(folder: string, app: App): Promise<string> {
	const { include = "manifest.json", device, cloud, ca, mote, config } = app;
	const data: { data?: object } = app.data ? { data: { "*": app.data } } : {};
	if (cloud) {
		const identity = await cloud.device(device);
		writeFileSync(join(folder, "ca.der"), ca ?? cloud.identities.ca.der);
		writeFileSync(join(folder, "client.der"), identity.certDer);
		writeFileSync(join(folder, "client.pk8"), identity.keyDer);
		data.data = { "*": ["./ca", "./client"] };
	}
	const manifest = { include: [relative(folder, join(ROOT, include))], ...data, config: { ...config, mote } };
	const path = join(folder, "manifest.json");
	writeFileSync(path, JSON.stringify(manifest));
	return relative(ROOT, path);
}
