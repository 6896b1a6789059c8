// What we use of the SDK's source of random bytes, whose types are not in npm's.

declare const RNG: { get(count: number): ArrayBuffer };
export default RNG;
