// docs/clients.md: its commands and its script, run as they stand there against the stand-ins. Only the port
// and the folders are other ones.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { EmbeddedCloud } from "../../host-sim/cloud/embedded-cloud.js";
import { readDocument, shellBlocks } from "../support/documents.js";
import { CertsBench, SECRET, withSecret } from "./bench.js";

const PAGE = "docs/clients.md";
const DEVICE = "mote-0001";
/** For what hangs. */
const PATIENCE_MS = 120_000;

interface Ended {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** Skips where a program is missing, with a word about it. */
function needs(context: Mocha.Context, ...programs: string[]): void {
	const missing = programs.find((program) => spawnSync(program, ["--help"]).error);
	if (missing === undefined) return;
	console.log(`      ${missing} is not installed: skipped`);
	context.skip();
}

/** A Python that has Paho. */
function pythonWithPaho(context: Mocha.Context): string {
	const found = ["python3", "/usr/bin/python3"].find(
		(python) => spawnSync(python, ["-c", "import paho.mqtt.client"]).status === 0,
	);
	if (found === undefined) {
		console.log("      Paho for Python is not installed: skipped");
		context.skip();
	}
	return found as string;
}

describe("the page about other clients", () => {
	const bench = new CertsBench();
	const blocks = shellBlocks(PAGE).filter(({ about }) => about === "test/certs/clients.test.ts");
	let cumulocity: EmbeddedCloud;
	let sap: EmbeddedCloud;
	before(async () => {
		const identitiesFolder = bench.path("dev");
		cumulocity = await EmbeddedCloud.start({ cloud: "cumulocity", identitiesFolder });
		sap = await EmbeddedCloud.start({ cloud: "sap", identitiesFolder });
		for (const cloud of [cumulocity, sap]) await cloud.device(DEVICE);
	});
	after(async () => {
		for (const cloud of [cumulocity, sap]) await cloud.close();
		bench.close();
	});

	/** The one block with this word, for a stand-in of this test. */
	function block(word: string, cloud: EmbeddedCloud): string {
		const found = blocks.map(({ commands }) => commands.join("\n")).filter((text) => text.includes(word));
		assert.equal(found.length, 1, word);
		return (found[0] as string)
			.replaceAll("8883", String(cloud.port))
			.replaceAll("certs/dev", bench.path("dev"))
			.replaceAll("certs/own", bench.path("own"))
			.replaceAll(" -C 1", ` -C 1 -W ${PATIENCE_MS / 2000}`); // ends by itself where nothing comes
	}
	function run(script: string): Promise<Ended> {
		const env = { ...process.env, OPERATOR: cumulocity.operatorUrl };
		const options = { cwd: bench.folder, env, timeout: PATIENCE_MS };
		return promisify(execFile)("bash", ["-ec", script], options).then(
			({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
			(error: Ended) => error,
		);
	}
	const temperatures = (cloud: EmbeddedCloud) => cloud.stored(DEVICE).map(({ value }) => value);
	const operations = () =>
		cumulocity.cumulocity.tenant.operations
			.select({ deviceId: DEVICE })
			.map(({ status, result }) => [status, result?.join()]);

	it("has four blocks and one script that are tried here", () => {
		assert.equal(blocks.length, 4);
		assert.equal(readDocument(PAGE).split("```python").length, 2);
	});

	it("goes with Mosquitto's clients from the first message to a command that was answered", async function () {
		needs(this, "mosquitto_pub", "curl");
		const { code, stdout, stderr } = await run(block("c8y_Temperature", cumulocity));
		assert.equal(code, 0, stderr);
		assert.match(stdout, /511,mote-0001,led on\n$/);
		assert.deepEqual(temperatures(cumulocity), [21.5]);
		assert.deepEqual(operations(), [["SUCCESSFUL", "done"]]);
	});

	it("goes with Mosquitto's clients against SAP's stand-in", async function () {
		needs(this, "mosquitto_pub");
		const [{ code, stdout, stderr }] = await Promise.all([
			run(block("mote-measures", sap)),
			sap.sendCommand(DEVICE, "led on", PATIENCE_MS),
		]);
		assert.equal(code, 0, stderr);
		assert.match(stdout, /^\{.*"command":\{"LED":"true"\}\}\n$/);
		assert.deepEqual(temperatures(sap), [21.5]);
	});

	describe("its script for Paho", () => {
		let python: string;
		before(function () {
			python = pythonWithPaho(this);
			bench.write("client.py", /```python\n([\s\S]*?)```/.exec(readDocument(PAGE))?.[1] ?? "");
		});
		const command = () => block("client.py", cumulocity).replace("python3", python);

		it("sends a measure, and answers a command", async () => {
			const before = operations().length;
			const [{ code, stdout, stderr }, outcome] = await Promise.all([
				run(command()),
				cumulocity.sendCommand(DEVICE, "led on", PATIENCE_MS),
			]);
			assert.equal(code, 0, stderr);
			assert.equal(stdout, "waiting for a command\n511,mote-0001,led on\n");
			assert.deepEqual(outcome, { text: "led on", status: "SUCCESSFUL", reason: "done" });
			assert.equal(operations().length, before + 1);
			assert.equal(temperatures(cumulocity).at(-1), 21.5);
		});

		it("says when the id is not the certificate's", async () => {
			const { code, stderr } = await run(command().replace(" mote-0001 ", " mote-0002 "));
			assert.equal(code, 1);
			assert.match(stderr, /^CONNACK: (5|Not authorized)$/m);
		});

		it("speaks with no server whose CA is another one", async () => {
			const { code, stderr } = await run(command().replace(bench.path("dev/ca.pem"), '""'));
			assert.equal(code, 1);
			assert.match(stderr, /certificate verify failed/);
		});
	});

	it("makes stores for programs of Java, under the names that it gives", async function () {
		needs(this, "keytool");
		const lines = block("keystore", cumulocity).split("\n");
		assert.equal(lines.length, 3);
		await withSecret(SECRET, async () => {
			for (const line of lines) {
				assert.ok(line.startsWith("npm run certs -- "), line);
				await bench.done(...line.split(" ").slice(4));
			}
		});
		bench.write("secret", SECRET);
		const list = (store: string) =>
			execFileSync("keytool", ["-list", "-keystore", bench.path(store), "-storepass:file", "secret"], {
				cwd: bench.folder,
			}).toString();
		assert.match(list(`own/devices/${DEVICE}/client.p12`), /^mote-0001, .*PrivateKeyEntry/m);
		assert.match(list("own/trust.p12"), /^mote development ca [0-9a-f]{6}, .*trustedCertEntry/m);
	});
});
