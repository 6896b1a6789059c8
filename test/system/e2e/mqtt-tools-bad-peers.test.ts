// Peers that `mqtt:sub` and `mqtt:pub` cannot come to a connection with: each ends them with code 1 and one
// sentence that says what to do.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTls, type TlsOptions } from "node:tls";
import { type IssuedPair, issueAuthority, issueLeaf } from "../../../certs/library/issue.js";
import type { WsScript } from "../../support/ws-conversation.js";
import { closePayload, encodeFrame, Op } from "../../support/ws-frames.js";
import { WsPeer } from "../../support/ws-peer.js";
import { accepting, refusing } from "../../support/ws-upgrade.js";
import { startProgram } from "./cli.js";

const DAY = 86_400_000;
const silent = (): undefined => undefined;

let folder: string;
let ours: IssuedPair;
let foreign: IssuedPair;
const pairs: Record<string, IssuedPair> = {};
const file = (name: string) => join(folder, name);

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "mote-bad-peers-"));
	[ours, foreign] = await Promise.all([issueAuthority(), issueAuthority()]);
	const now = Date.now();
	pairs.good = await issueLeaf(ours, "localhost", "server");
	pairs.named = await issueLeaf(ours, "other", "server", { hosts: ["other.example"] });
	pairs.expired = await issueLeaf(ours, "localhost", "server", {
		notBefore: now - DAY,
		notAfter: now - 1000,
	});
	pairs.early = await issueLeaf(ours, "localhost", "server", { notBefore: now + DAY });
	pairs.client = await issueLeaf(ours, "localhost", "client");
	const device = await issueLeaf(foreign, "mote-1", "client");
	writeFileSync(file("ca.pem"), ours.certPem);
	writeFileSync(file("foreign.pem"), foreign.certPem);
	writeFileSync(file("device.pem"), device.certPem);
	writeFileSync(file("device-key.pem"), device.keyPem);
});
after(() => rmSync(folder, { recursive: true }));

const server = (name: string): TlsOptions => {
	const { keyPem, certPem } = pairs[name] as IssuedPair;
	return { key: keyPem, cert: certPem };
};
const demanding = (name: string): TlsOptions => ({
	...server(name),
	...{ ca: ours.certPem, requestCert: true, rejectUnauthorized: true },
});
const ca = () => ["--ca", file("ca.pem")];
const stranger = () => [...ca(), "--cert", file("device.pem"), "--key", file("device-key.pem")];

/** What opens on loopback, and how it is closed. */
interface Peer {
	readonly port: number;
	close(): unknown;
}

async function listening(listener: Server, accept: (socket: Socket) => void): Promise<Peer> {
	const sockets = new Set<Socket>();
	listener.on("connection", (socket: Socket) => {
		sockets.add(socket.on("error", () => {}));
		// A server on TLS has its own event for what is to be accepted.
		if (listener.listenerCount("secureConnection") === 0) accept(socket);
	});
	await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
	return {
		port: (listener.address() as { port: number }).port,
		close() {
			listener.close();
			for (const socket of sockets) socket.destroy();
		},
	};
}

/** An MQTT server that answers the first bytes with these, or with nothing. */
const plain = (answer?: Uint8Array) =>
	listening(createServer(), (socket) => {
		socket.once("data", () => answer && socket.write(answer));
	});
const secure = (tls: TlsOptions) =>
	listening(
		createTls(tls, () => {}),
		() => {},
	);
const web = (script: WsScript, tls?: TlsOptions) => WsPeer.open(script, tls);
/** Opens the WebSocket, and answers CONNECT with these bytes. */
const webMqtt = (answer: Uint8Array, options = {}) =>
	web({ message: (_message, talk) => talk.send(answer, options) });

interface Case {
	readonly name: string;
	readonly scheme: string;
	readonly peer: () => Promise<Peer>;
	readonly says: RegExp;
	readonly args?: () => string[];
	readonly host?: string;
}

