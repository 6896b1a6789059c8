// Likewise for signatures with RSA.

export default class PKCS1_5 {
	/** `oid` empty: the signature's DigestInfo may name any digest. */
	constructor(key: object, isPrivate: boolean, oid: readonly number[]);
	verify(hash: ArrayBuffer, signature: Uint8Array): boolean;
}
