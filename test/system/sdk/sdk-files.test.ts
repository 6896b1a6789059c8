// The files of the SDK that ours lean on without the SDK promising anything: the methods that
// modules/platform/sdk-tls overrides and calls, and the numbers in drivers/esp32.ts. A new version of the SDK
// that changes one of them is noticed here: read what changed, run `npm run smoke:sim` and `smoke:qemu`, and
// then put the new digest here. Skipped without the SDK.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { missingTools, SDK } from "./sdk.js";

/** SHA-256, its first 16 digits, of SDK 8.2.3. */
const FILES: Readonly<Record<string, string>> = {
	"examples/io/tcp/tlssocket/tlssocket.js": "6029948732703e1f",
	"modules/crypt/ssl/session_419.js": "259c9eb1adeab4f7",
	"modules/crypt/ssl/ssl_alert.js": "6c97962e6668ceeb",
	"modules/crypt/ssl/ssl_cache.js": "044cfa91385ac24d",
	"modules/crypt/ssl/ssl_changecipher.js": "b9b5afa0cc23caca",
	"modules/crypt/ssl/ssl_ciphersuites.js": "8110cc26a35e44b6",
	"modules/crypt/ssl/ssl_handshake.js": "437f40c4dab1d16e",
	"modules/crypt/ssl/ssl_record.js": "0c7f81cda34585f3",
	"modules/crypt/ssl/ssl_setup.js": "0628b3e3fdf7d267",
	"modules/crypt/ssl/ssl_stream.js": "fc3b1bf85dcc77b1",
	"modules/crypt/etc/ecdsa.js": "717d27e96e5020ce",
	"modules/crypt/etc/pkcs1_5.js": "b9b1c4356205c555",
	"modules/crypt/etc/gcm.js": "ca36aaa7da6ed122",
	"modules/crypt/etc/x509.js": "8f29e6047ce283a1",
	"modules/crypt/etc/ber.js": "02f4ba9f87d4512a",
	"modules/crypt/tls_common.json": "54b897d0b11ce0d9",
	"modules/files/resource/Resource.js": "d99e66fcf1de2efc",
	"modules/io/analog/esp32/_analog.c": "c408535173eaacdb",
	"modules/io/pwm/esp32/_pwm.c": "e755203228161ded",
	"modules/io/socket/lwip/tcp.c": "5ead5e24eae558cb",
};

describe("Moddable SDK: what we lean on", () => {
	before(function () {
		const why = missingTools();
		if (why !== "") {
			console.log(`    ${why}: the SDK's files are not compared`);
			this.skip();
		}
	});

	for (const [path, digest] of Object.entries(FILES))
		it(`${path} is as it was`, () => {
			const now = createHash("sha256")
				.update(readFileSync(join(SDK, path)))
				.digest("hex")
				.slice(0, 16);
			assert.equal(now, digest, "it changed: see the head of this test");
		});
});
