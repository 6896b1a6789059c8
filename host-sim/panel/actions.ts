// What the page asks for: it is done to the circuit, the line, the clock, the broker and the node.

import type { SimulatedPart } from "../circuit/part.js";
import type { EmbeddedCloud } from "../cloud/embedded-cloud.js";
import type { CommandResult, Engine } from "../engine/engine.js";
import type { Line } from "../engine/line.js";
import { RealTime } from "../engine/time-source.js";
import type { Feed } from "./feed.js";
import { ActionError } from "./server.js";

const BROKER_PAUSE_MS = 3000;
const POWER_PAUSE_MS = 1500;
const MAX_COMMAND = 512;

/** The machine's time, which can be set wrong. */
export class SettableTime extends RealTime {
	offsetMs = 0;
	override epoch(): number {
		return super.epoch() + this.offsetMs;
	}
}

/** What a run lends to its panel. */
export interface PanelRun {
	readonly machine: Engine;
	readonly cloud: EmbeddedCloud | undefined;
	send(command: string): Promise<CommandResult>;
}

export class Actions {
	powered = true;
	brokerStops = false;
	/** Whether the machine's clock is not the laptop's. */
	clockSettable = false;
	readonly #line: Line;
	readonly #time: SettableTime;
	readonly #feed: Feed;
	#sent = 0;

	constructor(line: Line, time: SettableTime, feed: Feed) {
		this.#line = line;
		this.#time = time;
		this.#feed = feed;
	}

	/** Throws an ActionError with a reason for people. */
	async act(run: PanelRun | undefined, action: string, value: unknown): Promise<void> {
		if (!run) throw new ActionError("the run has not begun");
		const { circuit } = run.machine;
		switch (action) {
			case "ambient":
				circuit.ambientC = number(value, -50, 150);
				return;
			case "load":
				circuit.motor.load = number(value, 0, 100) / 100;
				return;
			case "noise":
				circuit.noise = number(value, 0, 200);
				return;
			case "thermistor":
				circuit.thermistorFault = oneOf(value, ["", "open", "shorted"]);
				return;
			case "stuck":
				circuit.tachometerStuck = flag(value);
				return;
			case "part":
				return setPart(circuit.parts, value);
			case "cut":
				this.#line.cut = flag(value);
				return;
			case "slow":
				this.#line.delayMs = number(value, 0, 10_000);
				return;
			case "clock":
				if (!this.clockSettable) throw new ActionError("on Node the clock is the laptop's own");
				this.#time.offsetMs = number(value, -2e12, 1e12);
				return;
			case "broker":
				return this.#restartBroker(run);
			case "power":
				return this.#cutPower(run);
			case "accept":
				return accept(run, value);
			case "command":
				return this.#command(run, value);
			default:
				throw new ActionError("there is no such action");
		}
	}

	async #restartBroker({ cloud }: PanelRun): Promise<void> {
		if (!cloud) throw new ActionError("this broker is not ours");
		if (this.brokerStops) throw new ActionError("it restarts already");
		this.brokerStops = true;
		await cloud.stopBroker();
		setTimeout(() => {
			cloud.startBroker().then(
				() => {
					this.brokerStops = false;
				},
				(error: Error) =>
					this.#feed.said({ at: Date.now(), text: `the broker: ${error.message}`, level: "warn" }),
			);
		}, BROKER_PAUSE_MS);
	}

	#cutPower({ machine }: PanelRun): void {
		if (!this.powered) throw new ActionError("there is no power already");
		this.powered = false;
		this.#feed.said({ at: Date.now(), text: "the power is cut", level: "warn" });
		machine.reset();
		setTimeout(() => machine.boot(), POWER_PAUSE_MS);
	}

	/** In Cumulocity its operation tells how it goes; elsewhere what is known of it here. */
	#command(run: PanelRun, value: unknown): void {
		if (typeof value !== "string" || value.trim() === "" || value.length > MAX_COMMAND)
			throw new ActionError(`a command is a text of 1 to ${MAX_COMMAND} characters`);
		if (!run.cloud) throw new ActionError("commands need the embedded broker");
		const told = run.cloud.cloud === "cumulocity";
		const entry = { id: `panel-${++this.#sent}`, at: Date.now(), text: value, reason: "" };
		if (!told) this.#feed.command({ ...entry, status: "SENT" });
		void run.send(value).then(({ status, reason }) => {
			if (!told) this.#feed.command({ ...entry, status, reason });
		});
	}
}

/** Takes in a device that asks for credentials. */
function accept({ cloud }: PanelRun, id: unknown): void {
	if (cloud?.cloud !== "cumulocity") throw new ActionError("devices ask for credentials in Cumulocity only");
	if (typeof id !== "string" || !cloud.cumulocity.tenant.requests.accept(id))
		throw new ActionError("this device does not ask for credentials, or no longer");
}

/** `{part, control, value}`, by their ids. */
function setPart(parts: readonly SimulatedPart[], asked: unknown): void {
	const { part, control, value } = (asked ?? {}) as Record<string, unknown>;
	const found = parts.find(({ id }) => id === part)?.controls.find(({ id }) => id === control);
	if (!found) throw new ActionError("there is no such part, or nothing of that name on it");
	if (found.kind === "switch") found.value = flag(value);
	else found.value = number(value, found.min, found.max);
}

function number(value: unknown, min: number, max: number): number {
	if (typeof value !== "number" || !(value >= min && value <= max))
		throw new ActionError(`the value must be ${min} to ${max}`);
	return value;
}
function flag(value: unknown): boolean {
	if (typeof value !== "boolean") throw new ActionError("the value must be true or false");
	return value;
}
function oneOf<T extends string>(value: unknown, among: readonly T[]): T {
	const found = among.find((one) => one === value);
	if (found === undefined) throw new ActionError("the value is none of those there are");
	return found;
}
