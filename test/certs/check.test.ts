// check: each fault that it names is made, and found; what is sound has none.

import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CheckOptions, check, type Finding } from "../../certs/library/check.js";
import type { Kept } from "../../certs/library/folder.js";
import { type IssuedPair, type IssueOptions, issueLeaf, issueRoot } from "../../certs/library/issue.js";
import { CertsBench, needsOpenssl } from "./bench.js";

const DAY = 86_400_000;
const now = Date.now();

describe("certs: check", () => {
	const bench = new CertsBench();
	let root: IssuedPair;
	let middle: IssuedPair;
	let device: IssuedPair;
	before(async () => {
		root = await issueRoot("root", { pathLength: 1 });
		middle = await issueLeaf(root, "middle", "authority");
		device = await issueLeaf(middle, "pump-7", "client");
	});
	after(() => bench.close());

	/** As it would be read from the folder. */
	function kept(chain: readonly string[], keyPem: string, name = "pump-7"): Kept {
		const folder = bench.path(`kept-${Math.random()}`);
		mkdirSync(folder);
		writeFileSync(join(folder, "key.pem"), keyPem, { mode: 0o600 });
		return {
			name,
			folder,
			chain: chain.map((pem) => new X509Certificate(pem)),
			key: createPrivateKey(keyPem),
			keyPem,
		};
	}
	const look = (given: Kept, options: Partial<CheckOptions> = {}): Finding[] =>
		check(given, { kind: "devices", cloud: "plain", now: Date.now() + 2000, ...options });
	const faults = (findings: readonly Finding[]) =>
		findings.filter(({ level }) => level !== "good").map(({ code }) => code);
	/** A device with its root. */
	const direct = async (options: IssueOptions, name = "pump-7") => {
		const issuer = await issueRoot("root");
		const pair = await issueLeaf(issuer, name, "client", options);
		return kept([pair.certPem, issuer.certPem], pair.keyPem);
	};
	/** A device as openssl makes it with these extensions. */
	function odd(extensions: string, ...more: string[]): Kept {
		bench.write("root.pem", root.certPem);
		bench.write("root-key.pem", root.keyPem);
		bench.write("odd.ext", extensions);
		bench.openssl(
			...[
				"req",
				"-new",
				"-newkey",
				"rsa:2048",
				"-nodes",
				"-keyout",
				"odd-key.pem",
				"-out",
				"odd.csr",
				"-subj",
				"/CN=pump-7",
				...more,
			],
		);
		bench.openssl(
			...[
				"x509",
				"-req",
				"-in",
				"odd.csr",
				"-CA",
				"root.pem",
				"-CAkey",
				"root-key.pem",
				"-CAcreateserial",
				"-extfile",
				"odd.ext",
				"-days",
				"90",
				"-out",
				"odd.pem",
				...more.filter((one) => one.startsWith("-sha")),
			],
		);
		return kept([bench.text("odd.pem"), root.certPem], bench.text("odd-key.pem"));
	}

	it("finds nothing wrong with what the tool makes", async () => {
		assert.deepEqual(faults(look(kept([device.certPem, middle.certPem, root.certPem], device.keyPem))), []);
		const server = await issueLeaf(root, "localhost", "server", { hosts: ["localhost", "127.0.0.1"] });
		assert.deepEqual(
			faults(look(kept([server.certPem, root.certPem], server.keyPem), { kind: "servers" })),
			[],
		);
		assert.deepEqual(
			faults(look(kept([middle.certPem, root.certPem], middle.keyPem), { kind: "authorities" })),
			[],
		);
	});

	const makers: Array<[string, string[], () => Kept | Promise<Kept>, Partial<CheckOptions>?]> = [
		[
			"a key of another certificate",
			["pair"],
			() => kept([device.certPem, middle.certPem, root.certPem], middle.keyPem),
		],
		["one that has expired", ["expired"], () => direct({ notBefore: now - DAY / 2, notAfter: now - 1000 })],
		["one that is not valid yet", ["not-yet"], () => direct({ notBefore: now + DAY })],
		["one that expires soon", ["expires"], () => direct({ notAfter: now + 10 * DAY })],
		[
			"a clock of last year",
			["clock", "not-yet", "not-yet", "not-yet"],
			() => kept([device.certPem, middle.certPem, root.certPem], device.keyPem),
			{ now: Date.UTC(2025, 0, 1) },
		],
		[
			"a chain in the wrong order",
			["order"],
			() => kept([device.certPem, root.certPem, middle.certPem], device.keyPem),
		],
		[
			"an issuer of another chain",
			["broken"],
			async () => kept([device.certPem, (await issueRoot("middle")).certPem], device.keyPem),
		],
		["a lone leaf", ["incomplete"], () => kept([device.certPem], device.keyPem)],
		[
			"three certificates for Cumulocity",
			["long"],
			() => kept([device.certPem, middle.certPem, root.certPem], device.keyPem),
			{ cloud: "cumulocity" },
		],
		[
			"an authority below one that allows none",
			["path-length"],
			async () => {
				const flat = await issueRoot("flat");
				const below = await issueLeaf(flat, "below", "authority");
				const leaf = await issueLeaf(below, "pump-7", "client");
				return kept([leaf.certPem, below.certPem, flat.certPem], leaf.keyPem);
			},
		],
		[
			"a leaf that signs",
			["no-authority", "no-cert-sign", "path-length", "path-length"],
			async () => {
				const leaf = await issueLeaf(device, "pump-7", "client");
				return kept([leaf.certPem, device.certPem, middle.certPem, root.certPem], leaf.keyPem);
			},
		],
		[
			"a server's certificate for a device",
			["purpose"],
			async () => {
				const server = await issueLeaf(root, "pump-7", "server");
				return kept([server.certPem, root.certPem], server.keyPem);
			},
		],
		[
			"an authority's certificate for a device",
			["leaf-is-ca", "no-signature"],
			async () => {
				const authority = await issueLeaf(root, "pump-7", "authority");
				return kept([authority.certPem, root.certPem], authority.keyPem);
			},
		],
		[
			"an id with a colon",
			["colon"],
			async () => {
				const pair = await issueLeaf(root, "a:b", "client");
				return kept([pair.certPem, root.certPem], pair.keyPem, "a:b");
			},
			{ cloud: "cumulocity" },
		],
		["one for another device", ["name"], async () => direct({}, "pump-8")],
		[
			"one of SAP's for another cloud",
			["name"],
			async () => {
				const sap = await issueLeaf(root, "deviceAlternateId:pump-7|gatewayId:2", "client");
				return kept([sap.certPem, root.certPem], sap.keyPem);
			},
		],
		["one of one's own for SAP", ["name"], async () => direct({}), { cloud: "sap" }],
		[
			"a server without names",
			["server-name"],
			async () => {
				const pair = await issueLeaf(root, "localhost", "client");
				return kept([pair.certPem, root.certPem], pair.keyPem);
			},
			{ kind: "servers" },
		],
		[
			"a key that others may read",
			["mode"],
			() => {
				const found = kept([device.certPem, middle.certPem, root.certPem], device.keyPem);
				chmodSync(join(found.folder, "key.pem"), 0o640);
				return found;
			},
		],
		["a key with 4096 bits", ["key-slow"], async () => direct({ bits: 4096 })],
	];
	for (const [what, codes, make, options] of makers)
		it(`finds ${what}`, async () => {
			const findings = look(await make(), options);
			const found = faults(findings).filter((code) => !(code === "purpose" && options?.kind === "servers"));
			assert.deepEqual(found, codes, JSON.stringify(findings, undefined, 1));
			for (const { level, remedy } of findings) assert.equal(remedy === "", level === "good");
		});

	it("finds what openssl can make and we cannot: short keys, elliptic curves, SHA-1, PKCS#1", function () {
		needsOpenssl(this);
		const plain = "basicConstraints=CA:false\n";
		assert.deepEqual(faults(look(odd(plain))), []);
		assert.deepEqual(faults(look(odd(plain, "-newkey", "rsa:1024"))), ["key-size"]);
		assert.deepEqual(faults(look(odd(plain, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"))), [
			"key-type",
		]);
		assert.deepEqual(faults(look(odd(plain, "-sha1"))), ["hash"]);
		assert.deepEqual(faults(look(odd("keyUsage=keyEncipherment\n"))), ["no-signature"]);
		const { chain } = odd(plain);
		const pkcs1 = bench.openssl("rsa", "-in", "odd-key.pem", "-traditional");
		assert.deepEqual(faults(look(kept(chain.map(String), pkcs1))), ["pkcs8"]);
	});

	it("finds a certificate that is valid when its issuer is not", function () {
		needsOpenssl(this);
		const findings = look(odd("basicConstraints=CA:false\n"), {});
		assert.deepEqual(faults(findings), []);
		bench.openssl(
			...[
				"x509",
				"-req",
				"-in",
				"odd.csr",
				"-CA",
				"root.pem",
				"-CAkey",
				"root-key.pem",
				"-days",
				"9000",
				"-out",
				"late.pem",
			],
		);
		assert.ok(
			faults(look(kept([bench.text("late.pem"), root.certPem], bench.text("odd-key.pem")))).includes(
				"outlives",
			),
		);
	});

	it("looks at everything in the folder, prints marks and remedies, and ends with 1 if something is wrong", async () => {
		await bench.done("ca", "CA");
		await bench.done("device", "pump-7", "--issuer", "CA");
		const good = await bench.run("check");
		assert.equal(good.code, 0);
		assert.match(good.out, /authority CA\n {2}✓/);
		assert.match(good.out, /device pump-7\n {2}✓ key and certificate belong together/);
		assert.match(good.out, /nothing is wrong\n$/);
		chmodSync(bench.path("own/devices/pump-7/key.pem"), 0o644);
		const bad = await bench.run("check", "pump-7");
		assert.equal(bad.code, 1);
		assert.match(bad.out, /✗ others may read the key → chmod 600 key.pem.\n1 wrong\n$/);
		const json = JSON.parse((await bench.run("check", "pump-7", "--json")).out) as {
			wrong: number;
			identities: unknown[];
		};
		assert.deepEqual([json.wrong, json.identities.length], [1, 1]);
		bench.write(
			"own/devices/pump-7/chain.pem",
			"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		);
		const broken = await bench.run("check", "pump-7");
		assert.equal(broken.code, 1);
		assert.match(broken.out, /is damaged → import it anew/);
		assert.match((await bench.run("check", "nobody")).note, /no device named "nobody": there are pump-7/);
	});

	it("says how to begin where there is nothing", async () => {
		const empty = new CertsBench();
		const outcome = await empty.run("check");
		assert.equal(outcome.code, 2);
		assert.match(outcome.note, /nothing in .* yet; --help says how to begin/);
		assert.ok(!existsSync(empty.path("own")));
		empty.close();
	});
});
