// SmartREST 2.0 rows: a decoder that is a state machine, because line feeds and commas may stand inside quotes,
// and the quoting of texts that we send.

/** Most columns of a row; further ones are counted but not kept. */
export const MAX_COLUMNS = 24;
/** Most bytes that the columns of one row may have together. */
export const MAX_ROW_BYTES = 2048;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

/** Reads the rows of a payload one after the other. Columns lie unescaped in `text`. */
export class RowReader {
	readonly text = new Uint8Array(MAX_ROW_BYTES);
	/** Columns of the row. */
	count = 0;
	/** Whether a line feed ended the row, and not the end of the payload. */
	ended = false;
	/** Rows that were refused: too long, or a quote without end. */
	refused = 0;
	readonly #ends = new Uint16Array(MAX_COLUMNS + 1);
	#bytes: Uint8Array = new Uint8Array(0);
	#at = 0;
	#end = 0;
	#cut = false;

	/** With `cut`, [start, end) is the beginning of a longer payload: its last row may end inside quotes. */
	reset(bytes: Uint8Array, start: number, end: number, cut = false): void {
		this.#cut = cut;
		this.#bytes = bytes;
		this.#at = start;
		this.#end = end;
	}

	/** Position in `text` where column `i` begins. */
	start(i: number): number {
		return i === 0 ? 0 : (this.#ends[i - 1] as number);
	}
	end(i: number): number {
		return this.#ends[i] as number;
	}

	/** Reads the next row that is not empty; false when there is none. Refused rows are skipped and counted. */
	next(): boolean {
		while (this.#at < this.#end) {
			const ok = this.#row();
			if (!ok) this.refused++;
			else if (this.count > 1 || this.end(0) > 0) return true;
		}
		return false;
	}

	#row(): boolean {
		const bytes = this.#bytes;
		const end = this.#end;
		const text = this.text;
		let p = this.#at;
		let n = 0;
		let quoted = false;
		let columnStart = 0;
		let wasQuoted = false;
		let fits = true;
		this.count = 0;
		this.ended = false;
		while (p < end) {
			const c = bytes[p++] as number;
			if (quoted) {
				if (c === QUOTE) {
					if (bytes[p] !== QUOTE || p >= end) {
						quoted = false;
						continue;
					}
					p++; // "" is one quote
				} else if (c === BACKSLASH && p < end && bytes[p] === QUOTE) {
					p++; // \" is one quote
					if (n < MAX_ROW_BYTES) text[n++] = QUOTE;
					else fits = false;
					continue;
				}
			} else if (c === 10) {
				n = this.#column(n, columnStart, wasQuoted);
				this.#at = p;
				this.ended = true;
				return fits;
			} else if (c === COMMA) {
				columnStart = n = this.#column(n, columnStart, wasQuoted);
				wasQuoted = false;
				continue;
			} else if (c === QUOTE && n === columnStart && !wasQuoted) {
				quoted = wasQuoted = true;
				continue;
			} else if (c === 13 && (p === end || bytes[p] === 10)) continue;
			else if (c === 32 && n === columnStart && !wasQuoted) continue; // "a, b" as the docs show it once
			if (n < MAX_ROW_BYTES) text[n++] = c;
			else fits = false;
		}
		this.#column(n, columnStart, wasQuoted);
		this.#at = end;
		return fits && (!quoted || this.#cut);
	}

	/** Ends a column; blanks at the end of an unquoted one do not count. */
	#column(n: number, start: number, wasQuoted: boolean): number {
		let end = n;
		if (!wasQuoted) while (end > start && this.text[end - 1] === 32) end--;
		if (this.count < MAX_COLUMNS) this.#ends[this.count] = end;
		this.count++;
		return end;
	}
}

/**
 * A text as a column that we send: wrapped in quotes where the format asks for it, quotes doubled (what agents in
 * the field send), other control characters dropped, cut visibly at about `maxCharacters`.
 */
export function quoteColumn(text: string, maxCharacters: number): string {
	let clean = "";
	let special = false;
	for (let i = 0; i < text.length; i++) {
		if (clean.length >= maxCharacters) {
			clean += "...";
			break;
		}
		const c = text.charCodeAt(i);
		// A backslash right before a quote would, for some readers, escape its first half.
		if (c === QUOTE) clean += clean.endsWith("\\") ? ' ""' : '""';
		else if (c >= 0xd800 && c < 0xdc00) clean += text.slice(i, ++i + 1);
		else if (c >= 32 ? c !== 127 : c === 9 || c === 10 || c === 13) clean += text.charAt(i);
		if (c === QUOTE || c === COMMA || c === 9 || c === 10 || c === 13) special = true;
	}
	// A column that ends in a backslash would escape its own closing quote for some readers.
	if (clean.endsWith("\\")) clean += " ";
	if (clean.startsWith(" ") || clean.endsWith(" ")) special = true;
	return special ? `"${clean}"` : clean;
}