const TLS: ReadonlyArray<Omit<Case, "peer" | "scheme"> & { readonly tls: () => TlsOptions }> = [
	{ name: "of an unknown authority", tls: () => server("good"), says: /give its CA with --ca/ },
	{
		name: "of another authority than --ca",
		tls: () => server("good"),
		args: () => ["--ca", file("foreign.pem")],
		says: /give its CA with --ca/,
	},
	{
		name: "with a certificate for another name",
		tls: () => server("named"),
		args: ca,
		says: /certificate is for another name; use the name in the certificate as the host/,
	},
	{
		name: "by an address that is not in its certificate",
		tls: () => server("named"),
		args: ca,
		host: "127.0.0.1",
		says: /certificate is for another name/,
	},
	{
		name: "with an expired certificate",
		tls: () => server("expired"),
		args: ca,
		says: /certificate has expired; it has to be renewed/,
	},
	{
		name: "with a certificate of tomorrow",
		tls: () => server("early"),
		args: ca,
		says: /certificate is not valid yet; check the clock/,
	},
	{
		name: "with the certificate of a client",
		tls: () => server("client"),
		args: ca,
		says: /the TLS handshake failed \(TLS: INVALID_PURPOSE\)/,
	},
	{
		name: "that wants a certificate and gets none",
		tls: () => demanding("good"),
		args: ca,
		says: /refused the TLS handshake; check --cert and --key/,
	},
	{
		name: "that does not know who has signed ours",
		tls: () => demanding("good"),
		args: stranger,
		says: /refused the TLS handshake; check --cert and --key/,
	},
];

const CONNACKS: ReadonlyArray<readonly [number, RegExp]> = [
	[1, /CONNACK 1: the broker refuses protocol level 4/],
	[2, /refuses the client id; choose another --device/],
	[3, /unavailable \(CONNACK 3\)/],
	[4, /refuses user name or password \(CONNACK 4\); check --username and MOTE_PASSWORD/],
	[5, /does not authorize this client \(CONNACK 5\)/],
	[6, /CONNACK with a code that the standard does not know/],
];

/** Answers to the request for a WebSocket. */
const ANSWERS: ReadonlyArray<readonly [string, WsScript["answer"], RegExp]> = [
	["401", () => refusing("401 Unauthorized"), /log-in of HTTP's.*\(HTTP 401 Unauthorized\); check the path/],
	["403", () => refusing("403 Forbidden"), /\(HTTP 403 Forbidden\); check the path/],
	["404", () => refusing("404 Not Found"), /no WebSocket at \/mqtt \(HTTP 404 Not Found\); check the path/],
	["200", () => refusing("200 OK", { body: "hello" }), /opens no WebSocket at \/mqtt \(HTTP 200 OK\)/],
	[
		"a redirection",
		() =>
			refusing("302 Found", {
				headers: { Location: "https://me:geheim@other.example:444/ws?token=geheim" },
			}),
		/elsewhere \(HTTP 302 Found, to wss:\/\/other\.example:444\/ws\); give the new address with --broker/,
	],
	[
		"a redirection to nowhere",
		() => refusing("301 Moved", { headers: { Location: "//" } }),
		/\(HTTP 301 Moved Permanently\)/,
	],
	[
		"no sub-protocol",
		(request) => accepting(request, { headers: { "Sec-WebSocket-Protocol": undefined } }),
		/without the sub-protocol mqtt/,
	],
	[
		"another sub-protocol",
		(request) => accepting(request, { headers: { "Sec-WebSocket-Protocol": "amqp" } }),
		/another sub-protocol than mqtt/,
	],
	[
		"the answer to another request",
		(request) => accepting(request, { headers: { "Sec-WebSocket-Accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" } }),
		/another request than ours \(Sec-WebSocket-Accept\)/,
	],
	[
		"another protocol",
		(request) => accepting(request, { headers: { Upgrade: "h2c" } }),
		/another protocol than WebSocket/,
	],
	[
		"an extension",
		(request) => accepting(request, { headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } }),
		/an extension of WebSocket that nobody asked for/,
	],
	[
		"no HTTP",
		() => Buffer.from("SSH-2.0-OpenSSH\r\n"),
		/does not speak HTTP \(HPE_\w+\); check the port, or try wss/,
	],
	[
		"too many headers",
		() => refusing("200 OK", { headers: { X: "x".repeat(100_000) } }),
		/HPE_HEADER_OVERFLOW/,
	],
];

