// UTF-8 against TextEncoder and TextDecoder, numbers against JSON.parse, and comparisons inside a buffer.

import assert from "node:assert/strict";
import fc from "fast-check";
import { ascii, equals, equalsIgnoringCase } from "../../../modules/core/bytes.js";
import { numberEnd, parseNumber } from "../../../modules/core/number.js";
import { decodeUtf8, encodeUtf8, isUtf8, sequenceLength } from "../../../modules/core/utf8.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function reference(bytes: Uint8Array): string | undefined {
	try {
		return decoder.decode(bytes);
	} catch {
		return undefined;
	}
}

/** Compares on a piece of a larger buffer whose neighbours would complete or break sequences. */
function sameAsDecoder(bytes: Uint8Array): void {
	for (const neighbour of [0x80, 0x41, 0xf4]) {
		const buffer = new Uint8Array(bytes.length + 8).fill(neighbour);
		buffer.set(bytes, 4);
		const expected = reference(bytes);
		const label = Buffer.from(bytes).toString("hex");
		assert.equal(decodeUtf8(buffer, 4, 4 + bytes.length), expected, label);
		assert.equal(isUtf8(buffer, 4, 4 + bytes.length), expected !== undefined, label);
	}
}

describe("core: UTF-8", () => {
	it("[MQTT-1.5.3-1] every code point is encoded and decoded as TextEncoder says", () => {
		for (let c = 0; c <= 0x10ffff; c += c < 0x3000 || (c > 0xd700 && c < 0xe100) ? 1 : 61) {
			const text = String.fromCodePoint(c);
			const bytes = encodeUtf8(text);
			if (c >= 0xd800 && c <= 0xdfff) {
				assert.equal(bytes, undefined, c.toString(16));
				continue;
			}
			assert.deepEqual(bytes, encoder.encode(text), c.toString(16));
			assert.equal(decodeUtf8(bytes as Uint8Array, 0, bytes?.length ?? 0), text);
		}
	});

	it("[MQTT-1.5.3-1] texts come back as they were, lone surrogates are refused", () => {
		const units = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) });
		const surrogates = fc.string({
			unit: fc.constantFrom("\ud800", "\udbff", "\udc00", "\udfff", "a", "é", "\u{10ffff}"),
		});
		fc.assert(
			fc.property(fc.oneof(units, surrogates, fc.string({ unit: "binary" })), (text) => {
				const bytes = encodeUtf8(text);
				if (!text.isWellFormed()) return assert.equal(bytes, undefined);
				assert.deepEqual(bytes, encoder.encode(text));
				assert.equal(decodeUtf8(bytes as Uint8Array, 0, (bytes as Uint8Array).length), text);
			}),
			{ numRuns: 2000 },
		);
	});

	it("[MQTT-1.5.3-3] a byte-order mark is kept", () => {
		assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 0, 4), "\ufeffa");
		assert.deepEqual(encodeUtf8("\ufeffa"), Uint8Array.of(0xef, 0xbb, 0xbf, 0x61));
	});

	it("[MQTT-1.5.3-1] ill-formed bytes are refused: overlong, surrogates, above U+10FFFF, cut, stray", () => {
		for (const hex of [
			..."80 bf c0 c080 c1bf e0809f e09fbf f08080af f08fbfbf f8888080af fc848080bfbf fe ff".split(" "),
			..."eda080 edafbf edb080 edbfbf eda080edb080 f4908080 f5808080 f7bfbfbf".split(" "),
			..."c3 e2 e282 f0 f09f f09f98 c341 e241ac e28241 f0419880 f09f4180 f09f9841 61c3".split(" "),
		]) {
			const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
			assert.equal(reference(bytes), undefined, `${hex} is not ill-formed`);
			sameAsDecoder(bytes);
		}
	});

	it("the edges of every range are well-formed", () => {
		for (const hex of "00 7f c280 dfbf e0a080 ecbfbf ed9fbf ee8080 efbfbf f0908080 f48fbfbf".split(" ")) {
			const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
			assert.equal(sequenceLength(bytes, 0, bytes.length), bytes.length, hex);
			sameAsDecoder(bytes);
		}
	});

	it("all pairs of bytes, and random ones, are judged as TextDecoder does", () => {
		for (let a = 0; a < 256; a++)
			for (let b = 0; b < 256; b++) {
				const bytes = Uint8Array.of(a, b);
				assert.equal(isUtf8(bytes, 0, 2), reference(bytes) !== undefined, `${a} ${b}`);
			}
		const lead = fc.constantFrom(0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xc2, 0xdf, 0x41);
		const tail = fc.constantFrom(0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0x41);
		const piece = fc.tuple(lead, fc.array(tail, { maxLength: 3 })).map(([a, rest]) => [a, ...rest]);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 4 }), (pieces) =>
				sameAsDecoder(Uint8Array.from(pieces.flat())),
			),
			{ numRuns: 3000 },
		);
		fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), sameAsDecoder), { numRuns: 1000 });
	});
});

