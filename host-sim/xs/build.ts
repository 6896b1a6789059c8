// Builds mote-xs, the program that runs the firmware on the XS engine: the engine's C sources from the npm
// package
// @agoric/xsnap and our host beside them, compiled once and kept under node_modules/.cache.
//
// The package is fetched by `npm pack` and checked against the digest below, instead of being a dependency:
// installed as one, it would bring 84 packages along and compile a worker of its own for most of a minute.

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
	writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const PACKAGE = "@agoric/xsnap@0.15.0";
const SHA512 = "ZBm4DZxbtfacxMHVVdJjZi0Y8zOxN77vpu1WwI5RWfPkaRh0aHkz/dVdTGKXalDNzWfz183lljKxlxl3/h0n+A==";
const HOST = fileURLToPath(new URL("./host", import.meta.url));
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/mote-xs", import.meta.url));

/**
 * Left out: snapshots need a hash that we do not have, and the host takes none; xsMath.c of the SDK includes
 * xsum.c, and our owners.c xsMemory.c.
 */
const LEFT_OUT = new Set(["xsSnapshot.c", "xsum.c", "xsMemory.c"]);
/** The host counts what the engine takes from memory, and notes where errors are made (memory.c, crash.c). */
const RENAMED: Readonly<Record<string, readonly string[]>> = {
	"owners.c": ["NewSlot", "DuplicateSlot", "NewChunk", "NewGrowableChunk", "RenewChunk"],
	"xsError.c": ["CaptureErrorStack"],
};
const FLAGS = [
	// As the SDK compiles the engine for ESP32: the weight of byte codes against C functions depends on it.
	"-Os",
	"-w",
	"-fno-common",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	...["Run", "Parse", "NoConsole", "BoundsCheck", "Instrument", "MinusZero"].map((name) => `-Dmx${name}=1`),
	"-DmxFallThrough=",
];
/** What newer engines call otherwise. */
const FLAGS_SDK = ["-DXS_STACK_OVERFLOW_EXIT=XS_JAVASCRIPT_STACK_OVERFLOW_EXIT"];
/**
 * 16-byte slots as on ESP32; without SSE doubles would round twice; no board's program can be moved (PIE).
 */
const FLAGS_32 = ["-m32", "-msse2", "-mfpmath=sse", "-fno-pie", "-no-pie"];

/** The engine cannot be built here; the message is one sentence that says why. */
export class BuildError extends Error {
	override name = "BuildError";
}

export interface EngineProgram {
	readonly path: string;
	/** 32: slots of 16 bytes, as on the boards. */
	readonly bits: 32 | 64;
}

interface Compiler {
	readonly path: string;
	readonly version: string;
	readonly bits: 32 | 64;
}

/**
 * The program, built if it is not there yet or its sources have changed. `progress` hears what takes time.
 * With `sdk`, the folder of a Moddable SDK, its engine is taken instead of npm's: for comparison, since that
 * is what boards run.
 */
