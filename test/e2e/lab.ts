// A node on the Node engine beside an embedded cloud, in this process: what the end-to-end tests work with.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PINS } from "../../drivers/boards/esp32/pins.js";
import {
	type CloudName,
	EmbeddedCloud,
	type EmbeddedCloudOptions,
} from "../../host-sim/cloud/embedded-cloud.js";
import { Machine } from "../../host-sim/node/machine.js";
import main from "../../main.js";
import type { MoteNode } from "../../modules/app/node.js";
import type { Observer } from "../../modules/app/observer.js";

export const DEVICE = "lab-1";

export interface Lab {
	readonly cloud: EmbeddedCloud;
	readonly machine: Machine;
	readonly node: MoteNode;
	/** Boots so far. */
	boots(): number;
	/** Ends the node in order. */
	stop(): Promise<void>;
	close(): Promise<void>;
}

export interface LabOptions {
	readonly cloud: CloudName;
	/** Overlays the settings. */
	readonly mote?: Record<string, Record<string, unknown>>;
	readonly embedded?: Partial<EmbeddedCloudOptions>;
	/** Prepares the machine before it boots. */
	readonly prepare?: (machine: Machine) => void;
	/** The observer of each boot. */
	readonly observe?: (node: MoteNode) => Observer;
}

export async function openLab(options: LabOptions): Promise<Lab> {
	const folder = mkdtempSync(join(tmpdir(), "mote-lab-"));
	const cloud = await EmbeddedCloud.start({
		cloud: options.cloud,
		identitiesFolder: folder,
		...options.embedded,
	});
	const identity = await cloud.device(DEVICE);
	const { mote = {} } = options;
	let boots = 0;
	const machine = new Machine({
		pins: PINS,
		config: {
			mote: {
				...mote,
				device: { id: DEVICE, cloud: options.cloud, log: "off", ...mote.device },
				broker: { host: "127.0.0.1", serverName: "localhost", port: cloud.port, ...mote.broker },
			},
		},
		resources: new Map([
			["ca.der", cloud.identities.ca.der],
			["client.der", identity.certDer],
			["client.pk8", identity.keyDer],
		]),
		main,
		onBoot: (node) => {
			boots++;
			if (options.observe) node.observer = options.observe(node);
		},
	});
	options.prepare?.(machine);
	machine.boot();
	return {
		cloud,
		machine,
		get node() {
			if (machine.node === undefined) throw new Error("the machine is between two boots");
			return machine.node;
		},
		boots: () => boots,
		stop: () => new Promise((resolve) => machine.enter(() => machine.node?.stop(resolve))),
		async close() {
			machine.close();
			await cloud.close();
			rmSync(folder, { recursive: true });
		},
	};
}
