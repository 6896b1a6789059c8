// Cumulocity IoT over MQTT with SmartREST 2.0 static templates. Delivered means: PUBACK. Sessions are clean,
// as the platform asks; what was not acknowledged is replayed from the rings.

import { ascii, equals } from "../../core/bytes.js";
import type { Sample } from "../../core/channels.js";
import { decodeUtf8 } from "../../core/utf8.js";
import { visible } from "../../core/visible.js";
import type { ConnectOptions } from "../../mqtt/encode.js";
import type { PayloadSink } from "../../mqtt/inbound.js";
import type { InboundMessage } from "../../mqtt/parser.js";
import type { LaneShape } from "../../outbox/lane.js";
import type { TemplatePart } from "../../outbox/record-template.js";
import type { RecordWriter } from "../../outbox/record-writer.js";
import { RecordKind } from "../../outbox/ring.js";
import { IsoStamp } from "../../outbox/stamp.js";
import type { Cloud, CloudHost, OpeningStep, Portion } from "../cloud.js";
import { connectOptions } from "../connect.js";
import { listed, utf8 } from "../text.js";
import { Availability } from "./availability.js";
import { Bootstrap, CREDENTIALS_TOPIC } from "./bootstrap.js";
import { Children } from "./children.js";
import {
	collectionName,
	collectionOf,
	type Encoder,
	encoderOf,
	eventsLane,
	hasChildren,
	measuresLane,
	measuresTopic,
	UP,
} from "./lanes.js";
import { MessageId, operationFragment, TEMPLATES_ANSWER } from "./message-ids.js";
import { type Documents, NOTIFICATIONS, Notifications } from "./notifications.js";
import { CumulocityOpening, DOWN, ERRORS, MAX_REPORT, TAG_LAST_BOOT, TAG_SAID } from "./opening.js";
import { Operations, ROOM_FOR_ANSWERS } from "./operations.js";
import { isOwn } from "./own-measures.js";
import { OwnTemplates, TEMPLATES_DOWN } from "./own-templates.js";
import { Relays, relayOf } from "./relays.js";
import { quoteColumn, RowFault, RowReader } from "./rows.js";
import type { CumulocitySettings } from "./settings.js";

/** Tags in the lane of events; those of operations are below. TAG_SAID counts for no sign of life. */
const TAG_ALARM = 253;
/** This one and the next. */
const TAG_AVAILABILITY = 250;
const ALARMS = Object.freeze({
	CRITICAL: MessageId.CriticalAlarm,
	MAJOR: MessageId.MajorAlarm,
	MINOR: MessageId.MinorAlarm,
	WARNING: MessageId.WarningAlarm,
} as const);
/** Code of an error: there is no such template. */
const TEMPLATE_UNKNOWN = 40;
const TOO_LONG = "the operation is too long";
const NO_QUOTE = "the operation cannot be read: its quotes do not match";

export class Cumulocity implements Cloud, Documents {
	readonly connect: ConnectOptions;
	readonly stamp = new IsoStamp();
	readonly measures: LaneShape;
	readonly events: LaneShape;
	private readonly settings: CumulocitySettings;
	private readonly id: Uint8Array;
	private readonly version: string;
	private readonly rows = new RowReader();
	/** Of all channels, where there are no children. */
	declare private readonly encoder?: Encoder;
	private host!: CloudHost;
	private operations!: Operations;
	private starting!: CumulocityOpening;
	private availability: Availability | undefined;
	/** Where parts of the node are devices of their own. */
	declare private readonly children?: Children;
	declare readonly portions?: readonly Portion[];
	/** Where measures go by templates of our own. */
	declare private own?: OwnTemplates;
	/** Where operations come as JSON, too. */
	declare private notifications?: Notifications;
	/** Where the cloud hands out user and password. */
	declare private readonly bootstrap?: Bootstrap;

