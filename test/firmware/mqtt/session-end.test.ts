// The session in virtual time: how it stops, and its tables.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Await, InFlight, transition } from "../../../modules/mqtt/in-flight.js";
import { InboundQos2 } from "../../../modules/mqtt/inbound-qos2.js";
import { Limits } from "../../../modules/mqtt/limits.js";
import { PacketType } from "../../../modules/mqtt/packet.js";
import { ReplyQueue } from "../../../modules/mqtt/reply-queue.js";
import { SessionState } from "../../../modules/mqtt/session-state.js";
import { seeded } from "../../support/seeded.js";
import { Fixture, inbound, utf8 } from "./fixture.js";
import { CONNACK, wire } from "./session-fixture.js";

describe("mqtt: session, stopping", () => {
	it("[MQTT-3.14.4-1] DISCONNECT goes out, the connection is closed in order, and nothing comes after", () => {
		const f = new Fixture().up();
		f.session.stop();
		assert.equal(wire(f), "e000");
		f.transport.flush();
		assert.deepEqual(f.heard().slice(1), ["closed requested"]);
		assert.deepEqual(f.transport.closes, [false]);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.deepEqual(f.retries, [-1]);
		assert.equal(f.time.armed, 0);
		f.publish(f.measures, "x");
		f.time.advance(1_000_000);
		assert.equal(wire(f), "");
		assert.equal(f.transport.opens, 1);
	});

	it("connects again after an orderly end that was to renew it, with what CONNECT has then", () => {
		const connect = { clientId: utf8("node"), cleanSession: true, keepAlive: 60, username: utf8("a") };
		const f = new Fixture({ connect }).up();
		f.session.stop(true);
		assert.equal(wire(f), "e000");
		f.transport.flush();
		assert.deepEqual(f.heard().slice(1), ["closed requested"]);
		assert.equal(f.session.state, SessionState.Waiting);
		assert.ok((f.retries[0] ?? -1) >= 0);
		f.again();
		assert.equal(f.session.state, SessionState.Up);
		f.session.stop();
		f.transport.flush();
		assert.equal(f.session.state, SessionState.Stopped);
	});

	it("ends for good where it is stopped while it renews itself", () => {
		const f = new Fixture().up();
		f.session.stop(true);
		f.session.stop();
		f.transport.flush();
		assert.equal(f.session.state, SessionState.Stopped);
		assert.deepEqual(f.retries, [-1]);
		f.session.stop(true);
		assert.equal(f.session.state, SessionState.Stopped);
		f.session.start();
		f.up();
		f.session.stop();
		f.transport.flush();
		assert.equal(f.session.state, SessionState.Stopped);
	});

	it("is not told of the end before DISCONNECT is out, for then the machine may be reset", () => {
		for (const end of ["acknowledged", "closed by the server", "lost", "late"]) {
			const f = new Fixture().up();
			f.transport.take();
			f.transport.write(2, Uint8Array.of(0xc0, 0)); // still on its way
			f.session.stop();
			f.transport.accept(1);
			assert.deepEqual([f.session.state, f.retries], [SessionState.Leaving, []], end);
			assert.equal(wire(f), "c000e000");
			if (end === "acknowledged") f.transport.flush();
			else if (end === "closed by the server") f.transport.fail("closed-by-server");
			else if (end === "lost") f.transport.fail();
			else f.time.advance(Limits.closeMs);
			assert.deepEqual(f.heard().slice(1), ["closed requested"], end);
			assert.deepEqual([f.session.state, f.retries], [SessionState.Stopped, [-1]], end);
			assert.equal(f.time.armed, 0);
		}
	});

	it("[MQTT-3.14.4-2] a message being written is finished, then DISCONNECT; what waits stays", () => {
		const f = new Fixture({ measures: { payloadBytes: 3000, slots: 4 } }).up();
		f.transport.free = 100;
		f.publish(f.measures, "a".repeat(3000), "b");
		f.session.stop();
		f.publish(f.measures, "c");
		for (let i = 0; i < 3; i++) f.transport.accept(1500);
		f.transport.flush();
		const packets = f.sent();
		assert.deepEqual(
			packets.map((packet) => packet.cmd),
			["publish", "disconnect"],
		);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.equal(f.outbox.waiting, 3);
	});

	it("[MQTT-3.14.4-2] E0 00 are the last bytes, also when a QoS 1 message comes while they wait for the socket", () => {
		for (const free of [0, 1]) {
			const f = new Fixture().up();
			f.transport.free = free;
			f.session.stop();
			f.transport.deliver([...inbound("t", "x", 1, 9), ...inbound("t", "y", 2, 8), 0x62, 2, 0, 7]);
			for (let i = 0; i < 3; i++) if (f.transport.active) f.transport.flush();
			assert.equal(wire(f), "e000");
			assert.equal(f.session.state, SessionState.Stopped);
		}
	});

	it("replies that already wait go out before DISCONNECT", () => {
		const f = new Fixture().up();
		f.onMessage = () => f.session.stop();
		f.transport.deliver(inbound("t", "x", 1, 9));
		assert.equal(wire(f), "40020009e000");
		f.transport.flush();
		assert.equal(f.session.state, SessionState.Stopped);
	});

	it("a socket that takes nothing does not hold it longer than closeMs", () => {
		const f = new Fixture().up();
		f.transport.free = 0;
		f.session.stop();
		f.session.stop();
		f.time.advance(Limits.closeMs - 1);
		assert.equal(f.session.state, SessionState.Leaving);
		f.time.advance(1);
		assert.equal(f.session.state, SessionState.Stopped);
		assert.deepEqual(f.heard().slice(1), ["closed requested"]);
	});

	it("works in every state, reports once and leaves no alarm running", () => {
		const states: Record<string, (f: Fixture) => void> = {
			Opening: (f) => f.session.start(),
			Greeting: (f) => {
				f.session.start();
				f.transport.connect();
			},
			Up: (f) => f.up(),
			Waiting: (f) => {
				f.up();
				f.transport.fail();
			},
			"in sessionOpened": (f) => {
				f.onOpened = () => f.session.stop();
				f.up();
			},
			"in sessionClosed": (f) => {
				let stopping = false;
				f.onClosed = () => {
					if (!stopping) {
						stopping = true;
						f.session.stop();
					}
				};
				f.up();
				f.transport.fail();
			},
		};
		for (const [name, reach] of Object.entries(states)) {
			const f = new Fixture();
			reach(f);
			f.session.stop();
			if (f.transport.active) f.transport.flush();
			assert.equal(f.session.state, SessionState.Stopped, name);
			assert.equal(f.heard().filter((line) => line === "closed requested").length, 1, name);
			assert.equal(f.retries.at(-1), -1, name);
			assert.equal(f.transport.active, false, name);
			assert.equal(f.time.armed, 0, name);
			f.session.stop();
			assert.deepEqual(f.heard(), [], name);
			// and it can be started again
			f.onOpened = f.onClosed = () => {};
			f.up();
			assert.equal(f.session.state, SessionState.Up, name);
		}
	});

	it("a connection lost meanwhile, or a broken rule, ends it all the same", () => {
		for (const act of [
			(f: Fixture) => f.transport.fail(),
			(f: Fixture) => f.transport.deliver([0]),
			(f: Fixture) => f.transport.deliver(CONNACK),
			(f: Fixture) => f.session.drop("requested", ""),
		]) {
			const f = new Fixture().up();
			f.transport.free = 0;
			f.session.stop();
			act(f);
			assert.equal(f.session.state, SessionState.Stopped);
			assert.deepEqual(f.retries, [-1]);
			assert.equal(f.time.armed, 0);
		}
	});

	it("drop, pump and subscribe do nothing while stopped or waiting", () => {
		const f = new Fixture();
		f.session.drop("requested", "");
		f.session.pump();
		assert.deepEqual(f.heard(), []);
		f.up();
		f.transport.fail();
		f.heard();
		f.session.drop("requested", "");
		f.session.pump();
		assert.equal(f.session.subscribe(utf8("a"), 0), 0);
		assert.deepEqual(f.heard(), []);
		assert.equal(f.session.state, SessionState.Waiting);
	});
});

