// One simulated board on the XS engine: a process of mote-xs with the board's memory, to which this parent
// lends time, sockets, pins and storage.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash, getRandomValues } from "node:crypto";
import { lookup } from "node:dns";
import type { Readable, Writable } from "node:stream";
import type { Channel } from "../../modules/core/channels.js";
import { Circuit, type CircuitPins } from "../circuit/circuit.js";
import type { NorFlash } from "../circuit/nor-flash.js";
import { type BoardState, newState } from "../engine/board-state.js";
import type { Creation } from "../engine/boards.js";
import type { Engine, EngineEvents, MemoryStats } from "../engine/engine.js";
import type { Line } from "../engine/line.js";
import { tell } from "../engine/narration.js";
import { partsOf } from "../engine/parts.js";
import { IPV4_FIRST } from "../engine/sockets.js";
import { type NodeStatus, readStatus } from "../engine/status.js";
import { RealTime, type TimeSource } from "../engine/time-source.js";
import type { EngineProgram } from "./build.js";
import {
	type Answer,
	doubles,
	type Entry,
	FrameReader,
	frame,
	InFrame,
	integers,
	OutFrame,
	type Owner,
	readOwners,
	readStats,
	readWalk,
	reply,
	type Value,
	values,
} from "./codec.js";
import { readCrash, silentEnd } from "./crash.js";
import { creationArguments } from "./creation.js";
import { Control, In, Out } from "./frames.js";
import { LentSockets, type Network, nodeNetwork } from "./network.js";
import type { ProgramModule } from "./program.js";

export interface XsMachineOptions extends EngineEvents {
	readonly engine: EngineProgram;
	readonly creation: Creation;
	readonly program: readonly ProgramModule[];
	/** The module whose default export is called. */
	readonly start?: string;
	readonly pins: CircuitPins;
	/** The board's table: the circuit has the parts that it names. */
	readonly channels?: readonly Channel[];
	/** The manifest's `data`: name → bytes. */
	readonly resources: ReadonlyMap<string, Uint8Array>;
	/** What the board keeps without power; nothing at first where there is none. */
	readonly state?: BoardState | undefined;
	readonly time?: TimeSource | undefined;
	readonly network?: Network;
	/** Through which Node's sockets go, if somebody wants to cut or watch them. */
	readonly line?: Line | undefined;
	/** Seed of the machine's Math.random. */
	readonly seed?: number;
	/** Frames of the script's own that the machine does not know. */
	onFrame?(type: number, content: Value[]): void;
	/** Line numbers in the byte code, for places in error messages; on by default. */
	readonly lines?: boolean;
	/** Notes how deep the stack gets below each entry; needs the lines. */
	readonly walk?: boolean;
	/** Runs the program under another, such as valgrind. */
	readonly wrapper?: readonly string[];
}

/** Difference of the time of day that is told to the machine, ms. */
const EPOCH_DRIFT_MS = 50;

type Child = ChildProcessByStdio<Writable, Readable, null>;

export class XsMachine implements Engine {
	readonly circuit: Circuit;
	readonly preferences: Map<string, Answer>;
	readonly flash: NorFlash;
	readonly time: TimeSource;
	readonly #options: XsMachineOptions;
	readonly #sockets: LentSockets;
	#child: Child | undefined;
	#sent = 0;
	#handled = 0;
	#due = -1;
	#epoch = 0;
	#wake: (() => void) | undefined;
	#statuses: Array<(status: NodeStatus | undefined) => void> = [];
	#memories: Array<(stats: MemoryStats | undefined) => void> = [];
	#walks: Array<(entries: Entry[]) => void> = [];
	#owners: Array<(owners: Owner[]) => void> = [];
	#earlier: Entry[] = [];
	#stopped: (() => void) | undefined;
	#idle: Array<() => void> = [];
	#rebooting: (() => void) | undefined;
	/** What was read last from the bus. */
	#fetched = Buffer.alloc(0);

