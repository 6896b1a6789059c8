// What the benchmarks compare is the same on both sides, and their byte counts add up. Nothing here measures
// time.

import assert from "node:assert/strict";
import { DEFAULT_TABLE as CHANNELS } from "../../../modules/core/default-channels.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { seeded } from "../../support/seeded.js";
import { verifyEncoding, verifyParsing } from "./node.js";
import { formatTable, inbound, median, outgoing, rechunk } from "./table.js";
import { cumulocity, plain, record, SAMPLES, samples, sap, type WireRow, wireBytes } from "./wire.js";

describe("benchmark: encoder and parser beside mqtt-packet", () => {
	it("writes the same bytes for every message, whose values change sign and width", () => {
		const messages = outgoing(2000, 7, "s/us");
		assert.equal(verifyEncoding("s/us", messages), 2000);
		const lengths = new Set(messages.map(({ payload }) => payload.length));
		assert.ok(lengths.size > 8, `${lengths.size} lengths`);
		assert.ok(messages.some(({ payload }) => payload.includes(",-")));
		assert.equal(verifyEncoding("größe/→", outgoing(50, 8, "größe/→")), 50);
	});

	it("would see a difference", () => {
		const messages = outgoing(3, 7, "s/us");
		assert.throws(() => verifyEncoding("s/uc", messages), /differs/);
	});

	it("delivers the same topics, payloads, ids and flags in every chunking", () => {
		const packets = inbound(1500, 7);
		for (const chunks of [packets, ...[1, 7, Limits.chunkBytes].map((size) => rechunk(packets, size))])
			assert.equal(verifyParsing(chunks), packets.length);
	});

	it("has all kinds of packets in its stream", () => {
		const types = new Set(inbound(1500, 7).map((packet) => (packet[0] as number) & 0xf6));
		assert.deepEqual(
			[...types].sort((a, b) => a - b),
			[0x30, 0x32, 0x40, 0x90, 0xd0],
		);
	});
});

describe("benchmark: bytes on the wire", () => {
	const report = wireBytes();
	const row = (name: string): WireRow => {
		const found = report.rows.find((each) => each.name === name);
		assert.ok(found, name);
		return found;
	};

	it("sends the values of every sample, in SmartREST as the cloud reads them", () => {
		const { published, times } = record(cumulocity, {}, 10);
		const lines = published.flatMap(({ packet }) => packet.payload.toString().trimEnd().split("\n"));
		const expected = samples().flatMap((values, i) =>
			values.map((value, channel) => {
				const { unit, decimals } = CHANNELS[channel] as (typeof CHANNELS)[number];
				return [value.toFixed(decimals), unit, new Date(times[i] as number).toISOString()];
			}),
		);
		assert.deepEqual(
			lines.map((line) => line.split(",").slice(3)),
			expected,
		);
	});

	it("sends the values of every sample as SAP and plain JSON", () => {
		const measures = (arrays: boolean) =>
			record(sap, { device: { cloud: "sap" }, sap: { arrays } }, 1).published.map(
				({ packet }) => JSON.parse(packet.payload.toString()).measures[0],
			);
		const names = CHANNELS.map(({ key }) => key);
		const objects = samples().map((values) =>
			Object.fromEntries(values.map((value, i) => [names[i], value])),
		);
		assert.deepEqual(measures(true), samples());
		assert.deepEqual(measures(false), objects);
		const plainly = record(plain, { device: { cloud: "plain" } }, 1);
		const { published, times } = plainly;
		assert.deepEqual(
			published.map(({ packet }) => JSON.parse(packet.payload.toString())),
			objects.map((values, i) => ({ time: new Date(times[i] as number).toISOString(), ...values })),
		);
	});

	it("counts header, topic, packet id and payload of every PUBLISH", () => {
		for (const batch of [1, 10, 100]) {
			const { published, back } = record(cumulocity, {}, batch);
			let sent = 0;
			for (const { packet, bytes } of published) {
				const remaining = 2 + packet.topic.length + 2 + packet.payload.length;
				assert.equal(bytes, 1 + (remaining < 128 ? 1 : 2) + remaining);
				sent += bytes;
			}
			const { sent: perMeasure, back: backPerMeasure, messages } = row(`SmartREST 200, by ${batch}`);
			assert.equal(perMeasure, sent / SAMPLES);
			assert.equal(backPerMeasure, back / SAMPLES);
			assert.deepEqual([messages, back], [published.length, 4 * published.length]);
		}
	});

	it("batches as the limits of node and cloud allow", () => {
		const messages = (name: string) => row(name).messages;
		assert.deepEqual(
			[1, 10, 100].map((batch) => [
				messages(`SmartREST 200, by ${batch}`),
				messages(`SmartREST 201, by ${batch}`),
			]),
			[
				[100, 100],
				[10, 10],
				[2, 1],
			],
		);
		assert.deepEqual(
			[messages("SAP objects with date, by 10"), messages("SAP arrays with date, by 100")],
			[10, 2],
		);
	});

	it("gets shorter per measure in larger batches, and the body is less than the whole", () => {
		const forms = ["200", "201", "by own templates", "by own default templates"];
		for (const form of forms.map((name) => `SmartREST ${name}`)) {
			const [one, ten, hundred] = [1, 10, 100].map((batch) => row(`${form}, by ${batch}`).sent);
			assert.ok(ten! < one! && hundred! < ten!, form);
		}
		for (const arrays of ["objects", "arrays"]) {
			const [one, ten] = [row(`SAP ${arrays}, by 1`), row(`SAP ${arrays} with date, by 10`)];
			assert.ok(ten.sent < one.sent && ten.back < one.back, arrays);
		}
		for (const { name, body, sent } of report.rows) assert.ok(body < sent, name);
	});

	it("takes the savings from the rows", () => {
		assert.equal(report.savings.length, 13);
		assert.equal(report.savings.filter(({ equivalent }) => equivalent).length, 6);
		for (const { smartRest, rest, ofRequest, ofBody, bothWays } of report.savings) {
			const [a, b] = [row(smartRest), row(rest)];
			const near = (found: number, ours: number, theirs: number) =>
				assert.ok(Math.abs((1 - found / 100) * theirs - ours) < 1e-6);
			near(ofRequest, a.sent, b.sent);
			near(ofBody, a.sent, b.body);
			near(bothWays, a.sent + a.back, b.sent + b.back);
			assert.ok(ofBody < ofRequest);
		}
	});

	it("gives the same figures each time", () => {
		assert.deepEqual(wireBytes(), report);
	});
});

describe("benchmark: helpers", () => {
	it("repeats its chance and finds the middle", () => {
		const [a, b] = [seeded(3), seeded(3)];
		for (let i = 0; i < 10; i++) assert.equal(a(), b());
		assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, Number.NaN]);
	});

	it("aligns a table", () => {
		assert.deepEqual(
			formatTable(
				"title",
				["name", "n"],
				[
					["a", 1234567],
					["bc", 1.5],
					["d", Number.NaN],
				],
			).split("\n"),
			[
				"title",
				"name          n",
				"----  ---------",
				"a     1 234 567",
				"bc         1.50",
				"d             –",
			],
		);
	});
});
