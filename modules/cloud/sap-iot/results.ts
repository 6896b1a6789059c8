// What became of a command, as a measure of a capability of its own: the service has no other place for it.
// Delivered means: PUBACK; the ack that follows only has a code for the log.

import { cutUtf8 } from "../../core/utf8.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";

/** Longest command and reason that are told, UTF-8 bytes and UTF-16 units. */
const MAX_COMMAND = 100;
const MAX_REASON = 100;
/** Words around them, and room for what is escaped. */
const ROOM = 60 + 2 * MAX_COMMAND + 2 * MAX_REASON;
const FAILED = utf8('","status":"FAILED","reason":"');
const SUCCESSFUL = utf8('","status":"SUCCESSFUL","reason":"');
const END = utf8('"}]}');

export class SapResults {
	readonly recordBytes: number;
	private readonly head: Uint8Array;
	/** What is being written, and a kept function that writes it. */
	private text: Uint8Array = END;
	private length = 0;
	private reason: Uint8Array = END;
	private failed = false;
	private readonly put = (record: RecordWriter) => {
		record.put(this.head);
		record.escaped(this.text, 0, this.length);
		record.put(this.failed ? FAILED : SUCCESSFUL);
		record.escaped(this.reason, 0, this.reason.length);
		record.put(END);
	};

	constructor(capability: string, sensor: string) {
		this.head = utf8(
			`{"capabilityAlternateId":${JSON.stringify(capability)},"sensorAlternateId":${JSON.stringify(sensor)},"measures":[{"command":"`,
		);
		this.recordBytes = this.head.length + ROOM;
	}

	/** Of a command text [0, length); `reason` is "" where it was carried out. */
	tell(host: CloudHost, text: Uint8Array, length: number, reason: string): void {
		this.text = text;
		this.length = length < MAX_COMMAND ? length : cutUtf8(text, 0, length, MAX_COMMAND);
		this.failed = reason !== "";
		this.reason = utf8(reason.slice(0, MAX_REASON));
		// Without room it is counted, as in every cloud.
		host.messages.queue(RecordKind.Operation, 1, this.put);
	}
}
