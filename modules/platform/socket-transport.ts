// Transport over the Ecma-419 TCP and TLS sockets. DNS, TCP and TLS failures all end in one `closed`.

import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import type { Alarm, AlarmOwner, Timers } from "../core/clock.js";
import { Limits } from "../mqtt/limits.js";
import type { Piece, Transport, TransportHandler } from "../mqtt/transport.js";
import { ContainedTcp } from "./contained-tcp.js";
import type { SocketLike, Sockets } from "./socket.js";
import { resolve } from "./system.js";
import { tlsWords } from "./tls-words.js";

export interface SocketTransportOptions {
	readonly host: string;
	readonly port: number;
	/** Absent: plain TCP. */
	readonly tls?: {
		/** Name that the server's certificate must have; always checked. */
		readonly serverName: string;
		/** Application protocol to ask for (ALPN); empty: none. */
		readonly alpn: string;
		/** Length of records to ask for, bytes; 0: none. */
		readonly fragmentBytes: number;
		/** DER. */
		readonly ca?: ArrayBuffer | undefined;
		/** DER, leaf first; empty without mutual TLS. */
		readonly chain: ArrayBuffer[];
		/** Unencrypted PKCS#8 DER, RSA. */
		readonly key?: ArrayBuffer | undefined;
	};
}

/** Bytes that a TLS record adds at most, as the SDK estimates it. */
const TLS_OVERHEAD = 96;
/** What one really adds at most: header, IV, MAC and padding of CBC. */
const RECORD_OVERHEAD = 5 + 16 + 32 + 16;
const CHUNK = Limits.chunkBytes;
/** Another piece follows at once, of so many bytes in all; the SDK's TLS then makes one record of them. */
interface More {
	readonly more: true;
	byteLength: number;
}

export class SocketTransport implements Transport, AlarmOwner {
	// First what each message touches: XS looks through an object's fields in their order.
	free = 0;
	drained = true;
	awaited = false;
	private socket: SocketLike | undefined;
	private handler: TransportHandler | undefined;
	/**
	 * What the socket's callbacks announce is not done inside them but from a timer: always with TLS, for the
	 * SDK's calls back deep inside its own work, and the stack of a small board does not hold both; on plain
	 * TCP while a call of the socket, or what such a callback has led to, is under way.
	 */
	private later: boolean;
	private readable = 0;
	private mayWrite = false;
	/** Counts connections, so that a late callback of an earlier one is known as such. */
	private generation = 0;
	private isOpen = false;
	/** The most that was ever free: the whole buffer of the socket. */
	private window = 0;
	private readonly tls: boolean;
	private readonly record: More | undefined;
	private readonly buffer = new ArrayBuffer(CHUNK, { maxByteLength: CHUNK });
	private readonly rx = new Uint8Array(this.buffer);
	private error: string | undefined;
	/**
	 * What TLS adds to one write, beyond what the SDK takes off for it, where that makes several records;
	 * bytes.
	 */
	private readonly extra: number;
	private tlsError: string | undefined;
	/** `work` is under way. */
	private serving = false;
	/** What the socket's callbacks have left to do. */
	private readonly work: Alarm;
	private readonly options: SocketTransportOptions;

	constructor(options: SocketTransportOptions, timers: Timers) {
		this.options = options;
		this.tls = this.later = options.tls !== undefined;
		this.record = this.tls ? { more: true, byteLength: 0 } : undefined;
		const { fragmentBytes = 0 } = options.tls ?? {};
		const records = fragmentBytes === 0 ? 1 : Math.ceil(Limits.outputBytes / fragmentBytes);
		this.extra = Math.max(0, records * RECORD_OVERHEAD - TLS_OVERHEAD);
		this.work = timers.create(this);
	}

	open(handler: TransportHandler): void {
		const generation = ++this.generation;
		const { host } = this.options;
		this.handler = handler;
		this.readable = 0;
		this.mayWrite = false;
		this.awaited = false;
		this.later = this.tls;
		this.error = undefined;
		this.tlsError = undefined;
		this.window = 0;
		if (isAddress(host)) {
			this.connect(host, generation);
			return;
		}
		resolve(host, (address) => {
			if (generation !== this.generation) return;
			// The SDK's sockets know no other addresses.
			if (address === undefined)
				this.closed("dns-failed", host.includes(":") ? `${host}: use a name or an IPv4 address` : host);
			else this.connect(address, generation);
		});
	}

	write(bytes: number, first: Piece, second: Piece, third: Piece): void {
		const socket = this.socket;
		if (!socket) return;
		const later = this.later;
		this.later = true;
		this.drained = this.mayWrite = false; // what was announced before tells nothing about these bytes
		// An estimate until the socket reports anew.
		this.free -= bytes;
		const record = this.record;
		if (record) this.countRecord(record, bytes);
		try {
			if (first && (second || third)) socket.write(first, record);
			if (second && third) socket.write(second, record);
			// On Linux the SDK's socket neither throws nor calls onError when a write fails: it only returns no
			// number.
			if (!((socket.write((third || second || first) as Uint8Array) as number) >= 0))
				throw new Error("write failed");
		} catch (error) {
			// The socket has just died; what it throws must not pass through the session.
			this.error ??= error instanceof Error ? error.message : "";
			this.free = 0;
			this.serve();
		}
		this.later = later;
	}

