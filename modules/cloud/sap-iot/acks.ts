// The messages on ack/<id>: one object or an array of them, `{"id"?, "code", "messages"?, …}`. The id comes
// back under either name; without one only capability and sensor tell what it belongs to.

import { ascii, equals } from "../../core/bytes.js";
import { NUMBER_DIGITS } from "../../core/decimal.js";
import { decodeUtf8 } from "../../core/utf8.js";
import { visible } from "../../core/visible.js";
import { Json, type JsonScanner } from "../json.js";
import type { SapSensors } from "./sensors.js";

const HYPHEN = 45;
/** Of the number of a boot. */
const BOOT_DIGITS = 5;
const ID = ascii("id");
const MESSAGE_ID = ascii("measureMessageId");
const CODE = ascii("code");
const MESSAGES = ascii("messages");
const MESSAGE = ascii("message");
const CAPABILITY = ascii("capabilityAlternateId");
const SENSOR = ascii("sensorAlternateId");

/** One acknowledgement. */
export class SapAck {
	/** Our message number, or 0 if none came back. */
	number = 0;
	/** Like HTTP: 200 and 202 mean accepted; 0 if it is missing or no number. */
	code = 0;
	/** What the service says to a refusal, cut. */
	reason = "";
	/** Whether it says at all what it belongs to. */
	named = false;
	/** False if it names another capability, sensor or message than ours. */
	ours = true;
	/** Its message id is of another boot: a measure that came over a power cut keeps it. */
	former = false;
	/** The route of the sensor that it names, where there are several; else -1. */
	route = -1;

	private readonly idPrefix: Uint8Array;
	declare private readonly sensors?: SapSensors;

	/** Message ids of ours begin with `idPrefix`; `sensors`: where there are several. */
	constructor(idPrefix: Uint8Array, sensors?: SapSensors) {
		this.idPrefix = idPrefix;
		if (sensors) this.sensors = sensors;
	}

	get accepted(): boolean {
		return this.code === 200 || this.code === 202;
	}

	/** Reads one object whose start was read already. Returns false on an error of the scanner. */
	read(json: JsonScanner, capability: Uint8Array, sensor: Uint8Array): boolean {
		this.number = 0;
		this.code = 0;
		this.reason = "";
		this.ours = true;
		this.named = false;
		this.former = false;
		this.route = -1;
		for (;;) {
			const token = json.next();
			if (token === Json.ObjectEnd) return true;
			if (token !== Json.Name) return false;
			const isId = json.is(ID) || json.is(MESSAGE_ID);
			const isCode = json.is(CODE);
			const isMessages = json.is(MESSAGES) || json.is(MESSAGE);
			const isCapability = json.is(CAPABILITY);
			const isSensor = json.is(SENSOR);
			const value = json.next();
			const text = value === Json.String || value === Json.Number;
			if ((isId || isCapability) && text) this.named = true;
			if (isId && text) {
				this.number = this.digits(json);
				if (this.number === 0) this.ours = false;
			} else if (isCode && text) this.code = json.number() || 0;
			else if (isMessages && !this.messages(json, value)) return false;
			else if (isCapability && text) {
				if (!json.is(capability) && !this.sensors?.hasCapability(json)) this.ours = false;
			} else if (isSensor && text) {
				if (this.sensors) this.route = json.is(sensor) ? 0 : this.sensors.routeOf(json);
				if (this.sensors ? this.route < 0 : !json.is(sensor)) this.ours = false;
			} else if (!isMessages && !json.skip(value)) return false;
		}
	}

	private messages(json: JsonScanner, token: number): boolean {
		if (token === Json.String) this.message(json);
		if (token !== Json.ArrayStart) return json.skip(token);
		for (;;) {
			const item = json.next();
			if (item === Json.ArrayEnd) return true;
			if (item === Json.String) this.message(json);
			else if (!json.skip(item)) return false;
		}
	}

	private message(json: JsonScanner): void {
		if (this.reason.length < 200) {
			const text = visible(decodeUtf8(json.text, 0, json.length) ?? "");
			this.reason = this.reason === "" ? text : `${this.reason}; ${text}`;
		}
	}

	/** A number with prefix and leading zeros, as we write it in any boot; 0 for anything else. */
	private digits(json: JsonScanner): number {
		const start = this.startOf(json);
		if (start < 0 || json.length <= start || json.length > start + NUMBER_DIGITS) return 0;
		let value = 0;
		for (let i = start; i < json.length; i++) {
			const digit = (json.text[i] as number) - 48;
			if (digit < 0 || digit > 9) return 0;
			value = value * 10 + digit;
		}
		return value;
	}

	/** Where the number begins, behind that of the boot and a hyphen; -1: it does not. */
	private startOf({ text, length }: JsonScanner): number {
		const prefix = this.idPrefix;
		if (length > prefix.length && equals(text, 0, prefix.length, prefix)) return prefix.length;
		let p = 0;
		while (p < length && (text[p] as number) >= 48 && (text[p] as number) <= 57) p++;
		if (p === 0 || p > BOOT_DIGITS || p === length || text[p] !== HYPHEN) return -1;
		this.former = true;
		return p + 1;
	}
}
