// The operations in progress. Each one is answered by 501, and then 503, or 502 with a reason; it stays in the
// table until the broker has acknowledged the last answer. Rows carry no operation id, so a row that comes again
// meanwhile (500 asks for all that is pending) can only be told by its content: it is taken for a duplicate, and
// once the first one is done 500 is sent again, in case it was a second operation of the same content.

import { equals } from "../../core/bytes.js";
import { RecordKind } from "../../core/ring.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";
import { quoteColumn, type RowReader } from "./rows.js";
import { Operation, operationFragment, Template } from "./template-ids.js";

/** Operations that may be in progress at once; further ones stay pending in the cloud. */
const CAPACITY = 4;
/** Longest reason of a failure, UTF-16 units; with three bytes each, the row still fits into its record. */
const MAX_REASON = 140;

/** How the one actuator that 518 switches is driven, as command texts. */
export interface Relay {
	readonly closed: Uint8Array;
	readonly open: Uint8Array;
}

const CLOSED = utf8("CLOSED");
const CLOSE = utf8("CLOSE"); // what the documentation of 519 writes
const OPEN = utf8("OPEN");

export class Operations {
	/** Rows that were taken for duplicates. */
	duplicates = 0;
	readonly #host: CloudHost;
	readonly #relay: Relay;
	readonly #hashes = new Uint32Array(CAPACITY);
	/** 0 where the entry is free, else the template id. */
	readonly #ids = new Uint16Array(CAPACITY);
	#again = false;

	constructor(host: CloudHost, relay: Relay) {
		this.#host = host;
		this.#relay = relay;
	}

	/** An operation row; `id` is its template. */
	row(row: RowReader, id: number): void {
		const hash = rowHash(row);
		for (let i = 0; i < CAPACITY; i++) {
			if (this.#ids[i] === id && this.#hashes[i] === hash) {
				this.duplicates++;
				this.#again = true;
				return;
			}
		}
		const index = this.#ids.indexOf(0);
		// Two answers must fit, or the cloud would never hear how it ended.
		if (index < 0 || this.#host.room < 2) {
			this.#again = true;
			return;
		}
		this.#ids[index] = id;
		this.#hashes[index] = hash;
		this.#answer(index, Template.SetExecuting, "", false);
		if (id === Operation.Restart) return; // goes on when 501 is acknowledged
		const reason = this.#execute(row, id);
		this.#answer(index, reason === "" ? Template.SetSuccessful : Template.SetFailed, reason, true);
	}

	/** An answer was acknowledged. */
	delivered(tag: number): void {
		if (tag === 0) return;
		const index = (tag - 1) >> 1;
		const last = ((tag - 1) & 1) === 1;
		if (last) {
			this.#ids[index] = 0;
			if (this.#again && this.#host.queue(RecordKind.Operation, 0, (r) => r.put(GET_PENDING)))
				this.#again = false;
		} else if (this.#ids[index] === Operation.Restart) {
			this.#ids[index] = 0;
			this.#host.mark("restart", true);
			this.#host.restart();
		}
	}

	#execute(row: RowReader, id: number): string {
		if (id !== Operation.Command && id !== Operation.Relay)
			return `${operationFragment(id)} is not supported`;
		if (row.count < 3) return "the operation has no parameter";
		if (id === Operation.Command) return this.#host.command(row.text, row.start(2), row.end(2));
		const closed = this.#is(row, CLOSED) || this.#is(row, CLOSE);
		if (!closed && !this.#is(row, OPEN)) return "the state is neither OPEN nor CLOSED";
		const command = closed ? this.#relay.closed : this.#relay.open;
		return this.#host.command(command, 0, command.length);
	}

	#is(row: RowReader, word: Uint8Array): boolean {
		return equals(row.text, row.start(2), row.end(2), word);
	}

	#answer(index: number, template: number, reason: string, last: boolean): void {
		const fragment = operationFragment(this.#ids[index] as number);
		const tail = reason === "" ? "" : `,${quoteColumn(reason, MAX_REASON)}`;
		const row = utf8(`${template},${fragment}${tail}\n`);
		const tag = 1 + index * 2 + (last ? 1 : 0);
		// The cloud must hear how it ended, if need be without the words.
		if (!this.#host.queue(RecordKind.Operation, tag, (r) => r.put(row)) && reason !== "")
			this.#answer(index, template, "", last);
	}
}

const GET_PENDING = utf8("500\n");

/** FNV-1a over the columns. A collision only delays an operation until the other one is done. */
function rowHash(row: RowReader): number {
	let hash = 0x811c9dc5;
	const columns = Math.min(row.count, 24);
	for (let column = 0; column < columns; column++) {
		const end = row.end(column);
		for (let i = row.start(column); i < end; i++)
			hash = Math.imul(hash ^ (row.text[i] as number), 0x01000193);
		hash = Math.imul(hash ^ 0x1f, 0x01000193);
	}
	return hash >>> 0;
}
