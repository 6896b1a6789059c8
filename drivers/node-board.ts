// All drivers of a node put together: what it measures and what it moves. Constructed whole or not at all.

import { ChannelIndex, type Sample } from "../modules/core/channels.js";
import type { Clock, Timers } from "../modules/core/clock.js";
import type { AnalogClass, DigitalClass, I2CClass, Pin, PulseWidthClass } from "../modules/core/io.js";
import { Buzzer } from "./buzzer.js";
import { SHT3X, TMP102, TMP117 } from "./i2c-parts.js";
import { I2cThermometer } from "./i2c-thermometer.js";
import { Led } from "./led.js";
import { Motor } from "./motor.js";
import { NtcThermistor } from "./ntc-thermistor.js";
import { closeQuietly } from "./release.js";
import { Tachometer } from "./tachometer.js";

export interface NodeBoardOptions {
	readonly io: {
		readonly Analog: AnalogClass;
		readonly Digital: DigitalClass;
		readonly PWM: PulseWidthClass;
		readonly I2C: I2CClass;
	};
	readonly pin: {
		readonly temperature: Pin;
		readonly led: Pin;
		readonly buzzer: Pin;
		readonly motor: Pin;
		readonly tachometer: Pin;
		readonly data: Pin;
		readonly clock: Pin;
	};
	/** What the board's ADC measures, V; without it the supply is its largest value. */
	readonly adc?: { readonly lowVolts: number; readonly fullVolts: number };
	/** What its PWM gives the buzzer, Hz; without it whatever a command may say. */
	readonly tones?: readonly [number, number];
	readonly temperature: {
		/** "ntc": the thermistor; another one hangs on the I²C bus. */
		readonly sensor: string;
		/** On the bus; 0: the part's usual one. */
		readonly address: number;
		/** Added to what the sensor gives, °C. */
		readonly offsetC: number;
	};
	readonly thermistor: {
		readonly nominalOhms: number;
		readonly seriesOhms: number;
		readonly supplyVolts: number;
		readonly beta: number;
		/** Coefficients for ohms and kelvin, in the place of beta; all 0: beta. */
		readonly steinhartA: number;
		readonly steinhartB: number;
		readonly steinhartC: number;
		readonly minimumC: number;
		readonly maximumC: number;
	};
	readonly led: {
		/** On a pin that is only on or off. */
		readonly digital: boolean;
		readonly gamma: number;
	};
	readonly buzzer: {
		readonly dutyPercent: number;
		readonly longestMs: number;
	};
	readonly motor: {
		readonly maxRpm: number;
		readonly rampRpmPerS: number;
		readonly pulsesPerRevolution: number;
	};
	readonly clock: Clock;
	readonly timers: Timers;
}

interface Thermometer {
	read(): number;
	readonly fault: string;
	close(): void;
}

export class NodeBoard {
	private readonly thermometer: Thermometer;
	private readonly ledDriver: Led;
	private readonly buzzerDriver: Buzzer;
	private readonly motor: Motor;
	private readonly tachometer: Tachometer;
	/** Added to what the sensor gives, °C. */
	private readonly offsetC: number;
	/** Lowest and highest tone, Hz. */
	readonly tones: readonly [number, number] | undefined;

	constructor(options: NodeBoardOptions) {
		const { io, pin, clock, timers } = options;
		this.offsetC = options.temperature.offsetC;
		this.tones = options.tones;
		const made: Array<{ close(): void }> = [];
		const keep = <T extends { close(): void }>(driver: T): T => {
			made.push(driver);
			return driver;
		};
		try {
			this.thermometer = keep(makeThermometer(options));
			const { digital, gamma } = options.led;
			this.ledDriver = keep(
				new Led(
					digital
						? { digital: { io: io.Digital, pin: pin.led } }
						: { pwm: { io: io.PWM, pin: pin.led }, gamma },
				),
			);
			const { maxRpm, rampRpmPerS, pulsesPerRevolution } = options.motor;
			this.motor = keep(new Motor({ output: { io: io.PWM, pin: pin.motor }, maxRpm, rampRpmPerS, timers }));
			this.tachometer = keep(
				new Tachometer({ input: { io: io.Digital, pin: pin.tachometer }, pulsesPerRevolution, clock }),
			);
			// The last: it holds its pin only while it sounds, and its trial at the start must find everything else
			// taken.
			const { dutyPercent, longestMs } = options.buzzer;
			const output = { io: io.PWM, pin: pin.buzzer };
			this.buzzerDriver = keep(new Buzzer({ output, duty: dutyPercent / 100, longestMs, timers }));
		} catch (error) {
			for (const driver of made) closeQuietly(driver);
			throw error;
		}
	}

	/** Reads every channel; NaN where a sensor is faulty. */
	sample(values: Sample): void {
		values[ChannelIndex.Temperature] = this.thermometer.read() + this.offsetC;
		values[ChannelIndex.Led] = this.ledDriver.read();
		values[ChannelIndex.Buzzer] = this.buzzerDriver.read();
		values[ChannelIndex.Speed] = this.tachometer.read();
	}

	/** What is wrong with the temperature sensor, or "". */
	get temperatureFault(): string {
		return this.thermometer.fault;
	}

	led(percent: number): void {
		this.ledDriver.write(percent);
	}
	buzzer(hz: number, durationMs: number, times = 1): void {
		this.buzzerDriver.play(hz, durationMs, times);
	}
	speed(rpm: number): void {
		this.motor.write(rpm);
	}

	/** Everything dark, silent and still; the pins are free. */
	close(): void {
		let error: unknown;
		for (const driver of [this.thermometer, this.ledDriver, this.buzzerDriver, this.motor, this.tachometer])
			error = closeQuietly(driver) ?? error;
		if (error !== undefined) throw error;
	}
}

function makeThermometer(options: NodeBoardOptions): Thermometer {
	const { io, pin, adc, temperature, thermistor, clock, timers } = options;
	const { sensor, address } = temperature;
	if (sensor === "ntc") {
		const { steinhartA: a, steinhartB: b, steinhartC: c } = thermistor;
		const steinhartHart = a === 0 && b === 0 && c === 0 ? undefined : { a, b, c };
		return new NtcThermistor({
			...thermistor,
			...(steinhartHart && { steinhartHart }),
			...(adc && { adc }),
			sensor: { io: io.Analog, pin: pin.temperature },
		});
	}
	const part = sensor === "tmp117" ? TMP117 : sensor === "tmp102" ? TMP102 : SHT3X;
	return new I2cThermometer({
		sensor: { io: io.I2C, data: pin.data, clock: pin.clock, address: address === 0 ? part.address : address },
		part,
		bus: { io: io.Digital },
		clock,
		timers,
	});
}
