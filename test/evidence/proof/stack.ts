// The walk over every entry of the machine: each timer, each callback of a socket, a pin or a name, and the
// start. A node lives through what a cloud, a network and a sensor can do to it, by chance that can be
// repeated, while the engine notes how deep the stack gets below each entry. The stack has room enough here,
// so that what is too deep is measured and not an abort.

import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import type { ProgramModule } from "../../../host-sim/xs/program.js";
import { ecPair, make } from "../../firmware/network/make-certificate.js";
import { seeded } from "../../support/seeded.js";
import { asTenant, BenchBoard, DEVICE, JournalFlash } from "./bench-board.js";

type Groups = Record<string, Record<string, unknown>>;
type Qos = 0 | 1 | 2;
interface Message {
	readonly topic: string;
	readonly payload: string;
	readonly qos: Qos;
}

export const CLOUDS = ["cumulocity", "sap", "plain"] as const;
export type CloudName = (typeof CLOUDS)[number];
export const KEEPS = ["off", "events", "all"] as const;
export type Keep = (typeof KEEPS)[number];

export interface Walked {
	/** Slots, the deepest of each entry; its name is what it does. */
	readonly entries: ReadonlyMap<string, number>;
	/** Every timer that the firmware makes. */
	readonly timers: readonly string[];
	/** Of the journal; and how often it had to erase or make one itself, deep on the stack. */
	readonly snapshots: number;
	readonly forced: number;
	readonly commands: number;
	readonly connections: number;
}

/** Slots that no entry may take of the smallest board's stack. */
export const LEFT_FREE = 32;

export function deepest(slots: Iterable<number | undefined>): number {
	let most = 0;
	for (const n of slots) if (n !== undefined && n > most) most = n;
	return most;
}

/** More than any board has. */
const STACK = 1024;
/** Of the journal: few, so that it makes snapshots. */
const SECTORS: Readonly<Record<Keep, number>> = { off: 4, events: 9, all: 12 };

/** Settings that lead other ways: each seed takes the next ones. */
const VARIANTS: Readonly<Record<CloudName, readonly Groups[]>> = {
	cumulocity: [
		{ cumulocity: { debug: true } },
		{ cumulocity: { multiple: true }, sampling: { qos: 2 }, temperature: { sensor: "sht3x" } },
		{
			cumulocity: { relay: "speed" },
			channels: { temperature: { deadband: 1 } },
			sampling: { qos: 0, heartbeatMs: 20_000 },
		},
	],
	sap: [
		{ sap: { arrays: true } },
		{ sap: { dateProperty: "_time", messageId: false }, temperature: { sensor: "tmp117" } },
		{
			channels: { temperature: { intervalMs: 5000 }, speed: { intervalMs: 3000 } },
			led: { digital: true },
		},
	],
	plain: [
		{ plain: { persistent: true, commandsQos: 2, resultsQos: 2, statusQos: 2 }, sampling: { qos: 2 } },
		{ plain: { format: "raw" }, buzzer: { longestMs: 3000 }, led: { gamma: 2.2 } },
		{ plain: { persistent: true }, temperature: { sensor: "tmp102" } },
	],
};

/** What settings switch on beside these, each with its own cloud; walked apart. */
export const WAYS: Readonly<Record<string, readonly [cloud: CloudName, more: Groups]>> = {
	WebSocket: ["plain", { broker: { transport: "websocket" } }],
	"ids, own templates, relays": [
		"cumulocity",
		{ cumulocity: { operationIds: true, ownTemplates: "default", relays: "led,buzzer,speed" } },
	],
	"credentials from the cloud, over WebSocket": [
		"cumulocity",
		{
			cumulocity: { bootstrapPassword: "bootstrap", bootstrapLed: true, operationIds: true },
			broker: { transport: "websocket", clientCertificate: false },
		},
	],
	"children, ids, own templates": [
		"cumulocity",
		{
			cumulocity: { operationIds: true, ownTemplates: "default" },
			children: { pump: { channels: "speed,led", relay: "speed" }, oven: { channels: "temperature" } },
		},
	],
	"several sensors": [
		"sap",
		{
			sap: { dateProperty: "at" },
			sensors: { motor: { channels: "speed,led" }, box: { channels: "buzzer" } },
		},
	],
	"results and restarts": ["sap", { sap: { resultCapability: "mote-results", restart: true } }],
};

