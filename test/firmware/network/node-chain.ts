// A chain of certificates read by ours, with the arithmetic of node:crypto, as
// modules/platform/sdk-tls/certificates has it with the SDK's. It counts the signatures that are reckoned
// with.

import { createPublicKey, verify } from "node:crypto";
import { Certificate, Signature, same } from "../../../modules/network/certificate.js";
import { type Chain, chainFault } from "../../../modules/network/server-chain.js";
import { isPair } from "../../../modules/network/signature.js";

const DIGESTS = ["", "sha256", "sha384", "sha512", "sha256", "sha384", "sha512"];

export class NodeChain implements Chain {
	verified = 0;
	readonly ownAuthority = true;
	readonly missing = "";
	readonly #sent: readonly Certificate[];
	readonly #trusted: Certificate;

	constructor(sent: readonly Uint8Array[], trusted: Uint8Array, serverName: string) {
		this.#sent = sent.map((bytes, at) => new Certificate(bytes, at === 0 ? serverName : ""));
		this.#trusted = new Certificate(trusted, "");
	}

	get length(): number {
		return this.#sent.length;
	}
	certificate(at: number): Certificate {
		return this.#sent[at] as Certificate;
	}
	linked(at: number): boolean {
		const behind = this.certificate(at + 1);
		return behind.fault !== "" || issued(this.certificate(at), behind);
	}
	anchor(at: number): Certificate | undefined {
		const trusted = this.#trusted;
		return trusted.fault !== "" || issued(this.certificate(at), trusted) ? trusted : undefined;
	}
	signed(at: number): boolean {
		return this.#signedBy(this.certificate(at), this.certificate(at + 1));
	}
	anchored(at: number): boolean {
		return this.#signedBy(this.certificate(at), this.#trusted);
	}

	#signedBy(certificate: Certificate, issuer: Certificate): boolean {
		this.verified++;
		const { der, signature, signatureFrom, signatureTo, tbsFrom, tbsTo } = certificate;
		const elliptic = signature > Signature.RsaSha512;
		if (elliptic !== issuer.curveBits > 0) return false;
		if (elliptic && !isPair(der, signatureFrom, signatureTo, issuer.curveBits)) return false;
		const e = Buffer.alloc(4);
		e.writeUInt32BE(issuer.exponent);
		const url = (from: number, to: number) =>
			Buffer.from(issuer.der.subarray(from, to)).toString("base64url");
		const { pointFrom, curveBits } = issuer;
		const size = curveBits / 8;
		const key = createPublicKey({
			format: "jwk",
			key: elliptic
				? {
						...{ kty: "EC", crv: `P-${curveBits}`, x: url(pointFrom + 1, pointFrom + 1 + size) },
						y: url(pointFrom + 1 + size, issuer.pointTo),
					}
				: { kty: "RSA", n: url(issuer.modulusFrom, issuer.modulusTo), e: e.toString("base64url") },
		});
		return verify(
			DIGESTS[signature],
			der.subarray(tbsFrom, tbsTo),
			key,
			der.subarray(signatureFrom, signatureTo),
		);
	}
}

function issued(certificate: Certificate, by: Certificate): boolean {
	const { der, issuerFrom, issuerTo, issuerKeyFrom, issuerKeyTo } = certificate;
	if (!same(der, issuerFrom, issuerTo, by.der, by.subjectFrom, by.subjectTo)) return false;
	if (issuerKeyTo === 0 || by.subjectKeyTo === 0) return true;
	return same(der, issuerKeyFrom, issuerKeyTo, by.der, by.subjectKeyFrom, by.subjectKeyTo);
}

export function faultOf(
	sent: readonly Uint8Array[],
	trusted: Uint8Array,
	serverName: string,
	now: number,
): string {
	return chainFault(new NodeChain(sent, trusted, serverName), serverName, now);
}
