// SNTP by bytes: the question, the answer, and what is no answer.

import assert from "node:assert/strict";
import { readAnswer, SNTP_BYTES, SntpFault, writeQuestion } from "../../../modules/network/sntp.js";

const HIGH = 0x89abcdef;
const LOW = 0x01234567;
const HEAD = "240103ec00000000000000004c4f434c".padEnd(48, "0"); // version 4, server, stratum 1; up to the origin

function view(hex: string): DataView {
	return new DataView(new Uint8Array(Buffer.from(hex, "hex")).buffer);
}

function answer(
	change: { flags?: number; stratum?: number; origin?: string; transmit?: string } = {},
): DataView {
	const { origin = "89abcdef01234567", transmit = "eca9c9d280000000" } = change;
	const packet = view(`${HEAD}${origin}${"0".repeat(16)}${transmit}`);
	if (change.flags !== undefined) packet.setUint8(0, change.flags);
	if (change.stratum !== undefined) packet.setUint8(1, change.stratum);
	return packet;
}

describe("SNTP", () => {
	it("asks with version 4, as a client, and tells nothing but two random numbers", () => {
		const packet = new DataView(new ArrayBuffer(SNTP_BYTES));
		for (let i = 0; i < SNTP_BYTES; i++) packet.setUint8(i, 255);
		writeQuestion(packet, HIGH, LOW);
		assert.equal(Buffer.from(packet.buffer).toString("hex"), `23${"00".repeat(39)}89abcdef01234567`);
	});

	it("reads seconds and fraction", () => {
		// 0xeca9c9d2 - 2208988800 seconds since 1970.
		assert.equal(readAnswer(answer(), HIGH, LOW), (0xeca9c9d2 - 2_208_988_800) * 1000 + 500);
		assert.equal(
			new Date(readAnswer(answer(), HIGH, LOW)).toISOString().slice(0, 4),
			"2025",
			"a moment of our time",
		);
		assert.equal(readAnswer(answer({ transmit: "83aa7e8000000000" }), HIGH, LOW), 0);
		assert.equal(readAnswer(answer({ transmit: "83aa7e80ffffffff" }), HIGH, LOW), 999);
	});

	it("goes on in the era that begins in 2036", () => {
		const time = readAnswer(answer({ transmit: "0000000000000001" }), HIGH, LOW);
		assert.equal(new Date(time).toISOString(), "2036-02-07T06:28:16.000Z");
	});

	it("takes the random numbers as they were written, whatever their sign", () => {
		assert.ok(readAnswer(answer(), HIGH | 0, LOW) > 0);
	});

	const FAULTS: ReadonlyArray<readonly [string, DataView, number]> = [
		["one byte too short", new DataView(answer().buffer, 0, 47), SntpFault.Foreign],
		["of no bytes", view(""), SntpFault.Foreign],
		["a question", answer({ flags: 0x23 }), SntpFault.Foreign],
		["to another question", answer({ origin: "89abcdef01234568" }), SntpFault.Foreign],
		["to another question still", answer({ origin: "89abcdee01234567" }), SntpFault.Foreign],
		["kiss-o'-death", answer({ stratum: 0 }), SntpFault.Refused],
		["of a server without a time of its own", answer({ flags: 0xe4 }), SntpFault.Unsynchronized],
		["of stratum 16", answer({ stratum: 16 }), SntpFault.Unsynchronized],
		["without a time", answer({ transmit: "0".repeat(16) }), SntpFault.Unsynchronized],
	];
	for (const [what, packet, fault] of FAULTS)
		it(`refuses an answer: ${what}`, () => assert.equal(readAnswer(packet, HIGH, LOW), fault));
});
