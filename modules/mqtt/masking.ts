// What WebSocket needs of the machine; modules/platform has it from Moddable's modules.

export interface Masking {
	/** XORs the first `count` bytes of `bytes` with `key`, over and over, in place. */
	mask(bytes: Uint8Array, key: Uint8Array, count: number): void;
	/** So many bytes that nobody can foresee (RFC 6455, 5.3). */
	random(count: number): ArrayBuffer;
	/** SHA-1 of an ASCII text, 20 bytes. */
	sha1(text: string): ArrayBuffer;
}
