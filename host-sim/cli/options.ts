// The command line of `npm start`: parsed, checked, and explained.

import { parseArgs } from "node:util";
import { MAX_COMMAND_BYTES } from "../../modules/app/commands.js";
import type { Settings } from "../../modules/app/settings.js";
import { CLOUD_NAMES, type CloudName } from "../../modules/cloud/clouds.js";
import { BOARDS, type BoardName } from "../engine/boards.js";
import { OptionError } from "./option-error.js";

export const USAGE = `npm start -- [options]

Without options: an embedded broker and a stand-in of Cumulocity IoT on this machine, and a node that
measures once a second. On a terminal, commands such as "led on" can be typed.

  --cloud ${CLOUD_NAMES.join("|")}   which cloud the node speaks to (cumulocity)
  --broker mqtts://host:port     a broker of your own instead of the embedded one; mqtt:// for one without TLS,
                                 wss://host/mqtt and ws://host/mqtt over WebSocket
  --broker-only                  only the embedded broker and the stand-in, for clients of your own
  --port N                       port of the embedded broker (any free one; 8883 with --broker-only)
  --device ID                    identity of the device (mote-0001)
  --ca FILE                      PEM: who has signed the broker's certificate (with --broker)
  --cert FILE --key FILE         PEM: the device's certificate (with its chain) and key (with --broker)
  --username U                   user name; the password comes from MOTE_PASSWORD (with --broker)
  --settings FILE                JSON: any setting of modules/app/settings.ts
  --interval 1s                  pause between measures: 100ms to 24h
  --qos 0|1|2                    QoS of the measures (1)
  --keep off|events|all          what survives a power cut in flash: nothing, results of commands, or all (off)
  --state FOLDER                 where the board's flash and preferences are, so that they outlive this process
  --measures N                   end once N measures are delivered and every --command has ended
  --command "led on"             a command from the cloud's side (embedded broker only); several go one by one
  --engine xs|node               where the firmware runs: the board's engine with the board's memory, or Node (xs)
  --board ${BOARDS.join("|")}
                                 whose pins and memory the node has (esp32)
  --stats json                   on XS: the machine's memory as a line of JSON once a second
  --log pretty|json              what is printed (pretty)
  --panel PORT|off               the panel in the browser: its port (any free one; off with --measures, --log json)
  --keep-running                 do not end after --measures, and keep trying whatever happens
`;

export interface BrokerAddress {
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** Of a WebSocket; undefined: without. */
	readonly path?: string | undefined;
}

export interface Options {
	/** Undefined: as the settings say. */
	readonly cloud: CloudName | undefined;
	readonly broker: BrokerAddress | undefined;
	readonly brokerOnly: boolean;
	readonly port: number;
	/** Undefined: as the settings say. */
	readonly device: string | undefined;
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
	readonly username: string | undefined;
	readonly settings: string | undefined;
	readonly intervalMs: number | undefined;
	readonly qos: 0 | 1 | 2 | undefined;
	readonly keep: "off" | "events" | "all" | undefined;
	readonly state: string | undefined;
	readonly measures: number | undefined;
	readonly commands: readonly string[];
	/** Undefined: XS if it can be had. */
	readonly engine: "xs" | "node" | undefined;
	readonly board: BoardName;
	readonly stats: boolean;
	readonly log: "pretty" | "json";
	readonly keepRunning: boolean;
	/** Port of the panel, 0: any free one; undefined: no panel. */
	readonly panel: number | undefined;
	readonly help: boolean;
}

/** Options with what the settings decide filled in. */
export type ResolvedOptions = Options & {
	readonly cloud: CloudName;
	readonly device: string;
	/** The firmware's settings, but for the broker's address. */
	readonly firmware: Settings;
};

