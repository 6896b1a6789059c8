// What happens in a run, drawn from its seed before it begins: the cloud and its settings, the network, and a
// list of moments at which something goes wrong. Each run knows only some of the kinds of trouble, so that
// they do not hide each other.

import type { Packet } from "mqtt-packet";
import { Chance } from "./chance.js";
import { CHILD_NAMES } from "./ledger.js";
import type { SapOptions } from "./sap-service.js";
import type { World } from "./simulation.js";

export type CloudName = "cumulocity" | "sap" | "plain";
type Qos = 0 | 1 | 2;

export interface Action {
	readonly at: number;
	readonly what: string;
	act(world: World): void;
}

export interface Plan {
	readonly seed: number;
	readonly cloud: CloudName;
	readonly keep: "off" | "events" | "all";
	readonly measuresQos: Qos;
	readonly persistent: boolean;
	readonly keepAlive: number;
	readonly settings: Record<string, Record<string, unknown>>;
	/** The node has a child device. */
	readonly child: boolean;
	readonly sectors: number;
	readonly clockSetMs: number;
	readonly raw: boolean;
	readonly qos: { readonly commandsQos: Qos; readonly resultsQos: Qos; readonly statusQos: Qos };
	readonly sap: SapOptions;
	/** Longest time from 500 to the rows that answer it, ms. */
	readonly rowsMs: number;
	readonly network: { readonly latencyMs: number; readonly buffer: number; readonly pieces: boolean };
	readonly window: number;
	readonly slowMs: number;
	/** When everything becomes sound again, ms. */
	readonly healMs: number;
	readonly actions: readonly Action[];
}

/** Packets that no server may send. */
const GARBAGE: readonly Buffer[] = [
	[0x00, 0x00], // reserved type
	[0xf0, 0x00], // reserved type
	[0x10, 0x00], // CONNECT
	[0x41, 0x02, 0, 1], // PUBACK with flags
	[0x40, 0x03, 0, 1, 0], // PUBACK that is too long
	[0x36, 0x05, 0, 1, 97, 0, 1], // QoS 3
	[0x38, 0x03, 0, 1, 97], // DUP at QoS 0
	[0x32, 0x05, 0, 1, 97, 0, 0], // packet id 0
	[0x30, 0x05, 0, 3, 97, 0xff, 98], // ill-formed UTF-8
	[0x30, 0x03, 0, 1, 35], // a wildcard in a topic name
	[0x30, 0xff, 0xff, 0xff, 0xff, 0x01], // remaining length of five bytes
	[0x90, 0x02, 0, 1], // SUBACK without a code
	[0xe0, 0x00], // DISCONNECT
].map((bytes) => Buffer.from(bytes));

const STRAY: readonly Packet[] = [
	{ cmd: "puback", messageId: 60_001 },
	{ cmd: "pubrec", messageId: 60_002 },
	{ cmd: "pubcomp", messageId: 60_003 },
	{ cmd: "suback", messageId: 60_004, granted: [0] },
	{ cmd: "unsuback", messageId: 60_005, granted: [] },
	{ cmd: "pingresp" },
];

type Kind = (chance: Chance, plan: { stalls: boolean; raw: boolean }) => Omit<Action, "at"> | undefined;

const action = (what: string, act: (world: World) => void): Omit<Action, "at"> => ({ what, act });

