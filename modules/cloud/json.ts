// A bounded pull scanner for JSON (RFC 8259) that others send us. It works on the bytes in place and creates
// no objects: on XS every new property name of a parsed object would take a key for good.

import { equals } from "../core/bytes.js";
import { numberEnd, parseNumber } from "../core/number.js";
import { sequenceLength } from "../core/utf8.js";

export const Json = Object.freeze({
	Error: 0,
	End: 1,
	ObjectStart: 2,
	ObjectEnd: 3,
	ArrayStart: 4,
	ArrayEnd: 5,
	/** The name of a member; its value is the next token. */
	Name: 6,
	String: 7,
	Number: 8,
	True: 9,
	False: 10,
	Null: 11,
} as const);

/** Deepest nesting. */
export const MAX_DEPTH = 16;
/** Longest name, string or number, bytes after unescaping. */
export const MAX_TEXT = 512;

/** What `error` says of a name or string beyond MAX_TEXT. */
export const TOO_LONG = "text too long";

/** What is kept of a longer text; bytes, so that a character may be cut. */
const CUT_AT = MAX_TEXT - 4;

const VALUE = 0; // a value must come
const FIRST = 1; // the first name of an object, or its end
const NEXT = 2; // comma or end
const DONE = 3;
const ITEM = 4; // the first value of an array, or its end

export class JsonScanner {
	/** Text of the last Name, String or Number: `text` at [0, length), unescaped. */
	readonly text = new Uint8Array(MAX_TEXT + 4);
	length = 0;
	/** Takes a longer text, too: of it `text` has the beginning, and `cut` is set. */
	tolerant = false;
	cut = false;
	/** What was wrong, once `next` has returned Error. */
	error = "";
	private bytes: Uint8Array = new Uint8Array(0);
	private position = 0;
	private end = 0;
	private depth = 0;
	private objects = 0; // bit n: level n is an object
	private expect = VALUE;

	/** Begins at [start, end) of `bytes`. */
	reset(bytes: Uint8Array, start: number, end: number): void {
		this.bytes = bytes;
		this.position = start;
		this.end = end;
		this.depth = 0;
		this.objects = 0;
		this.expect = VALUE;
		this.error = "";
	}

	/** Position in the bytes behind what was read, and of what was wrong. */
	get at(): number {
		return this.position;
	}

	/** The next token. After Error or End it stays that. */
	next(): number {
		if (this.error !== "") return Json.Error;
		let c = this.skipSpace();
		if (this.expect === DONE) return c < 0 ? Json.End : this.fail("text after the value");
		if (c < 0) return this.fail("ends too early");
		if (this.expect === NEXT) {
			const object = this.inObject();
			if (c === (object ? 125 : 93)) return this.close(object);
			if (c !== 44) return this.fail("comma or end expected");
			this.position++;
			c = this.skipSpace();
			if (c < 0) return this.fail("ends too early");
			return object ? this.name(c) : this.value(c);
		}
		if (this.expect === FIRST) return c === 125 ? this.close(true) : this.name(c);
		if (this.expect === ITEM && c === 93) return this.close(false);
		return this.value(c);
	}

	/** Skips the value that `token` began (nothing to do for scalars). Returns false on an error. */
	skip(token: number): boolean {
		if (token !== Json.ObjectStart && token !== Json.ArrayStart) return token !== Json.Error;
		const depth = this.depth - 1;
		while (this.depth > depth) if (this.next() === Json.Error) return false;
		return true;
	}

	/** Whether the last text is exactly `word`. */
	is(word: Uint8Array): boolean {
		return equals(this.text, 0, this.length, word);
	}

	/** The last Number, or a String that holds a JSON number; NaN if it does not. */
	number(): number {
		return parseNumber(this.text, 0, this.length);
	}

	private inObject(): boolean {
		return (this.objects & (1 << this.depth)) !== 0;
	}

	private skipSpace(): number {
		const bytes = this.bytes;
		while (this.position < this.end) {
			const c = bytes[this.position] as number;
			if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return c;
			this.position++;
		}
		return -1;
	}

	private open(object: boolean): number {
		if (this.depth === MAX_DEPTH) return this.fail("nested too deeply");
		this.position++;
		this.depth++;
		if (object) this.objects |= 1 << this.depth;
		else this.objects &= ~(1 << this.depth);
		this.expect = object ? FIRST : ITEM;
		return object ? Json.ObjectStart : Json.ArrayStart;
	}

	private close(object: boolean): number {
		this.position++;
		this.depth--;
		this.after();
		return object ? Json.ObjectEnd : Json.ArrayEnd;
	}

	private after(): void {
		this.expect = this.depth === 0 ? DONE : NEXT;
	}

	private name(c: number): number {
		if (c !== 34) return this.fail("name expected");
		if (!this.string()) return Json.Error;
		if (this.skipSpace() !== 58) return this.fail("colon expected");
		this.position++;
		this.expect = VALUE;
		return Json.Name;
	}

