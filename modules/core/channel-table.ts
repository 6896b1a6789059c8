// Makes a table of channels out of what a board's folder says, and lays settings over it. What is left out
// has a default; every mistake is listed, with the channel's name.

import {
	type Channel,
	type ChannelEntry,
	isNodeFact,
	NO_LIMIT,
	NodeFact,
	type PropertyType,
	type Quantity,
	STANDARD,
} from "./channels.js";
import {
	addAll,
	choice,
	defaultsOf,
	type Fields,
	flag,
	type Input,
	isDigit,
	isKey,
	isLetter,
	isRecord,
	overlay,
	real,
	text,
	whole,
} from "./schema.js";

export const MAX_CHANNELS = 16;
/** A day. */
const LONGEST_MS = 86_400_000;
/** Plain JSON has it for itself. */
const RESERVED = "time";
const WINDOWS = Object.freeze(["last", "mean", "minimum", "maximum"] as const);
const TYPES = Object.freeze(["integer", "long", "float", "double"] as const);

/** What settings can change of a channel; the defaults are those of a channel whose table says nothing. */
export const CHANNEL_FIELDS = Object.freeze({
	/** The channel is not measured and not sent. */
	off: flag(false),
	/** Unit as it is sent. The default is the sensor's. */
	unit: text("", 16),
	/** Fraction digits that are sent. The default is the sensor's. */
	decimals: whole(0, 0, 4),
	/** A value below is no value; the default is any. */
	minimum: real(-NO_LIMIT, -NO_LIMIT, NO_LIMIT),
	/** A value above is no value; the default is any. */
	maximum: real(NO_LIMIT, -NO_LIMIT, NO_LIMIT),
	/** What the sensor gives is multiplied by this. */
	scale: real(1, -1e6, 1e6),
	/** Then this is added: for a chip whose ADC was never calibrated, or a board that warms its sensor. */
	offset: real(0, -NO_LIMIT, NO_LIMIT),
	/** Pause between values, where it is longer than that between samples; 0: in each sample. Unit: ms. */
	intervalMs: whole(0, 0, LONGEST_MS),
	/**
	 * What is sent of the readings since the last value: the last one, or their mean, minimum or maximum. The
	 * default is the mean where the sensor measures something continuous.
	 */
	window: choice<string>("last", WINDOWS),
	/**
	 * Leave samples out while no channel has moved further than its deadband since the last one that was sent;
	 * 0: any change is news. Without a deadband anywhere each sample is sent.
	 */
	deadband: real(0, 0, NO_LIMIT),
	/** An alarm above this value; the default is none. */
	high: real(NO_LIMIT, -NO_LIMIT, NO_LIMIT),
	/** An alarm below this value; the default is none. */
	low: real(-NO_LIMIT, -NO_LIMIT, NO_LIMIT),
	/** An alarm ends this far inside its limit. */
	hysteresis: real(0, 0, NO_LIMIT),
	/** An alarm for a sensor that gives no value three times in a row. */
	missing: flag(false),
	/** Fragment on Cumulocity; the default is "mote_" and the key. */
	fragment: text("", 40, 1),
	/** Series on Cumulocity; the default is the key. */
	series: text("", 40, 1),
	/** Property on SAP; the default is the key. */
	property: text("", 40, 1),
	/** Its type in SAP's device model; the default is integer without decimals, else double. */
	type: choice<string>("double", TYPES),
} satisfies Fields);

/** Every mistake of a table at once. */
export class ChannelError extends Error {
	override name = "ChannelError";
	readonly mistakes: readonly string[];

	constructor(mistakes: readonly string[]) {
		super(`channels: ${mistakes.join("; ")}`);
		this.mistakes = mistakes;
	}
}

/** What a chip's pins can do; ranges are from and to. */
export interface Gpio {
	/** Those that there are. */
	readonly pins: readonly (readonly [number, number])[];
	/** Those that flash and PSRAM hang on. */
	readonly flash: readonly [number, number];
	/** Those that are inputs only, without resistors of the chip; none unless given. */
	readonly inputOnly?: readonly [number, number];
	/** Those of ADC1: ADC2 is not usable beside Wi-Fi. */
	readonly adc: readonly [number, number];
}

/** A board's pins by name, as far as a table can clash with them. */
export interface TablePins {
	readonly temperature: number;
	readonly led: number;
	readonly buzzer: number;
	readonly motor: number;
	readonly tachometer: number;
	readonly data: number;
	readonly clock: number;
}

/**
 * The channels of a board, in their order; with its pins and what its chip's pins can do, parts are held
 * against them. Throws a ChannelError with every mistake.
 */
