// JSON from outside: what nests deeper than anything here has use for would overflow the stack of whoever
// shows it later.

const MAX_DEPTH = 32;

/** Throws an Error where the text is not JSON or nests deeper than 32. Its size is the caller's to bound. */
export function parseJson(text: string): unknown {
	let depth = 0;
	let inText = false;
	for (let at = 0; at < text.length; at++) {
		const c = text[at];
		if (inText) {
			if (c === "\\") at++;
			else if (c === '"') inText = false;
		} else if (c === '"') inText = true;
		else if (c === "[" || c === "{") {
			if (++depth > MAX_DEPTH) throw new Error(`it nests deeper than ${MAX_DEPTH}`);
		} else if (c === "]" || c === "}") depth--;
	}
	return JSON.parse(text);
}
