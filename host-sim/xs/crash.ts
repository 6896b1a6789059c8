// The end of a machine on XS in words that a firmware developer understands.

import { sourcePlace } from "./program.js";

/** What each exit code of mote-xs means, and what helps. */
const REASONS: Readonly<Record<number, string>> = {
	101: "The machine's memory is full. A smaller ring (outbox.measures) leaves more of it; a board with more has --board.",
	102: "The machine's stack is full: calls are nested too deeply for this board.",
	103: "The engine found its memory inconsistent.",
	104: "A function was called that the linker has stripped.",
	105: "An exception was thrown that nothing caught. On a board the machine would restart.",
	106: "There is no room for more property names; each new one is kept for good.",
	108: "A promise was rejected and nothing handled it.",
	110: "The image could not be linked.",
	139: "What was made while the image was linked is read-only, as in a board's flash.",
};

export class MachineCrash extends Error {
	override name = "MachineCrash";
	/** Exit code of mote-xs. */
	readonly code: number;
	/** Calls that were under way, the innermost first. */
	readonly calls: readonly string[];

	constructor(code: number, message: string, calls: readonly string[]) {
		super(message);
		this.code = code;
		this.calls = calls;
	}
}

/** From the crash frame: code, what, detail and calls, each text ending with 0. */
export async function readCrash(payload: Buffer): Promise<MachineCrash> {
	const code = payload.readInt32LE();
	const [what = "", detail = "", calls = ""] = payload.subarray(4).toString().split("\0");
	const places: string[] = [];
	for (const line of calls.split("\n")) {
		const match = /^(.*) \((.*):(\d+)\)$/.exec(line);
		if (match) places.push(`${match[1]} (${await sourcePlace(match[2] ?? "", Number(match[3]))})`);
	}
	return describe(code, what, detail, places);
}

/** For a process that ended without a word. */
export function silentEnd(code: number | null, signal: string | null): MachineCrash {
	return describe(code ?? 128, signal ? `ended by ${signal}` : `ended with code ${code}`, "", []);
}

/** What a new file of a board or of the firmware wants. */
const UNNAMED = "Name the file in the manifest.json of its folder.";

function describe(code: number, what: string, detail: string, calls: readonly string[]): MachineCrash {
	const unnamed = /module "[^"]*" not found/.test(detail) ? ` ${UNNAMED}` : "";
	const reason = `${REASONS[code] ?? "The engine ended unexpectedly."}${unnamed}`;
	const at = calls.length > 0 ? `\n${calls.map((call) => `    at ${call}`).join("\n")}` : "";
	return new MachineCrash(code, `XS: ${what}${detail === "" ? "" : `: ${detail}`}. ${reason}${at}`, calls);
}
