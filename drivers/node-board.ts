// All drivers of a node put together: what it measures and what it moves. Constructed whole or not at all.

import { ChannelIndex, type Sample } from "../modules/core/channels.js";
import type { Clock, Timers } from "../modules/core/clock.js";
import { Buzzer } from "./buzzer.js";
import type { AnalogClass, DigitalClass, Pin, PulseWidthClass } from "./io.js";
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
	};
	readonly pin: {
		readonly temperature: Pin;
		readonly led: Pin;
		readonly buzzer: Pin;
		readonly motor: Pin;
		readonly tachometer: Pin;
	};
	readonly thermistor: {
		readonly nominalOhms: number;
		readonly seriesOhms: number;
		readonly beta: number;
		readonly minimumC: number;
		readonly maximumC: number;
	};
	readonly motor: {
		readonly maxRpm: number;
		readonly rampRpmPerS: number;
		readonly pulsesPerRevolution: number;
	};
	readonly clock: Clock;
	readonly timers: Timers;
}

export class NodeBoard {
	readonly #thermistor: NtcThermistor;
	readonly #led: Led;
	readonly #buzzer: Buzzer;
	readonly #motor: Motor;
	readonly #tachometer: Tachometer;

	constructor(options: NodeBoardOptions) {
		const { io, pin, clock, timers } = options;
		const made: Array<{ close(): void }> = [];
		const keep = <T extends { close(): void }>(driver: T): T => {
			made.push(driver);
			return driver;
		};
		try {
			this.#thermistor = keep(
				new NtcThermistor({ ...options.thermistor, sensor: { io: io.Analog, pin: pin.temperature } }),
			);
			this.#led = keep(new Led({ pwm: { io: io.PWM, pin: pin.led } }));
			this.#buzzer = keep(new Buzzer({ output: { io: io.PWM, pin: pin.buzzer }, timers }));
			const { maxRpm, rampRpmPerS, pulsesPerRevolution } = options.motor;
			this.#motor = keep(new Motor({ output: { io: io.PWM, pin: pin.motor }, maxRpm, rampRpmPerS, timers }));
			this.#tachometer = keep(
				new Tachometer({ input: { io: io.Digital, pin: pin.tachometer }, pulsesPerRevolution, clock }),
			);
		} catch (error) {
			for (const driver of made) closeQuietly(driver);
			throw error;
		}
	}

	/** Reads every channel; NaN where a sensor is faulty. */
	sample(values: Sample): void {
		values[ChannelIndex.Temperature] = this.#thermistor.read();
		values[ChannelIndex.Led] = this.#led.read();
		values[ChannelIndex.Buzzer] = this.#buzzer.read();
		values[ChannelIndex.Speed] = this.#tachometer.read();
	}

	/** What is wrong with the thermistor, or "". */
	get temperatureFault(): string {
		return this.#thermistor.fault;
	}

	led(percent: number): void {
		this.#led.write(percent);
	}
	buzzer(hz: number, durationMs: number): void {
		this.#buzzer.play(hz, durationMs);
	}
	speed(rpm: number): void {
		this.#motor.write(rpm);
	}

	/** Everything dark, silent and still; the pins are free. */
	close(): void {
		let error: unknown;
		for (const driver of [this.#thermistor, this.#led, this.#buzzer, this.#motor, this.#tachometer])
			error = closeQuietly(driver) ?? error;
		if (error !== undefined) throw error;
	}
}