export async function buildEngine(
	progress: (text: string) => void = () => {},
	sdk?: string,
): Promise<EngineProgram> {
	const compiler = await findCompiler();
	const flags = sdk === undefined ? FLAGS : [...FLAGS, ...FLAGS_SDK];
	const hash = createHash("sha256").update(JSON.stringify([SHA512, flags, FLAGS_32, RENAMED, compiler]));
	if (sdk !== undefined) for (const file of engineSources(join(sdk, "xs"))) hash.update(readFileSync(file));
	for (const file of readdirSync(HOST).sort()) hash.update(file).update(readFileSync(join(HOST, file)));
	const folder = join(CACHE, hash.digest("hex").slice(0, 16));
	const path = join(folder, "mote-xs");
	const program = { path, bits: compiler.bits } as const;
	if (existsSync(path)) return program;
	mkdirSync(CACHE, { recursive: true });
	// Another process may build at the same time: each builds in a folder of its own, and the last one's name
	// wins.
	const work = mkdtempSync(join(CACHE, "build-"));
	try {
		const xs = sdk === undefined ? await fetchSources(work, progress) : join(sdk, "xs");
		await compile(compiler, flags, xs, work, progress);
		mkdirSync(folder, { recursive: true });
		renameSync(join(work, "mote-xs"), path);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
	if (compiler.bits === 64)
		progress("this compiler makes 64-bit programs only: slots have 32 bytes, where a board's have 16");
	return program;
}

async function findCompiler(): Promise<Compiler> {
	for (const path of process.env.CC ? [process.env.CC] : ["gcc", "clang", "cc"]) {
		let version: string;
		try {
			version = (await run(path, ["--version"])).stdout.split("\n")[0] ?? "";
		} catch {
			continue;
		}
		return { path, version, bits: (await makes32(path)) ? 32 : 64 };
	}
	throw new BuildError("There is no C compiler (gcc or clang) to build the XS engine with.");
}

/** Whether 32-bit programs can be built and run here (on Debian: gcc-multilib). */
async function makes32(compiler: string): Promise<boolean> {
	mkdirSync(CACHE, { recursive: true });
	const folder = mkdtempSync(join(CACHE, "probe-"));
	try {
		const program = join(folder, "probe");
		const source = join(folder, "probe.c");
		writeFileSync(source, "#include <stdio.h>\n#include <math.h>\nint main(void) { return 0; }\n");
		await run(compiler, [...FLAGS_32, source, "-lm", "-o", program]);
		await run(program);
		return true;
	} catch {
		return false;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** The folder that holds the package's xs/ sources. */
async function fetchSources(work: string, progress: (text: string) => void): Promise<string> {
	const kept = join(CACHE, `xs-${PACKAGE.replace(/.*@/, "")}.tgz`);
	if (!existsSync(kept)) {
		progress(`fetching the engine's sources (${PACKAGE})`);
		try {
			// A shell finds npm on every platform.
			await run("npm", ["pack", PACKAGE, "--pack-destination", work, "--silent"], { cwd: work });
		} catch {
			throw new BuildError(
				`The XS engine's sources (${PACKAGE}) could not be fetched from the npm registry.`,
			);
		}
		const packed = readdirSync(work).find((name) => name.endsWith(".tgz"));
		if (packed === undefined) throw new BuildError(`npm pack ${PACKAGE} left no archive.`);
		if (digest(join(work, packed)) !== SHA512)
			throw new BuildError(`${PACKAGE} is not the archive that was checked (wrong SHA-512).`);
		renameSync(join(work, packed), kept);
	} else if (digest(kept) !== SHA512) {
		rmSync(kept);
		return fetchSources(work, progress);
	}
	await run("tar", ["-xzf", kept, "-C", work, "package/moddable/xs"]);
	return join(work, "package/moddable/xs");
}

function digest(path: string): string {
	return createHash("sha512").update(readFileSync(path)).digest("base64");
}

function engineSources(xs: string): string[] {
	return readdirSync(join(xs, "sources"))
		.filter((name) => name.endsWith(".c") && !LEFT_OUT.has(name))
		.map((name) => join(xs, "sources", name));
}

async function compile(
	compiler: Compiler,
	base: readonly string[],
	xs: string,
	work: string,
	progress: (text: string) => void,
): Promise<void> {
	const word = compiler.bits === 32 ? FLAGS_32 : [];
	const includes = ["includes", "platforms", "sources"].map((name) => `-I${join(xs, name)}`);
	const sources = [
		...engineSources(xs),
		...readdirSync(HOST)
			.filter((name) => name.endsWith(".c"))
			.map((name) => join(HOST, name)),
	];
	const objects: string[] = [];
	let done = 0;
	const waiting = [...sources];
	const worker = async () => {
		for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
			const renamed = (RENAMED[basename(source)] ?? []).map((name) => `-Dfx${name}=xs${name}`);
			const object = join(work, `${objects.length}-${basename(source)}.o`);
			objects.push(object);
			const flags = [...base, ...word, ...renamed, ...includes, `-I${HOST}`];
			try {
				await run(compiler.path, [...flags, "-c", source, "-o", object]);
			} catch (error) {
				const { stderr } = error as { stderr?: string };
				throw new BuildError(`${compiler.path} does not compile ${basename(source)}:\n${stderr}`);
			}
			progress(`compiling the XS engine (${compiler.bits} bit), ${++done} of ${sources.length}`);
		}
	};
	// All of them end before the folder goes.
	const ended = await Promise.allSettled(Array.from({ length: availableParallelism() }, worker));
	for (const one of ended) if (one.status === "rejected") throw one.reason;
	try {
		await run(compiler.path, [...word, ...objects, "-lm", "-lpthread", "-o", join(work, "mote-xs")]);
	} catch (error) {
		throw new BuildError(`The XS engine could not be linked:\n${(error as { stderr?: string }).stderr}`);
	}
}
