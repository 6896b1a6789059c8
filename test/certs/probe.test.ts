// probe: what it says of real brokers, and of servers that go wrong in every way that it has words for.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from "node:net";
import { createServer, type Server, type TlsOptions } from "node:tls";
import { type IssuedPair, issueLeaf, issueRoot } from "../../certs/library/issue.js";
import { EmbeddedCloud } from "../../host-sim/cloud/embedded-cloud.js";
import { MOSQUITTO, openMosquitto } from "../system/peers/mosquitto.js";
import { CertsBench } from "./bench.js";

describe("certs: probe", () => {
	const bench = new CertsBench();
	let ca: IssuedPair;
	let good: IssuedPair;
	const servers: Array<Server | TcpServer> = [];
	before(async () => {
		await bench.done("ca", "CA");
		await bench.done("device", "pump-7", "--issuer", "CA");
		const own = (name: string) => readFileSync(bench.path(`own/authorities/CA/${name}`), "utf8");
		ca = { certPem: own("cert.pem"), keyPem: own("key.pem") };
		good = await issueLeaf(ca, "localhost", "server", { hosts: ["localhost"] });
	});
	after(() => {
		for (const server of servers) server.close();
		bench.close();
	});

	/** A TLS server that answers CONNECT with these bytes, or not at all. */
	async function serve(options: TlsOptions, answer?: Uint8Array): Promise<number> {
		const server = createServer(
			{ cert: good.certPem, key: good.keyPem, ca: ca.certPem, ...options },
			(socket) => {
				socket.on("error", () => {});
				socket.once("data", () => (answer ? socket.write(answer) : socket.destroy()));
			},
		);
		server.on("tlsClientError", () => {});
		return listen(server);
	}
	async function listen(server: Server | TcpServer): Promise<number> {
		servers.push(server);
		await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
		return (server.address() as AddressInfo).port;
	}
	const CA = () => ["--ca", bench.path("own/authorities/CA/cert.pem")];
	const probe = (port: number, ...more: string[]) =>
		bench.run("probe", `mqtts://localhost:${port}`, "--device", "pump-7", ...more);
	const MUTUAL = { requestCert: true, rejectUnauthorized: true };

	it("tells what a good broker did, step by step", async () => {
		const port = await serve(MUTUAL, Uint8Array.of(0x20, 2, 0, 0));
		const { code, out } = await probe(port, ...CA());
		assert.equal(code, 0, out);
		assert.deepEqual(
			out
				.trimEnd()
				.split("\n")
				.map((line) => line.replace(/\d{4}-\d\d-\d\d/, "DAY").replace(/:\d{4,}/, ":PORT")),
			[
				"✓ reached localhost:PORT",
				"✓ its certificate is for localhost, by CN=CA, until DAY",
				"✓ it is trusted by the CA given",
				"✓ it asks for a certificate of ours",
				"✓ TLSv1.2, ECDHE-RSA-AES128-GCM-SHA256",
				"✓ CONNACK 0 for the client id d:pump-7: connected: the certificate was taken",
			],
		);
	});

	for (const [code, cloud, words] of [
		[1, "plain", /refuses MQTT 3.1.1/],
		[2, "cumulocity", /CONNACK 2 .*must be the certificate's common name/],
		[3, "cumulocity", /CA may not be uploaded/],
		[3, "sap", /client id pump-7: .*do not belong together/],
		[4, "plain", /may want one beside the certificate/],
		[5, "cumulocity", /CA is not uploaded, not enabled/],
		[77, "plain", /a code that the standard does not know/],
	] as const)
		it(`says what CONNACK ${code} means on ${cloud}`, async () => {
			const port = await serve(MUTUAL, Uint8Array.of(0x20, 2, 0, code));
			const outcome = await probe(port, ...CA(), "--cloud", cloud);
			assert.equal(outcome.code, 1);
			assert.match(outcome.out, words);
		});

	it("takes the authority's certificate in any form, and says what else it is given", async () => {
		const port = await serve(MUTUAL, Uint8Array.of(0x20, 2, 0, 0));
		const pem = ca.certPem;
		const der = new X509Certificate(pem).raw;
		for (const [name, content] of [
			["ca.pem", der],
			["ca.der", pem],
			["trusted.pem", pem.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE")],
			["wide.pem", Buffer.from(`\ufeff${pem.replaceAll("\n", "\r\n")}`, "utf16le")],
			["indented.pem", `an authority:\r\r${pem.replaceAll("\n", "\r   ")}`],
		] as const) {
			const { code, out, note } = await probe(port, "--ca", bench.write(name, content));
			assert.equal(code, 0, `${name}: ${out}${note}`);
		}
		for (const [name, content, words] of [
			["key.pem", ca.keyPem, /key\.pem has no certificate in it/],
			["cut.pem", `${pem.slice(0, 200)}\n${pem}`, /cut/],
			["text.pem", "nothing", /text\.pem/],
		] as const) {
			const { code, note } = await probe(port, "--ca", bench.write(name, content));
			assert.equal(code, 2);
			assert.match(note, words, name);
		}
	});

	it("says when the server asks for no certificate", async () => {
		const { out } = await probe(await serve({}, Uint8Array.of(0x20, 2, 0, 5)), ...CA());
		assert.match(out, /✓ it asks for no certificate/);
	});

	it("says why the server does not take ours", async () => {
		const other = await issueRoot("other");
		const { code, out } = await probe(await serve({ ...MUTUAL, ca: other.certPem }), ...CA());
		assert.equal(code, 1);
		assert.match(out, /✗ .*(unknown CA|it does not take it, and does not say why)/);
	});

	it("ends before CONNECT, as a board does, where the server's certificate is wrong, and says how", async () => {
		let connects = 0;
		const answer = async (pair: IssuedPair, issuers = "") => {
			const server = createServer({ cert: pair.certPem + issuers, key: pair.keyPem }, (socket) => {
				socket.on("error", () => {});
				socket.on("data", () => connects++);
			});
			server.on("tlsClientError", () => {});
			return listen(server);
		};
		const expired = await issueLeaf(ca, "localhost", "server", {
			notBefore: Date.now() - 9e7,
			notAfter: Date.now() - 8.6e7,
		});
		const root = await issueRoot("elsewhere");
		const foreign = await issueLeaf(root, "localhost", "server");
		const named = await issueLeaf(ca, "other", "server", { hosts: ["other.example"] });
		const middle = await issueLeaf(ca, "middle", "authority");
		const lone = await issueLeaf(middle, "localhost", "server");
		for (const [pair, words] of [
			[named, /✗ its certificate is not for localhost/],
			[foreign, /not trusted: its issuer is not known/],
			[lone, /not trusted: its issuer is not known, or not sent along/],
		] as const) {
			const { code, out } = await probe(await answer(pair), ...CA());
			assert.equal(code, 1);
			assert.match(out, words);
			assert.match(out, /a board ends here: CONNECT was not sent/);
		}
		assert.match((await probe(await answer(expired), ...CA())).out, /a certificate has expired|not trusted/);
		assert.match(
			(await probe(await answer(good))).out,
			/by the authorities that Node knows it is not trusted/,
		);
		assert.equal(connects, 0);
	});

	it("says when nothing that a board can do is offered", async () => {
		const { code, out } = await probe(await serve({ minVersion: "TLSv1.3" }), ...CA());
		assert.equal(code, 1);
		assert.match(out, /protocol version: it does not speak TLS 1.2/);
		const suites = await serve({ ciphers: "ECDHE-RSA-CHACHA20-POLY1305", maxVersion: "TLSv1.2" });
		assert.match((await probe(suites, ...CA())).out, /no common cipher suite/);
	});

	it("says when what answers is no broker, closes, or has no TLS", async () => {
		const http = await serve(MUTUAL, Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
		assert.match((await probe(http, ...CA())).out, /no MQTT 3.1.1 broker/);
		assert.match((await probe(await serve(MUTUAL), ...CA())).out, /no CONNACK .*closed the connection/);
		const plain = await listen(createTcp((socket) => socket.end("220 mail\r\n")));
		const { code, out } = await probe(plain, ...CA());
		assert.equal(code, 1);
		assert.match(out, /✗ the handshake failed/);
	});

	it("says that nobody is there", async () => {
		const closed = await listen(createTcp());
		await new Promise((done) => (servers.pop() as TcpServer).close(done));
		const { code, note } = await probe(closed);
		assert.equal(code, 2);
		assert.match(note, /cannot be reached \(ECONNREFUSED\)/);
	});

	for (const address of [
		"localhost:8883",
		"mqtt://x",
		"https://x",
		"mqtts://user:pass@x",
		"mqtts://",
		"nonsense",
	])
		it(`refuses the address ${address}`, async () => {
			const { code, note } = await bench.run("probe", address, "--device", "pump-7");
			assert.equal(code, 2);
			assert.match(note, /address/);
		});

	it("connects to the stand-in of Cumulocity with an identity of host-sim", async () => {
		const cloud = await EmbeddedCloud.start({ cloud: "cumulocity", identitiesFolder: bench.path("dev") });
		try {
			const { files } = await cloud.device("sim-9");
			await bench.done("import", files.cert, files.key, bench.path("dev/ca.pem"));
			const { code, out } = await bench.run(
				"probe",
				cloud.brokerUrl,
				"--device",
				"sim-9",
				"--ca",
				bench.path("dev/ca.pem"),
			);
			assert.equal(code, 0, out);
			assert.match(out, /CONNACK 0/);
		} finally {
			await cloud.close();
		}
	});

	it("connects to Mosquitto, which demands a certificate", async function () {
		if (!MOSQUITTO) {
			console.log("    Mosquitto is not installed: its test is skipped");
			this.skip();
		}
		const mosquitto = await openMosquitto();
		try {
			const { files } = await mosquitto.device("mq-1");
			await bench.done("import", files.chain, files.key);
			const address = `mqtts://localhost:${mosquitto.port}`;
			const taken = await bench.run(
				"probe",
				address,
				"--device",
				"mq-1",
				"--ca",
				mosquitto.ca,
				"--cloud",
				"plain",
			);
			assert.equal(taken.code, 0, taken.out);
			const refused = await bench.run("probe", address, "--device", "pump-7", "--ca", mosquitto.ca);
			assert.equal(refused.code, 1);
			assert.match(refused.out, /✗ .*unknown CA: it does not know who has signed our certificate/);
		} finally {
			await mosquitto.close();
		}
	});
});
