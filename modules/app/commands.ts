// Commands as text, parsed on the bytes as received and checked against one typed table before anything
// moves.
//
//   led on | led off | led 40%
//   buzzer on | buzzer off | buzzer 880Hz [500ms [3x]]
//   speed 50 | speed 50rpm | speed stop
//   interval 5s | interval 500ms | interval 2min
//
// Several are separated by ";". All are checked first: if one is wrong, nothing moves and the sender gets the
// reason. A byte order mark in front and NUL behind count for nothing.

import { ascii, equalsIgnoringCase } from "../core/bytes.js";
import { parseNumber } from "../core/number.js";
import { cutUtf8, decodeUtf8 } from "../core/utf8.js";
import { visible } from "../core/visible.js";

/** Where commands end up. Values are checked against the ranges before. */
export interface Actuators {
	/** Brightness, 0 to 100 %. */
	led(percent: number): void;
	/**
	 * Tone in Hz, 0 for silence, so many times with as long a pause between; `durationMs` 0 means until further
	 * notice.
	 */
	buzzer(hz: number, durationMs: number, times: number): void;
	/** Target speed in rpm, 0 stops. */
	speed(rpm: number): void;
	/** Pause between samples, ms. */
	interval(ms: number): void;
}

export const Action = Object.freeze({ Led: 0, Buzzer: 1, Speed: 2, Interval: 3 } as const);
/** From this bit of an action on stands how many times; the bits below hold the action itself. */
const TIMES = 3;
export const ACTION_MASK = (1 << TIMES) - 1;
const BUZZER_ONCE = Action.Buzzer | (1 << TIMES);

export interface Ranges {
	readonly maxRpm: number;
	/** Tones that the board can make, Hz: lowest and highest; of TONE_RANGE all unless given. */
	readonly tones?: readonly [number, number] | undefined;
}

/** Tone of "buzzer on", Hz. */
export const DEFAULT_TONE = 880;
export const TONE_RANGE = Object.freeze([50, 10_000] as const);
export const DURATION_RANGE = Object.freeze([10, 60_000] as const);
export const TIMES_RANGE = Object.freeze([1, 20] as const);
export const INTERVAL_RANGE = Object.freeze([100, 86_400_000] as const);
/** Most commands in one text, and most bytes of it. */
export const MAX_COMMANDS = 8;
export const MAX_COMMAND_BYTES = 512;

const W = Object.freeze({
	led: ascii("led"),
	buzzer: ascii("buzzer"),
	speed: ascii("speed"),
	interval: ascii("interval"),
	on: ascii("on"),
	off: ascii("off"),
	stop: ascii("stop"),
	percent: ascii("%"),
	hz: ascii("hz"),
	rpm: ascii("rpm"),
	ms: ascii("ms"),
	s: ascii("s"),
	min: ascii("min"),
	x: ascii("x"),
});

/** Places in which what was parsed can be kept. */
export const PLANS = 4;
const COUNTS = MAX_COMMANDS * (1 + PLANS);

/** Parses one text at a time; the result stays until the next `parse`. */
export class CommandParser {
	count = 0;
	/** An action and how many times; behind them: how many each place has. */
	readonly actions = new Uint8Array(MAX_COMMANDS * (1 + PLANS) + PLANS);
	readonly values = new Float64Array(MAX_COMMANDS * (1 + PLANS));
	readonly durations = new Uint16Array(MAX_COMMANDS * (1 + PLANS));
	private readonly ranges: Ranges;
	private readonly lowestHz: number;
	private readonly highestHz: number;
	private bytes: Uint8Array = new Uint8Array(0);
	private at = 0;
	private end = 0;
	private textEnd = 0;
	// The last word and, if it begins with a number, that number and where its unit begins
	private wordStart = 0;
	private wordEnd = 0;
	private number = 0;
	private unitStart = 0;
	// Why the last text was refused: with something behind it, the last word stands between
	private before = "";
	private behind = "";

	constructor(ranges: Ranges) {
		this.ranges = ranges;
		const { tones = TONE_RANGE } = ranges;
		this.lowestHz = Math.max(tones[0], TONE_RANGE[0]);
		this.highestHz = Math.min(tones[1], TONE_RANGE[1]);
	}

	/**
	 * Why the last text was refused, or "". Put together here, because the stack is deepest where the fault is
	 * found. The bytes that were parsed must still be there.
	 */
	get reason(): string {
		return this.behind === "" ? this.before : this.before + this.text() + this.behind;
	}

