// With the real SDK: the app builds without a warning about our modules, runs headless in Moddable's simulator against
// the embedded clouds with a client certificate, survives certificates that it must refuse, and links for the boards.
// Skipped where the SDK is not there.

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type CloudName, EmbeddedCloud } from "../../host-sim/cloud/embedded-cloud.js";
import { buildForSimulator, linkForBoard, missing, ourWarnings, ROOT, Simulator } from "./sdk.js";

const DEVICE = "sim-1";
/** The NAME of the manifest, which an including manifest can not change. */
const NAME = "mote";

describe("Moddable SDK", () => {
	let folder: string;
	let cloud: EmbeddedCloud | undefined;
	let simulator: Simulator | undefined;

	before(function () {
		const why = missing();
		if (why !== "") {
			console.log(`    ${why}: the tests with the Moddable SDK are skipped`);
			this.skip();
		}
		// Inside the project, because mcconfig wants to reach the manifest by a relative path.
		mkdirSync(join(ROOT, "certs/dev"), { recursive: true });
		folder = mkdtempSync(join(ROOT, "certs/dev/sdk-"));
	});
	after(() => {
		if (folder) rmSync(folder, { recursive: true });
	});
	afterEach(async function () {
		if (this.currentTest?.state === "failed") console.log(simulator?.trace);
		simulator?.close();
		await cloud?.close();
		simulator = cloud = undefined;
	});

	async function build(
		name: CloudName,
		{ ca, serverName = "localhost", more = {} }: { ca?: Uint8Array; serverName?: string; more?: object } = {},
	): Promise<string> {
		cloud = await EmbeddedCloud.start({ cloud: name, identitiesFolder: join(folder, "identities") });
		const identity = await cloud.device(DEVICE);
		writeFileSync(join(folder, "ca.der"), ca ?? cloud.identities.ca.der);
		writeFileSync(join(folder, "client.der"), identity.certDer);
		writeFileSync(join(folder, "client.pk8"), identity.keyDer);
		const manifest = {
			include: [relative(folder, join(ROOT, "manifest.json"))],
			data: { "*": ["./ca", "./client"] },
			config: {
				mote: {
					device: { id: DEVICE, cloud: name },
					sampling: { intervalMs: 300 },
					broker: { host: "127.0.0.1", serverName, port: cloud.port },
					...more,
				},
			},
		};
		writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
		return buildForSimulator(relative(ROOT, join(folder, "manifest.json")));
	}

	for (const name of ["cumulocity", "sap", "plain"] as const)
		it(`runs in the simulator with ${name}: measures arrive, commands move, an outage is survived`, async () => {
			const output = await build(name);
			assert.deepEqual(ourWarnings(output), []);
			simulator = await Simulator.start(NAME);
			const embedded = cloud as EmbeddedCloud;
			await embedded.when(() => embedded.completeSamples(DEVICE) >= 3, 30_000, simulator.trace);
			await embedded.sendCommand(DEVICE, "led 40%; buzzer 880Hz; speed 50");
			await embedded.when(
				() =>
					["led:40", "buzzer:880"].every((want) =>
						embedded.stored(DEVICE).some((v) => `${v.series}:${v.value}` === want),
					),
				20_000,
			);
			await embedded.when(() =>
				embedded.stored(DEVICE).some((v) => v.series === "speed" && Math.abs(v.value - 50) < 3),
			);
			// Right behind a sample: a write into the closing connection would end the simulator on Linux (SIGPIPE).
			const now = embedded.completeSamples(DEVICE);
			await embedded.when(() => embedded.completeSamples(DEVICE) > now);
			await embedded.stopBroker();
			await simulator.until(/next attempt in/);
			await embedded.startBroker();
			const before = embedded.completeSamples(DEVICE);
			await embedded.when(() => embedded.completeSamples(DEVICE) > before + 3, 40_000);
			assert.doesNotMatch(simulator.trace, /abort|\[break\]/);
		}).timeout(180_000);

	it("makes its own way to the network in the simulator, with the time of a server over real UDP", async () => {
		const server = createSocket("udp4");
		let asked = 0;
		server.on("message", (question, { port, address }) => {
			if (question.length !== 48 || ++asked === 1) return; // the first is lost
			const answer = Buffer.alloc(48);
			answer[0] = 0x24;
			answer[1] = 2;
			question.copy(answer, 24, 40, 48);
			answer.writeUInt32BE(Math.floor(Date.now() / 1000) + 2_208_988_800, 40);
			server.send(answer, port, address);
		});
		await new Promise<void>((bound) => server.bind(0, "127.0.0.1", bound));
		try {
			const sntp = `127.0.0.1:${server.address().port}`;
			await build("plain", { more: { network: { ssid: "home", sntp, sntp2: sntp } } });
			simulator = await Simulator.start(NAME);
			const embedded = cloud as EmbeddedCloud;
			await embedded.when(() => embedded.completeSamples(DEVICE) >= 3, 60_000, simulator.trace);
			assert.equal(asked, 2);
			assert.match(simulator.trace, /Wi-Fi: joined home[\s\S]*time: known/);
		} finally {
			server.close();
		}
	}).timeout(180_000);

	async function refusedTwice(): Promise<void> {
		simulator = await Simulator.start(NAME);
		await simulator.until(
			/TLS handshake failed.*next attempt[\s\S]*TLS handshake failed.*next attempt/,
			40_000,
		);
		assert.doesNotMatch(simulator.trace, /XS abort/);
	}

	it("survives a certificate of a foreign authority: reported, and tried again", async () => {
		const foreign = await EmbeddedCloud.start({ cloud: "plain", identitiesFolder: join(folder, "foreign") });
		try {
			await build("plain", { ca: foreign.identities.ca.der });
		} finally {
			await foreign.close();
		}
		await refusedTwice();
	}).timeout(180_000);

	it("survives a certificate for another name: reported, and tried again", async () => {
		await build("plain", { serverName: "another.example" });
		await refusedTwice();
	}).timeout(180_000);

	for (const board of ["esp32", "esp32c3"])
		it(`compiles every module for ${board} and links the preload image without a warning of ours`, async () => {
			const scratch = mkdtempSync(join(tmpdir(), "mote-idf-"));
			try {
				const output = await linkForBoard(board, scratch);
				assert.deepEqual(ourWarnings(output), []);
			} finally {
				rmSync(scratch, { recursive: true });
			}
		}).timeout(300_000);
});
