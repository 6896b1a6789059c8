// With the real SDK, in Moddable's simulator: the TLS handshake at the sizes of a real cloud, and its end. openssl is the server:
// records from 512 bytes to 16 KB, 3 and 166 authorities, keys of 2048 and 4096 bits on both sides, a length of records asked for or
// not; and connections that are cut. Skipped where SDK or openssl are not there.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { appFolder, writeApp } from "./app.js";
import { buildForSimulator, missing, ourWarnings, Simulator } from "./sdk.js";

const DEVICE = "tls-1";
const NAME = "mote";
const AUTHORITIES = [3, 166];
const RECORDS = [512, 4096, 16_384];

describe("Moddable SDK: the handshake", () => {
	let folder: string;
	let simulator: Simulator | undefined;
	let server: OpensslServer | undefined;
	const path = (name: string) => join(folder, name);

	before(function () {
		this.timeout(300_000);
		const why = missing();
		if (why !== "") {
			console.log(`    ${why}: the handshake in Moddable's simulator is not tried`);
			this.skip();
		}
		folder = appFolder();
		makeIdentities(folder);
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
		for (const [name, file] of [
			["ca.der", `root-${bits}.der`],
			["client.der", `device-${bits}.der`],
			["client1.der", `middle-${bits}.der`],
			["client2.der", `root-${bits}.der`],
			["client.pk8", `device-${bits}.pk8`],
		] as const)
			writeFileSync(path(name), readFileSync(path(file)));
		const manifest = await writeApp(folder, {
			device: DEVICE,
			data: ["./ca", "./client", "./client1", "./client2"],
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
		for (let ms = 0; !server?.connected; ms += 50) {
			assert.ok(ms < 60_000 && !sim.ended, `${what}: no CONNECT\n${sim.trace}`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
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

	it("is done with every suite that is offered, and with a session that is resumed", async () => {
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
		// One process remembers its sessions: the second connection resumes.
		server = new OpensslServer(folder, port, 2048, ["-state"], 3);
		await connects(sim, "the first");
		server.connected = false;
		server.dropConnections();
		await connects(sim, "the second");
		assert.doesNotMatch(sim.trace, /TLS handshake failed|XS abort|\[break\]/);
	}).timeout(400_000);

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
				for (let ms = 0; !/next attempt/.test(sim.trace.slice(before)); ms += 50) {
					assert.ok(ms < 60_000 && !sim.ended, `cut at ${at}:\n${sim.trace}`);
					await new Promise((resolve) => setTimeout(resolve, 50));
				}
			}
			proxy.cutAt = Number.POSITIVE_INFINITY;
			await connects(sim, "no longer cut");
			assert.doesNotMatch(sim.trace, /XS abort|\[break\]/);
		} finally {
			proxy.close();
		}
	}).timeout(400_000);
});

/** Root, middle authority and leaves, with keys of 2048 and 4096 bits; and names of many authorities. */
function makeIdentities(folder: string): void {
	const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
	writeFileSync(
		join(folder, "authority.ext"),
		"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
	);
	writeFileSync(
		join(folder, "server.ext"),
		"subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
	);
	writeFileSync(join(folder, "device.ext"), "extendedKeyUsage=clientAuth\n");
	for (const bits of [2048, 4096]) {
		openssl(
			...[
				"req",
				"-x509",
				"-newkey",
				`rsa:${bits}`,
				"-nodes",
				"-sha256",
				"-days",
				"30",
				"-subj",
				`/CN=Root ${bits}`,
			],
			...[
				"-addext",
				"keyUsage=critical,keyCertSign",
				"-keyout",
				`root-${bits}.key`,
				"-out",
				`root-${bits}.pem`,
			],
		);
		const issue = (name: string, by: string, ext: string, cn: string) => {
			openssl(
				"req",
				"-new",
				"-newkey",
				`rsa:${bits}`,
				"-nodes",
				"-keyout",
				`${name}-${bits}.key`,
				"-subj",
				`/CN=${cn}`,
				"-out",
				"x.csr",
			);
			openssl(
				...[
					"x509",
					"-req",
					"-in",
					"x.csr",
					"-CA",
					`${by}-${bits}.pem`,
					"-CAkey",
					`${by}-${bits}.key`,
					"-CAcreateserial",
				],
				...["-sha256", "-days", "30", "-extfile", ext, "-out", `${name}-${bits}.pem`],
			);
		};
		issue("middle", "root", "authority.ext", `Middle ${bits}`);
		issue("server", "middle", "server.ext", "localhost");
		issue("device", "middle", "device.ext", DEVICE);
		const pem = (name: string) => readFileSync(join(folder, `${name}-${bits}.pem`), "utf8");
		writeFileSync(join(folder, `chain-${bits}.pem`), pem("middle") + pem("root"));
		for (const name of ["root", "middle", "device"])
			openssl("x509", "-in", `${name}-${bits}.pem`, "-outform", "DER", "-out", `${name}-${bits}.der`);
		openssl(
			"pkcs8",
			"-topk8",
			"-nocrypt",
			"-in",
			`device-${bits}.key`,
			"-outform",
			"DER",
			"-out",
			`device-${bits}.pk8`,
		);
	}
	openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key");
	let others = "";
	for (let i = 0; i < Math.max(...AUTHORITIES) - 1; i++) {
		const subject = `/C=DE/O=Somebody's trust services AG/CN=Authority of the number ${String(i).padStart(4, "0")}`;
		others += openssl(
			"req",
			"-x509",
			"-new",
			"-key",
			"other.key",
			"-sha256",
			"-days",
			"30",
			"-subj",
			subject,
		).toString();
		if (AUTHORITIES.includes(i + 2))
			for (const bits of [2048, 4096])
				writeFileSync(
					join(folder, `authorities-${i + 2}-${bits}.pem`),
					readFileSync(join(folder, `root-${bits}.pem`), "utf8") + others,
				);
	}
	mkdirSync(join(folder, "sessions"), { recursive: true });
}

/** `openssl s_server` that demands a client certificate. */
class OpensslServer {
	connected = false;
	readonly #child;
	constructor(folder: string, port: number, bits: number, more: readonly string[], authorities: number) {
		this.#child = spawn(
			"openssl",
			[
				...["s_server", "-accept", `127.0.0.1:${port}`, "-tls1_2", "-quiet", "-naccept", "1000"],
				...["-cert", `server-${bits}.pem`, "-key", `server-${bits}.key`, "-cert_chain", `chain-${bits}.pem`],
				...["-Verify", "3", "-verify_return_error", "-CAfile", `authorities-${authorities}-${bits}.pem`],
				...more,
			],
			{ cwd: folder, stdio: ["pipe", "pipe", "ignore"] },
		);
		this.#child.stdout.on("data", (data: Buffer) => {
			if (data.includes("MQTT")) this.connected = true;
		});
	}

	/** Ends what is connected now; the server goes on. */
	dropConnections(): void {
		this.#child.stdin.write("q\n");
	}

	async stop(): Promise<void> {
		this.connected = false;
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
		const gone = once(this.#child, "exit");
		this.#child.kill();
		await gone;
	}
}

/** Passes on so many bytes of the server's, then cuts. */
class CuttingProxy {
	cutAt = 1;
	readonly #to: number;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	constructor(to: number) {
		this.#to = to;
		this.#server = createServer((from) => this.#pass(from));
	}
	listen(port: number): Promise<void> {
		return new Promise((listening) => this.#server.listen(port, "127.0.0.1", () => listening()));
	}
	#pass(from: Socket): void {
		const to = connect(this.#to, "127.0.0.1");
		let left = this.cutAt;
		const end = () => {
			for (const socket of [from, to]) {
				this.#sockets.delete(socket);
				socket.destroy();
			}
		};
		for (const socket of [from, to]) {
			this.#sockets.add(socket);
			socket.on("error", end);
			socket.on("close", end);
		}
		from.on("data", (data) => void to.write(data));
		to.on("data", (data) => {
			const part = data.subarray(0, Math.min(left, data.length));
			left -= part.length;
			from.write(part);
			if (left <= 0) from.end(end);
		});
	}
	close(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
	const { port } = server.address() as { port: number };
	await new Promise((closed) => server.close(closed));
	return port;
}
