// What arrives is what was there: values, units and times against the circuit's truth, through an outage, a restart
// and a cloud that does not confirm.

import assert from "node:assert/strict";
import { DEFAULT_MODEL, type Property, type SapModel } from "../../host-sim/cloud/sap/model.js";
import { DEVICE, type Lab, openLab } from "./lab.js";

/** Half a count of the ADC and five standard deviations of its noise, near 21.5 °C, as °C. */
const TEMPERATURE_TOLERANCE = 0.15;

describe("delivery", () => {
	let lab: Lab;
	afterEach(() => lab.close());

	for (const cloud of ["cumulocity", "sap", "plain"] as const) {
		it(`${cloud} stores the circuit's truth in value, unit and time`, async () => {
			const truth: Array<{ at: number; temperature: number; led: number; tone: number }> = [];
			lab = await openLab({
				cloud,
				mote: { sampling: { intervalMs: 100 } },
				observe: () => ({
					sampled: (_values, wallMs) => {
						const { circuit } = lab.machine;
						truth.push({
							at: Math.floor(wallMs),
							temperature: circuit.temperatureC,
							led: circuit.ledPercent,
							tone: circuit.toneHz,
						});
					},
				}),
			});
			await lab.cloud.sendCommand(DEVICE, cloud === "sap" ? "led on" : "led 40%; buzzer 880Hz");
			await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 8);
			await lab.stop();
			const stored = lab.cloud.stored(DEVICE);
			const units = new Map(stored.map((value) => [value.series, value.unit]));
			assert.deepEqual([...units.keys()].sort(), ["buzzer", "led", "speed", "temperature"]);
			// Plain JSON has no place for units.
			if (cloud === "cumulocity") assert.deepEqual([...units.values()].sort(), ["%", "C", "Hz", "rpm"]);
			let compared = 0;
			for (const value of stored) {
				const real = truth.find((sample) => Math.abs(sample.at - value.time) <= 1);
				assert.ok(real, `a value of a moment at which nothing was sampled: ${JSON.stringify(value)}`);
				if (value.series === "temperature") {
					assert.ok(
						Math.abs(value.value - real.temperature) < TEMPERATURE_TOLERANCE,
						JSON.stringify({ value, real }),
					);
					assert.match(value.text, /^-?\d+\.\d{1,2}$|^-?\d+$/);
				} else if (value.series === "led") assert.equal(value.value, Math.round(real.led));
				else if (value.series === "buzzer") assert.equal(value.value, real.tone);
				else continue;
				compared++;
			}
			assert.ok(compared >= 24, `${compared} values compared`);
			assert.ok(
				truth.some((sample) => sample.led > 0),
				"the LED was never on",
			);
		});

		it(`${cloud}: an outage of the broker loses no measure, and times are those of the samples`, async () => {
			// Chance decides on the pauses before reconnects: the ring has room for all that is waited for below.
			lab = await openLab({
				cloud,
				mote: { sampling: { intervalMs: 100 }, outbox: { measures: 600 } },
			});
			await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 3);
			await lab.cloud.stopBroker();
			const before = lab.cloud.measurePublishes(DEVICE);
			const waiting = lab.node.health.accepted;
			await until(() => lab.node.health.accepted >= waiting + 30);
			await lab.cloud.startBroker();
			await until(() => lab.node.outbox.open && lab.node.outbox.waiting <= 1, 20_000);
			lab.node.stopSampling();
			await until(() => lab.node.outbox.waiting === 0);
			const { accepted, reconnects } = lab.node.health;
			await lab.stop();
			await lab.cloud.whenDisconnected(DEVICE);
			assert.equal(reconnects, 1);
			assert.equal(lab.node.measures.ring.evicted, 0);
			assert.equal(lab.cloud.completeSamples(DEVICE), accepted, "every accepted measure is stored");
			const times = lab.cloud
				.stored(DEVICE)
				.filter((value) => value.series === "temperature")
				.map((value) => value.time);
			const distinct = [...new Set(times)].sort((a, b) => a - b);
			assert.equal(distinct.length, accepted);
			for (let i = 1; i < distinct.length; i++) {
				const pause = (distinct[i] as number) - (distinct[i - 1] as number);
				assert.ok(pause > 50 && pause < 250, `samples ${pause} ms apart`);
			}
			// SmartREST rows travel together; a JSON message has one time stamp and travels alone.
			const messages = lab.cloud.measurePublishes(DEVICE) - before;
			if (cloud === "cumulocity") assert.ok(messages < accepted / 2, `${messages} publishes for the backlog`);
		}).timeout(60_000);
	}

	it("a c8y_Restart is confirmed by the boot that follows it", async () => {
		lab = await openLab({ cloud: "cumulocity", mote: { sampling: { intervalMs: 100 } } });
		await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 2);
		const operation = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Restart: {} });
		await lab.cloud.when(() => operation.status === "EXECUTING");
		await lab.cloud.when(() => operation.status === "SUCCESSFUL");
		assert.equal(lab.boots(), 2);
		assert.equal(lab.machine.preferences.get("mote/boot"), 2);
		await until(() => !lab.machine.preferences.has("mote/restart")); // the marker is gone with the PUBACK
	});

	it("an operation that was created while the node was away is fetched by 500", async () => {
		lab = await openLab({ cloud: "cumulocity", embedded: { cumulocity: { silentSubscribe: true } } });
		await lab.cloud.when(() => lab.node.outbox.open);
		await lab.cloud.stopBroker();
		const operation = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "led 30%" } });
		await lab.cloud.startBroker();
		await lab.cloud.when(() => operation.status === "SUCCESSFUL");
		assert.ok(Math.abs(lab.machine.circuit.ledPercent - 30) < 0.1);
	});

	it("c8y_Relay switches the configured actuator, and an operation without meaning is refused", async () => {
		lab = await openLab({ cloud: "cumulocity", mote: { cumulocity: { relay: "led" } } });
		await lab.cloud.when(() => lab.node.outbox.open);
		const close = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Relay: { relayState: "CLOSED" } });
		await lab.cloud.when(() => close.status === "SUCCESSFUL");
		assert.equal(lab.machine.circuit.ledPercent, 100);
		const firmware = lab.cloud.cumulocity.createOperation(DEVICE, {
			c8y_Firmware: { name: "x", version: "1", url: "http://127.0.0.1/x" },
		});
		await lab.cloud.when(() => firmware.status === "FAILED");
		assert.match(firmware.failureReason ?? "", /not supported/);
	});

	it("an operation that was executing when the power failed ends as failed, and does not take others' answers", async () => {
		lab = await openLab({ cloud: "cumulocity" });
		await lab.cloud.when(() => lab.node.outbox.open);
		lab.machine.reset();
		await lab.cloud.whenDisconnected(DEVICE);
		const dangling = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "speed 10" } });
		dangling.status = "EXECUTING"; // as if its 501 had been the last thing that the node said
		const wrong = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "speed 99999" } });
		const right = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "led off" } });
		lab.machine.boot();
		await lab.cloud.when(() => [dangling, wrong, right].every(({ status }) => /SUCC|FAIL/.test(status)));
		assert.deepEqual([dangling.status, wrong.status, right.status], ["FAILED", "FAILED", "SUCCESSFUL"]);
		assert.match(dangling.failureReason ?? "", /interrupted/);
		assert.match(wrong.failureReason ?? "", /outside/);
	});

	it("an operation too long to be kept is refused with a reason", async () => {
		lab = await openLab({ cloud: "cumulocity" });
		await lab.cloud.when(() => lab.node.outbox.open);
		const long = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "x".repeat(2500) } });
		await lab.cloud.when(() => long.status === "FAILED");
		assert.match(long.failureReason ?? "", /too long/);
		assert.equal(lab.node.session.counters.oversizeSkipped, 1);
	});

	it("a node that is stopped while it restarts stays stopped, and so does a closed machine", async () => {
		lab = await openLab({ cloud: "cumulocity" });
		await lab.cloud.when(() => lab.node.outbox.open);
		lab.machine.enter(() => lab.node.restart());
		await lab.stop();
		lab.machine.restart();
		lab.machine.close();
		await new Promise((resolve) => setTimeout(resolve, 300));
		assert.equal(lab.boots(), 1);
	});

	it("the will is stored when the node vanishes", async () => {
		lab = await openLab({ cloud: "cumulocity" });
		await lab.cloud.when(() => lab.node.outbox.open);
		lab.machine.reset();
		await lab.cloud.whenDisconnected(DEVICE);
		const events = await fetch(`${lab.cloud.operatorUrl}/event/events`).then((answer) => answer.text());
		assert.match(events, /c8y_ConnectionEvent.*Device connection was lost\./s);
	});

	it("a SAP message without ack is sent once more and then counted as unconfirmed", async () => {
		let unconfirmed = 0;
		lab = await openLab({
			cloud: "sap",
			embedded: { sap: { faults: { dropAcks: 1000 } } },
			mote: { sampling: { intervalMs: 1000 }, sap: { ackMs: 500 } },
			observe: () => ({
				unconfirmed: () => {
					unconfirmed++;
				},
			}),
		});
		await until(() => unconfirmed >= 1);
		assert.ok(lab.cloud.duplicates(DEVICE) >= 1, "sent once more with the same time");
		assert.equal(lab.node.outbox.delivered, 0);
		assert.equal(lab.node.outbox.unconfirmed, unconfirmed);
	});

	it("a message that SAP refuses is counted with code and reason and not sent again", async () => {
		const refusals: string[] = [];
		lab = await openLab({
			cloud: "sap",
			mote: { sap: { measureCapability: "unknown" }, sampling: { intervalMs: 200 } },
			observe: () => ({
				refused: (code, reason) => {
					refusals.push(`${code} ${reason}`);
				},
			}),
		});
		await until(() => refusals.length >= 3);
		assert.match(refusals[0] ?? "", /^400 /);
		assert.equal(lab.node.outbox.messages, lab.node.health.refusedMessages + lab.node.measures.ring.used);
	});

	it("SAP samples travel together where a date property is configured", async () => {
		const capability = DEFAULT_MODEL.measureCapability;
		const taken: Property = { name: "taken", dataType: "date" };
		const model: SapModel = {
			...DEFAULT_MODEL,
			measureCapability: { ...capability, properties: [...capability.properties, taken] },
		};
		for (const arrays of [false, true]) {
			lab = await openLab({
				cloud: "sap",
				embedded: { sap: { model } },
				mote: { sap: { dateProperty: "taken", arrays }, sampling: { intervalMs: 100 } },
			});
			await until(() => lab.node.health.accepted >= 5);
			await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 5);
			await lab.cloud.stopBroker();
			const before = lab.cloud.measurePublishes(DEVICE);
			const { accepted } = lab.node.health;
			await until(() => lab.node.health.accepted >= accepted + 10);
			await lab.cloud.startBroker();
			await until(() => lab.node.outbox.open && lab.node.outbox.waiting <= 1, 20_000);
			assert.ok(lab.cloud.measurePublishes(DEVICE) - before < 10);
			assert.equal(lab.node.health.refusedMessages, 0);
			if (!arrays) await lab.close();
		}
	}).timeout(60_000);

	it("an open thermistor leaves its value out, and the rest is still delivered", async () => {
		lab = await openLab({
			cloud: "cumulocity",
			mote: { sampling: { intervalMs: 100 } },
			prepare: (machine) => {
				machine.circuit.thermistorFault = "open";
			},
		});
		await until(() => lab.node.outbox.delivered >= 3);
		assert.ok(lab.node.health.missingValues >= 3);
		assert.ok(lab.cloud.stored(DEVICE).every((value) => value.series !== "temperature"));
		assert.ok(lab.cloud.stored(DEVICE).some((value) => value.series === "led"));
	});
});

/** Waits for a state of the node, which announces nothing. */
async function until(condition: () => boolean, timeout = 15_000): Promise<void> {
	const end = performance.now() + timeout;
	while (!condition()) {
		if (performance.now() > end) throw new Error("waited too long");
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}
