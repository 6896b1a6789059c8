// Adding a cloud is a folder and a line of the list: done to a copy of the firmware, which then is checked
// and run.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Aedes } from "aedes";
import { copyOf, ROOT, WHOLE } from "../../support/copy.js";
import { engineOrSkip } from "../../support/engine.js";
import { eventually } from "../../support/waiting.js";
import { startProgram } from "./cli.js";

const OWN = fileURLToPath(new URL("./made-up-cloud", import.meta.url));
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");

describe("a cloud that somebody adds", () => {
	let folder: string;
	let broker: Aedes;
	let server: Server;
	const received: [topic: string, payload: string][] = [];

	before(async () => {
		folder = copyOf(WHOLE, "mote-cloud-");
		const room = join(folder, "modules/cloud/made-up");
		mkdirSync(room);
		for (const name of readdirSync(OWN)) {
			const text = readFileSync(join(OWN, name), "utf8");
			writeFileSync(join(room, name), text.replaceAll("../../../../modules/", "../../"));
		}
		const list = join(folder, "modules/cloud/list.ts");
		writeFileSync(list, `${readFileSync(list, "utf8")}export { madeUp } from "./made-up/kind.js";\n`);
		broker = await Aedes.createBroker();
		broker.on("publish", ({ topic, payload }, client) => {
			if (client) received.push([topic, payload.toString()]);
		});
		server = createServer(broker.handle);
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	});
	after(async () => {
		await new Promise<void>((resolve) => broker.close(resolve));
		await new Promise((resolve) => server.close(resolve));
		rmSync(folder, { recursive: true });
	});

	function start(engine: string, ...more: string[]) {
		const { port } = server.address() as AddressInfo;
		const address = `mqtt://127.0.0.1:${port}`;
		const args = [
			"--cloud",
			"madeUp",
			"--broker",
			address,
			"--interval",
			"100ms",
			"--engine",
			engine,
			...more,
		];
		return startProgram("host-sim/cli/start.ts", args, {}, undefined, folder);
	}

	it("passes the compiler, without a change of another file", () => {
		const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
		assert.equal(stdout, "");
		assert.equal(status, 0);
	});

	it("measures, obeys and has settings of its own", async () => {
		received.length = 0;
		const settings = join(folder, "settings.json");
		writeFileSync(settings, JSON.stringify({ madeUp: { root: "shed" } }));
		const run = start("node", "--measures", "5", "--settings", settings, "--keep-running");
		await run.until(/connected/);
		broker.publish(
			{ cmd: "publish", topic: "shed/mote-0001/do", payload: "led 40%", qos: 1, dup: false, retain: false },
			() => {},
		);
		await run.until(/led 40%/);
		await eventually(() => received.some(([topic]) => topic === "shed/mote-0001/values"));
		run.stop();
		const { code, err } = await run.ended;
		assert.equal(code, 0, err);
		const values = received.filter(([topic]) => topic === "shed/mote-0001/values");
		for (const [, payload] of values) assert.match(payload, /^[\d.]+ [\d.]+ [\d.]+ [\d.]+$/);
		assert.deepEqual(
			received.filter(([topic]) => topic === "shed/mote-0001/done"),
			[["shed/mote-0001/done", "done"]],
		);
	});

	it("has rules of its own", async () => {
		const settings = join(folder, "settings.json");
		writeFileSync(settings, JSON.stringify({ madeUp: { root: "barn" } }));
		const { code, err } = await start("node", "--settings", settings).ended;
		assert.equal(code, 2);
		assert.match(err, /madeUp\.root: barn is taken/);
	});

	it("needs a broker, because there is no stand-in of it", async () => {
		const { code, err } = await startProgram(
			"host-sim/cli/start.ts",
			["--cloud", "madeUp"],
			{},
			undefined,
			folder,
		).ended;
		assert.equal(code, 2);
		assert.match(err, /there is no stand-in of madeUp here/);
	});

	it("runs on XS once the manifest names its folder and modules", async function () {
		await engineOrSkip(this);
		const path = join(folder, "manifest.json");
		const manifest = JSON.parse(readFileSync(path, "utf8"));
		manifest.modules["modules/cloud/made-up/*"] = "./modules/cloud/made-up/*";
		for (const name of ["kind", "made-up", "settings"])
			manifest.preload.push(`modules/cloud/made-up/${name}`);
		writeFileSync(path, JSON.stringify(manifest));
		received.length = 0;
		const { code, err } = await start("xs", "--measures", "3").ended;
		assert.equal(code, 0, err);
		assert.ok(received.filter(([topic]) => topic === "hut/mote-0001/values").length >= 3);
	});
});
