// npm run sim:fuzz -- --seeds N [--seed FIRST]: runs of the whole node in a world that fails, checked by
// books outside of it.

import { parseArgs } from "node:util";
import { type Outcome, simulate } from "./simulation.js";

const USAGE = `npm run sim:fuzz -- [--seeds N] [--seed FIRST] [--trace]

  --seeds N     runs, 1 to 10000000; 1000 unless given
  --seed FIRST  seed of the first one, 0 to 4294967295; 1 unless given
  --trace       print what happens, also without a violation (for one seed)

Ends with the first violation: prints its seed and what led to it, and exits with 1.`;

function whole(name: string, text: string | undefined, low: number, high: number): number {
	const value = Number(text);
	if (!/^\d+$/.test(text ?? "") || value < low || value > high) {
		console.error(`--${name}: ${low} to ${high}\n\n${USAGE}`);
		process.exit(2);
	}
	return value;
}

function main(): number {
	let values: { seeds: string; seed: string; trace: boolean; help: boolean };
	try {
		const { values: given } = parseArgs({
			options: {
				seeds: { type: "string", default: "1000" },
				seed: { type: "string", default: "1" },
				trace: { type: "boolean", default: false },
				help: { type: "boolean", default: false },
			},
		});
		values = given;
	} catch (error) {
		console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
		return 2;
	}
	if (values.help) {
		console.log(USAGE);
		return 0;
	}
	const seeds = whole("seeds", values.seeds, 1, 10_000_000);
	const first = whole("seed", values.seed, 0, 0xffff_ffff);
	const began = Date.now();
	let [taken, connections, boots, simulatedMs] = [0, 0, 0, 0];
	for (let i = 0; i < seeds; i++) {
		const outcome = simulate((first + i) % 0x1_0000_0000, values.trace);
		taken += outcome.taken;
		connections += outcome.connections;
		boots += outcome.boots;
		simulatedMs += outcome.simulatedMs;
		if (outcome.violation !== "") {
			tell(outcome);
			return 1;
		}
		if (values.trace) console.log(outcome.trace.join("\n"));
		if ((i + 1) % 1000 === 0 && process.stderr.isTTY) process.stderr.write(`\r${i + 1} of ${seeds}`);
	}
	const seconds = (Date.now() - began) / 1000;
	console.log(
		`${seeds} seeds from ${first} on, no violation: ${taken} measures, ${connections} connections tried, ${boots} boots, ` +
			`${Math.round(simulatedMs / 3_600_000)} simulated hours in ${seconds.toFixed(0)} s`,
	);
	return 0;
}

/** The run once more, now with its trace: a run repeats exactly. */
function tell({ seed, violation }: Outcome): void {
	const again = simulate(seed, true);
	console.log(again.trace.join("\n"));
	console.log(`\nseed ${seed}: ${violation}`);
	console.log(again.settings);
	if (again.violation.split("\n")[0] !== violation)
		console.log(`but the run with a trace says: ${again.violation}`);
	console.log(`\nnpm run sim:fuzz -- --seed ${seed} --seeds 1`);
}

process.exitCode = main();
