// The books of a run, kept outside of the node and without any code of its: what its sensors were asked, what
// its pins did, what reached the service behind the server, what was commanded. At the end they have to
// balance.

import type { Connection } from "./network.js";
import { WireRules } from "./wire-rules.js";

/** A promise that was broken. */
export class Violation extends Error {
	override name = "Violation";
}

/** A sample as the sensors gave it. */
export interface Taken {
	/** Time of day, ms; what the node may learn only later. */
	readonly wall: number;
	/** temperature (NaN: a faulty sensor), led, buzzer, speed. */
	readonly values: readonly number[];
	readonly boot: number;
	/** How often the service got it. */
	delivered: number;
	/** The same of the channels of a child device, where there is one. */
	childDelivered: number;
	/** It may be missing, because of a power cut that it was not kept from. */
	excused: boolean;
	/** The service refused it. */
	refused: boolean;
}

const NAMES = ["temperature", "led", "buzzer", "speed"];
/** Those of the child device. */
export const CHILD_NAMES = ["led", "speed"];
/** Half a digit of the last place that is sent, and a little. */
const PRECISION = [0.00501, 0.501, 0.501, 0.0501];

export class Ledger {
	readonly taken: Taken[] = [];
	/** How often each brightness was put out. */
	readonly moves = new Map<number, number>();
	readonly wire: WireRules;
	/** Samples become a record for the device and one for its child. */
	split = false;
	trace: ((text: string) => void) | undefined;
	/** Connections that were tried, by their moments. */
	readonly attempts: number[] = [];
	/**
	 * Counted by the node itself: samples that it dropped, gave up or could not confirm; inbound messages
	 * likewise.
	 */
	dropped = 0;
	malformed = 0;
	/** Records that the node gave up because the server kept closing the connection on them. */
	givenUp = 0;
	/** Answers that reached the service and whose acknowledgement did not reach the node. */
	doubtfulAnswers = 0;
	/** Operations whose row was pushed ahead of older ones. */
	overtaken = 0;
	powerCuts = 0;
	/** Boots, whatever led to them. */
	boots = 0;
	/** Connections on which a session went on. */
	resumptions = 0;
	/** Longest pause that a refusal calls for, ms. */
	longestRefusalMs = 0;
	/** Position in the stream behind which the node must have closed its connection. */
	#garbage: { connection: Connection; at: number } | undefined;
	readonly #byWall = new Map<number, Taken>();
	readonly #byTemperature = new Map<number, Taken>();
	first: Violation | undefined;

	constructor() {
		this.wire = new WireRules((what) => this.violated(what));
	}

	/** The first counts: what follows may be its consequence. */
	violated(what: string): void {
		this.trace?.(`VIOLATION   ${what}`);
		this.first ??= new Violation(what);
	}

	sampled(wall: number, values: readonly number[], boot: number): void {
		const taken: Taken = {
			wall,
			values,
			boot,
			delivered: 0,
			childDelivered: 0,
			excused: false,
			refused: false,
		};
		this.taken.push(taken);
		if (this.#byWall.has(wall)) throw new Error("two samples at one moment");
		this.#byWall.set(wall, taken);
		const temperature = values[0] as number;
		if (!Number.isNaN(temperature)) this.#byTemperature.set(Math.round(temperature * 100), taken);
	}

	moved(percent: number): void {
		this.moves.set(percent, (this.moves.get(percent) ?? 0) + 1);
	}

	/**
	 * A sample has reached the service, or with `child` what the child has of it; `wall` is NaN where the format
	 * has no time.
	 */
	delivered(wall: number, values: Readonly<Record<string, number>>, child = false): Taken | undefined {
		const taken = Number.isNaN(wall) ? this.#find(values.temperature ?? Number.NaN) : this.#byWall.get(wall);
		if (!taken) {
			this.violated(`a measure that was never taken: ${wall} ${JSON.stringify(values)}`);
			return undefined;
		}
		for (const [i, name] of NAMES.entries()) {
			if (this.split && CHILD_NAMES.includes(name) !== child) {
				if (name in values) this.violated(`${name} in the measure of ${wall}: it is another device's`);
				continue;
			}
			const is = values[name] ?? Number.NaN;
			const was = taken.values[i] as number;
			if (Number.isNaN(is) ? !Number.isNaN(was) : !(Math.abs(is - was) <= (PRECISION[i] as number)))
				this.violated(`${name} is ${is} and was ${was} in the measure of ${wall}`);
		}
		if (child) taken.childDelivered++;
		else taken.delivered++;
		return taken;
	}

	#find(temperature: number): Taken | undefined {
		const hundredths = Math.round(temperature * 100);
		for (const near of [hundredths, hundredths - 1, hundredths + 1]) {
			const taken = this.#byTemperature.get(near);
			if (taken) return taken;
		}
		return undefined;
	}

	/** All that the node of this boot knew is gone; `kept`: but for what it had put into flash. */
	forgotten(boot: number, kept: boolean): void {
		if (kept) return;
		for (const taken of this.taken) if (taken.boot === boot && this.#missing(taken) > 0) taken.excused = true;
	}

	/** The server has said yes. */
	greeted(sessionPresent: boolean): void {
		if (sessionPresent) this.resumptions++;
	}

	refused(code: number): void {
		const pause = code === 4 ? 120_000 : code === 1 || code === 2 ? 600_000 : 0;
		this.longestRefusalMs = Math.max(this.longestRefusalMs, pause);
	}

	garbageSent(connection: Connection, at: number): void {
		this.#garbage = { connection, at };
	}

	/** Bytes have been handled by the node. */
	handled(connection: Connection): void {
		const garbage = this.#garbage;
		if (garbage?.connection !== connection || connection.down.left < garbage.at) return;
		this.#garbage = undefined;
		if (connection.node)
			this.violated("bytes that no server may send did not end the connection [MQTT-4.8.0-1]");
	}

	/** Attempts to connect that a node without a backoff makes, and one with it does not. */
	attempt(now: number): void {
		this.attempts.push(now);
		const before = this.attempts[this.attempts.length - 30];
		if (before !== undefined && now - before < 60_000) this.violated("30 connections within a minute");
	}

	/** What nobody heard of, and nothing counts. */
	balance(rules: { readonly exactly: boolean; readonly atLeast: boolean }): void {
		const missing = this.taken.filter(
			(taken) => this.#missing(taken) > 0 && !taken.excused && !taken.refused,
		);
		const records = missing.reduce((sum, taken) => sum + this.#missing(taken), 0);
		if (rules.atLeast && records > this.dropped) {
			const first = missing[0] as Taken;
			this.violated(
				`${records} measures are lost, ${this.dropped} are counted; the first is of ${first.wall}, boot ${first.boot}`,
			);
		}
		if (!rules.exactly) return;
		const twice = this.taken.find((taken) => Math.max(taken.delivered, taken.childDelivered) > 1);
		if (twice) this.violated(`the measure of ${twice.wall} was delivered ${twice.delivered} times`);
	}

	/** Records of it that the service has not got. */
	#missing({ delivered, childDelivered }: Taken): number {
		return (delivered === 0 ? 1 : 0) + (this.split && childDelivered === 0 ? 1 : 0);
	}
}
