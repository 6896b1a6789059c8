// The handshake messages of a TLS 1.2 server, put together from any number of records and pieces (RFC 5246,
// 7.4), in their order:
//
//   state         comes                  next
//   Hello         ServerHello            Answered
//   Answered      Certificate            Certified
//   Answered      ChangeCipherSpec       Finishing     (a session that is resumed)
//   Certified     ServerKeyExchange      Keyed
//   Certified, Keyed
//                 CertificateRequest     Requested
//   Certified, Keyed, Requested
//                 ServerHelloDone        Ours          (our flight goes out)
//   Ours          ChangeCipherSpec       Finishing
//   Finishing     Finished               Done
//   any           HelloRequest           the same      (7.4.1.1: not hashed; before Done ignored)
//
// Short messages are handed on whole. A chain of certificates is handed on certificate by certificate, and a
// request for one, which may name hundreds of authorities, is only hashed as it streams by: neither is ever
// held.

import { Alert, TlsFault } from "./tls-fault.js";

export const MessageType = Object.freeze({
	HelloRequest: 0,
	ServerHello: 2,
	Certificate: 11,
	ServerKeyExchange: 12,
	CertificateRequest: 13,
	ServerHelloDone: 14,
	Finished: 20,
} as const);

const State = Object.freeze({
	Hello: 0,
	Answered: 1,
	Certified: 2,
	Keyed: 3,
	Requested: 4,
	Ours: 5,
	Finishing: 6,
	Done: 7,
} as const);

const NAMES: Readonly<Record<number, string>> = Object.freeze({
	0: "HelloRequest",
	2: "ServerHello",
	11: "Certificate",
	12: "ServerKeyExchange",
	13: "CertificateRequest",
	14: "ServerHelloDone",
	20: "Finished",
});
/** Longest body of each message, bytes. */
const LONGEST: Readonly<Record<number, number>> = Object.freeze({
	0: 0,
	2: 1024,
	11: 36_864,
	12: 1024,
	13: 131_072,
	14: 0,
	20: 12,
});
/** Longest certificate, bytes, and most of them in a chain. */
export const MAX_CERTIFICATE = 6144;
export const MAX_CERTIFICATES = 6;
const HEADER = 4;

/** What is to be told once a step is done. */
const Event = Object.freeze({ None: 0, Certificate: 1, End: 2, Renegotiation: 3 } as const);

export interface MessageSink {
	/** A whole message, with its header; it is the sink's from here on. Not hashed yet. */
	message(type: number, bytes: Uint8Array): void;
	/** What belongs to the hash of the handshake and is not handed on by `message`; valid during the call. */
	hash(bytes: Uint8Array): void;
	/** One certificate of the chain, DER, the server's own at 0; it is the sink's. */
	certificate(at: number, der: Uint8Array): void;
	/** The chain is complete. */
	chainEnded(certificates: number): void;
	/** The server wants a certificate of ours. */
	requested(): void;
	/** The server would begin anew in a session that stands. */
	renegotiation(): void;
}

export class HandshakeReader {
	private readonly sink: MessageSink;
	private state: number = State.Hello;
	private readonly header = new Uint8Array(HEADER);
	private headerBytes = 0;
	private type = 0;
	/** Of the message's body, still to come. */
	private left = 0;
	/** A short message, or a certificate, and how much of it is there. */
	private whole: Uint8Array | undefined;
	private at = 0;
	/** A length of three bytes in a chain: how many have come, and what they say. */
	private lengthBytes = 0;
	private length = 0;
	/** Bytes of the list that are still to come; -1 before its own length. */
	private listLeft = -1;
	private certificates = 0;
	private event: number = Event.None;

	constructor(sink: MessageSink) {
		this.sink = sink;
	}

	get done(): boolean {
		return this.state === State.Done;
	}

	/** Whether a message ends here: nothing of another has come. */
	get idle(): boolean {
		return this.headerBytes === 0;
	}

	/**
	 * Takes the content of handshake records in order, cut anywhere. Throws a TlsFault, and whatever the sink
	 * throws.
	 */
	push(bytes: Uint8Array): void {
		let at = 0;
		while (at < bytes.length) {
			at = this.headerBytes < HEADER ? this.head(bytes, at) : this.body(bytes, at);
			// From here, not from where it was found: what follows is deep enough on a small stack.
			if (this.event === Event.None) continue;
			this.tell();
			// The last certificate ends its message too.
			if (this.headerBytes === HEADER && this.left === 0) {
				this.end();
				this.tell();
			}
		}
	}

	private tell(): void {
		const event = this.event;
		const whole = this.whole;
		this.event = Event.None;
		if (event === Event.Renegotiation) return this.sink.renegotiation();
		this.whole = undefined;
		if (event === Event.Certificate) return this.sink.certificate(this.certificates++, whole as Uint8Array);
		if (this.type === MessageType.Certificate) return this.sink.chainEnded(this.certificates);
		if (this.type === MessageType.CertificateRequest) return this.sink.requested();
		this.sink.message(this.type, whole as Uint8Array);
	}

