// Everything that a user can get wrong ends with a non-zero code and one sentence that says what to do.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { runCli } from "./cli.js";

let folder: string;
let foreign: EmbeddedCloud;
let cloud: EmbeddedCloud;
let silent: Server;

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "mote-errors-"));
	cloud = await EmbeddedCloud.start({ cloud: "cumulocity", identitiesFolder: join(folder, "ours") });
	foreign = await EmbeddedCloud.start({ cloud: "cumulocity", identitiesFolder: join(folder, "foreign") });
	silent = createServer((socket) => socket.destroy());
	await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
	await cloud.device("mote-0001");
	await foreign.device("mote-0001");
	writeFileSync(
		join(folder, "settings.json"),
		JSON.stringify({ motor: { maxRpm: -5 }, devise: {}, sap: { sensor: 7 } }),
	);
	writeFileSync(join(folder, "broken.json"), "{ not json");
	const base = join(folder, "ours");
	const pem = (path: string) => readFileSync(join(base, path), "utf8");
	writeFileSync(join(folder, "reversed.pem"), pem("ca.pem") + pem("devices/mote-0001/cert.pem"));
	writeFileSync(join(folder, "cut.pem"), `${pem("ca.pem").slice(0, 300)}\n${pem("ca.pem")}`);
	writeFileSync(join(folder, "bare.json"), '{\n"broker": {"username": "u",\n"password": hunter2}}');
	writeFileSync(join(folder, "twice.json"), '{"led":{"gamma":2},"sampling":{},"led":{"digital":true}}');
	writeFileSync(join(folder, "storm.json"), '{"plain":{"commands":"mote/%id/#"}}');
	writeFileSync(join(folder, "empty.pem"), "nothing\n");
});

after(async () => {
	await cloud.close();
	await foreign.close();
	silent.close();
	rmSync(folder, { recursive: true });
});

/** Options for the cloud of this test, with the identity of one or the other authority. */
function identity(of: "ours" | "foreign", device = "mote-0001"): string[] {
	const base = join(folder, of, "devices", device);
	return ["--cert", join(base, "cert.pem"), "--key", join(base, "key.pem")];
}

interface Case {
	readonly name: string;
	readonly args: () => string[];
	readonly code: number;
	readonly says: RegExp;
	readonly env?: NodeJS.ProcessEnv;
}

const ca = () => ["--ca", join(folder, "ours", "ca.pem")];
const broker = () => ["--broker", cloud.brokerUrl];

