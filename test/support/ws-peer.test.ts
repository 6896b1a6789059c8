// The WebSocket test peer, held against the package ws in both directions: what one writes, the other reads,
// and what one refuses, the other finds a fault in.

import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { eventually } from "./waiting.js";
import { replyTo } from "./ws-conversation.js";
import { closePayload, encodeFragments, encodeFrame, FrameReader, type LengthForm, Op } from "./ws-frames.js";
import { WsPeer } from "./ws-peer.js";
import { ClientRules } from "./ws-rules.js";
import { accepting, acceptOf, type parseUpgrade, refusing } from "./ws-upgrade.js";

const MASK = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
/** Key and answer of RFC 6455, 1.3. */
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const HEADERS: Readonly<Record<string, string>> = {
	Host: "broker.example",
	Upgrade: "websocket",
	Connection: "Upgrade",
	"Sec-WebSocket-Key": KEY,
	"Sec-WebSocket-Version": "13",
	"Sec-WebSocket-Protocol": "mqtt",
};
const request = (headers: Readonly<Record<string, string>> = {}, first = "GET /mqtt HTTP/1.1") =>
	Buffer.from(
		[
			first,
			...Object.entries({ ...HEADERS, ...headers }).map(([name, value]) => `${name}: ${value}`),
			"",
			"",
		].join("\r\n"),
	);
const some = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7) & 255));
const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];

describe("WebSocket test peer: frames", () => {
	it("are those of RFC 6455, 5.7", () => {
		const hex = (bytes: Buffer) => bytes.toString("hex");
		const text = { opcode: Op.text };
		assert.equal(hex(encodeFrame("Hello", text)), "810548656c6c6f");
		assert.equal(hex(encodeFrame("Hello", { ...text, mask: MASK })), "818537fa213d7f9f4d5158");
		assert.deepEqual(encodeFragments("Hello", [3], text).map(hex), ["010348656c", "80026c6f"]);
		assert.equal(hex(encodeFrame("Hello", { opcode: Op.ping })), "890548656c6c6f");
		assert.equal(hex(encodeFrame(some(256)).subarray(0, 4)), "827e0100");
		assert.equal(hex(encodeFrame(some(65_536)).subarray(0, 10)), "827f0000000000010000");
	});

	for (const form of [7, 16, 64] as const)
		it(`with a length of ${form} bits come back as they were, byte by byte`, () => {
			for (const mask of [undefined, MASK]) {
				const given = { fin: false, rsv: 5, opcode: 11, mask, form, payload: some(form === 7 ? 125 : 126) };
				const reader = new FrameReader();
				const bytes = encodeFrame(given.payload, given);
				const read = [...bytes].flatMap((byte) => reader.push(Uint8Array.of(byte)));
				assert.deepEqual(read, [given]);
				assert.equal(reader.pending, 0);
			}
		});

	it("that claim more than the reader takes are refused at their head", () => {
		const reader = new FrameReader(1000);
		assert.throws(() => reader.push(encodeFrame("", { claimed: 1001 })), RangeError);
		assert.throws(
			() => new FrameReader().push(encodeFrame("", { claimed: (1n << 64n) - 1n, form: 64 })),
			/18446744073709551615/,
		);
	});

	it("that do not fit into their fields are not written", () => {
		for (const options of [{ opcode: 16 }, { rsv: 8 }, { mask: some(3) }, { form: 7 as const, claimed: 126 }])
			assert.throws(() => encodeFrame("", options), RangeError, JSON.stringify(options));
	});
});