	/** What TLS adds to a write, and as how much it takes the pieces that follow one another. */
	private countRecord(record: More, bytes: number): void {
		record.byteLength = bytes;
		this.free = Math.max(0, this.free - TLS_OVERHEAD - this.extra);
	}

	/** Sockets of the SDK know one way to end: what was written still goes out, if it can. */
	close(_abort: boolean): void {
		this.generation++;
		this.handler = undefined;
		this.release();
	}

	private release(): void {
		const socket = this.socket;
		this.socket = undefined;
		this.free = 0;
		this.isOpen = false;
		this.work.stop();
		this.serving = false;
		try {
			socket?.close();
		} catch {
			// A socket whose construction or handshake failed may have nothing left to close.
		}
	}

	private closed(code: string, detail: string): void {
		const handler = this.handler;
		this.generation++;
		this.handler = undefined;
		this.release();
		handler?.closed(code, detail);
	}

	private connect(address: string, generation: number): void {
		const { host, port, tls } = this.options;
		const callbacks = {
			onReadable: (count: number) => {
				if (generation !== this.generation) return;
				if (!this.later) return this.take(count);
				this.readable = count;
				this.serve();
			},
			onWritable: (count: number) => {
				if (generation !== this.generation) return;
				const free = count - this.extra;
				this.free = free > 0 ? free : 0;
				if (count > this.window) this.window = count;
				this.drained = count === this.window;
				if (!this.awaited && this.isOpen) return;
				this.mayWrite = true;
				if (this.later) this.serve();
				else this.due();
			},
			onError: (error?: unknown) => {
				if (generation === this.generation) this.fail(error instanceof Error ? error.message : "");
			},
		};
		this.later = true;
		try {
			const sockets = { TCP, TLSSocket } as unknown as Sockets;
			if (tls === undefined) this.socket = new sockets.TCP({ address, port, ...callbacks });
			else {
				const failed = (message: string) => {
					if (generation !== this.generation) return;
					this.tlsError = message;
					this.serve();
				};
				this.socket = new sockets.TLSSocket({
					host,
					address,
					port,
					...callbacks,
					TCP: { io: ContainedTcp },
					failed,
					secure: {
						serverName: tls.serverName,
						protocolVersion: 0x303,
						...(tls.fragmentBytes === 0 ? {} : { tls_max_fragment_length: tls.fragmentBytes }),
						...(tls.alpn === "" ? {} : { applicationLayerProtocolNegotiation: tls.alpn }),
						...(tls.ca ? { certificate: tls.ca } : {}),
						...(tls.chain.length > 0 && tls.key ? { clientCertificates: tls.chain, clientKey: tls.key } : {}),
					},
				});
			}
		} catch (error) {
			// Not now: `closed` must not be called inside `open`.
			this.fail(error instanceof Error ? error.message : String(error));
		}
		this.later = this.tls;
	}

	private fail(error: string): void {
		this.error = error;
		if (this.later) this.serve();
		else this.due();
	}

	private failed(detail: string): void {
		if (this.isOpen) this.closed("connection-lost", detail);
		else this.closed(detail.startsWith("TLS") ? "tls-failed" : "connect-failed", detail);
	}

	/**
	 * Not in `due`: there every name from outside costs the stack a slot, below all that a packet leads
	 * to.
	 */
	private tlsFailed(message: string): void {
		this.closed("tls-failed", tlsWords(message, Date.now()));
	}

	/** Has `due` called from a timer, once for all that comes until then. */
	private serve(): void {
		if (this.serving) return;
		this.serving = true;
		this.work.start(0);
	}

	/** Does what the callbacks announced. */
	due(): void {
		this.serving = false;
		const generation = this.generation;
		if (this.tlsError !== undefined) return this.tlsFailed(this.tlsError);
		this.later = true;
		if (this.mayWrite && !this.isOpen) {
			this.isOpen = true;
			this.mayWrite = false;
			this.handler?.opened();
		}
		if (this.readable > 0) this.take(this.readable);
		if (generation !== this.generation || this.readable > 0) return;
		if (this.error !== undefined) this.failed(this.error);
		else if (this.mayWrite) {
			this.later = true;
			this.mayWrite = false;
			this.awaited = false;
			this.handler?.writable();
		}
		this.later = this.tls;
	}

	/**
	 * Reads a chunk, and hands it over. One a turn: a flood leaves room for the other timers, the journal's and
	 * the watchdog's among them.
	 */
	private take(readable: number): void {
		const generation = this.generation;
		const n = readable < CHUNK ? readable : CHUNK;
		this.later = true;
		this.readable = readable - n;
		this.buffer.resize(n); // the view follows; a new view would be garbage
		this.socket?.read(this.rx);
		this.handler?.received(this.rx);
		// Back to its full length: a collection takes the spare room of a shorter one, and growing would
		// allocate.
		this.buffer.resize(CHUNK);
		if (generation !== this.generation) return;
		this.later = this.tls;
		if (readable > n) this.serve();
	}
}

/** Whether a host is an IPv4 address already: only digits and dots. */
function isAddress(host: string): boolean {
	for (let i = 0; i < host.length; i++) {
		const c = host.charCodeAt(i);
		if (c !== 46 && (c < 48 || c > 57)) return false;
	}
	return host !== "";
}
