// The session against real brokers through a proxy that cuts, stalls and throttles. `npm run peers:cuts` is
// the long form.

import assert from "node:assert/strict";
import { seeded } from "../../support/seeded.js";
import { type CutReport, runCuts } from "./cuts.js";
import { openAedes, openMosquittoPlain, type PlainBroker } from "./plain-brokers.js";

const MESSAGES = 500;

for (const [name, open] of [
	["Mosquitto", openMosquittoPlain],
	["aedes", openAedes],
] as const)
	describe(`peers: cuts between the session and ${name}`, () => {
		let broker: PlainBroker | undefined;
		before(async function () {
			broker = await open();
			if (broker === undefined) this.skip();
		});
		after(() => broker?.close());

		for (const direction of ["out", "in"] as const)
			for (const qos of [1, 2] as const) {
				// Those that aedes itself loses and repeats are told apart in the report.
				const excused = name === "aedes" && direction === "in" && qos === 2;
				const promise = `nothing is lost${qos === 2 ? ", nothing comes twice" : ""}`;
				it(`QoS ${qos} ${direction}: ${promise}${excused ? ", but by the broker itself" : ""}`, async () => {
					const { port } = broker as PlainBroker;
					const report: CutReport = await runCuts({
						...{ port, qos, direction, messages: MESSAGES, persistent: true, cutEvery: 100 },
						trouble: { stallAfter: () => 3_000, stallMs: 50, bytesPerMs: 500 },
						random: seeded(11),
					});
					assert.equal(report.lost, excused ? report.brokerLost : 0);
					assert.ok(report.cuts >= 3 && report.resumed >= 1, JSON.stringify(report));
					if (qos === 2)
						assert.ok(report.twice <= (excused ? report.brokerRepeated : 0), JSON.stringify(report));
					if (name === "Mosquitto" || direction === "out") assert.equal(report.disorder, 0);
				});
			}
	});
