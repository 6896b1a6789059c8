// Registers the collection of own templates that measures are sent by, before any goes out: asks on s/ut
// whether the tenant has it, and makes it where it has not. What is registered is remembered.
//
//   asked       "20,<X-ID>,…" on s/dt       registered
//   asked       "41,<X-ID>"                  the definition goes out
//   defined     "20,<X-ID>,…"                registered
//   defined     "41,…", or nothing in time   asked again, more and more seldom; measures wait
//   registered  "40,…" on s/e: it is gone    asked again, in a new connection, more and more seldom

import { ascii } from "../../core/bytes.js";
import type { CloudHost, OpeningStep } from "../cloud.js";
import { utf8 } from "../text.js";
import type { RowReader } from "./rows.js";

/** What the tenant answers on. */
export const TEMPLATES_DOWN = ascii("s/dt");
const NOTHING = ascii("");
/** Key in the store: broker and name of the collection that is registered. */
const KEY = "own-templates";
/** Longest wait for an answer; and from one round to the next, doubled up to ten minutes; ms. */
const ANSWER_MS = 10_000;
const LONGEST_PAUSE_MS = 600_000;
const FOUND = "20";
const REFUSED = "41";

/** A device that was only just made may not be known everywhere yet. */
const REFUSED_LATER = Object.freeze({ pauseMs: 5000, tries: 2, finally: "reconnect" } as const);

const Phase = Object.freeze({ Subscribe: 0, Ask: 1, Answer: 2, Define: 3, Defined: 4, Pause: 5, Done: 6 });

export class OwnTemplates {
	readonly name: string;
	private readonly host: CloudHost;
	private readonly definition: () => string;
	private readonly topic: Uint8Array;
	private readonly mark: string;
	private phase: number = Phase.Subscribe;
	private rounds = 0;
	private subscribed = false;
	/** The question was sent last, and not the definition. */
	private asked = false;

	/** `definition` makes the rows; it is not kept. */
	constructor(host: CloudHost, broker: string, name: string, definition: () => string) {
		this.host = host;
		this.name = name;
		this.definition = definition;
		this.topic = utf8(`s/ut/${name}`);
		this.mark = `${broker} ${name}`;
	}

	/** A connection begins. */
	begin(): void {
		this.subscribed = false;
		if (this.host.store.get(KEY) === this.mark) this.phase = Phase.Done;
		else this.phase = this.rounds > 0 ? Phase.Pause : Phase.Subscribe;
	}

	/** The next step, or undefined once the collection is registered. */
	step(): OpeningStep | undefined {
		switch (this.phase) {
			case Phase.Subscribe:
				this.phase = Phase.Ask;
				this.subscribed = true;
				return {
					kind: "subscribe",
					refused: REFUSED_LATER,
					topic: TEMPLATES_DOWN,
					payload: NOTHING,
					qos: 1,
					retain: false,
				};
			case Phase.Ask:
				this.phase = Phase.Answer;
				this.asked = true;
				return this.publish(NOTHING);
			case Phase.Define:
				this.phase = Phase.Defined;
				this.asked = false;
				return this.publish(utf8(this.definition()));
			case Phase.Pause:
				this.phase = this.subscribed ? Phase.Ask : Phase.Subscribe;
				this.host.waiting(`the tenant does not take the templates of ${this.name}`);
				return wait(Math.min(LONGEST_PAUSE_MS, ANSWER_MS * 2 ** this.rounds++));
			case Phase.Answer:
			case Phase.Defined:
				this.phase = Phase.Pause;
				return wait(ANSWER_MS);
			default:
				return undefined;
		}
	}

	private publish(payload: Uint8Array): OpeningStep {
		return { kind: "publish", topic: this.topic, payload, qos: 1, retain: false };
	}

	/** A row on TEMPLATES_DOWN. */
	answer(row: RowReader): void {
		if (!this.is(row, 1, this.name)) return;
		if (this.is(row, 0, FOUND)) {
			this.host.store.set(KEY, this.mark);
			this.phase = Phase.Done;
		} else if (this.is(row, 0, REFUSED) && this.asked) this.phase = Phase.Define;
		else return;
		this.host.goOn();
	}

	private is(row: RowReader, column: number, word: string): boolean {
		const start = row.start(column);
		if (row.count <= column || row.end(column) - start !== word.length) return false;
		for (let i = 0; i < word.length; i++) if (row.text[start + i] !== word.charCodeAt(i)) return false;
		return true;
	}

	/** The tenant does not know the collection any more. */
	lost(): void {
		if (this.phase !== Phase.Done) return;
		this.rounds++;
		this.phase = Phase.Subscribe;
		this.host.store.delete(KEY);
		this.host.reconnect();
	}
}

function wait(pauseMs: number): OpeningStep {
	return { kind: "wait", topic: NOTHING, payload: NOTHING, qos: 0, retain: false, pauseMs };
}
