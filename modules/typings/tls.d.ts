// The SDK ships its TLS socket as JavaScript without types; the manifest maps this file to its name for tsc.

export default class TLSSocket {
	constructor(options: object);
	close(): void;
	read(count?: number | Uint8Array): unknown;
	write(buffer: Uint8Array, options?: { more?: boolean; byteLength?: number }): number;
}
