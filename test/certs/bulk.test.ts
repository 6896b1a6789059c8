// bulk: the file as a reader of CSV sees it, and what is refused.

import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import fc from "fast-check";
import { bulkCsv, checkList, MAX_DEVICES, readList } from "../../certs/library/bulk.js";
import { CertsBench } from "./bench.js";

const HEADERS = "ID,CREDENTIALS,AUTH_TYPE,TYPE,NAME,com_cumulocity_model_Agent.active";

/** RFC 4180, by the letter: rows of fields. */
function readCsv(text: string): string[][] {
	const rows: string[][] = [];
	let row: string[] = [];
	for (const [, quoted, bare = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
		row.push(quoted?.replaceAll('""', '"') ?? bare);
		if (end === "\n") {
			rows.push(row);
			row = [];
		}
	}
	return rows;
}

describe("certs: bulk registration", () => {
	const bench = new CertsBench();
	after(() => bench.close());
	const mode = (name: string) => statSync(bench.path(name)).mode & 0o777;

	it("writes a row for each id, with the certificate as what authenticates it", async () => {
		const { out } = await bench.done("bulk", "mote-0001", "mote-0002");
		assert.equal(
			bench.text("own/bulk.csv"),
			`${HEADERS}\nmote-0001,,CERTIFICATES,mote,mote-0001,true\nmote-0002,,CERTIFICATES,mote,mote-0002,true\n`,
		);
		assert.match(out, /2 devices, AUTH_TYPE CERTIFICATES/);
		assert.match(
			out,
			/-F 'file=@.*own\/bulk\.csv;type=text\/csv' .*\n.*\/devicecontrol\/bulkNewDeviceRequests\n/,
		);
		assert.equal(mode("own"), 0o700);
	});

	it("takes ids and names from a file as editors leave it, after those of the command line", async () => {
		const list = bench.write(
			"ids.txt",
			'\ufeff# hall 3\r\n\r\nb1\tPump 7, the "old" one\r\n  b2  \r\nb3;x  Düse; links\n',
		);
		await bench.done("bulk", "a1", "--list", list, "--type", "pump, small", "--out", bench.path("some.csv"));
		assert.equal(
			bench.text("some.csv"),
			[
				HEADERS,
				'a1,,CERTIFICATES,"pump, small",a1,true',
				'b1,,CERTIFICATES,"pump, small","Pump 7, the ""old"" one",true',
				'b2,,CERTIFICATES,"pump, small",b2,true',
				'"b3;x",,CERTIFICATES,"pump, small","Düse; links",true',
				"",
			].join("\n"),
		);
	});

	it("is read as it was meant, whatever ids and names are made of", () => {
		const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
		const names = text.filter((name) => !/\p{C}/u.test(name) && name.length <= 64);
		// The longest common name has 64 bytes.
		const ids = names.filter((id) => !/[\s:/\\+#]/.test(id) && Buffer.byteLength(id) <= 64);
		const list = fc.uniqueArray(fc.record({ id: ids, name: names }), {
			selector: ({ id }) => id,
			minLength: 1,
		});
		fc.assert(
			fc.property(list, names, (some, type) => {
				const listed = some.map((one) => ({ ...one, place: "here" }));
				checkList(listed);
				const [headers, ...rows] = readCsv(bulkCsv(listed, { type, basic: false }));
				assert.equal(headers?.join(), HEADERS);
				assert.deepEqual(
					rows,
					some.map(({ id, name }) => [id, "", "CERTIFICATES", type, name, "true"]),
				);
			}),
		);
	});

	it("gives passwords where they are asked for, in a private file, and prints none", async () => {
		const { out, note } = await bench.done("bulk", "p1", "p2", "--basic", "--out", bench.path("basic.csv"));
		assert.equal(mode("basic.csv"), 0o600);
		const [, ...rows] = readCsv(bench.text("basic.csv"));
		assert.deepEqual(
			rows.map(([id, , kind]) => [id, kind]),
			[
				["p1", "BASIC"],
				["p2", "BASIC"],
			],
		);
		const passwords = rows.map(([, password = ""]) => password);
		assert.equal(new Set(passwords).size, 2);
		for (const password of passwords) {
			assert.match(password, /^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[-_.!])[\w.!-]{24}$/);
			assert.ok(!(out + note).includes(password));
		}
		assert.match(out, /keep it to yourself.*\n.*TENANT\/device_ID/);
	});

	it("overwrites nothing but by --force, and a private file stays private", async () => {
		const path = bench.path("basic.csv");
		const before = bench.text("basic.csv");
		const refused = await bench.run("bulk", "p1", "--basic", "--out", path);
		assert.equal(refused.code, 2);
		assert.match(refused.note, /is there already, perhaps with passwords in use; --force/);
		assert.equal(bench.text("basic.csv"), before);
		await bench.done("bulk", "p1", "--basic", "--out", path, "--force");
		assert.notEqual(bench.text("basic.csv"), before);
		assert.equal(mode("basic.csv"), 0o600);
	});

	for (const [name, lines, words] of [
		["a colon", "a\nb:c\n", /^list\.txt, line 2: the device's id "b:c" has a colon/],
		["a slash", "\n# x\na/b", /^list\.txt, line 3: .*means something in topics/],
		["a long id", "x".repeat(65), /^list\.txt, line 1: .*longer than 64 bytes/],
		[
			"one twice",
			"a\n\nb\na Pump\n",
			/^list\.txt, line 4: the device "a" stands there already \(list\.txt, line 1\)/,
		],
		["a long name", `a\nb ${"n".repeat(65)}`, /^list\.txt, line 2: the name has 1 to 64 printable/],
		["a hidden character", "a Pump\u202e7", /^list\.txt, line 1: the name has/],
		["nothing", "# nobody\n", /has no device in it/],
		["Latin-1", Buffer.from("a D\u00fcse", "latin1"), /^list\.txt is not UTF-8/],
		["UTF-16", Buffer.from("\ufeffa", "utf16le"), /^list\.txt is not UTF-8/],
		["too much", "x\n".repeat(200_000), /larger than 256 KB: that is no list of ids/],
	] as const)
		it(`refuses a list with ${name}, and says where`, async () => {
			const { code, note } = await bench.run(
				...["bulk", "--list", bench.write("list.txt", lines), "--out", bench.path("none.csv")],
			);
			assert.equal(code, 2);
			assert.match(note, words);
			assert.ok(!existsSync(bench.path("none.csv")));
		});

	for (const [args, words] of [
		[["bulk"], /needs ids: npm run certs -- bulk ID…, or --list FILE/],
		[["bulk", "a", "a"], /^id 2: the device "a" stands there already \(id 1\)/],
		[["bulk", "a", "--type", ""], /--type has 1 to 64/],
		[["bulk", "--list", "/nowhere/list"], /cannot be read \(ENOENT\)/],
	] as const)
		it(`refuses ${args.join(" ")}`, async () => {
			const { code, note } = await bench.run(...args);
			assert.equal(code, 2);
			assert.match(note, words);
		});

	it("refuses more devices than one file should have", () => {
		const list = (count: number) =>
			readList(Buffer.from(Array.from({ length: count }, (_, i) => `d${i}`).join("\n")), "f");
		checkList(list(MAX_DEVICES));
		assert.throws(() => checkList(list(MAX_DEVICES + 1)), /has 10001 devices: register at most 10000/);
	});
});
