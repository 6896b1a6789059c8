// Certificates of devices as the service hands them out: each request makes a new one, with its secret.
import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import type { IssuedPair } from "../../../certs/library/issue.js";
import { encryptKey, writePkcs12 } from "../../../certs/library/pkcs12.js";
import { HttpError } from "../http.js";

/** As the service encrypts; so many rounds hold up the stand-in for about half a second. */
const PEM = { algorithm: "3des", count: 131_072, saltSize: 8 } as const;
const P12 = { algorithm: "3des", count: 2000, saltSize: 8 } as const;
const SECRET_BYTES = 16;
/** Requests under way at once: each costs an RSA key. */
const MOST_WAITING = 8;

export class Certificates {
	private readonly issue: (commonName: string) => Promise<IssuedPair>;
	private waiting = 0;
	private last: Promise<unknown> = Promise.resolve();

	constructor(issue: (commonName: string) => Promise<IssuedPair>) {
		this.issue = issue;
	}

	/** The encrypted key, then the device's certificate; no issuer. */
	async pem(commonName: string): Promise<{ secret: string; pem: string }> {
		const { certPem, keyPem } = await this.next(commonName);
		const secret = newSecret();
		return { secret, pem: encryptKey(createPrivateKey(keyPem), secret, PEM) + certPem };
	}

	/** PKCS#12 in base64. */
	async p12(commonName: string, name: string): Promise<{ secret: string; p12: string }> {
		const { certPem, keyPem } = await this.next(commonName);
		const secret = newSecret();
		const chain = [new X509Certificate(certPem)];
		const bytes = writePkcs12(createPrivateKey(keyPem), chain, secret, name, P12);
		return { secret, p12: Buffer.from(bytes).toString("base64") };
	}

	/** One after the other. */
	private async next(commonName: string): Promise<IssuedPair> {
		if (this.waiting >= MOST_WAITING)
			throw new HttpError(503, "busy", `${MOST_WAITING} certificates are being made already: try again`);
		this.waiting++;
		const issued = this.last.then(() => this.issue(commonName));
		this.last = issued.catch(() => {});
		try {
			return await issued;
		} finally {
			this.waiting--;
		}
	}
}

const newSecret = (): string => randomBytes(SECRET_BYTES).toString("hex");