	/** `version` of the firmware, for 122. */
	constructor(settings: CumulocitySettings, version: string) {
		this.settings = settings;
		this.id = utf8(settings.device.id);
		this.version = version;
		const own = collectionName(settings);
		this.connect = connection(settings, own);
		if (settings.cumulocity.bootstrapPassword !== "") this.bootstrap = new Bootstrap(settings, this.connect);
		const topic = measuresTopic(settings, own);
		if (hasChildren(settings)) {
			const children = new Children(settings, topic);
			this.children = children;
			this.portions = children.portions;
			this.measures = measuresLane(settings, topic, children, children.measures);
		} else {
			this.encoder = encoderOf(settings);
			this.measures = measuresLane(settings, topic, this.encoder);
		}
		this.events = eventsLane(this.children?.events);
	}

	attach(host: CloudHost): void {
		const { settings, children } = this;
		const { relay, relays, requiredAvailability, operationIds } = settings.cumulocity;
		const { maxRpm } = settings.motor;
		const all = listed(relays).map((name) => relayOf(name, maxRpm));
		this.host = host;
		this.bootstrap?.attach(host);
		const { id } = settings.device;
		const found = new Relays(host, relayOf(relay, maxRpm), all);
		this.operations = new Operations(host, found, id, operationIds, children);
		if (operationIds) this.notifications = new Notifications(this, this.rows, this.id);
		if (requiredAvailability > 0)
			this.availability = new Availability(
				host,
				requiredAvailability,
				settings.broker.host,
				TAG_AVAILABILITY,
			);
		const { operations, availability } = this;
		const own = this.makeOwn(host);
		if (own) this.own = own;
		this.starting = new CumulocityOpening(
			host,
			settings,
			this.version,
			operations,
			availability,
			own,
			children,
		);
	}

	private makeOwn(host: CloudHost): OwnTemplates | undefined {
		const { broker, cumulocity } = this.settings;
		if (cumulocity.ownTemplates === "off") return undefined;
		const text = () => collectionOf(this.settings);
		return new OwnTemplates(host, broker.host, collectionName(this.settings), text);
	}

	opening(step: number): OpeningStep | undefined {
		const { bootstrap } = this;
		if (bootstrap?.active) return bootstrap.step(step);
		if (step === 0) bootstrap?.accepted();
		return this.starting.step(step);
	}

	resumed(results: boolean): void {
		this.starting.resumed(results);
	}

	template(): TemplatePart[] {
		return this.encoder?.template() ?? [];
	}

	encode(record: RecordWriter, values: Sample): number {
		return this.encoder?.encode(record, values) ?? 0;
	}

	alarm(type: string, severity: string, on: boolean, text: string, wallMs: number, place = -1): boolean {
		const route = this.children?.targetOf(place);
		if (!on) return this.tell(RecordKind.Alarm, `${MessageId.ClearAlarm},mote_${type}\n`, TAG_SAID, route);
		const row = reportRow(ALARMS[severity as keyof typeof ALARMS], type, text, wallMs);
		return this.tell(RecordKind.Alarm, row, tagOf(route), route);
	}

	event(type: string, text: string, wallMs: number, place = -1): boolean {
		const row = reportRow(MessageId.Event, type, text, wallMs);
		const route = this.children?.targetOf(place);
		return this.tell(RecordKind.Event, row, tagOf(route), route);
	}

	certificateDays(days: number): boolean {
		return this.tell(RecordKind.Alarm, `${MessageId.Measurement},mote_Certificate,daysLeft,${days},d\n`);
	}

	signalStrength(dbm: number): boolean {
		return this.tell(RecordKind.Passing, `${MessageId.SignalStrength},${dbm}\n`);
	}

	/** Queues a row, unless what room there is is for the answers of operations. */
	private tell(kind: number, text: string, tag = TAG_ALARM, route = 0): boolean {
		const { messages } = this.host;
		if (messages.room <= ROOM_FOR_ANSWERS) return false;
		const row = utf8(text);
		return messages.queue(kind, tag, (record) => record.put(row), route);
	}

	eventDelivered(tag: number): void {
		if (tag === TAG_ALARM) this.availability?.counted();
		else if (tag === TAG_LAST_BOOT) this.starting.went();
		else if (tag === TAG_AVAILABILITY) this.availability?.counted();
		else if (tag < TAG_AVAILABILITY || tag > TAG_SAID) this.operations.delivered(tag);
	}

