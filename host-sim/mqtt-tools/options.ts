// The command lines of `mqtt:sub` and `mqtt:pub`.

import { randomBytes } from "node:crypto";
import { env } from "node:process";
import { parseArgs } from "node:util";
import { CertsError } from "../../certs/library/errors.js";
import { checkDeviceId } from "../../certs/library/names.js";
import { OptionError } from "../cli/option-error.js";
import { type Address, parseAddress } from "./address.js";

export interface ClientOptions {
	readonly broker: Address;
	/** Files. */
	readonly ca: string | undefined;
	readonly cert: string | undefined;
	readonly key: string | undefined;
	/** Until the broker has taken the first connection, ms. */
	readonly timeoutMs: number;
	readonly qos: 0 | 1 | 2;
	/** Seconds. */
	readonly keepAlive: number;
	readonly clientId: string;
	readonly persistent: boolean;
	readonly username: string | undefined;
	readonly password: string | undefined;
}

/** As long as the firmware itself waits for a connection, s. */
const LONGEST_WAIT = 30;

const CLIENT = `  --broker ADDRESS      mqtts://host:port, mqtt://host:port, wss://host[:port][/path] or ws://… (path: /mqtt)
  --port P --host H     in place of --broker: the port, plain TCP, and name or address (127.0.0.1)
  --ca FILE             PEM: who has signed the broker's certificate (the authorities that Node knows)
  --cert FILE --key FILE   PEM: the device's certificate (with its chain) and key
  --username U          user name; the password comes from MOTE_PASSWORD
  --timeout S           seconds to wait for the first connection, 1 to ${LONGEST_WAIT} (${LONGEST_WAIT})
  --qos 0|1|2           QoS (SUB_OR_PUB)
  --keepalive S         seconds, 0 to 65535; 0 switches it off (60)
  --client-id ID        (a new one each time)
  --device ID           in place of --client-id: a device of Cumulocity IoT, whose client id is d:ID
  --persistent          keep the session beyond the connection (needs --client-id or --device)
`;

export const SUB_USAGE = `npm run --silent mqtt:sub -- --broker ADDRESS [options]

Holds Mote's MQTT session against any broker and prints what it delivers, a line each:

  APP <topic>|<qos>|<payload bytes>|<payload as UTF-8>     (\\, CR, LF, | in the topic and ill-formed bytes as \\xNN)
  EV <what happened>                                       (all else)

${CLIENT.replace("SUB_OR_PUB", "at which to subscribe; 1")}  --filter F            topic filter (#)
`;

export const PUB_USAGE = `npm run --silent mqtt:pub -- --broker ADDRESS --topic T [options]

Publishes with Mote's MQTT session to any broker, over lost connections too, and ends when all is
delivered. A line for each message: PUB <topic>|<qos>|<payload bytes>; EV for all else.

${CLIENT.replace("SUB_OR_PUB", "of the messages; 1")}  --topic T             where to
  --message M           one message; else each line of standard input is one
  --count N             the message N times, with %n replaced by 1, 2, 3 … (1)
  --retain              retained
`;

const SHARED = {
	broker: { type: "string" },
	port: { type: "string" },
	host: { type: "string" },
	ca: { type: "string" },
	cert: { type: "string" },
	key: { type: "string" },
	timeout: { type: "string", default: String(LONGEST_WAIT) },
	qos: { type: "string", default: "1" },
	keepalive: { type: "string", default: "60" },
	"client-id": { type: "string" },
	device: { type: "string" },
	persistent: { type: "boolean", default: false },
	username: { type: "string" },
	help: { type: "boolean", short: "h", default: false },
} as const;

export type SubOptions = ClientOptions & { readonly filter: string };
export type PubOptions = ClientOptions & {
	readonly topic: string;
	readonly message: string | undefined;
	readonly count: number;
	readonly retain: boolean;
};

