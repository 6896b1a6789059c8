// board, keystore, possession, upload, chain: what others read of what is handed out.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CertsBench, needsOpenssl, SECRET, UMLAUT_SECRET, withSecret } from "./bench.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("certs: handing out", () => {
	const bench = new CertsBench();
	const root = () => bench.path("own/authorities/CA/cert.pem");
	before(async () => {
		await bench.done("ca", "CA");
		await bench.done("intermediate", "Line", "--issuer", "CA");
		await bench.done("device", "pump-7", "--issuer", "Line");
		bench.write("secret", SECRET);
	});
	after(() => bench.close());

	it("gives a board DER files that openssl reads, and a manifest that names them", async function () {
		needsOpenssl(this);
		const { out } = await bench.done("board", "pump-7", "--ca", root(), "--out", bench.path("board"));
		assert.match(out, /ca.der, client.der, client1.der, client2.der, client.pk8, manifest.json/);
		assert.match(
			bench.openssl("x509", "-inform", "DER", "-in", "board/client.der", "-noout", "-subject"),
			/pump-7/,
		);
		assert.match(
			bench.openssl("x509", "-inform", "DER", "-in", "board/client1.der", "-noout", "-subject"),
			/Line/,
		);
		assert.match(bench.openssl("x509", "-inform", "DER", "-in", "board/ca.der", "-noout", "-subject"), /CA/);
		const key = bench.openssl("pkcs8", "-inform", "DER", "-nocrypt", "-in", "board/client.pk8");
		assert.equal(key, bench.text("own/devices/pump-7/key.pem"));
		assert.equal(statSync(bench.path("board/client.pk8")).mode & 0o777, 0o600);
		const manifest = JSON.parse(bench.text("board/manifest.json")) as { data: object; config: object };
		assert.deepEqual(manifest.data, { "*": ["./ca", "./client", "./client1", "./client2"] });
		assert.deepEqual(manifest.config, { mote: { device: { id: "pump-7", cloud: "cumulocity" } } });
		assert.ok(!existsSync(bench.path("board/nvs.csv")));
	});

	it("leaves the root out where it is not to be sent, and writes a table for the store", async () => {
		const { out } = await bench.done(
			"board",
			"pump-7",
			"--cloud",
			"plain",
			"--out",
			bench.path("nvs"),
			"--nvs",
		);
		assert.match(out, /no --ca: the board trusts the authorities that come with the SDK/);
		assert.equal(
			bench.text("nvs/nvs.csv"),
			"key,type,encoding,value\nmote,namespace,,\nclient-der,file,binary,client.der\nclient1-der,file,binary,client1.der\nclient-pk8,file,binary,client.pk8\n",
		);
	});

	it("gives no board what it could not use, and overwrites nothing", async () => {
		const again = await bench.run("board", "pump-7", "--ca", root(), "--out", bench.path("board"));
		assert.match(again.note, /holds an identity already; --force/);
		const leafAsCa = await bench.run(
			"board",
			"pump-7",
			"--ca",
			bench.path("own/devices/pump-7/cert.pem"),
			"--out",
			bench.path("b2"),
		);
		assert.match(leafAsCa.note, /not an authority's certificate/);
		const several = await bench.run(
			"board",
			"pump-7",
			"--ca",
			bench.path("own/devices/pump-7/chain.pem"),
			"--out",
			bench.path("b2"),
		);
		assert.match(several.note, /several certificates/);
		const sap = await bench.run(
			"board",
			"pump-7",
			"--cloud",
			"sap",
			"--ca",
			root(),
			"--out",
			bench.path("b2"),
		);
		assert.match(sap.note, /not one of SAP's: npm run certs -- check pump-7/);
		assert.ok(!existsSync(bench.path("b2")));
	});

	it("makes a key store that openssl opens with the secret, and with no other", async function () {
		needsOpenssl(this);
		const refused = await bench.run("keystore", "pump-7");
		assert.match(refused.note, /needs a secret/);
		await bench.done("keystore", "pump-7", "--secret-file", bench.path("secret"));
		const path = "own/devices/pump-7/client.p12";
		assert.equal(statSync(bench.path(path)).mode & 0o777, 0o600);
		const read = (secret: string, ...more: string[]) =>
			bench.openssl("pkcs12", "-in", path, "-passin", `pass:${secret}`, "-nodes", ...more);
		assert.equal((read(SECRET, "-nokeys").match(/BEGIN CERTIFICATE/g) ?? []).length, 3);
		assert.match(read(SECRET, "-nocerts"), /BEGIN PRIVATE KEY/);
		assert.throws(() => read("another"));
		assert.match(
			(await bench.run("keystore", "pump-7", "--secret-file", bench.path("secret"))).note,
			/is there already/,
		);
		await withSecret("short", async () =>
			assert.match((await bench.run("keystore", "pump-7", "--force")).note, /at least 8 characters/),
		);
		await withSecret(UMLAUT_SECRET, async () =>
			assert.match((await bench.run("keystore", "pump-7", "--force")).note, /all of them ASCII/),
		);
		// And back in, under another name.
		await bench.done("import", bench.path(path), "--secret-file", bench.path("secret"), "--as", "pump-7b");
		assert.equal(bench.text("own/devices/pump-7b/key.pem"), bench.text("own/devices/pump-7/key.pem"));
		assert.equal(bench.text("own/devices/pump-7b/chain.pem"), bench.text("own/devices/pump-7/chain.pem"));
	});

	it("makes a key store whose issuer has an EC key", async function () {
		needsOpenssl(this);
		const openssl = (line: string) => bench.openssl(...line.split(" "));
		openssl(
			"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ec.pem -subj /CN=EC -out ec-ca.pem",
		);
		openssl("req -new -newkey rsa:2048 -nodes -keyout leaf-key.pem -subj /CN=ec-7 -out leaf.csr");
		openssl("x509 -req -in leaf.csr -CA ec-ca.pem -CAkey ec.pem -set_serial 7 -days 9 -out leaf.pem");
		await bench.done("import", ...["leaf.pem", "leaf-key.pem", "ec-ca.pem"].map((name) => bench.path(name)));
		await bench.done("keystore", "ec-7", "--secret-file", bench.path("secret"));
		const read = (more: string) =>
			openssl(`pkcs12 -in own/devices/ec-7/client.p12 -passin file:secret -nodes ${more}`);
		const [leaf, issuer] =
			read("-nokeys").match(/-----BEGIN[^-]*-----[^-]*-----END CERTIFICATE-----\n/g) ?? [];
		assert.deepEqual([leaf, issuer], [bench.text("leaf.pem"), bench.text("ec-ca.pem")]);
		const key = /-----BEGIN[^-]*-----[^-]*-----END PRIVATE KEY-----\n/.exec(read("-nocerts"))?.[0];
		assert.equal(key, bench.text("own/devices/ec-7/key.pem"));
	});

	it("signs Cumulocity's verification code as its tutorial does with openssl", async function () {
		needsOpenssl(this);
		bench.write("code.txt", "4a7c1e2f-verification-code");
		const { out, note } = await bench.done("possession", "CA", "--code", bench.path("code.txt"));
		bench.openssl("dgst", "-sha256", "-sign", "own/authorities/CA/key.pem", "-out", "code.sig", "code.txt");
		assert.equal(out, `${readFileSync(bench.path("code.sig")).toString("base64")}\n`);
		assert.equal(note, "");
		bench.write("code2.txt", "x\n");
		assert.match(
			(await bench.done("possession", "CA", "--code", bench.path("code2.txt"))).note,
			/line end, which is signed too/,
		);
		bench.write("empty.txt", "");
		assert.match((await bench.run("possession", "CA", "--code", bench.path("empty.txt"))).note, /is empty/);
	});

	it("prints the chain in order, and what it means for older versions", async () => {
		const whole = await bench.done("chain", "pump-7");
		assert.equal(whole.out, bench.text("own/devices/pump-7/chain.pem"));
		assert.match(
			whole.note,
			/1 {2}pump-7, signed by Line\n2 {2}Line, signed by CA\n3 {2}CA, signed by itself\n! 3 certificates: older versions of Cumulocity take 2/,
		);
		const without = await bench.done("chain", "pump-7", "--without-ca", "--out", bench.path("chain.pem"));
		assert.equal(without.out, "");
		assert.equal((bench.text("chain.pem").match(/BEGIN/g) ?? []).length, 2);
		assert.doesNotMatch(without.note, /!/);
		assert.match(
			(await bench.run("chain", "pump-7", "--out", bench.path("chain.pem"))).note,
			/is there already/,
		);
	});

	describe("upload", () => {
		let seen: { request: IncomingMessage; body: string } | undefined;
		let status = 201;
		const server = createServer((request, response) => {
			let body = "";
			request.on("data", (chunk) => {
				body += chunk;
			});
			request.on("end", () => {
				seen = { request, body };
				if (status === 302) response.setHeader("location", "http://127.0.0.1:1/");
				response.writeHead(status).end("{}");
			});
		});
		let url: string;
		before(async () => {
			await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
			url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		});
		after(() => server.close());
		const send = (...more: string[]) =>
			bench.run(
				"upload",
				"CA",
				"--tenant",
				"t123",
				"--url",
				url,
				"--user",
				"admin",
				"--secret-file",
				bench.path("secret"),
				...more,
			);

		it("prints a request, without sending any", async () => {
			const { out } = await bench.done("upload", "CA", "--tenant", "t123");
			assert.match(
				out,
				/^curl -u t123\/ADMIN .*\n.*certInPemFormat":"MII.*\n.*\/tenant\/tenants\/t123\/trusted-certificates\n$/,
			);
			assert.equal(seen, undefined);
		});

		it("sends what Cumulocity wants", async () => {
			const outcome = await send();
			assert.equal(outcome.code, 0, outcome.note);
			assert.equal(seen?.request.url, "/tenant/tenants/t123/trusted-certificates");
			assert.equal(seen?.request.method, "POST");
			const expected = `Basic ${Buffer.from(`t123/admin:${SECRET}`).toString("base64")}`;
			assert.equal(seen?.request.headers.authorization, expected);
			const body = JSON.parse(seen?.body ?? "") as Record<string, string>;
			assert.deepEqual([body.name, body.status, body.autoRegistrationEnabled], ["CA", "ENABLED", "true"]);
			assert.equal(
				`-----BEGIN CERTIFICATE-----\n${body.certInPemFormat?.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
				bench.text("own/authorities/CA/cert.pem"),
			);
		});

		for (const [answer, words] of [
			[401, /401: user or password are wrong/],
			[403, /may not register certificates/],
			[409, /registered already/],
			[500, /answered 500/],
			[302, /cannot be reached/],
		] as const)
			it(`says what ${answer} means`, async () => {
				status = answer;
				const { code, note } = await send();
				assert.equal(code, 2);
				assert.match(note, words);
			});

		for (const [args, words] of [
			[["--url", "http://example.com"], /begins with https/],
			[["--url", "https://u:p@example.com"], /holds no user and password/],
			[["--url", "nonsense"], /is an address/],
			[["--tenant", "a/b"], /tenant's id/],
		] as const)
			it(`refuses ${args.join(" ")}`, async () => {
				const { code, note } = await send(...args);
				assert.equal(code, 2);
				assert.match(note, words);
			});
	});

	it("is a program: exit codes, standard error, and no secret on the command line", async () => {
		const cli = (...args: string[]) =>
			promisify(execFile)(
				process.execPath,
				["--import", "./host-sim/register.mjs", "certs/cli.ts", ...args, "--folder", bench.path("own")],
				{
					cwd: ROOT,
				},
			).then(
				({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
				(error: { code: number; stdout: string; stderr: string }) => error,
			);
		const good = await cli("check", "pump-7");
		assert.deepEqual([good.code, good.stderr], [0, ""]);
		const wrong = await cli("device", "a:b", "--issuer", "CA");
		assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
		assert.match(wrong.stderr, /^the device's id "a:b" has a colon[^\n]*\n$/);
		for (const option of ["--secret", "--password", "--passphrase"]) {
			const refused = await cli("keystore", "pump-7", option, SECRET);
			assert.equal(refused.code, 2);
			assert.match(refused.stderr, /--help lists the options/);
			assert.ok(!refused.stderr.includes(SECRET));
		}
	});
});
