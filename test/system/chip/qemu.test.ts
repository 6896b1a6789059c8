// On an emulated ESP32-C3, with images that ESP-IDF linked: boots, flash, faults, the stack; and, where the
// emulator has Wi-Fi, time, TLS and each cloud. Skipped, with a word, where the tools are not there. `npm run
// smoke:qemu`.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CloudName, EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { startTimeServer } from "../../../host-sim/cloud/time-server.js";
import { appFolder, writeApp } from "../sdk/app.js";
import { IDENTITY, makeIdentities, OpensslServer, placeIdentity } from "../sdk/openssl-server.js";
import { Emulator, HOST, missingEmulator, WIFI } from "./emulator.js";
import { BUILD_MS, buildImage, flashImage, type Kind, missingCompiler, missingIdf } from "./idf.js";
import type { Figures } from "./serial.js";

const BOARD = "esp32c3";
const DEVICE = "chip-1";
/** Of the stack: what no figure may pass. */
const FULLEST_STACK = 0.85;
/** The partition of partitions.csv. */
const MOTE = Object.freeze({ at: 0x3e0000, bytes: 0x20000 });
/** The broker's address is in the image, and an image is built once: so its port is fixed. */
const PORTS = Object.freeze({ plain: 28_883, cumulocity: 28_884, sap: 28_885, openssl: 28_886 } as const);

async function missing(machine: "plain" | "radio"): Promise<string> {
	return (await missingIdf()) || missingCompiler(BOARD) || (await missingEmulator(machine));
}

/** Images, flashes and the emulator of a suite. */
class Bench {
	readonly scratch = mkdtempSync(join(tmpdir(), "mote-qemu-"));
	readonly folder = appFolder();
	emulator: Emulator | undefined;
	readonly #images = new Map<string, string>();

	/** The flash with an app in it, built once for each name. */
	async image(
		name: string,
		kind: Kind,
		app: () => Promise<Parameters<typeof writeApp>[1]>,
		board = BOARD,
	): Promise<string> {
		const known = this.#images.get(name);
		if (known !== undefined) return known;
		const path = join(this.scratch, `${name}.bin`);
		await flashImage(await buildImage(board, kind, await writeApp(this.folder, await app())), path);
		this.#images.set(name, path);
		return path;
	}

	/** Starts on a fresh copy of an image, or on the flash as it was left. */
	start(machine: "plain" | "radio", image?: string): Emulator {
		this.emulator = Emulator.start(join(this.scratch, "flash.bin"), machine, image);
		return this.emulator;
	}

	/** What the flash has at an offset now. */
	partition(at: number, bytes: number): Buffer {
		return readFileSync(join(this.scratch, "flash.bin")).subarray(at, at + bytes);
	}

	async cut(): Promise<void> {
		await this.emulator?.cut();
		this.emulator = undefined;
	}

	close(): void {
		for (const folder of [this.scratch, this.folder]) rmSync(folder, { recursive: true, force: true });
	}
}

/** An emulator that stands still is tried once more, and the report says so. */
function suite(title: string, machine: "plain" | "radio", tests: (bench: () => Bench) => void): void {
	describe(title, () => {
		let bench: Bench | undefined;
		before(async function () {
			this.timeout(60_000);
			const why = await missing(machine);
			if (why !== "") {
				console.log(
					`    ${why}: the tests on an emulated chip${machine === "radio" ? " with Wi-Fi" : ""} are skipped`,
				);
				this.skip();
			}
			bench = new Bench();
		});
		beforeEach(function () {
			const test = this.currentTest as unknown as { currentRetry(): number } | undefined;
			if (test && test.currentRetry() > 0) console.log("      once more: the emulator may have stood still");
		});
		afterEach(async function () {
			if (this.currentTest?.state === "failed") console.log(bench?.emulator?.trace);
			await bench?.cut();
		});
		after(() => bench?.close());
		tests(() => bench as Bench);
	});
}

const settled = (emulator: Emulator) => Math.max(0, ...emulator.figures.map(({ stackUsed }) => stackUsed));

function assertStack(emulator: Emulator): void {
	const { stackAvailable = 0 } = emulator.figures.at(-1) ?? {};
	assert.ok(stackAvailable > 0, "figures came");
	const most = settled(emulator);
	assert.ok(most < FULLEST_STACK * stackAvailable, `the stack had ${most} of ${stackAvailable} bytes`);
	console.log(`      stack at most ${most} of ${stackAvailable} bytes`);
}

