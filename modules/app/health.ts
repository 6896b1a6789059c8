// Counters of the node since this boot. Nothing is swallowed: what is dropped or refused is counted here.

export class Health {
	/** Samples taken. */
	samples = 0;
	/** Samples that went into the ring; where channels go different ways, their records. */
	accepted = 0;
	/**
	 * Channel values that a sensor could not give (open or shorted thermistor) or that have no decimal form.
	 */
	missingValues = 0;
	/** Samples that were left out because nothing had changed (sampling.deadband…). */
	unchanged = 0;
	/** Samples (or their records) without any value, too long, or without room because all else is in flight. */
	droppedSamples = 0;
	/** Messages for the cloud that found no room. */
	droppedEvents = 0;
	commands = 0;
	refusedCommands = 0;
	/** Inbound messages or rows that could not be understood. */
	malformed = 0;
	/** Messages of measures that the cloud refused. */
	refusedMessages = 0;
	/** Records that were given up because the server closes the connection on them. */
	quarantined = 0;
	/** SUBSCRIBE refused with 0x80. */
	refusedSubscriptions = 0;
	/**
	 * Records that came back from flash at this boot; and of these, measures given up because their time is not
	 * known.
	 */
	restored = 0;
	undated = 0;
	/** Flash did not do what it should; from then on nothing is kept. */
	flashFailures = 0;
	/** Connections beyond the first. */
	reconnects = 0;
}
