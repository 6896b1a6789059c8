// The strategy for Cumulocity: opening, rows of samples, operations and their answers.

import assert from "node:assert/strict";
import { Cumulocity, MAX_PACKET_BYTES } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { encode, FakeHost, NOW, opening, settingsWith, text } from "./fake-host.js";

type Groups = Parameters<typeof settingsWith>[0];
const make = (groups: Groups = {}) => new Cumulocity(settingsWith(groups), "1.2.3");
function start(groups: Groups = {}) {
	const cloud = make(groups);
	return { cloud, host: new FakeHost(cloud) };
}

/** When no row that 500 brought can be on its way any more, ms. */
const READY = 3000;

/** The same behind its first opening. */
function ready(groups: Groups = {}) {
	const started = start(groups);
	opening(started.cloud);
	started.host.time = READY;
	return started;
}

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
			"publish s/us 1: 114,c8y_Command,c8y_Restart,c8y_Relay\n117,10\n110,sn-1,Mote,1\n122,Mote,1.2.3,,Mote\n",
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
		cloud.disconnected();
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
		assert.equal(opening(cloud)[2], "publish s/us 1: 114,c8y_Command,c8y_Restart,c8y_Relay\n");
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
			cloud.disconnected();
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
		cloud.disconnected();
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

describe("Cumulocity: operations", () => {
	it("answers a command that succeeds with 501 and 503", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-1,led on");
		assert.deepEqual(
			host.carriedOut,
			[],
			"nothing moves before the cloud knows that it is being carried out",
		);
		assert.ok(host.queued.every((q) => q.kind === RecordKind.Passing));
		assert.deepEqual(host.deliver(1), ["501,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		assert.ok(host.queued.every((q) => q.kind === RecordKind.Operation));
		assert.deepEqual(host.deliver(), ["503,c8y_Command\n"]);
	});

	it("answers several in their order, because the cloud gives each answer to the oldest", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-1,led on\n518,sn-1,x\n511,sn-1,led off\n");
		assert.deepEqual(host.deliver(1), ["501,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		host.reason = "no";
		assert.deepEqual(host.deliver(), [
			"501,c8y_Relay\n",
			"501,c8y_Command\n",
			"503,c8y_Command\n",
			"502,c8y_Relay,the state is neither OPEN nor CLOSED\n",
			"502,c8y_Command,no\n",
		]);
	});

	it("gives a last answer later, without words, when something else has taken its room", () => {
		const { host } = ready();
		host.reason = "no";
		host.receive("s/ds", "511,sn-1,led on");
		host.full = true;
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		host.tick();
		host.full = false;
		host.tick();
		assert.deepEqual(host.deliver(), ["502,c8y_Command\n"]);
		assert.deepEqual(host.deliver(), []);
	});

	it("hands the command over as it stands behind the quoting", () => {
		const { host } = ready();
		host.receive("s/ds", '511,sn-1,"led 40%; say \\"hi\\",\nspeed 5"\n');
		host.deliver();
		assert.deepEqual(host.carriedOut, ['led 40%; say "hi",\nspeed 5']);
	});

	it("answers a command that is refused with 501 and 502 and the reason, quoted where needed", () => {
		for (const [reason, column] of [
			["no command", "no command"],
			["there are led, buzzer", '"there are led, buzzer"'],
			['"x" is too much', '"""x"" is too much"'],
			["a\nb", '"a\nb"'],
			["zu laut: größer", "zu laut: größer"],
		] as const) {
			const { host } = ready();
			host.reason = reason;
			host.receive("s/ds", "511,sn-1,x");
			assert.deepEqual(host.deliver(), ["501,c8y_Command\n", `502,c8y_Command,${column}\n`]);
		}
	});

	it("answers with a cut reason however long and wide the reason is", () => {
		for (const character of ["x", '"', "ü", "温", "𝄞", ","]) {
			const { host } = ready();
			host.reason = character.repeat(400);
			host.receive("s/ds", "511,sn-1,x");
			const [, failed] = host.deliver();
			assert.match(failed ?? "", /^502,c8y_Command,.+\.\.\."?\n$/su, character);
		}
	});

	it("switches the relay by 518, and takes CLOSE as well", () => {
		for (const [relay, closed, open] of [
			["led", "led on", "led off"],
			["buzzer", "buzzer on", "buzzer off"],
			["speed", "speed 150", "speed stop"],
		] as const) {
			const { host } = ready({ cumulocity: { relay }, motor: { maxRpm: 150 } });
			host.receive("s/ds", "518,sn-1,CLOSED\n518,sn-1,OPEN\n518,sn-1,CLOSE\n");
			const answers = [...Array(3).fill("501,c8y_Relay\n"), ...Array(3).fill("503,c8y_Relay\n")];
			assert.deepEqual(host.deliver(), answers);
			assert.deepEqual(host.carriedOut, [closed, open, closed]);
		}
	});

	it("fails a relay operation with another state and moves nothing", () => {
		for (const row of ["518,sn-1,on", "518,sn-1,", "518,sn-1,closed", "518,sn-1"]) {
			const { host } = ready();
			host.receive("s/ds", row);
			assert.deepEqual(host.carriedOut, []);
			assert.match(host.deliver().join(""), /^501,c8y_Relay\n502,c8y_Relay,.+\n$/, row);
		}
	});

	it("fails every operation that it does not know with 501 and 502, so that none stays pending", () => {
		for (const [row, fragment] of [
			["513,sn-1,text", "c8y_Configuration"],
			["515,sn-1,fw,1.0,http://x", "c8y_Firmware"],
			["516,sn-1,a,1,u,b,2,v", "c8y_SoftwareList"],
			["517,sn-1,LOG", "c8y_MeasurementRequestOperation"],
			["519,sn-1,OPEN,CLOSE", "c8y_RelayArray"],
			["520,sn-1", "c8y_UploadConfigFile"],
			["521,sn-1,http://x", "c8y_DownloadConfigFile"],
			["522,sn-1,l,a,b,c,5", "c8y_LogfileRequest"],
			["523,sn-1,SMS", "c8y_CommunicationMode"],
			["524,sn-1,u,t", "c8y_DownloadConfigFile"],
			["525,sn-1,n,v,u,d", "c8y_Firmware"],
			["526,sn-1,t", "c8y_UploadConfigFile"],
			["527,sn-1,$FW", "c8y_DeviceProfile"],
			["528,sn-1,a,1,u,install", "c8y_SoftwareUpdate"],
			["529,sn-1,a,1,t,u,install", "c8y_SoftwareUpdate"],
			["530,sn-1,h,22,k", "c8y_RemoteAccessConnect"],
			["532,sn-1,a.b,b,true,c,s,x", "c8y_ParameterUpdate"],
		] as const) {
			const { host } = ready();
			host.receive("s/ds", row);
			assert.deepEqual(
				host.deliver(),
				[`501,${fragment}\n502,${fragment},${fragment} is not supported\n`],
				row,
			);
			assert.deepEqual(host.carriedOut, []);
		}
	});

	it("ignores replies to requests, and counts rows that are no operation", () => {
		const { host } = ready();
		host.receive("s/ds", "106,child\n124,12345\n");
		assert.deepEqual(host.problems, []);
		host.receive("s/ds", "999,sn-1\nabc,sn-1\n,sn-1\n5110,sn-1,x\n51111,sn-1\n-11,x\n531,sn-1,x\n533,sn-1\n");
		assert.equal(host.problems.length, 8);
		assert.equal(host.problems[0], "a row with the unknown template id 999");
		assert.deepEqual(host.queued, []);
		host.receive("s/ds", "599,sn-1,x\n511,sn-1,led on");
		assert.equal(host.problems.at(-1), "a row with the unknown template id 599");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led on"], "the next row is read");
	});

	it("leaves operations for another device alone and counts them", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-2,led on\n511,SN-1,led on\n511,sn-11,led on\n511\n510,child\n");
		assert.equal(host.problems.length, 5);
		assert.deepEqual([host.carriedOut, host.queued, host.restarts], [[], [], 0]);
	});

	it("carries out a command that ends in a backslash as it stands there", () => {
		const { host } = ready();
		host.receive("s/ds", '511,sn-1,"led on, C:\\"\n511,sn-1,led off');
		host.deliver();
		assert.deepEqual([host.carriedOut, host.problems], [["led on, C:\\", "led off"], []]);
	});

	it("answers an operation whose row cannot be read, counts it, and carries out those around it", () => {
		for (const broken of ['511,sn-1,"led off', '511,sn-1,"say "led" off"', '511,sn-1,"led\noff" x']) {
			const { host } = ready();
			host.receive("s/ds", `511,sn-1,led on\n${broken}\n518,sn-1,OPEN`);
			const answers = host.deliver();
			assert.deepEqual(host.carriedOut, ["led on", "led off"], broken);
			assert.deepEqual(answers.slice(3), [
				"503,c8y_Command\n",
				"502,c8y_Command,the operation cannot be read: its quotes do not match\n",
				"503,c8y_Relay\n",
			]);
			assert.deepEqual(host.problems, ["an operation whose quotes do not match"]);
		}
		const { host } = ready();
		host.receive("s/ds", '513,sn-1,"no end');
		assert.deepEqual(host.deliver(), [
			"501,c8y_Configuration\n502,c8y_Configuration,the operation cannot be read: its quotes do not match\n",
		]);
		host.receive("s/ds", '513,sn-2,"no end\n"\n999,"');
		assert.equal(host.problems.length, 3);
		assert.deepEqual(host.queued, []);
	});

	it("acts on the whole rows of a message that is too large, and asks for the rest", () => {
		const { host } = ready();
		host.skip("s/ds", "511,sn-1,led on\n599,x\n511,sn-1,led off\n511,sn-1,led 4");
		assert.deepEqual(host.problems, ["a row with the unknown template id 599"]);
		assert.equal(host.deliver().length, 4);
		assert.deepEqual(host.carriedOut, ["led on", "led off"]);
		assert.deepEqual(host.deliver(), ["500\n"]);
	});

	it("counts messages on unknown topics", () => {
		const { host } = ready();
		for (const topic of ["s/dsx", "s/d", "S/ds", "x"]) host.receive(topic, "511,sn-1,led on");
		assert.equal(host.problems.length, 4);
		assert.deepEqual(host.carriedOut, []);
	});

	it("passes s/e on to the log, whatever it is", () => {
		const { host } = ready({ cumulocity: { debug: true } });
		host.receive("s/e", "41,100,Device already existing");
		host.receive("s/e", Uint8Array.of(255));
		assert.equal(host.debugs[0], "s/e: 41,100,Device already existing");
		assert.equal(host.debugs.length, 2);
	});

	it("carries out a row that comes again while in progress once, and asks with 500 when it is done", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-1,led on");
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led on");
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "503,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		assert.deepEqual(host.deliver(), ["500\n"]);
		assert.deepEqual(host.deliver(), [], "only once");
		host.time += 3000;
		host.receive("s/ds", "511,sn-1,led on");
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "503,c8y_Command\n"]);
		assert.equal(host.carriedOut.length, 2, "done ones are no duplicates any more");
		assert.deepEqual(host.deliver(), [], "nothing came twice this time");
	});

	it("takes a copy that 500 brought for a duplicate also when it comes after the answers", () => {
		const { cloud, host } = start();
		opening(cloud);
		host.time = 1000;
		host.receive("s/ds", "511,sn-1,speed 50"); // created while 500 was under way: sent twice
		assert.equal(host.deliver().length, 2);
		host.receive("s/ds", "511,sn-1,speed 50");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["speed 50"]);
		// In truth it may have been a second one: once no copy can be on its way any more, 500 brings it.
		host.time = 3999;
		host.tick();
		assert.deepEqual(host.deliver(), []);
		host.time = 4000;
		host.tick();
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,speed 50");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["speed 50", "speed 50"]);
	});

	it("leaves a new operation pending that comes ahead of older ones, and begins where the answer of 500 does", () => {
		const { host } = ready();
		host.room = 3;
		host.receive("s/ds", "511,sn-1,led 1%\n511,sn-1,led 2%\n511,sn-1,led 3%"); // room for the first one only
		assert.equal(host.deliver().length, 2);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led 4%"); // created just now: pushed ahead of the answer
		host.receive("s/ds", "511,sn-1,led 2%\n511,sn-1,led 3%\n511,sn-1,led 4%");
		host.tick();
		assert.deepEqual(host.carriedOut, ["led 1%"]);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.room = 100;
		host.receive("s/ds", "511,sn-1,led 2%\n511,sn-1,led 3%\n511,sn-1,led 4%");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led 1%", "led 2%", "led 3%", "led 4%"]);
	});

	it("begins with nothing younger where the answer of 500 begins with the like of one that lingers", () => {
		const { cloud, host } = start();
		opening(cloud);
		host.time = 1000;
		host.receive("s/ds", "511,sn-1,led 1%\n511,sn-1,led 1%\n511,sn-1,led 2%");
		assert.equal(host.deliver().length, 2);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led 1%"); // may be a copy of what is done
		host.receive("s/ds", "511,sn-1,led 2%");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led 1%"]);
		for (let i = 0; i < 10 && host.carriedOut.length < 3; i++) {
			host.time += 1000;
			host.tick();
			if (host.deliver().includes("500\n")) host.receive("s/ds", "511,sn-1,led 1%\n511,sn-1,led 2%");
			host.deliver();
		}
		assert.deepEqual(host.carriedOut, ["led 1%", "led 1%", "led 2%"]);
	});

	it("waits seconds, not for ever, for an operation that was left pending and that 500 does not bring again", () => {
		const { host } = ready();
		host.room = 3;
		host.receive("s/ds", "511,sn-1,led 1%\n511,sn-1,led 2%");
		host.deliver();
		host.room = 100;
		assert.deepEqual(host.deliver(), ["500\n"]); // somebody has settled led 2% meanwhile: no answer
		host.time += 3000;
		host.tick();
		assert.deepEqual(host.deliver(), []);
		host.receive("s/ds", "511,sn-1,led 3%");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led 1%", "led 3%"]);
	});

	it("acts on no row before 500 was said, because that brings it again", () => {
		const { cloud, host } = start();
		cloud.opening(0);
		host.receive("s/ds", "511,sn-1,led on");
		assert.deepEqual([host.carriedOut, host.queued, host.problems], [[], [], []]);
	});

	it("acts on no row once a restart was asked for", () => {
		const { host } = ready();
		host.restarting = true;
		host.receive("s/ds", "511,sn-1,led on\n510,sn-1");
		assert.deepEqual([host.carriedOut, host.queued], [[], []]);
	});

	it("refuses an operation that is too long to be kept, once, also when it comes again", () => {
		const { cloud, host } = ready();
		const answers = ["501,c8y_Configuration\n502,c8y_Configuration,the operation is too long\n"];
		host.skip("s/ds", '513,sn-1,"some\nth');
		host.skip("s/ds", '513,sn-1,"some\nth');
		assert.deepEqual(
			host.queued.map((q) => q.text),
			[answers[0]],
		);
		cloud.disconnected();
		opening(cloud);
		host.skip("s/ds", '513,sn-1,"some\nth');
		assert.deepEqual(host.deliver(), answers);
	});

	it("refuses an operation that is too long also ahead of others, and asks for those", () => {
		const { host } = ready();
		host.skip("s/ds", `511,sn-1,${"x".repeat(60)}`);
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "502,c8y_Command,the operation is too long\n"]);
		assert.deepEqual(host.deliver(), ["500\n"]);
		assert.deepEqual(host.deliver(), [], "once");
	});

	it("tells a short operation that ends in a backslash from the one that is too long behind it", () => {
		const { host } = ready();
		host.skip("s/ds", '511,sn-1,"C:\\"\n511,sn-1,xxxxxxxxx');
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "503,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["C:\\"]);
		assert.deepEqual(host.deliver(), ["500\n"]);
	});

	it("knows a copy of an operation that cannot be read, whatever follows it", () => {
		const { cloud, host } = start();
		opening(cloud);
		host.receive("s/ds", '511,sn-1,"led on');
		host.receive("s/ds", '511,sn-1,"led on\n511,sn-1,led off\n518,sn-1,"OPEN"');
		const answers = host.deliver().join("");
		assert.equal(answers.split("501,c8y_Command").length - 1, 1, answers);
		assert.deepEqual(host.carriedOut, [], "500 brings the others in their order");
	});

	it("goes on where the server closes the connection on an answer, and leaves the end to the next boot", () => {
		const { cloud, host } = ready();
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led off");
		assert.equal(host.deliver(1).length, 1);
		for (const { tag } of host.queued.splice(0)) cloud.eventGivenUp(tag);
		assert.deepEqual(Object.fromEntries(host.marks), { "operation-0": 511, "operation-1": 511 });
		host.tick();
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led off\n511,sn-1,led 5%");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led on", "led off", "led 5%"]);
	});

	it("listens where what was to be said of the boot before is given up", () => {
		const { cloud, host } = start();
		cloud.resumed(true);
		host.tick();
		const [fence] = host.queued.splice(0);
		cloud.eventGivenUp(fence?.tag as number);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led on");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led on"]);
	});

	it("ends what an earlier boot left executing also where the first 500 is given up", () => {
		const { cloud, host } = start();
		host.mark("operation-0", 511);
		cloud.resumed(true);
		host.tick();
		const [fence] = host.queued.splice(0);
		cloud.eventGivenUp(fence?.tag as number);
		assert.deepEqual(host.deliver(1), ["502,c8y_Command,interrupted by a restart\n"]);
		assert.deepEqual([...host.marks], []);
		assert.deepEqual(host.deliver(), ["500\n"]);
	});

	it("says of an operation whose device cannot be read that it is that", () => {
		const { host } = ready();
		host.receive("s/ds", '511,"sn-');
		assert.deepEqual(host.problems, ["an operation whose device cannot be read"]);
	});

	it("answers nothing of a message that is too large and is not one operation of ours", () => {
		const { host } = ready();
		const heads = [
			["s/dx", "513,sn-1,x"],
			["s/ds", "106,a,b"],
			["s/ds", ""],
			["s/ds", "51x,sn-1,b"],
		] as const;
		for (const [topic, head] of [
			...heads,
			["s/ds", "513,sn-2,x"],
			["s/ds", "513,sn-1"],
			["s/ds", "510,sn-2\n511,sn-"],
		] as const)
			host.skip(topic, head);
		assert.deepEqual(host.queued, []);
		assert.equal(host.problems.length, 7);
	});

	it("asks again for an operation too long to be kept when there was no room for the answers", () => {
		const { host } = ready();
		host.room = 1;
		host.skip("s/ds", "513,sn-1,x");
		assert.deepEqual(host.queued, []);
		host.room = 9;
		host.tick();
		assert.deepEqual(host.deliver(), ["500\n"]);
	});

	it("knows of its own 500 also when that goes out again after a reconnect", () => {
		const { cloud, host } = ready();
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led on");
		host.deliver(1);
		host.deliver(1);
		assert.deepEqual(
			host.queued.map((q) => q.text),
			["500\n"],
		);
		cloud.disconnected();
		opening(cloud);
		host.receive("s/ds", "511,sn-1,led 5%");
		host.deliver();
		host.receive("s/ds", "511,sn-1,led 5%"); // the copy that the repeated 500 brought
		assert.deepEqual(host.carriedOut, ["led on", "led 5%"]);
	});

	it("takes rows that differ in any column for different operations", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led on,\n511,sn-1,led,on\n511,sn-1,led off");
		host.deliver();
		assert.equal(host.carriedOut.length, 4);
	});

	it("keeps operations in progress over a reconnect", () => {
		const { cloud, host } = ready();
		host.receive("s/ds", "511,sn-1,led on");
		cloud.disconnected();
		opening(cloud);
		host.receive("s/ds", "511,sn-1,led on");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led on"]);
	});

	it("carries out nothing for which the answers have no room, and asks again with 500", () => {
		const { host } = ready();
		host.room = 3;
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led off");
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "503,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led off");
		host.deliver();
		assert.deepEqual(host.carriedOut, ["led on", "led off"]);
	});

	it("leaves operations beyond its table pending and asks for them later", () => {
		const { host } = ready();
		host.receive("s/ds", Array.from({ length: 6 }, (_, i) => `511,sn-1,led ${i}%`).join("\n"));
		assert.equal(host.deliver().length, 8);
		assert.equal(host.carriedOut.length, 4);
		assert.deepEqual(host.deliver(), ["500\n"]);
		host.receive("s/ds", "511,sn-1,led 4%\n511,sn-1,led 5%");
		host.deliver();
		assert.equal(host.carriedOut.length, 6);
	});

	it("tries 500 again when it had no room for it at first", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led off\n511,sn-1,led on");
		assert.equal(host.deliver(2).length, 2);
		host.full = true;
		assert.equal(host.deliver(2).length, 2);
		assert.deepEqual(host.queued, [], "no 500");
		host.full = false;
		host.tick();
		assert.deepEqual(host.deliver(), ["500\n"]);
	});

	it("restarts only after the cloud has 501, and marks it first", () => {
		const { host } = ready();
		host.receive("s/ds", "510,sn-1");
		assert.deepEqual(
			host.queued.map((q) => q.text),
			["501,c8y_Restart\n"],
		);
		assert.deepEqual([host.restarts, host.marked("operation-0")], [0, 510]);
		host.receive("s/ds", "510,sn-1");
		assert.equal(host.queued.length, 1, "the same row again is a duplicate");
		host.deliver();
		assert.deepEqual([host.restarts, host.marked("operation-0")], [1, 510]);
	});

	it("carries out other operations beside a restart that waits", () => {
		const { host } = ready();
		host.receive("s/ds", "510,sn-1\n511,sn-1,led on");
		assert.deepEqual(host.deliver(), ["501,c8y_Restart\n", "501,c8y_Command\n", "503,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		assert.equal(host.restarts, 1);
	});

	it("understands ids with commas, quotes and letters beyond ASCII", () => {
		const id = 'ä,"1"';
		const { host } = ready({ device: { id } });
		host.receive("s/ds", '511,"ä,""1""",led on');
		host.deliver();
		assert.deepEqual([host.carriedOut, host.problems], [["led on"], []]);
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
		started.cloud.disconnected();
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
		cloud.disconnected();
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
			cloud.disconnected();
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
		cloud.disconnected();
	});
});
