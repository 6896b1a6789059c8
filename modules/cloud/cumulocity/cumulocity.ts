// Cumulocity IoT over MQTT with SmartREST 2.0 static templates. Delivered means: PUBACK. Sessions are clean, as the
// platform asks; what was not acknowledged is replayed from the rings.

import { ascii, equals } from "../../core/bytes.js";
import { CHANNELS, type Channel, type Sample } from "../../core/channels.js";
import { ISO_TIME_BYTES } from "../../core/iso-time.js";
import { mark, marked } from "../../core/store.js";
import { decodeUtf8 } from "../../core/utf8.js";
import { visible } from "../../core/visible.js";
import type { ConnectOptions } from "../../mqtt/encode.js";
import type { InboundMessage } from "../../mqtt/parser.js";
import type { LaneShape } from "../../outbox/lane.js";
import { TEMPLATE_VALUE_BYTES, type TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import { IsoStamp } from "../../outbox/stamp.js";
import type { Cloud, CloudHost, OpeningStep } from "../cloud.js";
import { connectOptions } from "../connect.js";
import { utf8 } from "../text.js";
import { Availability } from "./availability.js";
import { operationFragment, TEMPLATES_ANSWER, Template } from "./message-ids.js";
import { Operations, ROOM_FOR_ANSWERS } from "./operations.js";
import { quoteColumn, RowFault, RowReader } from "./rows.js";
import type { CumulocitySettings } from "./settings.js";

/** Largest MQTT packet that the platform takes, with all headers. */
export const MAX_PACKET_BYTES = 16184;
/** Fixed header 1 + 2, topic 2 + 4, packet id 2. */
const MAX_PAYLOAD_BYTES = MAX_PACKET_BYTES - 11;
const LF = 10;
/** Twice the longest name of the settings, for doubled quotes. */
const MAX_NAME = 128;
const NOTHING = ascii("");
const UP = ascii("s/us");
const DOWN = ascii("s/ds");
const ERRORS = ascii("s/e");
/** Fragment and series of each channel, in the order of CHANNELS. */
const SERIES: readonly string[] = Object.freeze([
	"c8y_Temperature,T",
	"mote_Led,brightness",
	"mote_Buzzer,frequency",
	"mote_Speed,measured",
]);
/** The alarm of safe mode was raised, and is to be cleared by the first boot that is not one. */
const ALARM_MARK = "safe-alarm";
/** Characters of the report in an event. */
const MAX_REPORT = 400;
/** Tags in the lane of events; those of operations are below. */
const TAG_LAST_BOOT = 254;
const TAG_ALARM = 253;
/** What counts for no sign of life. */
const TAG_CLEARED = 252;
/** This one and the next. */
const TAG_AVAILABILITY = 250;
const ALARMS = Object.freeze({
	CRITICAL: Template.CriticalAlarm,
	MAJOR: Template.MajorAlarm,
	MINOR: Template.MinorAlarm,
	WARNING: Template.WarningAlarm,
} as const);
const ACTUATOR_COMMANDS = Object.freeze({
	led: Object.freeze(["led on", "led off"]),
	buzzer: Object.freeze(["buzzer on", "buzzer off"]),
	speed: Object.freeze(["speed ", "speed stop"]),
});

const TOO_LONG = "the operation is too long";
const NO_QUOTE = "the operation cannot be read: its quotes do not match";

/** A device that was only just made may not be known everywhere yet. */
const REFUSED = Object.freeze({ pauseMs: 5000, tries: 2, finally: "reconnect" } as const);

export class Cumulocity implements Cloud {
	readonly connect: ConnectOptions;
	readonly stamp = new IsoStamp();
	readonly measures: LaneShape;
	readonly events: LaneShape;
	readonly #settings: CumulocitySettings;
	readonly #id: Uint8Array;
	readonly #version: string;
	readonly #rows = new RowReader();
	readonly #heads: readonly Uint8Array[];
	readonly #units: readonly Uint8Array[];
	readonly #multipleHead: Uint8Array;
	#host: CloudHost | undefined;
	#operations: Operations | undefined;
	#availability: Availability | undefined;
	#firstOpening = true;
	/** As `#firstOpening` was when this opening began. */
	#concludesBoot = true;
	/** Answers of an earlier boot are in the lane: what else has to be said of that boot is said after them, and 500 then. */
	#resuming = false;
	/** Whether what comes after them is in the lane, too. */
	#concluded = false;
	/** Whether the answers are delivered: only now it is known what else is to be said. */
	#answered = false;
	/** Whether the description of this opening has something that counts as a sign of life. */
	#toldLife = false;
	#listening = false;

	/** `version` of the firmware, for 122. */
	constructor(settings: CumulocitySettings, version: string) {
		const { device, cumulocity, sampling } = settings;
		this.#settings = settings;
		this.#id = utf8(device.id);
		this.#version = version;
		this.connect = connectOptions(settings, `d:${device.id}`, {
			topic: UP,
			payload: ascii(`${Template.Event},c8y_ConnectionEvent,"Device connection was lost."`),
			qos: 1,
			retain: false,
		});
		const { multiple } = cumulocity;
		this.#multipleHead = ascii(`${Template.MeasurementMultiple},mote_Sample,`);
		this.#heads = CHANNELS.map((_, i) =>
			ascii(multiple ? `,${SERIES[i]},` : `${Template.Measurement},${SERIES[i]},`),
		);
		this.#units = CHANNELS.map((channel) => ascii(multiple ? `,${channel.unit}` : `,${channel.unit},`));
		// Part by part a value asks for 29 bytes, which in 200 the time behind it makes up for.
		let recordBytes = multiple ? this.#multipleHead.length + ISO_TIME_BYTES + 24 : 0;
		for (let i = 0; i < CHANNELS.length; i++)
			recordBytes +=
				(this.#heads[i]?.length ?? 0) +
				TEMPLATE_VALUE_BYTES +
				(this.#units[i]?.length ?? 0) +
				(multiple ? 0 : ISO_TIME_BYTES + 1);
		const lane = {
			topic: UP,
			maxBytes: MAX_PAYLOAD_BYTES,
			prefix: NOTHING,
			separator: NOTHING,
			suffix: NOTHING,
			numberAt: -1,
			confirmMs: 0,
		};
		this.measures = {
			...lane,
			qos: sampling.qos,
			recordBytes,
			stamps: multiple ? 1 : CHANNELS.length,
			maxRecords: 1000,
		};
		this.events = { ...lane, qos: 1, recordBytes: 480, stamps: 0, maxRecords: 16 };
	}

	attach(host: CloudHost): void {
		const { relay, requiredAvailability } = this.#settings.cumulocity;
		const [closed, open] = ACTUATOR_COMMANDS[relay] as readonly [string, string];
		const full = relay === "speed" ? `${closed}${this.#settings.motor.maxRpm}` : closed;
		this.#host = host;
		this.#operations = new Operations(host, { closed: ascii(full), open: ascii(open) });
		if (requiredAvailability > 0)
			this.#availability = new Availability(
				host,
				requiredAvailability,
				this.#settings.broker.host,
				TAG_AVAILABILITY,
			);
	}

	/**
	 * 100 is acknowledged before anything else, because a new device does not exist before; 500 comes last. Each step is
	 * made when its turn comes: all their texts together take a good part of a small board's memory.
	 */
	opening(step: number): OpeningStep | undefined {
		const { device, cumulocity } = this.#settings;
		let turn = step;
		if (turn-- === 0) {
			this.#concludesBoot = this.#firstOpening && this.#lastBoot() !== "";
			const name = quoteColumn(device.name, MAX_NAME);
			return publish(utf8(`${Template.CreateDevice},${name},${quoteColumn(cumulocity.type, MAX_NAME)}\n`));
		}
		if (turn-- === 0) return subscribe(DOWN, 1);
		if (cumulocity.debug && turn-- === 0) return subscribe(ERRORS, 0);
		if (turn-- === 0) return publish(this.#description(), () => this.#described());
		if (this.#resuming) return;
		if (this.#concludesBoot && turn-- === 0)
			return publish(utf8(this.#lastBoot()), () => this.#saidLastBoot());
		if (turn !== 0) return;
		// From here on rows are acted on: those that SUBSCRIBE brought come again with 500.
		this.#firstOpening = false;
		this.#listening = true;
		this.#operations?.pending.asked();
		return publish(utf8(`${Template.GetPendingOperations}\n`), () => this.#operations?.pending.answered());
	}

	#description(): Uint8Array {
		const { device, cumulocity } = this.#settings;
		let rows = `${Template.SupportedOperations},c8y_Command,c8y_Restart,c8y_Relay\n`;
		if (cumulocity.requiredAvailability > 0)
			rows += `${Template.RequiredAvailability},${cumulocity.requiredAvailability}\n`;
		if (cumulocity.describe) {
			rows += `${Template.Hardware},${quoteColumn(device.id, MAX_NAME)},Mote,1\n`;
			rows += `${Template.Agent},Mote,${this.#version},,Mote\n`;
		}
		rows += this.#condition();
		return utf8(rows);
	}

	#described(): void {
		const host = this.#host as CloudHost;
		if (host.failedBoots === 0 && marked(host.store, ALARM_MARK) !== 0) mark(host.store, ALARM_MARK, 0);
		this.#availability?.opened(this.#toldLife);
	}

	/** How the node is doing, as far as it watches that itself. */
	#condition(): string {
		const host = this.#host as CloudHost;
		let rows = host.report();
		if (rows !== "") rows = `${Template.Event},mote_Network,${quoteColumn(rows, MAX_REPORT)}\n`;
		if (host.signal !== 0) rows += `${Template.SignalStrength},${host.signal}\n`;
		if (host.failedBoots > 0) {
			mark(host.store, ALARM_MARK, 1);
			rows += `${Template.MajorAlarm},mote_SafeMode,safe mode: ${host.failedBoots} boots in a row did not last\n`;
		}
		this.#toldLife = rows !== "";
		if (host.failedBoots === 0 && marked(host.store, ALARM_MARK) !== 0)
			rows += `${Template.ClearAlarm},mote_SafeMode\n`;
		return rows;
	}

	/** For the first opening of a boot: what became of the operations that were under way when the last one ended. */
	#lastBoot(): string {
		return this.#operations?.interrupted() ?? "";
	}

	#saidLastBoot(): void {
		this.#firstOpening = false;
		this.#operations?.settled();
	}

	resumed(results: boolean): void {
		this.#resuming = results;
	}

	/**
	 * As soon as there is room after the answers of the boot before: a first 500, whose delivery says that the answers are
	 * delivered, and then the rest of that boot. What 500 brings is left for the 500 that follows.
	 */
	#conclude(): void {
		const rows = this.#answered ? this.#lastBoot() : `${Template.GetPendingOperations}\n`;
		if (rows === "") return this.#resume();
		const bytes = utf8(rows);
		const host = this.#host as CloudHost;
		this.#concluded = host.messages.queue(RecordKind.Passing, TAG_LAST_BOOT, (record) => record.put(bytes));
	}

	#concludedBoot(): void {
		if (this.#answered) return this.#resume();
		this.#answered = true;
		this.#concluded = false;
		this.#conclude();
	}

	/** All of the boot before is said: from here on it is as after any other opening. */
	#resume(): void {
		this.#saidLastBoot();
		this.#resuming = false;
		this.#listening = true;
		this.#operations?.askAgain();
	}

	template(): TemplatePart[] {
		const { multiple } = this.#settings.cumulocity;
		const parts: TemplatePart[] = multiple ? [this.#multipleHead, "stamp"] : [];
		for (const [channel, { decimals }] of CHANNELS.entries()) {
			parts.push(
				this.#heads[channel] as Uint8Array,
				{ channel, decimals },
				this.#units[channel] as Uint8Array,
			);
			if (!multiple) parts.push("stamp", Uint8Array.of(LF));
		}
		if (multiple) parts.push(Uint8Array.of(LF));
		return parts;
	}

	encode(record: RecordWriter, values: Sample): number {
		const { multiple } = this.#settings.cumulocity;
		let written = 0;
		if (multiple) {
			record.put(this.#multipleHead);
			record.stamp();
		}
		for (let i = 0; i < CHANNELS.length; i++) {
			const { decimals } = CHANNELS[i] as Channel;
			if (!record.value(this.#heads[i] as Uint8Array, values[i] as number, decimals)) continue;
			record.put(this.#units[i] as Uint8Array);
			if (!multiple) {
				record.stamp();
				record.byte(LF);
			}
			written++;
		}
		if (multiple) record.byte(LF);
		return written;
	}

	alarm(type: string, severity: string, on: boolean, text: string, wallMs: number): boolean {
		if (!on) return this.#tell(RecordKind.Alarm, `${Template.ClearAlarm},mote_${type}\n`, TAG_CLEARED);
		const time = wallMs < 0 ? "" : new Date(wallMs).toISOString();
		const row = `${ALARMS[severity as keyof typeof ALARMS]},mote_${type},${quoteColumn(text, MAX_REPORT)},${time}\n`;
		return this.#tell(RecordKind.Alarm, row);
	}

	certificateDays(days: number): boolean {
		return this.#tell(RecordKind.Alarm, `${Template.Measurement},mote_Certificate,daysLeft,${days},d\n`);
	}

	signalStrength(dbm: number): boolean {
		return this.#tell(RecordKind.Passing, `${Template.SignalStrength},${dbm}\n`);
	}

	/** Queues a row, unless what room there is is for the answers of operations. */
	#tell(kind: number, text: string, tag = TAG_ALARM): boolean {
		const host = this.#host as CloudHost;
		if (host.messages.room <= ROOM_FOR_ANSWERS) return false;
		const row = utf8(text);
		return host.messages.queue(kind, tag, (record) => record.put(row));
	}

	eventDelivered(tag: number): void {
		if (tag === TAG_ALARM) this.#availability?.counted();
		else if (tag === TAG_LAST_BOOT) this.#concludedBoot();
		else if (tag === TAG_AVAILABILITY) this.#availability?.counted();
		else if (tag < TAG_AVAILABILITY || tag > TAG_CLEARED) this.#operations?.delivered(tag);
	}

	eventGivenUp(tag: number): void {
		if (tag === TAG_LAST_BOOT) this.#concludedBoot();
		else if (tag < TAG_AVAILABILITY || tag > TAG_CLEARED) this.#operations?.givenUp(tag);
	}

	proceed(): void {
		this.#operations?.proceed();
	}

	message(message: InboundMessage): void {
		// No variables: they would lie under the command's parser, where the stack is deepest.
		if (!isOn(message, DOWN)) return this.#other(message);
		this.#rows.reset(message.bytes, message.payloadStart, message.payloadEnd);
		while (this.#rows.next()) this.#row();
	}

	#other(message: InboundMessage): void {
		const { bytes, payloadStart, payloadEnd } = message;
		if (isOn(message, ERRORS))
			this.#host?.debug(`s/e: ${visible(decodeUtf8(bytes, payloadStart, payloadEnd) ?? "ill-formed text")}`);
		else this.#host?.malformed("a message on an unknown topic");
	}

	#row(): void {
		const id = templateId(this.#rows);
		if (operationFragment(id).length === 0) return this.#answer(id);
		if (!this.#addressed())
			return this.#host?.malformed(
				this.#rows.fault === RowFault.None || this.#rows.count > 2
					? "an operation for another device"
					: "an operation whose device cannot be read",
			);
		if (!this.#listening)
			this.#operations?.pending.leave(this.#rows.hash(this.#rows.fault === RowFault.None));
		else if (this.#rows.fault === RowFault.None) this.#operations?.row(this.#rows, id);
		else this.#refuse(id);
	}

	/** A row that is no operation. */
	#answer(id: number): void {
		if (id === TEMPLATES_ANSWER) this.#availability?.templates(this.#rows);
		else if (id < 0) this.#host?.malformed("a row that does not begin with a template id");
		// From 100 to 499: replies to requests that we do not make.
		else if (id < 100 || id >= 500) this.#host?.malformed(`a row with the unknown template id ${id}`);
	}

	/** An operation whose row cannot be read. */
	#refuse(id: number): void {
		const long = this.#rows.fault === RowFault.Long;
		this.#host?.malformed(long ? "an operation that is too long" : "an operation whose quotes do not match");
		this.#operations?.unreadable(this.#rows, id, long ? TOO_LONG : NO_QUOTE);
	}

	/** Of an operation too long to be kept, the beginning is enough to refuse it. Of several rows, 500 brings the rest. */
	skipped(message: InboundMessage): void {
		const { bytes, payloadStart, payloadEnd } = message;
		if (!this.#listening || !isOn(message, DOWN)) return;
		const rows = this.#rows;
		rows.reset(bytes, payloadStart, payloadEnd, true);
		let several = false;
		while (rows.next()) {
			// A row whose end is in sight is not the one that is too long.
			if (rows.ended) {
				several = true;
				this.#row();
			} else if (!several && rows.count > 2 && this.#addressed()) {
				const id = templateId(rows);
				if (operationFragment(id).length === 0) continue;
				this.#operations?.unreadable(rows, id, TOO_LONG);
				several = true;
			}
		}
		if (several && this.#operations?.more()) return;
		(this.#host as CloudHost).malformed("a message that is too large, and no operation of ours");
	}

	/** Whether the row's second column is this device. */
	#addressed(): boolean {
		const rows = this.#rows;
		return rows.count > 1 && equals(rows.text, rows.start(1), rows.end(1), this.#id);
	}

	tick(): void {
		if (this.#resuming && !this.#concluded) this.#conclude();
		this.#operations?.tick();
		this.#availability?.tick();
	}

	disconnected(): void {
		// Operations in progress stay: their answers are in the ring and are sent again.
		this.#listening = false;
		this.#operations?.pending.disconnected();
		this.#availability?.closed();
	}
}

function publish(payload: Uint8Array, done?: () => void): OpeningStep {
	return { kind: "publish", topic: UP, payload, qos: 1, retain: false, done };
}

function subscribe(topic: Uint8Array, qos: 0 | 1): OpeningStep {
	return { kind: "subscribe", topic, payload: NOTHING, qos, retain: false, refused: REFUSED };
}

function isOn({ bytes, topicStart, topicEnd }: InboundMessage, topic: Uint8Array): boolean {
	return equals(bytes, topicStart, topicEnd, topic);
}

/** The first column as a number, or -1. */
function templateId(rows: RowReader): number {
	const end = rows.end(0);
	let id = 0;
	for (let p = rows.start(0); p < end; p++) {
		const digit = (rows.text[p] as number) - 48;
		if (digit < 0 || digit > 9 || id > 999) return -1;
		id = id * 10 + digit;
	}
	return end > rows.start(0) ? id : -1;
}
