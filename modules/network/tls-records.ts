// Records of TLS 1.2 as they come from a socket (RFC 5246, 6.2). What is not encrypted yet is handed on piece
// by piece, so that a record of 16 KB takes no more memory than one of 16 bytes. What is encrypted is
// collected, because a record is authenticated as a whole.

import { Alert, TlsFault } from "./tls-fault.js";

export const ContentType = Object.freeze({
	ChangeCipherSpec: 20,
	Alert: 21,
	Handshake: 22,
	ApplicationData: 23,
} as const);

/** Longest content of a record, bytes, unless both sides have agreed on less. */
export const MAX_CONTENT = 16384;
/** What encryption may add with the suites that we offer: IV, MAC and padding of CBC with SHA-256. */
const MAX_EXPANSION = 16 + 32 + 256;
/** Longest encrypted record of a handshake: Finished or an alert. Whoever sends it has proved nothing yet. */
const MAX_SEALED_MESSAGE = 512;
const HEADER = 5;
/** Most bytes that are handed on at once. */
export const PIECE = 512;
/** Records without content that may follow one another: nobody needs more. */
const MAX_EMPTY = 8;

export interface RecordSink {
	/** A piece of an open record's content; valid during the call. */
	open(type: number, bytes: Uint8Array): void;
	/** A whole encrypted record without its header; it is the sink's from here on. */
	sealed(type: number, version: number, record: Uint8Array): void;
}

export class RecordReader {
	/** Whether what comes is encrypted: from the server's ChangeCipherSpec on. */
	encrypted = false;
	/** Whether the handshake is under way. */
	handshaking = true;
	/** Longest content of a record, bytes. */
	maxContent: number = MAX_CONTENT;
	private readonly sink: RecordSink;
	private readonly header = new Uint8Array(HEADER);
	private readonly piece = new Uint8Array(new ArrayBuffer(PIECE, { maxByteLength: PIECE }));
	private headerBytes = 0;
	/** Bytes of the record that are still to come. */
	private left = 0;
	/** An encrypted record, and how much of it is there. */
	private record: Uint8Array | undefined;
	private at = 0;
	private empty = 0;

	constructor(sink: RecordSink) {
		this.sink = sink;
	}

	/** Whether a record ends here: nothing of another has come. */
	get idle(): boolean {
		return this.headerBytes === 0;
	}

	/**
	 * Where the next bytes go: a view of at least one byte, and at most `available`. Then call `filled` with
	 * it.
	 */
	room(available: number): Uint8Array {
		if (this.headerBytes < HEADER) {
			const from = this.headerBytes;
			return this.header.subarray(from, Math.min(HEADER, from + available));
		}
		const length = Math.min(this.left, available);
		const record = this.record;
		if (record) return record.subarray(this.at, this.at + length);
		const piece = this.piece;
		(piece.buffer as ArrayBuffer).resize(Math.min(length, PIECE)); // the view follows
		return piece;
	}

	/** The view that `room` gave is full. Throws a TlsFault, and whatever the sink throws. */
	filled(view: Uint8Array): void {
		const { length } = view;
		if (this.headerBytes < HEADER) {
			this.headerBytes += length;
			if (this.headerBytes === HEADER) this.begin();
			return;
		}
		this.left -= length;
		this.at += length;
		const type = this.header[0] as number;
		const record = this.record;
		const over = this.left === 0;
		if (over) {
			this.headerBytes = 0;
			this.record = undefined;
		}
		if (!record) this.sink.open(type, view);
		else if (over) this.sink.sealed(type, this.version, record);
	}

	private get version(): number {
		return ((this.header[1] as number) << 8) | (this.header[2] as number);
	}

	private begin(): void {
		const header = this.header;
		const type = header[0] as number;
		if (type < ContentType.ChangeCipherSpec || type > ContentType.ApplicationData || header[1] !== 3)
			throw new TlsFault(Alert.UnexpectedMessage, "what answers there does not speak TLS");
		const length = ((header[3] as number) << 8) | (header[4] as number);
		const most = !this.encrypted
			? this.maxContent
			: this.handshaking
				? MAX_SEALED_MESSAGE
				: this.maxContent + MAX_EXPANSION;
		if (length > most)
			throw new TlsFault(Alert.RecordOverflow, `the server sent a record of ${length} bytes, above ${most}`);
		if (!this.encrypted && type === ContentType.ApplicationData)
			throw new TlsFault(Alert.UnexpectedMessage, "the server sent data that is not encrypted");
		if (length === 0) {
			// Only application data may be empty (6.2.1), and that is encrypted here.
			if (this.encrypted || type !== ContentType.Handshake || ++this.empty > MAX_EMPTY)
				throw new TlsFault(Alert.UnexpectedMessage, "the server sent an empty record");
			this.headerBytes = 0;
			return;
		}
		this.empty = 0;
		this.left = length;
		this.at = 0;
		if (this.encrypted) this.record = new Uint8Array(length);
	}
}
