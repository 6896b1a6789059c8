// Commands of the cloud: a text becomes moves of the actuators, now or, once it is planned, when the cloud
// has heard that it begins.

import { cutUtf8, decodeUtf8 } from "../core/utf8.js";
import { type Actuators, CommandParser } from "./commands.js";
import type { Delivery } from "./delivery.js";
import type { Health } from "./health.js";
import type { Observer } from "./observer.js";
import type { NodeParts } from "./parts.js";
import type { Sampler } from "./sampler.js";

/** Most bytes of a command that are shown to whoever watches. */
const MAX_SHOWN = 512;
const SEMICOLON = 59;

export class CommandDesk implements Actuators {
	observer: Observer | undefined;
	private readonly parser: CommandParser;
	private readonly parts: NodeParts;
	private readonly sampler: Sampler;
	private readonly delivery: Delivery;
	private readonly health: Health;
	/** The texts of planned commands, for whoever watches. */
	declare private plans?: string[];
	private planned = "";

	constructor(parts: NodeParts, sampler: Sampler, delivery: Delivery, health: Health) {
		const { settings, board } = parts;
		this.parts = parts;
		this.parser = new CommandParser({ maxRpm: settings.motor.maxRpm, tones: board.tones });
		this.sampler = sampler;
		this.delivery = delivery;
		this.health = health;
	}

	/**
	 * Checks and carries out a command text; returns "" or the reason of the refusal. That it begins is kept
	 * before anything moves, where commands are kept.
	 */
	run(bytes: Uint8Array, start: number, end: number): string {
		const { parser, delivery } = this;
		let reason = "";
		delivery.keeper?.intent(delivery.inboundId, bytes, start, end);
		// Not by a function of its own: on a small board every call counts here, deep in the stack.
		if (parser.parse(bytes, start, end)) {
			try {
				parser.apply(this);
			} catch (error) {
				reason = refusal(error);
			}
		} else reason = parser.reason;
		this.told(this.text(bytes, start, end), reason);
		return reason;
	}

	/** Checks a command text; returns "" or the reason of the refusal. */
	plan(bytes: Uint8Array, start: number, end: number): string {
		// No variables: they would lie under the parser, where the stack is deepest.
		if (this.parser.parse(bytes, start, end)) {
			if (this.observer?.command) this.planned = this.text(bytes, start, end);
			return "";
		}
		this.told(this.text(bytes, start, end), this.parser.reason);
		return this.parser.reason;
	}

	/** Keeps what `plan` found right in a place, 0 to 3, for `carryOut`. */
	keep(place: number): void {
		this.parser.keep(place);
		if (!this.observer?.command) return;
		this.plans ??= ["", "", "", ""];
		this.plans[place] = this.planned;
	}

	/** Carries out what was planned; returns "" or why that failed. */
	carryOut(place: number): string {
		let reason = "";
		try {
			this.parser.apply(this, place);
		} catch (error) {
			reason = refusal(error);
		}
		this.told(this.plans?.[place] ?? "", reason);
		return reason;
	}

	/** A command as text, for whoever watches. */
	private text(bytes: Uint8Array, start: number, end: number): string {
		if (!this.observer?.command) return "";
		const last = end > start && bytes[end - 1] === SEMICOLON ? end - 1 : end;
		return decodeUtf8(bytes, start, cutUtf8(bytes, start, last, MAX_SHOWN)) ?? "?";
	}

	/** A command has ended. */
	private told(text: string, reason: string): void {
		this.health.commands++;
		if (reason !== "") this.health.refusedCommands++;
		this.observer?.command?.(text, reason === "" ? "SUCCESSFUL" : "FAILED", reason);
		this.parts.log.info(reason === "" ? "command carried out" : `command refused: ${reason}`);
	}

	// Actuators

	led(percent: number): void {
		this.parts.board.led(percent);
	}
	buzzer(hz: number, durationMs: number, times: number): void {
		this.parts.board.buzzer(hz, durationMs, times);
	}
	speed(rpm: number): void {
		this.parts.board.speed(rpm);
	}
	interval(ms: number): void {
		this.sampler.changeInterval(ms);
	}
}

function refusal(error: unknown): string {
	return `the hardware refused: ${error instanceof Error ? error.message : "unknown error"}`;
}