	eventGivenUp(tag: number): void {
		if (tag === TAG_LAST_BOOT) this.starting.went();
		else if (tag < TAG_AVAILABILITY || tag > TAG_SAID) this.operations.givenUp(tag);
	}

	proceed(): void {
		this.operations.proceed();
	}

	message(message: InboundMessage): void {
		// No variables: they would lie under the command's parser, where the stack is deepest.
		if (this.notifications?.takes(message)) {
			while (this.notifications.next()) this.document();
			return;
		}
		if (!message.isOn(DOWN)) return this.other(message);
		this.rows.reset(message.bytes, message.payloadStart, message.payloadEnd);
		while (this.rows.next()) this.row();
	}

	private other(message: InboundMessage): void {
		const { bytes, payloadStart, payloadEnd } = message;
		if (this.bootstrap && message.isOn(CREDENTIALS_TOPIC)) {
			this.rows.reset(bytes, payloadStart, payloadEnd);
			while (this.rows.next()) this.bootstrap.row(this.rows);
		} else if (this.own && message.isOn(TEMPLATES_DOWN)) {
			this.rows.reset(bytes, payloadStart, payloadEnd);
			while (this.rows.next()) this.own.answer(this.rows);
		} else if (message.isOn(ERRORS)) this.error(message);
		else this.host.malformed("a message on an unknown topic");
	}

	/** What the cloud has refused. */
	private error({ bytes, payloadStart, payloadEnd }: InboundMessage): void {
		this.host.debug(`s/e: ${visible(decodeUtf8(bytes, payloadStart, payloadEnd) ?? "ill-formed text")}`);
		if (!this.own) return;
		this.rows.reset(bytes, payloadStart, payloadEnd);
		while (this.rows.next())
			if (columnId(this.rows, 0) === TEMPLATE_UNKNOWN && isOwn(columnId(this.rows, 1)))
				return this.own.lost();
	}

	// Documents

	/** The operation that was found last. */
	private document(): void {
		const { template, id, tooLong } = this.notifications as Notifications;
		if (!this.addressed()) return this.host.malformed("an operation for another device");
		// The 500 of this opening brings it again.
		if (!this.starting.listening) this.operations.pending.leave(this.rows.hash(true));
		else if (template > 0 && tooLong) this.operations.refuse(this.rows, template, TOO_LONG, id);
		else if (template > 0) this.operations.row(this.rows, template, id);
		else if (id > 0) this.refuseById(id, "this kind of operation is not supported", this.operations.target);
	}

	malformed(what: string): void {
		this.host.malformed(what);
	}

	/** An operation as JSON of which too much has come to be kept; `id` is 0 where it is not known. */
	tooLong(id: number, source: number): void {
		this.host.malformed(`${TOO_LONG} (JSON)`);
		if (id === 0 || !this.starting.listening) return;
		this.refuseById(id, TOO_LONG, this.children?.targetHashed(source));
	}

	several(): void {
		this.host.malformed("several operations in a message that is too large");
		this.operations.pending.askAgain();
	}

	private refuseById(id: number, reason: string, target = 0): void {
		const { SetExecutingById, SetFailedById } = MessageId;
		const rows = ascii(`${SetExecutingById},${id}\n${SetFailedById},${id},${reason}\n`);
		const { messages } = this.host;
		const put = (record: RecordWriter) => record.put(rows);
		if (messages.room > ROOM_FOR_ANSWERS && messages.queue(RecordKind.Operation, TAG_SAID, put, target))
			return;
		this.operations.pending.askAgain();
	}

	stream(message: InboundMessage): PayloadSink | undefined {
		return message.isOn(NOTIFICATIONS) ? this.notifications : undefined;
	}

	private row(): void {
		const id = columnId(this.rows, 0);
		if (operationFragment(id).length === 0) return this.answer(id);
		if (!this.addressed())
			return this.host.malformed(
				this.rows.fault === RowFault.None || this.rows.count > 2
					? "an operation for another device"
					: "an operation whose device cannot be read",
			);
		if (!this.starting.listening)
			this.operations.pending.leave(this.rows.hash(this.rows.fault === RowFault.None));
		else if (this.rows.fault === RowFault.None) this.operations.row(this.rows, id);
		else this.refuse(id);
	}

