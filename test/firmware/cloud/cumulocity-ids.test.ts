// The strategy for Cumulocity where operations come with ids: as rows and as JSON, in either order, with one
// of them lost; and what is answered by id.

import assert from "node:assert/strict";
import { PAIR_MS } from "../../../modules/cloud/cumulocity/operation-ids.js";
import { type Groups, READY, ready, start } from "./cumulocity-fixture.js";
import { opening } from "./fake-host.js";

const IDS = { cumulocity: { operationIds: true } } as unknown as Groups;
const TOPIC = "devicecontrol/notifications";
/** As the platform writes it: what is needed stands among much else. */
const doc = (id: number | string, fragments: object, target = "sn-1") =>
	JSON.stringify({
		delivery: { log: [], time: "2026-11-20T10:00:00.000Z", status: "PENDING" },
		agentId: "9",
		creationTime: "2026-11-20T10:00:00.000Z",
		deviceId: "9",
		id: `${id}`,
		status: "PENDING",
		...fragments,
		description: 'a "quoted" word',
		externalSource: { externalId: target, type: "c8y_Serial" },
	});
const command = (id: number, text = "led on") => doc(id, { c8y_Command: { text } });
/** Behind its first JSON, from which on rows wait for theirs. */
function heard() {
	const started = ready(IDS);
	started.host.receive(TOPIC, command(1, "led off"));
	started.host.deliver();
	started.host.carriedOut.length = 0;
	started.host.time += 2 * READY;
	started.host.tick();
	return started;
}

