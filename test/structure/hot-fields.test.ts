// Fields that each message touches stand first in their class: what stands behind them costs them nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fieldsOf } from "./hot-fields.js";

/** Class → its file, and the methods that each message comes by; with a dot, fields that others touch then. */
const HOT: Readonly<Record<string, readonly [file: string, ...methods: string[]]>> = {
	Session: [
		"mqtt/session",
		...["pump", "pumpOut", "flush", "fill", "begin", "write"],
		...["received", "acknowledgement", "publish"],
	],
	Parser: ["mqtt/parser", "feed", "next", "packet", "tell", "body", "publish"],
	Inbound: ["mqtt/inbound", "take", "acknowledge", "answer"],
	InFlight: ["mqtt/in-flight", "open", "acknowledge"],
	Output: ["mqtt/output", "drain", "reply", ".size"],
	Outbox: ["outbox/outbox", "next", "choose", "start", "acknowledged", "settle"],
	Ring: ["outbox/ring", "reserve", "commit", "send", "remove", "number", "payloadAt"],
	SocketTransport: ["platform/socket-transport", "write", "take", ".awaited", ".isOpen", ".window"],
};

describe("hot fields", () => {
	for (const [name, [file, ...methods]] of Object.entries(HOT))
		it(`stand first in ${name}`, () => {
			const source = readFileSync(`modules/${file}.ts`, "utf8");
			const others = methods.filter((method) => method.startsWith(".")).map((field) => field.slice(1));
			const own = methods.filter((method) => !method.startsWith("."));
			const { all, touched: inside, missing } = fieldsOf(source, name, own);
			const touched = new Set([...inside, ...others]);
			assert.deepEqual(missing, []);
			assert.ok(touched.size > 4);
			assert.deepEqual(
				all.slice(0, touched.size).filter((field) => !touched.has(field)),
				[],
				`after them come ${[...touched].filter((field) => all.indexOf(field) >= touched.size)}`,
			);
			assert.match(
				source,
				/\/\/ First what each message touches: XS looks through an object's fields in their order\./,
			);
		});

	it("are found as this.x and by a pattern, not in other methods", () => {
		const source =
			"class A { a = 1; b = 2; c = 3; m() { const { a } = this; f(() => this.c); } n() { this.b; } }";
		const { all, touched, missing } = fieldsOf(source, "A", ["m", "o"]);
		assert.deepEqual([all, [...touched], missing], [["a", "b", "c"], ["a", "c"], ["o"]]);
	});
});
