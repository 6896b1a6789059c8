// What is said after CONNACK, in order, and what is left to say of the boot before.
//
//   100                          a new device does not exist before it is acknowledged
//   SUBSCRIBE s/ds, s/e
//   114, 117, 110, 122, …        what the device is and how it is doing
//   101; 114 on s/us/<child>     of each child device
//   502, 503                     what became of the operations of the boot before: with the first opening of a boot
//   500                          from here on operations are acted on: those that SUBSCRIBE brought come again
//
// Where answers of the boot before are still in the lane, the last two come after them, as messages: a first
// 500, whose delivery says that the answers are delivered, then the rest of that boot, then the 500 that
// counts.

import { ascii } from "../../core/bytes.js";
import { mark, marked } from "../../core/store.js";
import { RecordKind } from "../../outbox/ring.js";
import type { CloudHost, OpeningStep } from "../cloud.js";
import { utf8 } from "../text.js";
import type { Availability } from "./availability.js";
import type { Children } from "./children.js";
import { UP } from "./lanes.js";
import { MessageId } from "./message-ids.js";
import { NOTIFICATIONS } from "./notifications.js";
import type { LastWords } from "./operation-markers.js";
import type { Operations } from "./operations.js";
import type { OwnTemplates } from "./own-templates.js";
import { quoteColumn } from "./rows.js";
import type { CumulocitySettings } from "./settings.js";

/** Topics of SmartREST's static templates: down, and what the cloud refused. */
export const DOWN = ascii("s/ds");
export const ERRORS = ascii("s/e");
/** Tag of what is said of the boot before, in the lane of events. */
export const TAG_LAST_BOOT = 254;
/** Of what is said without anything to follow from it: of a child, before that; of an alarm that ends. */
export const TAG_SAID = 252;
/** Characters of a report in an event. */
export const MAX_REPORT = 400;

/**
 * Key in the store: the alarm of safe mode was raised, and is to be cleared by the first boot that is not
 * one.
 */
const ALARM_KEY = "safe-alarm";
const OPERATIONS = "c8y_Command,c8y_Restart,c8y_Relay,c8y_MeasurementRequestOperation";
/** Twice the longest name of the settings, for doubled quotes. */
const MAX_NAME = 128;
const NOTHING = ascii("");
const ASK_AGAIN: readonly LastWords[] = Object.freeze([
	Object.freeze({ child: "", rows: `${MessageId.GetPendingOperations}\n` }),
]);

/** A device that was only just made may not be known everywhere yet. */
const REFUSED = Object.freeze({ pauseMs: 5000, tries: 2, finally: "reconnect" } as const);

/** Without ids operations are answered by their fragments. */
const REFUSED_IDS = Object.freeze({ ...REFUSED, finally: "continue" } as const);

export class CumulocityOpening {
	/** Whether rows are acted on. */
	listening = false;
	private readonly host: CloudHost;
	private readonly settings: CumulocitySettings;
	private readonly version: string;
	private readonly operations: Operations;
	private readonly availability: Availability | undefined;
	declare private readonly own?: OwnTemplates;
	declare private readonly children?: Children;
	/** Steps of this opening that were those of `own`. */
	private ownSteps = 0;
	private first = true;
	/** Messages in which this opening says what is left to say of the boot before. */
	private concluding = 0;
	/**
	 * Answers of an earlier boot are in the lane: what else has to be said of that boot is said after them, and
	 * 500 then.
	 */
	private resuming = false;
	/** Whether what comes after them is in the lane, too. */
	private concluded = false;
	/** Whether the answers are delivered: only now it is known what else is to be said. */
	private answered = false;
	/** Whether the description of this opening has something that counts as a sign of life. */
	private toldLife = false;

	constructor(
		host: CloudHost,
		settings: CumulocitySettings,
		version: string,
		operations: Operations,
		availability: Availability | undefined,
		own?: OwnTemplates,
		children?: Children,
	) {
		if (own) this.own = own;
		if (children) this.children = children;
		this.host = host;
		this.settings = settings;
		this.version = version;
		this.operations = operations;
		this.availability = availability;
	}

	/**
	 * The i-th step. Each is made when its turn comes: all their texts together take a good part of a small
	 * board's memory.
	 */
	step(step: number): OpeningStep | undefined {
		const { device, cumulocity } = this.settings;
		if (step === 0) {
			this.ownSteps = 0;
			this.own?.begin();
		} else if (step === 1 + this.ownSteps) {
			// Behind the first: measures must not flow before the cloud knows what they mean.
			const next = this.own?.step();
			if (next) this.ownSteps++;
			if (next) return next;
		}
		let turn = step - this.ownSteps;
		if (turn-- === 0) {
			this.concluding = this.first ? this.operations.interrupted().length : 0;
			const name = quoteColumn(device.name, MAX_NAME);
			return publish(utf8(`${MessageId.CreateDevice},${name},${quoteColumn(cumulocity.type, MAX_NAME)}\n`));
		}
		if (turn-- === 0) return subscribe(DOWN, 1);
		if (cumulocity.operationIds && turn-- === 0)
			return { ...subscribe(NOTIFICATIONS, 1), refused: REFUSED_IDS };
		if ((cumulocity.debug || this.own) && turn-- === 0) return subscribe(ERRORS, 0);
		if (turn-- === 0) return publish(this.description(), () => this.described());
		const { children } = this;
		if (children && turn < 2 * children.count) return children.step(turn);
		turn -= 2 * (children?.count ?? 0);
		if (this.resuming) return;
		if (turn < this.concluding) return this.lastWords(turn);
		if (turn !== this.concluding) return;
		this.first = false;
		this.listening = true;
		const { pending } = this.operations;
		pending.asked();
		return publish(utf8(`${MessageId.GetPendingOperations}\n`), () => pending.answered());
	}

