// Somebody else's text for a log or a reason: what nobody can see in it, or what a terminal would act on, is
// written out.

/** The text with invisible characters as \xNN or \u{NNNN}; the text itself where there are none. */
export function visible(text: string): string {
	let shown = "";
	let from = 0;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (!isInvisible(c)) continue;
		const digits = c.toString(16);
		shown += text.slice(from, i) + (c > 255 ? `\\u{${digits}}` : `\\x${c < 16 ? "0" : ""}${digits}`);
		from = i + 1;
	}
	return from === 0 ? text : shown + text.slice(from);
}

/**
 * Controls, the soft hyphen, what has no width or changes the direction, line separators, the byte order
 * mark.
 */
function isInvisible(c: number): boolean {
	if (c < 127) return c < 32;
	if (c < 0x200b) return c < 160 || c === 0xad;
	if (c > 0x206f) return c === 0xfeff;
	return c <= 0x200f || (c >= 0x2028 && c <= 0x202e) || c >= 0x2060;
}
