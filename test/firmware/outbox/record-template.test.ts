// A template writes byte for byte what the part-by-part way writes, whatever came before it in the same
// place.

import assert from "node:assert/strict";
import fc from "fast-check";
import { makeSettings } from "../../../modules/app/settings.js";
import type { Cloud } from "../../../modules/cloud/cloud.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { Plain } from "../../../modules/cloud/plain/plain.js";
import { SapIot } from "../../../modules/cloud/sap-iot/sap-iot.js";
import { ascii, digitView } from "../../../modules/core/bytes.js";
import type { Sample } from "../../../modules/core/channels.js";
import {
	REFUSED,
	recordTemplate,
	type TemplatePart,
	templateBytes,
} from "../../../modules/outbox/record-template.js";
import { RecordWriter } from "../../../modules/outbox/record-writer.js";
import { RecordKind, Ring, ringBytes } from "../../../modules/outbox/ring.js";
import { IsoStamp, MillisecondStamp } from "../../../modules/outbox/stamp.js";

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

/** Writes samples by the template, or part by part; undefined for those that it does not take. */
function workshop(cloud: Cloud, byTemplate: boolean) {
	const { measures, stamp } = cloud;
	const parts = cloud.template?.() ?? [];
	const slots = 3;
	const at = ringBytes(slots, measures.recordBytes, measures.stamps);
	const bytes = new Uint8Array(at + templateBytes(stamp, parts));
	const ring = new Ring({ bytes, at: 0, slots, payloadBytes: measures.recordBytes, stamps: measures.stamps });
	const clock = { monotonic: () => 0, wallAt: (ms: number) => ms };
	const writer = new RecordWriter(bytes, ring.view, stamp, clock, 1);
	const template = recordTemplate(bytes, ring.view, at, stamp, parts);
	assert.ok(template.recordBytes <= measures.recordBytes);
	return (values: Sample, now: number): string | undefined => {
		const slot = ring.reserve(RecordKind.Measure, false);
		const from = ring.payloadAt(slot);
		assert.equal(ring.writeAt, from);
		assert.equal(ring.lastNumber, ring.number(slot));
		let end = REFUSED;
		if (byTemplate) end = template.write(values, now, ring.lastNumber, from);
		else {
			writer.begin(ring, slot, now);
			if (cloud.encode(writer, values) === values.length && !writer.overflow) end = from + writer.length;
		}
		ring.abandon(slot);
		return end >= REFUSED ? undefined : Buffer.from(bytes.subarray(from, end)).toString();
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
						const sample: Sample = [...values];
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
			fast([-9.96, 100, 0, 12.34], 1767225600123),
			'{"time":"2026-01-01T00:00:00.123Z","temperature":-9.96,"led":100,"buzzer":0,"speed":12.3}',
		);
	});

	it("leaves missing, huge and doubtful values to the other way, and goes on after them", () => {
		const fast = workshop(new Plain(makeSettings()), true);
		for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, 3e7, 0.125])
			assert.equal(fast([odd, 1, 2, 3], 1767225600000), undefined);
		assert.match(
			fast([1, 2, 3, 4], 1767225600000) ?? "",
			/"temperature":1.00,"led":2,"buzzer":3,"speed":4.0}/,
		);
	});

	for (const decimals of [0, 1, 2, 3, 4])
		it(`writes values with ${decimals} decimals as toFixed does, or not at all`, () => {
			const parts = [ascii("<"), { channel: 0, decimals }, ascii(">")];
			const stamp = new IsoStamp();
			const bytes = new Uint8Array(128).fill(35);
			const { write, recordBytes } = recordTemplate(bytes, digitView(bytes), 0, stamp, parts);
			const to = 64;
			const scale = 10 ** decimals;
			const same = (v: number) => {
				bytes.fill(35, to);
				const end = write([v], 0, 0, to);
				const near = Math.abs(((Math.abs(v) * scale) % 1) - 0.5) < 2e-6;
				if (end >= REFUSED) assert.ok(near || !(Math.abs(v) * scale < 2147483647), `${v} is refused`);
				else {
					// A negative value that rounds to zero has no sign here.
					const text = v.toFixed(decimals).replace(/^-(0(\.0+)?)$/, "$1");
					assert.equal(Buffer.from(bytes.subarray(to, end)).toString(), `<${text}>`);
					assert.ok(end - to <= recordBytes);
				}
				assert.ok(
					bytes.subarray(end >= REFUSED ? to + recordBytes : end).every((b) => b === 35),
					"written beyond",
				);
			};
			for (let digits = 1; digits <= 10; digits++)
				for (const edge of [-1, 0, 1])
					for (const sign of [1, -1]) same((sign * (10 ** digits + edge)) / scale);
			for (const v of [2147483646, 2147483647, 2147483648, 4294967296, 4294967297, 1e21, -Infinity])
				for (const sign of [1, -1]) same((sign * v) / scale);
			fc.assert(
				fc.property(value, fc.integer({ min: -3, max: 3 }), (v, e) => same(v * 10 ** e)),
				{
					numRuns: 3000,
				},
			);
		});

	it("writes each number of five digits as toFixed does, at every place of the point", () => {
		const parts = [0, 1, 2, 3, 4].map((decimals, channel) => ({ channel, decimals }));
		const bytes = new Uint8Array(256);
		const { write } = recordTemplate(
			bytes,
			digitView(bytes),
			0,
			new IsoStamp(),
			parts.flatMap((part) => [ascii(" "), part]),
		);
		const values = new Array<number>(parts.length);
		for (let n = 0; n < 100_000; n++) {
			let expected = "";
			for (const { channel, decimals } of parts) {
				values[channel] = n / 10 ** decimals;
				expected += ` ${(values[channel] as number).toFixed(decimals)}`;
			}
			const end = write(values, 0, 0, 128);
			assert.equal(Buffer.from(bytes.subarray(128, end)).toString(), expected);
		}
	});

	it("leaves what is within a millionth of a tie to the other way, on both sides", () => {
		const bytes = new Uint8Array(64);
		const { write } = recordTemplate(bytes, digitView(bytes), 0, new IsoStamp(), [
			{ channel: 0, decimals: 0 },
		]);
		for (const value of [7.4999995, 7.5, 7.5000005, -7.4999995, -7.5])
			assert.ok(write([value], 0, 0, 32) >= REFUSED);
		for (const value of [7.499998, 7.500002]) assert.equal(write([value], 0, 0, 32), 33);
	});

	it("refuses a moment that has no stamp, and keeps the text for the next", () => {
		const stamp = new MillisecondStamp();
		const parts: TemplatePart[] = [ascii("<"), "stamp", ascii(">"), { channel: 0, decimals: 0 }];
		const size = templateBytes(stamp, parts);
		const bytes = new Uint8Array(size + 40);
		const { write } = recordTemplate(bytes, digitView(bytes), 0, stamp, parts);
		const text = (value: number, ms: number) => {
			const end = write([value], ms, 0, size);
			return end >= REFUSED ? undefined : Buffer.from(bytes.subarray(size, end)).toString();
		};
		assert.equal(text(1, 1767225600123), "<1767225600123>1");
		for (const ms of [-1, 999_999_999_999, 1e13, Number.NaN]) assert.equal(text(2, ms), undefined);
		assert.equal(text(3, 1767225600124), "<1767225600124>3");
	});

	for (const decimals of [0, 1, 2, 3, 4])
		it(`writes a value with ${decimals} decimals again after it refused one between`, () => {
			const bytes = new Uint8Array(64);
			const { write } = recordTemplate(bytes, digitView(bytes), 0, new IsoStamp(), [
				{ channel: 0, decimals },
			]);
			const scale = 10 ** decimals;
			for (const value of [0, 7, -7, 123])
				for (const refused of [-1234.5, 1234.5, -0.5, Number.NaN, -1e12, 1e12]) {
					const text = (value / scale).toFixed(decimals);
					for (let round = 0; round < 2; round++) {
						const end = write([value / scale], 0, 0, 32);
						assert.equal(Buffer.from(bytes.subarray(32, end)).toString(), text, `after ${refused}`);
						assert.ok(write([refused / scale], 0, 0, 32) >= REFUSED, String(refused));
					}
				}
		});

	it("counts records in ten digits, and stamps them in two places or not at all", () => {
		const stamp = new MillisecondStamp();
		const parts: TemplatePart[] = [
			"stamp",
			ascii(" "),
			"number",
			ascii(" "),
			{ channel: 0, decimals: 0 },
			ascii(" "),
			"stamp",
		];
		const at = 8;
		const to = at + templateBytes(stamp, parts) + 8;
		const bytes = new Uint8Array(to + 64).fill(35);
		const { write } = recordTemplate(bytes, digitView(bytes), at, stamp, parts);
		for (const number of [12_345, 9_999, 10_000, 1, 4_294_967_295, 20_000]) {
			const ms = 1_767_225_600_000 + number;
			const end = write([7], ms, number, to);
			const text = `${ms} ${String(number).padStart(10, "0")} 7 ${ms}`;
			assert.equal(Buffer.from(bytes.subarray(to, end)).toString(), text);
			assert.ok(write([7], 1, number, to) >= REFUSED);
			assert.ok(bytes.subarray(0, at).every((b) => b === 35));
		}
	});

	it("writes nothing outside its record when it refuses, whichever value it is for", () => {
		const decimals = [0, 1, 2, 3];
		const parts = decimals.map((decimals, channel) => ({ channel, decimals }));
		const stamp = new IsoStamp();
		const size = templateBytes(stamp, ["stamp", ...parts]);
		const bytes = new Uint8Array(size + 200);
		const { write, recordBytes } = recordTemplate(bytes, digitView(bytes), 0, stamp, ["stamp", ...parts]);
		const to = size + 20;
		for (const refused of decimals) {
			bytes.fill(35, size);
			assert.ok(
				write(
					decimals.map((i) => (i === refused ? Number.NaN : i)),
					0,
					0,
					to,
				) >= REFUSED,
			);
			for (let i = 0; i < bytes.length; i++)
				if (i >= size && (i < to || i >= to + recordBytes)) assert.equal(bytes[i], 35, `byte ${i}`);
		}
	});

	it("refuses what has no room or no form", () => {
		const bytes = new Uint8Array(64);
		const make = (at: number, ...parts: TemplatePart[]) =>
			recordTemplate(bytes, digitView(bytes), at, new IsoStamp(), parts);
		assert.throws(() => make(41, "stamp"), /does not fit/);
		assert.throws(() => make(0, { channel: 0, decimals: 5 }), /decimals/);
		assert.throws(() => make(0, { channel: 1, decimals: 0 }), /order/);
		assert.throws(() => make(0, "stamp"), /no channel/);
	});
});

/** Whether a value with 0 to 2 decimals comes near a tie. */
function nearTie(v: number): boolean {
	return [1, 10, 100].some((scale) => Math.abs(((Math.abs(v) * scale) % 1) - 0.5) < 2e-6);
}
