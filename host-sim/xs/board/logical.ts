// Moddable's `logical`, as modules/platform/masking.ts uses it: native, as on a board.

const Logical = Object.freeze({ xor: host.xor });
export default Logical;
