// The manifest agrees with the tree, and modules keep the rules of preloading: what is not listed is not
// frozen into flash, and what changes at module level fails on the board only.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { BOARDS, boardManifest, boardModules } from "../../host-sim/engine/boards.js";
import { overlay, readManifest } from "../../host-sim/engine/manifest.js";
import { ROOT, sources } from "./sources.js";

interface Manifest {
	modules: Record<string, string | string[]>;
	preload: string[];
	config: Record<string, Record<string, unknown>>;
	platforms: Record<string, { modules?: Record<string, string> }>;
}
const read = <T>(path: string): T => JSON.parse(readFileSync(join(ROOT, path), "utf8")) as T;
const manifest = readManifest("manifest.json") as unknown as Manifest;
const firmware = sources("main.ts", "modules", "drivers").filter(
	(source) => !source.path.includes("/boards/"),
);

type Values = Record<string, unknown>;
/** What the firmware has in the simulators in the place of a board. */
const SIMULATOR = "host-sim/mcsim/manifest.json";
/** What stands in the SDK's TLS under names of the SDK's, and is preloaded by its manifest. */
const SDK_TLS = "modules/platform/sdk-tls";
/**
 * Modules of the SDK that our manifest takes by themselves, because the SDK's manifest for them brings more.
 */
const OF_SDK = ["embedded:io/socket/tcp/tls", "logical", "sdk/session"];
/** What the chip tells, with its C: on ESP32 only. */
const CHIP = "modules/platform/esp32/chip";
const own = firmware.filter(({ path }) => !path.startsWith(SDK_TLS) && path !== `${CHIP}.ts`);