describe("mqtt: session, tables", () => {
	it("[MQTT-2.3.1-2] [MQTT-2.3.1-3] ids are never 0, distinct while in use, and free again only when done", () => {
		const step = fc.tuple(
			fc.boolean(),
			fc.nat(1000),
			fc.constantFrom(Await.Puback, Await.Pubrec, Await.Suback),
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
				const table = new InFlight(8);
				const open = new Map<number, number>();
				for (const [acknowledge, pick, state] of steps) {
					if (acknowledge && open.size > 0) {
						const [id, awaited] = [...open][pick % open.size] as [number, number];
						if (awaited === Await.Pubrec) {
							assert.equal(table.acknowledge(PacketType.Puback, id), -1);
							assert.equal(table.acknowledge(PacketType.Pubrec, id), Await.Pubcomp);
							assert.equal(table.acknowledge(PacketType.Pubrec, id), Await.Pubcomp);
							open.set(id, Await.Pubcomp);
							continue;
						}
						const type = { [Await.Puback]: 4, [Await.Pubcomp]: 7, [Await.Suback]: 9 }[awaited] as number;
						assert.equal(table.acknowledge(type, id), Await.Nothing);
						assert.equal(table.acknowledge(type, id), -1);
						open.delete(id);
					} else if (!table.full) {
						const id = table.open(state);
						assert.ok(id >= 1 && id <= 65_535 && !open.has(id));
						open.set(id, state);
					}
					assert.equal(table.count, open.size);
					assert.equal(table.full, open.size === 8);
				}
			}),
		);
	});

	it("[MQTT-2.3.1-2] the wrap skips whole runs of ids in use", () => {
		const table = new InFlight(4);
		const first = [table.open(Await.Puback), table.open(Await.Puback), table.open(Await.Puback)];
		assert.deepEqual(first, [1, 2, 3]);
		for (let id = 4; id <= 65_535; id++) {
			assert.equal(table.open(Await.Puback), id);
			table.acknowledge(PacketType.Puback, id);
		}
		assert.equal(table.open(Await.Puback), 4);
	});

	it("only the legal transitions are taken, of all states and packet types", () => {
		const legal = new Map([
			[`${Await.Puback} 4`, Await.Nothing],
			[`${Await.Pubrec} 5`, Await.Pubcomp],
			[`${Await.Pubcomp} 5`, Await.Pubcomp],
			[`${Await.Pubcomp} 7`, Await.Nothing],
			[`${Await.Suback} 9`, Await.Nothing],
			[`${Await.Unsuback} 11`, Await.Nothing],
		]);
		for (let state = 0; state <= 5; state++)
			for (let type = 0; type <= 15; type++)
				assert.equal(transition(state, type), legal.get(`${state} ${type}`) ?? -1, `${state} ${type}`);
	});

	it("replies leave in their order, round and round", () => {
		const queue = new ReplyQueue(5);
		const model: number[] = [];
		for (let i = 1; i < 200; i++) {
			if (model.length === 5 || (model.length > 0 && i % 3 === 0)) {
				assert.equal(queue.type, (model[0] as number) % 8);
				assert.equal(queue.packetId, model.shift());
				queue.shift();
			} else {
				queue.add(i % 8, i);
				model.push(i);
			}
			assert.equal(queue.length, model.length);
			assert.equal(queue.full, model.length === 5);
		}
		queue.clear();
		assert.equal(queue.length, 0);
	});

	it("the table of inbound QoS 2 ids is a set of ranges that forgets the oldest", () => {
		const table = new InboundQos2(2);
		for (const id of [65_535, 65_534, 1, 2, 3]) table.add(id);
		for (const id of [1, 2, 3, 65_534, 65_535]) assert.equal(table.has(id), true, `${id}`);
		for (const id of [4, 65_533]) assert.equal(table.has(id), false, `${id}`);
		table.remove(4);
		table.remove(1);
		assert.deepEqual(
			[1, 2, 3].map((id) => table.has(id)),
			[false, true, true],
		);
		assert.equal(table.forgotten, 0);
		table.add(9);
		assert.equal(table.forgotten, 1);
		assert.deepEqual(
			[65_534, 65_535, 2, 3, 9].map((id) => table.has(id)),
			[false, false, true, true, true],
		);
		table.clear();
		assert.deepEqual([table.has(2), table.has(9)], [false, false]);
	});

	it("the table of inbound QoS 2 ids agrees with a Set", () => {
		const random = seeded(7);
		const table = new InboundQos2(13);
		const model = new Set<number>();
		for (let i = 0; i < 20_000; i++) {
			const id = 1 + Math.floor(random() * 24);
			if (model.has(id)) {
				table.remove(id);
				model.delete(id);
			} else {
				table.add(id);
				model.add(id);
			}
			for (let each = 1; each <= 24; each++) assert.equal(table.has(each), model.has(each));
			const ranges: number[] = [];
			table.tell({ takenRange: (first, last) => ranges.push(last - first + 1) });
			assert.equal(
				ranges.reduce((sum, n) => sum + n, 0),
				model.size,
			);
		}
		assert.equal(table.forgotten, 0);
	});
});
