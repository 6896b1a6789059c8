// What a node measures and reports: one typed table, with units, that drivers and clouds share.

export interface Channel {
	/** Name in JSON and in the panel. */
	readonly name: string;
	readonly unit: string;
	/** Fraction digits that are sent. */
	readonly decimals: number;
}

/**
 * One value a channel, in their order; NaN where there is none. A plain array: on XS its elements are cheaper
 * to read and write than those of a typed array, and numbers in it take no memory of their own.
 */
export type Sample = number[];

/** Positions of the channels in a sample. */
export const ChannelIndex = Object.freeze({ Temperature: 0, Led: 1, Buzzer: 2, Speed: 3 } as const);

export const CHANNELS: readonly Channel[] = Object.freeze([
	/** Degrees Celsius, from the thermistor. */
	Object.freeze({ name: "temperature", unit: "C", decimals: 2 }),
	/** Brightness, 0 to 100 %; the level that the driver puts out. */
	Object.freeze({ name: "led", unit: "%", decimals: 0 }),
	/** Frequency of the tone, 0 while silent. */
	Object.freeze({ name: "buzzer", unit: "Hz", decimals: 0 }),
	/** Measured by the tachometer, revolutions per minute. */
	Object.freeze({ name: "speed", unit: "rpm", decimals: 1 }),
]);

/** A sample without values. */
export function emptySample(): Sample {
	return CHANNELS.map(() => Number.NaN);
}
