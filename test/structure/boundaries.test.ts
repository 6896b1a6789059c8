// Who may name what: pure rooms name only each other, Moddable is named in one room, Node only by host-sim
// and tests, and the stand-ins of the clouds share no code with the firmware that they judge.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { ROOT, type Source, sources } from "./sources.js";

/** Room → rooms it may import from. Order matters: the first prefix that fits is the room. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
	"modules/core/": ["modules/core/"],
	"modules/mqtt/": ["modules/core/", "modules/mqtt/"],
	"modules/network/": ["modules/core/", "modules/network/"],
	"modules/outbox/": ["modules/core/", "modules/mqtt/", "modules/outbox/"],
	"modules/cloud/": ["modules/core/", "modules/mqtt/", "modules/outbox/", "modules/cloud/"],
	"modules/app/": [
		"modules/core/",
		"modules/mqtt/",
		"modules/outbox/",
		"modules/network/",
		"modules/cloud/",
		"modules/app/",
	],
	"modules/platform/": ["modules/core/", "modules/mqtt/", "modules/network/", "modules/platform/"],
	"drivers/boards/": ["drivers/boards/", "drivers/", "modules/core/"],
	"drivers/": ["modules/core/", "drivers/"],
	"host-sim/circuit/": ["host-sim/circuit/", "modules/core/io.ts"],
	"host-sim/mcsim/": [
		"host-sim/mcsim/",
		"host-sim/circuit/",
		"host-sim/engine/narration.ts",
		"host-sim/engine/parts.ts",
		"host-sim/engine/words.ts",
		"drivers/",
		"modules/core/channels.ts",
		"modules/app/observer.ts",
	],
	"host-sim/engine/": [
		"host-sim/engine/",
		"host-sim/circuit/",
		"modules/app/",
		"modules/core/channels.ts",
		"modules/mqtt/close-codes.ts",
		"main.ts",
	],
	"host-sim/xs/board/": [
		"host-sim/xs/board/",
		"host-sim/xs/frames.ts",
		"main.ts",
		"modules/app/observer.ts",
		"modules/core/io.ts",
	],
	"host-sim/xs/frames.ts": [],
	"host-sim/xs/": [
		"host-sim/xs/",
		"host-sim/engine/",
		"host-sim/circuit/",
		"modules/app/",
		"modules/core/channels.ts",
	],
	"host-sim/nodejs/": [
		"host-sim/nodejs/",
		"host-sim/engine/",
		"host-sim/circuit/",
		"modules/app/",
		"modules/core/channels.ts",
		"modules/core/default-channels.ts",
		"drivers/",
	],
	"certs/": ["certs/", "modules/core/", "modules/mqtt/"],
	"host-sim/cloud/": ["host-sim/cloud/", "certs/library/"],
	"host-sim/panel/page/": [
		"host-sim/panel/",
		"host-sim/engine/",
		"host-sim/cloud/cumulocity/template-names.ts",
	],
	"host-sim/panel/": [
		"host-sim/panel/",
		"host-sim/cloud/",
		"host-sim/engine/",
		"host-sim/circuit/",
		"modules/core/channels.ts",
		"modules/app/observer.ts",
	],
	// A client of the session alone, in a machine on Node; options and errors are those of `npm start`.
	"host-sim/mqtt-tools/": [
		"host-sim/mqtt-tools/",
		"host-sim/nodejs/",
		"host-sim/engine/line.ts",
		"host-sim/engine/sockets.ts",
		...["explain", "identity-files", "option-error"].map((name) => `host-sim/cli/${name}.ts`),
		"certs/library/",
		"modules/core/",
		"modules/mqtt/",
		"modules/platform/",
		"drivers/boards/",
	],
	"host-sim/cli/": ["host-sim/", "certs/library/", "modules/", "drivers/boards/", "main.ts"],
	"main.ts": ["modules/", "drivers/"],
};
/** Modules whose name on the engine is not their path: they name the project's own by target. */
const BY_TARGET =
	/^(host-sim\/mcsim\/(provider|builtin|wifi)|drivers\/boards\/.*provider|host-sim\/xs\/board\/.*|modules\/platform\/sdk-tls\/.*)\.ts$/;
/** Rooms that may name Moddable's modules. */
const MODDABLE = ["modules/platform/", "main.ts", "drivers/boards/", "host-sim/mcsim/", "host-sim/xs/board/"];
const MODDABLE_NAME =
	/^(embedded:|mc\/|timer$|time$|preference$|flash$|chip$|Resource$|file$|ber$|bin$|crypt$|ecdsa$|logical$|rng$|pkcs1_5$|pkcs8$|x509$|ssl\/|sdk\/)/;

const firmware = sources(
	"main.ts",
	"modules",
	"drivers",
	"host-sim/circuit",
	"host-sim/mcsim",
	"host-sim/xs/board",
	"host-sim/xs/frames.ts",
	...["narration", "put-status", "words"].map((name) => `host-sim/engine/${name}.ts`),
);
/** Without what stands in it twice. */
const program = [
	...new Map([...firmware, ...sources("certs", "host-sim")].map((one) => [one.path, one])).values(),
];
const everything = [...program, ...sources("test")];

