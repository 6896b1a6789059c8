// What goes wrong in TLS, in words, and the alert that the server is told (RFC 5246, 7.2.2).

export const Alert = Object.freeze({
	UnexpectedMessage: 10,
	BadRecordMac: 20,
	RecordOverflow: 22,
	BadCertificate: 42,
	IllegalParameter: 47,
	DecodeError: 50,
	ProtocolVersion: 70,
	InsufficientSecurity: 71,
	NoRenegotiation: 100,
} as const);

export class TlsFault extends Error {
	override name = "TlsFault";
	readonly alert: number;

	constructor(alert: number, words: string) {
		super(words);
		this.alert = alert;
	}
}
