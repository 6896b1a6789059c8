// A message on commands/<id>, turned into a command text. Values are coerced by the type that the property
// has in the device model, because the service passes booleans as strings and numbers as it likes: LED and
// Buzzer boolean, Speed float, Command string (a command text as it stands).

import { ascii, equalsIgnoringCase } from "../../core/bytes.js";
import { writeDecimal } from "../../core/decimal.js";
import { Json, type JsonScanner } from "../json.js";

const COMMAND = ascii("command");
const CAPABILITY = ascii("capabilityAlternateId");
const SENSOR = ascii("sensorAlternateId");
const LED = ascii("LED");
const BUZZER = ascii("Buzzer");
const SPEED = ascii("Speed");
const TEXT = ascii("Command");
const RESTART = ascii("Restart");
const TRUE = ascii("true");
const FALSE = ascii("false");
const ONE = ascii("1");
const ZERO = ascii("0");
const LED_ON = ascii("led on;");
const LED_OFF = ascii("led off;");
const BUZZER_ON = ascii("buzzer on;");
const BUZZER_OFF = ascii("buzzer off;");
const SPEED_TO = ascii("speed ");
const MAX_TEXT = 640;

export class CommandMessage {
	/** The command text: `text` at [0, length). */
	readonly text = new Uint8Array(MAX_TEXT);
	length = 0;
	/** It asks for a restart. */
	restart = false;
	/** Why the message can not be understood, or "". */
	error = "";
	private readonly restarts: boolean;
	private readonly view = new DataView(this.text.buffer);
	private readonly json: JsonScanner;
	private readonly capability: Uint8Array;
	private readonly sensor: Uint8Array;

	/** `restarts`: whether the property Restart is known. */
	constructor(json: JsonScanner, capability: Uint8Array, sensor: Uint8Array, restarts = false) {
		this.json = json;
		this.restarts = restarts;
		this.capability = capability;
		this.sensor = sensor;
	}

	/** Returns false, with `error`, if nothing can be done about the message. */
	read(bytes: Uint8Array, start: number, end: number): boolean {
		const json = this.json;
		this.length = 0;
		this.error = "";
		this.restart = false;
		json.reset(bytes, start, end);
		if (json.next() !== Json.ObjectStart) return this.fail("a command must be an object");
		let seen = false;
		for (;;) {
			const token = json.next();
			if (token === Json.ObjectEnd) break;
			if (token !== Json.Name) return this.fail(json.error);
			const capability = json.is(CAPABILITY);
			const sensor = json.is(SENSOR);
			const command = json.is(COMMAND);
			const value = json.next();
			if (capability && !(value === Json.String && json.is(this.capability)))
				return this.fail("a command for an unknown capability");
			if (sensor && !(value === Json.String && json.is(this.sensor)))
				return this.fail("a command for an unknown sensor");
			if (command && value === Json.ObjectStart) {
				if (seen) return this.fail("two commands in one message");
				seen = true;
				if (!this.properties()) return false;
			} else if (!json.skip(value)) return this.fail(json.error);
		}
		if (json.next() !== Json.End) return this.fail(json.error);
		return this.length > 0 || this.restart || this.fail("a command without a known property");
	}

	private properties(): boolean {
		const json = this.json;
		for (;;) {
			const token = json.next();
			if (token === Json.ObjectEnd) return true;
			if (token !== Json.Name) return this.fail(json.error);
			const led = json.is(LED);
			const buzzer = json.is(BUZZER);
			const speed = json.is(SPEED);
			const text = json.is(TEXT);
			const restart = this.restarts && json.is(RESTART);
			const value = json.next();
			let ok = true;
			if (led) ok = this.flag(value, LED_ON, LED_OFF);
			else if (buzzer) ok = this.flag(value, BUZZER_ON, BUZZER_OFF);
			else if (speed) ok = this.speed(value);
			else if (text) ok = this.addText(value);
			else if (restart) ok = this.restartBy(value);
			else return this.fail("a command with an unknown property");
			if (!ok) return false;
		}
	}

	private restartBy(value: number): boolean {
		const state = this.truth(value);
		this.restart = state === 1;
		return state >= 0 || this.fail("Restart takes true or false");
	}

	private flag(value: number, on: Uint8Array, off: Uint8Array): boolean {
		const state = this.truth(value);
		return state < 0 ? this.fail("LED and Buzzer take true or false") : this.put(state === 1 ? on : off);
	}

	/** 1, 0, or -1 for neither. */
	private truth(value: number): number {
		const json = this.json;
		let state = value === Json.True ? 1 : value === Json.False ? 0 : -1;
		if (value === Json.String || value === Json.Number) {
			if (equalsIgnoringCase(json.text, 0, json.length, TRUE) || json.is(ONE)) state = 1;
			else if (equalsIgnoringCase(json.text, 0, json.length, FALSE) || json.is(ZERO)) state = 0;
		}
		return state;
	}

	private speed(value: number): boolean {
		const json = this.json;
		const rpm = value === Json.Number || value === Json.String ? json.number() : Number.NaN;
		if (!this.put(SPEED_TO) || this.length + 32 > MAX_TEXT) return this.fail("the command is too long");
		const end = writeDecimal(this.view, this.length, rpm, 3);
		if (end < 0) return this.fail("Speed takes a number");
		this.text[end] = 59;
		this.length = end + 1;
		return true;
	}

	private addText(value: number): boolean {
		const json = this.json;
		if (value !== Json.String) return this.fail("Command takes a text");
		if (this.length + json.length + 1 > MAX_TEXT) return this.fail("the command is too long");
		for (let i = 0; i < json.length; i++) this.text[this.length++] = json.text[i] as number;
		this.text[this.length++] = 59;
		return true;
	}

	private put(word: Uint8Array): boolean {
		if (this.length + word.length > MAX_TEXT) return this.fail("the command is too long");
		this.text.set(word, this.length);
		this.length += word.length;
		return true;
	}

	private fail(why: string): boolean {
		this.error = why;
		return false;
	}
}
