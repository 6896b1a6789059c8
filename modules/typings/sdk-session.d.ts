// The SDK's TLS session (modules/crypt/ssl/session_419.js), as far as ours builds on it.

export interface Protocol {
	packetize(session: Session, ...parameters: unknown[]): Uint8Array | undefined;
}
/** A TCP socket of Ecma-419; the TLS socket keeps the two counts in it. */
export interface Socket {
	/** Bytes that can be read, and written, now. */
	readable: number;
	writable: number;
	read(buffer: Uint8Array): unknown;
	write(buffer: Uint8Array): number;
}
interface Cipher {
	/** GCM or CBC. */
	readonly enc: {
		readonly tagLength: number;
		process(
			data: Uint8Array,
			into: Uint8Array,
			nonce: ArrayBuffer,
			additional: ArrayBuffer,
			encrypt: boolean,
		): Uint8Array | undefined;
		setIV(iv: ArrayBuffer): void;
		decrypt(data: Uint8Array, into: Uint8Array): void;
	};
	readonly iv: ArrayBuffer & { concat(other: ArrayBuffer): ArrayBuffer };
	readonly hmac?: object;
}

export default class Session {
	constructor(options: object);
	options: { tls_server_name?: string; tls_max_fragment_length?: number };
	/** Type of the handshake message that was handled last; -1: the next one is awaited. */
	handshakeProcess: number;
	clientSessionID: ArrayBuffer | undefined;
	serverSessionID: ArrayBuffer | undefined;
	/** From ServerHello on. */
	handshakeDigests: { SHA256: { write(bytes: Uint8Array): void } };
	clientCerts: ArrayBuffer[] | undefined;
	myCert: ArrayBuffer | undefined;
	peerCert: ArrayBuffer | undefined;
	alert: { level: number; description: number } | undefined;
	chosenCipher: {
		readonly keyExchangeAlgorithm: number;
		readonly encryptionMode: number;
		readonly ivSize: number;
		readonly cipherBlockSize: number;
		readonly hashSize: number;
	};
	clientCipher: Cipher | null;
	serverCipher: Cipher | null;
	readSeqNum: bigint;
	certificateManager: unknown;
	/** Goes on with the handshake; true once it is over. */
	handshake(socket: Socket): boolean;
	/** Content of one record; undefined: none is there; null: the server has closed. */
	read(socket: Socket): Uint8Array | null | undefined;
	write(socket: Socket, data: Uint8Array, options?: { more?: boolean; byteLength?: number }): number;
	doProtocol(socket: Socket, protocol: Protocol, first?: unknown, second?: unknown): void;
}
