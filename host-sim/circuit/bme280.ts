// Bosch's BME280 as its datasheet (BST-BME280-DS002) describes it: registers, how long it takes to start and
// to measure, and counts out of which the formulas with its coefficients make the values of its place.

import type { I2cDevice } from "./i2c-bus.js";
import type { Place } from "./i2c-parts.js";

/** Coefficients of one chip: those of the example in Bosch's datasheet of the BMP280, and usual ones for humidity. */
const T = Object.freeze([27504, 26435, -1000] as const);
const P = Object.freeze([36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000] as const);
const H = Object.freeze([75, 362, 0, 315, 50, 30] as const);

const START_MS = 2;
/** Of each quantity once. */
const MEASURE_MS = 8;
const PAUSES_MS = Object.freeze([0.5, 62.5, 125, 250, 500, 1000, 10, 20] as const);
const NOTHING = 0x80000;
const NOTHING_HUMIDITY = 0x8000;

function fine(adc: number): number {
	const first = (adc / 16384 - T[0] / 1024) * T[1];
	const second = (adc / 131072 - T[0] / 8192) ** 2 * T[2];
	return first + second;
}
const celsius = (adc: number) => fine(adc) / 5120;

/** Pa, by the formula in floating point (8.1). */
function pascal(adc: number, t: number): number {
	const a = t / 2 - 64000;
	let b = (a * a * P[5]) / 32768 + a * P[4] * 2;
	b = b / 4 + P[3] * 65536;
	const c = (1 + ((P[2] * a * a) / 524288 + P[1] * a) / 524288 / 32768) * P[0];
	const p = ((1048576 - adc - b / 4096) * 6250) / c;
	return p + ((P[8] * p * p) / 2147483648 + (p * P[7]) / 32768 + P[6]) / 16;
}

/** %RH, by the formula in floating point (8.1). */
function percent(adc: number, t: number): number {
	const x = t - 76800;
	const h =
		(adc - (H[3] * 64 + (H[4] / 16384) * x)) *
		((H[1] / 65536) * (1 + (H[5] / 67108864) * x * (1 + (H[2] / 67108864) * x)));
	return h * (1 - (H[0] * h) / 524288);
}

/** The counts that a formula makes `value` of; the formula rises or falls all the way. */
function countsFor(value: number, formula: (adc: number) => number, bits: number): number {
	let low = 0;
	let high = 2 ** bits - 1;
	const rises = formula(high) > formula(low);
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if (formula(middle) < value === rises) low = middle + 1;
		else high = middle;
	}
	return low;
}

export class Bme280Device implements I2cDevice {
	readonly #place: Place;
	readonly #registers = new Uint8Array(256);
	#pointer = 0;
	#readyAt: number;
	#began = 0;
	#cycle = -1;

	constructor(place: Place) {
		this.#place = place;
		this.#readyAt = place.now() + START_MS;
		this.#reset();
	}

	powered(): void {
		this.#reset();
	}

	written(bytes: Uint8Array): boolean {
		const [pointer, ...rest] = bytes;
		if (pointer === undefined) return true;
		this.#pointer = pointer;
		// Several registers at once: pairs of register and value.
		let register = pointer;
		for (let i = 0; i < rest.length; i += 2) {
			this.#set(register, rest[i] as number);
			register = rest[i + 1] ?? register;
		}
		return true;
	}

	read(bytes: Uint8Array): boolean {
		this.#measure();
		for (let i = 0; i < bytes.length; i++) bytes[i] = this.#get((this.#pointer + i) & 255);
		return true;
	}

	#get(register: number): number {
		if (register === 0xf3) return this.#place.now() < this.#readyAt ? 1 : 0;
		return this.#registers[register] as number;
	}

	#set(register: number, value: number): void {
		if (register === 0xe0) {
			if (value === 0xb6) this.#reset();
			return;
		}
		if (register !== 0xf2 && register !== 0xf4 && register !== 0xf5) return;
		this.#registers[register] = value;
		if (register !== 0xf4) return;
		this.#began = this.#place.now();
		this.#cycle = -1;
	}

	#reset(): void {
		const registers = this.#registers.fill(0);
		this.#readyAt = this.#place.now() + START_MS;
		this.#cycle = -1;
		registers[0xd0] = 0x60;
		const put = (at: number, value: number) => {
			registers[at] = value;
			registers[at + 1] = value >> 8;
		};
		for (const [i, value] of [...T, ...P].entries()) put(0x88 + 2 * i, value);
		registers[0xa1] = H[0];
		put(0xe1, H[1]);
		registers[0xe3] = H[2];
		registers[0xe4] = H[3] >> 4;
		registers[0xe5] = (H[3] & 15) | ((H[4] & 15) << 4);
		registers[0xe6] = H[4] >> 4;
		registers[0xe7] = H[5];
		this.#put(NOTHING, NOTHING, NOTHING_HUMIDITY);
	}

	/** What the last measurement that has ended brought. */
	#measure(): void {
		const control = this.#registers[0xf4] as number;
		if ((control & 3) !== 3) return; // only the normal mode is simulated
		const pause = PAUSES_MS[(this.#registers[0xf5] as number) >> 5] as number;
		const cycle = Math.floor((this.#place.now() - this.#began - MEASURE_MS) / (MEASURE_MS + pause));
		if (cycle <= this.#cycle) return;
		this.#cycle = cycle;
		const adc = countsFor(this.#place.celsius(), celsius, 20);
		const t = fine(adc);
		const pressure = countsFor(this.#place.pascal(), (counts) => pascal(counts, t), 20);
		const humidity = countsFor(this.#place.humidity(), (counts) => percent(counts, t), 16);
		const measures = (bits: number) => bits !== 0;
		this.#put(
			measures((control >> 2) & 7) ? pressure : NOTHING,
			measures(control >> 5) ? adc : NOTHING,
			measures((this.#registers[0xf2] as number) & 7) ? humidity : NOTHING_HUMIDITY,
		);
	}

	#put(pressure: number, temperature: number, humidity: number): void {
		const registers = this.#registers;
		for (const [at, value] of [
			[0xf7, pressure],
			[0xfa, temperature],
		] as const) {
			registers[at] = value >> 12;
			registers[at + 1] = value >> 4;
			registers[at + 2] = (value & 15) << 4;
		}
		registers[0xfd] = humidity >> 8;
		registers[0xfe] = humidity;
	}
}
