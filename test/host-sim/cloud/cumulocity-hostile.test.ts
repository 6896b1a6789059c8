// Whatever a device publishes, the Cumulocity stand-in goes on: it answers, or takes it, and never throws.
import assert from "node:assert/strict";
import fc from "fast-check";
import { CumulocityStandIn } from "../../../host-sim/cloud/cumulocity/stand-in.js";
import { TEMPLATES } from "../../../host-sim/cloud/cumulocity/template-names.js";
import type { CloudEvent } from "../../../host-sim/cloud/events.js";
import { Signal } from "../../../host-sim/cloud/signal.js";

const DEVICE = "mote-1";
const column = fc.oneof(
	fc.constantFrom(
		"",
		"0",
		"-1",
		"1e999",
		"true",
		"false",
		"x",
		DEVICE,
		"child",
		"__proto__.x",
		"constructor",
	),
	fc.constantFrom(
		"c8y_Command",
		"c8y_RelayArray",
		"c8y_DeviceProfile",
		"__proto__",
		"a[*]",
		"n",
		"s",
		"NUMBER",
	),
	fc.constantFrom("POST", "PUT", "GET", "MEASUREMENT", "EVENT", "ALARM", "OPERATION", "INVENTORY", "1001"),
	fc.string({ maxLength: 20 }),
);
const path = fc.constantFrom("a.b", "f.s.value", "__proto__.x", "a.__proto__.x", "constructor.prototype.x");
const pathRow = fc
	.tuple(fc.constantFrom("408,,,,@,n,1", "10,700,POST,EVENT,,t,x,,@,NUMBER,1", "11,1,@,,@", "700,"), path)
	.map(([text, at]) => text.replaceAll("@", at));
const row = fc
	.tuple(
		fc.constantFrom(...Object.keys(TEMPLATES), "10", "11", "1", "999"),
		fc.array(column, { maxLength: 12 }),
	)
	.map(([id, columns]) => [id, ...columns].join(","));
const rows = fc.array(fc.oneof(row, pathRow), { minLength: 1, maxLength: 4 }).map((list) => list.join("\n"));
const body = fc.oneof(
	fc.json(),
	fc
		.dictionary(
			fc.constantFrom("type", "text", "time", "severity", "f", "c8y_RelayArray", "__proto__"),
			fc.anything(),
		)
		.map((value) => {
			try {
				return JSON.stringify(value) ?? "";
			} catch {
				return "{";
			}
		}),
);
const message = fc.oneof(
	fc.record({
		topic: fc.constantFrom("s/us", "t/us", "q/us", "c/us/child", "s/us/child", "s/us/__proto__"),
		text: rows,
	}),
	fc.record({
		topic: fc.constantFrom(
			"s/ut/wx",
			"s/ut/__proto__",
			"s/uc/wx",
			"q/uc/wx/child",
			"s/ud",
			"s/uc/constructor",
			"x",
		),
		text: rows,
	}),
	fc.record({
		topic: fc.constantFrom(
			"event/events/create",
			"alarm/alarms/create",
			"t/measurement/measurements/create",
			`inventory/managedObjects/update/${DEVICE}`,
			"inventory/managedObjects/update/__proto__",
			"devicecontrol/x",
		),
		text: body,
	}),
);

const identities = { issue: () => Promise.reject(new Error("this cloud issues nothing")) };

describe("the Cumulocity stand-in and hostile devices", () => {
	it("goes on after every message, and leaves prototypes alone", () => {
		const check = fc.property(fc.array(message, { maxLength: 12 }), (messages) => {
			const events: CloudEvent[] = [];
			const signal = new Signal();
			const report = (event: CloudEvent) => events.push(event);
			const cloud = new CumulocityStandIn({ report, signal, identities });
			cloud.attach({ connected: () => true, subscribed: () => true, send: () => true });
			for (const fragments of [
				{ c8y_Command: { text: "x" } },
				{ c8y_RelayArray: ["OPEN"] },
				{ wx: [1, [2]] },
			])
				cloud.createOperation(DEVICE, fragments);
			try {
				for (const { topic, text } of messages)
					cloud.receive(DEVICE, { topic, payload: Buffer.from(text), qos: 1, retain: false, messageId: 1 });
				for (const route of cloud.routes())
					if (route.method === "GET")
						JSON.stringify(
							tryRoute(() => route.answer({ params: {}, query: new URLSearchParams(), body: {} })),
						);
			} finally {
				cloud.close();
			}
			assert.deepEqual(Object.keys(Object.prototype), []);
		});
		fc.assert(check, { numRuns: Number(process.env.MOTE_RUNS ?? 200) });
	});
});

/** An HttpError is an answer too. */
function tryRoute(answer: () => unknown): unknown {
	try {
		return answer();
	} catch (error) {
		assert.ok(error instanceof Error && "status" in error, String(error));
		return undefined;
	}
}