describe("Cumulocity: operations with ids", () => {
	it("subscribes to them behind s/ds, and only where the settings say so", () => {
		assert.ok(!opening(start().cloud).some((step) => step.includes(TOPIC)));
		assert.equal(opening(start(IDS).cloud)[2], `subscribe ${TOPIC} 1`);
	});

	it("goes on without them where the cloud refuses that", () => {
		const { cloud } = start(IDS);
		assert.equal(cloud.opening(2)?.refused?.finally, "continue");
		assert.equal(cloud.opening(1)?.refused?.finally, "reconnect");
	});

	it("answers JSON by its id", () => {
		const { host } = ready(IDS);
		host.receive(TOPIC, command(4711));
		assert.deepEqual(host.deliver(), ["504,4711\n", "506,4711\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
		host.reason = "no, not now";
		host.time += 2 * READY;
		host.receive(TOPIC, command(4712));
		assert.deepEqual(host.deliver(), ["504,4712\n", '505,4712,"no, not now"\n']);
	});

	for (const order of ["row, JSON", "JSON, row"])
		it(`carries out once what comes on both topics: ${order}`, () => {
			const { host } = heard();
			const row = () => host.receive("s/ds", "511,sn-1,led on");
			const json = () => host.receive(TOPIC, command(7));
			if (order === "row, JSON") {
				row();
				assert.deepEqual(host.deliver(), [], "501 waits for the id");
				json();
			} else {
				json();
				row();
			}
			assert.deepEqual(host.deliver(), ["504,7\n", "506,7\n"]);
			assert.deepEqual(host.carriedOut, ["led on"]);
			host.time += 3 * READY;
			host.tick();
			assert.deepEqual(host.deliver(), [], "no 500 follows from a pair");
		});

	it("carries out once also where the row comes when JSON is answered already", () => {
		const { host } = heard();
		host.receive(TOPIC, command(7));
		assert.deepEqual(host.deliver(), ["504,7\n", "506,7\n"]);
		host.receive("s/ds", "511,sn-1,led on");
		assert.deepEqual(host.deliver(), []);
		assert.deepEqual(host.carriedOut, ["led on"]);
	});

	it("carries out a row whose JSON is lost, by its fragment, a moment later", () => {
		const { host } = heard();
		host.receive("s/ds", "511,sn-1,led on");
		host.time += PAIR_MS - 1;
		host.tick();
		assert.deepEqual(host.deliver(), []);
		host.time += 1;
		host.tick();
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "503,c8y_Command\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
	});

	it("ends by id what was begun by its fragment, where the id comes in between", () => {
		const { host } = heard();
		host.receive("s/ds", "511,sn-1,led on");
		host.time += PAIR_MS;
		host.tick();
		assert.deepEqual(
			host.queued.map(({ text }) => text),
			["501,c8y_Command\n"],
		);
		host.receive(TOPIC, command(7));
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "506,7\n"]);
	});

	it("does not wait with rows on a tenant from which no JSON has come", () => {
		const { host } = ready(IDS);
		host.receive("s/ds", "511,sn-1,led on\n515,sn-1,a,1,url");
		assert.deepEqual(host.deliver(), [
			"501,c8y_Command\n",
			"501,c8y_Firmware\n502,c8y_Firmware,c8y_Firmware is not supported\n",
			"503,c8y_Command\n",
		]);
	});

	it("tells two operations of the same content by their ids", () => {
		const { host } = heard();
		host.receive(TOPIC, `${command(7)}\n${command(8)}`);
		assert.deepEqual(host.deliver(), ["504,7\n", "504,8\n", "506,7\n", "506,8\n"]);
		assert.deepEqual(host.carriedOut, ["led on", "led on"]);
	});

	it("takes a document that comes twice for one", () => {
		const { host } = heard();
		host.receive(TOPIC, command(7));
		host.receive(TOPIC, command(7));
		assert.deepEqual(host.deliver().slice(0, 2), ["504,7\n", "506,7\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
	});

	it("carries out every kind, and refuses the others by id and once", () => {
		for (const [fragments, answers, row] of [
			[{ c8y_Relay: { relayState: "CLOSED" } }, ["504,7\n", "506,7\n"], "518,sn-1,CLOSED"],
			[
				{ c8y_Relay: { relayState: "AJAR" } },
				["504,7\n", "505,7,the state is neither OPEN nor CLOSED\n"],
				"",
			],
			[{ c8y_MeasurementRequestOperation: { requestName: "LOG" } }, ["504,7\n", "506,7\n"], "517,sn-1,LOG"],
			[
				{ c8y_Firmware: { name: "a", url: "b" } },
				["504,7\n505,7,c8y_Firmware is not supported\n"],
				"515,sn-1,a,,b",
			],
			[{ my_Own: { deep: [{}] } }, ["504,7\n505,7,this kind of operation is not supported\n"], ""],
			[{ c8y_Command: {} }, ["504,7\n", "505,7,the operation has no parameter\n"], ""],
		] as const) {
			const { host } = heard();
			host.receive(TOPIC, doc(7, fragments));
			if (row !== "") host.receive("s/ds", row);
			assert.deepEqual(host.deliver(), answers, JSON.stringify(fragments));
		}
	});

	it("keeps the id over a power cut, and ends exactly that operation", () => {
		const { cloud, host } = heard();
		host.receive(TOPIC, command(123456789012));
		assert.equal(host.store.get("operation-0"), "511,123456789012");
		const next = start(IDS);
		next.host.store.set("operation-0", "511,123456789012");
		next.host.store.set("operation-1", "510,5");
		next.host.store.set("operation-2", 518);
		const said = opening(next.cloud).at(-2);
		assert.equal(
			said,
			"publish s/us 1: 505,123456789012,interrupted by a restart\n506,5\n502,c8y_Relay,interrupted by a restart\n",
		);
		host.deliver();
		assert.equal(host.store.get("operation-0"), undefined);
		cloud.disconnected("connection-lost");
	});

	it("forgets a row that still waits when the connection ends: it comes again", () => {
		const { cloud, host } = heard();
		host.receive("s/ds", "511,sn-1,led on");
		cloud.disconnected("connection-lost");
		assert.equal(host.store.get("operation-0"), undefined);
		host.time += PAIR_MS;
		opening(cloud);
		// Nothing is known of this connection yet: the row does not wait for its JSON.
		host.receive("s/ds", "511,sn-1,led on");
		host.receive(TOPIC, command(7));
		assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "506,7\n"]);
	});

	it("reads several documents, and goes on behind one that is none", () => {
		const { host } = heard();
		host.receive(TOPIC, ` ${command(7, "led 1%")}\r\n{"id":"8",}\n\n${command(9, "led 2%")}\n`);
		assert.deepEqual(host.deliver(), ["504,7\n", "504,9\n", "506,7\n", "506,9\n"]);
		assert.deepEqual(host.carriedOut, ["led 1%", "led 2%"]);
		assert.deepEqual(host.problems, ["an operation that is no JSON: name expected"]);
	});

	it("takes texts as they are behind JSON's escapes", () => {
		for (const text of ['say "a", b\\', "line\nfeed", "\\", '"', "ü,ß", 'a,""b\\"c']) {
			const { host } = heard();
			host.receive(TOPIC, command(7, text));
			host.deliver();
			assert.deepEqual(host.carriedOut, [text]);
		}
	});

	it("pairs row and JSON of a text with quotes and backslashes, whose rows are written in two ways", () => {
		for (const [row, text] of [
			['511,sn-1,"a ""b"", c"', 'a "b", c'],
			['511,sn-1,"a \\"b\\", c"', 'a "b", c'],
			['511,sn-1,"C:\\"', "C:\\"],
		] as const) {
			const { host } = heard();
			host.receive("s/ds", row);
			host.receive(TOPIC, command(7, text));
			assert.deepEqual(host.deliver(), ["504,7\n", "506,7\n"], row);
			assert.deepEqual(host.carriedOut, [text]);
		}
	});

	it("finds its way in documents in any order of their members, and without a source", () => {
		for (const text of [
			'{"externalSource":{"type":"c8y_Serial","externalId":"sn-1"},"c8y_Command":{"x":1,"text":"led on"},"id":7}',
			'{"c8y_Command":{"text":"led on"},"externalSource":{"externalId":"sn-1"},"id":"7"}',
			'{"c8y_Command":{"text":"led on"},"id":"7"}',
			'{"id":"7","c8y_Command":{"text":"led on"}}',
		]) {
			const { host } = heard();
			host.receive(TOPIC, text);
			assert.deepEqual(host.deliver(), ["504,7\n", "506,7\n"], text);
			assert.deepEqual(host.carriedOut, ["led on"]);
		}
	});

	it("leaves alone what is another device's, or is not pending", () => {
		const { host } = heard();
		host.receive(TOPIC, doc(7, { c8y_Command: { text: "led on" } }, "sn-2"));
		host.receive(TOPIC, command(8).replace('"id":"8","status":"PENDING"', '"id":"8","status":"EXECUTING"'));
		assert.deepEqual(host.deliver(), []);
		assert.deepEqual(host.problems, ["an operation for another device"]);
	});

	it("carries out by its fragment what has an id that no number holds", () => {
		for (const id of ["", "0", "-1", "abc", "12345678901234567890", "1.5"]) {
			const { host } = heard();
			host.receive(TOPIC, doc(id, { c8y_Command: { text: "led on" } }));
			host.time += PAIR_MS;
			host.tick();
			assert.deepEqual(host.deliver(), ["501,c8y_Command\n", "503,c8y_Command\n"], id);
		}
	});

	it("refuses by id what is too long, where the id was seen", () => {
		const { cloud, host } = heard();
		host.receive(TOPIC, command(7, "x".repeat(600)));
		assert.deepEqual(host.deliver(), ["504,7\n", "505,7,the operation is too long\n"]);
		const long = command(8, `${"x".repeat(3000)}"id":"99"`);
		for (const size of [1, 7, 512]) {
			const sink = cloud.stream({ isOn: (topic: Uint8Array) => topic.length === TOPIC.length } as never);
			const bytes = Buffer.from(long);
			for (let at = 0; at < bytes.length; at += size)
				sink?.part(bytes, at, Math.min(at + size, bytes.length));
			sink?.end(true);
			assert.deepEqual(host.deliver(), ["504,8\n505,8,the operation is too long\n"], `parts of ${size}`);
		}
		const sink = cloud.stream({ isOn: () => true } as never);
		sink?.part(Buffer.from('{"delivery":{"id":"5"},"ident":"6","list":["id","4"]'), 0, 52);
		sink?.end(true);
		assert.deepEqual(host.deliver(), []);
		sink?.part(Buffer.from('{"id":"5"'), 0, 9);
		sink?.end(false);
		assert.deepEqual(host.deliver(), [], "the message comes again");
	});

	it("acts on nothing before 500, and then on what that brings", () => {
		const { cloud, host } = start(IDS);
		cloud.opening(0);
		host.receive(TOPIC, command(7));
		assert.deepEqual(host.deliver(), []);
		opening(cloud);
		host.receive(TOPIC, command(7));
		assert.deepEqual(host.deliver(), ["504,7\n", "506,7\n"]);
	});
});

