// What lives in the machine at rest, by owner and by room, and what each feature costs. On the layout of a
// board: slots of 16 bytes, and chunks.

import type { BoardName } from "../../../host-sim/engine/boards.js";
import type { MemoryStats } from "../../../host-sim/engine/engine.js";
import { hardwareOf } from "../../../host-sim/engine/hardware.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import type { Owner } from "../../../host-sim/xs/codec.js";
import { boardCreation, machineOf, SLOT_BYTES } from "../../../host-sim/xs/creation.js";
import type { ProgramModule } from "../../../host-sim/xs/program.js";
import { makeCloud } from "../../../main.js";
import { fitting } from "../../../modules/app/room.js";
import { settingsOf } from "../../../modules/app/settings.js";
import { ecPair, make } from "../../firmware/network/make-certificate.js";
import { BenchBoard, DEVICE, EPOCH, type Groups, JournalFlash, WIFI } from "./bench-board.js";

/** The rooms of the firmware. */
export const ROOMS = ["core", "mqtt", "outbox", "cloud", "app", "network", "platform", "drivers"] as const;
/** What several owners reach; what stands for the SDK here; and what belongs to no class. */
export const OTHERS = ["shared", "the SDK's", "the engine's"] as const;
export type Room = (typeof ROOMS)[number] | (typeof OTHERS)[number];

export interface Share {
	readonly slots: number;
	readonly chunkBytes: number;
}

export interface OwnerRow extends Share {
	readonly room: Room;
	/** Module and class. */
	readonly name: string;
	readonly instances: number;
}

export interface Resting {
	readonly owners: readonly OwnerRow[];
	/** Everything that lives, as the engine counts it. */
	readonly total: Share;
}

const DAY = 86_400_000;
const TLS = { tls: true };
const CERTIFICATE = { tls: true, clientCertificate: true };
const onWifi = (cloud: string, broker: Groups[string]): Groups => ({
	device: { cloud },
	network: WIFI,
	broker,
	outbox: { measures: 12 },
});
/** What is to be known of at rest: the name is that of the row, and of the budget. */
export const CONFIGURATIONS: Readonly<Record<string, Groups>> = {
	"Cumulocity, Wi-Fi, certificates": onWifi("cumulocity", CERTIFICATE),
	"the same with SHT3x, alarms, keep all": {
		...onWifi("cumulocity", CERTIFICATE),
		temperature: { sensor: "sht3x" },
		channels: { temperature: { high: 50, low: 10, missing: true } },
		outbox: { measures: 12, keep: "all" },
	},
	"SAP, Wi-Fi, certificates": onWifi("sap", CERTIFICATE),
	"plain, Wi-Fi, TLS": onWifi("plain", TLS),
};

/** Certificates and key, as large as they come. On a board they stay in flash: their bytes do not count. */
function resources(): ReadonlyMap<string, Uint8Array> {
	const pair = ecPair();
	const what = { issuer: DEVICE, subject: DEVICE, pair, signer: pair, extensions: [] };
	const certificate = make({ ...what, from: EPOCH - DAY, to: EPOCH + 400 * DAY }, EPOCH);
	return new Map<string, Uint8Array>([
		["ca.der", certificate],
		["client.der", certificate],
		["client.pk8", new Uint8Array(1216)],
	]);
}

export const bytesOf = ({ slots, chunkBytes }: Share): number => slots * SLOT_BYTES + chunkBytes;

/** Lets a node come to rest, connected, and looks at what lives. */
export async function rest(
	engine: EngineProgram,
	mote: Groups,
	patch?: (module: ProgramModule) => ProgramModule,
	name?: BoardName,
): Promise<Resting> {
	const certificates = resources();
	const board = await BenchBoard.open({
		engine,
		mote,
		...(name !== undefined && { board: name }),
		// More than is ever there.
		creation: { ...boardCreation("esp32c3-min"), static: 300_000 },
		flash: new JournalFlash(32),
		resources: certificates,
		...(patch ? { patch } : {}),
	});
	try {
		await board.wait(30_000);
		if (!(await board.status()).open) throw new Error("the node is not connected");
		const stats: MemoryStats = await board.memory(true);
		const owners = collect(await board.machine.owners("MoteNode"));
		// The copies of what is a resource.
		const inFlash = mote.broker?.tls ? flashBytes(certificates, mote.broker.clientCertificate === true) : 0;
		return {
			owners: owners.map((row) =>
				row.name === RESOURCE ? { ...row, chunkBytes: row.chunkBytes - inFlash } : row,
			),
			total: { slots: stats.slots, chunkBytes: stats.chunkBytes - inFlash },
		};
	} finally {
		board.close();
	}
}

