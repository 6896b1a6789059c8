// Bosch BME280 on I²C: temperature, humidity and air pressure. It measures by itself twice a second. What it
// gives are counts of its ADC; the datasheet's integer formulas (BST-BME280-DS002, 4.2.3 and 8.2) and the
// chip's own coefficients make values of them. Their products stay below 2^53, so that numbers do what the
// formulas' 32-bit integers do.

import type { I2CPort } from "../modules/core/io.js";
import { type Part, type PartFault, type Protocol, partQuantity } from "./i2c-parts.js";

const ID = 0xd0;
const RESET = 0xe0;
const CONTROL_HUMIDITY = 0xf2;
const STATUS = 0xf3;
const CONTROL = 0xf4;
const CONFIGURATION = 0xf5;
const DATA = 0xf7;
const CALIBRATION = 0x88;
const CALIBRATION_HUMIDITY = 0xe1;
const CHIP = 0x60;
const RESET_WORD = 0xb6;
/** The coefficients are being copied after a reset. */
const COPYING = 1;
/** Each quantity measured once (x1), without filter, in the normal mode with pauses of 500 ms. */
const ONCE_HUMIDITY = 0x01;
const ONCE_NORMAL = 0x27;
const PAUSE_500_MS = 0x80;
/** In the registers until something was measured. */
const NOTHING = 0x80000;

/** A chip's coefficients, by the datasheet's names. */
export interface Coefficients {
	readonly t: readonly [number, number, number];
	readonly p: readonly [number, number, number, number, number, number, number, number, number];
	readonly h: readonly [number, number, number, number, number, number];
}

/** t_fine: the temperature that the other formulas want. */
export function fineTemperature({ t }: Coefficients, adc: number): number {
	const first = (((adc >> 3) - (t[0] << 1)) * t[1]) >> 11;
	const offset = (adc >> 4) - t[0];
	return first + ((((offset * offset) >> 12) * t[2]) >> 14);
}

/** °C, in steps of 0.01. */
export function temperatureOf(fine: number): number {
	return ((fine * 5 + 128) >> 8) / 100;
}

/** Pa, whole; NaN where the formula has to divide by 0. */
export function pressureOf({ p }: Coefficients, fine: number, adc: number): number {
	let a = (fine >> 1) - 64000;
	const square = (a >> 2) * (a >> 2);
	let b = (square >> 11) * p[5];
	b += a * p[4] * 2;
	b = (b >> 2) + p[3] * 65536;
	a = (((p[2] * (square >> 13)) >> 3) + ((p[1] * a) >> 1)) >> 18;
	a = ((32768 + a) * p[0]) >> 15;
	if (a <= 0) return Number.NaN;
	const counts = ((1048576 - adc - (b >> 12)) >>> 0) * 3125;
	const wrapped = counts % 4294967296;
	const pascal = wrapped < 0x80000000 ? Math.floor((wrapped * 2) / a) : Math.floor(wrapped / a) * 2;
	const high = pascal >>> 3;
	const first = (p[8] * ((high * high) >>> 13)) >> 12;
	const second = ((pascal >>> 2) * p[7]) >> 13;
	return pascal + ((first + second + p[6]) >> 4);
}

/** %RH, in steps of 1/1024. */
export function humidityOf({ h }: Coefficients, fine: number, adc: number): number {
	const x = fine - 76800;
	const first = (adc * 16384 - h[3] * 1048576 - h[4] * x + 16384) >> 15;
	const inner = (((x * h[5]) >> 10) * (((x * h[2]) >> 11) + 32768)) >> 10;
	const second = ((inner + 2097152) * h[1] + 8192) >> 14;
	const product = (first * second) | 0;
	const high = product >> 15;
	const value = product - ((((high * high) >> 7) * h[0]) >> 4);
	return (Math.min(419430400, Math.max(0, value)) >> 12) / 1024;
}

