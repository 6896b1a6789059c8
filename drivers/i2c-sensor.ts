// A sensor on I²C: temperature, and what else its part measures. It may be missing when the board starts, be
// pulled and come back, or block the bus: all of that is a fault that lasts as long as it lasts, never an
// exception, and costs a bounded time.

import type { Alarm, Clock, Timers } from "../modules/core/clock.js";
import type { I2CClass, I2CPort, Pin } from "../modules/core/io.js";
import { freeBus, type I2cBus } from "./i2c-bus.js";
import type { Part, PartFault, PartQuantity, Protocol } from "./i2c-parts.js";
import { closeQuietly, orRelease } from "./release.js";

export interface I2cSensorOptions {
	readonly sensor: {
		readonly io: I2CClass;
		readonly data: Pin;
		readonly clock: Pin;
		/** 7 bits; the part's usual one unless given. */
		readonly address?: number;
	};
	readonly part: Part;
	/** To free a blocked bus; without it that is not tried. Sensors on the same bus share this object. */
	readonly bus?: I2cBus;
	readonly clock: Clock;
	readonly timers: Timers;
}

/** What is wrong: nobody acknowledges, or one of the part's own faults. */
export type I2cFault = PartFault | "silent" | "implausible";

/** Longest wait for one transfer, ms: a blocked bus holds up a sample for six of them at most. */
const TIMEOUT_MS = 20;
const TRIES = 2;
/** Channels of one sample are read within this, ms. */
const SAME_SAMPLE_MS = 50;

export class I2cSensor {
	private readonly options: I2cSensorOptions;
	private readonly protocol: Protocol;
	private readonly settled: Alarm;
	private port: I2CPort | undefined;
	private closed = false;
	/** Next step of the start; -1 once the sensor measures, -2 while nothing is under way. */
	private step = -2;
	private lastFault: I2cFault = "not ready";
	/** In a row. */
	private failures = 0;
	/** What was fetched last, in the order of the part's quantities. */
	private readonly values: number[];
	/** When that was fetched, and when something failed last; monotonic ms. */
	private at = Number.NEGATIVE_INFINITY;
	private failedAt = Number.NEGATIVE_INFINITY;

	/** Throws for bad options and pins; a sensor that does not answer is a fault. */
	constructor(options: I2cSensorOptions) {
		const { sensor, part, timers } = options;
		const { address = part.address } = sensor;
		if (!(Number.isInteger(address) && address >= 0x08 && address <= 0x77))
			throw new RangeError("sensor: an I²C address is 8 to 119");
		this.options = options;
		this.protocol = new part.protocol();
		this.values = part.quantities.map(() => Number.NaN);
		this.settled = timers.create(this);
		options.bus?.sensors?.push(this);
		orRelease(this, () => {
			this.open();
			this.start(0);
		});
	}

	/** A quantity of the part, the first unless said otherwise, or NaN; then `fault` says why. */
	read(quantity = 0): number {
		if (this.closed) throw new Error("sensor: closed");
		const { clock, part } = this.options;
		const now = clock.monotonic();
		// A part that is missing costs its time once a sample, however many channels want something of it.
		if (now - this.failedAt < SAME_SAMPLE_MS) return Number.NaN;
		if (this.step === -2) this.start(0);
		if (this.step !== -1) return Number.NaN;
		if (now - this.at < part.periodMs) return this.values[quantity] as number;
		for (let i = 0; i < TRIES; i++) {
			if (this.fetch()) {
				this.failures = 0;
				this.lastFault = "";
				this.at = now;
				return this.values[quantity] as number;
			}
			if (this.lastFault !== "silent") break;
		}
		if (this.lastFault === "not ready") return Number.NaN;
		// One lost value is none; and SHT3x does not acknowledge a fetch that comes before its next one.
		if (this.lastFault !== "implausible" && now - this.at < 2 * part.periodMs) {
			this.lastFault = "";
			return this.values[quantity] as number;
		}
		this.failed(this.lastFault);
		return Number.NaN;
	}

	/** The fault of the last `read`. */
	get fault(): I2cFault {
		return this.lastFault;
	}

	/** Ecma-419: a fresh object with a property for each quantity; without any when the sensor is faulty. */
	sample(): Record<string, number> {
		const sample: Record<string, number> = {};
		for (const [i, { name }] of this.options.part.quantities.entries()) {
			const value = this.read(i);
			if (!Number.isNaN(value)) sample[name] = value;
		}
		return sample;
	}

	configure(_options: object): void {
		if (this.closed) throw new Error("sensor: closed");
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.settled.close();
		const { bus } = this.options;
		const last = bus?.sensors?.pop();
		if (bus?.sensors && last && last !== this) bus.sensors[bus.sensors.indexOf(this)] = last;
		this.release();
	}

	// I2cMember: somebody on the bus is about to free it, and has.

	release(): void {
		const port = this.port;
		this.port = undefined;
		port?.close();
	}

	open(): void {
		const { sensor, part } = this.options;
		const { io, data, clock, address = part.address } = sensor;
		this.port = new io({ data, clock, address, hz: part.hz, timeout: TIMEOUT_MS });
	}

	/** Whether all values are there, and possible. */
	private fetch(): boolean {
		const { part } = this.options;
		const { values, protocol } = this;
		try {
			if (!protocol.fetch(this.port as I2CPort)) {
				this.lastFault = protocol.fault;
				return false;
			}
		} catch {
			this.lastFault = "silent";
			return false;
		}
		for (let i = 0; i < values.length; i++) {
			const { minimum, maximum } = part.quantities[i] as PartQuantity;
			const value = protocol.values[i] as number;
			if (!(value >= minimum && value <= maximum)) {
				this.lastFault = "implausible";
				return false;
			}
		}
		for (let i = 0; i < values.length; i++) values[i] = protocol.values[i] as number;
		return true;
	}

	/** The part has settled. */
	due(): void {
		this.start(this.step);
	}

	/** Sends a step of the start; the next one follows by the timer. */
	private start(step: number): void {
		const port = this.port;
		let next = -1;
		try {
			if (port) next = this.protocol.start(port, step);
		} catch {
			this.failed("silent");
			return;
		}
		if (!port) this.failed("silent");
		else if (next < 0) this.failed(this.protocol.fault);
		else if (next === 0) this.step = -1;
		else {
			this.step = step + 1;
			this.settled.start(this.options.part.settleMs);
		}
	}

	/** The sensor is started anew with the next `read`; now and then the bus is freed before. */
	private failed(fault: I2cFault): void {
		this.lastFault = fault;
		this.step = -2;
		this.failedAt = this.options.clock.monotonic();
		const failures = ++this.failures;
		if (fault === "silent" && (failures % 64 === 0 || (failures >= 4 && (failures & (failures - 1)) === 0)))
			this.reopen();
	}

	private reopen(): void {
		const { bus, sensor } = this.options;
		const sensors = bus?.sensors ?? [this];
		for (const one of sensors) closeQuietly({ close: () => one.release() });
		try {
			if (bus) freeBus(bus.io, sensor.data, sensor.clock);
		} catch {
			// Pins that another owner has taken meanwhile: it stays silent, and the next time comes.
		}
		for (const one of sensors) {
			try {
				one.open();
			} catch {
				// The same; this one is silent then too, and tries it by itself.
			}
		}
	}
}
