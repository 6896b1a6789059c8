// Operations as JSON (devicecontrol/notifications): each has its id, which rows do not have. A document is
// turned into the columns of the row that says the same, so that both are one to whoever carries it out.
// Several documents may come in one message, with line feeds between them.

import { ascii, FNV_BASIS, fold, foldBytes } from "../../core/bytes.js";
import type { PayloadSink } from "../../mqtt/inbound.js";
import type { InboundMessage } from "../../mqtt/parser.js";
import { Json, JsonScanner } from "../json.js";
import { Operation, operationOf } from "./message-ids.js";
import type { RowReader } from "./rows.js";

export const NOTIFICATIONS = ascii("devicecontrol/notifications");
const W = Object.freeze({
	id: ascii("id"),
	status: ascii("status"),
	pending: ascii("PENDING"),
	source: ascii("externalSource"),
	externalId: ascii("externalId"),
	text: ascii("text"),
	relayState: ascii("relayState"),
	requestName: ascii("requestName"),
});
/** What is kept of one document: the target, and the columns behind it. */
const BYTES = 768;
/** Of a template; they stand at the end. */
const ID_DIGITS = 3;
/** Largest id that a number holds exactly, with room for its digits. */
const MOST_DIGITS = 15;
const LF = 10;
const NOTHING = ascii("");

/**
 * Hears of documents that are no operation, or too long to be kept; their id is 0 where it is not known.
 * `source`: the hash of whose the operation is, or 0.
 */
export interface Documents {
	malformed(what: string): void;
	tooLong(id: number, source: number): void;
	/** Several in one message that is too large: they come again. */
	several(): void;
}

export class Notifications implements PayloadSink {
	private readonly owner: Documents;
	private readonly row: RowReader;
	private readonly json = tolerant();
	private readonly own: Uint8Array;
	private readonly text: Uint8Array;
	private fill = 0;
	/** Of the document that was found last: 0 where it has no id that can be used, or no template. */
	id = 0;
	template = 0;
	private bytes: Uint8Array = NOTHING;
	private at = 0;
	private limit = 0;
	private isPending = true;
	private targetEnd = 0;
	/** Of the same: its text is only there in part. */
	tooLong = false;
	/** Where columns behind the target end, in order. */
	private readonly ends = new Uint16Array(8);
	private columns = 0;
	private readonly finder = new IdFinder();

	/** `own` is the device's id, for documents that do not say whose they are. */
	constructor(owner: Documents, row: RowReader, own: Uint8Array) {
		this.owner = owner;
		this.row = row;
		this.own = own;
		this.text = new Uint8Array(BYTES + own.length);
	}

	/** Whether it is a message of these; its documents are found by `next`. */
	takes(message: InboundMessage): boolean {
		if (!message.isOn(NOTIFICATIONS)) return false;
		this.bytes = message.bytes;
		this.at = message.payloadStart;
		this.limit = message.payloadEnd;
		return true;
	}

	/**
	 * Finds the next operation: its template and id, and its columns in the row. False when there is none. Not
	 * told by a call: what an operation leads to needs the stack.
	 */
	next(): boolean {
		const { bytes, limit } = this;
		while (this.at < limit) {
			if ((bytes[this.at] as number) <= 32) this.at++;
			else if (this.read(bytes, limit)) return true;
		}
		return false;
	}

	/** Reads the document here, and goes behind it; whether it is an operation for somebody to look at. */
	private read(bytes: Uint8Array, end: number): boolean {
		this.begin();
		this.json.reset(bytes, this.at, end);
		if (this.document()) {
			this.at = this.json.at;
			return this.compose();
		}
		this.owner.malformed(`an operation that is no JSON: ${this.json.error}`);
		const line = bytes.indexOf(LF, this.at);
		this.at = line < 0 ? end : line + 1;
		return false;
	}

	private begin(): void {
		this.fill = this.id = this.template = this.targetEnd = this.columns = 0;
		this.isPending = true;
		this.tooLong = false;
	}

	/** Reads one object; false if it is not whole, or none. */
	private document(): boolean {
		const { json } = this;
		if (json.next() !== Json.ObjectStart) return false;
		for (;;) {
			const token = json.next();
			if (token === Json.ObjectEnd) return true;
			if (token !== Json.Name) return false;
			if (!this.member()) return false;
		}
	}

	private member(): boolean {
		const { json } = this;
		const isId = json.is(W.id);
		const isStatus = json.is(W.status);
		const isSource = json.is(W.source);
		const template = operationOf(json.text, json.length);
		const value = json.next();
		if (isId) this.id = this.idOf(value);
		else if (isStatus) this.isPending = json.is(W.pending);
		else if (isSource && value === Json.ObjectStart) return this.fields(0);
		else if (template > 0 && this.template === 0) {
			this.template = template;
			if (value === Json.ObjectStart) return this.fields(template);
			if (value === Json.ArrayStart) return this.items(template);
		}
		return json.skip(value);
	}

	private idOf(value: number): number {
		const { json } = this;
		if ((value !== Json.String && value !== Json.Number) || json.length > MOST_DIGITS) return 0;
		const id = json.number();
		return Number.isInteger(id) && id > 0 ? id : 0;
	}

	/** The members of an operation's fragment, or with 0 of the source. */
	private fields(template: number): boolean {
		const { json } = this;
		for (;;) {
			const token = json.next();
			if (token === Json.ObjectEnd) return true;
			if (token !== Json.Name) return false;
			const isWanted = this.isWanted(template);
			const value = json.next();
			if (isWanted && (value === Json.String || value === Json.Number)) this.keep(template);
			else if (!json.skip(value)) return false;
		}
	}

