// What the SDK's TLS means by its errors. Those about the server's certificate are in words already: see
// sdk-tls.

/** Alerts of the server (RFC 5246, 7.2.2) by number. */
const ALERTS: Readonly<Record<string, string>> = Object.freeze({
	"40": "no cipher in common, or it wants a certificate and we have none",
	"42": "it refuses our certificate",
	"43": "it refuses the kind of our certificate",
	"44": "our certificate is revoked",
	"45": "our certificate has expired",
	"46": "it refuses our certificate",
	"48": "it does not know who signed our certificate, or misses its issuer (client1.der)",
	"49": "our certificate is good, but not let in",
	"51": "our key does not belong to our certificate",
	"70": "it does not speak TLS 1.2",
	"71": "it wants stronger ciphers",
	"80": "it has trouble of its own",
	"112": "it has no certificate for the name broker.serverName",
});

/**
 * A message of the SDK's TLS in words, with the message behind; any other as it is. `nowMs`: the system's
 * clock.
 */
export function tlsWords(message: string, nowMs: number): string {
	const words = meaning(message, nowMs);
	return words === "" ? message : `${words} (${message})`;
}

function meaning(message: string, nowMs: number): string {
	if (message.startsWith("alert: ")) {
		// "alert: 2, 48": level, number
		const number = message.slice(message.indexOf(",") + 2);
		return `the server ends the handshake: ${ALERTS[number] ?? `alert ${number}`}`;
	}
	switch (message) {
		case "date validation failed":
			return `ca.der is not valid on ${new Date(nowMs).toISOString().slice(0, 10)}, which our clock says it is`;
		case "recordProtocol: bad data":
			return "what answers there does not speak TLS";
		case "handshake: unsuppoorted cipher":
			return "the server chose a cipher that we do not have";
		case "finished: auth err":
		case "recordProtocol: auth failed":
		case "recordProtocol auth failed":
		case "serverKeyExchange: failed to verify signature":
			return "the handshake was tampered with, or broken on the way";
		default:
			return "";
	}
}
