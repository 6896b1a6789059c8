// The board that the node runs on: boots, power cuts, clock, timers, flash and store. It alone knows the
// firmware here.

import { NodeBoard } from "../../drivers/node-board.js";
import { NorFlash, PowerCut } from "../../host-sim/circuit/nor-flash.js";
import { MoteNode } from "../../modules/app/node.js";
import { makeSettings, type Settings } from "../../modules/app/settings.js";
import { Cumulocity } from "../../modules/cloud/cumulocity/cumulocity.js";
import { Plain } from "../../modules/cloud/plain/plain.js";
import { SapIot } from "../../modules/cloud/sap-iot/sap-iot.js";
import type { Alarm, AlarmOwner, Clock, Timers } from "../../modules/core/clock.js";
import { Log } from "../../modules/core/log.js";
import type { Store } from "../../modules/core/store.js";
import type { Chance } from "./chance.js";
import { makePins, PIN } from "./hardware.js";
import type { Ledger } from "./ledger.js";
import { type Dial, SimulatedTransport } from "./node-transport.js";
import type { Scheduler, Task } from "./scheduler.js";

/** 2026-11-20T09:15:30Z at the beginning of a run. */
export const EPOCH = Date.UTC(2026, 10, 20, 9, 15, 30);

export interface MachineOptions {
	readonly scheduler: Scheduler;
	readonly chance: Chance;
	readonly ledger: Ledger;
	readonly settings: unknown;
	readonly sectors: number;
	/** How long after a boot the clock becomes right, ms. */
	readonly clockSetMs: number;
	readonly dial: Dial;
}

/** Flash and store that go with the power, at a chosen step of either. */
class Memory extends NorFlash {
	readonly values = new Map<string, string | number>();
	/** Writes of the store until the power is cut. */
	storeStepsLeft = Number.POSITIVE_INFINITY;
	onCut: () => void = () => {};
	/** Code still runs on the host until it returns; nothing of it lasts. */
	powered = true;

	override erase(sector: number): void {
		this.#watch(() => super.erase(sector));
	}
	override write(at: number, bytes: Uint8Array, length: number): void {
		this.#watch(() => super.write(at, bytes, length));
	}

	/** `after`: the cut comes behind the write, not before it. */
	change(work: () => void, after: boolean): void {
		const cut = this.storeStepsLeft-- <= 0;
		if (!cut || after) work();
		if (cut) this.onCut();
	}

	#watch(work: () => void): void {
		if (!this.powered) throw new PowerCut();
		try {
			work();
		} catch (error) {
			if (error instanceof PowerCut) this.onCut();
			throw error;
		}
	}
}

/** One life of the firmware, from power to power cut or restart. */
class Life implements Clock, Timers {
	powered = true;
	faulty = false;
	readonly boot: number;
	readonly ledger: Ledger;
	/** Alarms that were made and not closed. */
	alarms = 0;
	readonly #scheduler: Scheduler;
	readonly #from: number;
	readonly #monotonicFrom: number;
	clockSetAt: number;

	constructor(scheduler: Scheduler, ledger: Ledger, boot: number, clockSetMs: number, monotonicFrom: number) {
		this.#scheduler = scheduler;
		this.#from = scheduler.now;
		this.ledger = ledger;
		this.boot = boot;
		this.#monotonicFrom = monotonicFrom;
		this.clockSetAt = scheduler.now + clockSetMs;
	}

	get wall(): number {
		return EPOCH + this.#scheduler.now;
	}
	monotonic(): number {
		return this.#monotonicFrom + this.#scheduler.now - this.#from;
	}
	wallAt(monotonicMs: number): number {
		return this.#scheduler.now >= this.clockSetAt ? this.wall - (this.monotonic() - monotonicMs) : -1;
	}

	create(owner: AlarmOwner): Alarm {
		let task: Task | undefined;
		let closed = false;
		const stop = () => {
			if (task) task.work = undefined;
		};
		this.alarms++;
		const alarm: Alarm = {
			start: (ms) => {
				stop();
				if (closed) throw new Error("an alarm is started after it was closed");
				task = this.#scheduler.after(ms, () => {
					if (this.powered) owner.due(alarm);
				});
			},
			stop,
			close: () => {
				stop();
				if (!closed) this.alarms--;
				closed = true;
			},
		};
		return alarm;
	}
}

export class Machine {
	readonly memory: Memory;
	readonly settings: Settings;
	readonly #options: MachineOptions;
	#life: Life | undefined;
	#node: MoteNode | undefined;
	#transport: SimulatedTransport | undefined;
	#boots = 0;
	#sampling = true;
	#alarmsAtRest = 0;
	#quarantined = 0;
	/** Alarms, and whether power is there; changes of the plan for lives to come. */
	faulty = false;
	clockSetMs: number;

	constructor(options: MachineOptions) {
		this.#options = options;
		this.settings = makeSettings(options.settings);
		this.clockSetMs = options.clockSetMs;
		this.memory = new Memory(options.sectors);
		this.memory.onCut = () => this.powerCut();
	}

	get powered(): boolean {
		return this.#life?.powered === true;
	}

