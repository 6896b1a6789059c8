// A node beside an embedded cloud in this process, on either engine: what the end-to-end tests work with. On
// XS it has the memory of an ESP32, less what the SDK's TLS needs.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type CloudName,
	EmbeddedCloud,
	type EmbeddedCloudOptions,
} from "../../../host-sim/cloud/embedded-cloud.js";
import type { BoardName } from "../../../host-sim/engine/boards.js";
import type { Engine } from "../../../host-sim/engine/engine.js";
import { hardwareOf } from "../../../host-sim/engine/hardware.js";
import type { NodeStatus } from "../../../host-sim/engine/status.js";
import { Machine } from "../../../host-sim/nodejs/machine.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation, withoutReserve } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { makeProgram } from "../../../host-sim/xs/program.js";
import main from "../../../main.js";
import type { Observer } from "../../../modules/app/observer.js";
import { eventually } from "../../support/waiting.js";

export const DEVICE = "lab-1";

export interface Lab {
	readonly cloud: EmbeddedCloud;
	readonly machine: Engine & { readonly preferences: ReadonlyMap<string, unknown> };
	/** The node's own figures; throws what has ended the firmware, or if it is between two boots. */
	status(): Promise<NodeStatus>;
	/** Resolves with the figures once they are as wanted. */
	until(wanted: (status: NodeStatus) => boolean): Promise<NodeStatus>;
	/** Boots so far. */
	boots(): number;
	close(): Promise<void>;
}

export interface LabOptions {
	/** Where the firmware runs: on this engine, or on Node. */
	readonly engine: EngineProgram | undefined;
	readonly cloud: CloudName;
	/** Whose channels, pins and memory it has; the ESP32's unless given. */
	readonly board?: BoardName;
	/** The memory of another board. */
	readonly memory?: BoardName;
	/** Overlays the settings. */
	readonly mote?: Record<string, Record<string, unknown>>;
	readonly embedded?: Partial<EmbeddedCloudOptions>;
	/** Prepares the machine before it boots. */
	readonly prepare?: (machine: Engine) => void;
	readonly observer?: Observer;
}

export async function openLab(options: LabOptions): Promise<Lab> {
	const folder = mkdtempSync(join(tmpdir(), "mote-lab-"));
	const cloud = await EmbeddedCloud.start({
		cloud: options.cloud,
		identitiesFolder: folder,
		...options.embedded,
	});
	const identity = await cloud.device(DEVICE);
	const { mote = {}, observer, engine, board = "esp32", memory = board } = options;
	const port = mote.broker?.transport === "websocket" ? cloud.webSocketPort : cloud.port;
	const config = {
		mote: {
			...mote,
			device: { id: DEVICE, cloud: options.cloud, log: "off", ...mote.device },
			broker: { host: "127.0.0.1", serverName: "localhost", port, ...mote.broker },
			outbox: { measures: 96, ...mote.outbox },
		},
	};
	let boots = 0;
	let crash: unknown;
	const common = {
		...hardwareOf(board),
		resources: new Map([
			["ca.der", cloud.identities.ca.der],
			["client.der", identity.certDer],
			["client.pk8", identity.keyDer],
		]),
		observer,
		onBoot: () => {
			boots++;
		},
		onCrash: (error: unknown) => {
			crash ??= error;
		},
	};
	const machine =
		engine === undefined
			? new Machine({ ...common, config, main })
			: new XsMachine({
					...common,
					engine,
					creation: withoutReserve(boardCreation(memory)),
					program: await makeProgram(board, { ...config, observe: observer !== undefined }),
				});
	options.prepare?.(machine);
	machine.boot();
	const status = async () => {
		const found = await machine.status();
		if (crash !== undefined) throw crash;
		if (!found) throw new Error("the machine is between two boots");
		return found;
	};
	return {
		cloud,
		machine,
		status,
		until(wanted) {
			let last: NodeStatus | undefined;
			const words = () => `waited too long: ${JSON.stringify(last)}`;
			return eventually(async () => {
				last = await status();
				return wanted(last) && last;
			}, words);
		},
		boots: () => boots,
		async close() {
			machine.close();
			await cloud.close();
			rmSync(folder, { recursive: true });
		},
	};
}
