// The boards as their manifests describe them, with what a manifest includes of another board's.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Machine } from "../../modules/app/room.js";

/** Folders of drivers/boards. */
export const BOARDS = ["esp32", "esp32s3", "esp32c3", "esp32c3-min"] as const;
export type BoardName = (typeof BOARDS)[number];

export interface Creation {
	/** Bytes of the one block that slots, chunks and stack share; 0: each has its own, fixed. */
	readonly static: number;
	/** Bytes. */
	readonly chunk: { readonly initial: number; readonly incremental: number };
	/** Slots. */
	readonly heap: { readonly initial: number; readonly incremental: number };
	/** Slots. */
	readonly stack: number;
	/** New property names; the SDK's defaults unless the manifest says otherwise. */
	readonly keys?: { readonly initial: number; readonly incremental: number };
}

export interface BoardManifest {
	readonly include?: readonly string[];
	readonly build: Readonly<Record<string, string>>;
	readonly modules: Readonly<Record<string, string>>;
	readonly creation: Creation;
	readonly config: { readonly mote: Record<string, Record<string, unknown>>; readonly machine: Machine };
}

/** What mcconfig makes of a board's manifest: later ones add to earlier ones, key by key. */
export function boardManifest(board: string): BoardManifest {
	return merged(fileURLToPath(new URL(`../../drivers/boards/${board}/manifest.json`, import.meta.url)));
}

function merged(path: string): BoardManifest {
	const own = JSON.parse(readFileSync(path, "utf8")) as BoardManifest;
	const build = { ...own.build };
	// Relative paths are those of the manifest that names them.
	for (const [key, value] of Object.entries(build))
		if (value.startsWith("./")) build[key] = fileURLToPath(new URL(value, `file://${path}`));
	let base = {};
	for (const other of own.include ?? [])
		base = overlay(base, merged(fileURLToPath(new URL(other, `file://${path}`))));
	return overlay(base, { ...own, build }) as unknown as BoardManifest;
}

type Values = Record<string, unknown>;

function overlay(base: Values, over: object): Values {
	const result = { ...base };
	for (const [key, value] of Object.entries(over)) {
		const below = result[key];
		result[key] = isGroup(below) && isGroup(value) ? overlay(below, value) : value;
	}
	return result;
}

function isGroup(value: unknown): value is Values {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The board whose pins this one has: itself, or the one that it includes. */
export function boardWithPins(board: string): string {
	for (const target of Object.keys(boardManifest(board).modules)) {
		const name = /^drivers\/boards\/(.+)\/pins$/.exec(target)?.[1];
		if (name !== undefined) return name;
	}
	throw new Error(`${board}: its manifest names no pins`);
}
