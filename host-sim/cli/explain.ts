// Why a connection failed, as one sentence that says what to do.

import { describeClose } from "../../modules/mqtt/close-codes.js";
import type { BrokerAddress } from "./options.js";

/** Node's and OpenSSL's words for what the TLS layer met, and what helps. */
const TLS_CAUSES: ReadonlyArray<readonly [RegExp, string]> = [
	[
		/ALTNAME|does not match/,
		"the broker's certificate is for another name; use the name in the certificate as the host",
	],
	[
		/SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/,
		"the broker's certificate is not signed by a known authority; give its CA with --ca",
	],
	[/CERT_HAS_EXPIRED/, "the broker's certificate has expired; it has to be renewed"],
	[/NOT_YET_VALID/, "the broker's certificate is not valid yet; check the clock"],
	[
		/ALERT|HANDSHAKE_FAILURE|ECONNRESET|EPIPE|disconnected before/,
		"the broker refused the TLS handshake; check --cert and --key, that it trusts their issuer, and that it speaks TLS there (else mqtt://)",
	],
	[
		/WRONG_VERSION|packet length|UNKNOWN_PROTOCOL/,
		"the port does not speak TLS; try mqtt:// or another port",
	],
];

export function explainFailure(code: string, detail: string, broker: BrokerAddress): string {
	const where = `${broker.host}:${broker.port}`;
	if (code === "dns-failed") return `The name ${broker.host} could not be resolved; check --broker.`;
	if (code === "connect-timeout") return `${where} does not answer; check the address and the firewall.`;
	if (code === "connect-failed") {
		if (/ECONNREFUSED/.test(detail))
			return `Nothing listens on ${where}; start the broker or check the port.`;
		return `${where} cannot be reached (${detail || "no cause given"}); check the address and the network.`;
	}
	if (code === "tls-failed") {
		for (const [pattern, words] of TLS_CAUSES)
			if (pattern.test(detail)) return `${where}: ${words} (${detail}).`;
		return `${where}: the TLS handshake failed (${detail}).`;
	}
	switch (code) {
		case "upgrade-failed":
			return `${where}${broker.path ?? ""} does not open a WebSocket for MQTT: ${detail}; check host, port and path.`;
		case "connack-2":
			return `${where} refuses the client id; choose another --device.`;
		case "connack-3":
			return `${where} says it is unavailable (CONNACK 3); with SAP IoT that often means a wrong device certificate.`;
		case "connack-4":
			return `${where} refuses user name or password (CONNACK 4); check --username and MOTE_PASSWORD.`;
		case "connack-5":
			return `${where} does not authorize this client (CONNACK 5); check that the certificate, or --username and MOTE_PASSWORD, belong to --device.`;
		case "connection-lost":
			return `${where} closed the connection${detail ? ` (${detail})` : ""}.`;
		case "closed-before-connack":
			return `${where} closed the connection before it answered; check certificate, port and client id${detail ? ` (${detail})` : ""}.`;
		case "subscribe-refused":
			return `${where} refuses a subscription; check the permissions of this client.`;
		default:
			return `${where}: ${describeClose(code)}${detail ? ` (${detail})` : ""}.`;
	}
}
