// The strategy for Cumulocity: what it says when it connects.

import assert from "node:assert/strict";
import { MAX_PACKET_BYTES } from "../../../modules/cloud/cumulocity/lanes.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { make, ready, start } from "./cumulocity-fixture.js";
import { type FakeHost, opening, text } from "./fake-host.js";

describe("Cumulocity: connecting", () => {
	it("connects clean, as d:<id>, with a will that is an event on s/us", () => {
		const { connect } = make();
		assert.equal(text(connect.clientId), "d:sn-1");
		assert.equal(connect.cleanSession, true);
		assert.equal(connect.username, undefined);
		assert.equal(connect.password, undefined);
		assert.equal(text(connect.will?.topic as Uint8Array), "s/us");
		assert.match(text(connect.will?.payload as Uint8Array), /^400,c8y_[A-Za-z]+,"[^"\n]+"$/);
		assert.deepEqual([connect.will?.qos, connect.will?.retain], [1, false]);
	});

	it("takes user, password and keepalive from the settings", () => {
		const { connect } = make({ broker: { username: "t1/ü", password: "pä", keepAlive: 42 } });
		assert.deepEqual(
			[text(connect.username as Uint8Array), text(connect.password as Uint8Array), connect.keepAlive],
			["t1/ü", "pä", 42],
		);
	});

	it("opens with 100, then s/ds, then the description in one message, and 500 last", () => {
		const { cloud } = start();
		assert.deepEqual(opening(cloud), [
			"publish s/us 1: 100,Mote,mote\n",
			"subscribe s/ds 1",
			"publish s/us 1: 114,c8y_Command,c8y_Restart,c8y_Relay,c8y_MeasurementRequestOperation\n117,10\n110,sn-1,Mote,1\n122,Mote,1.2.3,,Mote\n115,mote,1.2.3\n",
			"publish s/us 1: 500\n",
		]);
	});

	it("opens the same way again at the next connection, but ends what was executing only once a boot", () => {
		const { cloud, host } = start();
		host.mark("operation-2", 511);
		const first = opening(cloud);
		assert.equal(first[3], "publish s/us 1: 502,c8y_Command,interrupted by a restart\n");
		assert.deepEqual(opening(cloud), [...first.slice(0, 3), first[4]]);
	});

	it("ends exactly what was under way at the end of the boot before, whatever else is in the store", () => {
		for (const [marks, rows] of [
			[{ "operation-0": 510 }, "503,c8y_Restart\n"],
			[
				{ "operation-0": 518, "operation-1": 511, "operation-3": 511 },
				`502,c8y_Relay,interrupted by a restart\n${"502,c8y_Command,interrupted by a restart\n".repeat(2)}`,
			],
			[{ "operation-1": 513, "operation-2": 9999, "operation-3": -1 }, ""],
		] as const) {
			const { cloud, host } = start();
			for (const [key, id] of Object.entries(marks)) host.mark(key, id as number);
			const steps = opening(cloud);
			assert.deepEqual(steps.slice(3, -1), rows === "" ? [] : [`publish s/us 1: ${rows}`]);
		}
	});

	it("marks an operation before 501 goes out, and no more once the last answer is acknowledged", () => {
		const { cloud, host } = ready();
		const marks = () => Object.fromEntries(host.marks);
		host.receive("s/ds", "511,sn-1,led on\n518,sn-1,OPEN\n515,sn-1,fw,1.0,u");
		assert.deepEqual(
			marks(),
			{ "operation-0": 511, "operation-1": 518 },
			"no word of what is refused at once",
		);
		host.deliver(1);
		assert.deepEqual(marks(), { "operation-0": 511, "operation-1": 518 });
		cloud.disconnected("connection-lost");
		assert.equal(opening(cloud).length, 4, "what this boot has under way is not ended");
		host.deliver();
		assert.deepEqual(marks(), {});
	});

	it("ends the operations of an earlier boot whose answers are not among those that were kept", () => {
		const { cloud, host } = start();
		for (const place of [0, 1]) host.mark(`operation-${place}`, 511);
		cloud.resumed(true);
		cloud.eventDelivered(2); // the last answer of the first one was kept
		host.tick();
		assert.deepEqual(host.deliver(1), ["500\n"]);
		assert.deepEqual(host.deliver(1), ["502,c8y_Command,interrupted by a restart\n"]);
		assert.deepEqual([...host.marks], []);
	});

	it("leaves out 117, 110 and 122 when the settings say so", () => {
		const { cloud } = start({ cumulocity: { requiredAvailability: 0, describe: false } });
		assert.equal(
			opening(cloud)[2],
			"publish s/us 1: 114,c8y_Command,c8y_Restart,c8y_Relay,c8y_MeasurementRequestOperation\n",
		);
	});

	it("tells signal, counters and safe mode with the description, each time it connects", () => {
		const { cloud, host } = start({ cumulocity: { requiredAvailability: 0, describe: false } });
		const description = () => opening(cloud)[2]?.split("\n").slice(1, -1);
		assert.deepEqual(description(), []);
		host.signal = -61;
		host.reported = 'joined 2, lost "1"';
		assert.deepEqual(description(), ['400,mote_Network,"joined 2, lost ""1"""', "210,-61"]);
		host.reported = "x".repeat(500);
		assert.ok((description()?.[0]?.length ?? 0) < 440);
		host.signal = 0;
		host.reported = "";
		host.failedBoots = 4;
		const alarm = "302,mote_SafeMode,safe mode: 4 boots in a row did not last";
		assert.deepEqual([description(), description()], [[alarm], [alarm]]);
	});

	it("raises alarms by severity with their time, clears them, and leaves room for answers", () => {
		const { cloud, host } = start();
		const at = Date.UTC(2026, 10, 27, 8);
		for (const [severity, template] of [
			["CRITICAL", 301],
			["MAJOR", 302],
			["MINOR", 303],
			["WARNING", 304],
		] as const) {
			assert.equal(cloud.alarm?.("TemperatureHigh", severity, true, "31, or so", at), true);
			assert.equal(
				host.queued.at(-1)?.text,
				`${template},mote_TemperatureHigh,"31, or so",2026-11-27T08:00:00.000Z\n`,
			);
		}
		cloud.alarm?.("TemperatureHigh", "MAJOR", true, "x", -1);
		assert.equal(host.queued.at(-1)?.text, "302,mote_TemperatureHigh,x,\n");
		cloud.alarm?.("TemperatureHigh", "MAJOR", false, "x", at);
		const { kind, tag, text: row } = host.queued.at(-1) as FakeHost["queued"][number];
		assert.deepEqual([kind, row], [RecordKind.Alarm, "306,mote_TemperatureHigh\n"]);
		cloud.eventDelivered(tag);
		host.room = 2;
		assert.equal(cloud.alarm?.("TemperatureHigh", "MAJOR", true, "x", at), false);
	});

	it("tells the signal while connected, and the certificate's days, and leaves room for answers", () => {
		const { cloud, host } = start();
		assert.equal(cloud.signalStrength?.(-71), true);
		const { kind, tag, text: row } = host.queued.at(-1) as FakeHost["queued"][number];
		assert.deepEqual([kind, row], [RecordKind.Passing, "210,-71\n"]);
		cloud.eventDelivered(tag);
		assert.equal(cloud.certificateDays?.(12), true);
		assert.deepEqual(host.queued.at(-1)?.text, "200,mote_Certificate,daysLeft,12,d\n");
		host.room = 2;
		assert.deepEqual([cloud.signalStrength?.(-71), cloud.certificateDays?.(12)], [false, false]);
	});

	it("clears the alarm in the first boot that is not in safe mode, until that is acknowledged", () => {
		const { cloud, host } = start();
		host.mark("safe-alarm", 1);
		const step = cloud.opening(2);
		assert.match(text(step?.payload as Uint8Array), /\n306,mote_SafeMode\n$/);
		assert.match(text(cloud.opening(2)?.payload as Uint8Array), /\n306,/, "not acknowledged yet");
		step?.done?.();
		assert.doesNotMatch(text(cloud.opening(2)?.payload as Uint8Array), /\n306,/);
	});

	it("subscribes s/e only when debugging", () => {
		const steps = opening(start({ cumulocity: { debug: true } }).cloud);
		assert.deepEqual(steps.slice(1, 3), ["subscribe s/ds 1", "subscribe s/e 0"]);
		assert.ok(!opening(start().cloud).join().includes("s/e"));
	});

	it("says 503 for the restart only when it is marked, ahead of 500, and clears the mark on acknowledgement", () => {
		const { cloud, host } = start();
		host.mark("operation-0", 510);
		cloud.opening(0);
		const step = cloud.opening(3);
		assert.equal(text(step?.payload as Uint8Array), "503,c8y_Restart\n");
		assert.equal(host.marked("operation-0"), 510, "not before the acknowledgement");
		step?.done?.();
		assert.equal(host.marked("operation-0"), 0);
		assert.equal(text(cloud.opening(4)?.payload as Uint8Array), "500\n");
		assert.equal(cloud.opening(5), undefined);
		assert.ok(!opening(cloud).join().includes("503"));
	});

	it("behind answers of an earlier boot says how that ended, and asks for operations only when all of it is delivered", () => {
		const { cloud, host } = start();
		host.mark("operation-0", 510);
		cloud.resumed(true);
		host.tick();
		host.tick();
		assert.deepEqual(
			host.queued.map((q) => q.text),
			["500\n"],
		);
		// also over connections that are lost in between
		for (let i = 0; i < 2; i++) {
			const steps = opening(cloud);
			assert.equal(steps.length, 3);
			assert.ok(!/\b50[0-3]\b/.test(steps.join()), "nothing may go ahead of what is in the lane");
			host.receive("s/ds", "511,sn-1,led on");
			cloud.disconnected("connection-lost");
		}
		opening(cloud);
		assert.deepEqual(host.deliver(1), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led on");
		assert.deepEqual(host.carriedOut, []);
		assert.equal(host.marked("operation-0"), 510);
		assert.deepEqual(host.deliver(1), ["503,c8y_Restart\n"]);
		assert.equal(host.marked("operation-0"), 0);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led on");
		assert.equal(host.deliver().length, 2);
		assert.deepEqual(host.carriedOut, ["led on"]);
		cloud.disconnected("connection-lost");
		assert.equal(opening(cloud).at(-1), "publish s/us 1: 500\n");
	});

	it("says how the boot before ended as soon as there is room for it", () => {
		const { cloud, host } = start();
		cloud.resumed(true);
		host.room = 0;
		host.tick();
		assert.deepEqual(host.queued, []);
		host.room = 1;
		host.tick();
		assert.equal(host.queued.length, 1);
	});

	it("quotes name and type", () => {
		const { cloud } = start({ device: { name: 'The "big", one' }, cumulocity: { type: "a,b" } });
		assert.equal(opening(cloud)[0], 'publish s/us 1: 100,"The ""big"", one","a,b"\n');
	});

	it("sends a name of the greatest length that the settings allow uncut", () => {
		const name = "n".repeat(64);
		assert.equal(opening(start({ device: { name } }).cloud)[0], `publish s/us 1: 100,${name},mote\n`);
	});

	it("keeps its largest message within the platform's packet", () => {
		// fixed header 1 + 3, topic 2 + 4, packet id 2; the length takes two bytes only below 16384
		for (const lane of [make().measures, make().events])
			assert.ok(lane.maxBytes + 1 + 2 + 2 + 4 + 2 <= MAX_PACKET_BYTES);
	});
});
