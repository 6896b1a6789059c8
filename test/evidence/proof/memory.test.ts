// What lives at rest, held against a budget for each room: who goes beyond it is named.

import assert from "node:assert/strict";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import type { ProgramModule } from "../../../host-sim/xs/program.js";
import { engineOrSkip } from "../../support/engine.js";
import { byRoom, bytesOf, CONFIGURATIONS, costOf, FEATURES, type Room, rest } from "./memory.js";

/** The rooms that weigh the same in each configuration. */
const COMMON = { core: 450, mqtt: 9000, network: 1150, "the SDK's": 3800, "the engine's": 450 } as const;
/** Bytes in each room, slots × 16 and chunks; a little above what `npm run proof:memory` prints. */
const BUDGETS: Readonly<Record<string, Readonly<Record<Room, number>>>> = {
	"Cumulocity, Wi-Fi, certificates": {
		...COMMON,
		outbox: 2900,
		cloud: 5050,
		app: 6200,
		platform: 1450,
		drivers: 1350,
		shared: 14_940,
	},
	"the same with SHT3x, alarms, keep all": {
		...COMMON,
		outbox: 4350,
		cloud: 5050,
		app: 6300,
		platform: 1650,
		drivers: 1950,
		shared: 15_700,
	},
	"SAP, Wi-Fi, certificates": {
		...COMMON,
		outbox: 3000,
		cloud: 4950,
		app: 6400,
		platform: 1450,
		drivers: 1350,
		shared: 11_400,
	},
	"plain, Wi-Fi, TLS": {
		...COMMON,
		outbox: 3050,
		cloud: 3000,
		app: 5600,
		platform: 1450,
		drivers: 1350,
		shared: 14_900,
	},
};

/** Features that must cost next to nothing: a number in a kept place. */
const LIGHT: Readonly<Record<string, number>> = {
	"a deadband": 400,
	"an interval of its own": 620,
	"alarms of a channel": 400,
	"a client certificate": 900,
};

describe("memory at rest, by owner", () => {
	let engine: EngineProgram;

	before(async function () {
		engine = await engineOrSkip(this);
		if (engine.bits !== 32) this.skip();
	});

	for (const [name, mote] of Object.entries(CONFIGURATIONS))
		it(`${name}: every room keeps to its budget, and the owners are all that lives`, async () => {
			const resting = await rest(engine, mote);
			const sum = resting.owners.reduce((n, row) => n + bytesOf(row), 0);
			assert.equal(sum, bytesOf(resting.total));
			const budget = BUDGETS[name] as Record<Room, number>;
			const over = [...byRoom(resting)]
				.filter(([room, share]) => bytesOf(share) > budget[room])
				.map(([room, share]) => `${room}: ${bytesOf(share)} bytes, at most ${budget[room]}`);
			assert.deepEqual(over, []);
		});

	it("what is not used costs nothing: each feature is paid by who asks for it", async () => {
		for (const feature of FEATURES) {
			const cost = bytesOf(await costOf(engine, feature));
			// Its records are shorter.
			if (!feature.name.startsWith("templates of its own")) assert.ok(cost > 0, `${feature.name}: ${cost}`);
			const most = LIGHT[feature.name];
			if (most !== undefined) assert.ok(cost <= most, `${feature.name}: ${cost} bytes, at most ${most}`);
		}
	});

	it("sees a class that grows, and names its room", async () => {
		const patch = (module: ProgramModule) =>
			module.name === "modules/outbox/ring"
				? {
						...module,
						source: module.source.replace("firstFree = NONE;", "firstFree = NONE; grown = [1, 2, 3];"),
					}
				: module;
		const [name, mote] = Object.entries(CONFIGURATIONS)[0] as [string, (typeof CONFIGURATIONS)[string]];
		const before = byRoom(await rest(engine, mote));
		const after = byRoom(await rest(engine, mote, patch));
		for (const [room, share] of after) {
			const more = bytesOf(share) - bytesOf(before.get(room) as typeof share);
			assert.equal(more > 0, room === "outbox", `${name}, ${room}: ${more} bytes more`);
		}
	});
});
