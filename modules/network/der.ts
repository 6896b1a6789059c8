// DER (X.690) in place. What comes from a stranger is walked whole before anything reads it, so that each
// reader behind may trust every length; what nobody needs in a certificate is refused.

const MAX_DEPTH = 12;
const MAX_ELEMENTS = 600;
const MAX_OID = 32;

export const Tag = Object.freeze({
	Boolean: 0x01,
	Integer: 0x02,
	BitString: 0x03,
	OctetString: 0x04,
	Null: 0x05,
	Oid: 0x06,
	UtcTime: 0x17,
	GeneralizedTime: 0x18,
	Sequence: 0x30,
	Set: 0x31,
} as const);
const CONSTRUCTED = 0x20;

/** What is wrong with the one element that [from, to) has to be, or "". */
export function derFault(der: Uint8Array, from: number, to: number): string {
	const ends = new Uint16Array(MAX_DEPTH);
	let depth = 0;
	let end = to;
	let at = from;
	for (let elements = 0; ; elements++) {
		while (at === end && depth > 0) end = ends[--depth] as number;
		if (depth === 0 && elements > 0) return at === to ? "" : "has bytes after its end";
		if (elements === MAX_ELEMENTS) return "has too many parts";
		const tag = der[at] as number;
		if (at + 2 > end || tag === 0 || (tag & 0x1f) === 0x1f) return "is not DER";
		let content = at + 2;
		let length = der[at + 1] as number;
		if (length > 127) {
			const bytes = length & 127;
			// 64 KB are more than any certificate that is taken, and an indefinite length has no bytes.
			if (bytes < 1 || bytes > 2 || content + bytes > end) return "has an impossible length";
			length = der[content++] as number;
			if (bytes === 2) length = length * 256 + (der[content++] as number);
			if (length < (bytes === 1 ? 128 : 256)) return "has a length that is not in its shortest form";
		}
		const next = content + length;
		if (next > end) return "has a part that is longer than the whole";
		if ((tag & CONSTRUCTED) === 0) {
			const fault = primitiveFault(der, tag, content, length);
			if (fault !== "") return fault;
			at = next;
			continue;
		}
		// Of the universal types only sequences and sets are made of others.
		if (tag < 0x40 && tag !== Tag.Sequence && tag !== Tag.Set) return "is not DER";
		if (depth === MAX_DEPTH) return "is nested too deep";
		ends[depth++] = end;
		end = next;
		at = content;
	}
}

function primitiveFault(der: Uint8Array, tag: number, at: number, length: number): string {
	const first = der[at] as number;
	const second = der[at + 1] as number;
	let right = true;
	switch (tag) {
		case Tag.Sequence & ~CONSTRUCTED:
		case Tag.Set & ~CONSTRUCTED:
			right = false;
			break;
		case Tag.Boolean:
			right = length === 1 && (first === 0 || first === 255);
			break;
		case Tag.Null:
			right = length === 0;
			break;
		case Tag.Integer:
			right = length > 0 && !(length > 1 && (first === 0 ? second < 128 : first === 255 && second > 127));
			break;
		case Tag.BitString:
			right = length > 0 && first < 8 && (length > 1 || first === 0);
			break;
		case Tag.Oid:
			return oidFault(der, at, length);
		default:
	}
	return right ? "" : "is not DER";
}

function oidFault(der: Uint8Array, at: number, length: number): string {
	if (length === 0 || length > MAX_OID) return "has an object identifier that is too long";
	let begins = true;
	for (let i = at; i < at + length; i++) {
		const byte = der[i] as number;
		if (begins && byte === 128) return "is not DER";
		begins = byte < 128;
	}
	return begins ? "" : "is not DER";
}

// Of DER that was walked.

/** Where the content of the element at `at` begins. */
export function contentAt(der: Uint8Array, at: number): number {
	const first = der[at + 1] as number;
	return first < 128 ? at + 2 : at + 2 + (first & 127);
}

/** Where the element at `at` ends. */
export function behind(der: Uint8Array, at: number): number {
	let length = der[at + 1] as number;
	if (length < 128) return at + 2 + length;
	const bytes = length & 127;
	length = der[at + 2] as number;
	if (bytes === 2) length = length * 256 + (der[at + 3] as number);
	return at + 2 + bytes + length;
}

/** Whether [from, to) has just these bytes. */
export function isBytes(der: Uint8Array, from: number, to: number, bytes: readonly number[]): boolean {
	if (to - from !== bytes.length) return false;
	for (let i = 0; i < bytes.length; i++) if (der[from + i] !== bytes[i]) return false;
	return true;
}
