// writeDecimal against toFixed, which it claims to equal, and the small writers of digits beside it.

import assert from "node:assert/strict";
import fc from "fast-check";
import {
	digitCount,
	MAX_DECIMAL_BYTES,
	MAX_DECIMALS,
	writeDecimal,
	writeDigits,
	writeInteger,
	writeNumber,
} from "../../../modules/core/decimal.js";

const AT = 5;
const GUARD = 0xee;
const bytes = new Uint8Array(AT + MAX_DECIMAL_BYTES + AT);
const view = new DataView(bytes.buffer);

/** What was written, after checking that nothing beside it was touched; undefined for a refusal. */
function written(value: number, decimals: number): string | undefined {
	bytes.fill(GUARD);
	const end = writeDecimal(view, AT, value, decimals);
	const stop = end < 0 ? AT : end;
	for (let i = 0; i < bytes.length; i++)
		if (i < AT || i >= stop) assert.equal(bytes[i], GUARD, `byte ${i - AT} beside ${value}`);
	if (end < 0) {
		assert.equal(end, -1);
		return undefined;
	}
	return Buffer.from(bytes.subarray(AT, end)).toString("latin1");
}

function expected(value: number, decimals: number): string {
	const text = value.toFixed(decimals);
	return /[1-9]/.test(text) ? text : text.replace("-", "");
}

function same(value: number): void {
	for (let decimals = 0; decimals <= MAX_DECIMALS; decimals++) {
		assert.equal(written(value, decimals), expected(value, decimals), `${value} with ${decimals} decimals`);
		assert.equal(
			written(-value, decimals),
			expected(-value, decimals),
			`${-value} with ${decimals} decimals`,
		);
	}
}

/** The double `steps` representable ones away from a positive one. */
function neighbour(value: number, steps: number): number {
	const cell = new DataView(new ArrayBuffer(8));
	cell.setFloat64(0, value);
	cell.setBigUint64(0, cell.getBigUint64(0) + BigInt(steps));
	return cell.getFloat64(0);
}

