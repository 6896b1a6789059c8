// Development identities: what is on disk, when it is reused and when it is made again.
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openIdentities } from "../../../host-sim/cloud/identities.js";
import { removeFolder, temporaryFolder } from "./fixture.js";

describe("development identities", () => {
	let folder: string;

	beforeEach(async () => {
		folder = await temporaryFolder();
	});

	afterEach(() => removeFolder(folder));

	it("issues certificates that a TLS peer accepts", async () => {
		const identities = await openIdentities(folder);
		const ca = new X509Certificate(identities.ca.pem);
		const server = new X509Certificate(identities.server.certPem);
		const device = await identities.device("mote-1", "mote-1");
		const leaf = new X509Certificate(device.certDer);
		assert.equal(ca.ca, true);
		assert.equal(server.ca, false);
		assert.equal(server.checkHost("localhost"), "localhost");
		assert.equal(server.checkIP("127.0.0.1"), "127.0.0.1");
		assert.ok(server.checkIP("::1"));
		assert.deepEqual(server.keyUsage, ["1.3.6.1.5.5.7.3.1"]);
		assert.deepEqual(leaf.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
		for (const certificate of [ca, server, leaf]) {
			assert.ok(certificate.verify(ca.publicKey));
			assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048);
			assert.ok(Date.parse(certificate.validFrom) < Date.now());
			assert.ok(Date.parse(certificate.validTo) <= Date.parse(ca.validTo));
			assert.ok(Date.parse(certificate.validFrom) >= Date.parse(ca.validFrom));
		}
		assert.equal(leaf.subject, "CN=mote-1");
		const key = createPrivateKey({ key: Buffer.from(device.keyDer), format: "der", type: "pkcs8" });
		assert.ok(leaf.checkPrivateKey(key));
		assert.equal(device.chainPem, device.certPem + identities.ca.pem);
	});

	it("keeps private keys to the owner", async () => {
		const identities = await openIdentities(folder);
		const { files, folder: own } = await identities.device("mote-1", "mote-1");
		const secret = [files.key, files.keyDer, join(folder, "ca-key.pem"), join(folder, "server-key.pem")];
		for (const path of secret) assert.equal((await stat(path)).mode & 0o777, 0o600, path);
		for (const path of [folder, own]) assert.equal((await stat(path)).mode & 0o777, 0o700, path);
		assert.deepEqual(new Uint8Array(await readFile(join(folder, "ca.der"))), identities.ca.der);
	});

	it("reuses what it has made", async () => {
		const first = await openIdentities(folder);
		const device = await first.device("mote-1", "mote-1");
		const second = await openIdentities(folder);
		assert.deepEqual(second.ca, first.ca);
		assert.deepEqual(second.server, first.server);
		assert.deepEqual(await second.device("mote-1", "mote-1"), device);
	});

	it("makes again what is missing, unreadable, foreign or named otherwise", async () => {
		let identities = await openIdentities(folder);
		const first = await identities.device("mote-1", "mote-1");

		const renamed = await identities.device("mote-1", "other");
		assert.notEqual(renamed.certPem, first.certPem);
		assert.equal(new X509Certificate(renamed.certPem).subject, "CN=other");

		await writeFile(renamed.files.key, "no key");
		const repaired = await identities.device("mote-1", "other");
		assert.notEqual(repaired.certPem, renamed.certPem);

		const oldServer = identities.server.certPem;
		await rm(join(folder, "server-key.pem"));
		identities = await openIdentities(folder);
		assert.notEqual(identities.server.certPem, oldServer);

		await writeFile(join(folder, "ca.pem"), "no certificate");
		const renewed = await openIdentities(folder);
		assert.notEqual(renewed.ca.pem, identities.ca.pem);
		assert.notEqual(renewed.server.certPem, identities.server.certPem);
		const reissued = await renewed.device("mote-1", "other");
		assert.ok(new X509Certificate(reissued.certPem).verify(new X509Certificate(renewed.ca.pem).publicKey));
	});

	it("makes leaves again shortly before they expire, and keeps the CA", async () => {
		const day = 86_400_000;
		const first = await openIdentities(folder);
		const { now } = Date;
		try {
			Date.now = () => now() + 362 * day;
			assert.equal((await openIdentities(folder)).server.certPem, first.server.certPem);
			Date.now = () => now() + 364 * day;
			const later = await openIdentities(folder);
			assert.notEqual(later.server.certPem, first.server.certPem);
			assert.equal(later.ca.pem, first.ca.pem);
		} finally {
			Date.now = now;
		}
	});

	it("stays consistent when opened several times at once", async () => {
		const all = await Promise.all([1, 2, 3].map(() => openIdentities(folder)));
		const devices = await Promise.all(all.map((identities) => identities.device("mote-1", "mote-1")));
		for (const identities of all) assert.equal(identities.ca.pem, all[0]?.ca.pem);
		for (const device of devices) assert.equal(device.keyPem, devices[0]?.keyPem);
	});

	it("keeps similar device names apart and inside the folder", async () => {
		const identities = await openIdentities(folder);
		const [plain, dots] = [
			await identities.device("%2E%2E", "percent"),
			await identities.device("..", "dots"),
		];
		assert.notEqual(plain.folder, dots.folder);
		for (const { folder: own } of [plain, dots]) assert.ok(own.startsWith(join(folder, "devices", "")));
	});

	it("refuses names that cannot serve", async () => {
		const identities = await openIdentities(folder);
		const refused: [string, RegExp][] = [
			["", /empty/],
			["x".repeat(65), /longer than 64/],
			["a:b", /colon/],
			["a/b", /topics or paths/],
			["a\\b", /topics or paths/],
			["a+b", /topics or paths/],
			["a b", /blank/],
			["a\nb", /control/],
			["a\u0000b", /control/],
		];
		for (const [name, message] of refused) await assert.rejects(identities.device(name, "x"), message);
		await assert.rejects(identities.device("x", ""), /common name/);
	});
});
