// Lines of bytes, however they come.

import assert from "node:assert/strict";
import { Lines } from "../../../host-sim/mqtt-tools/lines.js";

function cut(stream: Buffer, size: number, longest = 8): Array<string | undefined> {
	const found: Array<string | undefined> = [];
	const lines = new Lines(
		longest,
		(bytes) => found.push(Buffer.from(bytes).toString("hex")),
		() => found.push(undefined),
	);
	for (let at = 0; at < stream.length; at += size) lines.push(stream.subarray(at, at + size));
	lines.close();
	return found;
}

describe("mqtt:pub: lines of bytes", () => {
	it("end at LF or CR LF, in every chunking, and may hold anything else", () => {
		for (const [stream, lines] of [
			["", []],
			["61", ["61"]],
			["610a", ["61"]],
			["0a", [""]],
			["0d0a", [""]],
			["610d620a", ["610d62"]],
			["610d0d0a", ["610d"]],
			["610d", ["610d"]],
			["a500ff0afe", ["a500ff", "fe"]],
			["e280a80ac2850a0b0c0a", ["e280a8", "c285", "0b0c"]],
			["61626364656667680a69", ["6162636465666768", "69"]],
			["61626364656667680d0a69", ["6162636465666768", "69"]],
			["6162636465666768690a6a", [undefined, "6a"]],
			["6162636465666768690d0a6a", [undefined, "6a"]],
			["61626364656667680d", [undefined]],
			["6161616161616161616161616161616161616161", [undefined]],
		] as const)
			for (const size of [1, 2, 3, 7, 100])
				assert.deepEqual(cut(Buffer.from(stream, "hex"), size), lines, `${stream} in pieces of ${size}`);
	});
});
