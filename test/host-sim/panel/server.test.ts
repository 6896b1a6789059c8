// The panel's server and feed: who is let in, and that lists and slow readers are bounded.

import assert from "node:assert/strict";
import { request } from "node:http";
import { mock } from "node:test";
import { Feed, LIMITS, type Reader } from "../../../host-sim/panel/feed.js";
import { ActionError, PanelServer } from "../../../host-sim/panel/server.js";

describe("panel: the server", () => {
	const acted: unknown[][] = [];
	const feed = new Feed({ device: "mote-1" });
	const server = new PanelServer(feed, {
		act: (action, value) => {
			if (action === "wrong") throw new ActionError("there is no such action");
			if (action === "broken") throw new Error("a secret path /root/x");
			acted.push([action, value]);
		},
		capture: () => Uint8Array.of(1, 2, 3),
	});
	let port: number;
	before(async () => {
		await server.start(0);
		port = Number(new URL(server.url).port);
	});
	after(() => server.close());

	interface Answer {
		status: number;
		body: string;
		headers: Record<string, unknown>;
	}
	function ask(
		method: string,
		path: string,
		headers: Record<string, string> = {},
		body?: string,
	): Promise<Answer> {
		return new Promise((resolve, reject) => {
			const asked = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (chunk) => {
					text += chunk;
				});
				response.on("end", () =>
					resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
				);
			});
			asked.on("error", reject);
			asked.end(body);
		});
	}
	const own = () => ({
		"x-mote-token": server.token,
		origin: `http://127.0.0.1:${port}`,
		"content-type": "application/json",
	});
	const COMMAND = JSON.stringify({ action: "cut", value: true });

	it("listens on loopback, with a long token behind the #", () => {
		assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{24}$/);
	});

	it("acts for its own page", async () => {
		assert.equal((await ask("POST", "/act", own(), COMMAND)).status, 204);
		assert.deepEqual(acted.pop(), ["cut", true]);
		const local = { ...own(), host: `localhost:${port}`, origin: `http://localhost:${port}` };
		assert.equal((await ask("POST", "/act", local, COMMAND)).status, 204);
		acted.pop();
	});

	for (const [what, headers] of [
		["without the token", { "x-mote-token": "" }],
		["with another token", { "x-mote-token": "x".repeat(24) }],
		["from a foreign origin", { origin: "http://evil.example" }],
		["from another port of this machine", { origin: "http://127.0.0.1:1" }],
		["from a page without an origin", { origin: "null" }],
		["under a foreign name (DNS rebinding)", { host: "evil.example" }],
		["as a form", { "content-type": "text/plain" }],
	] as Array<[string, Record<string, string>]>)
		it(`does nothing ${what}`, async () => {
			const { status } = await ask("POST", "/act", { ...own(), ...headers }, COMMAND);
			assert.ok(status === 403 || status === 415, String(status));
			assert.deepEqual(acted, []);
		});

	it("does nothing without an Origin at all", async () => {
		const { origin: _, ...rest } = own();
		assert.equal((await ask("POST", "/act", rest, COMMAND)).status, 403);
		assert.deepEqual(acted, []);
	});

	it("tells nobody anything without the token", async () => {
		for (const path of ["/feed", "/capture", "/act", "/elsewhere"])
			assert.equal((await ask("GET", path)).status, 403, path);
		const { body } = await ask("GET", "/");
		assert.ok(!body.includes(server.token));
		assert.equal((await ask("GET", "/", { host: "evil.example" })).status, 403);
	});

	it("gives reasons that were meant to be given, and no others", async () => {
		const wrong = await ask("POST", "/act", own(), JSON.stringify({ action: "wrong" }));
		assert.deepEqual([wrong.status, wrong.body], [400, "there is no such action"]);
		const broken = await ask("POST", "/act", own(), JSON.stringify({ action: "broken" }));
		assert.deepEqual([broken.status, broken.body], [500, "internal error"]);
		for (const body of ["{", "null", "[]", "5", '{"value":1}', '{"action":5}'])
			assert.equal((await ask("POST", "/act", own(), body)).status, 400, body);
		assert.equal((await ask("POST", "/act", own(), "x".repeat(20_000))).status, 413);
	});

	it("lets scripts come from here alone", async () => {
		const { headers, body } = await ask("GET", "/");
		const policy = String(headers["content-security-policy"]);
		assert.match(policy, /default-src 'none'; script-src 'self';/);
		assert.match(policy, /frame-ancestors 'none'/);
		assert.doesNotMatch(body, /<script(?![^>]*src=)/);
		assert.deepEqual((await ask("GET", "/capture", own())).status, 200);
	});
});

describe("panel: the feed", () => {
	const packet = (number: number) => ({
		number,
		at: 0,
		connection: 1,
		direction: "up" as const,
		type: "PINGREQ",
		bytes: 2,
		about: "",
		hex: "c000",
	});

	it("keeps bounded lists, and gives a new page all of it", () => {
		const feed = new Feed({ device: "x" });
		for (let i = 0; i < LIMITS.wire * 2; i++) feed.wire(packet(i));
		for (let i = 0; i < LIMITS.commands + 50; i++)
			feed.command({ id: String(i), at: i, text: "", status: "", reason: "" });
		const { wire, commands, about } = feed.snapshot();
		assert.ok(wire.length <= LIMITS.wire * 1.1);
		assert.equal(wire.at(-1)?.number, LIMITS.wire * 2 - 1);
		assert.equal(commands.length, LIMITS.commands);
		assert.deepEqual(about, { device: "x" });
		feed.close();
	});

	it("tells what is new in batches, and a command that changes under its id", async () => {
		const feed = new Feed({});
		const lines: Array<Record<string, unknown>> = [];
		const arrived = new Promise<void>((resolve) => {
			feed.join({
				write: (line) => {
					lines.push(JSON.parse(line) as Record<string, unknown>);
					if (lines.length === 2) resolve();
					return true;
				},
				end: () => {},
			});
		});
		for (let i = 0; i < 50; i++) feed.wire(packet(i));
		feed.command({ id: "1", at: 0, text: "led on", status: "PENDING", reason: "" });
		feed.command({ id: "1", at: 0, text: "led on", status: "SUCCESSFUL", reason: "" });
		feed.now({ a: 1 });
		feed.now({ a: 2, b: 3 });
		await arrived;
		assert.equal(lines[0]?.snapshot, true);
		assert.equal((lines[1]!.wire as unknown[]).length, 50);
		assert.deepEqual(lines[1]?.now, { a: 2, b: 3 });
		assert.equal((lines[1]!.commands as unknown[]).length, 2);
		assert.equal(feed.snapshot().commands.length, 1);
		feed.close();
	});

	it("lets a page go that does not read", async () => {
		const feed = new Feed({});
		let ended = false;
		const slow: Reader = {
			write: () => false,
			end: () => {
				ended = true;
			},
		};
		feed.join(slow);
		mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
		try {
			for (let i = 0; i < 200 && !ended; i++) {
				feed.now({ i });
				mock.timers.tick(105);
			}
		} finally {
			mock.timers.reset();
		}
		assert.ok(ended);
		assert.equal(feed.watched, false);
		feed.close();
	});
});
