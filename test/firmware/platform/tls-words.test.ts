// What the SDK's TLS throws, in words.

import assert from "node:assert/strict";
import { tlsWords } from "../../../modules/platform/tls-words.js";

const NOW = Date.UTC(2026, 10, 27, 23, 59);

describe("platform: TLS errors in words", () => {
	it("names the date by the node's clock where that may be what is wrong", () => {
		assert.match(
			tlsWords("date validation failed", NOW),
			/ca\.der is not valid on 2026-11-27.*\(date validation failed\)/,
		);
	});

	it("tells the server's alerts apart", () => {
		assert.match(tlsWords("alert: 2, 48", NOW), /does not know who signed our certificate.*\(alert: 2, 48\)/);
		assert.match(tlsWords("alert: 2, 45", NOW), /our certificate has expired/);
		assert.match(tlsWords("alert: 2, 99", NOW), /alert 99/);
		assert.match(tlsWords("alert: nonsense", NOW), /ends the handshake/);
	});

	it("leaves other messages as they are, those of Node's TLS among them", () => {
		for (const message of [
			"",
			"invalid protocol",
			"ERR_TLS_CERT_ALTNAME_INVALID",
			"Client network socket disconnected",
		])
			assert.equal(tlsWords(message, NOW), message);
	});
});
