// The session of the SDK's TLS: the manifest gives this module the name "ssl/session", and the SDK's own the
// name "sdk/session". Ours reads the server's records and handshake messages (modules/network/tls-records,
// tls-handshake), sends what goes out as the socket takes it, and tells the server what it has done wrong.
// Digests, ciphers, keys and our own messages are the SDK's.
//
// The SDK's (8.2.3) reads the handshake bytes of each record by themselves, so that a message over two
// records ends the handshake; it holds every message whole; and it writes our flight in one go, which throws
// where the socket takes less.

import Bin from "bin";
import { Alert, TlsFault } from "modules/network/tls-fault";
import { HandshakeReader, type MessageSink, MessageType } from "modules/network/tls-handshake";
import { agreedFragment, checkHello } from "modules/network/tls-hello";
import { checkKeyExchange } from "modules/network/tls-key-exchange";
import { certificateParts, TlsOutput } from "modules/network/tls-output";
import { ContentType, MAX_CONTENT, RecordReader, type RecordSink } from "modules/network/tls-records";
import type { Contained } from "modules/platform/contained-tcp";
import SdkSession, { type Protocol, type Socket as SdkSocket } from "sdk/session";
import SSLAlert from "ssl/alert";
import sessions from "ssl/cache";
import type Certificates from "ssl/cert";
import { LEAF } from "ssl/cert";
import changeCipherSpec from "ssl/changecipher";
import { ECDHE_RSA, GCM, RSA } from "ssl/constants";
import handshakeProtocol from "ssl/handshake";
import recordProtocol from "ssl/record";
import SSLStream from "ssl/stream";

const FATAL = 2;
const WARNING = 1;
const CLOSE_NOTIFY = 0;
/** Warnings, and records without content, that may follow one another. */
const PATIENCE = 8;
const HEADER = 5;
/** Alert for what has none of its own. */
const HANDSHAKE_FAILURE = 40;
/** What a warning takes at most, with CBC. */
const ALERT_RECORD = 96;

type Socket = SdkSocket & Contained;