/** Reads coefficients out of the two blocks of registers: 26 bytes from 0x88, 7 bytes from 0xE1. */
export function coefficientsOf(low: Uint8Array, high: Uint8Array): Coefficients {
	const unsigned = (at: number) => (low[at] as number) | ((low[at + 1] as number) << 8);
	const signed = (at: number) => (unsigned(at) << 16) >> 16;
	const byte = (at: number) => high[at] as number;
	return {
		t: [unsigned(0), signed(2), signed(4)],
		p: [
			unsigned(6),
			signed(8),
			signed(10),
			signed(12),
			signed(14),
			signed(16),
			signed(18),
			signed(20),
			signed(22),
		],
		h: [
			low[25] as number,
			((byte(0) | (byte(1) << 8)) << 16) >> 16,
			byte(2),
			((byte(3) << 24) >> 20) | (byte(4) & 15),
			((byte(5) << 24) >> 20) | (byte(4) >> 4),
			(byte(6) << 24) >> 24,
		],
	};
}

class Bme280Protocol implements Protocol {
	fault: PartFault = "";
	readonly values: number[] = [Number.NaN, Number.NaN, Number.NaN];
	private readonly pointer = new Uint8Array(1);
	private readonly setting = new Uint8Array(2);
	private readonly data = new Uint8Array(8);
	private coefficients!: Coefficients;

	start(port: I2CPort, step: number): number {
		if (step === 0) {
			if (this.get(port, ID) !== CHIP) {
				this.fault = "wrong part";
				return -1;
			}
			this.set(port, RESET, RESET_WORD);
			return 1;
		}
		if ((this.get(port, STATUS) & COPYING) !== 0) {
			this.fault = "not ready";
			return -1;
		}
		const low = new Uint8Array(26);
		const high = new Uint8Array(7);
		this.fill(port, CALIBRATION, low);
		this.fill(port, CALIBRATION_HUMIDITY, high);
		this.coefficients = coefficientsOf(low, high);
		this.set(port, CONTROL_HUMIDITY, ONCE_HUMIDITY); // counts from the next setting of CONTROL on
		this.set(port, CONFIGURATION, PAUSE_500_MS);
		this.set(port, CONTROL, ONCE_NORMAL);
		return 0;
	}

	fetch(port: I2CPort): boolean {
		const { data, values, coefficients } = this;
		this.fill(port, DATA, data);
		const pressure = twentyBits(data, 0);
		const temperature = twentyBits(data, 3);
		this.fault = temperature === NOTHING ? "not ready" : "";
		if (temperature === NOTHING) return false;
		const fine = fineTemperature(coefficients, temperature);
		values[0] = temperatureOf(fine);
		values[1] = humidityOf(coefficients, fine, ((data[6] as number) << 8) | (data[7] as number));
		values[2] = pressureOf(coefficients, fine, pressure) / 100;
		return true;
	}

	private get(port: I2CPort, register: number): number {
		const { pointer } = this;
		this.fill(port, register, pointer);
		return pointer[0] as number;
	}

	/** Fills `bytes` with the registers from `register` on. */
	private fill(port: I2CPort, register: number, bytes: Uint8Array): void {
		const { pointer } = this;
		pointer[0] = register;
		port.write(pointer);
		port.read(bytes);
	}

	private set(port: I2CPort, register: number, value: number): void {
		const { setting } = this;
		setting[0] = register;
		setting[1] = value;
		port.write(setting);
	}
}

function twentyBits(bytes: Uint8Array, at: number): number {
	return ((bytes[at] as number) << 12) | ((bytes[at + 1] as number) << 4) | ((bytes[at + 2] as number) >> 4);
}

/** ±1 °C, ±3 %RH, ±1 hPa; 0x76, or 0x77 by its pin SDO. */
export const BME280: Part = Object.freeze({
	name: "BME280",
	address: 0x76,
	addresses: Object.freeze([0x76, 0x77]),
	hz: 400_000,
	quantities: Object.freeze([
		partQuantity("temperature", "C", 2, -40, 85),
		partQuantity("humidity", "%RH", 1, 0, 100),
		// From 300 to 1100, and its own error beyond.
		partQuantity("pressure", "hPa", 1, 295, 1105),
	]),
	settleMs: 2,
	periodMs: 500,
	protocol: Bme280Protocol,
	slots: 88,
	chunkBytes: 525,
});
