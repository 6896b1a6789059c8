// The tools of test/system/chip that need neither SDK nor emulator: the reader of a board's serial line, and
// the weights of an image.

import assert from "node:assert/strict";
import { imageParts, sectionSizes } from "../chip/image.js";
import { figuresOf, SerialReader } from "../chip/serial.js";

const SAMPLES = "0,0,0,0,0,11,0,0,0,0,0,141732,100,31392,31988,28880,29680,4208,8192,71,0,0,0,68,0";

describe("the reader of the serial line", () => {
	const LINE = [
		"ESP-ROM:esp32c3-api1\r\nentry 0x1\r\n",
		'\r\n<?xs.3FCBDCB0?>\r\n<xsbug><login name="main" value="XS"/></xsbug>\r\n',
		"<?xs.3FCBDCB0?>\r\n<xsbug><log>mote: gr&#252;n &lt;1&gt; a</log></xsbug>\r\n",
		"<?xs.3FCBDCB0?>\r\n<xsbug><log>&amp; b&#10;</log></xsbug>\r\n",
		`<?xs.3FCBDCB0?>\r\n<xsbug><samples>${SAMPLES}</samples></xsbug>\r\n`,
		"wifi:new:<1,0> text\r\n",
		'<?xs.3FCBDCB0?>\r\n<xsbug><break path="x" line="1">throw!</break></xsbug>\r\n',
		"the end\r\n",
	].join("");
	const TRACE = [
		"ESP-ROM:esp32c3-api1",
		"entry 0x1",
		"",
		"mote: grün <1> a& b",
		"wifi:new:<1,0> text",
		"[break] throw!",
		"the end",
		"",
	].join("\n");

	it("gives the same for every way to cut what comes", () => {
		const bytes = Buffer.from(LINE, "latin1");
		for (let size = 1; size <= bytes.length; size++) {
			const answers: string[] = [];
			const reader = new SerialReader((text) => answers.push(text));
			for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
			assert.equal(reader.trace, TRACE, `pieces of ${size}`);
			assert.deepEqual(answers, Array(2).fill("\r\n<?xs.3FCBDCB0?>\r\n<go/>\r\n"));
			assert.equal(reader.figures.length, 1);
		}
	});

	it("takes the figures of the memory from the samples, and nothing from a broken one", () => {
		assert.deepEqual(figuresOf(SAMPLES), {
			systemFree: 141_732,
			chunksUsed: 31_392,
			chunksAvailable: 31_988,
			slotsUsed: 28_880,
			slotsAvailable: 29_680,
			stackUsed: 4208,
			stackAvailable: 8192,
		});
		assert.equal(figuresOf("1,2,3"), undefined);
		assert.equal(figuresOf(SAMPLES.replace("4208", "x")), undefined);
	});
});

describe("the weights of an image", () => {
	it("adds up the pieces of the linker's map by what they are part of", () => {
		const map = [
			" .text.before    0x10   0x999 xs_esp32c3.a(xsRun.c.o)",
			"Linker script and memory map",
			".iram0.text     0x40380000    0x100",
			" .iram1          0x40380000       0x20 esp-idf/freertos/libfreertos.a(tasks.c.obj)",
			".dram0.bss      0x3fc80000     0x40",
			" .bss            0x3fc80000       0x40 esp-idf/lwip/liblwip.a(tcp.c.obj)",
			".flash.text     0x42000020   0x1000",
			" .text.xs_mote_chip_fact",
			"                0x42020ed4       0x8c xs_esp32c3.a(chip.c.o)",
			"                0x42020ed4                xs_mote_chip_fact",
			" .text.fxRun     0x42020f60      0x100 xs_esp32c3.a(xsRun.c.o)",
			" *fill*          0x42021060        0x2 ",
			" .text           0x42021062       0x10 /lib/libnet80211.a(ieee80211.o)",
			".flash.rodata   0x3c000020   0x1000",
			" .rodata.gxHeap  0x3c000020     0x8000 xs_esp32c3.a(mc.xs.c.o)",
			".debug_info     0x0   0x1000",
			" .debug_info     0x0      0x999 xs_esp32c3.a(xsRun.c.o)",
		].join("\n");
		const parts = Object.fromEntries(
			imageParts(map).map(({ name, flash, ram, zeroed }) => [name, [flash, ram, zeroed]]),
		);
		assert.deepEqual(parts, {
			"preload image: objects and byte code": [0x8000, 0, 0],
			"native modules of the SDK and ours": [0x8c, 0, 0],
			XS: [0x100, 0, 0],
			"Wi-Fi": [0x10, 0, 0],
			lwIP: [0, 0, 0x40],
			"ESP-IDF, the rest": [0, 0x20, 0],
		});
	});

	it("reads the sizes of the sections", () => {
		const printed =
			".iram0.text               74040   1\n.dram0.data                9444   2\n.dram0.bss                20488   3\n";
		assert.deepEqual(sectionSizes(printed), { data: 9444, bss: 20_488, iram: 74_040 });
	});
});
