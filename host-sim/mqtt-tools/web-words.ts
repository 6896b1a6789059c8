// Why no WebSocket came about, or why one ended, as Error whose message begins with WEB where asking again
// would not help. What the server writes is repeated only where it is an address, without its query.

import { type IncomingMessage, STATUS_CODES } from "node:http";

export const WEB = "WebSocket: ";

/** An answer of HTTP's in place of the upgrade. */
export function refusal({ statusCode = 0, headers }: IncomingMessage, path: string): Error {
	const answer = `HTTP ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`.trimEnd();
	// A proxy says so while the broker behind it is away.
	if (statusCode >= 500) return new Error(answer);
	return new Error(WEB + refusalWords(statusCode, answer, headers.location, path));
}

function refusalWords(status: number, answer: string, location: string | undefined, path: string): string {
	if ([401, 403, 407].includes(status))
		return `it opens no WebSocket without a log-in of HTTP's, which is not MQTT's (${answer}); check the path in --broker`;
	if (status === 404) return `it has no WebSocket at ${plain(path)} (${answer}); check the path in --broker`;
	if (status >= 300 && status < 400)
		return `it sends the WebSocket elsewhere (${answer}${elsewhere(location)}); give the new address with --broker`;
	return `it opens no WebSocket at ${plain(path)} (${answer}); check port and path in --broker`;
}

const plain = (path: string): string => path.replace(/\?.*/s, "");

function elsewhere(location = ""): string {
	if (!URL.canParse(location)) return "";
	const { protocol, host, pathname } = new URL(location);
	return `, to ${protocol.replace("http", "ws")}//${host}${pathname}`.slice(0, 200);
}

/** What ws says → what it means. */
const ANSWERS: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/sent no subprotocol/,
		"it opens the WebSocket without the sub-protocol mqtt: no MQTT is behind it; check the path in --broker",
	],
	[
		/invalid subprotocol/,
		"it opens the WebSocket with another sub-protocol than mqtt; check the path in --broker",
	],
	[/Sec-WebSocket-Accept/, "its answer belongs to another request than ours (Sec-WebSocket-Accept)"],
	[/Upgrade header/, "it turns to another protocol than WebSocket; check port and path in --broker"],
	[/Extensions|extension/, "it uses an extension of WebSocket that nobody asked for"],
];

/** What the package ws tells once the connection stands, with TLS if there is. */
export function failure(error: NodeJS.ErrnoException, tls: boolean): Error {
	const { code = "", message } = error;
	if (code.startsWith("HPE_"))
		return new Error(
			`${WEB}what answers there does not speak HTTP (${code}); check the port${tls ? "" : ", or try wss://"}`,
		);
	for (const [pattern, words] of ANSWERS) if (pattern.test(message)) return new Error(WEB + words);
	if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH")
		return new Error(`${WEB}it sends a message that is larger than this program takes`);
	if (code.startsWith("WS_ERR"))
		return new Error(
			`${WEB}it breaks the rules of WebSocket (${message.replace(/^Invalid WebSocket frame: /, "")})`,
		);
	return new Error(code || message);
}

/** Close codes that tell nothing, or that it may go well later. */
const NOTHING = [1000, 1005, 1006];
const LATER = [1001, 1011, 1012, 1013, 1014];

/** What a server's close frame means; undefined where it means nothing. */
export function farewell(code: number, reason: string): Error | undefined {
	if (NOTHING.includes(code)) return undefined;
	const words = `it closed the WebSocket with ${code}${reason === "" ? "" : `, "${reason}"`}`;
	return new Error(LATER.includes(code) ? words : WEB + words);
}
