// Signs of life. Cumulocity takes a device for available while measurements, events or alarms come in; on
// newer tenants a heartbeat (125) counts as well. PINGREQ and the answers of operations do not count. Where
// nothing that counts goes out within the required interval, the node sends a sign of life itself: 125 where
// the tenant lists it (602), else a measurement of its own.

import { ascii } from "../../core/bytes.js";
import { mark, marked } from "../../core/store.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import type { CloudHost } from "../cloud.js";
import { MessageId } from "./message-ids.js";
import { ROOM_FOR_ANSWERS } from "./operations.js";
import type { RowReader } from "./rows.js";

/**
 * Of the required interval, after which a sign of life goes out: the rest is for the way and for repetitions.
 */
const SHARE = 0.8;
/**
 * After a connection begins, what is waiting goes out first, and the first sample: longest wait for it, ms.
 */
const FIRST_MS = 90_000;
/** Longest wait for the answer to 602, ms. */
const ANSWER_MS = 10_000;
const HOUR_MS = 3_600_000;
const HEARTBEAT_ID = ascii(String(MessageId.Heartbeat));
const HEARTBEAT = ascii(`${MessageId.Heartbeat}\n`);
const ASK = ascii(`${MessageId.GetTemplates}\n`);
const UPTIME = ascii(`${MessageId.Measurement},mote_Node,uptime,`);
const UPTIME_UNIT = ascii(",h\n");

/**
 * What is known of the tenant's templates, in the store under this key, beside a hash of the broker's name:
 * another tenant is asked anew.
 */
const KEY = "templates";
const Known = Object.freeze({ Nothing: 0, Asked: 1, Heartbeat: 2 } as const);

export class Availability {
	private readonly host: CloudHost;
	private readonly periodMs: number;
	private readonly tenant: number;
	/** Tag of the sign of life in the lane of events; 602 has the next one. */
	private readonly tag: number;
	private open = false;
	/** When the next sign of life is due, monotonic ms. */
	private dueAt = 0;
	/** A connection was given time for what is waiting, and nothing that counts was delivered since. */
	private graced = false;
	/** Measures delivered so far, as they were last seen. */
	private delivered = 0;
	/** Kept: a function made for each row would be garbage. */
	private readonly put = (record: RecordWriter) => {
		if (this.asking) record.put(ASK);
		else if (this.known() === Known.Heartbeat) record.put(HEARTBEAT);
		else {
			record.put(UPTIME);
			record.decimal(this.host.now() / HOUR_MS, 2);
			record.put(UPTIME_UNIT);
		}
	};
	/** 602 is under way: it is what `put` writes, and its answer is waited for. */
	private asking = false;

	/** `minutes` is the required interval, `broker` the tenant's name; `tag` and the next one are its own. */
	constructor(host: CloudHost, minutes: number, broker: string, tag: number) {
		this.host = host;
		this.periodMs = minutes * 60_000 * SHARE;
		this.tenant = hash(broker);
		this.tag = tag;
	}

	/** A connection stands; `told`: something that counts went out while it began. */
	opened(told: boolean): void {
		this.open = true;
		const now = this.host.now();
		if (told) this.counted();
		else if (this.dueAt <= now && !this.graced) {
			this.graced = true;
			this.dueAt = now + Math.min(FIRST_MS, this.periodMs / 2);
		}
	}
	closed(): void {
		this.open = false;
		// It may be what the tenant closes the connection on: it is not asked again.
		if (this.asking) this.learn(Known.Asked);
		this.asking = false;
	}

	/** Something that counts was delivered. */
	counted(): void {
		this.graced = false;
		this.dueAt = this.host.now() + this.periodMs;
	}

	/** The answer to 602: all templates of the tenant. */
	templates(row: RowReader): void {
		this.learn(row.lists(HEARTBEAT_ID) ? Known.Heartbeat : Known.Asked);
		this.asking = false;
	}

	tick(): void {
		if (!this.open) return;
		const host = this.host;
		const { measuresDelivered } = host.delivery;
		if (measuresDelivered !== this.delivered) {
			this.delivered = measuresDelivered;
			this.counted();
		}
		if (host.now() >= this.dueAt && host.messages.room > ROOM_FOR_ANSWERS) this.tell();
	}

	private tell(): void {
		const host = this.host;
		// There was no answer in time, or none that lists it.
		if (this.asking) this.learn(Known.Asked);
		this.asking = this.known() === Known.Nothing;
		if (!host.messages.queue(RecordKind.Passing, this.asking ? this.tag + 1 : this.tag, this.put)) return;
		// If it is not delivered, once more.
		if (this.asking) this.dueAt = host.now() + ANSWER_MS;
		else this.counted();
	}

	private known(): number {
		const value = marked(this.host.store, KEY);
		return value >> 2 === this.tenant ? value & 3 : Known.Nothing;
	}
	private learn(known: number): void {
		mark(this.host.store, KEY, (this.tenant << 2) | known);
	}
}

/** 28 bits of FNV-1a, so that with two more bits it is a number that each store takes. */
function hash(text: string): number {
	let value = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
	return value >>> 4;
}
