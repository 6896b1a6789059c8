// `mqtt:sub` and `mqtt:pub` as somebody uses them, against aedes.

import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { escaped } from "../../../host-sim/mqtt-tools/text.js";
import { CuttingProxy } from "../peers/cutting-proxy.js";
import { startProgram } from "./cli.js";

const sub = (...args: string[]) => startProgram("host-sim/mqtt-tools/sub.ts", args);
const pub = (...args: string[]) => startProgram("host-sim/mqtt-tools/pub.ts", args);
const appLines = (out: string): string[] => out.split("\n").filter((line) => line.startsWith("APP "));

/** A broker whose connections can be closed, and the port. */
class Broker {
	readonly sockets = new Set<Socket>();
	readonly aedes: Aedes;
	readonly server: Server;
	readonly port: string;

	private constructor(aedes: Aedes, server: Server, port: string) {
		this.aedes = aedes;
		this.server = server;
		this.port = port;
	}

	static async open(): Promise<Broker> {
		const aedes = await Aedes.createBroker();
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const broker = new Broker(aedes, server, String((server.address() as { port: number }).port));
		server.on("connection", (socket) => {
			broker.sockets.add(socket);
			socket.on("close", () => broker.sockets.delete(socket));
			aedes.handle(socket);
		});
		return broker;
	}

	publish(topic: string, payload: string | Buffer, qos: 0 | 1 | 2 = 0): Promise<void> {
		const packet = { cmd: "publish" as const, topic, payload, qos, retain: false, dup: false };
		return new Promise((resolve, reject) =>
			this.aedes.publish(packet, (error) => (error ? reject(error) : resolve())),
		);
	}

	/** The next PUBACK or PUBCOMP. */
	acknowledged(): Promise<void> {
		return new Promise((resolve) => this.aedes.once("ack", () => resolve()));
	}

	cut(): void {
		for (const socket of this.sockets) socket.destroy();
	}

	close(): Promise<void> {
		this.cut();
		return new Promise((resolve) => this.aedes.close(() => this.server.close(() => resolve())));
	}
}

