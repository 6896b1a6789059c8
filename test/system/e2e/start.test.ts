// The main job, as the README promises it: `npm start` with each cloud, with commands, with the exit code.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { eventsOf, runCli, startCli, summaryOf } from "./cli.js";

let xs = true;
before(async () => {
	xs = await buildEngine().then(
		() => true,
		() => false,
	);
});

let folder = "";
let files = 0;
before(() => {
	folder = mkdtempSync(join(tmpdir(), "mote-start-"));
});
after(() => rmSync(folder, { recursive: true }));

/** A file for --settings. */
function settingsFile(settings: object): string {
	const file = join(folder, `settings-${++files}.json`);
	writeFileSync(file, JSON.stringify(settings));
	return file;
}

describe("npm start", () => {
	for (const engine of ["xs", "node"] as const)
		it(`takes settings from the board's own store on ${engine}, and says why it does not take wrong ones`, async function () {
			if (engine === "xs" && !xs) this.skip();
			const folder = mkdtempSync(join(tmpdir(), "mote-store-"));
			const store = (settings: object) =>
				writeFileSync(
					join(folder, "preferences.json"),
					JSON.stringify({ "mote/settings": JSON.stringify(settings) }),
				);
			const run = () =>
				runCli([
					...["--engine", engine, "--cloud", "plain", "--state", folder],
					...["--measures", "2", "--log", "json"],
				]);
			try {
				// Neither the thermistor, which gives 21.5 °C, nor a value of its own for the sensor that is not
				// there
				store({ temperature: { sensor: "tmp102", address: 16 }, sampling: { intervalMs: 300 } });
				const taken = await run();
				assert.equal(taken.code, 0, taken.err);
				assert.equal(eventsOf(taken, "measure")[0]?.temperature, null);
				store({ temperature: { sensor: "tmp102", adress: 16 } });
				const refused = await run();
				assert.equal(refused.code, 0, refused.err);
				assert.ok(Number(eventsOf(refused, "measure")[0]?.temperature) > 15);
				const said = eventsOf(refused, "info").map((line) => line.text);
				assert.ok(
					said.some((text) =>
						/the stored settings are rejected.*temperature.adress: unknown setting/.test(String(text)),
					),
					said.join("\n"),
				);
			} finally {
				rmSync(folder, { recursive: true });
			}
		});

	for (const engine of ["xs", "node"] as const)
		for (const cloud of ["cumulocity", "sap", "plain"]) {
			const on = ["--engine", engine, "--cloud", cloud];
			it(`delivers five measures to ${cloud} from ${engine} and loses none`, async function () {
				if (engine === "xs" && !xs) this.skip();
				const outcome = await runCli([...on, "--measures", "5", "--interval", "150ms", "--log", "json"]);
				assert.equal(outcome.code, 0, outcome.err);
				const summary = summaryOf(outcome);
				assert.ok(summary.acknowledged >= 5, JSON.stringify(summary));
				assert.equal(summary.lost, 0);
				assert.ok(summary.published >= summary.acknowledged);
				assert.equal(summary.stored, summary.accepted);
				assert.equal(summary.reconnects, 0);
				assert.equal(outcome.err, "");
			});

			it(`carries out three commands from ${cloud} on ${engine}, and the circuit shows it`, async function () {
				if (engine === "xs" && !xs) this.skip();
				const outcome = await runCli([
					...[...on, "--measures", "2", "--interval", "300ms", "--log", "json"],
					...["--command", "led on", "--command", "buzzer 880Hz 200ms", "--command", "speed 50"],
				]);
				assert.equal(outcome.code, 0, outcome.err);
				assert.deepEqual(summaryOf(outcome).commands, [
					{ text: "led on", status: "SUCCESSFUL", reason: "" },
					{ text: "buzzer 880Hz 200ms", status: "SUCCESSFUL", reason: "" },
					{ text: "speed 50", status: "SUCCESSFUL", reason: "" },
				]);
				const circuit = eventsOf(outcome, "circuit");
				assert.equal(circuit.length, 3);
				assert.equal(circuit[0]?.led, 100);
				assert.equal(circuit[1]?.toneHz, 880);
			});

			it(`refuses a speed out of range from ${cloud} on ${engine} with a reason, and exits with 0: it did its job`, async function () {
				if (engine === "xs" && !xs) this.skip();
				const outcome = await runCli([
					...[...on, "--measures", "1", "--interval", "200ms", "--log", "json"],
					...["--command", "speed 99999"],
				]);
				assert.equal(outcome.code, 0, outcome.err);
				const [command] = summaryOf(outcome).commands;
				assert.equal(command?.status, "FAILED");
				assert.match(command?.reason ?? "", /outside 0 to 200 rpm/);
				assert.equal(eventsOf(outcome, "circuit").at(-1)?.rpm, 0, "the motor must not move");
			});
		}

	it("carries out each command once, also in a row, and each has its own result", async () => {
		const commands = ["led on", "speed 50", "led 500", "speed 50", "led 10%"];
		const outcome = await runCli([
			...["--measures", "1", "--interval", "300ms", "--log", "json"],
			...commands.flatMap((command) => ["--command", command]),
		]);
		assert.equal(outcome.code, 0, outcome.err);
		assert.deepEqual(
			eventsOf(outcome, "command").map((line) => line.text),
			commands,
		);
		assert.deepEqual(
			summaryOf(outcome).commands.map(({ text, status }) => [text, status]),
			commands.map((text) => [text, text === "led 500" ? "FAILED" : "SUCCESSFUL"]),
		);
	});

	it("takes a settings file with a byte order mark, and a broker with an IPv6 address", async function () {
		const broker = await Aedes.createBroker();
		const server = createServer(broker.handle);
		try {
			await new Promise<void>((resolve, reject) => {
				server.once("error", reject).listen(0, "::1", resolve);
			});
		} catch {
			this.skip(); // a machine without IPv6
		}
		const file = join(folder, "mark.json");
		writeFileSync(file, '\ufeff{"sampling":{"intervalMs":200}}');
		const { port } = server.address() as AddressInfo;
		try {
			const outcome = await runCli([
				...["--broker", `mqtt://[::1]:${port}`, "--cloud", "plain", "--settings", file],
				...["--measures", "3", "--log", "json"],
			]);
			assert.equal(outcome.code, 0, outcome.err);
			assert.equal(summaryOf(outcome).acknowledged, 3);
		} finally {
			server.close();
			broker.close();
		}
	});

	it("follows the settings: SAP's model takes the names that they give", async () => {
		const file = settingsFile({
			device: { id: "pump-3", cloud: "sap" },
			sap: { sensor: "s", measureCapability: "m", commandCapability: "c", dateProperty: "taken" },
		});
		const outcome = await runCli([
			...[
				"--settings",
				file,
				"--measures",
				"3",
				"--interval",
				"150ms",
				"--log",
				"json",
				"--command",
				"led 30%",
			],
		]);
		assert.equal(outcome.code, 0, outcome.err);
		const summary = summaryOf(outcome);
		assert.deepEqual([summary.device, summary.cloud, summary.lost], ["pump-3", "sap", 0]);
		assert.deepEqual(summary.commands, [{ text: "led 30%", status: "SUCCESSFUL", reason: "" }]);
	});

	it("says its addresses in the first line for programs, and they answer", async () => {
		const run = startCli(["--cloud", "plain", "--log", "json", "--panel", "0", "--keep-running"]);
		try {
			const [line] = await run.until(/^.*\n/);
			const { event, broker, operator, panel, device, cloud } = JSON.parse(line);
			assert.deepEqual([event, device, cloud], ["started", "mote-0001", "plain"]);
			assert.match(broker, /^mqtts:\/\/localhost:\d+$/);
			assert.equal((await fetch(`${operator}/nothing`)).status, 404);
			assert.equal((await fetch(panel)).status, 200);
		} finally {
			run.stop();
			await run.ended;
		}
	});

	it("counts in its books what an earlier run has left in the board's flash", async () => {
		const state = mkdtempSync(join(tmpdir(), "mote-books-"));
		const options = ["--cloud", "plain", "--keep", "all", "--state", state, "--log", "json"];
		try {
			// Nobody listens: what is measured stays in the flash, until the run is cut.
			const lonely = startCli([
				...["--broker", "mqtt://127.0.0.1:1", "--interval", "100ms", "--keep-running"],
				...options,
			]);
			await lonely.until(/("measure".*\n[\s\S]*){5}/);
			lonely.cut();
			await lonely.ended;
			const outcome = await runCli([...options, "--measures", "7"]);
			assert.equal(outcome.code, 0, outcome.err);
			const { accepted, acknowledged, restored, stored, lost, ring } = summaryOf(outcome);
			assert.ok(restored >= 4, `${restored} restored`);
			assert.equal(lost, 0);
			assert.equal(accepted, acknowledged + ring.waiting);
			assert.equal(stored, acknowledged);
			assert.ok(accepted > restored);
		} finally {
			rmSync(state, { recursive: true });
		}
	});

	it("ends quietly when its reader has had enough", async () => {
		const run = startCli(["--measures", "50", "--interval", "100ms"]);
		await run.until(/delivered/);
		run.closeOutput();
		const { code, err } = await run.ended;
		assert.deepEqual([code, err], [0, ""]);
	});

	it("delivers at QoS 0 as well: written and drained", async () => {
		const outcome = await runCli(["--qos", "0", "--measures", "3", "--interval", "150ms", "--log", "json"]);
		assert.equal(outcome.code, 0, outcome.err);
		assert.equal(summaryOf(outcome).lost, 0);
		assert.ok(eventsOf(outcome, "publish").some((line) => line.packetId === 0));
	});

	it("shows people a readable view and a summary", async () => {
		const { out, code } = await runCli(["--measures", "2", "--interval", "150ms", "--command", "led 40%"]);
		assert.equal(code, 0);
		assert.match(out, /temperature -?\d+\.\d\d °C/);
		assert.match(out, /← s\/ds {2}511,mote-0001,led 40%/);
		assert.match(out, /SUCCESSFUL {2}led 40%/);
		assert.match(out, /0 lost/);
	});

	it("runs on the small board, and shows its memory", async function () {
		if (!xs) this.skip();
		const args = [
			"--engine",
			"xs",
			"--board",
			"esp32c3-min",
			"--measures",
			"2",
			"--interval",
			"600ms",
			"--log",
			"json",
		];
		const outcome = await runCli([...args, "--stats", "json"]);
		assert.equal(outcome.code, 0, outcome.err);
		const summary = summaryOf(outcome);
		assert.equal(summary.ring.capacity, 12);
		assert.ok((summary.memory?.staticBytes ?? 0) > 0);
		assert.ok((summary.memory?.stackPeak ?? 999) < 384);
		assert.ok(eventsOf(outcome, "stats").length > 0);
	});

	for (const engine of ["xs", "node"] as const)
		for (const cloud of ["cumulocity", "sap", "plain"])
			it(`makes its own way to the network on ${engine} with the smallest memory, to ${cloud}: Wi-Fi, the time, the session`, async function () {
				if (engine === "xs" && !xs) this.skip();
				const network = { ssid: "barn", ssid2: "home", password2: "12345678" };
				const settings = settingsFile({ network });
				const outcome = await runCli([
					...["--engine", engine, "--board", "esp32c3-min", "--cloud", cloud, "--settings", settings],
					...["--measures", "4", "--interval", "300ms", "--log", "json", "--command", "led 30%"],
				]);
				assert.equal(outcome.code, 0, outcome.err);
				const summary = summaryOf(outcome);
				assert.deepEqual([summary.lost, summary.commands[0]?.status], [0, "SUCCESSFUL"]);
				assert.deepEqual(
					eventsOf(outcome, "info")
						.map((line) => line.text)
						.filter((text) => /Wi-Fi|network|connected/.test(String(text))),
					["Wi-Fi is joined; asking for the time", "the network is there", "connected; measures flow"],
				);
			});

	it("refuses settings that do not fit into the board before anything starts, and takes the largest that do", async () => {
		const outcome = await runCli([
			"--settings",
			settingsFile({ outbox: { measures: 500 } }),
			"--measures",
			"2",
		]);
		assert.equal(outcome.code, 2);
		const [, most] =
			/^settings: outbox\.measures: 500 do not fit into this board's memory; at most (\d+) do\. The board is esp32; --board .+\.\n$/.exec(
				outcome.err,
			) ?? [];
		const largest = settingsFile({ outbox: { measures: Number(most) } });
		const runs = [["--settings", largest, "--measures", "2", "--interval", "200ms", "--log", "json"]];
		const free = settingsFile({ outbox: { measures: 5000 } });
		runs.push([
			"--settings",
			free,
			"--engine",
			"node",
			"--measures",
			"2",
			"--interval",
			"200ms",
			"--log",
			"json",
		]);
		for (const args of runs) assert.equal((await runCli(args)).code, 0, args.join(" "));
	});

	it("has room on the smallest memory for Wi-Fi, TLS, a thermometer on I²C, alarms and commands at once", async function () {
		if (!xs) this.skip();
		const settings = settingsFile({
			network: { ssid: "barn", ssid2: "home", password2: "12345678" },
			temperature: { sensor: "sht3x" },
			channels: { temperature: { high: -50, low: -60, missing: true } },
		});
		const outcome = await runCli([
			...["--engine", "xs", "--board", "esp32c3-min", "--settings", settings],
			...["--measures", "4", "--interval", "300ms", "--log", "json"],
			...["--command", "led 30%", "--command", "buzzer 880Hz 100ms 3x", "--command", "bogus"],
		]);
		const summary = summaryOf(outcome);
		assert.equal(summary.lost, 0, outcome.err);
		assert.deepEqual(
			summary.commands.map(({ status }) => status),
			["SUCCESSFUL", "SUCCESSFUL", "FAILED"],
		);
	});

	it("raises an alarm and leaves out what says nothing new, on the smallest memory beside Wi-Fi", async function () {
		if (!xs) this.skip();
		const file = settingsFile({
			network: { ssid: "home", password: "12345678" },
			channels: { temperature: { high: -50, missing: true, deadband: 50 } },
			alarms: { severity: "CRITICAL" },
			sampling: { heartbeatMs: 1000 },
		});
		const run = startCli([
			...["--board", "esp32c3-min", "--settings", file, "--interval", "100ms", "--measures", "4"],
			"--keep-running",
		]);
		try {
			const [, operator] = await run.until(/operator (http:\S+)/);
			await run.until(/✓ 4 delivered/);
			const reply = await fetch(`${operator}/alarm/alarms`);
			const { alarms } = (await reply.json()) as { alarms: Record<string, unknown>[] };
			assert.deepEqual(
				alarms.map(({ type, severity, status }) => [type, severity, status]),
				[["mote_TemperatureHigh", "CRITICAL", "ACTIVE"]],
			);
		} finally {
			run.stop();
		}
		const outcome = await run.ended;
		assert.equal(outcome.code, 0, outcome.err);
		const [, accepted] = /of (\d+) measures delivered .*, 0 lost/.exec(outcome.out) ?? [];
		assert.ok(Number(accepted) >= 4 && Number(accepted) <= 8, `${accepted} in four seconds at one a second`);
	});

	it("falls back to Node without a C compiler, and says so in one line", async () => {
		const args = ["--measures", "1", "--interval", "150ms", "--log", "json"];
		const outcome = await runCli(args, { CC: "/nonexistent/cc" });
		assert.equal(outcome.code, 0, outcome.err);
		const warnings = eventsOf(outcome, "warn");
		assert.equal(warnings.length, 1);
		assert.match(String(warnings[0]?.text), /no C compiler .* runs on Node instead/);
		assert.equal(summaryOf(outcome).memory, undefined);
		const asked = await runCli([...args, "--engine", "xs"], { CC: "/nonexistent/cc" });
		assert.equal(asked.code, 1);
		assert.match(asked.err, /no C compiler/);
	});

	it("--help explains every option", async () => {
		const { out, code } = await runCli(["--help"]);
		assert.equal(code, 0);
		for (const option of [
			"cloud",
			"broker",
			"broker-only",
			"engine",
			"board",
			"stats",
			"device",
			"ca",
			"cert",
			"key",
			"username",
			"settings",
		])
			assert.match(out, new RegExp(`--${option}\\b`));
		for (const option of ["interval", "qos", "measures", "command", "log", "keep-running"])
			assert.match(out, new RegExp(`--${option}\\b`));
	});
});
