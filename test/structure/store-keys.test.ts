// The table of the store's keys, at the head of modules/core/store.ts, has what the firmware uses, and
// nothing else.

import assert from "node:assert/strict";
import { sources } from "./sources.js";

const TABLE = "modules/core/store.ts";
/** What NVS takes (ESP-IDF v6.0: NVS_KEY_NAME_MAX_SIZE with the 0 at its end). */
const KEY = /^[a-z0-9-]{1,15}$/;

/** A row: its keys, and who writes them. */
function rows(text: string): { keys: string[]; writer: string; words: string }[] {
	const lines = text.split("\n").filter((line) => /^\/\/ {3}\S|^\/\/ {10,}\S/.test(line));
	const found: { keys: string[]; writer: string; words: string }[] = [];
	let names = "";
	for (const line of lines.slice(1)) {
		const [, name = "", rest = ""] = /^\/\/ {3}(\S.*?)? {2,}(.*)$/.exec(`${line}  `) ?? [];
		if (rest === "") names = name;
		else {
			const [writer = "", largest = "", reset = ""] = rest.trim().split(/ {2,}| (?=32 bits)/);
			found.push({ keys: keysOf(names + name), writer, words: largest === "" ? "" : reset });
			names = "";
		}
	}
	return found;
}

/** "operation-0 to -3" is four keys; "…" goes on as the one before it. */
function keysOf(names: string): string[] {
	// The longest one of a pin.
	if (names.endsWith("-PIN")) return [names.replace("PIN", "48")];
	const range = /^(\S+)-(\d) to -(\d)$/.exec(names);
	if (!range) return names.split(/, |… /).filter((name) => name !== "");
	const [, name, from, to] = range;
	return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${name}-${Number(from) + i}`);
}

/**
 * Keys in a file that uses the store: constants whose name says so, the list of markers, and what stands in a
 * call.
 */
function keysIn(text: string): string[] {
	const named = [...text.matchAll(/^(?:export )?const (?:\w+_)?KEY = "([^"]+)"/gm)].map(([, key]) => key);
	const listed =
		/const UNDER_WAY[^[]*\[\s*\[?([^\]]*)\]/.exec(text.replace("string[]", "strings"))?.[1] ?? "";
	const markers = [...listed.matchAll(/"([^"]+)"/g)].map(([, key]) => key);
	const called = [...text.matchAll(/\bstore\.(?:get|set|delete)\("([^"]+)"/g)].map(([, key]) => key);
	const ofPins = [...text.matchAll(/key: `([a-z]+-)\$\{pin\}`/g)].map(([, key]) => `${key}48`);
	return [...new Set([...named, ...markers, ...called, ...ofPins])] as string[];
}

describe("the store's keys", () => {
	const all = sources("main.ts", "modules", "drivers");
	const table = rows(all.find(({ path }) => path === TABLE)?.text ?? "");
	const files = all.filter(({ path, text }) => path !== TABLE && /\bstore\b|Preference\./i.test(text));

	it("are in the table, each with its writer, what it holds at most, and what a factory reset does", () => {
		assert.ok(table.length >= 14, `${table.length} rows`);
		for (const { keys, writer, words } of table) {
			assert.ok(keys.length > 0 && writer !== "", keys.join());
			assert.match(words, /^(keeps it: .+|removes it)$/, keys.join());
			for (const key of keys) assert.match(key, KEY);
		}
		const keys = table.flatMap((row) => row.keys);
		assert.equal(new Set(keys).size, keys.length, "a key stands twice");
	});

	it("are those that the firmware uses, in the files that the table names", () => {
		const used = new Map(files.flatMap(({ path, text }) => keysIn(text).map((key) => [key, path] as const)));
		assert.ok(used.size > 10, [...used.keys()].join());
		for (const [key, path] of used) {
			const row = table.find(({ keys }) => keys.includes(key));
			assert.ok(row, `${key} of ${path} is not in the table of ${TABLE}`);
			// What comes from outside, or is written for somebody else, is read in a file of its own.
			if (/^modules\/.*\.ts$/.test(row.writer)) assert.equal(path, row.writer, key);
		}
		for (const { keys, writer } of table)
			if (!writer.startsWith("from outside"))
				for (const key of keys) assert.ok(used.has(key), `${key} is used nowhere`);
	});

	it("reads the identity under names of the same form", () => {
		const identity = all.find(({ path }) => path === "modules/platform/identity.ts")?.text ?? "";
		const names = [...identity.matchAll(/"((?:ca|client)\.\w+)"/g)].map(([, name]) =>
			name?.replace(".", "-"),
		);
		assert.deepEqual([...new Set(names)].sort(), ["ca-der", "client-der", "client-pk8"]);
		const listed = table.flatMap((row) => row.keys);
		for (const name of names) assert.ok(listed.includes(name as string), name);
	});
});
