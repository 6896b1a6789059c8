// An identity in the board's own store, and the protocol asked for in the handshake, as a TLS server sees
// them.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { issueAuthority, issueLeaf, pemToDer } from "../../../certs/library/issue.js";
import { EmbeddedCloud } from "../../../host-sim/cloud/embedded-cloud.js";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { runCli, startCli } from "./cli.js";

describe("an identity in the store", () => {
	let xs = true;
	before(async () => {
		xs = await buildEngine().then(
			() => true,
			() => false,
		);
	});

	for (const engine of ["xs", "node"] as const)
		it(`is shown to the server with its issuers by ${engine}, and the image's CA does not count`, async function () {
			if (engine === "xs" && !xs) this.skip();
			const folder = mkdtempSync(join(tmpdir(), "mote-identity-"));
			const ca = await issueAuthority(1);
			const middle = await issueLeaf(ca, "middle", "authority");
			const device = await issueLeaf(middle, "pump-7", "client");
			const broker = await issueLeaf(ca, "localhost", "server");
			const other = await issueAuthority();
			const base64 = (pem: string) => ({ base64: Buffer.from(pemToDer(pem)).toString("base64") });
			const settings = { broker: { clientCertificate: true, alpn: "x-amzn-mqtt-ca" } };
			writeFileSync(join(folder, "ca.pem"), other.certPem);
			writeFileSync(
				join(folder, "preferences.json"),
				JSON.stringify({
					"mote/settings": JSON.stringify(settings),
					"mote/ca-der": base64(ca.certPem),
					"mote/client-der": base64(device.certPem),
					"mote/client1-der": base64(middle.certPem),
					"mote/client-pk8": base64(device.keyPem),
				}),
			);
			const server = createServer({
				cert: broker.certPem,
				key: broker.keyPem,
				ca: ca.certPem,
				requestCert: true,
				rejectUnauthorized: true,
				ALPNProtocols: ["mqtt", "x-amzn-mqtt-ca"],
			});
			const seen = new Promise<TLSSocket>((resolve) => server.once("secureConnection", resolve));
			server.on("tlsClientError", () => {}); // whether the broker can be reached is tried without TLS first
			await new Promise<void>((bound) => server.listen(0, "127.0.0.1", bound));
			const { port } = server.address() as AddressInfo;
			const cli = startCli([
				...["--engine", engine, "--cloud", "plain", "--state", folder],
				...["--broker", `mqtts://localhost:${port}`, "--ca", join(folder, "ca.pem")],
			]);
			try {
				const socket = await seen;
				assert.equal(socket.alpnProtocol, "x-amzn-mqtt-ca");
				assert.equal(socket.getPeerCertificate().subject.CN, "pump-7");
				assert.equal(socket.authorized, true);
			} finally {
				cli.cut();
				await cli.ended;
				server.close();
				rmSync(folder, { recursive: true });
			}
		});
});

describe("a certificate that ends soon", () => {
	for (const [days, said] of [
		[10, "the device's certificate ends in 9 days"],
		[300, ""],
	] as const)
		it(`of ${days} days is told to Cumulocity as a measure${said === "" ? " only" : ", an alarm and a word in the log"}`, async () => {
			const folder = mkdtempSync(join(tmpdir(), "mote-ends-"));
			const cloud = await EmbeddedCloud.start({ cloud: "cumulocity", identitiesFolder: folder });
			try {
				const authority = {
					certPem: cloud.identities.ca.pem,
					keyPem: readFileSync(join(folder, "ca-key.pem"), "utf8"),
				};
				const notAfter = Date.now() + days * 86_400_000;
				const own = await issueLeaf(authority, "mote-0001", "client", { notAfter });
				writeFileSync(join(folder, "own.pem"), own.certPem);
				writeFileSync(join(folder, "own-key.pem"), own.keyPem, { mode: 0o600 });
				const outcome = await runCli([
					...[
						"--broker",
						cloud.brokerUrl,
						"--ca",
						join(folder, "ca.pem"),
						"--measures",
						"3",
						"--interval",
						"400ms",
					],
					...["--cert", join(folder, "own.pem"), "--key", join(folder, "own-key.pem"), "--engine", "node"],
				]);
				assert.equal(outcome.code, 0, outcome.err);
				const operator = (path: string) => fetch(`${cloud.operatorUrl}${path}?source=mote-0001&pageSize=100`);
				const { measurements } = (await (await operator("/measurement/measurements")).json()) as {
					measurements: Array<{ mote_Certificate?: object }>;
				};
				assert.deepEqual(
					measurements.flatMap((one) => one.mote_Certificate ?? []),
					[{ daysLeft: { value: days - 1, unit: "d" } }],
				);
				const answer = await operator("/alarm/alarms");
				const { alarms } = (await answer.json()) as { alarms: Array<Record<string, string>> };
				assert.deepEqual(
					alarms.map(({ type, severity, text }) => [type, severity, text]),
					said === "" ? [] : [["mote_CertificateEnd", "MAJOR", said]],
				);
			} finally {
				await cloud.close();
				rmSync(folder, { recursive: true });
			}
		});
});
