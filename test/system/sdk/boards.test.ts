// With the real SDK and without ESP-IDF: every module compiles for each board, the preload image links
// without a warning of ours, and the C side finds every header of the SDK. test/system/chip/idf.test.ts goes
// on from here. Skipped without the SDK.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BOARDS } from "../../../host-sim/engine/boards.js";
import { included, missingHeaders } from "./includes.js";
import { linkForBoard, missingTools, ourWarnings, releaseConfiguration, SDK } from "./sdk.js";

describe("Moddable SDK: boards, without ESP-IDF", () => {
	let scratch = "";
	before(function () {
		const why = missingTools();
		if (why !== "") {
			console.log(`    ${why}: linking for the boards is skipped`);
			this.skip();
		}
	});
	beforeEach(() => {
		scratch = mkdtempSync(join(tmpdir(), "mote-idf-"));
	});
	afterEach(() => {
		if (scratch !== "") rmSync(scratch, { recursive: true, force: true });
	});

	for (const board of BOARDS)
		it(`has the watchdog of ESP-IDF in a release build for ${board}`, async () => {
			const lines = (await releaseConfiguration(board, scratch)).split("\n");
			for (const line of ["EN=y", "INIT=y", "PANIC=y", "TIMEOUT_S=30"])
				assert.ok(lines.includes(`CONFIG_ESP_TASK_WDT_${line}`), line);
		}).timeout(120_000);

	for (const board of BOARDS)
		it(`compiles every module for ${board}, links the preload image without a warning of ours, and misses no header`, async () => {
			const { output, image, makefile } = await linkForBoard(board, scratch);
			assert.deepEqual(ourWarnings(output), []);
			assert.deepEqual(missingHeaders(makefile, SDK), []);
			const bytes = imageBytes(image);
			assert.ok(bytes > 400_000, "the image is there");
			console.log(
				`      ${board}, debug: the preload image takes about ${Math.round(bytes / 1024)} KB of flash`,
			);
		}).timeout(300_000);

	it("would see that a manifest is missing", async () => {
		const { makefile } = await linkForBoard("esp32c3", scratch);
		const folder = join(SDK, "modules/pins/digital/esp32");
		assert.ok(makefile.includes(`-I${folder}`));
		const missing = missingHeaders(makefile.replace(`-I${folder}`, "-I/nowhere"), SDK);
		assert.ok(
			missing.some((line) => line.startsWith("spi.c includes modGPIO.h")),
			missing.join("\n"),
		);
	}).timeout(300_000);
});

describe("includes of the C side", () => {
	it("counts those of this chip only", () => {
		const text = [
			'#include "a.h"',
			"#include <system.h>",
			"#if ESP32",
			'\t#include "b.h"',
			"#elif defined(__ZEPHYR__)",
			'#include "zephyr.h"',
			"#else",
			'#include "c.h"',
			"#endif",
			"#if nrf52",
			"#if ESP32",
			'#include "nrf.h"',
			"#endif",
			"#endif",
			'/* #include "comment.h" */',
			'  # include "d.h"',
		];
		assert.deepEqual(included(text.join("\n")), ["a.h", "b.h", "c.h", "d.h"]);
	});
});

/**
 * What the image takes in flash, by its C source: objects of 16 bytes, texts and byte code at addresses that
 * are multiples of 4, tables. For the source that ESP-IDF compiled it came within 1 % of the linked image
 * (733,013 and 645,002 bytes); without ESP-IDF the image is 2 % smaller.
 */
function imageBytes(source: string): number {
	const sum = (pattern: RegExp, size: number) =>
		[...new Map([...source.matchAll(pattern)].map(([text, count]) => [text, Number(count)])).values()].reduce(
			(total, count) => total + count * size,
			0,
		);
	const texts = new Set<string>();
	for (const line of source.split("\n"))
		if (!line.startsWith("#"))
			for (const [, text] of line.matchAll(/"((?:[^"\\]|\\.)*)"/g)) texts.add(text as string);
	let bytes = 0;
	for (const text of texts)
		bytes += (text.replace(/\\x[\da-fA-F]{1,2}|\\[0-7]{1,3}|\\./g, "_").length + 4) & ~3;
	return (
		bytes +
		sum(/#define mx(?:Heap|Stack)Count (\d+)/g, 16) +
		sum(/#define mx(?:Keys|Names|Symbols)Count (\d+)/g, 4) +
		sum(/#define mxScriptsCount (\d+)/g, 36) +
		sum(/static const txU1 gxCode\d+\[(\d+)\]/g, 1) +
		sum(/static const xsHostBuilder gxBuilders\[(\d+)\]/g, 12) +
		(source.includes("gxColors[") ? sum(/#define mxKeysCount (\d+)/g, 2) : 0)
	);
}
