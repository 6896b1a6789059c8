// Sensors on I²C, as their registers and commands: TI TMP117 and TMP102, Sensirion SHT3x; Bosch's BME280 has
// a file of its own. All of them measure by themselves, so that values are only fetched and nothing ever
// waits for a conversion.
//
// Not the SDK's own drivers (8.2.3): its SHT3x waits 200 ms inside `sample`, its TMP117 takes the "not
// measured yet" of a fresh sensor for a temperature and goes on half made when it finds another part, and all
// make an object for each sample. The SDK's I2C class below them is used as it is.

import type { Quantity } from "../modules/core/channels.js";
import type { I2CPort } from "../modules/core/io.js";

/** Why there is no value; "" when there is one. */
export type PartFault = "" | "not ready" | "checksum" | "wrong part";

/** How to speak with one sensor; made for each driver, because it keeps its buffers. */
export interface Protocol {
	/** Why the last call gave nothing. */
	readonly fault: PartFault;
	/** What the last `fetch` brought, in the order of the part's quantities. */
	readonly values: readonly number[];
	/**
	 * Sends step 0, 1, … of the start; 1: another has to follow after `settleMs`, 0: it measures, -1: `fault`
	 * says why not.
	 */
	start(port: I2CPort, step: number): number;
	/** Fetches all values; false, and then `fault` says why. */
	fetch(port: I2CPort): boolean;
}

/** What a part measures, and what its datasheet allows: a reading outside is a fault. */
export interface PartQuantity extends Quantity {
	readonly minimum: number;
	readonly maximum: number;
}

export const partQuantity = (
	name: string,
	unit: string,
	decimals: number,
	minimum: number,
	maximum: number,
): PartQuantity => Object.freeze({ name, unit, decimals, window: "mean", minimum, maximum });

export interface Part {
	readonly name: string;
	/** Usual address, 7 bits, and all that its pins can give it. */
	readonly address: number;
	readonly addresses: readonly number[];
	/** Of the bus, Hz. */
	readonly hz: number;
	readonly quantities: readonly PartQuantity[];
	/** Pause behind a step of the start, ms. */
	readonly settleMs: number;
	/** The sensor has no new value before, ms. */
	readonly periodMs: number;
	readonly protocol: new () => Protocol;
	/** What the driver takes of XS at rest: slots, and bytes of chunks. */
	readonly slots: number;
	readonly chunkBytes: number;
}

/** 16 bits in two's complement, the high byte first. */
function signed16(bytes: Uint8Array): number {
	const value = ((bytes[0] as number) << 8) | (bytes[1] as number);
	return value < 0x8000 ? value : value - 0x10000;
}

const TEMPERATURE = 0x00;
const CONFIGURATION = 0x01;
const DEVICE_ID = 0x0f;

/** Registers of 16 bits behind a pointer of one byte. */
abstract class Registers implements Protocol {
	fault: PartFault = "";
	readonly values: number[] = [Number.NaN];
	private readonly pointer = new Uint8Array(1);
	private readonly setting = new Uint8Array(3);
	private readonly value = new Uint8Array(2);

	/** What the register holds, signed. */
	get(port: I2CPort, register: number): number {
		this.pointer[0] = register;
		port.write(this.pointer);
		port.read(this.value);
		return signed16(this.value);
	}

	set(port: I2CPort, register: number, value: number): void {
		const setting = this.setting;
		setting[0] = register;
		setting[1] = value >> 8;
		setting[2] = value;
		port.write(setting);
	}

	abstract start(port: I2CPort, step: number): number;
	abstract fetch(port: I2CPort): boolean;
}

/** Continuous conversion, a value each second from eight (its setting after power-up; SNOS D82C, 7.6.1.2). */
const TMP117_SETTING = 0x0220;
const TMP117_ID = 0x117;
/** In the temperature register until the first conversion has ended. */
const TMP117_NOTHING = -0x8000;

class Tmp117Protocol extends Registers {
	start(port: I2CPort): number {
		if ((this.get(port, DEVICE_ID) & 0xfff) !== TMP117_ID) {
			this.fault = "wrong part";
			return -1;
		}
		this.set(port, CONFIGURATION, TMP117_SETTING);
		return 0;
	}

	fetch(port: I2CPort): boolean {
		const value = this.get(port, TEMPERATURE);
		this.fault = value === TMP117_NOTHING ? "not ready" : "";
		this.values[0] = value / 128;
		return value !== TMP117_NOTHING;
	}
}