describe("mqtt tools: bytes as a line", () => {
	for (const [bytes, payload, topic = payload] of [
		["", ""],
		["plain", "plain"],
		["a\\b\r\n", "a\\x5cb\\x0d\\x0a"],
		["a|b", "a|b", "a\\x7cb"],
		["grün €😀", "grün €😀"],
		["\0\t", "\\x00\t"],
		["\x1b[2J\x7f", "\\x1b[2J\\x7f"],
		["\u009b\u00a0", "\\xc2\\x9b\u00a0"],
		["\u2027\u2028\u202e\u202f", "\u2027\\xe2\\x80\\xa8\\xe2\\x80\\xae\u202f"],
		["\u2065\u2066\u2069\u206a", "\u2065\\xe2\\x81\\xa6\\xe2\\x81\\xa9\u206a"],
		[[0xff, 0x61, 0xc3], "\\xffa\\xc3"],
		[[0xc0, 0x80], "\\xc0\\x80"],
		[[0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
		[[0xe0, 0x80, 0x80], "\\xe0\\x80\\x80"],
		[[0xf0, 0x80, 0x80, 0x80], "\\xf0\\x80\\x80\\x80"],
		[[0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"],
		[[0xe2, 0x82], "\\xe2\\x82"],
		[[0xf0, 0x9f, 0x98, 0x41], "\\xf0\\x9f\\x98A"],
	] as ReadonlyArray<[string | number[], string, string?]>)
		it(JSON.stringify(payload), () => {
			const given = Buffer.from(bytes as string);
			assert.equal(escaped(given), payload);
			assert.equal(escaped(given, true), topic);
		});
});

describe("mqtt tools: with a mistake", () => {
	for (const [start, args, says] of [
		[sub, [], /--port is missing/],
		[sub, ["--port", "0"], /--port: "0" is not a whole number from 1 to 65535/],
		[sub, ["--port", "1", "--qos", "3"], /--qos: "3"/],
		[sub, ["--port", "1", "--persistent"], /--persistent needs a --client-id/],
		[sub, ["--port", "1", "--filter", "a/#/b"], /#/],
		[sub, ["--port", "1", "--colour", "red"], /--colour/],
		[pub, ["--port", "1"], /--topic is missing/],
		[pub, ["--port", "1", "--topic", "a/+"], /wildcard/],
		[pub, ["--port", "1", "--topic", "a", "--count", "2"], /--count needs --message/],
	] as ReadonlyArray<[typeof sub, string[], RegExp]>)
		it(`${start === sub ? "sub" : "pub"} ${args.join(" ")}: code 2 and one sentence`, async () => {
			const { code, out, err } = await start(...args).ended;
			assert.equal(code, 2, out + err);
			assert.match(err, says);
			assert.equal(err.trimEnd().split("\n").length, 1, err);
		});

	it("--help reads on standard output", async () => {
		for (const start of [sub, pub]) {
			const { code, out } = await start("--help").ended;
			assert.equal(code, 0);
			assert.match(out, /^npm run --silent mqtt:/);
		}
	});
});

describe("mqtt tools: against aedes", () => {
	let broker: Broker;
	beforeEach(async () => {
		broker = await Broker.open();
	});
	afterEach(() => broker.close());

	for (const qos of ["0", "1", "2"] as const)
		it(`what mqtt:pub sends at QoS ${qos} mqtt:sub prints`, async () => {
			const reader = sub("--port", broker.port, "--qos", "2");
			await reader.until(/EV subscribed at QoS 2\n/);
			const writer = await startProgram(
				"host-sim/mqtt-tools/pub.ts",
				["--port", broker.port, "--topic", "a|b/ü", "--qos", qos],
				{},
				"one\n\nthree\\\n",
			).ended;
			assert.equal(writer.code, 0, writer.err);
			assert.deepEqual(
				writer.out.split("\n").filter((line) => line.startsWith("PUB ")),
				[3, 0, 6].map((bytes) => `PUB a\\x7cb/ü|${qos}|${bytes}`),
			);
			await reader.until(/three/);
			reader.stop();
			const { code, out } = await reader.ended;
			assert.equal(code, 0);
			assert.deepEqual(appLines(out), [
				`APP a\\x7cb/ü|${qos}|3|one`,
				`APP a\\x7cb/ü|${qos}|0|`,
				`APP a\\x7cb/ü|${qos}|6|three\\x5c`,
			]);
			assert.match(out, /^EV connected, session new$/m);
			assert.match(out, /EV closed requested: closed on request\n$/);
		});

	it("--count and %n number the messages; --retain keeps the last", async () => {
		const flags = ["--port", broker.port, "--topic", "t"];
		await pub(...flags, "--message", "n%n", "--count", "3", "--retain").ended;
		const reader = sub("--port", broker.port, "--filter", "t");
		await reader.until(/APP t\|1\|2\|n3\n/);
		reader.stop();
		await reader.ended;
	});

	it("a payload of 1 MB is delivered whole, one byte more is skipped with a word", async () => {
		const reader = sub("--port", broker.port, "--qos", "1");
		await reader.until(/subscribed/);
		const payload = "0123456789abcdef".repeat(65_536);
		await broker.publish("large", payload, 1);
		await broker.publish("larger", `${payload}!`, 1);
		await broker.publish("after", "x", 1);
		await reader.until(/APP after/);
		reader.stop();
		const { out } = await reader.ended;
		assert.deepEqual(appLines(out), [`APP large|1|1048576|${payload}`, "APP after|1|1|x"]);
		assert.match(out, /EV skipped a message of 1048577 bytes/);
	});

	it("a session that persists goes on behind a cut, and behind the end of the program", async () => {
		const flags = ["--port", broker.port, "--qos", "1", "--client-id", "keeper", "--persistent"];
		const first = sub(...flags);
		await first.until(/subscribed/);
		const once = broker.acknowledged();
		await broker.publish("t", "1", 1);
		await once;
		await first.until(/APP t\|1\|1\|1\n/);
		broker.cut();
		await first.until(/EV closed connection-lost: [^\n]*\nEV reconnecting in \d+ ms\n/);
		const twice = broker.acknowledged();
		await broker.publish("t", "2", 1);
		await first.until(/EV connected, session present\n[\s\S]*APP t\|1\|1\|2\n/);
		await twice;
		first.stop();
		await first.ended;
		await broker.publish("t", "3", 1);
		const later = sub(...flags);
		await later.until(/EV connected, session present\n[\s\S]*APP t\|1\|1\|3\n/);
		later.stop();
		assert.deepEqual(appLines((await later.ended).out), ["APP t|1|1|3"]);
	});

	it("mqtt:pub takes lines of standard input as bytes: any but LF, and CR in front of it", async () => {
		const heard: string[] = [];
		broker.aedes.subscribe(
			"bytes",
			(packet, done) => {
				heard.push(Buffer.from(packet.payload).toString("hex"));
				done();
			},
			() => {},
		);
		const lines = ["a500ff10fe41", "0d0d61", "c28541e280a8", "", "80"].map((hex) => Buffer.from(hex, "hex"));
		const feed = Buffer.concat(
			lines.flatMap((line, i) => [line, Buffer.from(i === 1 ? "\r\n" : i < 4 ? "\n" : "")]),
		);
		const flags = ["--port", broker.port, "--qos", "1", "--topic", "bytes"];
		const { code, err } = await startProgram("host-sim/mqtt-tools/pub.ts", flags, {}, feed).ended;
		assert.equal(code, 0, err);
		assert.deepEqual(
			heard,
			lines.map((line) => line.toString("hex")),
		);
	});

	it("mqtt:sub shows what a terminal would act on", async () => {
		const reader = sub("--port", broker.port);
		await reader.until(/subscribed/);
		await broker.publish("t", Buffer.from("\x1b]0;x\x07\t\u0085\u202e\u2066ä€\x7f"));
		await reader.until(/APP t\|0\|\d+\|\\x1b\]0;x\\x07\t\\xc2\\x85\\xe2\\x80\\xae\\xe2\\x81\\xa6ä€\\x7f\n/);
		reader.stop();
		await reader.ended;
	});

	it("mqtt:pub delivers all over connections that are cut", async () => {
		let bytes = 200;
		const proxy = await CuttingProxy.open(Number(broker.port), {
			cutAfter: () => {
				bytes *= 3;
				return bytes;
			},
		});
		const reader = sub("--port", broker.port, "--qos", "2");
		await reader.until(/subscribed/);
		const flags = ["--port", String(proxy.port), "--client-id", "writer", "--persistent", "--qos", "1"];
		const writer = await pub(...flags, "--topic", "t", "--message", "m%n", "--count", "200").ended;
		proxy.close();
		assert.equal(writer.code, 0, writer.err);
		assert.ok(proxy.cuts >= 2);
		await reader.until(/APP t\|1\|4\|m200\n/);
		reader.stop();
		const heard = new Set(appLines((await reader.ended).out));
		assert.equal(heard.size, 200);
	});

	it("keeps trying where nothing listens", async () => {
		const reader = sub("--port", "1");
		await reader.until(/EV closed connect-failed[^\n]*\nEV reconnecting in \d+ ms\n[\s\S]*EV reconnecting/);
		reader.stop();
		assert.equal((await reader.ended).code, 0);
	});
});
