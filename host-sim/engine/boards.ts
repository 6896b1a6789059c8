// The boards as their manifests describe them, with what a manifest includes of another board's.

import type { Machine } from "../../modules/app/room.js";
import { type Manifest, readManifest } from "./manifest.js";

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

export interface BoardManifest extends Manifest {
	readonly creation: Creation;
	readonly config: { readonly mote: Record<string, Record<string, unknown>>; readonly machine: Machine };
}

/** A board's manifest, with what it includes of another board's. */
export function boardManifest(board: string): BoardManifest {
	return readManifest(`drivers/boards/${board}/manifest.json`) as BoardManifest;
}

/** The board whose pins this one has: itself, or the one that it includes. */
export function boardWithPins(board: string): string {
	for (const target of Object.keys(boardManifest(board).modules)) {
		const name = /^drivers\/boards\/(.+)\/pins$/.exec(target)?.[1];
		if (name !== undefined) return name;
	}
	throw new Error(`${board}: its manifest names no pins`);
}
