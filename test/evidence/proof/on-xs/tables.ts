// Tables of channels of different lengths, for what is to be proved of each.

import { bme280, digitalInput, pulseCounter, sht3x, voltage } from "../../../../drivers/sources.js";
import { channelTable } from "../../../../modules/core/channel-table.js";
import { DEFAULT_CHANNELS } from "../../../../modules/core/default-channels.js";

const { temperature } = DEFAULT_CHANNELS;
const INDOORS = bme280();
const OUTDOORS = sht3x(0x45);
const METER = pulseCounter({ pin: 18 });
const BATTERY = voltage({ pin: 0, upperOhms: 100_000, lowerOhms: 100_000 });

const FIVE = Object.freeze({
	roomTemperature: { from: INDOORS, value: "temperature" },
	roomHumidity: { from: INDOORS, value: "humidity" },
	pressure: { from: INDOORS },
	outdoorTemperature: { from: OUTDOORS, value: "temperature" },
	outdoorHumidity: { from: OUTDOORS, value: "humidity" },
} as const);

/** By the number of their channels. */
export const TABLES = Object.freeze({
	1: channelTable({ temperature }),
	4: channelTable(DEFAULT_CHANNELS),
	9: channelTable({ ...DEFAULT_CHANNELS, ...FIVE }),
	16: channelTable({
		...DEFAULT_CHANNELS,
		...FIVE,
		door: { from: digitalInput({ pin: 19, states: ["closed", "open"] }) },
		pulses: { from: METER, value: "count" },
		rate: { from: METER, value: "frequency" },
		voltage: { from: BATTERY },
		level: { from: BATTERY },
		uptime: { from: "uptime" },
		restarts: { from: "restarts" },
	}),
} as const);
export type TableSize = keyof typeof TABLES;
