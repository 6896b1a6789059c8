// ca, intermediate, device, server: what openssl makes of them, and what is refused.

import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { CertsBench, needsOpenssl } from "./bench.js";

describe("certs: identities of one's own", () => {
	const bench = new CertsBench();
	const own = (path: string) => bench.path(`own/${path}`);
	before(async function () {
		needsOpenssl(this);
		await bench.done("ca", "Plant CA");
		await bench.done("intermediate", "Line 1", "--issuer", "Plant CA");
		await bench.done("device", "pump-7", "--issuer", "Line 1", "--days", "90");
		await bench.done("device", "direct", "--issuer", "Plant CA");
		await bench.done("server", "broker.plant.local", "10.0.0.7", "::1", "--issuer", "Plant CA");
	});
	after(() => bench.close());

	const root = "own/authorities/Plant%20CA/cert.pem";
	const middle = "own/authorities/Line%201/cert.pem";

	it("are taken by openssl for what they are, and for nothing else", () => {
		const verify = (purpose: string, leaf: string) =>
			bench.openssl(
				"verify",
				"-x509_strict",
				"-CAfile",
				root,
				"-untrusted",
				middle,
				"-purpose",
				purpose,
				leaf,
			);
		for (const id of ["pump-7", "direct"]) {
			assert.match(verify("sslclient", `own/devices/${id}/cert.pem`), /OK/);
			assert.throws(() => verify("sslserver", `own/devices/${id}/cert.pem`));
		}
		assert.match(verify("sslserver", "own/servers/broker.plant.local/cert.pem"), /OK/);
		assert.throws(() => verify("sslclient", "own/servers/broker.plant.local/cert.pem"));
	});

	it("have the tutorials' extensions", () => {
		const text = (path: string) => bench.openssl("x509", "-noout", "-text", "-in", path);
		const ca = text(root);
		assert.match(ca, /CA:TRUE, pathlen:1/);
		assert.match(ca, /Key Usage: critical\s+Certificate Sign, CRL Sign/);
		assert.match(text(middle), /CA:TRUE, pathlen:0/);
		const device = text("own/devices/pump-7/cert.pem");
		assert.match(device, /Subject: CN\s?=\s?pump-7/);
		assert.match(device, /CA:FALSE/);
		assert.match(device, /Digital Signature, Non Repudiation, Key Encipherment/);
		assert.match(device, /TLS Web Client Authentication/);
		assert.match(device, /Signature Algorithm: sha256WithRSAEncryption/);
		assert.match(device, /Public-Key: \(2048 bit\)/);
		const server = text("own/servers/broker.plant.local/cert.pem");
		assert.match(server, /DNS:broker.plant.local, IP Address:10.0.0.7, IP Address:0:0:0:0:0:0:0:1/);
	});

	it("have a chain in order, with the root behind", () => {
		const chain = bench.text("own/devices/pump-7/chain.pem");
		assert.equal(chain, bench.text("own/devices/pump-7/cert.pem") + bench.text(middle) + bench.text(root));
	});

	it("have keys that their owner alone can read", () => {
		for (const path of ["authorities/Plant%20CA", "devices/pump-7", "servers/broker.plant.local"]) {
			assert.equal(statSync(own(`${path}/key.pem`)).mode & 0o777, 0o600);
			assert.equal(statSync(own(path)).mode & 0o777, 0o700);
		}
		assert.match(bench.openssl("rsa", "-check", "-noout", "-in", "own/devices/pump-7/key.pem"), /RSA key ok/);
	});

	it("are not overwritten but by --force", async () => {
		const before = readFileSync(own("devices/direct/key.pem"), "utf8");
		for (const args of [
			["device", "direct", "--issuer", "Plant CA"],
			["ca", "Plant CA"],
		]) {
			const refused = await bench.run(...args);
			assert.equal(refused.code, 2);
			assert.match(refused.note, /is there already; --force overwrites it/);
		}
		assert.equal(readFileSync(own("devices/direct/key.pem"), "utf8"), before);
		await bench.done("device", "direct", "--issuer", "Plant CA", "--force");
		assert.notEqual(readFileSync(own("devices/direct/key.pem"), "utf8"), before);
	});

	it("end when they are told, and never after their issuer", async () => {
		const days = (path: string) => {
			const end = /notAfter=(.*)/.exec(bench.openssl("x509", "-noout", "-enddate", "-in", path))?.[1] ?? "";
			return Math.round((Date.parse(end) - Date.now()) / 86_400_000);
		};
		assert.equal(days(root), 7300);
		assert.equal(days(middle), 3650);
		assert.equal(days("own/devices/pump-7/cert.pem"), 90);
		await bench.done("ca", "Short", "--days", "5");
		const outcome = await bench.done("device", "short", "--issuer", "Short");
		assert.match(outcome.out, /it ends with its issuer, on \d{4}-/);
		assert.equal(days("own/devices/short/cert.pem"), 5);
	});

	it("have longer keys where those are asked for", async () => {
		await bench.done("device", "long", "--issuer", "Plant CA", "--bits", "3072");
		assert.match(
			bench.openssl("x509", "-noout", "-text", "-in", "own/devices/long/cert.pem"),
			/\(3072 bit\)/,
		);
	});

	for (const [id, reason] of [
		["", /is empty/],
		["a:b", /colon/],
		["x".repeat(65), /longer than 64 bytes/],
		["ü".repeat(33), /longer than 64 bytes/],
		["a/b", /means something in topics/],
		["a#", /means something in topics/],
		["a b", /blank/],
		["a\u0007", /control character/],
		["../up", /means something in topics or paths/],
	] as const)
		it(`refuses the id ${JSON.stringify(id.slice(0, 12))} with the reason`, async () => {
			const refused = await bench.run("device", id, "--issuer", "Plant CA");
			assert.equal(refused.code, 2);
			assert.match(refused.note, reason);
		});

	for (const [args, reason] of [
		[["device", "x", "--issuer", "Nobody"], /no authority named "Nobody": there are Line 1, Plant CA/],
		[["device", "x"], /needs --issuer CA/],
		[["device"], /needs the device's id/],
		[["device", "x", "y", "--issuer", "Plant CA"], /needs the device's id/],
		[["server", "--issuer", "Plant CA"], /names and addresses/],
		[["server", "a b", "--issuer", "Plant CA"], /neither a host's name nor an address/],
		[["ca", " "], /1 to 64 printable/],
		[["ca", "x", "--bits", "1024"], /--bits/],
		[["ca", "x", "--bits", "2500"], /--bits is 2048, 3072 or 4096/],
		[["ca", "x", "--days", "0"], /--days is a whole number from 1/],
		[["ca", "x", "--days", "1e3"], /--days/],
		[["frobnicate"], /no verb "frobnicate"/],
		[["ca", "x", "--colour"], /--help lists the options/],
	] as Array<[string[], RegExp]>)
		it(`refuses ${args.join(" ")} with a sentence`, async () => {
			const refused = await bench.run(...args);
			assert.equal(refused.code, 2);
			assert.match(refused.note, reason);
		});

	it("explains itself", async () => {
		for (const args of [["--help"], []]) {
			const { code, out } = await bench.run(...args);
			assert.equal(code, 0);
			for (const word of ["import-sap", "probe", "possession", "--secret-file"])
				assert.ok(out.includes(word));
			for (const line of out.split("\n")) assert.ok(line.length <= 120, line);
		}
	});
});
