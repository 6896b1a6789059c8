// Likewise for signatures with RSA.

export default class PKCS1_5 {
	constructor(key: object, isPrivate: boolean, oid: readonly number[]);
	readonly rsa: { process(value: bigint): bigint };
}
