// The events of the firmware's Observer, in one table: their order is their number in the frames of a machine
// on XS, and each has the sentence that a person reads about it, or none where it is shown in its own way.

import { type Observer, OVERDUE_WORDS, REFUSED_WORDS, RIVAL_WORDS } from "../../modules/app/observer.js";
import { describeClose } from "../../modules/mqtt/close-codes.js";
import { counted } from "./words.js";

export interface Sentence {
	readonly text: string;
	readonly level: "info" | "warn";
}

type Event = keyof Observer;
type Told<E extends Event> = (...args: Parameters<NonNullable<Observer[E]>>) => Sentence | undefined;
type Table = { readonly [E in Event]-?: Told<E> | undefined };

/** Why a connection ended, as a sentence. */
export type Explain = (code: string, detail: string) => string;

const info = (text: string): Sentence => ({ text, level: "info" });
const warn = (text: string): Sentence => ({ text, level: "warn" });
const ownWay = undefined;

/** By NetworkState. */
const NETWORK: readonly string[] = Object.freeze([
	"Wi-Fi is lost; joining again",
	"Wi-Fi is joined; asking for the time",
	"the network is there",
]);

const closed: Explain = (code, detail) => `${describeClose(code)}${detail === "" ? "" : ` (${detail})`}.`;

function events(explain: Explain): Table {
	return {
		sampled: ownWay,
		silent: (key, fault) =>
			fault === "" ? info(`${key} has values again`) : warn(`${key} has no value: ${fault}`),
		sending: ownWay,
		evicted: (total) => warn(`the ring is full: ${total} measures were dropped`),
		delivered: ownWay,
		unconfirmed: (measures) => warn(`${counted(measures, "measure")} sent; it is unknown whether it arrived`),
		refused: (code, reason) => warn(`${REFUSED_WORDS}${code} ${reason}`),
		received: ownWay,
		command: ownWay,
		malformed: (what) => warn(`not understood: ${what}`),
		skipped: (bytes) => warn(`a message of ${bytes} bytes is larger than the node keeps and was skipped`),
		overdue: () => warn(OVERDUE_WORDS),
		waiting: (what) => info(`waiting: ${what}`),
		rivals: (kicks) => warn(`${kicks} ${RIVAL_WORDS}`),
		online: () => info("connected; measures flow"),
		offline(code, detail, retryMs) {
			if (code === "requested") return undefined;
			const why = explain(code, detail);
			if (retryMs < 0) return warn(why);
			if (retryMs === Number.POSITIVE_INFINITY) return warn(`${why} Trying again once there is a network.`);
			return warn(`${why} Trying again in ${(retryMs / 1000).toFixed(1)} s.`);
		},
		restarting: () => info("the node restarts itself"),
		network: (state) => info(NETWORK[state] ?? `network state ${state}`),
		safe: (failedBoots) =>
			warn(
				`safe mode: ${failedBoots} boots in a row did not last a minute; nothing is measured, nothing moves`,
			),
		quarantined: (records, measures) =>
			warn(
				`the server closes the connection on ${counted(records, measures ? "measure" : "message")}: given up`,
			),
	};
}

/** Names of the observer's methods, by their numbers. */
export const EVENTS = Object.freeze(Object.keys(events(closed))) as readonly Event[];

type AnyMethod = (...args: readonly unknown[]) => unknown;
type AnyTable = Readonly<Partial<Record<Event, AnyMethod>>>;

/** An observer that says what a person reads; without `explain`, in the words of the log. */
export function narrator(say: (sentence: Sentence) => void, explain = closed): Observer {
	const observer: Partial<Record<Event, AnyMethod>> = {};
	for (const [event, tell] of Object.entries(events(explain) as AnyTable)) {
		if (!tell) continue;
		observer[event as Event] = (...args) => {
			const sentence = tell(...args) as Sentence | undefined;
			if (sentence) say(sentence);
		};
	}
	return observer as Observer;
}

/** An observer that tells each of these, in their order. */
export function together(...observers: readonly Observer[]): Observer {
	const all: Partial<Record<Event, AnyMethod>> = {};
	for (const event of EVENTS) {
		const those = (observers as readonly AnyTable[]).filter((one) => one[event]);
		if (those.length === 0) continue;
		all[event] = (...args) => {
			for (const one of those) one[event]?.(...args);
		};
	}
	return all as Observer;
}

/** Calls an observer's method by its number. */
export function tell(observer: Observer, event: number, args: readonly unknown[]): void {
	const name = EVENTS[event];
	if (name !== undefined) (observer as AnyTable)[name]?.(...args);
}
