// Likewise for ECDSA.

export default class ECDSA {
	constructor(key: object, curve: object | undefined);
	_verify(hash: ArrayBuffer, r: bigint, s: bigint): boolean;
}
