// Against a broker that nobody here wrote: mutual TLS, QoS 0 and 1, commands, the will, a restart of the
// broker.

import assert from "node:assert/strict";
import { RawClient } from "../../host-sim/cloud/raw-client.js";
import { runCli, startCli, summaryOf } from "../e2e/cli.js";
import { MOSQUITTO, type Mosquitto, openMosquitto } from "./mosquitto.js";

describe("Mosquitto", () => {
	let broker: Mosquitto;
	let watcher: RawClient;
	let options: string[];

	before(async function () {
		if (MOSQUITTO === undefined) {
			console.log("    Mosquitto is not installed (apt-get install mosquitto): these tests are skipped");
			this.skip();
		}
		broker = await openMosquitto();
		const { files } = await broker.device("mote-7");
		options = [
			...["--cloud", "plain", "--device", "mote-7", "--broker", `mqtts://localhost:${broker.port}`],
			...[
				"--ca",
				broker.ca,
				"--cert",
				files.cert,
				"--key",
				files.key,
				"--interval",
				"200ms",
				"--log",
				"json",
			],
		];
	});
	after(async () => broker?.close());
	beforeEach(async () => {
		watcher = (await RawClient.open(watching(broker, await broker.device("watcher")))).client;
		assert.equal(await watcher.subscribe("mote/mote-7/#", 1), 1);
	});
	afterEach(() => watcher.socket.destroy());

	for (const qos of [0, 1]) {
		it(`takes measures at QoS ${qos} over mutual TLS`, async () => {
			const outcome = await runCli([...options, "--qos", String(qos), "--measures", "3"]);
			assert.equal(outcome.code, 0, outcome.err);
			const summary = summaryOf(outcome);
			assert.ok(summary.acknowledged >= 3);
			assert.equal(summary.lost, 0);
			for (let i = 0; i < 3; i++) {
				const packet = await watcher.next("publish", (p) => p.topic === "mote/mote-7/measures");
				const measure = JSON.parse(packet.payload.toString()) as Record<string, unknown>;
				assert.equal(packet.qos, qos);
				assert.match(String(measure.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
				assert.equal(typeof measure.temperature, "number");
			}
		});
	}

	it("passes on commands, and the node answers", async () => {
		const run = startCli([...options, "--measures", "1000"]);
		await run.until(/"delivered"/);
		await watcher.publish("mote/mote-7/commands", "led 25%; speed 100");
		const result = await watcher.next("publish", (p) => p.topic === "mote/mote-7/results");
		const { status, command } = JSON.parse(result.payload.toString()) as Record<string, string>;
		assert.deepEqual({ status, command }, { status: "SUCCESSFUL", command: "led 25%; speed 100" });
		await watcher.next("publish", (p) => /"led":25,/.test(p.payload.toString()));
		run.stop();
		assert.equal((await run.ended).code, 0);
	});

	it("publishes the will when the node is killed", async () => {
		const run = startCli([...options, "--measures", "1000"]);
		await run.until(/"delivered"/);
		run.cut();
		await run.ended;
		await watcher.next(
			"publish",
			(p) => p.topic === "mote/mote-7/status" && p.payload.toString() === "offline",
		);
	});

	it("is found again after a restart, and nothing accepted is lost", async () => {
		const run = startCli([...options, "--measures", "25"]);
		await run.until(/"total":5,/);
		await broker.stop();
		await run.until(/Trying again in/);
		await broker.start();
		const outcome = await run.ended;
		assert.equal(outcome.code, 0, outcome.err);
		const summary = summaryOf(outcome);
		assert.equal(summary.lost, 0);
		assert.equal(summary.reconnects, 1);
	});

	it("refuses a node without certificate, and the node says what to do", async () => {
		const { code, err } = await runCli([
			...[
				"--cloud",
				"plain",
				"--broker",
				`mqtts://localhost:${broker.port}`,
				"--ca",
				broker.ca,
				"--measures",
				"1",
			],
		]);
		assert.equal(code, 1);
		assert.match(err, /check --cert and --key|check certificate/);
	});
});

function watching(broker: Mosquitto, identity: { chainPem: string; keyPem: string }) {
	return { port: broker.port, ca: broker.identities.ca.pem, identity, clientId: "watcher" };
}
