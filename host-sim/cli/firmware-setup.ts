// What a machine boots with: the manifest's config overlaid by settings file and options, and the resources
// that on a board come from the manifest's data.

import { readFileSync } from "node:fs";
import { makeCloud } from "../../main.js";
import { fitting, roomFault } from "../../modules/app/room.js";
import { makeSettings, type Settings, SettingsError, settingsOf } from "../../modules/app/settings.js";
import { NOT_JSON, parseSettings } from "../../modules/app/settings-text.js";
import { Json, JsonScanner } from "../../modules/cloud/json.js";
import { targetsOf } from "../../modules/cloud/portions.js";
import { sensorCapability, sensorId } from "../../modules/cloud/sap-iot/settings.js";
import type { Channel } from "../../modules/core/channels.js";
import { isRecord } from "../../modules/core/schema.js";
import { type EmbeddedCloud, hasStandIn } from "../cloud/embedded-cloud.js";
import { DEFAULT_MODEL, RESULTS, type SapModel } from "../cloud/sap/default-model.js";
import { type BoardName, boardManifest } from "../engine/boards.js";
import { hardwareOf } from "../engine/hardware.js";
import { overlay, readManifest } from "../engine/manifest.js";
import { boardCreation, machineOf } from "../xs/creation.js";
import { readAuthority, readIdentity } from "./identity-files.js";
import { OptionError } from "./option-error.js";
import type { Options, ResolvedOptions } from "./options.js";

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
	const { clientCertificate, transport } = options.firmware.broker;
	const port = transport === "websocket" ? cloud.webSocketPort : cloud.port;
	const broker = { host: "127.0.0.1", serverName: "localhost", port, tls: true, clientCertificate };
	const resources = new Map([
		["ca.der", cloud.identities.ca.der],
		["client.der", identity.certDer],
		["client.pk8", identity.keyDer],
	]);
	return { config: { mote: merge(manifestConfig(options.board), { broker }, options) }, resources };
}

/** For a node that talks to a broker of the user's. */
export async function externalSetup(options: ResolvedOptions): Promise<Setup> {
	const { host, port, tls, path } = options.broker ?? { host: "", port: 0, tls: false };
	const broker: Record<string, unknown> = { host, port, tls, clientCertificate: options.cert !== undefined };
	if (path !== undefined) Object.assign(broker, { transport: "websocket", path });
	if (options.username !== undefined) {
		broker.username = options.username;
		broker.password = process.env.MOTE_PASSWORD ?? "";
	}
	const resources = new Map<string, Uint8Array>();
	if (options.ca !== undefined) {
		resources.set("ca.der", new Uint8Array((await readAuthority(options.ca)).raw));
	}
	const { cert, key: keyFile } = options;
	if (cert !== undefined && keyFile !== undefined) {
		const { certificates, key } = await readIdentity(cert, keyFile, ({ asymmetricKeyType }) => {
			if (asymmetricKeyType !== "rsa")
				throw new OptionError(`--key: ${keyFile} is no RSA key, and the board's TLS signs only with RSA.`);
		});
		for (const [i, { raw }] of certificates.entries())
			resources.set(i === 0 ? "client.der" : `client${i}.der`, new Uint8Array(raw));
		// As the board takes it: unencrypted PKCS#8 DER.
		resources.set("client.pk8", new Uint8Array(key.export({ type: "pkcs8", format: "der" })));
	}
	return { config: { mote: merge(manifestConfig(options.board), { broker }, options) }, resources };
}

/**
 * Cloud and device as options and settings say; throws the firmware's own SettingsError before anything
 * starts.
 */
export function resolveOptions(options: Options): ResolvedOptions {
	const settings = settingsOf(tableOf(options.board), merge(manifestConfig(options.board), {}, options));
	const { cloud, id } = settings.device;
	if (!options.broker && !hasStandIn(cloud))
		throw new OptionError(`--cloud: there is no stand-in of ${cloud} here; name its broker with --broker.`);
	const { plain } = makeSettings();
	for (const [key, topic] of Object.entries(settings.plain))
		if (!options.broker && topic !== plain[key as keyof typeof plain])
			throw new OptionError(
				`settings: plain.${key} needs a broker of your own; the embedded one keeps to mote/<id>/….`,
			);
	if (options.engine !== "node" && !options.brokerOnly) checkRoom(options, settings);
	return { ...options, cloud, device: id, firmware: settings };
}

