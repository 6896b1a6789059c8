// A bench for drivers: a circuit in virtual time, and IO classes that write down every call or fail when told
// to.

import { Circuit } from "../../../host-sim/circuit/circuit.js";
import { makeIO } from "../../../host-sim/circuit/io.js";
import type { Ledc } from "../../../host-sim/circuit/ledc.js";
import type { PartPlace } from "../../../host-sim/circuit/part.js";
import type { DigitalOptions, I2COptions } from "../../../modules/core/io.js";
import { seeded } from "../../support/seeded.js";
import { VirtualTime } from "../../support/virtual-time.js";

export const PINS = { temperature: 34, led: 2, buzzer: 25, motor: 26, tachometer: 27, data: 21, clock: 22 };

/** A circuit with its IO classes; the ambient temperature does not swing unless a test wants it to. */
export function bench(
	motor?: { maxRpm: number; slots: number },
	ledc?: Ledc,
	parts: readonly PartPlace[] = [],
) {
	const time = new VirtualTime({ start: 1000 });
	const world = {
		now: () => time.now,
		every: (ms: number, tick: () => void) => time.every(ms, tick),
		random: seeded(7),
	};
	const circuit = new Circuit(PINS, world, motor, parts);
	circuit.swingC = 0;
	return { time, circuit, io: makeIO(circuit, ledc) };
}

/** IO classes that keep a journal; `fail` names a call that throws, such as "write" or "open 25". */
export function journal() {
	const calls: string[] = [];
	const open = new Set<number>();
	const state = {
		calls,
		open,
		fail: "",
		edge: (): void => undefined,
		analog: 2048,
		inCall: 0,
		resolution: 8,
	};
	const check = (...names: string[]) => {
		if (names.includes(state.fail)) throw new Error(`${state.fail} fails`);
	};
	class Port {
		readonly pin: number;
		resolution: number;
		readonly hz: number;
		constructor(options: { pin: number; hz?: number }) {
			const { pin, hz = 0 } = options;
			check("open", `open ${pin}`);
			if (open.has(pin)) throw new Error(`pin ${pin} is in use`);
			calls.push(`open ${pin}`);
			open.add(pin);
			this.pin = pin;
			this.hz = hz;
			this.resolution = state.resolution;
		}
		read(): number {
			check("read");
			return state.analog;
		}
		write(value: number): void {
			check("write", `write ${this.pin}`);
			calls.push(`write ${this.pin} ${value}`);
		}
		close(): void {
			if (!open.delete(this.pin)) throw new Error("closed twice");
			calls.push(`close ${this.pin}`);
		}
	}
	class Analog extends Port {}
	class PWM extends Port {}
	class Digital extends Port {
		static readonly Input = 0;
		static readonly InputPullUp = 1;
		static readonly InputPullDown = 2;
		static readonly Output = 8;
		static readonly OutputOpenDrain = 9;
		static readonly Rising = 1;
		static readonly Falling = 2;
		constructor(options: DigitalOptions) {
			super(options);
			if (options.onReadable) state.edge = options.onReadable;
		}
	}
	/** Answers every read with zeros. */
	class I2C {
		readonly #pins: number[];
		constructor({ data, clock, address }: I2COptions) {
			this.#pins = [data, clock];
			check("open", `open ${data}`);
			for (const pin of this.#pins) if (open.has(pin)) throw new Error(`pin ${pin} is in use`);
			calls.push(`open ${data} ${clock} ${address}`);
			for (const pin of this.#pins) open.add(pin);
		}
		read(buffer: Uint8Array): void {
			check("read");
			calls.push(`read ${buffer.length}`);
			buffer.fill(0);
		}
		write(buffer: Uint8Array): void {
			check("write", `write ${this.#pins[0]}`);
			calls.push(`write ${this.#pins[0]} ${buffer.join(" ")}`);
		}
		close(): void {
			for (const pin of this.#pins) if (!open.delete(pin)) throw new Error("closed twice");
			calls.push(`close ${this.#pins.join(" ")}`);
		}
	}
	return Object.assign(state, { io: { Analog, PWM, Digital, I2C } });
}
