// The node and the stand-in's tenant in virtual time: availability over hours, and operations that nobody can
// read.

import assert from "node:assert/strict";
import { type NorFlash, newFlash } from "../../../host-sim/circuit/nor-flash.js";
import { UNAVAILABLE_ALARM } from "../../../host-sim/cloud/cumulocity/availability.js";
import { CumulocityStandIn } from "../../../host-sim/cloud/cumulocity/stand-in.js";
import { Signal } from "../../../host-sim/cloud/signal.js";
import { MoteNode } from "../../../modules/app/node.js";
import { makeSettings } from "../../../modules/app/settings.js";
import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import type { Sample } from "../../../modules/core/channels.js";
import { Log } from "../../../modules/core/log.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";
import { FakeBroker } from "../app/fake-broker.js";

const DEVICE = "sn-1";
const MINUTE = 60_000;

interface Options {
	settings?: Record<string, object>;
	/** A tenant from before 2023. */
	older?: boolean;
	/** Minutes that somebody set for the device before. */
	required?: number;
	/** What the sensors give. */
	values?: number[];
	/** The world in which the power failed: its tenant, flash and store go on. */
	before?: World;
}

interface World {
	readonly time: VirtualTime;
	readonly broker: FakeBroker;
	readonly node: MoteNode;
	readonly tenantCloud: CumulocityStandIn;
	/** What the node said, and what the tenant sent. */
	readonly rows: string[];
	readonly sent: string[];
	/** How often the device was found unavailable in so many minutes, looking once a minute. */
	watch(minutes: number): number;
	alarms(): string[];
	readonly stored: Map<string, string | number>;
	readonly flash: NorFlash;
}

function world({ settings = {}, older = false, required, values = [20, 0, 0, 0], before }: Options): World {
	const time = new VirtualTime();
	const broker = new FakeBroker(time);
	const identities = { issue: () => Promise.reject(new Error("this cloud issues nothing")) };
	const context = { report: () => {}, signal: new Signal(), identities };
	const tenantCloud =
		before?.tenantCloud ?? new CumulocityStandIn(context, { older, now: () => time.wall() });
	tenantCloud.close(); // no timer of the machine: the test looks
	const sent: string[] = [];
	tenantCloud.attach({
		connected: () => broker.connected,
		subscribed: () => true,
		send: (_device, topic, text) => {
			sent.push(text);
			if (broker.connected && topic === "s/ds") broker.publish(topic, text);
			return true;
		},
	});
	const rows: string[] = [];
	broker.listener = ({ topic, text, qos, retain }) => {
		rows.push(...text.split("\n").filter((row) => row !== ""));
		tenantCloud.receive(DEVICE, { topic, payload: Buffer.from(text), qos, retain });
	};
	const { inventory } = tenantCloud.tenant;
	if (required !== undefined) {
		const device = inventory.ensure(DEVICE);
		Object.assign(device, { requiredAvailability: required, creationTime: time.wall() });
	}
	const all = makeSettings({ device: { id: DEVICE } }, settings);
	const stored = before?.stored ?? new Map<string, string | number>();
	const flash = before?.flash ?? newFlash();
	const node = new MoteNode({
		settings: all,
		cloud: new Cumulocity(all, "1"),
		board: {
			sample: (into: Sample) => Object.assign(into, values),
			led() {},
			buzzer() {},
			speed() {},
			close() {},
		},
		transport: broker,
		clock: time,
		timers: time,
		random: seeded(1),
		store: {
			get: (key) => stored.get(key),
			set: (key, value) => stored.set(key, value),
			delete: (key) => stored.delete(key),
		},
		log: new Log(() => {}, "error"),
		flash,
		boot: before ? 2 : 1,
		restart: () => {},
	});
	node.start();
	/** How often the device was found unavailable, looking once a minute. */
	const watch = (minutes: number): number => {
		let silent = 0;
		for (let i = 0; i < minutes; i++) {
			time.advance(MINUTE);
			tenantCloud.tenant.availability.check();
			if (inventory.devices.get(DEVICE)?.availability === "UNAVAILABLE") silent++;
		}
		return silent;
	};
	const alarms = () =>
		inventory.alarms.filter(({ type }) => type === UNAVAILABLE_ALARM).map(({ status }) => status);
	return { time, broker, node, tenantCloud, rows, sent, watch, alarms, stored, flash };
}