function report(emulator: Emulator): void {
	const last = emulator.figures.at(-1);
	const lowest = Math.min(...emulator.figures.map(({ systemFree }) => systemFree));
	if (!last) return;
	console.log(
		`      chunks ${last.chunksUsed} of ${last.chunksAvailable}, slots ${last.slotsUsed} of ${last.slotsAvailable} bytes; system free ${last.systemFree}, lowest ${lowest}`,
	);
}

suite("emulated ESP32-C3", "plain", (bench) => {
	/** Without a network: an address that is not asked for over any radio. */
	const offline = (more: object = {}) => ({
		device: { id: DEVICE, cloud: "plain" },
		broker: { host: HOST, port: 1883, tls: false },
		sampling: { intervalMs: 500 },
		...more,
	});
	const node = (kind: Kind) =>
		bench().image(`node-${kind}`, kind, async () => ({
			device: DEVICE,
			mote: offline({ plain: { format: "raw" }, outbox: { keep: "all" } }),
		}));

	it("boots, and boots again on the same flash", async () => {
		const first = bench().start("plain", await node("debug"));
		await first.until(new RegExp(`${DEVICE}, boot 1, cloud plain`));
		await first.until(/started power-on/);
		await first.until(/could not be reached/);
		await bench().cut();
		const second = bench().start("plain");
		await second.until(new RegExp(`${DEVICE}, boot 2, cloud plain`));
	})
		.timeout(BUILD_MS)
		.retries(1);

	it("a release build, which says nothing, keeps measures in its flash and does not reset", async () => {
		const emulator = bench().start("plain", await node("release"));
		const kept = () =>
			bench()
				.partition(MOTE.at, MOTE.bytes)
				.some((byte) => byte !== 0xff);
		assert.equal(kept(), false);
		await emulator.when(kept, 60_000, "record in the partition mote");
		const records = () =>
			bench()
				.partition(MOTE.at, MOTE.bytes)
				.filter((byte) => byte !== 0xff).length;
		const before = records();
		await emulator.when(() => records() > before + 100, 60_000, "more of them");
		assert.equal(emulator.boots, 1, emulator.trace);
		assert.match(emulator.trace, /entry 0x[\da-f]+\s*$/, "the SDK's release builds do not trace");
	})
		.timeout(BUILD_MS)
		.retries(1);

	it("without a network it tries again with growing pauses, for a minute and without a reset", async () => {
		const emulator = bench().start("plain", await node("debug"));
		await emulator.until(/could not be reached \(no network/);
		// A minute of its own time, in which the machine says how it is.
		await emulator.until(/up 6\d s, heap free \d+, at least \d+, in one block \d+, XS slots \d+/, 300_000);
		assert.equal(emulator.boots, 1, emulator.trace);
		const pauses = [...emulator.trace.matchAll(/next attempt in (\d+) ms/g)].map(([, ms]) => Number(ms));
		assert.ok(pauses.length >= 4, pauses.join(" "));
		assert.ok(Math.max(...pauses) > 4 * (pauses[0] as number), pauses.join(" "));
		console.log(`      ${/started power-on, up.*/.exec(emulator.trace)?.[0]}`);
		assertStack(emulator);
	})
		.timeout(BUILD_MS)
		.retries(1);

	it("keeps measures in its flash over a hard stop", async () => {
		const first = bench().start("plain", await node("debug"));
		await first.until(/could not be reached/);
		await first.when(() => first.figures.length > 5, 60_000, "figures");
		assertStack(first);
		await bench().cut();
		const second = bench().start("plain");
		await second.until(/(\d+) records of an earlier boot are kept/);
		const kept = Number(/(\d+) records of an earlier boot/.exec(second.trace)?.[1]);
		assert.ok(kept >= 4, `${kept} records`);
		await second.when(() => second.figures.length > 5, 60_000, "figures");
		assertStack(second);
	})
		.timeout(BUILD_MS)
		.retries(1);

	it("passes the checks for boards that need no wire and no network", async () => {
		const image = await bench().image("checks", "debug", async () => ({
			include: "test/system/device/manifest.json",
			device: DEVICE,
			mote: offline(),
			config: { check: { wired: "nothing", messages: 0 } },
		}));
		const emulator = bench().start("plain", image);
		await emulator.until(/# \d+ passed, \d+ failed/, 120_000);
		const tap = emulator.trace.split("\n").filter((line) => /^(ok|not ok|1\.\.|#)/.test(line));
		console.log(tap.map((line) => `      ${line}`).join("\n"));
		assert.equal(tap.at(-1), "# 9 passed, 0 failed");
		const skipped = tap.filter((line) => line.includes("# SKIP")).map((line) => line.slice(0, 4));
		assert.deepEqual(skipped, ["ok 6", "ok 7", "ok 8", "ok 9"]);
		await emulator.when(() => emulator.figures.length > 0, 60_000, "figures");
		assertStack(emulator);
	})
		.timeout(BUILD_MS)
		.retries(1);

	for (const [fault, words] of [
		["stack", /XS abort: (JavaScript )?stack overflow|stack overflow/],
		["error", /XS abort: unhandled exception nobody handles this/],
	] as const)
		it(`reports a fault (${fault}), and restarts`, async () => {
			const image = await bench().image(`fault-${fault}`, "debug", async () => ({
				include: "test/system/chip/fault/manifest.json",
				device: DEVICE,
				mote: offline(),
				config: { fault },
			}));
			const emulator = bench().start("plain", image);
			await emulator.until(words);
			await emulator.until(/boot 2, cloud plain/);
			await emulator.until(/started by the engine/);
			assert.equal(emulator.boots, 2);
		})
			.timeout(BUILD_MS)
			.retries(1);

	it("reports that memory is full, restarts, and after four boots that did not last is in safe mode", async () => {
		const image = await bench().image("fault-memory", "debug", async () => ({
			include: "test/system/chip/fault/manifest.json",
			device: DEVICE,
			mote: offline(),
			config: { fault: "memory" },
		}));
		const emulator = bench().start("plain", image);
		await emulator.until(/memory full/);
		await emulator.until(/safe mode: 4 boots in a row did not last/, 120_000);
		assert.match(emulator.trace, /boot 5, cloud plain[\s\S]*safe mode/);
	})
		.timeout(BUILD_MS)
		.retries(1);
});

suite("emulated ESP32-C3 with Wi-Fi", "radio", (bench) => {
	let cloud: EmbeddedCloud | undefined;
	let time: Awaited<ReturnType<typeof startTimeServer>> | undefined;
	before(async () => {
		time = await startTimeServer();
	});
	after(() => time?.close());
	afterEach(async () => {
		await cloud?.close();
		cloud = undefined;
	});

	/** The node with mutual TLS to the stand-in of a cloud, which keeps its port over a retry. */
	async function start(
		name: CloudName,
		more: object = {},
	): Promise<{ emulator: Emulator; embedded: EmbeddedCloud }> {
		const { folder } = bench();
		const embedded = await EmbeddedCloud.start({
			cloud: name,
			identitiesFolder: join(folder, "identities"),
			port: PORTS[name],
		});
		cloud = embedded;
		const sntp = `${HOST}:${(time as Awaited<ReturnType<typeof startTimeServer>>).address().port}`;
		const image = await bench().image(name, "debug", async () => ({
			device: DEVICE,
			cloud: embedded,
			mote: {
				device: { id: DEVICE, cloud: name },
				network: { ...WIFI, sntp, sntp2: sntp },
				sampling: { intervalMs: 500 },
				broker: { host: HOST, serverName: "localhost", port: embedded.port },
				...more,
			},
		}));
		return { emulator: bench().start("radio", image), embedded };
	}

	for (const name of ["plain", "cumulocity", "sap"] as const)
		it(`${name}: Wi-Fi, the time, mutual TLS, measures, commands, an outage`, async () => {
			const { emulator, embedded } = await start(name);
			await emulator.until(/Wi-Fi: joined[\s\S]*time: known[\s\S]*online/, 120_000);
			await embedded.when(() => embedded.completeSamples(DEVICE) >= 5, 60_000, emulator.trace);
			await embedded.sendCommand(DEVICE, "led 40%; buzzer 60Hz; speed 50");
			const has = (series: string, value: number) =>
				embedded.stored(DEVICE).some((v) => v.series === series && v.value === value);
			await embedded.when(() => has("led", 40) && has("buzzer", 60), 60_000, emulator.trace);
			await embedded.stopBroker();
			await emulator.until(/next attempt in/);
			await embedded.startBroker();
			const before = embedded.completeSamples(DEVICE);
			await embedded.when(() => embedded.completeSamples(DEVICE) > before + 5, 120_000, emulator.trace);
			assert.equal(emulator.boots, 1);
			assertStack(emulator);
			report(emulator);
		})
			.timeout(BUILD_MS)
			.retries(1);

	it("a restart by command ends the session in order: DISCONNECT is out, the will is not published", async () => {
		const { emulator, embedded } = await start("cumulocity");
		await embedded.when(() => embedded.completeSamples(DEVICE) >= 3, 120_000, emulator.trace);
		const api = embedded.operatorUrl;
		const body = JSON.stringify({ deviceId: DEVICE, c8y_Restart: {} });
		const headers = { "content-type": "application/json" };
		const created = await fetch(`${api}/devicecontrol/operations`, { method: "POST", headers, body });
		assert.equal(created.status, 201, await created.text());
		await emulator.until(/boot 2, cloud cumulocity[\s\S]*online/, 120_000);
		const text = async (path: string) => (await fetch(`${api}${path}`)).text();
		const done = embedded.completeSamples(DEVICE) + 2;
		await embedded.when(() => embedded.completeSamples(DEVICE) >= done, 60_000, emulator.trace);
		assert.match(
			await text(`/devicecontrol/operations?deviceId=${DEVICE}`),
			/SUCCESSFUL[\s\S]*c8y_Restart|c8y_Restart[\s\S]*SUCCESSFUL/,
		);
		assert.match(emulator.trace, /started by request/);
		const events = await text(`/event/events?source=${DEVICE}`);
		assert.match(events, /started by request/, "and the cloud is told so");
		assert.doesNotMatch(events, /connection was lost/i);
	})
		.timeout(BUILD_MS)
		.retries(1);

	for (const board of [BOARD, "esp32c3-min"])
		for (const [authorities, record] of [
			[166, 16_384],
			[166, 512],
			[3, 16_384],
		] as const)
			it(`${board}: a handshake at the size of a real cloud, ${authorities} authorities, keys of 4096 bits, records of ${record} bytes`, async () => {
				const { folder } = bench();
				const port = PORTS.openssl;
				const sntp = `${HOST}:${(time as Awaited<ReturnType<typeof startTimeServer>>).address().port}`;
				const image = await bench().image(
					`handshake-${board}`,
					"debug",
					async () => {
						makeIdentities(folder, DEVICE);
						placeIdentity(folder, 4096);
						return {
							device: DEVICE,
							data: IDENTITY,
							mote: {
								device: { id: DEVICE, cloud: "cumulocity" },
								network: { ...WIFI, sntp, sntp2: sntp },
								broker: { host: HOST, serverName: "localhost", port },
							},
						};
					},
					board,
				);
				const server = new OpensslServer(folder, port, 4096, ["-max_send_frag", `${record}`], authorities);
				try {
					const emulator = bench().start("radio", image);
					await emulator.when(() => server.connected, 180_000, "CONNECT");
					assert.doesNotMatch(emulator.trace, /TLS handshake failed|memory full/);
					assert.equal(emulator.boots, 1);
					await emulator.when(() => emulator.figures.length > 10, 60_000, "figures");
					assertStack(emulator);
					report(emulator);
				} finally {
					await server.stop();
				}
			})
				.timeout(BUILD_MS)
				.retries(1);

	it("keeps its memory over 1,000 measures by TLS", async () => {
		const { emulator, embedded } = await start("plain", { sampling: { intervalMs: 100 } });
		await embedded.when(() => embedded.completeSamples(DEVICE) >= 100, 120_000, emulator.trace);
		const first = emulator.figures.at(-1) as Figures;
		await embedded.when(() => embedded.completeSamples(DEVICE) >= 1100, 300_000, emulator.trace);
		const last = emulator.figures.at(-1) as Figures;
		assert.ok(
			last.slotsAvailable <= first.slotsAvailable,
			`slots ${first.slotsAvailable} then ${last.slotsAvailable}`,
		);
		assert.ok(
			last.chunksAvailable <= first.chunksAvailable + 512,
			`chunks ${first.chunksAvailable} then ${last.chunksAvailable}`,
		);
		assert.ok(
			last.systemFree > first.systemFree - 2048,
			`system ${first.systemFree} then ${last.systemFree}`,
		);
		assertStack(emulator);
		report(emulator);
	})
		.timeout(BUILD_MS)
		.retries(1);
});