/** Who holds the buffers of certificates and key. */
const RESOURCE = "Resource Resource";
/** Of a chunk, beside its content. */
const CHUNK_HEAD = 8;

function flashBytes(certificates: ReadonlyMap<string, Uint8Array>, client: boolean): number {
	let sum = 0;
	for (const [name, { length }] of certificates)
		if (client || name === "ca.der") sum += ((length + 3) & ~3) + CHUNK_HEAD;
	return sum;
}

function collect(owners: readonly Owner[]): OwnerRow[] {
	const rows = new Map<string, OwnerRow>();
	const add = (name: string, room: Room, slots: number, chunkBytes: number) => {
		if (slots === 0 && chunkBytes === 0) return;
		const before = rows.get(name) ?? { instances: 0, slots: 0, chunkBytes: 0 };
		rows.set(name, {
			name,
			room,
			instances: before.instances + 1,
			slots: before.slots + slots,
			chunkBytes: before.chunkBytes + chunkBytes,
		});
	};
	for (const { module, name, slots, chunkBytes, sharedSlots, sharedBytes } of owners) {
		const key = module === "" ? "what no class holds" : `${module} ${name}`;
		add(key, roomOf(module), slots, chunkBytes);
		add(`shared, nearest to ${name}`, "shared", sharedSlots, sharedBytes);
	}
	return [...rows.values()].sort((a, b) => bytesOf(b) - bytesOf(a));
}

export function roomOf(module: string): Room {
	if (module === "") return "the engine's";
	const room = module.startsWith("drivers/") ? "drivers" : /^modules\/([a-z]+)\//.exec(module)?.[1];
	return ROOMS.find((one) => one === room) ?? (module === "main" ? "app" : "the SDK's");
}

export function byRoom({ owners }: Resting): Map<Room, Share> {
	const rooms = new Map<Room, Share>(
		[...ROOMS, ...OTHERS].map((room) => [room, { slots: 0, chunkBytes: 0 }]),
	);
	for (const { room, slots, chunkBytes } of owners) {
		const before = rooms.get(room) as Share;
		rooms.set(room, { slots: before.slots + slots, chunkBytes: before.chunkBytes + chunkBytes });
	}
	return rooms;
}

/** Without the channels that a board's table does not have. */
function known(mote: Groups, board: BoardName): Groups {
	const keys = hardwareOf(board).channels.map(({ key }) => key);
	const { channels, ...rest } = mote;
	const own = Object.entries(channels ?? {}).filter(([key]) => keys.includes(key));
	return { ...rest, channels: Object.fromEntries(own) };
}

/**
 * The most measures that a board's outbox holds with these settings and the channels of `table`, by the
 * reckoning that a board makes at its start; 0: they do not fit.
 */
export function mostMeasures(board: BoardName, mote: Groups, table = board): number {
	const settings = settingsOf(hardwareOf(table).channels, {
		...known(mote, table),
		device: { id: DEVICE, ...mote.device },
		outbox: { ...mote.outbox, measures: 60_000 },
	});
	const machine = machineOf(boardCreation(board));
	return fitting(settings, makeCloud(settings, 1), machine)?.measures ?? 0;
}

/** A feature: settings with and without it. The settings of the base differ from the defaults too. */
export interface Feature {
	readonly name: string;
	/** Whose channels count; the smallest board's unless given. */
	readonly board?: BoardName;
	readonly base: Groups;
	readonly more: Groups;
}

