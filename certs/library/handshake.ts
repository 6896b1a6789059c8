// What a TLS 1.2 server says in clear before encryption begins: its certificates, whether it asks for ours,
// and its alerts. Node tells the first only of handshakes that succeed, and the others never.

import { X509Certificate } from "node:crypto";

const HANDSHAKE = 22;
const ALERT = 21;
const CHANGE_CIPHER = 20;
const CERTIFICATE = 11;
const CERTIFICATE_REQUEST = 13;
const MAX_BYTES = 128 * 1024;
const MAX_CHAIN = 20;

/** Descriptions of RFC 5246, 7.2, that concern certificates. */
const ALERTS: Readonly<Record<number, string>> = {
	40: "handshake failure: no common cipher suite, or it wants a certificate and got none that it can use",
	42: "bad certificate: it is damaged, or its signature is wrong",
	43: "unsupported certificate: its kind of key or use is not allowed",
	44: "certificate revoked",
	45: "certificate expired, or not valid yet",
	46: "certificate unknown: it does not take it, and does not say why",
	48: "unknown CA: it does not know who has signed our certificate",
	49: "access denied",
	70: "protocol version: it does not speak TLS 1.2",
	112: "unrecognized name: it serves no such host",
	116: "certificate required",
};

export class HandshakeReader {
	asked = false;
	/** The server's own certificate, and what it has sent along; as far as it can be read. */
	readonly chain: X509Certificate[] = [];
	/** Words for the server's alert, or "". */
	alert = "";
	#bytes = Buffer.alloc(0);
	#handshake = Buffer.alloc(0);
	#over = false;

	push(chunk: Buffer): void {
		if (this.#over) return;
		this.#bytes = Buffer.concat([this.#bytes, chunk]);
		while (!this.#over && this.#bytes.length >= 5) {
			const length = this.#bytes.readUInt16BE(3);
			if (this.#bytes.length < 5 + length) break;
			this.#record(this.#bytes[0] as number, this.#bytes.subarray(5, 5 + length));
			this.#bytes = this.#bytes.subarray(5 + length);
		}
		if (this.#bytes.length + this.#handshake.length > MAX_BYTES) this.#over = true;
	}

	#record(type: number, content: Buffer): void {
		if (type === ALERT && content.length === 2)
			this.alert = ALERTS[content[1] as number] ?? `alert ${content[1]}`;
		else if (type === CHANGE_CIPHER) this.#over = true;
		else if (type === HANDSHAKE) {
			this.#handshake = Buffer.concat([this.#handshake, content]);
			while (this.#handshake.length >= 4) {
				const length = this.#handshake.readUIntBE(1, 3);
				if (this.#handshake.length < 4 + length) return;
				if (this.#handshake[0] === CERTIFICATE_REQUEST) this.asked = true;
				if (this.#handshake[0] === CERTIFICATE) this.#take(this.#handshake.subarray(4, 4 + length));
				this.#handshake = this.#handshake.subarray(4 + length);
			}
		}
	}

	/** A length of three bytes for all, and one for each. */
	#take(list: Buffer): void {
		this.chain.length = 0;
		try {
			for (let at = 3; at < list.length && this.chain.length < MAX_CHAIN; ) {
				const end = at + 3 + list.readUIntBE(at, 3);
				this.chain.push(new X509Certificate(list.subarray(at + 3, end)));
				at = end;
			}
		} catch {
			// Damaged: the handshake fails, and says so.
		}
	}
}