/** Undefined: help was asked for. Throws an OptionError. */
export function parseSub(args: readonly string[]): SubOptions | undefined {
	const values = attempt(() =>
		parseArgs({ args: [...args], options: { ...SHARED, filter: { type: "string", default: "#" } } }),
	).values;
	if (values.help) return undefined;
	return { ...client(values), filter: values.filter };
}

/** Undefined: help was asked for. Throws an OptionError. */
export function parsePub(args: readonly string[]): PubOptions | undefined {
	const values = attempt(() =>
		parseArgs({
			args: [...args],
			options: {
				...SHARED,
				topic: { type: "string" },
				message: { type: "string" },
				count: { type: "string" },
				retain: { type: "boolean", default: false },
			},
		}),
	).values;
	if (values.help) return undefined;
	if (values.topic === undefined) throw new OptionError("--topic is missing: where should it go?");
	if (values.count !== undefined && values.message === undefined)
		throw new OptionError("--count needs --message");
	return {
		...client(values),
		topic: values.topic,
		message: values.message,
		count: whole("--count", values.count ?? "1", 1, 1e9),
		retain: values.retain,
	};
}

type Text = string | undefined;
interface ClientValues {
	readonly broker?: Text;
	readonly port?: Text;
	readonly host?: Text;
	readonly ca?: Text;
	readonly cert?: Text;
	readonly key?: Text;
	readonly timeout: string;
	readonly qos: string;
	readonly keepalive: string;
	readonly "client-id"?: Text;
	readonly device?: Text;
	readonly persistent: boolean;
	readonly username?: Text;
}

function client(values: ClientValues): ClientOptions {
	const { ca, cert, key, persistent, username } = values;
	const broker = address(values);
	if ((cert === undefined) !== (key === undefined))
		throw new OptionError("--cert and --key go together: give both files");
	if (cert !== undefined && username !== undefined)
		throw new OptionError("Use either --cert and --key, or --username, not both");
	if (!broker.tls && (ca ?? cert) !== undefined)
		throw new OptionError("--ca, --cert and --key need TLS: write the broker as mqtts:// or wss://");
	const clientId = clientIdOf(values);
	if (persistent && !clientId)
		throw new OptionError("--persistent needs a --client-id: a session belongs to one [MQTT-3.1.3-7]");
	return {
		broker,
		ca,
		cert,
		key,
		timeoutMs: whole("--timeout", values.timeout, 1, LONGEST_WAIT) * 1000,
		qos: whole("--qos", values.qos, 0, 2) as 0 | 1 | 2,
		keepAlive: whole("--keepalive", values.keepalive, 0, 65535),
		// Letters and digits, at most 23: what every broker takes [MQTT-3.1.3-5].
		clientId: clientId ?? `mote${randomBytes(6).toString("hex")}`,
		persistent,
		username,
		password: username === undefined ? undefined : env.MOTE_PASSWORD,
	};
}

function address({ broker, host, port }: ClientValues): Address {
	if (broker !== undefined && (host ?? port) !== undefined)
		throw new OptionError("--broker names host and port: leave --host and --port out");
	if (broker !== undefined) return parseAddress(broker);
	if (port === undefined)
		throw new OptionError("--port is missing: the port of the broker; or give its address with --broker");
	return { host: host ?? "127.0.0.1", port: whole("--port", port, 1, 65535), tls: false, path: undefined };
}

function clientIdOf({ "client-id": clientId, device }: ClientValues): Text {
	if (device === undefined) return clientId;
	if (clientId !== undefined)
		throw new OptionError("--device and --client-id both name the client: use one of both");
	try {
		checkDeviceId(device);
	} catch (error) {
		throw error instanceof CertsError ? new OptionError(`--device: ${error.message}`) : error;
	}
	return `d:${device}`;
}

function whole(name: string, text: string, low: number, high: number): number {
	const value = Number(text);
	if (!/^\d+$/.test(text) || value < low || value > high)
		throw new OptionError(`${name}: "${text}" is not a whole number from ${low} to ${high}`);
	return value;
}

function attempt<T>(parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		throw new OptionError((error as Error).message);
	}
}
