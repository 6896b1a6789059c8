// The command lines of `mqtt:sub` and `mqtt:pub`.

import { randomBytes } from "node:crypto";
import { env } from "node:process";
import { parseArgs } from "node:util";
import { OptionError } from "../cli/option-error.js";

export interface ClientOptions {
	readonly host: string;
	readonly port: number;
	readonly qos: 0 | 1 | 2;
	/** Seconds. */
	readonly keepAlive: number;
	readonly clientId: string;
	readonly persistent: boolean;
	readonly username: string | undefined;
	readonly password: string | undefined;
}

const CLIENT = `  --port P              port of the broker, plain TCP
  --host H              its name or address (127.0.0.1)
  --qos 0|1|2           QoS (SUB_OR_PUB)
  --keepalive S         seconds, 0 to 65535; 0 switches it off (60)
  --client-id ID        (a new one each time)
  --persistent          keep the session beyond the connection (needs --client-id)
  --username U          the password comes from MOTE_PASSWORD
`;

export const SUB_USAGE = `npm run --silent mqtt:sub -- --port P [options]

Holds Mote's MQTT session against any broker and prints what it delivers, a line each:

  APP <topic>|<qos>|<payload bytes>|<payload as UTF-8>     (\\, CR, LF, | in the topic and ill-formed bytes as \\xNN)
  EV <what happened>                                       (all else)

${CLIENT.replace("SUB_OR_PUB", "at which to subscribe; 1")}  --filter F            topic filter (#)
`;

export const PUB_USAGE = `npm run --silent mqtt:pub -- --port P --topic T [options]

Publishes with Mote's MQTT session to any broker, over lost connections too, and ends when all is
delivered. A line for each message: PUB <topic>|<qos>|<payload bytes>; EV for all else.

${CLIENT.replace("SUB_OR_PUB", "of the messages; 1")}  --topic T             where to
  --message M           one message; else each line of standard input is one
  --count N             the message N times, with %n replaced by 1, 2, 3 … (1)
  --retain              retained
`;

const SHARED = {
	port: { type: "string" },
	host: { type: "string", default: "127.0.0.1" },
	qos: { type: "string", default: "1" },
	keepalive: { type: "string", default: "60" },
	"client-id": { type: "string" },
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

interface ClientValues {
	readonly port?: string | undefined;
	readonly host: string;
	readonly qos: string;
	readonly keepalive: string;
	readonly "client-id"?: string | undefined;
	readonly persistent: boolean;
	readonly username?: string | undefined;
}

function client(values: ClientValues): ClientOptions {
	const { port, host, persistent, username } = values;
	if (port === undefined) throw new OptionError("--port is missing: the port of the broker");
	const given = values["client-id"];
	if (persistent && !given)
		throw new OptionError("--persistent needs a --client-id: a session belongs to one [MQTT-3.1.3-7]");
	return {
		host,
		port: whole("--port", port, 1, 65535),
		qos: whole("--qos", values.qos, 0, 2) as 0 | 1 | 2,
		keepAlive: whole("--keepalive", values.keepalive, 0, 65535),
		// Letters and digits, at most 23: what every broker takes [MQTT-3.1.3-5].
		clientId: given ?? `mote${randomBytes(6).toString("hex")}`,
		persistent,
		username,
		password: username === undefined ? undefined : env.MOTE_PASSWORD,
	};
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