describe("a node at a tenant: availability", () => {
	const slow = { sampling: { intervalMs: 3_600_000 } };
	const still = {
		channels: { temperature: { deadband: 1 } },
		sampling: { heartbeatMs: 86_400_000 },
	};
	for (const [what, options] of [
		["samples once an hour", { settings: slow }],
		["has values that do not change for a day", { settings: still }],
		["has no sensor that gives a value", { values: Array(4).fill(Number.NaN) }],
		["stands in safe mode, that is samples never", { settings: { sampling: { intervalMs: 86_400_000 } } }],
		["has measures at QoS 0", { settings: { sampling: { intervalMs: 3_600_000, qos: 0 } } }],
	] as const)
		for (const older of [false, true])
			for (const required of [undefined, 10])
				it(`stays available where it ${what}, at ${older ? "an older" : "a"} tenant${required ? " with 10 minutes set already" : ""}`, () => {
					const { watch, alarms, rows } = world({
						...(options as Options),
						older,
						...(required && { required }),
					});
					assert.equal(watch(180), 0);
					assert.deepEqual(alarms(), []);
					assert.equal(rows.filter((row) => row === "602").length, 1, "asked once");
					assert.equal(rows.includes("125"), !older);
				});

	it("asks and sends nothing more where measures come in time", () => {
		const { watch, rows } = world({ settings: { sampling: { intervalMs: 60_000 } } });
		assert.equal(watch(120), 0);
		assert.ok(rows.every((row) => row !== "602" && row !== "125" && !row.includes("mote_Node")));
	});

	it("is unavailable while the connection is gone, and available soon after it is back", () => {
		const { broker, watch, alarms } = world({ settings: slow });
		watch(5);
		broker.reachable = false;
		broker.lose();
		assert.ok(watch(30) > 15);
		assert.deepEqual(alarms(), ["ACTIVE"]);
		broker.reachable = true;
		watch(6);
		assert.deepEqual(alarms(), ["CLEARED"]);
		assert.equal(watch(60), 0);
	});

	it("keeps the interval of its settings, which 117 tells a device that is new", () => {
		const { rows, watch } = world({ settings: { ...slow, cumulocity: { requiredAvailability: 2 } } });
		assert.equal(watch(60), 0);
		assert.ok(rows.includes("117,2"));
		assert.ok(rows.filter((row) => row === "125").length > 30);
	});
});

describe("a node at a tenant: operations", () => {
	it("leaves no operation PENDING whose text the format cannot carry", () => {
		for (const quoting of ["backslash", "double"] as const) {
			const { tenantCloud, time, sent } = world({});
			time.advance(2000);
			tenantCloud.options.quoting = quoting;
			const texts = [
				"led on, C:\\",
				'a "b\\", c',
				"led on",
				'"',
				'\\"',
				'x, \\"\n511,sn-1,led on',
				"\\,",
				"",
			];
			const operations = texts.map((text) => tenantCloud.createOperation(DEVICE, { c8y_Command: { text } }));
			operations.push(
				tenantCloud.createOperation(DEVICE, { c8y_ParameterUpdate: { a: { b: true }, c: "x" } }),
				tenantCloud.createOperation(DEVICE, { c8y_Configuration: { config: "a, C:\\" } }),
			);
			for (let i = 0; i < 60; i++) time.advance(1000);
			for (const { fragments, status } of operations)
				assert.ok(status === "SUCCESSFUL" || status === "FAILED", `${status} ${JSON.stringify(fragments)}`);
			assert.equal(operations[2]?.status, "SUCCESSFUL");
			assert.match(operations[8]?.failureReason ?? "", /c8y_ParameterUpdate is not supported/);
			assert.ok(sent.includes("532,sn-1,a.b,b,true,c,s,x"), sent.join("\n"));
		}
	});

	it("ends after a power cut exactly what was under way: kept answers end their own", () => {
		for (const keep of ["off", "events"] as const) {
			const settings = { outbox: { keep } };
			const first = world({ settings });
			first.time.advance(5000);
			const text = (command: string) => ({ c8y_Command: { text: command } });
			const operation = first.tenantCloud.createOperation(DEVICE, text("led on"));
			first.time.advance(6);
			assert.equal(operation.status, "EXECUTING");
			first.broker.acknowledges = false;
			first.time.advance(2000);
			first.rows.length = 0;
			// 503 is said and, where it is kept, in the flash; nobody has acknowledged it. The power fails.
			operation.status = "EXECUTING";
			const second = world({ settings, before: first });
			second.time.advance(20_000);
			const ends = second.rows.filter((row) => /^50[123]/.test(row));
			if (keep === "off") assert.deepEqual(ends, ["502,c8y_Command,interrupted by a restart"]);
			else assert.deepEqual(ends, ["503,c8y_Command"]);
			assert.deepEqual(
				second.sent.filter((row) => /^4\d,50/.test(row)),
				[],
			);
			assert.ok(![...second.stored.keys()].some((key) => key.startsWith("operation-")));
			const next = second.tenantCloud.createOperation(DEVICE, text("led off"));
			second.time.advance(5000);
			assert.equal(next.status, "SUCCESSFUL");
		}
	});

	it("says nothing of operations that do not exist, in any boot", () => {
		const { time, sent } = world({});
		time.advance(5000);
		assert.deepEqual(
			sent.filter((row) => /^4\d,50\d/.test(row)),
			[],
		);
	});
});
