// What we use of the SDK's logical operations, whose types are not in npm's.

declare const Logical: {
	/** Of the first `count` bytes of `bytes`. */
	xor(bytes: Uint8Array, by: Uint8Array, count: number): void;
};
export default Logical;
