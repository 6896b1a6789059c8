// All drivers of a node put together: what its channels measure and what it moves. Constructed whole or not
// at all.

import {
	type Channel,
	type EdgeListener,
	isNodeFact,
	type Sample,
	type Sensor,
	type Source,
	type StandardSource,
} from "../modules/core/channels.js";
import type { Clock, Timers } from "../modules/core/clock.js";
import type { AnalogClass, DigitalClass, I2CClass, Pin, PulseWidthClass } from "../modules/core/io.js";
import type { Store } from "../modules/core/store.js";
import { Adjustment } from "./adjustment.js";
import { Buzzer } from "./buzzer.js";
import type { I2cBus } from "./i2c-bus.js";
import { type Part, SHT3X, TMP102, TMP117 } from "./i2c-parts.js";
import { I2cSensor } from "./i2c-sensor.js";
import { Led } from "./led.js";
import { Motor } from "./motor.js";
import { NtcThermistor } from "./ntc-thermistor.js";
import { closeQuietly } from "./release.js";
import { Tachometer } from "./tachometer.js";

export interface NodeBoardOptions {
	/** What a sample has, in its order. */
	readonly channels: readonly Channel[];
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
	/** For counters that outlive a restart; without it they begin at 0. */
	readonly store?: Store | undefined;
	/** What the node knows of itself, for channels of that. */
	readonly facts?: Sensor | undefined;
}

/** What sources are given: the same, and what the sensors on the bus have in common. */
export interface Hardware extends NodeBoardOptions {
	readonly bus: I2cBus;
}

export class NodeBoard {
	listener: EdgeListener | undefined;
	/** Lowest and highest tone, Hz. */
	readonly tones: readonly [number, number] | undefined;
	private readonly channels: readonly Channel[];
	/** What gives each channel's value. */
	private readonly sensors: Sensor[] = [];
	private readonly adjustment: Adjustment | undefined;
	private readonly ledDriver: Led;
	private readonly buzzerDriver: Buzzer;
	private readonly motor: Motor;

	constructor(options: NodeBoardOptions) {
		const { io, pin, timers, channels } = options;
		this.tones = options.tones;
		this.channels = channels;
		const made: Array<{ close(): void }> = [];
		const hardware = { ...options, bus: { io: io.Digital, sensors: [] } };
		const keep = <T extends { close(): void }>(driver: T): T => {
			made.push(driver);
			return driver;
		};
		try {
			for (let place = 0; place < channels.length; place++) {
				const { from } = channels[place] as Channel;
				const first = channels.findIndex((channel) => channel.from === from);
				const own = from !== "led" && from !== "buzzer" && !isNodeFact(from);
				const sensor = own && first === place ? keep(this.make(hardware, from, place)) : this.sensors[first];
				this.sensors.push(sensor as Sensor); // the others follow in `wire`
			}
			const { digital, gamma } = options.led;
			this.ledDriver = keep(
				new Led(
					digital
						? { digital: { io: io.Digital, pin: pin.led } }
						: { pwm: { io: io.PWM, pin: pin.led }, gamma },
				),
			);
			const { maxRpm, rampRpmPerS } = options.motor;
			this.motor = keep(new Motor({ output: { io: io.PWM, pin: pin.motor }, maxRpm, rampRpmPerS, timers }));
			// The last: it holds its pin only while it sounds, and its trial at the start must find everything else
			// taken.
			const { dutyPercent, longestMs } = options.buzzer;
			const output = { io: io.PWM, pin: pin.buzzer };
			this.buzzerDriver = keep(new Buzzer({ output, duty: dutyPercent / 100, longestMs, timers }));
			this.wire(options.facts);
			this.adjustment = Adjustment.of(channels);
		} catch (error) {
			for (const driver of made) closeQuietly(driver);
			throw error;
		}
	}

	private make(options: Hardware, from: Source | StandardSource, place: number): Sensor {
		if (from === "thermometer") return makeThermometer(options);
		if (from === "tachometer") {
			const { io, pin, clock, motor } = options;
			const { pulsesPerRevolution } = motor;
			return new Tachometer({ input: { io: io.Digital, pin: pin.tachometer }, pulsesPerRevolution, clock });
		}
		const source = from as unknown as Source<Hardware>;
		return source.make(options, (state) => this.listener?.edge(place, state));
	}

	/** Channels of the actuators, and of what the node knows of itself. */
	private wire(facts: Sensor | undefined): void {
		const { channels, sensors } = this;
		for (let place = 0; place < channels.length; place++) {
			const { from } = channels[place] as Channel;
			if (from === "led") sensors[place] = this.ledDriver;
			else if (from === "buzzer") sensors[place] = this.buzzerDriver;
			else if (isNodeFact(from)) {
				if (!facts) throw new Error(`board: nobody knows the node's ${from}`);
				sensors[place] = facts;
			}
		}
	}

	/** Reads every channel; NaN where a sensor is faulty. */
	sample(values: Sample): void {
		const { sensors, channels, adjustment } = this;
		for (let i = 0; i < sensors.length; i++)
			values[i] = (sensors[i] as Sensor).read((channels[i] as Channel).quantity);
		if (adjustment) adjustment.apply(values);
	}

	/** What is wrong with the sensor of a channel, or "". */
	fault(place: number): string {
		return this.sensors[place]?.fault ?? "";
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
		for (const driver of [...this.sensors, this.ledDriver, this.buzzerDriver, this.motor])
			error = closeQuietly(driver) ?? error;
		if (error !== undefined) throw error;
	}
}

function makeThermometer(options: Hardware): Sensor {
	const { io, pin, adc, temperature, thermistor } = options;
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
	return sensorOnBus(options, part, address === 0 ? part.address : address);
}

export function sensorOnBus(hardware: Hardware, part: Part, address: number): I2cSensor {
	const { io, pin, bus, clock, timers } = hardware;
	const sensor = { io: io.I2C, data: pin.data, clock: pin.clock, address };
	return new I2cSensor({ sensor, part, bus, clock, timers });
}
