// What the tests of the embedded clouds share: a folder of identities, a started cloud, JSON over HTTP.
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedCloud, type EmbeddedCloudOptions } from "../../../host-sim/cloud/embedded-cloud.js";
import { RawClient, type RawOptions } from "./raw-client.js";

export async function temporaryFolder(): Promise<string> {
	return mkdtemp(join(tmpdir(), "mote-cloud-"));
}

export async function removeFolder(folder: string): Promise<void> {
	await rm(folder, { recursive: true, force: true });
}

// One folder for all suites of a run: keys take their time to make, and a device's serve every cloud.
const shared = temporaryFolder();
after(async () => removeFolder(await shared));

export type TestCloud = Omit<EmbeddedCloudOptions, "identitiesFolder">;

/** Starts a cloud with an empty memory before each test of the current suite and ends it afterwards. */
export function useCloud(options: TestCloud): { readonly cloud: EmbeddedCloud } {
	const used: { cloud?: EmbeddedCloud } = {};
	beforeEach(async () => {
		used.cloud = await EmbeddedCloud.start({ ...options, identitiesFolder: await shared });
	});
	afterEach(() => used.cloud?.close());
	return used as { readonly cloud: EmbeddedCloud };
}

/** Connects as a device of the cloud, with its own identity unless told otherwise. */
export async function connectDevice(
	cloud: EmbeddedCloud,
	device: string,
	options: Partial<RawOptions> = {},
): Promise<{ client: RawClient; code: number; sessionPresent: boolean }> {
	const identity = options.identity ?? (await cloud.device(device));
	return RawClient.open({
		port: cloud.port,
		ca: cloud.identities.ca.pem,
		clientId: device,
		...options,
		identity,
	});
}

/** Connects without a certificate, as this user. */
export function connectUser(
	cloud: EmbeddedCloud,
	clientId: string,
	options: Partial<RawOptions>,
): Promise<{ client: RawClient; code: number }> {
	return RawClient.open({ port: cloud.port, ca: cloud.identities.ca.pem, clientId, ...options });
}

/** Connects and fails unless the connection was accepted. */
export async function openDevice(
	cloud: EmbeddedCloud,
	device: string,
	options: Partial<RawOptions> = {},
): Promise<RawClient> {
	const { client, code } = await connectDevice(cloud, device, options);
	if (code !== 0) throw new Error(`CONNACK ${code}`);
	return client;
}

export interface Answer {
	status: number;
	// biome-ignore lint/suspicious/noExplicitAny: the tests look into answers of many shapes
	body: any;
}

interface Ask {
	method?: "GET" | "POST" | "PUT" | "DELETE";
	body?: unknown;
	headers?: Record<string, string>;
}

export function ask(url: string, { method = "GET", body, headers = {} }: Ask = {}): Promise<Answer> {
	const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
	return new Promise((resolve, reject) => {
		const type = text === undefined ? {} : { "content-type": "application/json" };
		const outgoing = request(url, { method, headers: { ...type, ...headers } }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("end", () => {
				const text = Buffer.concat(chunks).toString();
				resolve({ status: response.statusCode ?? 0, body: text === "" ? undefined : JSON.parse(text) });
			});
		});
		outgoing.on("error", reject);
		outgoing.end(text);
	});
}
