// Three sensor classes of the SDK, as they are, as sources of channels: SHT3x over I²C, TMP102 over SMBus and
// the thermistor on an ADC. The simulator has no such hardware: host-sim's circuit has the two on the bus,
// and a class of three lines stands in for the ADC. It prints what each gives, and what a sample takes of XS.

import I2C from "embedded:io/i2c";
import SMBus from "embedded:io/smbus";
// @ts-expect-error the SDK has no typings of it
import SHT3x from "embedded:sensor/Humidity-Temperature/SHT3x";
// @ts-expect-error the SDK has no typings of it
import NTC from "embedded:sensor/Temperature/NTC_Thermistor";
// @ts-expect-error the SDK has no typings of it
import TMP102 from "embedded:sensor/Temperature/TMP102";
import { type BoardSource, foreignSensor } from "drivers/sources";
import Instrumentation from "instrumentation";
import type { Hardware } from "../../../../../drivers/node-board.js";
import type { Sensor } from "../../../../../modules/core/channels.js";

/** Counts of 12 bits that 10 kΩ to ground below 33 kΩ give: 25 °C. */
const COUNTS = Math.round((4096 * 10) / 43);

class Analog {
	readonly resolution = 12;
	read(): number {
		return COUNTS;
	}
}

const BUS = { data: 21, clock: 22 };
const temperature = { name: "temperature", unit: "C", decimals: 2 } as const;

const SOURCES: readonly BoardSource[] = [
	foreignSensor({
		part: "SHT3x",
		quantities: [
			{ ...temperature, path: ["thermometer", "temperature"] },
			{ name: "humidity", unit: "%RH", decimals: 1, path: ["hygrometer", "humidity"] },
		],
		make: () => new SHT3x({ sensor: { io: I2C, ...BUS } }),
	}),
	foreignSensor({
		part: "TMP102",
		quantities: [temperature],
		make: () => new TMP102({ sensor: { io: SMBus, ...BUS, address: 0x49 } }),
	}),
	foreignSensor({
		part: "NTC",
		quantities: [temperature],
		make: () => {
			const ntc = new NTC({ sensor: { io: Analog, pin: 0 } });
			ntc.configure({ series_resistance: 33_000, thermistor_resistance: 10_000, beta: 3950, pullup: true });
			return ntc;
		},
	}),
];

/** Time of its own: each reading is a sample. */
let now = 0;
const hardware = { clock: { monotonic: () => now, wallAt: () => -1 } } as unknown as Hardware;

const SLOTS = Instrumentation.map("XS Slot Heap Used");
const CHUNKS = Instrumentation.map("XS Chunk Heap Used");
const TIMES = 8;

/** Bytes that are in use, garbage included. */
const used = (of: typeof SLOTS): number => Instrumentation.get(of) ?? 0;

/** The most of several samples: a collection in one of them makes it look smaller. */
function taken(sensor: Sensor): string {
	let most = 0;
	let mostChunks = 0;
	for (let i = 0; i < TIMES; i++) {
		now += 1000;
		const slots = used(SLOTS);
		const chunks = used(CHUNKS);
		sensor.read(0);
		most = Math.max(most, used(SLOTS) - slots);
		mostChunks = Math.max(mostChunks, used(CHUNKS) - chunks);
	}
	return `${most} bytes of slots and ${mostChunks} of chunks a sample`;
}

export default function main(): void {
	for (const source of SOURCES) {
		const sensor = source.make(hardware, () => {});
		now += 1000;
		const values = source.quantities.map(({ name, unit, decimals }, i) => {
			return `${name} ${sensor.read(i).toFixed(decimals)} ${unit}`;
		});
		trace(`${source.part}: ${values.join(", ")}; ${taken(sensor)}\n`);
		sensor.close();
	}
	trace("done\n");
}
