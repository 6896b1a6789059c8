// The hot path allocates nothing: no message and no sample may bring a garbage collection nearer.

import assert from "node:assert/strict";
import { type Cold, lintHotPath, type Rule } from "./hot-path.js";
import { EXCEPTIONS, HOT_PATHS, START_ONLY, type Table } from "./hot-path-table.js";
import { sources } from "./sources.js";

/**
 * A class with fields and a method whose body is the snippet; in it, @{ stands for the placeholder of a
 * template.
 */
const snippet = (body: string): string => `
	const TEXT = "text";
	function text(): string { return TEXT; }
	class A {
		#reason = "";
		#name: string | undefined;
		#seen = new Map<number, number>();
		m(u: Uint8Array, s: string, n: number, o: O) {
${body.replaceAll("@{", "${")}
		}
	}`;
const found = (body: string): string[] =>
	lintHotPath(snippet(body), {}, new Set(["utf8"]))
		.filter((finding) => finding.rule !== "comment")
		.map((finding) => finding.rule);

/** Rule, what it catches, and the near neighbour that is free. */
const CASES: ReadonlyArray<readonly [Rule, string, string]> = [
	["function", "f(() => 1);", "f(this.kept);"],
	["function", "const f = function () {};", "this.kept(1);"],
	["function", "function inner() {}", "kept.call(this, n);"],
	["function", "this.f = this.g.bind(this);", "this.f.apply(this, o.kept);"],
	["function", "return class {};", "return o instanceof A;"],
	["iteration", "for (const b of u) f(b);", "for (let i = 0; i < u.length; i++) f(u[i]);"],
	["iteration", "for (const k in o) f(k);", "while (n > 0) n--;"],
	["iteration", "f(o.entries());", "f(o.entries(1), o.values[n]);"],
	["string-member", "f(s.length);", "f(u.length, u.byteLength);"],
	["string-member", "f(s[0]);", "f(u[0]);"],
	["string-member", "f(s.indexOf('a'));", "f(u.indexOf(1), u.includes(1));"],
	["string-member", "f(this.#reason.length);", "f(this.#reason === s, s < TEXT);"],
	["string-member", "f(this.#name!.at(0));", "f(this.#name ?? s);"],
	["string-member", "f(TEXT.length);", "f(TEXT);"],
	["string-member", "f(text().length);", "f(text());"],
	["string-member", "f(o.x.charCodeAt(n));", "f(o.x.getUint8(n));"],
	["string-member", "const t = n > 0 ? 'a' : s; f(t.length);", "const t = n > 0 ? u : o; f(t.length);"],
	["string-member", "f((o.x as string).length);", "f((o.x as Uint8Array).length);"],
	["string-concat", "f('a' + n);", "f(1 + n);"],
	["string-concat", "f(s + n + 'b');", "f(n + n * 2);"],
	["string-concat", "let t = ''; t += n;", "let t = 0; t += n;"],
	["string-concat", "f(o.x + this.#reason);", "f(o.x + o.y);"],
	["template", "f(`a@{n}`);", "f(`a`, 'b');"],
	["template", "f(`@{s}`);", "f(o.tag`a@{n}`);"],
	["view", "f(u.subarray(1));", "u.set(o.x, 1); u.fill(0, 1, 2); u.copyWithin(0, 1);"],
	["view", "f(u.slice(1));", "o.buffer.resize(n);"],
	["view", "f(new Uint8Array(n));", "f(u[n], o.view.getFloat64(n));"],
	["view", "f(new DataView(u.buffer));", "f(u.buffer);"],
	["view", "f(Uint8Array.of(n));", "f(ArrayBuffer.isView(u));"],
	["view", "o.encoder.encodeInto(s, u);", "o.encoder.encode(u, n);"],
	["array-pattern", "const [a] = o.x;", "const { a, b: c } = o.x;"],
	["array-literal", "f([]);", "f(o.kept[n]);"],
	["array-method", "f(o.x.map(o.f));", "o.x.forEach(o.f); o.x.every(Number.isNaN);"],
	["array-method", "f(Array.from(o.x));", "f(Array.isArray(o.x));"],
	["array-method", "o.x.splice(1, 1);", "o.x.push(o.x.shift()); o.x.length = n;"],
	["object-literal", "f({ n });", "o.n = n;"],
	["object-static", "f(Object.keys(o));", "f(Object.is(o, n));"],
	["object-static", "Object.assign(o, u);", "f(Number.isInteger(n), Math.max(n, 1));"],
	["spread", "f(...o.x);", "f(o.x, n, s, u);"],
	["rest", "const { a, ...b } = o;", "const { a, b } = o;"],
	["arguments", "f(arguments.length);", "f(o.arguments);"],
	["new", "f(new A());", "f(A.kept);"],
	["new", "f(new Date());", "f(Date.now(), o.date.setTime(n), o.date.getUTCHours());"],
	["throw", "throw new Error(s);", "throw o.kept;"],
	["throw", "throw new RangeError();", "try { f(n); } catch (e) { throw e; } finally { f(1); }"],
	["async", "Promise.resolve(n);", "o.resolve(n);"],
	["async", "f(o.x.then(o.f));", "f(o.x.next(o.f));"],
	["async", "f(import('x'));", "f(o.import);"],
	["json", "f(JSON.stringify(o));", "f(o.json.next());"],
	["to-string", "f(n.toFixed(2));", "f(Math.round(n * 100) / 100);"],
	["to-string", "f(n.toString());", "f(Number(s), parseInt(s, 10), parseFloat(s));"],
	["to-string", "f(String(n));", "f(o.String);"],
	["to-string", "f(String.fromCharCode(n));", "u[0] = n;"],
	["regexp", "f(/a/);", "f(n / 2 / n);"],
	["bigint", "f(1n);", "f(1, 2 ** 40);"],
	["bigint", "f(BigInt(n));", "f(Math.trunc(n));"],
	["key", "f(o[s]);", "f(o[n], o['x']);"],
	["key", "f(s in o);", "f('x' in o);"],
	["key", "f(Symbol());", "f(typeof o === 'symbol');"],
	["map-delete", "this.#seen.delete(n);", "this.#seen.set(n, this.#seen.get(n));"],
	["property-delete", "delete o.x;", "o.x = undefined;"],
	["timer", "Timer.set(o.f, 1);", "Timer.schedule(o.timer, 1);"],
	["cold-call", "f(utf8(o));", "f(o.utf8);"],
];