describe("core: numbers read from bytes", () => {
	const GRAMMAR = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

	/** The number that [2, 2 + length) of a buffer with digits on either side holds. */
	function parse(text: string): number {
		const bytes = Uint8Array.from(Buffer.from(`77${text}77`, "latin1"));
		return parseNumber(bytes, 2, 2 + text.length);
	}

	it("whatever JSON.parse takes as a number gives the same number, to the bit", () => {
		const digits = (min: number, max: number) =>
			fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: max });
		const whole = fc.oneof(
			fc.constant("0"),
			fc.nat(99).map(String),
			digits(1, 20).map((d) => `1${d}`),
		);
		const made = fc
			.tuple(
				fc.constantFrom("", "-"),
				whole,
				fc.option(digits(1, 28), { nil: undefined }),
				fc.option(fc.tuple(fc.constantFrom("e", "E", "e+", "E-", "e-"), digits(1, 3)), { nil: undefined }),
			)
			.map(([sign, int, fraction, exponent]) => {
				const point = fraction === undefined ? "" : `.${fraction}`;
				return sign + int + point + (exponent ? exponent.join("") : "");
			});
		const printed = fc.double({ noNaN: true, noDefaultInfinity: true }).map((v) => JSON.stringify(v));
		fc.assert(
			fc.property(fc.oneof(made, printed), (text) => {
				assert.ok(Object.is(parse(text), JSON.parse(text)), text);
			}),
			{ numRuns: 5000 },
		);
	});

	it("the edges of the exact way are exact", () => {
		for (const text of [
			..."0 -0 0.0 -0.00 1 999999999999999 9999999999999999 0.000000000000001".split(" "),
			..."123456789012345e0 0.1234567890123456 9007199254740993 1e22 1e23 1e-22 1e400 -1e400".split(" "),
			"0.0000000000000000000001",
			"0.00000000000000000000001",
			"0.00000000000000123456789012345",
			"123456789.012345",
		])
			assert.ok(Object.is(parse(text), JSON.parse(text)), text);
	});

	it("anything that is no JSON number is NaN", () => {
		for (const text of [
			"",
			..."- + . e -. 01 -01 00 1. .5 1.e5 1e 1e+ 1e- +1 --1 1-1 1.2.3 1e5.5 0x10 NaN Infinity 1_0 1n".split(
				" ",
			),
			" 1",
			"1 ",
			"1,",
		])
			assert.ok(Number.isNaN(parse(text)), JSON.stringify(text));
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(..."0123.-+eE x"), maxLength: 8 }), (text) => {
				const found = parse(text);
				if (GRAMMAR.test(text)) assert.ok(Object.is(found, JSON.parse(text)), text);
				else assert.ok(Number.isNaN(found), text);
			}),
			{ numRuns: 5000 },
		);
	});

	it("numberEnd finds where a number ends and never looks past the end", () => {
		const table: ReadonlyArray<readonly [string, number]> = [
			["12,", 2],
			["-0.5e-3}", 7],
			["007", 1],
			["1.5.6", 3],
			["x", -1],
			["-", -1],
			["1.", -1],
			["1e", -1],
		];
		for (const [text, end] of table) {
			const bytes = Uint8Array.from(Buffer.from(`${text}99`, "latin1"));
			assert.equal(numberEnd(bytes, 0, text.length), end, text);
		}
	});
});

describe("core: bytes", () => {
	const text = Uint8Array.from(Buffer.from("xxHostY[{@"));

	it("equals compares exactly and within its bounds", () => {
		assert.equal(equals(text, 2, 6, ascii("Host")), true);
		assert.equal(equals(text, 2, 6, ascii("host")), false);
		assert.equal(equals(text, 2, 7, ascii("Host")), false);
		assert.equal(equals(text, 2, 5, ascii("Host")), false);
		assert.equal(equals(text, 3, 3, ascii("")), true);
	});

	it("equalsIgnoringCase folds ASCII letters and nothing else", () => {
		assert.equal(equalsIgnoringCase(text, 2, 6, ascii("host")), true);
		assert.equal(equalsIgnoringCase(text, 2, 7, ascii("hosty")), true);
		assert.equal(equalsIgnoringCase(text, 7, 8, ascii("{")), false);
		assert.equal(equalsIgnoringCase(text, 8, 9, ascii("{")), true);
		assert.equal(equalsIgnoringCase(text, 9, 10, ascii("`")), false);
		assert.equal(equalsIgnoringCase(text, 2, 5, ascii("host")), false);
	});

	it("ascii refuses what is not ASCII", () => {
		assert.deepEqual(ascii("a~ "), Uint8Array.of(97, 126, 32));
		assert.throws(() => ascii("é"), RangeError);
	});
});
