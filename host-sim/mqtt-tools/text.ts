// Bytes as one line of text from which they can be had back.

const BACKSLASH = 92;
const BAR = 124;
const TAB = 9;

/**
 * The bytes as UTF-8, with backslash, whatever is ill-formed, and whatever a terminal would act on (controls
 * but the tab, line separators, changes of direction) as \xNN; in a topic the bar as well, which parts the
 * columns.
 */
export function escaped(bytes: Uint8Array, topic = false): string {
	let text = "";
	let from = 0;
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
	for (let p = 0; p < bytes.length; ) {
		const c = bytes[p] as number;
		const n = c < 128 ? 1 : sequence(bytes, p);
		if (n > 0 && c !== BACKSLASH && !isControl(bytes, p, n) && !(topic && c === BAR)) {
			p += n;
			continue;
		}
		text += buffer.toString("utf8", from, p);
		text += `\\x${c.toString(16).padStart(2, "0")}`;
		from = ++p;
	}
	return text + buffer.toString("utf8", from);
}

function isControl(bytes: Uint8Array, p: number, length: number): boolean {
	const c = bytes[p] as number;
	if (length === 1) return (c < 32 && c !== TAB) || c === 127;
	const next = bytes[p + 1] as number;
	if (length === 2) return c === 0xc2 && next < 0xa0; // U+0080 to U+009F
	// U+2028 to U+202E, U+2066 to U+2069
	const last = bytes[p + 2] as number;
	return (
		c === 0xe2 &&
		((next === 0x80 && last >= 0xa8 && last <= 0xae) || (next === 0x81 && last >= 0xa6 && last <= 0xa9))
	);
}

/** Length of the well-formed sequence at `p` (Unicode, table 3-7), or 0. */
function sequence(bytes: Uint8Array, p: number): number {
	const c = bytes[p] as number;
	const next = (i: number): number => bytes[p + i] ?? 0;
	const tail = (i: number): boolean => (next(i) & 0xc0) === 0x80;
	if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
	if (c >= 0xe0 && c <= 0xef) {
		const second = next(1);
		if (c === 0xe0 && second < 0xa0) return 0;
		if (c === 0xed && second > 0x9f) return 0;
		return tail(1) && tail(2) ? 3 : 0;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		const second = next(1);
		if (c === 0xf0 && second < 0x90) return 0;
		if (c === 0xf4 && second > 0x8f) return 0;
		return tail(1) && tail(2) && tail(3) ? 4 : 0;
	}
	return 0;
}
