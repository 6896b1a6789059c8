// Runs the simulation on a copy of the firmware that has one of the faults.

import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyOf } from "../support/copy.js";
import type { Fault } from "./faults.js";

const PARTS = [
	"package.json",
	"tsconfig.json",
	"modules",
	"drivers",
	"host-sim",
	"test/simulation",
	"test/support/seeded.ts",
];

/** What the simulation prints and its exit code. The fault's text has to occur exactly once. */
export async function runWithFault(
	fault: Fault,
	seeds: number,
	first = 1,
): Promise<{ code: number | null; output: string }> {
	const folder = copyOf(PARTS, "mote-fault-");
	try {
		const path = join(folder, fault.file);
		const parts = readFileSync(path, "utf8").split(fault.was);
		if (parts.length !== 2)
			throw new Error(`${fault.what}: its text occurs ${parts.length - 1} times in ${fault.file}`);
		writeFileSync(path, parts.join(fault.is));
		return await run(folder, seeds, first);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

function run(folder: string, seeds: number, first: number): Promise<{ code: number | null; output: string }> {
	const child = spawn(
		process.execPath,
		[
			"--import",
			"./host-sim/register.mjs",
			"test/simulation/cli.ts",
			"--seeds",
			`${seeds}`,
			"--seed",
			`${first}`,
		],
		{ cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
	);
	let output = "";
	child.stdout.on("data", (part) => {
		output += part;
	});
	child.stderr.on("data", (part) => {
		output += part;
	});
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => resolve({ code, output }));
	});
}
