// Likewise for its comparison of bytes.

declare const Bin: {
	/** 0: the same. */
	comp(a: Uint8Array, b: Uint8Array): number;
};
export default Bin;