describe("manifest", () => {
	it("puts our check of certificates and our session in the place of the SDK's", () => {
		assert.equal(manifest.modules["ssl/cert"], `./${SDK_TLS}/certificates`);
		assert.equal(manifest.modules["ssl/session"], `./${SDK_TLS}/session`);
		assert.equal(manifest.modules["~"], "$(MODULES)/crypt/ssl/ssl_cert");
	});

	it("has the facts of the chip on ESP32, and a module that knows none in the simulators", () => {
		const { esp32 = {}, ...simulators } = manifest.platforms as Record<string, Values>;
		assert.equal((esp32.modules as Values).chip, `./${CHIP}`);
		assert.deepEqual(esp32.preload, ["chip"]);
		const include = `./${SIMULATOR}`;
		assert.deepEqual(simulators, { lin: { include }, mac: { include }, win: { include } });
		assert.equal(readManifest(SIMULATOR).modules.chip, "./host-sim/mcsim/chip");
	});

	it("is laid over another key by key, however deep, as mcconfig does it", () => {
		const base = { channels: { rain: { offset: 1, high: 9 } }, device: { id: "a" }, outbox: [1] };
		const over = { channels: { rain: { offset: 2 }, wind: {} }, device: null };
		assert.deepEqual(overlay(base, over), {
			channels: { rain: { offset: 2, high: 9 }, wind: {} },
			device: null,
			outbox: [1],
		});
		assert.equal(base.channels.rain.offset, 1);
	});

	it("gives every module of the firmware a target of the same path", () => {
		const named = new Set<string>();
		for (const [name, path] of Object.entries(manifest.modules)) {
			const folder = name.replace(/\/\*$/, "");
			if (!name.endsWith("/*")) named.add(path === "./main" ? "main" : name);
			else
				for (const entry of readdirSync(join(ROOT, folder)))
					if (entry.endsWith(".ts")) named.add(`${folder}/${entry.slice(0, -3)}`);
			if (/^(modules|drivers)\//.test(name)) assert.equal(path, `./${name}`);
		}
		for (const { path } of own) assert.ok(named.has(path.replace(/\.ts$/, "")), path);
	});

	it("preloads every module, one by one, and nothing else", () => {
		const expected = own.map((source) => source.path.replace(/\.ts$/, "")).sort();
		assert.deepEqual([...manifest.preload].sort(), [...expected, ...OF_SDK].sort());
	});

	it("keeps tests, JSON and build output out of the folders that mcconfig takes whole", () => {
		const wholes = Object.keys(manifest.modules).filter((name) => name.endsWith("/*"));
		assert.ok(wholes.length > 6);
		for (const folder of wholes.map(dirname))
			for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true }))
				assert.ok(entry.isDirectory() || entry.name.endsWith(".ts"), `${folder}/${entry.name}`);
	});

	it("switches DHE_RSA off, with which the SDK's TLS can not authenticate a client", () => {
		assert.equal(manifest.config.tls?.DHE_RSA, false);
	});

	it("carries no settings of anybody's", () => {
		assert.deepEqual(manifest.config.mote, {});
	});

	it("has a folder with pins, memory and provider for each board, in lower case", () => {
		const entries = readdirSync(join(ROOT, "drivers/boards"), { withFileTypes: true });
		const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
		assert.deepEqual(folders.sort(), [...BOARDS].sort());
		for (const board of BOARDS) {
			const { creation } = boardManifest(board);
			const { modules, pins, channels, provider: file } = boardModules(board);
			// The walk over every entry (npm run proof:stack) comes to less.
			assert.ok(creation.stack >= 384, `${board}: a stack of ${creation.stack} slots; 384 are needed`);
			for (const target of [pins, channels]) assert.equal(modules[target], `./${target}`);
			assert.equal(file, `drivers/boards/${board}/host/provider`);
			// Its own names both, or it is another board's.
			const provider = readFileSync(join(ROOT, `${file}.ts`), "utf8");
			if (!/drivers\/boards\/[^/]+\/host\/provider"/.test(provider))
				for (const target of [pins, channels]) assert.match(provider, new RegExp(`from "${target}"`));
		}
	});

	it("includes what the SDK's IO needs and does not bring, for ESP32", () => {
		const { include, dependency } = manifest.platforms.esp32 as { include: string[]; dependency: object[] };
		// io/spi includes modGPIO.h of pins/digital; io/analog uses esp_adc.
		assert.ok(include.includes("$(MODULES)/pins/digital/manifest.json"));
		assert.deepEqual(dependency, [{ idf: "esp_adc" }]);
	});

	it("lays the flash of each board out without overlap, with two slots of the same size for updates, and the journal", () => {
		for (const board of BOARDS) {
			const rows = readFileSync(boardManifest(board).build.PARTITIONS_FILE_FOR_TARGET as string, "utf8")
				.split("\n")
				.filter((line) => line !== "" && !line.startsWith("#"))
				.map((line) => line.split(",").map((column) => column.trim()));
			let end = 0x9000; // behind the bootloader and the table itself
			for (const [name, type, , offset, size] of rows) {
				assert.ok(Number(offset) >= end, `${board}: ${name} overlaps`);
				assert.equal(
					Number(offset) % (type === "app" ? 0x10000 : 0x1000),
					0,
					`${board}: ${name} is not aligned`,
				);
				end = Number(offset) + Number(size);
			}
			assert.ok(end <= 0x400000, `${board}: beyond 4 MB`);
			const sizeOf = (subtype: string) =>
				rows.filter((row) => row[2] === subtype).map((row) => Number(row[4]));
			assert.deepEqual(sizeOf("ota"), [0x2000], board);
			const [first] = sizeOf("ota_0");
			assert.ok((first ?? 0) >= 0x1c0000, board);
			assert.deepEqual(sizeOf("ota_1"), [first], board);
			assert.deepEqual(sizeOf("factory"), [], board);
			assert.equal(rows.find(([name]) => name === "mote")?.[4], "0x20000", board);
		}
	});
});

/** Each array and plain object below a value that could be changed. */
function unfrozen(value: unknown, path: string, seen = new Set<unknown>()): string[] {
	if (typeof value !== "object" || value === null || seen.has(value)) return [];
	seen.add(value);
	const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
	const here = plain && !Object.isFrozen(value) ? [path] : [];
	return here.concat(
		Object.entries(value).flatMap(([name, part]) => unfrozen(part, `${path}.${name}`, seen)),
	);
}

/** What the simulator's program has from host-sim: it is preloaded as well. */
const simulated = sources("host-sim").filter(({ path }) =>
	Object.entries(read<Manifest>(SIMULATOR).modules).some(
		([name]) => name.startsWith("host-sim/") && path.startsWith(name.replace(/\*$/, "")),
	),
);

