// The Ecma-419 IO classes as the drivers use them. Structural, because the published typings lack `close` and
// more; modules/platform/device.ts has the one cast. IO classes arrive in the options, so no driver names a
// platform.

/** Pins are numbers on ESP32. */
export type Pin = number;

export interface AnalogInput {
	/** 0 to 2^resolution - 1. */
	read(): number;
	/** Bits. */
	readonly resolution: number;
	close(): void;
}
export type AnalogClass = new (options: { pin: Pin }) => AnalogInput;

export interface DigitalPort {
	read(): number;
	write(value: number): void;
	close(): void;
}
export interface DigitalOptions {
	pin: Pin;
	mode: number;
	/** Digital.Rising, Digital.Falling or both; `onReadable` is called on such edges. */
	edge?: number;
	onReadable?: () => void;
}
/** Resistor at an input: of the chip, to its supply or to ground; or none, where the board has one. */
export type Pull = "up" | "down" | "none";

export interface DigitalClass {
	new (options: DigitalOptions): DigitalPort;
	readonly Input: number;
	readonly InputPullUp: number;
	readonly InputPullDown: number;
	readonly Output: number;
	readonly OutputOpenDrain: number;
	readonly Rising: number;
	readonly Falling: number;
}

export interface PulseWidthOutput {
	/** Duty: 0 to 2^resolution - 1. */
	write(value: number): void;
	readonly hz: number;
	/** Bits. */
	readonly resolution: number;
	close(): void;
}
/** `resolution`: bits; an option of the SDK's, 10 unless given. */
export type PulseWidthClass = new (options: {
	pin: Pin;
	hz?: number;
	resolution?: number;
}) => PulseWidthOutput;

/**
 * One device on an I²C bus; both calls throw when it does not acknowledge, or the bus does not answer in
 * `timeout`.
 */
export interface I2CPort {
	/** Fills `buffer`. */
	read(buffer: Uint8Array): unknown;
	write(buffer: Uint8Array): unknown;
	close(): void;
}
export interface I2COptions {
	data: Pin;
	clock: Pin;
	/** Of the bus, Hz. */
	hz: number;
	/** 7 bits. */
	address: number;
	/** Longest wait for a transfer, ms; an option of the SDK's on ESP32. */
	timeout?: number;
}
export type I2CClass = new (options: I2COptions) => I2CPort;
