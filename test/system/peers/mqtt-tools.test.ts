// `mqtt:sub` and `mqtt:pub` over TLS and WebSocket with a broker that nobody here wrote.

import assert from "node:assert/strict";
import { startProgram } from "../e2e/cli.js";
import { MOSQUITTO, type Mosquitto, openMosquitto } from "./mosquitto.js";

const sub = (args: readonly string[]) => startProgram("host-sim/mqtt-tools/sub.ts", args);
const pub = (args: readonly string[]) => startProgram("host-sim/mqtt-tools/pub.ts", args);

describe("mqtt tools with Mosquitto", () => {
	let broker: Mosquitto;
	let identity: string[];
	before(async function () {
		if (MOSQUITTO === undefined) {
			console.log("    Mosquitto is not installed (apt-get install mosquitto): these tests are skipped");
			this.skip();
		}
		broker = await openMosquitto();
		const { files } = await broker.device("mote-7");
		identity = ["--ca", broker.ca, "--cert", files.chain, "--key", files.key];
	});
	after(async () => broker?.close());

	const addresses = {
		mqtts: () => ["--broker", `mqtts://localhost:${broker.port}`, ...identity],
		ws: () => ["--broker", `ws://localhost:${broker.wsPort}/mqtt`],
		wss: () => ["--broker", `wss://localhost:${broker.wssPort}/mqtt`, ...identity],
	};
	for (const [scheme, address] of Object.entries(addresses))
		for (const qos of ["0", "1", "2"])
			it(`${scheme}: what mqtt:pub sends at QoS ${qos} mqtt:sub prints, and both leave in order`, async () => {
				const other = sub([...addresses.mqtts(), "--filter", `t/${scheme}/${qos}`, "--qos", "2"]);
				const reader = sub([...address(), "--filter", `t/${scheme}/${qos}`, "--qos", "2"]);
				await Promise.all([other.until(/subscribed at QoS 2/), reader.until(/subscribed at QoS 2/)]);
				const flags = [...address(), "--topic", `t/${scheme}/${qos}`, "--qos", qos];
				const writer = await pub([...flags, "--message", `${"x".repeat(3000)}%n`, "--count", "50"]).ended;
				assert.equal(writer.code, 0, writer.err);
				for (const one of [other, reader]) {
					await one.until(/x50\n/);
					one.stop();
					const { code, out, err } = await one.ended;
					assert.equal(code, 0, err);
					const heard = out.split("\n").filter((line) => line.startsWith("APP "));
					assert.deepEqual(
						heard.map((line) => line.replace(/x+/, "")),
						Array.from(
							{ length: 50 },
							(_, i) => `APP t/${scheme}/${qos}|${qos}|${3000 + String(i + 1).length}|${i + 1}`,
						),
					);
				}
			});

	for (const scheme of ["mqtts", "wss"] as const)
		it(`${scheme}: without an identity it is refused, with a word`, async () => {
			const [option = "", address = ""] = addresses[scheme]();
			const { code, err } = await sub([option, address, "--ca", broker.ca]).ended;
			assert.equal(code, 1);
			assert.match(err, /check --cert and --key/);
		});
});
