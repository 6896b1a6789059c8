// A tenant: operations from PENDING to SUCCESSFUL or FAILED by rows that carry no id, measurements row by
// row.

import type { Chance } from "./chance.js";
import { Brightness, type ServiceParts, type SimulatedService, settleMoves } from "./service.js";

/** External ids of the device, and of its child. */
const DEVICE = "m";
const CHILD = "m:a";

interface Operation {
	readonly target: string;
	readonly fragment: string;
	readonly row: string;
	/** Brightness that it sets, or -1. */
	readonly percent: number;
	readonly valid: boolean;
	status: "PENDING" | "EXECUTING" | "SUCCESSFUL" | "FAILED";
	reason: string;
	readonly createdAt: number;
	/** Its row has gone out on the connection that there is. */
	sent: boolean;
}

const NAMES: Record<string, string> = {
	c8y_Temperature: "temperature",
	mote_Led: "led",
	mote_Buzzer: "buzzer",
	mote_Speed: "speed",
};

export class CumulocityService implements SimulatedService {
	readonly commandTopic = "s/ds";
	readonly #parts: ServiceParts;
	readonly #chance: Chance;
	/** Longest time from 500 to the rows that answer it, ms. */
	readonly #delayMs: number;
	readonly #brightness = new Brightness();
	readonly #operations: Operation[] = [];
	/** Devices that exist. */
	readonly #created = new Set<string>();
	readonly #child: boolean;
	/** Until when the answer to a 500 may still go out whose first row the node does not know. */
	#answersUntil = -1;
	#asked = false;

	/** `child`: whether the device has one. */
	constructor(parts: ServiceParts, chance: Chance, delayMs: number, child = false) {
		this.#child = child;
		this.#parts = parts;
		this.#chance = chance;
		this.#delayMs = delayMs;
	}

