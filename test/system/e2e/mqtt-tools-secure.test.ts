// `mqtt:sub` and `mqtt:pub` over TLS and WebSocket as somebody uses them, against aedes and against bytes.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { AedesOptions } from "aedes";
import { type IssuedPair, issueAuthority, issueLeaf } from "../../../certs/library/issue.js";
import { WsPeer } from "../../support/ws-peer.js";
import { refusing } from "../../support/ws-upgrade.js";
import { AedesBroker } from "./aedes-broker.js";
import { startProgram } from "./cli.js";

const sub = (args: readonly string[], env = {}) => startProgram("host-sim/mqtt-tools/sub.ts", args, env);
const pub = (args: readonly string[], env = {}) => startProgram("host-sim/mqtt-tools/pub.ts", args, env);
const CONNACK = Buffer.of(0x20, 2, 0, 0);
const DISCONNECT = Buffer.of(0xe0, 0);

let folder: string;
let authority: IssuedPair;
let server: IssuedPair;
const file = (name: string) => join(folder, name);
const identity = () => ["--ca", file("ca.pem"), "--cert", file("chain.pem"), "--key", file("key.pem")];

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "mote-tools-"));
	authority = await issueAuthority();
	server = await issueLeaf(authority, "localhost", "server");
	const device = await issueLeaf(authority, "mote-1", "client");
	writeFileSync(file("ca.pem"), authority.certPem);
	writeFileSync(file("chain.pem"), device.certPem + authority.certPem);
	writeFileSync(file("key.pem"), device.keyPem);
	writeFileSync(file("server-key.pem"), server.keyPem);
});
after(() => rmSync(folder, { recursive: true }));

const mutual = () => ({
	...{ key: server.keyPem, cert: server.certPem, ca: authority.certPem },
	...{ requestCert: true, rejectUnauthorized: true },
});
/** As a cloud does it. */
const user = (secret: string): AedesOptions => ({
	authenticate: (_client, username, password, done) => {
		if (username === "t1/me" && String(password) === secret) return done(null, true);
		done(Object.assign(new Error("no"), { returnCode: 4 }) as Parameters<typeof done>[0], false);
	},
});

describe("mqtt tools: over TLS and WebSocket, against aedes", () => {
	for (const [scheme, tls, web] of [
		["mqtts", true, false],
		["ws", false, true],
		["wss", true, true],
	] as const)
		describe(scheme, () => {
			let broker: AedesBroker;
			let options: string[];
			const ids: string[] = [];
			beforeEach(async () => {
				broker = await AedesBroker.open({ web, ...(tls ? { tls: mutual() } : {}) });
				broker.aedes.on("client", ({ id }) => ids.push(id));
				options = ["--broker", `${scheme}://localhost:${broker.port}`, ...(tls ? identity() : [])];
			});
			afterEach(() => broker.close());

			it("what mqtt:pub sends mqtt:sub prints, up to 1 MB", async () => {
				const reader = sub([...options, "--qos", "2"]);
				await reader.until(/EV subscribed at QoS 2\n/);
				const flags = [...options, "--topic", "t", "--qos", "2", "--device", "mote-1"];
				for (const payload of ["small", "0123456789abcdef".repeat(65_536)]) {
					const writer = startProgram("host-sim/mqtt-tools/pub.ts", flags, {}, `${payload}\n`);
					const { code, out, err } = await writer.ended;
					assert.equal(code, 0, err);
					assert.match(out, new RegExp(`^PUB t\\|2\\|${payload.length}$`, "m"));
				}
				assert.ok(ids.includes("d:mote-1"));
				await reader.until(/APP t\|2\|1048576\|[0-9a-f]{1048576}\n/);
				reader.stop();
				const read = await reader.ended;
				assert.equal(read.code, 0, read.err);
				assert.match(read.out, /^APP t\|2\|5\|small$/m);
			});

			it("a session that persists goes on behind a cut", async () => {
				const reader = sub([...options, "--qos", "1", "--client-id", "keeper", "--persistent"]);
				await reader.until(/subscribed/);
				broker.cut();
				await reader.until(/EV closed connection-lost: [^\n]*\nEV reconnecting in \d+ ms\n/);
				const packet = { cmd: "publish" as const, topic: "t", payload: "2", qos: 1 as const };
				broker.aedes.publish({ ...packet, retain: false, dup: false }, () => {});
				await reader.until(/EV connected, session present\n[\s\S]*APP t\|1\|1\|2\n/);
				reader.stop();
				assert.equal((await reader.ended).code, 0);
			});
		});

	it("the certificate that the broker sees is that of --cert", async () => {
		const seen: string[] = [];
		const broker = await AedesBroker.open({
			tls: mutual(),
			aedes: {
				preConnect: ({ conn }, _packet, done) => {
					seen.push(String((conn as unknown as TLSSocket).getPeerX509Certificate()?.subject));
					done(null, true);
				},
			},
		});
		const flags = ["--broker", `mqtts://localhost:${broker.port}`, ...identity()];
		const { code, err } = await pub([...flags, "--topic", "t", "--message", "m"]).ended;
		await broker.close();
		assert.equal(code, 0, err);
		assert.deepEqual(seen, ["CN=mote-1"]);
	});

	it("user name and password arrive; a wrong password is told, and not repeated", async () => {
		const broker = await AedesBroker.open({ web: true, aedes: user("Ziegenkaese") });
		const flags = ["--broker", `ws://127.0.0.1:${broker.port}/mqtt`, "--username", "t1/me"];
		const send = (password: string) =>
			pub([...flags, "--topic", "t", "--message", "m"], { MOTE_PASSWORD: password }).ended;
		const right = await send("Ziegenkaese");
		const wrong = await send("Schafskaese");
		await broker.close();
		assert.equal(right.code, 0, right.err);
		assert.equal(wrong.code, 1);
		assert.match(
			wrong.err,
			/refuses user name or password \(CONNACK 4\); check --username and MOTE_PASSWORD/,
		);
		assert.doesNotMatch(wrong.out + wrong.err + right.out, /kaese/);
	});
});

