// UTF-8 both ways (RFC 3629): ill-formed input is refused, never repaired. XS has no TextEncoder.

/** The text as UTF-8, or undefined if it has a lone surrogate. Allocates: for start-up and rare texts. */
export function encodeUtf8(text: string): Uint8Array | undefined {
	const length = text.length;
	let size = 0;
	for (let i = 0; i < length; i++) {
		const c = text.charCodeAt(i);
		if (c < 0x80) size += 1;
		else if (c < 0x800) size += 2;
		else if (c < 0xd800 || c > 0xdfff) size += 3;
		else {
			const d = c < 0xdc00 && i + 1 < length ? text.charCodeAt(i + 1) : 0;
			if (d < 0xdc00 || d > 0xdfff) return undefined;
			size += 4;
			i++;
		}
	}
	const bytes = new Uint8Array(size);
	let p = 0;
	for (let i = 0; i < length; i++) {
		let c = text.charCodeAt(i);
		if (c < 0x80) {
			bytes[p++] = c;
			continue;
		}
		if (c < 0x800) bytes[p++] = 0xc0 | (c >> 6);
		else {
			if (c >= 0xd800 && c <= 0xdfff) {
				c = 0x10000 + ((c - 0xd800) << 10) + (text.charCodeAt(++i) - 0xdc00);
				bytes[p++] = 0xf0 | (c >> 18);
				bytes[p++] = 0x80 | ((c >> 12) & 0x3f);
			} else bytes[p++] = 0xe0 | (c >> 12);
			bytes[p++] = 0x80 | ((c >> 6) & 0x3f);
		}
		bytes[p++] = 0x80 | (c & 0x3f);
	}
	return bytes;
}

/**
 * Length in bytes (1 to 4) of the well-formed sequence that begins at `at` and ends before `end`, or 0.
 * Overlong forms, surrogates and code points above U+10FFFF are ill-formed.
 */
export function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
	const a = bytes[at] as number;
	if (a < 0x80) return 1;
	const left = end - at;
	if (a < 0xc2 || left < 2) return 0;
	const b = bytes[at + 1] as number;
	if (a < 0xe0) return (b & 0xc0) === 0x80 ? 2 : 0;
	if (left < 3 || ((bytes[at + 2] as number) & 0xc0) !== 0x80) return 0;
	if (a < 0xf0) {
		const low = a === 0xe0 ? 0xa0 : 0x80;
		const high = a === 0xed ? 0x9f : 0xbf;
		return b >= low && b <= high ? 3 : 0;
	}
	if (a > 0xf4 || left < 4 || ((bytes[at + 3] as number) & 0xc0) !== 0x80) return 0;
	const low = a === 0xf0 ? 0x90 : 0x80;
	const high = a === 0xf4 ? 0x8f : 0xbf;
	return b >= low && b <= high ? 4 : 0;
}

/** Whether [start, end) is well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
	let p = start;
	while (p < end) {
		if ((bytes[p] as number) < 0x80) p++;
		else {
			const n = sequenceLength(bytes, p, end);
			if (n === 0) return false;
			p += n;
		}
	}
	return true;
}

/**
 * The end of the longest part of [start, end) with at most `max` bytes that does not cut a character in two.
 */
export function cutUtf8(bytes: Uint8Array, start: number, end: number, max: number): number {
	if (end - start <= max) return end;
	let cut = start + max;
	while (cut > start && ((bytes[cut] as number) & 0xc0) === 0x80) cut--;
	return cut;
}

/** The text of [start, end), or undefined if it is ill-formed. A byte-order mark is kept ([MQTT-1.5.3-3]). */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
	let text = "";
	let p = start;
	while (p < end) {
		const n = sequenceLength(bytes, p, end);
		if (n === 0) return undefined;
		const a = bytes[p] as number;
		let c = n === 1 ? a : a & (0xff >> (n + 1));
		for (let i = 1; i < n; i++) c = (c << 6) | ((bytes[p + i] as number) & 0x3f);
		text += String.fromCodePoint(c);
		p += n;
	}
	return text;
}
