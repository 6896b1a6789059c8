// Issues certificates: authorities, and leaves for servers and devices (RSA, SHA-256).
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

export interface IssuedPair {
	certPem: string;
	keyPem: string;
}

export type Use = "client" | "server" | "authority";

export interface IssueOptions {
	/** DNS names and IP addresses of a server. */
	readonly hosts?: readonly string[];
	/** ms since 1970; by default from an hour ago. What lies outside the issuer's time is cut off. */
	readonly notBefore?: number;
	/** By default a year from now, for a root ten years. */
	readonly notAfter?: number;
	/** Of the RSA key: 2048 (the default), 3072 or 4096. */
	readonly bits?: number;
	/** Authorities that may stand between this one and a leaf; 0 unless given. */
	readonly pathLength?: number;
}

const SIGNING = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const EXPONENT = new Uint8Array([1, 0, 1]);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ROOT_DAYS = 3650;
const LEAF_DAYS = 365;
const BITS = 2048;
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

async function newKeys(modulusLength = BITS): Promise<{ privateKey: Key; publicKey: Key }> {
	const algorithm = { ...SIGNING, publicExponent: EXPONENT, modulusLength };
	return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as {
		privateKey: Key;
		publicKey: Key;
	};
}

async function keyToPem(key: Key): Promise<string> {
	return toPem("PRIVATE KEY", new Uint8Array(await webcrypto.subtle.exportKey("pkcs8", key)));
}

export function toPem(label: string, der: Uint8Array): string {
	const lines =
		Buffer.from(der)
			.toString("base64")
			.match(/.{1,64}/g) ?? [];
	return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** The DER inside the first block of a PEM text. */
export function pemToDer(pem: string): Uint8Array {
	const body = /-----BEGIN [^-]+-----([\s\S]+?)-----END/.exec(pem)?.[1];
	if (!body) throw new Error("not a PEM text");
	return new Uint8Array(Buffer.from(body, "base64"));
}

/** A root of its own, which nothing above it has signed. */
export async function issueRoot(commonName: string, options: IssueOptions = {}): Promise<IssuedPair> {
	const keys = await newKeys(options.bits);
	const now = Date.now();
	const certificate = await x509.X509CertificateGenerator.createSelfSigned({
		name: commonNameSubject(commonName) as string,
		notBefore: wholeSeconds(options.notBefore ?? now - DAY),
		notAfter: wholeSeconds(options.notAfter ?? now + ROOT_DAYS * DAY),
		keys,
		signingAlgorithm: SIGNING,
		extensions: [
			...authorityExtensions(options.pathLength),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
			await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
		],
	});
	return { certPem: certificatePem(certificate), keyPem: await keyToPem(keys.privateKey) };
}

/** A development CA. */
export function issueAuthority(pathLength = 0): Promise<IssuedPair> {
	// A distinct name per CA: two generations in one trust store must not be mistaken for each other.
	return issueRoot(`Mote development CA ${randomBytes(3).toString("hex")}`, { pathLength });
}

/** A certificate signed by `issuer`, whose key has to be RSA and PKCS#8. */
export async function issueLeaf(
	issuer: IssuedPair,
	commonName: string,
	use: Use,
	options: IssueOptions = {},
): Promise<IssuedPair> {
	const above = new x509.X509Certificate(issuer.certPem);
	const signingKey = await webcrypto.subtle.importKey("pkcs8", pemToDer(issuer.keyPem), SIGNING, false, [
		"sign",
	]);
	const keys = await newKeys(options.bits);
	const now = Date.now();
	const certificate = await x509.X509CertificateGenerator.create({
		subject: commonNameSubject(commonName) as string,
		issuer: above.subjectName,
		// A board's clock may run a little behind; the leaf still has to lie inside its issuer's time.
		notBefore: wholeSeconds(Math.max(options.notBefore ?? now - HOUR, above.notBefore.getTime())),
		notAfter: wholeSeconds(Math.min(options.notAfter ?? now + LEAF_DAYS * DAY, above.notAfter.getTime())),
		publicKey: keys.publicKey,
		signingKey,
		signingAlgorithm: SIGNING,
		extensions: [
			...(use === "authority" ? authorityExtensions(options.pathLength) : leafExtensions(use)),
			await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
			await x509.AuthorityKeyIdentifierExtension.create(above.publicKey),
			...(use === "server" ? [alternativeNames(options.hosts ?? DEVELOPMENT_HOSTS)] : []),
		],
	});
	return { certPem: certificatePem(certificate), keyPem: await keyToPem(keys.privateKey) };
}

const DEVELOPMENT_HOSTS = ["localhost", "127.0.0.1", "::1"];

function authorityExtensions(pathLength = 0): x509.Extension[] {
	const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
	return [
		new x509.BasicConstraintsExtension(true, pathLength, true),
		new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
	];
}

/** As in the clouds' tutorials: of a device also nonRepudiation. */
function leafExtensions(use: "client" | "server"): x509.Extension[] {
	const { digitalSignature, keyEncipherment, nonRepudiation } = x509.KeyUsageFlags;
	const client = use === "client";
	const flags = digitalSignature | keyEncipherment | (client ? nonRepudiation : 0);
	return [
		new x509.BasicConstraintsExtension(false, undefined, true),
		new x509.KeyUsagesExtension(flags, true),
		new x509.ExtendedKeyUsageExtension([
			client ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
		]),
	];
}

function alternativeNames(hosts: readonly string[]): x509.SubjectAlternativeNameExtension {
	return new x509.SubjectAlternativeNameExtension(
		hosts.map((value) => ({ type: isIP(value) > 0 ? "ip" : "dns", value })),
	);
}

function certificatePem(certificate: x509.X509Certificate): string {
	return `${certificate.toString("pem").trim()}\n`;
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