export function channelTable(
	entries: Readonly<Record<string, ChannelEntry>>,
	pins?: TablePins,
	gpio?: Gpio,
): readonly Channel[] {
	const mistakes: string[] = [];
	const channels = Object.keys(entries).map((key) =>
		makeChannel(key, entries[key] as ChannelEntry, mistakes),
	);
	if (channels.length < 1 || channels.length > MAX_CHANNELS)
		mistakes.push(`there are ${channels.length}, and must be 1 to ${MAX_CHANNELS}`);
	if (mistakes.length === 0)
		for (const more of [channelMistakes(channels), clashes(channels, pins), misfits(channels, gpio)])
			addAll(mistakes, more);
	if (mistakes.length > 0) throw new ChannelError(mistakes);
	return Object.freeze(channels);
}

/** What a source gives; undefined for what is no source. */
function quantitiesOf(from: ChannelEntry["from"] | undefined): readonly Quantity[] | undefined {
	if (typeof from === "string") return Object.hasOwn(STANDARD, from) ? [STANDARD[from]] : undefined;
	return from?.quantities;
}

function makeChannel(key: string, entry: ChannelEntry, mistakes: string[]): Channel {
	const { from, value, ...given } = entry;
	if (!isKey(key)) mistakes.push(`${key}: a key is a small letter and up to 31 letters and digits`);
	const known = quantitiesOf(from);
	if (!known)
		mistakes.push(
			typeof from === "function"
				? `${key}.from: a function; call it, such as sht3x()`
				: `${key}.from: must be a source, or one of ${Object.keys(STANDARD).join(", ")}`,
		);
	const quantities = known ?? [STANDARD.uptime];
	const quantity = known ? placeOf(quantities, value, key) : 0;
	if (quantity < 0)
		mistakes.push(`${key}: value must be one of ${quantities.map(({ name }) => name).join(", ")}`);
	const { unit, decimals, window = "last" } = quantities[Math.max(0, quantity)] as Quantity;
	overlay(key, CHANNEL_FIELDS, { unit, decimals, window }, {}, mistakes); // somebody else's may be wrong
	const places = given.decimals ?? decimals;
	const { off: _, ...usual } = defaultsOf(CHANNEL_FIELDS); // only settings switch a channel off
	const base = {
		...usual,
		unit,
		decimals,
		window,
		fragment: `mote_${capital(key)}`,
		series: key,
		property: key,
		type: typeOf(places),
	};
	const all = overlay(key, CHANNEL_FIELDS, given as Input, base, mistakes);
	const number = isNodeFact(from) ? NodeFact[from] : quantity;
	return Object.freeze({ key, from, quantity: number, ...all }) as unknown as Channel;
}

/** The type of a property with so many decimals. */
function typeOf(decimals: number): PropertyType {
	return decimals === 0 ? "integer" : "double";
}

/** The named quantity, else the one that is called like the channel, else the only one; or -1. */
function placeOf(quantities: readonly Quantity[], value: string | undefined, key: string): number {
	const named = quantities.findIndex(({ name }) => name === (value ?? key));
	return named < 0 && value === undefined && quantities.length === 1 ? 0 : named;
}

/**
 * `channels` with what settings say of them: a group of settings for each key. One that is switched off stays
 * in the list, so that settings laid over these can switch it on.
 */
export function overlayChannels(
	channels: readonly Channel[],
	input: unknown,
	mistakes: string[],
): readonly Channel[] {
	if (!isRecord(input)) {
		mistakes.push("channels: must be an object of channels");
		return channels;
	}
	const result = [...channels];
	for (const key of Object.keys(input)) {
		const place = channels.findIndex((channel) => channel.key === key);
		const values = input[key];
		if (place < 0)
			mistakes.push(
				`channels.${key}: unknown channel; there are ${channels.map((one) => one.key).join(", ")}`,
			);
		else if (!isRecord(values)) mistakes.push(`channels.${key}: must be an object`);
		else {
			const base = result[place] as Channel;
			const changed = overlay(`channels.${key}`, CHANNEL_FIELDS, values, {}, mistakes);
			// The type follows the decimals, unless somebody has said it.
			const { decimals, type } = changed as Partial<Channel>;
			const follows = decimals !== undefined && type === undefined && base.type === typeOf(base.decimals);
			result[place] = over(base, follows ? { ...changed, type: typeOf(decimals) } : changed);
		}
	}
	return result;
}

/** A channel of which only what was changed takes memory: the rest stays in the image. */
function over(base: Channel, changed: Input): Channel {
	const channel = Object.create(base) as Channel;
	// Not by an assignment: what the image has cannot be written, not even in an object over it.
	for (const field of Object.keys(changed))
		Object.defineProperty(channel, field, { value: changed[field], enumerable: true });
	return channel;
}

/** Those that are not switched off. The table itself, where settings say nothing. */
export function activeChannels(channels: readonly Channel[], mistakes: string[]): readonly Channel[] {
	const isOff = (channel: Channel) => (channel as { readonly off?: boolean }).off === true;
	const active = channels.some(isOff) ? channels.filter((channel) => !isOff(channel)) : channels;
	if (active.length === 0) mistakes.push("channels: at least one must be on");
	for (const mistake of channelMistakes(active)) mistakes.push(`channels.${mistake}`);
	return active;
}

