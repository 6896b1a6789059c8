// How the machine is doing, for people: why it started, how long it has been up, what memory is left. On a
// chip the facts come from modules/platform/esp32; elsewhere there are none.

/** Numbers of the facts. Memory in bytes; of XS only where the SDK's instrumentation is built in. */
export const Fact = Object.freeze({
	/** A number of ESP-IDF's esp_reset_reason_t. */
	ResetReason: 0,
	/** The system's heap: free now, the lowest since the start, the largest block. */
	FreeHeap: 1,
	LowestHeap: 2,
	LargestBlock: 3,
	/** XS: slots and chunks that are taken, and the most that the stack ever had. */
	Slots: 4,
	Chunks: 5,
	Stack: 6,
} as const);

/** Tells a fact by its number; -1: not known here. */
export type ChipFacts = (fact: number) => number;

const SOFTWARE = 3;
/** By esp_reset_reason_t (ESP-IDF v6.0, esp_system.h). */
const REASONS: Readonly<Record<number, string>> = Object.freeze({
	1: "power-on",
	2: "the reset pin",
	4: "a panic",
	5: "the interrupt watchdog",
	6: "the task watchdog",
	7: "a watchdog",
	8: "waking from deep sleep",
	9: "a brown-out: the supply was too weak",
	10: "SDIO",
	11: "USB",
	12: "JTAG",
	13: "an efuse error",
	14: "a glitch of the supply",
	15: "a lock-up of the CPU",
});
/** What nobody asked for. */
const BAD = Object.freeze([4, 5, 6, 7, 9, 13, 14, 15] as const);

/** Why the machine started; "" if that is not known. `ordered`: the boot before it ended in order. */
export function startWords(facts: ChipFacts, ordered: boolean): string {
	const reason = facts(Fact.ResetReason);
	if (reason < 0) return "";
	if (reason === SOFTWARE)
		return ordered ? "by request" : "by the engine: memory or stack ran out, or an error was not handled";
	return REASONS[reason] ?? `reason ${reason}`;
}

/** Whether the boot before this one failed. */
export function startedBadly(facts: ChipFacts, ordered: boolean): boolean {
	const reason = facts(Fact.ResetReason);
	return reason === SOFTWARE ? !ordered : (BAD as readonly number[]).includes(reason);
}

/** All that is known, in a line; "" if that is nothing. */
export function vitals(facts: ChipFacts, ordered: boolean, uptimeMs: number): string {
	const start = startWords(facts, ordered);
	if (start === "") return "";
	return (
		`started ${start}, up ${Math.floor(uptimeMs / 1000)} s` +
		bytes(", heap free", facts(Fact.FreeHeap)) +
		bytes(", at least", facts(Fact.LowestHeap)) +
		bytes(", in one block", facts(Fact.LargestBlock)) +
		bytes(", XS slots", facts(Fact.Slots)) +
		bytes(", chunks", facts(Fact.Chunks)) +
		bytes(", stack at most", facts(Fact.Stack))
	);
}

/** Both, where both are there. */
export function joined(machine: string, counters: string): string {
	return machine === "" || counters === "" ? machine + counters : `${machine}; ${counters}`;
}

function bytes(what: string, value: number): string {
	return value < 0 ? "" : `${what} ${value}`;
}