function target(source: Source, specifier: string): string {
	return normalize(join(dirname(source.path), specifier)).replace(/\.js$/, ".ts");
}

describe("boundaries", () => {
	it("finds the sources it is about", () => {
		assert.ok(firmware.length > 40, `${firmware.length} firmware files`);
		assert.ok(firmware.some((source) => source.imports.includes("embedded:io/socket/tcp")));
	});

	it("every relative import ends in .js and resolves to a TypeScript file", () => {
		// The panel's style is bundled with its page.
		const typed = (name: string) => name.startsWith(".") && !name.endsWith(".css");
		for (const source of everything)
			for (const specifier of source.imports.filter(typed)) {
				assert.match(specifier, /\.js$/, `${source.path} imports ${specifier}`);
				assert.ok(existsSync(join(ROOT, target(source, specifier))), `${source.path} imports ${specifier}`);
			}
	});

	it("no arrow points left", () => {
		for (const source of program) {
			const room = Object.keys(ROOMS).find((prefix) => source.path.startsWith(prefix));
			assert.ok(room, `${source.path} is in no room`);
			for (const specifier of source.imports.filter((name) => name.startsWith("."))) {
				const path = target(source, specifier);
				const allowed = (ROOMS[room] as readonly string[]).some((prefix) => path.startsWith(prefix));
				assert.ok(allowed, `${source.path} (${room}) imports ${path}`);
			}
		}
	});

	it("nothing goes round in a circle", () => {
		const arrows = new Map(
			program.map((source) => [
				source.path,
				source.imports.filter((name) => name.startsWith(".")).map((name) => target(source, name)),
			]),
		);
		const done = new Set<string>();
		const follow = (path: string, way: readonly string[]): void => {
			const before = way.indexOf(path);
			assert.ok(before < 0, [...way.slice(before), path].join(" → "));
			if (done.has(path)) return;
			for (const next of arrows.get(path) ?? []) follow(next, [...way, path]);
			done.add(path);
		};
		for (const path of arrows.keys()) follow(path, []);
	});

	it("only modules/platform, main.ts, board providers and host-sim/mcsim name Moddable modules", () => {
		for (const source of firmware) {
			const may = MODDABLE.some((prefix) => source.path.startsWith(prefix));
			for (const specifier of source.imports.filter((name) => !name.startsWith("."))) {
				assert.ok(may, `${source.path} names ${specifier}`);
				const own = /^(host-sim|drivers|modules)\//.test(specifier) && BY_TARGET.test(source.path);
				assert.ok(MODDABLE_NAME.test(specifier) || own, `${source.path} names ${specifier}`);
			}
		}
	});

	it("the simulation knows the firmware in three places; its books, its services and its wire know nothing of it", () => {
		const KNOWING = ["machine", "hardware", "node-transport"].map((name) => `test/simulation/${name}.ts`);
		const BOOKS = ["ledger", "wire-rules", "network", "server", "service", "scheduler", "chance", "trace"];
		const sim = sources("test/simulation");
		assert.ok(sim.length > 15);
		for (const source of sim.filter(({ path }) => !KNOWING.includes(path))) {
			const own =
				BOOKS.some((name) => source.path === `test/simulation/${name}.ts`) ||
				/-service\.ts$/.test(source.path);
			for (const specifier of source.imports.filter((name) => name.startsWith("."))) {
				const path = target(source, specifier);
				assert.match(path, /^test\/(simulation|support)\//, `${source.path} imports ${path}`);
				if (own) assert.ok(!KNOWING.includes(path), `${source.path} imports ${path}`);
			}
		}
	});

	it("the firmware uses no global that XS lacks", () => {
		const foreign =
			/(?<![.\w#])(Buffer|process|console|setTimeout|setInterval|queueMicrotask|TextEncoder|TextDecoder|structuredClone|require|URL|performance)\b(?=\s*[.(])/;
		for (const source of firmware) {
			const code = source.text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
			assert.doesNotMatch(code, foreign, source.path);
		}
	});

	it("nothing that runs on XS deletes through an optional chain, which XS 17 leaves undone", () => {
		for (const source of sources(
			"main.ts",
			"modules",
			"drivers",
			"host-sim/mcsim",
			"host-sim/circuit",
			"test/system/device",
		))
			assert.doesNotMatch(source.text.replace(/\/\/.*/g, ""), /\bdelete\b[^;\n]*\?\./, source.path);
	});

	it("the firmware never parses foreign JSON into objects", () => {
		// What the board's own store has is not foreign, and bounded.
		const own = "modules/app/settings-text.ts";
		for (const source of sources("main.ts", "modules", "drivers").filter(({ path }) => path !== own))
			assert.doesNotMatch(source.text, /JSON\s*\.\s*parse|\beval\s*\(|new Function/, source.path);
	});
});
