// What the SDK's TLS throws, in words.

import assert from "node:assert/strict";
import { tlsWords } from "../../modules/platform/tls-words.js";

const NOW = Date.UTC(2026, 10, 27, 23, 59);

describe("platform: TLS errors in words", () => {
	it("names every reason for which a server's certificate is refused, and the date by the node's clock", () => {
		const words = tlsWords("certificate: auth err", NOW);
		for (const part of ["ca.der", "issuer", "serverName", "2026-11-27", "(certificate: auth err)"])
			assert.ok(words.includes(part), part);
		assert.match(tlsWords("date validation failed", 0), /ca\.der is not valid on 1970-01-01/);
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
