// Runs `npm start` as a user does, and reads what it prints.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Summary } from "../../../host-sim/cli/tally.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Outcome {
	readonly code: number | null;
	readonly out: string;
	readonly err: string;
}

/** Starts host-sim's command line; `stop` ends it by its own process id. */
export function startCli(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
	return startProgram("host-sim/cli/start.ts", args, env);
}

/**
 * Starts one of the project's programs, with `input` as its standard input; `root` is the project's folder,
 * or a copy.
 */
export function startProgram(
	script: string,
	args: readonly string[],
	env: NodeJS.ProcessEnv = {},
	input?: string | Buffer,
	root = ROOT,
) {
	const child = spawn(process.execPath, ["--import", "./host-sim/register.mjs", script, ...args], {
		cwd: root,
		env: { ...process.env, ...env },
		stdio: ["pipe", "pipe", "pipe"],
	});
	child.stdin.end(input);
	let out = "";
	let err = "";
	const waiting = new Set<() => void>();
	child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
		out += chunk;
		for (const look of [...waiting]) look();
	});
	child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
		err += chunk;
	});
	const ended = new Promise<Outcome>((resolve) => {
		child.on("close", (code) => {
			resolve({ code, out, err });
			for (const look of [...waiting]) look();
		});
	});
	return {
		ended,
		stop: () => child.kill("SIGINT"),
		/** Ends it at once, as a power cut does. */
		cut: () => child.kill("SIGKILL"),
		/** Reads no more of standard output. */
		closeOutput: () => child.stdout.destroy(),
		/** Resolves once standard output matches; rejects if the program ends before. */
		async until(pattern: RegExp): Promise<RegExpExecArray> {
			for (;;) {
				const match = pattern.exec(out);
				if (match) return match;
				if (child.exitCode !== null) throw new Error(`ended before ${pattern}: ${out}\n${err}`);
				await new Promise<void>((resolve) => {
					const look = () => {
						waiting.delete(look);
						resolve();
					};
					waiting.add(look);
				});
			}
		},
	};
}

export function runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
	return startCli(args, env).ended;
}

/** The summary: the last line on standard output. */
export function summaryOf(outcome: Outcome): Summary {
	const lines = outcome.out.trimEnd().split("\n");
	return JSON.parse(lines.at(-1) ?? "") as Summary;
}

/** All lines of `--log json` with this event. */
export function eventsOf(outcome: Outcome, event: string): Array<Record<string, unknown>> {
	return outcome.out
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line) as Record<string, unknown>)
		.filter((line) => line.event === event);
}
