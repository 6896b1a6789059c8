// The strategy for Cumulocity: rows of samples, and signs of life.

import assert from "node:assert/strict";
import { make, ready, start } from "./cumulocity-fixture.js";
import { encode, NOW, opening } from "./fake-host.js";

describe("Cumulocity: samples", () => {
	it("writes a 200 row per channel", () => {
		assert.deepEqual(encode(make(), [21.5, 40, 880, 49.94]), {
			text:
				`200,c8y_Temperature,T,21.50,C,${NOW}\n200,mote_Led,brightness,40,%,${NOW}\n` +
				`200,mote_Buzzer,frequency,880,Hz,${NOW}\n200,mote_Speed,measured,49.9,rpm,${NOW}\n`,
			written: 4,
			overflow: false,
		});
	});

	it("writes one 201 row", () => {
		assert.deepEqual(encode(make({ cumulocity: { multiple: true } }), [-3.456, 0, 0, 0]), {
			text:
				`201,mote_Sample,${NOW},c8y_Temperature,T,-3.46,C,mote_Led,brightness,0,%,` +
				"mote_Buzzer,frequency,0,Hz,mote_Speed,measured,0.0,rpm\n",
			written: 4,
			overflow: false,
		});
	});

	it("leaves out a channel without a value, wherever it is", () => {
		const names = ["c8y_Temperature", "mote_Led", "mote_Buzzer", "mote_Speed"];
		for (const multiple of [false, true])
			for (let missing = 0; missing < 4; missing++)
				for (const nothing of [Number.NaN, Number.POSITIVE_INFINITY]) {
					const cloud = make({ cumulocity: { multiple } });
					const all = encode(cloud, [1, 1, 1, 1]);
					const values = [1, 1, 1, 1].map((value, i) => (i === missing ? nothing : value));
					const some = encode(cloud, values);
					assert.equal(some.written, 3);
					assert.equal(some.overflow, false);
					const name = names[missing] as string;
					const gone = multiple
						? new RegExp(`,${name},\\w+,[\\d.]+,[A-Za-z%]+`)
						: new RegExp(`200,${name},.*\\n`);
					assert.equal(some.text, all.text.replace(gone, ""));
				}
	});

	it("reports 0 values when there is none", () => {
		for (const multiple of [false, true])
			assert.equal(encode(make({ cumulocity: { multiple } }), Array(4).fill(Number.NaN)).written, 0);
	});

	it("has room in a record for the widest values of every channel", () => {
		for (const multiple of [false, true]) {
			const widest = [-100.25, 100, 20000, 100000];
			assert.deepEqual(
				{ ...encode(make({ cumulocity: { multiple } }), widest), text: "" },
				{ text: "", written: 4, overflow: false },
			);
		}
	});
});

