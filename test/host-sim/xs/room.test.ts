// What the firmware reckons of its memory, held against the engine: the figures at rest, the largest
// configurations, and what happens at a boot with one that does not fit.

import assert from "node:assert/strict";
import type { Creation } from "../../../host-sim/engine/boards.js";
import { BOARDS, boardManifest } from "../../../host-sim/engine/boards.js";
import { hardwareOf } from "../../../host-sim/engine/hardware.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation, machineOf, SLOT_BYTES } from "../../../host-sim/xs/creation.js";
import { makeCloud } from "../../../main.js";
import { fitting, needOf, roomFault } from "../../../modules/app/room.js";
import { settingsOf } from "../../../modules/app/settings.js";
import { BenchBoard, DEVICE, type Groups, JournalFlash, WIFI } from "../../evidence/proof/bench-board.js";
import { TABLES } from "../../evidence/proof/on-xs/tables.js";
import { engineOrSkip } from "../../support/engine.js";

const MIN = boardCreation("esp32c3-min");
const FULL: Groups = {
	network: WIFI,
	outbox: { keep: "all" },
	temperature: { sensor: "sht3x" },
	channels: { temperature: { high: 50, low: 10, missing: true, deadband: 0.1 } },
};
const STATION = "esp32c3-station";
const WEB_SOCKET = { broker: { transport: "websocket" } };
const KEYS = hardwareOf(STATION).channels.map(({ key }) => key);
/** The station with these channels alone; with the same fields for each. */
const only = (...on: string[]): Groups => ({
	channels: Object.fromEntries(KEYS.filter((key) => !on.includes(key)).map((key) => [key, { off: true }])),
});
const long = (letter: string, i: number) => `${letter.repeat(38)}${i}`;
const each = (fields: (i: number) => object): Groups => ({
	channels: Object.fromEntries(KEYS.map((key, i) => [key, fields(i)])),
});
const every = (fields: object): Groups => ({
	channels: Object.fromEntries(KEYS.map((key) => [key, fields])),
});
/** More than is ever there. */
const ROOMY: Creation = { ...MIN, static: 300_000 };

/** What BenchBoard makes of them. */
function reckoned(mote: Groups, board = "esp32c3-min") {
	const broker = { host: "127.0.0.1", port: 1883, tls: false, clientCertificate: false };
	return settingsOf(hardwareOf(board).channels, {
		...mote,
		device: { id: DEVICE, ...mote.device },
		outbox: { measures: 16, ...mote.outbox },
		broker: { ...broker, ...mote.broker },
	});
}

