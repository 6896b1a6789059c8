// What arrives is what was there: values, units and times against the circuit's truth, through an outage, a
// restart and a cloud that does not confirm.

import assert from "node:assert/strict";
import { DEFAULT_MODEL, type SapModel } from "../../../host-sim/cloud/sap/default-model.js";
import type { Property } from "../../../host-sim/cloud/sap/entities.js";
import type { Machine } from "../../../host-sim/nodejs/machine.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { engineOrSkip } from "../../support/engine.js";
import { grace } from "../../support/waiting.js";
import { DEVICE, type Lab, type LabOptions, openLab as openLabOn } from "./lab.js";

/** Half a count of the ADC and five standard deviations of its noise, near 21.5 °C, as °C. */
const TEMPERATURE_TOLERANCE = 0.15;

for (const on of ["XS", "Node"] as const)
	describe(`delivery, on ${on}`, () => {
		let engine: EngineProgram | undefined;
		let lab: Lab;
		before(async function () {
			if (on === "XS") engine = await engineOrSkip(this);
		});
		afterEach(() => lab?.close());
		const openLab = (options: Omit<LabOptions, "engine">) => openLabOn({ ...options, engine });

		for (const cloud of ["cumulocity", "sap", "plain"] as const) {
			it(`${cloud} stores the circuit's truth in value, unit and time`, async () => {
				const truth: Array<{ at: number; temperature: number; led: number; tone: number }> = [];
				lab = await openLab({
					cloud,
					mote: { sampling: { intervalMs: 100 } },
					observer: {
						sampled: (_values, wallMs) => {
							const { circuit } = lab.machine;
							truth.push({
								at: Math.floor(wallMs),
								temperature: circuit.temperatureC,
								led: circuit.ledPercent,
								tone: circuit.toneHz,
							});
						},
					},
				});
				await lab.cloud.sendCommand(DEVICE, cloud === "sap" ? "led on" : "led 40%; buzzer 880Hz");
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 8);
				await lab.machine.stop();
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
				const taken: number[] = [];
				lab = await openLab({
					cloud,
					mote: { sampling: { intervalMs: 250 } },
					observer: {
						sampled: (_values, wall, kept) => {
							if (kept) taken.push(Math.floor(wall));
						},
					},
				});
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 3);
				await lab.cloud.stopBroker();
				const before = lab.cloud.measurePublishes(DEVICE);
				const down = await lab.status();
				await lab.until(({ accepted }) => accepted >= down.accepted + 12);
				await lab.cloud.startBroker();
				await lab.until(({ open, waiting }) => open && waiting <= 1);
				lab.machine.stopSampling();
				const { accepted, connections, evicted } = await lab.until(({ waiting }) => waiting === 0);
				await lab.machine.stop();
				await lab.cloud.whenDisconnected(DEVICE);
				assert.equal(connections, 2);
				assert.equal(evicted, 0);
				assert.equal(lab.cloud.completeSamples(DEVICE), accepted, "every accepted measure is stored");
				const times = lab.cloud
					.stored(DEVICE)
					.filter((value) => value.series === "temperature")
					.map((value) => value.time);
				const distinct = [...new Set(times)].sort((a, b) => a - b);
				assert.equal(distinct.length, accepted);
				assert.deepEqual(distinct, taken);
				// SmartREST rows travel together; a JSON message has one time stamp and travels alone.
				const messages = lab.cloud.measurePublishes(DEVICE) - before;
				if (cloud === "cumulocity")
					assert.ok(messages < accepted / 2, `${messages} publishes for the backlog`);
			});
		}

		it("a c8y_Restart is confirmed by the boot that follows it", async () => {
			lab = await openLab({ cloud: "cumulocity", mote: { sampling: { intervalMs: 100 } } });
			await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 2);
			const operation = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Restart: {} });
			await lab.cloud.when(() => operation.status === "EXECUTING");
			await lab.cloud.when(() => operation.status === "SUCCESSFUL");
			assert.equal(lab.boots(), 2);
			assert.equal(lab.machine.preferences.get("mote/boot"), 2);
			await lab.until(() => !lab.machine.preferences.has("mote/operation-0")); // the marker is gone with the PUBACK
		});

		it("an operation that was created while the node was away is fetched by 500", async () => {
			lab = await openLab({ cloud: "cumulocity", embedded: { cumulocity: { silentSubscribe: true } } });
			await lab.until(({ open }) => open);
			await lab.cloud.stopBroker();
			const operation = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "led 30%" } });
			await lab.cloud.startBroker();
			await lab.cloud.when(() => operation.status === "SUCCESSFUL");
			assert.ok(Math.abs(lab.machine.circuit.ledPercent - 30) < 0.1);
		});

		it("c8y_Relay switches the configured actuator, and an operation without meaning is refused", async () => {
			lab = await openLab({ cloud: "cumulocity", mote: { cumulocity: { relay: "led" } } });
			await lab.until(({ open }) => open);
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
			await lab.until(({ open }) => open);
			lab.machine.reset();
			await lab.cloud.whenDisconnected(DEVICE);
			const dangling = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "speed 10" } });
			// As if its 501 had been the last thing that the node said.
			dangling.status = "EXECUTING";
			(lab.machine.preferences as Map<string, unknown>).set("mote/operation-0", 511);
			const wrong = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "speed 99999" } });
			const right = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "led off" } });
			lab.machine.boot();
			await lab.cloud.when(() => [dangling, wrong, right].every(({ status }) => /SUCC|FAIL/.test(status)));
			assert.deepEqual([dangling.status, wrong.status, right.status], ["FAILED", "FAILED", "SUCCESSFUL"]);
			assert.match(dangling.failureReason ?? "", /interrupted/);
			assert.match(wrong.failureReason ?? "", /outside/);
		});

		it("an operation whose text ends in a backslash is answered, and the first boot says nothing of others", async () => {
			const rows: string[] = [];
			lab = await openLab({ cloud: "cumulocity" });
			lab.cloud.onEvent = (event) => event.kind === "error" && rows.push(event.text);
			await lab.until(({ open }) => open);
			const url = `${lab.cloud.operatorUrl}/devicecontrol/operations`;
			const body = JSON.stringify({ deviceId: DEVICE, c8y_Command: { text: "led on, C:\\" } });
			const headers = { "content-type": "application/json" };
			const answer = await fetch(url, { method: "POST", body, headers });
			const { id } = (await answer.json()) as { id: string };
			const operation = lab.cloud.cumulocity.tenant.operations.get(id);
			await lab.cloud.when(() => operation?.status === "FAILED");
			assert.match(operation?.failureReason ?? "", /^led: /);
			assert.deepEqual(rows, []);
		});

		it("an operation too long to be kept is refused with a reason", async () => {
			lab = await openLab({ cloud: "cumulocity" });
			await lab.until(({ open }) => open);
			const long = lab.cloud.cumulocity.createOperation(DEVICE, { c8y_Command: { text: "x".repeat(2500) } });
			await lab.cloud.when(() => long.status === "FAILED");
			assert.match(long.failureReason ?? "", /too long/);
			assert.equal((await lab.status()).oversizeSkipped, 1);
		});

		it("the will is stored when the node vanishes, and counts as a sign of life", async () => {
			lab = await openLab({ cloud: "cumulocity" });
			await lab.until(({ open }) => open);
			const device = lab.cloud.cumulocity.tenant.inventory.ensure(DEVICE);
			lab.machine.stopSampling();
			await lab.until(({ waiting }) => waiting === 0);
			device.lastMessage = 0;
			lab.machine.reset();
			await lab.cloud.whenDisconnected(DEVICE);
			assert.ok(device.lastMessage > 0);
			const events = await fetch(`${lab.cloud.operatorUrl}/event/events`).then((answer) => answer.text());
			assert.match(events, /c8y_ConnectionEvent.*Device connection was lost\./s);
		});

		it("a SAP message without ack is sent once more and then counted as unconfirmed", async () => {
			let unconfirmed = 0;
			lab = await openLab({
				cloud: "sap",
				embedded: { sap: { faults: { dropAcks: 1000 } } },
				mote: { sampling: { intervalMs: 1000 }, sap: { ackMs: 500 } },
				observer: {
					unconfirmed: () => {
						unconfirmed++;
					},
				},
			});
			const status = await lab.until((found) => found.unconfirmed >= 1);
			assert.ok(lab.cloud.duplicates(DEVICE) >= 1, "sent once more with the same time");
			assert.equal(status.delivered, 0);
			assert.equal(status.unconfirmed, unconfirmed);
		});

		it("a message that SAP refuses is counted with code and reason and not sent again", async () => {
			const refusals: string[] = [];
			lab = await openLab({
				cloud: "sap",
				mote: { sap: { measureCapability: "unknown" }, sampling: { intervalMs: 200 } },
				observer: {
					refused: (code, reason) => {
						refusals.push(`${code} ${reason}`);
					},
				},
			});
			const { messages, refusedMessages, used } = await lab.until((found) => found.refusedMessages >= 3);
			assert.match(refusals[0] ?? "", /^400 /);
			assert.equal(messages, refusedMessages + used);
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
					mote: { sap: { dateProperty: "taken", arrays }, sampling: { intervalMs: 200 } },
				});
				await lab.until((found) => found.accepted >= 5);
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 5);
				await lab.cloud.stopBroker();
				const before = lab.cloud.measurePublishes(DEVICE);
				const { accepted } = await lab.status();
				await lab.until((found) => found.accepted >= accepted + 10);
				await lab.cloud.startBroker();
				const { refusedMessages } = await lab.until(({ open, waiting }) => open && waiting <= 1);
				assert.ok(lab.cloud.measurePublishes(DEVICE) - before < 10);
				assert.equal(refusedMessages, 0);
				if (!arrays) await lab.close();
			}
		});

		it("an open thermistor leaves its value out, and the rest is still delivered", async () => {
			lab = await openLab({
				cloud: "cumulocity",
				mote: { sampling: { intervalMs: 100 } },
				prepare: (machine) => {
					machine.circuit.thermistorFault = "open";
				},
			});
			const { missingValues } = await lab.until((found) => found.delivered >= 3);
			assert.ok(missingValues >= 3);
			assert.ok(lab.cloud.stored(DEVICE).every((value) => value.series !== "temperature"));
			assert.ok(lab.cloud.stored(DEVICE).some((value) => value.series === "led"));
		});
	});

describe("a machine on Node", () => {
	it("that is stopped while it restarts stays stopped, and so does a closed one", async () => {
		const lab = await openLabOn({ cloud: "cumulocity", engine: undefined });
		try {
			await lab.until(({ open }) => open);
			const machine = lab.machine as Machine;
			machine.enter(() => machine.node?.restart());
			await machine.stop();
			machine.restart();
			machine.close();
			await grace(300);
			assert.equal(lab.boots(), 1);
		} finally {
			await lab.close();
		}
	});
});
