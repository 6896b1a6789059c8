// The channels of every board whose folder says nothing else. A board's own table takes them over with
// `...DEFAULT_CHANNELS` and adds to them.

import { channelTable } from "./channel-table.js";
import type { ChannelEntry } from "./channels.js";

export const DEFAULT_CHANNELS = Object.freeze({
	temperature: Object.freeze({
		from: "thermometer",
		hysteresis: 1,
		fragment: "c8y_Temperature",
		series: "T",
	}),
	led: Object.freeze({ from: "led", fragment: "mote_Led", series: "brightness" }),
	buzzer: Object.freeze({ from: "buzzer", fragment: "mote_Buzzer", series: "frequency" }),
	speed: Object.freeze({ from: "tachometer", fragment: "mote_Speed", series: "measured" }),
} satisfies Record<string, ChannelEntry>);

export const DEFAULT_TABLE = channelTable(DEFAULT_CHANNELS);