	/** A row that is no operation. */
	private answer(id: number): void {
		if (id === TEMPLATES_ANSWER) this.availability?.templates(this.rows);
		else if (id < 0) this.host.malformed("a row that does not begin with a template id");
		// From 100 to 499: replies to requests that we do not make.
		else if (id < 100 || id >= 500) this.host.malformed(`a row with the unknown template id ${id}`);
	}

	/** An operation whose row cannot be read. */
	private refuse(id: number): void {
		this.host.malformed("an operation whose quotes do not match");
		this.operations.unreadable(this.rows, id, NO_QUOTE);
	}

	/**
	 * Of an operation too long to be kept, the beginning is enough to refuse it. Of several rows, 500 brings
	 * the rest.
	 */
	skipped(message: InboundMessage): void {
		const { bytes, payloadStart, payloadEnd } = message;
		if (!this.starting.listening || !message.isOn(DOWN)) return;
		const rows = this.rows;
		rows.reset(bytes, payloadStart, payloadEnd, true);
		let several = false;
		while (rows.next()) {
			// A row whose end is in sight is not the one that is too long.
			if (rows.ended) {
				several = true;
				this.row();
			} else if (!several && rows.count > 2 && this.addressed()) {
				const id = columnId(rows, 0);
				if (operationFragment(id).length === 0) continue;
				this.operations.unreadable(rows, id, TOO_LONG);
				several = true;
			}
		}
		if (several && this.operations.more()) return;
		this.host.malformed("a message that is too large and has no operation for this device");
	}

	/** Whether the row's second column is this device, or a child of it: then the operation is its. */
	private addressed(): boolean {
		const { rows, children } = this;
		if (rows.count < 2) return false;
		const own = equals(rows.text, rows.start(1), rows.end(1), this.id);
		if (!children) return own;
		const target = own ? 0 : children.find(rows);
		this.operations.target = target;
		return target >= 0;
	}

	isSecret(message: InboundMessage): boolean {
		return message.isOn(CREDENTIALS_TOPIC);
	}

	tick(): void {
		this.bootstrap?.tick();
		if (this.bootstrap?.active) return;
		this.starting.tick();
		this.operations.tick();
		if (this.starting.listening) this.operations.relayStates?.tell();
		this.availability?.tick();
	}

	disconnected(code: string): void {
		this.bootstrap?.ended(code);
		// Operations in progress stay: their answers are in the ring and are sent again.
		this.starting.listening = false;
		this.operations.disconnected();
		this.operations.relayStates?.disconnected();
		this.availability?.closed();
	}
}

/** `own`: the name of the collection of own templates, or "". */
function connection(settings: CumulocitySettings, own: string): ConnectOptions {
	const byId = settings.cumulocity.ownTemplates === "default" ? `:${own}` : "";
	return connectOptions(settings, `d:${settings.device.id}${byId}`, {
		topic: UP,
		payload: ascii(`${MessageId.Event},c8y_ConnectionEvent,"Device connection was lost."`),
		qos: 1,
		retain: false,
	});
}

/** What a child tells is no sign of life of the device. */
function tagOf(route = 0): number {
	return route > 0 ? TAG_SAID : TAG_ALARM;
}

/** An alarm or an event. */
function reportRow(id: number, type: string, text: string, wallMs: number): string {
	const time = wallMs < 0 ? "" : new Date(wallMs).toISOString();
	return `${id},mote_${type},${quoteColumn(text, MAX_REPORT)},${time}\n`;
}

/** A column as a number of up to four digits, or -1. */
function columnId(rows: RowReader, column: number): number {
	if (column >= rows.count) return -1;
	const end = rows.end(column);
	let id = 0;
	for (let p = rows.start(column); p < end; p++) {
		const digit = (rows.text[p] as number) - 48;
		if (digit < 0 || digit > 9 || id > 999) return -1;
		id = id * 10 + digit;
	}
	return end > rows.start(column) ? id : -1;
}
