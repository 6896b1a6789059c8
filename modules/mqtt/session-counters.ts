// Numbers of a session since it was made.

export class SessionCounters {
	// First what each message touches: XS looks through an object's fields in their order.
	bytesSent = 0;
	bytesReceived = 0;
	/** PUBLISH packets sent and received. */
	publishesSent = 0;
	publishesReceived = 0;
	/** Connections that reached CONNACK 0. */
	connections = 0;
	/** Of these, with the server's part of the session still there. */
	resumed = 0;
	/** Attempts that did not get there. */
	failedAttempts = 0;
	/** Acknowledgements that belong to nothing of ours. */
	strayAcknowledgements = 0;
	/** Inbound messages too large to keep: skipped and acknowledged. */
	oversizeSkipped = 0;
	/** Inbound QoS 2 messages that came again before their PUBREL. */
	duplicatesDropped = 0;
	/** Inbound packets that count as not received, because what they need had no room; see `inbound-full`. */
	refused = 0;
	/** Connections in a row, up to the last one, that the server ended soon after they began. */
	kicks = 0;
}