/** The board's channels. */
function tableOf(board: BoardName): readonly Channel[] {
	try {
		return hardwareOf(board).channels;
	} catch (error) {
		throw new OptionError(
			`--board: ${board} cannot be used: ${(error as Error).message.replace(/\.$/, "")}.`,
		);
	}
}

/**
 * Whether the node fits into the board's machine: what it would run into otherwise is the end of the machine.
 */
function checkRoom({ board, broker, settings: file }: Options, settings: Settings): void {
	const { measures, events } = (
		file === undefined ? {} : (readSettings(file).outbox ?? {})
	) as Groups[string];
	const ownOutbox = measures !== undefined || events !== undefined;
	const all = { ...settings, broker: { ...settings.broker, tls: broker?.tls ?? true } };
	const machine = machineOf(boardCreation(board));
	const cloud = makeCloud(all, 1);
	const fault = roomFault(all, cloud, machine);
	if (fault === "") return;
	// What only the board's manifest asks for, the firmware makes smaller, and says so.
	if (!ownOutbox && fitting(all, cloud, machine)) return;
	throw new OptionError(
		`settings: ${fault}. The board is ${board}; --board chooses another, and --engine node has no limit.`,
	);
}

/** The device model of the stand-in of SAP IoT, as the settings name it. */
export function sapModel({ sap, sensors, channels }: Settings): SapModel {
	const { measureCapability, commandCapability } = DEFAULT_MODEL;
	const targets = targetsOf(sensors, channels);
	const idOf = (target: number) => {
		const sensor = Object.values(sensors)[target - 1];
		return sensor ? sensorCapability(sap, sensor) : sap.measureCapability;
	};
	/** What goes to a capability, from whichever sensor. */
	const capabilityOf = (target: number) => ({
		...measureCapability,
		alternateId: idOf(target),
		properties: propertiesOf(
			sap.dateProperty,
			channels.filter((_, place) => idOf(targets[place] as number) === idOf(target)),
		),
	});
	return {
		sensorAlternateId: sap.sensor,
		measureCapability: capabilityOf(0),
		furtherSensors: Object.entries(sensors).map(([name, sensor], i) => ({
			alternateId: sensorId(name, sensor),
			measureCapability: capabilityOf(i + 1),
		})),
		commandCapability: { ...commandCapability, alternateId: sap.commandCapability },
		...(sap.resultCapability !== "" && {
			resultCapability: { ...RESULTS, alternateId: sap.resultCapability },
		}),
	};
}

function propertiesOf(dateProperty: string, channels: readonly Channel[]) {
	const properties = channels.map(({ property, type, unit }) => ({
		name: property,
		dataType: type,
		unitOfMeasure: unit === "C" ? "°C" : unit,
	}));
	return dateProperty === ""
		? properties
		: [...properties, { name: dateProperty, dataType: "date" as const }];
}

/** What Cumulocity's stand-in calls the channels' series: their keys. */
export function seriesNames({ channels }: Settings): Record<string, string> {
	return Object.fromEntries(channels.map(({ key, fragment, series }) => [`${fragment}.${series}`, key]));
}

function merge(base: Groups, own: Groups, options: Options): Groups {
	const given: Groups = { device: {}, sampling: {} };
	if (options.cloud !== undefined) given.device = { cloud: options.cloud };
	if (options.device !== undefined) given.device = { ...given.device, id: options.device };
	if (options.intervalMs !== undefined) given.sampling = { intervalMs: options.intervalMs };
	if (options.qos !== undefined) given.sampling = { ...given.sampling, qos: options.qos };
	if (options.keep !== undefined) given.outbox = { keep: options.keep };
	const file = options.settings === undefined ? {} : readSettings(options.settings);
	// The live view tells more than the log, but for errors. The time server is one of the simulated network:
	// no name is looked up for it.
	const sim = { device: { log: "error" }, network: { sntp: "127.0.0.1", sntp2: "127.0.0.1" } };
	// What is no object goes through as it is, so that the firmware's own check names it.
	return [sim, file, own, given].reduce<Record<string, unknown>>(overlay, base) as Groups;
}

/** `config.mote` of the manifest, with that of the board over it, as in a build for the board. */
function manifestConfig(board: BoardName): Groups {
	const base = readManifest("manifest.json").config.mote as Groups;
	return overlay(base, boardManifest(board).config.mote) as Groups;
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
	if (!isRecord(value)) throw new OptionError(`--settings: ${path} must hold one object of groups.`);
	return value as Groups;
}

/**
 * Where a text is no JSON, or "". Not in Node's words: they quote what stands around it, which may be a
 * password.
 */
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
