// When a certificate ends, read from its DER: X.509 (RFC 5280, 4.1) as far as the validity.

const SEQUENCE = 0x30;
const VERSION = 0xa0;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** notAfter, ms since 1970; NaN for anything that is no certificate. */
export function certificateEnd(der: Uint8Array): number {
	// Certificate, TBSCertificate, [version], serial number, algorithm, issuer, validity, notBefore, notAfter
	let at = inside(der, 0, SEQUENCE);
	at = inside(der, at, SEQUENCE);
	if (der[at] === VERSION) at = behind(der, at);
	for (let skipped = 0; skipped < 3; skipped++) at = behind(der, at);
	at = inside(der, at, SEQUENCE);
	return timeOf(der, behind(der, at));
}

/** Where the content of the element at `at` begins, or beyond the end. */
function inside(der: Uint8Array, at: number, tag: number): number {
	return der[at] === tag ? contentAt(der, at) : der.length;
}

function contentAt(der: Uint8Array, at: number): number {
	const first = der[at + 1] ?? 0;
	return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f);
}

/** Where the next element begins. */
function behind(der: Uint8Array, at: number): number {
	const content = contentAt(der, at);
	let length = der[at + 1] ?? der.length;
	if (length >= 0x80) {
		length = 0;
		if (content - at > 5) return der.length; // longer than any certificate
		for (let p = at + 2; p < content; p++) length = length * 256 + (der[p] ?? der.length);
	}
	return content + length;
}

/** YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ. */
export function timeOf(der: Uint8Array, at: number): number {
	const utc = der[at] === UTC_TIME;
	const length = utc ? 13 : 15;
	if ((!utc && der[at] !== GENERALIZED_TIME) || der[at + 1] !== length || at + 2 + length > der.length)
		return Number.NaN;
	const first = at + 2;
	if (der[first + length - 1] !== 0x5a) return Number.NaN; // Z
	const short = digits(der, first, utc ? 2 : 4);
	const year = utc ? short + (short < 50 ? 2000 : 1900) : short;
	const from = first + (utc ? 2 : 4);
	return Date.UTC(
		year,
		digits(der, from, 2) - 1,
		digits(der, from + 2, 2),
		digits(der, from + 4, 2),
		digits(der, from + 6, 2),
		digits(der, from + 8, 2),
	);
}

function digits(der: Uint8Array, at: number, count: number): number {
	let value = 0;
	for (let i = 0; i < count; i++) {
		const digit = (der[at + i] as number) - 48;
		if (!(digit >= 0 && digit <= 9)) return Number.NaN;
		value = value * 10 + digit;
	}
	return value;
}
