// The HTTP side of a WebSocket's beginning (RFC 6455, 4): the client's request, judged, and answers to it,
// right or wrong as the test wants them.

import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Longest request, bytes. */
export const MAX_REQUEST = 8192;

export interface UpgradeRequest {
	readonly method: string;
	/** Path and query. */
	readonly target: string;
	readonly version: string;
	/** Names in lower case; what stands there several times is joined by ", ". */
	readonly headers: ReadonlyMap<string, string>;
	/** As it came. */
	readonly text: string;
	/** What a server that demands MQTT would refuse, in words; empty if all is well. */
	readonly faults: readonly string[];
}

/** The text up to and with the empty line. */
export function parseUpgrade(text: string): UpgradeRequest {
	const faults: string[] = [];
	if (/[^\r]\n|\r[^\n]/.test(text)) faults.push("a line that does not end with CR LF");
	if (/[^\x20-\x7e\r\n]/.test(text)) faults.push("something else than printable ASCII");
	const [first = "", ...lines] = text.trimEnd().split(/\r?\n/);
	const [method = "", target = "", version = "", ...more] = first.split(" ");
	if (more.length > 0) faults.push("a request line of more than three parts");
	const headers = new Map<string, string>();
	for (const line of lines) {
		const [, name = "", value = ""] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
		if (name === "") faults.push(`a header that is none: ${line}`);
		const key = name.toLowerCase();
		const before = headers.get(key);
		if (before !== undefined && SINGLE.includes(key)) faults.push(`${key} twice`);
		headers.set(key, before === undefined ? value : `${before}, ${value}`);
	}
	return {
		method,
		target,
		version,
		headers,
		text,
		faults: [...faults, ...judge(method, target, version, headers)],
	};
}

const SINGLE = ["host", "upgrade", "sec-websocket-key", "sec-websocket-version"];

function judge(
	method: string,
	target: string,
	version: string,
	headers: ReadonlyMap<string, string>,
): string[] {
	const has = (name: string, token: string) =>
		(headers.get(name) ?? "").split(",").some((part) => part.trim().toLowerCase() === token);
	const key = headers.get("sec-websocket-key") ?? "";
	const rules: ReadonlyArray<readonly [boolean, string]> = [
		[method === "GET", "the method is not GET"],
		[/^\/[^#]*$/.test(target), "the target is no path"],
		[version === "HTTP/1.1", "the version is not HTTP/1.1"],
		[(headers.get("host") ?? "") !== "", "no host"],
		[has("upgrade", "websocket"), "no upgrade to websocket"],
		[has("connection", "upgrade"), "no connection: upgrade"],
		[Buffer.from(key, "base64").length === 16 && /^[A-Za-z0-9+/]{22}==$/.test(key), "no key of 16 bytes"],
		[headers.get("sec-websocket-version") === "13", "the version of the protocol is not 13"],
		[has("sec-websocket-protocol", "mqtt"), "no sub-protocol mqtt [MQTT-6.0.0-3]"],
	];
	return rules.filter(([good]) => !good).map(([, fault]) => fault);
}

/** What the server answers to a key. */
export function acceptOf(key: string): string {
	return createHash("sha1").update(`${key}${GUID}`).digest("base64");
}

export interface AnswerOptions {
	/** `HTTP/1.1 101 Switching Protocols` unless given. */
	readonly status?: string;
	/** In place of the usual headers of the same name, spelt as here; undefined takes one away. */
	readonly headers?: Readonly<Record<string, string | undefined>>;
	readonly body?: string;
}

/** The right answer to a request, but for what the options say. */
export function accepting(request: UpgradeRequest, options: AnswerOptions = {}): Buffer {
	return answer(
		options.status ?? "HTTP/1.1 101 Switching Protocols",
		{
			Upgrade: "websocket",
			Connection: "Upgrade",
			"Sec-WebSocket-Accept": acceptOf(request.headers.get("sec-websocket-key") ?? ""),
			"Sec-WebSocket-Protocol": "mqtt",
			...options.headers,
		},
		options.body,
	);
}

/** Another answer than the upgrade, such as `401 Unauthorized`, with a body of known length. */
export function refusing(status: string, { headers = {}, body = "" }: AnswerOptions = {}): Buffer {
	const length = String(Buffer.byteLength(body));
	return answer(`HTTP/1.1 ${status}`, { "Content-Length": length, ...headers }, body);
}

function answer(first: string, headers: Readonly<Record<string, string | undefined>>, body = ""): Buffer {
	const lines = Object.entries(headers).flatMap(([name, value]) =>
		value === undefined ? [] : [`${name}: ${value}`],
	);
	return Buffer.from([first, ...lines, "", body].join("\r\n"), "latin1");
}