describe("the lint of the hot path", () => {
	for (const [rule, caught, free] of CASES)
		it(`${rule}: catches ${caught}`, () => {
			assert.deepEqual(found(caught), [rule]);
			assert.deepEqual(found(free), [], free);
		});

	it("reads parameters: patterns and rest allocate, defaults do not", () => {
		const rules = (source: string) => lintHotPath(source).map((finding) => finding.rule);
		assert.deepEqual(rules("function f(...all) {}"), ["rest"]);
		assert.deepEqual(rules("function f([a]) {}"), ["array-pattern"]);
		assert.deepEqual(rules("function f({ a }: { a: string }, b = 1, c: string[] = d) {}"), []);
		assert.deepEqual(rules("async function f() { await g(); }"), ["async", "async"]);
		assert.deepEqual(rules("function* f() { yield 1; }"), ["async", "async"]);
	});

	it("finds what stands inside what it found", () => {
		assert.deepEqual(found("throw new Error(`a@{n}`);"), ["throw", "template"]);
		assert.deepEqual(found("f({ a: [n] });"), ["object-literal", "array-literal"]);
		assert.deepEqual(found("if (n > 0) return (o.x as O)!.toFixed();"), ["to-string"]);
	});

	it("knows that types are not there at run time", () => {
		assert.deepEqual(found("const t = o as [string, { a: 1n }]; type T = `a@{string}`; f<[A]>(t);"), []);
	});

	it("leaves setup alone, but not the functions that setup makes", () => {
		const source = `
			const TABLE = Object.freeze([1, 2]);
			class A {
				#list = [];
				readonly kept = () => [1];
				static { f([2]); }
				constructor() { this.x = new X({ done: () => [3], ping() { f([4]); } }); create(() => [5]); }
				get y() { return [6]; }
			}
			const helper = (n) => [7];`;
		assert.deepEqual(
			lintHotPath(source).map(({ method, text }) => `${method} ${text}`),
			[
				"kept [1]",
				"constructor > done [3]",
				"constructor > ping [4]",
				"constructor > create [5]",
				"y [6]",
				"helper [7]",
			],
		);
	});

	it("leaves cold functions alone, but not calls of them", () => {
		const source =
			"class A { hot() { this.#cold(); } #cold() { f(() => [1]); other(); } } function other() { return []; }";
		assert.deepEqual(
			lintHotPath(source, { "#cold": "a reason", other: "a reason" }).map(
				({ method, rule }) => `${method}: ${rule}`,
			),
			["hot: cold-call", "#cold > f: array-literal"],
		);
	});

	it("exempts what only runs for an observer", () => {
		assert.deepEqual(found("this.observer?.sent?.([n], `a@{n}`);"), []);
		assert.deepEqual(found("if (this.observer?.sent) this.observer.sent([n]);"), []);
		assert.deepEqual(found("if (n > 0 && this.observer !== undefined) f([n]); else f(`a@{n}`);"), [
			"template",
		]);
		assert.deepEqual(found("this.observer && f([n]);"), []);
		assert.deepEqual(found("if (!this.observer) f([n]);"), ["array-literal"]);
		assert.deepEqual(found("this.other?.sent?.([n]);"), ["array-literal"]);
		assert.deepEqual(found("if (this.other) f([n]);"), ["array-literal"]);
	});

	it("takes a reason in a comment, on the line or alone above it", () => {
		assert.deepEqual(found("f([n]); // cold: once per connection"), []);
		assert.deepEqual(found("// cold: once per connection\nf([n]);"), []);
		assert.deepEqual(found("// cold: once per connection\nf(\n[n]);"), []);
		assert.deepEqual(found("f([n]); // cold: once per connection\nf([n]);"), ["array-literal"]);
		assert.deepEqual(found("// cold: an error\nif (n > 0) {\nf([n]);\n}"), ["array-literal"]);
		assert.deepEqual(found("f([n]); // cold:"), ["array-literal"]);
		assert.deepEqual(found("f('// cold: no comment', [n]);"), ["array-literal"]);
	});

	it("refuses a comment without a reason, and one that excuses nothing", () => {
		const rules = (source: string) => lintHotPath(source).map(({ line, rule }) => `${line} ${rule}`);
		assert.deepEqual(rules("function f() {\n\tg([]); // cold:\n}"), ["2 array-literal", "2 comment"]);
		assert.deepEqual(rules("function f() {\n\tg(); // cold: an error\n}"), ["2 comment"]);
	});
});

