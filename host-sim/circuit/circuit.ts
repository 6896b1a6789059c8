// The board's circuit: a thermistor divider on an ADC, an LED and a piezo on PWM, a motor with a tachometer,
// thermometers on an I²C bus, and what the board's table of channels asks for. Pure TypeScript: it runs in
// host-sim and inside Moddable's simulator. Time and chance are lent.

import { busPart } from "./bus-part.js";
import { I2cBus } from "./i2c-bus.js";
import { Sht3xDevice, Tmp102Device, Tmp117Device } from "./i2c-parts.js";
import { MotorModel } from "./motor.js";
import type { PartPlace, PinPart, SimulatedPart } from "./part.js";
import { pinPart } from "./pin-parts.js";
import { ThermalMass, type ThermistorPart, thermistorOhms } from "./thermal.js";

export interface CircuitPins {
	readonly temperature: number;
	readonly led: number;
	readonly buzzer: number;
	readonly motor: number;
	readonly tachometer: number;
	/** Lines of the I²C bus. */
	readonly data: number;
	readonly clock: number;
}

/** What the circuit needs of its surroundings. */
export interface World {
	/** Milliseconds that never go back. */
	now(): number;
	/** Calls `tick` every `ms` until the returned function is called. */
	every(ms: number, tick: () => void): () => void;
	random(): number;
}

/** Pause between looks at the turning motor, ms. */
const TICK_MS = 5;
/** Bits of the ADC. */
export const ADC_BITS = 12;
const ADC_FULL = 2 ** ADC_BITS - 1;
const PART: ThermistorPart = Object.freeze({ nominalOhms: 10_000, nominalC: 25, beta: 3950 });
const SERIES_OHMS = 33_000;
/** Of the divider, V. */
const SUPPLY_VOLTS = 3.3;
/** The ADC's largest value stands for this, V, as with the SDK's on ESP32. */
const ADC_VOLTS = 2.45;

export class Circuit {
	readonly pins: CircuitPins;
	/** Mean temperature of the surroundings, °C. */
	ambientC = 21.5;
	/** Of the surroundings, %RH and Pa; of each part on the bus it can be set on its own. */
	humidity = 40;
	pascal = 101_325;
	/** It swings by this much, °C, once every five minutes, so that a curve moves. */
	swingC = 1.5;
	/** Standard deviation of the ADC's noise, counts. */
	noise = 1;
	thermistorFault: "" | "open" | "shorted" = "";
	tachometerStuck = false;
	readonly motor: MotorModel;
	/** With a TMP117 at 0x48, a TMP102 at 0x49 and an SHT3x at 0x44, beside the thermistor. */
	readonly i2c: I2cBus;
	/** What the board's table asks for. */
	readonly parts: readonly SimulatedPart[];
	readonly #pinParts = new Map<number, PinPart>();
	readonly #world: World;
	readonly #thermal: ThermalMass;
	#ledDuty = 0;
	#buzzerHz = 0;
	#buzzerDuty = 0;
	#onEdge: (() => void) | undefined;
	#edges = 0;
	#stopTicking: (() => void) | undefined;

	constructor(
		pins: CircuitPins,
		world: World,
		motor = { maxRpm: 200, slots: 20 },
		places: readonly PartPlace[] = [],
	) {
		this.pins = pins;
		this.#world = world;
		this.#thermal = new ThermalMass(this.#ambient(), world.now());
		this.motor = new MotorModel(motor.maxRpm, motor.slots, world.now());
		this.i2c = new I2cBus(world.random);
		const place = {
			celsius: () => this.temperatureC,
			humidity: () => this.humidity,
			pascal: () => this.pascal,
			now: () => world.now(),
		};
		this.i2c.plug(0x48, new Tmp117Device(place));
		this.i2c.plug(0x49, new Tmp102Device(place));
		this.i2c.plug(0x44, new Sht3xDevice(place));
		const parts: SimulatedPart[] = [];
		for (const one of places) {
			const onPin = pinPart(one, world);
			if (onPin) this.#pinParts.set(onPin.pin, onPin);
			const made = onPin ?? busPart(one, place, this.i2c);
			if (made) parts.push(made);
		}
		this.parts = parts;
	}