const WORDS = [
	"led 40%",
	"led off",
	"buzzer 880Hz 100ms 3x",
	"buzzer off",
	"speed 120rpm",
	"speed stop",
	"interval 1s",
	"led 1%;led 2%;speed 3;speed 4;buzzer off;led 5%;led 6%;led 7%",
	"led 101%",
	"buzzer 1Hz",
	"λαμπτήρας",
	"",
	"x".repeat(600),
] as const;

const DAY = 86_400_000;
const EPOCH = 1767225600000;

/** A certificate with less than 30 days left. */
function certificate(): Buffer {
	const pair = ecPair();
	const what = { issuer: DEVICE, subject: DEVICE, pair, signer: pair, extensions: [] };
	return make({ ...what, from: EPOCH - DAY, to: EPOCH + 5 * DAY }, EPOCH);
}

/** Lives so many steps. */
export async function walk(
	engine: EngineProgram,
	cloud: CloudName,
	keep: Keep,
	seed: number,
	steps: number,
	more: Groups = {},
): Promise<Walked> {
	const random = seeded(seed);
	const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
	const variants = VARIANTS[cloud];
	const variant = { ...(variants[(seed - 1) % variants.length] as Groups), ...more };
	// Sixteen channels of all parts where little else happens; elsewhere the board's own.
	const wide = keep === "off";
	const flash = new JournalFlash(SECTORS[keep]);
	const board = await BenchBoard.open({
		engine,
		walk: true,
		flash,
		...(wide && { table: 16 }),
		creation: { ...boardCreation("esp32c3"), stack: STACK, static: 262_144 },
		resources: new Map([["client.der", certificate()]]),
		mote: {
			...variant,
			device: { cloud, log: "debug" },
			network: { ssid: "here", password: "12345678", sntp: "127.0.0.1", sntp2: "127.0.0.1" },
			broker: {
				tls: true,
				clientCertificate: true,
				keepAlive: 20,
				host: seed % 8 === 0 ? "localhost" : "127.0.0.1",
				...variant.broker,
			},
			sampling: { intervalMs: 1000, ...variant.sampling },
			channels: {
				...variant.channels,
				temperature: { high: 40, low: 0, missing: true, ...(variant.channels?.temperature as object) },
			},
			outbox: { keep, measures: 12, events: pick([4, 8]) },
		},
	});
	const { peer, machine } = board;
	const { circuit } = machine;
	const wait = (ms: number) => board.wait(ms);
	const isPlain = Object.keys(more).length === 0;
	/** Those of the last message with operations. */
	let rows = "";
	/** Messages of the node on which the server will close the connection. */
	let refused = 0;
	peer.onPublish = (published) => {
		const { topic, payload } = published;
		asTenant(peer, published);
		// 500 brings again what is pending: as far as this cloud knows, the rows of the last message.
		if (!isPlain && topic === "s/us" && payload.toString() === "500\n" && rows !== "")
			peer.publish("s/ds", rows, 1);
		if (refused > 0) {
			refused--;
			peer.cut();
			return;
		}
		const id = /"measureMessageId":"([^"]+)"/.exec(payload.toString())?.[1];
		if (topic !== `measures/${DEVICE}` || id === undefined || random() < 0.2) return;
		const answer = random() < 0.8 ? { id, code: 202 } : { id, code: 400, message: "x".repeat(200) };
		peer.publish(`ack/${DEVICE}`, JSON.stringify([answer]), 1);
	};
	const message = () => {
		const made = !isPlain && random() < 0.3 ? extra(cloud, pick, random) : MESSAGES[cloud](pick, random);
		if (made.topic === "s/ds") rows = made.payload;
		return made;
	};
	const settle = async () => {
		peer.hold = false;
		peer.flush();
		peer.answers = true;
		await wait(400_000); // whatever was refused comes back
	};
	/** What can happen, and how often of 100. */
	const events: ReadonlyArray<readonly [often: number, happens: () => void | Promise<void>]> = [
		[50, () => peer.publishAll([message()])],
		[10, () => peer.publishAll(Array.from({ length: 1 + Math.floor(random() * 30) }, message))],
		[14, () => wait(random() * 5000)],
		[3, () => wait(random() * 30_000)],
		[2, () => peer.cut()],
		[
			1,
			() => {
				refused = 6;
			},
		],
		[
			4,
			() => {
				peer.hold = !peer.hold;
				if (!peer.hold) peer.flush();
			},
		],
		[
			2,
			() => {
				peer.answers = !peer.answers;
			},
		],
		[
			1,
			() => {
				peer.connack = 1 + Math.floor(random() * 5);
				peer.cut();
			},
		],
		[
			1,
			() => {
				peer.granted = 128;
				peer.cut();
			},
		],
		[1, () => peer.raw(Buffer.from(Array.from({ length: 40 }, () => Math.floor(random() * 256))))],
		[1, () => peer.send({ cmd: "connack", returnCode: 0, sessionPresent: true })],
		[2, () => peer.publish(message().topic, "y".repeat(3000), pick([0, 1, 2]))],
		[
			2,
			() => {
				peer.window = pick([undefined, 64, 256]);
			},
		],
		[
			3,
			() => {
				circuit.thermistorFault = pick(["", "open", "shorted", ""]);
			},
		],
		[
			2,
			() => {
				circuit.ambientC = pick([-20, 20, 60]);
			},
		],
		[
			wide ? 3 : 0,
			() => {
				const control = pick(pick(circuit.parts).controls);
				if (control.kind === "switch") control.value = !control.value;
			},
		],
		[
			wide ? 3 : 0,
			() => {
				const contact = circuit.parts.find(({ id }) => id.startsWith("input"))?.controls[0];
				if (contact) contact.value = contact.value !== true;
			},
		],
		[
			wide ? 1 : 0,
			() => {
				circuit.i2c.fault = pick(["", "stuck", "noisy", ""]);
			},
		],
		[2, settle],
	];
	const step = async (): Promise<void> => {
		let chance = random() * events.reduce((sum, [often]) => sum + often, 0);
		for (const [often, happens] of events) {
			chance -= often;
			if (chance >= 0) continue;
			await happens();
			break;
		}
		await wait(pick([0, 1, 20, 300]));
	};
	try {
		await wait(20_000);
		for (let i = 0; i < steps; i++) await step();
		const status = await board.status();
		if (cloud === "cumulocity") {
			await settle();
			peer.publish("s/ds", `510,${DEVICE}`, 1);
			await wait(30_000);
		}
		const found = new Map<string, number>();
		for (const { name, deepest } of await machine.entries()) {
			const known = entryName(name, board.program);
			found.set(known, Math.max(deepest, found.get(known) ?? 0));
		}
		found.delete("import");
		return {
			entries: found,
			timers: timersOf(board.program),
			snapshots: flash.snapshots,
			forced: status.forcedSnapshots,
			// By its log: a restart in between begins the node's own count anew.
			commands: board.said.match(/command (?:carried out|refused)/g)?.length ?? 0,
			connections: peer.connections,
		};
	} finally {
		board.close();
	}
}

