// Parts of the firmware in apps of others: each includes one of our manifests, builds with the SDK and runs
// headless in Moddable's simulator.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { MOSQUITTO } from "../peers/mosquitto.js";
import { openMosquittoPlain } from "../peers/plain-brokers.js";
import { appFolder } from "./app.js";
import { buildForSimulator, missing, ourWarnings, ROOT, Simulator } from "./sdk.js";

describe("Moddable SDK: apps of others", () => {
	let folder: string;
	let simulator: Simulator | undefined;

	before(function () {
		const why = missing();
		if (why !== "") {
			console.log(`    ${why}: the apps in Moddable's simulator are skipped`);
			this.skip();
		}
		folder = appFolder();
	});
	after(() => {
		if (folder) rmSync(folder, { recursive: true });
	});
	afterEach(function () {
		if (this.currentTest?.state === "failed") console.log(simulator?.trace);
		simulator?.close();
		simulator = undefined;
	});

	/** The app as it is, with what it cannot know. */
	async function build(app: string, config: object): Promise<void> {
		const own = mkdtempSync(join(folder, `${app}-`));
		const include = [relative(own, join(ROOT, `test/system/sdk/apps/${app}/manifest.json`))];
		const manifest = join(own, "manifest.json");
		writeFileSync(manifest, JSON.stringify({ include, config }));
		const output = await buildForSimulator(relative(ROOT, manifest), `mote-${app}`);
		assert.deepEqual(ourWarnings(output), []);
		simulator = await Simulator.start(`mote-${app}`);
	}

	it("runs the session alone against Mosquitto", async function () {
		if (MOSQUITTO === undefined) this.skip();
		const broker = await openMosquittoPlain();
		try {
			await build("session", { host: "127.0.0.1", port: broker?.port });
			await simulator?.until(/garden\/gate: open/);
			await simulator?.until(/acknowledged/);
			assert.match(simulator?.trace ?? "", /connected\n[\s\S]*subscribed at QoS 1\n/);
			console.log(simulator?.trace.replace(/^/gm, "      "));
		} finally {
			simulator?.close();
			await broker?.close();
		}
	});

	it("runs three sensor classes of the SDK, unchanged, as sources of channels", async () => {
		await build("sensors", {});
		await simulator?.until(/done/);
		const trace = simulator?.trace ?? "";
		assert.match(trace, /SHT3x: temperature 2\d\.\d\d C, humidity 40\.0 %RH; \d+ bytes of slots/);
		assert.match(trace, /TMP102: temperature 2\d\.\d\d C; /);
		assert.match(trace, /NTC: temperature (24.9|25.0)\d C; /);
		console.log(trace.replace(/^/gm, "      "));
	});

	it("runs the thermistor's driver alone", async () => {
		await build("ntc", {});
		await simulator?.until(/done/);
		assert.match(simulator?.trace ?? "", /25\.\d C\nfault: open\nfault: shorted\ndone\n/);
		console.log(simulator?.trace.replace(/^/gm, "      "));
	});
});
