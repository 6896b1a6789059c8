// SmartREST rows: the decoder on the reference's vectors, on hostile bytes and against a second decoder;
// quoting.

import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_COLUMNS, quoteColumn, RowFault, RowReader } from "../../../modules/cloud/cumulocity/rows.js";
import { utf8 } from "../../../modules/cloud/text.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads all rows; the payload lies inside a larger buffer whose other bytes would be noticed. */
function read(payload: string | Uint8Array): { rows: string[][]; refused: number } {
	const bytes = typeof payload === "string" ? utf8(payload) : payload;
	const frame = new Uint8Array(bytes.length + 6).fill(34);
	frame.set(bytes, 3);
	const reader = new RowReader();
	reader.reset(frame, 3, 3 + bytes.length);
	const rows: string[][] = [];
	let refused = 0;
	while (reader.next()) {
		if (reader.fault !== RowFault.None) {
			refused++;
			continue;
		}
		const row: string[] = [];
		for (let i = 0; i < reader.count; i++)
			row.push(decoder.decode(reader.text.subarray(reader.start(i), reader.end(i))));
		rows.push(row);
	}
	return { rows, refused };
}

/** The rule for quotes as regular expressions; undefined stands for a row that cannot be read. */
function model(text: string): (string[] | undefined)[] {
	const rows: (string[] | undefined)[] = [];
	let at = 0;
	const take = (pattern: RegExp): string | undefined => {
		pattern.lastIndex = at;
		const match = pattern.exec(text) ?? undefined;
		if (match) at += match[0].length;
		return match?.[1];
	};
	const unescaped = (column: string) => column.replace(/\\"|""/g, '"');
	while (at < text.length) {
		const start = at;
		const row: string[] = [];
		for (;;) {
			take(/( *)/y);
			let column: string | undefined;
			if (text[at] !== '"') column = (take(/((?:[^,\n\r]|\r(?!\n|$))*)/y) as string).replace(/ +$/, "");
			else {
				column = take(/"((?:\\"|""|[^"\\]|\\(?!"))*)"(?!") *(?=,|\r?\n|\r?$)/y);
				if (column !== undefined) column = unescaped(column);
				else {
					// As long as possible, so that the last one closes; a quote alone ends the search.
					column = take(/"((?:\\"|""|[^"\\]|\\(?!"))*\\)"(?=,|\r?\n|\r?$)/y);
					if (column === undefined) break;
					column = `${unescaped(column.slice(0, -1))}\\`;
				}
			}
			row.push(column);
			if (text[at] !== ",") break;
			at++;
		}
		if (row.length === 0 || !/^(?:\r?\n|\r?$)/.test(text.slice(at))) {
			rows.push(undefined);
			const next = text.slice(start).search(/\n\d{3},/);
			at = next < 0 ? text.length : start + next + 1;
			continue;
		}
		take(/(\r?\n?)/y);
		if (row.length > 1 || row[0] !== "") rows.push(row);
	}
	return rows;
}

