// What the session needs of a network connection. modules/platform has the one for Moddable's sockets.

/** Contract: none of these is called inside a call of `Transport`; after `closed` nothing more is called. */
export interface TransportHandler {
	/** The connection stands (with TLS: the handshake is done and the server's name was checked). */
	opened(): void;
	/** Bytes have arrived: [start, end) of `bytes`, all of it unless given; valid during this call only. */
	received(bytes: Uint8Array, start?: number, end?: number): void;
	/** More can be written, or all that was written is out. */
	writable(): void;
	/**
	 * The connection is gone, whoever ended it. `code` is a key of CLOSE_CODES; `detail` may name the cause.
	 */
	closed(code: string, detail: string): void;
}

/** Part of what is to be sent; undefined: there is none. */
export type Piece = Uint8Array | undefined;

export interface Transport {
	/** The transport that carries this one: bytes are written there, and its room and news are asked for. */
	readonly below?: Transport;
	/** Begins to connect. Only when idle. */
	open(handler: TransportHandler): void;
	/** Bytes that `write` takes now; 0 while not open. */
	readonly free: number;
	/** Whether all that was written has left the socket's buffer. */
	readonly drained: boolean;
	/**
	 * Somebody waits for `writable`, which need not be called otherwise: at each message it would cost as much
	 * as the message. The call takes it back.
	 */
	awaited: boolean;
	/**
	 * Sends up to three pieces, one behind the other, so that they can travel in one TLS record: `bytes` in all,
	 * at most `free` of them. Their buffer may be used again at once.
	 */
	write(bytes: number, first: Piece, second: Piece, third: Piece): void;
	/** Ends the connection: at once with `abort`, else after what was written. `closed` is not called. */
	close(abort: boolean): void;
}