describe("WebSocket test peer: a client's frames, as ws judges them", () => {
	const masked = (payload: Uint8Array | string, options = {}) =>
		encodeFrame(payload, { mask: MASK, ...options });
	const close = (payload: Uint8Array) => masked(payload, { opcode: Op.close });
	let server: WebSocketServer;
	before(async () => {
		server = new WebSocketServer({ port: 0, host: "127.0.0.1", maxPayload: 100_000 });
		await new Promise((resolve) => server.once("listening", resolve));
	});
	after(() => {
		for (const client of server.clients) client.terminate();
		server.close();
	});

	/** What ws makes of the bytes of one client: its messages, and the code with which it closes. */
	async function heard(bytes: readonly Uint8Array[]): Promise<{ messages: Buffer[]; code: number }> {
		const messages: Buffer[] = [];
		const accepted = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
		const socket: Socket = connect((server.address() as { port: number }).port, "127.0.0.1");
		socket.on("error", () => {});
		socket.write(request());
		const talk = await accepted;
		talk.on("message", (data) => messages.push(data as Buffer));
		// The fault that ws finds; its close code is sent then.
		let fault = 0;
		talk.on("error", (error) => {
			fault = (error as { code?: string }).code?.startsWith("WS_ERR") ? 1002 : 0;
		});
		const ended = new Promise<number>((resolve) => talk.once("close", (code) => resolve(fault || code)));
		for (const piece of bytes) socket.write(piece);
		socket.end();
		return { messages, code: await ended };
	}

	const good: ReadonlyArray<readonly [string, readonly Buffer[]]> = [
		...SIZES.map((size) => [`${size} bytes`, [masked(some(size))]] as const),
		["fragments", encodeFragments(some(300), [0, 1, 200], { mask: MASK })],
		[
			"a ping between fragments",
			encodeFragments("ab", [1], { mask: MASK }).flatMap((frame, i) =>
				i === 0 ? [frame, masked("p", { opcode: Op.ping })] : [frame],
			),
		],
		["a pong that nobody asked for", [masked("p", { opcode: Op.pong }), masked("x")]],
		["a close frame without code", [close(closePayload())]],
		["a close frame with code and reason", [close(closePayload(1000, "grün"))]],
		["a close frame with a code of one's own", [close(closePayload(4999))]],
	];
	for (const [name, bytes] of good)
		it(`${name}: both take it, and read the same`, async () => {
			const rules = new ClientRules();
			for (const frame of new FrameReader().push(Buffer.concat(bytes))) rules.take(frame);
			const theirs = await heard(bytes);
			assert.deepEqual(rules.faults, []);
			assert.deepEqual(
				theirs.messages,
				rules.messages.map(({ payload }) => payload),
			);
			assert.equal(theirs.code, rules.closeCode ?? 1006);
		});

	const bad: ReadonlyArray<readonly [RegExp, readonly Buffer[]]> = [
		[/without mask/, [encodeFrame("x")]],
		[/reserved bit/, [masked("x", { rsv: 4 })]],
		[/reserved bit/, [masked("x", { rsv: 1 })]],
		[/reserved opcode 3/, [masked("x", { opcode: 3 })]],
		[/reserved opcode 15/, [masked("x", { opcode: 15 })]],
		[/control frame in fragments/, [masked("x", { opcode: Op.ping, fin: false })]],
		[/control frame of more than 125/, [masked(some(126), { opcode: Op.ping })]],
		[/continuation of nothing/, [masked("x", { opcode: Op.continuation })]],
		[/message inside a message/, [masked("x", { fin: false }), masked("y")]],
		[/half a close code/, [close(some(1))]],
		[/close code 1005/, [close(closePayload(1005))]],
		[/close code 999/, [close(closePayload(999))]],
		[/close code 2999/, [close(closePayload(2999))]],
		[/close code 5000/, [close(closePayload(5000))]],
		[/reason that is not UTF-8/, [close(closePayload(1000, Uint8Array.of(0xff)))]],
	];
	for (const [fault, bytes] of bad)
		it(`${fault.source}: both refuse it`, async () => {
			const rules = new ClientRules();
			for (const frame of new FrameReader().push(Buffer.concat(bytes))) rules.take(frame);
			assert.match(rules.faults.join("; "), fault);
			assert.equal((await heard(bytes)).code, 1002);
		});

	it("what only the RFC or MQTT forbids has a word too", () => {
		for (const [fault, bytes] of [
			[/not the shortest/, [masked("x", { form: 16 })]],
			[/not the shortest/, [masked(some(126), { form: 64 })]],
			[/text frame/, [masked("x", { opcode: Op.text })]],
			[/behind the close frame/, [close(closePayload(1000)), masked("x")]],
		] as const) {
			const rules = new ClientRules();
			for (const frame of new FrameReader().push(Buffer.concat(bytes))) rules.take(frame);
			assert.match(rules.faults.join("; "), fault);
			assert.equal(rules.faults.length, 1);
		}
	});
});

