// Authorities that an operator uploads to the Cumulocity stand-in.
import assert from "node:assert/strict";
import { type IssuedPair, issueLeaf, issueRoot } from "../../../certs/library/issue.js";
import { ask, connectDevice, useCloud } from "./fixture.js";

const DEVICE = "mote-9";

describe("trusted certificates of the Cumulocity stand-in", () => {
	const used = useCloud({ cloud: "cumulocity" });
	let root: IssuedPair;
	let intermediate: IssuedPair;
	let leaf: IssuedPair;
	let below: IssuedPair;

	before(async () => {
		root = await issueRoot("Somebody's CA", { pathLength: 1 });
		intermediate = await issueLeaf(root, "Somebody's other CA", "authority");
		leaf = await issueLeaf(root, DEVICE, "client");
		below = await issueLeaf(intermediate, DEVICE, "client");
	});

	const url = (more = "") =>
		`${used.cloud.operatorUrl}/tenant/tenants/t12345/trusted-certificates${more && `/${more}`}`;
	const body = (pem: string, more: object = {}) => ({
		...{ status: "ENABLED", name: "Ours", autoRegistrationEnabled: "true", certInPemFormat: pem },
		...more,
	});
	const upload = (pem: string, more?: object) => ask(url(), { method: "POST", body: body(pem, more) });
	/** "TLS" when the handshake or the connection ends before a CONNACK. */
	async function code(pair: IssuedPair, ...above: IssuedPair[]): Promise<number | "TLS"> {
		const chainPem = [pair, ...above].map(({ certPem }) => certPem).join("");
		try {
			const { client, code } = await connectDevice(used.cloud, DEVICE, {
				identity: { chainPem, keyPem: pair.keyPem },
			});
			if (code === 0) await client.disconnect();
			return code;
		} catch {
			return "TLS";
		}
	}

	it("let their devices in, and only theirs, also after an outage", async () => {
		assert.equal(await code(leaf, root), "TLS");
		const { status, body: shown } = await upload(root.certPem.replaceAll("\n", ""));
		assert.equal(status, 201);
		assert.deepEqual(
			[shown.name, shown.status, shown.autoRegistrationEnabled, shown.certInPemFormat],
			["Ours", "ENABLED", true, root.certPem],
		);
		assert.deepEqual([await code(leaf, root), await code(leaf)], [0, 0], "with the whole chain, or the leaf");
		const stranger = await issueLeaf(await issueRoot("Somebody's CA"), DEVICE, "client");
		assert.equal(await code(stranger), "TLS");
		await used.cloud.stopBroker();
		await used.cloud.startBroker();
		assert.equal(await code(leaf, root), 0);
		const { client, code: own } = await connectDevice(used.cloud, "mote-1");
		assert.equal(own, 0, "the stand-in's own authority stays trusted");
		await client.disconnect();
	});

	it("can be disabled, and switched to devices that are registered", async () => {
		const { body: shown } = await upload(root.certPem);
		const put = (change: object) => ask(url(shown.fingerprint), { method: "PUT", body: change });
		await put({ status: "DISABLED" });
		assert.equal(await code(leaf, root), "TLS");
		await put({ status: "ENABLED", autoRegistrationEnabled: false });
		assert.equal(await code(leaf, root), 5);
		assert.equal(await code(leaf), 5);
		await ask(`${used.cloud.operatorUrl}/user/t12345/users`, {
			method: "POST",
			body: { userName: `device_${DEVICE}`, password: "unused" },
		});
		assert.equal(await code(leaf, root), 0);
		assert.equal((await put({ status: "ON" })).status, 422);
		assert.equal((await ask(url("00"), { method: "PUT", body: {} })).status, 404);
	});

	it("take an intermediate after its root, and judge devices below it by either", async () => {
		assert.match((await upload(intermediate.certPem)).body.message, /after its root only/);
		await upload(root.certPem, { autoRegistrationEnabled: false });
		assert.equal(await code(below, intermediate, root), 5);
		assert.equal((await upload(intermediate.certPem)).status, 201);
		assert.equal(await code(below, intermediate, root), 0, "the intermediate registers");
		assert.equal(await code(below), 0);
		assert.equal((await ask(url())).body.certificates.length, 2);
	});

	it("are refused with a reason", async () => {
		for (const name of ["status", "name", "autoRegistrationEnabled", "certInPemFormat"]) {
			const { status, body: answer } = await upload(root.certPem, { [name]: undefined });
			assert.equal(status, 422, name);
			assert.match(answer.message, new RegExp(name));
		}
		const message = async (pem: string) => (await upload(pem)).body.message;
		assert.match(await message("-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"), /no certificate/);
		assert.match(await message("nothing"), /no certificate/);
		assert.match(await message(leaf.certPem), /no authority/);
		const past = Date.now() - 86_400_000;
		const expired = await issueRoot("Old CA", { notBefore: past - 1000, notAfter: past });
		assert.match(await message(expired.certPem), /expired/);
		assert.equal((await upload(root.certPem)).status, 201);
		assert.match(await message(root.certPem), /already/);
		assert.equal((await ask(url().replace("t12345", "t1"))).status, 404);
	});
});
