// A run of `npm start`: cloud (embedded or the user's), machine, commands, and the end.

import { fileURLToPath } from "node:url";
import type { Observer } from "../../modules/app/observer.js";
import { childId } from "../../modules/cloud/cumulocity/settings.js";
import type { CumulocityOptions } from "../cloud/cumulocity/stand-in.js";
import { EmbeddedCloud } from "../cloud/embedded-cloud.js";
import type { CommandResult, Engine, EngineEvents, MemoryStats } from "../engine/engine.js";
import { narrator, type Sentence, together } from "../engine/narration.js";
import { Panel, type PanelSubject } from "../panel/panel.js";
import { BuildError } from "../xs/build.js";
import { MachineCrash } from "../xs/crash.js";
import { makeEngine } from "./choose-engine.js";
import { explainFailure } from "./explain.js";
import { embeddedSetup, externalSetup, sapModel, seriesNames } from "./firmware-setup.js";
import type { ResolvedOptions } from "./options.js";
import { type Summary, Tally } from "./tally.js";
import type { View } from "./view.js";

/** A run that could not do its job; the message is one sentence that says what to do. */
export class RunError extends Error {
	override name = "RunError";
}

const IDENTITIES = fileURLToPath(new URL("../../certs/dev", import.meta.url));
/** Longest wait for a command's end, ms. */
const COMMAND_MS = 30_000;
/** Longest wait for what is still in the ring when the run ends, ms. */
const FLUSH_MS = 5000;
const text = new TextDecoder();

export async function startCloud(options: ResolvedOptions): Promise<EmbeddedCloud> {
	try {
		return await EmbeddedCloud.start({
			cloud: options.cloud,
			identitiesFolder: IDENTITIES,
			port: options.port,
			sap: { model: sapModel(options.firmware) },
			webSocket: isOverWebSocket(options),
			cumulocity: cumulocityOf(options),
		});
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === "EADDRINUSE")
			throw new RunError(`Port ${options.port} is taken; choose another with --port.`);
		if (code === "EACCES")
			throw new RunError(`Port ${options.port} may not be opened; choose one above 1023 with --port.`);
		throw error;
	}
}

/** Where the node comes that way, or any client may. */
function isOverWebSocket({ firmware, brokerOnly, cloud }: ResolvedOptions): boolean {
	return firmware.broker.transport === "websocket" || (brokerOnly && cloud === "cumulocity");
}

/** Cumulocity's stand-in as the settings need it: with the device's user, or waiting for the device. */
function cumulocityOf({ firmware, device, panel }: ResolvedOptions): CumulocityOptions {
	const { bootstrapPassword } = firmware.cumulocity;
	const { username, password } = firmware.broker;
	const [, name] = username.split("/");
	return {
		series: seriesNames(firmware),
		...(name !== undefined && { users: [{ name, password, device }] }),
		// Without a panel there is no operator who could accept it.
		...(bootstrapPassword !== "" && {
			bootstrapPassword,
			awaited: [device],
			acceptAtOnce: panel === undefined,
		}),
	};
}

function subjectOf({ device, cloud, board, broker, firmware }: ResolvedOptions): PanelSubject {
	const { motor, outbox, channels } = firmware;
	const embedded = broker === undefined;
	return { device, cloud, board, embedded, maxRpm: motor.maxRpm, keep: outbox.keep, channels };
}

export class Run {
	readonly cloud: EmbeddedCloud | undefined;
	readonly panel: Panel | undefined;
	machine!: Engine;
	readonly #options: ResolvedOptions;
	readonly #view: View;
	readonly #tally = new Tally();
	readonly #done: Promise<void>;
	#finish!: () => void;
	#fail!: (error: unknown) => void;
	#ending = false;
	#failed = false;
	#commandsEnded = false;
	#lastCommand: Promise<unknown> = Promise.resolve();
	#commandSeen: ((result: CommandResult) => void) | undefined;
	#ring: Summary["ring"] = { capacity: 0, waiting: 0, highWater: 0, evicted: 0 };
	#malformed = 0;
	#memory: MemoryStats | undefined;

