// The end of a certificate, from its DER.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { issueRoot, pemToDer } from "../../../certs/library/issue.js";
import { certificateEnd } from "../../../modules/network/certificate-end.js";
import { seeded } from "../../support/seeded.js";

describe("certificateEnd", () => {
	let der: Uint8Array;
	before(async () => {
		der = pemToDer((await issueRoot("pump-7")).certPem);
	});

	it("is what others read, in both forms of a time", async () => {
		for (const end of [
			Date.UTC(2027, 0, 1, 0, 0, 0),
			Date.UTC(2049, 11, 31, 23, 59, 59),
			Date.UTC(2050, 0, 1, 0, 0, 0),
			Date.UTC(2099, 5, 15, 12, 34, 56),
		]) {
			const { certPem } = await issueRoot(`a name of ${"some ".repeat(30)}length`, { notAfter: end });
			const made = pemToDer(certPem);
			assert.equal(certificateEnd(made), end);
			assert.equal(certificateEnd(made), Date.parse(new X509Certificate(made).validTo));
		}
	});

	it("is none of what is cut off before its end", () => {
		const whole = certificateEnd(der);
		let lengths = 0;
		for (let length = 0; length < der.length; length++) {
			const end = certificateEnd(der.subarray(0, length));
			if (Number.isNaN(end)) lengths++;
			else assert.equal(end, whole, "the date stands in what is left");
		}
		assert.ok(lengths > 60);
	});

	it("never throws, whatever the bytes are", () => {
		const random = seeded(7);
		for (let i = 0; i < 20_000; i++) {
			const bytes = Uint8Array.from(der);
			for (let changes = 1 + Math.floor(random() * 4); changes > 0; changes--)
				bytes[Math.floor(random() * 120)] = Math.floor(random() * 256);
			const end = certificateEnd(bytes);
			assert.equal(typeof end, "number");
		}
	});
});