/** What no range tells: limits that contradict each other, and names that no cloud takes, or that stand twice. */
export function channelMistakes(channels: readonly Channel[]): string[] {
	const mistakes: string[] = [];
	const names: string[] = [];
	const properties: string[] = [];
	for (const channel of channels) {
		const { key, minimum, maximum, high, low, hysteresis, unit } = channel;
		const { fragment, series, property, scale } = channel;
		if (key === RESERVED) mistakes.push(`${key}: the time of a sample has this name in JSON`);
		if (!(minimum < maximum)) mistakes.push(`${key}.minimum: must be below maximum`);
		if (high < NO_LIMIT && low > -NO_LIMIT && low > high - hysteresis)
			mistakes.push(
				`${key}.low: must be below high (${high}) by hysteresis (${hysteresis}), or both alarms stand at once`,
			);
		if (scale === 0) mistakes.push(`${key}.scale: must not be 0`);
		if (hasOneOf(unit, ',"')) mistakes.push(`${key}.unit: no comma and no quotes`);
		if (!isName(fragment)) mistakes.push(`${key}.fragment: letters, digits, _ and -, a letter first`);
		if (!isName(series)) mistakes.push(`${key}.series: letters, digits, _ and -, a letter first`);
		const name = `${fragment}.${series}`;
		if (names.includes(name)) mistakes.push(`${key}.series: another channel has fragment and series too`);
		if (properties.includes(property)) mistakes.push(`${key}.property: another channel has it too`);
		names.push(name);
		properties.push(property);
	}
	return mistakes;
}

/** Parts that want a pin or an address which another one has. */
function clashes(channels: readonly Channel[], pins: TablePins | undefined): string[] {
	const mistakes: string[] = [];
	const uses = (source: string) => channels.some(({ from }) => from === source);
	// Settings may put a sensor on the bus in the thermistor's place.
	const onBus =
		uses("thermometer") ||
		channels.some(({ from }) => typeof from !== "string" && from.address !== undefined);
	const owners: Array<readonly [what: string, place: number]> = [];
	if (pins) {
		for (const name of ["led", "buzzer", "motor"] as const) owners.push([`the ${name}`, pins[name]]);
		if (uses("thermometer")) owners.push(["the thermometer", pins.temperature]);
		if (uses("tachometer")) owners.push(["the tachometer", pins.tachometer]);
		if (onBus) owners.push(["the I²C bus", pins.data], ["the I²C bus", pins.clock]);
	}
	const addresses: Array<readonly [key: string, place: number]> = [];
	const claim = (list: Array<readonly [string, number]>, key: string, place: number, what: string) => {
		const owner = list.find((one) => one[1] === place);
		if (owner) mistakes.push(`${key}: ${what} is taken by ${owner[0]}`);
		else list.push([key, place]);
	};
	for (const [i, { key, from }] of channels.entries()) {
		if (typeof from === "string" || channels.findIndex((channel) => channel.from === from) < i) continue;
		if (from.pin !== undefined) claim(owners, key, from.pin, `GPIO ${from.pin}`);
		if (from.address !== undefined)
			claim(addresses, key, from.address, `address 0x${from.address.toString(16)}`);
	}
	return mistakes;
}

/** Parts on pins that cannot do what they need. */
function misfits(channels: readonly Channel[], gpio: Gpio | undefined): string[] {
	const mistakes: string[] = [];
	const within = (pin: number, [from, to]: readonly [number, number]) => pin >= from && pin <= to;
	for (const { key, from } of channels) {
		if (!gpio || typeof from === "string" || from.pin === undefined) continue;
		const { pin, analog = false, pull = "none" } = from;
		if (!Number.isInteger(pin) || !gpio.pins.some((range) => within(pin, range)))
			mistakes.push(`${key}: the chip has no GPIO ${pin}`);
		else if (within(pin, gpio.flash)) mistakes.push(`${key}: the chip's flash hangs on GPIO ${pin}`);
		else if (analog && !within(pin, gpio.adc))
			mistakes.push(`${key}: a voltage is measured on GPIO ${gpio.adc[0]} to ${gpio.adc[1]}`);
		else if (gpio.inputOnly && pull !== "none" && within(pin, gpio.inputOnly))
			mistakes.push(`${key}: GPIO ${pin} has no resistor; put one on the board, and pull is none`);
	}
	return mistakes;
}

function hasOneOf(text: string, characters: string): boolean {
	for (const character of characters) if (text.includes(character)) return true;
	return false;
}

function isName(name: string): boolean {
	if (!isLetter(name.charCodeAt(0))) return false;
	for (let i = 1; i < name.length; i++) {
		const c = name.charCodeAt(i);
		if (!isLetter(c) && !isDigit(c) && c !== 95 && c !== 45) return false;
	}
	return true;
}

/**
 * A key with a capital letter in front: names of alarms and fragments have it. Not by toUpperCase, whose
 * tables of Unicode take 12 KB of the image.
 */
export function capital(key: string): string {
	return isKey(key) ? String.fromCharCode(key.charCodeAt(0) - 32) + key.slice(1) : key;
}