const KINDS: readonly Kind[] = [
	(chance) => {
		const heard = [chance.happens(0.7), chance.happens(0.5)].map((yes) => (yes ? chance.span(1, 3000) : -1));
		const [node = 0, server = 0] = heard;
		return action(`the connection is gone; node hears in ${node} ms, server in ${server} ms`, (world) =>
			world.connection?.break(node, server),
		);
	},
	(chance) => {
		const [way, bytes] = [chance.pick(["up", "down"] as const), chance.span(1, 3000)];
		return action(`the connection is cut ${bytes} bytes further ${way}`, (world) => {
			const pipe = world.connection?.[way];
			if (pipe) pipe.cutAt = pipe.left + bytes;
		});
	},
	(chance) => {
		const [way, bytes] = [chance.pick(["up", "down"] as const), chance.span(1, 600)];
		return action(`the next connection is cut at byte ${bytes} ${way}`, (world) => {
			world.nextCut = { way, bytes };
			world.connection?.break(1, 1);
		});
	},
	(chance, { stalls }) => {
		if (!stalls) return undefined;
		const [way, ms] = [chance.pick(["up", "down"] as const), chance.span(100, 40_000)];
		return action(`nothing moves ${way} for ${ms} ms`, (world) => {
			const { connection } = world;
			if (!connection) return;
			connection.touched = true;
			connection[way].stall(ms);
		});
	},
	() => action("the connection falls silent", (world) => world.connection?.break(-1, -1)),
	(chance) => {
		const [ms, hang] = [chance.span(500, 60_000), chance.happens(0.3)];
		return action(`no connection ${hang ? "answers" : "comes about"} for ${ms} ms`, (world) => {
			world.unreachableUntil = world.scheduler.now + ms;
			world.hangs = hang;
			world.connection?.break(hang ? -1 : 5, 5);
		});
	},
	(chance) => {
		const why = chance.happens(0.5);
		return action("the server closes the connection", (world) => {
			world.server.trouble.saysWhy = why;
			world.server.kick();
		});
	},
	(chance) => {
		const [kicks, ms] = [chance.whole(2, 14), chance.pick([0, 1, 30, 300])];
		return action(`the server closes ${kicks} connections ${ms} ms after CONNACK`, (world) => {
			world.server.trouble.kicks = kicks;
			world.server.trouble.kickAfterMs = ms;
			world.server.kick();
		});
	},
	(chance) => {
		const code = chance.pick([3, 3, 5, 5, 4, 2, 6]);
		const times = code === 3 || code === 5 ? chance.whole(1, 6) : 1;
		return action(`CONNACK ${code}, ${times} times`, (world) => {
			world.server.trouble.refusals = Array<number>(times).fill(code);
			world.server.kick();
		});
	},
	() =>
		action("CONNECT gets no answer", (world) => {
			world.server.trouble.refusals = [-1];
			world.server.kick();
		}),
	(chance) => {
		const times = chance.whole(1, 4);
		return action(`SUBSCRIBE is refused ${times} times`, (world) => {
			world.server.trouble.subscribeRefusals = times;
			world.server.kick();
		});
	},
	(chance) => {
		const ms = chance.span(200, 30_000);
		return action(`acknowledgements wait ${ms} ms`, (world) => {
			world.server.trouble.withheldUntil = world.scheduler.now + ms;
		});
	},
	(chance) => {
		const count = chance.whole(1, 5);
		return action(`${count} acknowledgements are lost`, (world) => {
			world.server.trouble.losses = count;
		});
	},
	(chance) => {
		const [forget, heard] = [chance.happens(0.5), chance.happens(0.7)];
		return action(`the server restarts and ${forget ? "forgets" : "keeps"} its sessions`, (world) =>
			world.server.restart(forget, heard),
		);
	},
	(chance) => {
		const bytes = chance.pick(GARBAGE);
		return action(`the server sends ${bytes.toString("hex")}`, (world) => world.server.garbage(bytes));
	},
	(chance) => {
		const packet = chance.pick(STRAY);
		return action(`the server sends a stray ${packet.cmd}`, (world) => world.server.stray(packet));
	},
	(chance) => {
		const bytes = chance.whole(2100, 6000);
		return action(`a message of ${bytes} bytes comes in`, (world) =>
			world.server.publish(
				world.service.commandTopic,
				Buffer.alloc(bytes, 120),
				() => {},
				() => {},
			),
		);
	},
	(chance) => {
		const ms = chance.span(50, 20_000);
		return action(`power cut, for ${ms} ms`, (world) => world.cutPower(ms));
	},
	(chance) => {
		const [steps, ms] = [chance.span(1, 3000), chance.span(50, 5000)];
		return action(`power cut ${steps} steps of flash further, for ${ms} ms`, (world) => {
			world.offMs = ms;
			world.machine.memory.stepsLeft = steps - 1;
		});
	},
	(chance) => {
		const [writes, ms] = [chance.whole(0, 2), chance.span(50, 5000)];
		return action(`power cut at write ${writes} of the store from now, for ${ms} ms`, (world) => {
			world.offMs = ms;
			world.machine.memory.storeStepsLeft = writes;
		});
	},
	(chance, { raw }) => {
		// Bare values are known by their temperature.
		if (raw) return undefined;
		const ms = chance.span(500, 10_000);
		return action(`the thermistor is off for ${ms} ms`, (world) => {
			world.machine.setFaulty(true);
			world.scheduler.after(ms, () => world.machine.setFaulty(false));
		});
	},
	(chance) => {
		const count = chance.whole(2, 6);
		return action(`${count} commands at once`, (world) => {
			for (let i = 0; i < count; i++) world.service.command(true);
		});
	},
	() => action("an unusual command", (world) => world.service.special()),
	() => action("a command to refuse", (world) => world.service.command(false)),
];

