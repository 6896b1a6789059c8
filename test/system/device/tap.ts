// The Test Anything Protocol (version 13) in the trace, for checks that end one after the other. Each begins
// on an empty stack, so that none takes more of it than what it checks.

import Timer from "timer";

/** A reason not to check. */
export class Skip {
	readonly why: string;
	constructor(why: string) {
		this.why = why;
	}
}

/** To be called once: with nothing, with what is wrong, or with a Skip. */
export type Done = (wrong?: string | Skip) => void;
/** Writes a remark. */
export type Note = (text: string) => void;

export interface Check {
	readonly name: string;
	/** May throw instead of calling `done`. */
	run(done: Done, note: Note): void;
}

/** Runs the checks in their order, and then `ended` with the number of those that failed. */
export function runChecks(checks: readonly Check[], ended: (failed: number) => void): void {
	let failed = 0;
	trace("TAP version 13\n");
	trace(`1..${checks.length}\n`);
	const next = (i: number): void => {
		const check = checks[i];
		if (!check) {
			trace(`# ${checks.length - failed} passed, ${failed} failed\n`);
			ended(failed);
			return;
		}
		let over = false;
		const done = (wrong?: string | Skip): void => {
			if (over) return;
			over = true;
			if (wrong instanceof Skip) trace(`ok ${i + 1} - ${check.name} # SKIP ${wrong.why}\n`);
			else if (wrong === undefined) trace(`ok ${i + 1} - ${check.name}\n`);
			else {
				failed++;
				trace(`not ok ${i + 1} - ${check.name}\n# ${wrong}\n`);
			}
			Timer.set(() => next(i + 1), 0);
		};
		try {
			check.run(done, (text) => trace(`# ${text}\n`));
		} catch (error) {
			done(error instanceof Skip ? error : String(error));
		}
	};
	next(0);
}
