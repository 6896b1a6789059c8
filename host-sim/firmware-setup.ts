// What a machine boots with: the manifest's config overlaid by settings file and options, and the resources that on
// a board come from the manifest's data.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makeSettings, type Settings, SettingsError } from "../modules/app/settings.js";
import { NOT_JSON, parseSettings } from "../modules/app/settings-text.js";
import { Json, JsonScanner } from "../modules/cloud/json.js";
import { type BoardName, boardManifest } from "./boards.js";
import type { EmbeddedCloud } from "./cloud/embedded-cloud.js";
import { DEFAULT_MODEL, type SapModel } from "./cloud/sap/model.js";
import { OptionError, type Options, type ResolvedOptions } from "./options.js";

/** Of a settings file: many times what a person writes. Unknown names are told with all other mistakes. */
const FILE_RULES = Object.freeze({ longest: 100_000, depth: 8 });

type Groups = Record<string, Record<string, unknown>>;

export interface Setup {
	readonly config: { readonly mote: Groups };
	readonly resources: ReadonlyMap<string, Uint8Array>;
}

/** For a node that talks to the embedded cloud. */
export async function embeddedSetup(options: ResolvedOptions, cloud: EmbeddedCloud): Promise<Setup> {
	const identity = await cloud.device(options.device);
	const broker = {
		host: "127.0.0.1",
		serverName: "localhost",
		port: cloud.port,
		tls: true,
		clientCertificate: true,
	};
	const resources = new Map([
		["ca.der", cloud.identities.ca.der],
		["client.der", identity.certDer],
		["client.pk8", identity.keyDer],
	]);
	return { config: { mote: merge(manifestConfig(options.board), { broker }, options) }, resources };
}

/** For a node that talks to a broker of the user's. */
export function externalSetup(options: ResolvedOptions): Setup {
	const { host, port, tls } = options.broker ?? { host: "", port: 0, tls: false };
	const broker: Record<string, unknown> = { host, port, tls, clientCertificate: options.cert !== undefined };
	if (options.username !== undefined) {
		broker.username = options.username;
		broker.password = process.env.MOTE_PASSWORD ?? "";
	}
	const resources = new Map<string, Uint8Array>();
	if (options.ca !== undefined) {
		const [ca, ...more] = readCertificates("--ca", options.ca);
		if (more.length > 0)
			throw new OptionError(
				`--ca: ${options.ca} holds several certificates; keep only the root that signed the broker's.`,
			);
		resources.set("ca.der", ca as Uint8Array);
	}
	if (options.cert !== undefined && options.key !== undefined) {
		for (const [i, der] of readCertificates("--cert", options.cert).entries())
			resources.set(i === 0 ? "client.der" : `client${i}.der`, der);
		resources.set("client.pk8", readKey(options.key));
	}
	return { config: { mote: merge(manifestConfig(options.board), { broker }, options) }, resources };
}

/** Cloud and device as options and settings say; throws the firmware's own SettingsError before anything starts. */
export function resolveOptions(options: Options): ResolvedOptions {
	const settings = makeSettings(merge(manifestConfig(options.board), {}, options));
	const { cloud, id } = settings.device;
	const { plain } = makeSettings();
	for (const [key, topic] of Object.entries(settings.plain))
		if (!options.broker && topic !== plain[key as keyof typeof plain])
			throw new OptionError(
				`settings: plain.${key} needs a broker of your own; the embedded one keeps to mote/<id>/….`,
			);
	return { ...options, cloud, device: id, firmware: settings };
}

/** The device model of the stand-in of SAP IoT, as the settings name it. */
export function sapModel({ sap }: Settings): SapModel {
	const { measureCapability, commandCapability } = DEFAULT_MODEL;
	const date = { name: sap.dateProperty, dataType: "date" as const };
	return {
		sensorAlternateId: sap.sensor,
		measureCapability: {
			...measureCapability,
			alternateId: sap.measureCapability,
			properties:
				sap.dateProperty === "" ? measureCapability.properties : [...measureCapability.properties, date],
		},
		commandCapability: { ...commandCapability, alternateId: sap.commandCapability },
	};
}

