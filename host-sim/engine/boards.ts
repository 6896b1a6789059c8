// The boards as their manifests describe them, with what a manifest includes of another board's.

import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Machine } from "../../modules/app/room.js";
import { type Manifest, readManifest } from "./manifest.js";

const FOLDER = fileURLToPath(new URL("../../drivers/boards", import.meta.url));

/** Folders of drivers/boards: a board of your own is there once it has a manifest. */
export const BOARDS: readonly string[] = readdirSync(FOLDER)
	.filter((name) => existsSync(`${FOLDER}/${name}/manifest.json`))
	.sort();
export type BoardName = string;

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

export interface BoardManifest extends Manifest {
	readonly creation: Creation;
	readonly config: { readonly mote: Record<string, Record<string, unknown>>; readonly machine: Machine };
}

/** A board's manifest, with what it includes of another board's. */
export function boardManifest(board: string): BoardManifest {
	return readManifest(`drivers/boards/${board}/manifest.json`) as BoardManifest;
}

/** What a board is made of: the targets of its manifests, and its provider's file without an ending. */
export interface BoardModules {
	/** Target → path from the project's root, with "./" in front. */
	readonly modules: Readonly<Record<string, string>>;
	readonly pins: string;
	readonly channels: string;
	readonly provider: string;
}

export function boardModules(board: string): BoardModules {
	const all = Object.entries(boardManifest(board).modules).filter(
		(entry): entry is [string, string] => typeof entry[1] === "string",
	);
	const modules = Object.fromEntries(all.filter(([target]) => target.startsWith("drivers/boards/")));
	/** Its own, else that of the board that it includes. */
	const find = (name: string) => {
		const own = `drivers/boards/${board}/${name}`;
		const target = own in modules ? own : Object.keys(modules).find((one) => one.endsWith(`/${name}`));
		if (target === undefined) throw new Error(`${board}: its manifest names no ${name}`);
		return target;
	};
	const pins = find("pins");
	const own = `drivers/boards/${board}/host/provider`;
	const provider = existsSync(`${FOLDER}/../../${own}.ts`) ? own : pins.replace(/pins$/, "host/provider");
	return { modules, pins, channels: find("channels"), provider };
}