	/** Returns whether every command in [start, end) is right. */
	parse(bytes: Uint8Array, start: number, end: number): boolean {
		this.count = 0;
		this.before = this.behind = "";
		if (end - start > MAX_COMMAND_BYTES) return this.refuse(`longer than ${MAX_COMMAND_BYTES} bytes`);
		this.bytes = bytes;
		this.textEnd = end;
		// What C programs and editors leave around a text.
		while (this.textEnd > start && bytes[this.textEnd - 1] === 0) this.textEnd--;
		let from = hasMark(bytes, start, end) ? start + 3 : start;
		while (from <= this.textEnd) {
			let to = bytes.indexOf(59, from);
			if (to < 0 || to > this.textEnd) to = this.textEnd;
			this.at = from;
			this.end = to;
			if (this.word()) {
				if (this.count === MAX_COMMANDS) return this.refuse(`more than ${MAX_COMMANDS} commands`);
				if (!this.command()) return false;
				this.count++;
			}
			from = to + 1;
		}
		return this.count > 0 || this.refuse("no command");
	}

	/** Keeps what was parsed in a place, 0 to PLANS - 1. */
	keep(place: number): void {
		const to = MAX_COMMANDS * (1 + place);
		this.actions[COUNTS + place] = this.count;
		this.actions.copyWithin(to, 0, MAX_COMMANDS);
		this.values.copyWithin(to, 0, MAX_COMMANDS);
		this.durations.copyWithin(to, 0, MAX_COMMANDS);
	}

	/** Carries out what was parsed, or what was kept in a place. */
	apply(actuators: Actuators, place = -1): void {
		const from = MAX_COMMANDS * (1 + place);
		const end = from + (place < 0 ? this.count : (this.actions[COUNTS + place] as number));
		for (let i = from; i < end; i++) {
			const value = this.values[i] as number;
			const action = this.actions[i] as number;
			switch (action & ACTION_MASK) {
				case Action.Led:
					actuators.led(value);
					break;
				case Action.Buzzer:
					actuators.buzzer(value, this.durations[i] as number, action >> TIMES);
					break;
				case Action.Speed:
					actuators.speed(value);
					break;
				case Action.Interval:
					actuators.interval(value);
			}
		}
	}

	private command(): boolean {
		if (this.is(W.led)) return this.led();
		if (this.is(W.buzzer)) return this.buzzer();
		if (this.is(W.speed)) return this.speed();
		if (this.is(W.interval)) return this.interval();
		return this.refuseWord('unknown command "', '"; there are led, buzzer, speed and interval');
	}

	private led(): boolean {
		if (!this.word()) return this.refuse("led: on, off or a brightness such as 40% is missing");
		if (this.is(W.on)) return this.take(Action.Led, 100, 0);
		if (this.is(W.off)) return this.take(Action.Led, 0, 0);
		if (!this.numeric() || !this.unit(W.percent))
			return this.refuseWord('led: "', '" is not on, off or a brightness such as 40%');
		return this.inRange("led", 0, 100, "%") && this.take(Action.Led, this.number, 0);
	}

	private buzzer(): boolean {
		if (!this.word()) return this.refuse("buzzer: on, off or a tone such as 880Hz is missing");
		if (this.is(W.off)) return this.take(BUZZER_ONCE, 0, 0);
		let hz = DEFAULT_TONE;
		if (!this.is(W.on)) {
			if (!this.numeric() || !this.unit(W.hz))
				return this.refuseWord('buzzer: "', '" is not on, off or a tone such as 880Hz');
			hz = this.number;
		}
		this.number = hz;
		if (!this.inRange("buzzer", this.lowestHz, this.highestHz, "Hz")) return false;
		if (!this.word()) return this.take(BUZZER_ONCE, hz, 0);
		if (!this.duration()) return this.refuseWord('buzzer: "', '" is not a duration such as 500ms');
		if (!this.inRange("buzzer", DURATION_RANGE[0], DURATION_RANGE[1], "ms")) return false;
		const ms = this.number;
		if (!this.word()) return this.take(BUZZER_ONCE, hz, ms);
		if (!this.numeric() || !this.unit(W.x) || !Number.isInteger(this.number))
			return this.refuseWord('buzzer: "', '" is not a number of times such as 3x');
		return (
			this.inRange("buzzer", TIMES_RANGE[0], TIMES_RANGE[1], "times") &&
			this.take(Action.Buzzer | (this.number << TIMES), hz, ms)
		);
	}

