// Names in a certificate: whether one is the server's, and how it is shown.

/** Characters of a name that are shown. */
const SHOWN_CHARACTERS = 64;

/** An IPv4 address as a number, or -1. */
export function addressOf(name: string): number {
	let value = 0;
	let part = -1;
	let parts = 0;
	for (let at = 0; at <= name.length; at++) {
		const c = at < name.length ? name.charCodeAt(at) : 46;
		if (c === 46) {
			if (part < 0 || part > 255 || ++parts > 4) return -1;
			value = value * 256 + part;
			part = -1;
		} else {
			if (c < 48 || c > 57) return -1;
			part = (part < 0 ? 0 : part) * 10 + c - 48;
		}
	}
	return parts === 4 ? value : -1;
}

function lower(c: number): number {
	return c >= 65 && c <= 90 ? c + 32 : c;
}

/**
 * RFC 6125, 6.4.3: ASCII letters of either case; a wildcard stands for the whole first label, and for no
 * other.
 */
export function matchesName(der: Uint8Array, from: number, to: number, name: string): boolean {
	let at = from;
	let n = 0;
	if (der[from] === 42) {
		// "*." and at least two labels behind it.
		if (der[from + 1] !== 46 || der.indexOf(46, from + 2) < 0 || der.indexOf(46, from + 2) >= to)
			return false;
		n = name.indexOf(".");
		if (n < 1) return false;
		at = from + 1;
	}
	if (to - at !== name.length - n || to === from) return false;
	for (; at < to; at++, n++) {
		const c = der[at] as number;
		if (c === 42 || c === 0 || lower(c) !== lower(name.charCodeAt(n))) return false;
	}
	return true;
}

/** A stranger's name for people: what is no printable ASCII is not shown, and nothing long. */
export function printable(der: Uint8Array, from: number, to: number): string {
	let text = "";
	for (let at = from; at < to && at < from + SHOWN_CHARACTERS; at++) {
		const c = der[at] as number;
		text += c > 32 && c < 127 ? String.fromCharCode(c) : "?";
	}
	return text;
}
