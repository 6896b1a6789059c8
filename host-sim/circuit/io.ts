// Ecma-419 shaped IO classes (Analog, Digital, PWM, I2C) over a circuit: what Moddable's desktop simulators
// lack and what host-sim answers the firmware's drivers with.

import type {
	AnalogClass,
	DigitalClass,
	DigitalOptions,
	I2CClass,
	I2COptions,
	PulseWidthClass,
} from "../../modules/core/io.js";
import { ADC_BITS, type Circuit } from "./circuit.js";
import { Ledc, PWM_BITS } from "./ledc.js";

export interface CircuitIO {
	readonly Analog: AnalogClass;
	readonly Digital: DigitalClass;
	readonly PWM: PulseWidthClass;
	readonly I2C: I2CClass;
	/** Releases every pin, as a reset does. */
	reset(): void;
}

const MAX_I2C_HZ = 20_000_000;

/** IO classes for one circuit. A pin has one owner at a time; `ledc` is what PWMs share. */
export function makeIO(circuit: Circuit, ledc = new Ledc()): CircuitIO {
	const owners = new Map<number, { close(): void }>();

	const checked = (pin: unknown): number => {
		if (typeof pin !== "number" || !Number.isInteger(pin) || pin < 0 || pin > 48)
			throw new RangeError("invalid pin");
		return pin;
	};
	const claim = (given: unknown, owner: { close(): void }): number => {
		const pin = checked(given);
		if (owners.has(pin)) throw new Error(`pin ${pin} is in use`);
		owners.set(pin, owner);
		return pin;
	};

	class Port {
		pin = -1;
		close(): void {
			if (this.pin >= 0) owners.delete(this.pin);
			this.pin = -1;
		}
		/** The pin; throws once closed. */
		opened(): number {
			if (this.pin < 0) throw new Error("closed");
			return this.pin;
		}
	}

	class Analog extends Port {
		readonly resolution = ADC_BITS;
		constructor(options: { pin: number }) {
			super();
			this.pin = claim(options.pin, this);
		}
		read(): number {
			return circuit.analog(this.opened());
		}
	}

	class PWM extends Port {
		readonly resolution: number;
		readonly hz: number;
		readonly #free: () => void;
		constructor(options: { pin: number; hz?: number; resolution?: number }) {
			super();
			const { hz = 1000, resolution = PWM_BITS } = options;
			const pin = claim(options.pin, this);
			try {
				this.#free = ledc.take(hz, resolution);
			} catch (error) {
				owners.delete(pin);
				throw error;
			}
			this.hz = hz;
			this.resolution = resolution;
			this.pin = pin;
		}
		write(value: number): void {
			const full = 2 ** this.resolution - 1;
			if (!(value >= 0 && value <= full)) throw new RangeError("invalid duty");
			circuit.pwm(this.opened(), this.hz, value / full);
		}
		override close(): void {
			if (this.pin < 0) return;
			circuit.pwm(this.pin, this.hz, 0);
			this.#free();
			super.close();
		}
	}

	class Digital extends Port {
		static readonly Input = 0;
		static readonly InputPullUp = 1;
		static readonly InputPullDown = 2;
		static readonly Output = 8;
		static readonly OutputOpenDrain = 9;
		static readonly Rising = 1;
		static readonly Falling = 2;
		readonly #output: boolean;
		/** What the line has when the pin lets go of it: an open-drain line is pulled up. */
		readonly #rest: number;
		#value = 0;
		constructor(options: DigitalOptions) {
			super();
			const { mode, edge, onReadable } = options;
			this.#rest = mode === Digital.OutputOpenDrain ? 1 : 0;
			this.#output = mode === Digital.Output || mode === Digital.OutputOpenDrain;
			if (!this.#output && (typeof mode !== "number" || mode < 0 || mode > 3))
				throw new RangeError("invalid mode");
			if (onReadable && !edge) throw new RangeError("onReadable needs an edge");
			this.pin = claim(options.pin, this);
			if (onReadable) circuit.watch(this.pin, () => onReadable.call(this), edge);
		}
		read(): number {
			const pin = this.opened();
			return this.#output ? this.#value : circuit.level(pin);
		}
		write(value: number): void {
			const pin = this.opened();
			if (!this.#output) throw new Error("not an output");
			this.#value = value ? 1 : 0;
			circuit.digital(pin, this.#value);
		}
		override close(): void {
			if (this.pin >= 0) {
				if (this.#output) circuit.digital(this.pin, this.#rest);
				else circuit.watch(this.pin, undefined);
			}
			super.close();
		}
	}

	/** Several devices share the two lines of a bus; the last one frees them. */
	const buses = new Map<string, Set<I2C>>();

	class I2C {
		readonly #address: number;
		readonly #devices: Set<I2C>;
		readonly #free: () => void;
		#open = true;
		constructor({ data, clock, hz, address }: I2COptions) {
			checked(data);
			checked(clock);
			if (data === clock) throw new RangeError("invalid pin");
			if (!(hz > 0 && hz <= MAX_I2C_HZ)) throw new RangeError("invalid hz");
			if (!(Number.isInteger(address) && address >= 0 && address <= 127))
				throw new RangeError("invalid address");
			const lines = `${data} ${clock}`;
			const devices = buses.get(lines) ?? new Set<I2C>();
			for (const other of devices) if (other.#address === address) throw new RangeError("duplicate address");
			if (devices.size === 0) {
				for (const pin of [data, clock]) if (owners.has(pin)) throw new Error(`pin ${pin} is in use`);
				const bus = {
					close: () => {
						for (const device of [...devices]) device.close();
					},
				};
				owners.set(data, bus);
				owners.set(clock, bus);
				buses.set(lines, devices);
			}
			this.#address = address;
			this.#devices = devices;
			this.#free = () => {
				buses.delete(lines);
				owners.delete(data);
				owners.delete(clock);
			};
			devices.add(this);
		}
		read(buffer: Uint8Array): number {
			this.#opened();
			if (!circuit.i2c.read(this.#address, buffer)) throw new Error("read failed");
			return buffer.length;
		}
		write(buffer: Uint8Array): void {
			this.#opened();
			if (!circuit.i2c.write(this.#address, buffer)) throw new Error("write failed");
		}
		/** As the SDK's has it: a write, and a read after a repeated start. */
		writeRead(out: Uint8Array, into: Uint8Array): number {
			this.write(out);
			return this.read(into);
		}
		close(): void {
			if (!this.#open) return;
			this.#open = false;
			this.#devices.delete(this);
			if (this.#devices.size === 0) this.#free();
		}
		#opened(): void {
			if (!this.#open) throw new Error("closed");
		}
	}

	const reset = () => {
		for (const owner of new Set(owners.values())) owner.close();
	};
	return { Analog, Digital, PWM, I2C, reset };
}
