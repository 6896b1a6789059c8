// An identity in the board's own store, and the protocol asked for in the handshake, as a TLS server sees them.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TLSSocket } from "node:tls";
import { issueAuthority, issueLeaf, pemToDer } from "../../certs/library/issue.js";
import { buildEngine } from "../../host-sim/xs/build.js";
import { startCli } from "./cli.js";

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