describe("the hot path", () => {
	const hot = sources(...HOT_PATHS).filter((source) => !START_ONLY.test(source.path));

	/** The cold functions of a file, and how many findings the others may have. */
	function exceptions(table: Table, path: string): { cold: Cold; most: Map<string, number> } {
		const cold: Record<string, string> = {};
		const most = new Map<string, number>();
		for (const [key, reason] of Object.entries(table[path] ?? {})) {
			assert.ok(reason.length > 5, `${path}, ${key}: no reason`);
			const [names, rules] = key.split(": ") as [string, string?];
			for (const name of names.split(", "))
				if (rules === undefined) cold[name] = reason;
				else
					for (const rule of rules.split(", ")) {
						const [word, count = "1"] = rule.split(" ").reverse() as [string, string?];
						most.set(`${name}: ${word}`, Number(count));
					}
		}
		return { cold, most };
	}

	/** Functions that allocate by their nature, for the files that import them. */
	const coldFunctions = new Set(
		hot.flatMap(({ path, text }) =>
			Object.keys(exceptions(EXCEPTIONS, path).cold).filter((name) =>
				text.includes(`export function ${name}(`),
			),
		),
	);

	it("is where the tables say", () => {
		assert.ok(hot.length > 40, `${hot.length} files`);
		assert.ok(coldFunctions.has("utf8") && coldFunctions.has("decodeUtf8"));
		for (const path of Object.keys(EXCEPTIONS))
			assert.ok(
				hot.some((source) => source.path === path),
				`${path} is no file of the hot path`,
			);
	});

	for (const { path, text } of hot)
		it(`${path} allocates nothing but what is excused, and needs every excuse`, () => {
			const { cold, most } = exceptions(EXCEPTIONS, path);
			const findings = lintHotPath(text, cold, coldFunctions);
			const shown = new Map<string, string[]>([...most.keys()].map((key) => [key, []]));
			for (const { line, method, rule, text } of findings) {
				const key = `${method}: ${rule}`;
				shown.set(key, [...(shown.get(key) ?? []), `\n\t${path}:${line} ${text}`]);
			}
			for (const [key, list] of shown)
				assert.equal(list.length, most.get(key) ?? 0, `${key}: found and excused differ${list.join("")}`);
			for (const name of Object.keys(cold)) {
				const { [name]: _, ...others } = cold;
				const needed = lintHotPath(text, others, coldFunctions).some((finding) => finding.method === name);
				assert.ok(needed, `${name} is named as cold, and would be clean without that`);
			}
		});
});
