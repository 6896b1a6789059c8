// SmartREST 2.0 rows: a decoder that is a state machine, because line feeds and commas may stand inside
// quotes, and the quoting of texts that we send.

import { equals } from "../../core/bytes.js";

/** Most columns of a row; further ones are counted but not kept. */
export const MAX_COLUMNS = 24;

/** Bytes of a column that its hash is made of. */
const HASHED_BYTES = 256;

const LF = 10;
const CR = 13;
const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

/** What is wrong with a row. */
export const RowFault = Object.freeze({
	None: 0,
	/** A quote has no end, or something other than a comma comes after it. */
	Quote: 1,
} as const);

/**
 * Reads the rows of a payload one after the other. Columns lie in `text`, which is the payload's own buffer: a
 * column with escapes is written over by what they stand for, once its row was read to the end.
 *
 * In quotes, `""` and `\"` are one quote. The format has no escape for the backslash, so that the column
 * `C:\` in quotes ends as an escaped quote does. A column is therefore read with `\"` as a quote first. If it
 * has no end that way, its last `\"` before a comma, a line feed or the end closes it. A row that cannot be
 * read so either has a fault, and reading goes on at the next line that begins with an id: three digits and a
 * comma.
 */
export class RowReader {
	text: Uint8Array = new Uint8Array(0);
	/** Columns of the row. Of a row with a fault: those before it and the one that has it, as they came. */
	count = 0;
	/** Whether a line feed ended the row, and not the end of the payload. */
	ended = false;
	/** A RowFault. */
	fault: number = RowFault.None;
	/** Where each column begins and ends. */
	private readonly spans = new Uint16Array(2 * (MAX_COLUMNS + 1));
	/** A bit for each column that has escapes. */
	private escaped = 0;
	private from = 0;
	private at = 0;
	private textEnd = 0;
	private cut = false;
	/** Of the column that was read last. */
	private columnAt = 0;
	private columnEnd = 0;
	private hasEscapes = false;
	/** Columns of the row that were closed by a `\"`: each is read twice, so there are not many. */
	private reread = 0;

	/**
	 * With `cut`, [start, end) is the beginning of a longer payload: its last row may end inside quotes. Positions
	 * are below 65536.
	 */
	reset(bytes: Uint8Array, start: number, end: number, cut = false): void {
		this.cut = cut;
		this.text = bytes;
		this.at = start;
		this.textEnd = end;
	}

	/** Begins a row whose columns were read elsewhere; they lie in `text`. */
	compose(text: Uint8Array): void {
		this.text = text;
		this.count = 0;
		this.fault = RowFault.None;
		this.ended = true;
		this.at = this.textEnd = 0;
	}
	/** Its next column, [start, end). */
	column(start: number, end: number): void {
		const column = Math.min(this.count, MAX_COLUMNS);
		this.spans[2 * column] = start;
		this.spans[2 * column + 1] = end;
		this.count++;
	}

	/** Positions in `text` where column `i` begins, and behind it. */
	start(i: number): number {
		return this.spans[2 * i] as number;
	}
	end(i: number): number {
		return this.spans[2 * i + 1] as number;
	}

	/**
	 * FNV-1a over the columns. Of a row that could not be read, or is not whole, over its first line: in other
	 * company its last column may reach elsewhere.
	 */
	hash(whole: boolean): number {
		let hash = 0x811c9dc5;
		if (!whole) {
			for (let p = this.from; p < this.textEnd && this.text[p] !== LF; p++)
				hash = Math.imul(hash ^ (this.text[p] as number), 0x01000193);
			return hash >>> 0;
		}
		let columns = Math.min(this.count, MAX_COLUMNS);
		// "100,," is "100"; and a text is told by its beginning, of which a longer one is kept, too.
		while (columns > 0 && this.end(columns - 1) === this.start(columns - 1)) columns--;
		for (let column = 0; column < columns; column++) {
			const end = Math.min(this.end(column), this.start(column) + HASHED_BYTES);
			for (let i = this.start(column); i < end; i++)
				hash = Math.imul(hash ^ (this.text[i] as number), 0x01000193);
			hash = Math.imul(hash ^ 0x1f, 0x01000193);
		}
		return hash >>> 0;
	}

	/** Whether a column without quotes is exactly this; also one that is not kept. */
	lists(column: Uint8Array): boolean {
		const bytes = this.text;
		const end = this.at;
		for (let p = this.from; p < end; p++)
			if (bytes[p] === COMMA && this.endsAt(p + 1 + column.length))
				if (equals(bytes, p + 1, p + 1 + column.length, column)) return true;
		return false;
	}

	/** Reads the next row that is not empty; false when there is none. It may have a fault. */
	next(): boolean {
		while (this.at < this.textEnd) {
			const from = this.at;
			this.from = from;
			this.row(from);
			if (this.fault === RowFault.Quote) this.at = this.nextId(from);
			if (this.fault !== RowFault.None || this.count > 1 || this.end(0) > this.start(0)) return true;
		}
		return false;
	}

