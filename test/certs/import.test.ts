// import and import-sap: every form that clouds and openssl hand out, and files that are none.

import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { seeded } from "../support/seeded.js";
import { CertsBench, needsOpenssl, SECRET, UMLAUT_SECRET, withSecret } from "./bench.js";

const SAP_NAME = "deviceAlternateId:2233|gatewayId:2|tenantId:42|instanceId:demo";

describe("certs: identities of others", () => {
	const bench = new CertsBench();
	let legacy = true;
	before(function () {
		needsOpenssl(this);
		const { openssl } = bench;
		const run = openssl.bind(bench);
		const ext = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n";
		bench.write("ca.ext", ext);
		run(
			...[
				"req",
				"-x509",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				"ca-key.pem",
				"-out",
				"ca.pem",
				"-subj",
				"/CN=Their root",
				"-days",
				"900",
			],
		);
		run(
			...[
				"req",
				"-new",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				"mid-key.pem",
				"-out",
				"mid.csr",
				"-subj",
				"/CN=Their middle",
			],
		);
		run(
			...[
				"x509",
				"-req",
				"-in",
				"mid.csr",
				"-CA",
				"ca.pem",
				"-CAkey",
				"ca-key.pem",
				"-CAcreateserial",
				"-extfile",
				"ca.ext",
				"-days",
				"800",
				"-out",
				"mid.pem",
			],
		);
		run(
			...[
				"req",
				"-new",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				"key.pem",
				"-out",
				"dev.csr",
				"-subj",
				"/CN=dev-1",
			],
		);
		run(
			...[
				"x509",
				"-req",
				"-in",
				"dev.csr",
				"-CA",
				"mid.pem",
				"-CAkey",
				"mid-key.pem",
				"-CAcreateserial",
				"-days",
				"700",
				"-out",
				"cert.pem",
			],
		);
		run(
			...["req", "-x509", "-key", "key.pem", "-out", "sap.pem", "-subj", `/CN=${SAP_NAME}`, "-days", "700"],
		);
		run(
			...[
				"req",
				"-x509",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				"other-key.pem",
				"-out",
				"other.pem",
				"-subj",
				"/CN=other",
			],
		);
		bench.write("secret", `${SECRET}\n`);
		bench.write("wrong", "horse battery");
		const pass = ["-passout", `pass:${SECRET}`];
		run("rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem");
		run("rsa", "-in", "key.pem", "-traditional", "-outform", "DER", "-out", "pkcs1.der");
		run("pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "pkcs8.der");
		run("pkcs8", "-topk8", "-v2", "aes256", "-in", "key.pem", "-out", "pbes2.pem", ...pass);
		run(
			"pkcs8",
			"-topk8",
			"-v2",
			"aes256",
			"-in",
			"key.pem",
			"-outform",
			"DER",
			"-out",
			"pbes2.der",
			...pass,
		);
		run(
			"pkcs8",
			"-topk8",
			"-v1",
			"PBE-SHA1-3DES",
			"-iter",
			"131072",
			"-in",
			"key.pem",
			"-out",
			"pbes1.pem",
			...pass,
		);
		run("rsa", "-aes128", "-traditional", "-in", "key.pem", "-out", "dek.pem", ...pass);
		run("x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der");
		run(
			"pkcs12",
			"-export",
			"-in",
			"cert.pem",
			"-inkey",
			"key.pem",
			"-certfile",
			"mid.pem",
			"-out",
			"new.p12",
			...pass,
		);
		run(
			...[
				"pkcs12",
				"-export",
				"-in",
				"cert.pem",
				"-inkey",
				"key.pem",
				"-certfile",
				"mid.pem",
				"-out",
				"old.p12",
			],
			...["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1", ...pass],
		);
		run(
			"pkcs12",
			"-export",
			"-in",
			"sap.pem",
			"-inkey",
			"key.pem",
			"-out",
			"sap.p12",
			"-keypbe",
			"PBE-SHA1-3DES",
			"-certpbe",
			"PBE-SHA1-3DES",
			...pass,
		);
		run(
			"pkcs12",
			"-export",
			"-in",
			"cert.pem",
			"-inkey",
			"key.pem",
			"-out",
			"umlaut.p12",
			"-passout",
			`pass:${UMLAUT_SECRET}`,
		);
		run(
			"pkcs8",
			"-topk8",
			"-v2",
			"aes256",
			"-in",
			"key.pem",
			"-out",
			"umlaut.pem",
			"-passout",
			`pass:${UMLAUT_SECRET}`,
		);
		try {
			run("pkcs12", "-export", "-legacy", "-in", "cert.pem", "-inkey", "key.pem", "-out", "rc2.p12", ...pass);
		} catch {
			legacy = false;
		}
		bench.write("cockpit.pem", bench.text("pbes1.pem") + bench.text("sap.pem"));
		bench.write(
			"turned.pem",
			`Bag Attributes\n    friendlyName: x\n${bench.text("sap.pem")}\n\n${bench.text("pbes1.pem")}`,
		);
		bench.write("api.json", `{"pem":${JSON.stringify(bench.text("cockpit.pem"))}}`);
		bench.write("crlf.pem", (bench.text("cert.pem") + bench.text("key.pem")).replaceAll("\n", "\r\n"));
	});
	after(() => bench.close());

	/** The identity that came in has to be the one that openssl has made. */
	function isOurs(id: string, cert: string): void {
		const kept = new X509Certificate(bench.text(`own/devices/${id}/cert.pem`));
		assert.equal(kept.fingerprint256, new X509Certificate(bench.text(cert)).fingerprint256);
		const key = bench.text(`own/devices/${id}/key.pem`);
		assert.match(key, /^-----BEGIN PRIVATE KEY-----/);
		assert.ok(createPrivateKey(key).equals(createPrivateKey(bench.text("key.pem"))));
	}
	const file = (name: string) => bench.path(name);

	for (const [what, files] of [
		["PEM, PKCS#8", ["cert.pem", "key.pem"]],
		["PEM, PKCS#1", ["pkcs1.pem", "cert.pem"]],
		["DER, PKCS#8", ["cert.der", "pkcs8.der"]],
		["DER, PKCS#1", ["cert.der", "pkcs1.der"]],
		["a PEM with the line ends of Windows", ["crlf.pem"]],
		["a key encrypted by PBES2", ["cert.pem", "pbes2.pem"]],
		["a key encrypted by PBES2, DER", ["cert.pem", "pbes2.der"]],
		["a key encrypted by PBES1 with 131072 rounds", ["cert.pem", "pbes1.pem"]],
		["a key encrypted in OpenSSL's old way", ["cert.pem", "dek.pem"]],
		["PKCS#12 of OpenSSL 3", ["new.p12"]],
		["PKCS#12 with 3DES", ["old.p12"]],
	] as Array<[string, string[]]>)
		it(`takes ${what}`, async () => {
			const outcome = await bench.done(
				"import",
				...files.map(file),
				"--secret-file",
				file("secret"),
				"--force",
			);
			assert.match(outcome.out, /imported into .*dev-1/);
			isOurs("dev-1", "cert.pem");
		});

	it("takes keys on elliptic curves as SEC1 and PKCS#8, PEM and DER, and check says that a board does not", async () => {
		const run = bench.openssl.bind(bench);
		run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec-sec1.pem");
		run("ec", "-in", "ec-sec1.pem", "-outform", "DER", "-out", "ec-sec1.der");
		run("pkcs8", "-topk8", "-nocrypt", "-in", "ec-sec1.pem", "-out", "ec-pkcs8.pem");
		run("req", "-new", "-key", "ec-sec1.pem", "-out", "ec.csr", "-subj", "/CN=dev-ec");
		run(
			...[
				"x509",
				"-req",
				"-in",
				"ec.csr",
				"-CA",
				"mid.pem",
				"-CAkey",
				"mid-key.pem",
				"-CAcreateserial",
				"-days",
				"90",
				"-out",
				"ec.pem",
			],
		);
		const der = run("ec", "-in", "ec-sec1.pem", "-pubout");
		for (const name of ["ec-sec1.pem", "ec-sec1.der", "ec-pkcs8.pem"]) {
			await bench.done("import", file("ec.pem"), file(name), "--force");
			assert.equal(bench.openssl("pkey", "-in", "own/devices/dev-ec/key.pem", "-pubout"), der, name);
		}
		assert.match(
			(await bench.run("check", "dev-ec")).out,
			/✗ the key is ec, and the board's TLS takes RSA only/,
		);
		assert.match(
			(await bench.run("board", "dev-ec", "--out", file("never"))).note,
			/takes RSA only: npm run certs -- check/,
		);
	});

	it("takes PKCS#12 with RC2, as older tools make it", async function () {
		if (!legacy) this.skip();
		await bench.done("import", file("rc2.p12"), "--secret-file", file("secret"), "--force");
		isOurs("dev-1", "cert.pem");
	});

	it("takes a secret beyond ASCII of a PEM, from the environment, and says that of PKCS#12 it cannot", async () => {
		await withSecret(UMLAUT_SECRET, async () => {
			await bench.done("import", file("cert.pem"), file("umlaut.pem"), "--force");
			isOurs("dev-1", "cert.pem");
			const refused = await bench.run("import", file("umlaut.p12"), "--force");
			assert.match(refused.note, /the secret must be ASCII/);
		});
	});

	it("puts the chain in order, whatever the order of the files, and says what belongs to none", async () => {
		const outcome = await bench.done(
			"import",
			...["ca.pem", "other.pem", "mid.pem", "key.pem", "cert.pem"].map(file),
			"--force",
		);
		assert.match(outcome.out, /left out: other/);
		assert.equal(
			bench.text("own/devices/dev-1/chain.pem"),
			["cert.pem", "mid.pem", "ca.pem"].map((name) => bench.text(name)).join(""),
		);
	});

	it("brings in an authority, which can sign then", async () => {
		await bench.done("import", file("mid.pem"), file("mid-key.pem"), file("ca.pem"));
		await bench.done("device", "below", "--issuer", "Their middle");
		assert.match(
			bench.openssl("verify", "-CAfile", "ca.pem", "-untrusted", "mid.pem", "own/devices/below/cert.pem"),
			/OK/,
		);
	});

	for (const name of ["cockpit.pem", "turned.pem", "sap.p12", "api.json"])
		it(`takes ${name} of SAP, and says what the certificate names`, async () => {
			const { out } = await bench.done("import-sap", file(name), "--secret-file", file("secret"), "--force");
			assert.match(out, /alternate id {2}2233/);
			assert.match(out, /gateway {7}2\n/);
			assert.match(out, /tenant {8}42\n/);
			isOurs("2233", "sap.pem");
		});

	for (const [what, args, reason] of [
		[
			"a wrong secret of a PEM",
			["import", "cert.pem", "pbes1.pem", "--secret-file", "wrong"],
			/pbes1.pem cannot be decrypted/,
		],
		[
			"a wrong secret of a P12",
			["import", "new.p12", "--secret-file", "wrong"],
			/new.p12 cannot be decrypted/,
		],
		["no secret", ["import", "cert.pem", "pbes2.pem"], /needs a secret: .*--secret-file/],
		[
			"a key of another device",
			["import", "cert.pem", "other-key.pem"],
			/belongs to none of the certificates/,
		],
		["no key", ["import", "cert.pem"], /no private key/],
		["no certificate", ["import", "key.pem"], /no certificate/],
		["two keys", ["import", "cert.pem", "key.pem", "other-key.pem"], /more than one private key/],
		["a file that is not there", ["import", "nothing.pem"], /cannot be read \(ENOENT\)/],
		["a folder", ["import", "folder"], /is not a file/],
		["a request", ["import", "dev.csr"], /a certificate request in it/],
		["two files where one is handed out", ["import-sap", "cert.pem", "key.pem"], /needs the file/],
	] as Array<[string, string[], RegExp]>)
		it(`refuses ${what} with a sentence`, async () => {
			mkdirSync(file("folder"), { recursive: true });
			const args_ = args.map((arg, i) => (i === 0 || arg.startsWith("--") ? arg : file(arg)));
			const refused = await bench.run(...args_, "--force");
			assert.equal(refused.code, 2, refused.out);
			assert.match(refused.note, reason);
		});

	it("says of a certificate that is not SAP's that it is none", async () => {
		const { out } = await bench.done("import-sap", file("crlf.pem"), "--force");
		assert.match(out, /not one of SAP's/);
	});

	it("answers every cut, flipped, random or huge file with a sentence", async () => {
		const random = seeded(20261127);
		const kept = () => readdirSync(file("own/devices")).sort().join();
		const before = kept();
		const attempt = async (bytes: Uint8Array, as: string) => {
			bench.write("hostile", bytes);
			const outcome = await bench.run(
				"import",
				file("hostile"),
				"--secret-file",
				file("secret"),
				"--as",
				as,
				"--force",
			);
			return outcome.code;
		};
		let refused = 0;
		for (const name of [
			"cert.pem",
			"pbes2.pem",
			"pkcs8.der",
			"cert.der",
			"new.p12",
			"old.p12",
			"cockpit.pem",
		]) {
			const whole = Buffer.from(bench.text(name), "utf8");
			const bytes = name.endsWith(".pem")
				? whole
				: Buffer.from((await import("node:fs")).readFileSync(file(name)));
			for (let i = 0; i < 24; i++) {
				const cut = bytes.subarray(0, Math.floor(random() * bytes.length));
				if ((await attempt(cut, "hostile-cut")) === 2) refused++;
				const flipped = Buffer.from(bytes);
				flipped[Math.floor(random() * flipped.length)]! ^= 1 << Math.floor(random() * 8);
				await attempt(flipped, "hostile-flip");
			}
		}
		assert.equal(refused, 7 * 24, "nothing of a file that is cut off is taken");
		for (let i = 0; i < 100; i++) {
			const noise = Uint8Array.from({ length: 1 + Math.floor(random() * 400) }, () =>
				Math.floor(random() * 256),
			);
			if (i % 2 === 0) noise[0] = 0x30;
			assert.equal(await attempt(noise, "hostile-noise"), 2);
		}
		assert.equal(await attempt(new Uint8Array(300_000).fill(0x2d), "huge"), 2);
		const nested = Buffer.from("308002".repeat(5000), "hex");
		assert.equal(await attempt(nested, "nested"), 2);
		assert.equal(await attempt(new Uint8Array(0), "empty"), 2);
		assert.equal(
			kept()
				.replace(/hostile-flip,?/, "")
				.replace(/,$/, ""),
			before.replace(/,$/, ""),
		);
	});
});
