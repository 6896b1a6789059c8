// The SAP IoT service: an ack for each message of measures, late, lost, twice or a refusal; commands without
// an answer.

import type { Chance } from "./chance.js";
import { Brightness, type ServiceParts, type SimulatedService, settleMoves } from "./service.js";

export interface SapOptions {
	readonly arrays: boolean;
	readonly messageId: boolean;
	readonly dateProperty: string;
	/** Longest time that an ack takes, ms. */
	readonly ackMs: number;
	/**
	 * Probabilities; without message ids only the first is allowed, since an ack then can not be told from
	 * another.
	 */
	readonly losses: number;
	readonly refusals: number;
	readonly repeats: number;
}

const NAMES = ["temperature", "led", "buzzer", "speed"];

export class SapService implements SimulatedService {
	readonly commandTopic = "commands/m";
	/** No more trouble. */
	healed = false;
	readonly #parts: ServiceParts;
	readonly #chance: Chance;
	readonly #options: SapOptions;
	readonly #brightness = new Brightness();
	readonly #commands: Array<{ percent: number; valid: boolean; acknowledged: boolean }> = [];

	constructor(parts: ServiceParts, chance: Chance, options: SapOptions) {
		this.#parts = parts;
		this.#chance = chance;
		this.#options = options;
	}

	get idle(): boolean {
		return true;
	}

	command(valid: boolean): void {
		const percent = this.#brightness.next(valid);
		const command = { percent, valid, acknowledged: false };
		this.#commands.push(command);
		const message = {
			capabilityAlternateId: "mote-commands",
			sensorAlternateId: "mote-sensor",
			command: { Command: `led ${percent}%` },
		};
		this.#parts.server.publish(
			this.commandTopic,
			Buffer.from(JSON.stringify(message)),
			() => {
				command.acknowledged = true;
			},
			() => {},
		);
	}

	special(): void {
		const text = this.#chance.pick([
			"{",
			'{"command":{"Unknown":1}}',
			"[]",
			"",
			'{"command":{"LED":"true"}}',
		]);
		this.#parts.server.publish(
			this.commandTopic,
			Buffer.from(text),
			() => {},
			() => {},
		);
	}

	subscribed(): void {}
	disconnected(): void {}

	published(topic: string, payload: Buffer): void {
		const { ledger } = this.#parts;
		if (topic !== "measures/m") return ledger.violated(`a message on ${topic}`);
		const message = JSON.parse(payload.toString("utf8"));
		const { dateProperty } = this.#options;
		const refused = !this.healed && this.#chance.happens(this.#options.refusals);
		for (const measure of message.measures) {
			const values: Record<string, number> = {};
			let time = Number(message.timestamp);
			if (Array.isArray(measure)) {
				for (const [i, name] of NAMES.entries()) values[name] = measure[i];
				if (dateProperty !== "") time = Date.parse(measure[NAMES.length]);
			} else {
				for (const name of NAMES) if (name in measure) values[name] = measure[name];
				if (dateProperty !== "") time = Date.parse(measure[dateProperty]);
			}
			const taken = ledger.delivered(time, values);
			if (taken && refused) {
				taken.delivered--;
				taken.refused = true;
			}
		}
		this.#acknowledge(message.measureMessageId, refused ? 400 : 200);
	}

	#acknowledge(id: string | undefined, code: number): void {
		const { losses, repeats, ackMs, messageId } = this.#options;
		if (!this.healed && this.#chance.happens(losses)) return;
		const ack = { ...(messageId ? { id } : {}), code, messages: code === 200 ? ["accepted"] : ["refused"] };
		const text = JSON.stringify(this.#chance.happens(0.5) ? [ack] : ack);
		const times = messageId && !this.healed && this.#chance.happens(repeats) ? 2 : 1;
		for (let i = 0; i < times; i++) {
			// Without ids the order is all that tells them apart.
			const ms = messageId ? this.#chance.whole(0, ackMs) : ackMs >> 1;
			this.#parts.after(ms, () =>
				this.#parts.server.publish(
					"ack/m",
					Buffer.from(text),
					() => {},
					() => {},
				),
			);
		}
	}

	settle(): void {
		const { ledger } = this.#parts;
		let silent = 0;
		for (const { percent, valid, acknowledged } of this.#commands) {
			settleMoves(ledger, percent, valid, 1);
			if (acknowledged && valid && !ledger.moves.has(percent)) silent++;
		}
		if (silent > ledger.malformed)
			ledger.violated(
				`${silent} commands were acknowledged and not carried out, ${ledger.malformed} are counted`,
			);
	}
}