describe("mqtt tools: over WebSocket, to the byte", () => {
	let peer: WsPeer;
	afterEach(() => peer.close());

	it("the request and the frames have no fault; DISCONNECT and a close frame end them", async () => {
		peer = await WsPeer.open({
			message({ payload }, talk) {
				if (payload[0] === 0x10) talk.send(CONNACK);
			},
		});
		const path = "/some/path?token=x";
		const flags = ["--broker", `ws://localhost:${peer.port}${path}`, "--topic", "t", "--qos", "0"];
		const { code, err } = await pub([...flags, "--message", "m%n", "--count", "3"]).ended;
		assert.equal(code, 0, err);
		const talk = await peer.until(({ ended }) => ended);
		assert.deepEqual(talk.faults, []);
		assert.equal(talk.request?.target, path);
		assert.equal(talk.request?.headers.get("host"), `localhost:${peer.port}`);
		assert.equal(talk.request?.headers.has("sec-websocket-extensions"), false);
		assert.deepEqual(talk.stream.subarray(-2), DISCONNECT);
		assert.match(talk.stream.toString("latin1"), /m1[\s\S]*m2[\s\S]*m3/);
		assert.equal(talk.closeCode, 1000);
	});

	it("a packet in fragments, with a ping between them, is one packet; one frame may hold several", async () => {
		const publish = Buffer.from("\x30\x04\x00\x01ab");
		peer = await WsPeer.open({
			message({ payload }, talk) {
				if (payload[0] === 0x10) {
					talk.send(CONNACK.subarray(0, 1), { fin: false });
					talk.ping("still there");
					talk.send(CONNACK.subarray(1), { opcode: 0, form: 64 });
				} else if (payload[0] === 0x82)
					talk.send(
						Buffer.concat([Buffer.from([0x90, 3]), payload.subarray(2, 4), Buffer.of(1), publish, publish]),
					);
			},
		});
		const reader = sub(["--broker", `ws://127.0.0.1:${peer.port}`]);
		await reader.until(/subscribed at QoS 1\nAPP a\|0\|1\|b\nAPP a\|0\|1\|b\n/);
		const talk = await peer.until(({ frames }) => frames.some(({ opcode }) => opcode === 10));
		reader.stop();
		assert.equal((await reader.ended).code, 0);
		assert.deepEqual(talk.faults, []);
		assert.equal(String(talk.frames.find(({ opcode }) => opcode === 10)?.payload), "still there");
	});

	it("a proxy whose broker is away is asked again", async () => {
		peer = await WsPeer.open((connection) => ({
			...(connection === 0 ? { answer: () => refusing("503 Service Unavailable") } : {}),
			message: ({ payload }, talk) => {
				if (payload[0] === 0x10) talk.send(CONNACK);
			},
		}));
		const reader = sub(["--broker", `ws://127.0.0.1:${peer.port}`]);
		await reader.until(/EV closed connect-failed: [^\n]*HTTP 503 [^\n]*\nEV reconnecting[\s\S]*EV connected/);
		reader.stop();
		assert.equal((await reader.ended).code, 0);
	});
});
