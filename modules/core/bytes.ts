// Small things done with bytes that lie inside a larger buffer, so that nothing has to be cut out first.

/**
 * Puts methods that are called for each message on the object itself, and returns it. XS finds them there at
 * once; on its way through the prototypes it looks at property after property, which costs as much as writing
 * four bytes does.
 */
export function ownMethods<T extends object>(object: T, ...names: ReadonlyArray<keyof T>): T {
	for (const name of names) Object.defineProperty(object, name, { value: object[name] });
	return object;
}

/** A view of just these bytes, for functions that write digits. */
export function digitView(bytes: Uint8Array): DataView {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return ownMethods(view, "setUint32", "setUint16", "setUint8");
}

/** Whether `bytes` holds exactly `word` at [start, end). */
export function equals(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
	const length = word.length;
	if (end - start !== length) return false;
	for (let i = 0; i < length; i++) if (bytes[start + i] !== word[i]) return false;
	return true;
}

/** The same for ASCII letters of either case; `word` is in lower case. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
	const length = word.length;
	if (end - start !== length) return false;
	for (let i = 0; i < length; i++) {
		const c = bytes[start + i] as number;
		if ((c >= 65 && c <= 90 ? c + 32 : c) !== word[i]) return false;
	}
	return true;
}

/** FNV-1a, 32 bit: where a hash begins, and the next part of it, as a signed number. */
export const FNV_BASIS = 0x811c9dc5;
export function fold(hash: number, part: number): number {
	return Math.imul(hash ^ part, 0x01000193);
}
export function foldBytes(hash: number, bytes: Uint8Array): number {
	let h = hash;
	for (let i = 0; i < bytes.length; i++) h = fold(h, bytes[i] as number);
	return h;
}

/** ASCII text as bytes, for constants. Anything else is a programmer's error. */
export function ascii(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c > 0x7e) throw new RangeError("ascii: not ASCII");
		bytes[i] = c;
	}
	return bytes;
}
