// docs/sensors.md done to a copy of the firmware: a part of the list, and one that nobody here knows. The copy
// is checked, and measures on both engines.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { copyOf, ROOT, WHOLE } from "../../support/copy.js";
import { readDocument } from "../../support/documents.js";
import { startProgram } from "./cli.js";

const BOARD = "drivers/boards/esp32";
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");

/** The document's blocks of TypeScript, in their order. */
const blocks = () =>
	[...readDocument("docs/sensors.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

describe("a sensor that somebody adds", () => {
	let folder: string;
	let xs = true;

	before(async () => {
		xs = await buildEngine().then(
			() => true,
			() => false,
		);
		folder = copyOf(WHOLE, "mote-sensor-");
	});
	after(() => rmSync(folder, { recursive: true }));

	const edit = (path: string, change: (text: string) => string) => {
		const file = join(folder, path);
		const before = readFileSync(file, "utf8");
		const after = change(before);
		assert.notEqual(after, before, path);
		writeFileSync(file, after);
	};
	const check = () => {
		const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", "."], {
			cwd: folder,
			encoding: "utf8",
		});
		assert.equal(status, 0, stdout);
	};

	const start = (...args: string[]) => startProgram("host-sim/cli/start.ts", args, {}, undefined, folder);
	async function measured(engine: string): Promise<Record<string, number>> {
		const run = start("--engine", engine, "--measures", "4", "--interval", "200ms", "--log", "json");
		const { code, out, err } = await run.ended;
		assert.equal(code, 0, err);
		const lines = out.split("\n").filter((line) => line.includes('"event":"measure"'));
		return JSON.parse(lines.at(-1) as string) as Record<string, number>;
	}

	it("of the list needs what the document says, and is measured", async () => {
		const [table = ""] = blocks();
		const [imports = "", ...rest] = table.split("\n\n");
		edit(`${BOARD}/channels.ts`, (text) =>
			text.replace(/\nexport const CHANNELS = [\s\S]*/, `${imports}\n\n${rest.join("\n\n")}`),
		);
		check();
		for (const engine of xs ? ["xs", "node"] : ["node"]) {
			const { humidity, pressure, temperature, speed } = await measured(engine);
			assert.deepEqual([humidity, speed], [40, 0], engine);
			assert.ok(Math.abs((pressure as number) - 1013.3) < 0.3, `${pressure} on ${engine}`);
			assert.ok(Math.abs((temperature as number) - 21.5) < 2, `${temperature} on ${engine}`);
		}
	});

	it("that is not in the list needs its class, a line of the manifest, and for a laptop a device", async () => {
		const [, lm75 = "", device = ""] = blocks();
		writeFileSync(join(folder, BOARD, "lm75.ts"), lm75);
		edit(`${BOARD}/channels.ts`, (text) =>
			`import { LM75 } from "./lm75.js";\n${text}`.replace(
				"pressure: {",
				"attic: { from: LM75 },\n\t\tpressure: {",
			),
		);
		edit(`${BOARD}/manifest.json`, (text) =>
			text.replace(
				'"drivers/boards/esp32/pins"',
				'"drivers/boards/esp32/lm75": "./lm75",\n\t\t"drivers/boards/esp32/pins"',
			),
		);
		check();
		// Until somebody simulates it there is no value, it is said why, and all others are measured.
		const bare = start("--measures", "4", "--interval", "200ms");
		const { code, out, err } = await bare.ended;
		assert.equal(code, 0, err);
		assert.match(out, /! attic has no value: Error: write failed/);
		assert.match(out, /attic –/);
		edit("host-sim/circuit/bus-part.ts", (text) =>
			text
				.replace("const DEVICES", `${device}\nconst DEVICES`)
				.replace("\tBME280: Bme280Device,", "\tBME280: Bme280Device,\n\tLM75: Lm75Device,"),
		);
		check();
		for (const engine of xs ? ["xs", "node"] : ["node"]) {
			const { attic, temperature, pressure } = await measured(engine);
			assert.ok(Math.abs((attic as number) - (temperature as number)) < 0.5, `${attic} on ${engine}`);
			assert.ok((pressure as number) > 1000);
		}
	});

	it("that is wrong stops with the channel's name and every mistake", async () => {
		edit(`${BOARD}/channels.ts`, (text) =>
			text
				.replace(
					"humidity: {",
					"light: { from: CLIMATE },\n\t\tdoor: { from: digitalInput({ pin: 25 }) },\n\t\thumidity: {",
				)
				.replace("{ bme280 }", "{ bme280, digitalInput }"),
		);
		const run = start("--measures", "1");
		const { code, err } = await run.ended;
		assert.equal(code, 2);
		assert.match(
			err,
			/--board: esp32 cannot be used: channels: light: value must be one of temperature, humidity, pressure/,
		);
		edit(`${BOARD}/channels.ts`, (text) => text.replace("light: { from: CLIMATE },", ""));
		const again = await start("--measures", "1").ended;
		assert.match(again.err, /door: GPIO 25 is taken by the buzzer/);
	});
});