const CASES: readonly Case[] = [
	{ name: "an unknown option", args: () => ["--colour"], code: 2, says: /--help/ },
	{
		name: "an unknown cloud",
		args: () => ["--cloud", "azure"],
		code: 2,
		says: /--cloud must be one of cumulocity, plain, sap/,
	},
	{ name: "a stray argument", args: () => ["hello"], code: 2, says: /--help/ },
	{ name: "a bad interval", args: () => ["--interval", "1 day"], code: 2, says: /--interval is a duration/ },
	{ name: "a bad count", args: () => ["--measures", "-1"], code: 2, says: /--measures/ },
	{ name: "a bad QoS", args: () => ["--qos", "3"], code: 2, says: /--qos must be one of 0, 1, 2/ },
	{ name: "a bad log", args: () => ["--log", "xml"], code: 2, says: /--log must be one of pretty, json/ },
	{ name: "a bad broker", args: () => ["--broker", "localhost"], code: 2, says: /mqtts:\/\// },
	{
		name: "a command without a stand-in",
		args: () => [...broker(), "--command", "led on"],
		code: 2,
		says: /--command needs the embedded cloud/,
	},
	{ name: "an empty command", args: () => ["--command", " "], code: 2, says: /--command is empty/ },
	{ name: "a huge command", args: () => ["--command", "x".repeat(600)], code: 2, says: /takes up to 512/ },
	{ name: "--port beside --broker", args: () => [...broker(), "--port", "1883"], code: 2, says: /--port is/ },
	{ name: "--measures beside --broker-only", args: () => ["--broker-only"], code: 2, says: /runs no node/ },
	{
		name: "a password in an address of the wrong scheme",
		args: () => ["--broker", "mqttss://me:secret@localhost:1"],
		code: 2,
		says: /MOTE_PASSWORD/,
	},
	{ name: "--cert without --key", args: () => [...broker(), "--cert", "x"], code: 2, says: /go together/ },
	{ name: "--ca without --broker", args: () => ["--ca", "x"], code: 2, says: /belongs to --broker/ },
	{
		name: "a password in the address",
		args: () => ["--broker", "mqtts://me:secret@localhost"],
		code: 2,
		says: /MOTE_PASSWORD/,
	},
	{
		name: "a missing file",
		args: () => [...broker(), "--ca", "/no/such.pem"],
		code: 2,
		says: /does not exist/,
	},
	{
		name: "a file that is no certificate",
		args: () => [...broker(), "--ca", join(folder, "empty.pem")],
		code: 2,
		says: /--ca: empty\.pem is neither PEM nor DER/,
	},
	{
		name: "a chain in the wrong order",
		args: () => [...broker(), ...ca(), "--cert", join(folder, "reversed.pem"), ...identity("ours").slice(2)],
		code: 2,
		says: /--cert: in .*reversed\.pem the certificate of --key stands at place 2; put it first/,
	},
	{
		name: "another device's key",
		args: () => [...broker(), ...ca(), ...identity("ours").slice(0, 2), ...identity("foreign").slice(2)],
		code: 2,
		says: /--cert and --key: no certificate in .* belongs to the key in /,
	},
	{
		name: "a certificate in the place of the key",
		args: () => [
			...broker(),
			...ca(),
			...identity("ours").slice(0, 2),
			"--key",
			join(folder, "ours", "ca.pem"),
		],
		code: 2,
		says: /--key: .*ca\.pem holds no private key/,
	},
	{
		name: "a certificate that was cut, in front of a whole one",
		args: () => [...broker(), "--ca", join(folder, "cut.pem")],
		code: 2,
		says: /--ca: .*cut\.pem/,
	},
	{
		name: "settings that are not JSON",
		args: () => ["--settings", join(folder, "broken.json")],
		code: 2,
		says: /is not JSON/,
	},
	{
		name: "settings with a password without its quotes, which is not repeated",
		args: () => ["--settings", join(folder, "bare.json")],
		code: 2,
		says: /bare\.json is not JSON \(line 3: [^h]*\)/,
	},
	{
		name: "settings with a group that stands twice",
		args: () => ["--settings", join(folder, "twice.json")],
		code: 2,
		says: /led: stands twice/,
	},
	{
		name: "a filter of commands that takes in the node's own topics",
		args: () => ["--cloud", "plain", ...broker(), "--settings", join(folder, "storm.json")],
		code: 2,
		says: /plain\.commands: takes in plain\.measures/,
	},
	{
		name: "settings with several mistakes, all in one error",
		args: () => ["--settings", join(folder, "settings.json")],
		code: 2,
		says: /motor\.maxRpm.*devise.*sap\.sensor|devise.*motor\.maxRpm.*sap\.sensor/,
	},
	{ name: "a device id with a colon", args: () => ["--device", "a:b"], code: 2, says: /colon/ },
	{
		name: "nobody listening",
		args: () => ["--broker", "mqtts://127.0.0.1:1", ...ca()],
		code: 1,
		says: /Nothing listens on 127\.0\.0\.1:1/,
	},
	{
		name: "a name that does not exist",
		args: () => ["--broker", "mqtts://mote.invalid:8883"],
		code: 1,
		says: /mote\.invalid could not be resolved/,
	},
	{
		name: "a broker of an unknown authority",
		args: () => [...broker(), ...identity("ours")],
		code: 1,
		says: /give its CA with --ca/,
	},
	{
		name: "a certificate for another name",
		args: () => [
			"--broker",
			cloud.brokerUrl.replace("localhost", "ip6-localhost"),
			...ca(),
			...identity("ours"),
		],
		code: 1,
		says: /another name|could not be resolved/,
	},
	{
		name: "neither a client certificate nor a password where one is demanded",
		args: () => [...broker(), ...ca()],
		code: 1,
		says: /CONNACK 5/,
	},
	{
		name: "a client certificate of a foreign authority",
		args: () => [...broker(), ...ca(), ...identity("foreign")],
		code: 1,
		says: /refused the TLS handshake|closed the connection/,
	},
	{
		name: "a certificate of another device",
		args: () => [...broker(), ...ca(), ...identity("ours"), "--device", "mote-0002"],
		code: 1,
		says: /CONNACK 5/,
	},
	{
		name: "a port that does not speak MQTT",
		args: () => ["--broker", `mqtt://127.0.0.1:${(silent.address() as { port: number }).port}`],
		code: 1,
		says: /closed the connection before it answered/,
	},
];

describe("npm start with a mistake", () => {
	for (const { name, args, code, says, env } of CASES)
		it(`${name}: code ${code} and one sentence`, async () => {
			const outcome = await runCli(["--measures", "1", "--log", "json", ...args()], env);
			assert.equal(outcome.code, code, `${outcome.out}\n${outcome.err}`);
			assert.match(outcome.err, says);
			assert.equal(outcome.err.trimEnd().split("\n").length, 1, outcome.err);
			assert.doesNotMatch(outcome.err, /secret|\bat .*\.ts:/);
		});

	it("keeps trying with --keep-running, and says so", async () => {
		const { startCli } = await import("./cli.js");
		const run = startCli(["--broker", "mqtt://127.0.0.1:1", "--keep-running"]);
		await run.until(/Nothing listens on 127\.0\.0\.1:1[\s\S]*Trying again in[\s\S]*Trying again in/);
		run.stop();
		assert.equal((await run.ended).code, 0);
	});
});
