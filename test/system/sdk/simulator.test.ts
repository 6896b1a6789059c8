// With the real SDK: the app builds without a warning about our modules, runs headless in Moddable's
// simulator against the embedded clouds with a client certificate, and survives certificates that it must
// refuse. Skipped where the SDK is not there.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:tls";
import { type IssuedPair, issueAuthority, issueLeaf } from "../../../certs/library/issue.js";
import { type CloudName, EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { grace } from "../../support/waiting.js";
import { appFolder, writeApp } from "./app.js";
import { buildForSimulator, missing, ourWarnings, Simulator } from "./sdk.js";

const DEVICE = "sim-1";
/** The NAME of the manifest, which an including manifest can not change. */
const NAME = "mote";

describe("Moddable SDK: simulator", () => {
	let folder: string;
	let cloud: EmbeddedCloud | undefined;
	let simulator: Simulator | undefined;

	before(function () {
		const why = missing();
		if (why !== "") {
			console.log(`    ${why}: the tests in Moddable's simulator are skipped`);
			this.skip();
		}
		folder = appFolder();
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

	/** Of the node, or with `check` of the checks for boards. */
	async function build(name: CloudName, more: object = {}, ca?: Uint8Array, check?: object): Promise<string> {
		cloud = await EmbeddedCloud.start({ cloud: name, identitiesFolder: join(folder, "identities") });
		const manifest = await writeApp(folder, {
			...(check && { include: "test/system/device/manifest.json", config: { check } }),
			...{ device: DEVICE, cloud, ca },
			mote: {
				device: { id: DEVICE, cloud: name },
				sampling: { intervalMs: check ? 100 : 300 },
				broker: { host: "127.0.0.1", serverName: "localhost", port: cloud.port, alpn: "mqtt" },
				...more,
			},
		});
		return buildForSimulator(manifest);
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
			// Right behind a sample: a write into the closing connection would end the simulator on Linux
			// (SIGPIPE).
			const now = embedded.completeSamples(DEVICE);
			await embedded.when(() => embedded.completeSamples(DEVICE) > now);
			await embedded.stopBroker();
			await simulator.until(/next attempt in/);
			await embedded.startBroker();
			const before = embedded.completeSamples(DEVICE);
			await embedded.when(() => embedded.completeSamples(DEVICE) > before + 3, 40_000);
			assert.doesNotMatch(simulator.trace, /abort|\[break\]/);
		}).timeout(180_000);

	it("passes the checks for boards in the simulator, as far as it has the parts", async () => {
		await build("plain", {}, undefined, { wired: "circuit", messages: 100 });
		simulator = await Simulator.start(NAME);
		await simulator.until(/# \d+ passed, \d+ failed/, 60_000);
		await grace(1500); // what goes on after the node has ended would show now
		const tap = simulator.trace.split("\n").filter((line) => /^(ok|not ok|1\.\.|#)/.test(line));
		assert.equal(tap[0], "1..9");
		assert.equal(tap.at(-1), "# 9 passed, 0 failed", tap.join("\n"));
		assert.deepEqual(
			tap.filter((line) => line.includes("SKIP")).map((line) => line.slice(0, 5)),
			["ok 7 "],
			tap.join("\n"),
		);
		console.log(tap.map((line) => `      ${line}`).join("\n"));
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
			await build("plain", { network: { ssid: "home", sntp, sntp2: sntp } });
			simulator = await Simulator.start(NAME);
			const embedded = cloud as EmbeddedCloud;
			await embedded.when(() => embedded.completeSamples(DEVICE) >= 3, 60_000, simulator.trace);
			assert.equal(asked, 2);
			assert.match(simulator.trace, /Wi-Fi: joined home[\s\S]*time: known/);
		} finally {
			server.close();
		}
	}).timeout(180_000);

	it("takes servers with good certificates, whatever of the chain they send", async () => {
		await build("plain");
		const embedded = cloud as EmbeddedCloud;
		await embedded.stopBroker();
		const ca = { certPem: embedded.identities.ca.pem, keyPem: authorityKey(embedded.identities.folder) };
		const middle = await issueLeaf(ca, "middle", "authority");
		const leaf = await issueLeaf(ca, "x", "server");
		const below = await issueLeaf(middle, "x", "server");
		simulator = await Simulator.start(NAME);
		for (const chain of [[leaf], [leaf, ca], [below, middle], [below, middle, ca], [leaf, middle]]) {
			const pem = chain.map(({ certPem }) => certPem).join("");
			await takesConnect(embedded.port, pem, (chain[0] as IssuedPair).keyPem, simulator);
		}
		assert.doesNotMatch(simulator.trace, /TLS handshake failed|XS abort/);
	}).timeout(180_000);

	it("takes an authority with a key on an elliptic curve, and refuses what that has not signed", async () => {
		const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
		for (const name of ["ec-ca", "ec-other"]) {
			openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}-key.pem`);
			openssl(
				...["req", "-x509", "-new", "-key", `${name}-key.pem`, "-sha256", "-days", "30", "-subj", "/CN=EC"],
				...["-addext", "keyUsage=critical,keyCertSign", "-out", `${name}.pem`],
			);
			openssl(
				"req",
				"-new",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				`${name}-leaf-key.pem`,
				"-subj",
				"/CN=x",
				"-out",
				"x.csr",
			);
			writeFileSync(join(folder, "x.ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
			openssl(
				...[
					"x509",
					"-req",
					"-in",
					"x.csr",
					"-CA",
					`${name}.pem`,
					"-CAkey",
					`${name}-key.pem`,
					"-CAcreateserial",
				],
				...["-sha256", "-days", "30", "-extfile", "x.ext", "-out", `${name}-leaf.pem`],
			);
		}
		openssl("x509", "-in", "ec-ca.pem", "-outform", "DER", "-out", "ec-ca.der");
		const pem = (name: string) => readFileSync(join(folder, `${name}.pem`), "utf8");
		await build("plain", {}, readFileSync(join(folder, "ec-ca.der")));
		const embedded = cloud as EmbeddedCloud;
		await embedded.stopBroker();
		simulator = await Simulator.start(NAME);
		await takesConnect(embedded.port, pem("ec-ca-leaf"), pem("ec-ca-leaf-key"), simulator);
		assert.doesNotMatch(simulator.trace, /TLS handshake failed/);
		// The same names, another key.
		const forged = { certPem: pem("ec-other-leaf"), keyPem: pem("ec-other-leaf-key") };
		const server = await startServer(folder, embedded.port, forged, []);
		try {
			await simulator.until(
				/TLS handshake failed \(the server's certificate is not signed by our ca\.der/,
				60_000,
			);
		} finally {
			await server.stop();
		}
	}).timeout(180_000);

	it("survives servers with nine bad certificates, says what is wrong with each, and is back with the good one", async () => {
		await build("plain");
		const embedded = cloud as EmbeddedCloud;
		const identity = await embedded.device(DEVICE);
		await embedded.stopBroker();
		const ca = { certPem: embedded.identities.ca.pem, keyPem: authorityKey(embedded.identities.folder) };
		const foreign = await issueAuthority();
		const past = Date.now() - 3_600_000;
		const middle = await issueLeaf(ca, "middle", "authority");
		const wide = await issueLeaf(ca, "wide", "authority", { pathLength: 1 });
		const deep = await issueLeaf(wide, "deep", "authority");
		const device = { certPem: identity.certPem, keyPem: identity.keyPem };
		// An authority that may sign for some names only.
		const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
		writeFileSync(join(folder, "signer.pem"), ca.certPem);
		writeFileSync(join(folder, "signer-key.pem"), ca.keyPem, { mode: 0o600 });
		writeFileSync(
			join(folder, "limited.ext"),
			"basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\nnameConstraints=critical,permitted;DNS:localhost\n",
		);
		openssl(
			...[
				"req",
				"-new",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				"limited-key.pem",
				"-subj",
				"/CN=limited",
			],
			...["-out", "limited.csr"],
		);
		openssl(
			...[
				"x509",
				"-req",
				"-in",
				"limited.csr",
				"-CA",
				"signer.pem",
				"-CAkey",
				"signer-key.pem",
				"-CAcreateserial",
			],
			...["-sha256", "-days", "30", "-extfile", "limited.ext", "-out", "limited.pem"],
		);
		const pem = (name: string) => readFileSync(join(folder, name), "utf8");
		const limited = { certPem: pem("limited.pem"), keyPem: pem("limited-key.pem") };
		const bad: Array<[what: RegExp, leaf: IssuedPair, ...issuers: IssuedPair[]]> = [
			[
				/is for another\.example, not for localhost/,
				await issueLeaf(ca, "x", "server", { hosts: ["another.example"] }),
				ca,
			],
			[
				/expired at .*, and our clock says/,
				await issueLeaf(ca, "x", "server", { notBefore: past - 3_600_000, notAfter: past }),
				ca,
			],
			[/signed by an authority that is not our ca\.der/, await issueLeaf(foreign, "x", "server"), foreign],
			[/does not send its issuer along/, await issueLeaf(middle, "x", "server")],
			// What the SDK's own check takes: anybody's certificate in front of the authority's, and one that a
			// device has signed.
			[/not signed by the one that the server sent after it/, await issueLeaf(foreign, "x", "server"), ca],
			[/may not sign others/, await issueLeaf(device, "x", "server"), device, ca],
			[/not one for servers/, await issueLeaf(ca, "x", "client"), ca],
			[/our ca\.der may not have so many authorities/, await issueLeaf(deep, "x", "server"), deep, wide],
			[/limits the names it may sign for/, await issueLeaf(limited, "x", "server"), limited, ca],
		];
		simulator = await Simulator.start(NAME);
		const sim = simulator;
		for (const [words, leaf, ...issuers] of bad) {
			const heard = () =>
				sim.trace.match(new RegExp(`TLS handshake failed \\(.*${words.source}.*next attempt`));
			const server = await startServer(folder, embedded.port, leaf, issuers);
			try {
				await sim.when(
					() => heard() !== null,
					() => `${words}: not refused:`,
				);
			} finally {
				await server.stop();
			}
			console.log(`      refused: ${heard()?.[0].slice(22)}`);
		}
		await embedded.startBroker();
		await embedded.when(() => embedded.completeSamples(DEVICE) >= 3, 60_000, sim.trace);
		assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
	}).timeout(400_000);
});

/** A TLS server on a port until the node has sent CONNECT. */
async function takesConnect(port: number, cert: string, key: string, simulator: Simulator): Promise<void> {
	let first: number | undefined;
	let protocol: string | false | null = null;
	const ALPNProtocols = ["other", "mqtt"];
	const server = createServer({ cert, key, maxVersion: "TLSv1.2", ALPNProtocols }, (socket) => {
		protocol = socket.alpnProtocol;
		socket.on("error", () => {});
		socket.once("data", (data) => {
			first ??= data[0];
			socket.destroy();
		});
	});
	server.on("tlsClientError", () => {});
	await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
	try {
		await simulator.when(
			() => first !== undefined,
			() => "refused:",
		);
		assert.equal(first, 0x10);
		assert.equal(protocol, "mqtt");
	} finally {
		await new Promise((closed) => server.close(closed));
	}
}

function authorityKey(identities: string): string {
	return readFileSync(join(identities, "ca-key.pem"), "utf8");
}

/** `openssl s_server` on a port, with a certificate and what is to be sent behind it. */
async function startServer(folder: string, port: number, leaf: IssuedPair, issuers: readonly IssuedPair[]) {
	const file = (name: string, text: string) => {
		const path = join(folder, name);
		writeFileSync(path, text, { mode: 0o600 });
		return path;
	};
	const args = ["s_server", "-accept", `127.0.0.1:${port}`, "-tls1_2", "-quiet"];
	args.push("-cert", file("bad.pem", leaf.certPem), "-key", file("bad-key.pem", leaf.keyPem));
	if (issuers.length > 0)
		args.push("-cert_chain", file("bad-ca.pem", issuers.map((issuer) => issuer.certPem).join("")));
	const child = spawn("openssl", args, { stdio: ["pipe", "ignore", "ignore"] });
	return {
		stop: async () => {
			const gone = once(child, "exit");
			child.kill();
			await gone;
		},
	};
}
