// Power cuts of the whole node with its journal: at every step of flash, against a broker that keeps the
// session. The ledger sees what a broker, a pin and the caller of the board see, while there is power.

import assert from "node:assert/strict";
import { generate, type Packet, parser } from "mqtt-packet";
import { NorFlash, PowerCut } from "../../../host-sim/circuit/nor-flash.js";
import { MoteNode } from "../../../modules/app/node.js";
import type { Board } from "../../../modules/app/parts.js";
import { makeSettings } from "../../../modules/app/settings.js";
import { Plain } from "../../../modules/cloud/plain/plain.js";
import { utf8 } from "../../../modules/cloud/text.js";
import type { Sample } from "../../../modules/core/channels.js";
import { Log } from "../../../modules/core/log.js";
import type { Piece, Transport, TransportHandler } from "../../../modules/mqtt/transport.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { joined } from "../../support/scripted-transport.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";

const SECOND = 1_000;

/** Tells when the power goes. */
class CutFlash extends NorFlash {
	onCut: () => void = () => {};
	override erase(sector: number): void {
		this.#watch(() => super.erase(sector));
	}
	override write(at: number, bytes: Uint8Array, length: number): void {
		this.#watch(() => super.write(at, bytes, length));
	}
	#watch(work: () => void): void {
		try {
			work();
		} catch (error) {
			if (error instanceof PowerCut) this.onCut();
			throw error;
		}
	}
}

interface Command {
	readonly text: string;
	id: number;
	state: "waits" | "published" | "received";
}

/** A broker with one persistent session, and the network to it; it outlives the node. */
class Broker {
	readonly measures: number[] = [];
	readonly results: string[] = [];
	readonly commands: Command[] = [];
	readonly qos: 1 | 2;
	readonly persistent: boolean;
	#session = false;
	#subscribed = false;
	#connected = false;
	readonly #received = new Set<number>();
	send: (packet: Packet) => void = () => {};

	constructor(qos: 1 | 2, persistent: boolean) {
		this.qos = qos;
		this.persistent = persistent;
	}

	command(text: string): void {
		this.commands.push({ text, id: 0, state: "waits" });
		this.#pump();
	}

	disconnected(): void {
		this.#connected = false;
	}

	#pump(): void {
		if (!this.#connected || !this.#subscribed) return;
		for (const command of this.commands)
			if (command.state === "waits") {
				// Used again as soon as the standard allows it.
				command.id = 1;
				while (this.commands.some((other) => other !== command && other.id === command.id)) command.id++;
				command.state = "published";
				this.#publish(command, false);
			}
	}

	#publish({ text, id }: Command, dup: boolean): void {
		const topic = "mote/m/commands/led";
		this.send({ cmd: "publish", topic, payload: text, qos: this.qos, messageId: id, dup, retain: false });
	}

	#drop(id: number): void {
		const at = this.commands.findIndex((command) => command.id === id);
		if (at >= 0) this.commands.splice(at, 1);
	}

	packet(packet: Packet): void {
		const messageId = packet.messageId ?? 0;
		switch (packet.cmd) {
			case "connect":
				this.#connected = true;
				this.send({ cmd: "connack", returnCode: 0, sessionPresent: this.#session });
				this.#session = this.persistent;
				if (!this.persistent) {
					this.#subscribed = false;
					this.#received.clear();
					this.commands.length = 0;
				}
				for (const command of this.commands)
					if (command.state === "published") this.#publish(command, true);
					else if (command.state === "received") this.send({ cmd: "pubrel", messageId: command.id });
				return this.#pump();
			case "subscribe":
				this.#subscribed = true;
				this.send({ cmd: "suback", messageId, granted: [this.qos] });
				return this.#pump();
			case "publish":
				if (packet.qos === 2) {
					if (!this.#received.has(messageId)) this.#app(packet.topic, packet.payload.toString());
					this.#received.add(messageId);
					return this.send({ cmd: "pubrec", messageId });
				}
				this.#app(packet.topic, packet.payload.toString());
				if (packet.qos === 1) this.send({ cmd: "puback", messageId });
				return;
			case "pubrel":
				this.#received.delete(messageId);
				return this.send({ cmd: "pubcomp", messageId });
			case "puback":
			case "pubcomp":
				return this.#drop(messageId);
			case "pubrec": {
				const command = this.commands.find(({ id }) => id === messageId);
				if (command) command.state = "received";
				return this.send({ cmd: "pubrel", messageId });
			}
			case "pingreq":
				return this.send({ cmd: "pingresp" });
			default:
		}
	}

	#app(topic: string, text: string): void {
		if (topic === "mote/m/measures") this.measures.push(JSON.parse(text).temperature);
		if (topic === "mote/m/results") this.results.push(text);
	}
}

class Link implements Transport {
	free = 0;
	readonly drained = true;
	awaited = false;
	#handler: TransportHandler | undefined;
	readonly #world: World;
	readonly #time: VirtualTime;
	#connection = 0;

	constructor(world: World, time: VirtualTime) {
		this.#world = world;
		this.#time = time;
	}

	open(handler: TransportHandler): void {
		const connection = ++this.#connection;
		this.#handler = handler;
		const parse = parser();
		parse.on("packet", (packet) => this.#world.broker.packet(packet));
		this.#parse = (bytes) => parse.parse(bytes);
		this.#world.broker.send = (packet) => {
			const bytes = generate(packet);
			this.#later(connection, () => this.#handler?.received(bytes));
		};
		this.#later(connection, () => {
			this.free = 4000;
			handler.opened();
		});
	}

	#parse: (bytes: Buffer) => void = () => {};

	write(bytes: number, ...pieces: readonly Piece[]): void {
		const copy = joined(bytes, pieces);
		if (this.#world.powered) this.#later(this.#connection, () => this.#parse(copy));
	}

	close(): void {
		this.#connection++;
		this.#handler = undefined;
		this.free = 0;
		this.#world.broker.disconnected();
	}

	lose(): void {
		const handler = this.#handler;
		this.close();
		handler?.closed("connection-lost", "");
	}

	#later(connection: number, work: () => void): void {
		const alarm = this.#time.calling(() => {
			alarm.close();
			if (connection === this.#connection && this.#world.powered) work();
		});
		alarm.start(3);
	}
}