/**
 * Continuous conversion, four a second (SBOS397, 7.5.3). The resolution's two bits read as 1, which those of
 * a TMP117 do not.
 */
const TMP102_SETTING = 0x6080;
/** All but the alert bit, the one-shot bit and unused ones. */
const TMP102_CHECKED = 0x7fd0;

class Tmp102Protocol extends Registers {
	start(port: I2CPort): number {
		this.set(port, CONFIGURATION, TMP102_SETTING);
		if (((this.get(port, CONFIGURATION) ^ TMP102_SETTING) & TMP102_CHECKED) === 0) return 0;
		this.fault = "wrong part";
		return -1;
	}

	fetch(port: I2CPort): boolean {
		this.fault = "";
		// The lower four bits are unused.
		this.values[0] = (this.get(port, TEMPERATURE) >> 4) / 16;
		return true;
	}
}

/** Ends a periodic measurement, which a restart of the board alone does not. */
const SHT3X_BREAK = 0x3093;
/** Two measurements a second, high repeatability. */
const SHT3X_PERIODIC = 0x2236;
const SHT3X_FETCH = 0xe000;

class Sht3xProtocol implements Protocol {
	fault: PartFault = "";
	readonly values: number[] = [Number.NaN, Number.NaN];
	private readonly command = new Uint8Array(2);
	private readonly value = new Uint8Array(6);

	start(port: I2CPort, step: number): number {
		this.send(port, step === 0 ? SHT3X_BREAK : SHT3X_PERIODIC);
		return step === 0 ? 1 : 0;
	}

	fetch(port: I2CPort): boolean {
		const { value, values } = this;
		this.send(port, SHT3X_FETCH);
		port.read(value);
		const sound = crc8(value, 0) === value[2] && crc8(value, 3) === value[5];
		this.fault = sound ? "" : "checksum";
		values[0] = -45 + (175 * (((value[0] as number) << 8) | (value[1] as number))) / 65535;
		values[1] = (100 * (((value[3] as number) << 8) | (value[4] as number))) / 65535;
		return sound;
	}

	private send(port: I2CPort, command: number): void {
		this.command[0] = command >> 8;
		this.command[1] = command;
		port.write(this.command);
	}
}

/** CRC-8 of two bytes: polynomial 0x31 from 0xFF on (SHT3x datasheet, 4.12). */
function crc8(bytes: Uint8Array, at: number): number {
	let crc = 0xff;
	for (let i = at; i < at + 2; i++) {
		crc ^= bytes[i] as number;
		for (let bit = 0; bit < 8; bit++) crc = (crc & 0x80) !== 0 ? ((crc << 1) ^ 0x31) & 0xff : crc << 1;
	}
	return crc;
}

/** ±0.1 °C; 0x48 to 0x4B by its pin ADD0. */
export const TMP117: Part = Object.freeze({
	name: "TMP117",
	address: 0x48,
	addresses: Object.freeze([0x48, 0x49, 0x4a, 0x4b]),
	hz: 400_000,
	quantities: Object.freeze([partQuantity("temperature", "C", 2, -55, 150)]),
	settleMs: 2,
	periodMs: 0,
	protocol: Tmp117Protocol,
	slots: 78,
	chunkBytes: 125,
});

/** ±0.5 °C; 0x48 to 0x4B by its pin ADD0. */
export const TMP102: Part = Object.freeze({
	name: "TMP102",
	address: 0x48,
	addresses: Object.freeze([0x48, 0x49, 0x4a, 0x4b]),
	hz: 400_000,
	quantities: Object.freeze([partQuantity("temperature", "C", 2, -55, 128)]),
	settleMs: 2,
	periodMs: 0,
	protocol: Tmp102Protocol,
	slots: 78,
	chunkBytes: 125,
});

/** SHT30, SHT31, SHT35: ±0.2 °C, ±2 %RH; 0x44, or 0x45 by its pin ADDR. */
export const SHT3X: Part = Object.freeze({
	name: "SHT3x",
	address: 0x44,
	addresses: Object.freeze([0x44, 0x45]),
	hz: 400_000,
	quantities: Object.freeze([
		partQuantity("temperature", "C", 2, -40, 125),
		partQuantity("humidity", "%RH", 1, 0, 100),
	]),
	settleMs: 2,
	periodMs: 500,
	protocol: Sht3xProtocol,
	slots: 69,
	chunkBytes: 160,
});
