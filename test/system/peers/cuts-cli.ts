// `npm run peers:cuts`: the long form of the cut test against Mosquitto and aedes, with a table.

import { parseArgs } from "node:util";
import { printTable } from "../../evidence/bench/table.js";
import { seeded } from "../../support/seeded.js";
import { runCuts } from "./cuts.js";
import { openBrokers } from "./plain-brokers.js";

const { values } = parseArgs({
	options: {
		messages: { type: "string", default: "10000" },
		"cut-every": { type: "string", default: "300" },
		seed: { type: "string", default: "1" },
	},
});
const messages = Number(values.messages);
const rows: Array<Array<string | number>> = [];
let bad = 0;
for (const open of openBrokers()) {
	const broker = await open();
	if (broker === undefined) continue;
	for (const direction of ["out", "in"] as const)
		for (const qos of [1, 2] as const)
			for (const trouble of ["cut", "cut, stall, throttle"] as const) {
				process.stderr.write(`${broker.name}, QoS ${qos} ${direction}, ${trouble}\n`);
				const report = await runCuts({
					port: broker.port,
					...{ qos, direction, messages, persistent: true, cutEvery: Number(values["cut-every"]) },
					random: seeded(Number(values.seed)),
					...(trouble === "cut"
						? {}
						: { trouble: { stallAfter: () => 4_000, stallMs: 300, bytesPerMs: 200 } }),
				});

				if (report.lost > report.brokerLost || (qos === 2 && report.twice > report.brokerRepeated)) bad++;
				rows.push([
					...[broker.name, qos, direction, trouble, messages, report.cuts, report.stalls],
					...[
						report.resumed,
						report.lost,
						report.twice,
						report.brokerRepeated,
						report.disorder,
						report.seconds.toFixed(1),
					],
				]);
			}
	await broker.close();
}
printTable(
	"Messages through a proxy that cuts the connection, in a session that persists",
	...([
		["broker", "QoS", "way", "trouble", "messages", "cuts", "stalls"].concat([
			"resumed",
			"lost",
			"by the broker",
			"twice",
			"by the broker",
			"out of order",
			"s",
		]),
		rows,
	] as const),
);
process.exit(bad > 0 ? 1 : 0);