export default class Session extends SdkSession implements RecordSink, MessageSink {
	readonly #records = new RecordReader(this);
	readonly #messages = new HandshakeReader(this);
	/** Longest content of our own records. */
	#longest = MAX_CONTENT;
	readonly #output = new TlsOutput();
	/** The server has sent a key for this connection. */
	#keyed = false;
	/** The handshake is over but for what waits. */
	#over = false;
	#socket: Socket | undefined;
	/** First byte of an alert whose second has not come, or -1. */
	#level = -1;
	#patience = PATIENCE;
	#data: Uint8Array | undefined;
	#closed = false;
	/**
	 * The TLS socket reads once more behind the end of the handshake, and drops what that gives: nothing is
	 * read until it has.
	 */
	#held = false;
	readonly #release = () => {
		this.#held = false;
	};
	/** The first part of a write whose rest follows. */
	#part: Uint8Array | undefined;

	override handshake(socket: Socket): boolean {
		this.#socket = socket;
		try {
			for (;;) {
				this.#output.flush(socket);
				if (!this.#output.empty) return false;
				if (this.#over) {
					this.#records.handshaking = false;
					this.#held = socket.readable > 0;
					if (this.#held) socket.again(this.#release);
					return true;
				}
				const last = this.handshakeProcess;
				// The SDK's session knows what we send at first, behind ServerHelloDone, and at the end.
				if (
					last === MessageType.HelloRequest ||
					last === MessageType.ServerHelloDone ||
					last === MessageType.Finished
				) {
					this.#over = super.handshake(socket);
					// A session is offered once; only a handshake that ends well keeps it (RFC 5246, 7.2.2).
					if (last === MessageType.HelloRequest) sessions.deleteSessionID();
				} else if (!this.#receive(socket)) return false;
				// The SDK forgets the new session together with an offered one that the server did not know.
				if (this.handshakeProcess === MessageType.Finished && !this.#resumed)
					this.clientSessionID = undefined;
			}
		} catch (error) {
			this.#complain(socket, error);
			throw error;
		}
	}

	/** Does not throw: the TLS socket calls it from a timer too, where that would end the machine. */
	override read(socket: Socket): Uint8Array | null | undefined {
		// In a handshake nothing but `handshake` reads.
		if (!this.#over || this.#held) return undefined;
		this.#socket = socket;
		try {
			while (socket.readable > 0 && !this.#data && !this.#closed) this.#take(socket);
			this.#output.flush(socket);
		} catch (error) {
			this.#complain(socket, error);
			socket.fail(error);
			return undefined;
		}
		const data = this.#data;
		this.#data = undefined;
		return data ?? (this.#closed ? null : undefined);
	}

	override write(
		socket: Socket,
		data: Uint8Array,
		options?: { more?: boolean; byteLength?: number },
	): number {
		const longest = this.#longest;
		if (longest === MAX_CONTENT) return super.write(socket, data, options);
		let whole = data;
		const part = this.#part;
		if (part) {
			whole = new Uint8Array(part.length + data.length);
			whole.set(part);
			whole.set(data, part.length);
			this.#part = undefined;
		}
		if (options?.more) {
			this.#part = whole.slice();
			return socket.writable;
		}
		let free = 0;
		for (let at = 0; at < whole.length; at += longest)
			free = super.write(socket, whole.subarray(at, at + longest));
		return free;
	}

	override doProtocol(socket: Socket, protocol: Protocol, first?: unknown, second?: unknown): void {
		if (protocol === handshakeProtocol.certificate) this.#sendChain(first as ArrayBuffer[]);
		else {
			const packet = protocol.packetize(this, first, second);
			if (packet) this.#send(packet);
		}
		this.#output.flush(socket);
	}

	// RecordSink

	open(type: number, bytes: Uint8Array): void {
		switch (type) {
			case ContentType.Handshake:
				this.#messages.push(bytes);
				return;
			case ContentType.ChangeCipherSpec: {
				if (this.#level >= 0)
					throw new TlsFault(Alert.UnexpectedMessage, "the server changes the cipher within an alert");
				if (bytes.length !== 1 || bytes[0] !== 1)
					throw new TlsFault(Alert.DecodeError, "the server's ChangeCipherSpec is broken");
				this.#messages.changeCipher(this.#resumed);
				changeCipherSpec.unpacketize(this, bytes);
				this.#records.encrypted = true;
				return;
			}
			default:
				this.#alert(bytes);
		}
	}

	sealed(type: number, version: number, record: Uint8Array): void {
		const content = this.#opened(type, version, record);
		this.readSeqNum++;
		if (content.length === 0 && --this.#patience < 0)
			throw new TlsFault(Alert.UnexpectedMessage, "the server sends nothing but empty records");
		switch (type) {
			case ContentType.ApplicationData:
				if (!this.#over)
					throw new TlsFault(Alert.UnexpectedMessage, "the server sends data before the handshake is over");
				if (content.length === 0) return;
				this.#patience = PATIENCE;
				this.#data = content;
				return;
			case ContentType.Handshake:
				this.#messages.push(content);
				return;
			case ContentType.Alert:
				this.#alert(content);
				return;
			default:
				throw new TlsFault(Alert.UnexpectedMessage, "the server changes the cipher twice");
		}
	}

	// MessageSink

	message(type: number, bytes: Uint8Array): void {
		if (type === MessageType.ServerHello) {
			checkHello(bytes);
			const agreed = agreedFragment(bytes, this.options.tls_max_fragment_length ?? 0);
			if (agreed > 0) this.#longest = this.#records.maxContent = agreed;
		} else if (type === MessageType.ServerKeyExchange || type === MessageType.ServerHelloDone)
			this.#keyExchange(type, bytes);
		try {
			handshakeProtocol.unpacketize(this, new SSLStream(bytes));
		} catch (error) {
			// What the SDK's reader throws at the end of its bytes has no words.
			if ((error as Error).message !== "") throw error;
			throw new TlsFault(Alert.DecodeError, `the server's handshake message of type ${type} is broken`);
		}
		if (this.alert) throw new TlsFault(Alert.ProtocolVersion, "the server does not speak TLS 1.2");
	}

	/** A message on which the SDK would go on without a key, or with one that nobody has signed. */
	#keyExchange(type: number, bytes: Uint8Array): void {
		const way = this.chosenCipher.keyExchangeAlgorithm;
		if (type === MessageType.ServerKeyExchange) {
			if (way === RSA)
				throw new TlsFault(Alert.UnexpectedMessage, "the server exchanges keys where the suite has none");
			checkKeyExchange(bytes, way === ECDHE_RSA, (this.certificateManager as Certificates).curveBits);
			this.#keyed = true;
		} else if (way !== RSA && !this.#keyed)
			throw new TlsFault(Alert.UnexpectedMessage, "the server exchanges no keys, although the suite does");
	}

	hash(bytes: Uint8Array): void {
		this.handshakeDigests.SHA256.write(bytes);
	}

	certificate(_at: number, der: Uint8Array): void {
		if (this.#resumed)
			throw new TlsFault(
				Alert.UnexpectedMessage,
				"the server goes on with a session and certifies itself anew",
			);
		(this.certificateManager as Certificates).add(der, this.options.tls_server_name ?? "");
	}

	chainEnded(): void {
		(this.certificateManager as Certificates).verifyChain(this.options.tls_server_name ?? "");
		this.peerCert = LEAF;
		this.handshakeProcess = MessageType.Certificate;
	}

	requested(): void {
		this.clientCerts = (this.certificateManager as Certificates).findPreferredCert();
		this.handshakeProcess = MessageType.CertificateRequest;
	}

	renegotiation(): void {
		// In the record that ends the handshake; it may be ignored (7.4.1.1).
		if (!this.#over) return;
		if (--this.#patience < 0)
			throw new TlsFault(Alert.NoRenegotiation, "the server wants to begin anew again and again");
		// Data must not go out ahead of a record that was numbered before it: without room there is no answer.
		const socket = this.#socket as Socket;
		if (socket.writable >= ALERT_RECORD) this.doProtocol(socket, SSLAlert, WARNING, Alert.NoRenegotiation);
	}

	/** Whether the server goes on with the session that we offered. */
	get #resumed(): boolean {
		const { clientSessionID: offered, serverSessionID: given } = this;
		return offered !== undefined && given !== undefined && Bin.comp(offered, given) === 0;
	}

	/** Reads until it is our turn. False: there is nothing more to read. */
	#receive(socket: Socket): boolean {
		while (socket.readable > 0) {
			this.#take(socket);
			if (this.#closed) throw new TlsFault(0, "the server ended the handshake");
			const last = this.handshakeProcess;
			if (last === MessageType.ServerHelloDone || last === MessageType.Finished) return true;
		}
		return false;
	}

	#take(socket: Socket): void {
		const view = this.#records.room(socket.readable);
		socket.read(view);
		socket.readable -= view.length;
		this.#records.filled(view);
	}

	/** Decrypts in place and checks; throws where that fails. */
	#opened(type: number, version: number, record: Uint8Array): Uint8Array {
		const cipher = this.serverCipher;
		const { encryptionMode, ivSize, cipherBlockSize, hashSize } = this.chosenCipher;
		const { tlsCipherText } = recordProtocol;
		if (!cipher) throw forged();
		if (encryptionMode === GCM) {
			const { enc, iv } = cipher;
			const length = record.length - ivSize - enc.tagLength;
			if (length < 0) throw forged();
			const nonce = iv.concat(record.slice(0, ivSize).buffer as ArrayBuffer);
			const sealed = record.subarray(ivSize);
			const additional = tlsCipherText.aeadAdditionalData(this.readSeqNum, type, version, length);
			const content = enc.process(sealed, sealed, nonce, additional, false);
			if (!content) throw forged();
			return content;
		}
		// CBC with an IV of its own (TLS 1.1 and later): content, MAC, padding.
		const { enc, hmac } = cipher;
		const body = record.subarray(cipherBlockSize);
		if (body.length < cipherBlockSize || body.length % cipherBlockSize !== 0 || !hmac) throw forged();
		enc.setIV(record.slice(0, cipherBlockSize).buffer as ArrayBuffer);
		enc.decrypt(body, body);
		const padding = (body[body.length - 1] as number) + 1;
		// A wrong padding is found by the MAC, so that both take the same way (6.2.3.2).
		const length = Math.max(0, body.length - hashSize - padding);
		const content = body.subarray(0, length);
		const mac = tlsCipherText.calculateMac(hmac, this.readSeqNum, type, version, content);
		const given = body.slice(length, length + hashSize);
		let wrong = body.length - hashSize - padding < 0 ? 1 : 0;
		for (let at = length + hashSize; at < body.length; at++) wrong |= (body[at] as number) ^ (padding - 1);
		if (wrong !== 0 || Bin.comp(given, new Uint8Array(mac as ArrayBuffer)) !== 0) throw forged();
		return content;
	}

	#alert(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length; at++) {
			const byte = bytes[at] as number;
			if (this.#level < 0) {
				this.#level = byte;
				continue;
			}
			const level = this.#level;
			this.#level = -1;
			if (byte === CLOSE_NOTIFY) this.#closed = true;
			else if (level !== WARNING) throw new Error(`alert: ${level}, ${byte}`);
			else if (--this.#patience < 0)
				throw new TlsFault(Alert.UnexpectedMessage, `the server warns again and again (alert ${byte})`);
		}
	}

	/** Our certificates, from where they lie: their message is never put together. */
	#sendChain(chain: readonly ArrayBuffer[]): void {
		const parts = certificateParts(
			MessageType.Certificate,
			chain.map((der) => new Uint8Array(der)),
		);
		let bytes = 0;
		for (const part of parts) {
			this.hash(part);
			bytes += part.length;
		}
		if (chain.length > 0) this.myCert = chain[0];
		this.#output.parts(ContentType.Handshake, parts, bytes, this.#longest);
	}

	/** A packet of the SDK's: a record, which may be longer than both sides have agreed on. */
	#send(packet: Uint8Array): void {
		const content = packet.length - HEADER;
		if (this.clientCipher || content <= this.#longest) this.#output.record(packet);
		else this.#output.parts(packet[0] as number, [packet.subarray(HEADER)], content, this.#longest);
	}

	/** Tells the server what is wrong, if it has not said itself that something is. */
	#complain(socket: Socket, error: unknown): void {
		const { message } = error as Error;
		const alert = error instanceof TlsFault ? error.alert : alertFor(message);
		// In the middle of a record of ours nobody would understand it.
		if (alert <= 0 || message.startsWith("alert:") || !this.#output.empty) return;
		try {
			this.doProtocol(socket, SSLAlert, FATAL, alert);
		} catch {
			// The connection ends anyway.
		}
	}
}

/** For an error of the check of certificates or of the SDK. */
function alertFor(message: string): number {
	return message.includes("certificate") || message.includes("ca.der")
		? Alert.BadCertificate
		: HANDSHAKE_FAILURE;
}

function forged(): TlsFault {
	return new TlsFault(Alert.BadRecordMac, "a record was tampered with, or broken on the way");
}
