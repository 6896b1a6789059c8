// What the SDK's IO classes give on every chip of the ESP32 family (SDK 8.2.3, modules/io): the boards'
// providers say it, so that drivers and commands keep within it.

import type { Gpio } from "../modules/core/channel-table.js";

/**
 * The ADC at its default attenuation: 4095 counts stand for `fullVolts` at the pin, and not for the supply
 * (_analog.c). What lies below `lowVolts` it does not measure.
 */
export const ADC = Object.freeze({ lowVolts: 0.15, fullVolts: 2.45 } as const);

/**
 * Frequencies of a PWM with 12 bits, Hz: the LEDC divides 80 MHz by 4096 and by 1 to 1024 (technical
 * reference manual of the ESP32-C3, 32.3.2). With the SDK's default of 10 bits a tone below 77 Hz cannot be
 * made.
 */
export const TONES = Object.freeze([20, 19_500] as const);

const range = (first: number, last: number) => Object.freeze([first, last] as const);

/** Pins of the chips, by their datasheets; ADC1 only, because Wi-Fi needs ADC2. */
export const ESP32: Gpio = Object.freeze({
	pins: Object.freeze([range(0, 19), range(21, 23), range(25, 27), range(32, 39)]),
	flash: range(6, 11),
	inputOnly: range(34, 39),
	adc: range(32, 39),
});
export const ESP32C3: Gpio = Object.freeze({
	pins: Object.freeze([range(0, 21)]),
	flash: range(12, 17),
	adc: range(0, 4),
});
export const ESP32S3: Gpio = Object.freeze({
	pins: Object.freeze([range(0, 21), range(26, 48)]),
	flash: range(26, 32),
	adc: range(1, 10),
});