describe("RowReader", () => {
	const vectors: ReadonlyArray<readonly [claim: string, payload: string, rows: string[][]]> = [
		[
			"backslash escapes and a line feed in quotes",
			'511,sn-1,"say \\"hi\\", then\nstop"',
			[["511", "sn-1", 'say "hi", then\nstop']],
		],
		["doubled quotes", '511,sn-1,"say ""hi"""', [["511", "sn-1", 'say "hi"']]],
		[
			"two rows, the second with a line feed in quotes",
			'510,sn-1\n511,sn-1,"a\nb"',
			[
				["510", "sn-1"],
				["511", "sn-1", "a\nb"],
			],
		],
		["an empty last column", "518,sn-1,", [["518", "sn-1", ""]]],
		["empty columns in the middle", "201,,,x", [["201", "", "", "x"]]],
		["a backslash and an n that stay two characters", "511,sn-1,C:\\n", [["511", "sn-1", "C:\\n"]]],
		["the same inside quotes", '511,sn-1,"C:\\n,"', [["511", "sn-1", "C:\\n,"]]],
		[
			"CRLF behind rows",
			"510,sn-1\r\n511,sn-1,x\r\n",
			[
				["510", "sn-1"],
				["511", "sn-1", "x"],
			],
		],
		["a CR at the very end", "510,sn-1\r", [["510", "sn-1"]]],
		[
			"CRLF behind a closing quote",
			'511,sn-1,"x"\r\n510,sn-1',
			[
				["511", "sn-1", "x"],
				["510", "sn-1"],
			],
		],
		["CRLF inside quotes as data", '511,sn-1,"a\r\nb"', [["511", "sn-1", "a\r\nb"]]],
		["blanks behind commas", "114, c8y_Restart, c8y_Command", [["114", "c8y_Restart", "c8y_Command"]]],
		["a blank in front of a quote", '511, sn-1, "a, b"', [["511", "sn-1", "a, b"]]],
		["blanks at the end of a plain column", "511,sn-1 ,led on  \n", [["511", "sn-1", "led on"]]],
		["blanks inside quotes as data", '511,sn-1," x "', [["511", "sn-1", " x "]]],
		[
			"empty rows between others",
			"\n\n510,sn-1\n\r\n \n511,sn-1,x\n\n",
			[
				["510", "sn-1"],
				["511", "sn-1", "x"],
			],
		],
		["a quote in the middle of a plain column as data", '511,sn-1,5" disk', [["511", "sn-1", '5" disk']]],
		["an empty column in quotes", '511,sn-1,""', [["511", "sn-1", ""]]],
		["nothing", "", []],
	];
	for (const [claim, payload, rows] of vectors)
		it(`reads ${claim}`, () => assert.deepEqual(read(payload), { rows, refused: 0 }));

	it("keeps UTF-8, also of four bytes and beside quotes", () => {
		assert.deepEqual(read('511,größe-1,"züge, 𝄞 ""温度"""').rows, [["511", "größe-1", 'züge, 𝄞 "温度"']]);
	});

	it("refuses a quote without end, and one that something else follows", () => {
		for (const payload of [
			'511,sn-1,"abc',
			'511,sn-1,"abc""',
			'"',
			'511,sn-1,"say "hi" twice"',
			'511,sn-1,"a" b,c',
			'511,sn-1,"a"\rb',
		])
			assert.deepEqual(read(payload), { rows: [], refused: 1 }, payload);
	});

	const doubtful: ReadonlyArray<readonly [claim: string, payload: string, rows: string[][]]> = [
		["at the end", '511,sn-1,"led on, C:\\"', [["511", "sn-1", "led on, C:\\"]]],
		["before CR LF", '511,sn-1,"led on, C:\\"\r\n', [["511", "sn-1", "led on, C:\\"]]],
		[
			"before a row without quotes",
			'511,sn-1,"a, C:\\"\n511,sn-1,led on',
			[
				["511", "sn-1", "a, C:\\"],
				["511", "sn-1", "led on"],
			],
		],
		[
			"before a row with the like",
			'511,sn-1,"a, C:\\"\n511,sn-1,"b, D:\\"\n510,sn-1',
			[
				["511", "sn-1", "a, C:\\"],
				["511", "sn-1", "b, D:\\"],
				["510", "sn-1"],
			],
		],
		["before a column", '515,sn-1,"a, C:\\",1.0,u', [["515", "sn-1", "a, C:\\", "1.0", "u"]]],
		[
			"before a column in quotes",
			'515,sn-1,"a, C:\\","b, c","d, \\"e\\""',
			[["515", "sn-1", "a, C:\\", "b, c", 'd, "e"']],
		],
		["behind escaped quotes", '511,sn-1,"say \\"a, b\\", C:\\"', [["511", "sn-1", 'say "a, b", C:\\']]],
		[
			"behind a line feed",
			'511,sn-1,"a\nC:\\"\n510,sn-1',
			[
				["511", "sn-1", "a\nC:\\"],
				["510", "sn-1"],
			],
		],
		["after a backslash", '511,sn-1,"a, \\\\\\"', [["511", "sn-1", "a, \\\\\\"]]],
	];
	for (const [claim, payload, rows] of doubtful)
		it(`reads a column in quotes that ends in a backslash, ${claim}`, () =>
			assert.deepEqual(read(payload), { rows, refused: 0 }));

	it("goes on behind a row that it cannot read at the next line that begins with an id", () => {
		for (const broken of [
			'511,sn-1,"a',
			'511,sn-1,"a "b" c"',
			'511,sn-1,"a\nb\n,\n5112,x\n51,',
			'"',
			'5,"\n"x',
		])
			assert.deepEqual(
				read(`510,sn-1\n${broken}\n511,sn-1,led on\n510,sn-2`),
				{
					rows: [
						["510", "sn-1"],
						["511", "sn-1", "led on"],
						["510", "sn-2"],
					],
					refused: 1,
				},
				broken,
			);
	});

	it("keeps the beginning of a row that it cannot read", () => {
		const reader = new RowReader();
		const payload = utf8('511,sn-1,"abc');
		reader.reset(payload, 0, payload.length);
		assert.equal(reader.next(), true);
		assert.deepEqual([reader.fault, reader.count, reader.ended], [RowFault.Quote, 3, false]);
		const columns = [0, 1, 2].map((i) =>
			decoder.decode(reader.text.subarray(reader.start(i), reader.end(i))),
		);
		assert.deepEqual(columns, ["511", "sn-1", "abc"]);
	});

	it("reads a row as long as its message", () => {
		for (const [long, column] of [
			["x".repeat(5000), "x".repeat(5000)],
			[`"${'""'.repeat(5000)}"`, '"'.repeat(5000)],
			[`"${'\\"'.repeat(3000)}"`, '"'.repeat(3000)],
		] as const)
			assert.deepEqual(
				read(`510,sn-1\n511,sn-1,${long}\n511,sn-1,ok`),
				{
					rows: [
						["510", "sn-1"],
						["511", "sn-1", column],
						["511", "sn-1", "ok"],
					],
					refused: 0,
				},
				long.slice(0, 14),
			);
	});

	it("counts the columns beyond the limit and keeps the others", () => {
		const reader = new RowReader();
		const payload = utf8(`${Array.from({ length: 100 }, (_, i) => `c${i}`).join(",")}\n510,sn-1`);
		reader.reset(payload, 0, payload.length);
		assert.equal(reader.next(), true);
		assert.equal(reader.count, 100);
		const last = MAX_COLUMNS - 1;
		assert.equal(decoder.decode(reader.text.subarray(reader.start(last), reader.end(last))), `c${last}`);
		assert.equal(reader.next(), true);
		assert.equal(reader.count, 2);
	});

	it("reads each byte of a row a bounded number of times", () => {
		// Each column is read to the end of the payload before its escaped quote is taken for the end.
		for (const piece of ['"\\",""', '"a\\",', '"\\","\\",""']) {
			const payload = utf8(`1,${piece.repeat(1000)}"`);
			let reads = 0;
			const counted = new Proxy(payload, {
				get(bytes, key) {
					reads++;
					return bytes[Number(key)];
				},
			});
			const reader = new RowReader();
			reader.reset(counted, 0, payload.length);
			while (reader.next());
			assert.ok(reads <= 4 * (MAX_COLUMNS + 2) * payload.length, `${piece}: ${reads} of ${payload.length}`);
		}
	});

	const hostile = fc.oneof(
		fc.uint8Array({ maxLength: 400 }),
		fc
			.array(fc.constantFrom(34, 34, 44, 44, 92, 10, 13, 32, 9, 49, 0, 255), { maxLength: 6000 })
			.map((bytes) => Uint8Array.from(bytes)),
	);

	it("reads any bytes without throwing, moves on with every row and keeps columns in bounds", () => {
		fc.assert(
			fc.property(hostile, (bytes) => {
				const reader = new RowReader();
				reader.reset(bytes, 0, bytes.length);
				let rows = 0;
				while (reader.next()) {
					assert.ok(++rows <= bytes.length);
					let before = 0;
					for (let i = 0; i < Math.min(reader.count, MAX_COLUMNS); i++) {
						assert.ok(reader.start(i) >= before && reader.start(i) <= reader.end(i));
						before = reader.end(i);
					}
					assert.ok(before <= bytes.length);
				}
				assert.equal(reader.next(), false);
			}),
			{ numRuns: 400 },
		);
	});

	it("reads a good row behind any hostile row that closes its quotes", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 60 }), (text) => {
				const hostileRow = text.replaceAll('"', "").replaceAll("\n", "");
				assert.deepEqual(read(`${hostileRow}\n511,sn-1,led on`).rows.at(-1), ["511", "sn-1", "led on"]);
			}),
		);
	});

	it("agrees with a second decoder on every text over the special characters", () => {
		const parts = ['"', '"', '\\"', ",", ",", "\\", "\n", "\n511,", "\r\n", "\r", " ", "a", "ü"];
		const text = fc.array(fc.constantFrom(...parts), { maxLength: 24 });
		let refusals = 0;
		fc.assert(
			fc.property(
				text.map((parts) => parts.join("")),
				(payload) => {
					const expected = model(payload);
					const rows = expected.filter((row) => row !== undefined);
					const refused = expected.length - rows.length;
					refusals += refused;
					assert.deepEqual(read(payload), { rows, refused });
				},
			),
			{ numRuns: 5000 },
		);
		assert.ok(refusals > 100, "the refusals were tried as well");
	});
});

