// The documents and their shell blocks. A block says in a comment before it how it is tried:
//
//   nothing                     its commands are run as they are (test/system/e2e/documents.test.ts)
//   <!-- test: FILE, … -->      these tests run it, or the same in short
//   <!-- short: OPTIONS -->     run with these options in the place of --seeds N
//   <!-- operator: CLOUD -->    run with OPERATOR, beside a node with the stand-in of this cloud
//   <!-- cannot run here: … --> why it is not tried

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Block {
	readonly document: string;
	readonly line: number;
	/** "", or what the comment says: its first word, and the rest. */
	readonly way: string;
	readonly about: string;
	readonly commands: readonly string[];
}

/** Every document of the repository, from its root. */
export function documents(): string[] {
	const listed = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" });
	return listed.trim().split("\n");
}

export const readDocument = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The blocks marked as `sh`. */
export function shellBlocks(document: string): Block[] {
	const lines = readDocument(document).split("\n");
	const found: Block[] = [];
	for (let at = 0; at < lines.length; at++) {
		if (lines[at] !== "```sh") continue;
		const end = lines.indexOf("```", at);
		const [, way = "", about = ""] = /^<!-- ([\w ]+): (.*) -->$/.exec(lines[at - 1] ?? "") ?? [];
		found.push({ document, line: at + 1, way, about, commands: lines.slice(at + 1, end) });
	}
	return found;
}