	/** The n-th message about the boot before; what is said of it before is settled. */
	private lastWords(n: number): OpeningStep {
		const { child = "", rows = "" } = this.operations.interrupted()[0] ?? {};
		const done = () => {
			this.operations.settled(child);
			if (n === this.concluding - 1) this.saidLastBoot();
		};
		return publish(utf8(rows), done, child === "" ? UP : utf8(`s/us/${child}`));
	}

	private description(): Uint8Array {
		const { device, cumulocity } = this.settings;
		const { relays, position } = cumulocity;
		const array = relays === "" ? "" : ",c8y_RelayArray";
		let rows = `${MessageId.SupportedOperations},${OPERATIONS}${array}\n`;
		if (cumulocity.requiredAvailability > 0)
			rows += `${MessageId.RequiredAvailability},${cumulocity.requiredAvailability}\n`;
		if (cumulocity.describe) {
			rows += `${MessageId.Hardware},${quoteColumn(device.id, MAX_NAME)},Mote,1\n`;
			rows += `${MessageId.Agent},Mote,${this.version},,Mote\n`;
			rows += `${MessageId.Firmware},mote,${this.version}\n`;
		}
		// With the first one of a boot as an event, too.
		if (position !== "")
			rows += `${this.first ? MessageId.LocationUpdate : MessageId.Position},${position}\n`;
		rows += this.condition();
		return utf8(rows);
	}

	private described(): void {
		const { store, failedBoots } = this.host;
		if (failedBoots === 0 && marked(store, ALARM_KEY) !== 0) mark(store, ALARM_KEY, 0);
		this.availability?.opened(this.toldLife);
	}

	/** How the node is doing, as far as it watches that itself. */
	private condition(): string {
		const { host } = this;
		let rows = host.report();
		if (rows !== "") rows = `${MessageId.Event},mote_Network,${quoteColumn(rows, MAX_REPORT)}\n`;
		if (host.signal !== 0) rows += `${MessageId.SignalStrength},${host.signal}\n`;
		if (host.failedBoots > 0) {
			mark(host.store, ALARM_KEY, 1);
			rows += `${MessageId.MajorAlarm},mote_SafeMode,safe mode: ${host.failedBoots} boots in a row did not last\n`;
		}
		this.toldLife = rows !== "";
		if (host.failedBoots === 0 && marked(host.store, ALARM_KEY) !== 0)
			rows += `${MessageId.ClearAlarm},mote_SafeMode\n`;
		return rows;
	}

	private saidLastBoot(): void {
		this.first = false;
		this.operations.settled();
	}

	/** After a power cut; `results`: answers of the boot before are in the lane. */
	resumed(results: boolean): void {
		this.resuming = results;
	}

	/**
	 * To be called now and then: says what is left as soon as there is room after the answers of the boot
	 * before.
	 */
	tick(): void {
		if (this.resuming && !this.concluded) this.conclude();
	}

	/** What the first 500 brings is left for the 500 that follows. */
	private conclude(): void {
		const words = this.answered ? this.operations.interrupted() : ASK_AGAIN;
		if (words.length === 0) return this.resume();
		const { messages } = this.host;
		if (messages.room < words.length) return;
		for (const [i, { child, rows }] of words.entries()) {
			const bytes = utf8(rows);
			const tag = i === words.length - 1 ? TAG_LAST_BOOT : TAG_SAID;
			const route = this.children?.targetNamed(child) ?? 0;
			this.concluded = messages.queue(RecordKind.Passing, tag, (record) => record.put(bytes), route);
		}
	}

	/** What `conclude` has queued is delivered, or given up. */
	went(): void {
		if (this.answered) return this.resume();
		this.answered = true;
		this.concluded = false;
		this.conclude();
	}

	/** All of the boot before is said: from here on it is as after any other opening. */
	private resume(): void {
		this.saidLastBoot();
		this.resuming = false;
		this.listening = true;
		this.operations.askAgain();
	}
}

function publish(payload: Uint8Array, done?: () => void, topic = UP): OpeningStep {
	return { kind: "publish", topic, payload, qos: 1, retain: false, done };
}

function subscribe(topic: Uint8Array, qos: 0 | 1): OpeningStep {
	return { kind: "subscribe", topic, payload: NOTHING, qos, retain: false, refused: REFUSED };
}
