// The capture: a file that reads back packet for packet, with sound sequence numbers and checksums; and by
// tshark where it is.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "mqtt-packet";
import { type CapturedFrame, writeCapture } from "../../../host-sim/panel/capture.js";

const publish = (payload: string) =>
	generate({ cmd: "publish", topic: "s/us", qos: 1, dup: false, retain: false, messageId: 3, payload });
const FRAMES: CapturedFrame[] = [
	{ at: 1_795_780_000_123, connection: 1, direction: "up", frame: publish("200,a,b,1") },
	{
		at: 1_795_780_000_150,
		connection: 1,
		direction: "down",
		frame: generate({ cmd: "puback", messageId: 3 }),
	},
	{ at: 1_795_780_001_000, connection: 2, direction: "up", frame: publish("z".repeat(130_000)) },
	{ at: 1_795_780_002_000, connection: 1, direction: "up", frame: publish("odd") },
];

/** RFC 1071: over data with a right checksum in it the sum is 0xFFFF. */
function sum(bytes: Uint8Array): number {
	let total = 0;
	for (let i = 0; i < bytes.length; i += 2) total += ((bytes[i] as number) << 8) | (bytes[i + 1] ?? 0);
	while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
	return total;
}

describe("panel: the capture", () => {
	it("holds each byte once, in order, in sound packets", () => {
		const file = writeCapture(FRAMES);
		assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
		assert.equal(file.readUInt32LE(20), 101);
		const streams = new Map<string, { next: number; bytes: Buffer[] }>();
		const times: number[] = [];
		for (let at = 24; at < file.length; ) {
			const length = file.readUInt32LE(at + 8);
			times.push(file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1000);
			const packet = file.subarray(at + 16, at + 16 + length);
			at += 16 + length;
			assert.equal(packet.readUInt16BE(2), packet.length);
			assert.equal(sum(packet.subarray(0, 20)), 0xffff, "IPv4 checksum");
			const pseudo = Buffer.concat([
				packet.subarray(12, 20),
				Buffer.of(0, 6, (length - 20) >> 8, (length - 20) & 255),
			]);
			assert.equal(sum(Buffer.concat([pseudo, packet.subarray(20)])), 0xffff, "TCP checksum");
			const [from, to] = [packet.readUInt16BE(20), packet.readUInt16BE(22)];
			assert.ok(from === 1883 || to === 1883);
			const stream = streams.get(`${from} ${to}`) ?? { next: 1, bytes: [] };
			streams.set(`${from} ${to}`, stream);
			assert.equal(packet.readUInt32BE(24), stream.next);
			stream.next += length - 40;
			stream.bytes.push(packet.subarray(40));
		}
		assert.deepEqual([times[0], times[1]], [FRAMES[0]?.at, FRAMES[1]?.at]);
		const of = (connection: number, direction: string) =>
			Buffer.concat(
				FRAMES.filter((one) => one.connection === connection && one.direction === direction).map(
					({ frame }) => frame,
				),
			);
		assert.deepEqual(Buffer.concat(streams.get("50001 1883")?.bytes ?? []), of(1, "up"));
		assert.deepEqual(Buffer.concat(streams.get("1883 50001")?.bytes ?? []), of(1, "down"));
		assert.deepEqual(Buffer.concat(streams.get("50002 1883")?.bytes ?? []), of(2, "up"));
	});

	it("is read as MQTT by tshark", function () {
		const folder = mkdtempSync(join(tmpdir(), "mote-pcap-"));
		try {
			writeFileSync(
				join(folder, "mote.pcap"),
				writeCapture(FRAMES.filter(({ frame }) => frame.length < 1000)),
			);
			const out = execFileSync(
				"tshark",
				["-r", join(folder, "mote.pcap"), "-T", "fields", "-e", "mqtt.msgtype"],
				{ stdio: ["ignore", "pipe", "ignore"] },
			);
			assert.deepEqual(out.toString().trim().split(/\s+/), ["3", "4", "3"]);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
			console.log("    tshark is not installed: skipped");
			this.skip();
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
