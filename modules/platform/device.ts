// The host provider's IO classes and pins. Here is the one cast from the published typings (which lack
// `close` and know no pin names) to the interfaces that the drivers use.

import device from "embedded:provider/builtin";
import type { Channel } from "../core/channels.js";
import type { AnalogClass, DigitalClass, I2CClass, Pin, PulseWidthClass } from "../core/io.js";

export interface DevicePins {
	readonly temperature: Pin;
	readonly led: Pin;
	readonly buzzer: Pin;
	readonly motor: Pin;
	readonly tachometer: Pin;
	readonly data: Pin;
	readonly clock: Pin;
}

export interface Device {
	readonly io: {
		readonly Analog: AnalogClass;
		readonly Digital: DigitalClass;
		readonly PWM: PulseWidthClass;
		readonly I2C: I2CClass;
	};
	readonly pin: DevicePins;
	/** The voltages that the ADC measures, V: from, and to its largest value. */
	readonly adc: { readonly lowVolts: number; readonly fullVolts: number };
	/** The frequencies that PWM gives the buzzer, Hz: lowest and highest. */
	readonly tones: readonly [number, number];
	/** What the board measures, as its folder's table says. */
	readonly channels: readonly Channel[];
	/** A simulator's window is closed whenever somebody likes: no boot is held to be a failure for that. */
	readonly unguarded?: boolean;
	/** Simulators want to watch the node; called before it starts. */
	started?(node: object): void;
}

export function getDevice(): Device {
	const found = device as unknown as Device;
	for (const name of ["temperature", "led", "buzzer", "motor", "tachometer", "data", "clock"] as const)
		if (typeof found.pin[name] !== "number")
			throw new Error(
				`no pin named ${name}: build for a board of drivers/boards, e.g. -p esp32:./drivers/boards/esp32`,
			);
	return found;
}
