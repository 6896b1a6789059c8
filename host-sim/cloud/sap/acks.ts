// Acknowledgements of measures on ack/<device>: both shapes that SAP's material shows, and faults for tests.

export type AckShape = "object" | "array";

export interface AckFaults {
	/** That many messages are stored but not acknowledged. */
	dropAcks?: number;
	/** Acknowledge that many milliseconds late. */
	ackDelay?: number;
	/** That many messages are refused with `refuseCode`, whatever they hold. */
	refuse?: number;
	/** 500 unless given. */
	refuseCode?: number;
}

export interface Ack {
	code: number;
	messages: string[];
	/** The message's measureMessageId. */
	id?: unknown;
	capabilityAlternateId?: unknown;
	sensorAlternateId?: unknown;
}

function defined(entries: Record<string, unknown>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/** The payloads to publish for the acknowledgements of one incoming packet. */
export function ackPayloads(acks: readonly Ack[], shape: AckShape): string[] {
	const shown = acks.map(({ id, code, messages, capabilityAlternateId, sensorAlternateId }) => {
		const texts = messages.length > 0 ? messages : undefined;
		if (shape === "array") return defined({ id, code, messages: texts });
		return defined({ capabilityAlternateId, sensorAlternateId, code, messages: texts });
	});
	return shape === "array" ? [JSON.stringify(shown)] : shown.map((ack) => JSON.stringify(ack));
}
