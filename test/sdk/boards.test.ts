// With the real SDK: every module compiles for each board, and the preload image links without a warning of ours. Prints
// what is known of the image's size without ESP-IDF. Skipped where the SDK is not there.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkForBoard, missing, ourWarnings, ROOT, releaseConfiguration } from "./sdk.js";

describe("Moddable SDK: boards", () => {
	before(function () {
		const why = missing();
		if (why !== "") {
			console.log(`    ${why}: linking for the boards is skipped`);
			this.skip();
		}
	});

	for (const board of readdirSync(join(ROOT, "drivers/boards")))
		it(`has the watchdog of ESP-IDF in a release build for ${board}`, async () => {
			const scratch = mkdtempSync(join(tmpdir(), "mote-idf-"));
			try {
				const lines = (await releaseConfiguration(board, scratch)).split("\n");
				for (const line of ["EN=y", "INIT=y", "PANIC=y", "TIMEOUT_S=30"])
					assert.ok(lines.includes(`CONFIG_ESP_TASK_WDT_${line}`), line);
			} finally {
				rmSync(scratch, { recursive: true });
			}
		}).timeout(120_000);

	for (const board of readdirSync(join(ROOT, "drivers/boards")))
		it(`compiles every module for ${board} and links the preload image without a warning of ours`, async () => {
			const scratch = mkdtempSync(join(tmpdir(), "mote-idf-"));
			try {
				const { output, image } = await linkForBoard(board, scratch);
				assert.deepEqual(ourWarnings(output), []);
				const bytes = imageBytes(image);
				assert.ok(bytes > 100_000, "the image is there");
				const slot = slotBytes(board);
				assert.ok(bytes < slot, "the image is larger than its slot");
				const kB = (n: number) => `${Math.round(n / 1024)} KB`;
				console.log(
					`      ${board}: preloaded objects and byte code ${kB(bytes)} of the ${kB(slot)} of an OTA slot; XS, ESP-IDF and Wi-Fi come to it`,
				);
			} finally {
				rmSync(scratch, { recursive: true });
			}
		}).timeout(300_000);
});

/** What the linked image takes in flash: slots of 16 bytes and byte code. */
function imageBytes(source: string): number {
	let bytes = 0;
	for (const [, count] of source.matchAll(/#define mx(?:Heap|Stack)Count (\d+)/g))
		bytes += 16 * Number(count);
	for (const [, count] of source.matchAll(/static const txU1 gxCode\d+\[(\d+)\]/g)) bytes += Number(count);
	return bytes;
}

function slotBytes(board: string): number {
	const table = readFileSync(join(ROOT, `drivers/boards/${board}/partitions.csv`), "utf8");
	return Number(/^ota_0,.*?,\s*(0x[\dA-Fa-f]+),\s*$/m.exec(table)?.[1]);
}
