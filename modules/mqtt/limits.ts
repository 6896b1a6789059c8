// Every limit of the MQTT room in one place: meaning, unit, range.

export const Limits = Object.freeze({
	/** Output stage, bytes; a multiple of 32. Larger packets pass through it in pieces. */
	outputBytes: 1376,
	/**
	 * Largest inbound packet body that is kept whole, bytes. The payload of a larger one is streamed to whoever
	 * wants it, else skipped and counted; it is acknowledged either way.
	 */
	inboundBytes: 2048,
	/** Most bytes that the transport hands over at once. */
	chunkBytes: 512,
	/** Outbound packets that may await an acknowledgement at once, 1 to 255. */
	inFlight: 8,
	/**
	 * Acknowledgements that may wait for the socket; more end the connection, once these are out. At least as
	 * many as smallest QoS 1 messages (7 bytes) fit into a chunk, because nothing is written while one is read.
	 */
	pendingReplies: 74,
	/** Ranges of inbound QoS 2 packet ids between PUBREC and PUBREL; of more the oldest is forgotten. */
	inboundQos2: 32,
	/** From opening the transport to its being open, ms: DNS, TCP and TLS together. */
	connectMs: 30_000,
	/** From the request for a WebSocket to the answer, ms. */
	upgradeMs: 10_000,
	/** From CONNECT to CONNACK, ms. */
	connackMs: 15_000,
	/** Longest silence of the broker while an acknowledgement is due, ms. */
	acknowledgeMs: 20_000,
	/** From DISCONNECT to giving up on an orderly end, ms. */
	closeMs: 2_000,
	/** A session that stood this long was good: the backoff starts anew, ms. */
	stableMs: 10_000,
	/** Shortest pause before a reconnect, ms. */
	backoffMinimumMs: 250,
	/** Ceiling of the first pause, ms. */
	backoffInitialMs: 1_000,
	/** Largest pause, ms. */
	backoffMaximumMs: 30_000,
	/** Shortest pause after CONNACK 4: a wrong password does not become right by asking often, ms. */
	credentialPauseMs: 60_000,
	/** Shortest pause after CONNACK 1 or 2: somebody has to change a setting, ms. */
	configurationPauseMs: 300_000,
});
