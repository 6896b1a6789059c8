// Certificates as a test wants them, right or wrong: DER put together by hand, signed by node:crypto.

import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

const concat = (...parts: readonly Uint8Array[]) => Buffer.concat(parts);

/** One element. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
	const content = concat(...parts);
	const { length } = content;
	const head =
		length < 128
			? [tag, length]
			: length < 256
				? [tag, 0x81, length]
				: [tag, 0x82, length >> 8, length & 255];
	return concat(Uint8Array.from(head), content);
}
export const seq = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
export const bool = (value: boolean) => der(0x01, Uint8Array.of(value ? 255 : 0));
export const int = (...bytes: readonly number[]) => der(0x02, Uint8Array.from(bytes));
export const octets = (bytes: Uint8Array) => der(0x04, bytes);
export const bits = (unused: number, ...bytes: readonly number[]) =>
	der(0x03, Uint8Array.of(unused, ...bytes));
export function oid(dotted: string): Buffer {
	const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
	const bytes: number[] = [];
	for (const part of [first * 40 + second, ...rest]) {
		const groups = [part & 127];
		for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift((left & 127) | 128);
		bytes.push(...groups);
	}
	return der(0x06, Uint8Array.from(bytes));
}
const text = (value: string) => Buffer.from(value, "latin1");
const name = (cn: string) => seq(der(0x31, seq(oid("2.5.4.3"), der(0x0c, Buffer.from(cn)))));
const time = (ms: number) =>
	der(0x17, text(`${new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14)}Z`));

/** Algorithm identifiers by their digest. */
export const ECDSA = {
	sha256: seq(oid("1.2.840.10045.4.3.2")),
	sha384: seq(oid("1.2.840.10045.4.3.3")),
	sha1: seq(oid("1.2.840.10045.4.1")),
};
export const RSA = {
	sha256: seq(oid("1.2.840.113549.1.1.11"), der(5)),
	sha384: seq(oid("1.2.840.113549.1.1.12"), der(5)),
	sha512: seq(oid("1.2.840.113549.1.1.13"), der(5)),
	sha1: seq(oid("1.2.840.113549.1.1.5"), der(5)),
};

export const extension = (id: string, value: Uint8Array, critical = false) =>
	seq(oid(id), ...(critical ? [bool(true)] : []), octets(value));
export const dns = (value: string) => der(0x82, text(value));
export const address = (...bytes: readonly number[]) => der(0x87, Uint8Array.from(bytes));
export const altNames = (...names: readonly Buffer[]) => extension("2.5.29.17", seq(...names));
export const constraints = (authority: boolean, pathLength?: number) =>
	extension(
		"2.5.29.19",
		seq(...(authority ? [bool(true)] : []), ...(pathLength === undefined ? [] : [int(pathLength)])),
		true,
	);
/** The first byte of keyUsage. */
export const keyUsage = (flags: number) => extension("2.5.29.15", bits(0, flags), true);
export const extendedUsage = (...ids: readonly string[]) => extension("2.5.29.37", seq(...ids.map(oid)));
export const subjectKey = (id: number) => extension("2.5.29.14", octets(Uint8Array.of(id, id)));
export const issuerKey = (id: number) => extension("2.5.29.35", seq(der(0x80, Uint8Array.of(id, id))));

export interface Pair {
	readonly publicKey: KeyObject;
	readonly privateKey: KeyObject;
}
export const ecPair = (namedCurve = "P-256"): Pair => generateKeyPairSync("ec", { namedCurve });
export const rsaPair = (modulusLength: number, publicExponent = 65537): Pair =>
	generateKeyPairSync("rsa", { modulusLength, publicExponent });

export interface Made {
	readonly issuer: string;
	readonly subject: string;
	readonly pair: Pair;
	/** Whose key signs. */
	readonly signer: Pair;
	readonly extensions: readonly Buffer[];
	readonly from?: number;
	readonly to?: number;
	readonly digest?: string;
	/** What the signed part names instead of the digest above. */
	readonly inner?: Buffer;
	readonly version?: Buffer;
	readonly behind?: Uint8Array;
}

const DAY = 86_400_000;

export function make(what: Made, now: number): Buffer {
	const { issuer, subject, pair, signer, extensions, digest = "sha256" } = what;
	const elliptic = signer.privateKey.asymmetricKeyType === "ec";
	const outer = elliptic ? ECDSA[digest as keyof typeof ECDSA] : RSA[digest as keyof typeof RSA];
	const tbs = seq(
		what.version ?? der(0xa0, int(2)),
		int(1, 2, 3),
		what.inner ?? outer,
		name(issuer),
		seq(time(what.from ?? now - DAY), time(what.to ?? now + DAY)),
		name(subject),
		pair.publicKey.export({ type: "spki", format: "der" }),
		...(extensions.length > 0 ? [der(0xa3, seq(...extensions))] : []),
	);
	const whole = seq(tbs, outer, bits(0, ...sign(digest, tbs, signer.privateKey)));
	return what.behind ? concat(whole, what.behind) : whole;
}

export function toPem(bytes: Uint8Array): string {
	const lines = Buffer.from(bytes)
		.toString("base64")
		.match(/.{1,64}/g) as string[];
	return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