	private speed(): boolean {
		if (!this.word()) return this.refuse("speed: stop or a speed such as 50rpm is missing");
		if (this.is(W.stop) || this.is(W.off)) return this.take(Action.Speed, 0, 0);
		if (!this.numeric() || !(this.unitStart === this.wordEnd || this.unit(W.rpm)))
			return this.refuseWord('speed: "', '" is not stop or a speed such as 50rpm');
		return this.inRange("speed", 0, this.ranges.maxRpm, "rpm") && this.take(Action.Speed, this.number, 0);
	}

	private interval(): boolean {
		if (!this.word()) return this.refuse("interval: a duration such as 5s is missing");
		if (!this.duration()) return this.refuseWord('interval: "', '" is not a duration such as 5s');
		return (
			this.inRange("interval", INTERVAL_RANGE[0], INTERVAL_RANGE[1], "ms") &&
			this.take(Action.Interval, this.number, 0)
		);
	}

	private take(action: number, value: number, durationMs: number): boolean {
		if (this.word()) return this.refuseWord('"', '" is too much');
		this.actions[this.count] = action;
		this.values[this.count] = value;
		this.durations[this.count] = durationMs;
		return true;
	}

	/** Reads the next word of the command; false at its end. */
	private word(): boolean {
		const bytes = this.bytes;
		const end = this.end;
		while (this.at < end && blankAt(bytes, this.at, end) > 0) this.at += blankAt(bytes, this.at, end);
		this.wordStart = this.at;
		while (this.at < end && blankAt(bytes, this.at, end) === 0) this.at++;
		this.wordEnd = this.at;
		return this.wordEnd > this.wordStart;
	}

	private is(word: Uint8Array): boolean {
		return equalsIgnoringCase(this.bytes, this.wordStart, this.wordEnd, word);
	}

	/** Whether the word begins with a number. */
	private numeric(): boolean {
		let p = this.wordStart;
		while (p < this.wordEnd && isNumeric(this.bytes[p] as number)) p++;
		this.unitStart = p;
		this.number = parseNumber(this.bytes, this.wordStart, p);
		return !Number.isNaN(this.number);
	}

	private unit(unit: Uint8Array): boolean {
		return equalsIgnoringCase(this.bytes, this.unitStart, this.wordEnd, unit);
	}

	/** The word as a duration, in ms. */
	private duration(): boolean {
		if (!this.numeric()) return false;
		if (this.unit(W.ms)) return true;
		if (this.unit(W.s)) this.number *= 1000;
		else if (this.unit(W.min)) this.number *= 60_000;
		else return false;
		return true;
	}

	private inRange(what: string, low: number, high: number, unit: string): boolean {
		if (this.number >= low && this.number <= high) return true;
		return this.refuseWord(`${what}: `, ` is outside ${low} to ${high} ${unit}`);
	}

	/** The last word, cut, for a reason. */
	private text(): string {
		const end = cutUtf8(this.bytes, this.wordStart, this.wordEnd, 40);
		return visible(decodeUtf8(this.bytes, this.wordStart, end) ?? "?");
	}

	private refuse(reason: string): boolean {
		this.before = reason;
		this.count = 0;
		return false;
	}

	/** With the last word in the reason. */
	private refuseWord(before: string, behind: string): boolean {
		this.behind = behind;
		return this.refuse(before);
	}
}

/**
 * Bytes of the blank at `p`, one of Unicode's spaces (U+00A0, U+2000 to U+200A, U+202F, U+3000) too, or 0.
 */
function blankAt(bytes: Uint8Array, p: number, end: number): number {
	const c = bytes[p] as number;
	if (c < 128) return c === 32 || c === 9 || c === 10 || c === 13 ? 1 : 0;
	const next = bytes[p + 1];
	if (c === 0xc2) return p + 1 < end && next === 0xa0 ? 2 : 0;
	if (p + 2 >= end || next !== 0x80) return 0;
	const last = bytes[p + 2] as number;
	if (c === 0xe2) return last <= 0x8a || last === 0xaf ? 3 : 0;
	return c === 0xe3 && last === 0x80 ? 3 : 0;
}

/** Whether a byte order mark stands in front. */
function hasMark(bytes: Uint8Array, start: number, end: number): boolean {
	return end - start >= 3 && bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf;
}

function isNumeric(c: number): boolean {
	return (c >= 48 && c <= 57) || c === 46 || c === 45;
}