function merge(base: Groups, own: Groups, options: Options): Groups {
	const given: Groups = { device: {}, sampling: {} };
	if (options.cloud !== undefined) given.device = { cloud: options.cloud };
	if (options.device !== undefined) given.device = { ...given.device, id: options.device };
	if (options.intervalMs !== undefined) given.sampling = { intervalMs: options.intervalMs };
	if (options.qos !== undefined) given.sampling = { ...given.sampling, qos: options.qos };
	if (options.keep !== undefined) given.outbox = { keep: options.keep };
	const file = options.settings === undefined ? {} : readSettings(options.settings);
	// The live view tells more than the log, but for errors. The time server is one of the simulated network: no name is looked up for it.
	const sim = { device: { log: "error" }, network: { sntp: "127.0.0.1", sntp2: "127.0.0.1" } };
	const merged: Groups = {};
	// What is no object goes through as it is, so that the firmware's own check names it.
	for (const layer of [base, sim, file, own, given])
		for (const [group, values] of Object.entries(layer))
			merged[group] =
				isGroup(values) && isGroup(merged[group] ?? {}) ? { ...merged[group], ...values } : values;
	return merged;
}

function isGroup(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `config.mote` of the manifest, with that of the board over it, as in a build for the board. */
function manifestConfig(board: BoardName): Groups {
	const path = fileURLToPath(new URL("../manifest.json", import.meta.url));
	const base = (JSON.parse(readFileSync(path, "utf8")) as { config: { mote: Groups } }).config.mote;
	for (const [group, values] of Object.entries(boardManifest(board).config.mote))
		base[group] = { ...base[group], ...values };
	return base;
}

function readSettings(path: string): Groups {
	let value: unknown;
	const text = read("--settings", path);
	try {
		value = parseSettings(text, FILE_RULES);
	} catch (error) {
		if (!(error instanceof SettingsError)) throw error;
		const where = error.mistakes.includes(NOT_JSON) ? whereNot(text) : "";
		throw new OptionError(
			`--settings: ${path} ${where === "" ? `is refused: ${error.mistakes.join("; ")}` : where}.`,
		);
	}
	if (!isGroup(value)) throw new OptionError(`--settings: ${path} must hold one object of groups.`);
	return value as Groups;
}

/** Where a text is no JSON, or "". Not in Node's words: they quote what stands around it, which may be a password. */
function whereNot(text: string): string {
	const bytes = Buffer.from(text.replace(/^\ufeff/, ""));
	const json = new JsonScanner();
	json.reset(bytes, 0, bytes.length);
	for (;;) {
		const token = json.next();
		if (token === Json.End) return "";
		if (token !== Json.Error) continue;
		const line = bytes.subarray(0, json.at).toString().split("\n").length;
		return `is not JSON (line ${line}: ${json.error})`;
	}
}

function read(option: string, path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		throw new OptionError(
			`${option}: ${path} ${code === "ENOENT" ? "does not exist" : `cannot be read (${code})`}.`,
		);
	}
}

function readCertificates(option: string, path: string): Uint8Array[] {
	const blocks = read(option, path).match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
	if (!blocks) throw new OptionError(`${option}: ${path} holds no PEM certificate.`);
	try {
		return blocks.map((block) => new Uint8Array(new X509Certificate(block).raw));
	} catch {
		throw new OptionError(`${option}: ${path} holds a certificate that cannot be read.`);
	}
}

/** The key as the board takes it: RSA, unencrypted PKCS#8 DER. */
function readKey(path: string): Uint8Array {
	const pem = read("--key", path);
	if (/ENCRYPTED/.test(pem))
		throw new OptionError(`--key: ${path} is encrypted; decrypt it first (openssl pkcs8 -in … -out …).`);
	try {
		const key = createPrivateKey(pem);
		if (key.asymmetricKeyType !== "rsa")
			throw new OptionError(`--key: ${path} is no RSA key, and the board's TLS signs only with RSA.`);
		return new Uint8Array(key.export({ type: "pkcs8", format: "der" }));
	} catch (error) {
		if (error instanceof OptionError) throw error;
		throw new OptionError(`--key: ${path} holds no private key that can be read.`);
	}
}