const CASES: readonly Case[] = [
	...["mqtts", "wss"].flatMap((scheme) =>
		TLS.map(({ name, tls, ...rest }) => ({ name, scheme, ...rest, peer: () => secure(tls()) })),
	),
	...CONNACKS.flatMap(([code, says]) =>
		(["mqtt", "ws"] as const).map((scheme) => ({
			...{ name: `that answers CONNACK ${code}`, scheme, says },
			peer: (): Promise<Peer> => (scheme === "ws" ? webMqtt : plain)(Buffer.of(0x20, 2, 0, code)),
		})),
	),
	...ANSWERS.map(([name, answer, says]) => ({
		...{ name: `that answers with ${name}`, scheme: "ws", says },
		peer: () => web(answer ? { answer } : {}),
	})),
	{
		name: "that answers with 401 behind TLS",
		scheme: "wss",
		peer: () => web({ answer: () => refusing("401 Unauthorized") }, server("good")),
		args: ca,
		says: /\(HTTP 401 Unauthorized\)/,
	},
	{
		name: "without TLS",
		scheme: "mqtts",
		peer: () => plain(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
		says: /does not speak TLS; try mqtt:\/\/ or another port/,
	},
	{
		name: "without TLS",
		scheme: "wss",
		peer: () => plain(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")),
		says: /does not speak TLS; try ws:\/\/ or another port/,
	},
	{
		name: "that sends text",
		scheme: "ws",
		peer: () => webMqtt(Buffer.of(0x20, 2, 0, 0), { opcode: 1 }),
		says: /sends text where MQTT is binary/,
	},
	{
		name: "whose frames are masked",
		scheme: "ws",
		peer: () => webMqtt(Buffer.of(0x20, 2, 0, 0), { mask: Uint8Array.of(1, 2, 3, 4) }),
		says: /breaks the rules of WebSocket \(MASK must be clear\)/,
	},
	{
		name: "that sends 16 MB and a byte",
		scheme: "ws",
		peer: () => webMqtt(Buffer.alloc(0), { claimed: (16 << 20) + 1 }),
		says: /a message that is larger than this program takes/,
	},
	{
		name: "that closes the WebSocket with words a terminal would act on",
		scheme: "ws",
		peer: () => web({ message: (_message, talk) => talk.close(1008, "\x1b[2Jno") }),
		says: /it closed the WebSocket with 1008, "\\x1b\[2Jno"/,
	},
	{
		name: "whose close frame comes with the answer",
		scheme: "ws",
		peer: () =>
			web({
				answer: (request) =>
					Buffer.concat([accepting(request), encodeFrame(closePayload(1002), { opcode: Op.close })]),
			}),
		says: /it closed the WebSocket with 1002\./,
	},
	{
		name: "that says nothing to CONNECT",
		scheme: "mqtt",
		peer: () => plain(),
		args: () => ["--timeout", "1"],
		says: /the broker did not answer CONNECT in time/,
	},
	{
		name: "that says nothing to CONNECT",
		scheme: "ws",
		peer: () => web({}),
		args: () => ["--timeout", "1"],
		says: /the broker did not answer CONNECT in time/,
	},
	{
		name: "that says nothing in the handshake",
		scheme: "mqtts",
		peer: () => plain(),
		args: () => ["--timeout", "1"],
		says: /does not answer; check the address and the firewall/,
	},
	{
		name: "that says nothing to the request",
		scheme: "ws",
		peer: () => web({ answer: silent }),
		args: () => ["--timeout", "1"],
		says: /opens no WebSocket in time; check --broker and the firewall/,
	},
	{
		name: "that says nothing in the handshake",
		scheme: "wss",
		peer: () => plain(),
		args: () => ["--timeout", "1"],
		says: /opens no WebSocket in time/,
	},
	{
		name: "whose name does not exist",
		scheme: "wss",
		peer: () => plain(),
		host: "mote.invalid",
		says: /mote\.invalid could not be resolved; check --broker/,
	},
];

describe("mqtt tools: a broker that cannot be used", () => {
	for (const [i, { name, scheme, peer, says, args = () => [], host = "localhost" }] of CASES.entries())
		it(`${scheme}: one ${name}`, async () => {
			const { port, close } = bound(await peer());
			const tool = i % 2 === 0 ? ["sub.ts"] : ["pub.ts", "--topic", "t", "--message", "m"];
			const [program = "", ...own] = tool;
			const flags = ["--broker", `${scheme}://${host}:${port}`, ...args(), ...own];
			try {
				const { code, out, err } = await startProgram(`host-sim/mqtt-tools/${program}`, flags).ended;
				assert.equal(code, 1, out + err);
				assert.match(err, says);
				assert.match(err, new RegExp(`^(?:The name )?${host}\\b`));
				assert.equal(err.trimEnd().split("\n").length, 1, err);
				for (const never of ["geheim", "\x1b", "EV connected"])
					assert.ok(!(out + err).includes(never), out + err);
			} finally {
				await close();
			}
		});
});

const bound = (peer: Peer) => ({ port: peer.port, close: () => peer.close() });
