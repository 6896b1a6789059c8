// The strategy for Cumulocity: operations and their answers.

import assert from "node:assert/strict";
import { RecordKind } from "../../../modules/outbox/ring.js";
import { ready, start } from "./cumulocity-fixture.js";
import { opening } from "./fake-host.js";

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
			["516,sn-1,name,1,url", "c8y_SoftwareList"],
			["519,sn-1,OPEN,CLOSED", "c8y_RelayArray"],
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
		cloud.disconnected("connection-lost");
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
		cloud.disconnected("connection-lost");
		opening(cloud);
		host.receive("s/ds", "511,sn-1,led 5%");
		host.deliver();
		host.receive("s/ds", "511,sn-1,led 5%"); // the copy that the repeated 500 brought
		assert.deepEqual(host.carriedOut, ["led on", "led 5%"]);
	});

	it("takes rows that differ in any column for different operations", () => {
		const { host } = ready();
		host.receive("s/ds", "511,sn-1,led on\n511,sn-1,led on,x\n511,sn-1,led,on\n511,sn-1,led off");
		host.deliver();
		assert.equal(host.carriedOut.length, 4);
	});

	it("keeps operations in progress over a reconnect", () => {
		const { cloud, host } = ready();
		host.receive("s/ds", "511,sn-1,led on");
		cloud.disconnected("connection-lost");
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
