// Likewise for its comparison of bytes.

declare const Bin: {
	/** 0: the same. */
	comp(a: Uint8Array | ArrayBuffer, b: Uint8Array | ArrayBuffer): number;
};
export default Bin;
