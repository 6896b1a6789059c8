// One simulated board on the Node engine: its circuit, storage, resources and configuration, and everything
// that the firmware holds open, so that a reset really takes it all away. The Moddable names in
// host-sim/nodejs/moddable find the machine they are called on by AsyncLocalStorage; several machines can run
// side by side.

import { AsyncLocalStorage } from "node:async_hooks";
import type { MoteNode } from "../../modules/app/node.js";
import type { Channel } from "../../modules/core/channels.js";
import { Circuit, type CircuitPins } from "../circuit/circuit.js";
import { type CircuitIO, makeIO } from "../circuit/io.js";
import type { NorFlash } from "../circuit/nor-flash.js";
import { type BoardState, newState } from "../engine/board-state.js";
import type { Engine, EngineEvents } from "../engine/engine.js";
import type { Line } from "../engine/line.js";
import { partsOf } from "../engine/parts.js";
import { putStatus } from "../engine/put-status.js";
import { type NodeStatus, readStatus } from "../engine/status.js";

export interface MachineOptions extends Omit<EngineEvents, "onBoot"> {
	readonly pins: CircuitPins;
	/** The board's table: the circuit has the parts that it names. */
	readonly channels?: readonly Channel[];
	/** The manifest's `config`, as the firmware sees it. */
	readonly config: Readonly<Record<string, unknown>>;
	/** The manifest's `data`: name → bytes. */
	readonly resources: ReadonlyMap<string, Uint8Array>;
	/** What the board keeps without power; nothing at first where there is none. */
	readonly state?: BoardState | undefined;
	/** Through which the sockets go, if somebody wants to cut or watch them. */
	readonly line?: Line | undefined;
	/** The firmware's main; called at every boot. */
	readonly main: () => MoteNode;
	onBoot?(node: MoteNode): void;
}

/** Something that a reset ends without asking. */
export interface Resource {
	destroy(): void;
}

const running = new AsyncLocalStorage<Machine>();

export class Machine implements Engine {
	readonly circuit: Circuit;
	readonly io: CircuitIO;
	readonly preferences: Map<string, unknown>;
	readonly flash: NorFlash;
	readonly options: MachineOptions;
	node: MoteNode | undefined;
	readonly #held = new Set<Resource>();
	#rebooting: NodeJS.Timeout | undefined;

	constructor(options: MachineOptions) {
		this.options = options;
		const { flash, preferences } = options.state ?? newState();
		this.flash = flash;
		this.preferences = preferences;
		const world = {
			now: () => performance.now(),
			every: (ms: number, tick: () => void) => {
				const timer = setInterval(() => this.enter(tick), ms);
				return () => clearInterval(timer);
			},
			random: Math.random,
		};
		this.circuit = new Circuit(options.pins, world, undefined, partsOf(options.channels ?? []));
		this.io = makeIO(this.circuit);
	}

	/** The machine whose firmware is running. */
	static current(): Machine {
		const machine = running.getStore();
		if (machine === undefined) throw new Error("a Moddable name was used outside a simulated machine");
		return machine;
	}

	/** Runs a callback of the machine; what it throws is a crash of the firmware. */
	enter(callback: () => void): void {
		running.run(this, () => {
			try {
				callback();
			} catch (error) {
				if (this.options.onCrash) this.options.onCrash(error);
				else throw error;
			}
		});
	}

	boot(): void {
		this.enter(() => {
			this.node = this.options.main();
			this.node.observer = this.options.observer;
			this.options.onBoot?.(this.node);
		});
	}

	/** Takes everything from the firmware at once, as a power cut or a reset does; storage stays. */
	reset(): void {
		clearTimeout(this.#rebooting);
		this.node = undefined;
		for (const resource of [...this.#held]) resource.destroy();
		this.#held.clear();
		this.io.reset();
	}

	restart(): void {
		this.reset();
		this.#rebooting = setTimeout(() => this.boot(), 50);
	}

	stopSampling(): void {
		this.node?.stopSampling();
	}

	async status(): Promise<NodeStatus | undefined> {
		if (!this.node) return undefined;
		const values: unknown[] = [];
		putStatus(this.node, values, 0);
		return readStatus(values);
	}

	stop(): Promise<void> {
		const { node } = this;
		if (!node) return Promise.resolve();
		return new Promise((resolve) => this.enter(() => node.stop(resolve)));
	}

	/** Node's memory says nothing about a board's. */
	async memory(): Promise<undefined> {
		return undefined;
	}

	hold(resource: Resource): void {
		this.#held.add(resource);
	}
	release(resource: Resource): void {
		this.#held.delete(resource);
	}

	/** Ends the machine for good. */
	close(): void {
		this.reset();
		this.circuit.close();
	}
}
