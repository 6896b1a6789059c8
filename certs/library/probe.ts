// A TLS handshake and an MQTT CONNECT from this machine with a device's identity, told in words. It offers
// what a board offers: TLS 1.2 and the cipher suites of the SDK.

import type { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { writeConnect } from "../../modules/mqtt/encode.js";
import type { Cloud } from "./clouds.js";
import { CertsError } from "./errors.js";
import type { Kept } from "./folder.js";
import { HandshakeReader } from "./handshake.js";
import { oneLine } from "./names.js";

export interface ProbeOptions {
	readonly host: string;
	readonly port: number;
	readonly device: Kept;
	readonly cloud: Cloud;
	/** PEM; undefined: the authorities that Node knows. */
	readonly ca: string | undefined;
	readonly timeoutMs: number;
	/** Told what the server has sent, its own certificate first; nothing if none can be read. */
	readonly sent?: (chain: readonly X509Certificate[]) => void;
}

export interface Step {
	readonly good: boolean;
	readonly text: string;
}

const SUITES = [
	...["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA256"],
	...["ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384"],
	...["AES128-SHA256", "AES256-SHA256", "AES128-SHA", "AES256-SHA"],
].join(":");

/** Tells each step as it is known; returns whether all went well. */
export async function probe(options: ProbeOptions, tell: (step: Step) => void): Promise<boolean> {
	let good = true;
	const say = (fine: boolean, text: string) => {
		good &&= fine;
		tell({ good: fine, text });
	};
	const tcp = await reach(options);
	const reader = new HandshakeReader();
	try {
		say(true, `reached ${options.host}:${options.port}`);
		const { socket, error } = await shake(options, tcp, reader);
		const [shown] = reader.chain;
		options.sent?.(reader.chain);
		if (shown) sayServer(options, shown, error === undefined ? socket.authorizationError : undefined, say);
		if (shown)
			say(
				true,
				reader.asked
					? "it asks for a certificate of ours"
					: "it asks for no certificate: it wants user name and password, or nobody's",
			);
		if (error !== undefined) {
			say(false, failure(reader, error));
			return good;
		}
		say(true, `${socket.getProtocol()}, ${socket.getCipher().name}`);
		if (!good) {
			tell({ good: false, text: "a board ends here: CONNECT was not sent" });
			return false;
		}
		await connectMqtt(options, socket, reader, say);
		return good;
	} finally {
		tcp.destroy();
	}
}

async function reach({ host, port, timeoutMs }: ProbeOptions): Promise<Socket> {
	const socket = connectTcp({ host, port, timeout: timeoutMs });
	socket.on("error", () => {});
	try {
		await Promise.race([
			once(socket, "connect"),
			once(socket, "timeout").then(() => {
				throw new Error("it did not answer in time");
			}),
		]);
		return socket;
	} catch (error) {
		socket.destroy();
		throw new CertsError(`${host}:${port} cannot be reached (${words(error)}).`);
	}
}

/** The handshake over a socket whose bytes are read along. */
async function shake(
	options: ProbeOptions,
	tcp: Socket,
	reader: HandshakeReader,
): Promise<{ socket: TLSSocket; error?: unknown }> {
	const { host, device, ca, timeoutMs } = options;
	const tapped = new Duplex({
		read: () => tcp.resume(),
		write: (chunk: Buffer, _encoding, done) => tcp.write(chunk, done),
		final: (done) => {
			tcp.end();
			done();
		},
	});
	tcp.on("data", (chunk: Buffer) => {
		reader.push(chunk);
		if (!tapped.push(chunk)) tcp.pause();
	});
	tcp.on("end", () => tapped.push(null));
	tcp.on("error", (error) => tapped.destroy(error));
	tapped.on("error", () => {});
	const socket = connectTls({
		socket: tapped,
		...(isIP(host) ? {} : { servername: host }),
		minVersion: "TLSv1.2",
		maxVersion: "TLSv1.2",
		ciphers: SUITES,
		cert: device.chain.map(String).join(""),
		key: device.key.export({ format: "pem", type: "pkcs8" }),
		...(ca === undefined ? {} : { ca }),
		rejectUnauthorized: false, // what is wrong is said, and nothing is sent then
	});
	const failed = new Promise<unknown>((resolve) => {
		socket.on("error", resolve);
		for (const over of ["end", "close"])
			socket.once(over, () => resolve(new Error("the server closed the connection")));
		setTimeout(() => resolve(new Error("it did not answer in time")), timeoutMs).unref();
	});
	const error = await Promise.race([once(socket, "secureConnect").then(() => undefined), failed]);
	return error === undefined ? { socket } : { socket, error };
}

/** Why a handshake did not succeed. */
function failure(reader: HandshakeReader, error: unknown): string {
	if (reader.alert !== "") return `the server ended the handshake: ${reader.alert}`;
	const why = words(error);
	return reader.asked
		? `the server closed the connection when it had our certificate (${why}): it does not take it, and does not say why`
		: `the handshake failed: ${why}`;
}

function sayServer(
	{ host, ca }: ProbeOptions,
	shown: X509Certificate,
	distrust: Error | string | null | undefined,
	say: (good: boolean, text: string) => void,
): void {
	const names = shown.subjectAltName?.replaceAll("IP Address:", "").replaceAll("DNS:", "") ?? "no names";
	const to = new Date(shown.validTo).toISOString().slice(0, 10);
	say(true, `its certificate is for ${oneLine(names)}, by ${oneLine(shown.issuer)}, until ${to}`);
	const named = isIP(host) ? shown.checkIP(host) : shown.checkHost(host, { subject: "never" });
	if (!named) say(false, `its certificate is not for ${host}`);
	const judge = ca === undefined ? "the authorities that Node knows" : "the CA given";
	if (distrust) say(false, `by ${judge} it is not trusted: ${TRUST[String(distrust)] ?? words(distrust)}`);
	else if (named && distrust === null) say(true, `it is trusted by ${judge}`);
}

/** OpenSSL's reasons, in words. */
const TRUST: Readonly<Record<string, string>> = {
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its issuer is not known, or not sent along",
	UNABLE_TO_GET_ISSUER_CERT: "an issuer is not known, or not sent along",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its issuer is not known, or not sent along",
	SELF_SIGNED_CERT_IN_CHAIN: "its root is another one",
	DEPTH_ZERO_SELF_SIGNED_CERT: "it has signed itself",
	CERT_HAS_EXPIRED: "a certificate has expired",
	CERT_NOT_YET_VALID: "a certificate is not valid yet, or this machine's clock is wrong",
	INVALID_PURPOSE: "a certificate is not one for servers",
};

/** What CONNACK's codes mean where a certificate was shown. */
const CONNACK: Readonly<Record<Cloud, readonly string[]>> = {
	cumulocity: [
		"connected: the certificate was taken",
		"it refuses MQTT 3.1.1",
		"it refuses the client id: its device part must be the certificate's common name",
		"general error: the certificate's CA may not be uploaded or enabled, or the platform has a problem; try again later",
		"bad user name or password; it says so only where no certificate was taken",
		"not authorized: the CA is not uploaded, not enabled, or without automatic registration, or the device is not registered",
	],
	sap: [
		"connected: the certificate was taken",
		"it refuses MQTT 3.1.1",
		"it refuses the client id: it must be the device's alternate id, as in the certificate",
		"unavailable: SAP says so too where certificate and client id do not belong together, or the device was deleted",
		"bad user name or password",
		"not authorized: the device is not known, or its certificate was replaced",
	],
	plain: [
		"connected",
		"it refuses MQTT 3.1.1",
		"it refuses the client id",
		"the broker is unavailable",
		"bad user name or password: it may want one beside the certificate",
		"not authorized: the broker's rules do not know this certificate's common name",
	],
};

async function connectMqtt(
	{ device, cloud, timeoutMs }: ProbeOptions,
	socket: TLSSocket,
	reader: HandshakeReader,
	say: (good: boolean, text: string) => void,
): Promise<void> {
	const clientId = cloud === "cumulocity" ? `d:${device.name}` : device.name;
	const packet = Buffer.alloc(256);
	const options = { clientId: Buffer.from(clientId), cleanSession: true, keepAlive: 60 };
	const length = writeConnect(packet, 0, options);
	socket.write(packet.subarray(0, length));
	const answer = await new Promise<Buffer | string>((resolve) => {
		let bytes = Buffer.alloc(0);
		socket.on("data", (chunk: Buffer) => {
			bytes = Buffer.concat([bytes, chunk]);
			if (bytes.length >= 4) resolve(bytes);
		});
		socket.on("error", (error) => resolve(words(error)));
		for (const over of ["end", "close"]) socket.once(over, () => resolve("it closed the connection"));
		setTimeout(() => resolve("it does not answer"), timeoutMs).unref();
	});
	if (typeof answer === "string") {
		const alert = reader.alert === "" ? "" : ` (${reader.alert})`;
		say(false, `no CONNACK for the client id ${clientId}: ${answer}${alert}`);
	} else if (answer[0] !== 0x20 || answer[1] !== 2) say(false, "what answers is no MQTT 3.1.1 broker");
	else {
		const code = answer[3] as number;
		say(
			code === 0,
			`CONNACK ${code} for the client id ${clientId}: ${CONNACK[cloud][code] ?? "a code that the standard does not know"}`,
		);
		if (code === 0) socket.end(Buffer.of(0xe0, 0));
	}
}

function words(error: unknown): string {
	const { code, message = String(error) } = error as { code?: string; message?: string };
	const alert = /alert ([a-z ]+)(?::|$)/.exec(message)?.[1];
	return alert ?? code ?? message;
}