	static async start(options: ResolvedOptions, view: View): Promise<Run> {
		const cloud = options.broker ? undefined : await startCloud(options);
		try {
			const setup = cloud ? await embeddedSetup(options, cloud) : await externalSetup(options);
			const run = new Run(options, view, cloud);
			const events: EngineEvents = {
				observer: run.#observer(),
				onTrace: (line) => view.info(line.trimEnd()),
				onBoot: () => run.#booted(),
				onCrash: (error) => run.#crashed(error),
			};
			run.machine = await makeEngine(
				options,
				setup,
				events,
				(text) => view.progress(text),
				(text) => view.warn(text),
				run.panel,
			);
			await run.panel?.start(options.panel ?? 0);
			run.panel?.watch({ machine: run.machine, cloud, send: (command) => run.#send(command) });
			view.endProgress();
			return run;
		} catch (error) {
			view.endProgress();
			await cloud?.close();
			if (error instanceof BuildError) throw new RunError(error.message);
			throw error;
		}
	}

	private constructor(options: ResolvedOptions, view: View, cloud: EmbeddedCloud | undefined) {
		this.#options = options;
		this.#view = view;
		this.cloud = cloud;
		this.panel = options.panel === undefined ? undefined : new Panel(subjectOf(options));
		this.#done = new Promise((resolve, reject) => {
			this.#finish = resolve;
			this.#fail = reject;
		});
	}

	/** Runs to the end and returns the summary. */
	async run(): Promise<Summary> {
		const look = this.#options.stats ? setInterval(() => void this.#showMemory(), 1000) : undefined;
		try {
			this.#tally.started = performance.now();
			this.machine.boot();
			this.#sendCommands().catch((error: unknown) => this.#fail(error));
			await this.#done;
			return await this.#end();
		} finally {
			clearInterval(look);
			this.machine.close();
			await this.panel?.close();
			await this.cloud?.close();
		}
	}

