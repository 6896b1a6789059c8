// A node on XS with the smallest board's memory, in virtual time, beside a peer.

import { NorFlash, newFlash } from "../../../host-sim/circuit/nor-flash.js";
import type { BoardName, Creation } from "../../../host-sim/engine/boards.js";
import type { MemoryStats } from "../../../host-sim/engine/engine.js";
import { hardwareOf } from "../../../host-sim/engine/hardware.js";
import type { NodeStatus } from "../../../host-sim/engine/status.js";
import { VirtualTime } from "../../../host-sim/engine/time-source.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation, withoutReserve } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { makeProgram, type ProgramModule } from "../../../host-sim/xs/program.js";
import type { Machine } from "../../../modules/app/room.js";
import { TABLES, type TableSize } from "./on-xs/tables.js";
import { Peer, type Published } from "./peer.js";

export const DEVICE = "mote-0001";
/** 2026-01-01; far enough from midnight and back: days change during a proof. */
export const EPOCH = 1767225600000;
/** Time servers by address: looking up a name takes real time, and virtual time would go on meanwhile. */
export const WIFI = { ssid: "home", password: "12345678", sntp: "127.0.0.1", sntp2: "127.0.0.1" };

/** Flash of so many sectors that notes how often the journal began a snapshot. */
export class JournalFlash extends NorFlash {
	snapshots = 0;

	override write(at: number, bytes: Uint8Array, length: number): void {
		// The header of a sector: its type, and that a snapshot begins there (modules/outbox/journal.ts).
		if (bytes[2] === 255 && bytes[16] === 1) this.snapshots++;
		super.write(at, bytes, length);
	}
}

const OWN_TABLE = "drivers/boards/esp32c3/channels";
const ON_XS = "test/evidence/proof/on-xs/tables";

export type Groups = Record<string, Record<string, unknown>>;

export interface BenchOptions {
	readonly engine: EngineProgram;
	/** Whose channels, pins and provider it has; the smallest one's unless said otherwise. */
	readonly board?: BoardName;
	/** A table of so many channels in the place of the smallest board's own. */
	readonly table?: TableSize | undefined;
	readonly mote: Groups;
	/** Bytes that the node's socket takes at a time. */
	readonly window?: number | undefined;
	/** Changes the program before it is run. */
	readonly patch?: (module: ProgramModule) => ProgramModule;
	/** The smallest board, less the reserve for TLS, unless said otherwise. */
	readonly creation?: Creation;
	/** What the manifest says of the machine; undefined: nothing, and settings are not held against it. */
	readonly machine?: Machine;
	/** What the board has in the place of its own. */
	readonly flash?: NorFlash;
	readonly preferences?: Map<string, string>;
	/** The manifest's `data`: name → bytes. */
	readonly resources?: ReadonlyMap<string, Uint8Array>;
	/** Notes how deep the stack gets below each entry. */
	readonly walk?: boolean;
}

/** What a tenant of Cumulocity answers at once: it has the templates already, and hands out credentials. */
export function asTenant(peer: Peer, { topic }: Published): void {
	if (topic.startsWith("s/ut/")) peer.publish("s/dt", `20,${topic.slice(5)},1`, 1);
	else if (topic === "s/ucr")
		peer.publish("s/dcr", `70,t12345,device_${DEVICE},a-password-of-32-characters-here`, 1);
}

export class BenchBoard {
	readonly peer = new Peer();
	readonly time = new VirtualTime(EPOCH);
	readonly machine: XsMachine;
	crash: unknown;
	/** Its log. */
	said = "";

	readonly program: readonly ProgramModule[];

	static async open(options: BenchOptions): Promise<BenchBoard> {
		const { mote, table, patch = (module) => module } = options;
		const retabled = (module: ProgramModule) =>
			table !== undefined && module.name === OWN_TABLE
				? {
						...module,
						source: `import { TABLES } from "${ON_XS}";\nexport const CHANNELS = TABLES[${table}];\n`,
					}
				: module;
		const config = {
			...(options.machine && { machine: options.machine }),
			mote: {
				...mote,
				device: { id: DEVICE, ...mote.device },
				outbox: { measures: 16, ...mote.outbox },
				broker: { host: "127.0.0.1", port: 1883, tls: false, clientCertificate: false, ...mote.broker },
			},
		};
		const program = (await makeProgram(options.board ?? "esp32c3-min", config, [ON_XS]))
			.map(retabled)
			.map(patch);
		const board = new BenchBoard(options, program);
		board.peer.window = options.window;
		board.peer.webSocket = mote.broker?.transport === "websocket";
		board.peer.onPublish = (message) => asTenant(board.peer, message);
		board.machine.boot();
		await board.machine.whenIdle();
		return board;
	}

	private constructor(options: BenchOptions, program: readonly ProgramModule[]) {
		this.program = program;
		this.machine = new XsMachine({
			engine: options.engine,
			creation: options.creation ?? withoutReserve(boardCreation("esp32c3-min")),
			program,
			...hardwareOf(options.board ?? "esp32c3-min"),
			...(options.table !== undefined && { channels: TABLES[options.table] }),
			resources: options.resources ?? new Map(),
			time: this.time,
			network: this.peer.network,
			seed: 1,
			state: {
				flash: options.flash ?? newFlash(),
				preferences: options.preferences ?? new Map(),
			},
			walk: options.walk ?? false,
			onTrace: (text) => {
				this.said += text;
			},
			onCrash: (error) => {
				this.crash = error;
			},
		});
		// A still circuit: figures must not hang on noise, but values shall change, and none shall be missing.
		this.machine.circuit.swingC = 40;
		this.machine.circuit.ambientC = 27;
	}

	/** Lets time pass until `done`, at most for `ms`; throws when the machine crashes. */
	async run(done: () => boolean, ms = Number.POSITIVE_INFINITY): Promise<void> {
		const end = this.time.now() + ms;
		for (;;) {
			await this.machine.whenIdle();
			if (this.crash) throw this.crash;
			if (done()) return;
			if (!this.time.step(Math.min(end, this.time.now() + 60_000)) && this.time.now() >= end)
				throw new Error("it did not happen in time");
		}
	}

	/** Lets so much time pass. */
	async wait(ms: number): Promise<void> {
		const until = this.time.now() + ms;
		await this.run(() => this.time.now() >= until);
	}

	async memory(collect = false): Promise<MemoryStats> {
		return (await this.machine.memory(collect)) as MemoryStats;
	}

	async status(): Promise<NodeStatus> {
		return (await this.machine.status()) as NodeStatus;
	}

	close(): void {
		this.machine.close();
	}
}
