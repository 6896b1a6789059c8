// What a node takes of XS's memory at rest, but for its outbox: what is the same for each configuration of a
// kind was measured, and test/host-sim/xs/room.test.ts holds these figures against the engine. It is reckoned
// at the start of a board, where the stack of the smallest one is not far: plain loops, and few calls.

import type { Memory } from "../cloud/cloud-kind.js";
import { CLOUDS, NAMED_SETTINGS } from "../cloud/clouds.js";
import { type Channel, isAdjusted, isNodeFact, type Source } from "../core/channels.js";
import { encodeUtf8 } from "../core/utf8.js";
import { alarmsOf } from "./channel-watch.js";
import type { Settings } from "./settings.js";

export const SLOT_BYTES = 16;
const need = (slots: number, chunkBytes: number): Memory => Object.freeze({ slots, chunkBytes });

const NOTHING: readonly Memory[] = Object.freeze([]);
/** What settings switch on, beside what the node takes at rest, as the test measures it. */
const WIFI = need(91, 0);
const TLS = need(36, 1_008);
const WEB_SOCKET = need(58, 96);
const KEEP = need(91, 188);
const I2C = need(50, 140);
/** Of each channel that has alarms. */
const ALARMS = need(10, 24);
/** These beside their lists of numbers, one for each channel. */
const DEADBAND = need(7, 0);
const WINDOWS = need(13, 0);
const WINDOW_LISTS = 3;
const ADJUSTMENT = need(7, 16);
/** Of each channel that is adjusted. */
const ADJUSTED = need(0, 2 * 16);
/** What the names of a channel have in `channel` of its cloud, bytes; longer ones take more. */
const USUAL_NAMES = 40;
const FACTS = need(8, 0);
/** What the default table's thermistor and tachometer take: a table may do without them. */
const THERMISTOR = need(25, 8);
const TACHOMETER = need(28, 28);
/** Of a channel that settings have changed, beside what they say of it. */
const CHANGED_SLOTS = 2;
/** Of a list of numbers, beside a slot for each. */
const LIST_BYTES = 8;
const DEFAULT_COUNT = 4;
/** Beside what is at rest: a connection's beginning, and memory that the machine takes in pieces. */
export const HEADROOM = need(128, 1_792);
/** Of a group of settings that is not as it is in the image: its slots beside those of its settings. */
const GROUP_SLOTS = 3;
/** Groups that each measurement above had so. */
const COUNTED: readonly string[] = Object.freeze(["device", "outbox", "broker"]);

/** Memory that adds up. */
class Sum {
	slots: number;
	chunkBytes: number;

	constructor({ slots, chunkBytes }: Memory) {
		this.slots = slots;
		this.chunkBytes = chunkBytes;
	}
	add({ slots, chunkBytes }: Memory, times = 1): void {
		this.slots += slots * times;
		this.chunkBytes += chunkBytes * times;
	}
}

/** What the node takes at rest beside its outbox; `joins`: a network that its settings do not name. */
export function needBeside(settings: Settings, joins: boolean): Memory {
	const { outbox, network, broker, device } = settings;
	const sum = new Sum(CLOUDS[device.cloud].atRest);
	if (joins || network.ssid !== "" || network.ssid2 !== "" || network.ssid3 !== "") sum.add(WIFI);
	if (broker.tls) sum.add(TLS);
	if (broker.transport !== "tcp") sum.add(WEB_SOCKET);
	for (const more of CLOUDS[device.cloud].beside?.(settings) ?? NOTHING) sum.add(more);
	if (outbox.keep !== "off") sum.add(KEEP);
	addGroups(sum, settings);
	addChannels(sum, settings);
	addNames(sum, settings);
	addSources(sum, settings);
	return sum;
}

/** Groups of settings that are not as they are in the image. */
function addGroups(sum: Sum, settings: Settings): void {
	const groups = Object.keys(settings) as Array<keyof Settings>;
	for (let i = 0; i < groups.length; i++) {
		const group = groups[i] as keyof Settings;
		const values = settings[group];
		if (Object.isFrozen(values) || values === settings.channels) continue;
		if (Object.hasOwn(NAMED_SETTINGS, group)) addNamed(sum, Object.values(values));
		else addGroup(sum, Object.values(values), !COUNTED.includes(group));
	}
}

/** Groups under free names. */
function addNamed(sum: Sum, groups: readonly object[]): void {
	sum.slots += GROUP_SLOTS + groups.length;
	for (let i = 0; i < groups.length; i++) addGroup(sum, Object.values(groups[i] as object), true);
}

function addGroup(sum: Sum, values: readonly unknown[], isNew: boolean): void {
	if (isNew) sum.slots += GROUP_SLOTS + values.length;
	for (let i = 0; i < values.length; i++)
		if (typeof values[i] === "string") sum.chunkBytes += textBytes(values[i] as string);
}

/** What the channels take beside the four of the default, and what looks at them between reading and ring. */
function addChannels(sum: Sum, { channels, sampling, device }: Settings): void {
	const list = need(0, channels.length * SLOT_BYTES + LIST_BYTES);
	sum.add(CLOUDS[device.cloud].channel, channels.length - DEFAULT_COUNT);
	if (!Object.isFrozen(channels)) sum.add(list);
	let banded = false;
	let paced = sampling.readMs > 0;
	let adjusted = 0;
	let ownFacts = false;
	for (const channel of channels) {
		if (alarmsOf(channel) !== 0) sum.add(ALARMS);
		if (channel.deadband > 0) banded = true;
		if (channel.intervalMs > 0) paced = true;
		if (isAdjusted(channel)) adjusted++;
		if (isNodeFact(channel.from)) ownFacts = true;
	}
	if (banded) {
		sum.add(DEADBAND);
		sum.add(list);
	}
	if (paced) {
		sum.add(WINDOWS);
		sum.add(list, WINDOW_LISTS);
	}
	if (adjusted > 0) sum.add(ADJUSTMENT);
	sum.add(ADJUSTED, adjusted);
	if (ownFacts) sum.add(FACTS);
}

/** Names that are longer than usual, and what settings say of channels: it lies over the image, layer by layer. */
function addNames(sum: Sum, { channels, device }: Settings): void {
	const cloud = CLOUDS[device.cloud];
	for (const channel of channels) {
		sum.chunkBytes += Math.max(0, utf8Length(cloud.names(channel)) - USUAL_NAMES);
		for (let layer = channel; !Object.isFrozen(layer); layer = Object.getPrototypeOf(layer) as Channel) {
			const values = Object.values(layer);
			sum.slots += CHANGED_SLOTS + values.length;
			for (const value of values) if (typeof value === "string") sum.chunkBytes += textBytes(value);
		}
	}
}

/** The drivers: each source once. */
function addSources(sum: Sum, { channels, temperature }: Settings): void {
	const seen: unknown[] = [];
	for (const { from } of channels) {
		if (seen.includes(from)) continue;
		seen.push(from);
		if (typeof from !== "string") sum.add(from as Source);
	}
	if (!seen.includes("thermometer")) sum.add(THERMISTOR, -1);
	else if (temperature.sensor !== "ntc") sum.add(I2C);
	if (!seen.includes("tachometer")) sum.add(TACHOMETER, -1);
}

/** Of a text of the settings, with its chunk's own. */
function textBytes(text: string): number {
	return 12 + utf8Length(text);
}

function utf8Length(text: string): number {
	return encodeUtf8(text)?.length ?? 0;
}
