// A test file that is written is run: `npm test` finds it by itself, wherever it lies below test/.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, sources } from "./sources.js";

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
	scripts: Record<string, string>;
};
/** The folders of a glob such as test/@(a|b)/**; with "!" all others. */
const FOLDERS = /"test\/([@!])\(([^)]*)\)\/\*\*\/\*\.test\.ts"/g;

describe("test files", () => {
	const files = sources("test").flatMap(({ path }) => (path.endsWith(".test.ts") ? [path] : []));
	const globs = [...(scripts.test ?? "").matchAll(FOLDERS)].map(([, sign, names = ""]) => ({
		named: names.split("|"),
		takes: sign === "@",
	}));

	it("are each run by one command of package.json", () => {
		assert.ok(files.length > 80 && globs.length === 2);
		for (const path of files) {
			const [, folder = "", ...rest] = path.split("/");
			assert.ok(rest.length > 0, `${path} is in no folder`);
			const runs = globs.filter(({ named, takes }) => named.includes(folder) === takes).length;
			if (folder === "structure") assert.match(scripts.check ?? "", /test\/structure\/\*\.test\.ts/);
			else if (path.startsWith("test/system/chip/"))
				assert.ok(
					Object.entries(scripts).some(
						([name, command]) => name.startsWith("smoke:") && command.includes(path),
					),
					`${path} is in no smoke command`,
				);
			else assert.equal(runs, 1, `${path} is run ${runs} times`);
		}
	});
});