	private row(from: number): void {
		const bytes = this.text;
		const end = this.textEnd;
		let p = from;
		this.count = 0;
		this.ended = false;
		this.fault = RowFault.None;
		this.reread = 0;
		this.escaped = 0;
		for (;;) {
			p = this.blanks(p); // "a, b", as the documents show it once
			this.hasEscapes = false;
			if (p < end && bytes[p] === QUOTE) p = this.quoted(p + 1);
			else p = this.plain(p);
			const column = Math.min(this.count, MAX_COLUMNS);
			this.spans[2 * column] = this.columnAt;
			this.spans[2 * column + 1] = this.columnEnd;
			if (this.hasEscapes) this.escaped |= 1 << column;
			this.count++;
			if (p < 0) {
				this.fault = RowFault.Quote;
				return;
			}
			if (p >= end || bytes[p] !== COMMA) break;
			p++;
		}
		for (let i = 0; this.escaped >> i > 0; i++) if ((this.escaped >> i) & 1) this.unescape(i);
		if (p < end && bytes[p] === CR) p++;
		if (p < end) {
			this.ended = true;
			p++;
		}
		this.at = p;
	}

	/** Finds a column without quotes; returns the position of what ends it. Blanks at its end do not count. */
	private plain(from: number): number {
		const bytes = this.text;
		const end = this.textEnd;
		let filled = from;
		let p = from;
		for (; p < end; p++) {
			const c = bytes[p] as number;
			if (c === COMMA || c === LF || (c === CR && this.endsAt(p))) break;
			if (c !== BLANK) filled = p + 1;
		}
		this.columnAt = from;
		this.columnEnd = filled;
		return p;
	}

	/** Finds a column from behind its quote; returns the position of what ends it, or -1. */
	private quoted(from: number): number {
		const bytes = this.text;
		const end = this.textEnd;
		let p = from;
		let closed = -1;
		this.columnAt = from;
		while (p < end) {
			const c = bytes[p++] as number;
			if (c === QUOTE) {
				if (p >= end || bytes[p] !== QUOTE) {
					this.columnEnd = p - 1;
					const after = this.blanks(p);
					if (this.endsAt(after)) return after;
					break;
				}
				p++; // "" is one quote
				this.hasEscapes = true;
			} else if (c === BACKSLASH && p < end && bytes[p] === QUOTE) {
				p++; // \" is one quote
				this.hasEscapes = true;
				if (this.endsAt(p)) closed = p;
			}
		}
		this.columnEnd = p;
		if (p >= end && this.cut && !this.idFollows(closed)) return end;
		if (closed < 0 || ++this.reread > MAX_COLUMNS) return -1;
		this.columnEnd = closed - 1; // the last one is a backslash and the quote that closes
		return closed;
	}

	/** Writes what a column's escapes stand for over them. */
	private unescape(column: number): void {
		const bytes = this.text;
		const end = this.end(column);
		let n = this.start(column);
		for (let p = n; p < end; p++) {
			let c = bytes[p] as number;
			if ((c === QUOTE || c === BACKSLASH) && p + 1 < end && bytes[p + 1] === QUOTE) {
				c = QUOTE;
				p++;
			}
			bytes[n++] = c;
		}
		this.spans[2 * column + 1] = n;
	}

	private blanks(from: number): number {
		let p = from;
		while (p < this.textEnd && this.text[p] === BLANK) p++;
		return p;
	}

	/** Whether a comma, a line feed (also behind a carriage return) or the end is here. */
	private endsAt(p: number): boolean {
		if (p >= this.textEnd) return true;
		const c = this.text[p];
		if (c === COMMA || c === LF) return true;
		return c === CR && (p + 1 >= this.textEnd || this.text[p + 1] === LF);
	}

	/** The next line behind `from` that begins with an id, or the end. */
	private nextId(from: number): number {
		for (let p = from; p < this.textEnd; p++) if (this.idFollows(p)) return p + 1;
		return this.textEnd;
	}

	/** Whether a line ends here, and the next one begins with an id. */
	private idFollows(at: number): boolean {
		const bytes = this.text;
		const p = at >= 0 && bytes[at] === CR ? at + 1 : at;
		if (p < 0 || p + 4 >= this.textEnd || bytes[p] !== LF) return false;
		return bytes[p + 4] === COMMA && areDigits(bytes, p + 1, p + 4);
	}
}

function areDigits(bytes: Uint8Array, start: number, end: number): boolean {
	for (let p = start; p < end; p++) {
		const c = bytes[p] as number;
		if (c < 48 || c > 57) return false;
	}
	return true;
}

/**
 * A text as a column that we send: wrapped in quotes where the format asks for it, quotes doubled (what
 * agents in the field send), other control characters dropped, cut visibly at about `maxCharacters`.
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
