// The walk of `npm run proof:stack` in short: no entry of the machine takes more of the stack than the
// smallest board has, with any cloud and any `outbox.keep`, and no timer is left out.

import assert from "node:assert/strict";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { engineOrSkip } from "../../support/engine.js";
import { BenchBoard, DEVICE } from "./bench-board.js";
import { CLOUDS, type CloudName, deepest, KEEPS, LEFT_FREE, WAYS, walk } from "./stack.js";

/** What is no timer. */
const ENTRIES = [
	"start",
	"socket: data",
	"socket: written",
	"socket: closed",
	"pin: edges",
	"name: resolved",
];

/** Timers that no walk can come by, and why. */
const ELSEWHERE = new Map([
	["contained-tcp: this.#timer ??= Timer.set(() => {", "below the SDK's TLS: test/system/chip"],
	[
		"system: callback(undefined)",
		"the SDK refused to resolve a name: as shallow as the one that it resolved",
	],
	["system: main()", "a restart where there is no chip: Moddable's simulator"],
	["time-source: Timer.set(() => {", "there is no UDP socket"],
]);

/** Seeds and steps by which a walk comes by much; where little is kept, a snapshot needs more of them. */
const SEEDS: Readonly<Record<CloudName, number>> = { cumulocity: 11, sap: 6, plain: 1 };
const STEPS = { off: 250, events: 600, all: 250 } as const;

describe("the stack of every entry on XS", () => {
	let engine: EngineProgram;
	const seen = new Set<string>();
	const limit = boardCreation("esp32c3-min").stack;

	before(async function () {
		engine = await engineOrSkip(this);
	});

	let timers: readonly string[] = [];
	for (const cloud of CLOUDS)
		for (const keep of KEEPS)
			it(`${cloud}, keep ${keep}: leaves ${LEFT_FREE} slots of the smallest board's`, async () => {
				const walked = await walk(engine, cloud, keep, SEEDS[cloud], STEPS[keep]);
				timers = walked.timers;
				for (const [name, slots] of walked.entries) {
					seen.add(name);
					assert.ok(slots <= limit - LEFT_FREE, `${name}: ${slots} of ${limit}`);
				}
				assert.ok(deepest(walked.entries.values()) > 250, "the walk came by something deep");
				assert.ok(walked.commands >= 10 && walked.connections >= 5);
				assert.equal(walked.entries.has("keeper: tidy"), keep !== "off");
				if (keep === "all") assert.ok(walked.snapshots > 1, "and not only at the start");
				assert.equal(walked.forced, 0);
			});

	for (const [name, [cloud, more]] of Object.entries(WAYS))
		it(`${name}, keep events: leaves ${LEFT_FREE} slots of the smallest board's`, async () => {
			const walked = await walk(engine, cloud, "events", SEEDS[cloud], 400, more);
			for (const [entry, slots] of walked.entries) {
				seen.add(entry);
				assert.ok(slots <= limit - LEFT_FREE, `${entry}: ${slots} of ${limit}`);
			}
			assert.ok(walked.commands >= 5, `${walked.commands} commands`);
			assert.ok(walked.connections >= 5, `${walked.connections} connections`);
		});

	it("every timer of the firmware, and every callback, was among them", () => {
		assert.deepEqual(
			timers.filter((name) => !seen.has(name) && !ELSEWHERE.has(name)),
			[],
		);
		for (const name of ELSEWHERE.keys()) assert.ok(timers.includes(name) && !seen.has(name), name);
		for (const name of ENTRIES) assert.ok(seen.has(name), name);
	});
});

describe("the smallest board, with all that is kept in flash", () => {
	const COMMANDS = 700;
	const MOST = 5000;
	const texts = (i: number): string => `led ${i % 101}%; speed ${i % 200}`;
	const MESSAGES: Readonly<Record<CloudName, (i: number) => [topic: string, payload: string]>> = {
		cumulocity: (i) => ["s/ds", `511,${DEVICE},${texts(i)}`],
		sap: (i) => [
			`commands/${DEVICE}`,
			`{"capabilityAlternateId":"mote-commands","sensorAlternateId":"mote-sensor","command":{"Command":"${texts(i)}"}}`,
		],
		plain: (i) => [`mote/${DEVICE}/commands`, texts(i)],
	};

	for (const cloud of CLOUDS)
		it(`${cloud}: carries out ${COMMANDS} ordinary commands and more, through snapshots of its journal`, async function () {
			const engine = await engineOrSkip(this);
			const board = await BenchBoard.open({
				engine,
				mote: { device: { cloud }, outbox: { keep: "all", measures: 12 } },
				walk: true,
			});
			const { peer } = board;
			try {
				await board.wait(10_000);
				const { wear } = board.machine.flash;
				let sent = 0;
				for (; sent < COMMANDS || (sent < MOST && !wear.some((erases) => erases > 2)); sent++) {
					const [topic, payload] = MESSAGES[cloud](sent);
					peer.publish(topic, payload, 1);
					await board.wait(cloud === "cumulocity" ? 1000 : 200);
				}
				const { commands, refusedCommands, forcedSnapshots } = await board.status();
				assert.deepEqual([commands, refusedCommands, forcedSnapshots], [sent, 0, 0]);
				assert.ok(
					board.machine.flash.wear.every((erases) => erases > 0),
					"every sector was used",
				);
				assert.ok(
					board.machine.flash.wear.some((erases) => erases > 1),
					"and one again",
				);
				await assertRoom(board);
			} finally {
				board.close();
			}
		});

	for (const qos of [1, 2] as const)
		it(`plain: keeps its journal ahead of commands that come forty at once, at QoS ${qos}, to a session that persists`, async function () {
			const engine = await engineOrSkip(this);
			const plain = { persistent: true, commandsQos: qos, resultsQos: qos };
			const mote = { device: { cloud: "plain" }, plain, outbox: { keep: "all", measures: 12 } };
			const board = await BenchBoard.open({ engine, mote, walk: true });
			try {
				await board.wait(10_000);
				const [topic] = MESSAGES.plain(0);
				const { wear } = board.machine.flash;
				for (let burst = 0; burst < 1000 && Math.max(...wear) < 3; burst++) {
					board.peer.publishAll(
						Array.from({ length: 40 }, (_, i) => ({
							topic,
							payload: `led ${i}%;`.repeat(8) + " ".repeat(80),
							qos,
						})),
					);
					await board.wait(1000);
				}
				const { commands, forcedSnapshots } = await board.status();
				assert.ok(commands >= 300, `${commands}`);
				assert.equal(Math.max(...wear), 3, "round its sectors");
				assert.equal(forcedSnapshots, 0);
				await assertRoom(board);
			} finally {
				board.close();
			}
		});

	async function assertRoom({ machine }: BenchBoard): Promise<void> {
		const entries = await machine.entries();
		const most = deepest(entries.filter(({ name }) => name !== "import").map((entry) => entry.deepest));
		assert.ok(most <= boardCreation("esp32c3-min").stack - LEFT_FREE, `${most}`);
	}
});
