// The parts that a board's table of channels can name, beside the standard ones: each says what it measures
// and makes its driver. Channels that name the same object read the same driver.

import type { Quantity, Sensor, Source } from "../modules/core/channels.js";
import type { Pull } from "../modules/core/io.js";
import { BME280 } from "./bme280.js";
import { DigitalInput, type DigitalInputOptions, STATE } from "./digital-input.js";
import type { EdgeInputOptions } from "./edge-input.js";
import { type Part, SHT3X, TMP102, TMP117 } from "./i2c-parts.js";
import { checkDebounce } from "./input-pin.js";
import { type Hardware, sensorOnBus } from "./node-board.js";
import { checkRecords, PULSES, PulseCounter } from "./pulse-counter.js";
import { type Ecma419Sensor, SampledSensor } from "./sampled-sensor.js";
import { checkVoltage, VOLTAGE, VoltageInput, type VoltageInputOptions } from "./voltage-input.js";

/** What contacts of meters bounce at most, ms. */
const CONTACT_MS = 5;

export type BoardSource = Source<Hardware>;

/** A part on the board's I²C bus; `address`: one that the part can have, its usual one unless given. */
export function i2c(part: Part, address = part.address): BoardSource {
	if (!part.addresses.includes(address)) throw new RangeError(`${part.name}: ${addressesOf(part)}`);
	return Object.freeze({
		part: part.name,
		quantities: part.quantities,
		address,
		slots: part.slots,
		chunkBytes: part.chunkBytes,
		make: (hardware: Hardware): Sensor => sensorOnBus(hardware, part, address),
	});
}

function addressesOf({ addresses }: Part): string {
	return `its address is ${addresses.map((one) => `0x${one.toString(16)}`).join(" or ")}`;
}

/** Temperature and humidity. */
export const sht3x = (address?: number): BoardSource => i2c(SHT3X, address);
/** Temperature, humidity and air pressure. */
export const bme280 = (address?: number): BoardSource => i2c(BME280, address);
/** Temperature. */
export const tmp117 = (address?: number): BoardSource => i2c(TMP117, address);
/** Temperature. */
export const tmp102 = (address?: number): BoardSource => i2c(TMP102, address);

export interface InputPlace extends Pick<DigitalInputOptions, "invert" | "debounceMs"> {
	readonly pin: number;
	readonly pull?: Pull;
	/** What 0 and 1 are called: with it each change is told as an event. */
	readonly states?: readonly [string, string];
}

/** A contact, a button, a motion sensor: its state, 0 or 1. */
export function digitalInput({ pin, pull = "up", states, ...more }: InputPlace): BoardSource {
	checkDebounce(more.debounceMs);
	return Object.freeze({
		part: "input",
		quantities: STATE,
		pin,
		pull,
		slots: 42,
		chunkBytes: 24,
		...(states && { states: Object.freeze(states) }),
		make: ({ io, timers }: Hardware, edge: (state: number) => void): Sensor =>
			new DigitalInput({
				...more,
				input: { io: io.Digital, pin, pull },
				timers,
				...(states && { onChange: edge }),
			}),
	});
}

export interface PulsePlace extends Pick<EdgeInputOptions["input"], "pull" | "edge"> {
	readonly pin: number;
	/** For a contact that bounces: its level counts once it has stood for so long, ms; 5 unless given, 0: not. */
	readonly debounceMs?: number;
	/** Shortest pause between two records of the total, ms; ten minutes unless given. */
	readonly recordMs?: number;
}

/** Pulses of a meter: their total, kept over restarts, and their frequency. */
export function pulseCounter(place: PulsePlace): BoardSource {
	const { pin, pull = "up", recordMs, debounceMs = CONTACT_MS, ...more } = place;
	checkRecords(recordMs);
	checkDebounce(debounceMs);
	return Object.freeze({
		part: "pulses",
		quantities: PULSES,
		pin,
		pull,
		slots: 42,
		chunkBytes: 34,
		make: ({ io, clock, timers, store }: Hardware): Sensor =>
			new PulseCounter({
				input: { io: io.Digital, pin, pull, ...more },
				debounceMs,
				clock,
				timers,
				...(store && { kept: { store, key: `count-${pin}` } }),
				...(recordMs !== undefined && { recordMs }),
			}),
	});
}

export interface VoltagePlace
	extends Pick<VoltageInputOptions, "upperOhms" | "lowerOhms" | "emptyVolts" | "fullVolts"> {
	/** Of the ADC. */
	readonly pin: number;
}

/** A voltage behind a divider, and how full the battery is that it comes from. */
export function voltage({ pin, ...more }: VoltagePlace): BoardSource {
	checkVoltage(more);
	const { upperOhms = 0, lowerOhms = 1 } = more;
	return Object.freeze({
		part: "voltage",
		quantities: VOLTAGE,
		pin,
		analog: true,
		ratio: lowerOhms / (upperOhms + lowerOhms),
		slots: 10,
		chunkBytes: 0,
		make: ({ io, adc }: Hardware): Sensor =>
			new VoltageInput({
				...more,
				sensor: { io: io.Analog, pin },
				adc: adc ?? { lowVolts: 0, fullVolts: 3.3 },
			}),
	});
}

/** A sensor class of the SDK's, or of somebody else's: see drivers/sampled-sensor.ts. */
export interface ForeignSensor {
	/** For people. */
	readonly part: string;
	/** What it measures; `path`: where that is in a sample, the name unless given. */
	readonly quantities: ReadonlyArray<Quantity & { readonly path?: readonly string[] }>;
	/** Makes and configures the sensor; may throw when the part is missing. */
	make(hardware: Hardware): Ecma419Sensor;
	readonly address?: number;
	readonly pin?: number;
	/** What it takes of XS at rest. */
	readonly slots?: number;
	readonly chunkBytes?: number;
}

export function foreignSensor({ make, slots = 60, chunkBytes = 200, ...source }: ForeignSensor): BoardSource {
	const paths = Object.freeze(
		source.quantities.map(({ name, path }) => Object.freeze(path ? [...path] : [name])),
	);
	return Object.freeze({
		...source,
		slots,
		chunkBytes,
		make: (hardware: Hardware): Sensor =>
			new SampledSensor({ make: () => make(hardware), paths, clock: hardware.clock }),
	});
}
