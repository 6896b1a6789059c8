// The readers of TLS on flights that servers really make, recorded on the spot: Node's TLS and openssl, in
// records of several lengths; on Node, and on XS with the memory of the smallest board.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { constants } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { type IssuedPair, issueAuthority, issueLeaf } from "../../../certs/library/issue.js";
import { PINS } from "../../../drivers/boards/esp32c3/pins.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { makeProgram } from "../../../host-sim/xs/program.js";
import { engineOrSkip } from "../../support/engine.js";
import { Heard } from "./tls-flight.js";

interface Recorded {
	readonly name: string;
	readonly bytes: Buffer;
}

describe("TLS: flights of real servers", () => {
	let ca: IssuedPair;
	let server: IssuedPair;
	let device: IssuedPair;
	let der: Buffer;
	const recorded: Recorded[] = [];

	before(async () => {
		ca = await issueAuthority();
		server = await issueLeaf(ca, "localhost", "server");
		device = await issueLeaf(ca, "device", "client");
		der = Buffer.from(server.certPem.replaceAll(/-----.*-----|\s/g, ""), "base64");
		recorded.push({ name: "Node", bytes: await fromNode() });
		for (const size of [512, 4096, 16_384]) {
			const bytes = await fromOpenssl(size);
			if (bytes) recorded.push({ name: `openssl, records of ${size}`, bytes });
		}
	});

	/** What a client with our certificate receives from a server, until the handshake is over. */
	function record(port: number): Promise<Buffer> {
		return new Promise((resolve, reject) => {
			const received: Buffer[] = [];
			const proxy: Server = createServer((from) => {
				const to = connect(port, "127.0.0.1");
				from.pipe(to);
				to.on("data", (data) => {
					received.push(data);
					from.write(data);
				});
				for (const socket of [from, to]) socket.on("error", () => {});
				from.on("close", () => to.destroy());
			});
			proxy.listen(0, "127.0.0.1", () => {
				const client = connectTls({
					...{ port: (proxy.address() as { port: number }).port, host: "127.0.0.1" },
					...{ cert: device.certPem, key: device.keyPem, ca: ca.certPem, maxVersion: "TLSv1.2" as const },
					// The node asks for no ticket either.
					secureOptions: constants.SSL_OP_NO_TICKET,
				});
				client.on("error", reject);
				client.on("secureConnect", () => {
					client.destroy();
					proxy.close();
					resolve(Buffer.concat(received));
				});
			});
		});
	}

	async function fromNode(): Promise<Buffer> {
		const chain = { cert: server.certPem + ca.certPem, key: server.keyPem };
		const tls = createTlsServer({ ...chain, ca: ca.certPem, requestCert: true, maxVersion: "TLSv1.2" });
		tls.on("tlsClientError", () => {});
		tls.on("secureConnection", (socket) => socket.on("error", () => {}));
		await new Promise<void>((listening) => tls.listen(0, "127.0.0.1", listening));
		try {
			return await record((tls.address() as { port: number }).port);
		} finally {
			tls.close();
		}
	}

	async function fromOpenssl(size: number): Promise<Buffer | undefined> {
		try {
			execFileSync("openssl", ["version"], { stdio: "ignore" });
		} catch {
			return undefined;
		}
		const folder = mkdtempSync(join(tmpdir(), "mote-flight-"));
		let child: ChildProcess | undefined;
		try {
			for (const [name, text] of [
				["server.pem", server.certPem],
				["server.key", server.keyPem],
				["ca.pem", ca.certPem],
			] as const)
				writeFileSync(join(folder, name), text, { mode: 0o600 });
			const probe = createServer();
			await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
			const { port } = probe.address() as { port: number };
			await new Promise((closed) => probe.close(closed));
			const args = [
				"s_server",
				"-accept",
				`127.0.0.1:${port}`,
				"-tls1_2",
				"-cert",
				"server.pem",
				"-key",
				"server.key",
			];
			args.push("-cert_chain", "ca.pem", "-CAfile", "ca.pem", "-Verify", "2", "-max_send_frag", `${size}`);
			child = spawn("openssl", args, { cwd: folder, stdio: ["pipe", "pipe", "ignore"] });
			await new Promise<void>((ready) =>
				child?.stdout?.on("data", (data) => String(data).includes("ACCEPT") && ready()),
			);
			return await record(port);
		} finally {
			child?.kill();
			rmSync(folder, { recursive: true });
		}
	}

	it("are read to the end on Node, whatever the pieces", () => {
		assert.ok(recorded.length >= 1);
		for (const { name, bytes } of recorded)
			for (const size of [1, 5, 512, 1436, bytes.length]) {
				const heard = new Heard();
				assert.equal(heard.deliver(bytes, size), undefined, name);
				const kinds = heard.lines.map((line) => line.split(" ").slice(0, 2).join(" "));
				assert.deepEqual(kinds.slice(0, 9), [
					...[
						"message 2",
						"certificate 0",
						"certificate 1",
						"chain of",
						"message 12",
						"requested",
						"message 14",
					],
					...["change cipher", "sealed 22"],
				]);
				assert.deepEqual(Buffer.from(heard.certificates[0] as Uint8Array), der);
				assert.equal(heard.handshake.idle, true);
			}
	});

	it("are read alike on XS, with the memory of the smallest board", async function () {
		const engine = await engineOrSkip(this);
		for (const { name, bytes } of recorded) {
			const heard: unknown[][] = [];
			const start = "test/firmware/network/on-xs/tls-readers";
			let crash: unknown;
			const machine = new XsMachine({
				engine,
				creation: boardCreation("esp32c3-min"),
				program: await makeProgram("esp32c3-min", {}, [start]),
				start,
				pins: PINS,
				resources: new Map([["flight", bytes]]),
				onFrame: (_type, content) => {
					heard.push([...content]);
				},
				onCrash: (error) => {
					crash = error;
				},
			});
			machine.boot();
			await machine.whenIdle();
			machine.close();
			if (crash) throw crash;
			const node = new Heard();
			node.deliver(bytes);
			const lines = node.lines.map((line) => `${line.replace(/^(sealed \d+) \d+/, "$1")};`).join("");
			assert.equal(heard.length, 4, name);
			for (const [, text, hashed, sum] of heard) {
				assert.equal(text, lines);
				assert.equal(hashed, node.hashed.length);
				assert.equal(
					sum,
					node.hashed.reduce((total, byte) => (total * 31 + byte) % 1_000_003, 0),
				);
			}
		}
	});
});
