// The SDK ships its X.509 reader as JavaScript without types; the manifest maps this file to its name for
// tsc.

export interface PublicKey {
	/** RSA. */
	modulus?: bigint;
	exponent?: bigint;
	/** Elliptic curves. */
	pub?: object;
	curve?: object;
}

declare const X509: {
	decodeSPKI(der: Uint8Array): PublicKey;
};
export default X509;