	/** The bead's true temperature now, °C. */
	get temperatureC(): number {
		return this.#thermal.advance(this.#world.now(), this.#ambient());
	}
	/** Brightness, 0 to 100 %. */
	get ledPercent(): number {
		return this.#ledDuty * 100;
	}
	/** Frequency that the piezo sounds with, Hz; 0 while silent. */
	get toneHz(): number {
		return this.#buzzerDuty > 0 && this.#buzzerDuty < 1 ? this.#buzzerHz : 0;
	}
	/** The shaft's true speed now, rpm. */
	get motorRpm(): number {
		this.#turn();
		return this.motor.rpm;
	}

	#ambient(): number {
		return this.ambientC + this.swingC * Math.sin((this.#world.now() * 2 * Math.PI) / 300_000);
	}

	/** What the ADC reads at a pin. */
	analog(pin: number): number {
		const volts = this.#pinParts.get(pin)?.volts?.();
		if (volts !== undefined) return this.#counts(volts);
		if (pin !== this.pins.temperature) return 0;
		const celsius = this.temperatureC;
		if (this.thermistorFault === "open") return ADC_FULL;
		if (this.thermistorFault === "shorted") return 0;
		const ohms = thermistorOhms(PART, celsius);
		return this.#counts((SUPPLY_VOLTS * ohms) / (ohms + SERIES_OHMS));
	}

	#counts(volts: number): number {
		const counts = (ADC_FULL * volts) / ADC_VOLTS + this.noise * this.#gaussian();
		return Math.min(ADC_FULL, Math.max(0, Math.round(counts)));
	}

	/** A PWM pin puts out `duty` (0 to 1) at `hz`. */
	pwm(pin: number, hz: number, duty: number): void {
		if (pin === this.pins.led) this.#ledDuty = duty;
		else if (pin === this.pins.buzzer) {
			this.#buzzerHz = hz;
			this.#buzzerDuty = duty;
		} else if (pin === this.pins.motor) {
			this.#turn();
			this.motor.duty = duty;
			this.#tickWhileTurning();
		}
	}

	/** A digital pin puts out 0 or 1. */
	digital(pin: number, value: number): void {
		if (pin === this.pins.clock) this.i2c.clock(value);
		else this.pwm(pin, 0, value);
	}

	/** Level of a digital input. */
	level(pin: number): number {
		if (pin === this.pins.data) return this.i2c.data;
		const level = this.#pinParts.get(pin)?.level?.();
		if (level !== undefined) return level;
		return pin === this.pins.tachometer ? 1 : 0;
	}

	/**
	 * Calls `onEdge` on each rising edge of a pin, or on those that `edges` asks for (bits as Ecma-419's: 1
	 * rising, 2 falling), until undefined is given.
	 */
	watch(pin: number, onEdge: (() => void) | undefined, edges = 1): void {
		const part = this.#pinParts.get(pin);
		if (part)
			part.onEdge =
				onEdge &&
				((rising) => {
					if ((edges & (rising ? 1 : 2)) !== 0) onEdge();
				});
		if (pin !== this.pins.tachometer) return;
		this.#turn();
		this.#edges = 0;
		this.#onEdge = onEdge;
		this.#tickWhileTurning();
	}

	/** Lets the motor turn until now; edges are told at the next tick, never inside somebody's call. */
	#turn(): void {
		const edges = this.motor.advance(this.#world.now());
		if (!this.tachometerStuck) this.#edges += edges;
	}

	#tick(): void {
		this.#turn();
		const onEdge = this.#onEdge;
		for (; this.#edges > 0; this.#edges--) onEdge?.();
		if (this.motor.duty > 0 || this.motor.rpm > 0) return;
		this.#stopTicking?.();
		this.#stopTicking = undefined;
	}

	#tickWhileTurning(): void {
		if (this.#stopTicking || (this.motor.duty === 0 && this.motor.rpm === 0)) return;
		this.#stopTicking = this.#world.every(TICK_MS, () => this.#tick());
	}

	/** Nobody looks at edges any more, as after a reset. */
	unwatch(): void {
		for (const part of this.#pinParts.values()) part.onEdge = undefined;
		this.watch(this.pins.tachometer, undefined);
	}

	/** Ends the circuit's own timers. */
	close(): void {
		for (const part of this.#pinParts.values()) part.close();
		this.#onEdge = undefined;
		this.#stopTicking?.();
		this.#stopTicking = undefined;
	}

	/** Sum of uniform numbers, near enough to a normal distribution. */
	#gaussian(): number {
		let sum = -6;
		for (let i = 0; i < 12; i++) sum += this.#world.random();
		return sum;
	}
}
