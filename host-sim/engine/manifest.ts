// Moddable's manifests as host-sim needs them: one with all that it includes of ours. What it includes of the
// SDK's is left out, for there is no SDK here.

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Manifest {
	/** Paths are absolute. */
	readonly build: Readonly<Record<string, string>>;
	/** Target → path from the project's root, with "./" in front. */
	readonly modules: Readonly<Record<string, string | readonly string[]>>;
	readonly preload: readonly string[];
	readonly config: Readonly<Record<string, unknown>>;
	readonly [part: string]: unknown;
}

type Values = Record<string, unknown>;

/**
 * `path` is from the project's root. As mcconfig does it: later ones add to earlier ones, key by key; lists
 * are joined.
 */
export function readManifest(path: string): Manifest {
	return { build: {}, modules: {}, preload: [], config: {}, ...merged(join(ROOT, path), new Set()) };
}

/** Each manifest counts once. */
function merged(path: string, seen: Set<string>): Values {
	if (seen.has(path)) return {};
	seen.add(path);
	const own = JSON.parse(readFileSync(path, "utf8")) as Values;
	const folder = dirname(path);
	const { include = [] } = own;
	let base: Values = {};
	for (const other of Array.isArray(include) ? include : [include])
		if (!other.startsWith("$")) base = overlay(base, merged(join(folder, other), seen));
	const build = mapped(own.build, (one) => join(folder, one));
	const modules = mapped(own.modules, (one) => `./${relative(ROOT, join(folder, one))}`);
	return overlay(base, { ...own, ...(build && { build }), ...(modules && { modules }) });
}

/** With each relative path changed. */
function mapped(values: unknown, change: (path: string) => string): Values | undefined {
	if (!isGroup(values)) return undefined;
	const one = (path: unknown) => (typeof path === "string" && /^\.\.?\//.test(path) ? change(path) : path);
	return Object.fromEntries(
		Object.entries(values).map(([key, value]) => [key, Array.isArray(value) ? value.map(one) : one(value)]),
	);
}

/** `over` laid over `base`, however deep: key by key, and lists joined. */
export function overlay(base: Values, over: object): Values {
	const result = { ...base };
	for (const [key, value] of Object.entries(over)) {
		const below = result[key];
		if (isGroup(below) && isGroup(value)) result[key] = overlay(below, value);
		else if (Array.isArray(below) && Array.isArray(value)) result[key] = [...below, ...value];
		else result[key] = value;
	}
	return result;
}

function isGroup(value: unknown): value is Values {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
