// One run: a node and a world in which things go wrong, from one seed; then the world heals, and the books
// have to balance.

import { Chance } from "./chance.js";
import { CumulocityService } from "./cumulocity-service.js";
import { Ledger } from "./ledger.js";
import { Machine } from "./machine.js";
import { Connection } from "./network.js";
import { PlainService } from "./plain-service.js";
import { describePlan, makePlan, type Plan } from "./plan.js";
import { SapService } from "./sap-service.js";
import { Scheduler } from "./scheduler.js";
import { Server } from "./server.js";
import type { SimulatedService } from "./service.js";

/** Times that the README states, ms. */
const CONNECT_MS = 30_000;
const CONNACK_MS = 15_000;
const ACKNOWLEDGE_MS = 20_000;
const BACKOFF_MS = 30_000;
const SUBSCRIBE_AGAIN_MS = 5_000;

export interface Outcome {
	readonly seed: number;
	readonly settings: string;
	/** What was broken, or "". */
	readonly violation: string;
	/** Facts for statistics. */
	readonly taken: number;
	readonly connections: number;
	readonly boots: number;
	readonly actions: number;
	readonly simulatedMs: number;
	readonly trace: readonly string[];
}

export class World {
	readonly scheduler = new Scheduler();
	readonly ledger = new Ledger();
	readonly plan: Plan;
	readonly server: Server;
	readonly service: SimulatedService;
	readonly machine: Machine;
	connection: Connection | undefined;
	unreachableUntil = 0;
	/** Whether attempts get no answer while the server is unreachable. */
	hangs = false;
	/** Told of each new connection. */
	connected: (connection: Connection) => void = () => {};
	nextCut: { way: "up" | "down"; bytes: number } | undefined;
	/** How long the power stays off after the next cut, ms. */
	offMs = 1000;
	readonly trace: string[] = [];
	readonly #network: Chance;
	#offAgain = false;

	constructor(plan: Plan, traced: boolean) {
		const { scheduler, ledger } = this;
		this.plan = plan;
		if (traced)
			ledger.trace = (text) => {
				this.trace.push(`${(scheduler.now / 1000).toFixed(3).padStart(9)}  ${text}`);
			};
		ledger.split = plan.child;
		this.#network = new Chance(plan.seed ^ 0x5bd1e995);
		this.server = new Server(scheduler, new Chance(plan.seed ^ 0x27d4eb2f), ledger);
		this.server.window = plan.window;
		this.server.trouble.slowMs = plan.slowMs;
		const parts = {
			server: this.server,
			ledger,
			after: (ms: number, work: () => void) => {
				scheduler.after(ms, work);
			},
			now: () => scheduler.now,
			lagMs: () => (this.connection?.touched ? 60_000 : 4 * plan.network.latencyMs + plan.slowMs + 10),
		};
		const chance = new Chance(plan.seed ^ 0x165667b1);
		this.service =
			plan.cloud === "cumulocity"
				? new CumulocityService(parts, chance, plan.rowsMs, plan.child)
				: plan.cloud === "sap"
					? new SapService(parts, chance, plan.sap)
					: new PlainService(parts, { raw: plan.raw, ...plan.qos });
		this.server.service = this.service;
		this.machine = new Machine({
			scheduler,
			chance: new Chance(plan.seed ^ 0x85ebca6b),
			ledger,
			settings: plan.settings,
			sectors: plan.sectors,
			clockSetMs: plan.clockSetMs,
			dial: () => this.#dial(),
		});
	}

	cutPower(offMs: number): void {
		this.offMs = offMs;
		this.machine.powerCut();
	}

	#dial(): { connection: Connection | undefined; afterMs: number } {
		const { scheduler, plan } = this;
		const { latencyMs, buffer, pieces } = plan.network;
		if (scheduler.now < this.unreachableUntil)
			return { connection: undefined, afterMs: this.hangs ? -1 : latencyMs };
		const connection = new Connection(scheduler, this.#network, latencyMs, buffer, pieces);
		this.connection = connection;
		connection.silent = () => {
			const { wire } = this.ledger;
			const limit = Math.max(plan.keepAlive * 1500, wire.greeted ? 0 : CONNACK_MS);
			scheduler.after(limit, () => {
				if (connection.node)
					this.ledger.violated(`a dead link is not noticed within ${limit} ms [MQTT-3.1.2-24]`);
			});
		};
		if (this.nextCut) {
			connection[this.nextCut.way].cutAt = this.nextCut.bytes;
			this.nextCut = undefined;
		}
		this.connected(connection);
		this.server.accept(connection);
		return { connection, afterMs: 2 * latencyMs };
	}

