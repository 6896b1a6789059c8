// Pins and channels of the boards, as their folders have them.

import { fileURLToPath } from "node:url";
import type { Channel } from "../../modules/core/channels.js";
import type { CircuitPins } from "../circuit/circuit.js";
import { BOARDS, boardModules } from "./boards.js";

export interface BoardHardware {
	readonly pins: CircuitPins;
	readonly channels: readonly Channel[];
}

/** A table that a board's folder has wrong must not hinder the others. */
const LOADED = new Map<string, BoardHardware | Error>();
for (const board of BOARDS) LOADED.set(board, await load(board).catch((error: Error) => error));

async function load(board: string): Promise<BoardHardware> {
	const { modules, pins, channels } = boardModules(board);
	const read = (target: string) =>
		import(fileURLToPath(new URL(`../../${modules[target]}.ts`, import.meta.url)));
	const { PINS } = (await read(pins)) as { PINS: CircuitPins };
	const { CHANNELS } = (await read(channels)) as { CHANNELS: readonly Channel[] };
	if (!Array.isArray(CHANNELS)) throw new Error(`${channels}.ts exports no CHANNELS`);
	return { pins: PINS, channels: CHANNELS };
}

/** Throws what is wrong with the board's folder. */
export function hardwareOf(board: string): BoardHardware {
	const found = LOADED.get(board) ?? new Error(`there is no board ${board}`);
	if (found instanceof Error) throw found;
	return found;
}
