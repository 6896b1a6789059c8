// The project's source files and what they import, for the structure tests.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Source {
	/** Path from the project's root, with slashes. */
	readonly path: string;
	readonly text: string;
	readonly imports: readonly string[];
}

const SKIPPED = new Set(["node_modules", ".git", "dev", "coverage"]);
const IMPORT =
	/^\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

/** All TypeScript files below a folder (or the one file), declarations left out. */
export function sources(...folders: readonly string[]): Source[] {
	return folders.flatMap((folder) =>
		folder.endsWith(".ts") ? [source(join(ROOT, folder))] : walk(join(ROOT, folder)),
	);
}

function walk(folder: string): Source[] {
	const found: Source[] = [];
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) {
			if (!SKIPPED.has(entry.name)) found.push(...walk(path));
		} else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) found.push(source(path));
	}
	return found;
}

function source(path: string): Source {
	const text = readFileSync(path, "utf8");
	const imports = [...text.matchAll(IMPORT)].map((match) => (match[1] ?? match[2] ?? match[3]) as string);
	return { path: relative(ROOT, path).split(sep).join("/"), text, imports };
}