describe("room on a board", () => {
	let engine: EngineProgram;

	before(async function () {
		engine = await engineOrSkip(this);
	});

	it("is told to the firmware by each board's manifest as the machine is made", () => {
		for (const board of BOARDS) {
			const { config, creation } = boardManifest(board);
			assert.deepEqual(config.machine, machineOf(creation), board);
		}
	});

	for (const cloud of ["cumulocity", "sap", "plain"])
		for (const [what, more] of [
			["nothing more", {}],
			["more measures", { outbox: { measures: 60 } }],
			["more events", { outbox: { events: 30 } }],
			["Wi-Fi", { network: WIFI }],
			["WebSocket", WEB_SOCKET],
			["everything kept", { outbox: { keep: "all" } }],
			["a thermometer on I²C", { temperature: { sensor: "sht3x" } }],
			["a reading more often than a sample", { sampling: { readMs: 100 } }],
			["an interval of its own", { channels: { speed: { intervalMs: 5000 } } }],
			["an offset", { channels: { temperature: { offset: 1 } } }],
			["without its thermistor", { channels: { temperature: { off: true } } }],
			["without tachometer and buzzer", { channels: { speed: { off: true }, buzzer: { off: true } } }],
			["alarms", { channels: { temperature: { high: 90 } } }],
			["a deadband", { channels: { temperature: { deadband: 0.1 } } }],
			["all of that", FULL],
		] as ReadonlyArray<readonly [string, Groups]>)
			it(`is taken as reckoned: ${cloud}, ${what}`, async function () {
				const mote = { device: { cloud }, ...more };
				const board = await BenchBoard.open({ engine, mote, creation: ROOMY, flash: new JournalFlash(32) });
				try {
					await taken(this, board, mote);
				} finally {
					board.close();
				}
			});

	const SEVERAL = { a: { channels: "speed,led" }, b: { channels: "temperature" } };
	const EIGHT = Object.fromEntries([..."abcdefgh"].map((name) => [name, { relay: "led" }]));
	for (const [what, cloud, more] of [
		...(
			[
				["credentials from the cloud", { bootstrapPassword: "bootstrap" }],
				["operations with ids", { operationIds: true }],
				["templates of its own, named", { ownTemplates: "named" }],
				["templates of its own", { ownTemplates: "default" }],
				["relays", { relays: "led,buzzer,speed" }],
				["a mode and a place", { mode: "cep", position: "49.29,8.64" }],
				[
					"all of that",
					{
						bootstrapPassword: "bootstrap",
						operationIds: true,
						ownTemplates: "default",
						relays: "led,buzzer,speed",
						position: "49.29,8.64,112",
					},
				],
			] as const
		).map(([what, cumulocity]) => [what, "cumulocity", { cumulocity }]),
		["a child", "cumulocity", { children: { a: { channels: "speed" } } }],
		["two children", "cumulocity", { children: SEVERAL }],
		["children without channels", "cumulocity", { children: EIGHT }],
		[
			"children with names of their own",
			"cumulocity",
			{ children: { a: { ...SEVERAL.a, id: "x".repeat(100), name: "n".repeat(60), relay: "speed" } } },
		],
		[
			"children with own templates",
			"cumulocity",
			{ cumulocity: { ownTemplates: "default" }, children: SEVERAL },
		],
		["a date", "sap", { sap: { dateProperty: "at" } }],
		["a second sensor", "sap", { sensors: { a: { channels: "speed" } } }],
		["three sensors", "sap", { sensors: SEVERAL }],
		["three sensors and a date", "sap", { sensors: SEVERAL, sap: { dateProperty: "at" } }],
	] as ReadonlyArray<readonly [string, string, Groups]>)
		it(`is taken as reckoned: ${cloud}, ${what}`, async function () {
			const mote = { device: { cloud }, ...more };
			const board = await BenchBoard.open({ engine, mote, creation: ROOMY });
			try {
				await taken(this, board, mote);
				assert.ok((await board.status()).open);
			} finally {
				board.close();
			}
		});

	it("is taken as reckoned: sap, results of commands and restarts", async function () {
		const mote = { device: { cloud: "sap" }, sap: { resultCapability: "mote-results", restart: true } };
		const board = await BenchBoard.open({ engine, mote, creation: ROOMY });
		try {
			await taken(this, board, mote);
		} finally {
			board.close();
		}
	});

	for (const cloud of ["cumulocity", "sap", "plain"])
		for (const [what, more] of [
			["nine channels of five parts", {}],
			["only the BME280", only("temperature", "humidity", "pressure")],
			["only the SHT3x", only("outdoorTemperature", "outdoorHumidity")],
			["only the contact", only("window")],
			["only the pulses", only("rain")],
			["only the battery", only("voltage", "battery")],
			[
				"the longest names of each",
				each((i) => ({ fragment: long("f", i), series: long("s", i), property: long("p", i) })),
			],
			["names of many bytes", each((i) => ({ property: `${"温".repeat(36)}${i}`, unit: "温".repeat(14) }))],
			["an adjustment of each", every({ scale: 1.5, offset: 2, minimum: -1e6, maximum: 1e6 })],
			["alarms and windows of each", every({ high: 1e6, missing: true, intervalMs: 5000, deadband: 1 })],
		] as ReadonlyArray<readonly [string, Groups]>)
			it(`is taken as reckoned by a station: ${cloud}, ${what}`, async function () {
				const mote = { device: { cloud }, ...more };
				const board = await BenchBoard.open({ engine, mote, board: STATION, creation: ROOMY });
				try {
					// The texts of these settings lie in the image here, and in memory where they come from a store.
					await taken(this, board, mote, STATION, what.includes("names") ? 2600 : 900);
				} finally {
					board.close();
				}
			});

	/** Holds what a board has taken against what is reckoned for its settings. */
	async function taken(test: Mocha.Context, board: BenchBoard, mote: Groups, name?: string, most = 900) {
		await board.wait(30_000);
		const { slots, chunkBytes, slotBytes } = await board.memory(true);
		if (slotBytes !== SLOT_BYTES) test.skip();
		const settings = reckoned(mote, name);
		const { measures, events } = settings.outbox;
		const need = needOf(settings, makeCloud(settings, 1), measures, events);
		const over = (need.slots - slots) * SLOT_BYTES + need.chunkBytes - chunkBytes;
		assert.ok(over > -200 && over < most, `${over} bytes more than the engine's`);
	}

	for (const [name, creation] of [
		["esp32c3-min", MIN],
		["esp32", boardCreation("esp32")],
	] as const)
		for (const cloud of ["cumulocity", "sap", "plain"])
			it(`is enough for the most that is reckoned to fit: ${cloud} with all, ${name}`, async () => {
				const mote = { device: { cloud }, ...FULL };
				const wanted = reckoned({ ...mote, outbox: { keep: "all", measures: 60_000 } });
				const most = fitting(wanted, makeCloud(wanted, 1), machineOf(creation));
				assert.ok(most && most.measures > 50 && most.events === 8);
				const outbox = { keep: "all", ...most };
				const board = await BenchBoard.open({
					engine,
					mote: { ...mote, outbox },
					creation,
					flash: new JournalFlash(64),
				});
				try {
					await live(board, cloud);
					const { open } = await board.status();
					assert.equal(open, true);
				} finally {
					board.close();
				}
			});

	const NAMED = (id: string, i: number) => ({
		relay: "led",
		id: `${id}${i}`,
		name: "n".repeat(64),
		type: "t".repeat(64),
	});
	for (const [what, mote] of [
		["three sensors and a date", { device: { cloud: "sap" }, sap: { dateProperty: "at" }, sensors: SEVERAL }],
		[
			"three sensors",
			{ device: { cloud: "sap" }, sensors: { ...SEVERAL, c: { channels: "buzzer", id: "x".repeat(64) } } },
		],
		[
			"eight children of the longest names",
			{
				device: { cloud: "cumulocity" },
				children: Object.fromEntries([..."abcdefgh"].map((name, i) => [name, NAMED("x".repeat(127), i)])),
			},
		],
	] as ReadonlyArray<readonly [string, Groups]>)
		for (const keep of ["off", "all"])
			it(`is enough for the most that is reckoned to fit: ${what}, keep ${keep}`, async () => {
				const wanted = reckoned({ ...mote, outbox: { keep, measures: 60_000 } });
				const most = fitting(wanted, makeCloud(wanted, 1), machineOf(MIN));
				assert.ok(most);
				const outbox = { keep, ...most };
				const flash = new JournalFlash(64);
				const board = await BenchBoard.open({ engine, mote: { ...mote, outbox }, creation: MIN, flash });
				try {
					await live(board, mote.device?.cloud as string);
					const { open } = await board.status();
					assert.equal(open, true);
				} finally {
					board.close();
				}
			});

	it("is refused in words at a boot, with the last good settings, and the node measures", async () => {
		const good = '{"sampling":{"intervalMs":2000}}';
		const bad = '{"outbox":{"measures":500},"sampling":{"intervalMs":3000}}';
		for (const [texts, interval, words] of [
			[
				{ settings: bad },
				1000,
				/are rejected: settings: outbox.measures: 500 do not fit [^;]+; at most \d+ do\n/,
			],
			[{ settings: bad, "settings-good": good }, 2000, /at most \d+ do; the last accepted settings are used/],
			[{ settings: "{", "settings-good": good }, 2000, /not JSON; the last accepted settings are used/],
			[{ settings: good, "settings-good": bad }, 2000, /^(?!.*are rejected)/s],
		] as const) {
			const preferences = new Map(
				Object.entries(texts).map(([key, text]) => [`mote/${key}`, text as string]),
			);
			const board = await BenchBoard.open({
				engine,
				mote: { device: { cloud: "plain" } },
				preferences,
				creation: MIN,
				machine: machineOf(MIN),
			});
			try {
				await board.wait(20_500);
				assert.equal((await board.status()).delivered, 20_000 / interval, JSON.stringify(texts));
				assert.match(board.said, words);
				if (texts.settings === good) assert.equal(preferences.get("mote/settings-good"), good);
			} finally {
				board.close();
			}
		}
	});

	const SIXTEEN = TABLES[16].map(({ key }) => key);
	const FIVE = SIXTEEN.slice(0, 5).join();
	const ELEVEN = SIXTEEN.slice(5).join();
	for (const [cloud, parts] of [
		[
			"cumulocity",
			{ children: { a: { channels: FIVE, relay: "led" }, b: { channels: ELEVEN, id: "x".repeat(128) } } },
		],
		["sap", { sensors: { a: { channels: FIVE }, b: { channels: ELEVEN, id: "x".repeat(64) } } }],
		["plain", {}],
	] as const)
		it(`is reckoned within the smallest board's stack, with settings of sixteen channels: ${cloud}`, async () => {
			const fields = { high: 50, low: 1, missing: true, deadband: 1, intervalMs: 5000, offset: 1 };
			const text = JSON.stringify({
				outbox: { measures: 500 },
				channels: Object.fromEntries(SIXTEEN.map((key) => [key, fields])),
				...parts,
			});
			const board = await BenchBoard.open({
				engine,
				table: 16,
				mote: { device: { cloud }, outbox: { measures: 4 } },
				machine: machineOf(MIN),
				creation: { ...MIN, static: 200_000, stack: 1024 },
				preferences: new Map([
					["mote/settings", text],
					["mote/settings-good", text.replace("500", "5")],
				]),
			});
			try {
				assert.match(board.said, /500 do not fit [^;]+; at most \d+ do; the last accepted settings are used/);
				const { stackPeak } = await board.memory();
				assert.ok(stackPeak <= MIN.stack - 32, `${stackPeak} of ${MIN.stack}`);
			} finally {
				board.close();
			}
		});

	it("is kept to by an image that was built for a larger board: it starts with a smaller outbox", async () => {
		for (const [outbox, words] of [
			[{ measures: 500 }, /settings: outbox.measures: 500 do not fit [^;]+; at most \d+ do\n/],
			[{ measures: 500, events: 256 }, /settings: outbox.measures and outbox.events: 500 and 256 do not fit/],
			[{ measures: 32, events: 256 }, /settings: outbox.events: 256 do not fit [^;]+; at most \d+ do\n/],
		] as const) {
			const mote = { device: { cloud: "plain" }, outbox };
			const board = await BenchBoard.open({ engine, mote, creation: MIN, machine: machineOf(MIN) });
			try {
				await board.wait(10_500);
				assert.equal((await board.status()).delivered, 10);
				assert.match(board.said, words);
			} finally {
				board.close();
			}
		}
	});

	it("names the setting at fault, and the largest value that fits", () => {
		const fault = (outbox: object, mote: Groups = {}) => {
			const settings = reckoned({ device: { cloud: "plain" }, ...mote, outbox: { ...outbox } });
			return roomFault(settings, makeCloud(settings, 1), machineOf(MIN));
		};
		assert.equal(fault({}), "");
		const [, most] = /^outbox.measures: 5000 .* at most (\d+) do$/.exec(fault({ measures: 5000 })) ?? [];
		assert.equal(fault({ measures: Number(most) }), "");
		assert.notEqual(fault({ measures: Number(most) + 1 }), "");
		assert.match(fault({ measures: 12, events: 256 }), /^outbox.events: 256 .* at most \d+ do$/);
		const [, ...both] =
			/^outbox.measures and outbox.events: 60000 and 256 .*; (\d+) and (\d+) do$/.exec(
				fault({ measures: 60_000, events: 256 }),
			) ?? [];
		assert.equal(fault({ measures: Number(both[0]), events: Number(both[1]) }), "");
		// Wi-Fi that the image brings counts as that of the settings does.
		const settings = reckoned({ device: { cloud: "plain" }, outbox: { measures: Number(most) } });
		const joins = { ...machineOf(MIN), joins: true };
		assert.notEqual(roomFault(settings, makeCloud(settings, 1), joins), "");
	});
});

/** Connections, commands of all kinds, alarms. */
async function live(board: BenchBoard, cloud: string): Promise<void> {
	const { peer, machine } = board;
	await board.wait(20_000);
	for (let round = 0; round < 2; round++) {
		for (const text of ["led 5%", "led 101%", "λαμπτήρας ".repeat(8), "buzzer 880Hz 100ms", "speed 50"]) {
			if (cloud === "cumulocity") peer.publish("s/ds", `511,${DEVICE},${text}`, 1);
			else if (cloud === "plain") peer.publish(`mote/${DEVICE}/commands`, text, 1);
			else {
				const command = `{"capabilityAlternateId":"mote-commands","sensorAlternateId":"mote-sensor","command":{"Command":"${text}"}}`;
				peer.publish(`commands/${DEVICE}`, command, 1);
			}
			await board.wait(500);
		}
		machine.circuit.ambientC = round % 2 ? 5 : 90;
		await board.wait(20_000);
		peer.cut();
		await board.wait(40_000);
	}
}