describe("quoteColumn", () => {
	const plain = fc.string({ unit: "grapheme", maxLength: 60 }).filter((text) => text.isWellFormed());
	/** What the format has no escape for: a backslash in front of a quote or at the end. */
	const ambiguous = /\\("|$)/;

	it("writes what RowReader reads back, for every text without the documented ambiguity", () => {
		const special = fc
			.array(fc.constantFrom('"', ",", "\n", "\r", "\t", " ", "\\", "x", "é", "𝄞", ":"), { maxLength: 40 })
			.map((parts) => parts.join(""));
		fc.assert(
			fc.property(fc.array(fc.oneof(plain, special), { minLength: 1, maxLength: 5 }), (texts) => {
				const clean = texts.map((text) =>
					// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what quoteColumn drops
					text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g, ""),
				);
				fc.pre(!clean.some((text) => ambiguous.test(text)));
				const row = ["502", ...texts.map((text) => quoteColumn(text, 1000))].join(",");
				assert.deepEqual(read(`${row}\n510,sn-1\n`).rows, [
					["502", ...clean],
					["510", "sn-1"],
				]);
			}),
			{ numRuns: 1500 },
		);
	});

	it("leaves a text without special characters as it is", () => {
		for (const text of ["", "led on", "größe", "a;b", "C:\\n", "5 %"])
			assert.equal(quoteColumn(text, 60), text);
	});

	it("doubles quotes and wraps what needs it", () => {
		for (const [text, column] of [
			["a,b", '"a,b"'],
			['say "hi"', '"say ""hi"""'],
			["a\nb", '"a\nb"'],
			["a\rb", '"a\rb"'],
			["a\tb", '"a\tb"'],
			[" a", '" a"'],
			["a ", '"a "'],
		] as const)
			assert.equal(quoteColumn(text, 60), column);
	});

	it("drops the other control characters", () => {
		assert.equal(quoteColumn("a\u0000b\u001b[1mc\u007f", 60), "ab[1mc");
	});

	it("keeps a text that ends in a backslash inside its column", () => {
		for (const text of ["x\\", "a,b\\", "\\"]) {
			const { rows, refused } = read(`502,${quoteColumn(text, 60)},next`);
			assert.equal(refused, 0);
			assert.deepEqual(
				rows.map((row) => [row.length, row.at(-1)]),
				[[3, "next"]],
			);
		}
	});

	it("keeps a text with a backslash in front of a quote inside its column", () => {
		// `unknown command "x\"; …` is a reason that any operator can cause.
		for (const text of ['say \\"hi\\", twice', 'unknown command "x\\"; there are led, buzzer']) {
			const { rows, refused } = read(`502,${quoteColumn(text, 160)},next`);
			assert.equal(refused, 0, text);
			assert.deepEqual(
				rows.map((row) => [row.length, row.at(-1)]),
				[[3, "next"]],
				text,
			);
		}
	});

	it("cuts a long text visibly and never inside a character or an escaped quote", () => {
		assert.equal(quoteColumn("x".repeat(61), 60), `${"x".repeat(60)}...`);
		assert.equal(quoteColumn("x".repeat(60), 60), "x".repeat(60));
		fc.assert(
			fc.property(
				fc.string({ unit: "binary", maxLength: 80 }),
				fc.integer({ min: 1, max: 40 }),
				(text, max) => {
					const column = quoteColumn(text.replaceAll("\\", ""), max);
					assert.ok(column.isWellFormed());
					assert.ok(column.length <= max + 8);
					assert.equal(read(`502,${column},next`).rows[0]?.at(-1), "next");
				},
			),
		);
	});
});