	/** ChangeCipherSpec has come. `resuming`: the server goes on with a session of before. */
	changeCipher(resuming: boolean): void {
		const state = this.state;
		if (!this.idle || !(state === State.Ours || (state === State.Answered && resuming)))
			throw new TlsFault(Alert.UnexpectedMessage, "the server changes the cipher out of order");
		this.state = State.Finishing;
	}

	private head(bytes: Uint8Array, from: number): number {
		const end = Math.min(bytes.length, from + HEADER - this.headerBytes);
		for (let at = from; at < end; at++) this.header[this.headerBytes++] = bytes[at] as number;
		if (this.headerBytes === HEADER) this.begin();
		return end;
	}

	private begin(): void {
		const header = this.header;
		const type = header[0] as number;
		const length = ((header[1] as number) << 16) | ((header[2] as number) << 8) | (header[3] as number);
		const name = NAMES[type];
		if (name === undefined)
			throw new TlsFault(Alert.UnexpectedMessage, `the server sent a handshake message of type ${type}`);
		if (length > (LONGEST[type] as number))
			throw new TlsFault(Alert.DecodeError, `the server's ${name} has ${length} bytes, which is too long`);
		if (type === MessageType.HelloRequest) {
			this.headerBytes = 0;
			if (this.state === State.Done) this.event = Event.Renegotiation;
			return;
		}
		this.advance(type, name);
		this.type = type;
		this.left = length;
		this.at = 0;
		if (type === MessageType.Certificate || type === MessageType.CertificateRequest) {
			this.sink.hash(header);
			this.listLeft = -1;
			this.certificates = this.lengthBytes = this.length = 0;
		} else {
			this.whole = new Uint8Array(HEADER + length);
			this.whole.set(header);
			this.at = HEADER;
		}
		if (length === 0) this.end();
	}

	/** What may come in which state. */
	private advance(type: number, name: string): void {
		const state = this.state;
		const between = state >= State.Certified && state <= State.Requested;
		let next = -1;
		if (type === MessageType.ServerHello && state === State.Hello) next = State.Answered;
		else if (type === MessageType.Certificate && state === State.Answered) next = State.Certified;
		else if (type === MessageType.ServerKeyExchange && state === State.Certified) next = State.Keyed;
		else if (type === MessageType.CertificateRequest && between && state < State.Requested)
			next = State.Requested;
		else if (type === MessageType.ServerHelloDone && between) next = State.Ours;
		else if (type === MessageType.Finished && state === State.Finishing) next = State.Done;
		if (next < 0) throw new TlsFault(Alert.UnexpectedMessage, `the server's ${name} comes out of order`);
		this.state = next;
	}

	private body(bytes: Uint8Array, from: number): number {
		const type = this.type;
		let end = Math.min(bytes.length, from + this.left);
		if (type === MessageType.CertificateRequest) this.sink.hash(view(bytes, from, end));
		else if (type === MessageType.Certificate) {
			end = this.chain(bytes, from, end);
			this.sink.hash(view(bytes, from, end));
		} else {
			(this.whole as Uint8Array).set(view(bytes, from, end), this.at);
			this.at += end - from;
		}
		this.left -= end - from;
		if (this.left === 0 && this.event === Event.None) this.end();
		return end;
	}

	/** A part of the chain's list: the list's length, or a certificate's, or some of a certificate. */
	private chain(bytes: Uint8Array, from: number, end: number): number {
		let at = from;
		const der = this.whole;
		if (der) {
			at = Math.min(end, from + der.length - this.at);
			der.set(view(bytes, from, at), this.at);
			this.at += at - from;
			this.listLeft -= at - from;
			if (this.at === der.length) this.event = Event.Certificate;
			return at;
		}
		while (at < end && this.lengthBytes < 3) {
			this.length = (this.length << 8) | (bytes[at++] as number);
			this.lengthBytes++;
		}
		if (this.lengthBytes < 3) return at;
		const length = this.length;
		this.lengthBytes = this.length = 0;
		if (this.listLeft < 0) {
			if (length !== this.left - (at - from)) throw badChain();
			this.listLeft = length;
			return at;
		}
		this.listLeft -= 3;
		if (length === 0 || length > this.listLeft) throw badChain();
		if (this.certificates === MAX_CERTIFICATES)
			throw new TlsFault(Alert.BadCertificate, "the server sent more certificates than we look at");
		if (length > MAX_CERTIFICATE)
			throw new TlsFault(
				Alert.BadCertificate,
				`certificate ${this.certificates + 1} of the server has ${length} bytes, above ${MAX_CERTIFICATE}`,
			);
		this.whole = new Uint8Array(length);
		this.at = 0;
		return at;
	}

	private end(): void {
		if (this.type === MessageType.Certificate && (this.whole || this.lengthBytes > 0 || this.listLeft !== 0))
			throw badChain();
		this.headerBytes = 0;
		this.event = Event.End;
	}
}

function badChain(): TlsFault {
	return new TlsFault(
		Alert.DecodeError,
		"the lengths in the server's chain of certificates contradict each other",
	);
}

/** Without a new view where it is the whole. */
function view(bytes: Uint8Array, from: number, to: number): Uint8Array {
	return from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to);
}
