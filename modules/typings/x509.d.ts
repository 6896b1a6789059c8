// The SDK ships its X.509 reader as JavaScript without types; the manifest maps this file to its name for tsc.

export interface PublicKey {
	/** RSA. */
	modulus?: bigint;
	exponent?: bigint;
	/** Elliptic curves. */
	pub?: object;
	curve?: object;
}

declare const X509: {
	decode(der: Uint8Array): { tbs: Uint8Array; algo: { toString(): string }; sig: Uint8Array };
	/** Dates in ms since 1970; issuer and subject as DER. */
	decodeTBS(tbs: Uint8Array): {
		validity: { from: number; to: number };
		issuer: Uint8Array;
		subject: Uint8Array;
	};
	decodeSPKI(der: Uint8Array): PublicKey;
	/** The key identifier of the issuer. */
	decodeAKI(der: Uint8Array): Uint8Array | undefined;
	/** DNS names as texts, IP addresses as bytes. */
	decodeSAN(der: Uint8Array): { tag: number; value: string | ArrayBuffer }[] | undefined;
	/** The extension's value, or undefined. */
	decodeExtension(der: Uint8Array, oid: readonly number[]): ArrayBuffer | undefined;
};
export default X509;
