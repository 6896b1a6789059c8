// What stands in a log or a reason can be seen.

import assert from "node:assert/strict";
import { visible } from "../../../modules/core/visible.js";

describe("core: visible text", () => {
	it("is the same where all of it can be seen", () => {
		for (const text of ["", "led 40%", "grün €😀", "\u00a0\u2007\u3000", "\\x00"])
			assert.equal(visible(text), text);
	});

	it("writes out what nobody sees, or a terminal acts on", () => {
		for (const [text, shown] of [
			["a\0", "a\\x00"],
			["\t\r\n", "\\x09\\x0d\\x0a"],
			["\x1b[2J\x7f\u009b", "\\x1b[2J\\x7f\\x9b"],
			["\u00ad\u200b\u200f\u2028\u202e", "\\xad\\u{200b}\\u{200f}\\u{2028}\\u{202e}"],
			["\u2060\u2066\ufeff!", "\\u{2060}\\u{2066}\\u{feff}!"],
		] as const)
			assert.equal(visible(text), shown);
	});

	it("leaves nothing that Unicode calls a control or a format character of these", () => {
		for (let c = 0; c < 0x3000; c++) {
			const character = String.fromCharCode(c);
			if (/\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2060-\u206f]/u.test(character))
				assert.match(visible(character), /^\\[xu]/, c.toString(16));
		}
	});
});