	private value(c: number): number {
		switch (c) {
			case 123:
				return this.open(true);
			case 91:
				return this.open(false);
			case 34:
				if (!this.string()) return Json.Error;
				this.after();
				return Json.String;
			case 116:
				return this.word(TRUE, Json.True);
			case 102:
				return this.word(FALSE, Json.False);
			case 110:
				return this.word(NULL, Json.Null);
			default:
				return this.readNumber();
		}
	}

	private word(word: Uint8Array, token: number): number {
		const end = this.position + word.length;
		if (end > this.end || !equals(this.bytes, this.position, end, word)) return this.fail("unknown word");
		this.position = end;
		this.after();
		return token;
	}

	private readNumber(): number {
		const bytes = this.bytes;
		const end = numberEnd(bytes, this.position, this.end);
		if (end < 0) return this.fail("malformed value");
		if (end - this.position > MAX_TEXT) return this.fail("number too long");
		let n = 0;
		while (this.position < end) this.text[n++] = bytes[this.position++] as number;
		this.length = n;
		this.after();
		return Json.Number;
	}

	/** Reads a string with its quotes into `text`. */
	private string(): boolean {
		const bytes = this.bytes;
		const end = this.end;
		let p = this.position + 1;
		let n = 0;
		this.cut = false;
		while (p < end) {
			if (n > MAX_TEXT) {
				if (!this.tolerant) return this.fail(TOO_LONG) > 0;
				this.cut = true;
				n = CUT_AT; // what comes is written over, again and again
			}
			const c = bytes[p] as number;
			if (c === 34) {
				this.position = p + 1;
				this.length = this.cut ? CUT_AT : n;
				return true;
			}
			if (c < 32) return this.fail("control character in a string") > 0;
			if (c === 92) {
				const used = this.escape(p, n);
				if (used === 0) return this.fail("malformed escape") > 0;
				n = this.length;
				p += used;
				continue;
			}
			const size = c < 128 ? 1 : sequenceLength(bytes, p, end);
			if (size === 0) return this.fail("ill-formed UTF-8") > 0;
			for (let i = 0; i < size; i++) this.text[n++] = bytes[p++] as number;
		}
		return this.fail("string without end") > 0;
	}

	/** Decodes the escape at `p` to text[n…], sets `length` behind it; returns its bytes, or 0. */
	private escape(p: number, n: number): number {
		const c = p + 1 < this.end ? (this.bytes[p + 1] as number) : 0;
		if (c !== 117) {
			const plain = simpleEscape(c);
			if (plain === 0) return 0;
			this.text[n] = plain;
			this.length = n + 1;
			return 2;
		}
		let code = this.hex(p + 2);
		let used = 6;
		if (code >= 0xd800 && code < 0xdc00) {
			if (p + 7 >= this.end || this.bytes[p + 6] !== 92 || this.bytes[p + 7] !== 117) return 0;
			const low = this.hex(p + 8);
			if (low < 0xdc00 || low > 0xdfff) return 0;
			code = 0x10000 + (code - 0xd800) * 1024 + (low - 0xdc00);
			used = 12;
		} else if (code < 0 || (code >= 0xdc00 && code <= 0xdfff)) return 0;
		this.length = putCodePoint(this.text, n, code);
		return used;
	}

	private hex(p: number): number {
		if (p + 4 > this.end) return -1;
		let value = 0;
		for (let i = p; i < p + 4; i++) {
			const c = this.bytes[i] as number;
			const digit = c >= 48 && c <= 57 ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1;
			if (digit < 0) return -1;
			value = value * 16 + digit;
		}
		return value;
	}

	private fail(why: string): number {
		this.error = why;
		return Json.Error;
	}
}

const TRUE = Uint8Array.of(116, 114, 117, 101);
const FALSE = Uint8Array.of(102, 97, 108, 115, 101);
const NULL = Uint8Array.of(110, 117, 108, 108);

function simpleEscape(c: number): number {
	switch (c) {
		case 34:
		case 47:
		case 92:
			return c;
		case 98:
			return 8;
		case 102:
			return 12;
		case 110:
			return 10;
		case 114:
			return 13;
		case 116:
			return 9;
		default:
			return 0;
	}
}

function putCodePoint(text: Uint8Array, at: number, code: number): number {
	let n = at;
	if (code < 0x80) {
		text[n++] = code;
		return n;
	}
	if (code < 0x800) text[n++] = 0xc0 | (code >> 6);
	else {
		if (code < 0x10000) text[n++] = 0xe0 | (code >> 12);
		else {
			text[n++] = 0xf0 | (code >> 18);
			text[n++] = 0x80 | ((code >> 12) & 63);
		}
		text[n++] = 0x80 | ((code >> 6) & 63);
	}
	text[n++] = 0x80 | (code & 63);
	return n;
}
