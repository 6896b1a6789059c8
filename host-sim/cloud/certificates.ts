// Issues the development certificates: one CA, and leaves for the broker and for devices (RSA-2048, SHA-256).
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

export interface IssuedPair {
	certPem: string;
	keyPem: string;
}

/** An authority may sign leaves, and no other authorities. */
export type LeafUse = "client" | "server" | "authority";

const ALGORITHM = {
	name: "RSASSA-PKCS1-v1_5",
	hash: "SHA-256",
	publicExponent: new Uint8Array([1, 0, 1]),
	modulusLength: 2048,
};
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CA_DAYS = 3650;
const LEAF_DAYS = 365;
/** An identity with less time left than this is made again. */
export const RENEW_BEFORE = 2 * DAY;

type Subject = ConstructorParameters<typeof x509.Name>[0];
type Key = Awaited<ReturnType<typeof webcrypto.subtle.importKey>>;

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

/** A Date without milliseconds, as certificates carry it. */
function wholeSeconds(time: number): Date {
	return new Date(Math.floor(time / 1000) * 1000);
}

function commonNameSubject(commonName: string): Subject {
	// The object form takes ':' '|' ',' literally; the text form would parse them.
	return [{ CN: [commonName] }];
}

async function newKeys(): Promise<{ privateKey: Key; publicKey: Key }> {
	return (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as {
		privateKey: Key;
		publicKey: Key;
	};
}

async function keyToPem(key: Key): Promise<string> {
	const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
	const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
	return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
}

/** The DER inside the first block of a PEM text. */
export function pemToDer(pem: string): Uint8Array {
	const body = /-----BEGIN [^-]+-----([\s\S]+?)-----END/.exec(pem)?.[1];
	if (!body) throw new Error("not a PEM text");
	return new Uint8Array(Buffer.from(body, "base64"));
}

function certificatePem(certificate: x509.X509Certificate): string {
	return `${certificate.toString("pem").trim()}\n`;
}

/** A root; `pathLength` authorities may stand between it and a leaf. */
export async function issueAuthority(pathLength = 0): Promise<IssuedPair> {
	const keys = await newKeys();
	const now = Date.now();
	const certificate = await x509.X509CertificateGenerator.createSelfSigned({
		// A distinct name per CA: two generations in one trust store must not be mistaken for each other.
		name: commonNameSubject(`Mote development CA ${randomBytes(3).toString("hex")}`) as string,
		notBefore: wholeSeconds(now - DAY),
		notAfter: wholeSeconds(now + CA_DAYS * DAY),
		keys,
		signingAlgorithm: ALGORITHM,
		extensions: [
			new x509.BasicConstraintsExtension(true, pathLength, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
			await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
		],
	});
	return { certPem: certificatePem(certificate), keyPem: await keyToPem(keys.privateKey) };
}

export interface LeafOptions {
	/** DNS names and IP addresses of a server. */
	readonly hosts?: readonly string[];
	/** ms since 1970; by default from an hour ago, for a year. */
	readonly notBefore?: number;
	readonly notAfter?: number;
}

const HOSTS = ["localhost", "127.0.0.1", "::1"];

export async function issueLeaf(
	ca: IssuedPair,
	commonName: string,
	use: LeafUse,
	options: LeafOptions = {},
): Promise<IssuedPair> {
	const issuer = new x509.X509Certificate(ca.certPem);
	const caKey = await webcrypto.subtle.importKey("pkcs8", pemToDer(ca.keyPem), ALGORITHM, false, ["sign"]);
	const keys = await newKeys();
	const now = Date.now();
	const flags = x509.KeyUsageFlags;
	const extensions: x509.Extension[] = [
		...(use === "authority"
			? [
					new x509.BasicConstraintsExtension(true, 0, true),
					new x509.KeyUsagesExtension(flags.keyCertSign | flags.cRLSign, true),
				]
			: [
					new x509.BasicConstraintsExtension(false, undefined, true),
					new x509.KeyUsagesExtension(flags.digitalSignature | flags.keyEncipherment, true),
					new x509.ExtendedKeyUsageExtension([
						use === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
					]),
				]),
		await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
		await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
	];
	if (use === "server") {
		extensions.push(
			new x509.SubjectAlternativeNameExtension(
				(options.hosts ?? HOSTS).map((value) => ({ type: isIP(value) > 0 ? "ip" : "dns", value })),
			),
		);
	}
	const certificate = await x509.X509CertificateGenerator.create({
		subject: commonNameSubject(commonName) as string,
		issuer: issuer.subjectName,
		// A board's clock may run a little behind; the leaf still has to lie inside its issuer's time.
		notBefore: wholeSeconds(Math.max(options.notBefore ?? now - HOUR, issuer.notBefore.getTime())),
		notAfter: wholeSeconds(Math.min(options.notAfter ?? now + LEAF_DAYS * DAY, issuer.notAfter.getTime())),
		publicKey: keys.publicKey,
		signingKey: caKey,
		signingAlgorithm: ALGORITHM,
		extensions,
	});
	return { certPem: certificatePem(certificate), keyPem: await keyToPem(keys.privateKey) };
}

/** The subject's common name; undefined when there is none or more than one. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
	const subject = certificate.toLegacyObject().subject as unknown as { CN?: unknown };
	return typeof subject.CN === "string" ? subject.CN : undefined;
}

/** Why a stored pair cannot be used any longer; undefined when it can. */
export function unusable(pair: IssuedPair, caPem: string, commonName?: string): string | undefined {
	try {
		const certificate = new X509Certificate(pair.certPem);
		const issuer = new X509Certificate(caPem);
		const now = Date.now();
		if (Date.parse(certificate.validTo) - now < RENEW_BEFORE) return "near expiry";
		if (Date.parse(certificate.validFrom) > now) return "not valid yet";
		if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return "other issuer";
		if (commonName !== undefined && commonNameOf(certificate) !== commonName) return "other common name";
		if (!certificate.checkPrivateKey(createPrivateKey(pair.keyPem)))
			return "key does not belong to certificate";
		return undefined;
	} catch {
		return "unreadable";
	}
}
