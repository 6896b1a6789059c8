// The program that a machine on XS runs: every module transpiled by itself, by the compiler that mcconfig
// uses, and named by its manifest target. What the manifest preloads goes into the read-only image.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BoardName, boardModules } from "../engine/boards.js";
import { readManifest } from "../engine/manifest.js";

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = join(ROOT, "node_modules/.cache/mote-xs");
const SOURCES = [
	"main.ts",
	"modules",
	"drivers",
	"host-sim/xs/board",
	"host-sim/xs/frames.ts",
	"host-sim/engine/put-status.ts",
	"host-sim/engine/narration.ts",
	"host-sim/engine/words.ts",
	"host-sim/circuit",
	"host-sim/nodejs/moddable/chip.ts",
	"test/evidence/bench/on-xs",
	"test/evidence/proof/on-xs",
	"test/firmware/drivers/bench.ts",
	"test/firmware/drivers/rules.ts",
	"test/firmware/drivers/on-xs",
	"test/firmware/network/on-xs",
	"test/host-sim/xs/on-xs",
	"test/support/seeded.ts",
	"test/support/virtual-time.ts",
];
const CONFIGURATION = ["tsconfig.json", "host-sim/xs/tsconfig.json", "node_modules/typescript/package.json"];

/** What was transpiled longer ago than this is removed. */
const KEEP_MS = 86_400_000;

/** Inside the SDK's TLS, in whose place Node's is. */
const SDK_TLS = /^(ssl\/\w+|sdk\/\w+|ber|bin|ecdsa|pkcs1_5|pkcs8|x509|~)$/;

/** Target name → file, for the names that Moddable's own modules have on a board. */
const HARDWARE: Readonly<Record<string, string>> = {
	timer: "host-sim/xs/board/timer",
	time: "host-sim/xs/board/time",
	preference: "host-sim/xs/board/preference",
	flash: "host-sim/xs/board/flash",
	chip: "host-sim/nodejs/moddable/chip",
	logical: "host-sim/xs/board/logical",
	rng: "host-sim/xs/board/rng",
	crypt: "host-sim/xs/board/crypt",
	Resource: "host-sim/xs/board/resource",
	"embedded:io/socket/tcp": "host-sim/xs/board/tcp",
	"embedded:io/socket/tcp/tls": "host-sim/xs/board/tls",
	"embedded:io/socket/udp": "host-sim/circuit/udp",
	"embedded:network/interface/wifi": "host-sim/circuit/wifi",
	"embedded:io/analog": "host-sim/xs/board/io/analog",
	"embedded:io/digital": "host-sim/xs/board/io/digital",
	"embedded:io/i2c": "host-sim/xs/board/io/i2c",
	"embedded:io/pwm": "host-sim/xs/board/io/pwm",
};
const OWN = ["hardware", "io/pin", "observer", "socket", "start", "system"].map(
	(name) => `host-sim/xs/board/${name}`,
);
const SHARED = [
	"host-sim/xs/frames",
	"host-sim/circuit/ledc",
	"host-sim/engine/put-status",
	"host-sim/engine/narration",
	"host-sim/engine/words",
];

export interface ProgramModule {
	/** Manifest target. */
	readonly name: string;
	readonly source: string;
	/** In the read-only image. */
	readonly preload: boolean;
}

/** The firmware's modules and the board's, with `config` as `mc/config`, and `more` by their paths. */
export async function makeProgram(
	board: BoardName,
	config: object,
	more: readonly string[] = [],
): Promise<ProgramModule[]> {
	const folder = await transpile();
	const read = (file: string) => readFileSync(join(folder, `${file}.js`), "utf8");
	const manifest = readManifest("manifest.json");
	const preload = new Set(manifest.preload);
	const modules: ProgramModule[] = [];
	for (const [target, file] of Object.entries(manifest.modules)) {
		if (target in HARDWARE || SDK_TLS.test(target)) continue;
		const from = String(file).replace(/^\.\//, "");
		for (const found of from.endsWith("*") ? listed(folder, from.slice(0, -1)) : [from]) {
			const name = target.endsWith("*")
				? target.slice(0, -1) + found.slice(found.lastIndexOf("/") + 1)
				: target;
			modules.push({ name, source: read(found), preload: preload.has(name) });
		}
	}
	const { modules: wired, provider } = boardModules(board);
	const own: Record<string, string> = { ...HARDWARE, "embedded:provider/builtin": provider };
	for (const [target, file] of Object.entries(wired)) own[target] = file.replace(/^\.\//, "");
	for (const [name, file] of Object.entries(own)) modules.push({ name, source: read(file), preload: true });
	for (const name of [...OWN, ...SHARED, ...more]) modules.push({ name, source: read(name), preload: true });
	const frozen = `export default Object.freeze(${JSON.stringify(config)}, true);\n`;
	modules.push({ name: "mc/config", source: frozen, preload: true });
	return modules;
}

function listed(folder: string, under: string): string[] {
	return readdirSync(join(folder, under), { withFileTypes: true })
		.filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
		.map((entry) => under + entry.name.slice(0, -3));
}

let transpiling: Promise<string> | undefined;

/** The folder with the JavaScript of every module; made anew when a source has changed. */
function transpile(): Promise<string> {
	transpiling ??= transpileNow().catch((error: unknown) => {
		transpiling = undefined;
		throw error;
	});
	return transpiling;
}

async function transpileNow(): Promise<string> {
	const hash = createHash("sha256");
	for (const path of [...SOURCES.flatMap(files), ...CONFIGURATION])
		hash.update(path).update(readFileSync(join(ROOT, path)));
	const folder = join(CACHE, `js-${hash.digest("hex").slice(0, 16)}`);
	if (existsSync(folder)) return folder;
	mkdirSync(CACHE, { recursive: true });
	for (const old of readdirSync(CACHE)) {
		// A run that is under way may still read the one before.
		const path = join(CACHE, old);
		if (old.startsWith("js-") && Date.now() - statSync(path).mtimeMs > KEEP_MS)
			rmSync(path, { recursive: true, force: true });
	}
	const work = mkdtempSync(join(CACHE, "tsc-"));
	const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
	try {
		await run(process.execPath, [tsc, "-p", join(ROOT, "host-sim/xs"), "--outDir", work]);
		renameSync(work, folder);
	} catch (error) {
		rmSync(work, { recursive: true, force: true });
		if (existsSync(folder)) return folder; // another process was faster
		throw new Error(`the firmware could not be transpiled: ${(error as { stdout?: string }).stdout}`);
	}
	return folder;
}

function files(path: string): string[] {
	const full = join(ROOT, path);
	if (path.endsWith(".ts")) return [path];
	return readdirSync(full, { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".ts"))
		.map((name) => `${path}/${name}`)
		.sort();
}

/** The place in our TypeScript of a line that XS reports, as "file:line". */
export async function sourcePlace(name: string, line: number): Promise<string> {
	const file = HARDWARE[name] ?? (name === "embedded:provider/builtin" ? undefined : name);
	const map = file && join(await transpile(), `${file}.js.map`);
	if (!map || !existsSync(map)) return `${name}:${line}`;
	const payload = JSON.parse(readFileSync(map, "utf8")) as ConstructorParameters<typeof SourceMap>[0];
	// The engine knows lines only: the first thing on the line.
	const mapped = new SourceMap(payload).findEntry(line - 1, 1000);
	const found = "originalLine" in mapped ? mapped.originalLine + 1 : line;
	return `${file}.ts:${found}`;
}
