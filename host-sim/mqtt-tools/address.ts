// The broker's address, as --broker writes it.

import { OptionError } from "../cli/option-error.js";

/** Scheme → port, and whether it is TLS and WebSocket. */
const SCHEMES = {
	"mqtt:": { port: 1883, tls: false, web: false },
	"mqtts:": { port: 8883, tls: true, web: false },
	"ws:": { port: 80, tls: false, web: true },
	"wss:": { port: 443, tls: true, web: true },
} as const;

export interface Address {
	/** Name or IPv4 address. */
	readonly host: string;
	readonly port: number;
	readonly tls: boolean;
	/** Of the WebSocket: path and query; undefined: MQTT right on TCP or TLS. */
	readonly path: string | undefined;
}

/** The path that MQTT's brokers have. */
const USUAL_PATH = "/mqtt";

export function parseAddress(value: string): Address {
	// Before anything that repeats the value.
	if (value.includes("@"))
		throw new OptionError("Leave user and password out of --broker: use --username and MOTE_PASSWORD");
	const url = URL.canParse(value) ? new URL(value) : undefined;
	const scheme = SCHEMES[url?.protocol as keyof typeof SCHEMES];
	if (!url || !scheme || url.hostname === "" || url.port === "0")
		throw new OptionError(
			`--broker is an address such as mqtts://broker.example.com:8883 or wss://broker.example.com/mqtt, not "${withoutQuery(value)}"`,
		);
	const { hostname: host, pathname, search, hash } = url;
	if (host.startsWith("["))
		throw new OptionError("--broker: the firmware's sockets know no IPv6; use a name or an IPv4 address");
	if (hash !== "") throw new OptionError("--broker: leave out what begins with #, which no server is told");
	if (!scheme.web && (pathname.length > 1 || search !== ""))
		throw new OptionError("--broker: only ws:// and wss:// have a path");
	const { tls } = scheme;
	const port = url.port === "" ? scheme.port : Number(url.port);
	// Of an address without a slash behind its host URL makes one with "/".
	const given = /^\w+:\/\/[^/?]+$/.test(value) ? USUAL_PATH : pathname;
	return { host, port, tls, path: scheme.web ? given + search : undefined };
}

/** A query may hold what nobody is to read. */
const withoutQuery = (value: string): string => value.replace(/\?.*/s, "?…");
