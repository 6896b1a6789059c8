// The strategy for Cumulocity without credentials: it asks for them, keeps them, and asks again where they
// are refused for a day.

import assert from "node:assert/strict";
import type { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { type Groups, start } from "./cumulocity-fixture.js";
import { type FakeHost, text } from "./fake-host.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEY = "credentials";
const GROUPS = {
	cumulocity: { bootstrapPassword: "boot" },
	broker: { clientCertificate: false, host: "c8y.example" },
} as unknown as Groups;
const ROW = "70,t07007007,device_sn-1,pw-1";

const begin = (groups: object = {}, stored?: string) => {
	const started = start({ ...GROUPS, ...groups } as Groups);
	if (stored !== undefined) {
		started.host.store.set(KEY, stored);
		started.cloud.attach(started.host);
	}
	return started;
};
const user = ({ connect }: Cumulocity) =>
	[connect.username, connect.password].map((bytes) => bytes && text(bytes));
const stored = ({ store }: FakeHost) => store.get(KEY);
const STORED = "c8y.example\nt07007007/device_sn-1\npw-1";

describe("Cumulocity: credentials bootstrap", () => {
	it("connects as management/devicebootstrap with the password of the settings, and no will", () => {
		const { cloud } = begin();
		assert.deepEqual(user(cloud), ["management/devicebootstrap", "boot"]);
		assert.equal(cloud.connect.will, undefined);
		assert.equal(text(cloud.connect.clientId), "d:sn-1");
	});

	it("subscribes s/dcr, and asks with empty messages on s/ucr, every 5 s and then more seldom", () => {
		const { cloud, host } = begin();
		const steps = Array.from({ length: 121 }, (_, i) => cloud.opening(i));
		assert.equal(text(steps[0]?.topic as Uint8Array), "s/dcr");
		assert.equal(steps[0]?.kind, "subscribe");
		for (let i = 1; i < steps.length; i += 2) {
			const ask = steps[i];
			assert.deepEqual(
				[ask?.kind, text(ask?.topic as Uint8Array), ask?.payload.length],
				["publish", "s/ucr", 0],
			);
			assert.equal(steps[i + 1]?.kind, "wait");
		}
		const pauses = steps.filter((step) => step?.kind === "wait").map((step) => (step?.pauseMs ?? 0) / 1000);
		assert.deepEqual(pauses.slice(0, 11), Array(11).fill(5));
		assert.deepEqual([pauses[11], pauses[23], pauses[35], pauses[59]], [10, 20, 40, 60]);
		assert.deepEqual(host.waits, ["an operator of the cloud has to register and accept sn-1"]);
		assert.deepEqual(host.queued, []);
	});

	it("stores what it is given in one write, and connects anew with it, its will and its opening", () => {
		const { cloud, host } = begin();
		host.receive("s/dcr", ROW);
		assert.equal(stored(host), STORED);
		assert.equal(host.reconnects, 1);
		assert.deepEqual(user(cloud), ["t07007007/device_sn-1", "pw-1"]);
		assert.ok(cloud.connect.will);
		assert.equal(text(cloud.opening(0)?.payload as Uint8Array), "100,Mote,mote\n");
	});

	for (const [row, password] of [
		['70,t1,device_a,"a,b""c"', 'a,b"c'],
		['70,t1,device_a,"a\\"b"', 'a"b'],
		['70,t1,device_a,"pä ss "\n', "pä ss "],
	] as const)
		it(`decodes the password as a column: ${row.trim()}`, () => {
			const { cloud, host } = begin();
			host.receive("s/dcr", row);
			assert.deepEqual(user(cloud), ["t1/device_a", password]);
		});

	for (const row of [
		"70,t1,device_a",
		"70,t1,device_a,",
		"70,,device_a,pw",
		"70,t1,,pw",
		"71,t1,device_a,pw",
		"70,t1,device_a,pw,more",
		'70,t1,device_a,"open',
		'70,t1,device_a,"line\nfeed"',
		`70,t1,device_a,${"x".repeat(257)}`,
		"rubbish",
	])
		it(`refuses a row that is none: ${JSON.stringify(row.slice(0, 40))}`, () => {
			const { cloud, host } = begin();
			host.receive("s/dcr", row);
			assert.equal(stored(host), undefined);
			assert.equal(host.reconnects, 0);
			assert.ok(host.problems.length > 0);
			assert.ok(!host.problems.join().includes("pw"));
			assert.equal(user(cloud)[0], "management/devicebootstrap");
		});

	it("hides the message with the password from whoever watches", () => {
		const { cloud } = begin();
		const message = { isOn: (topic: Uint8Array) => text(topic) === "s/dcr" };
		assert.equal(cloud.isSecret(message as never), true);
		assert.equal(cloud.isSecret({ isOn: (topic: Uint8Array) => text(topic) === "s/ds" } as never), false);
	});

	it("takes the credentials of the store at the next boot, but not another broker's or half of them", () => {
		assert.deepEqual(user(begin({}, STORED).cloud), ["t07007007/device_sn-1", "pw-1"]);
		for (const other of [STORED.replace("c8y", "eu"), "c8y.example", "", "c8y.example\n\npw"])
			assert.equal(user(begin({}, other).cloud)[0], "management/devicebootstrap", JSON.stringify(other));
	});

	it("does not use what CONNECT has no room for, also where an earlier version has stored it", () => {
		const long = "€".repeat(256);
		const first = begin();
		first.host.receive("s/dcr", `70,t1,${long},${long}`);
		assert.equal(user(first.cloud)[0], "management/devicebootstrap");
		assert.equal(first.host.reconnects, 0);
		assert.equal(user(begin({}, `c8y.example\nt1/${long}\n${long}`).cloud)[0], "management/devicebootstrap");
	});

	it("comes to the same end wherever the power is cut around the write", () => {
		for (const cut of ["before", "after"]) {
			const first = begin();
			if (cut === "after") first.host.receive("s/dcr", ROW);
			const value = stored(first.host) as string | undefined;
			const next = begin({}, value);
			if (next.cloud.connect.will === undefined) next.host.receive("s/dcr", ROW);
			assert.deepEqual(user(next.cloud), ["t07007007/device_sn-1", "pw-1"], cut);
			assert.equal(stored(next.host), STORED);
		}
	});

	it("says so where the store does not take them, and goes on asking", () => {
		const { cloud, host } = begin();
		host.store.set = () => {};
		host.receive("s/dcr", ROW);
		assert.deepEqual(host.problems, ["credentials that cannot be stored"]);
		assert.equal(host.reconnects, 0);
		assert.equal(user(cloud)[0], "management/devicebootstrap");
	});

	it("asks anew once a password was refused for a day, for an hour, and then tries it another day", () => {
		const { cloud, host } = begin({}, STORED);
		const known = ["t07007007/device_sn-1", "pw-1"];
		for (let hour = 0; hour < 24; hour++) {
			host.time = hour * HOUR;
			cloud.disconnected("connack-4");
			assert.deepEqual(user(cloud), known, `hour ${hour}`);
		}
		host.time = DAY;
		cloud.disconnected("connack-4");
		assert.equal(user(cloud)[0], "management/devicebootstrap");
		host.time = DAY + HOUR - 1;
		cloud.tick();
		assert.equal(host.reconnects, 0);
		host.time = DAY + HOUR;
		cloud.tick();
		assert.equal(host.reconnects, 1);
		assert.deepEqual(user(cloud), known);
		host.time = 2 * DAY;
		cloud.disconnected("connack-4");
		assert.deepEqual(user(cloud), known);
		host.time = 2 * DAY + HOUR;
		cloud.disconnected("connack-4");
		assert.equal(user(cloud)[0], "management/devicebootstrap");
	});

	it("goes back to what it knows at once where the bootstrap password is refused, too", () => {
		const { cloud, host } = begin({}, STORED);
		cloud.disconnected("connack-4");
		host.time = DAY;
		cloud.disconnected("connack-4");
		cloud.disconnected("connack-4");
		assert.deepEqual(user(cloud), ["t07007007/device_sn-1", "pw-1"]);
	});

	it("takes a new password during that hour", () => {
		const { cloud, host } = begin({}, STORED);
		cloud.disconnected("connack-4");
		host.time = DAY;
		cloud.disconnected("connack-4");
		host.receive("s/dcr", "70,t07007007,device_sn-1,pw-2");
		assert.deepEqual(user(cloud), ["t07007007/device_sn-1", "pw-2"]);
		assert.equal(stored(host), STORED.replace("pw-1", "pw-2"));
		host.time = 2 * DAY;
		cloud.disconnected("connack-4");
		assert.equal(user(cloud)[1], "pw-2");
	});

	it("counts a day without a connection between: one that stood begins it anew, other ends do not", () => {
		const { cloud, host } = begin({}, STORED);
		cloud.disconnected("connack-4");
		host.time = DAY / 2;
		for (const code of ["connect-failed", "connack-3", "tls-failed"]) cloud.disconnected(code);
		cloud.opening(0);
		host.time = DAY;
		cloud.disconnected("connack-4");
		assert.equal(user(cloud)[1], "pw-1");
		host.time = DAY + 1;
		cloud.disconnected("connection-lost");
		host.time = 2 * DAY;
		cloud.disconnected("connack-4");
		assert.equal(user(cloud)[0], "management/devicebootstrap");
	});

	it("blinks while it waits, where the settings say so, and ends dark", () => {
		const quiet = begin();
		quiet.host.tick();
		assert.deepEqual(quiet.host.lights, []);
		const { cloud, host } = begin({ cumulocity: { bootstrapPassword: "boot", bootstrapLed: true } });
		for (let i = 0; i < 3; i++) host.tick();
		assert.deepEqual(host.lights, [true, false, true]);
		host.receive("s/dcr", ROW);
		for (let i = 0; i < 3; i++) cloud.tick();
		assert.deepEqual(host.lights, [true, false, true, false]);
	});
});
