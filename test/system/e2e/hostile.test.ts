// What reaches host-sim from others on the same machine: files of its state, JSON, the environment of the
// engine's process.

import assert from "node:assert/strict";
import {
	chmodSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PINS } from "../../../drivers/boards/esp32/pins.js";
import { parseJson } from "../../../host-sim/cloud/bounded-json.js";
import { HttpError, OperatorServer } from "../../../host-sim/cloud/http.js";
import { openState } from "../../../host-sim/engine/board-state.js";
import { Feed } from "../../../host-sim/panel/feed.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { engineOrSkip } from "../../support/engine.js";
import { eventually } from "../../support/waiting.js";

describe("host-sim and others on the same machine", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "mote-hostile-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));
	const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;

	it("keeps flash and preferences for their owner only, also where they were open", () => {
		const state = openState(join(folder, "state"));
		state.preferences.set("mote/password", "x");
		assert.deepEqual(
			[mode("state"), mode("state/flash.bin"), mode("state/preferences.json")],
			[0o700, 0o600, 0o600],
		);
		for (const name of ["flash.bin", "preferences.json"]) chmodSync(join(folder, "state", name), 0o644);
		openState(join(folder, "state")).preferences.set("mote/password", "y");
		assert.deepEqual([mode("state/flash.bin"), mode("state/preferences.json")], [0o600, 0o600]);
		assert.deepEqual(readdirSync(join(folder, "state")).sort(), ["flash.bin", "preferences.json"]);
		assert.match(readFileSync(join(folder, "state/preferences.json"), "utf8"), /"y"/);
	});

	it("writes through no file that somebody has laid in its way", () => {
		const victim = join(folder, "victim");
		writeFileSync(victim, "as it was");
		const state = openState(join(folder, "state"));
		for (const name of ["preferences.json.new", "preferences.json.tmp"])
			symlinkSync(victim, join(folder, "state", name));
		state.preferences.set("a", 1);
		assert.equal(readFileSync(victim, "utf8"), "as it was");
	});

	it("takes JSON of 32 levels, and brackets in texts for what they are", () => {
		const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
		parseJson(nested(32));
		assert.throws(() => parseJson(nested(33)), /nests deeper/);
		assert.throws(() => parseJson(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`), /nests deeper/);
		assert.deepEqual(parseJson(`{"a":"${"[".repeat(99)}\\"[[","b":[{},{}]}`), {
			...{ a: `${"[".repeat(99)}"[[`, b: [{}, {}] },
		});
		for (const broken of ["", "]", '{"a', "[}"]) assert.throws(() => parseJson(broken));
	});

	it("refuses nested JSON at the operator's side", async () => {
		const server = new OperatorServer([
			{
				...{ method: "POST", path: /^\/x$/ },
				answer: ({ body }) => {
					if (JSON.stringify(body).length > 100) throw new HttpError(422, "long", "long");
					return { body };
				},
			},
		]);
		await server.start(0);
		try {
			const post = (body: string) =>
				fetch(`${server.url}/x`, { method: "POST", headers: { "content-type": "application/json" }, body });
			const answer = await post(`{"text":${"[".repeat(20_000)}${"]".repeat(20_000)}}`);
			assert.equal(answer.status, 400);
			assert.match(await answer.text(), /nests deeper than 32/);
			assert.equal((await post('{"text":"[[["}')).status, 200);
		} finally {
			await server.stop();
		}
	});

	it("shows what it cannot show as a line, and goes on", async () => {
		const feed = new Feed({ device: "mote-1" });
		const lines: string[] = [];
		const until = (pattern: RegExp) =>
			eventually(
				() => pattern.test(lines.join("")),
				() => lines.join(""),
			);
		feed.join({ write: (line) => lines.push(line) > 0, end: () => {} });
		const endless: unknown[] = [];
		endless.push(endless);
		feed.said({ at: 0, text: endless as unknown as string, level: "info" });
		await until(/not shown: /);
		feed.close();
	});

	it("gives the engine's process no password of ours", async function () {
		const engine = await engineOrSkip(this);
		const file = join(folder, "environment");
		const before = process.env.MOTE_PASSWORD;
		process.env.MOTE_PASSWORD = "Ziegenkaese";
		try {
			const machine = new XsMachine({
				engine,
				creation: boardCreation("esp32"),
				program: [{ name: "app", source: "export default () => host.send(100);", preload: true }],
				...{ start: "app", pins: PINS, resources: new Map() },
				wrapper: ["sh", "-c", `env > '${file}'; exec "$@"`, "sh"],
			});
			machine.boot();
			await machine.whenIdle();
			machine.close();
		} finally {
			if (before === undefined) delete process.env.MOTE_PASSWORD;
			else process.env.MOTE_PASSWORD = before;
		}
		const environment = readFileSync(file, "utf8");
		assert.match(environment, /^PATH=/m);
		assert.doesNotMatch(environment, /MOTE_|Ziegenkaese/);
	});
});
