// What a node of the default channels writes, byte for byte, held against packets that were recorded before
// channels became a table (2026-11-30, commit c4b4e8c). Since then only the description has more: 115, and
// one operation. A changed packet is a changed contract with a cloud.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { makeCloud } from "../../../main.js";
import { makeSettings } from "../../../modules/app/settings.js";
import type { Piece } from "../../../modules/mqtt/transport.js";
import { joined } from "../../support/scripted-transport.js";
import { FakeBroker } from "./fake-broker.js";
import { setup } from "./node-fixture.js";

type Groups = Record<string, Record<string, unknown>>;

/** Packets of each run, a character for a byte. */
const RECORDED = JSON.parse(
	readFileSync(new URL("./default-packets.json", import.meta.url), "utf8"),
) as Record<string, string[]>;

const nan = Number.NaN;
/** Samples, one a second. */
const SAMPLES: ReadonlyArray<[number, number, number, number]> = [
	[21.5, 0, 0, 0],
	[21.514, 40, 880, 49.94],
	[-0.004, 100, 20_000, 0.06],
	[-18.255, 1, 50, 199.95],
	[nan, 1, 50, 199.95],
	[85, nan, nan, nan],
	[1234567.891, 12.5, 9999.5, 100_000],
	[nan, nan, nan, nan],
	[21.5, 0, 0, 0],
];
const RUNS: Readonly<Record<string, Groups>> = {
	"Cumulocity, 200": {},
	"Cumulocity, 201": { cumulocity: { multiple: true } },
	"Cumulocity, QoS 0": { sampling: { qos: 0 } },
	"SAP, objects": { device: { cloud: "sap" } },
	"SAP, arrays": { device: { cloud: "sap" }, sap: { arrays: true } },
	"SAP, a date property, no id": {
		device: { cloud: "sap" },
		sap: { dateProperty: "at", messageId: false },
	},
	"SAP, arrays with a date": { device: { cloud: "sap" }, sap: { arrays: true, dateProperty: "at" } },
	"plain, JSON": { device: { cloud: "plain" } },
	"plain, raw": { device: { cloud: "plain" }, plain: { format: "raw" } },
	"plain, JSON, QoS 0": { device: { cloud: "plain" }, sampling: { qos: 0 } },
};

/** Keeps what is written. */
class Recorder extends FakeBroker {
	readonly written: string[] = [];
	override write(bytes: number, ...pieces: readonly Piece[]): void {
		this.written.push(joined(bytes, pieces).toString("latin1"));
		super.write(bytes, ...pieces);
	}
}

function record(mote: Groups): string[] {
	const settings = { ...mote, outbox: { measures: 16, events: 4 } };
	const cloud = makeCloud(makeSettings(settings), 7);
	let recorder: Recorder | undefined;
	const { node, time, board, broker } = setup({
		cloud,
		settings,
		makeBroker: (virtual) => {
			recorder = new Recorder(virtual);
			return recorder;
		},
	});
	const sap = mote.device?.cloud === "sap";
	broker.listener = ({ topic, text }) => {
		const id = /"measureMessageId":"([^"]+)"/.exec(text)?.[1];
		if (sap && topic.startsWith("measures/"))
			broker.publish(topic.replace("measures", "ack"), JSON.stringify({ ...(id && { id }), code: 202 }));
	};
	board.values = [...(SAMPLES[0] as number[])];
	node.start();
	for (const sample of SAMPLES) {
		board.values = [...sample];
		time.advance(1000);
	}
	broker.reachable = false;
	broker.lose();
	board.values = [20, 1, 2, 3];
	time.advance(3000);
	broker.reachable = true;
	time.advance(20_000);
	node.stop();
	time.advance(1000);
	return (recorder as Recorder).written;
}

describe("the default channels on the wire", () => {
	for (const [name, mote] of Object.entries(RUNS))
		it(`are as they were recorded: ${name}`, () => {
			assert.deepEqual(record(mote), RECORDED[name]);
		});

	it("was recorded with more than a few measures of each kind", () => {
		assert.deepEqual(Object.keys(RECORDED), Object.keys(RUNS));
		for (const [name, packets] of Object.entries(RECORDED)) assert.ok(packets.length > 12, name);
	});
});
