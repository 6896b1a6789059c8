// JsonScanner against JSON.parse: the same values, the same refusals, and bounds of its own.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Json, JsonScanner, MAX_DEPTH, MAX_TEXT } from "../../../modules/cloud/json.js";
import { utf8 } from "../../../modules/cloud/text.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
class Refused extends Error {}

/** A value made from the tokens, as JSON.parse would make it. */
function build(json: JsonScanner, token: number): unknown {
	const text = () => decoder.decode(json.text.subarray(0, json.length));
	switch (token) {
		case Json.ObjectStart: {
			const object: Record<string, unknown> = {};
			for (;;) {
				const next = json.next();
				if (next === Json.ObjectEnd) return object;
				if (next !== Json.Name) throw new Refused(json.error);
				const name = text();
				const value = build(json, json.next());
				// Not an assignment: "__proto__" is a name like any other.
				Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
			}
		}
		case Json.ArrayStart: {
			const array: unknown[] = [];
			for (;;) {
				const next = json.next();
				if (next === Json.ArrayEnd) return array;
				array.push(build(json, next));
			}
		}
		case Json.String:
			return text();
		case Json.Number:
			return json.number();
		case Json.True:
			return true;
		case Json.False:
			return false;
		case Json.Null:
			return null;
		default:
			throw new Refused(json.error);
	}
}

/** The document's value, or why it was refused. It lies inside a larger buffer. */
function scan(document: string | Uint8Array): { value: unknown } | { error: string } {
	const bytes = typeof document === "string" ? utf8(document) : document;
	const frame = new Uint8Array(bytes.length + 4).fill(49);
	frame.set(bytes, 2);
	const json = new JsonScanner();
	json.reset(frame, 2, 2 + bytes.length);
	try {
		const value = build(json, json.next());
		if (json.next() !== Json.End) throw new Refused(json.error);
		assert.equal(json.next(), Json.End);
		return { value };
	} catch (error) {
		if (!(error instanceof Refused)) throw error;
		assert.notEqual(json.error, "");
		assert.equal(json.next(), Json.Error);
		return { error: json.error };
	}
}

function parse(document: string): { value: unknown } | undefined {
	try {
		return { value: JSON.parse(document) };
	} catch {
		return undefined;
	}
}

/** Whether the value is within the scanner's own limits. */
function within(value: unknown, depth = 0): boolean {
	if (typeof value === "string") return value.isWellFormed() && utf8(value).length <= MAX_TEXT;
	if (typeof value !== "object" || value === null) return true;
	return (
		depth < MAX_DEPTH &&
		Object.entries(value).every(([name, item]) => within(name) && within(item, depth + 1))
	);
}

