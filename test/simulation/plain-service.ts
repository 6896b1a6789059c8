// A subscriber and commander behind any broker: JSON or bare values, results, the retained status.

import {
	Brightness,
	type Circumstances,
	type ServiceParts,
	type SimulatedService,
	settleMoves,
} from "./service.js";

export interface PlainOptions {
	readonly raw: boolean;
	readonly commandsQos: 0 | 1 | 2;
	readonly resultsQos: 0 | 1 | 2;
	readonly statusQos: 0 | 1 | 2;
}

interface Command {
	readonly text: string;
	readonly percent: number;
	readonly valid: boolean;
	state: "waits" | "acknowledged" | "forgotten";
	successful: number;
	failed: number;
	interrupted: number;
}

const NAMES = ["temperature", "led", "buzzer", "speed"];

export class PlainService implements SimulatedService {
	readonly commandTopic = "mote/m/commands/led";
	readonly #parts: ServiceParts;
	readonly #options: PlainOptions;
	readonly #brightness = new Brightness();
	readonly #commands: Command[] = [];
	#results = 0;
	#status = "";

	constructor(parts: ServiceParts, options: PlainOptions) {
		this.#parts = parts;
		this.#options = options;
	}

	get idle(): boolean {
		return true;
	}

	command(valid: boolean): void {
		const percent = this.#brightness.next(valid);
		const command: Command = {
			text: `led ${percent}%`,
			percent,
			valid,
			state: "waits",
			successful: 0,
			failed: 0,
			interrupted: 0,
		};
		this.#commands.push(command);
		this.#parts.server.publish(
			this.commandTopic,
			Buffer.from(`${percent}%`),
			() => {
				command.state = "acknowledged";
			},
			() => {
				command.state = "forgotten";
			},
		);
	}

	special(): void {
		this.#parts.server.publish(
			this.commandTopic,
			Buffer.alloc(0),
			() => {},
			() => {},
		);
	}

	subscribed(): void {}
	disconnected(): void {}

	published(topic: string, payload: Buffer, retain: boolean): void {
		const text = payload.toString("utf8");
		const { ledger } = this.#parts;
		if (topic === "mote/m/measures") {
			const [time, values] = this.#options.raw ? rawValues(text) : jsonValues(text);
			ledger.delivered(time, values);
		} else if (topic === "mote/m/results") this.#result(text);
		else if (topic === "mote/m/status" && retain) this.#status = text;
		else ledger.violated(`a message on ${topic}`);
	}

	#result(text: string): void {
		this.#results++;
		if (this.#options.raw) return;
		const { command: about, status, reason } = JSON.parse(text);
		const command = this.#commands.find(({ text: own }) => own === about);
		if (!command) {
			if (about !== "led ") this.#parts.ledger.violated(`a result of what was never asked: ${about}`);
		} else if (status === "SUCCESSFUL") command.successful++;
		else if (/interrupted/.test(reason)) command.interrupted++;
		else command.failed++;
	}

	settle({ keep, persistent }: Circumstances): void {
		const { ledger, server } = this.#parts;
		const { commandsQos, resultsQos, statusQos } = this.#options;
		const forgetful = ledger.powerCuts > 0 && keep === "off";
		// Results at QoS 0 may be lost, and those of a boot whose memory is gone.
		const heard = resultsQos > 0 && !forgetful;
		let silent = 0;
		let silentMoves = 0;
		let acknowledged = 0;
		for (const command of this.#commands) {
			const { text, percent, valid, state, successful, failed, interrupted } = command;
			const moves = ledger.moves.get(percent) ?? 0;
			const once = commandsQos === 2 && !(forgetful && persistent);
			settleMoves(ledger, percent, valid, once || !persistent ? 1 : 1 + ledger.resumptions);
			if (state === "acknowledged") acknowledged++;
			if (this.#options.raw) continue;
			if (state === "waits" && persistent && commandsQos > 0)
				ledger.violated(`"${text}" is left at the server`);
			const results = successful + failed + interrupted;
			if (results === 0 && state === "acknowledged") silent++;
			if (results === 0 && moves > 0) silentMoves++;
			if (successful > 0 && (moves === 0 || !valid))
				ledger.violated(`"${text}" was not carried out, the result says so`);
			if (failed > 0 && valid) ledger.violated(`"${text}" was refused`);
			if (interrupted > 0 && ledger.powerCuts === 0) ledger.violated(`"${text}" was interrupted by nothing`);
			const exact = once && resultsQos === 2 && persistent && server.forgot === 0 && !forgetful;
			if (exact && results > 1) ledger.violated(`"${text}" has ${results} results`);
		}
		if (this.#options.raw) silent = acknowledged - this.#results;
		const { malformed, givenUp } = ledger;
		if (heard && silentMoves > givenUp)
			ledger.violated(`${silentMoves} commands were carried out in silence, ${givenUp} are counted`);
		if (heard && silent > malformed + givenUp)
			ledger.violated(
				`${silent} commands were acknowledged and have no result, ${malformed + givenUp} are counted`,
			);
		if (statusQos > 0 && this.#status !== "online")
			ledger.violated(`the retained status is "${this.#status}"`);
	}
}

function jsonValues(text: string): [number, Record<string, number>] {
	const { time, ...values } = JSON.parse(text);
	return [time === undefined ? Number.NaN : Date.parse(time), values];
}

function rawValues(text: string): [number, Record<string, number>] {
	const values: Record<string, number> = {};
	for (const [i, column] of text.split(",").entries())
		if (column !== "") values[NAMES[i] ?? "?"] = Number(column);
	return [Number.NaN, values];
}
