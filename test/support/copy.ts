// A copy of the project, or of parts of it, that runs: with the packages of the original.

import { cpSync, mkdtempSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What the firmware, host-sim and their tests consist of. */
export const WHOLE = [
	"package.json",
	"tsconfig.json",
	"manifest.json",
	"main.ts",
	"modules",
	"drivers",
	"certs",
	"host-sim",
	"test",
];

/** Copies files and folders, named from the project's root, into a new folder, and returns that. */
export function copyOf(parts: readonly string[], prefix: string): string {
	const folder = mkdtempSync(join(tmpdir(), prefix));
	for (const part of parts) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
	symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
	return folder;
}
