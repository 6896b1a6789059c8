// Numbers in JSON form (RFC 8259) read from bytes.

/** Position behind the JSON number that begins at `at`, or -1 if there is none. */
export function numberEnd(bytes: Uint8Array, at: number, end: number): number {
	let p = at;
	if (p < end && bytes[p] === 45) p++;
	if (p < end && bytes[p] === 48) p++;
	else {
		const digits = digitsEnd(bytes, p, end);
		if (digits === p) return -1;
		p = digits;
	}
	if (p < end && bytes[p] === 46) {
		const digits = digitsEnd(bytes, p + 1, end);
		if (digits === p + 1) return -1;
		p = digits;
	}
	if (p < end && (bytes[p] === 101 || bytes[p] === 69)) {
		let q = p + 1;
		if (q < end && (bytes[q] === 43 || bytes[q] === 45)) q++;
		p = digitsEnd(bytes, q, end);
		if (p === q) return -1;
	}
	return p;
}

function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
	let p = at;
	while (p < end && (bytes[p] as number) >= 48 && (bytes[p] as number) <= 57) p++;
	return p;
}

const POWERS: readonly number[] = Object.freeze([
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
	1e20, 1e21, 1e22,
]);

/**
 * The JSON number that is exactly [start, end), or NaN. Up to 15 significant digits with an exponent within
 * ±22 are converted exactly and without allocating; the rare rest goes through Number().
 */
export function parseNumber(bytes: Uint8Array, start: number, end: number): number {
	// On its own: the variables of the conversion would lie on the stack below the check, where it is deepest.
	return start < end && numberEnd(bytes, start, end) === end ? convert(bytes, start, end) : Number.NaN;
}

function convert(bytes: Uint8Array, start: number, end: number): number {
	let mantissa = 0;
	let digits = 0;
	let exponent = 0;
	let p = start;
	const negative = bytes[p] === 45;
	if (negative) p++;
	let point = false;
	for (; p < end; p++) {
		const c = bytes[p] as number;
		if (c === 46) point = true;
		else if (c >= 48 && c <= 57) {
			mantissa = mantissa * 10 + (c - 48);
			if (mantissa > 0) digits++;
			if (point) exponent--;
		} else break;
	}
	if (p < end || digits > 15 || exponent < -22) {
		let text = "";
		for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
		return Number(text);
	}
	const value = exponent < 0 ? mantissa / (POWERS[-exponent] as number) : mantissa;
	return negative ? -value : value;
}
