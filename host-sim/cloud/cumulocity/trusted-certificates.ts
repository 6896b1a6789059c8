// Authorities that an operator has uploaded: devices whose certificates they have signed are let in.
import { X509Certificate } from "node:crypto";
import { pemToDer, toPem } from "../../../certs/library/issue.js";

export interface TrustedCertificate {
	/** SHA-256, hexadecimal, without colons. */
	readonly fingerprint: string;
	readonly name: string;
	readonly pem: string;
	readonly certificate: X509Certificate;
	enabled: boolean;
	/** Whether a device that nobody has registered is, with its first connection. */
	autoRegistration: boolean;
}

export type NewTrusted = Pick<TrustedCertificate, "name" | "enabled" | "autoRegistration"> & { pem: string };

const MOST = 50;

/** The certificate in a PEM text, whose line ends may be missing; undefined where there is none. */
function readPem(text: string): { pem: string; certificate: X509Certificate } | undefined {
	try {
		const pem = toPem("CERTIFICATE", pemToDer(text));
		return { pem, certificate: new X509Certificate(pem) };
	} catch {
		return undefined;
	}
}

export class TrustedCertificates {
	private readonly authorities = new Map<string, TrustedCertificate>();
	/** Called with those that are enabled, after every change. */
	changed: (authorities: readonly string[]) => void = () => {};

	list(): TrustedCertificate[] {
		return [...this.authorities.values()];
	}

	get(fingerprint: string): TrustedCertificate | undefined {
		return this.authorities.get(fingerprint);
	}

	/** The authority, or in words why it is none that can be trusted. */
	add({ name, pem: text, enabled, autoRegistration }: NewTrusted): TrustedCertificate | string {
		const read = readPem(text);
		if (!read) return "certInPemFormat holds no certificate";
		const { pem, certificate } = read;
		if (!certificate.ca) return "the certificate is no authority's: its basic constraints do not say CA";
		if (Date.parse(certificate.validTo) < Date.now()) return "the certificate has expired";
		const known = this.enabled().some((one) => certificate.checkIssued(one.certificate));
		if (!known && !certificate.checkIssued(certificate)) {
			return "an intermediate authority is taken after its root only";
		}
		const fingerprint = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
		if (this.authorities.has(fingerprint)) return "the certificate is trusted already";
		if (this.authorities.size >= MOST) return `a tenant trusts at most ${MOST} authorities`;
		const added = { fingerprint, name, pem, certificate, enabled, autoRegistration };
		this.authorities.set(fingerprint, added);
		this.tell();
		return added;
	}

	change(authority: TrustedCertificate, to: { enabled?: boolean; autoRegistration?: boolean }): void {
		Object.assign(authority, to);
		this.tell();
	}

	/** The uploaded authority that has signed this certificate, or one above it. */
	above(leaf: X509Certificate): TrustedCertificate | undefined {
		let at: X509Certificate | undefined = leaf;
		// A chain has an end, or comes back to itself.
		for (let depth = 0; at && depth < 10; depth++) {
			const below: X509Certificate = at;
			const found = this.enabled().find(({ certificate }) => below.checkIssued(certificate));
			if (found) return found;
			at = below.issuerCertificate;
		}
		return undefined;
	}

	private enabled(): TrustedCertificate[] {
		return this.list().filter((authority) => authority.enabled);
	}

	private tell(): void {
		this.changed(this.enabled().map(({ pem }) => pem));
	}
}
