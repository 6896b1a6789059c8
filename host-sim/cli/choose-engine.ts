// Chooses where the firmware runs. XS is the board's own engine and the default; Node is what is left without
// a C compiler.

import main from "../../main.js";
import { type BoardState, openState, StateError } from "../engine/board-state.js";
import type { Engine, EngineEvents } from "../engine/engine.js";
import { hardwareOf } from "../engine/hardware.js";
import type { Line } from "../engine/line.js";
import type { TimeSource } from "../engine/time-source.js";
import { Machine } from "../nodejs/machine.js";
import { BuildError, buildEngine, type EngineProgram } from "../xs/build.js";
import { boardCreation, machineOf, withMore, withoutReserve } from "../xs/creation.js";
import { XsMachine } from "../xs/machine.js";
import { makeProgram } from "../xs/program.js";
import type { Setup } from "./firmware-setup.js";
import { OptionError } from "./option-error.js";
import type { ResolvedOptions } from "./options.js";

/** `progress` hears what takes time; `warn` what the user should know. */
export async function makeEngine(
	options: ResolvedOptions,
	setup: Setup,
	events: EngineEvents,
	progress: (text: string) => void,
	warn: (text: string) => void,
	{ line, time }: { readonly line?: Line; readonly time?: TimeSource } = {},
): Promise<Engine> {
	const { board } = options;
	const { pins, channels } = hardwareOf(board);
	const { resources } = setup;
	const state = options.state === undefined ? undefined : stateOf(options.state);
	const engine = await findEngine(options, progress, warn);
	if (engine === undefined)
		return new Machine({ ...events, pins, channels, config: setup.config, resources, state, line, main });
	const tls = options.broker?.tls ?? true;
	const creation = boardCreation(board);
	const own = tls ? withoutReserve(creation) : creation;
	return new XsMachine({
		...events,
		engine,
		creation: withMore(own, bytesOf(resources)),
		program: await makeProgram(board, {
			...setup.config,
			machine: machineOf(creation),
			observe: events.observer !== undefined,
		}),
		pins,
		channels,
		resources,
		state,
		line,
		time,
	});
}

function stateOf(folder: string): BoardState {
	try {
		return openState(folder);
	} catch (error) {
		if (error instanceof StateError) throw new OptionError(`--state: ${error.message}`);
		throw error;
	}
}

function bytesOf(resources: ReadonlyMap<string, Uint8Array>): number {
	let bytes = 0;
	for (const { length } of resources.values()) bytes += length;
	return bytes;
}

async function findEngine(
	options: ResolvedOptions,
	progress: (text: string) => void,
	warn: (text: string) => void,
): Promise<EngineProgram | undefined> {
	if (options.engine === "node") return undefined;
	try {
		return await buildEngine(progress);
	} catch (error) {
		if (options.engine === "xs" || !(error instanceof BuildError)) throw error;
		warn(`${error.message.split("\n")[0]} The firmware runs on Node instead (--engine node).`);
		return undefined;
	}
}
