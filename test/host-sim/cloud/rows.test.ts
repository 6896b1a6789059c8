// SmartREST rows and the times in them, as the Cumulocity stand-in reads and writes them.
import assert from "node:assert/strict";
import { decimal, isoTime } from "../../../host-sim/cloud/cumulocity/arguments.js";
import { deviceIdentifier } from "../../../host-sim/cloud/cumulocity/client-id.js";
import { formatRow, parseRows } from "../../../host-sim/cloud/cumulocity/rows.js";

const columns = (text: string): string[][] => parseRows(text).map((row) => row.columns);

describe("SmartREST rows", () => {
	const read: [string, string, string[][]][] = [
		["plain columns", "200,f,s,1", [["200", "f", "s", "1"]]],
		[
			"backslash escapes and a line feed",
			'511,sn-1,"say \\"hi\\", then\nstop"',
			[["511", "sn-1", 'say "hi", then\nstop']],
		],
		["doubled quotes", '511,sn-1,"say ""hi"""', [["511", "sn-1", 'say "hi"']]],
		[
			"two rows, a line feed inside the second",
			'510,sn-1\n511,sn-1,"a\nb"',
			[
				["510", "sn-1"],
				["511", "sn-1", "a\nb"],
			],
		],
		["an empty last column", "518,sn-1,", [["518", "sn-1", ""]]],
		["a literal backslash", "511,sn-1,C:\\n", [["511", "sn-1", "C:\\n"]]],
		["a backslash inside quotes", '1,"C:\\dir,x"', [["1", "C:\\dir,x"]]],
		[
			"CRLF and empty rows",
			'\r\n100,a\r\n\n110,"b"\r\n',
			[
				["100", "a"],
				["110", "b"],
			],
		],
		["CRLF inside quotes", '1,"a\r\nb"', [["1", "a\r\nb"]]],
		["blanks around columns", '1, a , "b" ,c', [["1", "a", "b", "c"]]],
		["empty quotes", '1,"",2', [["1", "", "2"]]],
		["a quote inside an unquoted column", '1,5" disk', [["1", '5" disk']]],
		["nothing", "", []],
	];
	for (const [name, text, expected] of read) {
		it(`reads ${name}`, () => {
			assert.deepEqual(columns(text), expected);
			assert.ok(parseRows(text).every(({ malformed }) => malformed === undefined));
		});
	}

	it("marks malformed rows", () => {
		assert.match(parseRows('400,t,"open\n200,f,s,1')[0]?.malformed ?? "", /not closed/);
		assert.match(parseRows('400,t,"a"b,c')[0]?.malformed ?? "", /after a closing quote/);
		assert.equal(parseRows('400,t,"a"b\n401')[1]?.malformed, undefined);
	});

	it("writes what it reads, in both ways of quoting", () => {
		const row = ["511", "sn", 'a "b", c\nd', " x ", "plain", "", "tab\t"];
		for (const quoting of ["backslash", "double"] as const) {
			assert.deepEqual(columns(formatRow(row, quoting)), [row]);
		}
		assert.equal(formatRow(["511", "sn", 'say "x"'], "backslash"), '511,sn,"say \\"x\\""');
		assert.equal(formatRow(["511", "sn", 'say "x"'], "double"), '511,sn,"say ""x"""');
		assert.equal(formatRow(["511", "sn", "led on"], "backslash"), "511,sn,led on");
	});

	it("reads numbers strictly", () => {
		for (const [text, value] of [
			["1", 1],
			["-1.50", -1.5],
			["+2e3", 2000],
			[".5", 0.5],
		] as const) {
			assert.equal(decimal(text), value);
		}
		for (const text of ["", "1,5", "NaN", "Infinity", "0x10", "1e999", "1 2", "e5", "."]) {
			assert.equal(decimal(text), undefined, text);
		}
	});

	it("reads times with an offset only", () => {
		const at = Date.UTC(2026, 10, 20, 10, 15, 30, 250);
		assert.equal(isoTime("2026-11-20T10:15:30.250Z"), at);
		assert.equal(isoTime("2026-11-20T11:15:30.250+01:00"), at);
		assert.equal(isoTime("2026-11-20T07:45:30.250-0230"), at);
		assert.equal(isoTime("2026-11-20T10:15:30Z"), at - 250);
		for (const text of [
			"2026-11-20T10:15:30.250",
			"2026-02-30T10:15:30Z",
			"2026-11-20 10:15:30Z",
			"24:00",
			"2026-11-20T24:00:00Z",
		]) {
			assert.equal(isoTime(text), undefined, text);
		}
	});

	it("finds the device identifier", () => {
		for (const id of ["sn-1", "d:sn-1", "d:sn-1:template", "sn-1:template"])
			assert.equal(deviceIdentifier(id), "sn-1");
		for (const id of ["", ":", "d:", "d::t", "x:sn:t", "d:a:b:c"])
			assert.equal(deviceIdentifier(id), undefined, id);
	});
});
