// ESP-IDF as the tests use it: build a board whole, weigh the image, make a flash of it.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { promisify } from "node:util";
import { boardManifest } from "../../../host-sim/engine/boards.js";
import { chipOf, environment, missingTools, ROOT, SDK } from "../sdk/sdk.js";
import { imageParts, type Part, type SectionSizes, sectionSizes } from "./image.js";

const run = promisify(execFile);
const VERSION = "v6.0";
/** First build of a kind: the whole of ESP-IDF is compiled. */
export const BUILD_MS = 1_200_000;

export type Kind = "debug" | "release";

function onPath(command: string): boolean {
	return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, command)));
}

/** Why no ESP32 image can be built here, or "". */
export async function missingIdf(): Promise<string> {
	const why = missingTools();
	if (why !== "") return why;
	if (!process.env.IDF_PATH) return "IDF_PATH is not set";
	if (!onPath("idf.py")) return "idf.py is not on the PATH: source ESP-IDF's export.sh";
	const { stdout } = await run("idf.py", ["--version"], { env: environment() });
	return stdout.includes(VERSION) ? "" : `the SDK wants ESP-IDF ${VERSION}, here is ${stdout.trim()}`;
}

const prefixOf = (chip: string): string => (chip === "esp32c3" ? "riscv32-esp-elf-" : `xtensa-${chip}-elf-`);

/** Why images of this chip cannot be built here, or "". */
export function missingCompiler(chip: string): string {
	const compiler = `${prefixOf(chip)}gcc`;
	return onPath(compiler) ? "" : `${compiler} is not on the PATH`;
}

export interface Image {
	readonly chip: string;
	/** What the tools printed. */
	readonly output: string;
	/** xs_esp32.bin, as it goes into a slot for updates. */
	readonly bytes: number;
	readonly slotBytes: number;
	readonly sections: SectionSizes;
	readonly parts: readonly Part[];
	/** Of moduleBytes. */
	readonly rooms: ReadonlyMap<string, number>;
	/** ESP-IDF's build folder. */
	readonly folder: string;
}

/**
 * Builds a manifest for a board. That mcconfig ends with 0 says nothing of the link: the image has to be
 * there anew.
 */
export async function buildImage(board: string, kind: Kind, manifest = "manifest.json"): Promise<Image> {
	const chip = chipOf(board);
	const project = join(SDK, "build/tmp/esp32", board, kind, "mote");
	const folder = join(project, `xsProj-${chip}`, "build");
	const binary = join(folder, "xs_esp32.bin");
	for (const made of ["xs_esp32.bin", ".bin_timestamp", "xs_esp32.elf"])
		rmSync(join(folder, made), { force: true });
	// Linked anew, so that the linker says again what it warns of; and with the certificates that are there
	// now.
	for (const made of ["mc.xs.c", "mc.resources.c"]) rmSync(join(project, made), { force: true });
	const target = ["-m", "-p", `esp32:./drivers/boards/${board}`, "-t", "build", manifest];
	const result = await run("mcconfig", kind === "debug" ? ["-d", ...target] : target, {
		cwd: ROOT,
		env: environment(),
		maxBuffer: 1 << 28,
	});
	const output = result.stdout + result.stderr;
	if (!existsSync(binary)) throw new Error(`no image was linked:\n${output.slice(-4000)}`);
	const size = await run(`${prefixOf(chip)}size`, ["-A", join(folder, "xs_esp32.elf")], {
		env: environment(),
	});
	return {
		...{ chip, output, folder },
		bytes: statSync(binary).size,
		slotBytes: slotBytes(board),
		sections: sectionSizes(size.stdout),
		parts: imageParts(readFileSync(join(folder, "xs_esp32.map"), "utf8")),
		rooms: moduleBytes(join(project, "modules")),
	};
}

/**
 * Bytes of the compiled modules, which become the preload image, by room; the SDK's are together. In the
 * image their byte code is as large, and the objects that it makes there come to it.
 */
export function moduleBytes(folder: string): ReadonlyMap<string, number> {
	const rooms = new Map<string, number>();
	for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
		if (!path.endsWith(".xsb")) continue;
		const name = path.split(sep).join("/");
		const room = name.startsWith("drivers/")
			? "drivers"
			: name === "main.xsb"
				? "main"
				: (/^modules\/([a-z]+)\//.exec(name)?.[1] ?? "the SDK's modules");
		// A module that was renamed or removed leaves its file behind.
		if (room !== "the SDK's modules" && !existsSync(join(ROOT, name.replace(/xsb$/, "ts")))) continue;
		rooms.set(room, (rooms.get(room) ?? 0) + statSync(join(folder, path)).size);
	}
	return rooms;
}

/** Of a slot for updates. */
export function slotBytes(board: string): number {
	const { PARTITIONS_FILE_FOR_TARGET: file } = boardManifest(board).build;
	if (!file) throw new Error(`${board} has no table of partitions`);
	const table = readFileSync(file, "utf8");
	return Number(/^ota_0,.*?,\s*(0x[\dA-Fa-f]+),\s*$/m.exec(table)?.[1]);
}

/** Warnings of compilers and linkers that are about our own sources or modules. */
export function ownWarnings(output: string): string[] {
	const ours = /(### warning: (main|modules\/|drivers\/|chip\b))|((modules|drivers)\/.*\bwarning:)/;
	return output.split("\n").filter((line) => ours.test(line) && !line.includes(SDK));
}

/** A flash of 4 MB with the image in it, by esptool. */
export async function flashImage({ chip, folder }: Image, path: string): Promise<void> {
	const { flash_files: files } = JSON.parse(readFileSync(join(folder, "flasher_args.json"), "utf8")) as {
		flash_files: Record<string, string>;
	};
	mkdirSync(join(path, ".."), { recursive: true });
	const pieces = Object.entries(files).flat();
	const merge = ["--chip", chip, "merge-bin", "-o", path, "--flash-size", "4MB", "--pad-to-size", "4MB"];
	await run("esptool", [...merge, ...pieces], { cwd: folder, env: environment() });
	if (statSync(path).size !== 4 << 20) throw new Error("the flash has not 4 MB");
}
