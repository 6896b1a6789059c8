// A template writes byte for byte what the part-by-part way writes, whatever came before it in the same place.

import assert from "node:assert/strict";
import fc from "fast-check";
import { makeSettings } from "../../modules/app/settings.js";
import type { Cloud } from "../../modules/cloud/cloud.js";
import { Cumulocity } from "../../modules/cloud/cumulocity/cumulocity.js";
import { Plain } from "../../modules/cloud/plain/plain.js";
import { SapIot } from "../../modules/cloud/sap-iot/sap-iot.js";
import { RecordWriter } from "../../modules/core/record-writer.js";
import { RecordKind, Ring } from "../../modules/core/ring.js";
import { IsoStamp } from "../../modules/core/stamp.js";
import { RecordTemplate } from "../../modules/core/template.js";

type Groups = Record<string, Record<string, unknown>>;

const CLOUDS: ReadonlyArray<readonly [string, (groups: Groups) => Cloud, Groups]> = [
	[
		"SmartREST 200",
		(groups) => new Cumulocity(makeSettings(groups), "0"),
		{ device: { cloud: "cumulocity" } },
	],
	[
		"SmartREST 201",
		(groups) => new Cumulocity(makeSettings(groups), "0"),
		{ cumulocity: { multiple: true } },
	],
	["SAP objects", (groups) => new SapIot(makeSettings(groups), 7), { device: { cloud: "sap" } }],
	["SAP arrays", (groups) => new SapIot(makeSettings(groups), 7), { sap: { arrays: true } }],
	["SAP dated", (groups) => new SapIot(makeSettings(groups), 7), { sap: { dateProperty: "at" } }],
	["SAP without ids", (groups) => new SapIot(makeSettings(groups), 7), { sap: { messageId: false } }],
	["plain", (groups) => new Plain(makeSettings(groups)), { device: { cloud: "plain" } }],
];

function workshop(cloud: Cloud, template: boolean) {
	const { measures, stamp } = cloud;
	const slots = 3;
	const at = Ring.bytesFor(slots, measures.recordBytes, measures.stamps);
	const bytes = new Uint8Array(at + measures.recordBytes);
	const ring = new Ring({ bytes, at: 0, slots, payloadBytes: measures.recordBytes, stamps: measures.stamps });
	let wall = 0;
	const clock = { monotonic: () => 0, wall: () => wall, trusted: () => true };
	const writer = new RecordWriter(bytes, stamp, clock, 1);
	if (template) writer.useTemplate(at, measures.recordBytes, cloud.template?.() ?? []);
	return (values: Float64Array, now: number): string | undefined => {
		wall = now;
		const slot = ring.reserve(RecordKind.Measure, false);
		writer.begin(ring, slot, 0);
		const done = template
			? writer.fromTemplate(values)
			: cloud.encode(writer, values) === values.length && !writer.overflow;
		const from = ring.payloadAt(slot);
		const text = done ? Buffer.from(bytes.subarray(from, from + writer.length)).toString() : undefined;
		ring.abandon(slot);
		return text;
	};
}

const value = fc.oneof(
	fc.double({ min: -300, max: 300, noNaN: true }),
	fc.double({ min: -2e6, max: 2e6, noNaN: true }),
	fc.constantFrom(
		0,
		-0,
		0.004,
		-0.004,
		0.5,
		-0.5,
		9.995,
		99.995,
		1.005,
		0.125,
		-9.96,
		99.96,
		1e9,
		Number.NaN,
		5e-324,
	),
);
const moment = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });
const step = fc.record({ values: fc.tuple(value, value, value, value), at: moment });

describe("record template", () => {
	for (const [name, make, groups] of CLOUDS)
		it(`${name}: the same bytes as part by part, in any order of samples`, () => {
			fc.assert(
				fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
					const fast = workshop(make(groups), true);
					const slow = workshop(make(groups), false);
					for (const { values, at } of steps) {
						const sample = Float64Array.from(values);
						const expected = slow(sample, at);
						const text = fast(sample, at);
						if (text !== undefined) assert.equal(text, expected);
						// Only what needs a closer look may be left to the other way.
						else if (values.every((v) => Math.abs(v) < 1e6 && !nearTie(v)))
							assert.equal(expected, undefined, `refused ${values}`);
					}
				}),
				{ numRuns: 300 },
			);
		});

	it("takes ordinary samples itself", () => {
		const fast = workshop(new Plain(makeSettings()), true);
		assert.equal(
			fast(Float64Array.of(-9.96, 100, 0, 12.34), 1767225600123),
			'{"time":"2026-01-01T00:00:00.123Z","temperature":-9.96,"led":100,"buzzer":0,"speed":12.3}',
		);
	});

	it("leaves missing, huge and doubtful values to the other way, and goes on after them", () => {
		const fast = workshop(new Plain(makeSettings()), true);
		for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, 3e7, 0.125])
			assert.equal(fast(Float64Array.of(odd, 1, 2, 3), 1767225600000), undefined);
		assert.match(
			fast(Float64Array.of(1, 2, 3, 4), 1767225600000) ?? "",
			/"temperature":1.00,"led":2,"buzzer":3,"speed":4.0}/,
		);
	});

	it("refuses a text that does not fit, and more decimals than it can write", () => {
		const bytes = new Uint8Array(64);
		assert.throws(() => new RecordTemplate(bytes, 0, 20, new IsoStamp(), ["stamp"]), /does not fit/);
		assert.throws(
			() => new RecordTemplate(bytes, 0, 60, new IsoStamp(), [{ channel: 0, decimals: 5 }]),
			/decimals/,
		);
	});
});

/** Whether a value with 0 to 2 decimals comes near a tie. */
function nearTie(v: number): boolean {
	return [1, 10, 100].some((scale) => Math.abs(((Math.abs(v) * scale) % 1) - 0.5) < 2e-6);
}
