// Whether a configuration fits into the board's machine. XS ends without a word to the script where its
// memory is full, and the board would start, fill it and end for ever: so it is reckoned before anything is
// made. What is not in the arena is the same for each configuration of a kind and was measured;
// test/host-sim/xs/room.test.ts holds these figures against the engine.

import type { Cloud } from "../cloud/cloud.js";
import type { Memory } from "../cloud/cloud-kind.js";
import { CLOUDS } from "../cloud/clouds.js";
import { type Channel, isAdjusted, isNodeFact, type Source } from "../core/channels.js";
import { encodeUtf8 } from "../core/utf8.js";
import { Arena } from "../outbox/arena.js";
import { Keeper } from "../outbox/keeper.js";
import { alarmsOf } from "./channel-watch.js";
import type { Settings } from "./settings.js";

/** A board's machine, as its manifest's `config.machine` repeats its `creation`. */
export interface Machine {
	/** Bytes of the block that slots, chunks and stack share; 0: each has its own. */
	readonly static: number;
	/** Bytes of chunks, and slots, where each has its own. */
	readonly chunk: number;
	readonly heap: number;
	/** Slots. */
	readonly stack: number;
	/** Whether a network is joined that the settings do not name, because the image does. */
	readonly joins?: boolean;
}

/**
 * What the SDK's TLS takes: by `npm run proof:tls`, on an emulated ESP32-C3, what XS's heap has grown to at
 * the largest handshake there (keys of 4096 bits, 166 authorities, records of 512 bytes) beyond the same node
 * without TLS.
 */
export const TLS_RESERVE = Object.freeze({ slots: 512, chunkBytes: 12_484 });

const SLOT_BYTES = 16;
/** The fewest that settings may ask for. */
const FEWEST = 4;

const need = (slots: number, chunkBytes: number): Memory => Object.freeze({ slots, chunkBytes });

/** What settings switch on, beside what the node takes at rest, as the test measures it. */
const WIFI = need(91, 0);
const TLS = need(36, 1_008);
const KEEP = need(91, 188);
const I2C = need(47, 115);
/** Of each channel that has alarms. */
const ALARMS = need(10, 24);
/** These beside their lists of numbers, one for each channel. */
const DEADBAND = need(7, 0);
const WINDOWS = need(13, 0);
const WINDOW_LISTS = 3;
const ADJUSTMENT = need(7, 48);
const FACTS = need(8, 0);
/** What the default table's thermistor and tachometer take: a table may do without them. */
const THERMISTOR = need(25, 8);
const TACHOMETER = need(26, 28);
/** Of a channel that settings have changed, beside what they say of it. */
const CHANGED_SLOTS = 2;
/** Of a list of numbers, beside a slot for each. */
const LIST_BYTES = 8;
const DEFAULT_COUNT = 4;
/** Beside what is at rest: a connection's beginning, and memory that the machine takes in pieces. */
const HEADROOM = need(128, 1_792);
/** Of a group of settings that is not as it is in the image: its slots beside those of its settings. */
const GROUP_SLOTS = 3;
/** Groups that each measurement above had so. */
const COUNTED: readonly string[] = Object.freeze(["device", "outbox", "broker"]);

/** How many measures and events fit. */
export interface Fitting {
	readonly measures: number;
	readonly events: number;
}

/** "" where the node of these settings fits, else which of them is at fault and what would fit. */
export function roomFault(settings: Settings, cloud: Cloud, machine: Machine): string {
	const { measures, events } = settings.outbox;
	const fits = (measures: number, events: number) => doesFit(settings, cloud, machine, measures, events);
	if (fits(measures, events)) return "";
	const most = largest(measures, (count) => fits(count, events));
	const mostEvents = largest(events, (count) => fits(measures, count));
	// The one that takes more is the one that somebody has set too high.
	const byEvents = events * cloud.events.recordBytes > measures * cloud.measures.recordBytes;
	if (mostEvents > 0 && (byEvents || most === 0))
		return `outbox.events: ${events} do not fit into this board's memory; at most ${mostEvents} do`;
	if (most > 0) return `outbox.measures: ${measures} do not fit into this board's memory; at most ${most} do`;
	const both = fitting(settings, cloud, machine);
	if (both)
		return `outbox.measures and outbox.events: ${measures} and ${events} do not fit into this board's memory; ${both.measures} and ${both.events} do`;
	return "these settings do not fit into this board's memory, even with an outbox of the smallest size";
}

/**
 * The largest outbox that fits and is no larger than that of the settings: fewer measures first, then fewer
 * events.
 */
