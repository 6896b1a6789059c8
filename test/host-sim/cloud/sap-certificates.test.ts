// Certificates as the SAP IoT stand-in hands them out, both forms.
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readPkcs12 } from "../../../certs/library/pkcs12.js";
import type { CloudEvent } from "../../../host-sim/cloud/embedded-cloud.js";
import { Certificates } from "../../../host-sim/cloud/sap/certificates.js";
import { DEFAULT_LOGIN } from "../../../host-sim/cloud/sap/login.js";
import { type Answer, ask, connectDevice, openDevice, useCloud } from "./fixture.js";

const { user, password } = DEFAULT_LOGIN;
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const NAME = "deviceAlternateId:22 334455é|gatewayId:2|tenantId:1|instanceId:mote";
const FORM =
	/^(-----BEGIN ENCRYPTED PRIVATE KEY-----\n[^-]*-----END ENCRYPTED PRIVATE KEY-----\n)(-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n)$/;

describe("certificates of the SAP IoT stand-in", () => {
	const events: CloudEvent[] = [];
	const used = useCloud({ cloud: "sap", onEvent: (event) => events.push(event) });
	const get = (form: string): Promise<Answer> => {
		const path = `iot/core/api/v1/devices/5/authentications/clientCertificate/${form}`;
		return ask(`${used.cloud.operatorUrl}/${path}`, { headers: { authorization } });
	};
	beforeEach(() => used.cloud.sap.model.addDevice({ name: "MyDevice", alternateId: "22 334455é" }));

	it("have the key as the service encrypts it, then the certificate, and let the device in", async () => {
		const { status, body } = await get("pem");
		assert.equal(status, 200);
		assert.deepEqual(Object.keys(body), ["secret", "pem"]);
		const [, keyPem = "", certPem = ""] = FORM.exec(body.pem) ?? [];
		// pbeWithSHA1And3-KeyTripleDES-CBC, 8 bytes of salt, 131072 rounds.
		const der = Buffer.from(keyPem.replaceAll(/-----[^-]*-----|\s/g, ""), "base64").toString("hex");
		assert.match(der, /^.{8}301d060a2a864886f70d010c0103300f0408.{16}0203020000/);
		const key = createPrivateKey({ key: keyPem, passphrase: body.secret });
		assert.throws(() => createPrivateKey({ key: keyPem, passphrase: `${body.secret}x` }));
		const certificate = new X509Certificate(certPem);
		assert.ok(certificate.checkPrivateKey(key));
		assert.ok(certificate.verify(new X509Certificate(used.cloud.identities.ca.pem).publicKey));
		assert.equal((certificate.toLegacyObject().subject as unknown as { CN: string }).CN, NAME);
		assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"], "for clients only");
		const identity = { chainPem: certPem, keyPem: key.export({ format: "pem", type: "pkcs8" }).toString() };
		const client = await openDevice(used.cloud, "22 334455é", { identity });
		await client.disconnect();
		const other = await connectDevice(used.cloud, "mote-1", { identity });
		assert.equal(other.code, 3);
		await other.client.closed;
		const told = JSON.stringify(events);
		assert.ok(told.includes("connected"));
		assert.ok(!told.includes(body.secret) && !told.includes("BEGIN"));
	});

	it("come as PKCS#12 too, each time another", async () => {
		const [first, second] = [(await get("p12")).body, (await get("p12")).body];
		const numbers = await Promise.all(
			[first, second].map(async ({ secret, p12 }) => {
				const bytes = Buffer.from(p12, "base64");
				const { certificates, keys } = await readPkcs12(bytes, "p12", async () => secret);
				assert.deepEqual([certificates.length, keys.length], [1, 1]);
				const [certificate] = certificates as [X509Certificate];
				assert.ok(keys[0] && certificate.checkPrivateKey(keys[0]));
				return certificate.serialNumber;
			}),
		);
		assert.notEqual(numbers[0], numbers[1]);
		assert.notEqual(first.secret, second.secret);
	});

	it("are made one at a time, and not without end", async () => {
		let under = 0;
		let most = 0;
		const release: (() => void)[] = [];
		const certificates = new Certificates(async () => {
			most = Math.max(most, ++under);
			await new Promise<void>((resolve) => release.push(resolve));
			under--;
			throw new Error("not issued");
		});
		const asked = Array.from({ length: 8 }, () => certificates.pem("x"));
		const ended = Promise.allSettled(asked);
		await assert.rejects(certificates.pem("x"), { status: 503, message: /8 certificates are being made/ });
		for (let at = 0; at < 8; at++) {
			while (release.length <= at) await Promise.resolve();
			release[at]?.();
		}
		for (const one of await ended) assert.equal(one.status, "rejected");
		assert.equal(most, 1);
		const after = certificates.pem("x");
		while (release.length < 9) await Promise.resolve();
		release[8]?.();
		await assert.rejects(after, /not issued/);
	});
});