	constructor(options: XsMachineOptions) {
		this.#options = options;
		const { flash, preferences } = options.state ?? newState();
		this.flash = flash;
		this.preferences = preferences;
		this.time = options.time ?? new RealTime();
		const world = {
			now: () => this.time.now(),
			every: (ms: number, tick: () => void) => this.time.every(ms, tick),
			random: Math.random,
		};
		this.circuit = new Circuit(options.pins, world, undefined, partsOf(options.channels ?? []));
		this.#sockets = new LentSockets(options.network ?? nodeNetwork(options.line), (kind, id, content) =>
			this.call(kind, id, content),
		);
	}

	boot(): void {
		const { engine, creation, program, lines = true, walk = false, seed, wrapper = [] } = this.#options;
		const [command = engine.path, ...before] = [...wrapper, engine.path];
		const args = [
			...before,
			...creationArguments(creation, engine.bits),
			...(walk ? ["--walk"] : lines ? ["--lines"] : []),
		];
		const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], env: engineEnvironment() });
		this.#child = child;
		this.#sent = this.#handled = 0;
		let crashed = false;
		const reader = new FrameReader((type, payload) => {
			if (child !== this.#child) return;
			if (type === OutFrame.Crash) {
				crashed = true;
				readCrash(Buffer.from(payload)).then((error) => this.#ended(child, error));
			} else this.#received(type, payload);
		});
		child.stdout.on("data", (chunk: Buffer) => reader.push(chunk));
		const kill = () => child.kill("SIGKILL");
		process.once("exit", kill); // a script that loops would not notice
		child.once("close", () => process.off("exit", kill));
		child.stdin.on("error", () => {}); // the process has ended: `close` says so
		child.on("error", (error) => this.#ended(child, error));
		child.on("close", (code, signal) => {
			if (!crashed) this.#ended(child, silentEnd(code, signal));
		});
		for (const module of program) {
			const head = Buffer.from([module.preload ? 1 : 0]);
			this.#send(InFrame.Module, head, Buffer.from(`${module.name}\0${module.source}`));
		}
		const start = this.#options.start ?? "host-sim/xs/board/start";
		const random = seed ?? Math.floor(Math.random() * 2 ** 32);
		this.#epoch = this.time.epoch();
		this.#send(InFrame.Start, doubles(this.time.now(), this.#epoch, random), Buffer.from(start));
		this.whenIdle().then(() => {
			if (child === this.#child) this.#options.onBoot?.();
		});
	}

	/**
	 * Resolves when the machine has handled everything and waits for time or the world; at once if there is
	 * none.
	 */
	whenIdle(): Promise<void> {
		if (!this.#child || this.#handled === this.#sent) return Promise.resolve();
		return new Promise((resolve) => this.#idle.push(resolve));
	}

	/** When the machine's next timer is due on the parent's clock, or -1. */
	get due(): number {
		return this.#due;
	}

	/** Fires the timers that are due. */
	tick(): void {
		// The time of day may have been set, or this machine may have slept.
		const epoch = this.time.epoch();
		if (Math.abs(epoch - this.#epoch) > EPOCH_DRIFT_MS) {
			this.#epoch = epoch;
			this.#send(InFrame.Epoch, doubles(epoch));
		}
		this.#send(InFrame.Tick, doubles(this.time.now()));
	}

	/** Calls the script's handler; a number travels as such, bytes as text or for a socket. */
	call(kind: number, id: number, content: number | Uint8Array): void {
		const bytes = typeof content === "number" ? integers(content) : content;
		this.#send(InFrame.Call, doubles(this.time.now()), integers(kind, id), bytes);
	}

	reset(): void {
		this.#rebooting?.();
		this.#rebooting = undefined;
		const child = this.#child;
		this.#child = undefined;
		this.#wake?.();
		this.#wake = undefined;
		child?.kill("SIGKILL");
		this.#sockets.destroy();
		const { pins } = this.circuit;
		this.circuit.unwatch();
		for (const pin of [pins.led, pins.buzzer, pins.motor]) this.circuit.pwm(pin, 0, 0);
		for (const answer of this.#statuses.splice(0)) answer(undefined);
		for (const answer of this.#memories.splice(0)) answer(undefined);
		for (const answer of this.#walks.splice(0)) answer([]);
		for (const answer of this.#owners.splice(0)) answer([]);
		for (const resolve of this.#idle.splice(0)) resolve();
		this.#stopped?.();
	}

	/** Lets the process end by itself, as a profiler wants it. */
	exit(): Promise<void> {
		const child = this.#child;
		if (!child) return Promise.resolve();
		this.#child = undefined;
		this.#wake?.();
		child.stdin.end();
		return new Promise((resolve) => child.once("close", () => resolve()));
	}

	close(): void {
		this.reset();
		this.circuit.close();
	}

	stopSampling(): void {
		this.#control(Control.StopSampling);
	}

	status(): Promise<NodeStatus | undefined> {
		return new Promise((resolve) => {
			if (!this.#child) return resolve(undefined);
			this.#statuses.push(resolve);
			this.call(In.Control, Control.Status, 0);
		});
	}

	stop(): Promise<void> {
		return new Promise((resolve) => {
			if (!this.#child) return resolve();
			this.#stopped = resolve;
			this.#control(Control.Stop);
		});
	}

	memory(collect: boolean): Promise<MemoryStats | undefined> {
		return new Promise((resolve) => {
			if (!this.#child) return resolve(undefined);
			this.#memories.push(resolve);
			this.#send(InFrame.Stats, Buffer.of(collect ? 1 : 0));
		});
	}

	/**
	 * The entries of this boot so far, and those of boots before that it ended by itself; none without `walk`.
	 */
	entries(): Promise<Entry[]> {
		return new Promise((resolve) => {
			if (!this.#child) return resolve(this.#earlier);
			this.#walks.push((entries) => resolve([...this.#earlier, ...entries]));
			this.#send(InFrame.Walk, Buffer.of(0));
		});
	}

	/**
	 * What lives in the machine, by owner, breadth first from the instance of this class; none where there is
	 * no machine.
	 */
	owners(root: string): Promise<Owner[]> {
		return new Promise((resolve) => {
			if (!this.#child) return resolve([]);
			this.#owners.push(resolve);
			this.#send(InFrame.Owners, Buffer.from(root));
		});
	}

	#walked(entries: Entry[]): void {
		this.#earlier = entries;
		this.#restart();
	}

	#restart(): void {
		this.reset();
		this.#rebooting = this.time.at(this.time.now() + 50, () => this.boot());
	}

	/** Every control is answered by a status. */
	#control(what: number): void {
		this.#statuses.push(() => {});
		this.call(In.Control, what, 0);
	}

	#send(type: number, ...parts: Uint8Array[]): void {
		if (!this.#child) return;
		if (type !== InFrame.Reply) this.#sent++;
		this.#child.stdin.write(frame(type, ...parts));
	}

	#ended(child: Child, error: Error): void {
		if (child !== this.#child) return;
		this.reset();
		this.#options.onCrash?.(error);
	}

	#received(type: number, payload: Buffer): void {
		switch (type) {
			case OutFrame.Idle:
				this.#handled = payload.readUInt32LE();
				this.#due = payload.readDoubleLE(4);
				if (this.#handled !== this.#sent) return;
				this.#wake?.();
				this.#wake = this.#due >= 0 ? this.time.at(this.#due, () => this.tick()) : undefined;
				for (const resolve of this.#idle.splice(0)) resolve();
				return;
			case OutFrame.Trace:
				this.#options.onTrace?.(payload.toString());
				return;
			case OutFrame.Stats:
				this.#memories.shift()?.(readStats(payload));
				return;
			case OutFrame.Walk:
				this.#walks.shift()?.(readWalk(payload));
				return;
			case OutFrame.Owners:
				this.#owners.shift()?.(readOwners(payload));
				return;
			default:
				this.#asked(type, payload);
		}
	}

	#asked(type: number, payload: Buffer): void {
		const content = values(payload);
		const [a, b, c] = content;
		const { circuit } = this;
		switch (type) {
			case Out.Connect:
			case Out.ConnectTls:
			case Out.Write:
			case Out.Taken:
			case Out.Close:
				return this.#sockets.asked(type, content);
			case Out.Pwm:
				return circuit.pwm(a as number, b as number, c as number);
			case Out.Digital:
				return circuit.digital(a as number, b as number);
			case Out.Analog:
				return this.#answer(circuit.analog(a as number));
			case Out.Level:
				return this.#answer(circuit.level(a as number));
			case Out.I2cWrite:
				return this.#answer(circuit.i2c.write(a as number, b as Uint8Array));
			case Out.I2cRead: {
				this.#fetched = Buffer.alloc(b as number);
				return this.#answer(circuit.i2c.read(a as number, this.#fetched) ? this.#sixBytes(0) : -1);
			}
			case Out.I2cMore:
				return this.#answer(this.#sixBytes(a as number));
			case Out.Watch: {
				const edges = b as number;
				const told = () => this.call(In.Edges, a as number, 1);
				return circuit.watch(a as number, edges > 0 ? told : undefined, edges);
			}
			case Out.Resource:
				return this.#answer(this.#options.resources.get(a as string));
			case Out.PreferenceGet:
				return this.#answer(this.preferences.get(`${a}/${b}`));
			case Out.PreferenceSet:
				if (c === undefined) this.preferences.delete(`${a}/${b}`);
				else this.preferences.set(`${a}/${b}`, c as Answer);
				return;
			case Out.FlashBytes:
				return this.#answer(this.flash.content.length);
			case Out.FlashSector:
				return this.#answer(this.flash.sectorBytes);
			case Out.FlashErase:
				return this.flash.erase(a as number);
			case Out.FlashRead: {
				const bytes = new Uint8Array(b as number);
				this.flash.read(a as number, bytes, bytes.length);
				return this.#answer(bytes);
			}
			case Out.FlashWrite:
				return this.flash.write(a as number, c as Uint8Array, b as number);
			case Out.Random:
				return this.#answer(getRandomValues(new Uint8Array(a as number)));
			case Out.Digest:
				return this.#answer(
					createHash(a as string)
						.update(b as string)
						.digest(),
				);
			case Out.Resolve:
				this.#resolve(a as number, b as string);
				return;
			case Out.Restart:
				if (this.#options.walk) void this.entries().then((entries) => this.#walked(entries));
				else this.#restart();
				return;
			case Out.Seen:
				if (this.#options.observer) tell(this.#options.observer, content[0] as number, content.slice(1));
				return;
			case Out.Status:
				this.#statuses.shift()?.(readStatus(content));
				return;
			case Out.Stopped:
				this.#stopped?.();
				return;
			default:
				this.#options.onFrame?.(type, content);
		}
	}

	#resolve(id: number, name: string): void {
		const child = this.#child;
		lookup(name, IPV4_FIRST, (error, address) => {
			if (child === this.#child) this.call(In.Resolved, id, Buffer.from(error ? "" : address));
		});
	}

	/** Of what was read last from the bus, as a number. */
	#sixBytes(at: number): number {
		return this.#fetched.readUIntBE(at, Math.min(6, this.#fetched.length - at));
	}

	#answer(value: Answer): void {
		this.#child?.stdin.write(reply(value));
	}
}

/** What a process needs to start, also below a wrapper; no secret of ours. */
function engineEnvironment(): NodeJS.ProcessEnv {
	const names = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "QEMU_LD_PREFIX"];
	return Object.fromEntries(
		names.map((name) => [name, process.env[name]] as const).filter(([, text]) => text),
	);
}