	get #sink(): (level: string, text: string, detail: string) => void {
		const { ledger } = this.#options;
		return (level, text, detail) => ledger.trace?.(`node        ${level}${text}${detail}`);
	}

	boot(): void {
		if (this.powered) return;
		const { scheduler, chance, ledger, dial } = this.#options;
		const { memory, settings } = this;
		const boot = ++this.#boots;
		ledger.boots++;
		ledger.trace?.(`boot        number ${boot}`);
		memory.powered = true;
		const life = new Life(
			scheduler,
			ledger,
			boot,
			this.clockSetMs,
			chance.pick([0, 1000, 2 ** 31, 2 ** 32 - 5000]),
		);
		life.faulty = this.faulty;
		this.#life = life;
		const transport = new SimulatedTransport(
			scheduler,
			ledger,
			() => {
				this.#noteGivenUp();
				return dial();
			},
			() => life.powered,
		);
		this.#transport = transport;
		const store: Store = {
			get: (key) => memory.values.get(key),
			set: (key, value) => {
				if (life.powered) memory.change(() => memory.values.set(key, value), chance.happens(0.5));
			},
			delete: (key) => {
				if (life.powered) memory.change(() => memory.values.delete(key), chance.happens(0.5));
			},
		};
		const cloud = settings.device.cloud;
		const node = new MoteNode({
			settings,
			cloud:
				cloud === "cumulocity"
					? new Cumulocity(settings, "0.0.0")
					: cloud === "sap"
						? new SapIot(settings, boot)
						: new Plain(settings),
			board: new NodeBoard({
				...settings,
				io: makePins(life),
				pin: PIN,
				clock: life,
				timers: life,
			}),
			transport,
			clock: life,
			timers: life,
			random: () => chance.random(),
			store,
			flash: settings.outbox.keep === "off" ? undefined : memory,
			log: new Log(this.#sink, ledger.trace ? "debug" : "off"),
			boot,
			restart: () => {
				ledger.trace?.("restart");
				this.#end();
				ledger.forgotten(boot, settings.outbox.keep === "all");
				scheduler.after(500, () => this.boot());
			},
		});
		this.#node = node;
		this.#alarmsAtRest = life.alarms;
		// The power may have gone while the journal was read.
		if (!life.powered) return;
		node.start();
		if (!this.#sampling) node.stopSampling();
	}

	/** All that is not in flash is gone, at once. */
	powerCut(): void {
		if (!this.powered) return;
		const { ledger } = this.#options;
		ledger.trace?.("power cut");
		ledger.powerCuts++;
		this.memory.stepsLeft = this.memory.storeStepsLeft = Number.POSITIVE_INFINITY;
		const { keep } = this.settings.outbox;
		const last = ledger.taken.at(-1);
		if (last?.wall === this.#life?.wall && last) {
			// The sample that is being put into flash is not accepted yet, and the one that gives way to it is gone
			// from there before it is counted.
			last.excused = true;
			if ((this.#node?.measures.ring.free ?? 0) <= 2) ledger.dropped += ledger.split ? 2 : 1;
		}
		this.#end();
		ledger.forgotten(this.#boots, keep === "all");
	}

	#end(): void {
		const { ledger } = this.#options;
		this.#count();
		if (this.#life) this.#life.powered = false;
		this.memory.powered = false;
		this.#life = undefined;
		this.#transport?.vanish();
		this.#node = undefined;
		this.#quarantined = 0;
		ledger.wire.restarted();
	}

	/** What the node gave up, as it says itself, does not go out again in a session that goes on. */
	#noteGivenUp(): void {
		const given = this.#node?.outbox.quarantined ?? 0;
		if (given > this.#quarantined) this.#options.ledger.wire.restarted();
		this.#quarantined = given;
	}

	/** The node's own counters of this life go into the books. */
	#count(): void {
		const { ledger } = this.#options;
		const node = this.#node;
		if (!node) return;
		const { health, outbox, measures } = node;
		ledger.dropped += health.droppedSamples + health.undated + measures.ring.evicted;
		ledger.dropped += outbox.unconfirmed + outbox.quarantined;
		ledger.givenUp += outbox.quarantined;
		ledger.malformed += health.malformed;
		if (health.flashFailures > 0) ledger.violated("flash failed");
	}

	/** The clock becomes right. */
	setClock(): void {
		this.clockSetMs = 0;
		if (this.#life) this.#life.clockSetAt = 0;
	}

	setFaulty(faulty: boolean): void {
		this.faulty = faulty;
		if (this.#life) this.#life.faulty = faulty;
	}

	stopSampling(): void {
		this.#sampling = false;
		this.#node?.stopSampling();
	}

	/** Whether everything that was taken is delivered or given up. */
	get resting(): boolean {
		const node = this.#node;
		return node !== undefined && node.outbox.waiting === 0 && node.session.inFlight === 0;
	}

	/** At the end of a run: everything is as it was at the start. */
	checkRest(): void {
		const { ledger } = this.#options;
		const node = this.#node;
		if (!node) return ledger.violated("there is no node");
		const { measures, events, session, outbox } = node;
		for (const [name, { ring }] of Object.entries({ measures, events }))
			if (ring.free !== ring.slots)
				ledger.violated(`ring of ${name}: ${ring.slots - ring.free} of ${ring.slots} slots are not free`);
		if (outbox.waiting > 0) ledger.violated(`${outbox.waiting} records wait`);
		if (session.inFlight > 0) ledger.violated(`${session.inFlight} messages are in flight`);
		const life = this.#life as Life;
		if (life.alarms !== this.#alarmsAtRest)
			ledger.violated(`${life.alarms} alarms, and ${this.#alarmsAtRest} at the start`);
		this.#count();
	}
}
