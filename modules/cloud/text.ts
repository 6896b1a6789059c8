// Texts of the settings as bytes, made once at start.

import { encodeUtf8 } from "../core/utf8.js";

/** UTF-8 of a text; throws for an ill-formed one. */
export function utf8(text: string): Uint8Array {
	const bytes = encodeUtf8(text);
	if (bytes === undefined) throw new RangeError("a setting is ill-formed text");
	return bytes;
}

/** The words of a list with commas between. */
export function listed(text: string): string[] {
	const words = text === "" ? [] : text.split(",");
	for (let i = 0; i < words.length; i++) words[i] = (words[i] as string).trim();
	return words;
}

/** A text as a JSON string with its quotes. */
export function jsonString(text: string): string {
	return JSON.stringify(text);
}

/** A text as the inside of a JSON string. */
export function jsonBytes(text: string): Uint8Array {
	const quoted = jsonString(text);
	return utf8(quoted.slice(1, quoted.length - 1));
}
