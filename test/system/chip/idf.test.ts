// With ESP-IDF: every board folder is built whole, and the images are weighed. Skipped, with a word, where
// ESP-IDF or the compiler of a chip is not there. `npm run smoke:esp32`.

import assert from "node:assert/strict";
import { BOARDS } from "../../../host-sim/engine/boards.js";
import { chipOf, missingTools } from "../sdk/sdk.js";
import {
	BUILD_MS,
	buildImage,
	type Image,
	type Kind,
	missingCompiler,
	missingIdf,
	ownWarnings,
} from "./idf.js";

/** Bytes of its slot that a release leaves free, for what newer versions bring. */
const LEAST_FREE = 160 * 1024;

const KINDS: ReadonlyArray<readonly [board: string, kind: Kind]> = BOARDS.flatMap((board) =>
	// The machine of little memory differs in its `creation` only.
	(board === "esp32c3-min" ? ["release" as const] : ["debug" as const, "release" as const]).map(
		(kind) => [board, kind] as const,
	),
);

describe("ESP-IDF: boards", () => {
	const built: Array<readonly [board: string, kind: Kind, image: Image]> = [];
	before(async function () {
		this.timeout(60_000);
		const why = await missingIdf();
		if (why === "") return;
		if (missingTools() === "")
			console.log(`    reached: without ESP-IDF (${why}); nothing was compiled for a chip`);
		this.skip();
	});
	after(() => {
		if (built.length === 0) return;
		console.log(`    reached: with ESP-IDF, ${[...new Set(built.map(([board]) => board))].join(", ")}`);
		console.log(table(built));
	});

	for (const [board, kind] of KINDS)
		it(`builds ${board}, ${kind}, without a warning about ours`, async function () {
			const why = missingCompiler(chipOf(board));
			if (why !== "") {
				console.log(`      ${why}: ${board} is not built`);
				this.skip();
			}
			const image = await buildImage(board, kind);
			built.push([board, kind, image]);
			assert.deepEqual(ownWarnings(image.output), []);
			const weighed = image.parts.reduce((sum, part) => sum + part.flash + part.ram, 0);
			assert.ok(Math.abs(weighed - image.bytes) < image.bytes * 0.02, `parts ${weighed} of ${image.bytes}`);
			if (kind === "release")
				assert.ok(
					image.slotBytes - image.bytes >= LEAST_FREE,
					`${image.bytes} of ${image.slotBytes} bytes: less than ${LEAST_FREE} are free`,
				);
			else assert.ok(image.bytes <= image.slotBytes);
		}).timeout(BUILD_MS);
});

/** Markdown, as the documents have it. */
function table(built: ReadonlyArray<readonly [string, Kind, Image]>): string {
	const names = [...new Set(built.flatMap(([, , image]) => image.parts.map(({ name }) => name)))];
	const row = (name: string, cell: (image: Image) => string) =>
		`| ${[name, ...built.map(([, , image]) => cell(image))].join(" | ")} |`;
	const bytes = (n: number) => n.toLocaleString("en-US");
	return [
		`| bytes | ${built.map(([board, kind]) => `${board}, ${kind}`).join(" | ")} |`,
		`|---|${built.map(() => "---|").join("")}`,
		...names.map((name) =>
			row(name, ({ parts }) => {
				const part = parts.find((other) => other.name === name);
				return bytes(part ? part.flash + part.ram : 0);
			}),
		),
		...[...new Set(built.flatMap(([, , image]) => [...image.rooms.keys()]))].map((name) =>
			row(`compiled modules: ${name}`, ({ rooms }) => bytes(rooms.get(name) ?? 0)),
		),
		row("image", (image) => bytes(image.bytes)),
		row("of its slot", (image) => `${((100 * image.bytes) / image.slotBytes).toFixed(1)} %`),
		row(".data", ({ sections }) => bytes(sections.data)),
		row(".bss", ({ sections }) => bytes(sections.bss)),
		row("IRAM", ({ sections }) => bytes(sections.iram)),
	].join("\n");
}
