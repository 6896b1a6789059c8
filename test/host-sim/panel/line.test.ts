// The line between board and broker: nothing is lost or turned around by cutting and slowing it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Line } from "../../../host-sim/engine/line.js";
import { grace } from "../../support/waiting.js";

describe("the line", () => {
	let server: Server;
	let port: number;
	let peers: Socket[];
	before(async () => {
		server = createServer((socket) => {
			peers.push(socket);
			socket.on("error", () => {});
			socket.pipe(socket);
		});
		await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
		port = (server.address() as AddressInfo).port;
	});
	beforeEach(() => {
		peers = [];
	});
	after(() => server.close());

	async function open(
		line: Line,
	): Promise<{ socket: Duplex; got: () => string; until: (text: string) => Promise<void> }> {
		const socket = line.open(() => createConnection({ host: "127.0.0.1", port }));
		let text = "";
		socket.on("data", (chunk: Buffer) => {
			text += chunk;
		});
		await once(socket, "connect");
		const until = async (want: string) => {
			while (!text.includes(want)) await once(socket, "data");
		};
		return { socket, got: () => text, until };
	}

	it("holds what is on its way while it is cut, and lets all of it go in order", async () => {
		const line = new Line();
		const { socket, got, until } = await open(line);
		socket.write("a");
		await until("a");
		line.cut = true;
		for (const letter of "bcdefgh") socket.write(letter);
		peers[0]?.write("down");
		await grace(50);
		assert.equal(got(), "a");
		line.cut = false;
		await until("h");
		assert.equal(got().replace("down", ""), "abcdefgh");
		assert.ok(got().includes("down"));
		socket.destroy();
	});

	it("delays each piece and keeps their order, also when the delay gets shorter", async () => {
		const line = new Line();
		const { socket, got, until } = await open(line);
		line.delayMs = 80;
		socket.write("1");
		line.delayMs = 0;
		socket.write("2");
		await until("2");
		assert.equal(got(), "12");
		socket.destroy();
	});

	it("finds no way for a new connection while it is cut", async () => {
		const line = new Line();
		line.cut = true;
		const socket = line.open(() => assert.fail("it was reached"));
		const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
		assert.equal(error.code, "ENETUNREACH");
	});

	it("ends when the other side does, but not before it is whole again", async () => {
		const line = new Line();
		const { socket } = await open(line);
		let closed = false;
		socket.on("close", () => {
			closed = true;
		});
		socket.on("end", () => socket.end());
		line.cut = true;
		peers[0]?.end();
		await grace(50);
		assert.equal(closed, false);
		line.cut = false;
		if (!closed) await once(socket, "close");
	});

	it("shows the bytes of both ways, above whatever lies below", async () => {
		const line = new Line();
		const seen: string[] = [];
		line.onBytes = (connection, direction, bytes) =>
			seen.push(`${connection} ${direction} ${Buffer.from(bytes)}`);
		const { socket, until } = await open(line);
		line.watch(socket);
		socket.write("hello");
		await until("hello");
		assert.deepEqual(seen, ["1 up hello", "1 down hello"]);
		socket.destroy();
	});
});