export function makePlan(seed: number): Plan {
	const chance = new Chance(seed);
	const cloud = chance.pick(["cumulocity", "cumulocity", "plain", "plain", "plain", "sap"] as const);
	const keep = chance.pick(["off", "events", "all"] as const);
	const persistent = cloud === "plain" && chance.happens(0.7);
	const whole = (): Qos => chance.pick([0, 1, 2]);
	const measuresQos = chance.pick([0, 1, 1, 1, 2, 2, 2] as const);
	const keepAlive = chance.pick([5, 5, 10, 20, 60]);
	const measures = chance.pick([4, 8, 16, 40]);
	const raw = chance.happens(0.2);
	const exact = chance.happens(0.5);
	const qos = exact
		? ({ commandsQos: 2, resultsQos: 2, statusQos: 1 } as const)
		: { commandsQos: whole(), resultsQos: whole(), statusQos: whole() };
	const messageId = chance.happens(0.7);
	const dateProperty = chance.happens(0.5) ? "date" : "";
	const sap = {
		arrays: chance.happens(0.3),
		messageId,
		dateProperty,
		ackMs: chance.pick([0, 100, 3000]),
		losses: chance.pick([0, 0, 0.1]),
		refusals: messageId ? chance.pick([0, 0, 0.1]) : 0,
		repeats: messageId ? chance.pick([0, 0.1]) : 0,
	};
	const buffer = chance.pick([300, 1000, 4000, 16_000]);
	const rowsMs = chance.pick([0, 0, 300]);
	const healMs = chance.span(15_000, 150_000);
	// Rows that come late must not come seconds later than the acknowledgement that they follow; and of SAP's
	// acks without ids one that comes behind its deadline would be taken for that of another message.
	const stalls = cloud === "sap" ? messageId : rowsMs === 0;
	const kinds = KINDS.filter(() => chance.happens(0.35));
	// From another source, so that all else of a seed stays as it was.
	const child = cloud === "cumulocity" && new Chance(seed ^ 0x2545f491).happens(0.4);
	const actions: Action[] = [];
	for (let i = chance.whole(0, 12); i > 0 && kinds.length > 0; i--) {
		const made = chance.pick(kinds)(chance, { stalls, raw });
		if (made) actions.push({ at: chance.whole(0, healMs), ...made });
	}
	for (let i = chance.whole(1, 8); i > 0; i--)
		actions.push({
			at: chance.whole(0, healMs),
			...action("a command", (world) => world.service.command(true)),
		});
	actions.sort((a, b) => a.at - b.at);
	return {
		seed,
		cloud,
		keep,
		measuresQos,
		persistent,
		keepAlive,
		settings: {
			device: { id: "m", cloud },
			broker: { keepAlive },
			sampling: { intervalMs: chance.pick([500, 1000, 1000, 2500]), qos: measuresQos },
			outbox: { measures, events: chance.pick([4, 8]), keep },
			cumulocity: { multiple: chance.happens(0.5), debug: chance.happens(0.2) },
			...(child && { children: { a: { channels: CHILD_NAMES.join(), relay: "led" } } }),
			sap: { arrays: sap.arrays, messageId, dateProperty, ackMs: 10_000 },
			plain: { ...qos, persistent, format: raw ? "raw" : "json" },
		},
		child,
		sectors: measures <= 8 ? 11 : 32,
		clockSetMs: chance.pick([0, 0, 0, 2000, 30_000]),
		raw,
		qos,
		sap,
		rowsMs,
		network: {
			// The largest message passes within the shortest keepalive interval, or the node would be cut off with
			// every right.
			latencyMs: chance.span(1, Math.min(400, buffer / 4)),
			buffer,
			pieces: chance.happens(0.5),
		},
		// Rows carry no id: the node knows copies by coming within seconds, so the rows of a 500 are not held
		// back.
		window: cloud === "cumulocity" ? 1000 : chance.pick([1, 3, 10, 20]),
		slowMs: chance.pick([0, 0, 50, 1000]),
		healMs,
		actions,
	};
}

/** One line about the settings of a run. */
export function describePlan(plan: Plan): string {
	const { cloud, measuresQos, persistent, keep, keepAlive, settings, network, healMs, raw, qos } = plan;
	const { sampling, outbox } = settings;
	const plain =
		cloud === "plain"
			? `, ${raw ? "raw" : "JSON"}, commands QoS ${qos.commandsQos}, results QoS ${qos.resultsQos}`
			: "";
	return (
		`${cloud}, QoS ${measuresQos}, ${persistent ? "persistent" : "clean"} session${plain}, keep ${keep}, ` +
		`keepalive ${keepAlive} s, every ${sampling?.intervalMs} ms, ring of ${outbox?.measures}, ` +
		`${network.latencyMs} ms away, healed at ${healMs} ms`
	);
}
