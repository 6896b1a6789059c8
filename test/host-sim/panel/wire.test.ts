// The wire for people: what packets say, whatever pieces they come in, and that passwords are covered.

import assert from "node:assert/strict";
import { generate, type Packet } from "mqtt-packet";
import { nameRows } from "../../../host-sim/cloud/cumulocity/template-names.js";
import { coverSecrets } from "../../../host-sim/panel/covering.js";
import type { WirePacket } from "../../../host-sim/panel/messages.js";
import { Wire } from "../../../host-sim/panel/wire.js";

function decode(
	bytes: Uint8Array,
	step = bytes.length,
	smartRest = true,
): { packets: WirePacket[]; frames: Uint8Array[] } {
	const packets: WirePacket[] = [];
	const frames: Uint8Array[] = [];
	const wire = new Wire(smartRest, (packet, frame) => {
		packets.push(packet);
		frames.push(frame);
	});
	for (let at = 0; at < bytes.length; at += step) wire.push(1, "up", bytes.subarray(at, at + step));
	return { packets, frames };
}
const one = (packet: Packet, smartRest = true) =>
	decode(generate(packet), undefined, smartRest).packets[0] as WirePacket;

describe("panel: the wire", () => {
	const connect: Packet = {
		...{
			cmd: "connect",
			protocolId: "MQTT",
			protocolVersion: 4,
			clientId: "d:mote-0001",
			clean: true,
			keepalive: 60,
		},
		...{ username: "t1/device", password: Buffer.from("horse battery staple") },
		will: { topic: "s/us", payload: Buffer.from("400,x,gone"), qos: 0, retain: false },
	};

	it("names rows and columns of SmartREST", () => {
		const packet = one({
			...{ cmd: "publish", topic: "s/us", qos: 1, dup: false, retain: false, messageId: 7 },
			payload:
				'200,c8y_Temperature,T,21.5,C,2026-11-27T12:00:00.000Z\n400,mote_Network,"joined 2, lost ""1"""\n',
		});
		assert.deepEqual(
			[packet.type, packet.topic, packet.qos, packet.id, packet.about],
			["PUBLISH", "s/us", 1, 7, "2 rows: measurement, event"],
		);
		assert.deepEqual(packet.rows?.[0], {
			...{ id: "200", name: "measurement" },
			columns: [
				["fragment", "c8y_Temperature"],
				["series", "T"],
				["value", "21.5"],
				["unit", "C"],
				["time", "2026-11-27T12:00:00.000Z"],
			],
		});
		assert.deepEqual(packet.rows?.[1]?.columns, [
			["type", "mote_Network"],
			["text", 'joined 2, lost "1"'],
		]);
	});

	it("knows the rows that come down, and columns beyond those it knows", () => {
		assert.deepEqual(nameRows("511,mote-0001,led on\n"), [
			{
				id: "511",
				name: "command",
				columns: [
					["device", "mote-0001"],
					["text", "led on"],
				],
			},
		]);
		assert.deepEqual(nameRows("114,a,b")?.[0]?.columns, [
			["fragments", "a"],
			["fragments", "b"],
		]);
		assert.deepEqual(nameRows("999,a")?.[0], { id: "999", name: "?", columns: [["column 1", "a"]] });
		assert.deepEqual(nameRows('511,d,"say \\"hi\\"\nthere"')?.[0]?.columns[1], ["text", 'say "hi"\nthere']);
		for (const none of ["", "hello", "led 40%", '{"a":1}']) assert.equal(nameRows(none), undefined);
	});

	it("marks JSON, and takes no rows where there is no SmartREST", () => {
		const publish = (payload: string): Packet => ({
			cmd: "publish",
			topic: "s/us",
			qos: 0,
			dup: false,
			retain: true,
			payload,
		});
		assert.equal(one(publish('[{"a":1}]')).json, true);
		assert.equal(one(publish("[1")).json, undefined);
		assert.equal(one(publish("200,a,b,1"), false).rows, undefined);
		assert.equal(one(publish("x")).retain, true);
	});

	it("says what the other packets say", () => {
		assert.equal(one({ cmd: "connack", returnCode: 5, sessionPresent: false }).about, "code 5");
		assert.equal(
			one({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "s/ds", qos: 1 }] }).about,
			"s/ds at QoS 1",
		);
		assert.equal(one({ cmd: "suback", messageId: 1, granted: [1, 128] }).about, "QoS 1, refused");
		assert.match(
			one(connect).about,
			/^d:mote-0001, keepalive 60 s, clean session, will on s\/us, user t1\/device$/,
		);
		assert.equal(one({ cmd: "puback", messageId: 9 }).id, 9);
	});

	it("is the same in every chunking", () => {
		const bytes = Buffer.concat([
			generate(connect),
			generate({
				cmd: "publish",
				topic: "s/us",
				qos: 1,
				dup: false,
				retain: false,
				messageId: 1,
				payload: "x".repeat(300),
			}),
			generate({ cmd: "pingreq" }),
		]);
		const strip = ({ packets }: { packets: WirePacket[] }) => packets.map(({ at, ...packet }) => packet);
		const whole = strip(decode(bytes));
		assert.equal(whole.length, 3);
		for (const step of [1, 2, 3, 7, 100, 301]) assert.deepEqual(strip(decode(bytes, step)), whole);
	});

	it("covers the password in everything that leaves it", () => {
		const { packets, frames } = decode(generate(connect));
		assert.ok(!JSON.stringify(packets).includes("horse"));
		assert.ok(!Buffer.from(packets[0]?.hex ?? "", "hex").includes("horse"));
		assert.ok(!Buffer.from(frames[0] as Uint8Array).includes("horse"));
		assert.ok(Buffer.from(frames[0] as Uint8Array).includes("t1/device"));
		assert.match(Buffer.from(frames[0] as Uint8Array).toString("latin1"), /\*{20}$/);
		for (const more of [
			{ password: undefined },
			{ username: undefined, password: undefined },
			{ will: undefined },
		] as object[]) {
			const frame = generate({ ...connect, ...more } as Packet);
			const before = Buffer.from(frame);
			coverSecrets(frame);
			if ("will" in more) assert.ok(!frame.includes("horse"));
			else assert.deepEqual(frame, before);
		}
	});

	it("covers a password that comes down, and nothing else of that kind", () => {
		const publish = { cmd: "publish", topic: "s/dcr", dup: false, retain: false } as const;
		const payload = '70,t12345,device_mote-1,"horse, ""battery"""';
		for (const qos of [0, 1] as const) {
			const { packets, frames } = decode(generate({ ...publish, qos, messageId: 7, payload }));
			assert.equal(packets[0]?.payload, `70,t12345,device_mote-1,${"*".repeat(20)}`);
			assert.ok(!Buffer.from(frames[0] as Uint8Array).includes("horse"));
			assert.deepEqual(packets[0]?.rows?.[0]?.name, "credentials");
		}
		for (const topic of ["s/ds", "s/dcr/x"]) {
			const frame = generate({ ...publish, topic, qos: 0, payload });
			const before = Buffer.from(frame);
			coverSecrets(frame);
			assert.deepEqual(frame, before);
		}
	});

	it("names rows of static templates only", () => {
		const publish = { cmd: "publish", qos: 0, dup: false, retain: false, payload: "200,1,2" } as const;
		for (const topic of ["s/us", "q/us/child", "s/ds"]) assert.ok(one({ ...publish, topic }).rows, topic);
		for (const topic of ["s/uc/wx", "s/dc/wx", "s/ud", "s/dd", "s/ut/wx"])
			assert.equal(one({ ...publish, topic }).rows, undefined, topic);
	});

	it("gives a connection up that speaks no MQTT, and bounds what it shows", () => {
		assert.deepEqual(decode(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff, 0xff)).packets, []);
		assert.deepEqual(decode(Buffer.from(`30ffffff7f${"00".repeat(50)}`, "hex")).packets, []);
		const large = one({
			cmd: "publish",
			topic: "t",
			qos: 0,
			dup: false,
			retain: false,
			payload: "y".repeat(100_000),
		});
		assert.equal(large.bytes, 100_007);
		assert.ok((large.payload ?? "").length <= 16_384 && large.hex.length <= 4096);
		assert.equal(decode(Buffer.from("f000", "hex")).packets[0]?.type, "?");
	});
});
