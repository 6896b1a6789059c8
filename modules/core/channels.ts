// What a node measures and reports: a table of channels, which a board's folder makes and settings change.
// Drivers, clouds and alarms share it.

import type { Pull } from "./io.js";

/** How the readings since the last value that was sent become one. */
export type Window = "last" | "mean" | "minimum" | "maximum";
/** The kinds of SAP properties that a channel can have. */
export type PropertyType = "integer" | "long" | "float" | "double";

/** What a sensor gives: where a channel shows it, these are its defaults. */
export interface Quantity {
	readonly name: string;
	readonly unit: string;
	/** Fraction digits that are sent, 0 to 4. */
	readonly decimals: number;
	/** "last" unless given: of a state or a count there is no mean. */
	readonly window?: Window;
}

/** Gives values; several channels may read one. */
export interface Sensor {
	/** The value of a quantity, by its place in the source's list; NaN, and then `fault` says why. */
	read(quantity: number): number;
	/** What was wrong with the last reading, or "". */
	readonly fault?: string;
	close(): void;
}

/** Hears of inputs whose edges are events. */
export interface EdgeListener {
	/** The channel at this place has changed its state, 0 or 1. */
	edge(place: number, state: number): void;
}

/** A part of a board that channels read: what it measures, where it hangs, and how to make its driver. */
export interface Source<Hardware = never> {
	/** For people, such as "SHT3x". */
	readonly part: string;
	readonly quantities: readonly Quantity[];
	/** Address on the I²C bus. */
	readonly address?: number;
	/** GPIO. */
	readonly pin?: number;
	/** The pin is one of the ADC. */
	readonly analog?: boolean;
	/** Resistor of the chip at the pin; none unless given. */
	readonly pull?: Pull;
	/** Of a voltage: what a divider lets through to the pin, 0 to 1. */
	readonly ratio?: number;
	/** What its driver takes of XS at rest: slots, and bytes of chunks. */
	readonly slots: number;
	readonly chunkBytes: number;
	/** `edge` is to be called by inputs whose edges are events, with the state that begins. */
	make(hardware: Hardware, edge: (state: number) => void): Sensor;
	/** What the states of an input are called, 0 and 1, where its edges are events. */
	readonly states?: readonly [string, string];
}

/** The hardware that settings describe, the actuators' states, and what the node knows of itself. */
export type StandardSource = keyof typeof STANDARD;

const quantity = (name: string, unit: string, decimals: number, window: Window = "last"): Quantity =>
	Object.freeze({ name, unit, decimals, window });

/** What the standard sources give; the node's own in the order of NodeFact. */
export const STANDARD = Object.freeze({
	/** Settings choose the part: the thermistor, or a sensor on I²C. */
	thermometer: quantity("temperature", "C", 2, "mean"),
	/** Brightness that the driver puts out. */
	led: quantity("led", "%", 0),
	/** Frequency of the tone, 0 while silent. */
	buzzer: quantity("buzzer", "Hz", 0),
	/** The speed that is measured. */
	tachometer: quantity("speed", "rpm", 1, "mean"),
	/** Strength of the Wi-Fi signal. */
	signal: quantity("signal", "dBm", 0),
	/** Since the boot. */
	uptime: quantity("uptime", "s", 0),
	/** Free memory of the system's heap. */
	memory: quantity("memory", "B", 0),
	/** Number of this boot. */
	restarts: quantity("restarts", "", 0),
	/** Days left of the device's certificate. */
	certificate: quantity("certificate", "d", 0),
	/** How far the clock was off when it was set last but for the first time; positive: it was slow. */
	clockOffset: quantity("clockOffset", "ms", 0),
} as const);

/** Numbers of what the node knows of itself. */
export const NodeFact = Object.freeze({
	signal: 0,
	uptime: 1,
	memory: 2,
	restarts: 3,
	certificate: 4,
	clockOffset: 5,
} as const);
export type NodeFactName = keyof typeof NodeFact;

export function isNodeFact(source: Source | StandardSource): source is NodeFactName {
	return typeof source === "string" && Object.hasOwn(NodeFact, source);
}

/** Stands for no limit, because JSON knows no infinity. */
export const NO_LIMIT = 1e9;

export interface Channel {
	/** Name in settings, JSON and the panel. */
	readonly key: string;
	readonly from: Source | StandardSource;
	/** Which of the source's quantities; of the node's own, a NodeFact. */
	readonly quantity: number;
	/** As it is sent. */
	readonly unit: string;
	/** Fraction digits that are sent, 0 to 4. */
	readonly decimals: number;
	/** A value outside is none; NO_LIMIT and its negative: any is right. */
	readonly minimum: number;
	readonly maximum: number;
	/** The sensor's value times `scale` plus `offset` is the channel's. */
	readonly scale: number;
	readonly offset: number;
	/** Pause between values that are sent, ms, where it is longer than that between samples; 0: each. */
	readonly intervalMs: number;
	readonly window: Window;
	/** Samples are left out while no channel has moved further than this; 0: any change counts. */
	readonly deadband: number;
	/** An alarm above, and below; NO_LIMIT and its negative: none. */
	readonly high: number;
	readonly low: number;
	/** An alarm ends this far inside its limit. */
	readonly hysteresis: number;
	/** An alarm when there is no value three times in a row. */
	readonly missing: boolean;
	/** Cumulocity's. */
	readonly fragment: string;
	readonly series: string;
	/** SAP's, and the kind that the device model needs. */
	readonly property: string;
	readonly type: PropertyType;
}

/** Whether a channel's value is another one than its sensor's. */
export function isAdjusted({ scale, offset, minimum, maximum }: Channel): boolean {
	return scale !== 1 || offset !== 0 || minimum > -NO_LIMIT || maximum < NO_LIMIT;
}

/** What a table says of a channel: all but the source may be left out. */
export type ChannelEntry<Hardware = never> = Partial<Omit<Channel, "key" | "from" | "quantity">> & {
	readonly from: Source<Hardware> | StandardSource;
	/** Name of the quantity, where the key does not say it and the source has several. */
	readonly value?: string;
};

/**
 * One value a channel, in their order; NaN where there is none. A plain array: on XS its elements are cheaper
 * to read and write than those of a typed array, and numbers in it take no memory of their own.
 */
export type Sample = number[];

/** A sample without values. */
export function emptySample(channels: readonly Channel[]): Sample {
	return channels.map(() => Number.NaN);
}
