// Question and answer of SNTP version 4 (RFC 4330, RFC 5905 section 7.3). The SDK's own gives whole seconds
// and takes any packet for an answer; here the fraction counts, and an answer has to repeat what only the
// question knew.

export const SNTP_BYTES = 48;
export const SNTP_PORT = 123;

/** Seconds from 1900 to 1970. */
const EPOCH = 2_208_988_800;
/** Seconds of one era: the next begins in 2036. */
const ERA = 2 ** 32;
const CLIENT = 3;
const SERVER = 4;
const VERSION = 4;
/** Leap indicator: the server's own clock is not right. */
const ALARM = 3;
/** Largest stratum of a server that is synchronized. */
const MAX_STRATUM = 15;
const ORIGIN = 24;
const TRANSMIT = 40;

/** Why an answer is none. */
export const SntpFault = Object.freeze({
	/** Too short, not of a server, or not to this question. */
	Foreign: -1,
	/** The server asks to be left alone (stratum 0, kiss-o'-death). */
	Refused: -2,
	/** The server's clock is not synchronized. */
	Unsynchronized: -3,
} as const);

/**
 * Writes a question into 48 bytes. Instead of the time, which may be wrong and is nobody's business, it
 * carries two random numbers of 32 bits.
 */
export function writeQuestion(packet: DataView, high: number, low: number): void {
	for (let i = 0; i < SNTP_BYTES; i += 4) packet.setUint32(i, 0);
	packet.setUint8(0, (VERSION << 3) | CLIENT);
	packet.setUint32(TRANSMIT, high);
	packet.setUint32(TRANSMIT + 4, low);
}

/** The server's time in the answer to such a question, ms since 1970, or a value of SntpFault. */
export function readAnswer(packet: DataView, high: number, low: number): number {
	if (packet.byteLength < SNTP_BYTES) return SntpFault.Foreign;
	const flags = packet.getUint8(0);
	if ((flags & 7) !== SERVER) return SntpFault.Foreign;
	if (packet.getUint32(ORIGIN) !== high >>> 0 || packet.getUint32(ORIGIN + 4) !== low >>> 0)
		return SntpFault.Foreign;
	const stratum = packet.getUint8(1);
	if (stratum === 0) return SntpFault.Refused;
	const seconds = packet.getUint32(TRANSMIT);
	const fraction = packet.getUint32(TRANSMIT + 4);
	if (flags >> 6 === ALARM || stratum > MAX_STRATUM || (seconds === 0 && fraction === 0))
		return SntpFault.Unsynchronized;
	// Without the highest bit it is a moment of the era that begins in 2036 (RFC 4330, section 3).
	const since1900 = seconds >= 0x80000000 ? seconds : seconds + ERA;
	return (since1900 - EPOCH) * 1000 + Math.floor((fraction * 1000) / ERA);
}
