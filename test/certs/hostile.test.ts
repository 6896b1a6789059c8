// Files and certificates that were made against whoever reads them: what is printed to be pasted, the
// terminal, time, modes.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, statSync } from "node:fs";
import forge from "node-forge";
import { printable } from "../../certs/run.js";
import { altNames, dns, make, rsaPair, toPem } from "../firmware/network/make-certificate.js";
import { CertsBench, needsOpenssl, SECRET } from "./bench.js";

describe("certs: hostile files", () => {
	const bench = new CertsBench();
	const pair = rsaPair(2048);
	before(function () {
		needsOpenssl(this);
		bench.write("secret", SECRET);
	});
	after(() => bench.close());

	/** An identity with this common name; the name of its file. */
	function identity(commonName: string): string {
		const der = make(
			{ issuer: "root", subject: commonName, pair, signer: pair, extensions: [altNames(dns("x.example"))] },
			Date.now(),
		);
		const key = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
		return bench.write("identity.pem", toPem(der) + key);
	}

	it("print no command that runs what a certificate says", async () => {
		const evil = "$(touch pwned);`touch pwned`;touch pwned;'";
		const { out } = await bench.done(
			"import-sap",
			identity(`deviceAlternateId:a|gatewayId:2|tenantId:3|instanceId:x;${evil}`),
			...["--as", "it's;touch-pwned", "--force"],
		);
		const commands = out.split("\n").filter((line) => line.includes("npm run certs -- "));
		assert.equal(commands.length, 2);
		for (const line of commands) {
			const command = line.slice(line.indexOf("npm run certs -- ")).replace(/ {3}\(.*\)$/, "");
			// A shell that has nothing but these words to say.
			const said = execFileSync("sh", ["-c", `npm() { printf '%s\\n' "$@"; }; ${command}`], {
				cwd: bench.folder,
				encoding: "utf8",
			});
			assert.ok(said.includes("it's;touch-pwned"), said);
			assert.ok(!said.includes("instanceId"));
		}
		assert.match(out, /probe mqtts:\/\/INSTANCE\.eu10/);
	});

	it("send nothing to the terminal that it would obey, nor what turns a line around", async () => {
		const { out, note } = await bench.done(
			"import",
			identity("pump\u001b[2J\u001b]0;x\u0007\u202e7"),
			...["--as", "pump-7", "--force"],
		);
		assert.match(out, /for pump\?\[2J\?\]0;x\?\?7, until/);
		assert.doesNotMatch(out + note, /[^\P{C}\n\t]/u);
		assert.equal(printable("a\tb\u0085\u200bü€\n"), "a\tb??ü€\n");
	});

	it("do not keep it busy: a key by PBKDF2 with 2^31 rounds is refused, as PEM and as DER", async () => {
		const key = pair.privateKey.export({
			...{ format: "der", type: "pkcs8", cipher: "aes-256-cbc", passphrase: SECRET },
		}) as Buffer;
		// OpenSSL's 2048 rounds, 02 02 08 00, become 2^31 - 1; three lengths around them grow by two.
		const at = key.indexOf(Buffer.from([2, 2, 8, 0]));
		assert.ok(at > 0);
		const grown = Buffer.concat([
			key.subarray(0, at),
			Buffer.from([2, 4, 127, 255, 255, 255]),
			key.subarray(at + 4),
		]);
		const tree = forge.asn1.fromDer(key.toString("latin1"));
		const rounds = find(tree, "\x08\0");
		rounds.value = "\x7f\xff\xff\xff";
		const der = Buffer.from(forge.asn1.toDer(tree).getBytes(), "latin1");
		assert.equal(der.length, grown.length);
		bench.write("slow.der", der);
		const lines = der.toString("base64").replace(/.{64}/g, "$&\n");
		bench.write(
			"slow.pem",
			`-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`,
		);
		for (const name of ["slow.der", "slow.pem"]) {
			const { code, note } = await bench.run(
				"import",
				bench.path(name),
				"--secret-file",
				bench.path("secret"),
			);
			assert.equal(code, 2);
			assert.match(note, new RegExp(`${name} asks for more rounds of hashing`));
		}
	});

	it("do not keep it busy from inside of what is encrypted either", async () => {
		const { pki, pkcs12, asn1 } = forge;
		const key = pki.privateKeyFromPem(pair.privateKey.export({ format: "pem", type: "pkcs1" }).toString());
		const certificate = pki.certificateFromPem(
			toPem(make({ issuer: "root", subject: "pump-8", pair, signer: pair, extensions: [] }, Date.now())),
		);
		for (const algorithm of ["3des", "aes256"] as const) {
			const p12 = pkcs12.toPkcs12Asn1(key, [certificate], SECRET, {
				algorithm,
				count: 70_000,
				useMac: false,
			});
			const bytes = Buffer.from(asn1.toDer(p12).getBytes(), "latin1");
			// 70,000 rounds, 02 03 01 11 70, become 8,388,607. Without a MAC the safe itself is what is read first.
			const at = bytes.indexOf(Buffer.from([2, 3, 1, 0x11, 0x70]));
			assert.ok(at > 0);
			bytes.set([2, 3, 0x7f, 0xff, 0xff], at);
			bench.write("slow.p12", bytes);
			const { code, note } = await bench.run(
				...["import", bench.path("slow.p12"), "--secret-file", bench.path("secret")],
			);
			assert.equal(code, 2);
			assert.match(note, /slow\.p12 asks for more rounds of hashing/);
		}
	});

	it("do not change the mode of a folder that was there", async () => {
		mkdirSync(bench.path("own/devices"), { recursive: true });
		chmodSync(bench.path("own"), 0o755);
		await bench.done("import", identity("pump-9"), "--force");
		assert.equal(statSync(bench.path("own")).mode & 0o777, 0o755);
		assert.equal(statSync(bench.path("own/devices/pump-9")).mode & 0o777, 0o700);
		assert.equal(statSync(bench.path("own/devices/pump-9/key.pem")).mode & 0o777, 0o600);
	});
});

function find(node: forge.asn1.Asn1, value: string): forge.asn1.Asn1 {
	if (typeof node.value === "string") return node;
	for (const child of node.value) {
		const found = find(child, value);
		if (found.value === value) return found;
	}
	return node;
}