	get idle(): boolean {
		const { doubtfulAnswers, overtaken } = this.#parts.ledger;
		// Where answers were given to the wrong operation, one may be left without.
		const doubtful = doubtfulAnswers > 0 || overtaken > 0;
		return this.#operations.every(
			({ status }) => status !== "PENDING" && (doubtful || status !== "EXECUTING"),
		);
	}

	command(valid: boolean): void {
		const percent = this.#brightness.next(valid);
		this.#create("c8y_Command", `511,m,led ${percent}%`, percent, valid);
	}

	special(): void {
		if (this.#child && this.#chance.happens(0.5)) return this.#specialOfChild();
		const which = this.#chance.whole(0, 5);
		if (which === 0) this.#create("c8y_Restart", "510,m", -1, true);
		else if (which === 1) this.#create("c8y_Firmware", "515,m,a,1,http://example.com", -1, false);
		else if (which === 2) {
			// Of the last two, the second cannot be read at all.
			const texts = ['"led ""on"""', '"led on, C:\\"', '"led on'];
			this.#create("c8y_Command", `511,m,${this.#chance.pick(texts)}`, -1, false);
		} else this.#create("c8y_Relay", `518,m,${which < 5 ? "CLOSED" : "OPEN"}`, which < 5 ? 100 : -1, true);
	}

	#specialOfChild(): void {
		const which = this.#chance.whole(0, 4);
		if (which === 0) this.#create("c8y_Command", `511,${CHILD},led 3%`, -1, false, CHILD);
		else if (which === 1) this.#create("c8y_Restart", `510,${CHILD}`, -1, false, CHILD);
		else {
			const closed = which < 4;
			this.#create("c8y_Relay", `518,${CHILD},${closed ? "CLOSED" : "OPEN"}`, closed ? 100 : -1, true, CHILD);
		}
	}

	#create(fragment: string, row: string, percent: number, valid: boolean, target = DEVICE): void {
		const createdAt = this.#parts.now();
		const overtakes = this.#operations.some((other) => isPending(other, target, fragment) && !other.sent);
		if (
			overtakes ||
			(this.#answersUntil >= createdAt &&
				this.#operations.some((other) => isPending(other, target, fragment)))
		)
			this.#overtaken();
		const operation: Operation = {
			target,
			fragment,
			row,
			percent,
			valid,
			status: "PENDING",
			reason: "",
			createdAt,
			sent: false,
		};
		this.#operations.push(operation);
		this.#parts.ledger.trace?.(`tenant      ${row} is PENDING`);
		this.#push([operation]);
	}

	/**
	 * A new row is pushed ahead of older ones that a 500 brings. The node can not tell, carries it out first,
	 * and its answers go to the older operation.
	 */
	#overtaken(): void {
		this.#parts.ledger.trace?.("tenant      a row overtakes older ones that are PENDING");
		this.#parts.ledger.overtaken++;
	}

	#push(operations: readonly Operation[]): void {
		if (this.#parts.server.isSubscribed("s/ds")) for (const operation of operations) operation.sent = true;
		const rows = operations.map(({ row }) => `${row}\n`);
		const messages = this.#chance.happens(0.5) ? rows : [rows.join("")];
		for (const text of messages)
			if (text !== "")
				this.#parts.server.publish(
					"s/ds",
					Buffer.from(text),
					() => {},
					() => {},
				);
	}

	subscribed(filter: string): void {
		if (filter === "s/ds" && this.#chance.happens(0.5))
			this.#push(this.#operations.filter(({ status }) => status === "PENDING"));
	}
	disconnected(): void {
		for (const operation of this.#operations) operation.sent = false;
		this.#answersUntil = -1;
		this.#asked = false;
	}

	#pending(): void {
		const rows = this.#operations.filter(({ status }) => status === "PENDING");
		// Rows pushed just now may reach the node before this answer and behind its question.
		const now = this.#parts.now();
		// Later on the node knows which one is the oldest, unless that was settled by an answer for another one.
		const unknown = !this.#asked || this.#parts.ledger.doubtfulAnswers > 0 || this.#parts.ledger.boots > 1;
		if (unknown) this.#answersUntil = now + this.#delayMs;
		const recent = unknown && rows.findLast(({ createdAt }) => now - createdAt <= this.#parts.lagMs());
		if (recent && rows.some((other) => other !== recent && isPending(other, recent.target, recent.fragment)))
			this.#overtaken();
		this.#asked = true;
		if (this.#delayMs === 0) return this.#push(rows);
		this.#parts.after(this.#chance.whole(0, this.#delayMs), () => this.#push(rows));
	}

	/** What the inventory is told of a relay has to be the state that an operation has asked for. */
	#updated(id: string, text: string): void {
		const [, state] = /^\{"c8y_Relay":\{"relayState":"(OPEN|CLOSED)"\}\}$/.exec(text) ?? [];
		const asked = this.#operations.some(
			({ row, status }) =>
				row === `518,${id},${state}` && (status === "SUCCESSFUL" || status === "EXECUTING"),
		);
		if (!asked) this.#parts.ledger.violated(`the inventory is told ${text}`);
	}

	published(topic: string, payload: Buffer): void {
		const { ledger } = this.#parts;
		const updated = /^inventory\/managedObjects\/update\/(m(?::a)?)$/.exec(topic)?.[1];
		if (updated) return this.#updated(updated, payload.toString());
		const target = topic === "s/us" ? DEVICE : topic === `s/us/${CHILD}` && this.#child ? CHILD : "";
		if (target === "") return ledger.violated(`a message on ${topic}`);
		let time = "";
		let values: Record<string, number> = {};
		const flush = () => {
			if (time !== "") ledger.delivered(Date.parse(time), values, target === CHILD);
			time = "";
			values = {};
		};
		for (const row of payload.toString("utf8").split("\n")) {
			if (row === "") continue;
			const columns = row.split(",");
			const [id, fragment = "", third = "", fourth = ""] = columns;
			if (id === "100") this.#created.add(DEVICE);
			else if (id === "101") this.#created.add(fragment);
			else if (!this.#created.has(target) && id !== "400")
				ledger.violated(`"${row}" before the device exists`);
			if (id === "200") {
				const [, , , value, , at = ""] = columns;
				if (at !== time) flush();
				time = at;
				values[NAMES[fragment] ?? fragment] = Number(value);
			} else if (id === "201") {
				time = third;
				for (let i = 3; i + 3 < columns.length; i += 4) {
					const name = columns[i] as string;
					values[NAMES[name] ?? name] = Number(columns[i + 2]);
				}
				flush();
			} else if (id === "500") this.#pending();
			else if (id === "501") this.#advance(target, fragment, "PENDING", "EXECUTING", "");
			else if (id === "502") this.#advance(target, fragment, "EXECUTING", "FAILED", `${third} ${fourth}`);
			else if (id === "503") this.#advance(target, fragment, "EXECUTING", "SUCCESSFUL", "");
		}
		flush();
	}

	/** The oldest one in that state. */
	#advance(
		target: string,
		fragment: string,
		from: Operation["status"],
		to: Operation["status"],
		reason: string,
	): void {
		const operation = this.#operations.find(
			(other) => other.target === target && other.fragment === fragment && other.status === from,
		);
		if (!operation) {
			if (/interrupted/.test(reason) && this.#parts.ledger.boots < 2)
				this.#parts.ledger.violated(`"${fragment}" is said to be interrupted in the first boot`);
			return;
		}
		operation.status = to;
		operation.reason = reason;
		this.#parts.ledger.trace?.(`tenant      ${operation.row} is ${to} ${reason}`);
	}

	settle(): void {
		const { ledger } = this.#parts;
		for (const { percent } of this.#operations) {
			if (percent < 0) continue;
			const same = this.#operations.filter((other) => other.percent === percent);
			const most = ledger.overtaken > 0 ? Number.POSITIVE_INFINITY : same.length;
			settleMoves(
				ledger,
				percent,
				same.some(({ valid }) => valid),
				most,
			);
		}
		if (ledger.overtaken > 0) return;
		// An answer that was repeated counts for another operation: the rows have no id.
		if (ledger.doubtfulAnswers > 0) return;
		for (const { row, percent, valid, status, reason } of this.#operations) {
			const moves = percent < 0 ? 1 : (ledger.moves.get(percent) ?? 0);
			if (status === "PENDING" || status === "EXECUTING") ledger.violated(`"${row}" is left ${status}`);
			else if (status === "SUCCESSFUL" && (!valid || moves === 0))
				ledger.violated(`"${row}" is SUCCESSFUL and was not carried out`);
			else if (status === "FAILED" && valid && (!/interrupted/.test(reason) || ledger.boots < 2))
				ledger.violated(`"${row}" is FAILED: ${reason}`);
		}
	}
}

function isPending(operation: Operation, target: string, fragment: string): boolean {
	return operation.status === "PENDING" && operation.target === target && operation.fragment === fragment;
}
