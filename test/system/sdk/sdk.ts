// The Moddable SDK as the tests use it: build, run headless in its simulator, generate for ESP32.

import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { boardManifest } from "../../../host-sim/engine/boards.js";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const SDK = process.env.MODDABLE ?? "";
const TOOLS = join(SDK, "build/bin/lin/release");
const run = promisify(execFile);

/** Why nothing can be built with the SDK here, or "". */
export function missingTools(): string {
	if (SDK === "") return "MODDABLE is not set";
	if (process.platform !== "linux") return "they run on Linux only";
	return existsSync(join(TOOLS, "mcconfig")) ? "" : "the SDK at $MODDABLE has no mcconfig built";
}

/** Why the tests in the simulator cannot run here, or "". */
export function missing(): string {
	const why = missingTools();
	if (why !== "") return why;
	if (!existsSync(join(TOOLS, "mcsim"))) return "the SDK at $MODDABLE has no mcsim built";
	if (!(process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, "Xvfb"))))
		return "Xvfb is not installed";
	return "";
}

export const environment = () => ({
	...process.env,
	PATH: [TOOLS, join(ROOT, "node_modules/.bin"), process.env.PATH].join(":"),
});

/** The linker's warnings that name one of our modules. */
export function ourWarnings(output: string): string[] {
	return output.split("\n").filter((line) => /### warning: (main|modules\/|drivers\/|host-sim\/)/.test(line));
}

/**
 * Builds a manifest for Moddable's simulator; returns what the tools printed. Never without `-t build`.
 * `name` is that of the app, which an including manifest cannot change.
 */
export async function buildForSimulator(manifest: string, name = "mote"): Promise<string> {
	// Without the linked image it is linked anew, and only then the linker says what it warns of.
	rmSync(join(SDK, `build/tmp/lin/mc/debug/${name}/mc.xs.c`), { force: true });
	const result = await run("mcconfig", ["-d", "-m", "-p", "lin", "-t", "build", manifest], {
		cwd: ROOT,
		env: environment(),
		maxBuffer: 1 << 26,
	});
	return result.stdout + result.stderr;
}

/** An empty folder of the right version in the place of ESP-IDF. */
function standIn(scratch: string): string {
	const idf = join(scratch, "idf");
	if (existsSync(idf)) return idf;
	mkdirSync(idf, { recursive: true });
	const git = (...args: string[]) => execFileSync("git", args, { cwd: idf, stdio: "ignore" });
	git("init", "-q");
	git("-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-q", "--allow-empty", "-m", "x");
	git("tag", "v6.0");
	return idf;
}

/**
 * Generates for an ESP32 board into a scratch folder, with a stand-in for ESP-IDF; returns the project's
 * folder.
 */
async function generate(board: string, kind: "debug" | "release", scratch: string): Promise<string> {
	const env = { ...environment(), IDF_PATH: standIn(scratch) };
	mkdirSync(join(scratch, "out"), { recursive: true });
	const target = ["-p", `esp32:./drivers/boards/${board}`, "-t", "build", "-o", join(scratch, "out")];
	await run("mcconfig", kind === "debug" ? ["-d", ...target] : target, { cwd: ROOT, env });
	return join(scratch, "out/tmp/esp32", board, kind, "mote");
}

/** ESP-IDF's configuration for a release build. */
export async function releaseConfiguration(board: string, scratch: string): Promise<string> {
	const project = await generate(board, "release", scratch);
	return readFileSync(join(project, `xsProj-${chipOf(board)}/sdkconfig.mc`), "utf8");
}

/** Of a board: esp32, esp32s3, esp32c3. */
export const chipOf = (board: string): string => boardManifest(board).build.ESP32_SUBCLASS ?? "esp32";

/**
 * Generates for an ESP32 board, compiles every module and links the preload image: all that can be done
 * without ESP-IDF, for which an empty folder of the right version stands in. Returns what the tools printed,
 * and the C source of the image.
 */
export async function linkForBoard(
	board: string,
	scratch: string,
): Promise<{ output: string; image: string; makefile: string }> {
	const folder = await generate(board, "debug", scratch);
	const config = join(folder, `xsProj-${chipOf(board)}`, "build/config/sdkconfig.h");
	mkdirSync(join(config, ".."), { recursive: true });
	writeFileSync(config, "");
	const image = join(folder, "mc.xs.c");
	const args = ["-f", "makefile", `IDF_PATH=${standIn(scratch)}`, "-o", config, image];
	const result = await run("make", args, { cwd: folder, env: environment(), maxBuffer: 1 << 26 });
	if (!existsSync(image)) throw new Error(`no preload image: ${result.stdout}\n${result.stderr}`);
	const makefile = readFileSync(join(folder, "makefile"), "utf8");
	return { output: result.stdout + result.stderr, image: readFileSync(image, "utf8"), makefile };
}

/** xsbug's protocol is XML. */
function plainText(xml: string): string {
	return xml
		.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
		.replaceAll("&lt;", "<")
		.replaceAll("&gt;", ">")
		.replaceAll("&quot;", '"')
		.replaceAll("&amp;", "&");
}

/** An app that runs headless in Moddable's simulator. */
export class Simulator {
	/** All that the app traced so far. */
	trace = "";
	ended = false;
	readonly #children: ChildProcess[] = [];
	readonly #xsbug = createServer();

	/** Starts the app of this name, built before. */
	static async start(name: string): Promise<Simulator> {
		const simulator = new Simulator();
		await simulator.#start(name);
		return simulator;
	}

	async #start(name: string): Promise<void> {
		this.#xsbug.on("connection", (socket) => {
			let pending = "";
			socket.setEncoding("utf8");
			socket.on("error", () => {});
			socket.on("data", (data: string) => {
				pending += data;
				for (let end = pending.indexOf("</xsbug>"); end >= 0; end = pending.indexOf("</xsbug>")) {
					const message = pending.slice(0, end);
					pending = pending.slice(end + 8);
					for (const [, log] of message.matchAll(/<log[^>]*>([\s\S]*?)<\/log>/g))
						this.trace += plainText(log as string);
					const stop = /<break[^>]*>([\s\S]*?)<\/break>/.exec(message);
					if (stop) this.trace += `[break] ${stop[1]}\n`;
					if (stop || message.includes("<login ")) socket.write("\r\n<go/>\r\n");
				}
			});
		});
		await new Promise<void>((resolve) => this.#xsbug.listen(0, "127.0.0.1", resolve));
		const display = `:${200 + (process.pid % 700)}`;
		this.#spawn("Xvfb", [display, "-screen", "0", "1024x768x24", "-nolisten", "tcp"]);
		await new Promise((resolve) => setTimeout(resolve, 700));
		mkdirSync(join(homedir(), ".config/tech.moddable.mcsim"), { recursive: true });
		const { port } = this.#xsbug.address() as { port: number };
		const app = join(SDK, "build/bin/lin/mc/debug", name, "mc.so");
		const mcsim = this.#spawn(join(TOOLS, "mcsim"), [join(ROOT, "host-sim/mcsim/panel"), app], {
			DISPLAY: display,
			XSBUG_HOST: "127.0.0.1",
			XSBUG_PORT: String(port),
		});
		mcsim.on("exit", () => {
			this.ended = true;
		});
	}

	#spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
		const child = spawn(command, args, { env: { ...environment(), ...env }, stdio: "ignore" });
		this.#children.push(child);
		return child;
	}

	/**
	 * Resolves once it is `met`; rejects after `ms`, or when the simulator has ended, with `what` and the
	 * trace.
	 */
	async when(met: () => boolean, what: () => string = () => "", ms = 60_000): Promise<void> {
		const end = performance.now() + ms;
		while (!met()) {
			if (performance.now() > end || this.ended) throw new Error(`${what()}\n${this.trace}`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	}

	/** Resolves once the trace matches, from a place on. */
	until(pattern: RegExp, ms = 20_000, from = 0): Promise<void> {
		return this.when(
			() => pattern.test(this.trace.slice(from)),
			() => `no ${pattern} in the trace:`,
			ms,
		);
	}

	close(): void {
		for (const child of this.#children.reverse()) child.kill();
		this.#xsbug.close();
	}
}