describe("WebSocket test peer: as a server of ws's client", () => {
	let peer: WsPeer;
	afterEach(() => peer.close());
	const open = (options = {}) => {
		const client = new WebSocket(`ws://127.0.0.1:${peer.port}/mqtt`, "mqtt", {
			perMessageDeflate: false,
			...options,
		});
		const messages: Buffer[] = [];
		client.on("message", (data) => messages.push(data as Buffer));
		const failed = new Promise<Error>((resolve) => client.once("error", resolve));
		const closed = new Promise<number>((resolve) => client.once("close", resolve));
		return { client, messages, failed, closed };
	};

	it("it reads what ws writes, at every length, and finds no fault", async () => {
		peer = await WsPeer.open();
		const { client, closed } = open();
		client.once("open", () => {
			for (const size of SIZES) client.send(some(size));
			client.send("ab", { binary: true, fin: false });
			client.ping("p");
			client.send("c", { binary: true });
			client.close(1000, "done");
		});
		const talk = await peer.until(({ closeCode }) => closeCode !== undefined);
		assert.equal(await closed, 1000);
		assert.deepEqual(talk.faults, []);
		assert.equal(talk.request?.target, "/mqtt");
		assert.equal(talk.request?.headers.get("sec-websocket-protocol"), "mqtt");
		const forms = talk.frames.slice(0, SIZES.length).map(({ form }): LengthForm => form);
		assert.deepEqual(forms, [7, 7, 7, 16, 16, 16, 64, 64]);
		assert.deepEqual(talk.stream, Buffer.concat([...SIZES.map(some), Buffer.from("abc")]));
		assert.equal(talk.messages.at(-1)?.frames, 2);
		assert.ok(talk.masks > SIZES.length);
	});

	it("ws reads what it writes: every form of the length, fragments, and a ping between them", async () => {
		peer = await WsPeer.open();
		const { client, messages, closed } = open();
		await new Promise((resolve) => client.once("open", resolve));
		const talk = await peer.until(({ upgraded }) => upgraded);
		for (const size of SIZES) talk.send(some(size));
		for (const form of [7, 16, 64] as const) talk.send("f", { form });
		for (const frame of encodeFragments(some(200), [0, 130])) {
			talk.raw(frame);
			talk.ping("between");
		}
		await eventually(() => messages.length === SIZES.length + 4);
		assert.deepEqual(messages, [
			...SIZES.map(some),
			...["f", "f", "f"].map((f) => Buffer.from(f)),
			some(200),
		]);
		await peer.until(({ frames }) => frames.filter(({ opcode }) => opcode === Op.pong).length === 3);
		talk.close(1001, "going");
		assert.equal(await closed, 1001);
		assert.equal(talk.closeCode, 1001);
		assert.deepEqual(talk.faults, []);
	});

	it("a frame behind the answer in one piece arrives", async () => {
		peer = await WsPeer.open({
			answer: (asked) => Buffer.concat([accepting(asked), encodeFrame("early")]),
		});
		const { messages, client } = open();
		await eventually(() => messages.length === 1);
		client.terminate();
		assert.equal(String(messages[0]), "early");
	});

	for (const [name, answer, says] of [
		["401", () => refusing("401 Unauthorized"), /401/],
		["a redirection", () => refusing("302 Found", { headers: { Location: "/x" } }), /302/],
		[
			"no sub-protocol",
			(r) => accepting(r, { headers: { "Sec-WebSocket-Protocol": undefined } }),
			/no subprotocol/i,
		],
		[
			"another sub-protocol",
			(r) => accepting(r, { headers: { "Sec-WebSocket-Protocol": "amqp" } }),
			/invalid subprotocol/i,
		],
		[
			"a wrong accept",
			(r) => accepting(r, { headers: { "Sec-WebSocket-Accept": ACCEPT } }),
			/Sec-WebSocket-Accept/,
		],
		["another upgrade", (r) => accepting(r, { headers: { Upgrade: "h2c" } }), /Upgrade header/],
		["no HTTP", () => Buffer.from("SSH-2.0-x\r\n"), /Parse Error/],
	] as ReadonlyArray<[string, (asked: ReturnType<typeof parseUpgrade>) => Buffer, RegExp]>)
		it(`it can answer with ${name}, and ws tells so`, async () => {
			peer = await WsPeer.open({ answer });
			assert.match((await open().failed).message, says);
		});

	it("it can be silent, answer later, and cut", async () => {
		peer = await WsPeer.open((connection) => (connection === 0 ? { answer: () => undefined } : {}));
		const { client, closed } = open();
		const talk = await peer.until(({ request: asked }) => asked !== undefined);
		const opened = new Promise((resolve) => client.once("open", resolve));
		talk.upgrade(accepting(talk.request as ReturnType<typeof parseUpgrade>));
		await opened;
		talk.reset();
		assert.equal(await closed, 1006);
		await peer.until(({ ended }) => ended);
		const second = open();
		await new Promise((resolve) => second.client.once("open", resolve));
		await peer.until(({ upgraded }) => upgraded, 1);
		second.client.terminate();
	});
});