	private isWanted(template: number): boolean {
		const { json } = this;
		if (template === 0) return json.is(W.externalId);
		if (template === Operation.Command) return json.is(W.text);
		if (template === Operation.Relay) return json.is(W.relayState);
		return template === Operation.MeasurementRequest && json.is(W.requestName);
	}

	/** The states of 519. */
	private items(template: number): boolean {
		const { json } = this;
		for (;;) {
			const token = json.next();
			if (token === Json.ArrayEnd) return true;
			if (token === Json.String && template === Operation.RelayArray) this.keep(template);
			else if (!json.skip(token)) return false;
		}
	}

	/** Keeps the last text as a column, or with 0 as the target. */
	private keep(template: number): void {
		const { json, text } = this;
		const end = this.fill + json.length;
		if (json.cut) this.tooLong = true;
		if (end > BYTES - ID_DIGITS || this.columns === this.ends.length) {
			this.tooLong = true;
			return;
		}
		for (let i = 0; i < json.length; i++) text[this.fill + i] = json.text[i] as number;
		// The target lies behind the columns where it comes later: its place is kept as a column, too.
		this.ends[this.columns++] = end;
		if (template === 0) this.targetEnd = this.columns;
		this.fill = end;
	}

	/** Makes the row. */
	private compose(): boolean {
		const { row, text, ends, template } = this;
		if (!this.isPending) return false;
		if (this.targetEnd === 0) {
			this.put(this.own);
			return true;
		}
		row.compose(text);
		const digits = this.digits(template);
		row.column(digits, digits + ID_DIGITS);
		const place = this.targetEnd - 1;
		row.column(place === 0 ? 0 : (ends[place - 1] as number), ends[place] as number);
		this.rest(place);
		return true;
	}

	/** The columns behind the target. */
	private rest(skipped: number): void {
		const { row, ends } = this;
		for (let i = 0; i < this.columns; i++)
			if (i !== skipped) row.column(i === 0 ? 0 : (ends[i - 1] as number), ends[i] as number);
	}

	/** A document that does not say whose it is, is this device's. */
	private put(own: Uint8Array): void {
		const { row, text, fill } = this;
		text.set(own, fill);
		this.fill += own.length;
		row.compose(text);
		const digits = this.digits(this.template);
		row.column(digits, digits + ID_DIGITS);
		row.column(fill, fill + own.length);
		this.rest(-1);
	}

	/** Writes the template's id; returns where. */
	private digits(template: number): number {
		const at = this.text.length - ID_DIGITS;
		this.text[at] = 48 + ((template / 100) | 0);
		this.text[at + 1] = 48 + (((template / 10) | 0) % 10);
		this.text[at + 2] = 48 + (template % 10);
		return at;
	}

	// PayloadSink: a message that is too large to be kept

	part(bytes: Uint8Array, start: number, end: number): void {
		this.finder.take(bytes, start, end);
	}
	end(whole: boolean): void {
		const { id, documents, source } = this.finder;
		this.finder.reset();
		if (!whole) return;
		if (documents > 1) this.owner.several();
		else this.owner.tooLong(id, source);
	}
}

export function hashOf(bytes: Uint8Array): number {
	return foldBytes(FNV_BASIS, bytes) >>> 0;
}
const EXTERNAL_ID = hashOf(W.externalId);

/**
 * Finds the first `"id":"123"` of the outermost object in a document that is not kept, and the hash of the
 * first `"externalId":"…"` one level below.
 */
class IdFinder {
	id = 0;
	source = 0;
	/** Of the text that is being read, and whether the last one was "externalId". */
	private hash = FNV_BASIS;
	private isSource = false;
	/** Documents that have ended. */
	documents = 0;
	private depth = 0;
	private inText = false;
	private escaped = false;
	/** Bytes of the text that is being read, up to three; and of the last one whether it was "id". */
	private length = 0;
	private letters = 0;
	private isName = false;
	private value = 0;
	private digits = 0;

	reset(): void {
		this.id = this.documents = this.depth = this.length = this.letters = this.value = this.digits = 0;
		this.source = 0;
		this.inText = this.escaped = this.isName = this.isSource = false;
	}

	take(bytes: Uint8Array, start: number, end: number): void {
		for (let at = start; at < end; at++) {
			const c = bytes[at] as number;
			if (this.inText) this.within(c);
			else if (c === 34) {
				this.inText = true;
				this.length = this.letters = this.value = this.digits = 0;
				this.hash = FNV_BASIS;
			} else if (c === 123 || c === 91) this.depth++;
			else if (c === 125 || c === 93) {
				if (--this.depth === 0) this.documents++;
			} else if (c === 44) this.isName = false;
		}
	}

	private within(c: number): void {
		if (this.escaped) this.escaped = false;
		else if (c === 92) this.escaped = true;
		else if (c === 34) {
			this.inText = false;
			if (
				this.isName &&
				this.id === 0 &&
				this.digits === this.length &&
				this.digits > 0 &&
				this.digits <= MOST_DIGITS
			)
				this.id = this.value;
			this.isName = this.depth === 1 && this.length === 2 && this.letters === 0x6964;
			if (this.isSource && this.source === 0) this.source = this.hash >>> 0;
			this.isSource = this.depth === 2 && this.hash >>> 0 === EXTERNAL_ID;
			return;
		}
		this.length++;
		this.letters = ((this.letters << 8) | c) & 0xffffff;
		this.hash = fold(this.hash, c);
		if (c < 48 || c > 57) return;
		this.digits++;
		this.value = this.value * 10 + c - 48;
	}
}

/** A text that is not wanted may be of any length. */
function tolerant(): JsonScanner {
	const json = new JsonScanner();
	json.tolerant = true;
	return json;
}
