// A board of nine channels of five parts, end to end to each cloud: on XS with the memory of its own C3 and
// of the smallest one, and on Node.

import assert from "node:assert/strict";
import { sapModel, seriesNames } from "../../../host-sim/cli/firmware-setup.js";
import type { Engine } from "../../../host-sim/engine/engine.js";
import { hardwareOf } from "../../../host-sim/engine/hardware.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { buildEngine } from "../../../host-sim/xs/build.js";
import { settingsOf } from "../../../modules/app/settings.js";
import { eventually } from "../../support/waiting.js";
import { DEVICE, type Lab, openLab } from "./lab.js";

const BOARD = "esp32c3-station";
const { channels } = hardwareOf(BOARD);
const SETTINGS = settingsOf(channels);

/** Sets a control of a simulated part. */
function put({ circuit }: Engine, part: string, control: string, value: number | boolean): void {
	const found = circuit.parts.find(({ id }) => id === part)?.controls.find(({ id }) => id === control);
	assert.ok(found, `${part} ${control}`);
	found.value = value;
}

describe("a station of nine channels", () => {
	let engine: EngineProgram | undefined;
	let lab: Lab | undefined;

	before(async () => {
		engine = await buildEngine().catch(() => undefined);
	});
	afterEach(async () => {
		await lab?.close();
		lab = undefined;
	});

	for (const cloud of ["cumulocity", "sap", "plain"] as const)
		for (const memory of [BOARD, "esp32c3-min", "node"])
			it(`arrives whole at ${cloud}: ${memory === "node" ? "on Node" : `with the memory of ${memory}`}`, async function () {
				if (memory !== "node" && !engine) this.skip();
				lab = await openLab({
					engine: memory === "node" ? undefined : engine,
					board: BOARD,
					memory: memory === "node" ? BOARD : memory,
					cloud,
					mote: { sampling: { intervalMs: 200 }, outbox: { measures: 12 } },
					embedded: {
						sap: { model: sapModel(SETTINGS) },
						cumulocity: { series: seriesNames(SETTINGS) },
					},
					prepare: (machine) => {
						put(machine, "bme280-76", "humidity", 55);
						put(machine, "bme280-76", "pressure", 990);
						put(machine, "sht3x-45", "warmer", -15);
						put(machine, "sht3x-45", "humidity", 80);
						put(machine, "pulses-7", "hz", 20);
						put(machine, "voltage-3", "volts", 3.75);
						machine.circuit.noise = 0;
					},
				});
				const { machine, cloud: there, until } = lab;
				const last = () => {
					const stored = there.stored(DEVICE).slice(-9);
					return Object.fromEntries(stored.map(({ series, value }) => [series, value]));
				};
				await until(({ delivered }) => delivered >= 8);
				const names = channels.map(({ key }) => key);
				const before = await eventually(async () => {
					const values = last();
					// Ten pulses of 0.2794 mm.
					return names.every((name) => name in values) && (values.rain as number) > 2.7 && values;
				});
				assert.ok(Math.abs((before.temperature as number) - machine.circuit.temperatureC) < 1);
				assert.ok(Math.abs((before.outdoorTemperature as number) + 15 - machine.circuit.temperatureC) < 1);
				assert.deepEqual(
					[before.humidity, before.outdoorHumidity, before.window, before.battery, before.voltage],
					[55, 80, 1, 50, 3.75],
				);
				assert.ok(Math.abs((before.pressure as number) - 990) < 0.2);

				put(machine, "input-0", "closed", true);
				await eventually(async () => last().window === 0);
				if (cloud === "cumulocity") {
					const events = () => there.cumulocity.tenant.inventory.events;
					await eventually(async () => events().some(({ type }) => type === "mote_Window"));
					assert.equal(events().find(({ type }) => type === "mote_Window")?.text, "window closed");
				}
				if (cloud === "plain")
					await eventually(async () =>
						there.plain.devices
							.get(DEVICE)
							?.told.some(
								({ kind, type, text }) => `${kind} ${type} ${text}` === "event Window window closed",
							),
					);

				// A part that is pulled leaves its channels out, and the others go on.
				put(machine, "bme280-76", "pulled", true);
				const { missingValues } = await lab.status();
				await until((status) => status.missingValues >= missingValues + 6);
				const count = (name: string) => there.stored(DEVICE).filter(({ series }) => series === name).length;
				const [pressures, voltages] = [count("pressure"), count("voltage")];
				await eventually(async () => count("voltage") > voltages + 3);
				assert.ok(count("pressure") <= pressures + 1);
				assert.equal(there.duplicates(DEVICE), 0);
				assert.equal(lab.boots(), 1);
			});

	it("has an SAP property that the model does not know refused with 400, and goes on", async () => {
		lab = await openLab({
			engine,
			board: BOARD,
			cloud: "sap",
			mote: {
				sampling: { intervalMs: 200 },
				outbox: { measures: 12 },
				channels: { rain: { property: "drizzle" } },
			},
			embedded: { sap: { model: sapModel(SETTINGS) } },
		});
		const { refusedMessages } = await lab.until((status) => status.refusedMessages >= 2);
		assert.ok(refusedMessages >= 2);
		assert.equal(lab.cloud.stored(DEVICE).length, 0);
	});
});
