// Certificates and keys as they lie on people's disks: read, or named for what they are.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFiles } from "../../certs/library/read.js";

describe("npm run certs: files as they lie about", () => {
	let folder = "";
	let certificate = "";
	let key = "";
	const file = (name: string) => join(folder, name);
	const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

	before(() => {
		folder = mkdtempSync(join(tmpdir(), "mote-read-"));
		openssl(
			...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", "/CN=a"],
			...["-keyout", "key.pem", "-out", "cert.pem"],
		);
		certificate = readFileSync(file("cert.pem"), "utf8");
		key = readFileSync(file("key.pem"), "utf8");
	});
	after(() => rmSync(folder, { recursive: true }));

	async function read(bytes: string | Buffer): Promise<string> {
		writeFileSync(file("given"), bytes);
		try {
			const { certificates, keys } = await readFiles([file("given")], () => {
				throw new Error("nothing is encrypted here");
			});
			return `${certificates.length} ${keys.length}`;
		} catch (error) {
			return (error as Error).message;
		}
	}
	const utf16 = (text: string, swap: boolean): Buffer => {
		const bytes = Buffer.from(`\ufeff${text}`, "utf16le");
		return swap ? bytes.swap16() : bytes;
	};

	it("reads any line ends, indentation, byte order marks, UTF-16, and text around", async () => {
		const both = certificate + key;
		for (const [what, bytes] of [
			["as it is", both],
			["CR LF", both.replaceAll("\n", "\r\n")],
			["CR", both.replaceAll("\n", "\r")],
			["as a JSON string", both.replaceAll("\n", "\\r\\n")],
			["indented", both.replace(/^/gm, "\t  ")],
			["blanks at the ends of lines", both.replace(/$/gm, "  ")],
			["a byte order mark", `\ufeff${both}`],
			["UTF-16", utf16(both, false)],
			["UTF-16, big end first", utf16(both, true)],
			["text around", `Bag Attributes\n  name: a\n${certificate}\nissuer=a\n${key}\n# end\n`],
			["no line feed at the end", both.trimEnd()],
		] as const)
			assert.equal(await read(bytes), "1 1", what);
	});

	it("reads DER, and what openssl calls trusted", async () => {
		openssl("x509", "-in", "cert.pem", "-outform", "DER", "-out", "cert.der");
		openssl("x509", "-in", "cert.pem", "-trustout", "-out", "trusted.pem");
		openssl("pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER", "-out", "key.pk8");
		assert.equal(await read(readFileSync(file("cert.der"))), "1 0");
		assert.equal(await read(readFileSync(file("trusted.pem"))), "1 0");
		assert.equal(await read(readFileSync(file("key.pk8"))), "0 1");
	});

	it("says that a block was cut, also in front of a whole one", async () => {
		assert.match(await read(certificate.slice(0, 200)), /cut off: its PEM block has no end/);
		assert.match(
			await read(`${certificate.slice(0, 200)}\n${certificate}`),
			/of its 2 PEM blocks 1 have no end/,
		);
		assert.match(await read(`${certificate}${key.slice(0, 200)}`), /of its 2 PEM blocks 1 have no end/);
	});

	it("names what is neither", async () => {
		openssl("req", "-new", "-key", "key.pem", "-subj", "/CN=a", "-out", "request.pem");
		openssl("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem");
		openssl("crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-out", "bundle.p7b");
		const pem = (name: string) => readFileSync(file(name));
		assert.match(await read(pem("request.pem")), /a certificate request in it/);
		assert.match(await read(pem("public.pem")), /a public key in it/);
		assert.match(await read(pem("bundle.p7b")), /a PKCS#7 bundle in it: .* openssl pkcs7 -print_certs/);
		const ssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
		assert.match(await read(ssh), /a key of OpenSSH's own form in it/);
		assert.match(await read(Buffer.from("feedfeed00000002", "hex")), /a Java key store/);
		assert.match(await read("hello"), /neither PEM nor DER/);
		assert.match(await read(""), /neither PEM nor DER/);
	});
});
