// With the real SDK, in Moddable's simulator: the TLS handshake at the sizes of a real cloud, and its end.
// openssl is the server: records from 512 bytes to 16 KB, 3 and 166 authorities, keys of 2048 and 4096 bits
// on both sides, a length of records asked for or not; and connections that are cut. Skipped where SDK or
// openssl are not there.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls";
import {
	altNames,
	bits as bitString,
	constraints,
	der,
	dns,
	extension,
	type Made,
	make,
	octets,
	oid,
	rsaPair,
	seq,
	toPem,
} from "../../firmware/network/make-certificate.js";
import { bytes, chain, hello, records } from "../../firmware/network/tls-flight.js";
import { freePort, MOSQUITTO } from "../peers/mosquitto.js";
import { appFolder, writeApp } from "./app.js";
import { answer, publish, tlsServer } from "./mqtt-tls-server.js";
import { AUTHORITIES, IDENTITY, makeIdentities, OpensslServer, placeIdentity } from "./openssl-server.js";
import { CuttingProxy, SigningProxy } from "./proxies.js";
import { buildForSimulator, missing, ourWarnings, Simulator } from "./sdk.js";

const DEVICE = "tls-1";
const NAME = "mote";
const RECORDS = [512, 4096, 16_384];

describe("Moddable SDK: the handshake", () => {
	let folder: string;
	let simulator: Simulator | undefined;
	let server: OpensslServer | undefined;

	before(function () {
		this.timeout(300_000);
		const why = missing();
		if (why !== "") {
			console.log(`    ${why}: the handshake in Moddable's simulator is not tried`);
			this.skip();
		}
		folder = appFolder();
		makeIdentities(folder, DEVICE);
	});
	after(() => {
		if (folder) rmSync(folder, { recursive: true });
	});
	afterEach(async function () {
		if (this.currentTest?.state === "failed") console.log(simulator?.trace);
		simulator?.close();
		simulator = undefined;
		await server?.stop();
		server = undefined;
	});

	/** Builds and starts the node with an identity of this key length. */
	async function node(bits: number, port: number, broker: object = {}): Promise<Simulator> {
		placeIdentity(folder, bits);
		const manifest = await writeApp(folder, {
			device: DEVICE,
			data: IDENTITY,
			mote: {
				device: { id: DEVICE, cloud: "plain" },
				broker: { host: "127.0.0.1", serverName: "localhost", port, ...broker },
			},
		});
		assert.deepEqual(ourWarnings(await buildForSimulator(manifest)), []);
		simulator = await Simulator.start(NAME);
		return simulator;
	}

	/** Until CONNECT has come, or as long as the node tries in vain. */
	async function connects(sim: Simulator, what: string): Promise<void> {
		await sim.when(
			() => {
				assert.equal(server?.ended, false, `${what}: openssl has ended`);
				return server?.connected === true;
			},
			() => `${what}: no CONNECT`,
		);
	}

	for (const bits of [2048, 4096])
		for (const fragmentBytes of [0, 512, 4096])
			it(`is done with keys of ${bits} bits, ${fragmentBytes === 0 ? "no length of records asked for" : `records of ${fragmentBytes} bytes asked for`}: ${RECORDS.join(", ")} bytes by ${AUTHORITIES.join(", ")} authorities`, async () => {
				const port = await freePort();
				const sim = await node(bits, port, { fragmentBytes });
				for (const authorities of AUTHORITIES)
					for (const record of RECORDS) {
						server = new OpensslServer(folder, port, bits, ["-max_send_frag", `${record}`], authorities);
						const what = `records of ${record}, ${authorities} authorities`;
						await connects(sim, what);
						assert.doesNotMatch(sim.trace, /TLS handshake failed/, what);
						await server.stop();
					}
				assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
			}).timeout(400_000);

	it("is done with every suite that is offered", async () => {
		const port = await freePort();
		const sim = await node(2048, port);
		for (const suite of [
			"ECDHE-RSA-AES128-GCM-SHA256",
			"ECDHE-RSA-AES128-SHA256",
			"AES128-SHA",
			"AES256-SHA",
			"AES128-SHA256",
			"AES256-SHA256",
		]) {
			const more = ["-cipher", `${suite}:@SECLEVEL=0`, "-max_send_frag", "512"];
			server = new OpensslServer(folder, port, 2048, more, 3);
			await connects(sim, suite);
			await server.stop();
		}
		assert.doesNotMatch(sim.trace, /TLS handshake failed|XS abort|\[break\]/);
	}).timeout(400_000);

	it("resumes a session that the server remembers, and begins anew where it does not", async () => {
		const port = await freePort();
		const kept = new Map<string, Buffer>();
		const reused: boolean[] = [];
		const tls = tlsServer(folder, (socket) => {
			socket.once("data", () => {
				reused.push(socket.isSessionReused());
				socket.destroy();
			});
		});
		tls.on("newSession", (id: Buffer, data: Buffer, done: () => void) => {
			kept.set(id.toString("hex"), data);
			done();
		});
		tls.on("resumeSession", (id: Buffer, done: (error: null, data: Buffer | null) => void) => {
			done(null, kept.get(id.toString("hex")) ?? null);
		});
		await new Promise<void>((listening) => tls.listen(port, "127.0.0.1", listening));
		try {
			const sim = await node(2048, port);
			const until = async (n: number) => {
				await sim.when(() => reused.length >= n);
			};
			await until(2);
			kept.clear();
			await until(4);
			assert.deepEqual(reused.slice(0, 4), [false, true, false, true]);
			assert.doesNotMatch(sim.trace, /TLS handshake failed|XS abort|\[break\]/);
		} finally {
			tls.close();
		}
	}).timeout(200_000);

	it("takes records of 16 KB in a session that stands, skips what it cannot keep", async () => {
		const port = await freePort();
		const heard: string[] = [];
		const tls = tlsServer(folder, (socket) =>
			answer(socket, (packet) => {
				if (packet.cmd === "puback") heard.push(`puback ${packet.messageId}`);
				if (packet.cmd === "publish" && packet.topic.endsWith("results")) heard.push(String(packet.payload));
				if (packet.cmd !== "subscribe") return;
				// Each fills a record; the first and the third are too long to be kept.
				for (const [messageId, text] of [
					[1, "x".repeat(16_000)],
					[2, "led 40%"],
					[3, "x".repeat(16_340)],
				] as const)
					setTimeout(() => publish(socket, `mote/${DEVICE}/commands`, messageId, text), 10);
			}),
		);
		await new Promise<void>((listening) => tls.listen(port, "127.0.0.1", listening));
		try {
			const sim = await node(2048, port);
			await sim.when(
				() => heard.length >= 4,
				() => `${heard}`,
			);
			assert.deepEqual(
				heard.filter((line) => line.startsWith("puback")),
				["puback 1", "puback 2", "puback 3"],
			);
			assert.match(heard.join(), /led 40%","status":"SUCCESSFUL"/);
			assert.match(sim.trace, /16000 bytes is too large and was skipped[\s\S]*16340 bytes is too large/);
			assert.doesNotMatch(sim.trace, /connection|XS abort|\[break\]/);
		} finally {
			tls.close();
		}
	}).timeout(200_000);

	it("tells the server by an alert what it has done wrong", async () => {
		const port = await freePort();
		const codes: string[] = [];
		// Its certificate is not from the authority that the node trusts.
		const read = (name: string) => readFileSync(join(folder, name), "utf8");
		const tls = createTlsServer({
			cert: read("server-4096.pem") + read("chain-4096.pem"),
			key: read("server-4096.key"),
			maxVersion: "TLSv1.2",
		});
		tls.on("tlsClientError", (error: NodeJS.ErrnoException) => codes.push(error.code ?? error.message));
		await new Promise<void>((listening) => tls.listen(port, "127.0.0.1", listening));
		try {
			const sim = await node(2048, port);
			await sim.when(() => codes.length >= 1);
			assert.match(codes[0] as string, /ALERT_BAD_CERTIFICATE/);
			assert.match(sim.trace, /signed by an authority that is not our ca\.der/);
		} finally {
			tls.close();
		}
	}).timeout(200_000);

	it("refuses to begin anew in a session that stands, and says so", async () => {
		const port = await freePort();
		let said = "";
		const sim = await node(2048, port);
		const child = spawn(
			"openssl",
			[
				...["s_server", "-accept", `127.0.0.1:${port}`, "-tls1_2", "-msg"],
				...["-cert", "server-2048.pem", "-key", "server-2048.key", "-cert_chain", "chain-2048.pem"],
			],
			{ cwd: folder, stdio: ["pipe", "pipe", "ignore"] },
		);
		try {
			child.stdout.on("data", (data: Buffer) => {
				said += data.toString("latin1");
			});
			const until = async (pattern: RegExp) => {
				await sim.when(
					() => pattern.test(said),
					() => `${pattern}\n${said.slice(-2000)}`,
				);
			};
			await until(/MQTT/);
			child.stdin.write("r\n");
			await until(/HelloRequest[\s\S]*warning no_renegotiation/);
			assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
		} finally {
			child.kill();
		}
	}).timeout(200_000);

	it("refuses keys that nobody has signed, and is done with those that the server has", async () => {
		const port = await freePort();
		const inner = await freePort();
		server = new OpensslServer(folder, inner, 2048, ["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"], 3);
		const proxy = new SigningProxy(inner);
		await proxy.listen(port);
		try {
			const sim = await node(2048, port);
			for (const pair of [
				[0, 1],
				[4, 0],
				[9, 9],
				[8, 4],
				[2, 1],
			] as const) {
				proxy.pair = pair;
				const before = sim.trace.length;
				await sim.until(/next attempt/, 60_000, before);
				assert.match(sim.trace.slice(before), /signs its key exchange in a way that was not offered/);
			}
			proxy.pair = undefined;
			await connects(sim, "as the server signs it");
		} finally {
			proxy.close();
		}
	}).timeout(200_000);

	it("says what is wrong with certificates that were made to end it or to keep it busy", async () => {
		const port = await freePort();
		const pair = rsaPair(2048);
		const now = Date.now();
		const made = (change: Partial<Made>) =>
			make(
				{
					...{ issuer: "low", subject: "localhost", pair, signer: pair },
					...{ extensions: [altNames(dns("localhost"))], ...change },
				},
				now,
			);
		// An object identifier of 200,000 bytes: the SDK's reader asks for 800,016.
		const huge = seq(Buffer.from([0x06, 0x83, 0x03, 0x0d, 0x40]));
		const ones = (length: number) => new Uint8Array(length).fill(255);
		const slow = seq(
			seq(oid("1.2.840.113549.1.1.1"), der(5)),
			bitString(0, ...seq(der(2, Uint8Array.of(0), ones(512)), der(2, Uint8Array.of(127), ones(511)))),
		);
		const publicKey = { export: () => slow } as unknown as Made["pair"]["publicKey"];
		const authority = { subject: "low", issuer: "root", extensions: [constraints(true)] };
		const HOSTILE: ReadonlyArray<readonly [words: RegExp, ...certificates: Buffer[]]> = [
			[/the server's certificate (is|has) /, made({ inner: huge })],
			[/the server's certificate (is|has) /, made({ extensions: [Buffer.from("30840100000006", "hex")] })],
			[
				/certificate 2 of the server has an RSA key with an exponent/,
				made({}),
				made({ ...authority, pair: { ...pair, publicKey } }),
			],
			[/an authority that is not our ca\.der/, made({}), made(authority)],
			[/longer than the whole/, Buffer.alloc(698, 0x30)],
			[/bytes after its end/, made({ behind: new Uint8Array(700) })],
		];
		let next = 0;
		const tcp = createServer((socket) => {
			socket.on("error", () => {});
			const [, ...certificates] = HOSTILE[next] as (typeof HOSTILE)[number];
			socket.once("data", () => socket.write(records(22, bytes(hello(), chain(...certificates)), 16_384)));
		});
		await new Promise<void>((listening) => tcp.listen(port, "127.0.0.1", listening));
		try {
			const sim = await node(2048, port);
			for (; next < HOSTILE.length; next++) {
				const before = sim.trace.length;
				const [words] = HOSTILE[next] as (typeof HOSTILE)[number];
				await sim.until(/next attempt/, 60_000, before);
				assert.match(sim.trace.slice(before), words);
			}
			assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
		} finally {
			tcp.close();
		}
	}).timeout(300_000);

	it("without a ca.der trusts the authorities of the SDK that are in the image: with one of ours in the place of one", async () => {
		const port = await freePort();
		const list = readFileSync(join(process.env.MODDABLE as string, "modules/crypt/data/ca.ski"));
		const root = rsaPair(2048);
		const pair = rsaPair(2048);
		const now = Date.now();
		/**
		 * An authority with the identifier that the SDK's authority of this number has, and a server's
		 * certificate by it.
		 */
		const signedBy = (identifier: Buffer) => {
			const own = extension("2.5.29.14", octets(identifier));
			const by = extension("2.5.29.35", seq(der(0x80, identifier)));
			const authority = { issuer: "root", subject: "root", pair: root, signer: root };
			const leaf = { issuer: "root", subject: "localhost", pair, signer: root };
			return {
				authority: make({ ...authority, extensions: [constraints(true), own] }, now),
				leaf: make({ ...leaf, extensions: [altNames(dns("localhost")), by] }, now),
			};
		};
		const identifier = (number: number) => list.subarray(20 * number, 20 * number + 20);
		const key = pair.privateKey.export({ type: "pkcs8", format: "pem" });
		writeFileSync(join(folder, "ca5.der"), signedBy(identifier(5)).authority);
		placeIdentity(folder, 2048);
		const manifest = await writeApp(folder, {
			device: DEVICE,
			data: [...IDENTITY.filter((name) => name !== "./ca"), "./ca5"],
			mote: {
				device: { id: DEVICE, cloud: "plain" },
				broker: { host: "127.0.0.1", serverName: "localhost", port },
			},
		});
		assert.deepEqual(ourWarnings(await buildForSimulator(manifest)), []);
		const sim = await Simulator.start(NAME);
		simulator = sim;
		const CASES: ReadonlyArray<readonly [what: string, identifier: Buffer, words: RegExp | undefined]> = [
			["one that is in the image", identifier(5), undefined],
			["one that is not", identifier(6), /is ca6\.der of the SDK, which is not in the image/],
			["none", Buffer.alloc(20, 1), /none of the SDK's authorities, .*; there is no ca\.der/],
		];
		for (const [what, id, words] of CASES) {
			const before = sim.trace.length;
			let connected = false;
			let standing: TLSSocket | undefined;
			const tls = createTlsServer(
				{ cert: toPem(signedBy(id).leaf), key, maxVersion: "TLSv1.2" },
				(socket) => {
					socket.on("error", () => {});
					standing = socket;
					answer(socket, () => {
						connected = true;
					});
				},
			);
			tls.on("tlsClientError", () => {});
			await new Promise<void>((listening) => tls.listen(port, "127.0.0.1", listening));
			try {
				if (words === undefined)
					await sim.when(
						() => connected,
						() => `${what}: no CONNECT`,
					);
				else {
					await sim.until(/handshake failed.*next attempt/, 60_000, before);
					assert.match(sim.trace.slice(before), words, what);
				}
			} finally {
				tls.close();
				standing?.destroy();
			}
		}
		assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
	}).timeout(300_000);

	it("is not ended by a forged record behind a true one, nor by an alert there", async () => {
		const port = await freePort();
		let connections = 0;
		const read = (name: string) => readFileSync(join(folder, name), "utf8");
		const context = createSecureContext({
			cert: read("server-2048.pem") + read("chain-2048.pem"),
			key: read("server-2048.key"),
			maxVersion: "TLSv1.2",
		});
		const tcp = createServer((raw) => {
			connections++;
			const forged = connections === 1;
			raw.on("error", () => {});
			const tls = new TLSSocket(raw, { isServer: true, secureContext: context });
			tls.on("error", () => {});
			answer(tls, (packet) => {
				if (packet.cmd !== "subscribe" || connections > 2) return;
				// One write: two records of data, and then one that nobody sealed, or whose beginning is an alert's.
				setTimeout(() => {
					raw.cork();
					publish(tls, `mote/${DEVICE}/commands`, 1, "led 40%");
					publish(tls, `mote/${DEVICE}/commands`, 2, "led 50%");
					raw.write(Buffer.from([forged ? 23 : 21, 3, 3, 0, 32, ...Array(32).fill(1)]));
					raw.uncork();
				}, 50);
			});
		});
		await new Promise<void>((listening) => tcp.listen(port, "127.0.0.1", listening));
		try {
			const sim = await node(2048, port);
			await sim.when(() => connections >= 3);
			await sim.until(/(online[\s\S]*){3}/, 30_000);
			assert.match(sim.trace, /tampered with/);
			assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
		} finally {
			tcp.close();
		}
	}).timeout(200_000);

	it("hears what the server says right behind the handshake", async () => {
		const port = await freePort();
		let connections = 0;
		const read = (name: string) => readFileSync(join(folder, name), "utf8");
		const tls = createTlsServer(
			{
				cert: read("server-2048.pem") + read("chain-2048.pem"),
				key: read("server-2048.key"),
				maxVersion: "TLSv1.2",
			},
			(socket) => {
				connections++;
				socket.on("error", () => {});
				// Ahead of CONNECT, in the same flight as Finished: no server of MQTT may, and the node says so at
				// once.
				socket.end(Buffer.from([0x20, 2, 0, 0]));
			},
		);
		await new Promise<void>((listening) => tls.listen(port, "127.0.0.1", listening));
		try {
			const sim = await node(2048, port);
			const started = Date.now();
			await sim.when(() => connections >= 3);
			assert.doesNotMatch(sim.trace, /no CONNACK|XS abort|\[break\]/, `after ${Date.now() - started} ms`);
		} finally {
			tls.close();
		}
	}).timeout(200_000);

	it("is done with Mosquitto", async function () {
		if (MOSQUITTO === undefined) {
			console.log("      Mosquitto is not installed");
			this.skip();
		}
		const port = await freePort();
		const broker = startMosquitto(MOSQUITTO, folder, port);
		try {
			const sim = await node(2048, port);
			await sim.until(/online/, 60_000);
			assert.doesNotMatch(sim.trace, /TLS handshake failed|XS abort|\[break\]/);
		} finally {
			broker.kill();
		}
	}).timeout(200_000);

	it("ends in a sentence and another try wherever the connection is cut, and is done once it is not", async () => {
		const port = await freePort();
		const inner = await freePort();
		server = new OpensslServer(folder, inner, 2048, ["-max_send_frag", "1024"], 166);
		const proxy = new CuttingProxy(inner);
		await proxy.listen(port);
		try {
			const sim = await node(2048, port);
			for (const at of [1, 4, 5, 60, 100, 700, 2500, 5000, 12_000, 17_000]) {
				proxy.cutAt = at;
				const before = sim.trace.length;
				await sim.until(/next attempt/, 60_000, before);
			}
			proxy.cutAt = Number.POSITIVE_INFINITY;
			await connects(sim, "no longer cut");
			assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
		} finally {
			proxy.close();
		}
	}).timeout(400_000);
});

/** Mosquitto with TLS that demands a certificate of ours. */
function startMosquitto(command: string, folder: string, port: number): ChildProcess {
	const lines = [
		`listener ${port} 127.0.0.1`,
		"allow_anonymous true",
		`cafile ${join(folder, "root-2048.pem")}`,
		`certfile ${join(folder, "mosquitto.pem")}`,
		`keyfile ${join(folder, "server-2048.key")}`,
		"require_certificate true",
		"tls_version tlsv1.2",
		"user root",
	];
	const read = (name: string) => readFileSync(join(folder, name), "utf8");
	writeFileSync(join(folder, "mosquitto.pem"), read("server-2048.pem") + read("chain-2048.pem"));
	writeFileSync(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
	return spawn(command, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
}