describe("Cumulocity: availability", () => {
	const MINUTE = 60_000;
	const LIST = "603,100,101,114,117,122,125,200,500,501,502,503,600,602\n";
	const PLAIN_LIST = "603,100,101,114,117,122,200,500,501,502,503,1250,5125\n";

	/** Everything that goes out in `minutes`, with the minute; each message is delivered at once. */
	function watch({ host }: ReturnType<typeof ready>, minutes: number, answer = ""): string[] {
		const told: string[] = [];
		const from = host.time;
		for (; host.time < from + minutes * MINUTE; host.time += 500) {
			host.tick();
			for (const row of host.deliver(host.queued.length)) {
				told.push(`${Math.round((host.time - from) / MINUTE)}: ${row.trim()}`);
				if (row === "602\n" && answer !== "") host.receive("s/ds", answer);
			}
		}
		return told;
	}

	it("tells a sign of life within the required interval: 125 where the tenant has it, asked for once", () => {
		const started = ready({ cumulocity: { requiredAvailability: 10 } });
		assert.deepEqual(watch(started, 30, LIST), ["1: 602", "2: 125", "10: 125", "18: 125", "26: 125"]);
		started.cloud.disconnected("connection-lost");
		opening(started.cloud);
		assert.ok(!watch(started, 30, LIST).join().includes("602"));
		const again = ready({ cumulocity: { requiredAvailability: 10 } });
		for (const [key, value] of started.host.marks) again.host.mark(key, value);
		assert.equal(watch(again, 30)[0], "1: 125", "another boot knows it");
		const elsewhere = ready({ broker: { host: "other" }, cumulocity: { requiredAvailability: 10 } });
		for (const [key, value] of started.host.marks) elsewhere.host.mark(key, value);
		assert.equal(watch(elsewhere, 30)[0], "1: 602", "another tenant is asked anew");
	});

	it("tells a measurement where the tenant does not list 125, or does not know 602", () => {
		for (const answer of [PLAIN_LIST, ""]) {
			const told = watch(ready(), 30, answer);
			assert.match(told[1] as string, /^2: 200,mote_Node,uptime,0\.0\d,h$/);
			assert.equal(told.length, 5);
			assert.ok(told.slice(1).every((row) => row.includes("200,mote_Node,uptime")));
		}
	});

	it("tells nothing where measures, alarms or events go out in time", () => {
		for (const alive of [
			({ host }: ReturnType<typeof ready>) => {
				host.measuresDelivered++;
			},
			({ cloud }: ReturnType<typeof ready>) => cloud.alarm?.("X", "MAJOR", true, "x", -1),
			({ cloud }: ReturnType<typeof ready>) => cloud.certificateDays?.(12),
			({ cloud }: ReturnType<typeof ready>) => cloud.signalStrength?.(-70),
		]) {
			const started = ready();
			const told: string[] = [];
			alive(started);
			for (let i = 0; i < 6; i++) {
				told.push(...watch(started, 7));
				alive(started);
			}
			assert.ok(!/602|125|uptime/.test(told.join()), told.join());
		}
	});

	it("does not take the end of an alarm, or an operation, for a sign of life", () => {
		for (const idle of [
			({ cloud }: ReturnType<typeof ready>) => cloud.alarm?.("X", "MAJOR", false, "x", -1),
			({ host }: ReturnType<typeof ready>) => host.receive("s/ds", "511,sn-1,led on"),
		]) {
			const started = ready();
			watch(started, 2, LIST);
			const told: string[] = [];
			for (let i = 0; i < 8; i++) {
				idle(started);
				told.push(...watch(started, 2));
			}
			assert.equal(told.filter((row) => row.endsWith(" 125")).length, 2, told.join());
		}
	});

	it("takes an event in the opening for one, and begins with none while it is not connected", () => {
		const { cloud, host } = start();
		host.tick();
		host.time = 20 * MINUTE;
		host.tick();
		assert.deepEqual(host.queued, []);
		host.reported = "lost 1";
		opening(cloud);
		const told = watch({ cloud, host }, 9, LIST);
		assert.deepEqual(told, ["8: 602", "8: 125"]);
		cloud.disconnected("connection-lost");
		host.time += 30 * MINUTE;
		host.tick();
		assert.deepEqual(host.queued, []);
	});

	it("follows the interval of the settings, and tells nothing where there is none", () => {
		assert.deepEqual(watch(ready({ cumulocity: { requiredAvailability: 60 } }), 100, LIST), [
			"1: 602",
			"2: 125",
			"50: 125",
			"98: 125",
		]);
		assert.deepEqual(watch(ready({ cumulocity: { requiredAvailability: 0 } }), 100, LIST), []);
	});

	it("tells it also where connections do not last, and asks no tenant again that closes on it", () => {
		const { cloud, host } = ready();
		for (let i = 0; i < 8; i++) {
			host.time += 30_000;
			host.tick();
			cloud.disconnected("connection-lost");
			opening(cloud);
		}
		assert.deepEqual(
			host.queued.map((q) => q.text.slice(0, 20)),
			["602\n", "200,mote_Node,uptime"],
		);
	});

	it("leaves room for answers, and tells it again where it was not delivered", () => {
		const { cloud, host } = ready();
		host.mark("templates", 1);
		host.room = 2;
		host.time += 2 * MINUTE;
		host.tick();
		assert.deepEqual(host.queued, []);
		host.room = 100;
		host.tick();
		assert.equal(host.queued.length, 1);
		host.queued = []; // given up
		host.time += 10 * MINUTE;
		host.tick();
		assert.equal(host.queued.length, 1);
		cloud.disconnected("connection-lost");
	});
});