describe("JsonScanner", () => {
	const values = fc.jsonValue({ maxDepth: 6, stringUnit: "grapheme" });

	it("reads every value that JSON.stringify writes, with and without blanks", () => {
		fc.assert(
			fc.property(values, fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
				const document = JSON.stringify(value, null, indent);
				fc.pre(within(JSON.parse(document)));
				assert.deepEqual(scan(document), { value: JSON.parse(document) });
			}),
			{ numRuns: 600 },
		);
	});

	it("reads numbers as JSON.parse does, to the last bit", () => {
		const integer = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }).map(String);
		const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n));
		const decimal = fc
			.tuple(fc.integer(), fc.nat(), fc.integer({ min: -330, max: 330 }), fc.constantFrom("e", "E", "e+"))
			.map(([whole, part, exponent, e]) => `${whole}.${part}${exponent < 0 ? e[0] : e}${exponent}`);
		const short = fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.nat(99)).map(([a, b]) => `${a}.0${b}`);
		fc.assert(
			fc.property(fc.oneof(integer, double, decimal, short), (text) => {
				assert.ok(Object.is((scan(text) as { value: unknown }).value, JSON.parse(text)), text);
			}),
			{ numRuns: 3000 },
		);
		for (const text of ["-0", "0", "0.0", "-0.0e5", "1e400", "-1e400", "5e-324", "0.1", "123456789012345.6"])
			assert.ok(Object.is((scan(text) as { value: unknown }).value, JSON.parse(text)), text);
	});

	it("decodes every escape", () => {
		const document = String.raw`"\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\ud834\uDD1E"`;
		assert.deepEqual(scan(document), { value: JSON.parse(document) });
		fc.assert(
			fc.property(fc.string({ unit: "binary", maxLength: 100 }), (text) => {
				const escaped = Array.from(
					{ length: text.length },
					(_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`,
				).join("");
				assert.deepEqual(scan(`"${escaped}"`), { value: text });
			}),
		);
	});

	it("takes the last of two members of one name, and __proto__ as a name", () => {
		for (const document of ['{"a":1,"a":2}', '{"__proto__":{"x":1}}', '{"":0}', '{"a\\u0000":1}'])
			assert.deepEqual(scan(document), { value: JSON.parse(document) });
	});

	it("refuses what JSON.parse refuses and accepts what it accepts, over mutations of valid documents", () => {
		const mutation = fc.record({
			at: fc.nat(),
			kind: fc.constantFrom("delete", "insert", "replace", "cut"),
			text: fc.constantFrom(
				..."{}[]:,\"\\ \n\t0123456789-+.eEtrufalsn/'",
				"\u0000",
				"\u001f",
				"\u00a0",
				"\ufeff",
				"ü",
				"\\u12",
				"\\x",
				"//",
				"null",
				"01",
				"1.",
				".5",
				"--1",
				"NaN",
			),
		});
		let accepted = 0;
		let refused = 0;
		fc.assert(
			fc.property(
				fc.jsonValue({ maxDepth: 3 }),
				fc.array(mutation, { minLength: 1, maxLength: 3 }),
				(value, mutations) => {
					let document = JSON.stringify(value);
					for (const { at, kind, text } of mutations) {
						const p = at % (document.length + 1);
						const rest = document.slice(kind === "insert" ? p : p + 1);
						if (kind === "cut") document = document.slice(0, p);
						else document = document.slice(0, p) + (kind === "delete" ? "" : text) + rest;
					}
					fc.pre(document.isWellFormed() && !/\\u[dD][89a-fA-F]/.test(document));
					const expected = parse(document);
					const got = scan(document);
					if (expected) {
						accepted++;
						fc.pre(within(expected.value));
						assert.deepEqual(got, expected, document);
					} else {
						refused++;
						assert.ok("error" in got, document);
					}
				},
			),
			{ numRuns: 5000 },
		);
		assert.ok(accepted > 200 && refused > 1000, `${accepted} accepted, ${refused} refused`);
	});

	it("accepts from any bytes only what is UTF-8 and JSON", () => {
		const bytes = fc.oneof(
			fc.uint8Array({ maxLength: 40 }),
			fc
				.array(fc.constantFrom(...utf8('{}[]:,"\\u0d8aetrufalsn1-. \n\u00fc')), { maxLength: 30 })
				.map((b) => Uint8Array.from(b)),
		);
		fc.assert(
			fc.property(bytes, (document) => {
				const got = scan(document);
				if ("error" in got) return;
				assert.deepEqual(got.value, JSON.parse(decoder.decode(document)));
			}),
			{ numRuns: 4000 },
		);
	});

	it("refuses ill-formed UTF-8 in strings", () => {
		for (const bad of [
			[0x80],
			[0xc0, 0x80],
			[0xc3],
			[0xed, 0xa0, 0x80],
			[0xf4, 0x90, 0x80, 0x80],
			[0xff],
			[0xe2, 0x82],
		])
			assert.deepEqual(scan(Uint8Array.of(34, ...bad, 34)), { error: "ill-formed UTF-8" });
	});

	it("refuses escapes of lone surrogates, which JSON.parse takes", () => {
		for (const bad of [
			"\\ud834",
			"\\udd1e",
			"\\ud834x",
			"\\ud834\\n",
			"\\ud834\\u0041",
			"\\ud834\\ue000",
			"\\ud834\\udbff",
			"\\ud834\\ud834",
			"\\udd1e\\ud834",
		])
			assert.deepEqual(scan(`"${bad}"`), { error: "malformed escape" }, bad);
	});

	it("refuses these malformed documents, as JSON.parse does", () => {
		for (const document of [
			"",
			" ",
			"{",
			"[",
			'"',
			'"\\',
			'"\\u',
			'"\\u00',
			'"\\u00zz"',
			'"\\a"',
			"]",
			"}",
			",",
			":",
			"[1,]",
			"[,1]",
			"[1 2]",
			'{"a":1,}',
			'{"a"}',
			'{"a":}',
			"{1:2}",
			"{,}",
			"{a:1}",
			"[}",
			"{]",
			'["a":1]',
			"01",
			"-",
			"+1",
			"1.",
			".1",
			"1e",
			"1e+",
			"0x1",
			"tru",
			"truex",
			"True",
			"nul",
			"1 2",
			"[] []",
			"{}x",
			"\ufeff1",
			'"a\nb"',
			'"\u001f"',
			"'a'",
			"/**/1",
		]) {
			assert.equal(parse(document), undefined, document);
			assert.ok("error" in scan(document), document);
		}
	});

	it("nests to its limit and no deeper", () => {
		for (const [open, close] of [
			["[", "]"],
			['{"a":', "}"],
		] as const) {
			const inner = open === "[" ? "" : "1";
			const nest = (n: number) => open.repeat(n) + inner + close.repeat(n);
			assert.ok("value" in scan(nest(MAX_DEPTH)), open);
			assert.deepEqual(scan(nest(MAX_DEPTH + 1)), { error: "nested too deeply" });
			assert.deepEqual(scan(open.repeat(100_000)), { error: "nested too deeply" });
		}
	});

	it("takes names, strings and numbers of up to MAX_TEXT bytes and refuses longer ones", () => {
		const fits = "x".repeat(MAX_TEXT);
		for (const text of [fits, `${"x".repeat(MAX_TEXT - 2)}ü`, `${"x".repeat(MAX_TEXT - 4)}𝄞`]) {
			assert.deepEqual(scan(JSON.stringify(text)), { value: text }, "string");
			assert.deepEqual(scan(JSON.stringify({ [text]: 1 })), { value: { [text]: 1 } }, "name");
			assert.deepEqual(scan(JSON.stringify(`${text}x`)), { error: "text too long" });
		}
		assert.deepEqual(scan("1".repeat(MAX_TEXT)), { value: Number("1".repeat(MAX_TEXT)) });
		assert.deepEqual(scan("1".repeat(MAX_TEXT + 1)), { error: "number too long" });
	});

	it("skips any value and goes on behind it", () => {
		fc.assert(
			fc.property(values, (value) => {
				const document = utf8(`[${JSON.stringify(value)},"next"]`);
				fc.pre(within([value]));
				const json = new JsonScanner();
				json.reset(document, 0, document.length);
				assert.equal(json.next(), Json.ArrayStart);
				assert.equal(json.skip(json.next()), true);
				assert.equal(json.next(), Json.String);
				assert.equal(json.is(utf8("next")), true);
				assert.equal(json.next(), Json.ArrayEnd);
				assert.equal(json.next(), Json.End);
			}),
		);
	});

	it("reports an error inside a skipped value, and one is not the end of the scanner", () => {
		const json = new JsonScanner();
		json.reset(utf8('[{"a":[1,}]'), 0, 11);
		json.next();
		assert.equal(json.skip(json.next()), false);
		assert.notEqual(json.error, "");
		json.reset(utf8("[]"), 0, 2);
		assert.deepEqual([json.next(), json.next(), json.next()], [Json.ArrayStart, Json.ArrayEnd, Json.End]);
	});

	it("reads a string that holds a number as a number, and no other", () => {
		for (const [text, number] of [
			["50.0", 50],
			["-1e2", -100],
			["", Number.NaN],
			[" 1", Number.NaN],
			["1x", Number.NaN],
		] as const) {
			const json = new JsonScanner();
			const document = utf8(JSON.stringify(text));
			json.reset(document, 0, document.length);
			assert.equal(json.next(), Json.String);
			assert.ok(Object.is(json.number(), number), text);
		}
	});
});
