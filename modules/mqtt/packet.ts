// Constants of the MQTT 3.1.1 control packets, OASIS Standard of 29 October 2014, section 2.2.

/** Control packet types (table 2.1). */
export const PacketType = Object.freeze({
	Connect: 1,
	Connack: 2,
	Publish: 3,
	Puback: 4,
	Pubrec: 5,
	Pubrel: 6,
	Pubcomp: 7,
	Subscribe: 8,
	Suback: 9,
	Unsubscribe: 10,
	Unsuback: 11,
	Pingreq: 12,
	Pingresp: 13,
	Disconnect: 14,
} as const);

/** Largest remaining length, section 2.2.3. */
export const MAX_REMAINING_LENGTH = 268435455;
/** Longest text or binary field, section 1.5.3. */
export const MAX_FIELD_BYTES = 65535;
/** The SUBACK return code for a refused filter, section 3.9.3. */
export const SUBACK_FAILURE = 0x80;

/** Bytes that a remaining length takes on the wire. */
export function lengthBytes(length: number): number {
	return length < 128 ? 1 : length < 16384 ? 2 : length < 2097152 ? 3 : 4;
}