describe("Cumulocity: operations with ids, where little goes as it should", () => {
	/** Time passes; what is said meanwhile. */
	const pass = (host: ReturnType<typeof heard>["host"], ms: number): string[] => {
		const said: string[] = [];
		for (let t = 0; t < ms; t += 500) {
			host.time += 500;
			host.tick();
			said.push(...host.deliver());
		}
		return said;
	};

	it("answers all in the end where the ring is full of other answers", () => {
		const { host } = heard();
		host.room = 8;
		host.receive("s/ds", [1, 2, 3, 4].map((i) => `511,sn-1,led ${i}%`).join("\n"));
		for (let i = 0; i < 6; i++) host.receive(TOPIC, doc(20 + i, { my_Own: {} }));
		for (let i = 1; i <= 4; i++) host.receive(TOPIC, command(6 + i, `led ${i}%`));
		const said = [...host.deliver(), ...pass(host, 60_000)];
		for (const row of said) if (row === "500\n") host.receive(TOPIC, doc(25, { my_Own: {} }));
		said.push(...pass(host, 60_000));
		for (let i = 1; i <= 4; i++) {
			if (!said.includes(`506,${6 + i}\n`)) host.receive(TOPIC, command(6 + i, `led ${i}%`));
			said.push(...pass(host, 10_000));
			assert.equal(said.filter((row) => row === `506,${6 + i}\n`).length, 1, `operation ${6 + i}`);
		}
		assert.equal(new Set(host.carriedOut).size, 4);
		assert.equal(host.carriedOut.length, 4);
		assert.ok(!host.marks.has("operation-0") && !host.marks.has("operation-3"));
	});

	it("asks again for what it had no room to refuse", () => {
		const { host } = heard();
		host.room = 0;
		host.receive(TOPIC, doc(20, { my_Own: {} }));
		host.room = 8;
		assert.deepEqual(pass(host, 10_000), ["500\n"]);
		host.receive(TOPIC, doc(20, { my_Own: {} }));
		assert.deepEqual(host.deliver(), ["504,20\n505,20,this kind of operation is not supported\n"]);
	});

	it("carries out what has a long text that nobody needs, once", () => {
		const { host } = heard();
		host.receive(TOPIC, doc(7, { c8y_Command: { text: "led on" }, note: "x".repeat(600) }));
		host.receive("s/ds", "511,sn-1,led on");
		assert.deepEqual([...host.deliver(), ...pass(host, 20_000)], ["504,7\n", "506,7\n"]);
		assert.deepEqual(host.carriedOut, ["led on"]);
	});

	for (const order of ["row, JSON", "JSON, row"])
		it(`refuses a command that is too long by its id only: ${order}`, () => {
			const { host } = heard();
			host.refusal = "longer than 512 bytes"; // what the node says of the row
			const text = `led on; ${"x".repeat(560)}`;
			const row = () => host.receive("s/ds", `511,sn-1,${text}`);
			if (order === "row, JSON") row();
			host.receive(TOPIC, command(7, text));
			if (order === "JSON, row") row();
			const [executing, failed, ...more] = [...host.deliver(), ...pass(host, 20_000)];
			assert.equal(executing, "504,7\n");
			assert.match(failed ?? "", /^505,7,/);
			assert.deepEqual(more, []);
			assert.deepEqual(host.carriedOut, []);
		});

	it("never refuses by the fragment what JSON may still refuse by its id", () => {
		const { host } = heard();
		host.receive("s/ds", '518,sn-1,AJAR\n515,sn-1,fw,2,url\n511,sn-1,"led on\n');
		assert.deepEqual(pass(host, 20_000), []);
		assert.ok(!host.marks.has("operation-0"));
	});

	it("answers every row by its fragment again in a connection without JSON", () => {
		const { cloud, host } = heard();
		cloud.disconnected("connection-lost");
		opening(cloud);
		host.receive("s/ds", '515,sn-1,fw,2,url\n518,sn-1,AJAR\n511,sn-1,"led on\n');
		const said = host.deliver();
		assert.ok(said.includes("501,c8y_Firmware\n502,c8y_Firmware,c8y_Firmware is not supported\n"));
		assert.ok(said.includes("502,c8y_Relay,the state is neither OPEN nor CLOSED\n"));
		assert.ok(said.some((row) => row.startsWith("502,c8y_Command,the operation cannot be read")));
	});

	for (const [fragments, row] of [
		[{ c8y_Command: {} }, "511,sn-1,"],
		[{ c8y_Command: { text: 5 } }, "511,sn-1,5"],
		[{ c8y_MeasurementRequestOperation: {} }, "517,sn-1,"],
		[{ c8y_Relay: {} }, "518,sn-1,"],
	] as const)
		it(`pairs ${JSON.stringify(fragments)} and ${row}`, () => {
			const { host } = heard();
			host.receive(TOPIC, doc(7, fragments));
			host.receive("s/ds", row);
			const said = [...host.deliver(), ...pass(host, 20_000)];
			assert.equal(said.length, 2, said.join());
			assert.match(said.join(""), /^504,7\n50[56],7/);
		});

	it("refuses none of several that came in one message that is too large", () => {
		const { cloud, host } = heard();
		const batch = Buffer.from(Array.from({ length: 8 }, (_, i) => command(7 + i, `led ${i}%`)).join("\n"));
		const sink = cloud.stream({ isOn: () => true } as never);
		sink?.part(batch, 0, batch.length);
		sink?.end(true);
		assert.deepEqual(host.problems, ["several operations in a message that is too large"]);
		assert.deepEqual(pass(host, 5000), ["500\n"]);
	});

	it("tells the inventory of the relay again in the next connection, as it may not have arrived", () => {
		const { cloud, host } = ready();
		host.receive("s/ds", "518,sn-1,CLOSED");
		host.deliver();
		host.tick();
		cloud.disconnected("connection-lost");
		opening(cloud);
		host.tick();
		host.tick();
		assert.equal(host.sent.length, 2);
	});
});

