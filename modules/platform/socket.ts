// The sockets as SDK 8.2.3 has them. The published typings differ from it and from each other, so
// socket-transport casts once to these.

export interface SocketLike {
	read(buffer: Uint8Array): unknown;
	write(
		buffer: Uint8Array,
		options?: { readonly more: boolean; readonly byteLength: number } | undefined,
	): unknown;
	close(): void;
}

export interface SocketCallbacks {
	readonly onReadable: (count: number) => void;
	readonly onWritable: (count: number) => void;
	/** Ecma-419 gives no argument; host-sim and later editions give the error. */
	readonly onError: (error?: unknown) => void;
}

export interface Sockets {
	readonly TCP: new (options: SocketCallbacks & { address: string; port: number }) => SocketLike;
	readonly TLSSocket: new (
		options: SocketCallbacks & {
			host: string;
			address: string;
			port: number;
			TCP: { io: unknown };
			/** Of ContainedTcp. */
			failed(message: string): void;
			secure: {
				serverName: string;
				protocolVersion: number;
				/** An extension of the SDK's client hello by its name there. */
				tls_max_fragment_length?: number;
				certificate?: ArrayBuffer;
				clientCertificates?: ArrayBuffer[];
				clientKey?: ArrayBuffer;
			};
		},
	) => SocketLike;
}
