// Documents are true and short: links lead somewhere, every shell block is tried or says why not, docs/settings.md is
// what the schema says, and lines have at most 110 columns.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { documents, readDocument, shellBlocks } from "../support/documents.js";
import { DOCUMENT, settingsDocument } from "./settings-document.js";
import { ROOT, sources } from "./sources.js";

/** Most lines of a document. */
const LENGTHS: Readonly<Record<string, number>> = {
	"README.md": 150,
	"CONTRIBUTING.md": 80,
	"docs/running.md": 200,
	"docs/clouds.md": 200,
	"docs/boards.md": 150,
	"docs/clients.md": 120,
	"docs/cloud-documents.md": 130,
	"docs/sensors.md": 200,
	"docs/design.md": 150,
	"docs/evidence.md": 200,
};
const COLUMNS = 110;
/** As the formatter counts a tab. */
const width = (line: string): number => line.replaceAll("\t", "  ").length;

/** What a heading is called in a link. */
const anchor = (heading: string): string =>
	heading
		.toLowerCase()
		.replace(/[^\w\- ]/g, "")
		.replaceAll(" ", "-");

describe("documents", () => {
	const all = documents();
	const blocks = all.flatMap(shellBlocks);

	it("are no longer than they may be", () => {
		for (const [path, most] of Object.entries(LENGTHS)) {
			const lines = readDocument(path).trimEnd().split("\n").length;
			assert.ok(lines <= most, `${path}: ${lines} lines, at most ${most}`);
		}
	});

	it("name a test for all that Mote does of the clouds' documents, and the tests are there", () => {
		const rows = readDocument("docs/cloud-documents.md")
			.split("\n")
			.filter((line) => /^\| (?!---|section)/.test(line))
			.map((line) => line.split("|").map((cell) => cell.trim()));
		assert.ok(rows.length > 70, `${rows.length} rows`);
		for (const [, section = "", does = "", tests = ""] of rows) {
			assert.match(does, /^(yes|tool|later|left out)\b/, section);
			if (/^(yes|tool)/.test(does)) assert.notEqual(tests, "", `${section}: no test`);
			if (does.startsWith("left out")) assert.match(does, /: \S+ \S+/, `${section}: no reason`);
			for (const [, name = ""] of tests.matchAll(/`([^`]+)`/g))
				assert.ok(existsSync(join(ROOT, "test", `${name}.test.ts`)), `${section}: ${name}`);
		}
	});

	it("link to what is there", () => {
		let links = 0;
		for (const path of all)
			for (const [, target = ""] of readDocument(path).matchAll(/\]\(([^)\s]+)\)/g)) {
				if (/^https?:/.test(target)) continue;
				links++;
				const [file = "", heading] = target.split("#");
				const found = file === "" ? path : join(dirname(path), file);
				assert.ok(existsSync(join(ROOT, found)), `${path} links to ${target}`);
				if (heading === undefined) continue;
				const headings = [...readDocument(found).matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) =>
					anchor(text),
				);
				assert.ok(headings.includes(heading), `${path} links to ${target}`);
			}
		assert.ok(links > 50, `${links} links`);
	});

	it("name files that are there", () => {
		for (const path of all.filter((one) => one !== "CHANGELOG.md"))
			for (const [, file = ""] of readDocument(path).matchAll(
				/`((?:test|modules|drivers|host-sim)\/[\w/.-]+\.\w+)`/g,
			))
				assert.ok(existsSync(join(ROOT, file)), `${path} names ${file}`);
	});

	it("say of each shell block how it is tried", () => {
		assert.ok(blocks.length > 15, `${blocks.length} blocks`);
		for (const { document, line, way, about, commands } of blocks) {
			const where = `${document}:${line}`;
			assert.match(way, /^(|test|short|operator|cannot run here)$/, where);
			assert.ok(commands.length > 0, where);
			if (way === "cannot run here") assert.ok(about.length > 10, `${where}: no reason`);
			if (way === "test")
				for (const [file] of about.matchAll(/[\w./-]+\.test\.ts|\.ci\/run/g))
					assert.ok(existsSync(join(ROOT, file)), `${where} names ${file}`);
			if (way === "test") assert.match(about, /\.test\.ts|\.ci\/run/, where);
		}
	});

	it("has every setting as the schema says (else: npm run docs)", () => {
		assert.equal(readDocument(DOCUMENT), settingsDocument());
	});

	it(`have at most ${COLUMNS} columns, but for tables, addresses and output`, () => {
		for (const path of all) {
			let output = false;
			for (const [at, line] of readDocument(path).split("\n").entries()) {
				if (line.startsWith("```")) output = !output;
				if (output || line.startsWith("|")) continue;
				const shown = line.replace(/\]\([^)]*\)/g, "]").replace(/https?:\/\/\S+/g, "");
				assert.ok(width(shown) <= COLUMNS, `${path}:${at + 1}: ${width(shown)} columns`);
			}
		}
	});

	it(`and code has, but for tables in comments and texts that stand in one piece`, () => {
		const code = sources("main.ts", "modules", "drivers", "certs", "host-sim", "test");
		for (const { path, text } of code)
			for (const [at, line] of text.split("\n").entries()) {
				if (width(line) <= COLUMNS) continue;
				const table = /^\s*(\/\/|\*|\S+ ).*\S {2,}\S/.test(line);
				const bare = line.replace(
					/"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)*'|\/(?:[^/\\]|\\.)+\/\w*/g,
					'""',
				);
				assert.ok(table || width(bare) <= COLUMNS, `${path}:${at + 1}: ${width(line)} columns`);
			}
	});
});