describe("Cumulocity: relays and samples on request", () => {
	const ARRAY = { cumulocity: { relays: "led, speed" } } as unknown as Groups;

	it("tells the inventory of the state that 518 has switched to", () => {
		const { host } = ready();
		host.publishes = false;
		host.receive("s/ds", "518,sn-1,CLOSED");
		host.deliver();
		host.tick();
		assert.deepEqual(host.sent, []);
		host.publishes = true;
		host.tick();
		host.tick();
		assert.deepEqual(host.sent, [
			'inventory/managedObjects/update/sn-1 {"c8y_Relay":{"relayState":"CLOSED"}}',
		]);
		host.reason = "stuck";
		host.time += READY;
		host.receive("s/ds", "518,sn-1,OPEN");
		host.deliver();
		host.tick();
		assert.equal(host.sent.length, 1, "a relay that did not move has no new state");
	});

	it("offers 519 only where there are several relays, and switches each", () => {
		assert.match(opening(start(ARRAY).cloud)[2] as string, /,c8y_RelayArray\n/);
		assert.doesNotMatch(opening(start().cloud)[2] as string, /c8y_RelayArray/);
		const { host } = ready(ARRAY);
		host.receive("s/ds", "519,sn-1,CLOSED,OPEN");
		assert.deepEqual(host.deliver(), ["501,c8y_RelayArray\n", "503,c8y_RelayArray,CLOSED,OPEN\n"]);
		assert.deepEqual(host.carriedOut, ["led on;speed stop;"]);
		host.time += READY;
		host.receive("s/ds", "519,sn-1,CLOSE");
		assert.deepEqual(host.deliver(), ["501,c8y_RelayArray\n", "503,c8y_RelayArray,CLOSED\n"]);
		assert.equal(host.sent.length, 0);
	});

	for (const [row, reason] of [
		["519,sn-1,CLOSED,OPEN,OPEN", "this device has 2 relays"],
		["519,sn-1,CLOSED,AJAR", "the state is neither OPEN nor CLOSED"],
		["519,sn-1", "the operation has no parameter"],
	] as const)
		it(`moves nothing for ${row}`, () => {
			const { host } = ready(ARRAY);
			host.receive("s/ds", row);
			assert.deepEqual(host.deliver(), ["501,c8y_RelayArray\n", `502,c8y_RelayArray,${reason}\n`]);
			assert.deepEqual(host.carriedOut, []);
		});

	it("takes a sample for 517 once 501 is acknowledged", () => {
		const { host } = ready();
		host.receive("s/ds", "517,sn-1,LOG");
		assert.equal(host.samples, 0);
		assert.deepEqual(host.deliver(), [
			"501,c8y_MeasurementRequestOperation\n",
			"503,c8y_MeasurementRequestOperation\n",
		]);
		assert.equal(host.samples, 1);
	});
});

describe("Cumulocity: processing modes and place", () => {
	for (const [mode, topic] of [
		["persistent", "s/us"],
		["transient", "t/us"],
		["quiescent", "q/us"],
		["cep", "c/us"],
	] as const)
		it(`sends measures on ${topic} as ${mode}, and nothing else`, () => {
			const { cloud } = start({ cumulocity: { mode } } as unknown as Groups);
			assert.equal(Buffer.from(cloud.measures.topic).toString(), topic);
			assert.equal(Buffer.from(cloud.events.topic).toString(), "s/us");
		});

	it("tells where it stands: as an event with the first opening of a boot, and then in the inventory only", () => {
		const { cloud } = start({ cumulocity: { position: "49.29,8.64,112" } } as unknown as Groups);
		assert.match(opening(cloud)[2] as string, /\n402,49\.29,8\.64,112\n/);
		assert.match(opening(cloud)[2] as string, /\n112,49\.29,8\.64,112\n/);
	});
});