class World implements Board {
	readonly flash = new CutFlash(13, 2048);
	readonly store = new Map<string, string | number>();
	readonly broker: Broker;
	powered = false;
	/** What the ledger knows: measures that were accepted, and how often each brightness was set. */
	readonly accepted: number[] = [];
	readonly moves = new Map<number, number>();
	time = new VirtualTime();
	link = new Link(this, this.time);
	node: MoteNode | undefined;
	/** Snapshots of the journal, but for those at a start. */
	snapshots = 0;
	readonly keep: string;
	#boots = 0;
	#next = 0;

	constructor(qos: 1 | 2, keep: string, persistent = true) {
		this.broker = new Broker(qos, persistent);
		this.keep = keep;
		this.flash.onCut = () => {
			this.powered = false;
		};
	}

	boot(): void {
		this.powered = true;
		this.broker.disconnected();
		const time = new VirtualTime();
		this.time = time;
		this.link = new Link(this, time);
		const { qos, persistent } = this.broker;
		const settings = makeSettings({
			device: { id: "m", cloud: "plain" },
			sampling: { qos },
			outbox: { measures: 8, events: 4, keep: this.keep },
			plain: { persistent, commandsQos: qos, resultsQos: qos },
		});
		const { store } = this;
		const node = new MoteNode({
			settings,
			cloud: new Plain(settings),
			board: this,
			transport: this.link,
			clock: time,
			timers: time,
			random: seeded(1),
			store: {
				get: (key) => store.get(key),
				set: (key, value) => {
					if (this.powered) store.set(key, value);
				},
				delete: (key) => {
					if (this.powered) store.delete(key);
				},
			},
			flash: this.flash,
			log: new Log(() => {}, "off"),
			boot: ++this.#boots,
			restart: () => {},
		});
		node.observer = {
			sampled: (values, _wall, records) => {
				if (this.powered && records > 0) this.accepted.push(values[0] as number);
			},
		};
		this.node = node;
		const { keeper } = node;
		const snapshot = keeper?.snapshot.bind(keeper);
		if (keeper && snapshot)
			keeper.snapshot = () => {
				this.snapshots++;
				snapshot();
			};
		node.start();
	}

	/**
	 * Flash of a node that has lived before, so that a life with it makes a snapshot; everything is delivered.
	 */
	static worn(qos: 1 | 2): Uint8Array {
		const world = new World(qos, "all");
		world.boot();
		for (;;) {
			world.#pass(SECOND);
			const copy = new World(qos, "all");
			copy.flash.content.set(world.flash.content);
			copy.recover();
			const worn = copy.flash.content.slice();
			copy.live();
			if (copy.snapshots > 0) return worn;
		}
	}

	/** The life of the first boot, as far as there is power. */
	live(): void {
		this.boot();
		for (let step = 0; step < 70 && this.powered; step++) {
			if (step === 15) this.broker.command("11%");
			if (step === 31) this.broker.command("22%");
			if (step === 40) this.link.lose();
			if (step === 41) this.broker.command("33%");
			if (step === 50) this.broker.command("555%");
			this.#pass(100);
		}
	}

	/** A boot in which all comes to rest. */
	recover(): void {
		this.boot();
		this.#pass(3 * SECOND);
		this.broker.command("66%");
		this.#pass(SECOND);
		this.node?.stopSampling();
		this.#pass(60 * SECOND);
	}

	#pass(ms: number): void {
		for (let passed = 0; passed < ms && this.powered; passed += 100) this.time.advance(100);
	}

	sample(values: Sample): void {
		values.fill(0);
		values[0] = this.#next++;
	}
	led(percent: number): void {
		if (this.powered) this.moves.set(percent, (this.moves.get(percent) ?? 0) + 1);
	}
	buzzer(): void {}
	speed(): void {}
	close(): void {}
}

