// Why a connection ended. Codes that begin with MQTT- name the normative statement that the broker broke.

/** Code → what a developer should read. */
export const CLOSE_CODES: Readonly<Record<string, string>> = Object.freeze({
	"dns-failed": "the broker's name could not be resolved",
	"connect-failed": "the broker could not be reached",
	"connect-timeout": "the connection did not come about in time",
	"tls-failed": "the TLS handshake failed",
	"upgrade-failed": "the server does not open a WebSocket for MQTT",
	"upgrade-silent": "the server does not answer the request for a WebSocket",
	"websocket-closed": "the server closed the WebSocket",
	"websocket-broken": "the server broke the rules of WebSocket (RFC 6455)",
	"network-lost": "the network is gone",
	"connection-lost": "the connection was lost",
	"connack-timeout": "the broker did not answer CONNECT in time",
	"closed-before-connack": "the connection ended before the broker answered CONNECT",
	"connack-1": "CONNACK 1: the broker refuses protocol level 4 (MQTT 3.1.1)",
	"connack-2": "CONNACK 2: the broker refuses the client id",
	"connack-3": "CONNACK 3: the broker is unavailable",
	"connack-4": "CONNACK 4: bad user name or password",
	"connack-5": "CONNACK 5: not authorized",
	"subscribe-refused": "the broker refused a subscription (SUBACK 0x80)",
	"connack-other": "CONNACK with a code that the standard does not know",
	"closed-by-server": "the broker sent a second CONNACK to say why it closes",
	"acknowledge-timeout": "an acknowledgement did not come in time",
	"keepalive-timeout": "the broker fell silent: no answer to PINGREQ",
	"inbound-full": "the broker sent more than could be acknowledged; it sends the rest again [MQTT-4.8.0-2]",
	requested: "closed on request",
	"MQTT-1.5.3-1": "text that is not UTF-8 [MQTT-1.5.3-1]",
	"MQTT-1.5.3-2": "text with U+0000 [MQTT-1.5.3-2]",
	"MQTT-2.2.2-2": "wrong flag bits in the fixed header [MQTT-2.2.2-2]",
	"MQTT-2.3.1-1": "packet id 0 [MQTT-2.3.1-1]",
	"MQTT-3.2.0-1": "something else than CONNACK came first [MQTT-3.2.0-1]",
	"MQTT-3.2.2-1": "session present although a clean session was asked for [MQTT-3.2.2-1]",
	"MQTT-3.3.1-2": "DUP on a QoS 0 message [MQTT-3.3.1-2]",
	"MQTT-3.3.1-4": "QoS 3 [MQTT-3.3.1-4]",
	"MQTT-3.3.2-2": "a wildcard in a topic name [MQTT-3.3.2-2]",
	"MQTT-3.8.4-5": "SUBACK with another number of codes than filters [MQTT-3.8.4-5]",
	"MQTT-3.9.3-2": "a SUBACK code that is not 0, 1, 2 or 128 [MQTT-3.9.3-2]",
	"MQTT-4.7.3-1": "an empty topic name [MQTT-4.7.3-1]",
	"MQTT-4.8.0-1": "a packet that a server must not send, or of wrong length [MQTT-4.8.0-1]",
});

/** The sentence for a code. */
export function describeClose(code: string): string {
	return CLOSE_CODES[code] ?? code;
}
