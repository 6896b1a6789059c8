// Cuts that are enumerated, not sampled: of a short life of each cloud and QoS the link is cut at every byte,
// up and down, on the first connection and on the one that goes on with what was under way; and the power at
// every step of flash and store.

import assert from "node:assert/strict";
import { makePlan, type Plan } from "./plan.js";
import { runPlan, type World } from "./simulation.js";

type Qos = 0 | 1 | 2;

interface Life {
	readonly cloud: Plan["cloud"];
	readonly qos: Qos;
	readonly persistent?: boolean;
	readonly keep?: Plan["keep"];
}

const HEAL_MS = 6000;
/** When the first connection ends by itself, with messages under way. */
const LOST_MS = 2600;

function planOf({ cloud, qos, persistent = false, keep = "off" }: Life): Plan {
	const at = (ms: number, what: string, act: (world: World) => void) => ({ at: ms, what, act });
	const every = { commandsQos: qos, resultsQos: qos, statusQos: 1 } as const;
	return {
		...makePlan(1),
		cloud,
		keep,
		measuresQos: qos,
		persistent,
		keepAlive: 5,
		settings: {
			device: { id: "m", cloud },
			broker: { keepAlive: 5 },
			sampling: { intervalMs: 1000, qos },
			outbox: { measures: 16, events: 8, keep },
			cumulocity: { multiple: true },
			sap: { ackMs: 10_000 },
			plain: { ...every, persistent },
		},
		sectors: 11,
		clockSetMs: 0,
		raw: false,
		qos: every,
		sap: {
			arrays: false,
			messageId: true,
			dateProperty: "date",
			ackMs: 50,
			losses: 0,
			refusals: 0,
			repeats: 0,
		},
		rowsMs: 0,
		network: { latencyMs: 20, buffer: 4000, pieces: false },
		window: 20,
		slowMs: 0,
		healMs: HEAL_MS,
		actions: [
			at(1000, "a command", (world) => world.service.command(true)),
			at(1500, "a command to refuse", (world) => world.service.command(false)),
			// What is under way when the first connection ends: a message of ours and a command.
			at(1900, "acknowledgements wait", (world) => {
				world.server.trouble.withheldUntil = LOST_MS + 1;
			}),
			at(2000, "a command", (world) => world.service.command(true)),
			at(LOST_MS, "the connection is gone", (world) => world.connection?.break(1, 1)),
		],
	};
}

/** Runs with every cut from 1 on until one is not reached any more; returns how many there were. */
function enumerate(life: Life, prepare: (world: World, cut: number, reached: () => void) => void): number {
	for (let cut = 1; ; cut++) {
		let wasReached = false;
		const { violation } = runPlan(planOf(life), (world) =>
			prepare(world, cut, () => {
				wasReached = true;
			}),
		);
		assert.equal(violation, "", `cut ${cut} of ${JSON.stringify(life)}`);
		if (!wasReached) return cut - 1;
	}
}

/** Cuts the `nth` connection at the byte `cut`. */
function cutLink(world: World, nth: number, way: "up" | "down", cut: number, reached: () => void): void {
	let connections = 0;
	world.connected = (connection) => {
		if (++connections !== nth) return;
		connection[way].cutAt = cut - 1;
		connection[way].onCut = reached;
	};
}

const LINKS: readonly Life[] = [
	{ cloud: "plain", qos: 1, persistent: true },
	{ cloud: "plain", qos: 2, persistent: true },
	{ cloud: "plain", qos: 1 },
	{ cloud: "plain", qos: 2 },
	{ cloud: "cumulocity", qos: 1 },
	{ cloud: "sap", qos: 1 },
];

describe("every cut", () => {
	for (const life of LINKS)
		for (const nth of [1, 2])
			for (const way of ["up", "down"] as const)
				it(`of the link, ${way}, connection ${nth}: ${JSON.stringify(life)}`, () => {
					const cuts = enumerate(life, (world, cut, reached) => cutLink(world, nth, way, cut, reached));
					assert.ok(cuts > (way === "up" ? 200 : 20), `${cuts} cuts`);
				});

	for (const life of [
		{ cloud: "cumulocity", qos: 1, keep: "all" },
		{ cloud: "sap", qos: 1, keep: "all" },
		{ cloud: "plain", qos: 2, persistent: true, keep: "events" },
	] as const)
		for (const what of ["flash", "store"] as const) {
			if (what === "store" && life.cloud === "sap") continue; // keeps nothing there
			it(`of the power, at every step of ${what}: ${JSON.stringify(life)}`, () => {
				const cuts = enumerate(life, (world, cut, reached) => {
					const { memory } = world.machine;
					if (what === "flash") memory.stepsLeft = cut - 1;
					else memory.storeStepsLeft = cut - 1;
					const { onCut } = memory;
					memory.onCut = () => {
						reached();
						onCut();
					};
				});
				assert.ok(cuts > (what === "flash" ? 100 : 0), `${cuts} cuts`);
			});
		}
});
