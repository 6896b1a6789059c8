// Moddable's `logical`, as modules/platform/masking.ts uses it.

const Logical = Object.freeze({
	xor(bytes: Uint8Array, by: Uint8Array, count: number): void {
		if (count <= 0 || count > bytes.length) throw new RangeError("invalid count"); // as the SDK says
		for (let i = 0; i < count; i++) bytes[i] = (bytes[i] as number) ^ (by[i % by.length] as number);
	},
});
export default Logical;