function twice(values: readonly number[]): number[] {
	return values.filter((value, i) => values.indexOf(value) !== i);
}

describe("the node with a journal", () => {
	for (const qos of [2, 1] as const)
		it(`QoS ${qos}: a power cut at any step of flash loses nothing${qos === 2 ? " and repeats nothing" : ""}`, () => {
			const worn = World.worn(qos);
			const whole = new World(qos, "all");
			whole.flash.content.set(worn);
			whole.live();
			const { steps } = whole.flash;
			assert.ok(whole.accepted.length >= 6 && whole.node?.health.flashFailures === 0);
			assert.ok(whole.snapshots > 0, "a snapshot is among what is cut");
			assert.equal(whole.node?.keeper?.journal.forced, 0);
			let interrupted = 0;
			let restored = 0;
			for (let step = 0; step < steps; step++) {
				const world = new World(qos, "all");
				world.flash.content.set(worn);
				world.flash.stepsLeft = step;
				world.live();
				const where = `cut at step ${step} of ${steps}`;
				assert.equal(world.powered, false, where);
				const sent = world.moves.size;
				world.flash.stepsLeft = Number.POSITIVE_INFINITY;
				world.recover();
				restored += world.node?.health.restored ?? 0;
				const { measures, results, commands } = world.broker;
				const missing = world.accepted.filter((value) => !measures.includes(value));
				assert.deepEqual(missing, [], `${where}: lost`);
				assert.deepEqual(commands, [], `${where}: a command is left at the broker`);
				assert.equal(world.moves.get(66), 1, `${where}: what came afterwards`);
				for (const percent of [11, 22, 33, 555]) {
					const about = results.filter((text) => text.includes(`led ${percent}%`));
					const moved = world.moves.get(percent) ?? 0;
					if (about.length === 0) assert.equal(moved, 0, `${where}: ${percent}% in silence`);
					if (about.some((text) => text.includes("interrupted"))) interrupted++;
					if (qos === 1) continue;
					assert.ok(moved <= 1, `${where}: ${percent}% moved ${moved} times`);
					assert.ok(about.length <= 1, `${where}: ${about}`);
				}
				assert.ok(world.moves.size >= sent);
				if (qos === 2) assert.deepEqual(twice(measures), [], `${where}: twice`);
				assert.equal(world.node?.outbox.waiting, 0, where);
				assert.equal(world.node?.session.inFlight, 0, where);
				assert.equal(world.node?.health.flashFailures, 0, where);
			}
			assert.ok(restored > 0 && interrupted > 0, `${restored} restored, ${interrupted} interrupted`);
		});

	it("QoS 2 in a clean session: ids of the one before mean nothing after a power cut [MQTT-3.1.2-6]", () => {
		const whole = new World(2, "all", false);
		whole.live();
		for (let step = 0; step < whole.flash.steps; step++) {
			const world = new World(2, "all", false);
			world.flash.stepsLeft = step;
			world.live();
			world.flash.stepsLeft = Number.POSITIVE_INFINITY;
			world.recover();
			assert.equal(world.moves.get(66), 1, `cut at step ${step}`);
		}
	});

	it("keep events: results survive, measures do not", () => {
		const world = new World(2, "events");
		world.boot();
		for (let i = 0; i < 29; i++) world.time.advance(100);
		world.link.lose();
		world.broker.command("44%");
		world.time.advance(100);
		world.powered = false;
		world.recover();
		assert.equal(world.moves.get(44), 1);
		assert.equal(world.broker.results.length, 2);
		assert.deepEqual(twice(world.broker.measures), []);
		assert.equal(world.node?.health.flashFailures, 0);
	});

	it("what means nothing to the next boot is not kept, also where the journal is written anew", () => {
		const world = new World(1, "events");
		world.boot();
		const put = (kind: number, text: string) => {
			world.node?.messages.queue(kind, 1, (record) => record.put(utf8(text)));
			world.node?.keeper?.flush();
		};
		put(RecordKind.Passing, "question");
		put(RecordKind.Operation, "result");
		for (let i = 0; i < 400; i++) {
			put(RecordKind.Operation, "filler");
			const ring = world.node?.events.ring;
			if (ring) ring.remove(ring.after(ring.after(ring.first)), ring.after(ring.first));
		}
		assert.ok((world.node?.keeper?.journal.erases ?? 0) > 13);
		world.powered = false;
		world.boot();
		const ring = world.node?.events.ring;
		assert.equal(ring?.used, 1);
		const at = ring?.payloadAt(ring.first) ?? 0;
		assert.equal(Buffer.from(ring?.bytes.subarray(at, at + 6) ?? []).toString(), "result");
	});

	it("flash that is missing or too small is counted, and the node works without", () => {
		const world = new World(1, "all");
		Object.defineProperty(world, "flash", { value: new CutFlash(3) });
		world.recover();
		assert.equal(world.node?.health.flashFailures, 1);
		assert.ok(world.broker.measures.length >= 3);
	});
});