export function fitting(settings: Settings, cloud: Cloud, machine: Machine): Fitting | undefined {
	const { outbox } = settings;
	for (let { events } = outbox; ; events = Math.max(FEWEST, events >> 1)) {
		const measures = largest(outbox.measures, (count) => doesFit(settings, cloud, machine, count, events));
		if (measures > 0) return { measures, events };
		if (events === FEWEST) return undefined;
	}
}

/** The largest count up to `limit` that fits, or 0. */
function largest(limit: number, fits: (count: number) => boolean): number {
	let low = 0;
	let high = limit;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if (fits(middle)) low = middle;
		else high = middle - 1;
	}
	return low < FEWEST ? 0 : low;
}

function doesFit(
	settings: Settings,
	cloud: Cloud,
	machine: Machine,
	measures: number,
	events: number,
): boolean {
	const { slots, chunkBytes } = needOf(settings, cloud, measures, events, machine.joins);
	const tls = settings.broker.tls;
	const allSlots = slots + HEADROOM.slots + (tls ? TLS_RESERVE.slots : 0);
	const allBytes = chunkBytes + HEADROOM.chunkBytes + (tls ? TLS_RESERVE.chunkBytes : 0);
	if (machine.static > 0) return (allSlots + machine.stack) * SLOT_BYTES + allBytes <= machine.static;
	return allSlots <= machine.heap && allBytes <= machine.chunk;
}

/** What the node takes at rest. */
export function needOf(
	settings: Settings,
	cloud: Cloud,
	measures: number,
	events: number,
	joins = false,
): Memory {
	const { outbox, network, broker, device, channels } = settings;
	let { slots, chunkBytes } = CLOUDS[device.cloud].atRest;
	const add = (more: Memory, used: boolean) => {
		if (!used) return;
		slots += more.slots;
		chunkBytes += more.chunkBytes;
	};
	add(WIFI, joins || network.ssid !== "" || network.ssid2 !== "" || network.ssid3 !== "");
	add(TLS, broker.tls);
	add(KEEP, outbox.keep !== "off");
	const measuring = needOfChannels(settings);
	slots += measuring.slots;
	chunkBytes += measuring.chunkBytes;
	for (const [group, values] of Object.entries(settings)) {
		if (Object.isFrozen(values) || values === channels) continue;
		const all = Object.values(values);
		if (!COUNTED.includes(group)) slots += GROUP_SLOTS + all.length;
		for (const value of all) if (typeof value === "string") chunkBytes += textBytes(value);
	}
	const keep = outbox.keep === "all" ? [cloud.events, cloud.measures] : [cloud.events];
	const journal = outbox.keep === "off" ? 0 : Keeper.bytesFor(keep);
	const { recordBytes } = cloud.measures;
	chunkBytes += Arena.bytesFor(cloud.measures, measures, cloud.events, events, recordBytes, journal);
	return { slots, chunkBytes };
}

/** What the channels take beside the four of the default, which are in what is taken at rest. */
function needOfChannels({ channels, temperature, sampling, device }: Settings): Memory {
	let slots = 0;
	let chunkBytes = 0;
	const add = (more: Memory, times = 1) => {
		slots += more.slots * times;
		chunkBytes += more.chunkBytes * times;
	};
	const has = (test: (channel: Channel) => boolean) => channels.some(test);
	const list = need(0, channels.length * SLOT_BYTES + LIST_BYTES);
	add(CLOUDS[device.cloud].channel, channels.length - DEFAULT_COUNT);
	if (!Object.isFrozen(channels)) add(list);
	add(ALARMS, channels.filter((channel) => alarmsOf(channel) !== 0).length);
	if (has(({ deadband }) => deadband > 0)) {
		add(DEADBAND);
		add(list);
	}
	if (sampling.readMs > 0 || has(({ intervalMs }) => intervalMs > 0)) {
		add(WINDOWS);
		add(list, WINDOW_LISTS);
	}
	if (has(isAdjusted)) add(ADJUSTMENT);
	if (has(({ from }) => isNodeFact(from))) add(FACTS);
	const uses = (source: string) => has(({ from }) => from === source);
	if (!uses("thermometer")) add(THERMISTOR, -1);
	else if (temperature.sensor !== "ntc") add(I2C);
	if (!uses("tachometer")) add(TACHOMETER, -1);
	for (const [place, { from }] of channels.entries())
		if (typeof from !== "string" && channels.findIndex((channel) => channel.from === from) === place)
			add(from as Source);
	for (const channel of channels)
		if (!Object.isFrozen(channel)) slots += CHANGED_SLOTS + Object.keys(channel).length;
	return { slots, chunkBytes };
}

/** Of a text of the settings, with its chunk's own. */
function textBytes(text: string): number {
	return 12 + (encodeUtf8(text)?.length ?? 0);
}