const base = (cloud: string): Groups => ({ device: { cloud }, outbox: { measures: 12 } });
const feature = (name: string, more: Groups, cloud = "plain"): Feature => ({ name, base: base(cloud), more });

const STATION = "esp32c3-station";

/** The station with these channels alone. */
function stationOf(cloud: string, keys: readonly string[]): Groups {
	const off = hardwareOf(STATION).channels.filter(({ key }) => !keys.includes(key));
	return { ...base(cloud), channels: Object.fromEntries(off.map(({ key }) => [key, { off: true }])) };
}

/** What a part adds, with its channels and their places in twelve measures. */
const part = (name: string, ...keys: string[]): Feature[] =>
	["Cumulocity", "plain"].map((cloud) => {
		const without = stationOf(cloud.toLowerCase(), ["window"]);
		return {
			name: `${name}, ${cloud}`,
			board: STATION,
			base: without,
			more: stationOf(cloud.toLowerCase(), ["window", ...keys]),
		};
	});

export const FEATURES: readonly Feature[] = [
	feature("Wi-Fi", { network: WIFI }),
	feature("TLS at rest, without its session", { broker: TLS }),
	feature("a client certificate", { broker: CERTIFICATE }),
	feature("WebSocket", { broker: { transport: "websocket", clientCertificate: false } }),
	...(
		[
			["credentials from the cloud", { bootstrapPassword: "bootstrap" }],
			["operations with ids", { operationIds: true }],
			["templates of its own", { ownTemplates: "default" }],
			["a relay array of two", { relays: "led,buzzer" }],
			["a processing mode", { mode: "transient" }],
		] as const
	).map(([what, cumulocity]) => feature(`${what}, Cumulocity`, { cumulocity }, "cumulocity")),
	feature("a child with a channel", { children: { a: { channels: "speed" } } }, "cumulocity"),
	feature("a child with a relay only", { children: { a: { relay: "led" } } }, "cumulocity"),
	feature("a second sensor, SAP", { sensors: { a: { channels: "speed" } } }, "sap"),
	feature("a thermometer on I²C (SHT3x)", { temperature: { sensor: "sht3x" } }),
	feature("a thermometer on I²C (TMP117)", { temperature: { sensor: "tmp117" } }),
	feature(
		"alarms of a channel",
		{ channels: { temperature: { high: 50, low: 10, missing: true } } },
		"cumulocity",
	),
	feature("a deadband", { channels: { temperature: { deadband: 0.1 } } }),
	feature("an interval of its own", { channels: { temperature: { intervalMs: 5000 } } }),
	feature("readings between samples", { sampling: { readMs: 100 } }),
	feature("scale or offset of a channel", { channels: { temperature: { offset: 1 } } }),
	...part("a BME280, three channels", "temperature", "humidity", "pressure"),
	...part("an SHT3x, two channels", "outdoorTemperature", "outdoorHumidity"),
	...part("a pulse counter, one channel", "rain"),
	...part("a voltage, two channels", "voltage", "battery"),
	feature("keep: events", { outbox: { keep: "events" } }),
	feature("keep: all", { outbox: { keep: "all" } }),
	feature("a persistent session", { plain: { persistent: true } }),
	feature("a measure more, Cumulocity", { outbox: { measures: 13 } }, "cumulocity"),
	feature("a measure more, SAP", { outbox: { measures: 13 } }, "sap"),
	feature("a measure more, plain", { outbox: { measures: 13 } }),
	feature("an event more, Cumulocity", { outbox: { events: 9 } }, "cumulocity"),
];

/** What a feature costs. */
export async function costOf(engine: EngineProgram, { base, more, board }: Feature): Promise<Share> {
	const without = (await rest(engine, base, undefined, board)).total;
	const merged: Record<string, Record<string, unknown>> = { ...base };
	// The channels that are off are others, not more.
	for (const [group, values] of Object.entries(more))
		merged[group] = group === "channels" ? values : { ...merged[group], ...values };
	const { slots, chunkBytes } = (await rest(engine, merged, undefined, board)).total;
	return { slots: slots - without.slots, chunkBytes: chunkBytes - without.chunkBytes };
}
