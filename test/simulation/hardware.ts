// The pins of a simulated board, as the Ecma-419 IO classes that the drivers get. The ledger hears what is
// read and written.

import type { NodeBoardOptions } from "../../drivers/node-board.js";
import type { Ledger } from "./ledger.js";

export const PIN = Object.freeze({
	temperature: 34,
	led: 2,
	buzzer: 25,
	motor: 26,
	tachometer: 27,
	data: 21,
	clock: 22,
});

const ANALOG_BITS = 16;
const PWM_BITS = 10;
/** Readings step by this much, so that no two samples of a run have the same temperature. */
const STEP = 16;
const FIRST = 20_000;
const LAST = 52_000;

/** The thermistor of the default settings: 10 kΩ at 25 °C, beta 3950, 33 kΩ to the supply. */
function celsius(reading: number): number {
	const ratio = reading / (2 ** ANALOG_BITS - 1);
	const ohms = (33_000 * ratio) / (1 - ratio);
	return 1 / (1 / 298.15 + Math.log(ohms / 10_000) / 3950) - 273.15;
}

export interface World {
	readonly ledger: Ledger;
	/** Whether the machine that owns the pins still has power. */
	readonly powered: boolean;
	readonly boot: number;
	/** Time of day, ms. */
	readonly wall: number;
	/**
	 * Reading of the thermistor's pin for the n-th sample; outside of [FIRST, LAST] while the sensor is faulty.
	 */
	readonly faulty: boolean;
}

/** Pins of one boot: what the one before held is released. */
export function makePins(world: World): NodeBoardOptions["io"] {
	const open = new Set<number>();
	let percent = 0;
	let hz = 0;
	class Port {
		readonly pin: number;
		constructor({ pin }: { pin: number }) {
			if (open.has(pin)) throw new Error(`pin ${pin} is in use`);
			open.add(pin);
			this.pin = pin;
		}
		close(): void {
			if (!open.delete(this.pin)) throw new Error(`pin ${this.pin} is closed twice`);
			if (this.pin === PIN.buzzer) hz = 0;
		}
	}
	class Analog extends Port {
		readonly resolution = ANALOG_BITS;
		read(): number {
			if (!world.powered) return 0;
			const { ledger, wall, boot } = world;
			const reading = world.faulty ? 0 : FIRST + STEP * ledger.taken.length;
			if (reading > LAST) throw new Error("a run has more samples than temperatures");
			// The other channels are read in the same moment and no edge of the tachometer ever comes.
			ledger.sampled(wall, [reading === 0 ? Number.NaN : celsius(reading), percent, hz, 0], boot);
			return reading;
		}
	}
	class PWM extends Port {
		readonly resolution = PWM_BITS;
		readonly hz: number;
		constructor(options: { pin: number; hz?: number }) {
			super(options);
			this.hz = options.hz ?? 1000;
		}
		write(duty: number): void {
			if (!open.has(this.pin)) throw new Error(`pin ${this.pin} is closed`);
			if (!world.powered) return;
			if (this.pin === PIN.buzzer && duty > 0) hz = this.hz;
			if (this.pin !== PIN.led) return;
			percent = Math.round((duty * 100) / (2 ** PWM_BITS - 1));
			world.ledger.trace?.(`pin         led ${percent} %`);
			if (percent > 0) world.ledger.moved(percent);
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
		read(): number {
			return 0;
		}
		write(): void {}
	}
	/** Nothing hangs on the bus. */
	class I2C {
		read(): void {
			throw new Error("read failed");
		}
		write(): void {
			throw new Error("write failed");
		}
		close(): void {}
	}
	return { Analog, PWM, Digital, I2C };
}
