// How large a file and a class of the firmware may be. Who needs more splits it, or has a reason here; a
// reason that is no longer needed fails.

import assert from "node:assert/strict";
import { parse } from "@babel/parser";
import { sources } from "./sources.js";

const MAX_LINES = 450;
const MAX_INTERFACES = 3;
const MAX_METHODS = 28;

/** File → most lines, and why. */
const LONGER: Readonly<Record<string, readonly [lines: number, why: string]>> = {
	"modules/mqtt/session.ts": [695, "one state machine, whose table stands at its head"],
};
/** File → fewer lines than others may have, because everything meets there. */
const SHORTER: Readonly<Record<string, number>> = { "modules/app/node.ts": 380, "main.ts": 250 };

// biome-ignore lint/suspicious/noExplicitAny: syntax trees, read by their documented names
type Node = any;

interface Class {
	readonly name: string;
	readonly interfaces: number;
	readonly methods: readonly string[];
}

/** The classes of a file; a method is public unless it says otherwise. */
function classes(text: string): Class[] {
	const { program } = parse(text, { sourceType: "module", plugins: ["typescript"] });
	return (program.body as Node[])
		.map((node) => node.declaration ?? node)
		.filter((node) => node.type === "ClassDeclaration")
		.map((node) => ({
			name: node.id.name,
			interfaces: (node.implements ?? []).length,
			methods: (node.body.body as Node[])
				.filter((member) => member.type === "ClassMethod" && member.kind !== "constructor")
				.filter((member) => member.accessibility !== "private")
				.map((member) => member.key.name),
		}));
}

const lines = (text: string) => text.trimEnd().split("\n").length;

describe("limits", () => {
	const firmware = sources("main.ts", "modules", "drivers").filter(({ path }) => !path.includes("/typings/"));

	it("knows a class when it sees one", () => {
		const found = classes(
			"export class A<T> implements B, C { constructor() {} a() {} get b() { return 1; } private c() {} #d() {} e = 1; static f() {} }",
		);
		assert.deepEqual(found, [{ name: "A", interfaces: 2, methods: ["a", "b", "f"] }]);
		assert.ok(firmware.flatMap(({ text }) => classes(text)).length > 60);
	});

	it(`no file has more than ${MAX_LINES} lines`, () => {
		for (const { path, text } of firmware) {
			const most = LONGER[path]?.[0] ?? SHORTER[path] ?? MAX_LINES;
			assert.ok(lines(text) <= most, `${path}: ${lines(text)} lines, at most ${most}`);
		}
	});

	it("members are private for the compiler, not by #, which costs XS a slot in each object and stack in each call", () => {
		// Subclasses of the SDK's keep # against names of the SDK's.
		const below = /sdk-tls|contained-tcp/;
		for (const { path, text } of firmware.filter((source) => !below.test(source.path)))
			assert.doesNotMatch(text.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`|\/\/.*/g, ""), /\bthis\.#|^\t#\w/m, path);
	});

	it("no exception is left over", () => {
		for (const [path, [most]] of Object.entries(LONGER)) {
			const text = firmware.find((source) => source.path === path)?.text ?? "";
			assert.ok(lines(text) > MAX_LINES, `${path} needs none`);
			assert.ok(lines(text) > most - 50, `${path}: ${lines(text)} lines, so lower its ${most}`);
		}
		for (const path of Object.keys(SHORTER)) assert.ok(firmware.some((source) => source.path === path));
	});

	it(`no class has more than ${MAX_INTERFACES} interfaces or ${MAX_METHODS} public methods`, () => {
		for (const { path, text } of firmware)
			for (const { name, interfaces, methods } of classes(text)) {
				assert.ok(interfaces <= MAX_INTERFACES, `${path}: ${name} implements ${interfaces} interfaces`);
				assert.ok(
					methods.length <= MAX_METHODS,
					`${path}: ${name} has ${methods.length} public methods: ${methods.join(", ")}`,
				);
			}
	});
});
