// What is said of an operation: 501 to 503 by its fragment, or 504 to 506 by its id where that is known.

import { decodeUtf8 } from "../../core/utf8.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";
import { MessageId, Operation, operationFragment } from "./message-ids.js";
import { quoteColumn } from "./rows.js";

/** Longest reason of a failure, UTF-16 units; with three bytes each, the row still fits into its record. */
const MAX_REASON = 140;
const LF = 10;
const NOTHING = utf8("");
const heads = (executing: number, failed: number, successful: number) =>
	Object.freeze({
		[MessageId.SetExecuting]: utf8(`${executing},`),
		[MessageId.SetFailed]: utf8(`${failed},`),
		[MessageId.SetSuccessful]: utf8(`${successful},`),
	} as const);
const BY_FRAGMENT = heads(MessageId.SetExecuting, MessageId.SetFailed, MessageId.SetSuccessful);
const BY_ID = heads(MessageId.SetExecutingById, MessageId.SetFailedById, MessageId.SetSuccessfulById);
/** The kind of an answer, by its template without ids. */
export type Answer = keyof typeof BY_ID;

export class OperationAnswers {
	private readonly host: CloudHost;
	/**
	 * The answer that is being written, and a kept function that writes it: one made for each row would be
	 * garbage.
	 */
	private kind: Answer = MessageId.SetExecuting;
	private fragment: Uint8Array = NOTHING;
	private reason: Uint8Array = NOTHING;
	private id = 0;
	private both = false;
	private readonly put = (record: RecordWriter) => {
		if (this.both) this.putRow(record, MessageId.SetExecuting, NOTHING);
		this.putRow(record, this.kind, this.reason);
	};

	constructor(host: CloudHost) {
		this.host = host;
	}

	/**
	 * Queues the answer for an operation of this template; `id` is its id, or 0. `text` is the reason of a
	 * failure, or the columns that go with a success. With `both`, EXECUTING goes in front of it: a power cut
	 * between them would leave EXECUTING what the next boot knows nothing of. It goes on the target's route.
	 * False if there is no room.
	 */
	queue(
		kind: Answer,
		template: number,
		id: number,
		text: string,
		both: boolean,
		record: number,
		tag: number,
		target: number,
	): boolean {
		this.kind = kind;
		this.fragment = operationFragment(template);
		this.id = id;
		this.both = both;
		const columns = kind === MessageId.SetFailed ? quoteColumn(text, MAX_REASON) : text;
		this.reason = text === "" ? NOTHING : utf8(`,${columns}`);
		return this.host.messages.queue(record, tag, this.put, target);
	}

	private putRow(record: RecordWriter, kind: Answer, reason: Uint8Array): void {
		record.put((this.id > 0 ? BY_ID : BY_FRAGMENT)[kind]);
		if (this.id > 0) record.whole(this.id);
		else record.put(this.fragment);
		record.put(reason);
		record.byte(LF);
	}
}

/** Operations of other kinds are refused; RelayArray too where there are no relays. */
export function isSupported(id: number): boolean {
	return (
		id === Operation.Restart ||
		id === Operation.Command ||
		id === Operation.Relay ||
		id === Operation.RelayArray ||
		id === Operation.MeasurementRequest
	);
}

export function fragmentName(id: number): string {
	const fragment = operationFragment(id);
	return decodeUtf8(fragment, 0, fragment.length) as string;
}

/** Why an operation of a kind that is not carried out failed. */
export function unsupported(id: number): string {
	return `${fragmentName(id)} is not supported`;
}
