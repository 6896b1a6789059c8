// An emulated ESP32-C3: an installed QEMU with `-M esp32c3`, as ESP-IDF's `idf_tools.py install qemu-riscv32`
// brings it, or one with a machine that also has Wi-Fi. Its serial line is read here. Emulators lose an
// interrupt now and then and stand still: whoever uses this tries once more, and says so.

import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { copyFileSync } from "node:fs";
import { promisify } from "node:util";
import { type Figures, SerialReader } from "./serial.js";

const run = promisify(execFile);
const QEMU = "qemu-system-riscv32";
const PLAIN = "esp32c3";
const RADIO = "esp32c3-picsimlab";
/** Of the machine with Wi-Fi: open, and this computer's loopback is HOST in it. */
export const WIFI = Object.freeze({ ssid: "PICSimLabWifi", password: "" });
export const HOST = "10.0.2.2";

/** Why there is no emulated C3 here, or "". */
export async function missingEmulator(machine: "plain" | "radio"): Promise<string> {
	const name = machine === "plain" ? PLAIN : RADIO;
	let machines: string;
	try {
		machines = (await run(QEMU, ["-M", "help"])).stdout;
	} catch {
		return `${QEMU} is not on the PATH`;
	}
	return new RegExp(`^${name}\\s`, "m").test(machines) ? "" : `${QEMU} has no machine ${name}`;
}

export class Emulator {
	readonly #reader: SerialReader;
	readonly #qemu: ChildProcessWithoutNullStreams;
	#ended = false;

	/**
	 * Runs on a flash that it writes to; `from` is copied there first, else it is as an earlier run left it.
	 */
	static start(flash: string, machine: "plain" | "radio", from?: string): Emulator {
		if (from !== undefined) copyFileSync(from, flash);
		return new Emulator(flash, machine);
	}

	private constructor(flash: string, machine: "plain" | "radio") {
		const args = ["-M", machine === "plain" ? PLAIN : RADIO, "-nographic", "-monitor", "none"];
		args.push("-serial", "stdio", "-drive", `file=${flash},if=mtd,format=raw`);
		// Without this a busy computer makes the emulated clock run away from the emulated processor.
		args.push("-icount", "shift=3,align=off,sleep=on");
		if (machine === "radio") args.push("-nic", "user,model=esp32c3_wifi");
		const qemu = spawn(QEMU, args, { stdio: "pipe" });
		this.#qemu = qemu;
		qemu.stdin.on("error", () => {});
		this.#reader = new SerialReader((text) => void qemu.stdin.write(text));
		qemu.stdout.on("data", (data: Buffer) => this.#reader.push(data));
		qemu.on("error", () => {
			this.#ended = true;
		});
		qemu.on("close", () => {
			this.#ended = true;
		});
	}

	get trace(): string {
		return this.#reader.trace;
	}

	/** What the SDK measured, once a second, in debug builds. */
	get figures(): readonly Figures[] {
		return this.#reader.figures;
	}

	/** Starts of the chip's own boot loader so far. */
	get boots(): number {
		return this.trace.split("ESP-ROM:").length - 1;
	}

	/** Resolves once the trace matches; rejects after `ms`, and when the emulator ends. */
	async until(pattern: RegExp, ms = 60_000): Promise<void> {
		await this.when(() => pattern.test(this.trace), ms, String(pattern));
	}

	async when(holds: () => boolean, ms: number, what: string): Promise<void> {
		for (const end = performance.now() + ms; !holds(); ) {
			if (this.#ended) throw new Error(`the emulator ended:\n${this.trace}`);
			if (performance.now() > end) throw new Error(`no ${what} in ${ms / 1000} s:\n${this.trace}`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	/** Cuts the power: nothing is finished. */
	async cut(): Promise<void> {
		if (this.#ended) return;
		const gone = new Promise((resolve) => this.#qemu.once("close", resolve));
		this.#qemu.kill("SIGKILL");
		await gone;
	}
}