/** Every place of the firmware where a timer is made, named as an entry is. */
export function timersOf(program: readonly ProgramModule[]): string[] {
	const found: string[] = [];
	for (const { name, source } of program)
		if (/^(modules|drivers)\//.test(name) && !name.endsWith("/timers"))
			for (const [i, line] of source.split("\n").entries())
				if (/\b(?:[tT]imers\.create|Timer\.(?:set|repeat))\(/.test(line))
					found.push(entryName(`${name}:${i + 1}`, program));
	return found;
}

/** "modules/app/node:127" as "node: expiry": the alarm that is made there, or what the timer calls. */
export function entryName(place: string, program: readonly ProgramModule[]): string {
	const [, name = "", line = ""] = /^(.*):(\d+)$/.exec(place) ?? [];
	const module = program.find((one) => one.name === name);
	if (!module) return place;
	const file = name.slice(name.lastIndexOf("/") + 1);
	const text = module.source.split("\n")[Number(line) - 1];
	// The SDK's engine keeps no lines: all timers of a module are one entry there.
	return text === undefined ? file : `${file}: ${callOf(text)}`;
}

/** The alarm that a line makes, or what the timer calls. */
export function callOf(line: string): string {
	const alarm = /this\.(\w+) = (?:\w+\.)*timers\.create\(this\)/.exec(line);
	return (alarm ?? /\(\) => (?:this\.)?#?([\w.#]+\([^()]*\))/.exec(line))?.[1] ?? line.trim();
}

/** What comes only where settings ask for it. */
function extra(cloud: CloudName, pick: Pick, random: () => number): Message {
	const qos = pick([0, 1] as const);
	if (cloud === "sap") {
		const command = { Restart: random() < 0.1, Command: pick(WORDS) };
		if (random() < 0.1)
			return { topic: `ack/${DEVICE}`, payload: '[{"sensorAlternateId":"motor","code":202}]', qos };
		const whole = { capabilityAlternateId: "mote-commands", sensorAlternateId: "mote-sensor", command };
		return { topic: `commands/${DEVICE}`, payload: JSON.stringify(whole), qos };
	}
	const id = String(1 + Math.floor(random() * 1e6));
	const fragments = pick([
		{ c8y_Command: { text: pick(WORDS) } },
		{ c8y_Relay: { relayState: pick(["OPEN", "CLOSED", "HALF"]) } },
		{ c8y_RelayArray: ["OPEN", "CLOSED", pick(["OPEN", "x"])] },
		{ c8y_MeasurementRequestOperation: { requestName: "LOG" } },
		{ own_Kind: { deep: [[{}]] } },
	]);
	// Of a child where there is one, else of another device.
	const externalId = pick([DEVICE, DEVICE, `${DEVICE}:pump`]);
	const doc = JSON.stringify({ id, ...fragments, externalSource: { externalId } });
	const payload = pick([doc, `${doc}\n${doc.replace(id, `${id}1`)}`, doc.slice(0, 40), doc]);
	return pick<Message>([
		{ topic: "devicecontrol/notifications", payload, qos },
		{ topic: "devicecontrol/notifications", payload, qos },
		{ topic: "s/e", payload: random() < 0.1 ? "40,700,x" : "45,200,x", qos },
		{ topic: "s/ds", payload: `${pick(["517", "518", "511"])},${DEVICE}:pump,OPEN`, qos },
		{ topic: "s/ds", payload: `519,${DEVICE},${pick(["OPEN", "CLOSED,OPEN", "x"])}`, qos },
	]);
}

type Pick = <T>(all: readonly T[]) => T;

const MESSAGES: Readonly<Record<CloudName, (pick: Pick, random: () => number) => Message>> = {
	cumulocity(pick, random) {
		const row = () => {
			const chance = random();
			if (chance < 0.55) return `511,${DEVICE},"${pick(WORDS)}"`;
			if (chance < 0.75) return `518,${DEVICE},${pick(["OPEN", "CLOSED", "HALF"])}`;
			if (chance < 0.76) return `510,${DEVICE}`;
			if (chance < 0.86) return `${510 + Math.floor(random() * 25)},${DEVICE},a,b,c`;
			if (chance < 0.9) return `511,other,led on`;
			if (chance < 0.95) return `511,${DEVICE},"without an end`;
			return `41,100,what`;
		};
		const topic = random() < 0.95 ? "s/ds" : pick(["s/e", "s/x"]);
		const payload = Array.from({ length: random() < 0.8 ? 1 : 1 + Math.floor(random() * 8) }, row).join("\n");
		return { topic, payload: `${payload}${pick(["", "\n"])}`, qos: pick([0, 1, 2] as const) };
	},
	sap(pick, random) {
		const chance = random();
		if (chance < 0.1)
			return { topic: `ack/${DEVICE}`, payload: pick(['[{"code":', '[{"id":"1-1","code":500}]']), qos: 1 };
		if (chance < 0.2)
			return { topic: `commands/${DEVICE}`, payload: pick(["[[[[[[[[", "{}", '{"command":1}', "x"]), qos: 0 };
		const command = pick([
			{ Command: pick(WORDS) },
			{ LED: pick([true, "false", 1]) },
			{ Buzzer: true, Speed: 12.5 },
			{ Speed: "77", LED: false, Command: "buzzer off" },
			{ Speed: 1e9 },
		]);
		const payload = {
			capabilityAlternateId: pick(["mote-commands", "mote-commands", "other"]),
			sensorAlternateId: "mote-sensor",
			command,
		};
		return { topic: `commands/${DEVICE}`, payload: JSON.stringify(payload), qos: pick([0, 1, 2] as const) };
	},
	plain(pick, random) {
		const under = random() < 0.5 ? "" : `/${pick(["led", "speed", "a/b/c"])}`;
		const payload = under === "" ? pick(WORDS) : pick(["40%", "12", "\u0001", "z".repeat(500)]);
		return {
			topic: `mote/${DEVICE}/${random() < 0.9 ? "commands" : "other"}${under}`,
			payload,
			qos: pick([0, 1, 2] as const),
		};
	},
};
