// What the three services have in common: they take measures, give commands, and know at the end what became
// of them.

import type { Ledger } from "./ledger.js";
import type { Server, Service } from "./server.js";

/** Facts of a run that decide which promises hold. */
export interface Circumstances {
	readonly keep: "off" | "events" | "all";
	readonly persistent: boolean;
	readonly measuresQos: 0 | 1 | 2;
}

export interface SimulatedService extends Service {
	/** The topic on which commands travel. */
	readonly commandTopic: string;
	/** Whether nothing is on its way. */
	readonly idle: boolean;
	/** A command that sets a brightness of its own, or one that has to be refused. */
	command(valid: boolean): void;
	/** Another command of this cloud: a restart, a relay, something unknown. */
	special(): void;
	/** Called at the end. */
	settle(circumstances: Circumstances): void;
}

/** Numbers of brightness for commands, each used once. */
export class Brightness {
	#valid = 0;
	#invalid = 100;

	next(valid: boolean): number {
		if (!valid) return ++this.#invalid;
		if (this.#valid === 98) throw new Error("too many commands");
		return ++this.#valid;
	}
}

/** What holds for commands of every cloud. */
export function settleMoves(ledger: Ledger, percent: number, valid: boolean, most: number): void {
	const moves = ledger.moves.get(percent) ?? 0;
	if (!valid && moves > 0) ledger.violated(`a refused command moved the LED to ${percent} %`);
	if (moves > most) ledger.violated(`led ${percent}% was carried out ${moves} times, allowed are ${most}`);
}

export type ServiceParts = {
	readonly server: Server;
	readonly ledger: Ledger;
	/** Calls back after so many ms, while the world stands. */
	readonly after: (ms: number, work: () => void) => void;
	readonly now: () => number;
	/** How long a packet may have been on its way through the connection that there is, there and back, ms. */
	readonly lagMs: () => number;
};
