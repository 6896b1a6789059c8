// What we use of the SDK's digests, whose types are not in npm's.

export class Digest {
	constructor(name: "SHA1" | "SHA256" | "SHA384" | "SHA512");
	write(bytes: ArrayBuffer | string): void;
	close(): ArrayBuffer;
}