describe("preload rules", () => {
	for (const { path, text } of simulated)
		it(`${path} keeps nothing mutable at module level`, () => {
			for (const line of text.split("\n").filter((at) => /^(export )?const\b/.test(at)))
				assert.doesNotMatch(line, /=\s*[[{]/, `not frozen: ${line}`);
		});

	it("what modules export is frozen to its last part", async () => {
		const checked = sources("modules", "drivers").filter(
			({ path, imports }) =>
				!path.startsWith("modules/platform/") &&
				!path.endsWith("/provider.ts") &&
				!imports.some((name) => /^(embedded:|[a-z]+$)/.test(name)),
		);
		assert.ok(checked.length > 100);
		for (const { path } of checked) {
			const exports: object = await import(pathToFileURL(join(ROOT, path)).href);
			const parts = Object.entries(exports).flatMap(([name, value]) => unfrozen(value, name));
			assert.deepEqual(parts, [], path);
		}
	});

	for (const source of firmware) {
		it(`${source.path} keeps nothing mutable at module level`, () => {
			const top = source.text
				.split("\n")
				.filter((line) => /^(export |static )?(let|var|const|static)\b/.test(line));
			for (const line of top) {
				assert.doesNotMatch(line, /^(export )?(let|var)\b/, line);
				assert.doesNotMatch(
					line,
					/=\s*new (Map|Set|WeakMap|WeakSet|Date|ArrayBuffer|DataView|Uint8Array)\b/,
					line,
				);
				assert.doesNotMatch(line, /=\s*[[{]/, `not frozen: ${line}`);
			}
			assert.doesNotMatch(
				source.text,
				/^\tstatic (?!bytesFor\b)(readonly )?#?\w+\s*(:[^=(]+)?=/m,
				"a static field",
			);
			assert.doesNotMatch(source.text, /^\s*(export )?(const )?enum\b/m);
		});
	}
});

describe("repository", () => {
	const tracked = execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).trim().split("\n");

	it("tracks no key, certificate or local settings", () => {
		for (const path of tracked) {
			assert.doesNotMatch(path, /\.(pem|key|der|pk8|p12|crt)$|manifest_local\.json$/, path);
			// The label is put together here, so that this file does not hold it.
			const label = ["-----BEGIN", "(ENCRYPTED |RSA |EC )?PRIVATE KEY-----\\s+[A-Za-z0-9+/=]{20}"].join(" ");
			if (/\.(ts|mjs|json|md)$/.test(path))
				assert.doesNotMatch(readFileSync(join(ROOT, path), "utf8"), new RegExp(label), path);
		}
	});

	it("has a lockfile without download addresses", () => {
		assert.doesNotMatch(
			readFileSync(join(ROOT, "package-lock.json"), "utf8"),
			/"resolved"|https?:\/\/registry/,
		);
	});

	it("gives the firmware no npm dependency", () => {
		assert.equal("dependencies" in read<object>("package.json"), false);
	});
});

describe("what XS does not take well", () => {
	// Seen in Moddable's simulator with SDK 8.2.3: RegExp.prototype.test crashes (SIGSEGV in
	// fx_RegExp_prototype_exec), it seems when memory is collected meanwhile; and xsc compiles no \\p{…}.
	for (const source of [...firmware, ...sources("host-sim/circuit", "host-sim/mcsim")])
		it(`${source.path} has no regular expression`, () => {
			const code = source.text
				.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
				.replace(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '""');
			assert.doesNotMatch(
				code,
				/[=(,:&|!?]\s*\/[^/*\s].*\/[a-z]*|\.(match|matchAll|search)\(|\bRegExp\b/,
				source.path,
			);
		});

	// A release leaves out what nobody calls: the tables of Unicode (12 KB) come back with the first of these.
	for (const source of firmware)
		it(`${source.path} needs no tables of Unicode`, () => {
			assert.doesNotMatch(source.text, /\.(to(Locale)?(Upper|Lower)Case|normalize|localeCompare)\(/);
		});
});
