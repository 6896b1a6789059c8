// The shell blocks of the documents, run as they stand in an empty folder's copy of nothing but what git has.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { copyOf, ROOT } from "../../support/copy.js";
import { type Block, documents, shellBlocks } from "../../support/documents.js";
import { eventually } from "../../support/waiting.js";
import { freePort } from "../peers/mosquitto.js";

/** What shows that a command that does not end by itself does what it is for. */
const LIVES = /delivered, \d+ in the ring|For example, with Mosquitto's clients/;
/** They end by themselves. */
const ENDS = /--help|--measures/;

interface Running {
	readonly child: ChildProcess;
	output: string;
	code: number | null | undefined;
}

describe("the documents' commands", () => {
	let folder: string;

	before(() => {
		const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0");
		folder = copyOf(
			files.filter((one) => one !== ""),
			"mote-documents-",
		);
	});
	after(() => rmSync(folder, { recursive: true, force: true }));

	function start(command: string, env: NodeJS.ProcessEnv = {}): Running {
		const child = spawn("bash", ["-c", command], {
			cwd: folder,
			env: { ...process.env, NO_COLOR: "1", ...env },
			stdio: ["ignore", "pipe", "pipe"],
			detached: true,
		});
		const running: Running = { child, output: "", code: undefined };
		const take = (part: Buffer) => {
			running.output += part;
		};
		child.stdout?.on("data", take);
		child.stderr?.on("data", take);
		child.on("close", (code) => {
			running.code = code;
		});
		return running;
	}

	/** To its group, as Ctrl-C does. */
	async function stop(running: Running): Promise<void> {
		process.kill(-(running.child.pid as number), "SIGINT");
		await eventually(
			() => running.code !== undefined,
			() => running.output,
		);
	}

	async function run(command: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
		const running = start(command, env);
		if (/^npm start/.test(command) && !ENDS.test(command)) {
			await eventually(
				() => LIVES.test(running.output) || running.code !== undefined,
				() => running.output,
			);
			assert.match(running.output, LIVES, command);
			await stop(running);
			// npm ends by the signal that ended what it ran, which has printed its summary.
			if (!/--broker-only/.test(command)) assert.match(running.output, / 0 lost, /, command);
			assert.doesNotMatch(running.output, /The program failed/);
			return;
		}

		await eventually(
			() => running.code !== undefined,
			() => running.output,
		);
		assert.equal(running.code, 0, `${command}\n${running.output}`);
	}

	/** Beside a node with its stand-in. */
	async function operated(block: Block): Promise<void> {
		const node = start(`npm start -- --cloud ${block.about} --panel off`);
		const operator = await eventually(
			() => (/ delivered, /.test(node.output) ? /operator (\S+)/.exec(node.output)?.[1] : undefined),
			() => node.output,
		);
		try {
			await run(block.commands.join("\n").replace(/^/, "set -e\n"), { OPERATOR: operator });
		} finally {
			await stop(node);
		}
	}

	for (const block of documents().flatMap(shellBlocks)) {
		const { document, line, way, about, commands } = block;
		if (way === "test" || way === "cannot run here") continue;
		it(`${document}:${line} ${commands[0]}`, async function () {
			if (way === "operator") {
				if (spawnSync("curl", ["--version"]).error) {
					console.log("      curl is not installed: skipped");
					return this.skip();
				}
				return operated(block);
			}
			for (const command of commands) {
				// What is installed is there already.
				if (/^npm ci$|^npm test$/.test(command)) continue;
				if (/--broker-only$/.test(command)) {
					await run(`${command} --port ${await freePort()}`); // its own port may be somebody's
					continue;
				}
				await run(
					way === "short" && /--seeds \d/.test(command) ? command.replace(/--seeds \d+/, about) : command,
				);
			}
		});
	}
});
