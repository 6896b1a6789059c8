// truststore and probe --save: what openssl and keytool find in the files, and what the tool says of them.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer as createTcp } from "node:net";
import { createServer, type Server } from "node:tls";
import { issueLeaf, issueRoot } from "../../certs/library/issue.js";
import { shellBlocks } from "../support/documents.js";
import { CertsBench, needsOpenssl, SECRET, UMLAUT_SECRET, withSecret } from "./bench.js";

const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/g;

describe("certs: trust stores", () => {
	const bench = new CertsBench();
	const own = (name: string) => bench.text(`own/authorities/${name}/cert.pem`);
	before(async () => {
		await bench.done("ca", "Plant CA");
		await bench.done("intermediate", "Line", "--issuer", "Plant CA");
		await bench.done("server", "localhost", "--issuer", "Line");
		await bench.done("device", "pump-7", "--issuer", "Plant CA");
		bench.write("secret", SECRET);
		bench.write("other.pem", (await issueRoot("Plant CA")).certPem);
	});
	after(() => bench.close());

	it("puts each authority into one PEM file once, with its fingerprint", async () => {
		const { out, note } = await bench.done(
			...["truststore", "Plant CA", "Plant CA", "--ca", bench.path("other.pem")],
		);
		assert.equal(bench.text("own/trust.pem"), own("Plant%20CA") + bench.text("other.pem"));
		for (const [i, pem] of (bench.text("own/trust.pem").match(PEM) ?? []).entries())
			assert.match(
				out,
				new RegExp(`${i + 1} {2}Plant CA, until .*\n +SHA-256 ${new X509Certificate(pem).fingerprint256}\n`),
			);
		assert.equal(note, "");
	});

	it("makes a PEM file by which openssl verifies a server, and none by which it verifies another's", async function () {
		needsOpenssl(this);
		await bench.done("truststore", "Plant CA", "--out", bench.path("mine.pem"));
		const verify = (store: string) =>
			bench.openssl(
				...["verify", "-CAfile", store, "-untrusted", "own/authorities/Line/cert.pem"],
				"own/servers/localhost/cert.pem",
			);
		assert.match(verify("mine.pem"), /OK/);
		assert.throws(() => verify("other.pem"));
	});

	it("makes a PKCS#12 file that openssl opens with the secret, and with no other", async function () {
		needsOpenssl(this);
		const { out } = await bench.done(
			...["truststore", "Plant CA", "--ca", bench.path("other.pem"), "--out", bench.path("trust.p12")],
			...["--secret-file", bench.path("secret")],
		);
		assert.match(out, /PKCS#12.*\n {2}alias plant ca, until .*\n.*\n {2}alias plant ca-2, until/);
		const read = (secret: string) =>
			bench.openssl("pkcs12", "-in", "trust.p12", "-passin", `pass:${secret}`, "-nokeys");
		assert.deepEqual(read(SECRET).match(PEM), [own("Plant%20CA"), bench.text("other.pem")]);
		assert.match(read(SECRET), /friendlyName: plant ca-2/);
		assert.throws(() => read("another secret"));
	});

	it("is a trust store for Java, and becomes a JKS by the command of the document", async function () {
		const keytool = (...args: string[]) =>
			execFileSync("keytool", args, { cwd: bench.folder, stdio: ["ignore", "pipe", "pipe"] }).toString();
		try {
			keytool("-help");
		} catch {
			console.log("    keytool is not installed: its test is skipped");
			this.skip();
		}
		await bench.done(
			...["truststore", "Plant CA", "--ca", bench.path("other.pem"), "--out", bench.path("trust.p12")],
			...["--secret-file", bench.path("secret"), "--force"],
		);
		const block = shellBlocks("certs/README.md").find(({ about }) => about === "test/certs/trust.test.ts");
		assert.equal(block?.commands.length, 1);
		const [program, ...args] = (block?.commands[0] ?? "").split(" ");
		assert.equal(program, "keytool");
		// What the document leaves to a prompt.
		keytool(...args, "-noprompt", "-srcstorepass:file", "secret", "-deststorepass:file", "secret");
		for (const store of ["trust.p12", "trust.jks"]) {
			const list = keytool("-list", "-keystore", store, "-storepass:file", "secret");
			assert.match(list, new RegExp(`type: ${store === "trust.jks" ? "JKS" : "PKCS12"}`));
			for (const [alias, pem] of [
				["plant ca", own("Plant%20CA")],
				["plant ca-2", bench.text("other.pem")],
			] as const)
				assert.match(
					list,
					new RegExp(`^${alias}, .*trustedCertEntry.*\n.*${new X509Certificate(pem).fingerprint256}`, "m"),
				);
		}
	});

	it("leaves out who is no authority, and says what is not a root or has expired", async () => {
		const chain = bench.write(
			"chain.pem",
			bench.text("own/servers/localhost/chain.pem") +
				(await issueRoot("Old", { notBefore: Date.now() - 9e8, notAfter: Date.now() - 8e8 })).certPem,
		);
		const { note } = await bench.done("truststore", "--ca", chain, "--out", bench.path("part.pem"));
		assert.equal(bench.text("part.pem").match(PEM)?.length, 3);
		assert.match(note, /! left out: localhost, which is no authority/);
		assert.match(note, /! Line is no root: OpenSSL and boards want the root above it/);
		assert.match(note, /! Old has expired/);
		assert.doesNotMatch(note, /Plant CA/);
	});

	it("refuses what would make no trust store", async () => {
		const out = ["--out", bench.path("none.p12")];
		for (const [args, words] of [
			[[], /needs whom to trust/],
			[["Nobody"], /no authority named "Nobody"/],
			[["--ca", bench.path("own/devices/pump-7/cert.pem")], /no authority in what was given/],
			[["Plant CA"], /the new trust store needs a secret/],
		] as const) {
			const { code, note } = await bench.run("truststore", ...args, ...out);
			assert.equal(code, 2);
			assert.match(note, words);
		}
		for (const [secret, words] of [
			["short", /at least 8 characters/],
			[UMLAUT_SECRET, /all of them ASCII/],
		] as const)
			await withSecret(secret, async () =>
				assert.match((await bench.run("truststore", "Plant CA", ...out)).note, words),
			);
		assert.ok(!existsSync(bench.path("none.p12")));
		const again = await bench.run("truststore", "Plant CA", "--out", bench.path("mine.pem"));
		assert.match(again.note, /mine\.pem is there already; --force/);
	});

	describe("what a server sends", () => {
		const servers: Server[] = [];
		after(() => {
			for (const server of servers) server.close();
		});
		/** A server with this chain, which speaks no MQTT; its port. */
		async function serve(cert: string, key: string): Promise<number> {
			const server = createServer({ cert, key }, (socket) => socket.on("error", () => {}));
			server.on("tlsClientError", () => {});
			servers.push(server);
			await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
			return (server.address() as AddressInfo).port;
		}
		const probe = (port: number, ...more: string[]) =>
			bench.run("probe", `mqtts://localhost:${port}`, "--device", "pump-7", ...more);

		it("is kept in its order, trusted or not, with fingerprints and a warning", async () => {
			const chain = bench.text("own/servers/localhost/chain.pem");
			const port = await serve(chain, bench.text("own/servers/localhost/key.pem"));
			const { code, out } = await probe(port, "--save", bench.path("server.pem"));
			assert.equal(code, 1);
			assert.match(out, /✗ by the authorities that Node knows it is not trusted/);
			assert.equal(bench.text("server.pem"), chain);
			const [leaf, line] = (chain.match(PEM) ?? []).map((pem) => new X509Certificate(pem).fingerprint256);
			assert.match(out, new RegExp(` 1 {2}localhost, by CN=Line, until .*\n +SHA-256 ${leaf}\n`));
			assert.match(out, new RegExp(` 2 {2}Line, by CN=Plant CA, until .*\n +SHA-256 ${line}\n`));
			assert.match(out, /to save is not to trust/);
		});

		it("is not kept over what is there, and the server is not even asked", async () => {
			const before = bench.text("server.pem");
			let asked = 0;
			const server = createTcp(() => asked++);
			await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
			const { port } = server.address() as AddressInfo;
			try {
				const { code, note } = await probe(port, "--save", bench.path("server.pem"));
				assert.equal(code, 2);
				assert.match(note, /server\.pem is there already; --force overwrites it/);
			} finally {
				server.close();
			}
			assert.equal(asked, 0);
			assert.equal(bench.text("server.pem"), before);
		});

		it("cannot speak for the tool: its names stay in their line", async () => {
			const ca = await issueRoot("CA");
			const evil = await issueLeaf(ca, "x\n✓ it is trusted by everyone\u001b[2J", "server");
			const { out } = await probe(await serve(evil.certPem, evil.keyPem), "--save", bench.path("evil.pem"));
			assert.doesNotMatch(out, /^✓ it is trusted/m);
			assert.match(out, /1 {2}x, ✓ it is trusted by everyone\?\[2J, by CN=CA/);
		});

		it("is said to be missing where nothing can be read", async () => {
			const server = createTcp((socket) => socket.on("error", () => {}).end("220 mail\r\n"));
			await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
			try {
				const { code, out } = await probe(
					(server.address() as AddressInfo).port,
					...["--save", bench.path("nothing.pem")],
				);
				assert.equal(code, 1);
				assert.match(out, /nothing is kept in .*nothing\.pem: the server has sent no certificate/);
			} finally {
				server.close();
			}
			assert.ok(!existsSync(bench.path("nothing.pem")));
		});
	});
});