describe("WebSocket test peer: requests", () => {
	it("a right one has no fault, and its answer is that of the RFC", () => {
		const { talk, said } = replyTo([request()]);
		assert.deepEqual(talk.faults, []);
		assert.equal(acceptOf(KEY), ACCEPT);
		assert.match(said.toString(), /^HTTP\/1\.1 101 Switching Protocols\r\n(?:[^\r\n]+\r\n)+\r\n$/);
		assert.ok(said.includes(`Sec-WebSocket-Accept: ${ACCEPT}\r\n`));
	});

	for (const [fault, bytes] of [
		["the method is not GET", request({}, "POST /mqtt HTTP/1.1")],
		["the target is no path", request({}, "GET mqtt HTTP/1.1")],
		["the version is not HTTP/1.1", request({}, "GET /mqtt HTTP/1.0")],
		["a request line of more than three parts", request({}, "GET /a b HTTP/1.1")],
		["no host", request({ Host: "" })],
		["no upgrade to websocket", request({ Upgrade: "h2c" })],
		["no connection: upgrade", request({ Connection: "keep-alive" })],
		["no key of 16 bytes", request({ "Sec-WebSocket-Key": "AAAA" })],
		["no key of 16 bytes", request({ "Sec-WebSocket-Key": KEY.slice(0, 22) })],
		["the version of the protocol is not 13", request({ "Sec-WebSocket-Version": "8" })],
		["no sub-protocol mqtt [MQTT-6.0.0-3]", request({ "Sec-WebSocket-Protocol": "mqttv3.1" })],
		["host twice", request({ host: "other" })],
		["a header that is none: Bad name: x", request({ "Bad name": "x" })],
		[
			"a line that does not end with CR LF",
			Buffer.from(String(request()).replace("\r\nUpgrade", "\nUpgrade")),
		],
		["something else than printable ASCII", request({ "X-Y": "ü" })],
		["bytes before the answer", Buffer.concat([request(), encodeFrame("x", { mask: MASK })])],
	] as const)
		it(`${fault}: told`, () => assert.ok(replyTo([bytes]).talk.faults.includes(fault)));

	it("one byte by byte is one request; one without end is cut off", () => {
		assert.equal(replyTo([...request()].map((byte) => Uint8Array.of(byte))).talk.upgraded, true);
		const endless = replyTo([Buffer.alloc(9000, "x")]);
		assert.equal(endless.ended, "reset");
		assert.match(endless.talk.faults.join(), /more than 8192 bytes/);
	});

	it("behind another answer than 101 no frame is read", () => {
		const { talk } = replyTo([request(), encodeFrame("x", { mask: MASK })], {
			answer: () => refusing("404 Not Found", { body: "no" }),
		});
		assert.equal(talk.frames.length, 0);
		assert.deepEqual(talk.faults, ["bytes that the answer does not allow"]);
	});

	it("a frame that is too long ends the conversation with a word", () => {
		const { talk, ended } = replyTo([request(), encodeFrame(some(11), { mask: MASK })], { most: 10 });
		assert.equal(ended, "reset");
		assert.deepEqual(talk.faults, ["a frame of 11 bytes, at most 10"]);
	});

	it("a script hears frames and messages, and answers them", () => {
		const { said } = replyTo([request(), ...encodeFragments("ab", [1], { mask: MASK })], {
			answer: () => refusing("101 Switching Protocols"),
			message: ({ payload }, talk) => talk.send(payload),
		});
		assert.ok(said.toString("latin1").endsWith("\x82\x02ab"));
	});
});