export function parseOptions(args: readonly string[]): Options {
	const values = parse(args);
	const cloud = values.cloud === undefined ? undefined : oneOf("--cloud", values.cloud, CLOUD_NAMES);
	const log = oneOf("--log", values.log ?? "pretty", ["pretty", "json"] as const);
	const engine =
		values.engine === undefined ? undefined : oneOf("--engine", values.engine, ["xs", "node"] as const);
	const stats = values.stats !== undefined && oneOf("--stats", values.stats, ["json"] as const) === "json";
	if (stats && engine === "node")
		throw new OptionError("--stats shows the memory of the XS engine: leave --engine node out.");
	const qos =
		values.qos === undefined ? undefined : Number(oneOf("--qos", values.qos, ["0", "1", "2"] as const));
	const broker = values.broker === undefined ? undefined : parseBroker(values.broker);
	const commands = values.command ?? [];
	const brokerOnly = values["broker-only"] ?? false;
	if (broker && commands.length > 0)
		throw new OptionError(
			"--command needs the embedded cloud; leave --broker out, or send it from your cloud.",
		);
	if (broker && brokerOnly)
		throw new OptionError("--broker-only starts a broker and --broker names one: use one of both.");
	if (broker && values.port !== undefined)
		throw new OptionError("--port is the embedded broker's; write yours after the host in --broker.");
	if (brokerOnly && (values.measures !== undefined || commands.length > 0))
		throw new OptionError("--broker-only runs no node: leave --measures and --command out.");
	for (const command of commands) {
		const bytes = Buffer.byteLength(command.trim());
		if (bytes === 0) throw new OptionError('--command is empty; give a command such as "led on".');
		if (bytes > MAX_COMMAND_BYTES)
			throw new OptionError(`--command has ${bytes} bytes; the node takes up to ${MAX_COMMAND_BYTES}.`);
	}
	for (const name of ["ca", "cert", "key", "username"] as const)
		if (values[name] !== undefined && !broker)
			throw new OptionError(`--${name} belongs to --broker; the embedded broker issues its own identities.`);
	if ((values.cert === undefined) !== (values.key === undefined))
		throw new OptionError("--cert and --key go together: give both files.");
	if (values.cert !== undefined && values.username !== undefined)
		throw new OptionError("Use either --cert and --key, or --username, not both.");
	if (broker && !broker.tls && (values.ca ?? values.cert))
		throw new OptionError("--ca, --cert and --key need TLS: write the broker as mqtts:// or wss://.");
	return {
		cloud,
		broker,
		brokerOnly,
		port: values.port === undefined ? (brokerOnly ? 8883 : 0) : whole("--port", values.port, 1, 65535),
		device: values.device,
		ca: values.ca,
		cert: values.cert,
		key: values.key,
		username: values.username,
		settings: values.settings,
		intervalMs: values.interval === undefined ? undefined : parseInterval(values.interval),
		qos: qos as 0 | 1 | 2 | undefined,
		keep:
			values.keep === undefined ? undefined : oneOf("--keep", values.keep, ["off", "events", "all"] as const),
		state: values.state,
		measures: values.measures === undefined ? undefined : whole("--measures", values.measures, 1, 1e9),
		commands,
		engine,
		board: oneOf("--board", values.board ?? "esp32", BOARDS),
		stats,
		log,
		keepRunning: values["keep-running"] ?? false,
		panel: panelPort(values.panel, values.measures === undefined && log === "pretty"),
		help: values.help ?? false,
	};
}

function parse(args: readonly string[]) {
	const text = { type: "string" } as const;
	const flag = { type: "boolean" } as const;
	try {
		return parseArgs({
			args: [...args],
			strict: true,
			options: {
				cloud: text,
				broker: text,
				"broker-only": flag,
				port: text,
				device: text,
				ca: text,
				cert: text,
				key: text,
				username: text,
				settings: text,
				interval: text,
				qos: text,
				keep: text,
				state: text,
				measures: text,
				command: { type: "string", multiple: true },
				engine: text,
				board: text,
				stats: text,
				log: text,
				panel: text,
				"keep-running": flag,
				help: { type: "boolean", short: "h" },
			},
		}).values;
	} catch (error) {
		const what = (error as Error).message.split(/\.\s/)[0] ?? "unknown option";
		throw new OptionError(`${what.replace(/\.$/, "")}; npm start -- --help lists the options.`);
	}
}

function panelPort(value: string | undefined, usual: boolean): number | undefined {
	if (value === "off" || (value === undefined && !usual)) return undefined;
	return value === undefined ? 0 : whole("--panel", value, 0, 65535);
}

function oneOf<T extends string>(name: string, value: string, among: readonly T[]): T {
	const found = among.find((candidate) => candidate === value);
	if (found === undefined)
		throw new OptionError(`${name} must be one of ${among.join(", ")}, not "${value}".`);
	return found;
}

function whole(name: string, value: string, min: number, max: number): number {
	const number = Number(value);
	if (!/^\d+$/.test(value) || number < min || number > max)
		throw new OptionError(`${name} is a whole number from ${min} to ${max}, not "${value}".`);
	return number;
}

function parseInterval(value: string): number {
	const match = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(value);
	const unit = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }[match?.[2] ?? ""] ?? Number.NaN;
	const ms = Number(match?.[1]) * unit;
	if (!(ms >= 100 && ms <= 86_400_000))
		throw new OptionError(
			`--interval is a duration from 100ms to 24h such as 500ms, 5s or 2min, not "${value}".`,
		);
	return Math.round(ms);
}

/** Port of each kind of address. */
const PORTS: Readonly<Record<string, number>> = { "mqtts:": 8883, "mqtt:": 1883, "wss:": 443, "ws:": 80 };

function parseBroker(value: string): BrokerAddress {
	const url = URL.canParse(value) ? new URL(value) : undefined;
	// Before anything that repeats the value.
	if (value.includes("@"))
		throw new OptionError("Leave user and password out of --broker: use --username and MOTE_PASSWORD.");
	const usual = PORTS[url?.protocol ?? ""];
	if (!url || usual === undefined || url.hostname === "")
		throw new OptionError(
			`--broker is an address such as mqtts://broker.example.com:8883 or wss://broker.example.com/mqtt, not "${value}".`,
		);
	const { protocol, hostname, pathname } = url;
	return {
		// An IPv6 address stands in brackets in a URL only.
		host: hostname.replace(/^\[|\]$/g, ""),
		port: url.port === "" ? usual : Number(url.port),
		tls: protocol === "mqtts:" || protocol === "wss:",
		path: protocol.startsWith("ws") ? (pathname === "/" ? "/mqtt" : pathname + url.search) : undefined,
	};
}

/** As --broker has it. */
export function brokerAddress({ host, port, tls, path }: BrokerAddress): string {
	const name = host.includes(":") ? `[${host}]` : host;
	const scheme = path === undefined ? "mqtt" : "ws";
	return `${scheme}${tls ? "s" : ""}://${name}:${port}${path ?? ""}`;
}
