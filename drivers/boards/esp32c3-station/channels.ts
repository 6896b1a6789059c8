// A weather station on the ESP32-C3-DevKitM-1: nine channels of five parts. The wiring is that of
// drivers/boards/esp32c3/pins.ts; the pins of thermistor and tachometer, which it lacks, are used again.

import { channelTable } from "../../../modules/core/channel-table.js";
import type { ChannelEntry } from "../../../modules/core/channels.js";
import { ESP32C3 } from "../../esp32.js";
import { bme280, digitalInput, pulseCounter, sht3x, voltage } from "../../sources.js";
import { PINS } from "../esp32c3/pins.js";

const INDOORS = bme280();
const OUTDOORS = sht3x(0x45);
/** One cell of lithium behind a divider by two. */
const BATTERY = voltage({ pin: 3, upperOhms: 100_000, lowerOhms: 100_000 });

const ENTRIES = {
	temperature: { from: INDOORS, fragment: "c8y_Temperature", series: "T", hysteresis: 1 },
	humidity: { from: INDOORS },
	pressure: { from: INDOORS },
	outdoorTemperature: { from: OUTDOORS, value: "temperature", hysteresis: 1 },
	outdoorHumidity: { from: OUTDOORS, value: "humidity" },
	/** A reed contact to ground: the pull-up makes an open window 1. */
	window: { from: digitalInput({ pin: 0, states: ["closed", "open"] }) },
	/** A tipping bucket: each pulse stands for 0.2794 mm. */
	rain: {
		from: pulseCounter({ pin: 7, edge: "falling" }),
		value: "count",
		unit: "mm",
		decimals: 1,
		scale: 0.2794,
	},
	voltage: { from: BATTERY },
	battery: { from: BATTERY, value: "level", fragment: "c8y_Battery", series: "level" },
} satisfies Record<string, ChannelEntry>;

export const CHANNELS = channelTable(ENTRIES, PINS, ESP32C3);
