// Programs that are not ours, run as a person at a command line runs them.

import { spawn, spawnSync } from "node:child_process";

/** Skips a suite where one of the programs is missing, with a word about it. */
export function needs(context: Mocha.Context, ...programs: readonly string[]): void {
	for (const program of programs)
		if (spawnSync(program, ["--version"]).error) {
			console.log(`    ${program} is not installed (apt-get install ${program}): these tests are skipped`);
			context.skip();
		}
}

/** Runs a program to its end and returns what it writes to standard output; fails where it fails. */
export function run(
	program: string,
	args: readonly string[],
	{ input = "", cwd, env = {} }: { input?: string; cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
		let out = "";
		let err = "";
		child.stdout.on("data", (data: Buffer) => {
			out += data;
		});
		child.stderr.on("data", (data: Buffer) => {
			err += data;
		});
		child.on("error", reject);
		child.on("close", (code) => {
			if (code === 0) resolve(out);
			else reject(new Error(`${program} ${args[0]} has ended with ${code}: ${err}`));
		});
		child.stdin.on("error", () => {});
		child.stdin.end(input);
	});
}

/** A request by curl: the status, and the body as it came. */
export async function curl(
	url: string,
	{ login, body }: { login?: string; body?: string } = {},
): Promise<{ status: number; text: string }> {
	const post = body === undefined ? [] : ["-H", "Content-Type: application/json", "--data-binary", "@-"];
	const user = login === undefined ? [] : ["-u", login];
	const args = ["-sS", "--max-time", "60", "-w", "\n%{http_code}", ...user, ...post, url];
	const out = await run("curl", args, { input: body ?? "" });
	const end = out.lastIndexOf("\n");
	return { status: Number(out.slice(end + 1)), text: out.slice(0, end) };
}
