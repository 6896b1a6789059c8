// Thermometers on the bus, as their datasheets describe them: registers, conversion times, and what they
// refuse.

import type { I2cDevice } from "./i2c-bus.js";

/** What a sensor feels: the temperature of its place, °C, humidity, %RH, air pressure, Pa; and the time, ms. */
export interface Place {
	celsius(): number;
	humidity(): number;
	pascal(): number;
	now(): number;
}

/** Registers of 16 bits behind a pointer, as TI's have. */
abstract class RegisterDevice implements I2cDevice {
	protected readonly place: Place;
	protected pointer = 0;
	protected since: number;
	protected abstract readonly registers: Map<number, number>;

	constructor(place: Place) {
		this.place = place;
		this.since = place.now();
	}

	written(bytes: Uint8Array): boolean {
		const [pointer = this.pointer, high, low] = bytes;
		this.pointer = pointer;
		if (high !== undefined && low !== undefined) this.set(pointer, (high << 8) | low);
		return true;
	}
	read(bytes: Uint8Array): boolean {
		const value = this.get(this.pointer);
		for (let i = 0; i < bytes.length; i++) bytes[i] = i % 2 === 0 ? value >> 8 : value;
		return true;
	}
	powered(): void {
		this.pointer = 0;
		this.since = this.place.now();
	}

	protected abstract get(register: number): number;
	protected abstract set(register: number, value: number): void;
}

/** The first of a TMP117's conversions, eight of 15.5 ms, has ended by then. */
const TMP117_FIRST_MS = 125;
const TMP117_CYCLE_MS = 1000;

export class Tmp117Device extends RegisterDevice {
	protected readonly registers = new Map([
		[1, 0x0220],
		[15, 0x1117],
	]);
	#cycle = -1;
	#value = 0x8000;

	override powered(): void {
		super.powered();
		this.registers.set(1, 0x0220);
		this.#cycle = -1;
		this.#value = 0x8000;
	}
	protected get(register: number): number {
		return register === 0 ? this.#temperature() : (this.registers.get(register) ?? 0);
	}
	protected set(register: number, value: number): void {
		if (register === 0 || register === 15) return;
		// The alert flags and "data ready" cannot be written.
		this.registers.set(register, register === 1 ? (value & 0x0ffc) | 0x2000 : value & 0xffff);
	}

	#temperature(): number {
		const cycle = Math.floor((this.place.now() - this.since - TMP117_FIRST_MS) / TMP117_CYCLE_MS);
		if (cycle > this.#cycle) {
			this.#cycle = cycle;
			this.#value = Math.round(Math.min(256, Math.max(-256, this.place.celsius())) * 128);
		}
		return this.#value & 0xffff;
	}
}

export class Tmp102Device extends RegisterDevice {
	protected readonly registers = new Map([
		[1, 0x60a0],
		[2, 0x4b00],
		[3, 0x5000],
	]);

	override powered(): void {
		super.powered();
		this.registers.set(1, 0x60a0);
	}
	protected get(register: number): number {
		// Bits 15 to 13 and the alert bit cannot be written.
		if (register === 1) return ((this.registers.get(1) as number) & 0x1fd0) | 0x6020;
		if (register !== 0) return this.registers.get(register & 3) ?? 0;
		const steps = Math.round(Math.min(127.9375, Math.max(-128, this.place.celsius())) * 16);
		return (steps << 4) & 0xffff;
	}
	protected set(register: number, value: number): void {
		if (register !== 0) this.registers.set(register, value & 0xffff);
	}
}

const SHT3X_MEASURE_MS = 15;
const SHT3X_BREAK_MS = 1;
const SHT3X_RESET_MS = 1.5;
/** Single shots with clock stretching: the read waits until they have ended. */
const SHT3X_SINGLE = Object.freeze([0x2c06, 0x2c0d, 0x2c10]);
const SHT3X_RESET = 0x30a2;
const SHT3X_STATUS = 0xf32d;
const SHT3X_CLEAR = 0x3041;
/** Command of a periodic measurement → its pause, ms. */
const SHT3X_PERIODIC = new Map([
	[0x2032, 2000],
	[0x2130, 1000],
	[0x2236, 500],
	[0x2334, 250],
	[0x2737, 100],
]);

export class Sht3xDevice implements I2cDevice {
	readonly #place: Place;
	/** Of the periodic measurement, ms; 0: none. */
	#period = 0;
	#began = 0;
	#fetched = -1;
	#busyUntil = 0;
	/** What the next read gives. */
	#answer: "" | "periodic" | "single" | "status" = "";

	constructor(place: Place) {
		this.#place = place;
	}

	powered(): void {
		this.#period = 0;
		this.#busyUntil = this.#place.now() + 1;
	}

	written(bytes: Uint8Array): boolean {
		const now = this.#place.now();
		if (now < this.#busyUntil || bytes.length < 2) return false;
		const command = ((bytes[0] as number) << 8) | (bytes[1] as number);
		this.#answer = "";
		if (command === SHT3X_RESET) {
			this.#period = 0;
			this.#busyUntil = now + SHT3X_RESET_MS;
			return true;
		}
		if (command === SHT3X_CLEAR) return true;
		if (command === SHT3X_STATUS || SHT3X_SINGLE.includes(command)) {
			if (command !== SHT3X_STATUS && this.#period > 0) return false;
			this.#answer = command === SHT3X_STATUS ? "status" : "single";
			return true;
		}
		if (command === 0x3093) {
			this.#period = 0;
			this.#busyUntil = now + SHT3X_BREAK_MS;
			return true;
		}
		const period = SHT3X_PERIODIC.get(command);
		if (period !== undefined) {
			if (this.#period > 0) return false; // it has to be broken off first
			this.#period = period;
			this.#began = now;
			this.#fetched = -1;
			return true;
		}
		if (command !== 0xe000 || this.#period === 0) return false;
		this.#answer = "periodic";
		return true;
	}

	read(bytes: Uint8Array): boolean {
		const wanted = this.#answer;
		this.#answer = "";
		if (wanted === "") return false;
		if (wanted === "periodic") {
			const done = Math.floor((this.#place.now() - this.#began - SHT3X_MEASURE_MS) / this.#period);
			if (done <= this.#fetched) return false; // nothing new
			this.#fetched = done;
		}
		const answer = wanted === "status" ? word(0) : this.#measured();
		for (let i = 0; i < bytes.length; i++) bytes[i] = answer[i] ?? 0xff;
		return true;
	}

	#measured(): number[] {
		const celsius = Math.min(125, Math.max(-40, this.#place.celsius()));
		const humidity = Math.min(100, Math.max(0, this.#place.humidity()));
		return [
			...word(Math.round(((celsius + 45) * 65535) / 175)),
			...word(Math.round((humidity * 65535) / 100)),
		];
	}
}

/** A word and its CRC, bit by bit as a shift register does it. */
function word(value: number): number[] {
	let register = 0xff;
	for (let bit = 15; bit >= 0; bit--) {
		const out = (register >> 7) ^ ((value >> bit) & 1);
		register = (register << 1) & 0xff;
		if (out === 1) register ^= 0x31;
	}
	return [value >> 8, value & 0xff, register];
}