describe("core: decimal", () => {
	it("the written-out cases hold", () => {
		const table: ReadonlyArray<readonly [number, number, string]> = [
			[0, 0, "0"],
			[0, 2, "0.00"],
			[-0, 2, "0.00"],
			[21.456, 2, "21.46"],
			[-21.456, 2, "-21.46"],
			[1.005, 2, "1.00"],
			[0.125, 2, "0.13"],
			[-0.125, 2, "-0.13"],
			[0.5, 0, "1"],
			[2.5, 0, "3"],
			[0.995, 2, "0.99"],
			[0.996, 2, "1.00"],
			[9.9999999, 6, "10.000000"],
			[-0.004, 2, "0.00"],
			[-0.4, 0, "0"],
			[1e9, 1, "1000000000.0"],
			[1e18 + 128, 0, "1000000000000000128"],
			[5e-324, 6, "0.000000"],
			[-(1e21 - 2 ** 17), 6, "-999999999999999868928.000000"],
		];
		for (const [value, decimals, text] of table) assert.equal(written(value, decimals), text, `${value}`);
	});

	it("any double below 1e21 in magnitude reads as toFixed says, but without -0", () => {
		const doubles = fc.double({ noNaN: true, min: -1e21, max: 1e21, minExcluded: true, maxExcluded: true });
		fc.assert(fc.property(doubles, same), { numRuns: 3000 });
	});

	it("values of the size that sensors give read as toFixed says", () => {
		const doubles = fc.double({ noNaN: true, min: -100_000, max: 100_000 });
		fc.assert(fc.property(doubles, same), { numRuns: 2000 });
	});

	it("neighbours of decimal ties are rounded by their exact value", () => {
		const near = fc.tuple(
			fc.nat(99_999_999),
			fc.integer({ min: 0, max: 6 }),
			fc.integer({ min: -3, max: 3 }),
		);
		fc.assert(
			fc.property(near, ([whole, scale, steps]) => same(neighbour((whole + 0.5) / 10 ** scale, steps))),
			{ numRuns: 3000 },
		);
	});

	it("exact binary ties go away from zero", () => {
		const ties = fc.tuple(fc.nat(2 ** 30), fc.integer({ min: 1, max: 20 }));
		fc.assert(
			fc.property(ties, ([odd, shift]) => same((2 * odd + 1) / 2 ** shift)),
			{ numRuns: 2000 },
		);
	});

	it("a carry runs through all nines", () => {
		for (let digits = 0; digits <= 15; digits++)
			for (let decimals = 0; decimals <= MAX_DECIMALS; decimals++)
				for (let steps = -3; steps <= 3; steps++) same(neighbour(10 ** digits - 0.5 / 10 ** decimals, steps));
	});

	it("large whole numbers keep every digit", () => {
		for (let power = 30; power < 70; power++)
			for (const value of [2 ** power - 1, 2 ** power, neighbour(2 ** power, 1), neighbour(2 ** power, -1)])
				if (value < 1e21) same(value);
		for (let power = 8; power <= 20; power++)
			for (let steps = -2; steps <= 2; steps++) same(neighbour(10 ** power, steps));
	});

	it("NaN, infinities and 1e21 or more are refused and write nothing", () => {
		const refused = [Number.NaN, Number.POSITIVE_INFINITY, 1e21, neighbour(1e21, 1), Number.MAX_VALUE];
		for (const value of refused)
			for (const signed of [value, -value])
				for (let decimals = 0; decimals <= MAX_DECIMALS; decimals++)
					assert.equal(written(signed, decimals), undefined, `${signed}`);
		assert.equal(written(neighbour(1e21, -1), 0), "999999999999999868928");
	});

	it("no text is longer than MAX_DECIMAL_BYTES, which the longest one reaches", () => {
		assert.equal(written(-neighbour(1e21, -1), MAX_DECIMALS)?.length, MAX_DECIMAL_BYTES);
	});

	it("writeDigits writes exactly the width it was told, with leading zeros", () => {
		const any = fc.integer({ min: 0, max: 2 ** 31 - 1 });
		fc.assert(
			fc.property(any, fc.integer({ min: 0, max: 3 }), (value, extra) => {
				const width = digitCount(value) + extra;
				assert.equal(digitCount(value), String(value).length);
				bytes.fill(GUARD);
				assert.equal(writeDigits(view, AT, value, width), AT + width);
				const text = Buffer.from(bytes.subarray(AT, AT + width)).toString("latin1");
				assert.equal(text, String(value).padStart(width, "0"));
				assert.equal(bytes[AT - 1], GUARD);
				assert.equal(bytes[AT + width], GUARD);
			}),
		);
	});

	it("digitCount is right at every power of ten", () => {
		for (let power = 1; power <= 9; power++) {
			assert.equal(digitCount(10 ** power), power + 1);
			assert.equal(digitCount(10 ** power - 1), power);
		}
		assert.equal(digitCount(0), 1);
		assert.equal(digitCount(2 ** 31 - 1), 10);
	});

	it("writeInteger writes whole numbers below 1e21 exactly", () => {
		const whole = fc.double({ noNaN: true, min: 0, max: 1e21, maxExcluded: true }).map(Math.floor);
		fc.assert(
			fc.property(whole, (value) => {
				const end = writeInteger(view, AT, value);
				assert.equal(Buffer.from(bytes.subarray(AT, end)).toString("latin1"), BigInt(value).toString());
			}),
			{ numRuns: 2000 },
		);
	});

	it("writeNumber writes ten digits for every uint32", () => {
		const check = (value: number): void => {
			bytes.fill(GUARD);
			writeNumber(view, AT, value);
			const text = Buffer.from(bytes.subarray(AT, AT + 10)).toString("latin1");
			assert.equal(text, String(value).padStart(10, "0"));
			assert.equal(bytes[AT - 1], GUARD);
			assert.equal(bytes[AT + 10], GUARD);
		};
		for (const value of [0, 1, 99_999, 100_000, 999_999_999, 2 ** 31, 2 ** 32 - 1]) check(value);
		fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), check));
	});
});
