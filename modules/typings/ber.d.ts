// Likewise for its reader of BER.

export default class BER {
	constructor(bytes: Uint8Array | ArrayBuffer);
	getSequence(): Uint8Array;
	getInteger(): bigint;
}
