// The parser under mutated streams, in short; `npm run fuzz:parser` is the long form.

import assert from "node:assert/strict";
import { fuzzParser } from "./parser.js";

/** What we refuse and `mqtt-packet` does not, by the statement that decides it. */
const STRICTER = [
	"MQTT-1.5.3-1", // a topic that is not UTF-8
	"MQTT-1.5.3-2", // a topic with U+0000
	"MQTT-2.2.2-2", // reserved flags
	"MQTT-2.3.1-1", // packet id 0
	"MQTT-3.3.1-2", // DUP at QoS 0
	"MQTT-3.3.1-4", // QoS 3
	"MQTT-3.3.2-2", // a wildcard in a topic name
	"MQTT-3.9.3-2", // a SUBACK code that is reserved
	"MQTT-4.7.3-1", // an empty topic
	"MQTT-4.8.0-1", // packets that only a client sends, wrong lengths, reserved acknowledge flags
];

describe("mqtt: parser, fuzzed", () => {
	it("30,000 mutated streams: no exception, the same events for every chunking, and no disagreement without a rule", () => {
		const report = fuzzParser(30_000, 20261126);
		assert.deepEqual(report.different, []);
		assert.deepEqual([...report.laxer.keys()], [], "nothing that mqtt-packet refuses is accepted");
		for (const code of report.stricter.keys()) assert.ok(STRICTER.includes(code), code);
		assert.ok(report.agreed > 5_000 && report.refused > 5_000, JSON.stringify(report));
	});
});
