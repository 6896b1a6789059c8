// What the command lines of `mqtt:sub` and `mqtt:pub` make of an address and of who connects.

import assert from "node:assert/strict";
import { parseAddress } from "../../../host-sim/mqtt-tools/address.js";
import { parseSub } from "../../../host-sim/mqtt-tools/options.js";

describe("mqtt tools: the address of a broker", () => {
	for (const [text, host, port, tls, path] of [
		["mqtt://127.0.0.1", "127.0.0.1", 1883, false, undefined],
		["mqtts://b.example", "b.example", 8883, true, undefined],
		["mqtts://b.example:443/", "b.example", 443, true, undefined],
		["ws://b.example", "b.example", 80, false, "/mqtt"],
		["ws://b.example/", "b.example", 80, false, "/"],
		["ws://b.example:9001/a/b?c=d/e", "b.example", 9001, false, "/a/b?c=d/e"],
		["wss://b.example", "b.example", 443, true, "/mqtt"],
		["wss://b.example:8443", "b.example", 8443, true, "/mqtt"],
		["wss://b.example:443/mqtt", "b.example", 443, true, "/mqtt"],
		["ws://b.example?c=d", "b.example", 80, false, "/?c=d"],
	] as const)
		it(text, () => assert.deepEqual(parseAddress(text), { host, port, tls, path }));

	for (const [text, says] of [
		["b.example", /is an address such as mqtts:\/\/.*not "b\.example"/],
		["https://b.example", /is an address/],
		["mqtts://", /is an address/],
		["mqtts://b.example:0", /is an address/],
		["mqtts://b.example:65536", /is an address/],
		["mqtts://me:secret@b.example", /MOTE_PASSWORD/],
		["mqttss://me:secret@b.example", /MOTE_PASSWORD/],
		["http://b.example/?token=secret", /not "http:\/\/b\.example\/\?…"/],
		["mqtts://b.example/mqtt", /only ws:\/\/ and wss:\/\/ have a path/],
		["mqtt://b.example?x", /only ws:\/\/ and wss:\/\/ have a path/],
		["ws://b.example/mqtt#x", /begins with #/],
		["ws://[::1]:80/mqtt", /know no IPv6/],
	] as const)
		it(`${text} is refused, and nothing secret repeated`, () => {
			assert.throws(
				() => parseAddress(text),
				({ name, message }: Error) =>
					name === "OptionError" && says.test(message) && !message.includes("secret"),
			);
		});
});

describe("mqtt tools: who connects", () => {
	const tls = ["--broker", "mqtts://b.example"];

	it("--device has the client id of Cumulocity, and a session of its own", () => {
		assert.equal(parseSub([...tls, "--device", "mote-1"])?.clientId, "d:mote-1");
		assert.equal(parseSub([...tls, "--device", "mote-1", "--persistent"])?.persistent, true);
		assert.equal(parseSub([...tls, "--client-id", "d:x:y"])?.clientId, "d:x:y");
	});

	it("the password is read with a user name only, and from the environment", () => {
		const before = process.env.MOTE_PASSWORD;
		process.env.MOTE_PASSWORD = "from outside";
		try {
			assert.equal(parseSub([...tls, "--username", "u"])?.password, "from outside");
			assert.equal(parseSub(tls)?.password, undefined);
			assert.throws(() => parseSub([...tls, "--username", "u", "--password", "p"]), /--password/);
		} finally {
			if (before === undefined) delete process.env.MOTE_PASSWORD;
			else process.env.MOTE_PASSWORD = before;
		}
	});

	for (const [args, says] of [
		[["--broker", "mqtts://b", "--port", "1"], /names host and port/],
		[["--broker", "mqtts://b", "--host", "h"], /names host and port/],
		[["--broker", "mqtts://b", "--cert", "c"], /--cert and --key go together/],
		[["--broker", "wss://b", "--key", "k"], /--cert and --key go together/],
		[["--broker", "wss://b", "--cert", "c", "--key", "k", "--username", "u"], /not both/],
		[["--broker", "ws://b", "--ca", "c"], /need TLS: write the broker as mqtts:\/\/ or wss:\/\//],
		[["--broker", "mqtt://b", "--cert", "c", "--key", "k"], /need TLS/],
		[["--port", "1883", "--ca", "c"], /need TLS/],
		[["--broker", "mqtts://b", "--device", "a", "--client-id", "b"], /use one of both/],
		[["--broker", "mqtts://b", "--device", "a:b"], /--device: .*colon/],
		[["--broker", "mqtts://b", "--timeout", "0"], /--timeout: "0" is not a whole number from 1 to 30/],
	] as ReadonlyArray<[string[], RegExp]>)
		it(`${args.join(" ")} is refused`, () => {
			assert.throws(() => parseSub(args), { name: "OptionError", message: says });
		});
});