	async #showMemory(): Promise<void> {
		const memory = await this.machine.memory(false);
		if (memory) this.#view.stats(memory);
	}

	#crashed(error: unknown): void {
		this.#fail(error instanceof MachineCrash ? new RunError(error.message) : error);
	}

	/** Ends the run in order, as Ctrl-C does. */
	stop(): void {
		this.#finish();
	}

	/** A command typed at the prompt. */
	async type(command: string): Promise<void> {
		this.#tally.commands.push(await this.#send(command));
	}

	async #sendCommands(): Promise<void> {
		for (const command of this.#options.commands) this.#tally.commands.push(await this.#send(command));
		this.#commandsEnded = true;
		this.#look();
	}

	/** Sends a command behind those that are under way: one at a time, so that each gets its own result. */
	#send(command: string): Promise<CommandResult> {
		const result = this.#lastCommand.then(() => this.#sendNow(command));
		this.#lastCommand = result;
		return result;
	}

	/** Sends a command from the cloud's side; where the cloud knows no answer, the node's own result counts. */
	async #sendNow(text: string): Promise<CommandResult> {
		const cloud = this.cloud as EmbeddedCloud;
		const seen = new Promise<CommandResult>((resolve) => {
			this.#commandSeen = resolve;
		});
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_resolve, reject) => {
			const words = `no answer within ${COMMAND_MS / 1000} s`;
			timer = setTimeout(() => reject(new Error(words)), COMMAND_MS);
		});
		let result: CommandResult;
		try {
			result = await Promise.race([
				cloud.sendCommand(this.#options.device, text, COMMAND_MS / 2).then((done) => done ?? seen),
				late,
			]);
		} catch (error) {
			if (this.#ending) return { text, status: "FAILED", reason: "the run has ended" };
			result = { text, status: "FAILED", reason: (error as Error).message };
			this.#view.warn(`${text}: ${result.reason}`);
		} finally {
			clearTimeout(timer);
			this.#commandSeen = undefined;
		}
		const { ledPercent, toneHz, motorRpm } = this.machine.circuit;
		this.#view.circuit(ledPercent, toneHz, motorRpm);
		return { text, status: result.status, reason: result.reason };
	}

	#booted(): void {
		this.#tally.boots++;
		this.panel?.booted(this.#tally.boots);
		if (this.#tally.boots > 1) this.#view.info("the node has restarted");
		else void this.machine.status().then((status) => this.#begun(status?.restoredMeasures ?? 0));
	}

	#begun(restored: number): void {
		this.#tally.restored = restored;
		if (restored > 0) this.#view.info(`${restored} measures of an earlier run are in the board's flash`);
	}

	/** Counts, shows, and says what a person reads of it, here and on the panel. */
	#observer(): Observer {
		const said = narrator(
			(sentence) => this.#say(sentence),
			(code, detail) => this.#explain(code, detail),
		);
		const { panel } = this;
		return together(this.#counting(), ...(panel ? [panel.observer] : []), said);
	}

	#say(sentence: Sentence): void {
		if (this.#failed) return; // why is what the program ends with
		this.#view.tell(sentence);
		this.panel?.say(sentence);
	}

	#counting(): Observer {
		const tally = this.#tally;
		const view = this.#view;
		return {
			sampled: (values, wallMs, records) => {
				tally.accepted += records;
				view.sample(values, wallMs, records > 0);
			},
			sending: (topic, records, packetId, resent, measures) => {
				if (measures && !resent) tally.published += records;
				view.sending(text.decode(topic), records, packetId, resent);
			},
			delivered: (measures, waiting) => {
				tally.acknowledged += measures;
				// One line for a whole batch: the records of one message are released in one go.
				this.#waiting = waiting;
				queueMicrotask(() => this.#reportDelivered());
				this.#look();
			},
			unconfirmed: (measures) => {
				tally.unconfirmed += measures;
			},
			received: (bytes, topicStart, topicEnd, payloadStart, payloadEnd) => {
				const topic = text.decode(bytes.subarray(topicStart, topicEnd));
				view.received(topic, text.decode(bytes.subarray(payloadStart, payloadEnd)));
			},
			command: (text, status, reason) => {
				const result = { text, status, reason };
				view.command(result);
				this.#commandSeen?.(result);
			},
			malformed: (what) => {
				// SAP has no answer to a command: what the node says of it is all there is.
				if (this.#options.cloud === "sap") this.#commandSeen?.({ text: "", status: "FAILED", reason: what });
			},
			online: () => {
				tally.connections++;
			},
			offline: (code, detail) => this.#offline(code, detail),
		};
	}

	#reported = 0;
	#waiting = 0;
	#reportDelivered(): void {
		if (this.#reported === this.#tally.acknowledged) return;
		this.#reported = this.#tally.acknowledged;
		this.#view.delivered(this.#reported, this.#waiting);
	}

	#explain(code: string, detail: string): string {
		const broker = this.#options.broker ?? { host: "localhost", port: this.cloud?.port ?? 0, tls: true };
		return explainFailure(code, detail, broker);
	}

	/** A run that never comes to a connection ends, unless it is to go on whatever happens. */
	#offline(code: string, detail: string): void {
		if (code === "requested" || this.#tally.connections > 0 || this.#options.keepRunning) return;
		this.#failed = true;
		this.#fail(new RunError(this.#explain(code, detail)));
	}

	/** Ends the run once everything asked for is done. */
	#look(): void {
		const { measures, keepRunning } = this.#options;
		if (measures === undefined || keepRunning || !this.#commandsEnded) return;
		if (this.#tally.acknowledged >= measures) this.#finish();
	}

	async #end(): Promise<Summary> {
		this.#ending = true;
		await this.#leave();
		const { cloud } = this;
		const { device } = this.#options;
		if (cloud?.connected(device)) await cloud.whenDisconnected(device);
		return this.#tally.summary({
			cloud: this.#options.cloud,
			device,
			stored: this.#stored(),
			ring: this.#ring,
			malformed: this.#malformed,
			memory: this.#memory,
		});
	}

	/** Records that the stand-in has of the device and its children; of several sensors it does not count them. */
	#stored(): number | null {
		const { cloud } = this;
		const { device, firmware } = this.#options;
		const { children, sensors } = firmware;
		if (!cloud || (this.#options.cloud === "sap" && Object.keys(sensors).length > 0)) return null;
		let stored = cloud.samples(device);
		for (const [name, child] of Object.entries(children))
			stored += cloud.samples(childId(device, name, child));
		return stored;
	}

	/** No more samples; what is in the ring still goes out, as far as that works; then DISCONNECT. */
	async #leave(): Promise<void> {
		const { machine } = this;
		machine.stopSampling();
		const until = performance.now() + FLUSH_MS;
		let status = await machine.status();
		while (status && status.waiting > 0 && status.open && performance.now() < until) {
			await new Promise((resolve) => setTimeout(resolve, 20));
			status = await machine.status();
		}
		this.#memory = await machine.memory(true);
		await machine.stop();
		if (!status) return;
		const { capacity, used, highWater, evicted } = status;
		this.#ring = { capacity, waiting: used, highWater, evicted };
		this.#malformed = status.malformed;
	}
}
