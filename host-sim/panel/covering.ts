// Covers what is secret in packets, in place and without a change of length, before they are shown or kept.

const COVERED = 0x2a;
const CONNECT = 1;
const PUBLISH = 3;
const CREDENTIALS_TOPIC = "s/dcr";
const COMMA = 0x2c;
/** Columns of a row with credentials that may be read: 70, tenant, user. */
const OPEN_COLUMNS = 3;

/** Position behind the fixed header. */
function bodyOf(frame: Uint8Array): number {
	let at = 1;
	while (at < 5 && (frame[at] as number) >= 128) at++;
	return at + 1;
}

const lengthAt = (frame: Uint8Array, at: number): number =>
	((frame[at] as number) << 8) | (frame[at + 1] as number);

export function coverSecrets(frame: Uint8Array): void {
	const type = (frame[0] as number) >> 4;
	if (type === CONNECT) coverPassword(frame);
	else if (type === PUBLISH) coverCredentials(frame);
}

/** CONNECT's password is its last field (section 3.1.3). */
function coverPassword(frame: Uint8Array): void {
	let at = bodyOf(frame);
	const skip = () => {
		at += 2 + lengthAt(frame, at);
	};
	skip(); // protocol name
	const flags = frame[at + 1] as number;
	at += 4; // level, flags, keepalive
	if ((flags & 64) === 0) return;
	skip(); // client id
	if (flags & 4) {
		skip();
		skip();
	}
	if (flags & 128) skip();
	if (at + 2 <= frame.length) frame.fill(COVERED, at + 2);
}

/** Cumulocity's answer to a device without credentials: `70,<tenant>,<user>,<password>`. */
function coverCredentials(frame: Uint8Array): void {
	const start = bodyOf(frame);
	const end = start + 2 + lengthAt(frame, start);
	if (Buffer.from(frame.subarray(start + 2, end)).toString("latin1") !== CREDENTIALS_TOPIC) return;
	const qos = ((frame[0] as number) >> 1) & 3;
	let at = end + (qos > 0 ? 2 : 0);
	for (let commas = 0; at < frame.length && commas < OPEN_COLUMNS; at++) if (frame[at] === COMMA) commas++;
	frame.fill(COVERED, at);
}
