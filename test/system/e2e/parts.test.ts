// Parts of the node that have a name of their own in the cloud: child devices on Cumulocity, further sensors
// on SAP; against the stand-ins, on both engines, with an ESP32's memory and on the smallest board.

import assert from "node:assert/strict";
import { sapModel } from "../../../host-sim/cli/firmware-setup.js";
import type { CloudEvent } from "../../../host-sim/cloud/events.js";
import type { SapStandIn } from "../../../host-sim/cloud/sap/stand-in.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { makeSettings } from "../../../modules/app/settings.js";
import { engineOrSkip } from "../../support/engine.js";
import { DEVICE, type Lab, openLab } from "./lab.js";

const PUMP = `${DEVICE}:pump`;
const CHILDREN = {
	pump: { name: "Pump", type: "mote_Pump", channels: "speed,buzzer", relay: "speed" },
	oven: { id: "oven-7", channels: "temperature" },
};
const SENSORS = { motor: { capability: "drive", channels: "speed,led" }, box: { channels: "buzzer" } };

for (const on of ["XS", "Node"] as const)
	describe(`parts with names of their own, on ${on}`, () => {
		let engine: EngineProgram | undefined;
		let lab: Lab;
		before(async function () {
			if (on === "XS") engine = await engineOrSkip(this);
		});
		afterEach(() => lab?.close());

		const seriesOf = (device: string) =>
			[...new Set(lab.cloud.stored(device).map(({ series }) => series))].sort();
		const count = (device: string) => lab.cloud.stored(device).length;

		for (const [what, cumulocity, board] of [
			["static templates", {}, "esp32"],
			["201", { multiple: true }, "esp32"],
			["own templates", { ownTemplates: "named" }, "esp32"],
			["ids", { operationIds: true }, "esp32"],
			["the smallest board", {}, "esp32c3-min"],
		] as const)
			it(`children on Cumulocity have their channels, their relay and their operations: ${what}`, async () => {
				const problems: string[] = [];
				lab = await openLab({
					engine,
					cloud: "cumulocity",
					board,
					embedded: {
						onEvent: (event: CloudEvent) => {
							if (event.kind === "error") problems.push(event.text);
						},
					},
					mote: {
						sampling: { intervalMs: 100 },
						outbox: { measures: board === "esp32" ? 96 : 12 },
						channels: { temperature: { high: 1 } },
						children: CHILDREN,
						cumulocity,
					},
				});
				const { cumulocity: cloud } = lab.cloud;
				const { inventory } = cloud.tenant;
				await lab.cloud.when(() => [DEVICE, PUMP, "oven-7"].every((device) => count(device) >= 5));
				assert.deepEqual(seriesOf(DEVICE), ["led"]);
				assert.deepEqual(seriesOf(PUMP), ["buzzer", "speed"]);
				assert.deepEqual(seriesOf("oven-7"), ["temperature"]);
				const pump = inventory.devices.get(PUMP);
				assert.deepEqual([pump?.parent, pump?.name, pump?.type], [DEVICE, "Pump", "mote_Pump"]);
				assert.deepEqual(pump?.supportedOperations, ["c8y_MeasurementRequestOperation", "c8y_Relay"]);
				assert.deepEqual(inventory.devices.get("oven-7")?.supportedOperations, [
					"c8y_MeasurementRequestOperation",
				]);
				assert.deepEqual(
					inventory.alarms.map(({ device, type }) => [device, type]),
					[["oven-7", "mote_TemperatureHigh"]],
				);
				const make = (device: string, fragment: object) => cloud.createOperation(device, { ...fragment });
				const own = make(DEVICE, { c8y_Relay: { relayState: "CLOSED" } });
				const its = make(PUMP, { c8y_Relay: { relayState: "CLOSED" } });
				const command = make(PUMP, { c8y_Command: { text: "led 10%" } });
				const sample = make("oven-7", { c8y_MeasurementRequestOperation: { requestName: "LOG" } });
				const all = [own, its, command, sample];
				await lab.cloud.when(
					() => all.every(({ status }) => status === "SUCCESSFUL" || status === "FAILED"),
					30_000,
				);
				assert.deepEqual(
					all.map(({ status }) => status),
					["SUCCESSFUL", "SUCCESSFUL", "FAILED", "SUCCESSFUL"],
				);
				assert.match(command.failureReason ?? "", /c8y_Command is not supported/);
				assert.ok(lab.machine.circuit.ledPercent > 99);
				await lab.cloud.when(() =>
					[DEVICE, PUMP].every(
						(device) =>
							JSON.stringify(inventory.devices.get(device)?.fragments.c8y_Relay) ===
							'{"relayState":"CLOSED"}',
					),
				);
				assert.deepEqual(problems, []);
				await lab.machine.stop();
			});

		it("what a child measured while the broker was gone comes to the child", async () => {
			lab = await openLab({
				engine,
				cloud: "cumulocity",
				mote: { sampling: { intervalMs: 300 }, children: CHILDREN },
			});
			await lab.cloud.when(() => count(PUMP) >= 4);
			await lab.cloud.stopBroker();
			const { accepted } = await lab.status();
			await lab.until((status) => status.accepted >= accepted + 30);
			await lab.cloud.startBroker();
			await lab.until((status) => status.delivered >= accepted + 30);
			await lab.machine.stop();
			for (const [device, series] of [
				[DEVICE, "led"],
				[PUMP, "speed"],
				["oven-7", "temperature"],
			] as const) {
				// What was on its way when the broker went may come twice.
				const all = lab.cloud.stored(device).filter((value) => value.series === series);
				const times = [...new Set(all.map(({ time }) => time))];
				assert.deepEqual(
					times,
					[...times].sort((a, b) => a - b),
					`${device}: in order`,
				);
				assert.ok(times.length >= 11, `${device}: all`);
			}
		});

		for (const [what, sap, board] of [
			["objects", {}, "esp32"],
			["a date property", { dateProperty: "at" }, "esp32"],
			["the smallest board", {}, "esp32c3-min"],
		] as const)
			it(`sensors on SAP have their channels: ${what}`, async () => {
				const problems: string[] = [];
				lab = await openLab({
					engine,
					cloud: "sap",
					board,
					embedded: {
						sap: { model: sapModel(makeSettings({ sap, sensors: SENSORS })) },
						onEvent: (event: CloudEvent) => {
							if (event.kind === "error") problems.push(event.text);
						},
					},
					mote: {
						sampling: { intervalMs: 100 },
						outbox: { measures: board === "esp32" ? 96 : 12 },
						sensors: SENSORS,
						sap,
					},
				});
				await lab.until(({ delivered }) => delivered >= 15);
				await lab.cloud.sendCommand(DEVICE, "led 40%");
				assert.deepEqual(problems, []);
				await lab.machine.stop();
				const { samples } = lab.cloud.standIn as SapStandIn;
				const found = new Map(
					samples.map(({ sensorAlternateId, capability, measure }) => [
						sensorAlternateId,
						[capability.alternateId, ...Object.keys(measure).filter((name) => name !== "at")].join(),
					]),
				);
				assert.deepEqual(Object.fromEntries(found), {
					"mote-sensor": "mote-measures,temperature",
					motor: "drive,led,speed",
					box: "mote-measures,buzzer",
				});
			});
	});