	run(): void {
		const { scheduler, ledger, plan, machine, service, server } = this;
		for (const action of plan.actions)
			scheduler.after(action.at, () => {
				ledger.trace?.(`*** ${action.what}`);
				action.act(this);
			});
		machine.boot();
		this.#run(plan.healMs);
		if (ledger.first) return;
		this.#heal();
		// Back in the stated time: what is taken from now on arrives.
		const { taken } = ledger;
		const from = taken.length;
		const isBack = () => taken.length > from && taken.slice(from).some(({ delivered }) => delivered > 0);
		const healed = scheduler.now;
		const { longestRefusalMs } = ledger;
		const detection = Math.max(CONNECT_MS, CONNACK_MS, ACKNOWLEDGE_MS, plan.keepAlive * 1500);
		const pause = Math.max(BACKOFF_MS, longestRefusalMs);
		const opening = 4 * SUBSCRIBE_AGAIN_MS + 40 * plan.network.latencyMs + 10 * plan.slowMs;
		this.#run(detection + pause + opening, isBack);
		if (!ledger.first && !isBack()) return ledger.violated("the node does not come back");
		ledger.trace?.(`*** back after ${scheduler.now - healed} ms`);
		this.#run(BACKOFF_MS + opening, () => server.isSubscribed(service.commandTopic));
		// Where the server refused its subscription, the node goes on without it until its next connection.
		if (server.client?.refused) {
			server.kick();
			this.#run(BACKOFF_MS + opening, () => server.isSubscribed(service.commandTopic));
		}
		if (!server.isSubscribed(service.commandTopic))
			return ledger.violated("the node is online and not subscribed to commands");
		service.command(true);
		this.#run(5000);
		machine.stopSampling();
		// Whatever is under way comes to its end: acks in time and a second attempt, an answer in a boot of its
		// own.
		const isAtRest = () => machine.resting && server.waiting.length === 0 && service.idle;
		this.#run(detection + pause + 60_000, isAtRest);
		this.#run(10_000);
		this.#run(20_000, isAtRest);
		if (ledger.first) return;
		if (!isAtRest()) {
			const waiting = server.waiting
				.map(({ topic, payload, state }) => `${topic} ${payload} ${state}`)
				.join("; ");
			ledger.trace?.(`*** at the server: ${waiting || "nothing"}`);
		}
		machine.checkRest();
		const { keep, persistent, measuresQos } = plan;
		const kept = ledger.powerCuts === 0 || keep === "all";
		ledger.balance({
			atLeast: measuresQos > 0,
			exactly: measuresQos === 2 && persistent && server.forgot === 0 && kept,
		});
		service.settle({ keep, persistent, measuresQos });
	}

	#run(ms: number, enough: () => boolean = () => false): void {
		const { scheduler, ledger, machine } = this;
		scheduler.run(scheduler.now + ms, () => {
			if (!machine.powered && !this.#offAgain) this.#switchOn();
			return ledger.first !== undefined || enough();
		});
	}

	/** A board without power gets it back. One that restarts by itself boots by itself. */
	#switchOn(): void {
		this.#offAgain = true;
		this.scheduler.after(this.offMs, () => {
			this.#offAgain = false;
			this.machine.boot();
		});
	}

	#heal(): void {
		const { ledger, machine, server, connection } = this;
		ledger.trace?.("*** the world heals");
		machine.memory.stepsLeft = machine.memory.storeStepsLeft = Number.POSITIVE_INFINITY;
		machine.setClock();
		machine.setFaulty(false);
		machine.boot();
		this.unreachableUntil = 0;
		this.nextCut = undefined;
		if (connection) {
			connection.up.cutAt = connection.down.cutAt = Number.POSITIVE_INFINITY;
			this.connected = () => {};
			connection.up.unstall();
			connection.down.unstall();
		}
		const { trouble } = server;
		trouble.refusals = [];
		trouble.subscribeRefusals = trouble.kicks = trouble.losses = trouble.withheldUntil = 0;
		if (this.service instanceof SapService) this.service.healed = true;
	}
}

/** Runs a seed. */
export function simulate(seed: number, traced = false): Outcome {
	return runPlan(makePlan(seed), () => {}, traced);
}

/** Runs a plan in a world that is prepared first. Whatever is thrown on the way is a violation, too. */
export function runPlan(plan: Plan, prepare: (world: World) => void, traced = false): Outcome {
	const world = new World(plan, traced);
	try {
		prepare(world);
		world.run();
	} catch (error) {
		const what =
			error instanceof Error ? `${error.message}${traced ? `\n${error.stack}` : ""}` : String(error);
		world.ledger.violated(what);
	}
	const { ledger, scheduler, trace } = world;
	return {
		seed: plan.seed,
		settings: describePlan(plan),
		violation: ledger.first?.message ?? "",
		taken: ledger.taken.length,
		connections: ledger.attempts.length,
		boots: ledger.boots,
		actions: plan.actions.length,
		simulatedMs: scheduler.now,
		trace,
	};
}
