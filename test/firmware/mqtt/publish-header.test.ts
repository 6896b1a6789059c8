// A kept header is byte for byte the one that writePublishHeader makes, whatever was written before it.

import assert from "node:assert/strict";
import fc from "fast-check";
import { digitView } from "../../../modules/core/bytes.js";
import { writePublishHeader } from "../../../modules/mqtt/encode.js";
import { publishHeader, publishHeaderBytes } from "../../../modules/mqtt/publish-header.js";

describe("mqtt: kept PUBLISH header", () => {
	for (const qos of [0, 1, 2] as const)
		for (const length of [1, 2, 4, 21, 120, 127, 200, 700])
			it(`QoS ${qos}, a topic of ${length} bytes`, () => {
				const topic = new Uint8Array(length).fill(116);
				const at = publishHeaderBytes(topic);
				const bytes = new Uint8Array(at + length + 40).fill(255);
				const kept = publishHeader(bytes, digitView(bytes), 0, topic, qos);
				const same = (packetId: number, payloadBytes: number) => {
					const expected = new Uint8Array(length + 12);
					const size = writePublishHeader(expected, 0, topic, qos, false, false, packetId, payloadBytes);
					bytes.fill(255, at);
					assert.equal(kept.write(at, packetId, payloadBytes), at + size);
					assert.deepEqual(bytes.subarray(at, at + size), expected.subarray(0, size));
					assert.ok(bytes.subarray(at + size).every((b) => b === 255));
					assert.ok(size <= kept.maxBytes);
				};
				const rest = 2 + length + (qos > 0 ? 2 : 0);
				// The borders of the remaining length's forms [table 2.4].
				for (const border of [127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455])
					for (const payload of [border - rest - 1, border - rest])
						if (payload >= 0) for (const id of [1, 255, 256, 65_535]) same(id, payload);
				fc.assert(fc.property(fc.integer({ min: 1, max: 65_535 }), fc.nat(40_000), same), { numRuns: 200 });
			});
});
